//! What only the whole of an image tells: which of several statements of a version is the exact one, and where its models
//! come from.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Catalog;
use crate::model::{
    Attribute, ComponentId, ComponentKind, EvidenceSet, Fact, FactRef, Inventory, Relation, RelationKind, key,
};
use crate::scan::binary::packaged_as;

/// Host of the hub of models, unless a setting names another.
const HUB: &str = "host:huggingface.co";

/// Runtimes of accelerators are told by several files of one installation, some of which know less of the version than
/// others: `9` by the name of a library, `9.1.0` by a variable. The less exact ones are the same thing.
pub(super) fn runtimes_once(mut inventory: Inventory, catalog: &Catalog) -> Inventory {
    let mut by_name: BTreeMap<&str, Vec<(&str, &ComponentId)>> = BTreeMap::new();
    for (id, _) in inventory.components().filter(|(_, kind)| *kind == ComponentKind::Package) {
        let Some(rest) = id.as_str().strip_prefix("pkg:generic/") else { continue };
        let (name, version) = rest.split_once('@').unwrap_or((rest, ""));
        if name.rsplit('/').next().is_some_and(|name| catalog.runtime(name).is_some()) {
            by_name.entry(name).or_default().push((version, id));
        }
    }
    let mut same: BTreeMap<ComponentId, ComponentId> = BTreeMap::new();
    for versions in by_name.values() {
        for (version, id) in versions {
            let is_less = |other: &str| {
                let rest = other.strip_prefix(*version).filter(|rest| !rest.is_empty());
                rest.is_some_and(|rest| version.is_empty() || rest.starts_with(['.', '-']))
            };
            let mut exact: Vec<_> = versions.iter().filter(|(other, _)| is_less(other)).collect();
            // what could be either of two is neither
            exact.retain(|(one, _)| !versions.iter().any(|(other, _)| is_longer(one, other)));
            if let [(_, other)] = exact.as_slice() {
                same.insert((*id).clone(), (*other).clone());
            }
        }
    }
    if same.is_empty() {
        return inventory;
    }
    let of = |id: &ComponentId| same.get(id).unwrap_or(id).clone();
    let touches = |fact: FactRef<'_>| match fact {
        FactRef::Component { id, .. } => same.contains_key(id),
        FactRef::Attribute { of, .. } => same.contains_key(of),
        FactRef::Relation { from, to, .. } => same.contains_key(from) || same.contains_key(to),
    };
    let is_version = |fact: FactRef<'_>| matches!(fact, FactRef::Attribute { key: key::VERSION, .. });
    let moved: Vec<(Fact, EvidenceSet)> = inventory
        .facts()
        .filter(|(fact, _)| touches(*fact) && !is_version(*fact))
        .map(|(fact, evidence)| {
            let fact = match Fact::from(fact) {
                Fact::Component { id, kind } => Fact::Component { id: of(&id), kind },
                Fact::Attribute { of: one, key, value } => Fact::Attribute { of: of(&one), key, value },
                Fact::Relation { from, kind, to, group, horizon } => {
                    Fact::Relation { from: of(&from), kind, to: of(&to), group, horizon }
                }
            };
            (fact, evidence.clone())
        })
        .collect();
    inventory.retain(|fact| !touches(fact));
    inventory.extend_all(moved);
    inventory
}

/// Programs where a distribution installs its own are those of its packages, which are known better from its database:
/// where that has a package of such a name.
pub(super) fn programs_of_no_package(mut inventory: Inventory) -> Inventory {
    const SYSTEMS: [&str; 4] = ["pkg:deb/", "pkg:apk/", "pkg:rpm/", "pkg:alpm/"];
    const FOLDERS: [&str; 8] = ["bin/", "sbin/", "lib/", "lib64/", "usr/bin/", "usr/sbin/", "usr/lib/", "usr/lib64/"];
    let name_of = |id: &ComponentId| {
        let rest = SYSTEMS.iter().find_map(|start| id.as_str().strip_prefix(start))?;
        // `debian/nodejs@18.19.0?arch=amd64`
        let rest = &rest[..rest.find(['@', '?']).unwrap_or(rest.len())];
        rest.rsplit('/').next().map(str::to_owned)
    };
    let installed: BTreeSet<String> = inventory.components().filter_map(|(id, _)| name_of(id)).collect();
    let is_installed = |id: &ComponentId| {
        let program = id.as_str().strip_prefix("pkg:generic/").unwrap_or_default();
        let starts = packaged_as(&program[..program.find('@').unwrap_or(program.len())]);
        starts.iter().any(|start| installed.iter().any(|name| name.starts_with(start)))
    };
    if installed.is_empty() {
        return inventory;
    }
    inventory.retain_evidence(|fact, evidence| {
        let about = match fact {
            FactRef::Component { id, .. } => id,
            FactRef::Attribute { of, .. } => of,
            FactRef::Relation { to, .. } => to,
        };
        let seen = evidence.sighting().filter(|seen| seen.scanner() == "executable");
        seen.is_none_or(|seen| !FOLDERS.iter().any(|folder| seen.path().as_str().starts_with(folder)))
            || !is_installed(about)
    });
    inventory
}

/// True when `other` says more of the same version.
fn is_longer(version: &str, other: &str) -> bool {
    other.strip_prefix(version).is_some_and(|rest| rest.starts_with(['.', '-']))
}

/// Models out of the hub's cache come from the place that the image's environment names (`HF_ENDPOINT`) instead.
pub(super) fn models_from_mirror(mut inventory: Inventory, image: &ComponentId) -> Inventory {
    let Some(known) = inventory.known(image) else { return inventory };
    let settings = known.attributes().iter().filter(|row| row.key == key::REGISTRY);
    let mirrors = settings.filter_map(|Attribute { value, evidence, .. }| {
        Some((ComponentId::host(value.strip_prefix("huggingface * instead ")?), evidence.clone()))
    });
    let mirrors: Vec<(ComponentId, EvidenceSet)> = mirrors.collect();
    if mirrors.is_empty() {
        return inventory;
    }
    let of_hub = inventory.relations().filter(|(from, row)| {
        let Relation { kind, to, .. } = row;
        *kind == RelationKind::DistributedBy && to.as_str() == HUB && is_of_hub(from)
    });
    let models: Vec<ComponentId> = of_hub.map(|(from, _)| from.clone()).collect();
    for model in models {
        let relation = |to: ComponentId| Fact::Relation {
            from: model.clone(),
            kind: RelationKind::DistributedBy,
            to,
            group: None,
            horizon: None,
        };
        inventory.remove(&relation(ComponentId::new(HUB)));
        inventory.extend_all(mirrors.iter().map(|(host, evidence)| (relation(host.clone()), evidence.clone())));
    }
    inventory
}

fn is_of_hub(id: &ComponentId) -> bool {
    ["model:huggingface/", "dataset:huggingface/"].iter().any(|start| id.as_str().starts_with(start))
}
