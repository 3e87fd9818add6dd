//! Workloads by their pod templates, whatever kind of object holds one.

use std::collections::{BTreeMap, BTreeSet};

use super::along::along;
use super::gpu;
use super::gpu_request;
use super::kinds;
use super::kubernetes::{environment, names_environment};
use super::manifest::{Object, is_template};
use super::places::Places;
use super::replicas;
use crate::catalog::Catalog;
use crate::catalog::rows::ObjectKind;
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::scan::cloud::api::{calls_in, calls_service, setting};
use crate::scan::hardware::machine::devices as devices_of;
use crate::scan::image::reference::needs_image;
use crate::scan::model::reference::{needs_model, needs_models_in};
use crate::scan::model::setting::setting_model;
use crate::scan::{Facts, Input, Seen};
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
    /// The tree, for objects that speak of other files.
    pub(super) input: &'a Input<'a>,
    /// Where values stand.
    pub(super) places: &'a dyn Places,
}

impl Ground<'_> {
    pub(super) fn at(&self, span: Span) -> Seen {
        self.places.at(span)
    }

    /// Calls of known services in a value.
    pub(super) fn calls(&self, user: &ComponentId, text: &str, span: Span, out: &mut Facts<'_>) {
        let (file, span) = self.places.place(span);
        calls_in(user, text, self.catalog, file, span, out);
    }

    /// The model that a value names.
    pub(super) fn model(&self, user: &ComponentId, text: &str, span: Span, out: &mut Facts<'_>) -> bool {
        let (file, span) = self.places.place(span);
        needs_model(user, text, file, span, out)
    }

    /// The store that an address of a scheme means, where only one cloud has it.
    pub(super) fn stored(&self, user: &ComponentId, scheme: &str, span: Span, out: &mut Facts<'_>) {
        let mark = self.catalog.object_mark("scheme", scheme);
        if let Some(service) = mark.and_then(|mark| mark.service.as_deref()).and_then(|id| self.catalog.service(id)) {
            calls_service(user, service, &self.at(span), out);
        }
    }

    /// True when a part of an address is filled in by a tool or a shell, which is then told.
    pub(super) fn is_open(&self, address: &str, span: Span, out: &mut Facts<'_>) -> bool {
        let is_open = ["${", "$(", "{{", "<"].iter().any(|sign| address.contains(sign));
        if is_open {
            let (file, own) = self.places.place(span);
            let message = format!("the address `{address}` has a part that is filled in elsewhere");
            out.problem(DiagnosticKind::Unresolved, file, Some(own), message);
        }
        is_open
    }

    /// The image that a value names, at every place that has a say in it.
    pub(super) fn image(&self, user: &ComponentId, text: &str, span: Span, out: &mut Facts<'_>) {
        let (file, own) = self.places.place(span);
        let Some(id) = needs_image(user, RelationKind::DependsOn, text, file, own, out) else { return };
        for (file, span) in self.places.also(span) {
            out.component(&id, ComponentKind::Image, file.at(span));
            out.relation(user, RelationKind::DependsOn, &id, file.at(span));
        }
    }
}

