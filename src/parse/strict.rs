//! Sound JSON in one pass, straight into the span tree. Lock files have tens of megabytes.
//!
//! It takes only what is JSON to the last byte and says nothing of anything else: that is read again by the parser
//! that tells what is wrong and where.

use std::sync::Arc;

use super::pieces::{self, Pieces, Sort};
use super::text::Source;
use super::{Entry, MAX_DEPTH, Node, Text, Value};
use crate::text::Span;

/// What is not built: lists and maps under some keys become null.
#[derive(Clone, Copy, Debug, Default)]
pub struct PassedOver<'p> {
    /// Keys wherever they stand.
    pub anywhere: &'p [&'p str],
    /// Kinds of objects, each by `apiVersion` and `kind`, which stand before what is passed over in them.
    pub objects: &'p [(&'p str, &'p str)],
    /// Keys in objects of these kinds.
    pub of_objects: &'p [&'p str],
}

/// The tree of a JSON text, which stands in `file` from `offset` on; `None` when anything is unusual. A large text is
/// read by several threads of the pool that it is called in.
pub(super) fn strict<'t>(file: &'t Arc<String>, offset: usize, passed: PassedOver<'t>) -> Option<Node> {
    let starts = pieces::starts(file.get(offset..)?);
    read(file, offset, passed, starts)
}

/// As [`strict`], with other threads that begin at some places.
pub(super) fn read<'t>(
    file: &'t Arc<String>,
    offset: usize,
    passed: PassedOver<'t>,
    starts: Vec<(usize, Sort)>,
) -> Option<Node> {
    let text = file.get(offset..)?;
    let source = Source::of(file);
    std::thread::scope(|scope| {
        let mut reader = Reader::new(&source, text, offset, passed);
        reader.pieces = Pieces::spawn(scope, starts, &reader);
        reader.next = reader.pieces.next();
        reader.space();
        let root = reader.value(0)?;
        reader.space();
        (reader.at == text.len()).then_some(root)
    })
}

/// What one thread reads.
pub(super) struct Reader<'t, 's> {
    source: Source,
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// Bytes before the text in its file.
    offset: usize,
    passed: PassedOver<'t>,
    /// Inside of an object of which some keys are passed over.
    of_object: bool,
    /// Elements and entries of everything that is open: what closes takes its own from the end, in a list that is as
    /// long as it needs to be.
    items: Vec<Node>,
    entries: Vec<Entry>,
    /// What other threads read of the text, and where the next of it begins.
    pieces: Pieces<'s>,
    next: usize,
    deepest: usize,
}

/// Elements of a list or entries of a map that was open before: what a thread read that began in the middle.
pub(super) struct Piece {
    items: Vec<Node>,
    entries: Vec<Entry>,
    /// Where it ended: before another piece, or before what closes the list or map.
    end: usize,
    is_closed: bool,
    deepest: usize,
}

