//! Machines of a dump: what the cluster runs on, by provider, region, machine type and accelerator.

use std::collections::BTreeMap;

use super::gpu::PRODUCT_LABELS;
use super::manifest::Object;
use super::workload::Ground;
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, ComponentKind, RelationKind, key};
use crate::parse::{Entry, Node};
use crate::scan::Facts;
use crate::scan::hardware::machine::devices;
use crate::text::Span;

pub(super) const INSTANCE: [&str; 2] = ["node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"];
pub(super) const REGION: [&str; 2] = ["topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"];
/// Labels that name a part of a region.
pub(super) const ZONE: [&str; 2] = ["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"];
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
        let product = product(node, ground).map_or("", |(text, _)| text);
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
    let stated = marks.into_iter().find(|(place, word, _)| ground.catalog.object_mark(place, word).is_some());
    let instance = label(node, &INSTANCE).map(|(_, text, span)| (text, span));
    let region = label(node, &REGION).map(|(_, text, span)| (text, span));
    let likely = || by_type_or_region(instance, region, ground).map(|found| (key::LIKELY, found));
    let marked = stated.map(|found| ("", found)).or_else(likely);
    if marked.is_none()
        && let Some((_, region, span)) = label(node, &REGION)
    {
        let (file, at) = ground.places.place(span);
        let message = format!(
            "nodes name the region `{region}`, and neither a providerID nor a label tells whose it is: their place is unknown"
        );
        out.problem(DiagnosticKind::Unresolved, file, Some(at), message);
    }
    if let Some((likely, (place, word, span))) = marked {
        for of in [cluster, id] {
            out.attribute(of, key::MARK, format!("{likely}{place} {word}"), ground.at(span));
        }
    }
    let accelerator = match product(node, ground) {
        Some((product, span)) => Some((super::gpu::product(id, product, span, ground, out), span)),
        // what the type of the machine has is known without
        None if label(node, &INSTANCE).is_some_and(|(_, name, _)| has_accelerators(name, ground)) => None,
        None => resources(node, ground).next().map(|entry| {
            let found = super::gpu::resource(&entry.key, entry.key_span, ground.catalog, ground.places, out);
            out.relation(id, RelationKind::RunsOn, &found, ground.at(entry.key_span));
            (found, entry.key_span)
        }),
    };
    if let Some((accelerator, span)) = accelerator.filter(|_| pool.accelerators > 0) {
        out.attribute(id, key::ACCELERATOR_COUNT, pool.accelerators.to_string(), ground.at(span));
        out.attribute(id, key::DEVICES, devices(&accelerator, pool.accelerators), ground.at(span));
    }
    for (name, key) in [
        ("nvidia.com/cuda.driver-version.full", key::DRIVER_VERSION),
        ("amd.com/gpu.driver-version", key::DRIVER_VERSION),
    ] {
        if let Some((_, text, span)) = label(node, &[name]) {
            out.attribute(id, key, text, ground.at(span));
        }
    }
}

/// The provider's mark, where the machine type is known of one provider only, or the region is.
pub(super) fn by_type_or_region<'g>(
    instance: Option<(&str, Span)>,
    region: Option<(&str, Span)>,
    ground: &Ground<'g>,
) -> Option<(&'g str, &'g str, Span)> {
    let catalog = ground.catalog;
    let providers = catalog.tables().provider.iter();
    let all: Vec<&str> = match (instance, region) {
        (Some((name, _)), region) if !catalog.instance_types_named(name).is_empty() => providers
            .filter(|row| catalog.instance_type(&row.id, name).is_some())
            .filter(|row| region.is_none_or(|(code, _)| catalog.region(&row.id, code).is_some()))
            .map(|row| &*row.id)
            .collect(),
        (_, Some((code, _))) => {
            providers.filter(|row| catalog.region(&row.id, code).is_some()).map(|row| &*row.id).collect()
        }
        _ => return None,
    };
    let [provider] = all[..] else { return None };
    let mut marks = catalog.tables().object_mark.iter();
    let mark = marks.find(|row| &*row.place == "provider-id" && row.provider.as_deref() == Some(provider))?;
    let (_, span) = instance.or(region)?;
    Some((&*mark.place, &*mark.word, span))
}

fn has_accelerators(instance: &str, ground: &Ground<'_>) -> bool {
    ground.catalog.instance_types_named(instance).iter().any(|row| row.accelerator.is_some())
}

/// The product that a label of a node names.
fn product<'n>(node: &Object<'n>, ground: &Ground<'_>) -> Option<(&'n str, Span)> {
    let labels = node.node.at(&["metadata", "labels"])?;
    PRODUCT_LABELS.iter().find_map(|name| {
        let value = labels.get(name)?;
        super::gpu::names_product(name, value, ground.catalog).then(|| Some((value.text()?, value.span))).flatten()
    })
}

/// The first of some labels that a node has.
fn label<'n>(node: &Object<'n>, names: &[&'n str]) -> Option<(&'n str, &'n str, Span)> {
    let labels = node.node.at(&["metadata", "labels"])?;
    names.iter().find_map(|name| {
        let value = labels.get(name)?;
        Some((*name, value.text()?, value.span))
    })
}

/// Resources of accelerators that the node has, without those that are none there.
fn resources<'n>(node: &Object<'n>, ground: &Ground<'_>) -> impl Iterator<Item = &'n Entry> {
    let capacity = node.node.at(&["status", "capacity"]).map_or(&[][..], Node::entries);
    let catalog = ground.catalog;
    capacity.iter().filter(move |entry| {
        catalog.accelerator_resource(&entry.key).is_some() && entry.value.scalar().is_some_and(|count| count != "0")
    })
}

/// Accelerators that the node says it has. A plugin that shares devices reports more than there are, which a label
/// tells; resources of one vendor are the same devices, whole and in parts: of these the least is the number of devices.
fn accelerators(node: &Object<'_>, ground: &Ground<'_>) -> u64 {
    let labelled = label(node, &["nvidia.com/gpu.count", "amd.com/gpu.count"]);
    if let Some(count) = labelled.and_then(|(_, text, _)| text.parse::<u64>().ok()) {
        return count;
    }
    let mut vendors: BTreeMap<&str, u64> = BTreeMap::new();
    // parts of devices that are no whole ones for anybody
    let mut slices: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in resources(node, ground) {
        let Some(count) = entry.value.scalar().and_then(|count| count.parse::<u64>().ok()) else { continue };
        let vendor = entry.key.split('/').next().unwrap_or(&entry.key);
        if let Some(each) = super::gpu::slices(&entry.key) {
            let all = slices.entry(vendor).or_default();
            *all = all.saturating_add(count.saturating_mul(each));
            continue;
        }
        vendors.entry(vendor).and_modify(|least| *least = count.min(*least)).or_insert(count);
    }
    let parted = slices.values().map(|slices| slices.div_ceil(super::gpu::SLICES));
    vendors.values().copied().chain(parted).fold(0, u64::saturating_add)
}
