//! `pip.conf`, `pip.ini` and `uv.toml`: where the tools of a project fetch packages.

use std::collections::BTreeMap;

use super::ini::{self, Setting};
use super::pep508::Sheet;
use super::pyproject_tools::{overridden, uv_indexes};
use super::requirements;
use super::tables::{Origins, registry};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::scan::package::toolkit::{self, Of, Standing};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `pip-config`.
pub struct PipConfig;

static META: ScannerMeta = ScannerMeta {
    id: "pip-config",
    title: "Settings of pip and uv",
    summary: "Package indexes and find-links addresses that are asked instead of or beside the public registry, and that none is \
              (`no-index`, a folder). What `[install]` says takes the place of `[global]`; of other commands only the hosts are \
              told. Credentials in addresses are not kept.",
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
        let sheet = Sheet { file, project: &project, asks_lock: false, tree: Some(input), own: None };
        if file.path().name() == "uv.toml" {
            let root = file.toml_or_part(out);
            uv_indexes(root, &mut Origins::default(), sheet, out);
            for item in root.get("override-dependencies").map_or(&[][..], crate::parse::Node::list) {
                overridden("uv", item.text().unwrap_or_default(), "", item.span, sheet, out);
            }
            return Ok(());
        }
        pip(&settings(file, out), sheet, out);
        Ok(())
    }
}

/// What `pip install` reads: the general part, and before it its own.
const PARTS: [&str; 2] = ["global", "install"];

/// The settings of pip. A key of `[install]` takes the place of the same in `[global]`; hosts that other commands ask are
/// told without packages.
fn pip(settings: &[Setting<'_>], sheet: Sheet<'_>, out: &mut Facts<'_>) {
    // of one key in one part the last counts
    let mut counting: BTreeMap<String, &Setting<'_>> = BTreeMap::new();
    for part in PARTS {
        let of_part = settings.iter().filter(|setting| setting.section == part);
        counting.extend(of_part.map(|setting| (setting.key.replace('_', "-"), setting)));
    }
    let no_index = counting.get("no-index").filter(|setting| setting.words().any(|(word, _)| toolkit::is_true(word)));
    if let Some(span) = no_index.and_then(|setting| setting.words().next()).map(|(_, span)| span) {
        toolkit::no_registry(sheet.project, "pypi", Of::All, &sheet.file.at(span), out);
    }
    for setting in settings {
        let key = setting.key.replace('_', "-");
        let standing = match &*key {
            "index-url" => Standing::Instead,
            "extra-index-url" => Standing::Beside,
            "find-links" => Standing::Aside,
            _ => continue,
        };
        if no_index.is_some() && standing != Standing::Aside {
            continue;
        }
        let counts = counting.get(&key).is_some_and(|counting| std::ptr::eq(*counting, setting));
        for (address, span) in setting.words() {
            match toolkit::host_of(address) {
                None if counts && standing == Standing::Instead && !address.contains('$') => {
                    toolkit::no_registry(sheet.project, "pypi", Of::All, &sheet.file.at(span), out);
                }
                Some(host) if !counts => {
                    let seen = requirements::setting(sheet.file, span, address);
                    toolkit::registry_host(sheet.project, &host, &seen, out);
                }
                _ if counts => registry((address, span), standing, sheet, out),
                _ => {}
            }
        }
    }
}

fn settings<'f>(file: &'f SourceFile, out: &mut Facts<'_>) -> Vec<Setting<'f>> {
    let (settings, problems) = ini::read(file.text());
    for span in problems {
        out.problem(DiagnosticKind::Malformed, file, Some(span), "neither a section nor a setting");
    }
    settings
}
