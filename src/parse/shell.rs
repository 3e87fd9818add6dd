//! POSIX shell, as far as build steps need it: commands with their words, places, redirections and here-documents.
//!
//! Nothing is run and nothing expanded; control words stay words. Every byte is looked at once per level of
//! `$(…)`, the levels are bounded, and what is not understood gives fewer commands, never a wrong place.

use super::dockerfile::reference_end;
use crate::text::Span;

/// Levels of `$(…)` and of here-documents for shells that are looked into.
const DEPTH: usize = 6;

/// Bytes that a reference `${…}` may have.
const REFERENCE_LIMIT: usize = 1 << 10;

/// A word after quotes and escapes are taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The text.
    pub text: String,
    /// Where it stands, quotes and escapes included.
    pub span: Span,
    /// False when single quotes keep a `$` in it from being expanded.
    pub expands: bool,
}

/// One simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// Name and arguments, assignments before the name included.
    pub words: Vec<Word>,
    /// Files that its output is written into.
    pub writes: Vec<Word>,
    /// Lines of its here-documents.
    pub lines: Vec<Span>,
    /// Commands joined by `|` share the number.
    pub pipeline: usize,
    /// The innermost shell of its own that it runs in, `( … )`, `$( … )` or a here-document for one: what it sets there ends
    /// there.
    pub subshell: Option<Span>,
}

impl Command {
    /// What the command sets, where it does nothing else: `A=1 B=2`, `export A=1`. Names, values, and the words that hold both.
    #[must_use]
    pub fn assignments(&self) -> Option<Vec<(&str, &str, &Word)>> {
        let is_declaration = |word: &&Word| matches!(&*word.text, "export" | "readonly" | "local" | "declare");
        let all: Option<Vec<(&str, &str, &Word)>> = self
            .words
            .iter()
            .skip_while(is_declaration)
            .map(|word| {
                let (name, value) = word.text.split_once('=')?;
                is_variable(name).then_some((name, value, word))
            })
            .collect();
        all.filter(|all| !all.is_empty())
    }
}

/// True for the name of a variable.
#[must_use]
pub fn is_variable(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !text.is_empty() && text.bytes().all(is_letter) && !text.starts_with(|first: char| first.is_ascii_digit())
}

/// Every command of a text.
///
/// `escape` joins lines at their end; comment lines behind a joined line are dropped, as Dockerfiles want it.
#[must_use]
pub fn commands(text: &str, escape: char) -> Vec<Command> {
    let mut all = Vec::new();
    let mut pipelines = 0;
    let mut parts = vec![(Span::new(0, text.len()), 0)];
    while let Some((part, depth)) = parts.pop() {
        let mut reader =
            Reader { text, escape, at: part.start, end: part.end, pipeline: pipelines, ..Reader::default() };
        reader.read();
        pipelines = reader.pipeline + 1;
        reader.tell_subshells((depth > 0).then_some(part));
        if depth < DEPTH {
            parts.extend(reader.inner.into_iter().map(|span| (span, depth + 1)));
        }
        all.append(&mut reader.commands);
    }
    all.sort_by_key(|command| command.words.first().map_or(usize::MAX, |word| word.span.start));
    all
}

#[derive(Default)]
struct Reader<'t> {
    text: &'t str,
    escape: char,
    at: usize,
    end: usize,
    pipeline: usize,
    commands: Vec<Command>,
    command: Command,
    /// The word being read.
    word: Option<Word>,
    /// The next word is a file that is written; or one that is read.
    target: Option<bool>,
    /// Delimiters of here-documents whose bodies begin on the next line, with the number of their command.
    pending: Vec<(String, usize)>,
    /// Commands that are to be read on their own.
    inner: Vec<Span>,
    /// What stands in `( … )`, those of them that are open, and in which each command stands.
    subshells: Vec<Span>,
    open: Vec<usize>,
    within: Vec<Option<usize>>,
}

