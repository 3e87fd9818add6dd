//! Kubernetes manifests: workloads of every kind by their pod templates.

use super::manifest::{Object, is_of_chart, may_hold_objects, objects};
use super::scene;
use super::workload::Ground;
use crate::model::{Basis, ComponentKind};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::RelPath;

/// Scanner `kubernetes`.
pub struct Kubernetes;

static META: ScannerMeta = ScannerMeta {
    id: "kubernetes",
    title: "Kubernetes manifest",
    summary: "Workloads of all built-in kinds, of custom resources that hold a pod template, and of kinds that the \
              rules know: images of all containers (init and ephemeral too), accelerators with the product their \
              placement names, models, runtimes, and addresses of known services. Storage classes, load balancers, \
              secret stores, workload identities and node pools of clouds, with the workloads that use them. In dumps \
              of a cluster, pods fold into what made them, and nodes tell where it runs. Templates must be rendered \
              first; custom resource definitions are schemas and are passed over.",
    files: &["**/*.yaml", "**/*.yml", "**/*.json"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Declared,
    emits: &[
        ComponentKind::Workload,
        ComponentKind::Image,
        ComponentKind::Host,
        ComponentKind::Accelerator,
        ComponentKind::Model,
        ComponentKind::Dataset,
        ComponentKind::Cluster,
        ComponentKind::Service,
        ComponentKind::Project,
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
        let ground = Ground { folder: &folder, catalog: input.catalog, input, places: file };
        let objects: Vec<Object<'_>> =
            objects(file, true, out).into_iter().filter(|object| !is_loose_patch(object, input)).collect();
        scene::write(&objects, &ground, out);
        Ok(())
    }
}

/// True for a patch that lies beside a kustomization which does not use it: no object, since it selects no pods.
fn is_loose_patch(object: &Object<'_>, input: &Input<'_>) -> bool {
    let is_controller = matches!(object.kind, "Deployment" | "StatefulSet" | "DaemonSet") && object.group() == "apps";
    if !is_controller || object.node.at(&["spec", "selector"]).is_some() {
        return false;
    }
    let folder = input.file().folder();
    let is_layer = |folder: &RelPath| {
        let file = folder.join("kustomization.yaml");
        file.is_some_and(|file| input.companion(&file).is_some())
    };
    is_layer(&folder) || is_layer(&folder.parent())
}

/// True for the key of a label that names an environment.
pub(crate) fn names_environment(label: &str) -> bool {
    matches!(label.to_ascii_lowercase().as_str(), "environment" | "env" | "stage" | "tier")
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
