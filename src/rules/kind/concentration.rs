//! Kind `concentration`: too much of the system is controlled from one jurisdiction.

use std::collections::BTreeMap;

use super::country;
use crate::graph::NodeId;
use crate::model::Verification;
use crate::rules::draft::{Hit, is_well_known, member, seen};
use crate::rules::file::Rule;
use crate::rules::run::{Hits, View};
use crate::rules::select::select;

/// Components that a finding names.
const COUNTED: usize = 500;

/// Evaluates the rule: one hit per jurisdiction that is neither ours nor trusted and holds too large a share.
pub fn evaluate(view: &View<'_>, rule: &Rule, out: &mut Hits) {
    let Some(parameters) = &rule.concentration else { return };
    let nodes = select(view, rule);
    let mut by_state: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
    let mut well_known: BTreeMap<NodeId, usize> = BTreeMap::new();
    let mut known = 0_usize;
    for node in &nodes {
        let states = view.graph.controlled_from(*node, &parameters.parties);
        known += usize::from(!states.is_empty());
        let reaches = view.graph.reach(*node, &parameters.parties);
        for state in states {
            by_state.entry(state).or_default().push(*node);
            let grounded =
                reaches.iter().any(|reach| reach.jurisdiction == state && is_well_known(view, &reach.witness));
            *well_known.entry(state).or_default() += usize::from(grounded);
        }
    }
    if known < parameters.at_least {
        if !nodes.is_empty() {
            out.undecided("too few components with a known owner", None);
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
        let unknown = nodes.len() - known;
        let message = format!(
            "{share} % is controlled from {country}: {} of {known} {} whose owner is known ({unknown} unknown)",
            members.len(),
            kinds(&rule.select.kind)
        );
        let mut hit = Hit::new(state, country.as_str(), message);
        hit.more =
            members.iter().filter_map(|node| seen(view, *node).first().map(|seen| seen.place())).take(10).collect();
        let told = members.iter().take(COUNTED);
        hit.counted = told
            .map(|node| member(view, *node, format!("`{}` is controlled from {country}", view.graph.label(*node))))
            .collect();
        // the share counts as known when it would be too large with the well-known members alone
        if well_known.get(&state).copied().unwrap_or(0) * 100 / known < limit {
            hit.verification = Verification::Recalled;
        }
        out.hits.push(hit);
    }
}

/// `services, images and models`.
pub(super) fn kinds(words: &[String]) -> String {
    match words {
        [] => "components".to_owned(),
        [one] => format!("{one}s"),
        [all @ .., last] => {
            format!("{} and {last}s", all.iter().map(|word| format!("{word}s")).collect::<Vec<_>>().join(", "))
        }
    }
}