impl<'t> Reader<'t, '_> {
    fn new(source: &Source, text: &'t str, offset: usize, passed: PassedOver<'t>) -> Self {
        Self {
            source: source.apart(),
            text,
            bytes: text.as_bytes(),
            at: 0,
            offset,
            passed,
            of_object: false,
            items: Vec::new(),
            entries: Vec::new(),
            pieces: Pieces::default(),
            next: usize::MAX,
            deepest: 0,
        }
    }

    /// A reader for another thread.
    pub(super) fn apart<'o>(&self) -> Reader<'t, 'o> {
        Reader::new(&self.source, self.text, self.offset, self.passed)
    }

    /// Reads from an element or entry on, to `stop` or to the end of what is open there.
    pub(super) fn piece(mut self, start: usize, stop: usize, sort: Sort) -> Option<Piece> {
        self.at = start;
        let is_closed = loop {
            self.space();
            // behind it where the guess of where the next begins was wrong: what reads there has the rest
            if self.at >= stop {
                break false;
            }
            match sort {
                Sort::Item => self.item(0)?,
                Sort::Entry => self.pair(0)?,
            }
            self.space();
            if self.take(b',').is_none() {
                break true;
            }
        };
        Some(Piece { items: self.items, entries: self.entries, end: self.at, is_closed, deepest: self.deepest })
    }

    /// Takes over what another thread read from here on; true when it read all that is left of what is open.
    fn join(&mut self, depth: usize, sort: Sort) -> bool {
        while self.pieces.next() < self.at {
            self.pieces.skip();
        }
        let mut is_closed = false;
        if self.pieces.next() == self.at
            && let Some(mut piece) = self.pieces.take(sort).filter(|piece| depth + piece.deepest <= MAX_DEPTH)
        {
            self.items.append(&mut piece.items);
            self.entries.append(&mut piece.entries);
            self.at = piece.end;
            is_closed = piece.is_closed;
        }
        self.next = self.pieces.next();
        is_closed
    }

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

    /// A text without escapes, between two bytes.
    fn stretch(&self, start: usize, end: usize) -> Text {
        Text::part(&self.source, start + self.offset, end - start).unwrap_or_else(|| self.text[start..end].into())
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.deepest = self.deepest.max(depth);
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
            if self.at >= self.next && self.join(depth, Sort::Item) {
                self.take(b']')?;
                return Some(Value::List(self.items.drain(first..).collect()));
            }
            if self.at == self.next {
                continue;
            }
            self.item(depth)?;
            self.space();
            if self.take(b',').is_none() {
                self.take(b']')?;
                return Some(Value::List(self.items.drain(first..).collect()));
            }
        }
    }

    fn item(&mut self, depth: usize) -> Option<()> {
        let item = self.value(depth + 1)?;
        self.items.push(item);
        Some(())
    }

    fn map(&mut self, depth: usize) -> Option<Value> {
        self.take(b'{')?;
        let first = self.entries.len();
        self.space();
        if self.take(b'}').is_some() {
            return Some(Value::Map(Vec::new()));
        }
        let of_object = self.of_object;
        loop {
            self.space();
            if self.at >= self.next && self.join(depth, Sort::Entry) {
                self.take(b'}')?;
                break;
            }
            if self.at == self.next {
                continue;
            }
            self.pair(depth)?;
            if !self.of_object && !self.passed.objects.is_empty() {
                self.of_object = self.is_object(first);
            }
            self.space();
            if self.take(b',').is_none() {
                self.take(b'}')?;
                break;
            }
        }
        self.of_object = of_object;
        Some(Value::Map(self.entries.drain(first..).collect()))
    }

    fn pair(&mut self, depth: usize) -> Option<()> {
        let start = self.at;
        let key = self.string()?;
        let key_span = self.span(start);
        self.space();
        self.take(b':')?;
        self.space();
        let is_large = matches!(self.peek()?, b'[' | b'{');
        let value = if is_large && self.is_passed_over(&key) {
            let start = self.at;
            self.pass()?;
            Node::new(self.span(start), Value::Null)
        } else {
            self.value(depth + 1)?
        };
        self.entries.push(Entry { key, key_span, value });
        Some(())
    }

    fn is_passed_over(&self, key: &Text) -> bool {
        let is_among = |keys: &[&str]| keys.iter().any(|name| *key == **name);
        is_among(self.passed.anywhere) || self.of_object && is_among(self.passed.of_objects)
    }

    /// True when the entry read last is the kind of one of the objects of which less is read.
    fn is_object(&self, first: usize) -> bool {
        let entries = &self.entries[first..];
        let is_kind = entries.last().is_some_and(|last| last.key == *"kind" || last.key == *"apiVersion");
        // who looks at the tree asks for shapes, which would be told if they were wrong
        let text = |name: &str| match &entries.iter().rev().find(|entry| entry.key == *name)?.value.value {
            Value::Text(text) => Some(&**text),
            _ => None,
        };
        let is_among = |all: &[(&str, &str)]| {
            let (api, kind) = (text("apiVersion"), text("kind"));
            all.iter().any(|(of, object)| kind == Some(*object) && api == Some(*of))
        };
        is_kind && is_among(self.passed.objects)
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
            let least = self.bytes[start..end].iter().fold(u8::MAX, |least, byte| least.min(*byte));
            self.at = end + 1;
            return (least >= 0x20).then(|| self.stretch(start, end));
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
        Some(Value::Number(self.stretch(start, self.at)))
    }

    fn digits(&mut self) -> Option<usize> {
        let count = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        (count > 0).then_some(count)
    }
}
