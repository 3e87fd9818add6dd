//! Calls of modules as components. The module itself is not evaluated: what the call's arguments say is read.

use std::collections::BTreeSet;

use super::facts::{Context, Instances, address, custody, references, written};
use super::places::{environments, place};
use super::scope::Scope;
use super::syntax::Item;
use super::{machines, supply};
use crate::catalog::Catalog;
use crate::model::{ComponentKind, key};
use crate::scan::Facts;

/// The provider that a call of a registry module is for: the last part of its address, by the
/// registry's naming rule, where the catalog knows it as a provider.
fn provider_called<'a>(item: &Item<'a>, scope: &Scope<'a>, catalog: &Catalog) -> Option<String> {
    let source = scope.value(&item.inside.get("source")?).text()?;
    let supply::ModuleSource::Registry(_, name) = supply::module_source(&source)? else { return None };
    let (_, provider) = name.rsplit_once('/')?;
    catalog.provider_by_terraform(provider).map(|_| provider.to_owned())
}

/// The service that a module of the public registry is known to make: `terraform-aws-modules/eks/aws`.
fn known_module<'c, 'a>(item: &Item<'a>, scope: &Scope<'a>, catalog: &'c Catalog) -> Option<&'c str> {
    let source = scope.value(&item.inside.get("source")?).text()?;
    // a part of a module, such as a node group, is not the whole
    let supply::ModuleSource::Registry(_, name) = supply::module_source(&source)? else { return None };
    if source.contains("//") {
        return None;
    }
    catalog.resource_type(&format!("module:{name}")).map(|row| &*row.service)
}

/// Calls that are components: of modules for a known provider, and those that name machine types.
pub(super) fn speaking<'a>(items: &[Item<'a>], scope: &Scope<'a>, catalog: &Catalog) -> BTreeSet<String> {
    let modules = items.iter().filter(|item| item.kind == "module");
    let found = modules
        .filter(|item| !scope.calls.contains_key(item.label(0)))
        .filter(|item| provider_called(item, scope, catalog).is_some() || machines::has_machines(item, scope, catalog));
    found.map(address).collect()
}

/// A call: what its arguments say, for what is in the module itself is not evaluated.
pub(super) fn write<'a>(item: &Item<'a>, context: &Context<'a, '_>, out: &mut Facts<'_>) {
    let id = context.scope.id(item);
    let seen = || item.file.at(item.span);
    out.component(&id, ComponentKind::Service, seen());
    context.scope.called_at(&id, out);
    let called = provider_called(item, context.scope, context.catalog);
    let kind = called.as_ref().map_or_else(|| "module".to_owned(), |provider| format!("{provider}_module"));
    out.attribute(&id, key::RESOURCE_TYPE, &kind, seen());
    if let Some(service) = known_module(item, context.scope, context.catalog) {
        out.attribute(&id, key::SERVICE, service, seen());
    }
    let instances = Instances::of(item, context.scope);
    let provider = called.map(|called| {
        let handed = item
            .inside
            .get("providers")
            .iter()
            .flat_map(|source| context.scope.objects(source))
            .find_map(|object| object.get(&called).map(|source| written(&source)));
        handed
            .or_else(|| item.inside.blocks("providers").first()?.get(&called).map(|source| written(&source)))
            .unwrap_or(called)
    });
    if let Some(provider) = &provider {
        out.attribute(&id, key::PROVIDER, provider, seen());
    }
    environments(&id, item, &kind, context, out);
    place(&id, item, &kind, &instances, context, provider.as_deref().unwrap_or_default(), out);
    machines::write(&id, item, &instances, context, out);
    custody(&id, item, &kind, &instances, context, out);
    references(&id, item, &kind, context, out);
}
