//! Supply of hardware: what the fleet hangs on, what its designers can stop, and which workloads have a second source.

mod fleet;
mod placement;
mod rows;
mod second;
mod service;
mod share;
mod stop;
mod tie;

pub use fleet::{Fleet, Part};
pub use rows::{CannotRow, PlacementRow, SecondSourceRow, ServiceRow, ShareRow, StopRow, SupplyRow};
pub use share::{Of, shares};
pub use tie::{Tied, Ties};

use crate::catalog::Catalog;
use crate::graph::Graph;
use crate::model::{CountryCode, Date};

/// Everything that is known of the supply of a system with accelerators; nothing for one without.
#[must_use]
pub fn supply(
    graph: &Graph<'_>,
    catalog: &Catalog,
    as_of: Date,
    trusts: &dyn Fn(CountryCode) -> bool,
) -> Option<SupplyRow> {
    let fleet = Fleet::of(graph, catalog);
    // without accelerators nobody looks at the packages
    if fleet.parts.is_empty() && fleet.unknown_products == 0 && !fleet.is_needed {
        return None;
    }
    let tied = Ties::of(catalog).find(graph);
    Some(SupplyRow {
        all_devices: fleet.all_devices(),
        devices: fleet.devices(),
        products: fleet.parts.len(),
        unknown_products: fleet.unknown_products,
        uncounted: fleet.parts.iter().filter(|part| !part.is_counted).count(),
        placements: placement::placements(graph, catalog, &fleet, as_of),
        shares: Of::ALL.into_iter().flat_map(|of| shares(&fleet, catalog, of)).collect(),
        stops: stop::stops(graph, catalog, &fleet, &tied, trusts),
        service: service::service(graph, &fleet),
        second_source: second::sources(graph, catalog, &fleet, &tied, as_of),
    })
}
