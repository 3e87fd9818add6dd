//! Kind `reach`: a jurisdiction's law reaches the component by one of the rule's tests.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::{alternatives, country};
use crate::control::laws::{self, Legal, Mitigated};
use crate::graph::{EdgeId, NodeId, OnlyWay, Path, Reach, ReachTest};
use crate::model::{Citation, CountryCode, Evidence, Horizon, Place, RelationKind, Sighting};
use crate::rules::draft::{Hit, describe};
use crate::rules::file::{ReachParameters, Rule};
use crate::rules::run::{Hits, View};
use crate::rules::select::select;

/// Evaluates the rule: one hit per component and jurisdiction, by the shortest witness.
pub fn evaluate(view: &View<'_>, rule: &Rule, out: &mut Hits) {
    let Some(parameters) = &rule.reach else { return };
    let legal = Legal::new(view.graph, view.catalog, view.as_of);
    let mut judged = Judged { view, parameters, meant: BTreeMap::new() };
    // thousands of packages come from one registry, and what lies behind it is the same for all of them
    let mut known: BTreeMap<Way, Rc<Answer>> = BTreeMap::new();
    let mut last: Option<(Way, Rc<Answer>)> = None;
    for node in select(view, rule) {
        let (answer, own) = match view.graph.only_way(node, &parameters.parties) {
            OnlyWay::None => {
                out.undecided(UNDECIDED, Some(node));
                continue;
            }
            OnlyWay::One(edge, end) => {
                let about = view.graph.edge(edge);
                let way = (end, about.kind, about.horizon);
                let answer = match &last {
                    Some((of, answer)) if *of == way => Rc::clone(answer),
                    _ => Rc::clone(known.entry(way).or_insert_with(|| judged.answer(node).into())),
                };
                last = Some((way, Rc::clone(&answer)));
                (answer, Some((edge, end)))
            }
            OnlyWay::Many => (judged.answer(node).into(), None),
        };
        if let Some(reason) = answer.undecided {
            out.undecided(reason, Some(node));
        }
        for one in &answer.reached {
            if out.hits.is_settled() {
                let first = own.or_else(|| one.reach.witness.steps.first().copied()).map(|(edge, _)| edge);
                out.hits.push_brief(node, first, Some(one.horizon), &one.words);
                continue;
            }
            let mut reach = one.reach.clone();
            reach.witness.start = node;
            if let (Some(first), Some(own)) = (reach.witness.steps.first_mut(), own) {
                *first = own;
            }
            let is_brief = out.hits.is_brief(&reach.witness);
            out.hits.push(hit(view, &legal, node, one, reach, is_brief));
        }
    }
}

/// The only relation by which a component is reached: its far end, what it says, and when its loss hurts.
type Way = (NodeId, RelationKind, Horizon);

const UNDECIDED: &str = "no owner or place is known";
const SPLIT: &str = "it lies in one of several states, of which only some are meant";

/// What a rule says of components that are reached in the same way.
struct Answer {
    /// Why it is not decided.
    undecided: Option<&'static str>,
    reached: Vec<Reached>,
}

/// A state whose law reaches them.
struct Reached {
    country: CountryCode,
    reach: Reach,
    /// When losing the far end would be felt.
    horizon: Horizon,
    /// What is said of each of them, behind its name.
    words: Arc<str>,
    /// Relations to further hosts of which the same is so.
    also: Vec<EdgeId>,
}

/// Answers of one rule.
struct Judged<'r, 'v> {
    view: &'r View<'v>,
    parameters: &'r ReachParameters,
    meant: BTreeMap<CountryCode, bool>,
}

