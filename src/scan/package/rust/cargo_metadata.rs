//! `cargo metadata` through the `cargo_metadata` crate: only with `--trust-workspace`.
//!
//! Cargo can run programs that the scanned tree names (`build.rustc-wrapper` in its configuration),
//! so this never runs by default. It runs offline, locked, from a neutral folder, with wrapper
//! variables cleared. This is the one file that starts a program.

use anyhow::Context as _;
use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key, purl};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `cargo-metadata`.
pub struct CargoMetadata;

static META: ScannerMeta = ScannerMeta {
    id: "cargo-metadata",
    title: "Resolved Cargo workspace (only with --trust-workspace)",
    summary: "Edges and scopes (runtime, dev, build) as cargo resolves them for the workspace, and the repository each \
              crate states. Runs cargo, which the scanned tree can configure to run other programs: only for trees you trust.",
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
        let folder = root.join(file.folder().as_str());
        let metadata = MetadataCommand::new()
            .manifest_path(folder.join("Cargo.toml"))
            .current_dir(std::env::temp_dir())
            .env_remove("RUSTC_WRAPPER")
            .env_remove("RUSTC_WORKSPACE_WRAPPER")
            .env_remove("CARGO_BUILD_RUSTC_WRAPPER")
            .other_options(vec!["--offline".to_owned(), "--locked".to_owned()])
            .exec()
            .context("`cargo metadata` failed; the lock file was read instead")?;
        let project = ComponentId::project(&file.folder());
        for package in &metadata.packages {
            if package.source.is_none() {
                continue;
            }
            let id = purl::package("cargo", None, package.name.as_str(), Some(&package.version.to_string()));
            if let Some(owner) = package.repository.as_deref().and_then(|address| {
                let path = address.split_once("://").map_or(address, |(_, rest)| rest);
                crate::scan::package::toolkit::repository_owner(path)
            }) {
                out.attribute(&id, key::IDENTITY, owner, file.whole().declared());
            }
        }
        let Some(resolve) = metadata.resolve.as_ref() else { return Ok(()) };
        let id_of = |wanted: &cargo_metadata::PackageId| {
            let package = metadata.packages.iter().find(|package| package.id == *wanted)?;
            let own = package.source.is_none();
            Some((own, purl::package("cargo", None, package.name.as_str(), Some(&package.version.to_string()))))
        };
        for node in &resolve.nodes {
            let Some((own, id)) = id_of(&node.id) else { continue };
            let from = if own { project.clone() } else { id };
            for need in &node.deps {
                let Some((false, to)) = id_of(&need.pkg) else { continue };
                out.relation(&from, RelationKind::DependsOn, &to, file.whole());
                for kind in &need.dep_kinds {
                    let scope = match kind.kind {
                        DependencyKind::Development => "dev",
                        DependencyKind::Build => "build",
                        _ => "runtime",
                    };
                    out.attribute(&to, key::SCOPE, scope, file.whole());
                }
            }
        }
        Ok(())
    }
}
