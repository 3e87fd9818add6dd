//! What an expression is, as far as the file itself says: literals, names, defaults of settings.

use tree_sitter::Node;

use super::reading::Reading;
use super::syntax::{call, field, inside, is_string, of, path, unwrapped};
use crate::text::Span;

/// An expression's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A text; what is filled in at run time stands as `{…}`.
    Text {
        text: String,
        span: Span,
        /// Setting or parameter whose default it is: a run may have another.
        default_of: Option<String>,
    },
    /// A name of an enumeration: `Region.EU_WEST_1`.
    Symbol { name: String, span: Span },
    /// Nothing, in the language's word for it.
    Nothing,
    /// Only a run knows.
    Unknown,
}

/// Steps that are followed from name to name.
const STEPS: usize = 8;
/// Names of other files that are asked for.
const MOST_MISSED: usize = 1_000;
/// Longest text that is put together.
const LONGEST: usize = 4 << 10;

/// Functions that give a setting, or else their second argument.
const SETTINGS: [&str; 8] =
    ["getenv", "environ.get", "getOrDefault", "env.get", "config.get", "Getenv", "env.str", "GetEnvironmentVariable"];

/// Functions and constructors whose value is that of their first argument.
const SAME: [&str; 24] = [
    "String",
    "str",
    "SecretStr",
    "Uri",
    "URI",
    "URL",
    "of",
    "from",
    "new",
    "create",
    "to_string",
    "to_owned",
    "into",
    "from_static",
    "as_str",
    "strip",
    "rstrip",
    "trim",
    "Ptr",
    "Pointer",
    "valueOf",
    "Sprintf",
    "format",
    "GetBySystemName",
];

impl<'t> Reading<'t> {
    /// The value of an expression that stands in a scope.
    pub(super) fn value(&self, node: Node<'t>, scope: usize) -> Value {
        self.value_within(node, scope, STEPS)
    }

    fn value_within(&self, node: Node<'t>, scope: usize, steps: usize) -> Value {
        if steps == 0 {
            return Value::Unknown;
        }
        let kind = node.kind();
        if is_string(kind) {
            return self.text_value(node, scope, steps);
        }
        match kind {
            "none" | "null" | "undefined" | "nil" | "null_literal" => Value::Nothing,
            "identifier" | "shorthand_property_identifier" => {
                match self.named_value(of(node, self.text), node, scope, steps) {
                    Value::Unknown => self.told_elsewhere(node, scope).unwrap_or(Value::Unknown),
                    value => value,
                }
            }
            "attribute"
            | "member_expression"
            | "selector_expression"
            | "field_access"
            | "field_expression"
            | "member_access_expression"
            | "scoped_identifier" => match self.named_value(of(node, self.text), node, scope, steps) {
                Value::Unknown => self.told_elsewhere(node, scope).unwrap_or_else(|| self.symbol(node)),
                value => value,
            },
            "boolean_operator" | "binary_expression" | "binary_operator" => self.operation(node, scope, steps),
            _ if call(node).is_some() => self.called_value(node, scope, steps),
            _ => match unwrapped(node) {
                Some(inner) => self.value_within(inner, scope, steps - 1),
                None => Value::Unknown,
            },
        }
    }

    /// The text that another file gives the name; which names would help is remembered.
    fn told_elsewhere(&self, node: Node<'t>, scope: usize) -> Option<Value> {
        let fulls = self.fulls(node, scope);
        let told = fulls.iter().find_map(|full| self.told.get(full));
        let Some(told) = told else {
            let mut missed = self.missed.borrow_mut();
            let room = MOST_MISSED.saturating_sub(missed.len());
            missed.extend(fulls.into_iter().take(room));
            return None;
        };
        let span = Span::new(node.start_byte(), node.end_byte());
        Some(Value::Text { text: told.text.clone(), span, default_of: told.default_of.clone() })
    }

    /// `AWS.Region.EU_WEST_1`: the last name, when it looks like a constant or member of an enumeration.
    fn symbol(&self, node: Node<'t>) -> Value {
        let found = path(node, self.text);
        let is_constant = |name: &&str| name.starts_with(|c: char| c.is_ascii_uppercase());
        match (found.names.last().filter(|name| is_constant(name)), found.last) {
            (Some(name), Some(node)) => {
                Value::Symbol { name: (*name).to_owned(), span: Span::new(node.start_byte(), node.end_byte()) }
            }
            _ => Value::Unknown,
        }
    }

    /// A name with one value in its scope. Several that differ: only a run knows which.
    fn named_value(&self, name: &str, node: Node<'t>, scope: usize, steps: usize) -> Value {
        let mut found: Option<Value> = None;
        let bindings = self.values(name, scope);
        let is_default = bindings.iter().any(|binding| binding.is_default);
        for binding in bindings {
            // `x = x or …` does not follow itself
            let is_own = binding.value.is_some_and(|value| value.byte_range().contains(&node.start_byte()));
            let Some(value) = binding.value.filter(|_| !is_own) else {
                return Value::Unknown;
            };
            let value = self.value_within(value, binding.within, steps - 1);
            match (&found, value) {
                (_, Value::Unknown) => return Value::Unknown,
                (None | Some(Value::Nothing), value) => found = Some(value),
                (Some(_), Value::Nothing) => {}
                (Some(known), value) if same(known, &value) => {}
                _ => return Value::Unknown,
            }
        }
        match found {
            Some(Value::Text { text, span, default_of: None }) if is_default => {
                Value::Text { text, span, default_of: Some(name.to_owned()) }
            }
            Some(value) => value,
            None => Value::Unknown,
        }
    }

