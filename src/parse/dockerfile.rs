//! Dockerfiles: instructions with spans, and expansion of `ARG` references.
//!
//! Read line by line: continuations are joined, comment lines inside them dropped, here-documents
//! skipped to their end. An unknown instruction is a problem and the next line is read.

use super::lines::{Line, lines};
use super::{ParseError, report};
use crate::text::Span;

const KEYWORDS: [&str; 18] = [
    "FROM",
    "RUN",
    "CMD",
    "LABEL",
    "EXPOSE",
    "ENV",
    "ADD",
    "COPY",
    "ENTRYPOINT",
    "VOLUME",
    "USER",
    "WORKDIR",
    "ARG",
    "ONBUILD",
    "STOPSIGNAL",
    "HEALTHCHECK",
    "SHELL",
    "MAINTAINER",
];

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction<'a> {
    /// In capitals.
    pub keyword: &'static str,
    /// Everything after the keyword, continuations joined by spaces.
    pub arguments: String,
    /// From the keyword to the end of the last line.
    pub span: Span,
    /// The first line's text after the keyword, a slice of the file.
    pub first: &'a str,
    /// Where `first` stands.
    pub first_span: Span,
}

/// Reads a Dockerfile.
#[must_use]
pub fn dockerfile(text: &str) -> (Vec<Instruction<'_>>, Vec<ParseError>) {
    let escape = escape_character(text);
    let mut instructions = Vec::new();
    let mut problems = Vec::new();
    let mut all = lines(text).peekable();
    while let Some(line) = all.next() {
        let trimmed = line.text.trim_start_matches('\u{feff}').trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let word_end = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
        let word = trimmed[..word_end].to_ascii_uppercase();
        let Some(keyword) = KEYWORDS.into_iter().find(|keyword| *keyword == word) else {
            let word = crate::text::shorten(&trimmed[..word_end], 40);
            report(&mut problems, ParseError::new(format!("`{word}` is not an instruction"), line.span));
            continue;
        };
        let first = trimmed[word_end..].trim();
        let first_span = super::lines::span_within(&line, first);
        let mut span = Span::new(line.span.start + (line.text.len() - trimmed.len()), line.span.end);
        let mut arguments = String::new();
        let mut part: &str = first;
        loop {
            let open = part.trim_end().strip_suffix(escape);
            arguments.push_str(open.unwrap_or(part).trim());
            if open.is_none() {
                break;
            }
            arguments.push(' ');
            let next = next_part(&mut all);
            let Some(next) = next else { break };
            span.end = next.span.end;
            part = next.text;
        }
        if matches!(keyword, "RUN" | "COPY" | "ADD") {
            for end in here_documents(&arguments) {
                loop {
                    let Some(body) = all.next() else {
                        let message = format!("here-document `{}` is not closed", crate::text::shorten(&end, 40));
                        report(&mut problems, ParseError::new(message, first_span));
                        break;
                    };
                    span.end = body.span.end;
                    if body.text.trim() == end {
                        break;
                    }
                    arguments.push('\n');
                    arguments.push_str(body.text);
                }
            }
        }
        instructions.push(Instruction { keyword, arguments, span, first, first_span });
    }
    (instructions, problems)
}

/// The next line of a continuation; comment and empty lines inside one are dropped.
fn next_part<'a>(all: &mut impl Iterator<Item = Line<'a>>) -> Option<Line<'a>> {
    all.find(|line| {
        let text = line.text.trim_start();
        !text.is_empty() && !text.starts_with('#')
    })
}

/// The character that joins lines, from the `# escape=` directive; only comment lines may stand before it.
#[must_use]
pub fn escape_character(text: &str) -> char {
    for line in lines(text) {
        let Some(comment) = line.text.trim_start_matches('\u{feff}').trim_start().strip_prefix('#') else { break };
        if let Some(value) = comment.trim().strip_prefix("escape=") {
            return if value.trim() == "`" { '`' } else { '\\' };
        }
    }
    '\\'
}

/// Words that end here-documents opened by `<<WORD` or `<<-"WORD"`. Only a word of its own, or one after
/// a file descriptor, opens one: `$((1<<N))` does not.
fn here_documents(arguments: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in arguments.match_indices("<<") {
        let before = arguments[..at].trim_end_matches(|c: char| c.is_ascii_digit());
        if !(before.is_empty() || before.ends_with(char::is_whitespace)) {
            continue;
        }
        let part = &arguments[at + 2..];
        let part = part.strip_prefix('-').unwrap_or(part);
        let word: String = part
            .trim_start_matches(['"', '\''])
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        if !word.is_empty() && part.starts_with(|c: char| c.is_ascii_alphabetic() || "\"'_".contains(c)) {
            found.push(word);
        }
    }
    found
}

/// Levels of defaults inside defaults that are looked into.
const DEFAULT_DEPTH: usize = 8;

/// Bytes that values may add to a text: arguments made of arguments would double without end.
const EXPANSION_LIMIT: usize = 64 << 10;

