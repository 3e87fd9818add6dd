//! `pubspec.lock`: exact Dart packages.

use anyhow::Context as _;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Entry;
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `pubspec-lock`.
pub struct PubspecLock;

static META: ScannerMeta = ScannerMeta {
    id: "pubspec-lock",
    title: "Dart lock file",
    summary: "Exact packages, direct or transitive, with the server or git host each comes from and its hash. \
              Packages of the tree (`path`) and those that come with the SDK are not packages of others. The format \
              has no edges.",
    files: &["**/pubspec.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://dart.dev/tools/pub/glossary#lockfile",
};

impl Scanner for PubspecLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.yaml_or_part(out).first().context("no document that can be read")?;
        let packages = root.get("packages").context("no `packages`: not a Dart lock file")?;
        let project = toolkit::locked_root("pub", input, file, out);
        for entry in packages.entries() {
            package(entry, &project, file, out);
        }
        Ok(())
    }
}

fn package(entry: &Entry, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let node = &entry.value;
    let source = node.text_at("source").unwrap_or("hosted");
    if matches!(source, "path" | "sdk") {
        return;
    }
    let Some(version) = node.get("version").and_then(|version| version.scalar()) else {
        out.problem(DiagnosticKind::Malformed, file, Some(entry.key_span), "package entry without `version`");
        return;
    };
    let name = node.at(&["description", "name"]).and_then(|name| name.text()).unwrap_or(&entry.key);
    let id = Package::new("pub", name, Some(&version), file, entry.key_span).write(project, out);
    if let Some(hash) = node.at(&["description", "sha256"])
        && let Some(text) = hash.scalar().filter(|text| !text.is_empty())
    {
        out.attribute(&id, key::INTEGRITY, format!("sha256:{text}"), file.at(hash.span));
    }
    match node.at(&["description", "url"]).and_then(|url| Some((url, url.text()?))) {
        // the server's former name
        Some((url, "https://pub.dartlang.org")) => toolkit::distributed_by(&id, "pub.dev", &file.at(url.span), out),
        Some((url, text)) if node.text_at("source") == Some("git") => {
            toolkit::from_git(&id, text, &file.at(url.span), out);
        }
        Some((url, text)) => toolkit::fetched_from(&id, text, &file.at(url.span), out),
        None => toolkit::from_default(&id, "pub", &file.at(entry.key_span), out),
    }
    if let Some(revision) = node.at(&["description", "resolved-ref"])
        && let Some(text) = revision.scalar()
    {
        out.attribute(&id, key::REVISION, text, file.at(revision.span));
    }
    relation(entry, &id, project, file, out);
}

fn relation(entry: &Entry, id: &ComponentId, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(dependency) = entry.value.get("dependency") else { return };
    let seen = file.at(dependency.span);
    match dependency.text() {
        Some("direct main") => {
            toolkit::direct(project, id, &seen, out);
            out.attribute(id, key::SCOPE, scope::RUNTIME, seen);
        }
        // what it is needed for, the manifest says
        Some("direct overridden") => toolkit::direct(project, id, &seen, out),
        Some("direct dev") => {
            toolkit::direct(project, id, &seen, out);
            out.attribute(id, key::SCOPE, scope::DEV, seen);
        }
        Some("transitive") => out.attribute(id, key::RELATION, "transitive", seen),
        _ => out.problem(DiagnosticKind::Malformed, file, Some(dependency.span), "an unknown kind of dependency"),
    }
}
