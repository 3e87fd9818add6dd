//! What a module says, as facts: resources with provider, place, keys and references.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

pub(super) use super::instances::{Instances, MOST_INSTANCES};
use super::places::{environments, place, with_role};
use super::scope::{Made, Scope};
use super::syntax::{Inside, Item, Source};
use super::value::{Reason, Value, number_text};
use super::{calls, carried, instances, machines, replication, supply};
use crate::catalog::Catalog;
use crate::catalog::rows::Role;
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input};

/// Arguments that say how many instances a block makes.
const REPEATED: [&str; 2] = ["count", "for_each"];
/// Stores of keys that are followed.
const STORES: usize = 2;

/// What every block of a module is read with.
pub(super) struct Context<'a, 's> {
    /// Names of the module.
    pub(super) scope: &'s Scope<'a>,
    /// Vocabulary.
    pub(super) catalog: &'s Catalog,
    /// Source addresses of providers by local name.
    pub(super) sources: BTreeMap<String, String>,
    /// The tree; nothing where only what was computed is read.
    pub(super) input: Option<&'s Input<'s>>,
    /// Names of arguments that say something of what runs.
    pub(super) words: &'s carried::Words,
}

/// Writes what a module declares, then what the modules that it calls do.
pub(super) fn write<'a>(scope: &Rc<Scope<'a>>, input: &Input<'_>, words: &carried::Words, out: &mut Facts<'_>) {
    let catalog = input.catalog;
    let mut open = vec![Rc::clone(scope)];
    while let Some(scope) = open.pop() {
        let Some(folder) = scope.folder else { continue };
        let opaque = scope.opaque.get_or_init(|| calls::speaking(&folder.items, &scope, catalog));
        let context =
            Context { scope: &scope, catalog, sources: sources(&folder.items, &scope), input: Some(input), words };
        for item in &folder.items {
            let is_off = matches!(item.kind.as_str(), "resource" | "module") && scope.off().contains(&address(item));
            if is_off {
                name_switched_off(item, &scope, out);
                continue;
            }
            match item.kind.as_str() {
                "resource" if item.labels.len() == 2 => resource(item, &context, out),
                "module" if opaque.contains(&address(item)) => calls::write(item, &context, out),
                "module" => match scope.made(item.label(0)) {
                    Some(Made::Modules(modules)) => open.extend(modules.iter().map(Rc::clone)),
                    Some(Made::Refused(reason)) => {
                        let message = format!("`{}` is not evaluated: {reason}", scope.absolute(&address(item)));
                        out.problem(DiagnosticKind::Unresolved, item.file, Some(item.span), message);
                    }
                    None => {}
                },
                _ => {}
            }
        }
        replication::write(&folder.items, &scope, catalog, out);
    }
}

fn sources<'a>(items: &[Item<'a>], scope: &Scope<'a>) -> BTreeMap<String, String> {
    let required = items.iter().flat_map(|item| supply::required_providers(item, scope));
    required.filter_map(|(name, required)| Some((name, required.source?))).collect()
}

/// Resources and calls of which these values make none. Of blocks that say the same thing twice the last decides:
/// override files come last.
pub(super) fn switched_off<'a>(items: &[Item<'a>], scope: &Scope<'a>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for item in items {
        let is_repeated = REPEATED.iter().any(|name| item.inside.get(name).is_some());
        if !matches!(item.kind.as_str(), "resource" | "module") || !is_repeated {
            continue;
        }
        if Instances::of(item, scope).number() == Some(0.0) {
            found.insert(address(item));
        } else {
            found.remove(&address(item));
        }
    }
    found
}

/// What is switched off is nothing that runs; the project says that it is there to be switched on.
fn name_switched_off(item: &Item<'_>, scope: &Scope<'_>, out: &mut Facts<'_>) {
    let project = ComponentId::project(&scope.root_folder());
    let source = REPEATED.iter().find_map(|name| item.inside.get(name));
    let seen = item.file.at(source.map_or(item.span, |source| source.span()));
    out.component(&project, ComponentKind::Project, item.file.whole());
    out.attribute(&project, key::SWITCHED_OFF, scope.absolute(&address(item)), seen);
}

/// Address of a resource or call: `aws_s3_bucket.orders`, `module.eks`.
pub(super) fn address(item: &Item<'_>) -> String {
    if item.kind == "module" {
        format!("module.{}", item.label(0))
    } else {
        format!("{}.{}", item.label(0), item.label(1))
    }
}

