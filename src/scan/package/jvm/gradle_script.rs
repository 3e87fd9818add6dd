//! The words of a Gradle build script, Groovy or Kotlin: enough to find literal dependencies and repositories.
//!
//! Nothing is executed. A script is cut into tokens, and those into statements with the blocks that they stand in.
//! One pass, no recursion; texts that are computed keep their place and are told apart from literal ones.

use std::collections::BTreeMap;

use crate::text::Span;

/// Blocks in blocks; deeper ones are counted and not told apart.
const DEPTH: usize = 64;
/// Longest text with its names filled, and longest value that is filled in.
pub(super) const LONGEST: usize = 4096;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A name with its dots: `libs.junit.jupiter`.
    Word(&'t str),
    /// A text between quotes; true when `$` stands for something in it.
    Text(&'t str, bool),
    /// Any other character; a quote where a text is not closed in its line.
    Sign(char),
    /// End of a line.
    Line,
}

/// A token with its place; that of a text is without the quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed<'t> {
    pub(super) token: Token<'t>,
    pub(super) span: Span,
}

impl<'t> Placed<'t> {
    pub(super) fn word(&self) -> Option<&'t str> {
        match self.token {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Content of a text, whether something is filled in, place.
    fn text(&self) -> Option<(&'t str, bool, Span)> {
        match self.token {
            Token::Text(text, filled) => Some((text, filled, self.span)),
            _ => None,
        }
    }

    pub(super) fn is(&self, sign: char) -> bool {
        self.token == Token::Sign(sign)
    }
}

/// A statement and the names of the blocks around it, from outside.
pub(super) struct Statement<'t> {
    pub(super) blocks: Vec<&'t str>,
    pub(super) tokens: Vec<Placed<'t>>,
}

impl<'t> Statement<'t> {
    /// The name that it begins with.
    pub(super) fn head(&self) -> Option<&'t str> {
        self.tokens.first().and_then(Placed::word)
    }

    /// Its texts: content, whether something is filled in, place.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'t str, bool, Span)> {
        self.tokens.iter().filter_map(Placed::text)
    }

    /// What `dependencies.add(…)` is given, in its own project or another one: `project(':a').dependencies.add(…)`.
    pub(super) fn adding(&self) -> Option<&[Placed<'t>]> {
        let is_it = |word: &str| word == "dependencies.add" || word.ends_with(".dependencies.add");
        let is_call = |two: &[Placed<'_>]| two[0].is('.') && two[1].word().is_some_and(is_it);
        match self.head()? {
            head if is_it(head) => Some(&self.tokens[1..]),
            "project" => Some(&self.tokens[self.tokens.windows(2).position(is_call)? + 2..]),
            _ => None,
        }
    }

    /// Where a text is not closed.
    pub(super) fn unclosed(&self) -> Option<Span> {
        self.tokens.iter().find(|one| one.is('"') || one.is('\'')).map(|one| one.span)
    }
}

/// The tokens of a script without comments.
pub(super) fn tokens(text: &str) -> Vec<Placed<'_>> {
    let mut found = Vec::new();
    read(text, &mut |token| found.push(token), &mut |_| {});
    found
}

/// Cuts a script into tokens and comments.
fn read<'t>(text: &'t str, found: &mut dyn FnMut(Placed<'t>), comment: &mut dyn FnMut(Span)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let rest = &text[at..];
        let first = bytes[at];
        let token = if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
            comment(Span::new(start, at));
            continue;
        } else if rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            comment(Span::new(start, at));
            continue;
        } else if first == b'"' || first == b'\'' {
            let (content, end, closed) = quoted(text, at);
            at = end;
            if !closed {
                found(Placed { token: Token::Sign(char::from(first)), span: content });
                continue;
            }
            let filled = first == b'"' && text[content.start..content.end].contains('$');
            found(Placed { token: Token::Text(&text[content.start..content.end], filled), span: content });
            continue;
        } else if first == b'\n' {
            at += 1;
            Token::Line
        } else if first.is_ascii_whitespace() {
            at += 1;
            continue;
        } else if first.is_ascii_alphanumeric() || first == b'_' || first == b'`' || !first.is_ascii() {
            let inner = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '`') || !c.is_ascii();
            at += rest.find(|c: char| !inner(c)).unwrap_or(rest.len()).max(1);
            Token::Word(text[start..at].trim_end_matches('.'))
        } else {
            at += 1;
            Token::Sign(char::from(first))
        };
        found(Placed { token, span: Span::new(start, at) });
    }
}

