//! Where resources lie: region and environment.

use super::facts::{Context, Instances, unresolved};
use super::syntax::{Inside, Item, Source};
use super::value::Value;
use crate::catalog::Catalog;
use crate::catalog::rows::Role;
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, key};
use crate::scan::Facts;
use crate::scan::cluster::kubernetes::{environment, names_environment};
use crate::text::RelPath;

/// Arguments of a provider block that say where its resources lie, unless they say so themselves.
const CONFIGURED: [&str; 3] = ["region", "default_region", "zone"];

/// Arguments that have a role at a resource of a type, in the order of the rows.
pub(super) fn with_role<'a>(
    inside: &Inside<'a>,
    kind: &str,
    roles: &[Role],
    catalog: &Catalog,
) -> Vec<(Role, Source<'a>)> {
    let mut found: Vec<(usize, Role, Source<'a>)> = Vec::new();
    for (name, source) in inside.arguments() {
        for role in roles {
            found.extend(catalog.argument_as(kind, &name, *role).map(|(rank, _)| (rank, *role, source)));
        }
    }
    found.sort_by_key(|(rank, ..)| *rank);
    found.into_iter().map(|(_, role, source)| (role, source)).collect()
}

/// The environment that a tag or the folder says.
pub(super) fn environments<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    kind: &str,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) {
    let scope = context.scope;
    for (_, source) in with_role(&item.inside, kind, &[Role::Tags], context.catalog) {
        let Value::Object(tags) = scope.value(&source) else { continue };
        for (tag, value) in tags {
            if let Some(text) = value.text().filter(|_| names_environment(&tag)) {
                out.attribute(id, key::ENVIRONMENT_LABEL, format!("{tag}={text}"), source.at());
            }
            if matches!(tag.to_ascii_lowercase().as_str(), "environment" | "env" | "stage")
                && let Some(found) = value.text().and_then(|text| environment(&RelPath::root(), &text))
            {
                out.attribute(id, key::ENVIRONMENT, found, source.at());
                return;
            }
        }
    }
    let found = environment(&scope.root_folder(), "").or_else(|| environment(&item.file.folder(), ""));
    let found = found.or_else(|| scope.workspace().and_then(|name| environment(&RelPath::root(), name)));
    if let Some(found) = found {
        out.attribute(id, key::ENVIRONMENT, found, item.file.at(item.span).inferred());
    }
}

/// Region of the resource itself, else of what it lies with, else of its provider block.
pub(super) fn place<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    kind: &str,
    instances: &Instances,
    context: &Context<'a, '_>,
    provider: &str,
    out: &mut Facts<'_>,
) {
    let own = with_role(&item.inside, kind, &[Role::Region, Role::RegionIfKnown], context.catalog);
    // null and what is not a place leave the decision to what comes after
    if own.into_iter().any(|(role, source)| said(id, (role, source), kind, instances, context, out)) {
        return;
    }
    let mut is_said = false;
    for source in in_blocks(item, kind, context.catalog) {
        is_said |= said(id, (Role::Region, source), kind, instances, context, out);
    }
    if is_said {
        return;
    }
    if lies_with(id, item, kind, context, out) {
        return;
    }
    let Some((scope, block)) = context.scope.provider(provider) else { return };
    let Some(source) = CONFIGURED.iter().find_map(|name| block.inside.get(name)) else { return };
    let value = scope.value(&source);
    let argument = |name: &str| context.scope.value(&item.inside.get(name)?).text();
    match (value.text(), value.reason()) {
        (Some(region), _) if context.catalog.is_everywhere(kind, &region, argument) => {}
        (None, _) if context.catalog.is_everywhere(kind, "", argument) => {}
        (Some(region), _) if !region.is_empty() => {
            scope.write(id, key::REGION, &region, &source, out);
        }
        (None, Some(reason)) => {
            // once for the provider block, however many resources it has: equal diagnostics are one
            let message = format!("the region of provider `{provider}` is not known: {reason}");
            out.problem(DiagnosticKind::Unresolved, block.file, Some(source.span()), message);
        }
        _ => {}
    }
}

/// Writes the places that an argument says. True where it decides.
fn said<'a>(
    id: &ComponentId,
    (role, source): (Role, Source<'a>),
    kind: &str,
    instances: &Instances,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) -> bool {
    let mut decided = false;
    for value in flat(instances.values(context.scope, &source)) {
        match value.text().filter(|text| is_place(role, text, kind, context.catalog)) {
            Some(region) => {
                context.scope.write(id, key::REGION, &region, &source, out);
                decided = true;
            }
            None => {
                if let Some(reason) = value.reason().filter(|_| role == Role::Region) {
                    unresolved("region", id, &source, reason, out);
                    decided = true;
                }
            }
        }
    }
    decided
}

/// Regions that stand in blocks: rows name the block with the argument.
fn in_blocks<'a>(item: &Item<'a>, kind: &str, catalog: &Catalog) -> Vec<Source<'a>> {
    let rows = catalog.arguments_as(Role::Region).filter_map(|row| Some((row, row.name.split_once('.')?)));
    let fitting = rows.filter(|(row, _)| catalog.argument_as(kind, &row.name, Role::Region).is_some());
    let mut found = Vec::new();
    for (_, (block, argument)) in fitting {
        for inside in item.inside.below() {
            found.extend(inside.blocks_or_content(block).iter().filter_map(|inside| inside.get(argument)));
        }
    }
    found
}

/// Writes what a resource lies with. True where that is a resource, whose place is known as well as its own would be.
fn lies_with<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    kind: &str,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) -> bool {
    let mut found = false;
    for (_, source) in with_role(&item.inside, kind, &[Role::LiesWith], context.catalog) {
        for address in context.scope.references(&source).into_keys() {
            let to = context.scope.id_of(&address);
            out.attribute(id, key::LIES_WITH, to.as_str(), source.at());
            // of a call only its arguments are known, not what it makes of them
            found |= address.rsplit('.').nth(1).is_none_or(|before| before != "module");
        }
    }
    found
}

/// Values and the items of lists among them.
fn flat(values: Vec<Value>) -> Vec<Value> {
    values.into_iter().flat_map(|value| if let Value::List(items) = value { items } else { vec![value] }).collect()
}

/// True when a text names a place: DNS zones and the zones of private clouds do not.
fn is_place(role: Role, text: &str, resource_type: &str, catalog: &Catalog) -> bool {
    match role {
        Role::RegionIfKnown => {
            let provider = catalog.provider_by_terraform(resource_type);
            provider.is_some_and(|provider| catalog.region(&provider.id, text).is_some())
        }
        _ => !text.is_empty() && !text.contains('.'),
    }
}
