//! Where each accelerator stands and who operates it there, with what the law of the day says of that.

use std::collections::BTreeSet;

use super::fleet::Fleet;
use super::rows::PlacementRow;
use crate::catalog::Catalog;
use crate::export::{PartyFacts, Question, SeatFact, Subject, assess};
use crate::graph::{Control, Graph, NodeId};
use crate::model::{ComponentKind, CountryCode, Date, RelationKind, Verification};

/// One row for each holder of an accelerator and state where it stands.
pub(super) fn placements(graph: &Graph<'_>, catalog: &Catalog, fleet: &Fleet<'_>, as_of: Date) -> Vec<PlacementRow> {
    let mut rows = Vec::new();
    for part in &fleet.parts {
        let subject = Subject::of(part.row, catalog);
        for holder in &part.holders {
            let (operators, seats) = operators(graph, *holder);
            let places = places(graph, *holder);
            let asked: Vec<Option<CountryCode>> =
                if places.is_empty() { vec![None] } else { places.into_iter().map(Some).collect() };
            for to in asked {
                let question = Question { to, parties: party(&seats).into_iter().collect(), machine: None };
                let found = assess(catalog, &subject, &question, as_of);
                rows.push(PlacementRow {
                    accelerator: part.row.product.to_string(),
                    class: found.class.class,
                    holder: graph.label(*holder).into_owned(),
                    place: to.map(|to| to.to_string()),
                    operators: operators.clone(),
                    controlled_from: seats.iter().map(ToString::to_string).collect(),
                    answer: if to.is_some() { found.answer_text } else { "place not known".to_owned() },
                });
            }
        }
    }
    rows
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

fn party(seats: &BTreeSet<CountryCode>) -> Option<PartyFacts> {
    if seats.is_empty() {
        return None;
    }
    let seat = |country: &CountryCode| SeatFact {
        country: *country,
        why: format!("its operator is controlled from {country}"),
        verification: Verification::TwoSource,
    };
    Some(PartyFacts { role: "operator".to_owned(), seats: seats.iter().map(seat).collect(), ..PartyFacts::default() })
}
