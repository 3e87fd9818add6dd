//! Places where versions stand that manifests take from there: central versions, catalogs, constraints.
//!
//! Such a place states what a package is required as, and nothing of whether it is locked: that says who asks for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{Attribute, ComponentId, Evidence, FactRef, Inventory, Known, key};
use crate::text::{Lookup, RelPath};

/// Places of one package; more of them only a hostile tree has.
const MOST: usize = 64;

/// Places in files that do not ask for the package themselves, with what they state.
pub(super) fn places(known: &Known) -> Vec<(Arc<str>, Evidence)> {
    let rows = |key| known.attributes().iter().filter(move |row: &&Attribute| row.key == key);
    let asking: BTreeSet<&RelPath> =
        rows(key::RESOLUTION).flat_map(|row| row.evidence.iter().filter_map(Evidence::path)).collect();
    if asking.is_empty() {
        return Vec::new();
    }
    let stated = rows(key::REQUIREMENT).flat_map(|row| row.evidence.iter().map(|one| (Arc::clone(&row.value), one)));
    let elsewhere = stated.filter(|(_, one)| one.path().is_some_and(|path| !asking.contains(path)));
    elsewhere.map(|(value, one)| (value, one.clone())).take(MOST).collect()
}

/// Files with places of packages.
pub(super) fn files<'a>(
    inventory: &Inventory,
    packages: impl Iterator<Item = &'a ComponentId>,
) -> BTreeMap<ComponentId, BTreeSet<RelPath>> {
    let of = |id: &'a ComponentId| {
        let places = places(inventory.known(id)?);
        let files: BTreeSet<RelPath> = places.iter().filter_map(|(_, one)| one.path().cloned()).collect();
        (!files.is_empty()).then(|| (id.clone(), files))
    };
    packages.filter_map(of).collect()
}

/// True for a package that somebody asks for or locks.
pub(super) fn is_wanted(inventory: &Inventory, id: &ComponentId) -> bool {
    inventory.known(id).is_some_and(|known| known.values(key::RESOLUTION).next().is_some())
}

/// As [`withdraw`], with the places of what nobody asks for any more.
pub(in crate::scan) fn take_back(inventory: &mut Inventory, said: &BTreeMap<ComponentId, BTreeSet<RelPath>>) {
    let mut places = files(inventory, said.keys());
    withdraw(inventory, said);
    places.retain(|id, _| !is_wanted(inventory, id));
    withdraw(inventory, &places);
}

/// Takes back what files say of components: the evidence from those files; a fact without any goes.
pub(super) fn withdraw(inventory: &mut Inventory, said: &BTreeMap<ComponentId, BTreeSet<RelPath>>) {
    if said.is_empty() {
        return;
    }
    // asked once for every relation of the inventory
    let said: Lookup<&ComponentId, &BTreeSet<RelPath>> = said.iter().collect();
    let is_about = |id: &ComponentId| said.contains(id);
    inventory.retain_evidence_about(is_about, |fact, one| {
        let holds =
            |id: &ComponentId| said.get(id).is_some_and(|files| one.path().is_some_and(|path| files.contains(path)));
        match fact {
            FactRef::Component { id, .. } => !holds(id),
            FactRef::Attribute { of, .. } => !holds(of),
            FactRef::Relation { from, to, .. } => !holds(from) && !holds(to),
        }
    });
}
