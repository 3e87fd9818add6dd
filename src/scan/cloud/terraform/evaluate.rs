//! Evaluates expressions of one module: variables with defaults, locals, templates, conditionals,
//! common functions. Cyclic locals and deep nesting end in [`Value::Unknown`].

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::expr::{BinaryOperator, Expression, ObjectKey, TraversalOperator, UnaryOperator};
use hcl_edit::template::{Directive, Element, Template};

use super::functions::call;
use super::syntax::Source;
use super::value::{Value, number_text};
use crate::parse::{Node, Value as Json};

/// Deepest chain of references and nested expressions.
const MAX_DEPTH: usize = 100;
/// Steps per module; an expression that multiplies lists ends here.
const MAX_STEPS: usize = 500_000;
/// Longest text a template may become.
const MAX_TEXT: usize = 64 * 1024;

/// Names of a module.
#[derive(Default)]
pub(super) struct Scope<'a> {
    /// Variables: `tfvars` first, then defaults.
    pub(super) variables: BTreeMap<String, Source<'a>>,
    /// Locals.
    pub(super) locals: BTreeMap<String, Source<'a>>,
    known: RefCell<BTreeMap<String, Value>>,
    open: RefCell<BTreeSet<String>>,
    steps: Cell<usize>,
}

impl<'a> Scope<'a> {
    /// The value of an expression of either syntax.
    pub(super) fn value(&self, source: &Source<'a>) -> Value {
        self.source(source, 0)
    }

    fn source(&self, source: &Source<'a>, depth: usize) -> Value {
        match source {
            Source::Hcl(expression, _) => self.expression(expression, &BTreeMap::new(), depth),
            Source::Json(node) => self.json(node, depth),
        }
    }

    /// JSON syntax: texts are templates.
    fn json(&self, node: &Node, depth: usize) -> Value {
        if depth > MAX_DEPTH {
            return Value::Unknown;
        }
        match &node.value {
            Json::Null => Value::Null,
            Json::Bool(truth) => Value::Bool(*truth),
            Json::Number(text) => text.parse().map_or(Value::Unknown, Value::Number),
            Json::Text(text) if !text.contains("${") => Value::Text(text.to_string()),
            Json::Text(text) => {
                let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
                // quotes inside an interpolation must stay quotes
                let parsed = quoted.parse::<Expression>().or_else(|_| format!("\"{text}\"").parse::<Expression>());
                parsed.map_or(Value::Unknown, |expression| self.expression(&expression, &BTreeMap::new(), depth + 1))
            }
            Json::List(items) => Value::List(items.iter().map(|item| self.json(item, depth + 1)).collect()),
            Json::Map(entries) => Value::Object(
                entries.iter().map(|entry| (entry.key.to_string(), self.json(&entry.value, depth + 1))).collect(),
            ),
        }
    }

    fn expression(&self, expression: &Expression, bound: &BTreeMap<String, Value>, depth: usize) -> Value {
        self.steps.set(self.steps.get() + 1);
        if depth > MAX_DEPTH || self.steps.get() > MAX_STEPS {
            return Value::Unknown;
        }
        let go = |inner: &Expression| self.expression(inner, bound, depth + 1);
        match expression {
            Expression::Null(_) => Value::Null,
            Expression::Bool(truth) => Value::Bool(*truth.value()),
            Expression::Number(number) => number.value().as_f64().map_or(Value::Unknown, Value::Number),
            Expression::String(text) => Value::Text(text.value().clone()),
            Expression::Array(items) => Value::List(items.iter().map(go).collect()),
            Expression::Object(object) => {
                let mut entries = BTreeMap::new();
                for (key, value) in object {
                    let name = match key {
                        ObjectKey::Ident(ident) => Some(ident.as_str().to_owned()),
                        ObjectKey::Expression(inner) => match inner {
                            Expression::Variable(ident) => Some(ident.as_str().to_owned()),
                            other => go(other).text(),
                        },
                    };
                    let Some(name) = name else { return Value::Unknown };
                    entries.insert(name, go(value.expr()));
                }
                Value::Object(entries)
            }
            Expression::StringTemplate(template) => self.template(template, bound, depth),
            Expression::HeredocTemplate(heredoc) => self.template(&heredoc.template, bound, depth),
            Expression::Parenthesis(inner) => go(inner.inner()),
            Expression::Variable(ident) => bound.get(ident.as_str()).cloned().unwrap_or(Value::Unknown),
            Expression::Conditional(conditional) => match go(&conditional.cond_expr).truth() {
                Some(true) => go(&conditional.true_expr),
                Some(false) => go(&conditional.false_expr),
                None => {
                    // both sides the same: the condition does not matter
                    let (a, b) = (go(&conditional.true_expr), go(&conditional.false_expr));
                    if a == b { a } else { Value::Unknown }
                }
            },
            Expression::FuncCall(function) => {
                if !function.name.namespace.is_empty() || function.args.expand_final() {
                    return Value::Unknown;
                }
                let arguments: Vec<Value> = function.args.iter().map(go).collect();
                call(function.name.name.as_str(), &arguments)
            }
            Expression::Traversal(traversal) => self.traversal(&traversal.expr, &traversal.operators, bound, depth),
            Expression::UnaryOp(operation) => match (operation.operator.value(), go(&operation.expr)) {
                (UnaryOperator::Neg, value) => value.number().map_or(Value::Unknown, |number| Value::Number(-number)),
                (UnaryOperator::Not, value) => value.truth().map_or(Value::Unknown, |truth| Value::Bool(!truth)),
            },
            Expression::BinaryOp(operation) => {
                binary(*operation.operator.value(), &go(&operation.lhs_expr), &go(&operation.rhs_expr))
            }
            Expression::ForExpr(each) => self.for_each(each, bound, depth),
        }
    }

