//! Calls with plain literals in Ruby files (`gem "rack", "~> 3", group: :test`), read without running anything.
//!
//! Every byte is looked at once. What is computed is [`Value::Computed`], never guessed.

use crate::text::Span;

/// Deepest nesting of lists and hashes.
const MAX_DEPTH: usize = 8;

/// Words that open a block which `end` closes.
const OPENERS: [&str; 10] = ["if", "unless", "case", "while", "until", "begin", "def", "class", "module", "for"];

/// A statement: a call, an assignment (`method` ends with `=`), a keyword, `end` or a closing brace.
#[derive(Debug)]
pub(crate) struct Statement<'a> {
    /// What stands before the last dot.
    pub(crate) receiver: &'a str,
    /// Name of the call, or the keyword; empty for anything else.
    pub(crate) method: &'a str,
    /// It assigns: `spec.name = "x"`.
    pub(crate) assigns: bool,
    /// From the first word to the last argument.
    pub(crate) span: Span,
    /// What is passed.
    pub(crate) arguments: Vec<Argument<'a>>,
    /// Words after a keyword, or after the arguments: `if x`.
    pub(crate) rest: &'a str,
    /// It opens a block.
    pub(crate) opens: bool,
}

impl<'a> Statement<'a> {
    /// It closes a block.
    pub(crate) fn closes(&self) -> bool {
        matches!(self.method, "end" | "}")
    }

    /// The argument at a place, keyed ones not counted.
    pub(crate) fn positional(&self, at: usize) -> Option<&Argument<'a>> {
        self.arguments.iter().filter(|argument| argument.key.is_none()).nth(at)
    }

    /// The keyed argument.
    pub(crate) fn option(&self, key: &str) -> Option<&Argument<'a>> {
        self.arguments.iter().find(|argument| argument.key == Some(key))
    }
}

/// One argument or element.
#[derive(Debug)]
pub(crate) struct Argument<'a> {
    /// `key:` or `:key =>`.
    pub(crate) key: Option<&'a str>,
    /// The value.
    pub(crate) value: Value<'a>,
    /// Where the value stands.
    pub(crate) span: Span,
}

impl<'a> Argument<'a> {
    /// The text or word; of a list none.
    pub(crate) fn text(&self) -> Option<&'a str> {
        match self.value {
            Value::Text(text) | Value::Word(text) => Some(text),
            _ => None,
        }
    }

    /// The texts of a list, or the one text.
    pub(crate) fn texts(&self) -> Vec<&'a str> {
        match &self.value {
            Value::List(items) => items.iter().filter_map(Argument::text).collect(),
            _ => self.text().into_iter().collect(),
        }
    }
}

/// A value as far as it is a literal.
#[derive(Debug, PartialEq)]
pub(crate) enum Value<'a> {
    /// A string.
    Text(&'a str),
    /// A symbol, number, `true`, `false`, `nil`.
    Word(&'a str),
    /// A list, or a hash with keyed elements.
    List(Vec<Argument<'a>>),
    /// Anything that only a run would know.
    Computed,
}

impl PartialEq for Argument<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.value == other.value
    }
}

/// Every statement of a text, in order.
pub(crate) fn statements(text: &str) -> Statements<'_> {
    Statements { text, at: 0, heredoc: None }
}

/// Iterator of [`statements`].
pub(crate) struct Statements<'a> {
    text: &'a str,
    at: usize,
    /// Word that ends a text which begins on the next line.
    heredoc: Option<&'a str>,
}

impl<'a> Iterator for Statements<'a> {
    type Item = Statement<'a>;

    fn next(&mut self) -> Option<Statement<'a>> {
        self.skip_between()?;
        let start = self.at;
        let (receiver, method) = self.name();
        let mut found = Statement {
            receiver,
            method,
            assigns: false,
            span: Span::new(start, self.at),
            arguments: Vec::new(),
            rest: "",
            opens: false,
        };
        if method.is_empty() {
            if self.peek() == Some(b'}') {
                found.method = "}";
                self.at += 1;
            } else {
                self.plain_line(&mut found);
            }
            return Some(found);
        }
        if receiver.is_empty() && OPENERS.contains(&method) {
            self.keyword(&mut found);
            return Some(found);
        }
        if matches!(method, "end" | "else" | "then" | "ensure") && receiver.is_empty() {
            return Some(found);
        }
        self.call(&mut found);
        found.span = Span::new(start, self.at.max(start));
        self.after(&mut found);
        Some(found)
    }
}

