//! Accelerators attached to machines: in a block, list or `dynamic` block that rows of arguments name, and in arguments
//! elsewhere where the value is a known product.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Context, Instances, unresolved};
use super::machines::{type_of, written};
use super::places::with_role;
use super::scope::{Bound, Scope};
use super::syntax::{Inside, Item, Source};
use super::value::Value;
use crate::catalog::Catalog;
use crate::catalog::rows::Role;
use crate::catalog::sku::Asked;
use crate::model::{ComponentId, RelationKind};
use crate::scan::Facts;
use crate::scan::hardware::machine::named;

/// A place that names an accelerator.
struct Named<'a> {
    /// The name.
    source: Source<'a>,
    /// What stands around it.
    inside: Inside<'a>,
    /// The name is one of an accelerator whether the catalog knows it or not.
    is_guest: bool,
    /// How many, where the block says it.
    count: Option<Source<'a>>,
    /// What a `dynamic` block goes through, under the name it has inside.
    dynamic: Option<(String, Vec<Value>)>,
}

impl<'a> Named<'a> {
    /// A block whose name gives one of its arguments that meaning.
    fn guest(
        (block, kind): (&str, &str),
        inside: Inside<'a>,
        dynamic: Option<(String, Vec<Value>)>,
        catalog: &Catalog,
    ) -> Option<Self> {
        let names = |name: &str, role| catalog.argument_as(kind, &format!("{block}.{name}"), role).is_some();
        let all = inside.arguments();
        let is_named = |(name, _): &&(String, Source<'a>)| {
            names(name, Role::Accelerator) || catalog.argument_as(kind, name, Role::Accelerator).is_some()
        };
        let source = all.iter().find(is_named)?.1;
        let counts = |(name, _): &&(String, Source<'a>)| names(name, Role::AcceleratorCount);
        let count = all.iter().find(counts).map(|(_, source)| *source);
        Some(Self { source, inside, is_guest: true, count, dynamic })
    }

    /// The different values of an argument here.
    fn values(&self, scope: &Scope<'a>, instances: &Instances, source: &Source<'a>) -> Vec<Value> {
        let Some((name, each)) = &self.dynamic else { return instances.values(scope, source) };
        let mut found: Vec<Value> = Vec::new();
        for value in each {
            let value = scope.value_in(source, Some(&Bound { name, value, outer: None }));
            if !found.contains(&value) {
                found.push(value);
            }
        }
        found
    }
}

/// Writes the accelerators. Gives how many each machine has, where one place alone says so.
pub(super) fn write<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    instances: &Instances,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) -> Option<(f64, Source<'a>)> {
    let mut counts: Vec<Option<(f64, Source<'a>)>> = Vec::new();
    for place in places(item, context) {
        if !accelerators(&place, id, instances, context, out) {
            continue;
        }
        let beside = || with_role(&place.inside, type_of(item), &[Role::AcceleratorCount], context.catalog);
        let count = place.count.or_else(|| beside().first().map(|(_, source)| *source));
        if counts.iter().any(|known| is_same(known.as_ref(), count.as_ref())) {
            continue;
        }
        counts.push(count.and_then(|source| match place.values(context.scope, instances, &source).as_slice() {
            [value] => value.number().map(|number| (number, source)),
            _ => None,
        }));
    }
    match counts.as_slice() {
        [only] => *only,
        _ => None,
    }
}

fn places<'a>(item: &Item<'a>, context: &Context<'a, '_>) -> Vec<Named<'a>> {
    let (scope, catalog, kind) = (context.scope, context.catalog, type_of(item));
    let names: BTreeSet<&str> = catalog.blocks_with(Role::Accelerator).collect();
    let mut found = Vec::new();
    for inside in item.inside.below() {
        for name in &names {
            let guest = |inside| Named::guest((name, kind), inside, None, catalog);
            found.extend(inside.blocks(name).into_iter().filter_map(guest));
            // older modules write a list of objects; JSON blocks are found as blocks
            if let Some(source @ Source::Hcl(..)) = inside.get(name) {
                found.extend(scope.objects(&source).into_iter().filter_map(guest));
            }
        }
        for (label, dynamic) in inside.labelled("dynamic") {
            if names.contains(label.as_str()) {
                found.extend(content((&label, kind), &dynamic, context));
            }
        }
    }
    for inside in written(&item.inside, scope, kind, catalog) {
        let named = with_role(&inside, kind, &[Role::Accelerator], catalog);
        let place = |(_, source)| Named { source, inside, is_guest: false, count: None, dynamic: None };
        found.extend(named.into_iter().map(place));
    }
    found
}

/// The content of a `dynamic` block with what it goes through.
fn content<'a>(names: (&str, &str), dynamic: &Inside<'a>, context: &Context<'a, '_>) -> Vec<Named<'a>> {
    let scope = context.scope;
    let Some(each) = dynamic.get("for_each").map(|source| scope.value(&source)) else { return Vec::new() };
    let iterator = dynamic.get("iterator").map(|source| super::facts::written(&source));
    let pair = |key: Value, value: Value| {
        Value::Object(BTreeMap::from([("key".to_owned(), key), ("value".to_owned(), value)]))
    };
    let each: Vec<Value> = match each {
        Value::List(items) => {
            items.into_iter().enumerate().map(|(at, item)| pair(Value::Number(at as f64), item)).collect()
        }
        Value::Object(entries) => entries.into_iter().map(|(key, item)| pair(Value::Text(key), item)).collect(),
        unknown => vec![Value::because(&[&unknown], "neither a list nor an object")],
    };
    let name = iterator.unwrap_or_else(|| names.0.to_owned());
    let blocks = dynamic.blocks("content").into_iter();
    let within = || Some((name.clone(), each.clone()));
    blocks.filter_map(|block| Named::guest(names, block, within(), context.catalog)).collect()
}

/// Writes what a place names; true when that is an accelerator.
fn accelerators<'a>(
    place: &Named<'a>,
    id: &ComponentId,
    instances: &Instances,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) -> bool {
    let mut found = false;
    for value in place.values(context.scope, instances, &place.source) {
        let Some(name) = value.text().filter(|name| !name.is_empty()) else {
            if let Some(reason) = value.reason().filter(|_| place.is_guest) {
                unresolved("accelerator", id, &place.source, reason, out);
            }
            continue;
        };
        // addresses of a cloud's interface end in the name
        let name = name.rsplit('/').next().unwrap_or(&name);
        let asked = Asked { name: Some(name), is_exact: true, ..Asked::default() };
        if context.catalog.sku(asked).one().is_none() && !place.is_guest {
            continue;
        }
        let Some(accelerator) = named(name, &place.source.at(), context.catalog, out) else { continue };
        out.relation(id, RelationKind::RunsOn, &accelerator, place.source.at());
        found = true;
    }
    found
}

/// A block may be found by its name and by its argument.
fn is_same(known: Option<&(f64, Source<'_>)>, source: Option<&Source<'_>>) -> bool {
    known.zip(source).is_some_and(|((_, known), source)| known.span() == source.span())
}
