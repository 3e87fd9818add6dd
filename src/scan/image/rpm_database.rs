//! RPM databases: recognised, so that their absence from an inventory is never silent. Not read yet.

use crate::diagnostic::DiagnosticKind;
use crate::model::Basis;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `rpm-database`.
pub struct RpmDatabase;

static META: ScannerMeta = ScannerMeta {
    id: "rpm-database",
    title: "RPM package database",
    summary: "Recognised and reported, not read: the packages of such a file system are missing in the inventory.",
    files: &[
        "**/var/lib/rpm/Packages",
        "**/var/lib/rpm/Packages.db",
        "**/var/lib/rpm/rpmdb.sqlite",
        "**/usr/lib/sysimage/rpm/Packages.db",
        "**/usr/lib/sysimage/rpm/rpmdb.sqlite",
    ],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[],
    reference: "https://rpm.org/docs/latest/manual/",
};

impl Scanner for RpmDatabase {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let message =
            "RPM databases are not read yet: the packages of this file system are missing; scan an SBOM of it instead";
        out.problem(DiagnosticKind::Unsupported, input.file(), None, message);
        Ok(())
    }
}
