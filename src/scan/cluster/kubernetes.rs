//! Kubernetes manifests: workloads of every kind by their pod templates.

use super::gpu;
use super::manifest::{Object, is_template, may_hold_objects, objects};
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::scan::cloud::api::calls_in;
use crate::scan::image::reference::needs_image;
use crate::scan::model::reference::{needs_model, needs_models_in, setting_names_model};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
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
    size: SizeClass::Large,
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

/// Kinds that hold a pod template only as a schema or that other scanners own.
const NOT_WORKLOADS: [&str; 5] =
    ["CustomResourceDefinition", "Application", "ApplicationSet", "HelmRelease", "PodTemplate"];

impl Scanner for Kubernetes {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !may_hold_objects(file.text()) || file.is_binary() {
            return Ok(());
        }
        for object in objects(file, true, out) {
            if !NOT_WORKLOADS.contains(&object.kind) {
                scan_object(&object, input, file, out);
            }
        }
        Ok(())
    }
}

fn scan_object(object: &Object<'_>, input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    let pods: Vec<&Node> = object.node.walk().filter(|node| is_pod(node)).collect();
    let storage = object.node.walk().find_map(|node| node.entry("storageUri"));
    if pods.is_empty() && storage.is_none() {
        return;
    }
    let workload = object.workload(&file.folder());
    out.component(&workload, ComponentKind::Workload, file.at(object.name_span));
    out.attribute(
        &workload,
        key::RESOURCE_TYPE,
        format!("{}/{}", object.group(), object.kind),
        file.at(object.name_span),
    );
    if !object.namespace.is_empty() {
        out.attribute(&workload, key::NAMESPACE, object.namespace, file.at(object.name_span));
    }
    if let Some(environment) = environment(&file.folder(), object.namespace) {
        out.attribute(&workload, key::ENVIRONMENT, environment, file.at(object.name_span).inferred());
    }
    if let Some(storage) = storage
        && let Some(address) = storage.value.text()
    {
        stored_model(&workload, address, &storage.value, file, out);
    }
    for pod in pods {
        for list in ["containers", "initContainers", "ephemeralContainers"] {
            for container in pod.get(list).map_or(&[][..], Node::list) {
                scan_container(container, &workload, input, file, out);
            }
        }
        gpu::accelerators(pod, &workload, input.catalog, file, out);
    }
}

/// A pod spec: a map with a list of containers that name images.
fn is_pod(node: &Node) -> bool {
    node.get("containers")
        .is_some_and(|list| list.list().iter().any(|item| item.get("image").is_some() || item.get("name").is_some()))
}

fn scan_container(container: &Node, workload: &ComponentId, input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) {
    if let Some(image) = container.get("image")
        && let Some(text) = image.text()
        && !(is_template(text) || text.is_empty())
    {
        needs_image(workload, RelationKind::DependsOn, text, file, image.span, out);
    }
    for setting in container.get("env").map_or(&[][..], Node::list) {
        let Some(value) = setting.get("value") else { continue };
        let Some(text) = value.scalar() else { continue };
        calls_in(workload, &text, input.catalog, file, value.span, out);
        if setting.text_at("name").is_some_and(setting_names_model) {
            needs_model(workload, &text, file, value.span, out);
        }
    }
    for key in ["command", "args"] {
        let words: Vec<&Node> = container.get(key).map_or(&[][..], Node::list).iter().collect();
        let Some(first) = words.first() else { continue };
        let joined = words.iter().filter_map(|word| word.text()).collect::<Vec<_>>().join(" ");
        // the place of the model's own word, where it stands alone
        let span = words
            .iter()
            .find(|word| {
                word.text().is_some_and(|text| {
                    crate::scan::model::reference::hub_id(text.split('=').next_back().unwrap_or(text)).is_some()
                })
            })
            .map_or(first.span, |word| word.span);
        needs_models_in(workload, &joined, file, span, out);
        for word in &words {
            if let Some(text) = word.text() {
                calls_in(workload, text, input.catalog, file, word.span, out);
            }
        }
    }
}

/// `storageUri` of serving resources.
fn stored_model(workload: &ComponentId, address: &str, node: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    if needs_model(workload, address, file, node.span, out) {
        return;
    }
    let Some((scheme, rest)) = address.split_once("://") else { return };
    let model = ComponentId::model(scheme, rest);
    out.component(&model, ComponentKind::Model, file.at(node.span));
    out.attribute(&model, key::NAME, address, file.at(node.span));
    out.relation(workload, RelationKind::DependsOn, &model, file.at(node.span));
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
