//! Instances that `count` and `for_each` make. Where they are machines of different types, each type is a component with its
//! own count, under the addresses that its instances have.

use std::collections::BTreeMap;

use super::facts::Context;
use super::machines::{always_named, is_machine, type_of, written};
use super::scope::{Bound, Scope};
use super::syntax::{Item, Source};
use super::value::Value;

/// Instances of one resource whose arguments are evaluated one by one.
pub(super) const MOST_INSTANCES: usize = 64;
/// Keys that stand in one address.
const MOST_KEYS: usize = 8;

/// Instances that `count` or `for_each` make of a resource.
pub(super) enum Instances {
    /// Neither is written: one.
    One,
    /// What `each` is in every instance.
    Each(Vec<Value>),
    /// That many.
    Count(f64),
    /// Some of them: what is bound in each.
    Part(Vec<(&'static str, Value)>),
    /// Known only to a run.
    Unknown,
}

impl Instances {
    /// Reads `count` and `for_each`.
    pub(super) fn of<'a>(item: &Item<'a>, scope: &Scope<'a>) -> Self {
        if let Some(source) = item.inside.get("count") {
            return match scope.value(&source) {
                Value::Null => Self::One,
                value => value.number().map_or(Self::Unknown, Self::Count),
            };
        }
        let Some(source) = item.inside.get("for_each") else { return Self::One };
        let each = |key: Value, value: Value| {
            Value::Object(BTreeMap::from([("key".to_owned(), key), ("value".to_owned(), value)]))
        };
        match scope.value(&source) {
            Value::List(items) => Self::Each(items.into_iter().map(|item| each(item.clone(), item)).collect()),
            Value::Object(entries) => {
                Self::Each(entries.into_iter().map(|(key, value)| each(Value::Text(key), value)).collect())
            }
            _ => Self::Unknown,
        }
    }

    /// How many, where known.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::One => Some(1.0),
            Self::Each(all) => Some(all.len() as f64),
            Self::Count(number) => Some(*number),
            Self::Part(all) => Some(all.len() as f64),
            Self::Unknown => None,
        }
    }

    /// How many in all, over the instances of the module.
    pub(super) fn number_in(&self, scope: &Scope<'_>) -> Option<f64> {
        Some(self.number()? * scope.times()?)
    }

    /// What is bound in the instances, as far as they are evaluated one by one.
    pub(super) fn bound(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Each(all) => all.iter().take(MOST_INSTANCES).map(|each| ("each", each.clone())).collect(),
            Self::Count(number) => {
                let index = |at: f64| Value::Object(BTreeMap::from([("index".to_owned(), Value::Number(at))]));
                (0..MOST_INSTANCES)
                    .map(|at| at as f64)
                    .take_while(|at| at < number)
                    .map(|at| ("count", index(at)))
                    .collect()
            }
            Self::Part(all) => all.clone(),
            Self::One | Self::Unknown => Vec::new(),
        }
    }

    /// The value that an expression takes in each instance, as far as they are evaluated one by one.
    pub(super) fn each<'a>(&self, scope: &Scope<'a>, source: &Source<'a>) -> Vec<Value> {
        let bound = self.bound();
        if bound.is_empty() {
            return vec![scope.value(source)];
        }
        let value =
            |(name, value): &(&'static str, Value)| scope.value_in(source, Some(&Bound { name, value, outer: None }));
        bound.iter().map(value).collect()
    }

    /// The different values an expression takes over the instances.
    pub(super) fn values<'a>(&self, scope: &Scope<'a>, source: &Source<'a>) -> Vec<Value> {
        let mut found: Vec<Value> = Vec::new();
        for value in self.each(scope, source) {
            if !found.contains(&value) {
                found.push(value);
            }
        }
        found
    }
}

/// What is bound in one instance.
type One = (&'static str, Value);

/// The instances by machine type, each with the end of its address; nothing where all are of one type, or where not every
/// instance is known.
pub(super) fn by_machine<'a>(
    item: &Item<'a>,
    instances: &Instances,
    context: &Context<'a, '_>,
) -> Vec<(String, Instances)> {
    let bound = instances.bound();
    if bound.len() < 2 || instances.number() != Some(bound.len() as f64) {
        return Vec::new();
    }
    let (kind, catalog) = (type_of(item), context.catalog);
    let mut sources: Vec<(Source<'a>, bool)> = Vec::new();
    for inside in written(&item.inside, context.scope, kind, catalog) {
        let named = inside.arguments().into_iter();
        sources.extend(named.filter_map(|(name, source)| Some((source, always_named(kind, &name, catalog)?))));
    }
    if sources.is_empty() {
        return Vec::new();
    }
    // the machine types of a group, and what is bound in each of its instances
    let mut groups: Vec<(Vec<Value>, Vec<One>)> = Vec::new();
    for (name, value) in bound {
        let here = Bound { name, value: &value, outer: None };
        let types: Vec<Value> = sources
            .iter()
            .map(|(source, always)| {
                let value = context.scope.value_in(source, Some(&here));
                // `size` may be that of anything
                let is_one = *always || value.text().is_some_and(|text| is_machine(&text, catalog));
                if is_one { value } else { Value::Null }
            })
            .collect();
        match groups.iter_mut().find(|(known, _)| *known == types) {
            Some((_, all)) => all.push((name, value)),
            None => groups.push((types, vec![(name, value)])),
        }
    }
    if groups.len() < 2 {
        return Vec::new();
    }
    groups.into_iter().map(|(_, all)| (index(&all), Instances::Part(all))).collect()
}

/// `["a"]`, `[0,2]`.
fn index(all: &[One]) -> String {
    let key = |(_, value): &One| {
        let Value::Object(entries) = value else { return String::new() };
        match (entries.get("key"), entries.get("index")) {
            (Some(key), _) => format!("\"{}\"", key.text().unwrap_or_default()),
            (None, Some(index)) => index.number().map(|number| number.to_string()).unwrap_or_default(),
            (None, None) => String::new(),
        }
    };
    let mut keys: Vec<String> = all.iter().take(MOST_KEYS).map(key).collect();
    if all.len() > MOST_KEYS {
        keys.push(format!("and {} more", all.len() - MOST_KEYS));
    }
    format!("[{}]", keys.join(","))
}
