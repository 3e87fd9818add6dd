//! Files that hold nothing but versions of tools: `.tool-versions`, `.nvmrc`, `.python-version`, …

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::parse::lines::{lines, span_within};
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `tool-versions`.
pub struct ToolVersions;

static META: ScannerMeta = ScannerMeta {
    id: "tool-versions",
    title: "Tool version files",
    summary: "Compilers and runtimes that the project fixes, as build tools. A version of three numbers is exact, \
              anything shorter and names such as `lts/*` are constraints.",
    files: &[
        "**/.tool-versions",
        "**/.nvmrc",
        "**/.node-version",
        "**/.python-version",
        "**/.ruby-version",
        "**/.java-version",
        "**/.go-version",
        "**/.terraform-version",
        "**/rust-toolchain",
    ],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package],
    reference: "https://asdf-vm.com/manage/configuration.html",
};

impl Scanner for ToolVersions {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let name = file.path().name();
        if name == "rust-toolchain" && file.text().contains('[') {
            return super::toolchain::rust(input, out);
        }
        let project = toolkit::root(input, file, out);
        let fixed = match name {
            ".tool-versions" => None,
            ".nvmrc" | ".node-version" => Some("node"),
            "rust-toolchain" => Some("rust"),
            other => Some(other.trim_start_matches('.').trim_end_matches("-version")),
        };
        for line in lines(file.text()) {
            let code = line.text.split('#').next().unwrap_or("").trim();
            if code.is_empty() {
                continue;
            }
            let mut words = code.split_whitespace();
            let tool = match fixed {
                Some(tool) => tool,
                None => words.next().unwrap_or(""),
            };
            let mut any = false;
            // several versions of a line stand for one another
            for version in words {
                any = true;
                let good = |c: char| c.is_ascii_alphanumeric() || "._-+*/:@".contains(c);
                if version.chars().all(good) {
                    super::tool(tool, version, span_within(&line, code), &project, file, out);
                } else {
                    let message = format!("`{version}` is no version");
                    out.problem(DiagnosticKind::Malformed, file, Some(span_within(&line, version)), message);
                }
            }
            if !any {
                out.problem(DiagnosticKind::Malformed, file, Some(line.span), "a tool without a version");
            }
        }
        Ok(())
    }
}
