//! `conan.lock` of Conan 1 (a graph) and Conan 2 (lists).

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Entries, Locked, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

use super::Reference;

/// Scanner `conan-lock`.
pub struct ConanLock;

static META: ScannerMeta = ScannerMeta {
    id: "conan-lock",
    title: "Conan lock file",
    summary: "Exact packages with recipe revision, user and channel, and build tools apart. Edges where the file has \
              them (Conan 1); lists of Conan 2 have none. Remotes stand in no file of the project: ConanCenter is \
              inferred for packages without a user.",
    files: &["**/conan.lock", "**/*.conan.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.conan.io/2/tutorial/versioning/lockfiles.html",
};

/// Lists of Conan 2.
const LISTS: [(&str, &str); 4] = [
    ("requires", scope::RUNTIME),
    ("build_requires", scope::BUILD),
    ("python_requires", scope::BUILD),
    ("config_requires", scope::BUILD),
];

impl Scanner for ConanLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.json_or_part(out)?;
        let nodes = root.at(&["graph_lock", "nodes"]);
        let is_list = LISTS.iter().any(|(list, _)| root.get(list).is_some());
        anyhow::ensure!(nodes.is_some() || is_list, "neither `graph_lock` nor `requires`: not a Conan lock file");
        let project = toolkit::locked_root("conan", input, file, out);
        if let Some(nodes) = nodes {
            graph(nodes, &project, file, out);
        }
        for (list, scope) in LISTS {
            for item in root.get(list).map_or(&[][..], Node::list) {
                // with metadata an entry is a pair of reference and data
                let reference = item.list().first().unwrap_or(item);
                if let Some(id) = package(reference, &project, file, out) {
                    out.attribute(&id, key::SCOPE, scope, file.at(reference.span));
                }
            }
        }
        Ok(())
    }
}

/// Conan 1: nodes by number.
fn graph(nodes: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let mut entries = Entries::default();
    let mut all = Vec::new();
    for entry in nodes.entries() {
        let node = &entry.value;
        let reference = node.get("ref").filter(|reference| reference.text().is_some_and(|text| !text.is_empty()));
        // the project itself is a node with a path and perhaps a name
        let locked = match reference {
            Some(reference) if node.get("path").is_none() => {
                let Some(id) = package(reference, project, file, out) else { continue };
                Locked::package(id)
            }
            _ => Locked::own(project),
        };
        entries.add(&*entry.key, None, locked.clone());
        all.push((locked, node));
    }
    for (locked, node) in &all {
        for (list, scope) in [("requires", scope::RUNTIME), ("build_requires", scope::BUILD)] {
            for need in node.get(list).map_or(&[][..], Node::list) {
                let Some(number) = need.scalar() else { continue };
                for to in entries.named(&number, None) {
                    locked.needs(to, &file.at(need.span), out);
                    if !to.own {
                        out.attribute(&to.id, key::SCOPE, scope, file.at(need.span));
                    }
                }
            }
        }
    }
}

fn package(node: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) -> Option<ComponentId> {
    let reference = node.text().and_then(Reference::parse).filter(|reference| reference.exact().is_some());
    let Some(reference) = reference else {
        out.problem(DiagnosticKind::Malformed, file, Some(node.span), "not a reference with an exact version");
        return None;
    };
    let qualifiers = [("user", reference.user), ("channel", reference.channel)];
    let name = reference.full_name();
    let package = Package::new("conan", &name, reference.exact(), file, node.span);
    let id = package.qualified(&qualifiers).write(project, out);
    if let Some(revision) = reference.revision {
        out.attribute(&id, key::REVISION, revision, file.at(node.span));
    }
    if reference.user.is_empty() {
        toolkit::from_default(&id, "conan", &file.at(node.span), out);
    }
    Some(id)
}