/// The content of a text that begins at `at`, where the script goes on after it, and whether it is closed.
fn quoted(text: &str, at: usize) -> (Span, usize, bool) {
    let rest = &text[at..];
    let quote = &rest[..1];
    for triple in ["\"\"\"", "'''"] {
        if let Some(body) = rest.strip_prefix(triple) {
            let end = body.find(triple).unwrap_or(body.len());
            let closed = at + 3 + end < text.len();
            return (Span::new(at + 3, at + 3 + end), (at + 6 + end).min(text.len()), closed);
        }
    }
    let mut escaped = false;
    // texts in what is filled in, as in `"${property("x")}"`, do not end the outer one
    let mut filled = 0_usize;
    let mut before = ' ';
    for (offset, c) in rest.char_indices().skip(1) {
        let previous = std::mem::replace(&mut before, c);
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' if quote == "\"" && (filled > 0 || previous == '$') => filled += 1,
            '}' if filled > 0 => filled -= 1,
            // a text ends with its line
            '\n' => return (Span::new(at + 1, at + offset), at + offset, false),
            _ if filled == 0 && quote.starts_with(c) => return (Span::new(at + 1, at + offset), at + offset + 1, true),
            _ => {}
        }
    }
    (Span::new(at + 1, text.len()), text.len(), false)
}

/// The statements of a script, each with its blocks.
pub(super) fn statements(text: &str) -> Vec<Statement<'_>> {
    let mut found = Vec::new();
    let mut blocks: Vec<&str> = Vec::new();
    let mut deeper = 0_usize;
    let mut open: Vec<Placed<'_>> = Vec::new();
    let mut round = 0_usize;
    for placed in tokens(text) {
        match placed.token {
            Token::Sign('{') => {
                let tokens = std::mem::take(&mut open);
                let name = block_of(&tokens);
                if blocks.len() < DEPTH {
                    if !tokens.is_empty() {
                        found.push(Statement { blocks: blocks.clone(), tokens });
                    }
                    blocks.push(name);
                } else {
                    deeper += 1;
                }
                round = 0;
            }
            Token::Sign('}') => {
                let tokens = std::mem::take(&mut open);
                if !tokens.is_empty() {
                    found.push(Statement { blocks: blocks.clone(), tokens });
                }
                if deeper > 0 {
                    deeper -= 1;
                } else {
                    blocks.pop();
                }
                round = 0;
            }
            Token::Line | Token::Sign(';') => {
                // a call's arguments, and lists that end a line with a comma, go on
                let goes_on = round > 0 || open.last().is_some_and(|last| last.is(',') || last.is('='));
                if !goes_on && !open.is_empty() {
                    found.push(Statement { blocks: blocks.clone(), tokens: std::mem::take(&mut open) });
                }
            }
            Token::Sign(sign @ ('(' | '[' | ')' | ']')) => {
                round = if matches!(sign, '(' | '[') { round + 1 } else { round.saturating_sub(1) };
                open.push(placed);
            }
            // the names of what a block is given: `subprojects { one -> … }`
            Token::Sign('>') if is_parameters(&open) => open.clear(),
            _ => open.push(placed),
        }
    }
    if !open.is_empty() {
        found.push(Statement { blocks, tokens: open });
    }
    found
}

/// The name of the block that tokens begin: their first word, or the last one of `project(':a').dependencies { … }`.
pub(super) fn block_of<'t>(tokens: &[Placed<'t>]) -> &'t str {
    let chained = match tokens {
        [.., closing, dot, last] if closing.is(')') && dot.is('.') => last.word(),
        _ => None,
    };
    let chained = chained.filter(|word| matches!(*word, "dependencies" | "repositories" | "buildscript"));
    chained.or_else(|| tokens.first().and_then(Placed::word)).unwrap_or("")
}

