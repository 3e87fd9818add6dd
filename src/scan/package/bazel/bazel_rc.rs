//! `.bazelrc`: registries that Bazel is told to ask.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::parse::lines::{lines, span_within};
use crate::scan::package::toolkit::{self, Standing};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `bazel-rc`.
pub struct BazelRc;

static META: ScannerMeta = ScannerMeta {
    id: "bazel-rc",
    title: "Bazel settings",
    summary: "Registries of `--registry` options, which Bazel asks instead of the central one.",
    files: &["**/.bazelrc", "**/*.bazelrc"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Host],
    reference: "https://bazel.build/external/registry",
};

impl Scanner for BazelRc {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let mut project = None;
        for line in lines(file.text()) {
            let code = line.text.split('#').next().unwrap_or("");
            for word in code.split_whitespace() {
                let Some(address) = word.strip_prefix("--registry=") else { continue };
                let address = address.trim_matches(['"', '\'']);
                let span = span_within(&line, word);
                if toolkit::host_of(address).is_none() {
                    if !address.starts_with("file:") {
                        let message = "a registry whose address names no host";
                        out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
                    }
                    continue;
                }
                let project = project.get_or_insert_with(|| toolkit::root(input, file, out));
                let seen = file.at(span);
                toolkit::registry(project, "bazel", "*", Standing::Instead, address, &seen, out);
            }
        }
        Ok(())
    }
}
