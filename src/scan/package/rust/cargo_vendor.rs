//! Crates that `cargo vendor` copied into the tree: a folder with `.cargo-checksum.json` and a manifest.

use anyhow::Context as _;

use crate::model::{Basis, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `cargo-vendor`.
pub struct CargoVendor;

static META: ScannerMeta = ScannerMeta {
    id: "cargo-vendor",
    title: "Vendored crates",
    summary: "Crates whose copies lie in the tree, with checksum, licence, repository and the mail domains of the authors \
              from their manifests. What these manifests ask for is not read: the lock file says what is built.",
    files: &["**/.cargo-checksum.json"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package],
    reference: "https://doc.rust-lang.org/cargo/commands/cargo-vendor.html",
};

impl Scanner for CargoVendor {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn reads_installed(&self) -> bool {
        true
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let sums = input.file();
        let folder = sums.folder();
        let manifest = folder.join("Cargo.toml").and_then(|path| input.companion(&path));
        let manifest = manifest.context("no Cargo.toml beside it that can be read")?;
        let done = vendored(sums, &manifest, input, out);
        manifest.tell_odd_shapes(out);
        done
    }
}

/// Name, publisher and checksum of one vendored crate.
fn vendored(sums: &SourceFile, manifest: &SourceFile, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
    let folder = sums.folder();
    let root = manifest.toml_or_part(out);
    let package = root.get("package").context("the Cargo.toml beside it has no `[package]`")?;
    let name = package.get("name").context("the Cargo.toml beside it has no `name`")?;
    let (Some(text), Some(version)) = (name.text(), package.text_at("version")) else {
        anyhow::bail!("the Cargo.toml beside it has no `name` or `version` that is a text");
    };
    let project = input.root_subject_at(&folder.parent().parent());
    out.component(&project, input.root_kind(), sums.whole());
    let id = Package::new("cargo", text, Some(version), manifest, name.span).write(&project, out);
    toolkit::held(&id, &folder, &manifest.at(name.span), out);
    for author in package.get("authors").map_or(&[][..], Node::list) {
        toolkit::mail(&id, author.text().unwrap_or(""), &manifest.at(author.span), out);
    }
    if let Some(at) = package.get("repository")
        && let Some(address) = at.text()
    {
        toolkit::repository(&id, address, &manifest.at(at.span), out);
    }
    if let Some(at) = package.get("license")
        && let Some(licence) = at.text()
    {
        out.attribute(&id, key::LICENSE, licence, manifest.at(at.span));
    }
    let checksums = sums.json_or_part(out)?;
    if let Some(sum) = checksums.get("package")
        && let Some(text) = sum.text()
    {
        out.attribute(&id, key::INTEGRITY, format!("sha256:{text}"), sums.at(sum.span));
    }
    Ok(())
}
