//! Calls with literal arguments in Starlark and Python: `http_archive(name = "a", urls = ["https://…"])`.
//!
//! Nothing is evaluated. An argument that is no plain literal has no value; the caller says so where it matters.

use super::{Node, ParseError, Value, report};
use crate::text::Span;

/// Broken calls after which the rest of a file is not tried.
const BROKEN_LIMIT: usize = 20;

/// A call.
#[derive(Debug)]
pub struct Call<'a> {
    /// What is called: `http_archive`, `self.requires`.
    pub name: &'a str,
    /// Where the name stands.
    pub span: Span,
    /// What it is given.
    pub arguments: Vec<Argument<'a>>,
}

/// An argument.
#[derive(Debug)]
pub struct Argument<'a> {
    /// Its keyword.
    pub key: Option<&'a str>,
    /// As written.
    pub raw: &'a str,
    /// The literal: text, number, truth value, `None`, or a list of those; nothing when it is computed.
    pub value: Option<Node>,
    /// Where the value stands.
    pub span: Span,
}

impl Call<'_> {
    /// The argument of a keyword.
    #[must_use]
    pub fn argument(&self, key: &str) -> Option<&Argument<'_>> {
        self.arguments.iter().find(|argument| argument.key == Some(key))
    }

    /// The literal of a keyword.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Node> {
        self.argument(key)?.value.as_ref()
    }

    /// The literal text of a keyword.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.value(key)?.text()
    }

    /// The arguments without keyword.
    pub fn positional(&self) -> impl Iterator<Item = &Argument<'_>> {
        self.arguments.iter().filter(|argument| argument.key.is_none())
    }
}

/// Every call of a text that is not an argument of another, in order, and what could not be read.
#[must_use]
pub fn calls(text: &str) -> (Vec<Call<'_>>, Vec<ParseError>) {
    let bytes = text.as_bytes();
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < bytes.len() {
        if let Some(end) = skip_one(bytes, at) {
            at = end;
            continue;
        }
        if !is_word(bytes[at]) {
            at += 1;
            continue;
        }
        let end = word_end(bytes, at);
        if bytes.get(end) != Some(&b'(') {
            at = end;
            continue;
        }
        let span = Span::new(at, end);
        match arguments(text, end + 1) {
            Ok((arguments, after)) => {
                found.push(Call { name: &text[at..end], span, arguments });
                at = after;
            }
            Err(stop) => {
                report(&mut problems, ParseError::new("a call that does not end", span));
                if problems.len() >= BROKEN_LIMIT {
                    break;
                }
                at = stop.max(end + 1);
            }
        }
    }
    (found, problems)
}

