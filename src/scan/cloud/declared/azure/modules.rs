//! Templates that a template calls: evaluated with what they are given where they stand in the tree, else told where
//! they come from.

use std::collections::BTreeMap;

use super::evaluate::{Budget, Scope};
use super::expression::{Module, Node, Source};
use super::template::{self, Made};
use super::{arm, bicep};
use crate::diagnostic::DiagnosticKind;
use crate::model::purl::ImageReference;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::scan::cloud::declared::value::{Resolved, Value};
use crate::scan::cloud::declared::write::{self, Resource};

use crate::scan::package::toolkit;
use crate::scan::{Facts, Input};
use crate::text::{RelPath, Span};

/// Calls of one module that are entered.
const MOST_CALLS: usize = 16;

/// Writes a template and everything that it calls.
pub(super) fn write(scope: &Scope<'_, '_>, input: &Input<'_>, out: &mut Facts<'_>) {
    let mut resources = scope.resources(out);
    template::tell(scope, &resources, out);
    for module in &scope.template.modules {
        resources.extend(call(scope, module, input, out));
    }
    write::all(&resources, input.catalog, out);
}

/// One call. A module of a registry whose name tells the resource is that resource.
fn call<'a>(scope: &Scope<'a, '_>, module: &Module, input: &Input<'_>, out: &mut Facts<'_>) -> Option<Resource<'a>> {
    let Made::Some(variants, instances) = scope.made(module.condition.as_ref(), &module.body) else { return None };
    match &module.source {
        Source::Inline(inner, is_alone) => {
            for variant in variants.iter().take(MOST_CALLS) {
                if !enter(scope.budget) {
                    break;
                }
                let mut nested = Scope::new(scope.file, inner, scope.budget);
                nested.given = given(variant);
                nested.outer = (!is_alone).then_some(scope);
                let name = variant.text_at("name").unwrap_or_else(|| module.symbol.clone());
                nested.prefix = format!("{}{name}/", scope.prefix);
                write(&nested, input, out);
            }
            None
        }
        Source::Text(address, span) => {
            if is_local(address) {
                local(scope, address, *span, &variants, input, out);
                return None;
            }
            if let Some(host) = toolkit::host_of(address).filter(|_| address.contains("://")) {
                fetched(scope, &host, *span, out);
                return None;
            }
            let kind = registry(scope, address, *span, out);
            let params = variants.iter().filter_map(|variant| variant.get("params")).cloned().collect::<Vec<_>>();
            let first = params.first()?.clone();
            input.catalog.resource_type(&kind)?;
            let id = ComponentId::resource(scope.file.path(), &format!("{}{}", scope.prefix, module.symbol));
            let mut resource = Resource::new(id, kind, first, module.span);
            resource.file = scope.file;
            resource.variants = params;
            resource.instances = instances;
            Some(resource)
        }
        Source::Computed(node) => {
            linked(scope, node, out);
            None
        }
    }
}

fn enter(budget: &Budget) -> bool {
    let left = budget.modules.get();
    budget.modules.set(left.saturating_sub(1));
    left > 0
}

/// What a call gives: `params`, by name in lower case.
fn given<'a>(call: &Resolved<'a>) -> BTreeMap<String, Resolved<'a>> {
    let entries = call.get("params").map_or(&[][..], Resolved::entries);
    let known = entries.iter().filter(|(_, value)| value.value != Value::Null);
    known.map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect()
}

fn is_local(address: &str) -> bool {
    !address.contains("://") && !["br:", "br/", "ts:", "ts/"].iter().any(|start| address.starts_with(start))
}

