//! To whom a component can move.

use std::collections::{BTreeMap, BTreeSet};

use super::Inputs;
use crate::catalog::rows::Provider;
use crate::graph::{Control, Graph, NodeId};
use crate::model::{CountryCode, Verification, key};

/// Providers under trusted control, found once for a plan.
pub(super) struct Targets<'c> {
    /// Providers with whether all their owners sit at home.
    trusted: Vec<(&'c Provider, bool)>,
    by_capability: BTreeMap<String, Option<&'c Provider>>,
}

/// What the provider table says of a capability.
pub(super) enum Offer<'a> {
    /// Offered, in the table's words.
    Named(&'a str),
    /// The table has no column for it.
    NotTold,
    /// Not offered, or not known to be.
    None,
}

impl<'c> Targets<'c> {
    pub(super) fn new(inputs: &Inputs<'c>) -> Self {
        let trusted = inputs
            .catalog
            .tables()
            .provider
            .iter()
            .filter_map(|provider| Some((provider, controlled_from(inputs, provider)?)))
            .filter(|(_, states)| states.iter().all(|state| inputs.profile.trusted.contains(state)))
            .map(|(provider, states)| (provider, states.iter().all(|state| inputs.profile.home.contains(state))))
            .collect();
        Self { trusted, by_capability: BTreeMap::new() }
    }

    /// The provider for a capability: it offers it, or the table does not tell of such things; at home before
    /// elsewhere, well checked before less so, and then whoever offers most.
    pub(super) fn find(&mut self, capability: &str) -> Option<&'c Provider> {
        if let Some(found) = self.by_capability.get(capability) {
            return *found;
        }
        let candidates =
            self.trusted.iter().filter(|(provider, _)| !matches!(offer(provider, capability), Offer::None));
        let best = candidates
            .max_by_key(|(provider, home)| {
                (*home, provider.verification, breadth(provider), std::cmp::Reverse(provider.id.clone()))
            })
            .map(|(provider, _)| *provider);
        self.by_capability.insert(capability.to_owned(), best);
        best
    }
}

/// Whether the component's operator is controlled from trusted states only, all of them known.
pub(super) fn is_trusted(inputs: &Inputs<'_>, graph: &Graph<'_>, node: NodeId) -> bool {
    let states = graph.controlled_from(node, &[Control::Operator]);
    !states.is_empty()
        && states.iter().all(|state| {
            crate::score::country(graph, *state).is_some_and(|code| inputs.profile.trusted.contains(&code))
        })
}

/// What a component does, in the words of the services table.
pub(super) fn capability<'g>(graph: &Graph<'g>, node: NodeId) -> &'g str {
    graph.attribute(node, key::CAPABILITY).unwrap_or("")
}

/// Whether and as what a provider offers a capability.
pub(super) fn offer<'p>(provider: &'p Provider, capability: &str) -> Offer<'p> {
    let column = match capability {
        "kubernetes" | "containers" => &provider.kubernetes,
        "object-storage" => &provider.object_storage,
        "database" => &provider.postgresql,
        "inference" | "training" | "agents" | "notebook" => &provider.ai_service,
        _ => return Offer::NotTold,
    };
    match column.as_deref() {
        Some(text) if is_offer(text) => Offer::Named(text),
        _ => Offer::None,
    }
}

fn is_offer(text: &str) -> bool {
    !matches!(text, "U" | "none" | "-" | "no")
}

fn breadth(provider: &Provider) -> usize {
    let columns = [
        &provider.kubernetes,
        &provider.object_storage,
        &provider.postgresql,
        &provider.ai_service,
        &provider.accelerators,
    ];
    columns.iter().filter(|column| column.as_deref().is_some_and(is_offer)).count()
}

/// Seats of a provider's organisation and of everyone who controls it; nothing when one is not known well.
fn controlled_from(inputs: &Inputs<'_>, provider: &Provider) -> Option<BTreeSet<CountryCode>> {
    let mut open = vec![provider.organisation.to_string()];
    let mut seen = BTreeSet::new();
    let mut states = BTreeSet::new();
    while let Some(id) = open.pop() {
        let (country, _, _) = inputs.catalog.seat(&id).filter(|(_, _, mark)| *mark > Verification::Recalled)?;
        states.insert(country);
        if seen.insert(id.clone()) {
            let owners = inputs.catalog.owners(&id, inputs.as_of).filter(|row| row.control);
            open.extend(owners.map(|row| row.by.to_string()));
        }
    }
    Some(states)
}
