//! Which cluster a workload runs on. Manifests do not say it: a delivery object may, by the cluster's
//! name; a tree with one cluster leaves no choice. Otherwise it stays unknown, which simulations show.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Cite, Seen, Work, service};
use crate::catalog::rows::InstanceType;
use crate::model::{ComponentId, ComponentKind, Confidence, Evidence, Fact, RelationKind, Verification, key};

/// How a workload was matched with its cluster.
const BY_NAME: &str = "cluster named by the delivery object";
const SEEN_THERE: &str = "the dump of the cluster that holds the workload";
const ONLY_ONE: &str = "the only cluster that the scanned tree declares";

pub(super) fn link(work: &mut Work<'_>) {
    let components = work
        .components(|kind| matches!(kind, ComponentKind::Service | ComponentKind::Workload | ComponentKind::Delivery));
    let clusters = clusters(work, &components);
    let destinations = destinations(work, &components);
    // a cluster dump has tens of thousands of these
    let (mut unknown, is_unknown): (Option<Evidence>, Arc<str>) = (None, Arc::from("unknown"));
    let placed = placed(work);
    for seen in components.iter().filter(|seen| seen.kind == ComponentKind::Workload) {
        if placed.contains(&seen.id) {
            let seen_there = Cite {
                entry: "attribution/cluster".to_owned(),
                source: SEEN_THERE,
                verification: Verification::TwoSource,
                confidence: Confidence::Certain,
            };
            work.note(&seen.id, key::RUNS_ON, "known", &seen_there);
            continue;
        }
        let all: Vec<&Seen> = destinations.get(&seen.id).map_or_else(Vec::new, |names| {
            let is_named = |cluster: &&&Seen| cluster.all(key::CLUSTER).any(|name| names.contains(name));
            clusters.iter().filter(is_named).copied().collect()
        });
        if all.len() > 1 && is_kubernetes(seen) {
            on_any(work, seen, &all);
            continue;
        }
        let named = all.first().copied();
        let only = if let [only] = clusters.as_slice() { Some(*only) } else { None };
        let cite = |why: &'static str| Cite {
            entry: "attribution/cluster".to_owned(),
            source: why,
            verification: Verification::TwoSource,
            confidence: Confidence::Likely,
        };
        let found = named.map(|cluster| (cluster, BY_NAME)).or(only.map(|cluster| (cluster, ONLY_ONE)));
        match found.filter(|_| is_kubernetes(seen)) {
            Some((cluster, why)) => {
                work.relate(&seen.id, RelationKind::RunsOn, &cluster.id, &cite(why));
                work.note(&seen.id, key::RUNS_ON, "known", &cite(why));
            }
            None if by_machine(work, seen) => {}
            None => {
                let evidence = unknown.get_or_insert_with(|| Work::evidence(&cite("no statement of the scanned tree")));
                let fact = Fact::Attribute { of: seen.id.clone(), key: key::RUNS_ON, value: Arc::clone(&is_unknown) };
                work.inventory.add(fact, evidence.clone());
            }
        }
    }
}

/// A machine type that one provider alone offers tells on whose machines a workload runs, when nothing tells the cluster.
fn by_machine(work: &mut Work<'_>, seen: &Seen) -> bool {
    let catalog = work.catalog;
    let mut known = None;
    for name in seen.all(key::INSTANCE_TYPE) {
        let rows = catalog.instance_types_named(name);
        let [row] = rows.as_slice() else { continue };
        if known.is_some_and(|(_, other): (&str, &InstanceType)| other.provider != row.provider) {
            return false;
        }
        known = Some((name, *row));
    }
    let Some((name, row)) = known else { return false };
    let Some(provider) = catalog.provider(&row.provider) else { return false };
    let cite = Cite {
        entry: format!("instance-type/{}/{}", row.provider, row.name),
        source: &row.source,
        verification: row.verification,
        confidence: Confidence::Likely,
    };
    let machines = ComponentId::of("machines", format_args!("{}-machines", row.provider));
    work.component(&machines, ComponentKind::Service, &cite);
    let rows = work.inventory.known(&seen.id).into_iter().flat_map(|known| known.attributes());
    let written = rows.filter(|row| row.key == key::INSTANCE_TYPE && *row.value == *name);
    let places: Vec<Evidence> = written.flat_map(|row| row.evidence.iter().cloned()).collect();
    for place in places {
        work.inventory.add(Fact::Component { id: machines.clone(), kind: ComponentKind::Service }, place);
    }
    work.note(&machines, key::NAME, &format!("machines of {}", row.provider), &cite);
    work.note(&machines, key::CAPABILITY, "compute", &cite);
    work.note(&machines, key::PROVIDER, &row.provider, &cite);
    service::provided_by(work, &machines, provider, None, Confidence::Certain);
    work.relate(&seen.id, RelationKind::RunsOn, &machines, &cite);
    work.note(&seen.id, key::RUNS_ON, "known", &cite);
    true
}