impl Judged<'_, '_> {
    fn answer(&mut self, node: NodeId) -> Answer {
        let Self { view, parameters, meant } = self;
        let mut reaches = view.graph.reach(node, &parameters.parties);
        if reaches.is_empty() {
            return Answer { undecided: Some(UNDECIDED), reached: Vec::new() };
        }
        reaches.retain(|reach| !is_held(view, &reach.witness));
        let place = parameters.place_told.then(|| place(view, &reaches)).flatten().unwrap_or_default();
        let mut is_split = false;
        let mut best: BTreeMap<CountryCode, &Reach> = BTreeMap::new();
        for reach in reaches.iter().filter(|reach| parameters.tests.contains(&reach.test)) {
            let Some(country) = country(view, reach.jurisdiction) else { continue };
            let is_meant = *meant.entry(country).or_insert_with(|| {
                view.profile.contains(&parameters.from, country, view.catalog, view.as_of).unwrap_or(false)
            });
            if !is_meant {
                is_split |= view.profile.is_split(&parameters.from, country, view.catalog, view.as_of).unwrap_or(false);
                continue;
            }
            let slot = best.entry(country).or_insert(reach);
            if reach.witness.steps.len() < slot.witness.steps.len() {
                *slot = reach;
            }
        }
        let reached = best.into_iter().map(|(country, reach)| {
            let also = self::also(view, node, reach, &parameters.tests);
            let hosts: Vec<String> = also.iter().map(|(_, host)| view.graph.label(*host).into_owned()).collect();
            let hosts = if hosts.is_empty() { String::new() } else { format!("; also from {}", hosts.join(", ")) };
            let words = format!(" {}{place}{hosts}", words(view, country, reach)).into();
            let also = also.into_iter().map(|(edge, _)| edge).collect();
            Reached { country, reach: reach.clone(), horizon: horizon(view, &reach.witness), words, also }
        });
        let reached: Vec<Reached> = reached.collect();
        Answer { undecided: Some(SPLIT).filter(|_| is_split && reached.is_empty()), reached }
    }
}

/// Further hosts that are named in one sentence.
const MOST_HOSTS: usize = 4;

/// Where a component is fetched from a host of the state, the further hosts of it that it may come from.
fn also(view: &View<'_>, node: NodeId, reach: &Reach, tests: &[ReachTest]) -> Vec<(EdgeId, NodeId)> {
    let first = reach.witness.steps.first().map(|(edge, _)| *edge);
    let first = first.filter(|edge| view.graph.edge(*edge).kind == RelationKind::DistributedBy);
    let mut found = first.map_or_else(Vec::new, |edge| view.graph.further_hosts(node, edge, reach.jurisdiction, tests));
    found.truncate(MOST_HOSTS);
    found
}

/// The lines that lead to a host, those of settings before others.
fn lines(view: &View<'_>, edge: EdgeId) -> Vec<Place> {
    let set: Vec<Place> = view.graph.set_at(edge).take(MOST_HOSTS).map(Sighting::place).collect();
    if set.is_empty() {
        view.graph.edge(edge).evidence.iter().find_map(Evidence::place).into_iter().collect()
    } else {
        set
    }
}

/// How a state's law reaches a component, behind its name.
fn words(view: &View<'_>, country: CountryCode, reach: &Reach) -> String {
    let how = match reach.test {
        ReachTest::Incorporation => format!("answers to a party seated in {country}"),
        ReachTest::Control => format!("is controlled from {country}"),
        ReachTest::Presence => format!("answers to a party with an establishment in {country}"),
        ReachTest::Item => format!("is designed or made in {country}"),
        ReachTest::Personnel => format!("can be acted on by people of {country}"),
        ReachTest::Location => format!("lies in {country}"),
        ReachTest::Counterparty => format!("answers to a party on a list of {country}"),
    };
    format!("{how}: {} ({} {})", describe(view, &reach.witness), reach.test.code(), reach.test.as_str())
}

/// The hit; a brief one has no more than its sentence, its way and its horizon.
fn hit(view: &View<'_>, legal: &Legal<'_, '_>, node: NodeId, one: &Reached, reach: Reach, is_brief: bool) -> Hit {
    let message = ["`", &view.graph.label(node), "`", &one.words].concat();
    let mut hit = Hit::new(node, String::new(), message);
    hit.horizon = Some(one.horizon);
    if is_brief {
        hit.tail = reach.witness;
        return hit;
    }
    hit.aspect = format!("{}/{}", one.country, reach.test.as_str());
    hit.more = one.also.iter().flat_map(|edge| lines(view, *edge)).collect();
    hit.alternatives = alternatives(view, node);
    for (law, state) in legal.laws_of(node, &reach) {
        let title = laws::told(law, state);
        hit.citations.push(Citation { title: title.into(), url: None });
    }
    for Mitigated { row, evidence } in legal.mitigations_of(node, &reach) {
        hit.notes.push(format!("against it ({}): {} ({evidence}). {}", row.effect.as_str(), row.name, row.text));
    }
    hit.tail = reach.witness;
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
