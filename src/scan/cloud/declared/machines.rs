//! Machine types, accelerators and how many of them a declared resource asks for.

use std::collections::BTreeSet;

use super::value::{Resolved, Value, number_text};
use super::write::{Argument, Resource, count, scalars, unresolved};
use crate::catalog::Catalog;
use crate::catalog::rows::Role;
use crate::model::{ComponentId, RelationKind, key};
use crate::scan::Facts;
use crate::scan::hardware::machine;

/// Instances that are named one by one and whose machines are counted one by one.
type Typed<'r, 'a> = (&'r Resolved<'a>, BTreeSet<String>);

/// How many machines in all.
#[derive(Clone, Copy)]
enum Total<'r, 'a> {
    /// Nothing says otherwise.
    One,
    /// Every factor is known and all machines are of one type.
    Known(f64, &'r Resolved<'a>),
    /// Several types share a count, or a factor is not known.
    Unknown,
}

/// Writes machine types with their count, and accelerators.
pub(super) fn write(
    resource: &Resource<'_>,
    arguments: &[Vec<Argument<'_, '_>>],
    catalog: &Catalog,
    out: &mut Facts<'_>,
) {
    let typed: Vec<Vec<Typed<'_, '_>>> =
        arguments.iter().map(|arguments| named(resource, arguments, catalog, out)).collect();
    let each = accelerators(resource, arguments, catalog, out);
    let all: BTreeSet<&String> = typed.iter().flatten().flat_map(|(_, types)| types).collect();
    if all.is_empty() {
        if let Some(number) = resource.instances.filter(|number| *number != 1.0)
            && let Some(first) = resource.variants.first()
        {
            count(&resource.id, number, first, out);
        }
        if let Some((number, at)) = each {
            let number = number * resource.instances.unwrap_or(1.0);
            out.attribute(&resource.id, key::ACCELERATOR_COUNT, number_text(number), at.at());
        }
        return;
    }
    let machines = match total(resource, arguments, &typed, all.len() == 1) {
        Total::One => Some(1.0),
        Total::Known(number, at) => {
            count(&resource.id, number, at, out);
            Some(number)
        }
        // said rather than left out: what is left out means one
        Total::Unknown => {
            out.attribute(&resource.id, key::COUNT, "unknown", resource.file.at(resource.span));
            None
        }
    };
    if let (Some((each, at)), Some(machines)) = (each, machines) {
        out.attribute(&resource.id, key::ACCELERATOR_COUNT, number_text(each * machines), at.at());
    }
}

/// Machine types by the map that names them.
fn named<'r, 'a>(
    resource: &Resource<'_>,
    arguments: &[Argument<'r, 'a>],
    catalog: &Catalog,
    out: &mut Facts<'_>,
) -> Vec<Typed<'r, 'a>> {
    let mut found: Vec<Typed<'r, 'a>> = Vec::new();
    for argument in arguments {
        let always = argument.role == Role::Machine;
        if !always && argument.role != Role::MachineIfKnown {
            continue;
        }
        for value in scalars(argument.value) {
            match (value.text().filter(|text| !text.is_empty()), value.value.unknown()) {
                (Some(text), _) if always || !catalog.instance_types_named(&text).is_empty() => {
                    out.attribute(&resource.id, key::INSTANCE_TYPE, &text, value.at());
                    match found.iter_mut().find(|(within, _)| std::ptr::eq(*within, argument.within)) {
                        Some((_, types)) => drop(types.insert(text)),
                        None => found.push((argument.within, BTreeSet::from([text]))),
                    }
                }
                (None, Some(reason)) if always => unresolved("machine type", resource, value, reason, out),
                _ => {}
            }
        }
    }
    found
}

