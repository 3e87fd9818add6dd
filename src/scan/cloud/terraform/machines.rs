//! Machine types, attached accelerators and how many of them a resource asks for.

use std::collections::BTreeSet;

use hcl_edit::expr::Expression;

use super::attached;
use super::facts::{Context, Instances, unresolved};
use super::places::with_role;
use super::scope::Scope;
use super::syntax::{Inside, Item, Source};
use super::value::{Value, number_text};
use crate::catalog::Catalog;
use crate::catalog::rows::Role;
use crate::model::{ComponentId, key};
use crate::scan::Facts;

/// Blocks and objects of one resource or call that are looked into: objects may name themselves.
const MOST_BLOCKS: usize = 2000;

/// A block that names machine types.
struct Typed<'a> {
    inside: Inside<'a>,
    source: Source<'a>,
    types: BTreeSet<String>,
}

/// True when the resource names a machine type, known or not.
pub(super) fn has_machines<'a>(item: &Item<'a>, scope: &Scope<'a>, catalog: &Catalog) -> bool {
    let blocks = written(&item.inside, scope, type_of(item), catalog);
    let kind = type_of(item);
    blocks.iter().flat_map(Inside::arguments).any(|(name, source)| match always_named(kind, &name, catalog) {
        Some(true) => true,
        Some(false) => scope.value(&source).text().is_some_and(|text| is_machine(&text, catalog)),
        None => false,
    })
}

/// The type that rows of arguments know a resource by; calls have none of their own.
pub(super) fn type_of<'i>(item: &'i Item<'_>) -> &'i str {
    if item.kind == "module" { "module" } else { item.label(0) }
}

/// Whether an argument names a machine type whatever its value; nothing when it never does.
fn always_named(kind: &str, name: &str, catalog: &Catalog) -> Option<bool> {
    let has = |role| catalog.argument_as(kind, name, role).is_some();
    has(Role::Machine).then_some(true).or_else(|| has(Role::MachineIfKnown).then_some(false))
}

/// Writes machine types with their count, and attached accelerators.
pub(super) fn write<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    instances: &Instances,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) {
    let attached = attached::write(id, item, instances, context, out);
    let mut typed: Vec<Typed<'a>> = Vec::new();
    for inside in written(&item.inside, context.scope, type_of(item), context.catalog) {
        for (name, source) in inside.arguments() {
            let types: BTreeSet<String> =
                named(id, (type_of(item), &name), &source, instances, context, out).into_iter().collect();
            if !types.is_empty() {
                typed.push(Typed { inside, source, types });
            }
        }
    }
    if typed.is_empty() {
        return;
    }
    let machines = match total(item, &typed, instances, context) {
        Total::One => Some(1.0),
        Total::Known(count, source) => {
            context.scope.write(id, key::COUNT, &number_text(count), &source, out);
            Some(count)
        }
        // said rather than left out: what is left out means one
        Total::Unknown => {
            out.attribute(id, key::COUNT, "unknown", item.file.at(item.span));
            None
        }
    };
    let each = attached.or_else(|| of_type(item, context));
    if let (Some((each, source)), Some(machines)) = (each, machines) {
        out.attribute(id, key::ACCELERATOR_COUNT, number_text(each * machines), source.at());
    }
}

/// Accelerators of each machine where its type leaves their number open and one argument of the resource says it.
fn of_type<'a>(item: &Item<'a>, context: &Context<'a, '_>) -> Option<(f64, Source<'a>)> {
    let blocks = written(&item.inside, context.scope, type_of(item), context.catalog);
    let counts = |inside| with_role(inside, type_of(item), &[Role::AcceleratorCount], context.catalog);
    let mut found = blocks.iter().flat_map(counts);
    let (_, source) = found.next()?;
    let number = context.scope.value(&source).number()?;
    found.next().is_none().then_some((number, source))
}

/// The block and those below it, without `dynamic` blocks that make none. Calls of modules write objects where
/// resources have blocks, and so do resources with tables that rows of arguments know.
pub(super) fn written<'a>(inside: &Inside<'a>, scope: &Scope<'a>, kind: &str, catalog: &Catalog) -> Vec<Inside<'a>> {
    let is_call = kind == "module";
    let mut found = vec![*inside];
    let mut at = 0;
    while let Some(inside) = found.get(at).filter(|_| at < MOST_BLOCKS) {
        let nested = inside.nested();
        let objects: Vec<Inside<'a>> = match inside {
            Inside::Hcl(..) | Inside::Object(..) if is_call => {
                inside.arguments().iter().flat_map(|(_, source)| scope.objects(source)).collect()
            }
            _ => inside
                .arguments()
                .iter()
                .filter(|(name, _)| catalog.has_arguments_below(kind, name))
                .flat_map(tables)
                .collect(),
        };
        let made = nested.into_iter().filter(|(name, inside)| name != "dynamic" || !makes_none(inside, scope));
        found.extend(made.map(|(_, inside)| inside));
        found.extend(objects);
        at += 1;
    }
    found
}

