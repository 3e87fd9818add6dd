//! What the designers of the fleet can stop, each with when it is felt.

use std::collections::{BTreeMap, BTreeSet};

use super::fleet::Fleet;
use super::rows::StopRow;
use super::tie::Tied;
use crate::catalog::Catalog;
use crate::graph::{Control, Graph, NodeId};
use crate::model::CountryCode;

pub(super) fn stops(
    graph: &Graph<'_>,
    catalog: &Catalog,
    fleet: &Fleet<'_>,
    tied: &[Tied<'_>],
    trusts: &dyn Fn(CountryCode) -> bool,
) -> Vec<StopRow> {
    let present: BTreeSet<&str> = tied.iter().map(|one| &*one.row.id).collect();
    let parts = fleet.parts.iter().map(|part| (part.node, vec![&*part.row.segment]));
    let families = fleet.families.iter().map(|family| {
        let segments = family.rows.iter().map(|row| &*row.segment);
        (family.node, segments.collect())
    });
    let unknown = fleet.unknown.iter().map(|one| (one.node, asked_segment(graph, catalog, one.node)));
    // what each designer has there, by market segment
    let mut designers: BTreeMap<(String, Vec<CountryCode>), BTreeSet<Vec<&str>>> = BTreeMap::new();
    for (node, segments) in parts.chain(families).chain(unknown) {
        for path in graph.parties(node, Control::Designer).iter().filter(|path| path.steps.len() == 1) {
            let seats = graph.seats_of_control(path.end()).into_iter();
            let states = seats.filter_map(|seat| CountryCode::new(graph.node(seat).id.rest()));
            let designer = (graph.node(path.end()).id.rest().to_owned(), states.collect());
            designers.entry(designer).or_default().insert(segments.clone());
        }
    }
    let mut all = Vec::new();
    for ((designer, states), has) in &designers {
        let rows = catalog.tables().supply_stop.iter().filter(|row| *row.designer == **designer);
        let rows = rows.filter(|row| has.iter().any(|segments| row.is_about(segments)));
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

/// The market segment of what a resource asks for, where it has one only.
fn asked_segment<'c>(graph: &Graph<'_>, catalog: &'c Catalog, node: NodeId) -> Vec<&'c str> {
    let name = graph.node(node).id.rest().trim_start_matches("?/");
    catalog.accelerator_resource(name).and_then(|row| row.segment.as_deref()).into_iter().collect()
}
