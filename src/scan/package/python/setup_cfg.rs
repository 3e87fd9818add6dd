//! `setup.cfg`: what a setuptools project asks for, declared.

use super::ini::{self, Setting};
use super::pep508::Sheet;
use super::requirements::understood;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::scan::package::toolkit::{self, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `setup-cfg`.
pub struct SetupCfg;

static META: ScannerMeta = ScannerMeta {
    id: "setup-cfg",
    title: "setuptools settings",
    summary: "Requirements of `[options]` and extras of `[options.extras_require]`, with markers and addresses, as \
              declared. A lock file in the folder or above answers them.",
    files: &["**/setup.cfg"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://setuptools.pypa.io/en/latest/userguide/declarative_config.html",
};

impl Scanner for SetupCfg {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let (settings, problems) = ini::read(file.text());
        for span in problems {
            out.problem(DiagnosticKind::Malformed, file, Some(span), "neither a section nor a setting");
        }
        let lists: Vec<_> = settings.iter().filter_map(|setting| Some((scope_of(setting)?, setting))).collect();
        if lists.is_empty() {
            // such files hold the settings of many tools
            return Ok(());
        }
        let project = toolkit::root(input, file, out);
        let is_name = |setting: &&Setting<'_>| setting.section == "metadata" && setting.key == "name";
        let own = settings.iter().find(is_name).and_then(|setting| setting.values.first()).map(|(name, _)| &**name);
        for (scope, setting) in lists {
            for (text, span) in &setting.values {
                if let Some(path) = text.strip_prefix("file:") {
                    let message = format!("`{}` is read by itself, if its name is one of requirements", path.trim());
                    out.problem(DiagnosticKind::Unresolved, file, Some(*span), message);
                    continue;
                }
                let Some(requirement) = understood(text, file, *span, out) else { continue };
                let sheet = Sheet { file, project: &project, asks_lock: false, tree: Some(input), own };
                if let Some(asked) = requirement.ask(scope, *span, sheet, out) {
                    asked.default_host(&file.at(*span), out);
                }
            }
        }
        Ok(())
    }
}

fn scope_of(setting: &Setting<'_>) -> Option<&'static str> {
    match (setting.section, setting.key.as_str()) {
        // old tools read `[metadata] requires-dist`
        ("options", "install_requires" | "requires") | ("metadata", "requires-dist" | "requires_dist") => {
            Some(scope::RUNTIME)
        }
        ("options", "tests_require") => Some(scope::TEST),
        ("options", "setup_requires") => Some(scope::BUILD),
        ("options.extras_require", _) => Some(scope::OPTIONAL),
        _ => None,
    }
}