/// True for nothing but names with their types, and the first half of an arrow.
fn is_parameters(tokens: &[Placed<'_>]) -> bool {
    let Some((arrow, names)) = tokens.split_last() else { return false };
    arrow.is('-') && names.iter().all(|one| one.word().is_some() || one.is(',') || one.is(':') || one.is('?'))
}

/// Where the comments of a script stand, in order.
pub(super) fn comments(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    read(text, &mut |_| {}, &mut |span| found.push(span));
    found
}

/// Names with a plain literal: `def x = '1'`, `val x = "1"`, `ext.x = '1'`, `x = '1'` in `ext`, `set("x", "1")`,
/// `val x by extra("1")`. A name with two different literals has none.
pub(super) fn literals<'t>(statements: &[Statement<'t>]) -> BTreeMap<&'t str, &'t str> {
    let mut found: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for statement in statements {
        let tokens = &statement.tokens;
        let mut texts = statement.texts();
        let (first, second) = (texts.next(), texts.next());
        let pair = match tokens.as_slice() {
            // extra["x"] = "1"
            [.., open, name, closing, sign, value] if open.is('[') && closing.is(']') && sign.is('=') => {
                name.text().zip(value.text()).map(|(name, value)| (name.0, value))
            }
            [.., name, sign, value] if sign.is('=') => {
                let name = match name.token {
                    Token::Word(word) => Some(word),
                    _ => None,
                };
                first
                    .filter(|_| second.is_none() && matches!(value.token, Token::Text(..)))
                    .and_then(|text| Some((name?, text)))
            }
            [set, ..] if set.word().is_some_and(|word| word == "set" || word.ends_with(".set")) => {
                first.zip(second).map(|(name, value)| (name.0, value))
            }
            [_, name, by, extra, ..] if by.word() == Some("by") && extra.word() == Some("extra") => {
                name.word().zip(first)
            }
            _ => None,
        };
        // versions = [a: '1', b: '2']
        let map =
            tokens.iter().position(|one| one.is('=')).filter(|at| tokens.get(at + 1).is_some_and(|one| one.is('[')));
        let of_map = map.map_or(&[][..], |at| &tokens[at..]).windows(3).filter_map(|three| match three[2].token {
            Token::Text(text, filled) if three[1].is(':') => Some((three[0].word()?, (text, filled, three[2].span))),
            _ => None,
        });
        for (name, (value, filled, _)) in pair.into_iter().chain(of_map) {
            let name = name.rsplit('.').next().unwrap_or(name);
            let value = Some(value).filter(|_| !filled);
            found.entry(name).and_modify(|known| *known = known.filter(|known| Some(*known) == value)).or_insert(value);
        }
    }
    found.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The text with `$x`, `${x}` and `${rootProject.ext.x}` filled from literals.
///
/// # Errors
/// The first that is not a plain literal, or too long.
pub(super) fn fill(text: &str, groovy: bool, known: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, next) = match after.strip_prefix('{') {
            Some(inner) => inner.split_once('}').unwrap_or((inner, "")),
            None => {
                // Groovy reads `$a.b` as a path
                let inner = |(at, c): (usize, char)| {
                    let path = groovy
                        && c == '.'
                        && after[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
                    !(c.is_ascii_alphanumeric() || c == '_' || path)
                };
                let end = after.char_indices().find(|at| inner(*at)).map_or(after.len(), |(at, _)| at);
                after.split_at(end)
            }
        };
        let name = name.trim();
        // a call such as `property("x")` names it as well
        let name = name
            .split_once('(')
            .or_else(|| name.split_once('['))
            .filter(|(call, _)| {
                matches!(
                    call.rsplit('.').next(),
                    Some("property" | "properties" | "findProperty" | "extra" | "ext" | "get")
                )
            })
            .map_or(name, |(_, argument)| argument.trim_matches(|c| matches!(c, '"' | '\'' | ')' | ']' | '\\')));
        let last = name.rsplit('.').next().unwrap_or(name);
        let value = known(last).filter(|value| out.len() + value.len() <= LONGEST).ok_or_else(|| name.to_owned())?;
        out.push_str(&value);
        rest = next;
    }
    out.push_str(rest);
    Ok(out)
}

/// The values of a `gradle.properties`.
pub(super) fn properties(text: &str) -> BTreeMap<&str, &str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with(['#', '!']))
        .filter_map(|line| line.split_once(['=', ':']))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_know_their_blocks() {
        let text = "a { // c\n b 'x', \"y$z\" /* } */\n c(\n 'u'\n)\n}\ndef v = '1'\next.w = \"2\"\n";
        let all = statements(text);
        let shown: Vec<String> = all
            .iter()
            .map(|one| {
                format!("{}/{}", one.blocks.join("/"), one.texts().map(|text| text.0).collect::<Vec<_>>().join(","))
            })
            .collect();
        assert_eq!(shown, ["/", "a/x,y$z", "a/u", "/1", "/2"]);
        assert_eq!(literals(&all), BTreeMap::from([("v", "1"), ("w", "2")]));
    }

    #[test]
    fn literals_between_brackets() {
        let all = statements("extra[\"x\"] = \"1\"\nextra[\"y\"] = \"$z\"\nlist[0] = \"2\"\nw = \"3\"\n");
        assert_eq!(literals(&all), BTreeMap::from([("w", "3"), ("x", "1")]));
    }

    #[test]
    fn texts_are_filled_from_literals_only() {
        let known = |name: &str| (name == "v").then(|| "1".to_owned());
        assert_eq!(fill("g:a:$v", true, &known), Ok("g:a:1".to_owned()));
        assert_eq!(fill("g:a:${rootProject.ext.v}-x", true, &known), Ok("g:a:1-x".to_owned()));
        assert_eq!(fill("g:a:${property(\"v\")}", false, &known), Ok("g:a:1".to_owned()));
        assert_eq!(fill("g:a:$versions.v", true, &known), Ok("g:a:1".to_owned()));
        assert_eq!(fill("g:a:$v.x", false, &known), Ok("g:a:1.x".to_owned()));
        assert_eq!(fill("g:a:$w", false, &known), Err("w".to_owned()));
    }

    #[test]
    fn filled_texts_have_an_end() {
        let known = |_: &str| Some("1".repeat(LONGEST / 2));
        assert_eq!(fill("$v$v", true, &known).map(|text| text.len()), Ok(LONGEST));
        assert_eq!(fill("$v$v$w", true, &known), Err("w".to_owned()));
    }
}
