//! Sound JSON in one pass, straight into the span tree. Lock files have tens of megabytes.
//!
//! It takes only what is JSON to the last byte and says nothing of anything else: that is read again by the parser
//! that tells what is wrong and where.

use std::sync::Arc;

use super::{Entry, MAX_DEPTH, Node, Text, Value};
use crate::text::Span;

/// The tree of a JSON text, which stands in `source` from `offset` on; `None` when anything is unusual. Values under
/// keys that are `passed_over` are null in it.
pub(super) fn strict(source: &Arc<String>, offset: usize, passed_over: &[&str]) -> Option<Node> {
    let text = source.get(offset..)?;
    let bytes = text.as_bytes();
    let (items, entries) = (Vec::new(), Vec::new());
    let mut reader = Reader { source, text, bytes, at: 0, offset, passed_over, items, entries };
    reader.space();
    let root = reader.value(0)?;
    reader.space();
    (reader.at == text.len()).then_some(root)
}

struct Reader<'t> {
    source: &'t Arc<String>,
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// Bytes before the text in its file.
    offset: usize,
    passed_over: &'t [&'t str],
    /// Elements and entries of everything that is open: what closes takes its own from the end, in a list that is as
    /// long as it needs to be.
    items: Vec<Node>,
    entries: Vec<Entry>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        self.bytes[self.at..].starts_with(word.as_bytes()).then(|| {
            self.at += word.len();
            value
        })
    }

    fn span(&self, start: usize) -> Span {
        Span::new(start, self.at).shifted(self.offset)
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            return None;
        }
        let start = self.at;
        let value = match self.peek()? {
            b'"' => Value::Text(self.string()?),
            b'{' => self.map(depth)?,
            b'[' => self.list(depth)?,
            b't' => self.word("true", Value::Bool(true))?,
            b'f' => self.word("false", Value::Bool(false))?,
            b'n' => self.word("null", Value::Null)?,
            _ => self.number()?,
        };
        Some(Node::new(self.span(start), value))
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        self.take(b'[')?;
        let first = self.items.len();
        self.space();
        if self.take(b']').is_some() {
            return Some(Value::List(Vec::new()));
        }
        loop {
            self.space();
            let item = self.value(depth + 1)?;
            self.items.push(item);
            self.space();
            if self.take(b',').is_none() {
                self.take(b']')?;
                return Some(Value::List(self.items.drain(first..).collect()));
            }
        }
    }

    fn map(&mut self, depth: usize) -> Option<Value> {
        self.take(b'{')?;
        let first = self.entries.len();
        self.space();
        if self.take(b'}').is_some() {
            return Some(Value::Map(Vec::new()));
        }
        loop {
            self.space();
            let start = self.at;
            let key = self.string()?;
            let key_span = self.span(start);
            self.space();
            self.take(b':')?;
            self.space();
            let is_large = matches!(self.peek()?, b'[' | b'{');
            let value = if is_large && self.passed_over.iter().any(|name| key == **name) {
                let start = self.at;
                self.pass()?;
                Node::new(self.span(start), Value::Null)
            } else {
                self.value(depth + 1)?
            };
            self.entries.push(Entry { key, key_span, value });
            self.space();
            if self.take(b',').is_none() {
                self.take(b'}')?;
                return Some(Value::Map(self.entries.drain(first..).collect()));
            }
        }
    }

    /// Goes behind the list or map that begins here, without a look at what is in it.
    fn pass(&mut self) -> Option<()> {
        let mut open = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    loop {
                        self.at += memchr::memchr2(b'"', b'\\', &self.bytes[self.at..])?;
                        if self.bytes[self.at] == b'"' {
                            break;
                        }
                        self.at += 2;
                        self.bytes.get(self.at)?;
                    }
                }
                b'[' | b'{' => open += 1,
                b']' | b'}' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return Some(());
            }
        }
    }

    fn string(&mut self) -> Option<Text> {
        self.take(b'"')?;
        let start = self.at;
        let end = start + memchr::memchr2(b'"', b'\\', &self.bytes[start..])?;
        if self.bytes[end] == b'"' {
            let piece = &self.text[start..end];
            let least = piece.bytes().fold(u8::MAX, u8::min);
            self.at = end + 1;
            return (least >= 0x20).then(|| Text::of(self.source, piece));
        }
        let end = start + self.bytes[start..end].iter().position(|byte| *byte < 0x20).unwrap_or(end - start);
        self.at = end;
        let mut out = self.text[start..end].to_owned();
        loop {
            let plain = self.at;
            self.at += self.bytes[plain..].iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
            out.push_str(&self.text[plain..self.at]);
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(out.into());
                }
                b'\\' => out.push(self.escape()?),
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let sign = *self.bytes.get(self.at + 1)?;
        self.at += 2;
        Some(match sign {
            b'"' | b'\\' | b'/' => char::from(sign),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let digits = self.bytes.get(self.at..self.at + 4)?;
                let hex = std::str::from_utf8(digits).ok().filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
                self.at += 4;
                // halves of a pair are left to the other parser
                char::from_u32(u32::from_str_radix(hex, 16).ok()?)?
            }
            _ => return None,
        })
    }

    fn number(&mut self) -> Option<Value> {
        let start = self.at;
        let _ = self.take(b'-');
        let whole = self.digits()?;
        // no number but zero begins with a zero
        if whole > 1 && self.bytes[self.at - whole] == b'0' {
            return None;
        }
        if self.take(b'.').is_some() {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(Value::Number(Text::of(self.source, &self.text[start..self.at])))
    }

    fn digits(&mut self) -> Option<usize> {
        let count = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        (count > 0).then_some(count)
    }
}
