//! The accelerators of a system with their numbers.

use crate::catalog::Catalog;
use crate::catalog::rows::Accelerator;
use crate::graph::{Graph, NodeId};
use crate::model::{ComponentKind, RelationKind, key};

/// All accelerators.
pub struct Fleet<'c> {
    /// Products that the catalog knows, in id order.
    pub parts: Vec<Part<'c>>,
    /// Products that it does not.
    pub unknown_products: usize,
}

/// One product.
pub struct Part<'c> {
    /// Its node.
    pub node: NodeId,
    /// What the catalog says of it.
    pub row: &'c Accelerator,
    /// How many there are; one where no number is known.
    pub devices: f64,
    /// Whether a number is known.
    pub is_counted: bool,
    /// What holds it.
    pub holders: Vec<NodeId>,
}

impl<'c> Fleet<'c> {
    /// Collects them. Machines and node pools that hold a product say how many there are; what workloads ask for counts
    /// only where no machine is known, because both speak of the same devices.
    #[must_use]
    pub fn of(graph: &Graph<'_>, catalog: &'c Catalog) -> Self {
        let mut fleet = Self { parts: Vec::new(), unknown_products: 0 };
        for node in graph.nodes().filter(|node| graph.node(*node).kind == ComponentKind::Accelerator) {
            let Some(row) = catalog.accelerator(graph.node(node).id.rest()) else {
                fleet.unknown_products += 1;
                continue;
            };
            let holders: Vec<NodeId> = graph
                .incoming(node)
                .filter(|(edge, holder)| {
                    graph.edge(*edge).kind == RelationKind::RunsOn && !graph.is_switched_off(*holder)
                })
                .map(|(_, holder)| holder)
                .collect();
            let is_machine = |holder: &&NodeId| graph.node(**holder).kind != ComponentKind::Workload;
            let machines: Vec<NodeId> = holders.iter().filter(is_machine).copied().collect();
            let counting = if machines.is_empty() { &holders } else { &machines };
            let counts: Vec<f64> = counting.iter().filter_map(|holder| devices(graph, *holder)).collect();
            let total: f64 = counts.iter().sum();
            let is_counted = !counts.is_empty() && total > 0.0;
            fleet.parts.push(Part { node, row, devices: if is_counted { total } else { 1.0 }, is_counted, holders });
        }
        fleet
    }

    /// All devices.
    #[must_use]
    pub fn devices(&self) -> f64 {
        self.parts.iter().map(|part| part.devices).sum()
    }
}

/// How many devices something holds, where it says so and holds one product only.
fn devices(graph: &Graph<'_>, holder: NodeId) -> Option<f64> {
    let number = |key: &str| -> Option<f64> {
        let values = graph.attributes(holder, key).filter_map(|text| text.parse::<f64>().ok());
        values.filter(|value| value.is_finite() && *value >= 0.0).reduce(f64::max)
    };
    let accelerators = graph.outgoing_of(holder, &[RelationKind::RunsOn]);
    let products = accelerators.filter(|(_, end)| graph.node(*end).kind == ComponentKind::Accelerator).count();
    if products != 1 {
        return None;
    }
    if let Some(count) = number(key::ACCELERATOR_COUNT) {
        return Some(count);
    }
    match graph.node(holder).kind {
        // what a pod asks for, times its replicas
        ComponentKind::Workload => Some(number(key::COUNT)? * number(key::REPLICAS).unwrap_or(1.0)),
        ComponentKind::Cluster => number(key::COUNT),
        _ => None,
    }
}
