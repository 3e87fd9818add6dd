//! Kind `reach`: a jurisdiction's law reaches the component by one of the rule's tests.

use std::collections::BTreeMap;

use super::{alternatives, country};
use crate::control::laws::{self, Legal, Mitigated};
use crate::graph::{NodeId, Path, Reach, ReachTest};
use crate::model::{Citation, CountryCode, Horizon, RelationKind};
use crate::rules::draft::{Hit, describe};
use crate::rules::file::Rule;
use crate::rules::run::{Hits, View};
use crate::rules::select::select;

/// Evaluates the rule: one hit per component and jurisdiction, by the shortest witness.
pub fn evaluate(view: &View<'_>, rule: &Rule, out: &mut Hits) {
    let Some(parameters) = &rule.reach else { return };
    let mut meant: BTreeMap<CountryCode, bool> = BTreeMap::new();
    for node in select(view, rule) {
        let mut reaches = view.graph.reach(node, &parameters.parties);
        if reaches.is_empty() {
            out.undecided("no owner or place is known");
            continue;
        }
        reaches.retain(|reach| !is_held(view, &reach.witness));
        let trusted_places = trusted_places(view, &reaches);
        if parameters.although_located_in_trusted && trusted_places.is_empty() {
            continue;
        }
        let beside = if parameters.although_located_in_trusted { trusted_places } else { Vec::new() };
        let mut best: BTreeMap<CountryCode, &Reach> = BTreeMap::new();
        for reach in reaches.iter().filter(|reach| parameters.tests.contains(&reach.test)) {
            let Some(country) = country(view, reach.jurisdiction) else { continue };
            let is_meant = *meant.entry(country).or_insert_with(|| {
                view.profile.contains(&parameters.from, country, view.catalog, view.as_of).unwrap_or(false)
            });
            if !is_meant {
                continue;
            }
            let slot = best.entry(country).or_insert(reach);
            if reach.witness.steps.len() < slot.witness.steps.len() {
                *slot = reach;
            }
        }
        for (country, reach) in best {
            out.hits.push(Hit {
                beside: beside.clone(),
                ..hit(view, node, country, reach, out.hits.is_brief(&reach.witness))
            });
        }
    }
}

/// The hit; a brief one has no more than its sentence, its way and its horizon.
fn hit(view: &View<'_>, node: NodeId, country: CountryCode, reach: &Reach, is_brief: bool) -> Hit {
    let label = view.graph.label(node);
    let how = match reach.test {
        ReachTest::Incorporation => format!("answers to a party seated in {country}"),
        ReachTest::Control => format!("is controlled from {country}"),
        ReachTest::Presence => format!("answers to a party with an establishment in {country}"),
        ReachTest::Item => format!("is designed or made in {country}"),
        ReachTest::Personnel => format!("can be acted on by people of {country}"),
        ReachTest::Location => format!("lies in {country}"),
        ReachTest::Counterparty => format!("answers to a party on a list of {country}"),
    };
    let message =
        format!("`{label}` {how}: {} ({} {})", describe(view, &reach.witness), reach.test.code(), reach.test.as_str());
    let mut hit = Hit::new(node, format!("{country}/{}", reach.test.as_str()), message);
    hit.horizon = Some(horizon(view, &reach.witness));
    hit.tail = reach.witness.clone();
    if is_brief {
        return hit;
    }
    hit.alternatives = alternatives(view, node);
    let legal = Legal::new(view.graph, view.catalog, view.as_of);
    for (law, state) in legal.laws_of(node, reach) {
        let title = laws::told(law, state);
        hit.citations.push(Citation { title: title.into(), url: None });
    }
    for Mitigated { row, evidence } in legal.mitigations_of(node, reach) {
        hit.notes.push(format!("against it ({}): {} ({evidence}). {}", row.effect.as_str(), row.name, row.text));
    }
    hit
}

/// True for the host of a package whose copy the tree holds: nothing is fetched from there.
fn is_held(view: &View<'_>, path: &Path) -> bool {
    path.steps.first().is_some_and(|(edge, _)| {
        let about = view.graph.edge(*edge);
        about.kind == RelationKind::DistributedBy && about.horizon == Horizon::None
    })
}

/// When losing the far end would be felt: no relation on the way passes it on sooner than its own horizon.
fn horizon(view: &View<'_>, path: &Path) -> Horizon {
    path.steps.iter().map(|(edge, _)| view.graph.edge(*edge).horizon).max().unwrap_or(Horizon::None)
}

/// The ways to the component's places when every known one is trusted; else none.
fn trusted_places(view: &View<'_>, reaches: &[Reach]) -> Vec<Path> {
    let places: Vec<&Reach> = reaches.iter().filter(|reach| reach.test == ReachTest::Location).collect();
    let is_trusted =
        |reach: &&Reach| country(view, reach.jurisdiction).is_none_or(|place| view.profile.trusted.contains(&place));
    if places.iter().all(is_trusted) {
        places.into_iter().map(|reach| reach.witness.clone()).collect()
    } else {
        Vec::new()
    }
}