/// Tables that an argument is written as.
fn tables<'a>((_, source): &(String, Source<'a>)) -> Vec<Inside<'a>> {
    let Source::Hcl(expression, origin) = *source else { return Vec::new() };
    let one = |expression: &'a Expression| match expression {
        Expression::Object(object) => Some(Inside::Object(object, origin)),
        _ => None,
    };
    match expression {
        Expression::Array(items) => items.iter().filter_map(one).collect(),
        other => one(other).into_iter().collect(),
    }
}

fn makes_none<'a>(dynamic: &Inside<'a>, scope: &Scope<'a>) -> bool {
    let each = dynamic.get("for_each").map(|source| scope.value(&source));
    each.is_some_and(|each| !matches!(each, Value::Text(_)) && each.len() == Some(0))
}

/// Machine types that an argument names.
fn named<'a>(
    id: &ComponentId,
    (kind, name): (&str, &str),
    source: &Source<'a>,
    instances: &Instances,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) -> Vec<String> {
    let Some(always) = always_named(kind, name, context.catalog) else { return Vec::new() };
    let mut found = Vec::new();
    for value in instances.values(context.scope, source) {
        let values = if let Value::List(items) = value { items } else { vec![value] };
        for value in values {
            match value.text().filter(|text| !text.is_empty()) {
                Some(text) if always || is_machine(&text, context.catalog) => {
                    context.scope.write(id, key::INSTANCE_TYPE, &text, source, out);
                    found.push(text);
                }
                Some(_) => {}
                None => {
                    if let Some(reason) = value.reason().filter(|_| always) {
                        unresolved("machine type", id, source, reason, out);
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

/// How many machines in all.
enum Total<'a> {
    /// Nothing says otherwise.
    One,
    /// Every factor is known and all machines are of one type.
    Known(f64, Source<'a>),
    /// Several types share a count, or a factor is not known.
    Unknown,
}

fn total<'a>(item: &Item<'a>, typed: &[Typed<'a>], instances: &Instances, context: &Context<'a, '_>) -> Total<'a> {
    let (scope, kind) = (context.scope, type_of(item));
    let Some(first) = typed.first() else { return Total::One };
    if first.types.len() != 1 || typed.iter().any(|other| other.types != first.types) {
        return Total::Unknown;
    }
    let is_call = item.kind == "module";
    let count = match typed {
        // the count may stand beside the type, below it or, in a resource, around it
        [one] => {
            let around = if is_call { &one.inside } else { &item.inside };
            let blocks = std::iter::once(one.inside).chain(written(around, scope, kind, context.catalog));
            blocks.into_iter().find_map(|at| counted(&at, kind, context))
        }
        several => {
            let all: Vec<_> = several.iter().map(|block| counted(&block.inside, kind, context)).collect();
            let unsaid = (!is_call).then_some(1.0);
            let sum = all.iter().map(|found| found.as_ref().map_or(unsaid, |(number, _)| *number)).sum();
            Some((sum, all.into_iter().flatten().next().map_or_else(|| first.source, |(_, source)| source)))
        }
    };
    let repeated = item.inside.get("count").or_else(|| item.inside.get("for_each"));
    match (count, instances.number_in(scope), repeated) {
        // what a called module takes when nothing is said is its own affair
        (None, ..) if is_call => Total::Unknown,
        (None, Some(1.0), None) => Total::One,
        (None, Some(number), None) => Total::Known(number, first.source),
        (None, Some(number), Some(source)) => Total::Known(number, source),
        (Some((Some(each), source)), Some(number), _) => Total::Known(each * number, source),
        _ => Total::Unknown,
    }
}

/// The first count argument of a block; its number may be unknown.
fn counted<'a>(inside: &Inside<'a>, kind: &str, context: &Context<'a, '_>) -> Option<(Option<f64>, Source<'a>)> {
    with_role(inside, kind, &[Role::Count], context.catalog).into_iter().find_map(|(_, source)| {
        match context.scope.value(&source) {
            Value::Null => None,
            // `size` is often a machine type
            Value::Text(text) if text.parse::<f64>().is_err() => None,
            value => Some((value.number(), source)),
        }
    })
}
