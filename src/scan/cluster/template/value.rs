//! Values of templates.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::parse::{Node, Value as Tree};
use crate::text::Span;

/// Levels of a value that are looked at: a template may put a table into itself.
pub(in crate::scan::cluster) const DEEPEST: usize = 60;

/// A value. Tables are shared and can change, as `set` and `merge` have it.
#[derive(Clone, Debug)]
pub(in crate::scan::cluster) enum Value {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Rc<str>),
    List(Held<Vec<Self>>),
    Table(Held<RefCell<Table>>),
}

/// A shared list or table. A loop may build values of any depth: they are let go without recursion.
#[derive(Debug, Default)]
pub(in crate::scan::cluster) struct Held<T: Parts>(Rc<T>);

/// What holds values.
pub(in crate::scan::cluster) trait Parts {
    /// Hands the values over.
    fn give(&mut self, into: &mut Vec<Value>);
}

impl Parts for Vec<Value> {
    fn give(&mut self, into: &mut Vec<Value>) {
        into.append(self);
    }
}

impl Parts for RefCell<Table> {
    fn give(&mut self, into: &mut Vec<Value>) {
        into.extend(std::mem::take(&mut self.get_mut().entries).into_values().map(|(value, _)| value));
    }
}

impl<T: Parts> Held<T> {
    pub(in crate::scan::cluster) fn new(inner: T) -> Self {
        Self(Rc::new(inner))
    }

    fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    fn give(&mut self, into: &mut Vec<Value>) {
        if let Some(inner) = Rc::get_mut(&mut self.0) {
            inner.give(into);
        }
    }
}

impl<T: Parts> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T: Parts> std::ops::Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Parts> Drop for Held<T> {
    fn drop(&mut self) {
        let mut rest = Vec::new();
        self.give(&mut rest);
        while let Some(mut value) = rest.pop() {
            match &mut value {
                Value::List(items) => items.give(&mut rest),
                Value::Table(table) => table.give(&mut rest),
                _ => {}
            }
        }
    }
}

/// Entries in the order of their names, each with the place of its value where a file states it.
#[derive(Clone, Debug, Default)]
pub(in crate::scan::cluster) struct Table {
    pub(in crate::scan::cluster) entries: BTreeMap<String, (Value, Option<Span>)>,
}

impl Table {
    pub(in crate::scan::cluster) fn get(&self, key: &str) -> Option<&Value> {
        self.entries.get(key).map(|(value, _)| value)
    }

    pub(in crate::scan::cluster) fn put(&mut self, key: impl Into<String>, value: Value) {
        self.entries.insert(key.into(), (value, None));
    }
}

impl Value {
    pub(in crate::scan::cluster) fn text(text: impl AsRef<str>) -> Self {
        Self::Text(Rc::from(text.as_ref()))
    }

    pub(in crate::scan::cluster) fn list(items: Vec<Self>) -> Self {
        Self::List(Held::new(items))
    }

    pub(in crate::scan::cluster) fn table(table: Table) -> Self {
        Self::Table(Held::new(RefCell::new(table)))
    }

    /// A table of some entries.
    pub(in crate::scan::cluster) fn of<const N: usize>(entries: [(&str, Self); N]) -> Self {
        let mut table = Table::default();
        entries.into_iter().for_each(|(key, value)| table.put(key, value));
        Self::table(table)
    }

    /// A value of a file, with the places of its entries moved by `start`.
    pub(in crate::scan::cluster) fn from_node(node: &Node, start: usize) -> Self {
        match &node.value {
            Tree::Null => Self::Nil,
            Tree::Bool(truth) => Self::Bool(*truth),
            Tree::Number(text) => Self::number(text),
            Tree::Text(text) => Self::text(text),
            Tree::List(items) => Self::list(items.iter().map(|item| Self::from_node(item, start)).collect()),
            Tree::Map(entries) => {
                let mut table = Table::default();
                for entry in entries {
                    let value = Self::from_node(&entry.value, start);
                    table.entries.insert(entry.key.to_string(), (value, Some(entry.value.span.shifted(start))));
                }
                Self::table(table)
            }
        }
    }

    pub(in crate::scan::cluster) fn number(text: &str) -> Self {
        let hex = text.strip_prefix("0x").and_then(|hex| i64::from_str_radix(hex, 16).ok());
        let octal = text.strip_prefix("0o").and_then(|octal| i64::from_str_radix(octal, 8).ok());
        match (hex.or(octal).or_else(|| text.parse().ok()), text.parse::<f64>()) {
            (Some(number), _) => Self::Int(number),
            (None, Ok(number)) => Self::Float(number),
            _ => Self::text(text),
        }
    }

