//! Databases that are known by where they are reached: the host of a connection is the declared database of that name,
//! or the workload that the network calls so. Who takes changes by a name takes them from who offers them.
//!
//! Only what one thing alone can mean is joined. A pure function of the inventory.

use std::collections::{BTreeMap, BTreeSet};

use super::called::{Declared, declared};
use crate::catalog::Catalog;
use crate::model::{ComponentId, ComponentKind, EvidenceSet, Fact, Inventory, RelationKind, key};

/// Brings copies of databases to the resources and workloads that their hosts mean.
#[must_use]
pub(super) fn apply(mut inventory: Inventory, catalog: &Catalog) -> Inventory {
    let is_end = |id: &ComponentId| id.as_str().starts_with("host:") || id.as_str().starts_with("database:");
    let copies: Vec<(ComponentId, ComponentId, EvidenceSet)> = inventory
        .relations()
        .filter(|(from, row)| row.kind == RelationKind::ReplicatesTo && (is_end(from) || is_end(&row.to)))
        .map(|(from, row)| (from.clone(), row.to.clone(), row.evidence.clone()))
        .collect();
    let offered = by_value(&inventory, key::PUBLISHES);
    let mut added: Vec<(Fact, EvidenceSet)> = Vec::new();
    let mut relate = |from: ComponentId, to: ComponentId, evidence: EvidenceSet| {
        let fact = Fact::Relation { from, kind: RelationKind::ReplicatesTo, to, group: None, horizon: None };
        added.push((fact, evidence));
    };
    if !offered.is_empty() {
        let known: BTreeSet<&ComponentId> = copies.iter().map(|(_, to, _)| to).collect();
        for (of, row) in inventory.attributes().filter(|(of, row)| row.key == key::SUBSCRIBES && !known.contains(of)) {
            if let Some([from]) = offered.get(&*row.value).map(Vec::as_slice)
                && from != of
            {
                relate(from.clone(), of.clone(), row.evidence.clone());
            }
        }
    }
    if !copies.is_empty() {
        let places = Places { declared: declared(&inventory, catalog), workloads: workloads(&inventory), catalog };
        for (from, to, evidence) in copies {
            let (meant, other) = (places.meant(&from), places.meant(&to));
            if meant.is_some() || other.is_some() {
                relate(meant.unwrap_or(from), other.unwrap_or(to), evidence);
            }
        }
    }
    inventory.extend_all(added);
    inventory
}

/// What hosts may mean.
struct Places<'c> {
    declared: Declared,
    /// Workloads by their own name; nothing where several have it.
    workloads: BTreeMap<String, Option<ComponentId>>,
    catalog: &'c Catalog,
}

impl Places<'_> {
    /// The one resource or workload that is reached at a host.
    fn meant(&self, id: &ComponentId) -> Option<ComponentId> {
        let host = id.rest();
        let (first, rest) = host.split_once('.').unwrap_or((host, ""));
        match id.as_str().split_once(':')?.0 {
            "database" if rest.is_empty() => self.workloads.get(first)?.clone(),
            // a service of a cluster
            "host" if rest.ends_with(".svc") || rest.ends_with(".svc.cluster.local") => {
                self.workloads.get(first)?.clone()
            }
            "host" => {
                let service = self.catalog.service_by_host(host)?;
                match self.declared.get(&(service.id.to_string(), first.to_owned())).map(Vec::as_slice) {
                    Some([one]) => Some(one.clone()),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

fn by_value(inventory: &Inventory, name: &str) -> BTreeMap<String, Vec<ComponentId>> {
    let mut found: BTreeMap<String, Vec<ComponentId>> = BTreeMap::new();
    for (of, row) in inventory.attributes().filter(|(_, row)| row.key == name) {
        let all = found.entry(row.value.to_string()).or_default();
        if !all.contains(of) {
            all.push(of.clone());
        }
    }
    found
}

fn workloads(inventory: &Inventory) -> BTreeMap<String, Option<ComponentId>> {
    let mut found = BTreeMap::new();
    for (id, _) in inventory.components().filter(|(_, kind)| *kind == ComponentKind::Workload) {
        let name = id.rest().rsplit('/').next().unwrap_or_default().to_owned();
        found.entry(name).and_modify(|known| *known = None).or_insert_with(|| Some(id.clone()));
    }
    found
}
