//! `uv.lock`: exact Python packages with edges and sources.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::artefact;
use super::local;
use super::pep508::{conditions, scope_of_group};
use super::reach::{Reach, write_scope};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Entries, Locked, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `uv-lock`.
pub struct UvLock;

static META: ScannerMeta = ScannerMeta {
    id: "uv-lock",
    title: "uv lock file",
    summary: "Exact packages with edges, extras, development groups and markers, hashes, and the index, git host or \
              address each comes from. What only development groups lead to has their scope. Virtual, editable and \
              directory sources are projects of the tree.",
    files: &["**/uv.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile",
};

struct Entry<'a> {
    span: Span,
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
        // a project without dependencies has no entries
        if root.get("version").is_none() {
            root.get("package").context("neither `version` nor `[[package]]` entries: not a uv lock file")?;
        }
        let project = toolkit::locked_root("pypi", input, file, out);
        let mut all = Vec::new();
        let mut entries = Entries::default();
        for node in list(root, "package") {
            let Some((name, span)) = node.get("name").and_then(|name| name.text().map(|text| (text, name.span))) else {
                out.problem(DiagnosticKind::Malformed, file, Some(node.span), "package entry without `name`");
                continue;
            };
            let kinds = ["virtual", "editable", "directory"];
            let folder = kinds.iter().find_map(|kind| node.at(&["source", kind]));
            let own = folder.is_some();
            // the project of a folder that the lock file names is locked by it
            let member = folder.and_then(|path| local::member(path.text()?, span, input, out));
            let version = node.text_at("version");
            let locked = match member {
                Some(member) => member,
                None if own => {
                    // what a project outside of the target needs is not what this one needs
                    entries.add(name, version, Locked::own(&project));
                    continue;
                }
                None => {
                    Locked::package(write(Package::new("pypi", name, version, file, span), node, &project, file, out))
                }
            };
            entries.add(name, version, locked.clone());
            all.push(Entry { span, locked, node });
        }
        let mut edges = Edges { entries, reach: Reach::default(), conditions: BTreeMap::new(), file };
        for entry in &all {
            for (scope, list) in needs(entry.node) {
                list.list().iter().for_each(|need| edges.edge(entry, need, scope, out));
            }
        }
        let scopes = edges.reach.scopes();
        for entry in all.iter().filter(|entry| !entry.locked.own) {
            let scope = scopes.get(&entry.locked.id).copied();
            write_scope(&entry.locked.id, scope, &file.at(entry.span).inferred(), out);
        }
        for (id, markers) in edges.conditions {
            for (marker, seen) in markers.into_iter().flatten() {
                out.attribute(&id, key::CONDITION, marker, seen);
            }
        }
        Ok(())
    }
}

fn write(
    package: Package<'_>,
    node: &Node,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> ComponentId {
    let id = package.write(project, out);
    if let Some(source) = node.get("source") {
        let _ = ["registry", "git", "url"].iter().any(|kind| artefact::fetched(&id, source, kind, file, out));
    }
    let files = || node.get("sdist").into_iter().chain(list(node, "wheels"));
    artefact::integrity(&id, files(), file, out);
    if let Some(index) = node.at(&["source", "registry"]).and_then(Node::text) {
        artefact::hosts(&id, index, files(), file, out);
    }
    // of several versions of one package, each is for some environments
    for marker in list(node, "resolution-markers") {
        if let Some(text) = marker.text() {
            out.attribute(&id, key::CONDITION, text, file.at(marker.span));
        }
    }
    id
}

fn list<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    node.get(key).map_or(&[], Node::list)
}

fn needs(node: &Node) -> Vec<(&'static str, &Node)> {
    let mut lists: Vec<(&'static str, &Node)> =
        node.get("dependencies").map(|list| (scope::RUNTIME, list)).into_iter().collect();
    let tables = |table| node.get(table).map_or(&[][..], Node::entries).iter();
    lists.extend(tables("optional-dependencies").map(|entry| (scope::OPTIONAL, &entry.value)));
    lists.extend(tables("dev-dependencies").map(|entry| (scope_of_group(&entry.key), &entry.value)));
    lists
}

struct Edges<'a> {
    entries: Entries<'a>,
    reach: Reach,
    /// Markers of packages that are needed under markers only; `None` for one that is always needed.
    conditions: BTreeMap<ComponentId, Option<BTreeMap<&'a str, Seen>>>,
    file: &'a SourceFile,
}

impl<'a> Edges<'a> {
    fn edge(&mut self, from: &Entry<'_>, need: &'a Node, scope: &'static str, out: &mut Facts<'_>) {
        let Some((name, span)) = need.get("name").and_then(|name| name.text().map(|text| (text, name.span))) else {
            return;
        };
        let seen = self.file.at(span);
        // several versions of one name: every one that the entry may mean
        for to in self.entries.named(name, need.text_at("version")) {
            from.locked.needs(to, &seen, out);
            if to.own {
                continue;
            }
            if from.locked.own {
                out.attribute(&to.id, key::SCOPE, scope, seen.clone());
                self.reach.root(scope, &to.id);
            } else {
                self.reach.edge(&from.locked.id, &to.id);
            }
            for extra in list(need, "extra").iter().filter_map(Node::text) {
                conditions(&to.id, extra, "", &seen, out);
            }
            let markers = self.conditions.entry(to.id.clone()).or_insert_with(|| Some(BTreeMap::new()));
            match (markers.as_mut(), need.get("marker").and_then(|node| node.text().map(|text| (text, node.span)))) {
                (Some(known), Some((marker, span))) => {
                    known.entry(marker).or_insert_with(|| self.file.at(span));
                }
                (Some(_), None) => *markers = None,
                (None, _) => {}
            }
        }
    }
}