    fn traversal(
        &self,
        base: &Expression,
        operators: &[hcl_edit::Decorated<TraversalOperator>],
        bound: &BTreeMap<String, Value>,
        depth: usize,
    ) -> Value {
        let mut rest = operators;
        let name = match base {
            Expression::Variable(ident) => Some(ident.as_str()),
            _ => None,
        };
        let mut value = match name {
            Some(name) if bound.contains_key(name) => bound[name].clone(),
            Some(table @ ("var" | "local")) => {
                let Some((first, after)) = rest.split_first() else { return Value::Unknown };
                let TraversalOperator::GetAttr(field) = first.value() else { return Value::Unknown };
                rest = after;
                self.name(table, field.as_str(), depth)
            }
            Some("terraform") if matches!(rest.first().map(hcl_edit::Decorated::value), Some(TraversalOperator::GetAttr(f)) if f.as_str() == "workspace") =>
            {
                return Value::Unknown;
            }
            Some(_) => return Value::Unknown,
            None => self.expression(base, bound, depth + 1),
        };
        for operator in rest {
            value = match operator.value() {
                TraversalOperator::GetAttr(field) => value.index(&Value::Text(field.as_str().to_owned())),
                TraversalOperator::Index(inner) => value.index(&self.expression(inner, bound, depth + 1)),
                TraversalOperator::LegacyIndex(number) => value.index(&Value::Text(number.value().to_string())),
                _ => Value::Unknown,
            };
        }
        value
    }

    /// A variable or local, computed once; a name that needs itself is unknown.
    fn name(&self, table: &str, field: &str, depth: usize) -> Value {
        let full = format!("{table}.{field}");
        if let Some(value) = self.known.borrow().get(&full) {
            return value.clone();
        }
        let sources = if table == "var" { &self.variables } else { &self.locals };
        let Some(source) = sources.get(field) else { return Value::Unknown };
        if !self.open.borrow_mut().insert(full.clone()) {
            return Value::Unknown;
        }
        let value = self.source(source, depth + 1);
        self.open.borrow_mut().remove(&full);
        self.known.borrow_mut().insert(full, value.clone());
        value
    }

    fn template(&self, template: &Template, bound: &BTreeMap<String, Value>, depth: usize) -> Value {
        if let Some(Element::Interpolation(only)) = template.as_single_element() {
            return self.expression(&only.expr, bound, depth + 1);
        }
        let mut out = String::new();
        for element in template {
            match element {
                Element::Literal(text) => out.push_str(text.value()),
                Element::Interpolation(inner) => match self.expression(&inner.expr, bound, depth + 1).text() {
                    Some(text) => out.push_str(&text),
                    None => return Value::Unknown,
                },
                Element::Directive(directive) => match directive.as_ref() {
                    Directive::If(_) | Directive::For(_) => return Value::Unknown,
                },
            }
            if out.len() > MAX_TEXT {
                return Value::Unknown;
            }
        }
        Value::Text(out)
    }

