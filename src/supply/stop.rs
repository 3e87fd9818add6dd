//! What the designers of the fleet can stop, each with when it is felt.

use std::collections::BTreeSet;

use super::fleet::Fleet;
use super::rows::StopRow;
use super::tie::Tied;
use crate::catalog::Catalog;
use crate::graph::{Control, Graph};
use crate::model::CountryCode;

pub(super) fn stops(
    graph: &Graph<'_>,
    catalog: &Catalog,
    fleet: &Fleet<'_>,
    tied: &[Tied<'_>],
    trusts: &dyn Fn(CountryCode) -> bool,
) -> Vec<StopRow> {
    let present: BTreeSet<&str> = tied.iter().map(|one| &*one.row.id).collect();
    let mut designers: BTreeSet<(String, Vec<CountryCode>)> = BTreeSet::new();
    let nodes = fleet.parts.iter().map(|part| part.node).chain(fleet.families.iter().map(|family| family.node));
    for node in nodes {
        for path in graph.parties(node, Control::Designer).iter().filter(|path| path.steps.len() == 1) {
            let seats = graph.seats_of_control(path.end()).into_iter();
            let states = seats.filter_map(|seat| CountryCode::new(graph.node(seat).id.rest()));
            designers.insert((graph.node(path.end()).id.rest().to_owned(), states.collect()));
        }
    }
    let mut all = Vec::new();
    for (designer, states) in &designers {
        let rows = catalog.tables().supply_stop.iter().filter(|row| *row.designer == **designer);
        let rows =
            rows.filter(|row| row.only_with.is_empty() || row.only_with.iter().any(|tie| present.contains(&**tie)));
        all.extend(rows.map(|row| StopRow {
            designer: catalog.organisation(designer).map_or_else(|| designer.clone(), |known| known.name.to_string()),
            controlled_from: states.iter().map(ToString::to_string).collect(),
            trusted: !states.is_empty() && states.iter().all(|state| trusts(*state)),
            what: row.what.to_string(),
            horizon: row.horizon.as_str().to_owned(),
            text: row.text.to_string(),
            verification: row.verification.as_str().to_owned(),
        }));
    }
    all
}