    /// `a or b`, `a || b`, `a ?? b` give the default `b`; `a + b` is put together.
    fn operation(&self, node: Node<'t>, scope: usize, steps: usize) -> Value {
        let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else { return Value::Unknown };
        let operator = field(node, "operator").map_or("", |operator| of(operator, self.text));
        let (first, second) = (self.value_within(left, scope, steps - 1), self.value_within(right, scope, steps - 1));
        match operator {
            "or" | "||" | "??" => match (first, second) {
                (Value::Nothing, second) => second,
                (Value::Text { text, span, default_of }, _) if !text.is_empty() => {
                    Value::Text { text, span, default_of }
                }
                (_, Value::Text { text, span, .. }) => {
                    let name = of(left, self.text).to_owned();
                    Value::Text { text, span, default_of: Some(name) }
                }
                _ => Value::Unknown,
            },
            "+" | "." => {
                let part = |value: Value| match value {
                    Value::Text { text, span, default_of } => (text, Some(span), default_of),
                    _ => ("{x}".to_owned(), None, None),
                };
                let ((a, at, from), (b, or_at, or_from)) = (part(first), part(second));
                match at.or(or_at) {
                    Some(span) if a.len() + b.len() <= LONGEST => {
                        Value::Text { text: a + &b, span, default_of: from.or(or_from) }
                    }
                    _ => Value::Unknown,
                }
            }
            _ => Value::Unknown,
        }
    }

    fn called_value(&self, node: Node<'t>, scope: usize, steps: usize) -> Value {
        let Some((callee, Some(list))) = call(node) else { return Value::Unknown };
        let name = path(callee, self.text).names.join(".");
        let argument = |at: u32| {
            let value = list.named_child(at)?;
            let value = if value.kind() == "argument" { value.named_child(0)? } else { value };
            Some(if value.kind() == "keyword_argument" { field(value, "value")? } else { value })
        };
        let ends = |known: &&str| name == **known || name.ends_with(&format!(".{known}"));
        if SETTINGS.iter().any(&ends) {
            let default = argument(1).map(|node| self.value_within(node, scope, steps - 1));
            return match default {
                Some(Value::Text { text, span, .. }) => {
                    let name = argument(0).map_or("", |node| of(node, self.text).trim_matches(['"', '\'']));
                    Value::Text { text, span, default_of: Some(name.to_owned()) }
                }
                _ => Value::Unknown,
            };
        }
        // `env::var("X").unwrap_or_else(|_| "default".to_string())`
        if name.ends_with("unwrap_or") || name.ends_with("unwrap_or_else") {
            let inner = argument(0).map(|node| field(node, "body").unwrap_or(node));
            return match inner.map(|node| self.value_within(node, scope, steps - 1)) {
                Some(Value::Text { text, span, .. }) => {
                    Value::Text { text, span, default_of: Some("a setting".to_owned()) }
                }
                _ => Value::Unknown,
            };
        }
        if SAME.iter().any(ends) {
            // a method of the text itself: `"x".to_string()`
            let object = ["value", "object", "operand", "expression"].iter().find_map(|name| field(callee, name));
            let of_object = object.filter(|node| is_string(node.kind()) || list.named_child_count() == 0);
            if let Some(node) = of_object.or_else(|| argument(0)) {
                return self.value_within(node, scope, steps - 1);
            }
        }
        Value::Unknown
    }

    /// A literal with what can be filled in.
    fn text_value(&self, node: Node<'t>, scope: usize, steps: usize) -> Value {
        let range = inside(node, self.text);
        let span = Span::new(range.start, range.end);
        let mut cursor = node.walk();
        if node.kind() == "concatenated_string" {
            let mut whole = String::new();
            for part in node.named_children(&mut cursor) {
                if let Value::Text { text, .. } = self.text_value(part, scope, steps)
                    && whole.len() + text.len() <= LONGEST
                {
                    whole.push_str(&text);
                }
            }
            return Value::Text { text: whole, span, default_of: None };
        }
        let filled = |kind: &str| matches!(kind, "interpolation" | "template_substitution");
        let mut text = String::new();
        let mut at = range.start;
        let mut default_of = None;
        for part in node.named_children(&mut cursor).filter(|part| filled(part.kind())) {
            text.push_str(self.text.get(at..part.start_byte()).unwrap_or_default());
            at = part.end_byte();
            let value = part.named_child(0).map(|inner| self.value_within(inner, scope, steps - 1));
            match value {
                Some(Value::Text { text: inner, default_of: from, .. }) if text.len() + inner.len() <= LONGEST => {
                    text.push_str(&inner);
                    default_of = default_of.or(from);
                }
                _ => text.push_str("{x}"),
            }
        }
        text.push_str(self.text.get(at..range.end).unwrap_or_default());
        Value::Text { text, span, default_of }
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Text { text: a, .. }, Value::Text { text: b, .. }) => a == b,
        _ => a == b,
    }
}
