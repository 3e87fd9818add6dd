//! The arguments of a call, value by value.

use super::{Argument, OPENERS, Statements, Value};
use crate::text::Span;

/// Deepest nesting of lists and hashes.
const MAX_DEPTH: usize = 8;

impl<'a> Statements<'a> {
    /// Passes over blanks; true when there was one.
    pub(super) fn blanks(&mut self) -> bool {
        let start = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if self.peek_at(1) == Some(b'\n') => self.at += 2,
                _ => break,
            }
        }
        self.at > start
    }

    /// Passes over blanks, line breaks and comments.
    pub(super) fn space(&mut self) {
        loop {
            self.blanks();
            match self.peek() {
                Some(b'\n') => {
                    self.at += 1;
                    self.line_begins();
                }
                Some(b'#') => self.skip_line(),
                _ => return,
            }
        }
    }

    /// Arguments up to the end of the line, or up to a closing bracket.
    pub(super) fn arguments(&mut self, closing: Option<u8>, depth: usize, opens: &mut bool) -> Vec<Argument<'a>> {
        let mut found = Vec::new();
        loop {
            if closing.is_some() {
                self.space();
            }
            match self.peek() {
                None => break,
                Some(byte) if Some(byte) == closing => {
                    self.at += 1;
                    break;
                }
                _ => {}
            }
            let before = self.at;
            found.push(self.argument(closing, depth, opens));
            let end = self.at;
            if closing.is_some() {
                self.space();
            } else {
                self.blanks();
            }
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    self.space();
                }
                Some(byte) if Some(byte) == closing => {
                    self.at += 1;
                    break;
                }
                _ if closing.is_some() && self.at < self.text.len() => {
                    // something that ends no argument: one byte further, so that this always ends
                    if self.at == before {
                        self.step();
                    }
                }
                _ => {
                    self.at = end;
                    break;
                }
            }
        }
        found
    }

    fn step(&mut self) {
        self.at += self.text[self.at..].chars().next().map_or(1, char::len_utf8);
    }

    fn argument(&mut self, closing: Option<u8>, depth: usize, opens: &mut bool) -> Argument<'a> {
        let start = self.at;
        // `key: value`
        let word = if self.peek().is_some_and(|byte| byte.is_ascii_digit()) { "" } else { self.word() };
        if !word.is_empty() && self.peek() == Some(b':') && self.peek_at(1) != Some(b':') {
            self.at += 1;
            self.space();
            return Argument { key: Some(word), ..self.value(closing, depth, opens) };
        }
        self.at = start;
        let first = self.value(closing, depth, opens);
        let end = self.at;
        self.blanks();
        let key = first.text();
        let is_key = match (self.peek(), self.peek_at(1)) {
            (Some(b'='), Some(b'>')) => 2,
            // `"key": value`
            (Some(b':'), next) if end == self.at && next != Some(b':') && matches!(first.value, Value::Text(_)) => 1,
            _ => 0,
        };
        if is_key == 0 {
            self.at = end;
            return first;
        }
        self.at += is_key;
        self.space();
        Argument { key: Some(key.unwrap_or("")), ..self.value(closing, depth, opens) }
    }

    fn value(&mut self, closing: Option<u8>, depth: usize, opens: &mut bool) -> Argument<'a> {
        let start = self.at;
        let mut value = self.literal(depth, opens);
        let mut end = self.at;
        while self.text[self.at..].starts_with(".freeze") {
            self.at += ".freeze".len();
            end = self.at;
        }
        self.blanks();
        let is_end = match self.peek() {
            None | Some(b',' | b'\n' | b'#' | b';' | b')' | b']' | b'}') => true,
            Some(b'=') => self.peek_at(1) == Some(b'>'),
            Some(b':') => matches!(value, Value::Text(_)),
            Some(byte) => byte == b'{' && closing.is_none() || self.is_modifier(),
        };
        if !is_end || value == Value::Computed {
            value = Value::Computed;
            self.skip_argument();
            end = self.at;
        } else {
            self.at = end;
        }
        Argument { key: None, value, span: Span::new(start, end) }
    }

    fn literal(&mut self, depth: usize, opens: &mut bool) -> Value<'a> {
        match self.peek() {
            Some(quote @ (b'\'' | b'"')) => {
                self.at += 1;
                self.quoted(quote, quote == b'"')
            }
            Some(b':') => {
                self.at += 1;
                match self.peek() {
                    Some(quote @ (b'\'' | b'"')) => {
                        self.at += 1;
                        match self.quoted(quote, quote == b'"') {
                            Value::Text(text) => Value::Word(text),
                            other => other,
                        }
                    }
                    _ => match self.word() {
                        "" => Value::Computed,
                        word => Value::Word(word),
                    },
                }
            }
            Some(b'%') => self.percent(),
            Some(open @ (b'[' | b'{')) if depth < MAX_DEPTH => {
                self.at += 1;
                Value::List(self.arguments(Some(if open == b'[' { b']' } else { b'}' }), depth + 1, opens))
            }
            Some(byte) if byte.is_ascii_digit() => {
                let start = self.at;
                while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_')) {
                    self.at += 1;
                }
                Value::Word(self.slice(start))
            }
            _ => match self.word() {
                word @ ("true" | "false" | "nil") => Value::Word(word),
                word => {
                    *opens |= OPENERS.contains(&word);
                    Value::Computed
                }
            },
        }
    }

    /// The text up to the closing quote.
    fn quoted(&mut self, quote: u8, interpolates: bool) -> Value<'a> {
        let start = self.at;
        let mut computed = false;
        while let Some(byte) = self.peek() {
            if byte == quote {
                let text = self.slice(start);
                self.at += 1;
                return if computed { Value::Computed } else { Value::Text(text) };
            }
            computed |= interpolates && byte == b'#' && self.peek_at(1) == Some(b'{');
            self.at += if byte == b'\\' { 2 } else { 1 };
            while self.at < self.text.len() && !self.text.is_char_boundary(self.at) {
                self.at += 1;
            }
            self.at = self.at.min(self.text.len());
        }
        Value::Computed
    }

    /// `%q<text>`, `%w[a b]`.
    fn percent(&mut self) -> Value<'a> {
        let kind = self.peek_at(1);
        let (kind, ahead) = match kind {
            Some(kind @ (b'q' | b'Q' | b'w' | b'W' | b'i')) => (kind, 2),
            _ => (b'Q', 1),
        };
        let close = match self.peek_at(ahead) {
            Some(b'<') => b'>',
            Some(b'(') => b')',
            Some(b'[') => b']',
            Some(b'{') => b'}',
            Some(byte @ (b'|' | b'!' | b'/')) => byte,
            _ => {
                self.step();
                return Value::Computed;
            }
        };
        self.at += ahead + 1;
        let start = self.at;
        let value = self.quoted(close, matches!(kind, b'Q' | b'W'));
        match (kind, value) {
            (b'w' | b'W' | b'i', Value::Text(text)) => {
                let item = |word: &'a str| {
                    let offset = start + (word.as_ptr() as usize - text.as_ptr() as usize);
                    Argument { key: None, value: Value::Text(word), span: Span::new(offset, offset + word.len()) }
                };
                Value::List(text.split_whitespace().map(item).collect())
            }
            (_, value) => value,
        }
    }

    /// Passes over the rest of an argument that is no literal.
    pub(super) fn skip_argument(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b',' | b'\n' | b';' if depth == 0 => return,
                b'\n' => {
                    self.at += 1;
                    self.line_begins();
                    continue;
                }
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' if depth == 0 => return,
                b')' | b']' | b'}' => depth -= 1,
                b'\'' | b'"' => {
                    self.at += 1;
                    self.quoted(byte, false);
                    continue;
                }
                b'<' if self.peek_at(1) == Some(b'<') => {
                    self.announce();
                    continue;
                }
                b' ' | b'\t' if depth == 0 => {
                    self.blanks();
                    if self.peek() == Some(b'#') || self.is_modifier() {
                        return;
                    }
                    continue;
                }
                _ => {}
            }
            self.step();
        }
    }

    /// `<<~TEXT`: a text that begins on the next line.
    fn announce(&mut self) {
        self.at += 2;
        if matches!(self.peek(), Some(b'~' | b'-')) {
            self.at += 1;
        }
        let quote = self.peek().filter(|byte| matches!(byte, b'\'' | b'"'));
        self.at += usize::from(quote.is_some());
        if self.peek().is_some_and(|byte| byte.is_ascii_uppercase() || byte == b'_') {
            self.heredoc = Some(self.word());
        }
        self.at += usize::from(quote.is_some() && self.peek() == quote);
    }
}
