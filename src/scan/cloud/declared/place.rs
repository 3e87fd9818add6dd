//! Where declared resources lie: region and environment.

use super::value::{Reason, Resolved, Value};
use super::write::{Argument, Resource, scalars, unresolved};
use crate::catalog::Catalog;
use crate::catalog::rows::Role;
use crate::model::key;
use crate::scan::Facts;
use crate::scan::cluster::kubernetes::{environment, names_environment};
use crate::text::RelPath;

/// The environment that a tag or the folder says.
pub(super) fn environments(resource: &Resource<'_>, arguments: &[Vec<Argument<'_, '_>>], out: &mut Facts<'_>) {
    let tags = arguments.iter().flatten().filter(|argument| argument.role == Role::Tags);
    for (name, value) in tags.flat_map(|argument| pairs(argument.value)) {
        if let Some(text) = value.text().filter(|_| names_environment(&name)) {
            out.attribute(&resource.id, key::ENVIRONMENT_LABEL, format!("{name}={text}"), value.at());
        }
        if matches!(name.to_ascii_lowercase().as_str(), "environment" | "env" | "stage")
            && let Some(found) = value.text().and_then(|text| environment(&RelPath::root(), &text))
        {
            out.attribute(&resource.id, key::ENVIRONMENT, found, value.at());
            return;
        }
    }
    if let Some(found) = environment(&resource.file.folder(), "") {
        let seen = resource.file.at(resource.span).inferred();
        out.attribute(&resource.id, key::ENVIRONMENT, found, seen);
    }
}

/// Names with values: a map, or a list of maps of a name and a value.
pub(super) fn pairs<'r, 'a>(value: &'r Resolved<'a>) -> Vec<(String, &'r Resolved<'a>)> {
    match &value.value {
        Value::Map(entries) => entries.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::List(items) => {
            let pair = |item: &'r Resolved<'a>| {
                let name = item.get_folded("name").or_else(|| item.get_folded("key"))?;
                Some((name.text()?, item.get_folded("value")?))
            };
            items.iter().filter_map(pair).collect()
        }
        _ => Vec::new(),
    }
}

/// Region of the resource itself, else of what it lies with, else of its template. Gives what was written.
pub(super) fn write(
    resource: &Resource<'_>,
    arguments: &[Vec<Argument<'_, '_>>],
    catalog: &Catalog,
    out: &mut Facts<'_>,
) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut decided = false;
    // what stands nearer to the resource says more of it than what stands in a part of it
    let told: Vec<&Argument<'_, '_>> = arguments.iter().flatten().filter(|argument| is_region(argument.role)).collect();
    let own = |argument: &&&Argument<'_, '_>| resource.variants.iter().any(|all| std::ptr::eq(all, argument.within));
    let own: Vec<&Argument<'_, '_>> = told.iter().filter(own).copied().collect();
    for argument in if own.is_empty() { told } else { own } {
        for value in scalars(argument.value) {
            let fits = |text: &String| {
                !text.is_empty() && (argument.role == Role::Region || is_known(resource, text, catalog))
            };
            match (value.text().filter(fits), value.value.unknown()) {
                (Some(region), _) => {
                    out.attribute(&resource.id, key::REGION, &region, value.at());
                    found.push(region);
                    decided = true;
                }
                // the place of the template, of which its reader speaks once
                (None, Some(Reason::Target(_))) if resource.region.is_some() => {}
                (None, Some(reason)) if argument.role == Role::Region => {
                    unresolved("region", resource, value, reason, out);
                    decided = true;
                }
                _ => {}
            }
        }
    }
    if !decided {
        for argument in arguments.iter().flatten().filter(|argument| argument.role == Role::LiesWith) {
            for mention in argument.value.all_mentions() {
                let seen = mention.file.at(mention.span).without_excerpt();
                out.attribute(&resource.id, key::LIES_WITH, mention.to.as_str(), seen);
                decided = true;
            }
        }
    }
    let whole = resource.region.iter().filter(|_| !decided).flat_map(scalars);
    for region in whole {
        let argument = |name: &str| resource.variants.iter().find_map(|all| all.get_folded(name)?.text());
        if let Some(text) = region.text().filter(|text| !text.is_empty())
            && !catalog.is_everywhere(&resource.kind, &text, argument)
        {
            out.attribute(&resource.id, key::REGION, &text, region.at());
            found.push(text);
        }
    }
    found
}

/// The region of a part of a resource.
pub(super) fn of_part(resource: &Resource<'_>, value: &Resolved<'_>, out: &mut Facts<'_>) {
    for value in scalars(value) {
        match (value.text(), value.value.unknown()) {
            (Some(text), _) if !text.is_empty() => out.attribute(&resource.id, key::REGION, text, value.at()),
            (None, Some(reason)) => unresolved("region", resource, value, reason, out),
            _ => {}
        }
    }
}

fn is_region(role: Role) -> bool {
    matches!(role, Role::Region | Role::RegionIfKnown)
}

fn is_known(resource: &Resource<'_>, text: &str, catalog: &Catalog) -> bool {
    let provider = catalog.provider_by_type(&resource.kind);
    provider.is_some_and(|provider| catalog.region(&provider.id, text).is_some())
}
