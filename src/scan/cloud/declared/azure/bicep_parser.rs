//! The grammar of Bicep: statements.

use super::bicep_text::Cursor;
use super::expression::{Declared, Expr, Loop, Module, Node, Source, Template};
use crate::parse::ParseError;
use crate::text::Span;

/// Problems that are told of one file.
const PROBLEMS: usize = 50;

/// Words that begin statements.
const STATEMENTS: [&str; 15] = [
    "targetScope",
    "param",
    "var",
    "resource",
    "module",
    "output",
    "type",
    "func",
    "import",
    "metadata",
    "assert",
    "extension",
    "using",
    "provider",
    "extends",
];

/// Reads one file.
pub(super) struct Parser<'t> {
    /// Where.
    pub(super) cursor: Cursor<'t>,
    found: Template,
    problems: Vec<ParseError>,
    /// Resources that are open: symbol and type.
    around: Vec<(String, String)>,
}

/// An expression, or why there is none.
pub(super) type Read = Result<Node, String>;

impl<'t> Parser<'t> {
    /// A parser at the beginning of a text.
    pub(super) fn new(text: &'t str) -> Self {
        let cursor = Cursor { text, at: 0 };
        Self { cursor, found: Template::default(), problems: Vec::new(), around: Vec::new() }
    }

    /// The whole file, and what of it could not be read.
    pub(super) fn file(mut self) -> (Template, Vec<ParseError>) {
        loop {
            self.cursor.blanks(true);
            if self.cursor.rest().is_empty() {
                return (self.found, self.problems);
            }
            let start = self.cursor.at;
            if let Err(message) = self.statement() {
                let at = self.cursor.at.min(self.cursor.text.len());
                let end = self.cursor.text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
                if self.problems.len() < PROBLEMS {
                    self.problems.push(ParseError::new(message, Span::new(at, end)));
                }
                self.around.clear();
                self.recover(start);
            }
        }
    }

    /// Goes to the next line that begins a statement.
    fn recover(&mut self, start: usize) {
        self.cursor.at = self.cursor.at.max(start);
        while let Some(end) = self.cursor.rest().find('\n') {
            self.cursor.at += end + 1;
            let rest = self.cursor.rest();
            let word = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            if rest.starts_with('@') || STATEMENTS.contains(&word) {
                return;
            }
        }
        self.cursor.at = self.cursor.text.len();
    }

    fn statement(&mut self) -> Result<(), String> {
        if self.cursor.take("@") {
            self.expression(0)?;
            return Ok(());
        }
        let start = self.cursor.at;
        match self.cursor.word() {
            "param" => {
                let name = self.cursor.word().to_owned();
                let span = Span::new(start, self.cursor.at);
                self.kind_of_value();
                let default = if self.cursor.take("=") { Some(self.expression(0)?) } else { None };
                self.found.parameters.push((name, span, default));
            }
            "var" => {
                let name = self.cursor.word().to_owned();
                self.kind_of_value();
                self.expect("=")?;
                let value = self.expression(0)?;
                self.found.variables.push((name, value));
            }
            "output" => {
                let name = self.cursor.word().to_owned();
                self.kind_of_value();
                self.expect("=")?;
                let value = self.expression(0)?;
                self.found.outputs.push((name, value));
            }
            "resource" => self.resource(start, 0)?,
            "module" => self.module(start)?,
            "" => return Err("neither a statement nor a comment".to_owned()),
            word if STATEMENTS.contains(&word) => self.cursor.skip_statement(),
            word => return Err(format!("`{word}` begins no statement")),
        }
        self.cursor.blanks(false);
        let rest = self.cursor.rest();
        if rest.is_empty() || rest.starts_with('\n') {
            Ok(())
        } else {
            Err("more than a statement in one line".to_owned())
        }
    }

    /// Passes over the type of a parameter or variable.
    fn kind_of_value(&mut self) {
        let mut open = 0_usize;
        loop {
            self.cursor.blanks(open > 0);
            let rest = self.cursor.rest();
            let Some(c) = rest.chars().next() else { return };
            match c {
                '=' | '\n' if open == 0 && !(c == '\n' && rest.trim_start().starts_with('|')) => return,
                '{' | '[' | '(' | '<' => open += 1,
                '}' | ']' | ')' | '>' => open = open.saturating_sub(1),
                '\'' => {
                    let before = self.cursor.at;
                    if self.cursor.quoted().is_some() {
                        continue;
                    }
                    self.cursor.at = before;
                }
                _ => {}
            }
            self.cursor.at += c.len_utf8();
        }
    }

