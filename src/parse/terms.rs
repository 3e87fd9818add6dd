//! Terms of Erlang and Elixir, as far as lock files and lists of dependencies have them: tuples, lists, maps,
//! binaries, texts, atoms and keywords.
//!
//! Tuples and lists become lists, keywords (`only: :dev`) lists of two, atoms and binaries texts. Nothing is
//! evaluated: what is no literal is an error with its place.

use super::{Entry, MAX_DEPTH, Node, ParseError, Value};
use crate::text::Span;

/// Bytes that one term may take; an entry of a lock file has a few hundred.
const LONGEST: usize = 256 << 10;

/// An open tuple, list, map or binary.
struct Frame {
    start: usize,
    close: &'static str,
    items: Vec<Node>,
    entries: Vec<Entry>,
    key: Option<Node>,
}

impl Frame {
    fn add(&mut self, node: Node) {
        let Some(key) = self.key.take() else {
            self.items.push(node);
            return;
        };
        if self.close == "}m" {
            let (text, key_span) = (key.scalar().unwrap_or_default().as_ref().into(), key.span);
            self.entries.push(Entry { key: text, key_span, value: node });
        } else {
            let span = Span::new(key.span.start, node.span.end);
            self.items.push(Node::new(span, Value::List(vec![key, node])));
        }
    }

    fn close(mut self, end: usize) -> Node {
        let span = Span::new(self.start, end);
        match self.close {
            "}m" => Node::new(span, Value::Map(self.entries)),
            // a binary is the text in it
            ">>" if self.items.len() == 1 => Node::new(span, self.items.remove(0).value),
            _ => Node::new(span, Value::List(self.items)),
        }
    }
}

/// Reads the term that begins at `start`; gives it and the place after it.
///
/// # Errors
/// What is no literal term, with its place.
pub fn term(text: &str, start: usize) -> Result<(Node, usize), ParseError> {
    let limit = text.len().min(start.saturating_add(LONGEST));
    let bytes = &text.as_bytes()[..limit];
    let mut stack: Vec<Frame> = Vec::new();
    let mut at = start;
    loop {
        at = skip(bytes, at);
        let Some(byte) = bytes.get(at).copied() else {
            let open = stack.first().map_or(start, |frame| frame.start);
            return Err(ParseError::new("a term that does not end", Span::new(open, open + 1)));
        };
        let rest = &bytes[at..];
        let opens = [(&b"%{"[..], "}m"), (b"<<", ">>"), (b"{", "}"), (b"[", "]")];
        let node = if let Some((word, close)) = opens.into_iter().find(|(word, _)| rest.starts_with(word)) {
            if stack.len() >= MAX_DEPTH {
                return Err(ParseError::new("nested too deeply", Span::new(at, at + 1)));
            }
            stack.push(Frame { start: at, close, items: Vec::new(), entries: Vec::new(), key: None });
            at += word.len();
            continue;
        } else if matches!(byte, b'}' | b']') || rest.starts_with(b">>") {
            let end = at + if byte == b'>' { 2 } else { 1 };
            match stack.pop() {
                Some(frame) if frame.close.as_bytes()[0] == byte && frame.key.is_none() => {
                    at = end;
                    frame.close(end)
                }
                _ => return Err(ParseError::new("a bracket that nothing opens", Span::new(at, end))),
            }
        } else if let Some(frame) = stack.last_mut().filter(|_| byte == b',' || rest.starts_with(b"=>")) {
            at += 1;
            if byte == b'=' {
                at += 1;
                frame.key = frame.items.pop();
            }
            continue;
        } else {
            let (node, end) = scalar(text, bytes, at)?;
            at = end;
            // `name: value` and `"name": value`
            if bytes.get(at) == Some(&b':') && bytes.get(at + 1) != Some(&b':') && byte != b':' {
                let Some(frame) = stack.last_mut() else {
                    return Err(ParseError::new("a key outside of brackets", node.span));
                };
                frame.key = Some(node);
                at += 1;
                continue;
            }
            node
        };
        match stack.last_mut() {
            Some(frame) => frame.add(node),
            None => return Ok((node, at)),
        }
    }
}

