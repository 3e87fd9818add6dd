//! JSON with mistakes in it: what is broken is blanked out, and reading goes on at the next entry of the same list or
//! object.
//!
//! One pass over the bytes finds the mistakes and makes a text as long as the one before, so that every place stays. It
//! gives up, and says nothing, where what follows could belong elsewhere: the end is missing, or a mistake takes along
//! what opens or closes.

use super::{MAX_DEPTH, ParseError};
use crate::text::Span;

/// Mistakes of one text that are passed over: with more it is no JSON that somebody wrote.
const MOST: usize = 20;

/// Bytes that are looked at ahead of what is read, beside as many as the text has twice over.
const LOOKED: usize = 1 << 16;

/// What comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A key or an element, or the end of what is open.
    Entry,
    Colon,
    Value,
    /// A comma, or the end of what is open.
    Comma,
}

struct Repair<'t> {
    bytes: &'t [u8],
    out: Vec<u8>,
    at: usize,
    next: Next,
    /// What closes the lists and objects that are open.
    open: Vec<u8>,
    /// Where the entry that is being read begins.
    entry: usize,
    mistakes: Vec<ParseError>,
    /// Bytes that may still be looked at ahead.
    ahead: usize,
}

/// The text with its mistakes blanked out, and the mistakes; commas may lack in it. Nothing where it cannot be mended.
pub(super) fn repaired(text: &str, begin: usize) -> Option<(String, Vec<ParseError>)> {
    let bytes = text.as_bytes();
    let mut repair = Repair {
        bytes,
        out: bytes.to_vec(),
        at: begin,
        next: Next::Value,
        open: Vec::new(),
        entry: begin,
        mistakes: Vec::new(),
        ahead: bytes.len().saturating_mul(2).saturating_add(LOOKED),
    };
    repair.run()?;
    // what is blanked out begins and ends at bytes of ASCII
    let text = String::from_utf8(repair.out).ok()?;
    Some((text, repair.mistakes))
}