/// A workload that is brought to several clusters runs while one of them stands.
fn on_any(work: &mut Work<'_>, seen: &Seen, clusters: &[&Seen]) {
    let cite = Cite {
        entry: "attribution/cluster".to_owned(),
        source: BY_NAME,
        verification: Verification::TwoSource,
        confidence: Confidence::Likely,
    };
    for cluster in clusters {
        work.relate_any(&seen.id, RelationKind::RunsOn, &cluster.id, "clusters", &cite);
    }
    work.note(&seen.id, key::RUNS_ON, "known", &cite);
    if seen.first(key::FAILOVER).is_none() {
        work.note(&seen.id, key::FAILOVER, "static", &cite);
    }
}

/// Workloads that a scanner saw on a cluster.
fn placed(work: &Work<'_>) -> BTreeSet<ComponentId> {
    if !work.present.contains(&ComponentKind::Cluster) {
        return BTreeSet::new();
    }
    let clusters: BTreeSet<&ComponentId> =
        work.inventory.components().filter(|(_, kind)| *kind == ComponentKind::Cluster).map(|(id, _)| id).collect();
    let on = work.inventory.relations_of(RelationKind::RunsOn).filter(|(_, row)| clusters.contains(&row.to));
    on.map(|(id, _)| id.clone()).collect()
}

/// Kubernetes objects have a type with a group; compose services have none.
fn is_kubernetes(seen: &Seen) -> bool {
    seen.first(key::RESOURCE_TYPE).is_some_and(|kind| kind.contains('/'))
}

/// Declared clusters: Kubernetes services that are no part, such as a node pool, of another one.
fn clusters<'s>(work: &Work<'_>, components: &'s [Seen]) -> Vec<&'s Seen> {
    let capable: BTreeMap<&ComponentId, &Seen> = components
        .iter()
        .filter(|seen| seen.kind == ComponentKind::Service && seen.first(key::CAPABILITY) == Some("kubernetes"))
        // an address that is called declares no cluster
        .filter(|seen| !seen.id.as_str().starts_with("api:"))
        .filter(|seen| seen.all(key::COUNT).next().is_none() || seen.all(key::COUNT).any(|count| count != "0"))
        .map(|seen| (&seen.id, seen))
        .collect();
    if capable.is_empty() {
        return Vec::new();
    }
    let (parts, wholes): (BTreeSet<&ComponentId>, BTreeSet<&ComponentId>) = work
        .inventory
        .relations()
        .filter(|(from, relation)| {
            relation.kind == RelationKind::DependsOn && capable.contains_key(from) && capable.contains_key(&relation.to)
        })
        .map(|(from, relation)| (from, &relation.to))
        .unzip();
    let mut found: Vec<&Seen> =
        capable.into_iter().filter(|(id, _)| !parts.contains(id)).map(|(_, seen)| seen).collect();
    // a node pool may name its cluster in words only: of one name, the one that others are built on is the cluster
    found.sort_by_key(|seen| (!wholes.contains(&seen.id), &seen.id));
    let mut names: BTreeSet<&str> = BTreeSet::new();
    found.retain(|seen| seen.first(key::CLUSTER).is_none_or(|name| names.insert(name)));
    found
}

/// Names of the clusters that delivery objects and queues bring each workload to.
fn destinations(work: &Work<'_>, components: &[Seen]) -> BTreeMap<ComponentId, BTreeSet<String>> {
    let named: BTreeMap<&ComponentId, &Seen> = components
        .iter()
        .filter(|seen| seen.kind == ComponentKind::Delivery && seen.first(key::CLUSTER).is_some())
        .map(|seen| (&seen.id, seen))
        .collect();
    let mut found: BTreeMap<ComponentId, BTreeSet<String>> = BTreeMap::new();
    // a queue may bring it to clusters of its own
    for seen in components.iter().filter(|seen| seen.kind == ComponentKind::Workload) {
        if seen.first(key::CLUSTER).is_some() {
            found.insert(seen.id.clone(), seen.all(key::CLUSTER).map(str::to_owned).collect());
        }
    }
    if named.is_empty() {
        return found;
    }
    for (from, relation) in work.inventory.relations() {
        if relation.kind == RelationKind::DeployedBy
            && let Some(delivery) = named.get(&relation.to)
        {
            found.entry(from.clone()).or_default().extend(delivery.all(key::CLUSTER).map(str::to_owned));
        }
    }
    found
}