/// The literal that begins at `at`, or the row of literals there (`"a", "b"`): an assignment's right side.
#[must_use]
pub fn literals(text: &str, at: usize) -> Vec<Node> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = at;
    loop {
        while matches!(bytes.get(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        let Some((node, end)) = literal(text, at) else { return found };
        found.push(node);
        at = end;
        while matches!(bytes.get(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        if bytes.get(at) != Some(&b',') {
            return found;
        }
        at += 1;
    }
}

/// The arguments after an opening bracket and the place after the closing one; on failure the place to go on.
fn arguments(text: &str, start: usize) -> Result<(Vec<Argument<'_>>, usize), usize> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = start;
    loop {
        at = blanks(bytes, at)?;
        match bytes.get(at) {
            None => return Err(bytes.len()),
            Some(b')') => return Ok((found, at + 1)),
            Some(b',') => at += 1,
            Some(_) => {
                let (argument, end) = argument(text, at)?;
                found.push(argument);
                at = end;
            }
        }
    }
}

fn argument(text: &str, start: usize) -> Result<(Argument<'_>, usize), usize> {
    let bytes = text.as_bytes();
    let word = word_end(bytes, start);
    let equals = blanks(bytes, word)?;
    let has_key = word > start && bytes.get(equals) == Some(&b'=') && bytes.get(equals + 1) != Some(&b'=');
    let (key, at) = if has_key { (Some(&text[start..word]), blanks(bytes, equals + 1)?) } else { (None, start) };
    if let Some((node, end)) = literal(text, at) {
        let next = blanks(bytes, end)?;
        if matches!(bytes.get(next), Some(b',' | b')')) {
            let span = node.span;
            return Ok((Argument { key, raw: &text[at..end], value: Some(node), span }, next));
        }
    }
    let end = expression(bytes, at)?;
    let raw = text[at..end].trim_end();
    let span = Span::new(at, at + raw.len());
    Ok((Argument { key, raw, value: None, span }, end))
}

/// Past an expression, to the comma or closing bracket after it.
fn expression(bytes: &[u8], start: usize) -> Result<usize, usize> {
    let mut depth = 0usize;
    let mut at = start;
    loop {
        let next = blanks(bytes, at)?;
        if next > at {
            at = next;
            continue;
        }
        match bytes.get(at) {
            None => return Err(bytes.len()),
            Some(b',') if depth == 0 => return Ok(at),
            Some(b')') if depth == 0 => return Ok(at),
            // nothing opens it
            Some(b']' | b'}') if depth == 0 => return Err(at + 1),
            Some(b'(' | b'[' | b'{') => depth += 1,
            Some(b')' | b']' | b'}') => depth -= 1,
            Some(b'"' | b'\'') => {
                at = quoted_end(bytes, at);
                continue;
            }
            Some(_) => {}
        }
        at += 1;
    }
}

/// Past blanks and comments within brackets. A word at the beginning of a line means that a bracket before it was
/// forgotten: the place of that word is the error.
fn blanks(bytes: &[u8], mut at: usize) -> Result<usize, usize> {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'#' => at = line_end(bytes, at),
            b'\n' if bytes.get(at + 1).is_some_and(|next| next.is_ascii_alphabetic()) => {
                let end = word_end(bytes, at + 1);
                if bytes.get(end) == Some(&b'(') {
                    return Err(at + 1);
                }
                at += 1;
            }
            byte if byte.is_ascii_whitespace() || *byte == b'\\' => at += 1,
            _ => break,
        }
    }
    Ok(at)
}

/// A text, number, truth value, `None`, or a list or tuple of those; and the place after it.
fn literal(text: &str, at: usize) -> Option<(Node, usize)> {
    let bytes = text.as_bytes();
    let close = match bytes.get(at)? {
        b'[' => b']',
        b'(' => b')',
        _ => return simple(text, at),
    };
    let mut items = Vec::new();
    let mut next = at + 1;
    loop {
        next = blanks(bytes, next).ok()?;
        let byte = *bytes.get(next)?;
        if byte == close {
            break;
        }
        if byte == b',' {
            next += 1;
            continue;
        }
        let (node, end) = simple(text, next)?;
        items.push(node);
        next = blanks(bytes, end).ok()?;
        if !matches!(bytes.get(next), Some(b',')) && bytes.get(next) != Some(&close) {
            return None;
        }
    }
    Some((Node::new(Span::new(at, next + 1), Value::List(items)), next + 1))
}

fn simple(text: &str, at: usize) -> Option<(Node, usize)> {
    let bytes = text.as_bytes();
    let first = *bytes.get(at)?;
    if matches!(first, b'"' | b'\'') {
        let end = quoted_end(bytes, at);
        let long = bytes[at..].starts_with(&[first; 3]);
        let width = if long { 3 } else { 1 };
        // one that does not end is none
        let inner = text.get(at + width..end.checked_sub(width)?)?;
        if !bytes[..end].ends_with(&vec![first; width]) {
            return None;
        }
        let span = Span::new(at, end);
        return Some((Node::new(span, Value::Text(unescaped(inner).into())), end));
    }
    let end = word_end(bytes, at);
    let word = &text[at..end];
    let value = match word {
        "True" => Value::Bool(true),
        "False" => Value::Bool(false),
        "None" => Value::Null,
        _ if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) => Value::Number(word.into()),
        _ => return None,
    };
    Some((Node::new(Span::new(at, end), value), end))
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('\n') | None => {}
                Some(other) => out.push(other),
            },
            c => out.push(c),
        }
    }
    out
}

/// Past a comment or text that begins here.
fn skip_one(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes[at] {
        b'#' => Some(line_end(bytes, at)),
        b'"' | b'\'' => Some(quoted_end(bytes, at)),
        _ => None,
    }
}

/// Past a text with one or three quotes; a short one ends at the line's end at the latest.
fn quoted_end(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    let long = bytes[at..].starts_with(&[quote; 3]);
    let mut next = at + if long { 3 } else { 1 };
    while let Some(byte) = bytes.get(next) {
        match byte {
            b'\\' => next += 2,
            byte if *byte == quote && !long => return next + 1,
            byte if *byte == quote && bytes[next..].starts_with(&[quote; 3]) => return next + 3,
            b'\n' if !long => return next,
            _ => next += 1,
        }
    }
    bytes.len()
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |found| at + found)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn word_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at.min(bytes.len())..];
    at + rest.iter().position(|byte| !is_word(*byte) && *byte != b'.').unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_what_is_computed() {
        let text = "# f(\n\"\"\"doc g(1)\"\"\"\nload(':x.bzl', 'y')\nf(name = \"a\", urls = [\n  'b', # c\n  \"d\",\n],\n  z = V + \"e\", t = True)\n";
        let (found, problems) = calls(text);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(found.iter().map(|call| call.name).collect::<Vec<_>>(), ["load", "f"]);
        let call = &found[1];
        assert_eq!(call.text("name"), Some("a"));
        assert_eq!(call.value("urls").map(|node| node.list().len()), Some(2));
        assert_eq!(
            call.argument("z").map(|argument| (argument.raw, argument.value.is_none())),
            Some(("V + \"e\"", true))
        );
        assert_eq!(call.value("t").and_then(Node::as_bool), Some(true));
    }

    #[test]
    fn a_forgotten_bracket_costs_one_call() {
        let (found, problems) = calls("f(a = 1,\ng(b = 2)\nh(");
        assert_eq!(found.iter().map(|call| call.name).collect::<Vec<_>>(), ["g"]);
        assert_eq!(problems.len(), 2);
        assert!(calls(&"f(".repeat(50_000)).0.is_empty());
        assert!(calls("f('\\").0.is_empty());
        assert_eq!(calls("f(]) f(a = }\nh(1)").0.len(), 1);
    }
}
