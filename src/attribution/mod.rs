//! From components to the organisations, places and products behind them.
//!
//! Every step adds facts with cited evidence to the inventory and never removes any. Links rest on
//! exact keys; what no key finds stays `owner = unknown` and is counted. Nothing here judges.

mod cluster;
mod delivery;
mod hardware;
mod ownership;
mod party;
mod service;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::model::{
    Citation, Cited, ComponentId, ComponentKind, Confidence, Date, Evidence, Fact, Horizon, Inventory, RelationKind,
    Validity, Verification, key,
};

/// Adds everything the catalog knows on a day.
#[must_use]
pub fn attribute(inventory: Inventory, catalog: &Catalog, as_of: Date) -> Inventory {
    let mut work = Work::new(inventory, catalog, as_of);
    service::link(&mut work);
    hardware::link(&mut work);
    party::link(&mut work);
    delivery::link(&mut work);
    cluster::link(&mut work);
    party::mark_unknown(&mut work);
    ownership::link(&mut work);
    work.inventory
}

/// The inventory being enriched, with a view of it by component as it was before the step.
struct Work<'c> {
    inventory: Inventory,
    catalog: &'c Catalog,
    as_of: Date,
}

/// A component as attribution sees it.
struct Seen {
    id: ComponentId,
    kind: ComponentKind,
    attributes: BTreeMap<&'static str, Vec<Arc<str>>>,
}

impl Seen {
    fn first(&self, key: &str) -> Option<&str> {
        self.attributes.get(key).and_then(|values| values.first()).map(AsRef::as_ref)
    }

    fn all(&self, key: &str) -> impl Iterator<Item = &str> {
        self.attributes.get(key).map_or(&[][..], Vec::as_slice).iter().map(AsRef::as_ref)
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
        Self { inventory, catalog, as_of }
    }

    /// Every component of the wanted kinds with its attributes, in id order. Packages are most of a system, so
    /// steps that do not look at them should not ask for them.
    fn components(&self, wanted: impl Fn(ComponentKind) -> bool) -> Vec<Seen> {
        let mut found: BTreeMap<&ComponentId, Seen> = BTreeMap::new();
        for fact in self.inventory.facts.keys() {
            match fact {
                Fact::Component { id, kind } if wanted(*kind) => {
                    found.entry(id).or_insert_with(|| Seen {
                        id: id.clone(),
                        kind: *kind,
                        attributes: BTreeMap::new(),
                    });
                }
                // facts are in order: components come before attributes
                Fact::Attribute { of, key, value } => {
                    if let Some(seen) = found.get_mut(of) {
                        seen.attributes.entry(key).or_default().push(Arc::clone(value));
                    }
                }
                Fact::Relation { .. } => break,
                Fact::Component { .. } => {}
            }
        }
        found.into_values().collect()
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
        self.inventory.add(Fact::Component { id: id.clone(), kind }, Self::evidence(cite));
    }

    fn note(&mut self, of: &ComponentId, key: &'static str, value: &str, cite: &Cite<'_>) {
        self.inventory.add(Fact::Attribute { of: of.clone(), key, value: Arc::from(value) }, Self::evidence(cite));
    }

    fn relate(&mut self, from: &ComponentId, kind: RelationKind, to: &ComponentId, cite: &Cite<'_>) {
        self.relate_at(from, kind, to, None, cite);
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
