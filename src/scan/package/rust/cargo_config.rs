//! `.cargo/config.toml`: registries, mirrors and folders that Cargo is told to take crates from.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind};
use crate::parse::{Entry, Node};
use crate::scan::package::rust::replaced;
use crate::scan::package::rust::workspace::is_public;
use crate::scan::package::toolkit::{self, Standing};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `cargo-config`.
pub struct CargoConfig;

static META: ScannerMeta = ScannerMeta {
    id: "cargo-config",
    title: "Cargo configuration",
    summary: "Registries, and mirrors or folders that stand in for the public registry or another source. Tokens are \
              never read.",
    files: &["**/.cargo/config.toml", "**/.cargo/config"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Host],
    reference: "https://doc.rust-lang.org/cargo/reference/source-replacement.html",
};

impl Scanner for CargoConfig {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.toml_or_part(out);
        // holds for the folder that `.cargo` lies in
        let project = input.root_subject_at(&file.folder().parent());
        out.component(&project, input.root_kind(), file.whole());
        for entry in root.get("registries").map_or(&[][..], Node::entries) {
            if let Some(index) = entry.value.get("index")
                && let Some(host) = index.text().filter(|text| !is_public(text)).and_then(toolkit::host_of)
            {
                toolkit::distributed_by(&project, &host, &file.at(index.span), out);
            }
        }
        for entry in root.get("source").map_or(&[][..], Node::entries) {
            if entry.value.get("replace-with").is_some() {
                replaced(entry, root, &project, file, out);
            }
        }
        Ok(())
    }
}

/// A source that another stands in for: the last of the chain is what is asked.
fn replaced(entry: &Entry, root: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let source = match replaced::follow(entry, root) {
        Ok(source) => source,
        Err((kind, span, message)) => return out.problem(kind, file, Some(span), message),
    };
    let is_default = &*entry.key == "crates-io";
    if let Some(folder) = source.get("directory").or_else(|| source.get("local-registry")) {
        if let Some(path) = folder.text() {
            let seen = file.at(folder.span);
            match file.folder().parent().join(path) {
                Some(path) => toolkit::held(project, &path, &seen, out),
                None => {
                    let message = "crates are taken from a folder outside of the tree";
                    out.problem(DiagnosticKind::Unresolved, file, Some(folder.span), message);
                }
            }
        }
        return;
    }
    let Some((text, span)) = replaced::address_of(source) else {
        let message = format!("what stands in for `{}` names no registry, repository or folder", entry.key);
        return out.problem(DiagnosticKind::Malformed, file, Some(source.span), message);
    };
    if is_public(text) {
        return;
    }
    let seen = file.at(span);
    if is_default {
        toolkit::registry(project, "cargo", "*", Standing::Instead, text, &seen, out);
    } else if let Some(host) = toolkit::host_of(text) {
        toolkit::distributed_by(project, &host, &seen, out);
    }
}
