//! Machine types, attached accelerators and how many of them a resource asks for.

use std::collections::{BTreeMap, BTreeSet};

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
use crate::scan::hardware::machine::devices;

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
pub(super) fn always_named(kind: &str, name: &str, catalog: &Catalog) -> Option<bool> {
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
            by_type(id, item, &typed, instances, context, out);
            None
        }
    };
    let each = attached.or_else(|| of_type(item, context));
    if let (Some((each, source)), Some(machines)) = (each, machines) {
        out.attribute(id, key::ACCELERATOR_COUNT, number_text(each * machines), source.at());
    }
}

/// Accelerators of blocks that name a type and a count each, where the resource as a whole has several types.
fn by_type<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    typed: &[Typed<'a>],
    instances: &Instances,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) {
    let mut sums: BTreeMap<&str, Option<(f64, Source<'a>)>> = BTreeMap::new();
    for block in typed {
        let counted = counted(&block.inside, type_of(item), instances, context);
        // what a called module takes when nothing is said is its own affair
        let unsaid = (item.kind != "module").then_some(1.0);
        let machines = counted.map_or(unsaid, |(number, _)| number).zip(instances.number_in(context.scope));
        for name in &block.types {
            let rows = context.catalog.instance_types_named(name);
            let Some(sku) = rows.first().and_then(|row| row.accelerator.as_deref()) else { continue };
            let is_one = rows.iter().all(|row| row.accelerator.as_deref() == Some(sku) && row.count == rows[0].count);
            let each = rows[0].count.as_deref().and_then(|count| count.parse::<f64>().ok());
            let number = machines.zip(each).filter(|_| is_one && block.types.len() == 1);
            let number = number.map(|((machines, times), each)| machines * times * each);
            let sum = sums.entry(sku).or_insert(Some((0.0, block.source)));
            // one block whose number is open leaves the sum open
            *sum = sum.zip(number).map(|((sum, source), number)| (sum + number, source));
        }
    }
    for (sku, sum) in sums {
        if let Some((sum, source)) = sum.filter(|(sum, _)| *sum >= 0.0 && sum.is_finite()) {
            let all = devices(&ComponentId::accelerator(sku), sum.ceil() as u64);
            out.attribute(id, key::DEVICES, all, source.at());
        }
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

pub(super) fn is_machine(text: &str, catalog: &Catalog) -> bool {
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
            blocks.into_iter().find_map(|at| counted(&at, kind, instances, context))
        }
        several => {
            let all: Vec<_> = several.iter().map(|block| counted(&block.inside, kind, instances, context)).collect();
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
        (Some((Some(each), source)), Some(number), _) => Total::Known(whole(each * number), source),
        _ => Total::Unknown,
    }
}

/// The first count argument of a block, for each instance; its number may be unknown. Where instances say different
/// numbers it is their mean.
fn counted<'a>(
    inside: &Inside<'a>,
    kind: &str,
    instances: &Instances,
    context: &Context<'a, '_>,
) -> Option<(Option<f64>, Source<'a>)> {
    with_role(inside, kind, &[Role::Count], context.catalog).into_iter().find_map(|(_, source)| {
        let values = instances.each(context.scope, &source);
        let is_said = |value: &Value| match value {
            Value::Null => false,
            // `size` is often a machine type
            Value::Text(text) => text.parse::<f64>().is_ok(),
            _ => true,
        };
        values.iter().any(is_said).then(|| (mean(&values, instances), source))
    })
}

/// The mean of numbers, where all of them are known.
fn mean(values: &[Value], instances: &Instances) -> Option<f64> {
    let numbers: Vec<f64> = values.iter().map(Value::number).collect::<Option<_>>()?;
    let first = *numbers.first()?;
    if numbers.iter().all(|number| *number == first) {
        return Some(first);
    }
    // of more instances than are evaluated the rest may say anything
    let are_all = instances.number() == Some(numbers.len() as f64);
    are_all.then(|| numbers.iter().sum::<f64>() / numbers.len() as f64)
}

/// A number of machines: means of whole numbers make whole numbers again.
fn whole(number: f64) -> f64 {
    let near = number.round();
    if (number - near).abs() < 1e-6 { near } else { number }
}
