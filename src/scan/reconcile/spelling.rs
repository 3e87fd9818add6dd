//! Packages whose names differ in capitals alone, where the ecosystem takes them for one: NuGet's.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{base, name_of};
use crate::model::{Basis, ComponentId, EvidenceSet, Fact, Inventory, Known, Relation, key};

/// What the ids of its packages begin with.
const NUGET: &str = "pkg:nuget/";

/// Gives each package one spelling: that of what was resolved before that of manifests, of several the first in the order of
/// letters, in which capitals come first.
pub(super) fn unite(inventory: &mut Inventory) {
    let other = other_spellings(inventory);
    if other.is_empty() {
        return;
    }
    let mut added: Vec<(Fact, EvidenceSet)> = Vec::new();
    for (from, to) in &other {
        if let Some(known) = inventory.known(from) {
            moved(known, (from, to), &other, &mut added);
        }
    }
    let mut gone: Vec<Fact> = Vec::new();
    for (from, row) in
        inventory.relations().filter(|(from, row)| !other.contains_key(from) && other.contains_key(&row.to))
    {
        added.push((relation(from, row, &other), row.evidence.clone()));
        gone.push(relation(from, row, &BTreeMap::new()));
    }
    for fact in gone {
        inventory.remove(&fact);
    }
    for from in other.keys() {
        inventory.retain_evidence_of(from, |_, _| false);
    }
    inventory.extend_all(added);
}

/// Ids under another spelling than that of their package, each with its id under that one.
fn other_spellings(inventory: &Inventory) -> BTreeMap<ComponentId, ComponentId> {
    let mut spelled: BTreeMap<String, BTreeMap<&str, bool>> = BTreeMap::new();
    for (id, known) in inventory.beginning_with(NUGET) {
        let is_resolved = || {
            let evidence = known.kinds().iter().flat_map(|(_, evidence)| evidence);
            evidence.into_iter().any(|one| one.basis() == Some(Basis::Resolved))
        };
        let same = spelled.entry(name_of(id).into_owned()).or_default();
        let before = same.get(base(id)).copied().unwrap_or(false);
        same.insert(base(id), before || is_resolved());
    }
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    for same in spelled.values().filter(|same| same.len() > 1) {
        let of = same.iter().find(|(_, is_resolved)| **is_resolved).or_else(|| same.first_key_value());
        if let Some((first_of, _)) = of {
            first.extend(same.keys().filter(|one| *one != first_of).map(|one| (*one, *first_of)));
        }
    }
    let ids = inventory.beginning_with(NUGET).map(|(id, _)| id).filter(|_| !first.is_empty());
    ids.filter_map(|id| {
        let to = first.get(base(id))?;
        Some((id.clone(), ComponentId::new(&format!("{to}{}", &id.as_str()[base(id).len()..]))))
    })
    .collect()
}

/// All that is known of a package, said of its other id.
fn moved(
    known: &Known,
    (from, to): (&ComponentId, &ComponentId),
    other: &BTreeMap<ComponentId, ComponentId>,
    added: &mut Vec<(Fact, EvidenceSet)>,
) {
    let name = &base(to)[NUGET.len()..];
    for (kind, evidence) in known.kinds() {
        added.push((Fact::Component { id: to.clone(), kind: *kind }, evidence.clone()));
    }
    for row in known.attributes() {
        let value = if row.key == key::NAME && row.value.eq_ignore_ascii_case(name) {
            Arc::from(name)
        } else {
            row.value.clone()
        };
        added.push((Fact::Attribute { of: to.clone(), key: row.key, value }, row.evidence.clone()));
    }
    for row in known.relations() {
        added.push((relation(from, row, other), row.evidence.clone()));
    }
}

/// A relation with the spelling of both of its ends.
fn relation(from: &ComponentId, row: &Relation, other: &BTreeMap<ComponentId, ComponentId>) -> Fact {
    let spelled = |id: &ComponentId| other.get(id).unwrap_or(id).clone();
    let Relation { kind, to, group, horizon, .. } = row;
    Fact::Relation { from: spelled(from), kind: *kind, to: spelled(to), group: group.clone(), horizon: *horizon }
}