    pub(super) fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.cursor.take(sign) { Ok(()) } else { Err(format!("`{sign}` is missing here")) }
    }

    fn plain_text(&mut self, depth: usize) -> Result<(String, Span), String> {
        let node = self.primary(depth)?;
        match node.expr {
            Expr::Text(text) => Ok((text, node.span)),
            _ => Err("a plain text is missing here".to_owned()),
        }
    }

    /// `name 'type@version' [existing] = body`, after the word.
    pub(super) fn resource(&mut self, start: usize, depth: usize) -> Result<(), String> {
        let symbol = self.cursor.word().to_owned();
        let (written, _) = self.plain_text(depth)?;
        let span = Span::new(start, self.cursor.at);
        let short = written.split('@').next().unwrap_or_default().to_owned();
        let parent = self.around.last().cloned();
        let kind = match &parent {
            Some((_, above)) if !short.contains('.') => format!("{above}/{short}"),
            _ => short,
        };
        let is_existing = self.cursor.take_word("existing");
        self.expect("=")?;
        self.around.push((symbol.clone(), kind.clone()));
        let body = self.body(depth);
        self.around.pop();
        let (condition, body) = body?;
        let parent = parent.map(|(symbol, _)| symbol).or_else(|| named_parent(&body));
        self.found.resources.push(Declared { symbol, kind, span, is_existing, condition, body, parent });
        Ok(())
    }

    fn module(&mut self, start: usize) -> Result<(), String> {
        let symbol = self.cursor.word().to_owned();
        let (address, at) = self.plain_text(0)?;
        let span = Span::new(start, self.cursor.at);
        self.expect("=")?;
        let (condition, body) = self.body(0)?;
        let source = Source::Text(address, at);
        self.found.modules.push(Module { symbol, span, source, condition, body });
        Ok(())
    }

    /// An object, an object under a condition, or a loop of either.
    fn body(&mut self, depth: usize) -> Result<(Option<Node>, Node), String> {
        self.cursor.blanks(true);
        if self.cursor.take_word("if") {
            let condition = self.bracketed(depth)?;
            self.cursor.blanks(true);
            return Ok((Some(condition), self.expression(depth)?));
        }
        let body = self.expression(depth)?;
        // the condition of a loop stands inside of it
        if let Expr::For(all) = body.expr {
            let Loop { item, index, over, body: inner } = *all;
            let (condition, inner) = match inner.expr {
                Expr::If(parts) if parts.2.expr == Expr::Unread("nothing") => (Some(parts.0), parts.1),
                expr => (None, Node::new(inner.span, expr)),
            };
            let all = Loop { item, index, over, body: inner };
            return Ok((condition, Node::new(body.span, Expr::For(Box::new(all)))));
        }
        Ok((None, body))
    }
}

/// The symbol that `parent` names.
fn named_parent(body: &Node) -> Option<String> {
    let inner = match &body.expr {
        Expr::For(all) => &all.body,
        _ => body,
    };
    match &inner.get("parent")?.expr {
        Expr::Name(symbol) => Some(symbol.clone()),
        Expr::Index(of, _) => match &of.expr {
            Expr::Name(symbol) => Some(symbol.clone()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_read_and_broken_ones_are_passed_over() {
        let text = "@description('x')\nparam a string = 'b'\nparam c 'x'\n  | 'y'\nvar d = {\n  e: [1, 2]\n  'f-${a}': a == 'b' ? 1 : 2\n}\n\
                    resource s 'Microsoft.Storage/storageAccounts@2023-01-01' = {\n  name: 'n${a}'\n  resource b 'blobServices' = {\n    name: 'default'\n  }\n}\n\
                    resource broken = {\nmodule m './m.bicep' = [for (x, i) in range(0, 2): if (i > 0) {\n  name: 'm${i}'\n}]\n\
                    output o string = s.id\n";
        let (template, problems) = Parser::new(text).file();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(template.parameters.len(), 2);
        assert_eq!(template.variables.len(), 1);
        let kinds: Vec<&str> = template.resources.iter().map(|resource| resource.kind.as_str()).collect();
        assert_eq!(kinds, ["Microsoft.Storage/storageAccounts/blobServices", "Microsoft.Storage/storageAccounts"]);
        assert_eq!(template.resources[0].parent.as_deref(), Some("s"));
        assert_eq!(template.modules.len(), 1);
        assert!(template.modules[0].condition.is_some());
    }

    #[test]
    fn nothing_nests_without_end() {
        for text in [
            "[",
            "(",
            "!",
            "a ? ",
            "{a:",
            "'${",
            "a(",
            "-",
            "a.",
            "a[",
            "{resource a 'x' = ",
            "[for a in ",
            "a + ",
            "a => ",
        ] {
            let (_, problems) = Parser::new(&format!("var x = {}", text.repeat(5000))).file();
            assert!(!problems.is_empty(), "{text}");
        }
    }
}
