//! `supply-chain/imports.lock` of cargo-vet: which account of crates.io published a version, as the registry told it when the
//! file was written.

use std::collections::BTreeSet;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key, purl};
use crate::parse::Node;
use crate::scan::package::publisher;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `cargo-vet`.
pub struct CargoVet;

static META: ScannerMeta = ScannerMeta {
    id: "cargo-vet",
    title: "Publishers of crates noted by cargo-vet",
    summary: "The account of crates.io that published a version, as a key, and the name it gives itself; for versions that \
              the Cargo.lock beside the folder has. Audits and exemptions are not read.",
    files: &["**/supply-chain/imports.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Package],
    reference: "https://mozilla.github.io/cargo-vet/",
};

impl Scanner for CargoVet {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.toml_or_part(out);
        let Some(publishers) = root.get("publisher") else { return Ok(()) };
        let lock = file.folder().parent().join("Cargo.lock").and_then(|path| input.companion(&path));
        let locked = locked(lock.as_ref().map_or("", |lock| lock.text()));
        for entry in publishers.entries() {
            for row in entry.value.list() {
                let (Some(version), Some(login)) = (row.text_at("version"), row.get("user-login")) else {
                    let message = "entry of a publisher without `version` or `user-login`";
                    out.problem(DiagnosticKind::Malformed, file, Some(row.span), message);
                    continue;
                };
                if locked.contains(&(&*entry.key, version)) {
                    account(&entry.key, version, login, row, file, out);
                }
            }
        }
        Ok(())
    }
}

fn account(name: &str, version: &str, login: &Node, row: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(text) = login.text().filter(|text| !text.is_empty()) else { return };
    let id = purl::of("cargo", name, Some(version));
    let seen = file.at(login.span);
    out.component(&id, ComponentKind::Package, seen.clone());
    out.attribute(&id, key::IDENTITY, format!("crates-user:{}", text.to_ascii_lowercase()), seen);
    if let Some(at) = row.get("user-name")
        && let Some(text) = at.text()
    {
        publisher::author(&id, text, &file.at(at.span), out);
    }
}

/// Names and versions of a lock file, which cargo writes in one way only.
fn locked(lock: &str) -> BTreeSet<(&str, &str)> {
    let mut lines = lock.lines().peekable();
    let mut all = BTreeSet::new();
    while let Some(line) = lines.next() {
        if let (Some(name), Some(version)) =
            (value(line, "name = \""), lines.peek().and_then(|next| value(next, "version = \"")))
        {
            all.insert((name, version));
        }
    }
    all
}

/// What stands between the beginning of a line and the quotation mark at its end.
fn value<'t>(line: &'t str, key: &str) -> Option<&'t str> {
    line.strip_prefix(key)?.trim_end().strip_suffix('"')
}
