//! Databases that are known by where they are reached: the host of a connection is the declared database of that name,
//! or the workload that the network calls so. Who takes changes by a name takes them from who offers them.
//!
//! Only what one thing alone can mean is joined. A pure function of the inventory.

use std::collections::{BTreeMap, BTreeSet};

use super::called::{Declared, declared};
use super::cloud::sql::UNPLACED;
use crate::catalog::Catalog;
use crate::model::{Attribute, ComponentId, ComponentKind, EvidenceSet, Fact, Inventory, RelationKind, key};

/// The scanner whose files say only that a database runs them.
const SQL: &str = "sql-replication";

/// One database that is copied to another, with where that is said.
type CopyOf = (ComponentId, ComponentId, EvidenceSet);

/// Brings copies of databases to the resources and workloads that their hosts mean.
#[must_use]
pub(super) fn apply(mut inventory: Inventory, catalog: &Catalog) -> Inventory {
    let is_end = |id: &ComponentId| id.as_str().starts_with("host:") || id.as_str().starts_with("database:");
    let mut copies: Vec<CopyOf> = inventory
        .relations_of(RelationKind::ReplicatesTo)
        .filter(|(from, row)| is_end(from) || is_end(&row.to))
        .map(|(from, row)| (from.clone(), row.to.clone(), row.evidence.clone()))
        .collect();
    let mut added = by_name(&inventory, &copies);
    copies.extend(added.iter().cloned());
    if copies.is_empty() {
        return inventory;
    }
    let places = Places {
        declared: declared(&inventory, catalog),
        workloads: workloads(&inventory),
        runs: runs(&inventory),
        catalog,
    };
    let mut placed: BTreeSet<String> = BTreeSet::new();
    for (from, to, evidence) in copies {
        let file = evidence.iter().find_map(|one| one.path().map(|path| path.as_str().to_owned())).unwrap_or_default();
        let (meant, other) = (places.meant(&from, &file), places.meant(&to, &file));
        if meant.is_some() || other.is_some() {
            placed.extend(other.is_some().then(|| to.rest().to_owned()));
            added.push((meant.unwrap_or(from), other.unwrap_or(to), evidence));
        }
    }
    inventory.extend_all(added.into_iter().filter(|(from, to, _)| from != to).map(|(from, to, evidence)| {
        (Fact::Relation { from, kind: RelationKind::ReplicatesTo, to, group: None, horizon: None }, evidence)
    }));
    // where those lie is known now
    inventory.diagnostics.retain(|problem| {
        &*problem.scanner != SQL || problem.message != UNPLACED || !placed.contains(problem.path.as_str())
    });
    inventory
}

/// Copies by the name that one database alone offers its changes under, for those that take them from an unknown place.
fn by_name(inventory: &Inventory, copies: &[CopyOf]) -> Vec<CopyOf> {
    let offered = by_value(inventory, key::PUBLISHES);
    if offered.is_empty() {
        return Vec::new();
    }
    let known: BTreeSet<&ComponentId> = copies.iter().map(|(_, to, _)| to).collect();
    let taken = inventory.attributes_of(key::SUBSCRIBES).filter(|(of, _)| !known.contains(of));
    let copy = |(of, row): (&ComponentId, &Attribute)| match offered.get(&*row.value)?.as_slice() {
        [from] if from != of => Some((from.clone(), of.clone(), row.evidence.clone())),
        _ => None,
    };
    taken.filter_map(copy).collect()
}

/// What hosts may mean.
struct Places<'c> {
    declared: Declared,
    /// Workloads by their own name.
    workloads: BTreeMap<String, Vec<ComponentId>>,
    /// Scripts, and folders of scripts, with the workloads that run them first.
    runs: BTreeMap<String, Vec<ComponentId>>,
    catalog: &'c Catalog,
}

impl Places<'_> {
    /// The one resource or workload that is reached at a host, or that runs a file, as a file says it.
    fn meant(&self, id: &ComponentId, file: &str) -> Option<ComponentId> {
        let host = id.rest();
        let (first, rest) = host.split_once('.').unwrap_or((host, ""));
        match id.as_str().split_once(':')?.0 {
            "database" => self.runner(host).or_else(|| self.workload(first, file).filter(|_| rest.is_empty())),
            // a service of a cluster
            "host" if rest.ends_with(".svc") || rest.ends_with(".svc.cluster.local") => self.workload(first, file),
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

    /// The one workload that runs a script first.
    fn runner(&self, path: &str) -> Option<ComponentId> {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]).rev();
        let all = ends.map(|end| &path[..end]).find_map(|part| self.runs.get(part))?;
        if let [one] = all.as_slice() { Some(one.clone()) } else { None }
    }

    /// The workload of a name that lies nearest to a file; nothing where several do.
    fn workload(&self, name: &str, file: &str) -> Option<ComponentId> {
        let near = |id: &ComponentId| id.rest().split('/').zip(file.split('/')).take_while(|(a, b)| a == b).count();
        let all = self.workloads.get(name)?;
        let nearest = all.iter().map(near).max()?;
        let mut found = all.iter().filter(|id| near(id) == nearest);
        found.next().filter(|_| found.next().is_none()).cloned()
    }
}

fn by_value(inventory: &Inventory, name: &'static str) -> BTreeMap<String, Vec<ComponentId>> {
    let mut found: BTreeMap<String, Vec<ComponentId>> = BTreeMap::new();
    for (of, row) in inventory.attributes_of(name) {
        found.entry(row.value.to_string()).or_default().push(of.clone());
    }
    found
}

fn workloads(inventory: &Inventory) -> BTreeMap<String, Vec<ComponentId>> {
    let mut found: BTreeMap<String, Vec<ComponentId>> = BTreeMap::new();
    for (id, _) in inventory.components().filter(|(_, kind)| *kind == ComponentKind::Workload) {
        let name = id.rest().rsplit('/').next().unwrap_or_default().to_owned();
        found.entry(name).or_default().push(id.clone());
    }
    found
}

/// Who runs which scripts first: a workload itself, or what is built of a folder.
fn runs(inventory: &Inventory) -> BTreeMap<String, Vec<ComponentId>> {
    let mut found = by_value(inventory, key::FIRST_RUNS);
    if found.is_empty() {
        return found;
    }
    let is_workload = |id: &ComponentId| id.as_str().starts_with("workload:");
    let mut built: BTreeMap<ComponentId, Vec<ComponentId>> = BTreeMap::new();
    for (from, row) in
        inventory.relations().filter(|(from, row)| is_workload(from) && row.kind == RelationKind::DependsOn)
    {
        if row.to.as_str().starts_with("project:") {
            built.entry(row.to.clone()).or_default().push(from.clone());
        }
    }
    for all in found.values_mut() {
        *all = all
            .iter()
            .flat_map(|id| if is_workload(id) { vec![id.clone()] } else { built.get(id).cloned().unwrap_or_default() })
            .collect();
    }
    found
}
