//! What kinds of objects say besides their pod templates, by rows of the rules.

use super::along::{along, words};
use super::manifest::Object;
use super::nodes;
use super::workload::Ground;
use crate::catalog::rows::ObjectKind;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::parse::{Node, Value};
use crate::scan::Facts;
use crate::text::Span;

/// What kinds of services are for; all other kinds are workloads.
const SERVICES: [&str; 8] =
    ["storage-class", "ingress", "secret-store", "node-pool", "node-class", "cluster", "identity", "backup"];
/// Kinds that run nothing by themselves.
const NOTHING: [&str; 2] = ["queue", FAILOVER];
/// Kinds that move traffic by themselves.
const FAILOVER: &str = "failover";

/// The row of an object's kind.
pub(super) fn row<'c>(object: &Object<'_>, ground: &Ground<'c>) -> Option<&'c ObjectKind> {
    ground.catalog.object_kind(object.group(), object.kind)
}

/// True for a kind that the rules know as a workload.
pub(super) fn is_workload(row: &ObjectKind) -> bool {
    !SERVICES.contains(&&*row.what) && !NOTHING.contains(&&*row.what)
}

/// True for a kind behind which a service stands.
pub(super) fn is_service(row: &ObjectKind) -> bool {
    SERVICES.contains(&&*row.what)
}

/// True for an object that moves traffic to another leg by itself: by its kind, or by an annotation.
pub(super) fn moves_traffic(row: Option<&ObjectKind>, object: &Object<'_>, ground: &Ground<'_>) -> bool {
    let by_kind = row.filter(|row| &*row.what == FAILOVER).is_some_and(|row| {
        let mut paths = row.marks.iter().filter_map(|told| told.strip_prefix("failover "));
        row.marks.is_empty() || paths.any(|path| !along(object.node, path).is_empty())
    });
    let annotations = object.node.at(&["metadata", "annotations"]).map_or(&[][..], Node::entries);
    by_kind || annotations.iter().any(|entry| ground.catalog.object_mark("failover-annotation", &entry.key).is_some())
}

/// Writes models, data sets, runtimes, images, replicas and machines of a workload.
pub(super) fn describe(
    row: &ObjectKind,
    object: &Object<'_>,
    workload: &ComponentId,
    ground: &Ground<'_>,
    out: &mut Facts<'_>,
) {
    out.attribute(workload, key::PURPOSE, &row.what, ground.at(object.name_span));
    let each = |paths: &[Box<str>]| paths.iter().flat_map(|path| along(object.node, path)).collect::<Vec<&Node>>();
    for node in each(&row.models) {
        if let Some(address) = node.text().filter(|text| !text.is_empty()) {
            model(workload, address, node, ground, out);
        }
    }
    for node in each(&row.datasets) {
        if let Some(address) = node.text().filter(|text| !text.is_empty()) {
            dataset(workload, address, node, ground, out);
        }
    }
    for node in each(&row.runtimes) {
        if let Some(name) = node.text().filter(|text| !text.is_empty()) {
            out.attribute(workload, key::RUNTIME, name, ground.at(node.span));
        }
    }
    for node in each(&row.images) {
        if let Some((image, node)) = image(node) {
            ground.image(workload, &image, node.span, out);
        }
    }
    sinks(row, object, workload, ground, out);
    for node in each(&row.instances) {
        if let Some(name) = node.text() {
            out.attribute(workload, key::INSTANCE_TYPE, name, ground.at(node.span));
        }
    }
    for node in each(&row.replicas) {
        if let Some(count) = node.scalar() {
            out.attribute(workload, key::REPLICAS, count, ground.at(node.span));
        }
    }
}

/// True for a value that the row calls a data set.
pub(super) fn is_dataset(row: &ObjectKind, object: &Object<'_>, node: &Node) -> bool {
    row.datasets.iter().flat_map(|path| along(object.node, path)).any(|set| std::ptr::eq(set, node))
}

