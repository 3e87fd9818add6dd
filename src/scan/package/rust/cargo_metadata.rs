//! `cargo metadata` through the `cargo_metadata` crate: only with `--trust-workspace`.
//!
//! Cargo can run programs that the scanned tree names (`build.rustc-wrapper` in its configuration),
//! so this never runs by default. It runs offline, locked, from a neutral folder, with wrapper
//! variables cleared. This is the one file that starts a program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context as _;
use cargo_metadata::{DependencyKind, MetadataCommand, PackageId};

use crate::model::{Basis, ComponentId, ComponentKind, key, purl};
use crate::scan::package::toolkit::{self, Locked, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `cargo-metadata`.
pub struct CargoMetadata;

static META: ScannerMeta = ScannerMeta {
    id: "cargo-metadata",
    title: "Resolved Cargo workspace (only with --trust-workspace)",
    summary: "Edges, scopes (runtime, dev, build), chosen features and target conditions as cargo resolves them for the \
              workspace, and the repository, authors' domains and licence each crate states. Runs cargo, which the scanned tree can configure to run other programs: only for trees you trust.",
    files: &["**/Cargo.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Package],
    reference: "https://doc.rust-lang.org/cargo/commands/cargo-metadata.html",
};

impl Scanner for CargoMetadata {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let Some(root) = input.trusted_root else { return Ok(()) };
        let file = input.file();
        // cargo runs in another folder, so that a relative target would lead elsewhere
        let folder = std::path::absolute(root.join(file.folder().as_str()))?;
        let metadata = MetadataCommand::new()
            .manifest_path(folder.join("Cargo.toml"))
            .current_dir(std::env::temp_dir())
            .env_remove("RUSTC_WRAPPER")
            .env_remove("RUSTC_WORKSPACE_WRAPPER")
            .env_remove("CARGO_BUILD_RUSTC_WRAPPER")
            .other_options(vec!["--offline".to_owned(), "--locked".to_owned()])
            .exec()
            .context("`cargo metadata` failed; the lock file was read instead")?;
        let ids: BTreeMap<&PackageId, Locked> =
            metadata.packages.iter().map(|package| (&package.id, locked(package, &folder, file))).collect();
        for package in metadata.packages.iter().filter(|package| package.source.is_some()) {
            publisher(package, &ids[&package.id].id, file, out);
        }
        let Some(resolve) = metadata.resolve.as_ref() else { return Ok(()) };
        // what is needed without a condition somewhere is needed without one
        let needs = resolve.nodes.iter().flat_map(|node| &node.deps);
        let always: BTreeSet<&PackageId> = needs
            .filter(|need| need.dep_kinds.iter().any(|kind| kind.target.is_none()))
            .map(|need| &need.pkg)
            .collect();
        for node in &resolve.nodes {
            let Some(from) = ids.get(&node.id) else { continue };
            if !from.own && !node.features.is_empty() {
                let features: Vec<String> = node.features.iter().map(ToString::to_string).collect();
                out.attribute(&from.id, key::EXTRAS, features.join(", "), file.whole());
            }
            for need in &node.deps {
                let Some(to) = ids.get(&need.pkg) else { continue };
                from.needs(to, &file.whole(), out);
                if to.own {
                    continue;
                }
                for kind in &need.dep_kinds {
                    let scope = match kind.kind {
                        DependencyKind::Development => scope::DEV,
                        DependencyKind::Build => scope::BUILD,
                        _ => scope::RUNTIME,
                    };
                    out.attribute(&to.id, key::SCOPE, scope, file.whole());
                    if let Some(target) = kind.target.as_ref().filter(|_| !always.contains(&need.pkg)) {
                        out.attribute(&to.id, key::CONDITION, target.to_string(), file.whole());
                    }
                }
            }
        }
        Ok(())
    }
}

/// A crate of others, or a member of the workspace: the project of its folder, the top's where it lies outside of that.
fn locked(package: &cargo_metadata::Package, top: &Path, file: &SourceFile) -> Locked {
    if package.source.is_none() {
        let folder = package.manifest_path.parent().and_then(|folder| folder.as_std_path().strip_prefix(top).ok());
        let folder = folder.and_then(Path::to_str).and_then(|folder| file.folder().join(folder));
        return Locked::own(&ComponentId::project(&folder.unwrap_or_else(|| file.folder())));
    }
    Locked::package(purl::package("cargo", None, package.name.as_str(), Some(&package.version.to_string())))
}

/// Who says to be behind a crate.
fn publisher(package: &cargo_metadata::Package, id: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let seen = file.whole().declared();
    if let Some(address) = &package.repository {
        toolkit::repository(id, address, &seen, out);
    }
    for author in &package.authors {
        toolkit::mail(id, author, &seen, out);
    }
    if let Some(licence) = &package.license {
        out.attribute(id, key::LICENSE, licence, seen);
    }
}