    /// What `if` and `default` take for a value.
    pub(in crate::scan::cluster) fn is_true(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(truth) => *truth,
            Self::Int(number) => *number != 0,
            Self::Float(number) => *number != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::List(items) => !items.is_empty(),
            Self::Table(table) => !table.borrow().entries.is_empty(),
        }
    }

    pub(in crate::scan::cluster) fn kind(&self) -> &'static str {
        match self {
            Self::Nil => "invalid",
            Self::Bool(_) => "bool",
            // numbers of values are that
            Self::Int(_) | Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::List(_) => "slice",
            Self::Table(_) => "map",
        }
    }

    pub(in crate::scan::cluster) fn as_int(&self) -> i64 {
        match self {
            Self::Int(number) => *number,
            #[expect(clippy::cast_possible_truncation, reason = "the language cuts")]
            Self::Float(number) => *number as i64,
            Self::Bool(truth) => i64::from(*truth),
            Self::Text(text) => text.trim().parse::<i64>().unwrap_or_else(|_| {
                #[expect(clippy::cast_possible_truncation, reason = "the language cuts")]
                text.trim().parse::<f64>().map_or(0, |number| number as i64)
            }),
            _ => 0,
        }
    }

    pub(in crate::scan::cluster) fn as_float(&self) -> f64 {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "as the language has it")]
            Self::Int(number) => *number as f64,
            Self::Float(number) => *number,
            Self::Text(text) => text.trim().parse().unwrap_or(0.0),
            _ => 0.0,
        }
    }

    pub(in crate::scan::cluster) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// As the templates print it.
    pub(in crate::scan::cluster) fn printed(&self) -> String {
        match self {
            Self::Nil => String::new(),
            Self::Text(text) => text.to_string(),
            other => other.shown(0),
        }
    }

    fn shown(&self, depth: usize) -> String {
        match self {
            Self::Nil => "<nil>".to_owned(),
            Self::Bool(truth) => truth.to_string(),
            Self::Int(number) => number.to_string(),
            Self::Float(number) => float(*number),
            Self::Text(text) => text.to_string(),
            _ if depth > DEEPEST => String::new(),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(|item| item.shown(depth + 1)).collect();
                format!("[{}]", items.join(" "))
            }
            Self::Table(table) => {
                let table = table.borrow();
                let entries: Vec<String> =
                    table.entries.iter().map(|(key, (value, _))| format!("{key}:{}", value.shown(depth + 1))).collect();
                format!("map[{}]", entries.join(" "))
            }
        }
    }

    pub(in crate::scan::cluster) fn equals(&self, other: &Self, depth: usize) -> bool {
        match (self, other) {
            (Self::Nil, Self::Nil) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Int(_) | Self::Float(_), Self::Int(_) | Self::Float(_)) => {
                (self.as_float() - other.as_float()).abs() < f64::EPSILON
            }
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::List(a), Self::List(b)) => {
                depth < DEEPEST && a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.equals(b, depth + 1))
            }
            (Self::Table(a), Self::Table(b)) => {
                if a.is(b) {
                    return true;
                }
                let (a, b) = (a.borrow(), b.borrow());
                depth < DEEPEST
                    && a.entries.len() == b.entries.len()
                    && a.entries
                        .iter()
                        .all(|(key, (value, _))| b.get(key).is_some_and(|other| value.equals(other, depth + 1)))
            }
            _ => false,
        }
    }

    /// A copy that shares no table with this one.
    pub(in crate::scan::cluster) fn deep_copy(&self, depth: usize) -> Self {
        match self {
            Self::Table(table) if depth < DEEPEST => {
                let mut copy = table.borrow().clone();
                copy.entries.values_mut().for_each(|(value, _)| *value = value.deep_copy(depth + 1));
                Self::table(copy)
            }
            Self::List(items) if depth < DEEPEST => {
                Self::list(items.iter().map(|item| item.deep_copy(depth + 1)).collect())
            }
            other => other.clone(),
        }
    }
}

/// A float in the shortest form; whole ones without a point.
fn float(number: f64) -> String {
    format!("{number}")
}

/// Puts entries of `from` into `into` where they are absent, or over what is there; tables of both are merged.
pub(in crate::scan::cluster) fn merge(
    into: &Held<RefCell<Table>>,
    from: &Held<RefCell<Table>>,
    over: bool,
    depth: usize,
) {
    if into.is(from) || depth > DEEPEST {
        return;
    }
    let from: Vec<(String, (Value, Option<Span>))> =
        from.borrow().entries.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    for (key, (value, place)) in from {
        let known = into.borrow().get(&key).cloned();
        match (known, &value) {
            (Some(Value::Table(known)), Value::Table(new)) => merge(&known, new, over, depth + 1),
            // what is empty counts as absent
            (Some(known), _) if !over && known.is_true() => {}
            _ => {
                into.borrow_mut().entries.insert(key, (value.deep_copy(depth + 1), place));
            }
        }
    }
}

/// Values of a user over those of a chart: null takes a default away.
pub(in crate::scan::cluster) fn override_values(
    into: &Held<RefCell<Table>>,
    from: &Held<RefCell<Table>>,
    depth: usize,
) {
    if into.is(from) || depth > DEEPEST {
        return;
    }
    let from: Vec<(String, (Value, Option<Span>))> =
        from.borrow().entries.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    for (key, (value, place)) in from {
        let known = into.borrow().get(&key).cloned();
        match (known, &value) {
            (Some(_), Value::Nil) => {
                into.borrow_mut().entries.remove(&key);
            }
            (Some(Value::Table(known)), Value::Table(new)) => override_values(&known, new, depth + 1),
            _ => {
                into.borrow_mut().entries.insert(key, (value.deep_copy(depth + 1), place));
            }
        }
    }
}
