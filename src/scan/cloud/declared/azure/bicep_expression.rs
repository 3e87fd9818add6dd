//! The grammar of Bicep: expressions, objects, lists and loops.

use super::bicep_parser::{Parser, Read};
use super::bicep_text::Piece;
use super::expression::{Expr, Loop, Node};
use crate::text::Span;

/// Deepest expression.
const DEPTH: usize = 60;
/// Members and positions behind one value.
const LONGEST_CHAIN: usize = 200;

/// Operators from weak to strong, with the functions that they are.
const OPERATORS: [&[(&str, &str)]; 6] = [
    &[("||", "or")],
    &[("&&", "and")],
    &[("==", "equals"), ("!=", "notequals"), ("=~", "likeequals"), ("!~", "unlike")],
    &[("<=", "lessorequals"), (">=", "greaterorequals"), ("<", "less"), (">", "greater")],
    &[("+", "add"), ("-", "sub")],
    &[("*", "mul"), ("/", "div"), ("%", "mod")],
];

impl Parser<'_> {
    pub(super) fn bracketed(&mut self, depth: usize) -> Read {
        self.expect("(")?;
        self.cursor.blanks(true);
        let inner = self.expression(depth + 1)?;
        self.cursor.blanks(true);
        self.expect(")")?;
        Ok(inner)
    }

    /// An expression; the weakest operators are `?:` and `??`.
    pub(super) fn expression(&mut self, depth: usize) -> Read {
        let start = self.cursor.at;
        let first = self.operation(0, depth)?;
        self.continue_line(&["?", "??"]);
        if self.cursor.is_next("??") {
            let mut all = vec![first];
            while self.cursor.take("??") {
                self.cursor.blanks(true);
                all.push(self.operation(0, depth)?);
                self.continue_line(&["??"]);
            }
            return Ok(self.node(start, Expr::Call("coalesce".to_owned(), all)));
        }
        if self.cursor.take("?") {
            self.cursor.blanks(true);
            let yes = self.expression(depth + 1)?;
            self.cursor.blanks(true);
            self.expect(":")?;
            self.cursor.blanks(true);
            let no = self.expression(depth + 1)?;
            return Ok(self.node(start, Expr::If(Box::new((first, yes, no)))));
        }
        Ok(first)
    }

    /// Goes to the next line when that begins with one of these signs.
    fn continue_line(&mut self, signs: &[&str]) {
        let before = self.cursor.at;
        self.cursor.blanks(true);
        if !signs.iter().any(|sign| self.cursor.rest().starts_with(sign)) {
            self.cursor.at = before;
        }
    }

    fn operation(&mut self, level: usize, depth: usize) -> Read {
        if depth > DEPTH {
            return Err("nested too deeply".to_owned());
        }
        let Some(operators) = OPERATORS.get(level) else { return self.unary(depth) };
        let start = self.cursor.at;
        let mut left = self.operation(level + 1, depth)?;
        for _ in 0..1000 {
            if level < 2 {
                self.continue_line(&[operators[0].0]);
            }
            self.cursor.blanks(false);
            // `//` is a comment, `=>` a lambda; `?` and `:` end an operation
            let Some((sign, name)) = operators.iter().find(|(sign, _)| self.cursor.is_next(sign)) else {
                return Ok(left);
            };
            self.cursor.at += sign.len();
            self.cursor.blanks(true);
            let right = self.operation(level + 1, depth + 1)?;
            left = self.node(start, Expr::Call((*name).to_owned(), vec![left, right]));
        }
        Err("too many operators in one expression".to_owned())
    }

    fn unary(&mut self, depth: usize) -> Read {
        if depth > DEPTH {
            return Err("nested too deeply".to_owned());
        }
        self.cursor.blanks(false);
        let start = self.cursor.at;
        for (sign, name) in [("!", "not"), ("-", "minus")] {
            if self.cursor.take(sign) {
                let of = self.unary(depth + 1)?;
                let expr = match (name, &of.expr) {
                    ("minus", Expr::Number(number)) => Expr::Number(-number),
                    _ => Expr::Call(name.to_owned(), vec![of]),
                };
                return Ok(self.node(start, expr));
            }
        }
        let mut node = self.primary(depth)?;
        for _ in 0..LONGEST_CHAIN {
            self.continue_line(&[".", "::"]);
            if self.cursor.is_next("...") {
                return Ok(node);
            }
            if self.cursor.take(".?") || self.cursor.take("::") || self.cursor.take(".") {
                let name = self.cursor.word().to_owned();
                if name.is_empty() {
                    return Err("a name is missing after the point".to_owned());
                }
                // a function of a namespace
                if self.cursor.rest().starts_with('(') {
                    let arguments = self.arguments(depth)?;
                    let is_space = matches!(&node.expr, Expr::Name(space) if space == "az" || space == "sys");
                    let all = if is_space { arguments } else { std::iter::once(node).chain(arguments).collect() };
                    let name = name.to_ascii_lowercase();
                    node = self.node(start, Expr::Call(name, all));
                    continue;
                }
                node = self.node(start, Expr::Member(Box::new(node), name));
            } else if self.cursor.rest().starts_with('[') {
                self.cursor.at += 1;
                self.cursor.take("?");
                let is_from_end = self.cursor.take("^");
                let at = self.expression(depth + 1)?;
                self.expect("]")?;
                node = match is_from_end {
                    true => self.node(start, Expr::Unread("a position from the end")),
                    false => self.node(start, Expr::Index(Box::new(node), Box::new(at))),
                };
            } else if self.cursor.rest().starts_with('!')
                && !self.cursor.rest().starts_with("!=")
                && !self.cursor.rest().starts_with("!~")
            {
                self.cursor.at += 1;
            } else {
                return Ok(node);
            }
        }
        Err("too many members in one expression".to_owned())
    }

    fn node(&self, start: usize, expr: Expr) -> Node {
        Node::new(Span::new(start, self.cursor.at), expr)
    }

    /// `(a, b)`, at the bracket.
    fn arguments(&mut self, depth: usize) -> Result<Vec<Node>, String> {
        self.expect("(")?;
        let mut found = Vec::new();
        loop {
            self.cursor.blanks(true);
            if self.cursor.take(")") {
                return Ok(found);
            }
            found.push(self.expression(depth + 1)?);
            self.cursor.blanks(true);
            if !self.cursor.take(",") {
                self.cursor.blanks(true);
                self.expect(")")?;
                return Ok(found);
            }
        }
    }

    pub(super) fn primary(&mut self, depth: usize) -> Read {
        self.cursor.blanks(false);
        let start = self.cursor.at;
        let Some(c) = self.cursor.rest().chars().next() else { return Err("a value is missing at the end".to_owned()) };
        match c {
            '\'' => self.text(depth),
            '{' => self.object(depth),
            '[' => self.list(depth),
            '(' => {
                let before = self.cursor.at;
                if self.is_lambda() {
                    return self.lambda(depth);
                }
                self.cursor.at = before;
                self.bracketed(depth)
            }
            '0'..='9' => {
                let rest = self.cursor.rest();
                let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                let number = rest[..end].parse().map_err(|_| "a number that cannot be read".to_owned())?;
                self.cursor.at += end;
                Ok(self.node(start, Expr::Number(number)))
            }
            _ => {
                let word = self.cursor.word();
                if self.is_arrow() {
                    return self.lambda(depth);
                }
                let expr = match word {
                    "" => return Err(format!("a value is missing before `{c}`")),
                    "true" => Expr::Bool(true),
                    "false" => Expr::Bool(false),
                    "null" => Expr::Null,
                    name if self.cursor.rest().starts_with('(') => {
                        let name = name.to_ascii_lowercase();
                        Expr::Call(name, self.arguments(depth)?)
                    }
                    name => Expr::Name(name.to_owned()),
                };
                Ok(self.node(start, expr))
            }
        }
    }

    fn is_arrow(&mut self) -> bool {
        self.cursor.is_next("=>")
    }

    /// `(a, b) =>`: true with the cursor at the arrow.
    fn is_lambda(&mut self) -> bool {
        let rest = self.cursor.rest();
        let Some(end) = rest.find(')') else { return false };
        let is_names = rest[1..end].chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ',') || c.is_whitespace());
        if !is_names || !rest[end + 1..].trim_start().starts_with("=>") {
            return false;
        }
        self.cursor.at += end + 1;
        true
    }

    /// A lambda is passed over, from its arrow on.
    fn lambda(&mut self, depth: usize) -> Read {
        let start = self.cursor.at;
        self.expect("=>")?;
        self.cursor.blanks(true);
        self.expression(depth + 1)?;
        Ok(self.node(start, Expr::Unread("a lambda")))
    }

    pub(super) fn text(&mut self, depth: usize) -> Read {
        let start = self.cursor.at;
        let Some(pieces) = self.cursor.quoted() else { return Err("a text without an end".to_owned()) };
        let after = self.cursor.at;
        let mut parts = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text, _) if text.is_empty() => {}
                Piece::Text(text, span) => parts.push(Node::new(span, Expr::Text(text))),
                Piece::Hole(span) => {
                    self.cursor.at = span.start;
                    parts.push(self.expression(depth + 1)?);
                }
            }
        }
        self.cursor.at = after;
        let expr = match parts.as_slice() {
            [] => Expr::Text(String::new()),
            [Node { expr: Expr::Text(text), .. }] => Expr::Text(text.clone()),
            _ => Expr::Interpolated(parts),
        };
        Ok(self.node(start, expr))
    }

    fn list(&mut self, depth: usize) -> Read {
        let start = self.cursor.at;
        self.expect("[")?;
        self.cursor.blanks(true);
        if self.cursor.take_word("for") {
            return self.rounds(start, depth);
        }
        let mut items = Vec::new();
        loop {
            self.cursor.blanks(true);
            if self.cursor.take("]") {
                return Ok(self.node(start, Expr::List(items)));
            }
            if self.cursor.take("...") {
                let spread = self.expression(depth + 1)?;
                items.push(Node::new(spread.span, Expr::Unread("a spread list")));
            } else {
                items.push(self.expression(depth + 1)?);
            }
            self.cursor.take(",");
        }
    }

    /// `item in over: body]`, after `for`.
    fn rounds(&mut self, start: usize, depth: usize) -> Read {
        let (item, index) = if self.cursor.take("(") {
            let item = self.cursor.word().to_owned();
            self.expect(",")?;
            let index = self.cursor.word().to_owned();
            self.expect(")")?;
            (item, Some(index))
        } else {
            (self.cursor.word().to_owned(), None)
        };
        if !self.cursor.take_word("in") {
            return Err("`in` is missing here".to_owned());
        }
        let over = self.expression(depth + 1)?;
        self.cursor.blanks(true);
        self.expect(":")?;
        self.cursor.blanks(true);
        let inner = self.cursor.at;
        let body = if self.cursor.take_word("if") {
            let condition = self.bracketed(depth)?;
            self.cursor.blanks(true);
            let body = self.expression(depth + 1)?;
            let nothing = Node::new(body.span, Expr::Unread("nothing"));
            self.node(inner, Expr::If(Box::new((condition, body, nothing))))
        } else {
            self.expression(depth + 1)?
        };
        self.cursor.blanks(true);
        self.expect("]")?;
        Ok(self.node(start, Expr::For(Box::new(Loop { item: vec![item], index, over, body }))))
    }

    fn object(&mut self, depth: usize) -> Read {
        let start = self.cursor.at;
        self.expect("{")?;
        let mut entries = Vec::new();
        loop {
            self.cursor.blanks(true);
            if self.cursor.take("}") {
                return Ok(self.node(start, Expr::Object(entries)));
            }
            if self.cursor.take("...") {
                self.expression(depth + 1)?;
                continue;
            }
            if self.cursor.take("@") {
                self.expression(depth + 1)?;
                continue;
            }
            let at = self.cursor.at;
            let key = if self.cursor.rest().starts_with('\'') {
                self.text(depth + 1)?
            } else {
                let word = self.cursor.word().to_owned();
                if word == "resource" && !self.cursor.is_next(":") {
                    self.resource(at, depth + 1)?;
                    continue;
                }
                if word.is_empty() {
                    return Err("a name is missing in an object".to_owned());
                }
                self.node(at, Expr::Text(word))
            };
            self.expect(":")?;
            self.cursor.blanks(true);
            entries.push((key, self.expression(depth + 1)?));
            self.cursor.take(",");
        }
    }
}
