//! Packages that the tree makes itself are not packages of others.
//!
//! A module of a Maven reactor asks for its sibling by name and version, as it asks for everything else. Each module
//! says what it makes ([`key::PROVIDES`]); what manifests ask for under such a name is taken back here, after all files
//! are read. Only what is built together, or carries the asking project's own group, counts: a foreign project that
//! lies somewhere in the tree hides nothing. A pure function of the inventory.

use std::collections::{BTreeMap, BTreeSet};

use super::reconcile::{base, folder_of, take_back};
use crate::model::{Basis, ComponentId, EvidenceSet, Inventory, RelationKind, key, purl};
use crate::text::RelPath;

/// What a project makes.
struct Made<'a> {
    /// The package with its version; without when that is not known.
    id: ComponentId,
    /// Folder of the topmost project that it is built with.
    root: &'a str,
}

/// Takes the tree's own packages out.
#[must_use]
pub(super) fn without_own(mut inventory: Inventory) -> Inventory {
    let mut own: BTreeMap<ComponentId, BTreeSet<RelPath>> = BTreeMap::new();
    {
        let projects = projects(&inventory);
        if projects.is_empty() {
            drop(projects);
            return inventory;
        }
        let mut by_name: BTreeMap<&str, BTreeSet<&ComponentId>> = BTreeMap::new();
        let mut by_root: BTreeMap<(&str, &str), BTreeSet<&ComponentId>> = BTreeMap::new();
        for made in projects.values().flatten() {
            by_name.entry(base(&made.id)).or_default().insert(&made.id);
            by_root.entry((base(&made.id), made.root)).or_default().insert(&made.id);
        }
        for (from, row) in inventory.relations() {
            let to = &row.to;
            if row.kind != RelationKind::DependsOn || !by_name.contains_key(base(to)) {
                continue;
            }
            let ours = |asks: &Made<'_>| {
                let fits = |made: &BTreeSet<&ComponentId>| made.iter().any(|made| may_be(to, made));
                let is_made = group_of(&asks.id) == group_of(to) && by_name.get(base(to)).is_some_and(fits);
                is_made || by_root.get(&(base(to), asks.root)).is_some_and(fits)
            };
            if projects.get(from).is_some_and(|asking| asking.iter().any(ours)) {
                own.entry(to.clone()).or_default().extend(manifests(&row.evidence));
            }
        }
    }
    take_back(&mut inventory, &own);
    inventory
}

/// Type and group of a package's id.
fn group_of(id: &ComponentId) -> &str {
    let base = base(id);
    base.rfind('/').map_or(base, |at| &base[..at])
}

fn projects(inventory: &Inventory) -> BTreeMap<&ComponentId, Vec<Made<'_>>> {
    let mut found: BTreeMap<&ComponentId, Vec<Made<'_>>> = BTreeMap::new();
    for (of, row) in inventory.attributes_of(key::PROVIDES) {
        let value = &row.value;
        let mut words = value.splitn(4, ' ');
        let (Some(ecosystem), Some(name), Some(version)) = (words.next(), words.next(), words.next()) else { continue };
        // an image holds what others built
        if folder_of(of).is_none() {
            continue;
        }
        let id = purl::of(ecosystem, name, Some(version).filter(|version| *version != "?"));
        found.entry(of).or_default().push(Made { id, root: words.next().unwrap_or("") });
    }
    found
}

/// True when the asked package can be the made one: the same version, or one of both is not known.
fn may_be(asked: &ComponentId, made: &ComponentId) -> bool {
    asked == made || base(asked) == asked.as_str() || base(made) == made.as_str()
}

/// The manifests that state it; a lock file names what is fetched, and that stays.
fn manifests(evidence: &EvidenceSet) -> impl Iterator<Item = RelPath> {
    evidence.iter().filter(|one| one.basis() == Some(Basis::Declared)).filter_map(|one| one.path().cloned())
}
