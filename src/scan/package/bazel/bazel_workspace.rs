//! `WORKSPACE`: archives and repositories of a Bazel build by literal address.

use crate::model::{Basis, ComponentKind};
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `bazel-workspace`.
pub struct BazelWorkspace;

static META: ScannerMeta = ScannerMeta {
    id: "bazel-workspace",
    title: "Bazel workspace",
    summary: "Archives, files, git repositories and Go modules with literal addresses, their mirrors and hashes. What \
              functions of other files add is not read; what is computed is a diagnostic.",
    files: &["**/WORKSPACE", "**/WORKSPACE.bazel", "**/WORKSPACE.bzlmod"],
    unit: Unit::File,
    size: SizeClass::Code,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://bazel.build/rules/lib/repo/http",
};

impl Scanner for BazelWorkspace {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let project = toolkit::root(input, file, out);
        for call in super::calls_of(file, out) {
            super::fetch(&call, &project, file, out);
        }
        Ok(())
    }
}
