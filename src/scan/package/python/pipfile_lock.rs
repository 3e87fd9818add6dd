//! `Pipfile.lock`: exact Python packages by category.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::Context as _;

use super::artefact;
use super::local;
use super::pep508::{conditions, decoded, file_parts, is_local, pinned, scope_of_group};
use super::reach::write_scope;
use super::tables::stated;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `pipfile-lock`.
pub struct PipfileLock;

static META: ScannerMeta = ScannerMeta {
    id: "pipfile-lock",
    title: "Pipenv lock file",
    summary: "Exact packages of all categories with hashes, extras, markers, and the index, repository or address \
              each comes from. The format has no edges; what is asked for directly stands in the Pipfile.",
    files: &["**/Pipfile.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://pipenv.pypa.io/en/latest/pipfile.html",
};

impl Scanner for PipfileLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.json_or_part(out)?;
        root.get("_meta").or_else(|| root.get("default")).context("no `_meta`: not a Pipenv lock file")?;
        let project = toolkit::locked_root("pypi", input, file, out);
        let sources = root.at(&["_meta", "sources"]).map_or(&[][..], Node::list);
        let indexes: BTreeMap<&str, &str> =
            sources.iter().filter_map(|source| Some((source.text_at("name")?, source.text_at("url")?))).collect();
        let first = sources.first().and_then(|source| source.text_at("url"));
        for category in root.entries().iter().filter(|entry| &*entry.key != "_meta") {
            let scope = match &*category.key {
                "default" => scope::RUNTIME,
                "develop" => scope::DEV,
                other => scope_of_group(other),
            };
            for entry in category.value.entries() {
                if !entry.value.is_map() {
                    let message = format!("`{}` is not a table", entry.key);
                    out.problem(DiagnosticKind::Malformed, file, Some(entry.value.span), message);
                    continue;
                }
                if let Some(id) = write(entry, &project, file, out) {
                    // what is packed in the tree comes from nowhere
                    if local_path(&entry.value).is_none() {
                        origin(&id, entry, &indexes, first, file, out);
                    }
                    write_scope(&id, Some(scope), &file.at(entry.key_span), out);
                }
            }
        }
        Ok(())
    }
}

/// The file or folder that a package is, in the tree or on the machine that builds.
fn local_path(node: &Node) -> Option<&str> {
    node.text_at("path").or_else(|| node.text_at("file").filter(|address| is_local(address)))
}

/// Writes one package; nothing for folders, which are the tree's own.
fn write(entry: &Entry, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) -> Option<ComponentId> {
    let node = &entry.value;
    // a path that is no text is told by its shape
    if ["path", "file"].iter().any(|key| node.get(key).is_some_and(|node| node.text().is_none())) {
        return None;
    }
    let path = local_path(node);
    if path.is_some_and(|path| !local::is_packed(path)) {
        return None;
    }
    let version = stated(node, "version");
    let of_file = || path.and_then(file_parts).map(|(_, version)| decoded(version));
    let exact = version.and_then(|(text, _)| pinned(text)).map(Cow::Borrowed).or_else(of_file);
    if let Some((text, span)) = version
        && exact.is_none()
    {
        let message = format!("`{}` is locked to `{text}`, which is no exact version", entry.key);
        out.problem(DiagnosticKind::Malformed, file, Some(span), message);
    }
    // a commit, or an archive with its hash
    let is_held = stated(node, "ref").is_some_and(|(commit, _)| toolkit::is_fixed(commit))
        || ["file", "url", "path"].iter().any(|kind| node.get(kind).is_some()) && node.get("hashes").is_some();
    let package = Package::new("pypi", &entry.key, exact.as_deref(), file, entry.key_span).at_fixed_revision(is_held);
    let id = package.write(project, out);
    if let Some(hash) = node.get("hashes").and_then(|hashes| hashes.list().first())
        && let Some(text) = hash.text()
    {
        out.attribute(&id, key::INTEGRITY, text, file.at(hash.span));
    }
    for extra in node.get("extras").map_or(&[][..], Node::list) {
        conditions(&id, extra.text().unwrap_or(""), "", &file.at(extra.span), out);
    }
    if let Some((marker, span)) = stated(node, "markers") {
        conditions(&id, "", marker, &file.at(span), out);
    }
    if let Some((commit, span)) = stated(node, "ref") {
        out.attribute(&id, key::REVISION, commit, file.at(span));
    }
    Some(id)
}

/// Its address, its index, or the first index of the file, which is asked for all that names none.
fn origin(
    id: &ComponentId,
    entry: &Entry,
    indexes: &BTreeMap<&str, &str>,
    first: Option<&str>,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let node = &entry.value;
    if ["git", "file", "url", "hg", "svn"].iter().any(|kind| artefact::fetched(id, node, kind, file, out)) {
        return;
    }
    let seen = file.at(entry.key_span);
    let index = stated(node, "index");
    if let Some((name, span)) = index {
        if let Some(address) = indexes.get(name) {
            toolkit::fetched_from(id, address, &file.at(span), out);
            return;
        }
        let message = format!("no source of this file is called `{name}`");
        out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
    }
    match first.and_then(toolkit::host_of) {
        Some(host) => toolkit::distributed_by(id, &host, &seen.inferred(), out),
        None => toolkit::from_default(id, "pypi", &seen, out),
    }
}
