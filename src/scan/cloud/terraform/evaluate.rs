//! Evaluates expressions of one module: variables with defaults, locals, arguments of its own
//! resources, templates, conditionals, common functions. Cyclic names, deep nesting and values that
//! grow without end give [`Value::Unknown`].

use std::collections::BTreeMap;
use std::sync::Arc;

use hcl_edit::Decorated;
use hcl_edit::expr::{Expression, Object, ObjectKey, TraversalOperator, UnaryOperator};
use hcl_edit::template::Template;

use super::functions::call;
use super::operators::binary;
use super::scope::{Bound, Scope};
use super::syntax::Source;
use super::value::{Reason, Value};
use crate::parse::{Node, Value as Json};

/// Deepest chain of references and nested expressions.
pub(super) const MAX_DEPTH: usize = 100;
/// Steps per root module with all that it calls, where copying a large value counts as many: an expression that multiplies lists ends here.
pub(super) const MAX_STEPS: usize = 4_000_000;
/// Steps that a value costs which is too large to keep.
const REFUSED: usize = 20_000;

impl<'a> Scope<'a> {
    /// The value of an expression of either syntax.
    pub(super) fn value(&self, source: &Source<'a>) -> Value {
        self.value_in(source, None)
    }

    /// As [`Self::value`], with `each` or `count` of one instance.
    pub(super) fn value_in(&self, source: &Source<'a>, bound: Option<&Bound<'_>>) -> Value {
        self.source(source, bound, 0)
    }

    pub(super) fn source(&self, source: &Source<'a>, bound: Option<&Bound<'_>>, depth: usize) -> Value {
        match source {
            Source::Hcl(expression, _) => self.expression(expression, bound, depth),
            Source::Json(node, _) => self.json(node, bound, depth),
        }
    }

    /// Why nothing more is evaluated, at a depth.
    pub(super) fn ended(&self, depth: usize) -> Option<Reason> {
        match depth > MAX_DEPTH {
            _ if self.budget.steps.get() > MAX_STEPS => Some(Reason::Budget),
            true => Some(Reason::Limit),
            false => None,
        }
    }

    /// Counts the cost of a value and refuses what is too large.
    pub(super) fn charged(&self, value: Value) -> Value {
        match value.weight() {
            Some(weight) => {
                self.budget.steps.set(self.budget.steps.get() + weight);
                value
            }
            None => {
                self.budget.steps.set(self.budget.steps.get() + REFUSED);
                Value::Unknown(Reason::Limit)
            }
        }
    }

