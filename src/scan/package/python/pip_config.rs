//! `pip.conf`, `pip.ini` and `uv.toml`: where the tools of a project fetch packages.

use super::ini::{self, Setting};
use super::pep508::Sheet;
use super::pyproject_tools::uv_indexes;
use super::tables::{Origins, registry};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::scan::package::toolkit::{self, Standing};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `pip-config`.
pub struct PipConfig;

static META: ScannerMeta = ScannerMeta {
    id: "pip-config",
    title: "Settings of pip and uv",
    summary: "Package indexes and find-links addresses that are asked instead of or beside the public registry. \
              Credentials in addresses are not kept.",
    files: &["**/pip.conf", "**/pip.ini", "**/uv.toml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Host],
    reference: "https://pip.pypa.io/en/stable/topics/configuration/",
};

impl Scanner for PipConfig {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let project = toolkit::root(input, file, out);
        let sheet = Sheet { file, project: &project, asks_lock: false, tree: Some(input) };
        if file.path().name() == "uv.toml" {
            let root = file.toml_or_part(out);
            uv_indexes(root, &mut Origins::default(), sheet, out);
            return Ok(());
        }
        for setting in settings(file, out) {
            let standing = match &*setting.key.replace('_', "-") {
                "index-url" => Standing::Instead,
                "extra-index-url" => Standing::Beside,
                "find-links" => Standing::Aside,
                _ => continue,
            };
            for place in setting.words() {
                registry(place, standing, sheet, out);
            }
        }
        Ok(())
    }
}

fn settings<'f>(file: &'f SourceFile, out: &mut Facts<'_>) -> Vec<Setting<'f>> {
    let (settings, problems) = ini::read(file.text());
    for span in problems {
        out.problem(DiagnosticKind::Malformed, file, Some(span), "neither a section nor a setting");
    }
    settings
}
