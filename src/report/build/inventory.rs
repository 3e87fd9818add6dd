//! Components, relations and their evidence as rows.

use std::collections::BTreeMap;

use super::Sources;
use super::finding::place_row;
use crate::control::laws::Legal;
use crate::graph::Graph;
use crate::model::{Basis, ComponentKind, Evidence};
use crate::report::legal::{owned_rows, reach_rows};
use crate::report::model::{ComponentRow, EvidenceRow, PlaceRow, RelationRow};
use crate::score::{CONTROL_ORDER, country};

pub(super) fn components(sources: &Sources<'_>) -> Vec<ComponentRow> {
    let graph = sources.graph;
    let legal = Legal::new(graph, sources.catalog, sources.as_of);
    let rows = graph.nodes().map(|node| {
        let about = graph.node(node);
        let mut attributes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in graph.all_attributes(node) {
            attributes.entry(row.key.to_owned()).or_default().push(row.value.to_string());
        }
        let states = graph.controlled_from(node, &CONTROL_ORDER);
        ComponentRow {
            id: about.id.to_string(),
            kind: about.kind.as_str().to_owned(),
            attributes,
            evidence: about.evidence.into_iter().flatten().map(evidence_row).collect(),
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
                from: graph.node(node).id.to_string(),
                kind: about.kind.as_str().to_owned(),
                to: graph.node(to).id.to_string(),
                horizon: about.horizon.as_str().to_owned(),
                group: about.group.map(|group| group.0.to_string()),
                evidence: about.evidence.iter().map(evidence_row).collect(),
            });
        }
    }
    rows
}

fn evidence_row(evidence: &Evidence) -> EvidenceRow {
    match evidence {
        Evidence::Observed(seen) => EvidenceRow::Observed {
            place: place_row(&seen.place()),
            layer: seen.layer().map(ToString::to_string),
            scanner: seen.scanner().to_owned(),
            basis: match seen.basis() {
                Basis::Resolved => "resolved",
                Basis::Declared => "declared",
                Basis::Inferred => "inferred",
            }
            .to_owned(),
        },
        Evidence::Cited(cited) => EvidenceRow::Cited {
            entry: cited.entry.to_string(),
            sources: cited.sources.iter().map(|source| source.title.to_string()).collect(),
            verification: cited.verification.as_str().to_owned(),
            confidence: cited.confidence.as_str().to_owned(),
        },
    }
}

pub(super) fn observed(evidence: &Evidence) -> Option<PlaceRow> {
    evidence.place().map(|place| place_row(&place))
}
