//! Bytes as UTF-8: byte order marks go, what is not UTF-8 counts as Windows-1252, lines are counted, and no row can
//! take more memory than its budget.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes read at once.
const CHUNK: usize = 64 << 10;

/// What a row or element may take before it is finished. The longest real one has some 40 KB.
pub(super) const ROW_BYTES: u64 = 4 << 20;

/// The words of the error when a row takes more than its budget.
pub(super) const TOO_LONG: &str = "a row or text of more than 4 MiB; is a quote or a tag not closed?";

/// Bytes that the current row may still take.
#[derive(Clone)]
pub(super) struct Budget(Rc<Cell<u64>>);

impl Budget {
    /// A new row begins.
    pub(super) fn renew(&self) {
        self.0.set(ROW_BYTES);
    }
}

/// A reader of UTF-8.
pub(super) struct Decoded<R> {
    inner: R,
    raw: Vec<u8>,
    kept: usize,
    ready: Vec<u8>,
    at: usize,
    end: bool,
    started: bool,
    wide: Option<Decoder>,
    line: u64,
    budget: Budget,
}

impl<R: Read> Decoded<R> {
    pub(super) fn new(inner: R) -> Self {
        let budget = Budget(Rc::new(Cell::new(ROW_BYTES)));
        Self {
            inner,
            raw: vec![0; CHUNK],
            kept: 0,
            ready: Vec::with_capacity(CHUNK),
            at: 0,
            end: false,
            started: false,
            wide: None,
            line: 1,
            budget,
        }
    }

    /// The line of the next byte, counted from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    pub(super) fn budget(&self) -> Budget {
        self.budget.clone()
    }

    /// The next line without its end; `None` after the last.
    ///
    /// # Errors
    /// When it cannot be read or is too long.
    pub(super) fn next_line(&mut self) -> io::Result<Option<String>> {
        self.budget.renew();
        let mut line = String::new();
        if self.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        line.truncate(line.trim_end_matches(['\r', '\n']).len());
        Ok(Some(line))
    }

    fn fill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.at = 0;
        while self.ready.is_empty() && !self.end {
            let count = self.inner.read(&mut self.raw[self.kept..])?;
            self.end = count == 0;
            let length = self.kept + count;
            // a mark at the start needs three bytes
            if !self.started && length < 3 && !self.end {
                self.kept = length;
                continue;
            }
            let mut start = 0;
            if !self.started {
                self.started = true;
                match &self.raw[..length] {
                    [0xEF, 0xBB, 0xBF, ..] => start = 3,
                    [0xFF, 0xFE, ..] => self.wide = Some(UTF_16LE.new_decoder()),
                    [0xFE, 0xFF, ..] => self.wide = Some(UTF_16BE.new_decoder()),
                    _ => {}
                }
            }
            let used = match &mut self.wide {
                Some(decoder) => {
                    widen(decoder, &self.raw[start..length], self.end, &mut self.ready);
                    length
                }
                None => start + narrow(&self.raw[start..length], self.end, &mut self.ready),
            };
            self.raw.copy_within(used..length, 0);
            self.kept = length - used;
        }
        Ok(())
    }
}

/// Decodes UTF-16.
fn widen(decoder: &mut Decoder, from: &[u8], last: bool, into: &mut Vec<u8>) {
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(from.len()).unwrap_or(from.len() * 3 + 16));
    let (result, _, _) = decoder.decode_to_string(from, &mut text, last);
    debug_assert!(result == CoderResult::InputEmpty, "the room is the decoder's own worst case");
    into.extend_from_slice(text.as_bytes());
}

/// Copies UTF-8 and decodes every other byte as Windows-1252; gives the bytes used, which are all but a character that
/// the next chunk may complete.
fn narrow(from: &[u8], last: bool, into: &mut Vec<u8>) -> usize {
    let mut at = 0;
    while at < from.len() {
        let rest = &from[at..];
        let error = match std::str::from_utf8(rest) {
            Ok(_) => {
                into.extend_from_slice(rest);
                return from.len();
            }
            Err(error) => error,
        };
        let valid = error.valid_up_to();
        into.extend_from_slice(&rest[..valid]);
        at += valid;
        if error.error_len().is_none() && !last {
            return at;
        }
        // one byte is one character; what follows is looked at anew
        let (text, _, _) = WINDOWS_1252.decode(&from[at..=at]);
        into.extend_from_slice(text.as_bytes());
        at += 1;
    }
    at
}

impl<R: Read> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.ready.len() {
            if self.budget.0.get() == 0 {
                return Err(io::Error::other(TOO_LONG));
            }
            self.fill()?;
        }
        Ok(&self.ready[self.at..])
    }

    fn consume(&mut self, amount: usize) {
        let end = (self.at + amount).min(self.ready.len());
        self.line += memchr::memchr_iter(b'\n', &self.ready[self.at..end]).count() as u64;
        self.budget.0.set(self.budget.0.get().saturating_sub((end - self.at) as u64));
        self.at = end;
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let count = ready.len().min(buffer.len());
        buffer[..count].copy_from_slice(&ready[..count]);
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that gives one byte at a time.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn both(bytes: &[u8]) -> String {
        let mut whole = String::new();
        Decoded::new(bytes).read_to_string(&mut whole).unwrap();
        let mut drops = String::new();
        Decoded::new(Drops(bytes)).read_to_string(&mut drops).unwrap();
        assert_eq!(whole, drops);
        whole
    }

    #[test]
    fn reads_the_encodings_that_lists_come_in() {
        assert_eq!(both("Société Générale\n".as_bytes()), "Société Générale\n");
        assert_eq!(both(b"\xEF\xBB\xBFSoci\xE9t\xE9 \x80 \xC3\xA9\xC3"), "Société € éÃ");
        assert_eq!(both(b"\xFF\xFEa\x00\xE9\x00"), "aé");
        assert_eq!(both(b"\xFE\xFF\x00a"), "a");
        assert_eq!(both(b"ab"), "ab");
        assert_eq!(both(b""), "");
    }

    #[test]
    fn a_line_has_a_budget() {
        let long = vec![b'a'; 6 << 20];
        let mut decoded = Decoded::new(&long[..]);
        assert_eq!(decoded.next_line().unwrap_err().to_string(), TOO_LONG);
        let mut decoded = Decoded::new(&b"one\r\ntwo"[..]);
        assert_eq!(decoded.next_line().unwrap().as_deref(), Some("one"));
        assert_eq!(decoded.line(), 2);
        assert_eq!(decoded.next_line().unwrap().as_deref(), Some("two"));
        assert_eq!(decoded.next_line().unwrap(), None);
    }
}
