//! `Cargo.toml`: declared dependencies, for trees without a lock file and for what a lock file
//! does not tell (which dependencies a member asks for itself).

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key, purl};
use crate::parse::{self, Node};
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `cargo-toml`.
pub struct CargoToml;

static META: ScannerMeta = ScannerMeta {
    id: "cargo-toml",
    title: "Cargo manifest",
    summary: "Declared dependencies with their requirement, git hosts and alternative registries. A dependency is a \
              component of its own only where no lock file stands in the same folder or above would resolve it: \
              members of a workspace are told by `workspace = true` or a lock file beside the manifest.",
    files: &["**/Cargo.toml", "**/Cargo.lock"],
    unit: Unit::Directory,
    size: SizeClass::Large,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://doc.rust-lang.org/cargo/reference/manifest.html",
};

impl Scanner for CargoToml {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let locked = input.files.iter().any(|file| file.path().name() == "Cargo.lock");
        let Some(file) = input.files.iter().find(|file| file.path().name() == "Cargo.toml") else { return Ok(()) };
        let (root, problems) = parse::toml::toml(file.text());
        for problem in &problems {
            out.problem(DiagnosticKind::Malformed, file, Some(problem.span), &problem.message);
        }
        let project = toolkit::root(input, file, out);
        // a member without a lock file of its own is resolved by the workspace's, which lists it
        let member = root.get("workspace").is_none() && inherits(&root);
        for (scope, table) in tables(&root) {
            for entry in table.entries() {
                dependency(&entry.key, entry.key_span, &entry.value, scope, locked || member, &project, file, out);
            }
        }
        Ok(())
    }
}

/// True when any field says `workspace = true`.
fn inherits(root: &Node) -> bool {
    root.walk().any(|node| node.get("workspace").and_then(Node::as_bool) == Some(true))
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

#[expect(clippy::too_many_arguments, reason = "one call site; a struct would only rename them")]
fn dependency(
    alias: &str,
    span: crate::text::Span,
    value: &Node,
    scope: &'static str,
    resolved_elsewhere: bool,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    if value.get("path").is_some() || value.get("workspace").is_some() {
        return;
    }
    let name = value.text_at("package").unwrap_or(alias);
    let git = value.get("git");
    if let Some(address) = git.and_then(Node::text)
        && let Some(host) = toolkit::host_of(address)
    {
        let seen = file.at(git.map_or(span, |node| node.span));
        let id = purl::package("cargo", None, name, None);
        if !resolved_elsewhere {
            out.attribute(&id, key::DOWNLOAD, toolkit::without_secrets(address), seen.clone());
            toolkit::distributed_by(&id, &host, &seen, out);
        }
    }
    if resolved_elsewhere {
        return;
    }
    let id = Package { ecosystem: "cargo", name, version: None, file, span }.write(project, out);
    out.relation(project, RelationKind::DependsOn, &id, file.at(span));
    out.attribute(&id, key::RELATION, "direct", file.at(span));
    out.attribute(&id, key::SCOPE, scope, file.at(span));
    if let Some(requirement) = value.text().or_else(|| value.text_at("version")) {
        out.attribute(&id, key::REQUIREMENT, requirement, file.at(value.span));
    }
    if git.is_none() && value.get("registry").is_none() {
        toolkit::distributed_by(&id, "crates.io", &file.at(span).inferred(), out);
    }
}
