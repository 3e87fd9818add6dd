//! GitOps objects: Argo CD applications, Flux sources, Kustomizations and releases.

use super::manifest::{Object, is_of_chart, may_hold_objects, objects};
use super::places::Places;
use super::workload::Ground;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `gitops`.
pub struct Gitops;

static META: ScannerMeta = ScannerMeta {
    id: "gitops",
    title: "Argo CD and Flux objects",
    summary: "Applications, application sets, sources, Kustomizations and releases: which repository on which host \
              brings which folder into service. Generators of application sets are not evaluated.",
    files: &["**/*.yaml", "**/*.yml", "**/*.json"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Declared,
    emits: &[ComponentKind::Delivery, ComponentKind::Repository, ComponentKind::Host],
    reference: "https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/",
};

impl Scanner for Gitops {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let text = file.text();
        if !may_hold_objects(text) || !(text.contains("argoproj.io") || text.contains("toolkit.fluxcd.io")) || is_of_chart(input) {
            return Ok(());
        }
        let folder = file.folder();
        let ground = Ground { folder: &folder, catalog: input.catalog, places: file };
        for object in objects(file, false, out) {
            write(&object, &ground, out);
        }
        Ok(())
    }
}

/// Writes what an object of a delivery controller says.
pub(super) fn write(object: &Object<'_>, ground: &Ground<'_>, out: &mut Facts<'_>) {
    match (object.group(), object.kind) {
        ("argoproj.io", "Application" | "ApplicationSet") => argo(object, ground.places, out),
        (group, _) if group.ends_with("toolkit.fluxcd.io") => flux(object, ground.places, out),
        _ => {}
    }
}

fn delivery_id(object: &Object<'_>) -> ComponentId {
    let namespace = if object.namespace.is_empty() { "default" } else { object.namespace };
    ComponentId::of("delivery", format_args!("{}/{}/{namespace}/{}", object.group(), object.kind, object.name))
}

fn delivery(object: &Object<'_>, places: &dyn Places, out: &mut Facts<'_>) -> ComponentId {
    let id = delivery_id(object);
    out.component(&id, ComponentKind::Delivery, places.at(object.name_span));
    out.attribute(&id, key::RESOURCE_TYPE, format!("{}/{}", object.group(), object.kind), places.at(object.name_span));
    id
}

/// Every map with a `repoURL` below the object is a source.
fn argo(object: &Object<'_>, places: &dyn Places, out: &mut Facts<'_>) {
    let id = delivery(object, places, out);
    let destination = object.node.at(&["spec", "destination"]).and_then(|node| node.get("name"));
    if let Some(name) = destination
        && let Some(text) = name.text().filter(|text| !text.is_empty() && !text.contains("{{"))
    {
        out.attribute(&id, key::CLUSTER, text, places.at(name.span));
    }
    for source in object.node.walk().filter(|node| node.get("repoURL").is_some()) {
        if let Some(address) = source.get("repoURL")
            && address.text().is_some_and(|text| text.contains("{{"))
        {
            let message = "the repository comes from a generator, which is not evaluated";
            let (file, span) = places.place(address.span);
            out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
        } else if let Some(address) = source.get("repoURL") {
            repository(&id, address, source.text_at("targetRevision"), places, out);
        }
        if let Some(path) = source.get("path")
            && let Some(text) = path.text().filter(|text| !text.contains("{{"))
        {
            out.attribute(&id, key::DEPLOYS_PATH, text, places.at(path.span));
        }
    }
}

fn flux(object: &Object<'_>, places: &dyn Places, out: &mut Facts<'_>) {
    let Some(spec) = object.node.get("spec") else { return };
    let id = delivery(object, places, out);
    if let Some(address) = spec.get("url") {
        let revision = spec.get("ref").and_then(|node| node.text_at("branch").or_else(|| node.text_at("tag")));
        repository(&id, address, revision, places, out);
    }
    if let Some(path) = spec.get("path")
        && let Some(text) = path.text()
    {
        out.attribute(&id, key::DEPLOYS_PATH, text, places.at(path.span));
    }
    let source = spec.get("sourceRef").or_else(|| spec.at(&["chart", "spec", "sourceRef"]));
    if let Some(source) = source
        && let (Some(kind), Some(name)) = (source.text_at("kind"), source.text_at("name"))
    {
        let namespace = source.text_at("namespace").unwrap_or(object.namespace);
        let namespace = if namespace.is_empty() { "default" } else { namespace };
        let to = ComponentId::of("delivery", format_args!("source.toolkit.fluxcd.io/{kind}/{namespace}/{name}"));
        out.relation(&id, RelationKind::DependsOn, &to, places.at(source.span));
    }
}

fn repository(delivery: &ComponentId, address: &Node, revision: Option<&str>, places: &dyn Places, out: &mut Facts<'_>) {
    let Some(text) = address.text() else { return };
    let Some(host) = toolkit::host_of(text) else { return };
    let seen = || places.at(address.span);
    let clean = toolkit::without_secrets(text);
    let path = clean.split_once("://").map_or(clean.as_str(), |(_, rest)| rest);
    let path = path.split_once('@').map_or(path, |(_, rest)| rest).replacen(':', "/", 1);
    let id = ComponentId::repository(&path);
    out.component(&id, ComponentKind::Repository, seen());
    out.attribute(&id, key::DOWNLOAD, &clean, seen());
    if let Some(owner) = toolkit::repository_owner(&path) {
        out.attribute(&id, key::IDENTITY, owner, seen());
    }
    if let Some(revision) = revision {
        out.attribute(&id, key::REVISION, revision, seen());
    }
    out.relation(delivery, RelationKind::DependsOn, &id, seen());
    toolkit::distributed_by(&id, &host, &seen(), out);
}
