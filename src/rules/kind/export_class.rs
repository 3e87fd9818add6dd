//! Kind `export-class`: the class computed from an accelerator's figures, against where it stands
//! and who operates it there.

use std::collections::BTreeSet;

use super::country as state;
use crate::catalog::rows::{Accelerator, Destination, Enforcement};
use crate::export::{
    Bearing, Class, LETTER, PartyFacts, Question, SeatFact, StepRow, Subject, assess, bearing, classify, prohibition,
};
use crate::graph::{Control, EdgeId, NodeId, Path};
use crate::model::{Citation, ComponentKind, CountryCode, RelationKind, Validity, Verification, key};
use crate::rules::draft::Hit;
use crate::rules::file::{ExportParameters, Rule};
use crate::rules::run::{Hits, View};
use crate::rules::select::select;
use crate::text::count;

/// Evaluates the rule for every holder of an accelerator.
pub fn evaluate(view: &View<'_>, rule: &Rule, out: &mut Hits) {
    let Some(parameters) = &rule.export else { return };
    for node in select(view, rule) {
        let id = view.graph.node(node).id.rest();
        if let Some(row) = view.catalog.accelerator(id) {
            let told = of_product(view, parameters, node, row);
            told.hits.into_iter().for_each(|hit| out.hits.push(hit));
            told.undecided.iter().for_each(|reason| out.undecided(reason, Some(node)));
            continue;
        }
        let candidates = view.graph.attributes(node, key::CANDIDATE);
        let rows: Vec<&Accelerator> = candidates.filter_map(|id| view.catalog.accelerator(id)).collect();
        if rows.is_empty() {
            out.undecided("the accelerator's product is not known", Some(node));
            continue;
        }
        family(view, parameters, node, &rows, out);
    }
}

/// What is told of one product.
#[derive(Default)]
pub(super) struct Told {
    pub(super) hits: Vec<Hit>,
    pub(super) undecided: Vec<String>,
}

impl Told {
    pub(super) fn undecided(&mut self, reason: &str) {
        self.undecided.push(reason.to_owned());
    }
}

/// A name that may mean several products: what holds for each of them holds for whichever it is.
fn family(view: &View<'_>, parameters: &ExportParameters, node: NodeId, rows: &[&Accelerator], out: &mut Hits) {
    let mut told: Vec<Told> = rows.iter().map(|row| of_product(view, parameters, node, row)).collect();
    let first = told.remove(0);
    let by_any = !parameters.guidance.is_empty();
    let is_of_all = |hit: &Hit| told.iter().all(|other| other.hits.iter().any(|own| is_same(own, hit, by_any)));
    let total = first.hits.len();
    let (name, words) = (view.graph.node(node).id.rest().trim_start_matches("?/"), count(rows.len(), "product"));
    let mut found: Vec<Hit> = first.hits.into_iter().filter(is_of_all).collect();
    let is_open = found.len() < total || told.iter().any(|other| other.hits.len() > found.len());
    for hit in &mut found {
        let same = told.iter().flat_map(|other| &other.hits).filter(|own| is_same(own, hit, by_any));
        hit.verification = same.map(|own| own.verification).fold(hit.verification, Verification::min);
        hit.message = hit.message.replacen(&format!("`{}`", rows[0].product), &format!("`{name}`"), 1);
        hit.notes.insert(
            0,
            format!(
                "`{name}` can mean {words}; it holds for all of them, the figures are those of {}",
                rows[0].product
            ),
        );
    }
    found.into_iter().for_each(|hit| out.hits.push(hit));
    let reasons: BTreeSet<&String> = first.undecided.iter().chain(told.iter().flat_map(|one| &one.undecided)).collect();
    reasons.into_iter().for_each(|reason| out.undecided(reason, Some(node)));
    if is_open {
        let reason = "its name can mean several products with different answers; write which it is";
        out.undecided(reason, Some(node));
    }
}

/// True when two hits say the same of two products, for guidance by whichever clause.
fn is_same(one: &Hit, other: &Hit, by_any: bool) -> bool {
    one.subject == other.subject && one.tail.end() == other.tail.end() && (by_any || one.aspect == other.aspect)
}

