//! Kind `fleet`: the accelerators of the system together: on whom most of them hang, and which are to be replaced soon.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Control, NodeId};
use crate::model::{CountryCode, Date, Evidence, Horizon, Verification, key};
use crate::rules::draft::{Hit, seen};
use crate::rules::file::{FleetParameters, Rule};
use crate::rules::run::{Hits, View};
use crate::supply::{Fleet, Of, Part, ShareRow, shares};
use crate::text::count;

/// Evaluates the rule: one hit per sort of share that is too large, or per holder that is to be replaced.
pub fn evaluate(view: &View<'_>, rule: &Rule, out: &mut Hits) {
    let Some(parameters) = &rule.fleet else { return };
    let fleet = Fleet::of(view.graph, view.catalog);
    if let Some(days) = parameters.refresh_within_days {
        refresh(view, &fleet, days, out);
        return;
    }
    if fleet.parts.is_empty() && fleet.families.is_empty() {
        return;
    }
    if fleet.all_devices() - fleet.unknown_devices() < f64::from(parameters.at_least) {
        out.undecided("too few accelerators for a share to mean anything", None);
        return;
    }
    for of in parameters.of.iter().filter_map(|word| Of::parse(word)) {
        let rows = shares(&fleet, view.catalog, of);
        let known = rows.iter().find(|row| row.name != "unknown");
        if let Some(row) = known.filter(|row| row.percent >= parameters.percent) {
            out.hits.extend(concentrated(view, parameters, &fleet, of, row));
        }
    }
}

fn concentrated(
    view: &View<'_>,
    parameters: &FleetParameters,
    fleet: &Fleet<'_>,
    of: Of,
    row: &ShareRow,
) -> Option<Hit> {
    // the product of which there are most speaks
    let parts = fleet.parts.iter().map(|part| (part.devices, part.node));
    let all = || parts.clone().chain(fleet.families.iter().map(|family| (family.devices, family.node)));
    let id = |node: NodeId| &view.graph.node(node).id;
    let (_, most) = all().max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| id(b.1).cmp(id(a.1))))?;
    let message = format!(
        "{} {}: {}% of the accelerators ({} of {}) hang on it (from {}% on it counts)",
        of.as_str().replace('-', " "),
        row.name,
        row.percent,
        row.devices,
        fleet.all_devices(),
        parameters.percent
    );
    let mut hit = Hit::new(most, format!("{}/{}", of.as_str(), row.name), message);
    hit.horizon = Some(Horizon::NextRefresh);
    hit.verification = match row.verification.as_str() {
        "two-source" => Verification::TwoSource,
        "one-source" => Verification::OneSource,
        _ => Verification::Recalled,
    };
    let places = all().filter_map(|(_, node)| seen(view, node).first().map(|one| one.place()));
    hit.more = places.take(10).collect();
    let uncounted = fleet.parts.iter().filter(|part| !part.is_counted).count();
    if uncounted > 0 {
        hit.notes
            .push(format!("{uncounted} of {} products count once, for their number is not known", fleet.parts.len()));
    }
    let unknown = fleet.unknown_products - fleet.families.len();
    if unknown > 0 {
        hit.notes.push(format!("{} not known and nobody's", count(unknown, "product")));
    }
    if !fleet.families.is_empty() {
        let names = count(fleet.families.len(), "name");
        hit.notes.push(format!("{names} of several products, counted where all of them hang on the same"));
    }
    Some(hit)
}

/// Holders, and products that say so themselves, whose day of replacement is near: one hit each, whatever they hold.
fn refresh(view: &View<'_>, fleet: &Fleet<'_>, days: u32, out: &mut Hits) {
    let mut holders: BTreeMap<NodeId, Vec<&Part<'_>>> = BTreeMap::new();
    for part in &fleet.parts {
        for node in std::iter::once(part.node).chain(part.holders.iter().copied()) {
            holders.entry(node).or_default().push(part);
        }
    }
    for (node, parts) in holders {
        let Some(day) = view.graph.attributes(node, key::REFRESH).filter_map(Date::parse).min() else { continue };
        let left = view.as_of.days_until(day);
        if left > i64::from(days) {
            continue;
        }
        let when = if left < 0 { format!("{} days ago", -left) } else { format!("in {left} days") };
        let products: Vec<String> = parts.iter().map(|part| format!("`{}`", part.row.product)).collect();
        let designers: BTreeSet<String> =
            parts.iter().map(|part| designer(view, part.node).unwrap_or_else(|| part.row.vendor.to_string())).collect();
        let designers: Vec<String> = designers.into_iter().collect();
        let message = format!(
            "{} of `{}` is to be replaced on {day} ({when}); whether there is a next one is decided by {}",
            products.join(", "),
            view.graph.label(node),
            designers.join(", "),
        );
        let mut hit = Hit::new(node, day.to_string(), message);
        let said = view.graph.all_attributes(node).iter().filter(|row| row.key == key::REFRESH);
        hit.at = said.flat_map(|row| row.evidence.iter().filter_map(Evidence::place)).collect();
        hit.horizon = Some(Horizon::NextRefresh);
        out.hits.push(hit);
    }
}

/// `NVIDIA (US)`.
fn designer(view: &View<'_>, node: NodeId) -> Option<String> {
    let party = view.graph.parties(node, Control::Designer).into_iter().next()?;
    let seats = view.graph.seats_of_control(party.end()).into_iter();
    let states: Vec<String> = seats
        .filter_map(|seat| CountryCode::new(view.graph.node(seat).id.rest()))
        .map(|code| code.to_string())
        .collect();
    let states = if states.is_empty() { "seat not known".to_owned() } else { states.join(", ") };
    Some(format!("{} ({states})", view.graph.label(party.end())))
}
