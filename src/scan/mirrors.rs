//! Mirrors of registries: an image comes from one of them or from the registry itself. A pure function of the inventory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{ComponentId, ComponentKind, EvidenceSet, Fact, Group, Inventory, RelationKind, key};

/// Mirrors of one registry that count.
const MOST_MIRRORS: usize = 16;
/// What the alternatives of an image are called.
const GROUP: &str = "mirrors";

/// Gives the images of mirrored registries their alternatives.
#[must_use]
pub(super) fn apply(mut inventory: Inventory) -> Inventory {
    let mut mirrors: BTreeMap<ComponentId, Vec<(ComponentId, EvidenceSet)>> = BTreeMap::new();
    for (of, row) in inventory.attributes().filter(|(_, row)| row.key == key::MIRRORED_AT) {
        let all = mirrors.entry(of.clone()).or_default();
        if all.len() < MOST_MIRRORS {
            all.push((ComponentId::host(&row.value), row.evidence.clone()));
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
        if is_image && row.kind == RelationKind::DistributedBy && row.group.is_none() && mirrors.contains_key(&row.to) {
            gone.insert((from.clone(), row.to.clone()));
        }
    }
    let group = || Some(Group(Arc::from(GROUP)));
    for (from, to) in gone {
        let Some(evidence) = inventory.remove(&relation(&from, &to, None)) else { continue };
        inventory.extend(relation(&from, &to, group()), evidence);
        for (mirror, evidence) in mirrors.get(&to).into_iter().flatten() {
            inventory.extend(Fact::Component { id: mirror.clone(), kind: ComponentKind::Host }, evidence.clone());
            inventory.extend(relation(&from, mirror, group()), evidence.clone());
        }
    }
    inventory
}
