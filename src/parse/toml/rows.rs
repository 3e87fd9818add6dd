//! Lists of plain items, one a line: nine tenths of a lock file of Python.
//!
//! ```toml
//! wheels = [
//!     { url = "https://…", hash = "sha256:…", size = 5303 },
//! ]
//! ```
//! A program wrote them, a hundred thousand alike. They are read here, and the crate reads the text with blanks in their
//! place. Read is only what is TOML beyond doubt: a text without escapes, a number of digits, a table of such on one line.
//! A list with anything else in it is left to the crate.

use std::ops::Range;

use crate::parse::text::Source;
use crate::parse::{Entry, Node, Text, Value};
use crate::text::Span;

/// Shorter texts are not worth the copy.
const LEAST: usize = 8 << 10;

/// Keys of a table: each is held against those before it.
const KEYS: usize = 8;

/// A text without its plain lists.
pub(super) struct Rows {
    /// The text with blanks in the place of their items.
    pub(super) rest: String,
    /// Each by where its bracket opens.
    lists: Vec<(usize, Option<Vec<Node>>)>,
}

impl Rows {
    /// The items of an empty list of the rest.
    pub(super) fn take(&mut self, start: usize) -> Option<Vec<Node>> {
        let at = self.lists.binary_search_by_key(&start, |(start, _)| *start).ok()?;
        self.lists[at].1.take()
    }

    /// True when each list had its place.
    pub(super) fn all_taken(&self) -> bool {
        self.lists.iter().all(|(_, items)| items.is_none())
    }
}

/// The plain lists of a text that stands in `source` from `offset` on; nothing when there are none.
pub(super) fn rows(text: &str, source: &Source, offset: usize) -> Option<Rows> {
    const OPENS: &[u8] = b" = [\n";
    let bytes = text.as_bytes();
    if text.len() < LEAST || has_long_texts(bytes) {
        return None;
    }
    let finder = memchr::memmem::Finder::new(OPENS);
    let (mut lists, mut places): (Vec<_>, Vec<Range<usize>>) = Default::default();
    let mut at = 0;
    while let Some(found) = finder.find(&bytes[at..]) {
        let bracket = at + found + OPENS.len() - 2;
        at = bracket + 2;
        if !is_key(&bytes[..bracket - 3]) {
            continue;
        }
        let mut reader = Reader { text, source, offset, at };
        let Some(items) = reader.items() else { continue };
        places.push(at..reader.at);
        at = reader.at;
        lists.push((offset + bracket, Some(items)));
    }
    let rest = blanked(text, &places);
    (!lists.is_empty()).then_some(Rows { rest, lists })
}

/// True when a bare key is all that the last line has.
fn is_key(before: &[u8]) -> bool {
    let line = before.iter().rev().take_while(|byte| **byte != b'\n');
    let mut length = 0;
    let is_bare = line.inspect(|_| length += 1).all(|byte| is_bare(*byte));
    is_bare && length > 0
}

/// True where texts of several lines may stand: within one nothing is what it seems.
pub(super) fn has_long_texts(bytes: &[u8]) -> bool {
    [b"\"\"\"", b"'''"].iter().any(|quotes| memchr::memmem::find(bytes, *quotes).is_some())
}

/// A byte of a bare key.
pub(super) fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn blanked(text: &str, places: &[Range<usize>]) -> String {
    const BLANKS: &str = match str::from_utf8(&[b' '; 1024]) {
        Ok(blanks) => blanks,
        Err(_) => " ",
    };
    let mut rest = String::with_capacity(text.len());
    for place in places {
        rest.push_str(&text[rest.len()..place.start]);
        while rest.len() < place.end {
            rest.push_str(&BLANKS[..BLANKS.len().min(place.end - rest.len())]);
        }
    }
    rest.push_str(&text[rest.len()..]);
    rest
}

struct Reader<'t> {
    text: &'t str,
    source: &'t Source,
    offset: usize,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn takes(&mut self, byte: u8) -> bool {
        let is = self.peek() == Some(byte);
        self.at += usize::from(is);
        is
    }

    fn blanks(&mut self) {
        while self.takes(b' ') {}
    }

    fn span(&self, from: usize) -> Span {
        Span::new(self.offset + from, self.offset + self.at)
    }

    fn part(&self, from: usize, to: usize) -> Option<Text> {
        Text::part(self.source, self.offset + from, to - from)
    }

    /// The items to the bracket that ends the list and its line; at least one.
    fn items(&mut self) -> Option<Vec<Node>> {
        let mut items = Vec::new();
        loop {
            self.blanks();
            items.push(if self.peek() == Some(b'{') { self.table()? } else { self.value()? });
            self.blanks();
            let has_comma = self.takes(b',');
            if !self.takes(b'\n') {
                return None;
            }
            self.blanks();
            if self.peek() == Some(b']') {
                let ends = matches!(self.text.as_bytes().get(self.at + 1), None | Some(b'\n'));
                return ends.then_some(items);
            }
            if !has_comma {
                return None;
            }
        }
    }

    fn table(&mut self) -> Option<Node> {
        let from = self.at;
        self.at += 1;
        let mut entries: Vec<Entry> = Vec::with_capacity(4);
        loop {
            self.blanks();
            let entry = self.entry()?;
            if entries.len() == KEYS || entries.iter().any(|known| known.key == entry.key) {
                return None;
            }
            entries.push(entry);
            self.blanks();
            if self.takes(b'}') {
                return Some(Node::new(self.span(from), Value::Map(entries)));
            }
            if !self.takes(b',') {
                return None;
            }
        }
    }

    fn entry(&mut self) -> Option<Entry> {
        let from = self.at;
        while self.peek().is_some_and(is_bare) {
            self.at += 1;
        }
        let key = if self.at > from { self.part(from, self.at)? } else { return None };
        let key_span = self.span(from);
        self.blanks();
        if !self.takes(b'=') {
            return None;
        }
        self.blanks();
        Some(Entry { key, key_span, value: self.value()? })
    }

    /// A text in double quotes without escapes, or a whole number.
    fn value(&mut self) -> Option<Node> {
        let from = self.at;
        if self.takes(b'"') {
            let text = &self.text.as_bytes()[self.at..];
            let length = memchr::memchr(b'"', text)?;
            let is_plain = |byte: &u8| *byte >= b' ' && *byte != b'\\' && *byte != 0x7f;
            if !text[..length].iter().fold(true, |plain, byte| plain & is_plain(byte)) {
                return None;
            }
            self.at += length + 1;
            return Some(Node::new(self.span(from), Value::Text(self.part(from + 1, self.at - 1)?)));
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = &self.text[from..self.at];
        if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
            return None;
        }
        Some(Node::new(self.span(from), Value::Number(self.part(from, self.at)?)))
    }
}
