//! The little that is known of source code without a parser: comments and documentation strings.

/// Finds the code of a file's lines, in order. Quotes are respected; what cannot be told from code counts as code.
pub(crate) struct Code {
    language: Language,
    inside: Inside,
}

/// How a language writes comments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    /// `#`, and strings in three quotes.
    Python,
    /// `#`.
    Hash,
    /// `#` alone on a line of a notebook's JSON.
    Notebook,
    /// `//` and `/* */`.
    Slashes,
    /// No comments.
    Plain,
}

/// What goes on at the start of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Code,
    /// `/* */`.
    Block,
    /// A string of several lines, ended by these characters; documentation when it is a statement of its own.
    Text {
        end: &'static str,
        is_documentation: bool,
    },
}

impl Code {
    /// For a file of that name.
    pub(crate) fn of(name: &str) -> Self {
        let language = match name.rsplit('.').next().unwrap_or("") {
            _ if name.starts_with(".env") => Language::Hash,
            "py" => Language::Python,
            "sh" | "rb" | "toml" | "yaml" | "yml" | "env" => Language::Hash,
            "ipynb" => Language::Notebook,
            "json" | "md" => Language::Plain,
            _ => Language::Slashes,
        };
        Self { language, inside: Inside::Code }
    }

    /// The code of the next line: before and after what is no code.
    pub(crate) fn of_line<'a>(&mut self, line: &'a str) -> [&'a str; 2] {
        match self.language {
            Language::Plain => return [line, ""],
            Language::Notebook => {
                let source = line.trim_start().trim_start_matches('"').trim_start();
                return if source.starts_with('#') { ["", ""] } else { [line, ""] };
            }
            _ => {}
        }
        match self.inside {
            Inside::Code => self.from(line, 0, 0),
            Inside::Block => match line.find("*/") {
                Some(at) => self.from(line, at + 2, at + 2),
                None => ["", ""],
            },
            Inside::Text { end, is_documentation } => match find_end(line, 0, end) {
                Some(at) => self.from(line, if is_documentation { at } else { 0 }, at),
                None if is_documentation => ["", ""],
                None => [line, ""],
            },
        }
    }

    /// The code from `start` on, where everything before `at` is known to be code. One piece without code may lie
    /// in it; what further ones hold counts.
    fn from<'a>(&mut self, line: &'a str, start: usize, mut at: usize) -> [&'a str; 2] {
        self.inside = Inside::Code;
        let bytes = line.as_bytes();
        let mut hole: Option<(usize, usize)> = None;
        let code = |hole: Option<(usize, usize)>, end: usize| match hole {
            Some((from, to)) => [&line[start..from], &line[to..end]],
            None => [&line[start..end], ""],
        };
        while at < bytes.len() {
            let rest = &bytes[at..];
            match self.language {
                Language::Slashes if rest.starts_with(b"//") => return code(hole, at),
                Language::Slashes if rest.starts_with(b"/*") => {
                    let Some(length) = line[at + 2..].find("*/") else {
                        self.inside = Inside::Block;
                        return code(hole, at);
                    };
                    let after = at + 2 + length + 2;
                    hole.get_or_insert((at, after));
                    at = after;
                    continue;
                }
                Language::Python | Language::Hash if rest[0] == b'#' => return code(hole, at),
                _ => {}
            }
            let Some(end) = self.opens(line, at) else {
                at += 1;
                continue;
            };
            let before = line[..at].trim_start_matches(['r', 'R', 'u', 'U', ' ', '\t']);
            let is_documentation = end.len() == 3 && before.is_empty();
            match find_end(line, at + end.len(), end) {
                Some(close) => {
                    if is_documentation {
                        hole.get_or_insert((at, close));
                    }
                    at = close;
                }
                None if end.len() == 3 || end == "`" => {
                    self.inside = Inside::Text { end, is_documentation };
                    return code(hole, if is_documentation { at } else { line.len() });
                }
                // a quote without its pair is an apostrophe, or the line goes on: the rest counts
                None => return code(hole, line.len()),
            }
        }
        code(hole, line.len())
    }

    /// The quote that opens here.
    fn opens(&self, line: &str, at: usize) -> Option<&'static str> {
        let rest = &line.as_bytes()[at..];
        match rest[0] {
            b'"' if self.language == Language::Python && rest.starts_with(b"\"\"\"") => Some("\"\"\""),
            b'\'' if self.language == Language::Python && rest.starts_with(b"'''") => Some("'''"),
            b'"' => Some("\""),
            b'\'' => Some("'"),
            b'`' if self.language == Language::Slashes => Some("`"),
            _ => None,
        }
    }
}

/// The position after the closing quote.
fn find_end(line: &str, start: usize, end: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let mut at = start;
    while at < bytes.len() {
        if bytes[at] == b'\\' {
            at += 2;
        } else if bytes[at..].starts_with(end.as_bytes()) {
            return Some(at + end.len());
        } else {
            at += 1;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(name: &str, text: &str) -> Vec<String> {
        let mut code = Code::of(name);
        text.lines().map(|line| code.of_line(line).concat()).collect()
    }

    #[test]
    fn comments_end_code_but_not_inside_strings() {
        assert_eq!(code("a.py", "x = 'a#b' # why"), ["x = 'a#b' "]);
        assert_eq!(code("a.ts", "const u = \"https://h\"; // see https://x"), ["const u = \"https://h\"; "]);
        assert_eq!(code("a.ts", "f(/* x */ \"y\") // z\n/* a\n * b\n c */ d"), ["f( \"y\") ", "", "", " d"]);
        assert_eq!(code(".env.local", "A=https://h # b"), ["A=https://h "]);
        assert_eq!(code("a.js", "let t = `a\n // b\n`; // c"), ["let t = `a", " // b", "`; "]);
        assert_eq!(code("a.ipynb", "\"# see https://h\\n\","), [""]);
    }

    #[test]
    fn documentation_is_no_code_but_data_is() {
        assert_eq!(
            code("a.py", "def f():\n    r\"\"\"One.\n    Two # three\n    \"\"\"\n    x = 1"),
            ["def f():", "    r", "", "", "    x = 1"]
        );
        assert_eq!(code("a.py", "'''One'''\nP = '''a\n# b\n''' # c"), ["", "P = '''a", "# b", "''' "]);
    }
}
