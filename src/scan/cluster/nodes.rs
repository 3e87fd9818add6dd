//! Machines of a dump: what the cluster runs on, by provider, region, machine type and accelerator.

use std::collections::BTreeMap;

use super::gpu::PRODUCT_LABELS;
use super::manifest::Object;
use super::workload::Ground;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::parse::Node;
use crate::scan::Facts;
use crate::text::Span;

const INSTANCE: [&str; 2] = ["node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"];
const REGION: [&str; 2] = ["topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"];
/// Labels that name the cluster.
const NAMES: [&str; 3] =
    ["alpha.eksctl.io/cluster-name", "kubernetes.azure.com/cluster", "eks.amazonaws.com/cluster-name"];

/// Machines of one type in one region.
struct Pool<'a> {
    /// The first of them speaks for all.
    first: &'a Object<'a>,
    count: usize,
    accelerators: u64,
}

/// Writes the cluster whose nodes are among the objects.
pub(super) fn write(objects: &[Object<'_>], ground: &Ground<'_>, out: &mut Facts<'_>) -> Option<ComponentId> {
    let nodes: Vec<&Object<'_>> = objects.iter().filter(|object| object.kind == "Node" && object.api == "v1").collect();
    let first = nodes.first()?;
    let (file, _) = ground.places.place(first.name_span);
    let stem = file.path().as_str().rsplit_once('.').map_or(file.path().as_str(), |(stem, _)| stem);
    let cluster = ComponentId::of("cluster", stem);
    out.component(&cluster, ComponentKind::Cluster, ground.at(first.name_span));
    let mut pools: BTreeMap<(&str, &str, &str), Pool<'_>> = BTreeMap::new();
    for node in &nodes {
        let instance = label(node, &INSTANCE).map_or("", |(_, text, _)| text);
        let region = label(node, &REGION).map_or("", |(_, text, _)| text);
        let product = label(node, &PRODUCT_LABELS).map_or("", |(_, text, _)| text);
        let pool = pools.entry((instance, region, product)).or_insert(Pool { first: node, count: 0, accelerators: 0 });
        pool.count += 1;
        pool.accelerators += accelerators(node, ground);
        if let Some((_, name, span)) = label(node, &NAMES) {
            out.attribute(&cluster, key::CLUSTER, name, ground.at(span));
        }
    }
    for ((instance, region, product), pool) in &pools {
        let name = [*instance, *region, *product].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>();
        let name = if name.is_empty() { "unnamed".to_owned() } else { name.join("/") };
        let id = ComponentId::of("resource", format_args!("{stem}/Node/{name}"));
        let seen = || ground.at(pool.first.name_span);
        out.component(&id, ComponentKind::Service, seen());
        out.attribute(&id, key::RESOURCE_TYPE, "/Node", seen());
        out.attribute(&id, key::COUNT, pool.count.to_string(), seen());
        out.relation(&cluster, RelationKind::RunsOn, &id, seen());
        place(&cluster, &id, pool, ground, out);
    }
    Some(cluster)
}

/// Provider, region, machine type and accelerators of a pool.
fn place(cluster: &ComponentId, id: &ComponentId, pool: &Pool<'_>, ground: &Ground<'_>, out: &mut Facts<'_>) {
    let node = pool.first;
    for (found, key) in [(label(node, &INSTANCE), key::INSTANCE_TYPE), (label(node, &REGION), key::REGION)] {
        if let Some((_, text, span)) = found {
            out.attribute(id, key, text, ground.at(span));
            if key == key::REGION {
                out.attribute(cluster, key, text, ground.at(span));
            }
        }
    }
    let scheme = node.node.at(&["spec", "providerID"]).and_then(|id| Some((id.text()?.split_once("://")?.0, id.span)));
    let labels = node.node.at(&["metadata", "labels"]).map_or(&[][..], Node::entries).iter();
    let mut marks: Vec<(&str, &str, Span)> =
        scheme.map(|(word, span)| ("provider-id", word, span)).into_iter().collect();
    marks.extend(labels.map(|entry| ("node-label", &*entry.key, entry.key_span)));
    if let Some((place, word, span)) =
        marks.into_iter().find(|(place, word, _)| ground.catalog.object_mark(place, word).is_some())
    {
        for of in [cluster, id] {
            out.attribute(of, key::MARK, format!("{place} {word}"), ground.at(span));
        }
    }
    if let Some((_, product, span)) = label(node, &PRODUCT_LABELS) {
        super::gpu::product(id, product, span, ground, out);
        if pool.accelerators > 0 {
            out.attribute(id, key::ACCELERATOR_COUNT, pool.accelerators.to_string(), ground.at(span));
        }
    }
}

/// The first of some labels that a node has.
fn label<'n>(node: &Object<'n>, names: &[&'n str]) -> Option<(&'n str, &'n str, Span)> {
    let labels = node.node.at(&["metadata", "labels"])?;
    names.iter().find_map(|name| {
        let value = labels.get(name)?;
        Some((*name, value.text()?, value.span))
    })
}

/// Accelerators that the node says it has.
fn accelerators(node: &Object<'_>, ground: &Ground<'_>) -> u64 {
    let capacity = node.node.at(&["status", "capacity"]).map_or(&[][..], Node::entries);
    let known = capacity.iter().filter(|entry| ground.catalog.accelerator_resource(&entry.key).is_some());
    known.filter_map(|entry| entry.value.scalar()?.parse::<u64>().ok()).sum()
}
