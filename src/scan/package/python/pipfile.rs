//! `Pipfile`: what a project of Pipenv asks for, and its package indexes.

use super::pep508::{Sheet, scope_of_group};
use super::tables::{Origins, registry_of, stated};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Standing, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `pipfile`.
pub struct Pipfile;

static META: ScannerMeta = ScannerMeta {
    id: "pipfile",
    title: "Pipenv manifest",
    summary: "Declared packages of all categories with extras, markers, repositories and addresses, and the package \
              indexes. Paths lead to the projects of the tree. A Pipfile.lock in the folder or above answers them.",
    files: &["**/Pipfile"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://pipenv.pypa.io/en/latest/pipfile.html",
};

/// Tables that hold no packages.
const SETTINGS: [&str; 4] = ["source", "requires", "scripts", "pipenv"];

impl Scanner for Pipfile {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.toml_or_part(out);
        let project = toolkit::root(input, file, out);
        let sheet = Sheet { file, project: &project, asks_lock: true, tree: Some(input), own: None };
        let mut origins = Origins::default();
        // the first index is asked for everything, others for what names them
        for (at, source) in root.get("source").map_or(&[][..], Node::list).iter().enumerate() {
            let Some((address, span)) = stated(source, "url") else {
                out.problem(DiagnosticKind::Malformed, file, Some(source.span), "a package index without `url`");
                continue;
            };
            if at == 0 {
                // pip does not read it
                registry_of(&["Pipfile", "Pipfile.lock"], (address, span), Standing::Instead, sheet, out);
            }
            origins.index(source.text_at("name").unwrap_or(""), address);
        }
        for table in root.entries().iter().filter(|table| !SETTINGS.contains(&&*table.key)) {
            let scope = match &*table.key {
                "packages" => scope::RUNTIME,
                "dev-packages" => scope::DEV,
                category => scope_of_group(category),
            };
            for entry in table.value.entries() {
                origins.ask(entry, scope, sheet, out);
            }
        }
        Ok(())
    }
}