    /// JSON syntax: texts are templates.
    fn json(&self, node: &Node, bound: Option<&Bound<'_>>, depth: usize) -> Value {
        if let Some(reason) = self.ended(depth) {
            return Value::Unknown(reason);
        }
        self.budget.steps.set(self.budget.steps.get() + 1);
        match &node.value {
            Json::Null => Value::Null,
            Json::Bool(truth) => Value::Bool(*truth),
            Json::Number(text) => text.parse().map_or_else(|_| Value::invalid("not a number"), Value::Number),
            Json::Text(text) if !text.contains("${") && !text.contains("%{") => Value::Text(text.to_string()),
            Json::Text(text) => match text.parse::<Template>() {
                Ok(template) => self.template(&template, bound, depth + 1),
                Err(_) => Value::Unknown(Reason::Syntax("broken templates")),
            },
            Json::List(items) => Value::List(items.iter().map(|item| self.json(item, bound, depth + 1)).collect()),
            Json::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|entry| (entry.key.to_string(), self.json(&entry.value, bound, depth + 1)))
                    .collect(),
            ),
        }
    }

    pub(super) fn expression(&self, expression: &Expression, bound: Option<&Bound<'_>>, depth: usize) -> Value {
        if let Some(reason) = self.ended(depth) {
            return Value::Unknown(reason);
        }
        let value = self.compute(expression, bound, depth);
        self.charged(value)
    }

    fn compute(&self, expression: &Expression, bound: Option<&Bound<'_>>, depth: usize) -> Value {
        let go = |inner: &Expression| self.expression(inner, bound, depth + 1);
        match expression {
            Expression::Null(_) => Value::Null,
            Expression::Bool(truth) => Value::Bool(*truth.value()),
            Expression::Number(number) => number.value().as_f64().map_or(Value::Unknown(Reason::Limit), Value::Number),
            Expression::String(text) => Value::Text(text.value().clone()),
            Expression::Array(items) => Value::List(items.iter().map(go).collect()),
            Expression::Object(object) => self.object(object, bound, depth),
            Expression::StringTemplate(template) => self.template(template, bound, depth),
            Expression::HeredocTemplate(heredoc) => self.template(&heredoc.template, bound, depth),
            Expression::Parenthesis(inner) => go(inner.inner()),
            Expression::Variable(ident) => Bound::find(bound, ident.as_str())
                .cloned()
                .unwrap_or_else(|| Value::Unknown(Reason::Undeclared(Arc::from(ident.as_str())))),
            Expression::Conditional(conditional) => {
                let condition = go(&conditional.cond_expr);
                match condition.truth() {
                    Some(true) => go(&conditional.true_expr),
                    Some(false) => go(&conditional.false_expr),
                    None => {
                        // both sides the same: the condition does not matter
                        let (a, b) = (go(&conditional.true_expr), go(&conditional.false_expr));
                        let same = a.is_known() && a == b;
                        if same { a } else { Value::because(&[&condition], "the condition is neither true nor false") }
                    }
                }
            }
            Expression::FuncCall(function) => {
                let name = &function.name;
                if !name.namespace.is_empty() || function.args.expand_final() {
                    return Value::Unknown(Reason::Function(Arc::from(name.name.as_str())));
                }
                let arguments: Vec<Value> = function.args.iter().map(go).collect();
                if let Some(value) = self.of_file(name.name.as_str(), &arguments, depth) {
                    return value;
                }
                call(name.name.as_str(), &arguments)
            }
            Expression::Traversal(traversal) => self.traversal(&traversal.expr, &traversal.operators, bound, depth),
            Expression::UnaryOp(operation) => {
                let value = go(&operation.expr);
                let result = match operation.operator.value() {
                    UnaryOperator::Neg => value.number().map(|number| Value::Number(-number)),
                    UnaryOperator::Not => value.truth().map(|truth| Value::Bool(!truth)),
                };
                result.unwrap_or_else(|| Value::because(&[&value], "wrong operand"))
            }
            Expression::BinaryOp(operation) => {
                binary(*operation.operator.value(), &go(&operation.lhs_expr), &go(&operation.rhs_expr))
            }
            Expression::ForExpr(each) => self.for_each(each, bound, depth),
        }
    }

    fn object(&self, object: &Object, bound: Option<&Bound<'_>>, depth: usize) -> Value {
        let mut entries = BTreeMap::new();
        for (key, value) in object {
            let name = match key {
                ObjectKey::Ident(ident) | ObjectKey::Expression(Expression::Variable(ident)) => {
                    Value::Text(ident.as_str().to_owned())
                }
                ObjectKey::Expression(inner) => self.expression(inner, bound, depth + 1),
            };
            let Some(name) = name.text() else { return Value::because(&[&name], "a key must be text") };
            entries.insert(name, self.expression(value.expr(), bound, depth + 1));
        }
        Value::Object(entries)
    }

    fn traversal(
        &self,
        base: &Expression,
        operators: &[Decorated<TraversalOperator>],
        bound: Option<&Bound<'_>>,
        depth: usize,
    ) -> Value {
        let Expression::Variable(ident) = base else {
            let value = self.expression(base, bound, depth + 1);
            return self.steps_down(value, operators, bound, depth);
        };
        let name = ident.as_str();
        if let Some(value) = Bound::find(bound, name) {
            return self.steps_down(value.clone(), operators, bound, depth);
        }
        let words: Vec<Option<&str>> = operators
            .iter()
            .take(3)
            .map(|operator| match operator.value() {
                TraversalOperator::GetAttr(field) => Some(field.as_str()),
                _ => None,
            })
            .collect();
        let is_resource = |second: &str| self.resources.contains_key(&format!("{name}.{second}"));
        // an instance of a resource has the argument of all, or one that `each` or `count` leaves unknown
        let (value, used) = match (name, words.as_slice()) {
            ("var" | "local", [Some(field), ..]) => (self.name(name, field, depth), 1),
            (_, [Some(second), Some(argument), ..]) if is_resource(second) => {
                (self.argument(name, second, argument, depth), 2)
            }
            (_, [Some(second), None, Some(argument)]) if is_resource(second) && is_index(&operators[1]) => {
                (self.argument(name, second, argument, depth), 3)
            }
            ("module", [Some(call), Some(output), ..]) => (self.output(call, None, output, depth), 2),
            ("module", [Some(call), None, Some(output)]) if is_index(&operators[1]) => {
                let key = self.index(&operators[1], bound, depth);
                (self.output(call, Some(&key), output, depth), 3)
            }
            ("data", [Some(kind), Some(label), Some(field)]) => (self.looked_up(kind, label, field, depth), 3),
            ("path", [Some("root" | "cwd"), ..]) => (Value::Text(".".to_owned()), 1),
            ("path", [Some("module"), ..]) => (Value::Text(self.path_from_root()), 1),
            _ => {
                let shown: Vec<&str> = std::iter::once(name).chain(words.into_iter().map_while(|word| word)).collect();
                return Value::Unknown(Reason::Elsewhere(Arc::from(shown.join("."))));
            }
        };
        self.steps_down(value, &operators[used..], bound, depth)
    }

    /// Follows `.name`, `[index]` and `[*]`.
    fn steps_down(
        &self,
        mut value: Value,
        operators: &[Decorated<TraversalOperator>],
        bound: Option<&Bound<'_>>,
        depth: usize,
    ) -> Value {
        if depth > MAX_DEPTH {
            return Value::Unknown(Reason::Limit);
        }
        for (at, operator) in operators.iter().enumerate() {
            value = match operator.value() {
                TraversalOperator::GetAttr(field) => value.index(&Value::Text(field.as_str().to_owned())),
                TraversalOperator::Index(inner) => value.index(&self.expression(inner, bound, depth + 1)),
                TraversalOperator::LegacyIndex(number) => value.index(&Value::Text(number.value().to_string())),
                // `[*]` takes everything after it along, `.*` only names
                TraversalOperator::FullSplat(_) => return self.splat(value, &operators[at + 1..], bound, depth),
                TraversalOperator::AttrSplat(_) => {
                    let rest = &operators[at + 1..];
                    let is_name = |operator: &&Decorated<TraversalOperator>| {
                        matches!(operator.value(), TraversalOperator::GetAttr(_))
                    };
                    let (names, after) = rest.split_at(rest.iter().take_while(is_name).count());
                    let list = self.splat(value, names, bound, depth);
                    return self.steps_down(list, after, bound, depth + 1);
                }
            };
        }
        value
    }

    /// The same steps down every element; one thing is a list of one, null is an empty list.
    fn splat(
        &self,
        value: Value,
        steps: &[Decorated<TraversalOperator>],
        bound: Option<&Bound<'_>>,
        depth: usize,
    ) -> Value {
        let down = |item: Value| self.steps_down(item, steps, bound, depth + 1);
        match value {
            Value::List(items) => Value::List(items.into_iter().map(down).collect()),
            Value::Null => Value::List(Vec::new()),
            Value::Unknown(reason) => Value::Unknown(reason),
            one => Value::List(vec![down(one)]),
        }
    }

    fn index(&self, operator: &Decorated<TraversalOperator>, bound: Option<&Bound<'_>>, depth: usize) -> Value {
        match operator.value() {
            TraversalOperator::Index(inner) => self.expression(inner, bound, depth + 1),
            TraversalOperator::LegacyIndex(number) => Value::Text(number.value().to_string()),
            _ => Value::invalid("no index"),
        }
    }

    pub(super) fn for_each(&self, each: &hcl_edit::expr::ForExpr, bound: Option<&Bound<'_>>, depth: usize) -> Value {
        let collection = self.expression(&each.intro.collection_expr, bound, depth + 1);
        let items = match entries(collection) {
            Ok(items) => items,
            Err(refused) => return refused,
        };
        let mut list = Vec::new();
        let mut object = BTreeMap::new();
        for (key, item) in &items {
            if let Some(reason) = self.ended(depth) {
                return Value::Unknown(reason);
            }
            let outer = each.intro.key_var.as_ref().map(|name| Bound { name: name.as_str(), value: key, outer: bound });
            let around = outer.as_ref().or(bound);
            let inner = Bound { name: each.intro.value_var.as_str(), value: item, outer: around };
            if let Some(condition) = &each.cond {
                let condition = self.expression(&condition.expr, Some(&inner), depth + 1);
                match condition.truth() {
                    Some(true) => {}
                    Some(false) => continue,
                    None => return Value::because(&[&condition], "the condition is neither true nor false"),
                }
            }
            let value = self.expression(&each.value_expr, Some(&inner), depth + 1);
            match &each.key_expr {
                Some(key) => {
                    let key = self.expression(key, Some(&inner), depth + 1);
                    let Some(name) = key.text() else { return Value::because(&[&key], "a key must be text") };
                    if !each.grouping {
                        object.insert(name, value);
                    } else if let Value::List(group) = object.entry(name).or_insert(Value::List(Vec::new())) {
                        group.push(value);
                    }
                }
                None => list.push(value),
            }
        }
        if each.key_expr.is_some() { Value::Object(object) } else { Value::List(list) }
    }
}

/// Keys and elements that `for` goes through.
pub(super) fn entries(collection: Value) -> Result<Vec<(Value, Value)>, Value> {
    match collection {
        Value::List(items) => {
            Ok(items.into_iter().enumerate().map(|(at, item)| (Value::Number(at as f64), item)).collect())
        }
        Value::Object(entries) => Ok(entries.into_iter().map(|(key, item)| (Value::Text(key), item)).collect()),
        other => Err(Value::because(&[&other], "neither a list nor an object")),
    }
}

fn is_index(operator: &Decorated<TraversalOperator>) -> bool {
    matches!(operator.value(), TraversalOperator::Index(_) | TraversalOperator::LegacyIndex(_))
}
