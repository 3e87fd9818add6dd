//! Which components a rule speaks about.

use super::file::{Rule, Select};
use super::names::Names;
use super::run::View;
use crate::graph::NodeId;
use crate::model::ComponentKind;

/// Every component that a rule speaks about, in id order.
#[must_use]
pub fn select(view: &View<'_>, rule: &Rule) -> Vec<NodeId> {
    let mut found = matching(view, &rule.select);
    if let Some(also) = &rule.also {
        found.extend(matching(view, also));
        found.sort_unstable();
        found.dedup();
    }
    // packages are most of a system and never parts of a service
    let is_part = |node: NodeId| view.graph.node(node).kind != ComponentKind::Package && view.graph.is_part(node);
    found.into_iter().filter(|node| !is_part(*node)).collect()
}

fn matching(view: &View<'_>, select: &Select) -> Vec<NodeId> {
    let kinds: Vec<ComponentKind> = select.kind.iter().filter_map(|word| ComponentKind::parse(word)).collect();
    let ids = if select.id.is_empty() { None } else { Names::new(select.id.iter().map(String::as_str)) };
    let graph = view.graph;
    let is_wanted = |node: &NodeId| {
        let about = graph.node(*node);
        ids.as_ref().is_none_or(|ids| ids.speak_of(about.id.as_str(), &graph.label(*node)))
            && select.attribute.iter().all(|(key, wanted)| has(view, *node, key, wanted))
            && !select.not.iter().any(|(key, unwanted)| has(view, *node, key, unwanted))
            && (!select.needed || is_needed(view, *node))
            && !graph.is_absent(*node)
    };
    graph.nodes_of(&kinds).filter(is_wanted).collect()
}

/// True when something of ours leads to it.
fn is_needed(view: &View<'_>, node: NodeId) -> bool {
    let origin = view.roots.origin(node);
    matches!(view.graph.node(origin).kind, ComponentKind::Workload | ComponentKind::Project)
}

fn has(view: &View<'_>, node: NodeId, key: &str, wanted: &[String]) -> bool {
    view.graph.attributes(node, key).any(|value| is_wanted(wanted, value))
}

/// True for a value that a selection asks for; `*` is any.
pub(super) fn is_wanted(wanted: &[String], value: &str) -> bool {
    wanted.iter().any(|word| word == "*" || word == value)
}
