//! `Cargo.lock`, versions 1 to 4: exact packages, their edges, and where each is fetched from.

use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key, purl};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Locked, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `cargo-lock`.
pub struct CargoLock;

static META: ScannerMeta = ScannerMeta {
    id: "cargo-lock",
    title: "Cargo lock file",
    summary: "Exact crates with checksums, dependency edges and the registry or git host each is fetched from. \
              Packages without a source are the workspace's own.",
    files: &["**/Cargo.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html",
};

/// One `[[package]]` entry.
struct Entry<'a> {
    locked: Locked,
    name: &'a str,
    version: &'a str,
    source: Option<&'a Node>,
    node: &'a Node,
}

impl Scanner for CargoLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.toml_or_part(out);
        let packages = root.get("package").context("no `[[package]]` entries: not a Cargo lock file")?;
        let project = toolkit::locked_root("cargo", input, file, out);
        let entries: Vec<Entry<'_>> =
            packages.list().iter().filter_map(|node| entry(node, &project, file, out)).collect();
        let mut by_name: BTreeMap<&str, Vec<&Entry<'_>>> = BTreeMap::new();
        for entry in &entries {
            by_name.entry(entry.name).or_default().push(entry);
        }
        for entry in &entries {
            describe(entry, &project, file, out);
            edges(entry, &by_name, file, out);
        }
        Ok(())
    }
}

fn entry<'a>(node: &'a Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) -> Option<Entry<'a>> {
    let (Some(name), Some(version)) = (text(node, "name"), text(node, "version")) else {
        out.problem(DiagnosticKind::Malformed, file, Some(node.span), "package entry without `name` or `version`");
        return None;
    };
    let source = node.get("source");
    let locked = match source {
        Some(_) => Locked::package(purl::package("cargo", None, name, Some(version))),
        None => Locked::own(project),
    };
    Some(Entry { locked, name, version, source, node })
}

fn text<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Node::text)
}

/// The package itself, its hash and the host it comes from.
fn describe(entry: &Entry<'_>, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    if entry.locked.own {
        return;
    }
    let span = entry.node.get("name").map_or(entry.node.span, |name| name.span);
    let package = Package::new("cargo", entry.name, Some(entry.version), file, span);
    package.write(project, out);
    if let Some(checksum) = entry.node.text_at("checksum") {
        out.attribute(&entry.locked.id, key::INTEGRITY, format!("sha256:{checksum}"), file.at(span));
    }
    if let Some(source) = entry.source
        && let Some(address) = source.text()
    {
        let seen = file.at(source.span);
        out.attribute(&entry.locked.id, key::DOWNLOAD, toolkit::without_secrets(address), seen.clone());
        if let Some(host) = source_host(address) {
            toolkit::distributed_by(&entry.locked.id, &host, &seen, out);
        }
    }
}

/// The host that serves a source. The default registry is named by its index repository, whose
/// host is not where crates are fetched from.
fn source_host(source: &str) -> Option<String> {
    let (kind, address) = source.split_once('+')?;
    if kind == "registry" && address.contains("github.com/rust-lang/crates.io-index") {
        return Some("crates.io".to_owned());
    }
    toolkit::host_of(address).map(|host| if host.ends_with(".crates.io") { "crates.io".to_owned() } else { host })
}

/// Edges to what an entry needs: `name`, `name version` or `name version (source)`.
fn edges(entry: &Entry<'_>, by_name: &BTreeMap<&str, Vec<&Entry<'_>>>, file: &SourceFile, out: &mut Facts<'_>) {
    for need in entry.node.get("dependencies").map_or(&[][..], Node::list) {
        let Some(spec) = need.text() else { continue };
        let mut words = spec.split(' ');
        let name = words.next().unwrap_or_default();
        let version = words.next();
        let candidates = by_name.get(name).map_or(&[][..], Vec::as_slice);
        let target = match version {
            Some(version) => candidates.iter().find(|candidate| candidate.version == version),
            None => candidates.first(),
        };
        let Some(target) = target else {
            out.problem(DiagnosticKind::Malformed, file, Some(need.span), format!("dependency `{spec}` has no entry"));
            continue;
        };
        entry.locked.needs(&target.locked, &file.at(need.span), out);
    }
}
