//! Mirrors of registries: an image comes from one of them or from the registry itself. A pure function of the inventory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::model::{ComponentId, ComponentKind, Evidence, EvidenceSet, Fact, Group, Inventory, RelationKind, key};

/// Mirrors of one registry that count.
const MOST_MIRRORS: usize = 16;
/// What the alternatives of an image are called.
const GROUP: &str = "mirrors";

/// One mirror of a registry.
struct Mirror {
    host: ComponentId,
    /// The beginning of the repositories that it has, where it has not all.
    part: Option<String>,
    evidence: EvidenceSet,
}

impl Mirror {
    /// True when it has an image of the registry.
    fn has(&self, image: &ComponentId, registry: &ComponentId, inventory: &Inventory) -> bool {
        let Some(part) = &self.part else { return true };
        let known = inventory.known(image);
        known.into_iter().flat_map(|known| known.values(key::IDENTITY)).any(|identity| {
            let below = |text: &str, begin: &str| text.strip_prefix(begin).map(str::to_owned);
            below(identity, "image:")
                .and_then(|name| below(&name, registry.rest()))
                .and_then(|name| below(&name, "/"))
                .and_then(|name| below(&name, part))
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':', '@']))
        })
    }
}

/// Gives the images of mirrored registries their alternatives.
#[must_use]
pub(super) fn apply(mut inventory: Inventory, catalog: &Catalog) -> Inventory {
    let mut mirrors: BTreeMap<ComponentId, Vec<Mirror>> = BTreeMap::new();
    for (of, row) in inventory.attributes_of(key::MIRRORED_AT) {
        // what lies with examples and tests sets up no machine
        let is_aside = |one: &Evidence| one.sighting().is_some_and(|seen| catalog.aside_seen(seen).is_some());
        if row.evidence.iter().all(is_aside) {
            continue;
        }
        let all = mirrors.entry(of.clone()).or_default();
        if all.len() < MOST_MIRRORS {
            let (host, part) =
                row.value.split_once(" for ").map_or((&*row.value, None), |(host, part)| (host, Some(part)));
            let part = part.map(str::to_owned);
            all.push(Mirror { host: ComponentId::host(host), part, evidence: row.evidence.clone() });
        }
    }
    if mirrors.is_empty() {
        return inventory;
    }
    let relation = |from: &ComponentId, to: &ComponentId, group: Option<Group>| Fact::Relation {
        from: from.clone(),
        kind: RelationKind::DistributedBy,
        to: to.clone(),
        group,
        horizon: None,
    };
    let mut gone: BTreeSet<(ComponentId, ComponentId)> = BTreeSet::new();
    for (from, row) in inventory.relations() {
        let is_image = from.as_str().starts_with("pkg:oci/");
        if !is_image || row.kind != RelationKind::DistributedBy || row.group.is_some() {
            continue;
        }
        let mut own = mirrors.get(&row.to).into_iter().flatten();
        if own.any(|mirror| mirror.has(from, &row.to, &inventory)) {
            gone.insert((from.clone(), row.to.clone()));
        }
    }
    let group = || Some(Group(Arc::from(GROUP)));
    for (from, to) in gone {
        let Some(evidence) = inventory.remove(&relation(&from, &to, None)) else { continue };
        inventory.extend(relation(&from, &to, group()), evidence);
        for mirror in mirrors.get(&to).into_iter().flatten() {
            if mirror.has(&from, &to, &inventory) {
                let (host, evidence) = (&mirror.host, &mirror.evidence);
                inventory.extend(Fact::Component { id: host.clone(), kind: ComponentKind::Host }, evidence.clone());
                inventory.extend(relation(&from, host, group()), evidence.clone());
            }
        }
    }
    inventory
}