/// After blanks, comments (`#` of Elixir, `%` of Erlang) and the type of a binary (`/utf8`).
fn skip(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'#' => at = line_end(bytes, at),
            b'%' if bytes.get(at + 1) != Some(&b'{') => at = line_end(bytes, at),
            b'/' => at = word_end(bytes, at + 1),
            byte if byte.is_ascii_whitespace() => at += 1,
            _ => break,
        }
    }
    at
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |found| at + found)
}

fn word_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at.min(bytes.len())..];
    let is_word =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'.' | b'-' | b'+' | b'?' | b'!');
    at + rest.iter().position(|byte| !is_word(byte)).unwrap_or(rest.len())
}

fn scalar(text: &str, bytes: &[u8], at: usize) -> Result<(Node, usize), ParseError> {
    let is_atom = bytes[at] == b':';
    let begin = if is_atom { at + 1 } else { at };
    if let Some(quote) = bytes.get(begin).copied().filter(|byte| matches!(byte, b'"' | b'\'')) {
        let (value, end) = quoted(text, bytes, begin, quote)?;
        return Ok((Node::new(Span::new(at, end), Value::Text(value.into())), end));
    }
    let end = word_end(bytes, begin);
    let span = Span::new(at, end.max(at + 1));
    let word = &text[begin..end];
    let value = match word {
        "" => return Err(ParseError::new("not a literal term", Span::new(at, at + 1))),
        _ if is_atom => Value::Text(word.into()),
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "nil" => Value::Null,
        _ if word.starts_with(|c: char| c.is_ascii_digit() || c == '-') => Value::Number(word.into()),
        // Elixir's modules and Erlang's atoms; variables of Elixir look alike and are refused by what follows
        _ => Value::Text(word.into()),
    };
    Ok((Node::new(span, value), end))
}

fn quoted(text: &str, bytes: &[u8], start: usize, quote: u8) -> Result<(String, usize), ParseError> {
    let mut value = String::new();
    let (mut from, mut at) = (start + 1, start + 1);
    while let Some(byte) = bytes.get(at).copied() {
        match byte {
            b'\\' => {
                value.push_str(&text[from..at]);
                let escaped = text[at + 1..].chars().next().unwrap_or('\\');
                value.push(if escaped == 'n' { '\n' } else { escaped });
                at += 1 + escaped.len_utf8();
                from = at;
            }
            b'#' if bytes.get(at + 1) == Some(&b'{') => {
                return Err(ParseError::new("a text that is computed", Span::new(start, at + 2)));
            }
            byte if byte == quote => {
                value.push_str(&text[from..at]);
                return Ok((value, at + 1));
            }
            _ => at += 1,
        }
    }
    Err(ParseError::new("a text that does not end", Span::new(start, start + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(node: &Node) -> String {
        match &node.value {
            Value::List(items) => format!("[{}]", items.iter().map(flat).collect::<Vec<_>>().join(" ")),
            Value::Map(entries) => {
                let all: Vec<String> =
                    entries.iter().map(|entry| format!("{}={}", entry.key, flat(&entry.value))).collect();
                format!("{{{}}}", all.join(" "))
            }
            _ => node.scalar().map_or_else(|| "-".to_owned(), |text| text.into_owned()),
        }
    }

    fn read(text: &str) -> Result<String, String> {
        term(text, 0).map(|(node, end)| format!("{} {end}", flat(&node))).map_err(|error| error.message)
    }

    #[test]
    fn elixir_and_erlang() {
        assert_eq!(
            read(r#"{:hex, :"a-b", "1.0", [:mix], [{:c, "~> 1", [hex: :c, optional: false]}], nil} x"#).as_deref(),
            Ok("[hex a-b 1.0 [mix] [[c ~> 1 [[hex c] [optional false]]]] -] 78")
        );
        assert_eq!(read(r#"%{"a": {:b}, "c" => 1}"#).as_deref(), Ok("{a=[b] c=1} 22"));
        assert_eq!(read("{<<\"a\">>,{pkg,<<\"b\"/utf8>>},0} % end").as_deref(), Ok("[a [pkg b] 0] 30"));
    }

    #[test]
    fn what_is_no_term() {
        assert!(read("{a, [}").is_err());
        assert!(read("{").is_err());
        assert!(read(r##"{:a, "#{b}"}"##).is_err());
        assert!(read("{:a, f(x)}").is_err());
        assert!(read(&"[".repeat(100_000)).is_err());
        assert!(read("\"\\").is_err());
    }
}