fn of_product(view: &View<'_>, parameters: &ExportParameters, node: NodeId, row: &Accelerator) -> Told {
    let mut out = Told::default();
    if !parameters.guidance.is_empty() {
        out.hits.extend(super::export_party::guided(view, parameters, node, row));
        return out;
    }
    if !parameters.operator_lists.is_empty() {
        super::export_party::listed(view, parameters, node, row, &mut out);
        return out;
    }
    let class = classify(row, view.catalog, view.as_of);
    let is_named = parameters.classes.contains(&class.class);
    if !is_named && class.class == "indeterminate" {
        out.undecided("figures for the class are missing");
    }
    if parameters.destinations.is_empty() {
        if is_named {
            out.hits.push(anywhere(node, row, &class));
        }
        return out;
    }
    let to = destinations(view, parameters, row, &class, is_named);
    let barred = prohibition(view.catalog, &Subject::of(row, view.catalog), view.as_of);
    let (class, barred, remedy) = (&class, barred.as_ref(), parameters.remedy_prohibited.as_deref());
    for (edge, holder) in view.graph.incoming(node) {
        if view.graph.edge(edge).kind == RelationKind::RunsOn {
            held(view, parameters, &to, &Held { node, holder, edge, class, row, barred, remedy }, &mut out);
        }
    }
    out
}

/// The class alone, wherever the accelerator stands.
fn anywhere(node: NodeId, row: &Accelerator, class: &Class) -> Hit {
    let message = format!("`{}` is {}: {}", row.product, class.class, class.arithmetic());
    let mut hit = Hit::new(node, class.class.clone(), message);
    hit.verification = row.verification;
    hit.citations.extend(class.citation());
    hit
}

/// A destination row with what it says of a product, and the states that it means on the day.
type To<'c> = (&'c Destination, Bearing, BTreeSet<CountryCode>);

/// The rule's destinations that speak of a product: those for its class where the rule names that class, and those
/// for every class.
fn destinations<'c>(
    view: &View<'c>,
    parameters: &ExportParameters,
    row: &Accelerator,
    class: &Class,
    is_named: bool,
) -> Vec<To<'c>> {
    let rows = view.catalog.tables().destination.iter();
    rows.filter(|to| {
        to.enforcement_on(view.as_of) == Enforcement::Enforced
            && parameters.destinations.iter().any(|id| **id == *to.id)
    })
    .filter(|to| is_named || to.is_for_any_class())
    .filter_map(|to| {
        let bearing = bearing(to, row, class, view.as_of)?;
        Some((to, bearing, view.catalog.group_members(&to.set, view.as_of).unwrap_or_default()))
    })
    .collect()
}

struct Held<'a> {
    node: NodeId,
    holder: NodeId,
    edge: EdgeId,
    class: &'a Class,
    row: &'a Accelerator,
    /// What prohibits the product itself, and what helps then.
    barred: Option<&'a StepRow>,
    remedy: Option<&'a str>,
}

fn held(view: &View<'_>, parameters: &ExportParameters, to: &[To<'_>], held: &Held<'_>, out: &mut Told) {
    let places = view.graph.reachable(held.holder, |kind| kind == RelationKind::HostedIn);
    let states: Vec<(CountryCode, &Path)> = places
        .iter()
        .filter(|path| view.graph.node(path.end()).kind == ComponentKind::Jurisdiction)
        .filter_map(|path| Some((state(view, path.end())?, path)))
        // of a bloc it is not said in which state
        .filter(|(state, _)| view.catalog.is_country(*state))
        .collect();
    if states.is_empty() {
        out.undecided("the place where the accelerator stands is not known");
    }
    let mut is_unknown_party = false;
    for (row, bearing, members) in to {
        if row.headquarters {
            if !parameters.headquarters {
                continue;
            }
            let parties = view.graph.parties(held.holder, Control::Operator);
            if parties.is_empty() || view.graph.attribute(held.holder, key::UNKNOWN_HOLDER).is_some() {
                is_unknown_party = true;
            }
            for party in parties {
                for seat in view.graph.seats_of_control(party.end()) {
                    if let Some(country) = state(view, seat).filter(|country| members.contains(country)) {
                        out.hits.push(hit(view, held, row, country, &party, "its operator is headquartered there"));
                    }
                }
            }
            continue;
        }
        for (country, path) in &states {
            match bearing {
                Bearing::Licence if members.contains(country) => {
                    out.hits.push(hit(view, held, row, *country, path, "it stands there"));
                }
                Bearing::Origin if members.contains(country) => out.undecided(NOT_AMERICAN),
                _ if !view.catalog.group_parts(&row.set, *country, view.as_of).is_empty() => out.undecided(PARTS),
                _ => {}
            }
        }
    }
    if is_unknown_party {
        out.undecided(NO_OPERATOR);
    }
}

const NO_OPERATOR: &str =
    "who operates the accelerator, and where it is headquartered, is not known: the headquarters rule is not decided";
const NOT_AMERICAN: &str = "it stands in an embargoed or specially controlled destination (15 CFR 746); whether a \
                            product designed outside the US is subject to that law is not evaluated";
