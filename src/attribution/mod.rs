//! From components to the organisations, places and products behind them.
//!
//! Every step adds facts with cited evidence to the inventory and never removes any. Links rest on
//! exact keys; what no key finds stays `owner = unknown` and is counted. Nothing here judges.

mod attestation;
mod cluster;
mod delivery;
mod environment;
mod hardware;
mod makers;
mod objects;
mod ownership;
mod party;
mod place;
mod runtime;
mod service;
mod twins;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use attestation::Attestation;
pub use environment::{Environment, put as put_environments};
use rayon::prelude::*;

use crate::catalog::Catalog;
use crate::model::{
    Citation, Cited, ComponentId, ComponentKind, Confidence, Date, Evidence, Fact, Group, Horizon, Inventory, Known,
    RelationKind, Validity, Verification, key,
};

/// Adds everything the catalog knows on a day.
#[must_use]
pub fn attribute(inventory: Inventory, catalog: &Catalog, as_of: Date) -> Inventory {
    let mut work = Work::new(inventory, catalog, as_of);
    place::link(&mut work);
    service::link(&mut work);
    objects::link(&mut work);
    runtime::link(&mut work);
    hardware::link(&mut work);
    party::link(&mut work);
    delivery::link(&mut work);
    cluster::link(&mut work);
    twins::link(&mut work);
    party::mark_unknown(&mut work);
    ownership::link(&mut work);
    work.inventory
}

/// Adds what is attested of components and parties on a day; asked after [`attribute`].
#[must_use]
pub fn attest(inventory: Inventory, attestations: &[Attestation], catalog: &Catalog, as_of: Date) -> Inventory {
    if attestations.is_empty() {
        return inventory;
    }
    let mut work = Work::new(inventory, catalog, as_of);
    attestation::link(&mut work, attestations);
    work.inventory
}

/// Components that are worth another thread.
const LEAST: usize = 1_024;

/// Words in the entry of a link that rests on a supplier's name only.
pub const BY_NAME: &str = "by the name";

/// Words in the entry of a link that rests on the mail address of an author only.
pub const MAIL_OF_AUTHOR: &str = "mail of an author at";

/// The inventory being enriched, with a view of it by component as it was before the step.
struct Work<'c> {
    inventory: Inventory,
    catalog: &'c Catalog,
    as_of: Date,
    /// Kinds of which there are any: a step whose kinds are absent has nothing to look at.
    present: BTreeSet<ComponentKind>,
    /// Nodes of organisations that were added: thousands of components lead to one.
    organisations: BTreeSet<ComponentId>,
}

/// A component as attribution sees it.
struct Seen {
    id: ComponentId,
    kind: ComponentKind,
    /// Sorted by key, then value.
    attributes: Vec<(&'static str, Arc<str>)>,
}

impl Seen {
    fn first(&self, key: &str) -> Option<&str> {
        self.all(key).next()
    }

    fn all(&self, key: &str) -> impl Iterator<Item = &str> {
        self.attributes.iter().filter(move |(of, _)| *of == key).map(|(_, value)| &**value)
    }
}

/// What the catalog says, as evidence.
struct Cite<'a> {
    entry: String,
    source: &'a str,
    verification: Verification,
    confidence: Confidence,
}

impl<'c> Work<'c> {
    fn new(inventory: Inventory, catalog: &'c Catalog, as_of: Date) -> Self {
        let all: Vec<&Known> = inventory.iter().map(|(_, known)| known).collect();
        let kinds = |known: &Known| known.kinds().iter().fold(0_u64, |all, (kind, _)| all | 1 << *kind as u32);
        let kinds = all.par_iter().with_min_len(LEAST).map(|known| kinds(known)).reduce(|| 0, |one, other| one | other);
        let present = ComponentKind::ALL.into_iter().filter(|kind| kinds >> *kind as u32 & 1 == 1).collect();
        Self { inventory, catalog, as_of, present, organisations: BTreeSet::new() }
    }

    /// Every component of the wanted kinds with its attributes, in id order. Packages are most of a system, so
    /// steps that do not look at them should not ask for them.
    fn components(&self, wanted: impl Fn(ComponentKind) -> bool + Sync) -> Vec<Seen> {
        self.components_if(wanted, |_, _| true)
    }

    /// As [`Self::components`], those only of which `asked` holds.
    fn components_if(
        &self,
        wanted: impl Fn(ComponentKind) -> bool + Sync,
        asked: impl Fn(ComponentKind, &Known) -> bool + Sync,
    ) -> Vec<Seen> {
        if !self.present.iter().any(|kind| wanted(*kind)) {
            return Vec::new();
        }
        let seen = |(id, known): (&ComponentId, &Known)| {
            let kind = known.kinds().iter().map(|(kind, _)| *kind).find(|kind| wanted(*kind))?;
            if !asked(kind, known) {
                return None;
            }
            let attributes = known.attributes().iter().map(|row| (row.key, Arc::clone(&row.value))).collect();
            Some(Seen { id: id.clone(), kind, attributes })
        };
        let all: Vec<_> = self.inventory.iter().collect();
        all.into_par_iter().with_min_len(LEAST).filter_map(seen).collect()
    }

    fn evidence(cite: &Cite<'_>) -> Evidence {
        let titles = cite.source.split("; ").map(|title| Citation { title: Arc::from(title), url: None });
        Evidence::Cited(Arc::new(Cited {
            entry: Arc::from(cite.entry.as_str()),
            sources: titles.collect(),
            verification: cite.verification,
            validity: Validity::default(),
            confidence: cite.confidence,
        }))
    }

    fn component(&mut self, id: &ComponentId, kind: ComponentKind, cite: &Cite<'_>) {
        self.present.insert(kind);
        self.inventory.add(Fact::Component { id: id.clone(), kind }, Self::evidence(cite));
    }

    fn note(&mut self, of: &ComponentId, key: &'static str, value: &str, cite: &Cite<'_>) {
        self.inventory.add(Fact::Attribute { of: of.clone(), key, value: Arc::from(value) }, Self::evidence(cite));
    }

    fn relate(&mut self, from: &ComponentId, kind: RelationKind, to: &ComponentId, cite: &Cite<'_>) {
        self.relate_at(from, kind, to, None, cite);
    }

    /// One of several relations of which one is enough.
    fn relate_any(&mut self, from: &ComponentId, kind: RelationKind, to: &ComponentId, group: &str, cite: &Cite<'_>) {
        let group = Some(Group(Arc::from(group)));
        let fact = Fact::Relation { from: from.clone(), kind, to: to.clone(), group, horizon: None };
        self.inventory.add(fact, Self::evidence(cite));
    }

    fn relate_at(
        &mut self,
        from: &ComponentId,
        kind: RelationKind,
        to: &ComponentId,
        horizon: Option<Horizon>,
        cite: &Cite<'_>,
    ) {
        if from == to {
            return;
        }
        let fact = Fact::Relation { from: from.clone(), kind, to: to.clone(), group: None, horizon };
        self.inventory.add(fact, Self::evidence(cite));
    }

    /// The node of an organisation of the catalog.
    fn organisation(&mut self, id: &str) -> Option<ComponentId> {
        let row = self.catalog.organisation(id)?;
        let node = ComponentId::organisation(id);
        if !self.organisations.insert(node.clone()) {
            return Some(node);
        }
        let cite = Cite {
            entry: format!("organisation/{id}"),
            source: &row.source,
            verification: row.verification,
            confidence: Confidence::Certain,
        };
        self.component(&node, ComponentKind::Organisation, &cite);
        self.note(&node, key::NAME, &row.name, &cite);
        Some(node)
    }
}