impl Repair<'_> {
    fn run(&mut self) -> Option<()> {
        loop {
            self.at = self.passed(self.at);
            let Some(byte) = self.peek() else { break };
            if self.open.is_empty() && self.next == Next::Comma || self.mistakes.len() > MOST {
                return None;
            }
            self.step(byte)?;
        }
        (self.open.is_empty() && self.next == Next::Comma && self.mistakes.len() <= MOST).then_some(())
    }

    /// Reads what stands next.
    fn step(&mut self, byte: u8) -> Option<()> {
        let is_in_object = self.open.last() == Some(&b'}');
        if self.next == Next::Entry {
            self.entry = self.at;
        }
        let takes_value = self.next == Next::Value || self.next == Next::Entry && !is_in_object;
        match (self.next, byte) {
            (Next::Entry | Next::Comma, b'}' | b']') => self.close(byte),
            (Next::Comma, b',') => {
                self.at += 1;
                self.next = Next::Entry;
                Some(())
            }
            (Next::Entry, b',') => {
                self.mistake("a comma without an entry", self.at, self.at + 1);
                self.blank(self.at, self.at + 1);
                self.at += 1;
                Some(())
            }
            (Next::Entry, b'"') if is_in_object => self.string(Next::Colon),
            (Next::Colon, b':') => {
                self.at += 1;
                self.next = Next::Value;
                Some(())
            }
            (_, b'{' | b'[') if takes_value => {
                self.open.push(if byte == b'{' { b'}' } else { b']' });
                self.at += 1;
                self.next = Next::Entry;
                (self.open.len() <= MAX_DEPTH).then_some(())
            }
            (_, b'"') if takes_value => self.string(Next::Comma),
            (_, b'-' | b'0'..=b'9' | b'a'..=b'z') if takes_value => self.word(),
            (Next::Comma, _) if !self.open.is_empty() && self.begins_entry(self.at)? => {
                self.mistake("a comma is missing", self.at, self.at + 1);
                self.next = Next::Entry;
                Some(())
            }
            (Next::Comma, b':') => self.junk(self.entry),
            (Next::Comma | Next::Entry, _) => self.junk(self.at),
            (Next::Colon | Next::Value, _) => self.junk(self.entry),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blank(&mut self, start: usize, end: usize) {
        // the ends of lines stay
        self.out[start..end].iter_mut().filter(|byte| !byte.is_ascii_whitespace()).for_each(|byte| *byte = b' ');
    }

    fn mistake(&mut self, message: &str, start: usize, end: usize) {
        self.mistakes.push(ParseError::new(message, Span::new(start, end)));
    }

    /// Where blanks and comments end that begin at a byte.
    fn passed(&self, mut at: usize) -> usize {
        while let Some(rest) = self.bytes.get(at..) {
            let length = match rest {
                [byte, ..] if byte.is_ascii_whitespace() => 1,
                [b'/', b'/', ..] => memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
                [b'/', b'*', ..] => memchr::memmem::find(rest, b"*/").map_or(rest.len(), |close| close + 2),
                _ => return at,
            };
            at += length;
        }
        at
    }

    /// Closes what is open; a bracket of another kind is taken for the one that belongs there.
    fn close(&mut self, byte: u8) -> Option<()> {
        let expected = *self.open.last()?;
        if self.open.len() == 1 {
            // one bracket too many closes all, and more follows
            let behind = self.passed(self.at + 1);
            if self.bytes.get(behind) == Some(&b',') {
                self.mistake("a bracket that closes more than is open", self.at, self.at + 1);
                self.blank(self.at, self.at + 1);
                self.at += 1;
                self.next = Next::Comma;
                return Some(());
            }
        }
        if byte != expected {
            self.mistake("a bracket of another kind than the one it closes", self.at, self.at + 1);
            self.out[self.at] = expected;
        }
        self.open.pop();
        self.at += 1;
        self.next = Next::Comma;
        Some(())
    }

    /// A key or a text.
    fn string(&mut self, next: Next) -> Option<()> {
        let end = self.end_of_string(self.at).filter(|end| {
            let behind = self.bytes.get(*end).copied().unwrap_or(b' ');
            behind.is_ascii_whitespace() || b",:}]/".contains(&behind)
        });
        let Some(end) = end else { return self.junk(self.entry) };
        self.at = end;
        self.next = next;
        Some(())
    }

    /// A number, or one of the three words.
    fn word(&mut self) -> Option<()> {
        let is_of_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|byte| !is_of_word(byte)).unwrap_or(rest.len());
        let is_sound = serde_json::from_slice::<serde::de::IgnoredAny>(&rest[..length]).is_ok();
        if !is_sound {
            return self.junk(self.entry);
        }
        self.at += length;
        self.next = Next::Comma;
        Some(())
    }

    /// The byte behind a string; nothing where its line ends before it, or it holds what no string may.
    fn end_of_string(&self, start: usize) -> Option<usize> {
        let mut at = start + 1;
        loop {
            let rest = self.bytes.get(at..)?;
            at += memchr::memchr3(b'"', b'\\', b'\n', rest)?;
            match self.bytes[at] {
                b'"' => return Some(at + 1),
                b'\\' if b"\"\\/bfnrtu".contains(self.bytes.get(at + 1)?) => at += 2,
                _ => return None,
            }
        }
    }

    /// As [`Self::end_of_string`], ahead of what is read; `None` when too much was looked at.
    fn string_ahead(&mut self, start: usize) -> Option<Option<usize>> {
        let end = self.end_of_string(start);
        let line = || memchr::memchr(b'\n', &self.bytes[start..]).map_or(self.bytes.len(), |end| start + end);
        self.look(end.unwrap_or_else(line) - start)?;
        Some(end)
    }

    fn look(&mut self, length: usize) -> Option<()> {
        self.ahead = self.ahead.checked_sub(length + 1)?;
        Some(())
    }

    /// The first byte behind blanks, ahead of what is read.
    fn blanks_ahead(&mut self, at: usize) -> Option<usize> {
        let end = self.passed(at);
        self.look(end - at)?;
        Some(end)
    }

    /// Whether what stands at a byte looks like an entry of what is open.
    fn begins_entry(&mut self, at: usize) -> Option<bool> {
        let Some(byte) = self.bytes.get(at).copied() else { return Some(false) };
        if self.open.last() != Some(&b'}') {
            return Some(byte == b'"' || byte == b'{' || byte == b'[' || byte.is_ascii_digit());
        }
        if byte != b'"' {
            return Some(false);
        }
        let Some(end) = self.string_ahead(at)? else { return Some(false) };
        let behind = self.blanks_ahead(end)?;
        Some(self.bytes.get(behind) == Some(&b':'))
    }

    /// Whether brackets that begin at a byte close what is open and nothing else follows on their line.
    fn closes(&mut self, mut at: usize) -> Option<bool> {
        let mut depth = self.open.len();
        while let Some(byte) = self.bytes.get(at).copied() {
            self.look(1)?;
            match byte {
                b'}' | b']' if depth > 0 && self.open[depth - 1] == byte => depth -= 1,
                b' ' | b'\t' | b'\r' => {}
                _ => return Some(matches!(byte, b',' | b'\n')),
            }
            at += 1;
        }
        Some(depth == 0)
    }

    /// Blanks what is no JSON, from a byte on up to the next entry of what is open, or up to its end.
    fn junk(&mut self, from: usize) -> Option<()> {
        self.mistake("what stands here is no JSON", self.at, self.at + 1);
        if self.open.is_empty() {
            return None;
        }
        let mut depth = 0_usize;
        loop {
            let byte = self.peek()?;
            let is_here = depth == 0 && self.at > from;
            match byte {
                b',' if depth == 0 => {
                    let behind = self.blanks_ahead(self.at + 1)?;
                    if self.begins_entry(behind)? || self.closes(behind)? {
                        break;
                    }
                }
                b'}' | b']' if depth == 0 && self.closes(self.at)? => break,
                // no bracket of what is open
                b'}' | b']' if depth == 0 => {}
                b'\n' if depth == 0 => {
                    let behind = self.blanks_ahead(self.at)?;
                    if self.begins_entry(behind)? || self.closes(behind)? {
                        break;
                    }
                }
                b'"' if is_here && self.begins_entry(self.at)? => break,
                b'"' => {
                    if let Some(end) = self.string_ahead(self.at)? {
                        let behind = self.blanks_ahead(end)?;
                        if self.bytes.get(behind).is_none_or(|byte| b",:}]\n".contains(byte)) {
                            self.at = end;
                            continue;
                        }
                    }
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
        self.blank(from, self.at);
        let keeps_value = from != self.entry && self.next == Next::Comma;
        if self.peek() == Some(b',') && keeps_value {
            return Some(());
        }
        if self.peek() == Some(b',') {
            self.blank(self.at, self.at + 1);
            self.at += 1;
        }
        self.next = Next::Entry;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::json;

    /// What is read of a broken text, as JSON without blanks, and how many mistakes are told.
    fn read(text: &str) -> (String, usize) {
        let error = json::json(text).expect_err("is broken");
        let Some((root, problems)) = json::readable_part(text, &error) else { return (String::new(), 1) };
        let entries = root.walk().flat_map(|node| node.entries());
        (entries.map(|entry| entry.key.to_string()).collect(), problems.len())
    }

    #[test]
    fn what_is_broken_is_passed_over_alone() {
        for (text, keys, problems) in [
            ("{\n\"a\": 1,\n@@ ]} junk\n\"b\": 2\n}", "ab", 1),
            ("{\n\"a\": [1,\n@@ ]} junk\n2], \"b\": 2\n}", "ab", 1),
            ("{\n\"a\": 1 2,\n\"b\": 2\n}", "ab", 1),
            ("{\n\"a\": {\"x\": 1}\n\"b\": {\n\"y\": 2}\n}", "abxy", 1),
            ("{\n\"a\": 1\u{fffd},\n\"b\": 2\0,\n\"c\": 3\n}", "abc", 2),
            // cut off: what stands before is read
            ("{\n\"a\": {\"x\": 1},\n\"b\": {\n\"y\": 2,\n\"z", "abxy", 1),
            // all in one line
            (r#"{"a": {"x": 1,,}, "b": 2}"#, "abx", 1),
            (r#"{,"a": 1, "b": 2}"#, "ab", 1),
            (r#"{"a": , "b": 2, "c": 3}"#, "bc", 1),
            (r#"{"a", "b": 2, "c": 3}"#, "bc", 1),
            (r#"{"a" 1, "b": 2, "c": 3}"#, "bc", 1),
            (r#"{"a": @@ x, y, "b": {"c": 3}}"#, "bc", 1),
            (r#"{"a": tru, "b": 1.2.3, "c": -0.5e3}"#, "c", 2),
            (r#"{'a': 1, "b": 2}"#, "b", 1),
            (r#"{"a": 'x, y', "b": 2}"#, "b", 1),
            (r#"{a: 1, "b": 2}"#, "b", 1),
            // a quote is missing, before and behind
            (r#"{"a": "x, "b": 2, "c": 3}"#, "bc", 1),
            (r#"{"a": x", "b": 2, "c": 3}"#, "bc", 1),
            (r#"{a": "x", "b": 2, "c": 3}"#, "bc", 1),
            (r#"{"a": "\x", "b": "\\", "c": 3}"#, "bc", 1),
            // brackets too many, and of the other kind
            (r#"{"a": {"x": 1}}, "b": 2}"#, "abx", 1),
            (r#"{"a": [1, {"x": 2}}, "b": 2}"#, "abx", 1),
            (r#"{"a": [1 2], "b": [{"x": 1} {"y": 2}]}"#, "abxy", 2),
            // what would count for another: all behind it is left
            (r#"{"a": {"x": 1, "b": 2}, "c": @@, "d": 1"#, "axb", 1),
            (r#"{"a": 1} {"b": 2}"#, "a", 1),
        ] {
            assert_eq!(read(text), (keys.to_owned(), problems), "{text}");
        }
    }

    #[test]
    fn hostile_texts_are_given_up_soon() {
        let parts = [
            "\"a\": @,\n",
            "@,\"",
            "\\\"",
            "}",
            "[",
            "@ /*",
            ", /*",
            "@\n",
            "@ } ",
            "\"a\" ",
            ",",
            "\"a\":",
            "@{",
            "'",
        ];
        for part in parts {
            let text = format!("{{\"a\": 1, {}", part.repeat((1 << 20) / part.len()));
            let began = std::time::Instant::now();
            read(&text);
            assert!(began.elapsed().as_secs() < 5, "{part}: {:?}", began.elapsed());
        }
    }
}
