//! The accelerators of a system with their numbers.

use crate::catalog::Catalog;
use crate::catalog::rows::Accelerator;
use crate::fleet::{Claim, Way};
use crate::graph::{Graph, NodeId};
use crate::model::{ComponentKind, Evidence, RelationKind, Verification, key};

/// All accelerators.
pub struct Fleet<'c> {
    /// Products that the catalog knows, in id order.
    pub parts: Vec<Part<'c>>,
    /// Products that it does not, families among them.
    pub unknown_products: usize,
    /// Whether there is software that needs an accelerator which nothing is known to have.
    pub is_needed: bool,
    /// Names that mean several products.
    pub families: Vec<Family<'c>>,
    /// The other unknown products that something has.
    pub unknown: Vec<Unknown>,
}

/// A product that no row knows.
pub struct Unknown {
    /// Its node.
    pub node: NodeId,
    /// How many there are, as far as they may not be one of the known.
    pub devices: f64,
    /// Who designed it, as the catalog's table calls them, where that is known all the same; and how well.
    pub designer: Option<(String, Verification)>,
}

/// A name that means several products.
pub struct Family<'c> {
    /// Its node.
    pub node: NodeId,
    /// What it may be.
    pub rows: Vec<&'c Accelerator>,
    /// How many there are, as far as they may not be one of the known.
    pub devices: f64,
    /// What holds them.
    pub holders: Vec<NodeId>,
}

/// One product.
pub struct Part<'c> {
    /// Its node.
    pub node: NodeId,
    /// What the catalog says of it.
    pub row: &'c Accelerator,
    /// How many there are; one where no number is known.
    pub devices: f64,
    /// Whether a number is known.
    pub is_counted: bool,
    /// What holds it.
    pub holders: Vec<NodeId>,
}

impl<'c> Fleet<'c> {
    /// Collects them, each device once, whoever speaks of it.
    #[must_use]
    pub fn of(graph: &Graph<'_>, catalog: &'c Catalog) -> Self {
        let counted = crate::fleet::Fleet::of(graph);
        let mut fleet = Self {
            parts: Vec::new(),
            unknown_products: 0,
            is_needed: false,
            families: Vec::new(),
            unknown: Vec::new(),
        };
        for node in graph.nodes().filter(|node| graph.node(*node).kind == ComponentKind::Accelerator) {
            let pools = || counted.pools.iter().filter(|pool| pool.accelerator == node);
            let mut holders: Vec<NodeId> =
                pools().flat_map(|pool| pool.claims.iter().map(|claim| claim.holder)).collect();
            holders.sort_unstable();
            holders.dedup();
            // what runs on it is software only
            if holders.is_empty() && graph.incoming(node).any(|(edge, _)| graph.edge(edge).kind == RelationKind::RunsOn)
            {
                fleet.is_needed = true;
                continue;
            }
            let Some(row) = catalog.accelerator(graph.node(node).id.rest()) else {
                fleet.unknown_products += 1;
                let devices = counted.total(node) as f64;
                let candidates = graph.attributes(node, key::CANDIDATE);
                let rows: Vec<&Accelerator> = candidates.filter_map(|id| catalog.accelerator(id)).collect();
                if rows.is_empty() {
                    fleet.unknown.push(Unknown { node, devices, designer: designer(graph, catalog, node) });
                } else {
                    fleet.families.push(Family { node, rows, devices, holders });
                }
                continue;
            };
            // a list that has spares only says that none runs
            let is_told = |claim: &Claim| match claim.count {
                Some(0) => claim.way == Way::Recorded,
                count => count.is_some(),
            };
            let is_counted = pools().flat_map(|pool| &pool.claims).any(is_told);
            let devices = if is_counted { counted.total(node) as f64 } else { 1.0 };
            fleet.parts.push(Part { node, row, devices, is_counted, holders });
        }
        fleet
    }

    /// All devices.
    #[must_use]
    pub fn devices(&self) -> f64 {
        // the sum of nothing would be minus zero
        self.parts.iter().fold(0.0, |all, part| all + part.devices)
    }

    /// Devices of products that are not known at all.
    #[must_use]
    pub fn unknown_devices(&self) -> f64 {
        self.unknown.iter().fold(0.0, |all, one| all + one.devices)
    }

    /// All devices, of families and of products that are not known too.
    #[must_use]
    pub fn all_devices(&self) -> f64 {
        self.families.iter().fold(self.devices() + self.unknown_devices(), |all, family| all + family.devices)
    }
}

/// The one designer that attribution found, under the name by which products of theirs stand in the table.
fn designer(graph: &Graph<'_>, catalog: &Catalog, node: NodeId) -> Option<(String, Verification)> {
    let mut found = graph.outgoing_of(node, &[RelationKind::DesignedBy]);
    let ((edge, one), None) = (found.next()?, found.next()) else { return None };
    let id = graph.node(one).id.rest();
    let is_it = |vendor: &&str| {
        let base = vendor.split(" (").next().unwrap_or(vendor);
        let known = catalog.organisation_by_name(base).or_else(|| catalog.organisation(&base.to_lowercase()));
        known.is_some_and(|row| *row.id == *id)
    };
    let vendor = catalog.tables().accelerator.iter().map(|row| &*row.vendor).find(is_it);
    let cited = graph.edge(edge).evidence.iter().filter_map(|evidence| match evidence {
        Evidence::Cited(cited) => Some(cited.verification),
        Evidence::Observed(_) => None,
    });
    let name = vendor.map_or_else(|| graph.label(one).into_owned(), str::to_owned);
    Some((name, cited.max().unwrap_or(Verification::Recalled)))
}
