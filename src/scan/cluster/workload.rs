//! Workloads by their pod templates, whatever kind of object holds one.

use super::gpu;
use super::kubernetes::environment;
use super::manifest::{Object, is_template};
use super::places::Places;
use crate::catalog::Catalog;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::scan::{Facts, Seen};
use crate::scan::cloud::api::calls_in;
use crate::scan::image::reference::needs_image;
use crate::scan::model::reference::{needs_model, needs_models_in, setting_names_model};
use crate::text::{RelPath, Span};

/// Kinds that hold a pod template only as a schema or that other scanners own.
const NOT_WORKLOADS: [&str; 5] =
    ["CustomResourceDefinition", "Application", "ApplicationSet", "HelmRelease", "PodTemplate"];

/// Where objects are deployed from and what is known there.
pub(super) struct Ground<'a> {
    /// The folder that brings them into service: of the overlay, not of its base.
    pub(super) folder: &'a RelPath,
    /// Words to look for.
    pub(super) catalog: &'a Catalog,
    /// Where values stand.
    pub(super) places: &'a dyn Places,
}

impl Ground<'_> {
    fn at(&self, span: Span) -> Seen {
        self.places.at(span)
    }

    /// Calls of known services in a value.
    fn calls(&self, user: &ComponentId, text: &str, span: Span, out: &mut Facts<'_>) {
        let (file, span) = self.places.place(span);
        calls_in(user, text, self.catalog, file, span, out);
    }

    /// The model that a value names.
    fn model(&self, user: &ComponentId, text: &str, span: Span, out: &mut Facts<'_>) -> bool {
        let (file, span) = self.places.place(span);
        needs_model(user, text, file, span, out)
    }

    /// The image that a value names, at every place that has a say in it.
    fn image(&self, user: &ComponentId, text: &str, span: Span, out: &mut Facts<'_>) {
        let (file, own) = self.places.place(span);
        let Some(id) = needs_image(user, RelationKind::DependsOn, text, file, own, out) else { return };
        for (file, span) in self.places.also(span) {
            out.component(&id, ComponentKind::Image, file.at(span));
            out.relation(user, RelationKind::DependsOn, &id, file.at(span));
        }
    }
}

/// Writes the workload that an object is, if it is one.
pub(super) fn write(object: &Object<'_>, ground: &Ground<'_>, out: &mut Facts<'_>) -> Option<ComponentId> {
    if NOT_WORKLOADS.contains(&object.kind) {
        return None;
    }
    let pods: Vec<&Node> = object.node.walk().filter(|node| is_pod(node)).collect();
    let storage = object.node.walk().find_map(|node| node.entry("storageUri"));
    if pods.is_empty() && storage.is_none() {
        return None;
    }
    let workload = object.workload(ground.folder);
    describe(&workload, object, ground, out);
    if let Some(storage) = storage
        && let Some(address) = storage.value.text()
    {
        stored_model(&workload, address, &storage.value, ground, out);
    }
    for pod in pods {
        for container in containers(pod) {
            scan_container(container, &workload, ground, out);
        }
        gpu::accelerators(pod, &workload, ground.catalog, ground.places, out);
    }
    Some(workload)
}

fn describe(workload: &ComponentId, object: &Object<'_>, ground: &Ground<'_>, out: &mut Facts<'_>) {
    let named = ground.at(object.name_span);
    for seen in ground.places.all(object.name_span) {
        out.component(workload, ComponentKind::Workload, seen);
    }
    out.attribute(workload, key::RESOURCE_TYPE, format!("{}/{}", object.group(), object.kind), named.clone());
    if !object.namespace.is_empty() {
        // where the namespace stands, or the name of the object when nothing says it
        let seen = object.node.at(&["metadata", "namespace"]).map_or(named.clone(), |node| ground.at(node.span));
        out.attribute(workload, key::NAMESPACE, object.namespace, seen);
    }
    if let Some(environment) = environment(ground.folder, object.namespace) {
        out.attribute(workload, key::ENVIRONMENT, environment, named.inferred());
    }
}

/// Every image that containers of an object name.
pub(super) fn images(node: &Node) -> impl Iterator<Item = &str> {
    node.walk().filter(|node| is_pod(node)).flat_map(containers).filter_map(|container| container.text_at("image"))
}

/// Containers of a pod of every sort.
fn containers(pod: &Node) -> impl Iterator<Item = &Node> {
    let lists = ["containers", "initContainers", "ephemeralContainers"].into_iter();
    lists.filter_map(|list| pod.get(list)).flat_map(Node::list)
}

/// A pod spec: a map with a list of containers that name images.
fn is_pod(node: &Node) -> bool {
    node.get("containers")
        .is_some_and(|list| list.list().iter().any(|item| item.get("image").is_some() || item.get("name").is_some()))
}

fn scan_container(container: &Node, workload: &ComponentId, ground: &Ground<'_>, out: &mut Facts<'_>) {
    if let Some(image) = container.get("image")
        && let Some(text) = image.text()
        && !(is_template(text) || text.is_empty())
    {
        ground.image(workload, text, image.span, out);
    }
    for setting in container.get("env").map_or(&[][..], Node::list) {
        let Some(value) = setting.get("value") else { continue };
        let Some(text) = value.scalar() else { continue };
        ground.calls(workload, &text, value.span, out);
        if setting.text_at("name").is_some_and(setting_names_model) {
            ground.model(workload, &text, value.span, out);
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
        let (file, span) = ground.places.place(span);
        needs_models_in(workload, &joined, file, span, out);
        for word in &words {
            if let Some(text) = word.text() {
                ground.calls(workload, text, word.span, out);
            }
        }
    }
}

/// `storageUri` of serving resources.
fn stored_model(workload: &ComponentId, address: &str, node: &Node, ground: &Ground<'_>, out: &mut Facts<'_>) {
    if ground.model(workload, address, node.span, out) {
        return;
    }
    let Some((scheme, rest)) = address.split_once("://") else { return };
    let model = ComponentId::model(scheme, rest);
    out.component(&model, ComponentKind::Model, ground.at(node.span));
    out.attribute(&model, key::NAME, address, ground.at(node.span));
    out.relation(workload, RelationKind::DependsOn, &model, ground.at(node.span));
}

