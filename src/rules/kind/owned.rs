//! Kind `owned`: a party counts as owned or controlled under an ownership rule, such as by holders outside the EU.

use super::alternatives;
use super::listed::{horizon, how};
use super::listed_owners::{notes, up};
use crate::control::{Answer, Assessment, Holdings};
use crate::graph::{Control, NodeId, Path};
use crate::model::{Citation, Validity, Verification};
use crate::rules::draft::Hit;
use crate::rules::file::{OwnedParameters, Rule};
use crate::rules::run::{Hits, View};
use crate::rules::select::select;
use crate::text::Lookup;

/// Evaluates the rule: one hit per component and party, by the rule that is met best.
pub fn evaluate(view: &View<'_>, rule: &Rule, out: &mut Hits) {
    let Some(parameters) = &rule.owned else { return };
    // thousands of packages have one publisher
    let mut known: Lookup<NodeId, Vec<Assessment<'_>>> = Lookup::default();
    for node in select(view, rule) {
        let mut found = false;
        for control in &parameters.parties {
            for party in view.graph.parties(node, *control) {
                found = true;
                let end = party.end();
                if !known.contains(&end) {
                    known.insert(end, assessed(view, parameters, end));
                }
                let all = known.get(&end).map_or(&[][..], Vec::as_slice);
                out.hits.extend(look(view, node, *control, &party, all));
            }
        }
        if !found {
            out.undecided("no owner is known", Some(node));
        }
    }
}

/// What the rule's ownership rules say of a party, the best met first; nothing where none may be met.
fn assessed<'v>(view: &View<'v>, parameters: &OwnedParameters, party: NodeId) -> Vec<Assessment<'v>> {
    let Some(organisation) = view.catalog.organisation(view.graph.node(party).id.rest()) else { return Vec::new() };
    let holdings = Holdings::above(view.catalog, &organisation.id, view.as_of);
    let asked =
        view.catalog.ownership_rules(view.as_of).filter(|row| parameters.rules.iter().any(|id| **id == *row.id));
    let mut all: Vec<Assessment<'_>> = asked.map(|row| holdings.assess(row, |_| true)).collect();
    // who counts from the start, being seated there itself, is told by the rules of reach
    all.retain(|one| one.answer != Answer::Not && !one.links.is_empty());
    all.sort_by_key(|one| (std::cmp::Reverse(one.answer), std::cmp::Reverse(one.rule.verification)));
    all
}

fn look(view: &View<'_>, node: NodeId, control: Control, party: &Path, all: &[Assessment<'_>]) -> Option<Hit> {
    let first = all.first()?;
    let is_sure = first.answer == Answer::Met;
    let message = format!(
        "`{}` is {} {}, {} by others: {}; {}",
        view.graph.label(node),
        how(view, control, party),
        view.graph.label(party.end()),
        if is_sure { "held" } else { "possibly held" },
        first.chain(view.catalog),
        first.verdict(),
    );
    let mut hit = Hit::new(node, view.graph.node(party.end()).id.rest(), message);
    let mut paths = first.owners.iter().filter_map(|owner| up(view, party, first, owner));
    hit.tail = paths.next().unwrap_or_else(|| party.clone());
    hit.beside = paths.collect();
    hit.horizon = horizon(view, &hit.tail);
    let known = first.rule.verification.min(first.verification(view.catalog, view.as_of));
    hit.verification = if is_sure { known } else { Verification::Recalled };
    hit.effective = Validity { from: first.rule.from, to: first.rule.to };
    let cited = all.iter().map(|one| format!("{}: {}", one.rule.name, one.rule.citation));
    hit.citations = cited.map(|title| Citation { title: title.into(), url: None }).collect();
    hit.notes = notes(view, first, all);
    if !is_sure {
        hit.notes.insert(0, "a share or a seat is not known: whether the figure is met cannot be told".to_owned());
    }
    hit.alternatives = alternatives(view, node);
    Some(hit)
}
