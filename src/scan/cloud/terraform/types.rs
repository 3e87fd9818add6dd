//! Type constraints of variables: scalar conversion and the defaults of `optional` attributes.

use hcl_edit::expr::{Expression, ObjectKey};

use super::value::Value;

/// Deepest type looked into.
const MAX_DEPTH: usize = 50;

/// A value as a variable of the type `kind` holds it. `defaults` evaluates a default of an attribute.
pub(super) fn conform(
    value: &Value,
    kind: &Expression,
    defaults: &dyn Fn(&Expression) -> Value,
    depth: usize,
) -> Value {
    if depth > MAX_DEPTH || matches!(value, Value::Null | Value::Unknown(_)) {
        return value.clone();
    }
    match kind {
        Expression::Variable(word) => match (word.as_str(), value) {
            ("string", Value::Number(_) | Value::Bool(_)) => value.text().map_or(Value::Null, Value::Text),
            ("number", Value::Text(_)) => value.number().map_or_else(|| value.clone(), Value::Number),
            ("bool", Value::Text(_)) => value.truth().map_or_else(|| value.clone(), Value::Bool),
            _ => value.clone(),
        },
        Expression::FuncCall(call) => {
            let Some(inner) = call.args.iter().next() else { return value.clone() };
            match (call.name.name.as_str(), value) {
                ("optional", _) => conform(value, inner, defaults, depth + 1),
                ("list" | "set", Value::List(items)) => {
                    Value::List(items.iter().map(|item| conform(item, inner, defaults, depth + 1)).collect())
                }
                ("map", Value::Object(entries)) => Value::Object(
                    entries
                        .iter()
                        .map(|(key, item)| (key.clone(), conform(item, inner, defaults, depth + 1)))
                        .collect(),
                ),
                ("object", Value::Object(_)) => object(value, inner, defaults, depth),
                _ => value.clone(),
            }
        }
        _ => value.clone(),
    }
}

fn object(value: &Value, kind: &Expression, defaults: &dyn Fn(&Expression) -> Value, depth: usize) -> Value {
    let (Value::Object(entries), Expression::Object(fields)) = (value, kind) else { return value.clone() };
    let mut out = std::collections::BTreeMap::new();
    for (key, field) in fields {
        let name = match key {
            ObjectKey::Ident(ident) | ObjectKey::Expression(Expression::Variable(ident)) => ident.as_str(),
            ObjectKey::Expression(Expression::String(text)) => text.value(),
            ObjectKey::Expression(_) => continue,
        };
        let kind = field.expr();
        let held = entries.get(name).filter(|held| **held != Value::Null);
        let value = match (held, kind) {
            (Some(held), _) => conform(held, kind, defaults, depth + 1),
            (None, Expression::FuncCall(call)) if call.name.name.as_str() == "optional" => {
                let mut arguments = call.args.iter();
                match (arguments.next(), arguments.next()) {
                    (Some(inner), Some(default)) => conform(&defaults(default), inner, defaults, depth + 1),
                    _ => Value::Null,
                }
            }
            (None, _) if entries.contains_key(name) => Value::Null,
            (None, _) => Value::invalid(format!("attribute `{name}` is missing")),
        };
        out.insert(name.to_owned(), value);
    }
    Value::Object(out)
}
