//! Kind `concentration`: too much of the system is controlled from one jurisdiction.

use std::collections::BTreeMap;

use super::country;
use crate::graph::NodeId;
use crate::rules::draft::{Hit, places};
use crate::rules::file::Rule;
use crate::rules::run::{Hits, View};
use crate::rules::select::select;

/// Evaluates the rule: one hit per jurisdiction that is neither ours nor trusted and holds too large a share.
pub fn evaluate(view: &View<'_>, rule: &Rule, out: &mut Hits) {
    let Some(parameters) = &rule.concentration else { return };
    let nodes = select(view, &rule.select);
    let mut by_state: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
    let mut known = 0_usize;
    for node in &nodes {
        let states = view.graph.controlled_from(*node, &parameters.parties);
        known += usize::from(!states.is_empty());
        for state in states {
            by_state.entry(state).or_default().push(*node);
        }
    }
    if known < parameters.at_least {
        if !nodes.is_empty() {
            out.undecided("too few components with a known owner");
        }
        return;
    }
    let limit = usize::from(view.profile.file.concentration_percent.unwrap_or(parameters.percent));
    for (state, members) in by_state {
        let share = members.len() * 100 / known;
        let Some(country) = country(view, state) else { continue };
        if share < limit || view.profile.trusted.contains(&country) {
            continue;
        }
        let first = members[0];
        let message = format!(
            "{share} % of {known} components with a known owner are controlled from {country} ({} of them)",
            members.len()
        );
        let mut hit = Hit::new(first, country.as_str(), message);
        hit.more = members.iter().skip(1).filter_map(|node| places(view, *node).into_iter().next()).take(10).collect();
        out.hits.push(hit);
    }
}