/// Writes the workload that an object is, if it is one; `row` is what the rules know of its kind.
pub(super) fn write(
    object: &Object<'_>,
    parts: &Parts<'_>,
    row: Option<&ObjectKind>,
    ground: &Ground<'_>,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    if NOT_WORKLOADS.contains(&object.kind) {
        return None;
    }
    let Parts { pods, stored } = parts;
    let row = row.filter(|row| kinds::is_workload(row));
    let loose: Vec<&Node> = loose_images(object, pods).collect();
    if pods.is_empty() && stored.is_empty() && loose.is_empty() && row.is_none() {
        return None;
    }
    let workload = object.workload(ground.folder);
    describe(&workload, object, ground, out);
    if let Some(row) = row {
        kinds::describe(row, object, &workload, ground, out);
    } else if let Some(count) = object.node.at(&["spec", "replicas"])
        && let Some(text) = count.scalar()
    {
        out.attribute(&workload, key::REPLICAS, text, ground.at(count.span));
    }
    let is_data = |node: &Node| row.is_some_and(|row| kinds::is_dataset(row, object, node));
    for node in stored {
        if let Some(address) = node.text().filter(|_| !is_data(node)) {
            kinds::model(&workload, address, node, ground, out);
        }
    }
    for image in loose {
        if let Some(text) = image.text() {
            ground.image(&workload, text, image.span, out);
        }
    }
    let mut devices: BTreeMap<ComponentId, u64> = BTreeMap::new();
    for pod in pods {
        for container in containers(pod) {
            scan_container(container, &workload, ground, out);
        }
        for (id, each) in gpu::accelerators(pod, &workload, ground.catalog, ground.places, out) {
            let all = devices.entry(id).or_default();
            let times = row.map_or(&[][..], |row| &row.times);
            *all = all.saturating_add(each.saturating_mul(replicas::of(object.node, pod, times)));
        }
    }
    let in_own_words = row.is_some_and(|row| ground.catalog.device_requests(row).next().is_some());
    for path in row.map_or(&[][..], |row| &row.containers) {
        let Some((above, name)) = path.rsplit_once('.') else { continue };
        for beside in along(object.node, above) {
            let Some(container) = beside.get(name) else { continue };
            scan_container(container, &workload, ground, out);
            if !in_own_words {
                gpu::asked_beside((beside, gpu::requests(container)), &workload, ground, out);
            }
        }
    }
    for (id, count) in row.map_or_else(BTreeMap::new, |row| gpu_request::write(row, object, &workload, ground, out)) {
        let all = devices.entry(id).or_default();
        *all = all.saturating_add(count);
    }
    if in_own_words || replicas::is_counted(object.kind, row) {
        for (id, count) in devices {
            out.attribute(&workload, key::DEVICES, devices_of(&id, count), ground.at(object.name_span));
        }
    }
    Some(workload)
}

/// Writes what a pod has that its owner does not say: sidecars that were put in. An owner that is not among the objects
/// stands for its pods.
pub(super) fn folded<'a>(
    object: &Object<'a>,
    parts: &Parts<'a>,
    (kind, name): (&str, &str),
    owner: &ComponentId,
    known: &mut BTreeSet<(ComponentId, &'a str)>,
    ground: &Ground<'_>,
    out: &mut Facts<'_>,
) {
    let is_new = known.range((owner.clone(), "")..).next().is_none_or(|(id, _)| id != owner);
    for pod in parts.pods.iter().copied() {
        for container in containers(pod) {
            let Some(image) = container.get("image") else { continue };
            let Some(text) = image.text().filter(|text| !text.is_empty()) else { continue };
            if known.insert((owner.clone(), text)) {
                ground.image(owner, text, image.span, out);
            }
        }
        if is_new {
            let seen = || ground.at(object.name_span);
            out.component(owner, ComponentKind::Workload, seen());
            out.attribute(owner, key::RESOURCE_TYPE, format!("{}/{kind}", group_of(kind)), seen());
            out.attribute(owner, key::NAME, name, seen());
            if !object.namespace.is_empty() {
                out.attribute(owner, key::NAMESPACE, object.namespace, seen());
            }
            gpu::accelerators(pod, owner, ground.catalog, ground.places, out);
        }
    }
}

/// Group of the built-in controllers.
fn group_of(kind: &str) -> &'static str {
    match kind {
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" => "apps",
        "Job" | "CronJob" => "batch",
        _ => "",
    }
}

/// Everything of an object but what the cluster keeps about it.
fn content(node: &Node) -> impl Iterator<Item = &Node> {
    let kept = node.entries().iter().filter(|entry| !matches!(&*entry.key, "metadata" | "status"));
    kept.flat_map(|entry| entry.value.walk())
}

