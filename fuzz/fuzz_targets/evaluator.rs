//! The evaluators, each over a small tree: modules of Terraform, charts, stacks, templates and modules of Azure, overlays.
#![no_main]

use std::sync::LazyLock;

use sovaudit::catalog::Catalog;
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::scan::{Options, scan_files};
use sovaudit::text::RelPath;
use sovaudit_fuzz::tree;

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let files = tree::files(data);
    let path = |name: &str| RelPath::new(name).expect("a path");
    let files = files.into_iter().map(|(name, content)| (path(name), content, None)).collect();
    let inventory = scan_files(files, &CATALOG, &Options::default());
    for problem in &inventory.diagnostics {
        assert_ne!(problem.kind, DiagnosticKind::Internal, "{problem:?}");
    }
});
