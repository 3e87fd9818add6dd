//! Every scanner: the first byte chooses the file's name, the rest is its content.
#![no_main]

use std::sync::LazyLock;

use sovaudit::catalog::Catalog;
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::scan::{Options, scan_files};
use sovaudit::text::RelPath;

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);

const NAMES: [&str; 24] = [
    "a.yaml",
    "a.json",
    "compose.yaml",
    "Chart.yaml",
    "values.yaml",
    "kustomization.yaml",
    ".github/workflows/a.yml",
    "Dockerfile",
    "main.tf",
    "main.tf.json",
    "terraform.tfvars",
    ".terraform.lock.hcl",
    "Cargo.toml",
    "Cargo.lock",
    "pyproject.toml",
    "uv.lock",
    "package-lock.json",
    "requirements.txt",
    "go.mod",
    "nvidia-smi.xml",
    "lspci.txt",
    "var/lib/dpkg/status",
    "lib/apk/db/installed",
    "app.py",
];

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, content)) = data.split_first() else { return };
    let name = NAMES[usize::from(*first) % NAMES.len()];
    let path = RelPath::new(name).expect("a path");
    let inventory = scan_files(vec![(path, content.to_vec(), None)], &CATALOG, &Options::default());
    for problem in &inventory.diagnostics {
        assert_ne!(problem.kind, DiagnosticKind::Internal, "{problem:?} in {name}");
    }
});
