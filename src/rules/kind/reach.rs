//! Kind `reach`: a jurisdiction's law reaches the component by one of the rule's tests.

use std::collections::{BTreeMap, BTreeSet};

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
    let legal = Legal::new(view.graph, view.catalog, view.as_of);
    for node in select(view, rule) {
        let mut reaches = view.graph.reach(node, &parameters.parties);
        if reaches.is_empty() {
            out.undecided("no owner or place is known");
            continue;
        }
        reaches.retain(|reach| !is_held(view, &reach.witness));
        let place = parameters.place_told.then(|| place(view, &reaches)).flatten();
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
            let mut hit = hit(view, &legal, node, country, reach, out.hits.is_brief(&reach.witness));
            if let Some(place) = &place {
                hit.message.push_str(place);
            }
            out.hits.push(hit);
        }
    }
}

/// The hit; a brief one has no more than its sentence, its way and its horizon.
fn hit(
    view: &View<'_>,
    legal: &Legal<'_, '_>,
    node: NodeId,
    country: CountryCode,
    reach: &Reach,
    is_brief: bool,
) -> Hit {
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

/// Where the component lies, as the end of a sentence: being in a trusted place does not change who controls it, and
/// being elsewhere adds the law of that place.
fn place(view: &View<'_>, reaches: &[Reach]) -> Option<String> {
    let places: BTreeSet<CountryCode> = reaches
        .iter()
        .filter(|reach| reach.test == ReachTest::Location)
        .filter_map(|reach| country(view, reach.jurisdiction))
        .collect();
    let words = |trusted: bool| {
        let of_kind = places.iter().filter(|place| view.profile.trusted.contains(place) == trusted);
        of_kind.map(|place| place.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (near, far) = (words(true), words(false));
    match (near.is_empty(), far.is_empty()) {
        (true, true) => None,
        (false, true) => Some(format!(", although it lies in {near}")),
        (true, false) => Some(format!(", and it lies in {far} too")),
        (false, false) => Some(format!(", and it lies in {far} as well as in {near}")),
    }
}
