//! The expression language of ARM templates: `[concat(parameters('a'), '-', copyIndex())]`.

use super::expression::{Expr, Node};
use crate::text::Span;

/// Deepest expression.
const DEPTH: usize = 60;
/// Members and positions behind one value.
const LONGEST_CHAIN: usize = 200;

/// The expression of a text; nothing for a plain text, an error for what cannot be read.
pub(super) fn expression(text: &str, span: Span) -> Option<Result<Node, &'static str>> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    if inner.starts_with('[') {
        return None;
    }
    let mut reader = Reader { text: inner, at: 0, span };
    let found = reader.value(0);
    reader.spaces();
    Some(match found {
        Some(node) if reader.at == inner.len() => Ok(node),
        _ => Err("an expression that cannot be read"),
    })
}

/// A text without the mark that keeps it from being an expression.
pub(super) fn literal(text: &str) -> &str {
    if text.starts_with("[[") { &text[1..] } else { text }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// The whole text's place: escapes of JSON make places within it uncertain.
    span: Span,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take(&mut self, sign: char) -> bool {
        self.spaces();
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len_utf8();
        }
        found
    }

    fn node(&self, expr: Expr) -> Node {
        Node::new(self.span, expr)
    }

    fn word(&mut self) -> String {
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let end = self.rest().find(|c| !is_word(c)).unwrap_or(self.rest().len());
        let word = self.rest()[..end].to_owned();
        self.at += end;
        word
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth > DEPTH {
            return None;
        }
        self.spaces();
        let first = self.rest().chars().next()?;
        let mut node = match first {
            '\'' => Node::new(self.span, Expr::Text(self.quoted()?)),
            '0'..='9' | '-' => {
                let end = self.rest()[1..]
                    .find(|c: char| !c.is_ascii_digit() && c != '.')
                    .map_or(self.rest().len(), |at| at + 1);
                let number = self.rest()[..end].parse().ok()?;
                self.at += end;
                self.node(Expr::Number(number))
            }
            _ => self.call(depth)?,
        };
        for _ in 0..LONGEST_CHAIN {
            if self.take('.') {
                self.spaces();
                let name = self.word();
                if name.is_empty() {
                    return None;
                }
                node = self.node(Expr::Member(Box::new(node), name));
            } else if self.take('[') {
                let index = self.value(depth + 1)?;
                if !self.take(']') {
                    return None;
                }
                node = self.node(Expr::Index(Box::new(node), Box::new(index)));
            } else {
                return Some(node);
            }
        }
        None
    }

    fn quoted(&mut self) -> Option<String> {
        let mut out = String::new();
        let mut chars = self.rest()[1..].char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if c != '\'' {
                out.push(c);
            } else if chars.peek().is_some_and(|(_, next)| *next == '\'') {
                out.push('\'');
                chars.next();
            } else {
                self.at += at + 2;
                return Some(out);
            }
        }
        None
    }

    fn call(&mut self, depth: usize) -> Option<Node> {
        let mut name = self.word();
        if name.is_empty() {
            return None;
        }
        // user-defined functions have a namespace
        while self.rest().starts_with('.') && self.is_namespaced() {
            self.at += 1;
            name = self.word();
        }
        if !self.take('(') {
            return match name.to_ascii_lowercase().as_str() {
                "true" => Some(self.node(Expr::Bool(true))),
                "false" => Some(self.node(Expr::Bool(false))),
                "null" => Some(self.node(Expr::Null)),
                _ => None,
            };
        }
        let mut arguments = Vec::new();
        if !self.take(')') {
            loop {
                arguments.push(self.value(depth + 1)?);
                if self.take(')') {
                    break;
                }
                if !self.take(',') {
                    return None;
                }
            }
        }
        Some(self.node(Expr::Call(name.to_ascii_lowercase(), arguments)))
    }

    /// `contoso.name(`: a word and an open bracket follow the point.
    fn is_namespaced(&self) -> bool {
        let after = self.rest().trim_start_matches('.');
        let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
        after[end..].starts_with('(')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_and_texts_are_not() {
        let read = |text: &str| expression(text, Span::default());
        assert_eq!(read("plain"), None);
        assert_eq!(read("[[plain]"), None);
        assert_eq!(literal("[[plain]"), "[plain]");
        let node = read("[concat('it''s ', variables('a').b[0], 1)]").expect("is one").expect("is read");
        let Expr::Call(name, arguments) = node.expr else { panic!("is a call") };
        assert_eq!((name.as_str(), arguments.len()), ("concat", 3));
        assert_eq!(arguments[0].text(), Some("it's "));
        assert!(
            matches!(&arguments[1].expr, Expr::Index(of, _) if matches!(&of.expr, Expr::Member(_, name) if name == "b"))
        );
        assert!(read("[concat('a'").is_none());
        assert!(read("[concat('a']").expect("is one").is_err());
        assert!(read("[contoso.name('a')]").expect("is one").is_ok());
        let deep = format!("[{}'x'{}]", "a(".repeat(500), ")".repeat(500));
        assert!(read(&deep).expect("is one").is_err());
        let long = format!("[variables('a'){}]", ".b".repeat(100_000));
        assert!(read(&long).expect("is one").is_err());
    }
}
