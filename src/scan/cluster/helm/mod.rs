//! Helm charts and Kustomize folders at a first level: images that values and overlays name, and
//! the charts a chart depends on.

pub(super) mod chart;
pub(super) mod values;

use super::manifest::is_template;
use crate::model::{Basis, ComponentId, ComponentKind};
use crate::parse::Node;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `helm`.
pub struct Helm;

static META: ScannerMeta = ScannerMeta {
    id: "helm",
    title: "Helm chart and Kustomize images",
    summary: "Chart dependencies with their repository, images that values name as `repository` and `tag`, and image \
              replacements of Kustomize. Templates are not rendered: what only a template says is not seen.",
    files: &[
        "**/Chart.yaml",
        "**/Chart.lock",
        "**/values*.yaml",
        "**/values*.yml",
    ],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Image, ComponentKind::Host],
    reference: "https://helm.sh/docs/topics/charts/",
};

impl Scanner for Helm {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if is_template(file.text()) {
            return Ok(());
        }
        let documents = file.yaml_or_part(out);
        let project = ComponentId::project(&file.folder());
        let before = out.len();
        for document in documents {
            match file.path().name() {
                "Chart.yaml" | "Chart.lock" => {
                    // only the lock file states an exact version
                    let exact = file.path().name() == "Chart.lock";
                    for need in document.get("dependencies").map_or(&[][..], Node::list) {
                        chart::needs(need, exact, "repository", &project, file, out);
                    }
                }
                _ => values::images(document, &project, false, file, out),
            }
        }
        if out.len() > before {
            out.component(&project, ComponentKind::Project, file.whole());
        }
        Ok(())
    }
}