fn total<'r, 'a>(
    resource: &Resource<'_>,
    arguments: &[Vec<Argument<'r, 'a>>],
    typed: &[Vec<Typed<'r, 'a>>],
    is_one_type: bool,
) -> Total<'r, 'a> {
    if !is_one_type {
        return Total::Unknown;
    }
    let totals: Vec<Total<'r, 'a>> =
        arguments.iter().zip(typed).map(|(arguments, typed)| of_variant(arguments, typed)).collect();
    let [first, rest @ ..] = totals.as_slice() else { return Total::Unknown };
    let at = arguments.iter().zip(typed).find_map(|(_, typed)| typed.first()).map(|(within, _)| *within);
    let (Some(at), Some(instances)) = (at, resource.instances) else { return Total::Unknown };
    let number = |total: &Total<'_, '_>| match total {
        Total::One => Some(1.0),
        Total::Known(number, _) => Some(*number),
        Total::Unknown => None,
    };
    if rest.is_empty() && instances == 1.0 {
        return *first;
    }
    let numbers: Option<Vec<f64>> = totals.iter().map(number).collect();
    match numbers {
        Some(numbers) if numbers.iter().all(|other| *other == numbers[0]) => Total::Known(numbers[0] * instances, at),
        Some(numbers) if numbers.len() as f64 == instances => Total::Known(numbers.iter().sum(), at),
        _ => Total::Unknown,
    }
}

fn of_variant<'r, 'a>(arguments: &[Argument<'r, 'a>], typed: &[Typed<'r, 'a>]) -> Total<'r, 'a> {
    match typed {
        [] => Total::One,
        // the count may stand beside the type, below it or around it
        [(within, _)] => {
            let beside = counted(arguments.iter().filter(|argument| std::ptr::eq(argument.within, *within)));
            beside.or_else(|| counted(arguments.iter())).map_or(Total::One, |(number, at)| match number {
                Some(number) => Total::Known(number, at),
                None => Total::Unknown,
            })
        }
        several => {
            let mut sum = 0.0;
            let mut first = None;
            for (within, _) in several {
                match counted(arguments.iter().filter(|argument| std::ptr::eq(argument.within, *within))) {
                    Some((Some(number), at)) => {
                        sum += number;
                        first = first.or(Some(at));
                    }
                    Some((None, _)) => return Total::Unknown,
                    None => sum += 1.0,
                }
            }
            Total::Known(sum, first.unwrap_or(several[0].0))
        }
    }
}

/// The count that stands first in the table; its number may be unknown.
fn counted<'r, 'a: 'r, 'x>(
    arguments: impl Iterator<Item = &'x Argument<'r, 'a>>,
) -> Option<(Option<f64>, &'r Resolved<'a>)>
where
    'r: 'x,
{
    let counts = arguments.filter(|argument| argument.role == Role::Count);
    let told = counts.filter(|argument| match &argument.value.value {
        Value::Number(_) | Value::Unknown(_) => true,
        Value::Text(text) => text.trim().parse::<f64>().is_ok(),
        _ => false,
    });
    told.min_by_key(|argument| argument.rank).map(|argument| (argument.value.value.number(), argument.value))
}

/// Accelerators that arguments name. Gives how many each machine has, where one place alone says so.
fn accelerators<'r, 'a>(
    resource: &Resource<'_>,
    arguments: &[Vec<Argument<'r, 'a>>],
    catalog: &Catalog,
    out: &mut Facts<'_>,
) -> Option<(f64, &'r Resolved<'a>)> {
    let mut counts: Vec<(f64, &'r Resolved<'a>)> = Vec::new();
    let mut places = 0;
    for (variant, argument) in arguments.iter().flat_map(|all| all.iter().map(move |argument| (all, argument))) {
        if argument.role != Role::Accelerator {
            continue;
        }
        for value in scalars(argument.value) {
            let Some(name) = value.text().filter(|name| !name.is_empty()) else {
                if let Some(reason) = value.value.unknown() {
                    unresolved("accelerator", resource, value, reason, out);
                }
                continue;
            };
            // addresses of a cloud's interface end in the name
            let name = name.rsplit('/').next().unwrap_or(&name);
            accelerator(&resource.id, name, value, catalog, out);
            places += 1;
            let of_it = |other: &&Argument<'r, 'a>| {
                other.role == Role::AcceleratorCount && std::ptr::eq(other.within, argument.within)
            };
            if let Some(count) = variant.iter().find(of_it)
                && let Some(number) = count.value.value.number()
            {
                counts.push((number, count.value));
            }
        }
    }
    match counts.as_slice() {
        [only] if places == 1 => Some(*only),
        _ => None,
    }
}

/// Writes an accelerator that a resource runs on: the product where the name means one.
pub(crate) fn accelerator(id: &ComponentId, name: &str, at: &Resolved<'_>, catalog: &Catalog, out: &mut Facts<'_>) {
    if let Some(product) = machine::named(name, &at.at(), catalog, out) {
        out.relation(id, RelationKind::RunsOn, &product, at.at());
    }
}
