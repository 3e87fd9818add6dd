//! Components, relations and their evidence as rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Sources;
use crate::control::laws::Legal;
use crate::graph::{Graph, NodeId};
use crate::model::{ComponentKind, Evidence, RelationKind, key};
use crate::report::legal::{owned_rows, reach_rows};
use crate::report::model::{ComponentRow, PlaceRow, RelationRow};
use crate::score::{CONTROL_ORDER, country};

/// True for a package that others need and of which no file says that it is asked for directly.
fn is_transitive(graph: &Graph<'_>, node: NodeId) -> bool {
    let is_package = |node| graph.node(node).kind == ComponentKind::Package;
    is_package(node)
        && graph.attribute(node, key::RELATION).is_none()
        && graph.incoming(node).any(|(edge, from)| graph.edge(edge).kind == RelationKind::DependsOn && is_package(from))
}

pub(super) fn components(sources: &Sources<'_>) -> Vec<ComponentRow> {
    let graph = sources.graph;
    let legal = Legal::new(graph, sources.catalog, sources.as_of);
    let rows = graph.nodes().map(|node| {
        let about = graph.node(node);
        let mut attributes: BTreeMap<&'static str, Vec<Arc<str>>> = BTreeMap::new();
        for row in graph.all_attributes(node) {
            attributes.entry(row.key).or_default().push(Arc::clone(&row.value));
        }
        if is_transitive(graph, node) {
            attributes.insert(key::RELATION, vec![Arc::from("transitive")]);
        }
        let states = graph.controlled_from(node, &CONTROL_ORDER);
        ComponentRow {
            id: about.id.shared(),
            kind: about.kind.as_str(),
            attributes,
            evidence: about.evidence.into_iter().flatten().cloned().collect(),
            controlled_from: states
                .into_iter()
                .filter_map(|state| country(graph, state))
                .map(|code| code.to_string())
                .collect(),
            reached_by: reach_rows(&legal, node),
            owned: match about.kind {
                ComponentKind::Organisation => owned_rows(sources.catalog, about.id.rest(), sources.as_of),
                _ => Vec::new(),
            },
        }
    });
    rows.collect()
}

pub(super) fn relations(graph: &Graph<'_>) -> Vec<RelationRow> {
    let mut rows = Vec::new();
    for node in graph.nodes() {
        for (edge, to) in graph.outgoing(node) {
            let about = graph.edge(edge);
            rows.push(RelationRow {
                from: graph.node(node).id.shared(),
                kind: about.kind.as_str(),
                to: graph.node(to).id.shared(),
                horizon: about.horizon.as_str(),
                group: about.group.map(|group| Arc::clone(&group.0)),
                evidence: about.evidence.iter().cloned().collect(),
            });
        }
    }
    rows
}

pub(super) fn observed(evidence: &Evidence) -> Option<PlaceRow> {
    evidence.sighting().map(PlaceRow::from)
}
