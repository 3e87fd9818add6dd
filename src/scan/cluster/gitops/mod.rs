//! GitOps objects: Argo CD applications, Flux sources, Kustomizations and releases, Helmfile.

mod argo;
mod clusters;
mod flux;
mod generators;
pub mod helmfile;

use super::manifest::{Object, is_of_chart, may_hold_objects, objects};
use super::places::Places;
use super::workload::Ground;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, Unit};
use crate::text::RelPath;

/// Scanner `gitops`.
pub struct Gitops;

static META: ScannerMeta = ScannerMeta {
    id: "gitops",
    title: "Argo CD and Flux objects",
    summary: "Applications, application sets, projects, sources, Kustomizations, releases and image automation: which \
              repository on which host brings which folder to which cluster. Generators of application sets are \
              evaluated where the tree says what they give: lists, folders and files of the tree, clusters whose secrets \
              are in the tree (others that are registered are told as not known), products and merges of these; what \
              only the controller knows is told.",
    files: &["**/*.yaml", "**/*.yml", "**/*.json"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Delivery,
        ComponentKind::Repository,
        ComponentKind::Host,
        ComponentKind::Package,
        ComponentKind::Image,
        ComponentKind::Service,
    ],
    reference: "https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/",
};

impl Scanner for Gitops {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let text = file.text();
        if !may_hold_objects(text)
            || !(text.contains("argoproj.io") || text.contains("toolkit.fluxcd.io"))
            || is_of_chart(input)
        {
            return Ok(());
        }
        let folder = file.folder();
        let ground = Ground { folder: &folder, catalog: input.catalog, input, places: file };
        for object in objects(file, false, out) {
            write(&object, &ground, out);
        }
        Ok(())
    }
}

/// Writes what an object of a delivery controller says.
pub(super) fn write(object: &Object<'_>, ground: &Ground<'_>, out: &mut Facts<'_>) {
    match (object.group(), object.kind) {
        ("argoproj.io", "Application") => argo::application(object, ground.places, out),
        ("argoproj.io", "ApplicationSet") => argo::set(object, ground, out),
        ("argoproj.io", "AppProject") => argo::project(object, ground.places, out),
        (group, _) if group.ends_with("toolkit.fluxcd.io") => flux::write(object, ground, out),
        _ => {}
    }
}

/// The folder `clusters/NAME` that a folder lies in: each cluster's controller reads its own.
fn cluster_of(folder: &RelPath) -> Option<String> {
    let parts: Vec<&str> = folder.as_str().split('/').collect();
    let at = parts.iter().position(|part| *part == "clusters")?;
    parts.get(at + 1)?;
    Some(parts[..=at + 1].join("/"))
}

/// Objects of one name in several clusters are several objects.
fn delivery_named(group: &str, kind: &str, namespace: &str, name: &str, cluster: Option<&str>) -> ComponentId {
    let namespace = if namespace.is_empty() { "default" } else { namespace };
    match cluster {
        Some(cluster) => ComponentId::of("delivery", format_args!("{cluster}/{group}/{kind}/{namespace}/{name}")),
        None => ComponentId::of("delivery", format_args!("{group}/{kind}/{namespace}/{name}")),
    }
}

fn delivery(object: &Object<'_>, places: &dyn Places, out: &mut Facts<'_>) -> ComponentId {
    delivery_in(object, None, places, out)
}

fn delivery_in(object: &Object<'_>, cluster: Option<&str>, places: &dyn Places, out: &mut Facts<'_>) -> ComponentId {
    let id = delivery_named(object.group(), object.kind, object.namespace, object.name, cluster);
    out.component(&id, ComponentKind::Delivery, places.at(object.name_span));
    out.attribute(&id, key::RESOURCE_TYPE, format!("{}/{}", object.group(), object.kind), places.at(object.name_span));
    id
}

fn repository(
    delivery: &ComponentId,
    address: &Node,
    revision: Option<&str>,
    places: &dyn Places,
    out: &mut Facts<'_>,
) {
    if let Some(text) = address.text() {
        repository_at(delivery, text, revision, &places.at(address.span), out);
    }
}

fn repository_at(delivery: &ComponentId, text: &str, revision: Option<&str>, seen: &Seen, out: &mut Facts<'_>) {
    let Some(host) = toolkit::host_of(text) else { return };
    let seen = || seen.clone();
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
