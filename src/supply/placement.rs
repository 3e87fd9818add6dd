//! Where each accelerator stands and who operates it there, with what the law of the day says of that.

use std::collections::{BTreeMap, BTreeSet};

use super::fleet::Fleet;
use super::rows::PlacementRow;
use crate::catalog::Catalog;
use crate::export::{PartyFacts, Question, SeatFact, Subject, assess};
use crate::graph::{Control, Graph, NodeId};
use crate::model::{ComponentKind, CountryCode, Date, RelationKind, Verification, key};

/// One row for each holder of an accelerator and state where it stands.
pub(super) fn placements(graph: &Graph<'_>, catalog: &Catalog, fleet: &Fleet<'_>, as_of: Date) -> Vec<PlacementRow> {
    let mut rows = Vec::new();
    // a list of assets has thousands of machines at a few places, each with several products
    let mut holders: BTreeMap<NodeId, Standing> = BTreeMap::new();
    let parts = fleet.parts.iter().map(|part| (part.node, vec![part.row], &part.holders));
    let families = fleet.families.iter().map(|family| (family.node, family.rows.clone(), &family.holders));
    for (node, products, on) in parts.chain(families) {
        let subjects: Vec<Subject<'_>> = products.iter().map(|row| Subject::of(row, catalog)).collect();
        let mut answers: BTreeMap<Key, Answered> = BTreeMap::new();
        for holder in on {
            let standing = holders.entry(*holder).or_insert_with(|| Standing::of(graph, catalog, *holder, as_of));
            for to in &standing.places {
                let answer = answers
                    .entry((*to, standing.seats.clone(), standing.group.clone()))
                    .or_insert_with(|| standing.answer(catalog, &subjects, *to, as_of));
                rows.push(PlacementRow {
                    accelerator: match products.as_slice() {
                        [one] => one.product.to_string(),
                        _ => graph
                            .attribute(node, key::DEVICE_NAME)
                            .map_or_else(|| graph.label(node).into_owned(), str::to_owned),
                    },
                    class: answer.class.clone(),
                    holder: graph.label(*holder).into_owned(),
                    place: to.map(|to| to.to_string()),
                    operators: standing.operators.clone(),
                    controlled_from: standing.seats.iter().map(ToString::to_string).collect(),
                    answer: answer.text.clone(),
                    conditions: answer.conditions.clone(),
                });
            }
        }
    }
    rows
}

/// What the answer hangs on besides the product.
type Key = (Option<CountryCode>, BTreeSet<CountryCode>, BTreeSet<String>);

/// Class and answer, with what the policy of review asks for.
struct Answered {
    class: String,
    text: String,
    conditions: Vec<String>,
}

/// Where a holder stands and whose it is.
struct Standing {
    /// States; one that is not known where there is none.
    places: Vec<Option<CountryCode>>,
    operators: Vec<String>,
    /// Seats of the last owners of the operators.
    seats: BTreeSet<CountryCode>,
    /// The operators and their owners, whom a carve-out may name.
    group: BTreeSet<String>,
}

impl Standing {
    fn of(graph: &Graph<'_>, catalog: &Catalog, holder: NodeId, as_of: Date) -> Self {
        let (operators, seats) = operators(graph, holder);
        let parties = graph.parties(holder, Control::Operator);
        let ids = parties.iter().map(|path| graph.node(path.end()).id.rest());
        let group = ids.flat_map(|id| catalog.controllers(id, as_of)).map(str::to_owned).collect();
        let mut places = places(graph, holder);
        // of a bloc it is not said in which state
        places.retain(|place| catalog.is_country(*place));
        let places = if places.is_empty() { vec![None] } else { places.into_iter().map(Some).collect() };
        Self { places, operators, seats, group }
    }

    /// Class and answer for a product that stands there; of a family what is the same for all that it may be.
    fn answer(&self, catalog: &Catalog, subjects: &[Subject<'_>], to: Option<CountryCode>, as_of: Date) -> Answered {
        let each = subjects.iter().map(|subject| {
            let parties = self.party().into_iter().collect();
            let found = assess(catalog, subject, &Question { to, parties, machine: None }, as_of);
            ((found.class.class, found.answer_text), found.review.map_or_else(Vec::new, |review| review.conditions))
        });
        let (told, mut asked): (Vec<(String, String)>, BTreeSet<Vec<String>>) = each.unzip();
        let (classes, texts): (BTreeSet<String>, BTreeSet<String>) = told.into_iter().unzip();
        let only = |mut all: BTreeSet<String>| {
            let first = all.pop_first().unwrap_or_default();
            if all.is_empty() { first } else { "depends on the product".to_owned() }
        };
        let is_one = to.is_some() && asked.len() == 1 && texts.len() == 1;
        Answered {
            class: only(classes),
            text: if to.is_some() { only(texts) } else { "place not known".to_owned() },
            conditions: if is_one { asked.pop_first().unwrap_or_default() } else { Vec::new() },
        }
    }

    fn party(&self) -> Option<PartyFacts> {
        if self.seats.is_empty() {
            return None;
        }
        let seat = |country: &CountryCode| SeatFact {
            country: *country,
            why: format!("its operator is controlled from {country}"),
            verification: Verification::TwoSource,
        };
        Some(PartyFacts {
            role: "operator".to_owned(),
            seats: self.seats.iter().map(seat).collect(),
            group: self.group.iter().cloned().collect(),
            ..PartyFacts::default()
        })
    }
}

/// States in which something stands.
fn places(graph: &Graph<'_>, holder: NodeId) -> BTreeSet<CountryCode> {
    let ends = graph.reachable(holder, |kind| kind == RelationKind::HostedIn);
    let states = ends.iter().map(|path| path.end()).filter(|end| graph.node(*end).kind == ComponentKind::Jurisdiction);
    states.filter_map(|state| CountryCode::new(graph.node(state).id.rest())).collect()
}

/// Who operates it, and the seats of the last owners of each.
fn operators(graph: &Graph<'_>, holder: NodeId) -> (Vec<String>, BTreeSet<CountryCode>) {
    let parties = graph.parties(holder, Control::Operator);
    let own = parties.iter().filter(|path| path.steps.len() == 1);
    let names: BTreeSet<String> = own.map(|path| graph.label(path.end()).into_owned()).collect();
    let seats = parties.iter().flat_map(|path| graph.seats_of_control(path.end()));
    let seats = seats.filter_map(|seat| CountryCode::new(graph.node(seat).id.rest())).collect();
    (names.into_iter().collect(), seats)
}
