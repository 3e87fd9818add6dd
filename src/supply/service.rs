//! What lists of assets say of replacing accelerators: spares, days of purchase and of replacement.

use super::fleet::Fleet;
use super::rows::ServiceRow;
use crate::fleet::count;
use crate::graph::{Graph, NodeId};
use crate::model::key;

/// One row for each product and holder of which a list says something, what is to be replaced first at the top.
pub(super) fn service(graph: &Graph<'_>, fleet: &Fleet<'_>) -> Vec<ServiceRow> {
    let parts = fleet.parts.iter().map(|part| (part.node, part.row.product.to_string(), &part.holders));
    let families = fleet.families.iter().map(|family| {
        let name = graph.attribute(family.node, key::DEVICE_NAME);
        (family.node, name.map_or_else(|| graph.label(family.node).into_owned(), str::to_owned), &family.holders)
    });
    let mut rows = Vec::new();
    for (node, accelerator, holders) in parts.chain(families) {
        for holder in holders {
            let day = |key| graph.attributes(*holder, key).min().map(str::to_owned);
            let (spares, purchased, refresh) = (spares(graph, *holder, node), day(key::PURCHASED), day(key::REFRESH));
            if spares > 0 || purchased.is_some() || refresh.is_some() {
                rows.push(ServiceRow {
                    accelerator: accelerator.clone(),
                    holder: graph.label(*holder).into_owned(),
                    devices: count(graph, *holder, node).unwrap_or(1),
                    spares,
                    purchased,
                    refresh,
                });
            }
        }
    }
    let order =
        |row: &ServiceRow| (row.refresh.is_none(), row.refresh.clone(), row.accelerator.clone(), row.holder.clone());
    rows.sort_by_cached_key(order);
    rows
}

/// How many of an accelerator lie in store.
fn spares(graph: &Graph<'_>, holder: NodeId, accelerator: NodeId) -> u64 {
    let id = graph.node(accelerator).id.rest();
    let numbers = graph.attributes(holder, key::SPARES).filter_map(|text| {
        let (of, number) = text.rsplit_once(' ')?;
        (of == id).then(|| number.parse::<u64>().ok()).flatten()
    });
    numbers.max().unwrap_or_default()
}
