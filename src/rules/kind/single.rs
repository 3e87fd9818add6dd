//! Kind `single`: everything of a sort hangs on one end: one operator, one region, one registry.

use std::collections::{BTreeMap, BTreeSet};

use super::country;
use crate::graph::{Control, NodeId, is_address_open};
use crate::model::Verification;
use crate::rules::draft::{Hit, is_well_known, member, seen};
use crate::rules::file::{Rule, SingleParameters};
use crate::rules::run::{Hits, View};
use crate::rules::select::select;

/// Components that a finding names.
const COUNTED: usize = 500;

/// Evaluates the rule: at most one hit, on the end that all have in common.
pub fn evaluate(view: &View<'_>, rule: &Rule, out: &mut Hits) {
    let Some(parameters) = &rule.single else { return };
    let mut nodes = select(view, rule);
    nodes.retain(|node| !is_address_open(view.graph, *node));
    let mut ends: BTreeMap<NodeId, BTreeSet<NodeId>> = BTreeMap::new();
    let mut known = BTreeSet::new();
    for node in &nodes {
        for (edge, end) in view.graph.outgoing_of(*node, &parameters.relation) {
            if parameters.end.as_ref().is_none_or(|kind| view.graph.node(end).kind.as_str() == kind) {
                ends.entry(end).or_default().insert(*node);
                known.insert((*node, edge));
            }
        }
    }
    let members: BTreeSet<NodeId> = known.iter().map(|(node, _)| *node).collect();
    if members.len() < parameters.at_least {
        if !nodes.is_empty() {
            out.undecided("too few components whose other end is known", None);
        }
        return;
    }
    let mut all = ends.into_iter();
    let (Some((end, _)), None) = (all.next(), all.next()) else { return };
    let mut control = Vec::new();
    if parameters.controlled_from.is_some() {
        let Some(path) = foreign(view, parameters, &members) else { return };
        control.push(path);
    }
    let unknown = nodes.len() - members.len();
    let rest = if unknown == 0 { String::new() } else { format!(" ({unknown} more are not known)") };
    let what = super::concentration::kinds(&rule.select.kind);
    let message = match members.len() {
        1 => {
            format!("one of the {what} that the rule looks at is known, and hangs on `{}`{rest}", view.graph.label(end))
        }
        count => format!("all {count} {what} that the rule looks at hang on `{}`{rest}", view.graph.label(end)),
    };
    let mut hit = Hit::new(end, view.graph.node(end).id.as_str(), message);
    hit.more = members.iter().filter_map(|node| seen(view, *node).first().map(|one| one.place())).take(10).collect();
    let end_label = view.graph.label(end);
    let counted = members.iter().take(COUNTED);
    hit.counted = counted
        .map(|node| member(view, *node, format!("`{}` hangs on `{end_label}`", view.graph.label(*node))))
        .collect();
    let well_known = |node: &NodeId| {
        let paths = view.graph.reach(*node, &[Control::Operator, Control::Distributor]).into_iter();
        paths.map(|reach| reach.witness).any(|path| is_well_known(view, &path))
    };
    if parameters.controlled_from.is_some() && !members.iter().any(well_known) {
        hit.verification = Verification::Recalled;
    }
    hit.beside = control;
    out.hits.push(hit);
}

/// The way by which a member is controlled from one of the states that count.
fn foreign(view: &View<'_>, parameters: &SingleParameters, members: &BTreeSet<NodeId>) -> Option<crate::graph::Path> {
    let set = parameters.controlled_from.as_ref()?;
    members.iter().find_map(|node| {
        let reaches = view.graph.reach(*node, &[Control::Operator, Control::Distributor]).into_iter();
        let counts = |state: NodeId| {
            country(view, state)
                .is_some_and(|country| view.profile.contains(set, country, view.catalog, view.as_of).unwrap_or(false))
        };
        reaches
            .filter(|reach| reach.test != crate::graph::ReachTest::Location && counts(reach.jurisdiction))
            .map(|reach| reach.witness)
            .next()
    })
}