/// A template in the tree.
fn local(
    scope: &Scope<'_, '_>,
    address: &str,
    span: Span,
    calls: &[Resolved<'_>],
    input: &Input<'_>,
    out: &mut Facts<'_>,
) {
    let folder = scope.file.folder();
    // a path above the scanned folder is not ours to read
    let Some(path) = RelPath::new(format!("{folder}/{address}").trim_start_matches('/')) else { return };
    let project = ComponentId::project(&folder);
    let called = ComponentId::project(&path.parent());
    let seen = || scope.file.at(span);
    out.component(&project, ComponentKind::Project, scope.file.whole());
    out.component(&called, ComponentKind::Project, seen());
    out.relation(&project, RelationKind::DependsOn, &called, seen());
    let Some(file) = input.companion(&path) else {
        let message = format!("the module `{address}` is not in the tree");
        out.problem(DiagnosticKind::Unresolved, scope.file, Some(span), message);
        return;
    };
    // what cannot be read of it is told where it is read by itself
    let mut unsaid = Facts::new(out.meta(), "", 0);
    let template = if path.as_str().ends_with(".bicep") {
        bicep::template(&file, &mut unsaid)
    } else {
        match file.jsonc_root() {
            Ok(root) => arm::template(root, &mut unsaid, &file),
            Err(_) => return,
        }
    };
    for call in calls.iter().take(MOST_CALLS) {
        if !enter(scope.budget) {
            let message = "the file calls too many modules; the rest of them was not entered";
            out.problem(DiagnosticKind::LimitReached, scope.file, Some(span), message);
            return;
        }
        let mut inner = Scope::new(&file, &template, scope.budget);
        inner.given = given(call);
        write(&inner, input, out);
    }
}

/// A module of a registry: `br:host/path:tag`, `br/public:path:tag`, `br/alias:path:tag`. Gives the name of its kind.
fn registry(scope: &Scope<'_, '_>, address: &str, span: Span, out: &mut Facts<'_>) -> String {
    let (start, rest) = address.split_once(':').unwrap_or((address, ""));
    let reference = match start {
        "br" => rest.to_owned(),
        // defined by the language: the public registry
        "br/public" => format!("mcr.microsoft.com/bicep/{rest}"),
        _ => {
            let message =
                format!("the registry of the module `{address}` is named in a configuration file, which is not read");
            out.problem(DiagnosticKind::Unresolved, scope.file, Some(span), message);
            return address.to_owned();
        }
    };
    let project = ComponentId::project(&scope.file.folder());
    if let Some(found) = ImageReference::parse(&reference) {
        let id = found.id();
        let seen = || scope.file.at(span);
        out.component(&project, ComponentKind::Project, scope.file.whole());
        out.component(&id, ComponentKind::Package, seen());
        out.attribute(&id, key::ECOSYSTEM, "bicep", seen());
        out.attribute(&id, key::NAME, found.full_name(), seen());
        out.attribute(&id, key::RELATION, "direct", seen());
        out.attribute(&id, key::RESOLUTION, "locked", seen());
        if let Some(version) = found.digest.as_ref().or(found.tag.as_ref()) {
            out.attribute(&id, key::VERSION, version, seen());
        }
        out.relation(&project, RelationKind::DependsOn, &id, seen());
        if let Some(host) = reference.split('/').next() {
            toolkit::distributed_by(&id, host, &seen(), out);
        }
    }
    // the version is no part of the kind
    address.rsplit_once(':').map_or(address, |(kind, _)| kind).to_owned()
}

/// A template that is fetched from an address.
fn linked(scope: &Scope<'_, '_>, node: &Node, out: &mut Facts<'_>) {
    let value = scope.value(node);
    match (value.text().and_then(|text| toolkit::host_of(&text)), value.reason()) {
        (Some(host), _) => fetched(scope, &host, node.span, out),
        (None, Some(reason)) => {
            let message = format!("the address of a linked template is not known: {reason}");
            out.problem(DiagnosticKind::Unresolved, scope.file, Some(node.span), message);
        }
        (None, None) => {}
    }
}

fn fetched(scope: &Scope<'_, '_>, host: &str, span: Span, out: &mut Facts<'_>) {
    let project = ComponentId::project(&scope.file.folder());
    out.component(&project, ComponentKind::Project, scope.file.whole());
    toolkit::distributed_by(&project, host, &scope.file.at(span).without_excerpt(), out);
}
