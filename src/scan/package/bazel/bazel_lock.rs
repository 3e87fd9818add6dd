//! `MODULE.bazel.lock`: modules that Bazel chose.

use std::collections::BTreeMap;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Locked, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `bazel-lock`.
pub struct BazelLock;

static META: ScannerMeta = ScannerMeta {
    id: "bazel-lock",
    title: "Bazel lock file",
    summary: "Chosen modules with the registry each comes from; edges and sources in files of Bazel 6 and 7.0, which \
              have them. In later files a module whose source was asked for is a chosen one; others were only \
              compared.",
    files: &["**/MODULE.bazel.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://bazel.build/external/lockfile",
};

impl Scanner for BazelLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.json_or_part(out)?;
        let (hashes, graph) = (root.get("registryFileHashes"), root.get("moduleDepGraph"));
        anyhow::ensure!(
            hashes.is_some() || graph.is_some(),
            "neither `registryFileHashes` nor `moduleDepGraph`: not a Bazel lock file"
        );
        let project = toolkit::locked_root("bazel", input, file, out);
        for entry in hashes.map_or(&[][..], Node::entries) {
            chosen(entry, &project, file, out);
        }
        if let Some(graph) = graph {
            edges(graph, &project, file, out);
        }
        Ok(())
    }
}

/// `https://…/modules/NAME/VERSION/source.json`, with its hash.
fn chosen(entry: &Entry, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(address) = entry.key.strip_suffix("/source.json") else { return };
    let mut parts = address.rsplit('/');
    let (Some(version), Some(name), Some("modules")) = (parts.next(), parts.next(), parts.next()) else {
        let message = "an address that names no module and version";
        out.problem(DiagnosticKind::Malformed, file, Some(entry.key_span), message);
        return;
    };
    let id = Package::new("bazel", name, Some(version), file, entry.key_span).write(project, out);
    toolkit::fetched_from(&id, &entry.key, &file.at(entry.key_span), out);
    if let Some(hash) = entry.value.text() {
        // the hash of the description, which holds that of the source
        out.attribute(&id, key::INTEGRITY, format!("sha256:{hash}"), file.at(entry.value.span));
    }
}

/// The graph of older files.
fn edges(graph: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let mut known: BTreeMap<&str, Locked> = BTreeMap::new();
    for entry in graph.entries() {
        let node = &entry.value;
        if *entry.key == *"<root>" {
            known.insert(&entry.key, Locked::own(project));
            continue;
        }
        let (name, version) = (node.text_at("name"), node.text_at("version").filter(|text| !text.is_empty()));
        // without a version the module comes from an override, the tree's own or with Bazel itself
        let (Some(name), Some(version)) = (name, version) else {
            if !entry.key.ends_with("@_") {
                let message = "a module without name or version";
                out.problem(DiagnosticKind::Malformed, file, Some(entry.key_span), message);
            }
            continue;
        };
        let id = Package::new("bazel", name, Some(version), file, entry.key_span).write(project, out);
        let source = node.at(&["repoSpec", "attributes"]);
        let urls = source.and_then(|source| source.get("urls")).map_or(&[][..], Node::list);
        let places: Vec<_> = urls.iter().filter_map(|url| Some((url.text()?, file.at(url.span)))).collect();
        toolkit::fetched_from_any(&id, &places, out);
        if urls.is_empty() {
            toolkit::from_default(&id, "bazel", &file.at(entry.key_span), out);
        }
        if let Some(hash) = source.and_then(|source| source.get("integrity"))
            && let Some(text) = hash.text()
        {
            out.attribute(&id, key::INTEGRITY, text, file.at(hash.span));
        }
        known.insert(&entry.key, Locked::package(id));
    }
    for entry in graph.entries() {
        let Some(from) = known.get(&*entry.key) else { continue };
        for need in entry.value.get("deps").map_or(&[][..], Node::entries) {
            if let Some(to) = need.value.text().and_then(|name| known.get(name)) {
                from.needs(to, &file.at(need.value.span), out);
            }
        }
    }
}
