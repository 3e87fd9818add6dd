//! Accelerators that a pod asks for, and the product its placement names.

use super::places::Places;
use super::workload::Ground;
use crate::catalog::Catalog;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::parse::{Entry, Node};
use crate::scan::Facts;
use crate::text::Span;

/// Labels whose value is a product.
pub(super) const PRODUCT_LABELS: [&str; 5] = [
    "nvidia.com/gpu.product",
    "cloud.google.com/gke-accelerator",
    "cloud.google.com/gke-tpu-accelerator",
    "gpu.nvidia.com/class",
    "k8s.amazonaws.com/accelerator",
];
/// Labels whose value is a cloud instance type.
const INSTANCE_LABELS: [&str; 2] = ["node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"];

/// Writes what a pod spec says about accelerators.
pub(super) fn accelerators(
    pod: &Node,
    workload: &ComponentId,
    catalog: &Catalog,
    places: &dyn Places,
    out: &mut Facts<'_>,
) {
    let placed = placement(pod);
    for (label, value) in &placed {
        if INSTANCE_LABELS.contains(label)
            && let Some(text) = value.text()
        {
            out.attribute(workload, key::INSTANCE_TYPE, text, places.at(value.span));
        }
    }
    let products: Vec<&Node> =
        placed.iter().filter(|(label, _)| PRODUCT_LABELS.contains(label)).map(|(_, value)| *value).collect();
    for list in ["containers", "initContainers"] {
        for container in pod.get(list).map_or(&[][..], Node::list) {
            for entry in requests(container) {
                if catalog.accelerator_resource(&entry.key).is_some() {
                    write(entry, &products, workload, catalog, places, out);
                }
            }
        }
    }
}

/// Limits and requests; a limit without request counts once.
fn requests(container: &Node) -> Vec<&Entry> {
    let mut found: Vec<&Entry> = container.at(&["resources", "limits"]).map_or(&[][..], Node::entries).iter().collect();
    for entry in container.at(&["resources", "requests"]).map_or(&[][..], Node::entries) {
        if !found.iter().any(|known| known.key == entry.key) {
            found.push(entry);
        }
    }
    found
}

fn write(
    entry: &Entry,
    products: &[&Node],
    workload: &ComponentId,
    catalog: &Catalog,
    places: &dyn Places,
    out: &mut Facts<'_>,
) {
    let mut ids = Vec::new();
    for node in products {
        let Some(name) = node.text() else { continue };
        ids.push((named(name, node.span, catalog, places, out), node.span));
    }
    if ids.is_empty() {
        let id = ComponentId::unknown_accelerator(&entry.key);
        out.component(&id, ComponentKind::Accelerator, places.at(entry.key_span));
        ids.push((id, entry.key_span));
    }
    for (id, span) in ids {
        out.relation(workload, RelationKind::RunsOn, &id, places.at(span));
    }
    out.attribute(workload, key::EXTENDED_RESOURCE, &*entry.key, places.at(entry.key_span));
    if let Some(count) = entry.value.scalar() {
        out.attribute(workload, key::COUNT, count, places.at(entry.value.span));
    }
}

/// The accelerator that a product's name means.
fn named(name: &str, span: Span, catalog: &Catalog, places: &dyn Places, out: &mut Facts<'_>) -> ComponentId {
    let known = catalog.accelerators_by_name(name);
    let id = match known.as_slice() {
        [one] => ComponentId::accelerator(&one.id),
        _ => ComponentId::unknown_accelerator(name),
    };
    out.component(&id, ComponentKind::Accelerator, places.at(span));
    let name = known.first().filter(|_| known.len() == 1).map_or(name, |one| &one.product);
    out.attribute(&id, key::NAME, name, places.at(span));
    id
}

/// A machine has the accelerator that its label names.
pub(super) fn product(machine: &ComponentId, name: &str, span: Span, ground: &Ground<'_>, out: &mut Facts<'_>) {
    let id = named(name, span, ground.catalog, ground.places, out);
    out.relation(machine, RelationKind::RunsOn, &id, ground.at(span));
}

/// Node selectors, and `In` expressions of required node affinity.
fn placement(pod: &Node) -> Vec<(&str, &Node)> {
    let selector = pod.get("nodeSelector").map_or(&[][..], Node::entries);
    let mut found: Vec<(&str, &Node)> = selector.iter().map(|entry| (&*entry.key, &entry.value)).collect();
    let terms =
        pod.at(&["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"]);
    for term in terms.map_or(&[][..], Node::list) {
        for expression in term.get("matchExpressions").map_or(&[][..], Node::list) {
            if expression.text_at("operator") != Some("In") {
                continue;
            }
            if let Some(label) = expression.text_at("key") {
                found.extend(expression.get("values").map_or(&[][..], Node::list).iter().map(|value| (label, value)));
            }
        }
    }
    found
}
