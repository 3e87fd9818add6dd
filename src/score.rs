//! The numbers of the summary, each with what it does not cover.

use std::collections::BTreeMap;

use crate::graph::{Control, Graph, NodeId};
use crate::model::{ComponentKind, CountryCode};

/// From where components are controlled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlShares {
    /// Components per jurisdiction; one that answers to two counts for both.
    pub by_country: BTreeMap<CountryCode, usize>,
    /// Components whose owner is not known.
    pub unknown: usize,
    /// Components looked at.
    pub total: usize,
}

/// Who answers, first found: the operator, else the publisher, else the designer, else who serves the bytes.
pub const CONTROL_ORDER: [Control; 4] =
    [Control::Operator, Control::Maintainer, Control::Designer, Control::Distributor];

/// Shares over services, images, models, packages and accelerators. Being served by a registry or made in a
/// foundry is not being controlled by it.
#[must_use]
pub fn control_shares(graph: &Graph<'_>) -> ControlShares {
    let mut shares = ControlShares::default();
    for node in graph.nodes() {
        let kind = graph.node(node).kind;
        let looked_at = matches!(
            kind,
            ComponentKind::Service
                | ComponentKind::Image
                | ComponentKind::Model
                | ComponentKind::Package
                | ComponentKind::Accelerator
        );
        if !looked_at || graph.is_absent(node) {
            continue;
        }
        shares.total += 1;
        let states: Vec<CountryCode> = graph
            .controlled_from(node, &CONTROL_ORDER[..3])
            .into_iter()
            .filter_map(|state| country(graph, state))
            .collect();
        if states.is_empty() {
            shares.unknown += 1;
        }
        for state in states {
            *shares.by_country.entry(state).or_default() += 1;
        }
    }
    shares
}

/// The country of a jurisdiction's node.
#[must_use]
pub fn country(graph: &Graph<'_>, node: NodeId) -> Option<CountryCode> {
    graph.node(node).id.as_str().strip_prefix("jurisdiction:").and_then(CountryCode::new)
}
