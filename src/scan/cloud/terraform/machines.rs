//! Machine types, attached accelerators and how many of them a resource asks for.

use std::collections::BTreeSet;

use super::evaluate::Scope;
use super::facts::{Context, Instances, unresolved};
use super::syntax::{Inside, Item, Source};
use super::value::{Value, number_text};
use crate::catalog::Catalog;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::Facts;

/// Arguments that always name a machine type.
const MACHINES: [&str; 12] = [
    "instance_type",
    "instance_types",
    "machine_type",
    "vm_size",
    "flavor",
    "flavor_name",
    "node_type",
    "instance_class",
    "commercial_type",
    "server_type",
    "node_size",
    "shape",
];
/// Arguments that name a machine type only when the catalog knows their value as one.
const AMBIGUOUS: [&str; 6] = ["type", "size", "sku_name", "plan", "accelerator_type", "default_node_pool_vm_size"];
/// Arguments that say how many, most telling first; the first that is written decides.
const COUNTS: [&str; 11] = [
    "initial_instance_count",
    "instance_count",
    "desired_size",
    "desired_capacity",
    "desired_nodes",
    "node_count",
    "initial_node_count",
    "target_size",
    "instances",
    "size",
    "min_size",
];

/// A block that names machine types.
struct Typed<'a> {
    inside: Inside<'a>,
    types: BTreeSet<String>,
}

/// True when the resource names a machine type, known or not.
pub(super) fn has_machines(item: &Item<'_>, context: &Context<'_, '_>) -> bool {
    item.inside.all().iter().any(|(name, source)| {
        MACHINES.contains(&name.as_str())
            || AMBIGUOUS.contains(&name.as_str())
                && context.scope.value(source).text().is_some_and(|text| is_machine(&text, context.catalog))
    })
}

/// Writes machine types with their count, and attached accelerators.
pub(super) fn write<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    instances: &Instances,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) {
    attached(id, item, instances, context, out);
    let mut typed: Vec<Typed<'a>> = Vec::new();
    for inside in item.inside.below() {
        let mut types = BTreeSet::new();
        for (name, source) in inside.arguments() {
            types.extend(named(id, item, &name, &source, instances, context, out));
        }
        if !types.is_empty() {
            typed.push(Typed { inside, types });
        }
    }
    let Some((count, source)) = total(item, &typed, instances, context.scope) else { return };
    out.attribute(id, key::COUNT, number_text(count), item.file.at(source.span()));
}

/// Machine types that an argument names.
fn named<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    name: &str,
    source: &Source<'a>,
    instances: &Instances,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) -> Vec<String> {
    let always = MACHINES.contains(&name);
    if !always && !AMBIGUOUS.contains(&name) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for value in instances.values(context.scope, source) {
        let values = if let Value::List(items) = value { items } else { vec![value] };
        for value in values {
            match value.text().filter(|text| !text.is_empty()) {
                Some(text) if always || is_machine(&text, context.catalog) => {
                    out.attribute(id, key::INSTANCE_TYPE, &text, item.file.at(source.span()));
                    found.push(text);
                }
                Some(_) => {}
                None => {
                    if let Some(reason) = value.reason().filter(|_| always) {
                        unresolved("machine type", id, item, source, reason, out);
                    }
                }
            }
        }
    }
    found
}

fn is_machine(text: &str, catalog: &Catalog) -> bool {
    !catalog.instance_types_named(text).is_empty()
}

/// How many machines in all; nothing unless every factor is known and all are of one type.
fn total<'a>(
    item: &Item<'a>,
    typed: &[Typed<'a>],
    instances: &Instances,
    scope: &Scope<'a>,
) -> Option<(f64, Source<'a>)> {
    let first = typed.first()?;
    if first.types.len() != 1 || typed.iter().any(|other| other.types != first.types) {
        return None;
    }
    let repeated = instances.number()?;
    let count = match typed {
        // the count may stand beside the type, around it or below it
        [one] => counted(&one.inside, scope).or_else(|| item.inside.below().iter().find_map(|at| counted(at, scope))),
        several => {
            let all: Option<Vec<(Option<f64>, Source<'a>)>> =
                several.iter().map(|block| counted(&block.inside, scope)).collect();
            let all = all?;
            let sum: Option<f64> = all.iter().map(|(number, _)| *number).sum();
            Some((sum, all.first()?.1))
        }
    };
    match count {
        Some((number, source)) => Some((number? * repeated, source)),
        None if matches!(instances, Instances::One) => None,
        None => Some((repeated, item.inside.get("count").or_else(|| item.inside.get("for_each"))?)),
    }
}

/// The first count argument of a block; its number may be unknown.
fn counted<'a>(inside: &Inside<'a>, scope: &Scope<'a>) -> Option<(Option<f64>, Source<'a>)> {
    COUNTS.iter().find_map(|name| {
        let source = inside.get(name)?;
        match scope.value(&source) {
            Value::Null => None,
            // `size` is often a machine type
            Value::Text(text) if text.parse::<f64>().is_err() => None,
            value => Some((value.number(), source)),
        }
    })
}

/// `guest_accelerator` blocks: accelerators attached to machines.
fn attached<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    instances: &Instances,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) {
    for block in super::facts::nested_blocks(&item.inside, "guest_accelerator") {
        let Some(source) = block.get("type").or_else(|| block.get("accelerator_type")) else { continue };
        for value in instances.values(context.scope, &source) {
            let Some(name) = value.text().filter(|name| !name.is_empty()) else {
                if let Some(reason) = value.reason() {
                    unresolved("accelerator", id, item, &source, reason, out);
                }
                continue;
            };
            let seen = || item.file.at(source.span());
            let accelerator = identify(&name, item.label(0), context.catalog);
            out.component(&accelerator, ComponentKind::Accelerator, seen());
            out.attribute(&accelerator, key::DEVICE_NAME, &name, seen());
            out.relation(id, RelationKind::RunsOn, &accelerator, seen());
        }
        if let Some(source) = block.get("count").or_else(|| block.get("accelerator_count"))
            && let [value] = instances.values(context.scope, &source).as_slice()
            && let Some(number) = value.number()
        {
            out.attribute(id, key::ACCELERATOR_COUNT, number_text(number), item.file.at(source.span()));
        }
    }
}

/// By product label, else by the machine types that the provider attaches it to.
fn identify(name: &str, resource_type: &str, catalog: &Catalog) -> ComponentId {
    if let [one] = catalog.accelerators_by_name(name).as_slice() {
        return ComponentId::accelerator(&one.id);
    }
    let provider = catalog.provider_by_terraform(resource_type);
    let row = provider.and_then(|provider| catalog.instance_type(&provider.id, &format!("n1 + {name}")));
    match row.and_then(|row| row.accelerator.as_deref()) {
        Some(known) => ComponentId::accelerator(known),
        None => ComponentId::unknown_accelerator(name),
    }
}