/// An image as one text or in parts: registry, repository, image or name, tag or version.
fn image(node: &Node) -> Option<(String, &Node)> {
    if let Value::Text(text) = &node.value {
        return (!text.is_empty()).then(|| (text.to_string(), node));
    }
    let part = |key: &str| node.get(key).filter(|part| part.text().is_some_and(|text| !text.is_empty()));
    let last = part("image").or_else(|| part("name")).or_else(|| part("repository"))?;
    // a name alone may be the name of anything
    part("repository").or_else(|| part("registry"))?;
    let mut words: Vec<&str> = Vec::new();
    for key in ["registry", "repository"] {
        words.extend(part(key).filter(|part| part.span != last.span).and_then(Node::text));
    }
    words.extend(last.text());
    let mut image = words.join("/");
    let tag = node.get("tag").or_else(|| node.get("version")).and_then(Node::scalar).filter(|tag| !tag.is_empty());
    if let Some(tag) = tag {
        image.push(if tag.starts_with("sha256:") { '@' } else { ':' });
        image.push_str(&tag);
    }
    Some((image, last))
}

/// The model that an address or id names: on a hub, as an image, in a store, on a volume.
pub(super) fn model(workload: &ComponentId, address: &str, node: &Node, ground: &Ground<'_>, out: &mut Facts<'_>) {
    if ground.model(workload, address, node.span, out) {
        return;
    }
    let Some((scheme, rest)) = address.split_once("://") else { return };
    if matches!(scheme, "oci" | "docker") {
        ground.image(workload, rest, node.span, out);
        return;
    }
    if ground.is_open(address, node.span, out) {
        ground.stored(workload, scheme, node.span, out);
        return;
    }
    let model = ComponentId::model(scheme, rest);
    out.component(&model, ComponentKind::Model, ground.at(node.span));
    out.attribute(&model, key::NAME, address, ground.at(node.span));
    out.relation(workload, RelationKind::DependsOn, &model, ground.at(node.span));
    ground.calls(workload, address, node.span, out);
    ground.stored(workload, scheme, node.span, out);
}

fn dataset(workload: &ComponentId, address: &str, node: &Node, ground: &Ground<'_>, out: &mut Facts<'_>) {
    let (scheme, rest) = address.split_once("://").unwrap_or(("huggingface", address));
    let scheme = if scheme == "hf" { "huggingface" } else { scheme };
    if ground.is_open(address, node.span, out) {
        ground.stored(workload, scheme, node.span, out);
        return;
    }
    let set = ComponentId::of("dataset", format_args!("{scheme}/{rest}"));
    out.component(&set, ComponentKind::Dataset, ground.at(node.span));
    out.attribute(&set, key::NAME, address, ground.at(node.span));
    out.relation(workload, RelationKind::DependsOn, &set, ground.at(node.span));
    ground.stored(workload, scheme, node.span, out);
}

/// Where logs and backups of an object go.
fn sinks(row: &ObjectKind, object: &Object<'_>, id: &ComponentId, ground: &Ground<'_>, out: &mut Facts<'_>) {
    for (paths, key) in [(&row.logs, key::LOG_SINK), (&row.backups, key::BACKUP)] {
        for node in paths.iter().flat_map(|path| along(object.node, path)) {
            if let Some(text) = node.text().filter(|text| !text.is_empty()) {
                let text = crate::scan::package::toolkit::without_secrets(text);
                out.attribute(id, key, text, ground.at(node.span).without_excerpt());
                ground.calls(id, node.text().unwrap_or_default(), node.span, out);
            }
        }
    }
}

