//! Clients whose address only a run knows: such a client may speak to anybody, so what usually answers it is no more than
//! possible.

use std::collections::BTreeSet;

use super::{EdgeId, Graph, NodeId};
use crate::model::{Evidence, EvidenceSet, Place, RelationKind, key};

/// Where the component was seen by such clients.
fn places(graph: &Graph<'_>, node: NodeId) -> BTreeSet<Place> {
    let rows = graph.all_attributes(node).iter().filter(|row| row.key == key::ADDRESS && &*row.value == "not-known");
    rows.flat_map(|row| row.evidence.iter().filter_map(Evidence::place)).collect()
}

fn all_in(evidence: &EvidenceSet, places: &BTreeSet<Place>) -> bool {
    evidence.iter().filter_map(Evidence::place).all(|place| places.contains(&place))
}

/// True when nothing but clients of an unknown address speaks of the component.
#[must_use]
pub fn is_address_open(graph: &Graph<'_>, node: NodeId) -> bool {
    graph.attribute(node, key::ADDRESS).is_some() && {
        let places = places(graph, node);
        !places.is_empty() && graph.node(node).evidence.is_some_and(|evidence| all_in(evidence, &places))
    }
}

/// Calls that only such clients make.
#[must_use]
pub fn open_calls(graph: &Graph<'_>) -> BTreeSet<EdgeId> {
    let called = graph.nodes().filter(|node| graph.attribute(*node, key::ADDRESS).is_some());
    let mut found = BTreeSet::new();
    for node in called {
        let places = places(graph, node);
        let calls = graph.incoming(node).filter(|(edge, _)| graph.edge(*edge).kind == RelationKind::Calls);
        found.extend(calls.map(|(edge, _)| edge).filter(|edge| all_in(graph.edge(*edge).evidence, &places)));
    }
    found
}
