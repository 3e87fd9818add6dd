//! `build.sbt.lock`: exact packages of an sbt build.

use anyhow::Context as _;

use super::gradle_lock::scope_of_all;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `sbt-lock`.
pub struct SbtLock;

static META: ScannerMeta = ScannerMeta {
    id: "sbt-lock",
    title: "sbt lock file",
    summary: "Exact packages with hashes and the scope of their configurations, as the dependency lock plugin writes \
              them; the format has no edges.",
    files: &["**/*.sbt.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://stringbean.github.io/sbt-dependency-lock/file-formats/index.html",
};

impl Scanner for SbtLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.json_or_part(out)?;
        let dependencies = root.get("dependencies").context("no `dependencies`: not an sbt lock file")?;
        if let Some(version) = root.get("lockVersion")
            && version.scalar().as_deref() != Some("1")
        {
            let message = "a lock version that is not known; read as version 1";
            out.problem(DiagnosticKind::Unsupported, file, Some(version.span), message);
        }
        let project = toolkit::locked_root("maven", input, file, out);
        for entry in dependencies.list() {
            let stated = (entry.text_at("org"), entry.get("name"), entry.text_at("version"));
            let (Some(org), Some(name), Some(version)) = stated else {
                let message = "a dependency without `org`, `name` or `version`";
                out.problem(DiagnosticKind::Malformed, file, Some(entry.span), message);
                continue;
            };
            let Some(artifact) = name.text() else { continue };
            let full = format!("{org}:{artifact}");
            let id = Package::new("maven", &full, Some(version), file, name.span).write(&project, out);
            let seen = file.at(name.span);
            let configurations = entry.get("configurations").map_or(&[][..], Node::list);
            if let Some(scope) = scope_of_all(configurations.iter().filter_map(Node::text)) {
                out.attribute(&id, key::SCOPE, scope, seen.clone());
            }
            for hash in entry.get("artifacts").map_or(&[][..], Node::list).iter().filter_map(|one| one.get("hash")) {
                if let Some(text) = hash.text() {
                    out.attribute(&id, key::INTEGRITY, text, file.at(hash.span));
                }
            }
            toolkit::from_default(&id, "maven", &seen, out);
        }
        Ok(())
    }
}
