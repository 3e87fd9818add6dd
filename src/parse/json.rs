//! JSON, and JSON with comments, through `jsonc-parser`, which bounds its depth and gives ranges.

use std::sync::Arc;

use jsonc_parser::ast::{ObjectPropName, Value as Ast};
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions};

use super::json_repair::repaired;
use super::merge::{Maps, both_sides};
use super::strict::strict;
use super::text::Source;
use super::{Entry, MAX_DEPTH, Node, ParseError, PassedOver, Text, Value};
use crate::text::Span;

/// Parses strict JSON. A byte order mark before it is passed over.
///
/// # Errors
/// The first syntax error, or nesting deeper than [`MAX_DEPTH`].
pub fn json(text: &str) -> Result<Node, ParseError> {
    json_of(&Arc::new(text.to_owned()), PassedOver::default())
}

/// As [`json`], for a text that the tree shares. Lists and maps that are passed over become null, and nothing is built
/// or checked of them.
///
/// # Errors
/// As [`json`].
pub fn json_of(text: &Arc<String>, passed: PassedOver<'_>) -> Result<Node, ParseError> {
    match strict(text, bom(text), passed) {
        Some(root) => Ok(root),
        None => parse(text, Form::Strict),
    }
}

/// What a text may have that JSON has not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Strict,
    /// Comments, and commas behind the last member.
    Relaxed,
    /// The same, and no comma between members.
    Mended,
}

/// Length of a byte order mark.
fn bom(text: &str) -> usize {
    if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

/// Parses JSON with comments and trailing commas, as `bun.lock` and `tsconfig.json` have them.
///
/// # Errors
/// As [`json`].
pub fn jsonc(text: &str) -> Result<Node, ParseError> {
    jsonc_of(&Arc::new(text.to_owned()))
}

/// As [`jsonc`], for a text that the tree shares.
///
/// # Errors
/// As [`json`].
pub fn jsonc_of(text: &Arc<String>) -> Result<Node, ParseError> {
    parse(text, Form::Relaxed)
}

fn parse(text: &Arc<String>, form: Form) -> Result<Node, ParseError> {
    let offset = bom(text);
    let content = &text[offset..];
    let collect = CollectOptions { comments: CommentCollectionStrategy::Off, tokens: false };
    let options = ParseOptions {
        allow_comments: form >= Form::Relaxed,
        allow_loose_object_property_names: false,
        allow_trailing_commas: form >= Form::Relaxed,
        allow_missing_commas: form == Form::Mended,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = jsonc_parser::parse_to_ast(content, &collect, &options).map_err(|error| {
        let range = error.range();
        let message = error.kind().to_string();
        ParseError::new(lower_first(&message), Span::new(range.start, range.end).shifted(offset))
    })?;
    let Some(value) = parsed.value else {
        return Err(ParseError::new("the file is empty", Span::default()));
    };
    convert(value, &Source::of(text), offset, 0)
}

/// What stands complete before a syntax error: the text up to there is cut after its last complete member and
/// its open brackets are closed. Every span keeps its place. `None` when nothing is complete.
#[must_use]
pub fn complete_part(text: &str, error: &ParseError) -> Option<Node> {
    // of what has no end the parser tells where it begins, and all of it is sound
    let is_cut = ["unterminated array", "unterminated object"].iter().any(|words| error.message.starts_with(words));
    let end = if is_cut { text.len() } else { error.span.start.min(text.len()) };
    let (cut, open) = last_member(&text.as_bytes()[..end])?;
    let mut part = text[..cut].to_owned();
    part.extend(open.iter().rev());
    // a comma before the cut is as good as none
    let mut root = parse(&Arc::new(part), Form::Relaxed).ok()?;
    // the brackets that were added are none of the text: what they close ends where it was cut
    let mut last = Some(&mut root);
    while let Some(node) = last {
        node.span.end = node.span.end.min(cut);
        last = match &mut node.value {
            Value::List(items) => items.last_mut(),
            Value::Map(entries) => entries.last_mut().map(|entry| &mut entry.value),
            _ => None,
        };
    }
    Some(root)
}

/// What can be read of a text that is broken: both sides of an unfinished merge, else all but the few places that are
/// broken, else what stands complete before the error; and what is said of it. `None` when nothing is complete.
#[must_use]
pub fn readable_part(text: &str, error: &ParseError) -> Option<(Node, Vec<ParseError>)> {
    let before = |text: &str, error: &ParseError| {
        let part = complete_part(text, error)?;
        Some((part, ParseError::new(format!("{}; what stands before it was read", error.message), error.span)))
    };
    let side = |side: &Arc<String>| match parse(side, Form::Relaxed) {
        Ok(root) => (vec![root], Vec::new()),
        Err(error) => match before(side, &error) {
            Some((part, problem)) => (vec![part], vec![problem]),
            None => (Vec::new(), vec![error]),
        },
    };
    let merged = both_sides(text, Maps::ByPlace, side);
    if let Some((Some(root), problems)) = merged.map(|(all, problems)| (all.into_iter().next(), problems)) {
        return Some((root, problems));
    }
    let part = before(text, error);
    let least = part.as_ref().map_or(0, |(part, _)| part.walk().count());
    match mended(text, error) {
        // what is passed over may be more than what stands behind it
        Some((root, problems)) if root.walk().count() > least.max(1) => {
            let told = |error: ParseError| ParseError::new(format!("{}; the rest was read", error.message), error.span);
            Some((root, problems.into_iter().map(told).collect()))
        }
        _ => part.map(|(part, problem)| (part, vec![problem])),
    }
}

/// What a text says without its mistakes, and these; the first is the error that the parser tells.
fn mended(text: &str, error: &ParseError) -> Option<(Node, Vec<ParseError>)> {
    let (text, mistakes) = repaired(text, bom(text))?;
    let root = parse(&Arc::new(text), Form::Mended).ok()?;
    Some((root, std::iter::once(error.clone()).chain(mistakes.into_iter().skip(1)).collect()))
}

/// End of the last complete member of an object or list, and the closers of what is open there.
fn last_member(bytes: &[u8]) -> Option<(usize, Vec<char>)> {
    let mut open: Vec<char> = Vec::new();
    let mut best: Option<(usize, usize)> = None;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => match end_of_string(bytes, at) {
                Some(end) => {
                    at = end;
                    continue;
                }
                None => break,
            },
            b'{' => open.push('}'),
            b'[' => open.push(']'),
            b'}' | b']' => {
                open.pop()?;
                best = Some((at + 1, open.len()));
            }
            b',' => best = Some((at, open.len())),
            _ => {}
        }
        at += 1;
    }
    // whatever closes is a member's end itself, so what was open at the best place is still open below
    best.map(|(cut, depth)| {
        open.truncate(depth);
        (cut, open)
    })
}

