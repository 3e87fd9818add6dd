//! Julia's `Manifest.toml`, formats 1 and 2: exact packages with edges.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Entries, Locked, Package, manifest};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `julia-manifest`.
pub struct JuliaManifest;

static META: ScannerMeta = ScannerMeta {
    id: "julia-manifest",
    title: "Julia manifest",
    summary: "Exact packages of both formats with edges, tree hashes and git hosts. Packages of the tree (`path`) and \
              those of Julia itself that have no version are not packages of others.",
    files: &["**/Manifest.toml", "**/JuliaManifest.toml", "**/Manifest-v*.toml", "**/JuliaManifest-v*.toml"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://pkgdocs.julialang.org/v1/toml-files/#Manifest.toml",
};

impl Scanner for JuliaManifest {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.toml_or_part(out);
        let is_newer = root.get("manifest_format").is_some() || root.get("julia_version").is_some();
        let table = if is_newer { root.get("deps") } else { Some(root) };
        let packages: Vec<(&Entry, &Node)> = table
            .map_or(&[][..], Node::entries)
            .iter()
            .flat_map(|entry| entry.value.list().iter().map(move |node| (entry, node)))
            .filter(|(_, node)| is_newer || node.get("uuid").is_some())
            .collect();
        // other tools have a file of that name as well
        if packages.is_empty() && !is_newer {
            return Ok(());
        }
        let project = toolkit::locked_root("julia", input, file, out);
        let mut entries = Entries::default();
        let mut all = Vec::new();
        for (entry, node) in packages {
            if let Some(locked) = package(entry, node, &project, input, out) {
                entries.add(&*entry.key, node.text_at("uuid"), locked.clone());
                all.push((locked, node));
            }
        }
        for (locked, node) in &all {
            let Some(needs) = node.get("deps") else { continue };
            // names, or names with the id of the package where there are several
            let listed = needs.list().iter().filter_map(|need| Some((need.text()?, None, need.span)));
            let mapped = needs.entries().iter().map(|entry| (&*entry.key, entry.value.text(), entry.key_span));
            for (name, uuid, span) in listed.chain(mapped) {
                for to in entries.named(name, uuid) {
                    locked.needs(to, &file.at(span), out);
                }
            }
        }
        Ok(())
    }
}

fn package(
    entry: &Entry,
    node: &Node,
    project: &ComponentId,
    input: &Input<'_>,
    out: &mut Facts<'_>,
) -> Option<Locked> {
    let file = input.file();
    if let Some(path) = node.get("path") {
        let folder = path.text().and_then(|path| file.folder().join(path));
        let folder = folder.filter(|folder| toolkit::is_project(folder, manifest::JULIA, input));
        return Some(match folder {
            Some(folder) => toolkit::member_at(&folder, project, input, file.at(path.span), out),
            None => Locked::own(project),
        });
    }
    let (uuid, tree) = (node.text_at("uuid"), node.get("git-tree-sha1"));
    let Some(version) = node.text_at("version") else {
        // without a tree it is a part of Julia
        if tree.is_some() || !node.is_map() {
            out.problem(DiagnosticKind::Malformed, file, Some(entry.key_span), "package entry without `version`");
        }
        return None;
    };
    let qualifiers = [("uuid", uuid.unwrap_or(""))];
    let package = Package::new("julia", &entry.key, Some(version), file, name_span(entry, node));
    let id = package.qualified(&qualifiers).write(project, out);
    let seen = file.at(name_span(entry, node));
    if let Some(tree) = tree
        && let Some(text) = tree.text()
    {
        out.attribute(&id, key::INTEGRITY, format!("git-tree-sha1:{text}"), file.at(tree.span));
    }
    if let Some(revision) = node.get("repo-rev")
        && let Some(text) = revision.text()
    {
        out.attribute(&id, key::REVISION, text, file.at(revision.span));
    }
    match node.get("repo-url").and_then(|address| Some((address, address.text()?))) {
        Some((address, text)) => toolkit::from_git(&id, text, &file.at(address.span), out),
        None if tree.is_some() => toolkit::from_default(&id, "julia", &seen, out),
        None => {}
    }
    Some(Locked::package(id))
}

/// The header `[[deps.Name]]` of this entry; all entries of a name share one key.
fn name_span(entry: &Entry, node: &Node) -> crate::text::Span {
    if node.span.start > entry.key_span.end && node.span.end > node.span.start { node.span } else { entry.key_span }
}
