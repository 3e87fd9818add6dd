//! `DESCRIPTION` of an installed R package.

use super::{description, first};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `installed-r`.
pub struct InstalledR;

static META: ScannerMeta = ScannerMeta {
    id: "installed-r",
    title: "Installed R packages",
    summary: "Name, version, licence, repository and maintainer of each package in an R library, as in images; those \
              that R itself consists of have no repository.",
    files: &["**/DESCRIPTION"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://cran.r-project.org/doc/manuals/r-release/R-exts.html#The-DESCRIPTION-file",
};

impl Scanner for InstalledR {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let (fields, _) = description(file.text());
        // R writes that field when it installs
        if first(&fields, "Built").is_none() {
            return Ok(());
        }
        let (Some((name, span)), Some((version, _))) = (first(&fields, "Package"), first(&fields, "Version")) else {
            out.problem(DiagnosticKind::Malformed, file, None, "no `Package` or no `Version`");
            return Ok(());
        };
        let root = input.root_subject_at(&file.folder().parent());
        out.component(&root, input.root_kind(), file.whole());
        let id = Package::new("cran", name, Some(version), file, span).write(&root, out);
        if let Some((licence, span)) = first(&fields, "License") {
            out.attribute(&id, key::LICENSE, licence, file.at(span));
        }
        if let Some((maintainer, span)) = first(&fields, "Maintainer") {
            toolkit::mail(&id, maintainer, &file.at(span), out);
        }
        let addresses = fields.iter().filter(|field| field.name == "URL").flat_map(|field| field.lines.iter());
        for (text, span) in addresses {
            for address in text.split([',', ' ']) {
                toolkit::repository_owner_of(&id, address, &file.at(*span), out);
            }
        }
        match (first(&fields, "Repository"), first(&fields, "RemoteUrl")) {
            (_, Some((address, span))) => toolkit::from_git(&id, address, &file.at(span), out),
            (Some(("CRAN" | "RSPM", span)), _) => toolkit::from_default(&id, "cran", &file.at(span), out),
            (Some((repository, span)), _) if repository.starts_with("Bioconductor") => {
                toolkit::distributed_by(&id, "bioconductor.org", &file.at(span), out);
            }
            _ => {}
        }
        Ok(())
    }
}
