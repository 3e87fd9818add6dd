//! Kind `tied`: drivers, runtimes and other software that run on the accelerators of some makers only.

use std::collections::BTreeSet;

use crate::catalog::rows::StackTie;
use crate::model::{CountryCode, Horizon, Verification};
use crate::rules::draft::Hit;
use crate::rules::file::{Rule, TiedParameters};
use crate::rules::run::{Hits, View};
use crate::supply::Ties;

/// Evaluates the rule: one hit per component and row.
pub fn evaluate(view: &View<'_>, rule: &Rule, out: &mut Hits) {
    let Some(parameters) = &rule.tied else { return };
    // few rows can count at all: who makes their platforms does not depend on the system
    let rows = view.catalog.tables().stack_tie.iter();
    let counting: Vec<(&StackTie, (String, Verification))> =
        rows.filter_map(|row| Some((row, makers(view, parameters, row)?))).collect();
    if counting.is_empty() {
        return;
    }
    for tied in Ties::of(view.catalog).find(view.graph) {
        let Some((row, (makers, mark))) = counting.iter().find(|(row, _)| row.id == tied.row.id) else { continue };
        let message =
            format!("`{}` is {}: it runs only on accelerators of {makers}", view.graph.label(tied.node), row.what);
        let mut hit = Hit::new(tied.node, row.id.to_string(), message);
        hit.horizon = Some(Horizon::NextRefresh);
        // as weak as the weakest of what it rests on
        hit.verification = row.verification.min(*mark);
        out.hits.push(hit);
    }
}

/// Who makes the platforms of a row, where every one of them is made by a party that counts, and how well that is known.
fn makers(view: &View<'_>, parameters: &TiedParameters, row: &StackTie) -> Option<(String, Verification)> {
    let mut names = Vec::new();
    let mut mark = Verification::TwoSource;
    for id in &row.platforms {
        let platform = view.catalog.tables().platform.iter().find(|platform| platform.id == *id)?;
        let maker = platform.maker.as_deref()?;
        let (states, of_seats) = controlled_from(view, maker);
        mark = mark.min(platform.verification).min(of_seats);
        let counts = |country: &CountryCode| {
            view.profile.contains(&parameters.makers, *country, view.catalog, view.as_of).unwrap_or(false)
        };
        if !states.iter().any(counts) {
            return None;
        }
        let name = view.catalog.organisation(maker).map_or(maker, |known| &known.name);
        let states: Vec<&str> = states.iter().map(CountryCode::as_str).collect();
        names.push(format!("{name} ({})", states.join(", ")));
    }
    (!names.is_empty()).then(|| (names.join(", "), mark))
}

/// Seats of an organisation and of those who control it, and how well these are known.
fn controlled_from(view: &View<'_>, organisation: &str) -> (BTreeSet<CountryCode>, Verification) {
    let all = view.catalog.controllers(organisation, view.as_of).into_iter();
    let seats: Vec<_> = all.filter_map(|id| view.catalog.seat(id)).collect();
    let mark = seats.iter().map(|(.., mark)| *mark).min().unwrap_or(Verification::Recalled);
    (seats.into_iter().map(|(country, ..)| country).collect(), mark)
}