/// Expands `$NAME`, `${NAME}` and its forms with a default (`:-`, `-`) or another value (`:+`, `+`),
/// which may hold references themselves. The second value is false when a name without default was
/// not known or a form is not understood; that reference then stays as written.
#[must_use]
pub fn expand(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> (String, bool) {
    expand_at(text, lookup, 0)
}

fn expand_at(text: &str, lookup: &dyn Fn(&str) -> Option<String>, depth: usize) -> (String, bool) {
    let mut out = String::new();
    let mut resolved = true;
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(reference) = reference(rest) else {
            // a lone `$`, or a brace that never closes
            let unclosed = rest.starts_with("${");
            resolved &= !unclosed;
            let kept = if unclosed { rest.len() } else { 1 };
            out.push_str(&rest[..kept]);
            rest = &rest[kept..];
            continue;
        };
        let (written, after) = rest.split_at(reference.length);
        match reference.value(lookup, depth) {
            Some((value, sound)) if out.len() + value.len() <= text.len() + EXPANSION_LIMIT => {
                resolved &= sound;
                out.push_str(&value);
            }
            _ => {
                resolved = false;
                out.push_str(written);
            }
        }
        rest = after;
    }
    out.push_str(rest);
    (out, resolved)
}

/// A reference at the start of a text.
struct Reference<'a> {
    name: &'a str,
    /// What follows the name inside the braces.
    modifier: &'a str,
    length: usize,
}

/// The reference that `text`, which starts with `$`, begins with.
fn reference(text: &str) -> Option<Reference<'_>> {
    let name_end = |text: &str| text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    let Some(braced) = text.strip_prefix("${") else {
        let end = 1 + name_end(&text[1..]);
        return (end > 1).then(|| Reference { name: &text[1..end], modifier: "", length: end });
    };
    let mut open = 1_usize;
    let close = braced.bytes().position(|byte| {
        match byte {
            b'{' => open += 1,
            b'}' => open -= 1,
            _ => {}
        }
        open == 0
    })?;
    let (name, modifier) = braced[..close].split_at(name_end(&braced[..close]));
    Some(Reference { name, modifier, length: close + 3 })
}

/// Length of the reference that a text starts with.
pub(super) fn reference_end(text: &str) -> Option<usize> {
    reference(text).map(|reference| reference.length)
}

impl Reference<'_> {
    /// The value, and whether everything in it was resolved.
    fn value(&self, lookup: &dyn Fn(&str) -> Option<String>, depth: usize) -> Option<(String, bool)> {
        let value = lookup(self.name);
        let filled = value.clone().filter(|value| !value.is_empty());
        let (colon, operation) = match self.modifier.strip_prefix(':') {
            Some(operation) => (true, operation),
            None => (false, self.modifier),
        };
        let set = if colon { filled.clone() } else { value };
        let word = |word: &str| (depth < DEFAULT_DEPTH).then(|| expand_at(word, lookup, depth + 1));
        let mut chars = operation.chars();
        match (chars.next(), set) {
            (Some('-'), None) | (Some('+'), Some(_)) => word(chars.as_str()),
            (Some('-'), Some(value)) => Some((value, true)),
            (Some('+'), None) => Some((String::new(), true)),
            (None, _) if !colon => filled.map(|value| (value, true)),
            (Some('?'), _) => filled.map(|value| (value, true)),
            // cutting and replacing (`#`, `%`, `/`) are not done: a wrong name is worse than none
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuations_heredocs_and_unknown_words() {
        let text = "ARG BASE=nginx\nFROM ${BASE}:1 AS web\nRUN pip install \\\n  # why\n  torch \\\n  numpy\nRUN <<EOF\nFROM not a stage\nEOF\nFOO x\nCOPY . .\n";
        let (found, problems) = dockerfile(text);
        let words: Vec<&str> = found.iter().map(|i| i.keyword).collect();
        assert_eq!(words, ["ARG", "FROM", "RUN", "RUN", "COPY"]);
        assert_eq!(found[2].arguments, "pip install torch numpy");
        assert_eq!(&text[found[1].first_span.start..found[1].first_span.end], "${BASE}:1 AS web");
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn expansion() {
        let known = |name: &str| (name == "A").then(|| "x".to_owned());
        assert_eq!(expand("$A-${A}-${B:-d}-${A:+y}", &known), ("x-x-d-y".into(), true));
        assert_eq!(expand("r/${B}:1", &known), ("r/${B}:1".into(), false));
        assert_eq!(expand("r/$B:1 5$", &known), ("r/$B:1 5$".into(), false));
        assert_eq!(expand("${B:-a/${C-${A}}/b}:1", &known), ("a/x/b:1".into(), true));
        assert_eq!(expand("${A%x}-${A:?no}-${B:?no}", &known), ("${A%x}-x-${B:?no}".into(), false));
        assert_eq!(expand("${A-${B", &known), ("${A-${B".into(), false));
        assert_eq!(expand("5$ $", &known), ("5$ $".into(), true));
    }

    #[test]
    fn values_made_of_values_stay_bounded() {
        let mut value = "x".repeat(10);
        for _ in 0..20 {
            value = expand("$A$A$A$A$A$A$A$A$A$A", &|_| Some(value.clone())).0;
        }
        assert!(value.len() < 2 * EXPANSION_LIMIT, "{}", value.len());
    }

    #[test]
    fn shifts_are_no_here_documents() {
        let (found, problems) = dockerfile("FROM a\nRUN echo $((1<<N)) 2<<A b<<C\nA\nFROM b\n");
        assert_eq!((found.len(), problems.len()), (3, 0), "{found:?} {problems:?}");
    }
}