const PARTS: &str =
    "parts of the state where it stands are embargoed (15 CFR 746); in which part it stands is not known";

fn hit(view: &View<'_>, held: &Held<'_>, row: &Destination, country: CountryCode, path: &Path, why: &str) -> Hit {
    let carved = carve_outs(view, held, country);
    let unless = if carved.is_empty() { "" } else { ", unless the carve-out that names its operator is used" };
    let (product, class) = (&held.row.product, held.class.class.trim_end_matches("-nondc"));
    let asks = format!("a licence is required for {country} because {why}{unless}");
    let says = match held.barred {
        Some(step) => format!("prohibited wherever it stands ({}); besides, {asks}", step.title()),
        None => asks,
    };
    let label = view.graph.label(held.holder);
    let message = format!("`{product}` ({class}: {}) in `{label}`: {says}", held.class.arithmetic());
    let mut hit = Hit::new(held.holder, format!("{}/{country}/{}", view.graph.node(held.node).id, row.id), message);
    hit.tail = path.clone();
    hit.beside.push(Path { start: held.holder, steps: vec![(held.edge, held.node)] });
    hit.at = super::export_party::rows_of(view, held.holder, held.edge);
    hit.verification = row.verification.min(held.row.verification);
    hit.effective = Validity { from: row.from, to: row.to };
    hit.citations.push(Citation { title: row.citation.as_ref().into(), url: None });
    if let Some(step) = held.barred {
        prohibit(&mut hit, step, held.remedy);
    }
    hit.notes.extend(row.policy.as_deref().map(|policy| format!("review policy: {policy}")));
    hit.notes.extend(review(view, held, row, country));
    hit.notes.extend(carved);
    if row.standing.as_ref() == LETTER {
        hit.notes.extend(held.row.licence_letter.as_deref().map(str::to_owned));
    }
    hit.notes.push("by the clauses evaluated; no legal advice".to_owned());
    hit
}

/// Says first what prohibits the product itself: a licence for the place does not lift that.
fn prohibit(hit: &mut Hit, step: &StepRow, remedy: Option<&str>) {
    let citation = step.citation.as_deref().map(|title| Citation { title: title.into(), url: None });
    hit.citations.splice(0..0, citation);
    hit.notes.push(format!("{} ({})", step.text, step.verification));
    hit.notes.extend(step.conditions.iter().cloned());
    hit.remedy = remedy.map(|text| text.trim().to_owned());
}

/// Carve-outs of that place which name an operator, as `classify` tells them.
fn carve_outs(view: &View<'_>, held: &Held<'_>, country: CountryCode) -> Vec<String> {
    let operators = view.graph.parties(held.holder, Control::Operator);
    let ids = operators.iter().map(|party| view.graph.node(party.end()).id.rest());
    let group = ids.flat_map(|id| view.catalog.controllers(id, view.as_of)).map(str::to_owned).collect();
    let seats = operators.iter().flat_map(|party| view.graph.seats_of_control(party.end()));
    let seats = seats.filter_map(|seat| state(view, seat)).map(|country| SeatFact {
        country,
        why: String::new(),
        verification: Verification::TwoSource,
    });
    let party = PartyFacts { role: "operator".to_owned(), group, seats: seats.collect(), ..PartyFacts::default() };
    let question = Question { to: Some(country), parties: vec![party], machine: None };
    let found = assess(view.catalog, &Subject::of(held.row, view.catalog), &question, view.as_of);
    let rows = found.exceptions.into_iter().filter(|row| row.state == "applies to this party");
    rows.map(|row| format!("{}: names the operator; {} ({})", row.name, row.conditions.join("; "), row.citation))
        .collect()
}

/// How an application would be reviewed, where a row of policies says it.
fn review(view: &View<'_>, held: &Held<'_>, row: &Destination, country: CountryCode) -> Option<String> {
    let subject = Subject::of(held.row, view.catalog);
    let question = if row.headquarters {
        // the seat speaks for goods that stand elsewhere; where that is decides which policy it is
        let places = view.graph.reachable(held.holder, |kind| kind == RelationKind::HostedIn);
        let mut states = places.iter().filter_map(|path| state(view, path.end()));
        let place = states.find(|state| view.catalog.is_country(*state))?;
        Question::with_seat(place, country)
    } else {
        Question { to: Some(country), ..Question::default() }
    };
    let policy = assess(view.catalog, &subject, &question, view.as_of).review?;
    let of =
        if held.barred.is_some() { "review policy of the licence, which does not lift that" } else { "review policy" };
    Some(format!("{of}: {}", policy.sentence()))
}
