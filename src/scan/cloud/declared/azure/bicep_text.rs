//! Characters, words and texts of Bicep.

use crate::text::Span;

/// A place in the text.
pub(super) struct Cursor<'t> {
    /// The whole text.
    pub(super) text: &'t str,
    /// Where.
    pub(super) at: usize,
}

/// A piece of a text.
pub(super) enum Piece {
    /// As written, escapes taken out.
    Text(String, Span),
    /// Place of an expression in `${…}`.
    Hole(Span),
}

impl<'t> Cursor<'t> {
    /// What follows.
    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Passes over blanks and comments; `lines` as well when they mean nothing here.
    pub(super) fn blanks(&mut self, lines: bool) {
        loop {
            let rest = self.rest();
            let is_blank = |c: char| c.is_whitespace() && (lines || c != '\n');
            let blank = rest.len() - rest.trim_start_matches(is_blank).len();
            self.at += blank;
            let rest = self.rest();
            // `#disable-next-line` and the like speak to the compiler
            if rest.starts_with("//") || rest.starts_with('#') {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                self.at += rest.find("*/").map_or(rest.len(), |at| at + 2);
            } else if blank == 0 {
                return;
            }
        }
    }

    /// Takes a sign when it is next.
    pub(super) fn take(&mut self, sign: &str) -> bool {
        self.blanks(false);
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    /// True when a sign is next.
    pub(super) fn is_next(&mut self, sign: &str) -> bool {
        self.blanks(false);
        self.rest().starts_with(sign)
    }

    /// The word that is next, not taken.
    pub(super) fn peek_word(&mut self) -> &'t str {
        self.blanks(false);
        let rest = self.rest();
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        if rest.starts_with(|c: char| c.is_ascii_digit()) {
            return "";
        }
        &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())]
    }

    /// Takes a word.
    pub(super) fn word(&mut self) -> &'t str {
        let word = self.peek_word();
        self.at += word.len();
        word
    }

    /// Takes a word when it is next.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.peek_word() == word;
        if found {
            self.at += word.len();
        }
        found
    }

    /// The pieces of a text, from its first quote to its last; nothing for one without an end.
    pub(super) fn quoted(&mut self) -> Option<Vec<Piece>> {
        if let Some(after) = self.rest().strip_prefix("'''") {
            let start = self.at + 3;
            let mut end = after.find("'''")?;
            // further quotes at the end belong to the text
            while after[end + 3..].starts_with('\'') {
                end += 1;
            }
            self.at = start + end + 3;
            let inner = after[..end].strip_prefix("\r\n").or_else(|| after[..end].strip_prefix('\n'));
            let text = inner.unwrap_or(&after[..end]).to_owned();
            return Some(vec![Piece::Text(text, Span::new(start - 3, self.at))]);
        }
        let start = self.at;
        self.at += 1;
        let mut pieces = Vec::new();
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let c = rest.chars().next()?;
            match c {
                '\'' => {
                    self.at += 1;
                    pieces.push(Piece::Text(text, Span::new(start, self.at)));
                    return Some(pieces);
                }
                '\n' => return None,
                '\\' => {
                    let (letter, length) = escape(rest)?;
                    text.push(letter);
                    self.at += length;
                }
                '$' if rest.starts_with("${") => {
                    pieces.push(Piece::Text(std::mem::take(&mut text), Span::new(start, self.at)));
                    let hole = self.at + 2;
                    self.at = hole;
                    self.hole(0)?;
                    pieces.push(Piece::Hole(Span::new(hole, self.at)));
                    self.at += 1;
                }
                _ => {
                    text.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
    }

    /// Goes to the bracket that ends a hole; texts within it may have holes of their own.
    fn hole(&mut self, depth: usize) -> Option<()> {
        let mut open = 0_usize;
        loop {
            let c = self.rest().chars().next().filter(|_| depth < 20)?;
            match c {
                '}' if open == 0 => return Some(()),
                '}' => open -= 1,
                '{' => open += 1,
                '\n' => return None,
                '\'' => {
                    self.within(depth)?;
                    continue;
                }
                _ => {}
            }
            self.at += c.len_utf8();
        }
    }

    /// Passes over a text within a hole.
    fn within(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        loop {
            let rest = self.rest();
            let c = rest.chars().next()?;
            match c {
                '\'' => {
                    self.at += 1;
                    return Some(());
                }
                '\n' => return None,
                '\\' => self.at += escape(rest)?.1,
                '$' if rest.starts_with("${") => {
                    self.at += 2;
                    self.hole(depth + 1)?;
                    self.at += 1;
                }
                _ => self.at += c.len_utf8(),
            }
        }
    }

    /// Goes to the end of a statement: the first line end outside of brackets and texts.
    pub(super) fn skip_statement(&mut self) {
        let mut open = 0_usize;
        while let Some(c) = self.rest().chars().next() {
            match c {
                '\n' if open == 0 => {
                    // types go on in the next line
                    let after = self.rest().trim_start();
                    let is_open = self.text[..self.at].trim_end().ends_with(['=', '>']);
                    if !after.starts_with('|') && !is_open {
                        return;
                    }
                }
                '(' | '[' | '{' => open += 1,
                ')' | ']' | '}' => open = open.saturating_sub(1),
                '\'' => {
                    let before = self.at;
                    if self.quoted().is_none() {
                        self.at = before + 1;
                    }
                    continue;
                }
                '/' if self.rest().starts_with("//") || self.rest().starts_with("/*") => {
                    self.blanks(false);
                    continue;
                }
                _ => {}
            }
            self.at += c.len_utf8();
        }
    }
}

/// The letter that an escape means, and its length.
fn escape(rest: &str) -> Option<(char, usize)> {
    let letter = rest.chars().nth(1)?;
    Some(match letter {
        'n' => ('\n', 2),
        'r' => ('\r', 2),
        't' => ('\t', 2),
        '\\' | '\'' | '$' => (letter, 2),
        'u' => {
            let end = rest.find('}')?;
            (char::from_u32(u32::from_str_radix(rest.get(3..end)?, 16).ok()?)?, end + 1)
        }
        _ => return None,
    })
}