/// The byte after the closing quote of the string that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

fn convert(value: Ast<'_>, source: &Source, offset: usize, depth: usize) -> Result<Node, ParseError> {
    let range = value.range();
    let span = Span::new(range.start, range.end).shifted(offset);
    if depth > MAX_DEPTH {
        return Err(ParseError::new(format!("nested deeper than {MAX_DEPTH} levels"), span));
    }
    let value = match value {
        Ast::StringLit(text) => Value::Text(Text::of_cow(source, text.value)),
        Ast::NumberLit(number) => Value::Number(Text::of(source, number.value)),
        Ast::BooleanLit(truth) => Value::Bool(truth.value),
        Ast::NullKeyword(_) => Value::Null,
        Ast::Array(array) => {
            let items = array.elements.into_iter().map(|item| convert(item, source, offset, depth + 1));
            Value::List(items.collect::<Result<_, _>>()?)
        }
        Ast::Object(object) => {
            let entry = |property: jsonc_parser::ast::ObjectProp<'_>| {
                let range = property.name.range();
                let key = match property.name {
                    ObjectPropName::String(text) => Text::of_cow(source, text.value),
                    ObjectPropName::Word(word) => Text::of(source, word.value),
                };
                let value = convert(property.value, source, offset, depth + 1)?;
                Ok(Entry { key, key_span: Span::new(range.start, range.end).shifted(offset), value })
            };
            Value::Map(object.properties.into_iter().map(entry).collect::<Result<_, ParseError>>()?)
        }
    };
    Ok(Node::new(span, value))
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_complete_of_broken_json_stands_in_the_text() {
        for text in ["{\"a\": [1, {\"b\": 2,\u{FFFD}\u{FFFD}\u{FFFD}", "[{\"a\": {\"b\": [[2], é", "[[[1,漢"] {
            let error = json(text).expect_err("is broken");
            let part = complete_part(text, &error).expect("something is complete");
            for node in part.walk() {
                assert!(text.get(node.span.start..node.span.end).is_some(), "{text}: {:?}", node.span);
            }
        }
    }

    #[test]
    fn sound_json_is_the_same_by_both_parsers() {
        let texts = [
            r#"{"a": [1, -0.5e+3, true, null, {}], "b": "x\n\u00e9\"", "a": []}"#,
            "\u{feff} [\"é漢\", \"\", {\"k\" : {\"l\":[[]]}}]\n",
            "0",
            "\"x\"",
        ];
        for text in texts {
            let text = Arc::new(text.to_owned());
            let fast = strict(&text, bom(&text), PassedOver::default());
            assert_eq!(fast.as_ref(), parse(&text, Form::Strict).ok().as_ref(), "{text}");
            assert!(fast.is_some(), "{text}");
        }
        let odd = [
            "",
            "01",
            "[1,]",
            "{\"a\" 1}",
            "[\"a\nb\"]",
            "nul",
            "[1] 2",
            "{a: 1}",
            "\"\\ud800\"",
            "1.",
            "'x'",
            "[1 2]",
            "-",
        ];
        for text in odd {
            assert_eq!(strict(&Arc::new(text.to_owned()), 0, PassedOver::default()), None, "{text}");
        }
        let deep = "[".repeat(MAX_DEPTH + 2) + &"]".repeat(MAX_DEPTH + 2);
        assert_eq!(strict(&Arc::new(deep.clone()), 0, PassedOver::default()), None);
        assert!(json(&deep).is_err());
    }

    #[test]
    fn what_is_passed_over_is_null_and_nothing_else_moves() {
        let text = r#"{"a": {"x": [1, "]}\"\\", {}]}, "b": {"a": 3}, "c": [{"a": []}, 5]}"#;
        let (whole, less) = (Arc::new(text.to_owned()), PassedOver { anywhere: &["a"], ..PassedOver::default() });
        let read = json_of(&whole, less).expect("is sound");
        assert_eq!(read.get("a").map(|node| &node.value), Some(&Value::Null));
        assert_eq!(read.at(&["b", "a"]).and_then(Node::scalar).as_deref(), Some("3"), "what is no list or map is read");
        let five = read.get("c").expect("is there").list()[1].span;
        assert_eq!(&text[five.start..five.end], "5");
        for broken in [r#"{"a": ["#, r#"{"a": {"x\"#, r#"{"a": [1}"#, r#"{"a": "#] {
            assert!(json_of(&Arc::new(broken.to_owned()), less).is_err(), "{broken}");
        }
    }

    #[test]
    fn what_is_complete_before_the_break_is_kept() {
        let text = r#"{"a": {"b": [1, {"c": "}]\""}], "d": "x"}, "e": 2}"#;
        let whole = json(text).expect("is sound");
        assert!(whole.at(&["a", "d"]).is_some());
        for cut in 0..text.len() {
            let Err(error) = json(&text[..cut]) else { continue };
            let Some(part) = complete_part(&text[..cut], &error) else { continue };
            assert!(is_part(&part, &whole), "{cut}: {part:?}");
        }
        let cut = text.find(r#", "e""#).expect("is there");
        let error = json(&text[..cut + 4]).expect_err("is cut");
        assert!(complete_part(&text[..cut + 4], &error).is_some_and(|part| part.at(&["a", "d"]).is_some()));
    }

    /// Every member of `part` stands in `whole`, in its place and with its value or the first part of it.
    fn is_part(part: &Node, whole: &Node) -> bool {
        match (&part.value, &whole.value) {
            (Value::Map(some), Value::Map(all)) => {
                some.iter().zip(all).all(|(a, b)| a.key == b.key && is_part(&a.value, &b.value))
            }
            (Value::List(some), Value::List(all)) => some.iter().zip(all).all(|(a, b)| is_part(a, b)),
            (a, b) => a == b && part.span == whole.span,
        }
    }
}
