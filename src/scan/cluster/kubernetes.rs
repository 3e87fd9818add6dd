//! Kubernetes manifests: workloads of every kind by their pod templates.

use super::manifest::{is_of_chart, may_hold_objects, objects};
use super::workload::{self, Ground};
use crate::model::{Basis, ComponentKind};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::RelPath;

/// Scanner `kubernetes`.
pub struct Kubernetes;

static META: ScannerMeta = ScannerMeta {
    id: "kubernetes",
    title: "Kubernetes manifest",
    summary: "Workloads of all built-in kinds and of custom resources that hold a pod template: images of all \
              containers (init and ephemeral too), accelerators with the product their placement names, model ids, \
              and addresses of known services. Templates must be rendered first; custom resource definitions are \
              schemas and are passed over.",
    files: &["**/*.yaml", "**/*.yml", "**/*.json"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Workload,
        ComponentKind::Image,
        ComponentKind::Host,
        ComponentKind::Accelerator,
        ComponentKind::Model,
        ComponentKind::Service,
    ],
    reference: "https://kubernetes.io/docs/reference/kubernetes-api/",
};

impl Scanner for Kubernetes {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !may_hold_objects(file.text()) || file.is_binary() || is_of_chart(input) {
            return Ok(());
        }
        let folder = file.folder();
        let ground = Ground { folder: &folder, catalog: input.catalog, places: file };
        for object in objects(file, true, out) {
            workload::write(&object, &ground, out);
        }
        Ok(())
    }
}

/// The environment that folder or namespace names say.
pub(crate) fn environment(folder: &RelPath, namespace: &str) -> Option<&'static str> {
    let words = folder.as_str().split(['/', '-', '_']).chain(namespace.split('-'));
    words.into_iter().find_map(|word| match word.to_ascii_lowercase().as_str() {
        "prod" | "production" | "prd" | "live" => Some("prod"),
        "staging" | "stage" | "preprod" => Some("staging"),
        "dev" | "development" | "test" | "sandbox" => Some("dev"),
        _ => None,
    })
}
