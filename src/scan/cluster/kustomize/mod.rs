//! Kustomize: overlays applied to their bases, so that workloads are seen as they will run.

mod apply;
mod build;
mod builtin;
mod generate;
mod inline;
mod merge;
mod patch;
mod remote;
mod replace;
mod resource;
mod transform;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::build::{Built, Tree};
use self::remote::Remote;
use super::gitops;
use super::helm::{chart, values};
use super::manifest::opened;
use super::places::Places as _;
use super::scene;
use super::workload::Ground;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::{RelPath, Span};

/// Scanner `kustomize`.
pub struct Kustomize;

static META: ScannerMeta = ScannerMeta {
    id: "kustomize",
    title: "Kustomize",
    summary: "Overlays applied to their bases: resources, bases and components of the tree, namespaces, prefixes and \
              suffixes, labels, images, replicas, strategic merge and JSON patches with their selectors, generated \
              configuration maps, replacements, variables, the transformers and generators that Kustomize brings along, \
              charts. The workloads are those of the outermost layers, under their folder; a layer that others build \
              on is no deployment of its own. Remote bases are repositories that are needed; they, functions and \
              plugins are not evaluated and say so.",
    files: &["**/kustomization.yaml", "**/kustomization.yml", "**/Kustomization"],
    unit: Unit::Tree,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Project,
        ComponentKind::Workload,
        ComponentKind::Image,
        ComponentKind::Host,
        ComponentKind::Repository,
        ComponentKind::Package,
        ComponentKind::Accelerator,
        ComponentKind::Model,
        ComponentKind::Dataset,
        ComponentKind::Cluster,
        ComponentKind::Service,
        ComponentKind::Delivery,
    ],
    reference: "https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/",
};

impl Scanner for Kustomize {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let mut layers: BTreeMap<RelPath, Arc<SourceFile>> = BTreeMap::new();
        for file in input.files {
            for problem in &file.yaml().problems {
                out.problem(DiagnosticKind::Malformed, file, Some(problem.span), &problem.message);
            }
            if let Some(root) = Tree::root(file).filter(|root| !root.is_map()) {
                out.problem(DiagnosticKind::Malformed, file, Some(root.span), "a kustomization is a table of settings");
            }
            if Tree::root(file).is_some_and(is_layer) {
                layers.entry(file.folder()).or_insert_with(|| Arc::clone(file));
            }
        }
        let outermost = outermost(&layers);
        let mut tree = Tree::new(input, layers);
        let mut seen: BTreeSet<RelPath> = BTreeSet::new();
        for folder in outermost {
            let built = tree.build(&folder);
            seen.extend(built.used.iter().map(RelPath::parent));
            write(&folder, &built, input, out);
        }
        // layers that are part of each other have no outermost one
        let circles: Vec<RelPath> = tree
            .layers
            .keys()
            .filter(|folder| !seen.contains(folder) && !is_component(&tree, folder))
            .cloned()
            .collect();
        for folder in circles {
            if !seen.contains(&folder) {
                let built = tree.build(&folder);
                seen.extend(built.used.iter().map(RelPath::parent));
                write(&folder, &built, input, out);
            }
        }
        Ok(())
    }
}

/// True for a layer; Flux has objects of its own by the name of `Kustomization`.
fn is_layer(root: &Node) -> bool {
    root.is_map() && root.text_at("apiVersion").is_none_or(|api| api.starts_with("kustomize.config.k8s.io/"))
}

fn is_component(tree: &Tree<'_>, folder: &RelPath) -> bool {
    tree.layers
        .get(folder)
        .and_then(|file| Tree::root(file))
        .is_some_and(|root| root.text_at("kind") == Some("Component"))
}

/// Layers that no other builds on. Components alone are no deployment.
fn outermost(layers: &BTreeMap<RelPath, Arc<SourceFile>>) -> Vec<RelPath> {
    let mut below: BTreeSet<RelPath> = BTreeSet::new();
    for (folder, file) in layers {
        let Some(root) = Tree::root(file) else { continue };
        for key in ["resources", "bases", "components", "generators", "transformers"] {
            let entries = root.get(key).map_or(&[][..], Node::list).iter().filter_map(Node::text);
            below.extend(entries.filter_map(|entry| folder.join(entry)).filter(|path| path != folder));
        }
        if root.text_at("kind") == Some("Component") {
            below.insert(folder.clone());
        }
    }
    layers.keys().filter(|folder| !below.contains(folder)).cloned().collect()
}

fn write(folder: &RelPath, built: &Built, input: &Input<'_>, out: &mut Facts<'_>) {
    for (kind, span, message) in &built.problems {
        let (file, span) = built.place(*span);
        out.problem(*kind, file, Some(span), message);
    }
    let project = ComponentId::project(folder);
    let before = out.len();
    for (remote, span) in &built.remotes {
        needs(&project, remote, *span, built, out);
    }
    for entry in &built.images {
        values::replacement(entry, &project, &built.sources, out);
    }
    for entry in &built.charts {
        helm_chart(entry, &project, built, out);
        for odd in entry.misshapen() {
            let (file, span) = built.place(odd.span);
            out.problem(DiagnosticKind::Malformed, file, Some(span), odd.to_string());
        }
    }
    let ground = Ground { folder, catalog: input.catalog, input, places: &built.sources };
    let objects = opened(built.resources.iter().map(|resource| &resource.node));
    scene::write(&objects, &ground, out);
    for object in &objects {
        gitops::write(object, &ground, out);
    }
    let Some(file) = input.files.iter().find(|file| file.folder() == *folder) else { return };
    if out.len() > before {
        out.component(&project, ComponentKind::Project, file.whole());
    }
    for path in &built.used {
        out.attribute(&project, key::EVALUATED, path.as_str(), file.whole());
    }
}

fn needs(project: &ComponentId, remote: &Remote, span: Span, built: &Built, out: &mut Facts<'_>) {
    let seen = built.sources.at(span);
    let on_code_host = toolkit::on_code_host(&remote.address).is_some();
    if remote.is_file && !on_code_host {
        if let Some(host) = toolkit::host_of(&remote.address) {
            let host = ComponentId::host(&host);
            out.component(&host, ComponentKind::Host, seen.clone());
            out.relation(project, RelationKind::DistributedBy, &host, seen);
        }
        return;
    }
    toolkit::needs_repository(project, &remote.address, remote.revision.as_deref(), &seen, out);
}

fn helm_chart(entry: &Node, project: &ComponentId, built: &Built, out: &mut Facts<'_>) {
    chart::needs(entry, false, "repo", project, &built.sources, out);
    if let Some(inline) = entry.get("valuesInline") {
        values::images(inline, project, false, &built.sources, out);
    }
    let message = "a chart that is fetched when the layer is built; what its templates make is not seen";
    let (file, span) = built.place(entry.span);
    out.problem(DiagnosticKind::Unresolved, file, Some(Span::new(span.start, span.start)), message);
}
