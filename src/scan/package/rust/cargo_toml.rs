//! `Cargo.toml`: declared dependencies, for trees without a lock file and for what a lock file
//! does not tell (which dependencies a member asks for itself).

use crate::model::{Basis, ComponentId, ComponentKind};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `cargo-toml`.
pub struct CargoToml;

static META: ScannerMeta = ScannerMeta {
    id: "cargo-toml",
    title: "Cargo manifest",
    summary: "Declared dependencies of all tables with their requirement, git hosts and alternative registries. A \
              Cargo.lock in the folder or above answers them; dependencies inside the tree are not components.",
    files: &["**/Cargo.toml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://doc.rust-lang.org/cargo/reference/manifest.html",
};

impl Scanner for CargoToml {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.toml_or_part(out);
        let project = toolkit::root(input, file, out);
        for (scope, table) in tables(&root) {
            for entry in table.entries() {
                dependency(entry, scope, &project, file, out);
            }
        }
        Ok(())
    }
}

fn tables(root: &Node) -> Vec<(&'static str, &Node)> {
    let kinds = [("dependencies", "runtime"), ("dev-dependencies", "dev"), ("build-dependencies", "build")];
    let mut holders = vec![root];
    holders.extend(root.get("workspace"));
    holders.extend(root.get("target").map_or(&[][..], Node::entries).iter().map(|entry| &entry.value));
    let mut found = Vec::new();
    for holder in holders {
        found.extend(kinds.iter().filter_map(|(name, scope)| holder.get(name).map(|table| (*scope, table))));
    }
    found
}

fn dependency(entry: &Entry, scope: &'static str, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let value = &entry.value;
    // `workspace = true` repeats what the workspace's own manifest states; its version is there
    if value.get("path").is_some() {
        return;
    }
    let name = value.text_at("package").unwrap_or(&entry.key);
    let requirement = value.text().or_else(|| value.text_at("version")).unwrap_or("");
    let id = Package::new("cargo", name, None, file, entry.key_span).require(requirement, scope, project, out);
    match value.get("git") {
        Some(git) => {
            if let Some(address) = git.text() {
                toolkit::fetched_from(&id, address, &file.at(git.span), out);
            }
        }
        None if value.get("registry").is_none() && value.get("workspace").is_none() => {
            toolkit::distributed_by(&id, "crates.io", &file.at(entry.key_span).inferred(), out);
        }
        None => {}
    }
}
