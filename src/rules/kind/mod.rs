//! One file per way of judging. A kind selects, asks the graph and the catalog, and writes hits.

pub mod concentration;
pub mod disagreement;
pub mod export_class;
mod export_party;
pub mod fleet;
pub mod listed;
mod listed_owners;
pub mod matching;
pub mod missing;
pub mod noticed;
pub mod owned;
pub mod reach;
pub mod screened;
pub mod single;
pub mod stated;
pub mod tied;

use crate::graph::NodeId;
use crate::model::{CountryCode, key};
use crate::rules::run::View;

/// The country of a jurisdiction's node.
fn country(view: &View<'_>, node: NodeId) -> Option<CountryCode> {
    view.graph.node(node).id.as_str().strip_prefix("jurisdiction:").and_then(CountryCode::new)
}

/// Replacements that the catalog names for a component's service.
fn alternatives(view: &View<'_>, node: NodeId) -> Vec<String> {
    let service = view.graph.attribute(node, key::SERVICE).and_then(|id| view.catalog.service(id));
    service.map_or_else(Vec::new, |service| service.alternatives.iter().map(ToString::to_string).collect())
}
