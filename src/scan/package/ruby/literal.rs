//! Calls with plain literals in Ruby files (`gem "rack", "~> 3", group: :test`), read without running anything.
//!
//! Every byte is looked at once. What is computed is [`Value::Computed`], never guessed.

mod values;

use crate::text::Span;

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