/// Writes the service that an object stands for; nothing when no word in it tells whose it is.
pub(super) fn service(
    row: &ObjectKind,
    object: &Object<'_>,
    ground: &Ground<'_>,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    let mut marks = Vec::new();
    for told in &row.marks {
        let Some((place, path)) = told.split_once(' ') else { continue };
        marks.extend(words(object.node, path).into_iter().map(|(word, span)| (place, word, span)));
    }
    let labels = labels(row, object.node);
    marks.extend(labels.iter().map(|(name, _, span)| ("node-label", *name, *span)));
    let place = if &*row.what == "identity" { "identity-annotation" } else { "annotation" };
    for entry in object.node.at(&["metadata", "annotations"]).map_or(&[][..], Node::entries) {
        match &*entry.key {
            "kubernetes.io/ingress.class" => {
                marks.extend(entry.value.text().map(|word| ("ingress-class", word, entry.value.span)));
            }
            key => marks.push((place, key, entry.key_span)),
        }
    }
    let known: Vec<_> = marks
        .into_iter()
        .filter_map(|(place, word, span)| Some((place, word, span, ground.catalog.object_mark(place, word)?)))
        .collect();
    if known.is_empty() && row.provider.is_none() && row.labels.is_empty() {
        return None;
    }
    let id = object.resource(ground.folder);
    out.component(&id, ComponentKind::Service, ground.at(object.name_span));
    out.attribute(&id, key::RESOURCE_TYPE, format!("{}/{}", object.group(), object.kind), ground.at(object.name_span));
    out.attribute(&id, key::NAME, object.name, ground.at(object.name_span));
    if let Some(service) = &row.service {
        out.attribute(&id, key::SERVICE, service, ground.at(object.name_span));
    }
    if row.provider.is_some() {
        let kind = format!("kind {}/{}", object.group(), object.kind);
        out.attribute(&id, key::MARK, kind, ground.at(object.name_span));
    }
    labelled(&id, &labels, known.is_empty(), ground, out);
    for (place, word, span, mark) in known {
        out.attribute(&id, key::MARK, format!("{place} {word}"), ground.at(span));
        if let Some(service) = &mark.service {
            out.attribute(&id, key::SERVICE, service, ground.at(span));
        }
    }
    sinks(row, object, &id, ground, out);
    for (paths, key) in [(&row.regions, key::REGION), (&row.instances, key::INSTANCE_TYPE)] {
        for node in paths.iter().flat_map(|path| along(object.node, path)) {
            if let Some(value) = node.text().filter(|value| !value.is_empty()) {
                out.attribute(&id, key, value, ground.at(node.span));
            }
        }
    }
    if &*row.what == "node-pool" {
        let values = |label: &str| {
            let mut found = along(object.node, &format!("requirement:{label}"));
            found.extend(labels.iter().filter(|(name, ..)| *name == label).map(|(_, value, _)| *value));
            found
        };
        super::gpu_pool::pool(&id, &values, ground, out);
    }
    Some(id)
}

/// A label of nodes, or a taint: name, value, and where the name stands.
type Label<'n> = (&'n str, &'n Node, Span);

/// Labels and taints of the nodes that an object speaks of.
fn labels<'n>(row: &ObjectKind, node: &'n Node) -> Vec<Label<'n>> {
    let mut found = Vec::new();
    for below in row.labels.iter().flat_map(|path| along(node, path)) {
        match (below.get("key"), below.get("value"), below.get("effect")) {
            (Some(key), Some(value), Some(_)) => found.extend(key.text().map(|name| (name, value, key.span))),
            _ => found.extend(below.entries().iter().map(|entry| (&*entry.key, &entry.value, entry.key_span))),
        }
    }
    found
}

/// Region, or part of one, and machine type that labels of nodes name; whose they are, where no label tells.
fn labelled(id: &ComponentId, labels: &[Label<'_>], is_open: bool, ground: &Ground<'_>, out: &mut Facts<'_>) {
    let find = |names: &[&str]| {
        let node = labels.iter().find(|(name, ..)| names.contains(name)).map(|(_, value, _)| *value)?;
        Some((node.text()?, node.span))
    };
    let (instance, region) = (find(&nodes::INSTANCE), find(&nodes::REGION).or_else(|| find(&nodes::ZONE)));
    for (found, key) in [(instance, key::INSTANCE_TYPE), (region, key::REGION)] {
        if let Some((text, span)) = found {
            out.attribute(id, key, text, ground.at(span));
        }
    }
    if let Some((place, word, span)) = nodes::by_type_or_region(instance, region, ground).filter(|_| is_open) {
        out.attribute(id, key::MARK, format!("{}{place} {word}", key::LIKELY), ground.at(span));
    }
}