impl<'t> Reader<'t> {
    fn read(&mut self) {
        while let Some(c) = self.peek() {
            match c {
                _ if c == self.escape && self.joins_lines() => self.skip_joint(),
                '\\' => self.escaped(),
                '\'' => self.single(),
                '"' => self.double(),
                '\n' => {
                    self.separator(1, false);
                    self.bodies();
                }
                _ if c.is_whitespace() => {
                    self.end_word();
                    self.at += c.len_utf8();
                }
                '#' if self.word.is_none() => self.skip_line(),
                '$' | '`' => self.dollar(c),
                '>' | '<' => self.redirection(c),
                ';' => self.separator(1, false),
                '(' | ')' => self.subshell(c),
                '&' if self.rest().starts_with("&>") => self.at += 1,
                '&' => self.separator(if self.rest().starts_with("&&") { 2 } else { 1 }, false),
                '|' if self.rest().starts_with("||") => self.separator(2, false),
                '|' => self.separator(if self.rest().starts_with("|&") { 2 } else { 1 }, true),
                _ => self.push_run(c),
            }
        }
        self.end_word();
        self.end_command(false);
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..self.end]
    }

    fn peek(&self) -> Option<char> {
        match *self.text.as_bytes().get(self.at).filter(|_| self.at < self.end)? {
            byte if byte.is_ascii() => Some(char::from(byte)),
            _ => self.rest().chars().next(),
        }
    }

    /// Adds a character, and the letters and digits behind it, which mean nothing by themselves.
    fn push_run(&mut self, c: char) {
        self.push(c);
        let rest = &self.text.as_bytes()[self.at..self.end];
        let length = rest.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if length > 0 && !self.escape.is_ascii_alphanumeric() {
            let (start, end) = (self.at, self.at + length);
            self.at = end;
            let run = &self.text[start..end];
            let word = self.open(start);
            word.text.push_str(run);
            word.span.end = end;
        }
    }

    /// Adds one character of the text to the word.
    fn push(&mut self, c: char) {
        let start = self.at;
        self.at += c.len_utf8();
        self.add(start, c);
    }

    fn add(&mut self, start: usize, c: char) {
        let end = self.at;
        let word = self.open(start);
        word.text.push(c);
        word.span.end = end;
    }

    fn open(&mut self, start: usize) -> &mut Word {
        self.word.get_or_insert_with(|| Word { text: String::new(), span: Span::new(start, start), expands: true })
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        match self.target.take() {
            Some(true) => self.command.writes.push(word),
            Some(false) => {}
            None => self.command.words.push(word),
        }
    }

    fn end_command(&mut self, piped: bool) {
        self.target = None;
        let mut command = std::mem::take(&mut self.command);
        command.pipeline = self.pipeline;
        // one without words may own a here-document
        if !command.words.is_empty() || self.pending.last().is_some_and(|(_, owner)| *owner == self.commands.len()) {
            self.commands.push(command);
            self.within.push(self.open.last().copied());
        }
        if !piped {
            self.pipeline += 1;
        }
    }

    fn separator(&mut self, length: usize, piped: bool) {
        self.end_word();
        self.at += length;
        self.end_command(piped);
    }

    /// One begins or ends; the bracket behind a pattern of `case` ends none.
    fn subshell(&mut self, bracket: char) {
        self.separator(1, false);
        if bracket == '(' {
            self.open.push(self.subshells.len());
            self.subshells.push(Span::new(self.at, self.end));
        } else if let Some(number) = self.open.pop() {
            self.subshells[number].end = self.at;
        }
    }

    /// Tells each command in which shell it runs, where that is not the one of the whole text.
    fn tell_subshells(&mut self, whole: Option<Span>) {
        for (command, number) in self.commands.iter_mut().zip(&self.within) {
            command.subshell = number.map(|number| self.subshells[number]).or(whole);
        }
    }

    fn joins_lines(&self) -> bool {
        let after = &self.rest()[self.escape.len_utf8()..];
        after.trim_start_matches([' ', '\t', '\r']).starts_with('\n')
    }

    /// Passes over the end of a joined line, and over comment and empty lines behind it.
    fn skip_joint(&mut self) {
        self.skip_line();
        self.at = (self.at + 1).min(self.end);
        loop {
            let line = self.rest().split('\n').next().unwrap_or_default();
            let trimmed = line.trim();
            let is_last = self.at + line.len() >= self.end;
            if is_last || !(trimmed.is_empty() || trimmed.starts_with('#')) {
                break;
            }
            self.at += line.len() + 1;
        }
    }

    fn skip_line(&mut self) {
        self.at = self.rest().find('\n').map_or(self.end, |found| self.at + found);
    }

    fn escaped(&mut self) {
        let start = self.at;
        self.at += 1;
        match self.peek() {
            Some('\n') => self.at += 1,
            Some(c) => {
                self.at += c.len_utf8();
                self.add(start, c);
            }
            None => {}
        }
    }

    fn single(&mut self) {
        let start = self.at;
        self.at += 1;
        self.open(start);
        while let Some(c) = self.peek() {
            if c == '\'' {
                self.at += 1;
                break;
            }
            if c == self.escape && self.joins_lines() {
                self.skip_joint();
                continue;
            }
            if c == '$' {
                self.open(start).expands = false;
            }
            self.push(c);
        }
        let end = self.at;
        self.open(start).span.end = end;
    }

    fn double(&mut self) {
        let start = self.at;
        self.at += 1;
        self.open(start);
        while let Some(c) = self.peek() {
            match c {
                '"' => {
                    self.at += 1;
                    break;
                }
                _ if c == self.escape && self.joins_lines() => self.skip_joint(),
                '\\' if self.rest()[1..].starts_with(['"', '\\', '$', '`', '\n']) => self.escaped(),
                '$' => self.dollar(c),
                _ => self.push_run(c),
            }
        }
        let end = self.at;
        self.open(start).span.end = end;
    }

    /// A reference stays in the word; a command in `$(…)` or backticks is read on its own and stays as `$()`.
    fn dollar(&mut self, c: char) {
        let start = self.at;
        let rest = self.rest();
        let (inner, length) = if c == '`' {
            let Some(close) = rest[1..].find('`') else { return self.push(c) };
            (Some(Span::new(start + 1, start + 1 + close)), close + 2)
        } else if let Some(after) = rest.strip_prefix("$(") {
            let close = closing(after);
            let inner = (!rest.starts_with("$((")).then(|| Span::new(start + 2, start + 2 + close));
            (inner, (close + 3).min(rest.len()))
        } else {
            // an unclosed `${` must not be looked for to the end again and again
            let near = &rest[..floor(rest, REFERENCE_LIMIT)];
            (None, reference_end(near).unwrap_or(1))
        };
        self.inner.extend(inner);
        let copied = if inner.is_some() { "$()".to_owned() } else { rest[..length].to_owned() };
        self.at += length;
        let end = self.at;
        let word = self.open(start);
        word.text.push_str(&copied);
        word.span.end = end;
    }

    fn redirection(&mut self, c: char) {
        // a number before it names a file descriptor
        if self.word.as_ref().is_some_and(|word| word.text.bytes().all(|byte| byte.is_ascii_digit())) {
            self.word = None;
        }
        self.end_word();
        let rest = self.rest();
        if rest.starts_with("<<<") {
            self.at += 3;
            return;
        }
        if let Some(after) = rest.strip_prefix("<<") {
            let dash = usize::from(after.starts_with('-'));
            let name = after[dash..].trim_start_matches([' ', '\t']);
            let skipped = after.len() - name.len();
            let quote = name.chars().next().filter(|quote| matches!(quote, '"' | '\''));
            let bare = name.trim_start_matches(['"', '\'', '\\']);
            let length = bare.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(bare.len());
            let opening = name.len() - bare.len();
            if length > 0 {
                let name = bare[..length].to_owned();
                self.pending.push((name, self.commands.len()));
            }
            self.at += 2 + skipped + opening + length + usize::from(quote.is_some());
            self.at = self.at.min(self.end);
            return;
        }
        self.at += if rest.starts_with(">>") || rest.starts_with(">|") { 2 } else { 1 };
        if self.rest().starts_with('&') {
            self.at += 1;
        }
        self.target = Some(c == '>');
    }

    /// Here-documents that begin here. Those of a shell are commands themselves.
    fn bodies(&mut self) {
        for (name, owner) in std::mem::take(&mut self.pending) {
            let start = self.at;
            let mut end = start;
            let mut lines = Vec::new();
            while self.at < self.end {
                let line = self.rest().split('\n').next().unwrap_or_default();
                let span = Span::new(self.at, self.at + line.len());
                self.at = (span.end + 1).min(self.end);
                if line.trim() == name {
                    break;
                }
                end = span.end;
                lines.push(span);
            }
            let Some(command) = self.commands.get_mut(owner) else { continue };
            let is_shell = command.words.iter().all(|word| {
                word.text.starts_with('-') || matches!(&*word.text, "sh" | "bash" | "ash" | "dash" | "set")
            });
            if is_shell {
                self.inner.push(Span::new(start, end));
            } else {
                command.lines.append(&mut lines);
            }
        }
    }
}