    fn for_each(&self, each: &hcl_edit::expr::ForExpr, bound: &BTreeMap<String, Value>, depth: usize) -> Value {
        let collection = self.expression(&each.intro.collection_expr, bound, depth + 1);
        let items: Vec<(Value, Value)> = match collection {
            Value::List(items) => {
                items.into_iter().enumerate().map(|(at, item)| (Value::Text(number_text(at as f64)), item)).collect()
            }
            Value::Object(entries) => entries.into_iter().map(|(key, item)| (Value::Text(key), item)).collect(),
            _ => return Value::Unknown,
        };
        let mut list = Vec::new();
        let mut object = BTreeMap::new();
        for (key, item) in items {
            let mut inner = bound.clone();
            if let Some(name) = &each.intro.key_var {
                inner.insert(name.as_str().to_owned(), key);
            }
            inner.insert(each.intro.value_var.as_str().to_owned(), item);
            if let Some(condition) = &each.cond {
                match self.expression(&condition.expr, &inner, depth + 1).truth() {
                    Some(true) => {}
                    Some(false) => continue,
                    None => return Value::Unknown,
                }
            }
            let value = self.expression(&each.value_expr, &inner, depth + 1);
            match &each.key_expr {
                Some(key) => match self.expression(key, &inner, depth + 1).text() {
                    Some(key) => {
                        object.insert(key, value);
                    }
                    None => return Value::Unknown,
                },
                None => list.push(value),
            }
        }
        if each.key_expr.is_some() { Value::Object(object) } else { Value::List(list) }
    }
}

fn binary(operator: BinaryOperator, left: &Value, right: &Value) -> Value {
    match operator {
        BinaryOperator::Eq | BinaryOperator::NotEq => {
            if !left.is_known() || !right.is_known() {
                return Value::Unknown;
            }
            let same = left == right || left.text().is_some() && left.text() == right.text();
            Value::Bool(same == (operator == BinaryOperator::Eq))
        }
        BinaryOperator::And => match (left.truth(), right.truth()) {
            (Some(false), _) | (_, Some(false)) => Value::Bool(false),
            (Some(true), Some(true)) => Value::Bool(true),
            _ => Value::Unknown,
        },
        BinaryOperator::Or => match (left.truth(), right.truth()) {
            (Some(true), _) | (_, Some(true)) => Value::Bool(true),
            (Some(false), Some(false)) => Value::Bool(false),
            _ => Value::Unknown,
        },
        _ => {
            let (Some(a), Some(b)) = (left.number(), right.number()) else { return Value::Unknown };
            match operator {
                BinaryOperator::Less => Value::Bool(a < b),
                BinaryOperator::LessEq => Value::Bool(a <= b),
                BinaryOperator::Greater => Value::Bool(a > b),
                BinaryOperator::GreaterEq => Value::Bool(a >= b),
                BinaryOperator::Plus => Value::Number(a + b),
                BinaryOperator::Minus => Value::Number(a - b),
                BinaryOperator::Mul => Value::Number(a * b),
                BinaryOperator::Div if b != 0.0 => Value::Number(a / b),
                BinaryOperator::Mod if b != 0.0 => Value::Number(a % b),
                _ => Value::Unknown,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluate(locals: &[(&str, &str)], wanted: &str) -> Value {
        let parsed: Vec<(String, Expression)> =
            locals.iter().map(|(name, text)| ((*name).to_owned(), text.parse().expect("is an expression"))).collect();
        let mut scope = Scope::default();
        for (name, expression) in &parsed {
            scope.locals.insert(name.clone(), Source::Hcl(expression, 0));
        }
        scope.name("local", wanted, 0)
    }

    #[test]
    fn values_are_computed_or_unknown_but_never_guessed() {
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(evaluate(&[("a", "\"eu\""), ("b", "\"${local.a}-central-1\"")], "b"), text("eu-central-1"));
        assert_eq!(evaluate(&[("b", "\"${var.none}-central-1\"")], "b"), Value::Unknown);
        assert_eq!(evaluate(&[("b", "true ? \"x\" : var.none")], "b"), text("x"));
        assert_eq!(evaluate(&[("b", "try(var.none, \"x\")")], "b"), Value::Unknown);
        assert_eq!(evaluate(&[("b", "lookup({p = \"eu-west-1\"}, \"p\", \"x\")")], "b"), text("eu-west-1"));
        assert_eq!(evaluate(&[("b", "[for x in [\"a\", \"b\"] : upper(x)][1]")], "b"), text("B"));
        assert_eq!(evaluate(&[("b", "{a = {c = 2}}.a.c * 3")], "b"), Value::Number(6.0));
    }

    #[test]
    fn cycles_end() {
        assert_eq!(evaluate(&[("a", "local.b"), ("b", "local.a")], "a"), Value::Unknown);
        assert_eq!(evaluate(&[("a", "\"${local.a}x\"")], "a"), Value::Unknown);
    }
}
