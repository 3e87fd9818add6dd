//! Text of SQL taken apart: words, literals and marks, without comments, bodies of functions and rows of a dump.

use std::ops::Range;

/// What stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word, or a name in the quotes of names.
    Word,
    /// A literal; the range is what stands between its quotes.
    Text,
    /// One character of any other sort.
    Mark(u8),
    /// A command of psql with its line: `\connect orders`.
    Command,
}

/// A word, literal or mark with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
}

/// The statements of a text, one after the other.
pub(super) struct Statements<'t> {
    text: &'t [u8],
    at: usize,
    /// The mark that ends the body whose statements are read.
    body: Option<Range<usize>>,
    /// A backslash in a literal hides what follows it.
    escapes: bool,
}

/// Tokens of one statement that are kept: those that matter are short.
const MOST_TOKENS: usize = 400;

impl<'t> Statements<'t> {
    pub(super) fn new(text: &'t str, escapes: bool) -> Self {
        Self { text: text.as_bytes(), at: 0, body: None, escapes }
    }

    /// The next statement; nothing at the end of the text.
    pub(super) fn next(&mut self) -> Option<Vec<Token>> {
        let mut found: Vec<Token> = Vec::new();
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b';' => {
                    self.at += 1;
                    if found.is_empty() {
                        continue;
                    }
                    if self.begins(&found, "copy") && found.iter().any(|token| self.is(token, "stdin")) {
                        self.rows();
                    }
                    return Some(found);
                }
                b'\\' if found.is_empty() => {
                    let (start, end) = (self.at, self.line_end());
                    self.at = end;
                    return Some(vec![Token { kind: Kind::Command, at: start..self.at }]);
                }
                _ if byte.is_ascii_whitespace() => self.at += 1,
                _ if self.comment(byte) || byte == b'$' && self.dollars(&found) => {}
                _ => {
                    let token = self.token(byte, found.last());
                    if found.len() < MOST_TOKENS {
                        found.push(token);
                    }
                }
            }
        }
        (!found.is_empty()).then_some(found)
    }

    /// Passes the word, literal or mark that begins here.
    fn token(&mut self, byte: u8, last: Option<&Token>) -> Token {
        let start = self.at;
        let kind = match byte {
            b'\'' | b'"' | b'`' => {
                let is_text = byte == b'\'' || byte == b'"' && self.escapes;
                let is_escaped = || last.is_some_and(|last| last.at.end == start && self.is(last, "e"));
                self.at = self.quoted(start, is_text && (self.escapes || is_escaped()));
                let end = if self.text[self.at - 1] == byte { self.at - 1 } else { self.at };
                let kind = if is_text { Kind::Text } else { Kind::Word };
                return Token { kind, at: start + 1..end.max(start + 1) };
            }
            _ if is_word(byte) => {
                let length = self.text[start..].iter().position(|byte| !is_word(*byte));
                self.at = length.map_or(self.text.len(), |length| start + length);
                Kind::Word
            }
            _ => {
                self.at += 1;
                Kind::Mark(byte)
            }
        };
        Token { kind, at: start..self.at }
    }

    /// The words of a token are these, in any case.
    fn is(&self, token: &Token, word: &str) -> bool {
        token.kind == Kind::Word && self.text[token.at.clone()].eq_ignore_ascii_case(word.as_bytes())
    }

    fn begins(&self, found: &[Token], word: &str) -> bool {
        found.first().is_some_and(|first| self.is(first, word))
    }

    /// Passes a comment; false when there is none.
    fn comment(&mut self, byte: u8) -> bool {
        let rest = &self.text[self.at..];
        if rest.starts_with(b"--") || byte == b'#' && self.escapes {
            self.at = self.line_end();
        } else if rest.starts_with(b"/*!") {
            // MySQL does what stands there, from a version on
            self.at += 3;
            while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
                self.at += 1;
            }
        } else if rest.starts_with(b"/*") {
            self.at = memchr::memmem::find(rest, b"*/").map_or(self.text.len(), |end| self.at + end + 2);
        } else if rest.starts_with(b"*/") {
            self.at += 2;
        } else {
            return false;
        }
        true
    }

    /// Passes a body in dollars, or its opening where its statements are done at once (`DO $$ … $$`).
    fn dollars(&mut self, found: &[Token]) -> bool {
        let rest = &self.text[self.at..];
        if let Some(mark) = self.body.clone().filter(|mark| rest.starts_with(&self.text[mark.clone()])) {
            self.at += mark.len();
            self.body = None;
            return true;
        }
        let name = rest[1..].iter().take(64).position(|byte| !is_word(*byte) || *byte == b'$');
        let Some(length) = name.filter(|length| rest.get(length + 1) == Some(&b'$')) else { return false };
        let tag = &rest[..length + 2];
        let is_done = found.is_empty() || self.begins(found, "do") || self.begins(found, "begin");
        // what is a statement of its own is read on, wherever the body ends
        let end = if is_done { None } else { memchr::memmem::find(&rest[tag.len()..], tag) };
        self.at += match end {
            Some(end) if !is_done => tag.len() * 2 + end,
            None if !is_done => rest.len(),
            _ => {
                self.body = Some(self.at..self.at + tag.len());
                tag.len()
            }
        };
        true
    }

    /// The end of a literal that begins here, past its quote.
    fn quoted(&self, start: usize, has_escapes: bool) -> usize {
        let quote = self.text[start];
        let mut at = start + 1;
        while let Some(next) = memchr::memchr2(quote, b'\\', &self.text[at..]) {
            at += next;
            match self.text[at] {
                b'\\' => at = (at + if has_escapes { 2 } else { 1 }).min(self.text.len()),
                _ if self.text.get(at + 1) == Some(&quote) => at += 2,
                _ => return at + 1,
            }
        }
        self.text.len()
    }

    /// Passes the rows of a `COPY … FROM stdin`.
    fn rows(&mut self) {
        self.at =
            memchr::memmem::find(&self.text[self.at..], b"\n\\.").map_or(self.text.len(), |end| self.at + end + 3);
    }

    fn line_end(&self) -> usize {
        memchr::memchr(b'\n', &self.text[self.at..]).map_or(self.text.len(), |end| self.at + end)
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, escapes: bool) -> Vec<Vec<&str>> {
        let mut all = Statements::new(text, escapes);
        std::iter::from_fn(|| all.next()).map(|one| one.into_iter().map(|token| &text[token.at]).collect()).collect()
    }

    #[test]
    fn statements_end_where_they_end() {
        assert_eq!(words("a 'x;y' \"B c\"; -- d;\nb/* ; */c", false), [vec!["a", "x;y", "B c"], vec!["b", "c"]]);
        assert_eq!(words("a 'it''s'; b", false), [vec!["a", "it''s"], vec!["b"]]);
        assert_eq!(words("a 'x\\'; b", false), [vec!["a", "x\\"], vec!["b"]]);
        assert_eq!(words("a 'x\\'; b'; c", true), [vec!["a", "x\\'; b"], vec!["c"]]);
        assert_eq!(words("a E'x\\'; b'; c", false), [vec!["a", "E", "x\\'; b"], vec!["c"]]);
        assert_eq!(words("f as $x$ a; b $x$ c; d", false), [vec!["f", "as", "c"], vec!["d"]]);
        assert_eq!(words("do $$ a; b $$; d", false), [vec!["do", "a"], vec!["b"], vec!["d"]]);
        assert_eq!(
            words("COPY t FROM stdin;\nit's; x\n\\.\n\nb;", false),
            [vec!["COPY", "t", "FROM", "stdin"], vec!["b"]]
        );
        assert_eq!(words("/*!50000 a */; \\c x y\nb", false), [vec!["a"], vec!["\\c x y"], vec!["b"]]);
        assert_eq!(words("'", false), [vec![""]]);
        assert_eq!(words("$", false), [vec!["$"]]);
    }
}
