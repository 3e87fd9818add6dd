//! The description that RubyGems keeps of an installed gem. It is a program; only plain literals are read.

use super::readers::{home_page, repository};
use super::{Found, Wanted};
use crate::parse::lines::lines;
use crate::scan::Facts;
use crate::scan::package::toolkit::author;
use crate::text::Span;

/// `specifications/NAME-VERSION.gemspec`.
pub(super) fn read(wanted: &Wanted, found: &Found<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
    let file = found.file;
    for line in lines(file.text()) {
        let Some((target, value)) = line.text.trim_start().split_once('=') else { continue };
        let Some((_, field)) = target.trim_end().split_once('.') else { continue };
        // `s.x ||= …` and comparisons are no plain assignments
        if value.starts_with(['=', '~', '>']) || field.contains(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
            continue;
        }
        let start = line.span.end - value.len();
        let literals = literals(value);
        let seen =
            |literal: &Literal<'_>| file.at(Span::new(start + literal.at, start + literal.at + literal.text.len()));
        match field {
            "author" | "authors" | "email" => {
                literals.iter().for_each(|literal| author(&wanted.id, literal.text, &seen(literal), out));
            }
            "homepage" => {
                literals.first().into_iter().for_each(|page| home_page(&wanted.id, page.text, &seen(page), out));
            }
            "metadata" => {
                for pair in literals.chunks_exact(2).filter(|pair| pair[0].text == "source_code_uri") {
                    repository(&wanted.id, pair[1].text, &seen(&pair[1]), out);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A quoted text without escapes.
struct Literal<'a> {
    text: &'a str,
    at: usize,
}

/// The quoted texts of an expression that holds nothing but them, brackets, `=>` and `.freeze`; none of any other.
fn literals(value: &str) -> Vec<Literal<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = value.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            let Some(length) = rest[1..].find(quote) else { return Vec::new() };
            let text = &rest[1..=length];
            if text.contains(['\\', '#']) && quote == '"' {
                return Vec::new();
            }
            found.push(Literal { text, at: at + 1 });
            at += length + 2;
        } else if let Some(skip) =
            [".freeze", "=>", " ", "\t", ",", "[", "]", "{", "}", ":"].iter().find(|word| rest.starts_with(**word))
        {
            at += skip.len();
        } else {
            // a name, a condition or a call makes it more than a literal
            return Vec::new();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_literals_are_read() {
        let texts = |value| literals(value).iter().map(|literal| literal.text).collect::<Vec<_>>();
        assert_eq!(texts(" [\"Jane Doe\".freeze, 'Wei']"), ["Jane Doe", "Wei"]);
        assert_eq!(texts(" { \"a\" => \"https://x.example\" }"), ["a", "https://x.example"]);
        for value in [" `id`", " \"a#{1}\"", " NAME", " \"a\" if x", " \"a", " File.read(\"x\")", " \"\\x\""] {
            assert_eq!(texts(value), Vec::<&str>::new(), "{value}");
        }
    }
}