impl<'a> Statements<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn slice(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or("")
    }

    /// To the next statement; `None` at the end.
    fn skip_between(&mut self) -> Option<()> {
        loop {
            match self.peek()? {
                b'\n' => {
                    self.at += 1;
                    self.line_begins();
                }
                b' ' | b'\t' | b'\r' | b';' => self.at += 1,
                b'#' => self.skip_line(),
                b'=' if self.at == 0 && self.text.starts_with("=begin") => self.line_begins(),
                _ if self.text[self.at..].starts_with("__END__") && self.is_line_start() => {
                    self.at = self.text.len();
                }
                _ => return Some(()),
            }
        }
    }

    fn is_line_start(&self) -> bool {
        self.at == 0 || self.text.as_bytes()[self.at - 1] == b'\n'
    }

    /// At the beginning of a line: passes over a text that was announced, and over comment blocks.
    fn line_begins(&mut self) {
        if let Some(word) = self.heredoc.take() {
            self.skip_lines_to(|line| line.trim() == word);
        }
        if self.text[self.at..].starts_with("=begin") {
            self.skip_lines_to(|line| line.starts_with("=end"));
        }
    }

    fn skip_lines_to(&mut self, is_last: impl Fn(&str) -> bool) {
        while self.at < self.text.len() {
            let start = self.at;
            self.skip_line();
            let line = self.slice(start);
            self.at = (self.at + 1).min(self.text.len());
            if is_last(line) {
                break;
            }
        }
    }

    /// To the line break.
    fn skip_line(&mut self) {
        self.at = self.text[self.at..].find('\n').map_or(self.text.len(), |end| self.at + end);
    }

    fn word(&mut self) -> &'a str {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80) {
            self.at += 1;
        }
        if self.at > start && matches!(self.peek(), Some(b'?' | b'!')) && self.peek_at(1) != Some(b'=') {
            self.at += 1;
        }
        self.slice(start)
    }

    /// `receiver.method`, `A::B.method`.
    fn name(&mut self) -> (&'a str, &'a str) {
        let start = self.at;
        let mut last = start;
        loop {
            if self.peek().is_some_and(|byte| byte.is_ascii_digit()) || self.word().is_empty() {
                break;
            }
            let end = self.at;
            let dots = match (self.peek(), self.peek_at(1)) {
                (Some(b'.'), Some(byte)) if byte.is_ascii_alphabetic() => 1,
                (Some(b':'), Some(b':')) => 2,
                _ => {
                    let receiver = self.text.get(start..last).unwrap_or("").trim_end_matches(['.', ':']);
                    return (receiver, self.text.get(last..end).unwrap_or(""));
                }
            };
            self.at += dots;
            last = self.at;
        }
        self.at = start;
        ("", "")
    }

    /// Code that is no call: only whether it opens a block matters.
    fn plain_line(&mut self, found: &mut Statement<'a>) {
        let start = self.at;
        loop {
            self.skip_argument();
            match self.peek() {
                Some(b',' | b')' | b']') => self.at += 1,
                Some(b'}') if self.at == start => self.at += 1,
                _ => break,
            }
        }
        found.span = Span::new(start, self.at);
        self.after(found);
    }

    fn keyword(&mut self, found: &mut Statement<'a>) {
        let start = self.at;
        self.skip_line();
        let line = self.slice(start);
        let line = match line.find(" then ") {
            Some(end) => {
                self.at = start + end + " then ".len();
                &line[..end]
            }
            None => line,
        };
        found.rest = line.trim();
        found.span = Span::new(found.span.start, start + line.trim_end().len());
        found.opens = !line.trim_end().ends_with(" end");
    }

    fn call(&mut self, found: &mut Statement<'a>) {
        let blank = self.blanks();
        match self.peek() {
            Some(b'(') if !blank => {
                self.at += 1;
                found.arguments = self.arguments(Some(b')'), 0, &mut found.opens);
            }
            Some(b'=') if !matches!(self.peek_at(1), Some(b'=' | b'~' | b'>')) => {
                found.assigns = true;
                self.at += 1;
                self.blanks();
                found.arguments = self.arguments(None, 0, &mut found.opens);
            }
            Some(b'\'' | b'"' | b':' | b'[' | b'%' | b'*' | b'-') if blank || self.peek() != Some(b'-') => {
                found.arguments = self.arguments(None, 0, &mut found.opens);
            }
            Some(byte) if blank && (byte.is_ascii_alphanumeric() || byte == b'_') && !self.is_modifier() => {
                found.arguments = self.arguments(None, 0, &mut found.opens);
            }
            _ => {}
        }
    }

    /// True at `do`, `if x`, `unless x`, `and`, `or`.
    fn is_modifier(&self) -> bool {
        let rest = &self.text[self.at..];
        ["do", "if", "unless", "and", "or", "rescue", "while", "until"].iter().any(|word| {
            rest.strip_prefix(word)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || c == ';'))
        })
    }

    /// What follows a call on its line: a block, or a condition.
    fn after(&mut self, found: &mut Statement<'a>) {
        self.blanks();
        if self.peek() == Some(b'}') {
            return;
        }
        let rest = &self.text[self.at..];
        let block = if rest.starts_with("do") && self.is_modifier() {
            2
        } else if rest.starts_with('{') {
            1
        } else {
            let start = self.at;
            self.skip_line();
            let line = self.slice(start);
            // a chained call or comment says nothing; `x = y.map do |z|` opens a block
            let code = line.split(" #").next().unwrap_or("").trim();
            if code.starts_with('#') {
                return;
            }
            found.opens |= code.ends_with(" do") || code.contains(" do |") && code.ends_with('|');
            if code.starts_with(';') {
                self.at = start + 1;
                return;
            }
            found.rest = code;
            return;
        };
        found.opens = true;
        self.at += block;
        self.blanks();
        if self.peek() == Some(b'|') {
            let end = self.text[self.at + 1..].find(['|', '\n']);
            self.at = end.map_or(self.text.len(), |end| self.at + end + 2);
        }
    }

    /// Passes over blanks; true when there was one.
    fn blanks(&mut self) -> bool {
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
    fn space(&mut self) {
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
    fn arguments(&mut self, closing: Option<u8>, depth: usize, opens: &mut bool) -> Vec<Argument<'a>> {
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
    fn skip_argument(&mut self) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Statement<'_>> {
        statements(text).collect()
    }

    #[test]
    fn literals_are_read_and_code_is_not() {
        let text = "gem 'rack', '~> 3', \">= 1\", group: [:test, :ci], :git => \"https://x\" # why\n\
                    gem \"x#{y}\", VERSION\nspec.add_dependency(%q<a>.freeze, [\">= 1\".freeze])\n";
        let all = read(text);
        assert_eq!(all.len(), 3);
        let rack = &all[0];
        assert_eq!((rack.method, rack.positional(1).and_then(Argument::text)), ("gem", Some("~> 3")));
        assert_eq!(rack.option("group").map(Argument::texts), Some(vec!["test", "ci"]));
        assert_eq!(rack.option("git").and_then(Argument::text), Some("https://x"));
        assert!(all[1].arguments.iter().all(|argument| argument.value == Value::Computed));
        assert_eq!((all[2].receiver, all[2].method), ("spec", "add_dependency"));
        assert_eq!(all[2].positional(0).and_then(Argument::text), Some("a"));
        assert_eq!(all[2].positional(1).map(Argument::texts), Some(vec![">= 1"]));
    }

    #[test]
    fn blocks_open_and_close() {
        let text = "group :test do\n  gem 'a'\nend\nif ENV['X']\n gem 'b'\nend\ngem 'c' if x\n\
                    s.text = <<~DOC\n  if this\n  gem 'no'\nDOC\ngem 'd',\n  require: false\n";
        let all = read(text);
        let depth = all.iter().map(|one| i32::from(one.opens) - i32::from(one.closes())).sum::<i32>();
        assert_eq!(depth, 0);
        let gems: Vec<_> = all.iter().filter(|one| one.method == "gem").collect();
        let names: Vec<_> = gems.iter().filter_map(|one| one.positional(0)?.text()).collect();
        assert_eq!(names, ["a", "b", "c", "d"]);
        assert_eq!(gems[2].rest, "if x");
        assert_eq!(gems[3].option("require").and_then(Argument::text), Some("false"));
        let braces =
            read("from(:x) { |n| \"https://#{n}\" }\ngroup(:test) { gem 'a' }\n%w[a b].each do |g|\n  gem g\nend\n");
        let depth = braces.iter().map(|one| i32::from(one.opens) - i32::from(one.closes())).sum::<i32>();
        assert_eq!(depth, 0);
        assert!(braces.iter().any(|one| one.positional(0).and_then(Argument::text) == Some("a")));
    }

    #[test]
    fn hostile_text_ends() {
        for text in [
            "gem '",
            "gem [[[[[[[[[[[[[[[[[[[[",
            "x = <<A",
            "é.ü 'ö\\",
            "}}}",
            ")x(",
            "gem %w",
            "a(}})]",
            "\\\n",
            ":",
            "a.b.",
            "=begin",
        ] {
            let _ = read(text);
        }
        let deep = format!("x {}", "[".repeat(100_000));
        let _ = read(&deep);
    }
}