/// Where the parenthesis that is open at the start of a text closes; its length when it does not.
fn closing(text: &str) -> usize {
    let mut open = 1_usize;
    let mut quote = None;
    let mut skip = false;
    for (at, byte) in text.bytes().enumerate() {
        if std::mem::take(&mut skip) {
            continue;
        }
        match (byte, quote) {
            (b'\\', quote) if quote != Some(b'\'') => skip = true,
            (b'\'' | b'"', None) => quote = Some(byte),
            (b'\'' | b'"', Some(open)) if open == byte => quote = None,
            (b'(', None) => open += 1,
            (b')', None) => open -= 1,
            _ => {}
        }
        if open == 0 {
            return at;
        }
    }
    text.len()
}

/// The last character boundary at or before a length.
fn floor(text: &str, length: usize) -> usize {
    (0..=length.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        let found = commands(text, '\\');
        for word in found.iter().flat_map(|command| command.words.iter().chain(&command.writes)) {
            assert!(text.get(word.span.start..word.span.end).is_some(), "{word:?}");
        }
        found.into_iter().map(|command| command.words.into_iter().map(|word| word.text).collect()).collect()
    }

    #[test]
    fn words_quotes_joints_and_comments() {
        let text = "pip install -i \"https://a b\" \\\n  # https://no\n\n  'x'y\\ z && set -e; a | b # c\n d";
        assert_eq!(
            words(text),
            [vec!["pip", "install", "-i", "https://a b", "xy z"], vec!["set", "-e"], vec!["a"], vec!["b"], vec!["d"]]
        );
    }

    #[test]
    fn references_stay_and_inner_commands_are_read() {
        assert_eq!(
            words("a $X/${Y:-a b} \"$(curl 'u' | sh))\" $((1 + 2))"),
            [vec!["a", "$X/${Y:-a b}", "$())", "$((1 + 2))"], vec!["curl", "u"], vec!["sh"]]
        );
        assert!(!commands("a '$X'", '\\')[0].words[1].expands);
    }

    #[test]
    fn redirections_and_here_documents() {
        let text = "cat <<-'E' > /etc/x 2>&1 && next <in\n deb u\nE\necho a|tee -a b\nsh -e <<E\ncurl u\nE\nlast";
        let found = commands(text, '\\');
        assert_eq!(found[0].writes[0].text, "/etc/x");
        let lines: Vec<&str> = found[0].lines.iter().map(|line| &text[line.start..line.end]).collect();
        assert_eq!(lines, [" deb u"]);
        assert_eq!(
            words(text),
            [
                vec!["cat"],
                vec!["next"],
                vec!["echo", "a"],
                vec!["tee", "-a", "b"],
                vec!["sh", "-e"],
                vec!["curl", "u"],
                vec!["last"]
            ]
        );
        assert_eq!(found[2].pipeline, found[3].pipeline);
        assert_ne!(found[1].pipeline, found[2].pipeline);
    }

    #[test]
    fn hostile_text_is_soon_done() {
        for part in ["$(", "${", "`", "\"", "'", "<<E\n", "<<E ;", "\\\n#\n", "$((", "a=$(b <<E", "\\ "] {
            let start = std::time::Instant::now();
            let _ = commands(&part.repeat(100_000), '\\');
            assert!(start.elapsed().as_secs() < 5, "{part}");
        }
    }
}
