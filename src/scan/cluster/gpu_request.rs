//! Accelerators that objects of operators ask for outside of containers, by rows of the rules: `resources.limits.gpu: 2` of
//! NVIDIA Dynamo asks for two devices of `nvidia.com/gpu`.

use std::collections::BTreeMap;

use super::along::along;
use super::gpu;
use super::manifest::Object;
use super::workload::Ground;
use crate::catalog::rows::{DeviceRequest, ObjectKind};
use crate::model::ComponentId;
use crate::parse::{Entry, Node};
use crate::scan::Facts;

/// Writes what an object asks for; gives how many of each product all its pods ask for, where it names one.
pub(super) fn write(
    kind: &ObjectKind,
    object: &Object<'_>,
    workload: &ComponentId,
    ground: &Ground<'_>,
    out: &mut Facts<'_>,
) -> BTreeMap<ComponentId, u64> {
    let mut devices: BTreeMap<ComponentId, u64> = BTreeMap::new();
    for row in ground.catalog.device_requests(kind) {
        for each in along(object.node, &row.each) {
            let short = short(row, each);
            let mut asked = long(row, each);
            asked.extend(
                short.iter().filter(|entry| !asked.iter().any(|known| known.key == entry.key)).collect::<Vec<_>>(),
            );
            let pods = row.times.iter().filter_map(|path| number(each, path)).fold(1, u64::saturating_mul);
            for (id, count) in gpu::asked_beside((beside(row, each), asked), workload, ground, out) {
                let all = devices.entry(id).or_default();
                *all = all.saturating_add(count.saturating_mul(pods));
            }
        }
    }
    devices
}

/// What stands in the place of pod specs in an object: its volumes, accounts and claims are those of its pods.
pub(super) fn beside_of<'n>(kind: &ObjectKind, object: &Object<'n>, ground: &Ground<'_>) -> Vec<&'n Node> {
    let rows = ground.catalog.device_requests(kind).filter(|row| row.beside.is_some());
    rows.flat_map(|row| along(object.node, &row.each).into_iter().map(|each| beside(row, each))).collect()
}

fn beside<'n>(row: &DeviceRequest, each: &'n Node) -> &'n Node {
    row.beside.as_deref().and_then(|path| first(each, path)).unwrap_or(each)
}

fn first<'n>(each: &'n Node, path: &str) -> Option<&'n Node> {
    along(each, path).into_iter().next()
}

fn number(each: &Node, path: &str) -> Option<u64> {
    first(each, path)?.scalar()?.parse().ok()
}

/// Resources under their full names: what a container says itself comes first.
fn long<'n>(row: &DeviceRequest, each: &'n Node) -> Vec<&'n Entry> {
    let container = row.container.as_deref().and_then(|path| first(each, path));
    let mut found = container.map_or_else(Vec::new, gpu::requests);
    for path in &row.resources {
        for entry in first(each, path).map_or(&[][..], Node::entries) {
            if !found.iter().any(|known| known.key == entry.key) {
                found.push(entry);
            }
        }
    }
    found
}

/// A plain number, under the name of the resource that it is of.
fn short(row: &DeviceRequest, each: &Node) -> Option<Entry> {
    let value = row.counts.iter().find_map(|path| first(each, path).filter(|value| value.scalar().is_some()))?;
    let named = row.names.iter().find_map(|path| first(each, path)?.text().filter(|name| !name.is_empty()));
    let name = named.or(row.unnamed.as_deref())?;
    Some(Entry { key: name.into(), key_span: value.span, value: value.clone() })
}