/// A name as written, not as evaluated.
pub(super) fn written(source: &Source<'_>) -> String {
    match source {
        Source::Hcl(expression, _) => expression.to_string().trim().to_owned(),
        Source::Json(node, _) => node.text().unwrap_or("").trim_start_matches("${").trim_end_matches('}').to_owned(),
    }
}

fn resource<'a>(item: &Item<'a>, context: &Context<'a, '_>, out: &mut Facts<'_>) {
    let instances = Instances::of(item, context.scope);
    let parts = instances::by_machine(item, &instances, context);
    if parts.is_empty() {
        instance(&context.scope.id(item), item, &instances, context, out);
    }
    for (index, instances) in parts {
        let id = context.scope.id_of(&format!("{}{index}", context.scope.absolute(&address(item))));
        instance(&id, item, &instances, context, out);
    }
}

fn instance<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    instances: &Instances,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) {
    describe(id, item, instances, context, out);
    references(id, item, item.label(0), context, out);
    carried::write(id, item, instances, context, out);
}

/// What a resource's own arguments say of it.
pub(super) fn describe<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    instances: &Instances,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) {
    let kind = item.label(0);
    let seen = || item.file.at(item.span);
    out.component(id, ComponentKind::Service, seen());
    context.scope.called_at(id, out);
    out.attribute(id, key::RESOURCE_TYPE, kind, seen());
    let provider = provider_of(item);
    out.attribute(id, key::PROVIDER, &provider, seen());
    let local = provider.split('.').next().unwrap_or(&provider);
    if let Some(source) = context.sources.get(local) {
        out.attribute(id, key::PROVIDER_SOURCE, source, seen());
    }
    if let Some(number) = instances.number_in(context.scope).filter(|number| *number != 1.0)
        && !machines::has_machines(item, context.scope, context.catalog)
    {
        let source = REPEATED.iter().find_map(|name| item.inside.get(name));
        let span = source.map_or(item.span, |source| source.span());
        out.attribute(id, key::COUNT, number_text(number), item.file.at(span));
    }
    environments(id, item, kind, context, out);
    place(id, item, kind, instances, context, &provider, out);
    carried::beneath(id, item, instances, context, out);
    machines::write(id, item, instances, context, out);
    custody(id, item, kind, instances, context, out);
    sinks(id, item, context, out);
    authentication(id, context, &provider, out);
    supply::chart(id, item, instances, context.scope, out);
    cluster_name(id, item, context, out);
    called(id, item, context, out);
}

/// The name under which calls of its service speak of a resource.
fn called<'a>(id: &ComponentId, item: &Item<'a>, context: &Context<'a, '_>, out: &mut Facts<'_>) {
    for (_, source) in with_role(&item.inside, item.label(0), &[Role::Named], context.catalog) {
        if let Some(text) = context.scope.value(&source).text().filter(|text| !text.is_empty()) {
            out.attribute(id, key::CALLED, text, source.at());
        }
    }
}

/// The name under which others speak of a cluster.
fn cluster_name<'a>(id: &ComponentId, item: &Item<'a>, context: &Context<'a, '_>, out: &mut Facts<'_>) {
    let service = context.catalog.service_by_terraform(item.label(0));
    if service.is_none_or(|service| &*service.capability != "kubernetes") {
        return;
    }
    for (_, source) in with_role(&item.inside, item.label(0), &[Role::Cluster], context.catalog) {
        if let Some(text) = context.scope.value(&source).text() {
            context.scope.write(id, key::CLUSTER, &text, &source, out);
            return;
        }
    }
}

/// Local provider name with alias, as written, else the first word of the type.
pub(super) fn provider_of(item: &Item<'_>) -> String {
    let written = item.inside.get("provider").map(|source| written(&source));
    let first = || item.label(0).split('_').next().unwrap_or_default().to_owned();
    written.filter(|name| !name.is_empty()).unwrap_or_else(first)
}

/// An argument that matters and is not known.
pub(super) fn unresolved(what: &str, id: &ComponentId, source: &Source<'_>, reason: &Reason, out: &mut Facts<'_>) {
    let message = format!("the {what} of `{}` is not known: {reason}", id.rest());
    out.problem(DiagnosticKind::Unresolved, source.file(), Some(source.span()), message);
}

