//! `uv.lock`: exact Python packages with edges and sources.

use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Locked, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `uv-lock`.
pub struct UvLock;

static META: ScannerMeta = ScannerMeta {
    id: "uv-lock",
    title: "uv lock file",
    summary: "Exact packages with edges, extras and development groups, hashes, and the index, git host or address \
              each comes from. Virtual, editable and directory sources are the project's own.",
    files: &["**/uv.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile",
};

struct Entry<'a> {
    name: &'a str,
    version: Option<&'a str>,
    locked: Locked,
    node: &'a Node,
}

impl Scanner for UvLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.toml_or_part(out);
        let project = toolkit::locked_root("pypi", input, file, out);
        let packages = root.get("package").context("no `[[package]]` entries: not a uv lock file")?;
        let mut all = Vec::new();
        for node in packages.list() {
            let Some(name) = node.get("name") else {
                out.problem(DiagnosticKind::Malformed, file, Some(node.span), "package entry without `name`");
                continue;
            };
            let Some(text) = name.text() else { continue };
            let own = ["virtual", "editable", "directory"].iter().any(|kind| node.at(&["source", kind]).is_some());
            let version = node.text_at("version");
            let locked = if own {
                Locked::own(&project)
            } else {
                Locked::package(write(text, version, name.span, node, &project, file, out))
            };
            all.push(Entry { name: text, version, locked, node });
        }
        let mut by_name: BTreeMap<&str, Vec<&Entry<'_>>> = BTreeMap::new();
        for package in &all {
            by_name.entry(package.name).or_default().push(package);
        }
        for package in &all {
            for (scope, list) in needs(package.node) {
                for need in list.list() {
                    edge(package, need, scope, &by_name, file, out);
                }
            }
        }
        Ok(())
    }
}

fn write(
    name: &str,
    version: Option<&str>,
    span: Span,
    node: &Node,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> ComponentId {
    let id = Package::new("pypi", name, version, file, span).write(project, out);
    let source = node.get("source");
    let address = ["registry", "git", "url"].iter().find_map(|kind| source.and_then(|source| source.get(kind)));
    if let Some(address) = address
        && let Some(text) = address.text()
    {
        toolkit::fetched_from(&id, text, &file.at(address.span), out);
    }
    for file_node in node.get("sdist").into_iter().chain(node.get("wheels").map_or(&[][..], Node::list)) {
        if let Some(hash) = file_node.get("hash")
            && let Some(text) = hash.text()
        {
            out.attribute(&id, key::INTEGRITY, text, file.at(hash.span));
            break;
        }
    }
    id
}

fn needs(node: &Node) -> Vec<(&'static str, &Node)> {
    let mut lists: Vec<(&'static str, &Node)> =
        node.get("dependencies").map(|list| ("runtime", list)).into_iter().collect();
    for (table, scope) in [("optional-dependencies", "optional"), ("dev-dependencies", "dev")] {
        lists.extend(node.get(table).map_or(&[][..], Node::entries).iter().map(|entry| (scope, &entry.value)));
    }
    lists
}

fn edge(
    from: &Entry<'_>,
    need: &Node,
    scope: &'static str,
    by_name: &BTreeMap<&str, Vec<&Entry<'_>>>,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let Some(name) = need.get("name") else { return };
    let Some(text) = name.text() else { return };
    let wanted = need.text_at("version");
    // several versions of one name: every one that the entry may mean
    for to in by_name.get(text).map_or(&[][..], Vec::as_slice) {
        if wanted.is_some() && to.version != wanted {
            continue;
        }
        let seen = file.at(name.span);
        from.locked.needs(&to.locked, &seen, out);
        if from.locked.own && !to.locked.own {
            out.attribute(&to.locked.id, key::SCOPE, scope, seen);
        }
    }
}
