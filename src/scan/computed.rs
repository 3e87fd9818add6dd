//! What Terraform computed wins over what its files say.
//!
//! A plan or a state that lies beside the files of a root module gives every resource its final region, machine type,
//! count and key. Where the files leave something open, or say something else for a default that a run replaces, the
//! computed value stands. A resource that the files leave as one because `count` is open becomes the instances that
//! were computed. A pure function of the inventory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cloud::terraform::planned::without_index;
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::{Basis, ComponentId, Evidence, EvidenceSet, Fact, FactRef, Inventory, key};

/// Attributes that a resource has once.
const ONCE: [&str; 5] = [key::REGION, key::INSTANCE_TYPE, key::COUNT, key::KEY_CUSTODY, key::CLUSTER];
/// Scanner of plans and states.
const SCANNER: &str = "terraform-plan";

/// Lets computed values stand alone.
#[must_use]
pub(super) fn prefer(mut inventory: Inventory) -> Inventory {
    let parts = parts(&inventory);
    rename(&mut inventory, &parts);
    let all = inventory.those(|_, known| known.kinds().iter().any(|(_, evidence)| evidence.iter().any(is_computed)));
    let computed: BTreeSet<ComponentId> = all.into_iter().map(|(id, _)| id.clone()).collect();
    if computed.is_empty() {
        return inventory;
    }
    let stands_for = stands_for(&inventory, &computed);
    rename(&mut inventory, &stands_for);
    withdraw(&mut inventory, &computed);
    inventory
}

fn is_computed(evidence: &Evidence) -> bool {
    evidence.sighting().is_some_and(|seen| seen.basis() == Basis::Resolved && seen.scanner() == SCANNER)
}

/// Resources whose instances are components of their own: what speaks of the whole speaks of each.
fn parts(inventory: &Inventory) -> BTreeMap<ComponentId, Vec<ComponentId>> {
    let mut found: BTreeMap<ComponentId, Vec<ComponentId>> = BTreeMap::new();
    for (id, known) in inventory.beginning_with("resource:") {
        let whole = id.as_str().strip_suffix(']').filter(|_| !known.kinds().is_empty());
        if let Some((whole, _)) = whole.and_then(split_index) {
            found.entry(ComponentId::new(whole)).or_default().push(id.clone());
        }
    }
    found.retain(|whole, _| inventory.known(whole).is_none_or(|known| known.kinds().is_empty()));
    found
}

/// An address without its last `]`, parted at the `[` that it closes.
fn split_index(open: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let at = open.char_indices().rev().find(|(_, letter)| {
        quoted ^= *letter == '"';
        *letter == '[' && !quoted
    });
    at.map(|(at, _)| (&open[..at], &open[at + 1..]))
}

/// True when an address is that of one of the instances that another stands for: `it["a"]` of `it["a","b"]`.
fn is_among(instance: &ComponentId, group: &ComponentId) -> bool {
    let index = |id: &ComponentId| {
        let open = id.as_str().strip_suffix(']')?;
        split_index(open).map(|(_, index)| index.to_owned())
    };
    match (index(instance), index(group)) {
        (Some(own), Some(all)) => all.split(',').any(|key| key == own),
        _ => true,
    }
}

/// Declared resources that were not computed under their address, with those that were under it but for indices.
fn stands_for(inventory: &Inventory, computed: &BTreeSet<ComponentId>) -> BTreeMap<ComponentId, Vec<ComponentId>> {
    let mut by_plain: BTreeMap<String, Vec<ComponentId>> = BTreeMap::new();
    for id in computed {
        by_plain.entry(without_index(id.as_str())).or_default().push(id.clone());
    }
    let declared = inventory
        .components()
        .map(|(id, _)| id)
        .filter(|id| id.as_str().starts_with("resource:") && !computed.contains(id));
    declared
        .filter_map(|id| {
            let all = by_plain.get(&without_index(id.as_str()))?;
            let own: Vec<ComponentId> = all.iter().filter(|one| is_among(one, id)).cloned().collect();
            Some((id.clone(), if own.is_empty() { all.clone() } else { own }))
        })
        .collect()
}

/// Lets components stand under other names.
pub(super) fn rename(inventory: &mut Inventory, names: &BTreeMap<ComponentId, Vec<ComponentId>>) {
    if names.is_empty() {
        return;
    }
    let same = |id: &ComponentId| names.get(id).cloned().unwrap_or_else(|| vec![id.clone()]);
    let touched: Vec<(Fact, EvidenceSet)> = inventory
        .facts()
        .filter(|(fact, _)| match fact {
            FactRef::Component { id, .. } | FactRef::Attribute { of: id, .. } => names.contains_key(*id),
            FactRef::Relation { from, to, .. } => names.contains_key(*from) || names.contains_key(*to),
        })
        .map(|(fact, evidence)| (Fact::from(fact), evidence.clone()))
        .collect();
    for (fact, evidence) in touched {
        inventory.remove(&fact);
        let renamed: Vec<Fact> = match fact {
            Fact::Component { id, kind } => same(&id).into_iter().map(|id| Fact::Component { id, kind }).collect(),
            Fact::Attribute { of, key, value } => {
                same(&of).into_iter().map(|of| Fact::Attribute { of, key, value: Arc::clone(&value) }).collect()
            }
            Fact::Relation { from, kind, to, group, horizon } => same(&from)
                .into_iter()
                .flat_map(|from| same(&to).into_iter().map(move |to| (from.clone(), to)))
                .map(|(from, to)| Fact::Relation { from, kind, to, group: group.clone(), horizon })
                .collect(),
        };
        renamed.into_iter().for_each(|fact| inventory.extend(fact, evidence.clone()));
    }
}

/// Takes values back that the files say and the computation does not.
fn withdraw(inventory: &mut Inventory, computed: &BTreeSet<ComponentId>) {
    let mut decided: BTreeMap<(&ComponentId, &str), BTreeSet<&str>> = BTreeMap::new();
    let mut other: Vec<(Fact, EvidenceSet)> = Vec::new();
    for (fact, evidence) in inventory.facts() {
        if let FactRef::Attribute { of, key, value } = fact
            && ONCE.contains(&key)
            && computed.contains(of)
        {
            if evidence.iter().any(is_computed) {
                decided.entry((of, key)).or_default().insert(value);
            } else {
                other.push((Fact::from(fact), evidence.clone()));
            }
        }
    }
    let mut told = Vec::new();
    other.retain(|(fact, evidence)| {
        let Fact::Attribute { of, key, value } = fact else { return false };
        let Some(values) = decided.get(&(of, *key)) else { return false };
        if let Some(place) = evidence.iter().find_map(Evidence::place) {
            let values: Vec<&str> = values.iter().copied().collect();
            let message = format!(
                "the files say {key} `{value}` for `{}`, the plan or state says `{}`, which counts",
                of.rest(),
                values.join("`, `")
            );
            told.push(Diagnostic {
                path: place.path.clone(),
                at: place.region.map(|region| region.start),
                kind: DiagnosticKind::Conflict,
                scanner: Arc::from(SCANNER),
                message,
            });
        }
        true
    });
    for (fact, _) in &other {
        inventory.remove(fact);
    }
    inventory.diagnostics.extend(told);
}
