//! Which components a rule speaks about.

use std::collections::BTreeSet;

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::file::{Rule, Select};
use super::run::View;
use crate::graph::NodeId;
use crate::model::{ComponentKind, component_name};

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
    let kinds: BTreeSet<ComponentKind> = select.kind.iter().filter_map(|word| ComponentKind::parse(word)).collect();
    let ids = globs(&select.id);
    let graph = view.graph;
    let wants_kind = |kind: ComponentKind| kinds.is_empty() || kinds.contains(&kind);
    let needed = |node: NodeId| {
        let origin = view.roots.path_to(node).start;
        matches!(graph.node(origin).kind, ComponentKind::Workload | ComponentKind::Project)
    };
    graph
        .nodes()
        .filter(|node| {
            let about = graph.node(*node);
            wants_kind(about.kind)
                && ids.as_ref().is_none_or(|ids| is_named(ids, about.id.as_str(), &graph.label(*node)))
                && select.attribute.iter().all(|(key, wanted)| has(view, *node, key, wanted))
                && !select.not.iter().any(|(key, unwanted)| has(view, *node, key, unwanted))
                && (!select.needed || needed(*node))
                && !graph.is_absent(*node)
        })
        .collect()
}

/// By its id, or by the name that reports show.
fn is_named(names: &GlobSet, id: &str, label: &str) -> bool {
    [id, label, component_name(label)].iter().any(|name| names.is_match(name))
}

fn has(view: &View<'_>, node: NodeId, key: &str, wanted: &[String]) -> bool {
    view.graph.attributes(node, key).any(|value| wanted.iter().any(|word| word == "*" || word == value))
}

fn globs(patterns: &[String]) -> Option<GlobSet> {
    if patterns.is_empty() {
        return None;
    }
    let mut builder = GlobSetBuilder::new();
    for pattern in patterns {
        // checked when the rule was loaded
        if let Ok(glob) = Glob::new(pattern) {
            builder.add(glob);
        }
    }
    builder.build().ok()
}