/// Who holds the encryption keys, where an argument says so.
pub(super) fn custody<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    kind: &str,
    instances: &Instances,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) {
    let scope = context.scope;
    if is_kept_outside(kind, &item.inside, context, STORES) {
        out.attribute(id, key::KEY_CUSTODY, "external", item.file.at(item.span));
    }
    for (name, source) in item.inside.all() {
        let is = |role| context.catalog.argument_as(kind, &name, role).is_some();
        if is(Role::OwnKey) && scope.value(&source) != Value::Null {
            out.attribute(id, key::KEY_CUSTODY, "customer-exclusive", source.at().without_excerpt());
            continue;
        }
        if !is(Role::Key) {
            continue;
        }
        let is_outside = scope.references(&source).iter().any(|(address, _)| {
            let inside = scope.own(address);
            inside.is_some_and(|(kind, inside)| is_kept_outside(kind, inside, context, STORES))
        });
        if is_outside {
            scope.write(id, key::KEY_CUSTODY, "external", &source, out);
            continue;
        }
        let value = instances.values(scope, &source).into_iter().next().unwrap_or(Value::Null);
        let custody = match &value {
            Value::Text(text) if text.contains("alias/aws/") => "provider-managed",
            Value::Text(text) if !text.is_empty() => "customer-managed",
            // a key made or looked up elsewhere is a key all the same
            Value::Unknown(Reason::Elsewhere(_)) => "customer-managed",
            _ => continue,
        };
        scope.write(id, key::KEY_CUSTODY, custody, &source, out);
    }
}

/// True for a key outside of the provider, or in a store that is: what is evaluated tells, or the store that is named.
fn is_kept_outside<'a>(kind: &str, inside: &Inside<'a>, context: &Context<'a, '_>, steps: usize) -> bool {
    let scope = context.scope;
    let stores = inside.all().into_iter();
    let mut stores = stores.filter(|(name, _)| context.catalog.argument_as(kind, name, Role::KeyStore).is_some());
    stores.any(|(_, source)| match scope.value(&source).text() {
        Some(text) => text.starts_with("EXTERNAL"),
        None => scope.references(&source).iter().any(|(address, _)| {
            let store = scope.own(address).filter(|_| steps > 0);
            store.is_some_and(|(kind, inside)| is_kept_outside(kind, inside, context, steps - 1))
        }),
    })
}

/// Where logs and backups go, where an argument says so.
fn sinks<'a>(id: &ComponentId, item: &Item<'a>, context: &Context<'a, '_>, out: &mut Facts<'_>) {
    for (name, source) in item.inside.all() {
        let row = context.catalog.argument(item.label(0), std::slice::from_ref(&name));
        let key = match row.map(|(_, row)| row.role) {
            Some(Role::LogSink) => key::LOG_SINK,
            Some(Role::Backup) => key::BACKUP,
            _ => continue,
        };
        let named = context.scope.references(&source).into_keys().next();
        if let Some(value) = named.or_else(|| context.scope.value(&source).text()).filter(|value| !value.is_empty()) {
            out.attribute(id, key, toolkit::without_secrets(&value), source.at().without_excerpt());
        }
    }
}

/// The address that a provider block signs in at tells who operates an OpenStack-like cloud.
fn authentication(id: &ComponentId, context: &Context<'_, '_>, provider: &str, out: &mut Facts<'_>) {
    let Some((scope, block)) = context.scope.provider(provider) else { return };
    for name in ["auth_url", "universe_domain", "endpoint"] {
        let Some(source) = block.inside.get(name) else { continue };
        match scope.value(&source) {
            Value::Text(text) if !text.is_empty() => {
                let host = toolkit::host_of(&text).unwrap_or_else(|| toolkit::without_secrets(&text));
                let seen = source.at().without_excerpt();
                out.attribute(id, key::IDENTITY, format!("operator-host:{host}"), seen);
            }
            Value::Unknown(reason) => {
                let message = format!("the operator behind provider `{provider}` is not known: {reason}");
                out.problem(DiagnosticKind::Unresolved, block.file, Some(source.span()), message);
            }
            _ => {}
        }
    }
}

/// References between resources; the few arguments that mean a copy of data say so.
pub(super) fn references<'a>(
    id: &ComponentId,
    item: &Item<'a>,
    kind: &str,
    context: &Context<'a, '_>,
    out: &mut Facts<'_>,
) {
    let scope = context.scope;
    for (name, source) in item.inside.all() {
        for (address, span) in scope.references(&source) {
            let to = scope.id_of(&address);
            // the mention only, or no words at all: the text around it may be a password
            let seen = source.file().at(span);
            let seen = if matches!(source, Source::Json(..)) { seen.without_excerpt() } else { seen };
            if context.catalog.argument_as(kind, &name, Role::CopiedFrom).is_some() {
                out.relation(&to, RelationKind::ReplicatesTo, id, seen);
            } else {
                out.relation(id, RelationKind::DependsOn, &to, seen);
            }
        }
    }
}