/// What of an object is looked for wherever it stands, found in one walk.
pub(super) struct Parts<'a> {
    /// Pod specs.
    pub(super) pods: Vec<&'a Node>,
    /// Addresses under `storageUri`.
    stored: Vec<&'a Node>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(node: &'a Node) -> Self {
        let (mut pods, mut stored) = (Vec::new(), Vec::new());
        for node in content(node).filter(|node| !node.entries().is_empty()) {
            if is_pod(node) {
                pods.push(node);
            }
            stored.extend(node.get("storageUri"));
        }
        Self { pods, stored }
    }

    /// Every image that containers name.
    pub(super) fn images(&self) -> impl Iterator<Item = &'a str> {
        self.pods.iter().copied().flat_map(containers).filter_map(|container| container.text_at("image"))
    }
}

/// Groups of the cluster's own objects, which have images in pods only.
const BUILT_IN: [&str; 4] = ["", "apps", "batch", "apiextensions.k8s.io"];

/// Images of custom resources outside of pod specs: operators make pods of them in ways of their own.
fn loose_images<'a>(object: &Object<'a>, pods: &[&Node]) -> impl Iterator<Item = &'a Node> {
    let is_custom = !BUILT_IN.contains(&object.group());
    let node = object.node;
    let in_pods: BTreeSet<usize> = if is_custom {
        let images = pods.iter().copied().flat_map(containers).filter_map(|container| container.get("image"));
        images.map(|image| image.span.start).collect()
    } else {
        BTreeSet::new()
    };
    let all = is_custom.then(|| content(node)).into_iter().flatten();
    all.filter_map(|node| node.get("image"))
        .filter(move |image| image.text().is_some_and(is_image) && !in_pods.contains(&image.span.start))
}

/// A text that can only be meant as an image: with a registry, a folder or a tag.
fn is_image(text: &str) -> bool {
    let named =
        text.contains('/') || text.split_once(':').is_some_and(|(name, tag)| !name.is_empty() && !tag.is_empty());
    let is_address = text.contains("://") && !text.starts_with("ko://");
    named && !is_address && !text.contains(|c: char| c.is_whitespace() || matches!(c, '$' | '{' | '*'))
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
    let labels = object.node.at(&["metadata", "labels"]).map_or(&[][..], Node::entries).iter();
    for entry in labels.filter(|entry| names_environment(entry.key.rsplit('/').next().unwrap_or_default())) {
        if let Some(text) = entry.value.scalar() {
            let label = format!("{}={text}", entry.key);
            out.attribute(workload, key::ENVIRONMENT_LABEL, label, ground.at(entry.value.span));
        }
    }
    if let Some(environment) = environment(ground.folder, object.namespace) {
        out.attribute(workload, key::ENVIRONMENT, environment, named.inferred());
    }
}

/// Containers of a pod of every sort.
pub(super) fn containers(pod: &Node) -> impl Iterator<Item = &Node> {
    let lists = ["containers", "initContainers", "ephemeralContainers"].into_iter();
    lists.filter_map(|list| pod.get(list)).flat_map(Node::list)
}

/// A pod spec: a map with a list of containers that name images.
pub(super) fn is_pod(node: &Node) -> bool {
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
    for variable in container.get("env").map_or(&[][..], Node::list) {
        let Some(value) = variable.get("value") else { continue };
        let Some(text) = value.scalar() else { continue };
        let name = variable.text_at("name");
        ground.calls(workload, &text, value.span, out);
        setting(workload, name.unwrap_or_default(), &text, ground.catalog, &ground.at(value.span), out);
        setting_model(workload, (name.unwrap_or_default(), &text), ground.catalog, &ground.at(value.span), out);
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
            .or_else(|| words.iter().find(|word| word.text().is_some_and(|text| text.contains("model"))))
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
