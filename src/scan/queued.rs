//! Workloads that wait in queues: on nodes of which flavors they may run, by the quotas that their queue has.
//!
//! A workload names a queue of its namespace, the queue one of the cluster, and that one flavors of nodes, in groups of
//! resources. Of each group that covers what a workload asks for it gets one flavor: several are alternatives, but for those
//! whose nodes its placement or a taint shuts out. What queues allot of a flavor's accelerators adds up. A pure function of
//! the inventory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::{
    ComponentId, ComponentKind, Evidence, EvidenceSet, Fact, FactRef, Group, Inventory, RelationKind, key,
};
use crate::scan::hardware::machine::devices;
use crate::text::{RelPath, clean_line};

/// Who speaks of what is not found.
const SCANNER: &str = "kubernetes";
/// Words that are looked at for all workloads together.
const MOST_STEPS: usize = 200_000_000;
/// Queues or flavors of one name that are looked at.
const MOST_NAMED: usize = 1_000;
/// The type of flavors.
const FLAVOR: &str = "kueue.x-k8s.io/ResourceFlavor";
/// Groups of resources of a queue, and flavors of a group, that are looked at.
const MOST_GROUPS: usize = 16;
const MOST_FLAVORS: usize = 64;
/// Effects that keep pods away; others are wishes.
const KEEPS_AWAY: [&str; 2] = ["NoSchedule", "NoExecute"];

/// What one component says, word by word.
struct Said {
    words: Vec<String>,
    evidence: EvidenceSet,
}

/// Everything that queues, flavors and waiting workloads say.
#[derive(Default)]
struct Words(BTreeMap<ComponentId, Vec<Said>>);

impl Words {
    fn of<'a>(&'a self, id: &ComponentId, word: &'a str) -> impl Iterator<Item = (&'a [String], &'a EvidenceSet)> {
        let all = self.0.get(id).into_iter().flatten().filter(move |said| said.words[0] == word);
        all.map(|said| (&said.words[1..], &said.evidence))
    }

    /// Queues without a quota of a flavor's resource, where they can borrow from nobody.
    fn none(&self) -> BTreeSet<(&ComponentId, [&str; 3])> {
        let mut found = BTreeSet::new();
        for queue in self.0.keys().filter(|queue| self.of(queue, "cohort").next().is_none()) {
            found.extend(self.of(queue, "quota").filter_map(|(row, _)| match row {
                [group, flavor, resource, count, _] if count == "0" => {
                    Some((queue, [group.as_str(), flavor.as_str(), resource.as_str()]))
                }
                _ => None,
            }));
        }
        found
    }

    /// Queues by kind and name.
    fn queues(&self) -> BTreeMap<(&str, &str), Vec<&ComponentId>> {
        let mut found: BTreeMap<(&str, &str), Vec<&ComponentId>> = BTreeMap::new();
        for id in self.0.keys().filter(|id| id.as_str().starts_with("queue:")) {
            let mut parts = id.rest().rsplit('/');
            let (name, kind) = (parts.next(), parts.nth(1));
            if let Some(place) = kind.zip(name) {
                found.entry(place).or_default().push(id);
            }
        }
        found
    }
}

/// Brings waiting workloads to the flavors on whose nodes they may run.
#[must_use]
pub(super) fn apply(mut inventory: Inventory, catalog: &Catalog) -> Inventory {
    let mut words = Words::default();
    for (of, row) in inventory.attributes_of(key::QUEUED) {
        let said = Said { words: row.value.split(' ').map(str::to_owned).collect(), evidence: row.evidence.clone() };
        words.0.entry(of.clone()).or_default().push(said);
    }
    let waiting: Vec<(ComponentId, String, EvidenceSet)> = inventory
        .attributes_of(key::QUEUE)
        .map(|(of, row)| (of.clone(), row.value.to_string(), row.evidence.clone()))
        .collect();
    if words.0.is_empty() && waiting.is_empty() {
        return inventory;
    }
    inventory.retain(|fact| !matches!(fact, FactRef::Attribute { key: key::QUEUED, .. }));
    let mut flavors: BTreeMap<String, Vec<ComponentId>> = BTreeMap::new();
    for (id, known) in inventory.beginning_with("resource:") {
        if known.values(key::RESOURCE_TYPE).any(|kind| &**kind == FLAVOR) {
            flavors.entry(last(id).to_owned()).or_default().push(id.clone());
        }
    }
    let mut join = Join {
        words: &words,
        queues: words.queues(),
        flavors,
        none: words.none(),
        told: BTreeSet::new(),
        left: MOST_STEPS,
        inventory,
        catalog,
    };
    join.quotas();
    for (workload, queue, evidence) in &waiting {
        join.workload(workload, queue, evidence);
    }
    join.inventory
}

struct Join<'a> {
    words: &'a Words,
    queues: BTreeMap<(&'a str, &'a str), Vec<&'a ComponentId>>,
    /// Flavors that stand in the tree, by name.
    flavors: BTreeMap<String, Vec<ComponentId>>,
    /// Queues that have none of a resource of a flavor, and nobody to borrow from: with group, flavor and resource.
    none: BTreeSet<(&'a ComponentId, [&'a str; 3])>,
    /// Words that may still be looked at.
    left: usize,
    /// What was told once: thousands of workloads may wait in one queue.
    told: BTreeSet<String>,
    inventory: Inventory,
    catalog: &'a Catalog,
}

impl Join<'_> {
    /// What queues and cohorts allot of each flavor's accelerators.
    fn quotas(&mut self) {
        let mut sums: BTreeMap<(ComponentId, ComponentId), (u64, EvidenceSet)> = BTreeMap::new();
        for queue in self.words.0.keys() {
            for (quota, evidence) in self.words.of(queue, "quota") {
                let [_, flavor, _, count, accelerator] = quota else { continue };
                let (flavor, _) = self.flavor(queue, flavor);
                let asked = ComponentId::of("accelerator", accelerator);
                let accelerator = self.product(&flavor).unwrap_or(asked);
                // how many a template puts in is not known
                let Ok(count) = count.parse::<u64>() else { continue };
                let (sum, seen) = sums.entry((flavor, accelerator)).or_default();
                *sum = sum.saturating_add(count);
                seen.extend(evidence.iter().cloned());
            }
        }
        for ((flavor, accelerator), (sum, evidence)) in sums.into_iter().filter(|(_, (sum, _))| *sum > 0) {
            self.component(&flavor, &evidence);
            let runs = Fact::Relation {
                from: flavor.clone(),
                kind: RelationKind::RunsOn,
                to: accelerator.clone(),
                group: None,
                horizon: None,
            };
            self.inventory.extend(runs, evidence.clone());
            self.note(&flavor, key::DEVICES, &devices(&accelerator, sum), &evidence);
            self.note(&flavor, key::KNOWN_AS, "allotted", &evidence);
        }
    }

    /// The one product of a flavor's nodes: that a label names, or that its machine type has.
    fn product(&self, flavor: &ComponentId) -> Option<ComponentId> {
        let known = self.inventory.known(flavor)?;
        let on = known.relations().iter().filter(|row| row.kind == RelationKind::RunsOn);
        let named: BTreeSet<&ComponentId> =
            on.map(|row| &row.to).filter(|id| id.as_str().starts_with("accelerator:")).collect();
        if let Some(first) = named.first() {
            return (named.len() == 1).then(|| (*first).clone());
        }
        let rows = self.catalog.instance_types_named(known.values(key::INSTANCE_TYPE).next()?);
        let sku = rows.first()?.accelerator.as_deref()?;
        let is_one = rows.iter().all(|row| row.accelerator.as_deref() == Some(sku));
        is_one.then(|| ComponentId::accelerator(sku))
    }

    /// The flavor that a queue names, and whether it stands in the tree.
    fn flavor(&self, queue: &ComponentId, name: &str) -> (ComponentId, bool) {
        match nearest(queue, self.flavors.get(name).into_iter().flatten()) {
            Some(found) => (found.clone(), true),
            None => {
                let folder = queue.rest().rsplitn(4, '/').nth(3).and_then(RelPath::new);
                let address = format!("ResourceFlavor/{name}");
                (ComponentId::resource(&folder.unwrap_or_else(RelPath::root), &address), false)
            }
        }
    }

    fn component(&mut self, flavor: &ComponentId, evidence: &EvidenceSet) {
        if self.inventory.known(flavor).is_none_or(|known| known.kinds().is_empty()) {
            let component = Fact::Component { id: flavor.clone(), kind: ComponentKind::Service };
            self.inventory.extend(component, evidence.clone());
            self.note(flavor, key::RESOURCE_TYPE, FLAVOR, evidence);
            self.note(flavor, key::NAME, last(flavor), evidence);
        }
    }

    fn note(&mut self, of: &ComponentId, key: &'static str, value: &str, evidence: &EvidenceSet) {
        let fact = Fact::Attribute { of: of.clone(), key, value: Arc::from(value) };
        self.inventory.extend(fact, evidence.clone());
    }

    fn told(&mut self, evidence: &EvidenceSet, message: &str) {
        let place = evidence.iter().find_map(Evidence::place);
        if let Some(place) = place.filter(|_| self.told.insert(message.to_owned())) {
            self.inventory.diagnostics.insert(Diagnostic {
                path: place.path.clone(),
                at: place.region.map(|region| region.start),
                kind: DiagnosticKind::Unresolved,
                scanner: Arc::from(SCANNER),
                message: clean_line(message).into_owned(),
            });
        }
    }

    fn workload(&mut self, workload: &ComponentId, queue: &str, label: &EvidenceSet) {
        let words = self.words;
        let (namespace, name) = queue.split_once('/').unwrap_or(("default", queue));
        let own = |id: &&ComponentId| {
            let of = id.rest().rsplit('/').nth(1);
            // a namespace may be given when objects are applied
            of == Some(namespace) || of == Some("default") || namespace == "default"
        };
        let exact = |id: &&ComponentId| id.rest().rsplit('/').nth(1) == Some(namespace);
        let locals = || self.queues.get(&("LocalQueue", name)).into_iter().flatten().copied();
        let local = nearest(workload, locals().filter(exact)).or_else(|| nearest(workload, locals().filter(own)));
        let Some(local) = local else {
            let message = format!("queue `{queue}` does not stand in the tree: on which nodes it runs is not known");
            return self.told(label, &message);
        };
        let Some((of, evidence)) = words.of(local, "in").next() else { return };
        let name = of.first().map_or("", String::as_str);
        let Some(cluster) = nearest(local, self.queues.get(&("ClusterQueue", name)).into_iter().flatten().copied())
        else {
            let message =
                format!("cluster queue `{name}` does not stand in the tree: which nodes it allots is not known");
            return self.told(evidence, &message);
        };
        // the words of the queue are gone through for each of its flavors that is looked at
        let flavors = words.of(cluster, "flavor").take(MOST_GROUPS * MOST_FLAVORS).count();
        let cost = words.0.get(cluster).map_or(0, Vec::len) * (4 + flavors) + words.0.get(workload).map_or(0, Vec::len);
        self.left = self.left.saturating_sub(cost);
        if self.left == 0 {
            return self
                .told(label, "more workloads and queues than are looked at: on which nodes they run is not known");
        }
        self.dispatched(workload, cluster);
        let known = self.inventory.known(workload);
        let extended = known.into_iter().flat_map(|known| known.values(key::EXTENDED_RESOURCE));
        let mut asked: BTreeSet<String> = extended.map(|name| name.to_string()).collect();
        asked.extend(words.of(workload, "asks").filter_map(|(name, _)| name.first().cloned()));
        let groups: BTreeSet<&str> = words
            .of(cluster, "covers")
            .filter(|(row, _)| row.get(1).is_some_and(|name| asked.contains(name)))
            .filter_map(|(row, _)| row.first().map(String::as_str))
            .collect();
        if groups.len() > MOST_GROUPS {
            self.told(label, "more groups of resources in a queue than are looked at");
        }
        for group in groups.into_iter().take(MOST_GROUPS) {
            self.group(workload, cluster, (group, &asked), label);
        }
    }

    /// Clusters that a check of the queue brings its workloads to: one of them takes a workload, and another does when that
    /// is lost.
    fn dispatched(&mut self, workload: &ComponentId, queue: &ComponentId) {
        let words = self.words;
        let find = |from: &ComponentId, kind: &'static str, name: &str| {
            nearest(from, self.queues.get(&(kind, name)).into_iter().flatten().copied())
        };
        let first = |row: &'_ [String]| row.first().cloned().unwrap_or_default();
        let mut clusters: BTreeMap<String, EvidenceSet> = BTreeMap::new();
        for (check, _) in words.of(queue, "check") {
            let Some(check) = find(queue, "AdmissionCheck", &first(check)) else { continue };
            let Some((config, _)) = words.of(check, "config").next() else { continue };
            let Some(config) = find(check, "MultiKueueConfig", &first(config)) else { continue };
            clusters.extend(words.of(config, "cluster").map(|(row, evidence)| (first(row), evidence.clone())));
        }
        let several = clusters.len() > 1;
        for (name, evidence) in clusters {
            self.note(workload, key::CLUSTER, &name, &evidence);
            if several {
                self.note(workload, key::FAILOVER, "automated", &evidence);
            }
        }
    }

    /// The flavors of one group of resources.
    fn group(
        &mut self,
        workload: &ComponentId,
        cluster: &ComponentId,
        (group, asked): (&str, &BTreeSet<String>),
        label: &EvidenceSet,
    ) {
        let words = self.words;
        let own = words.of(cluster, "flavor").filter(|(row, _)| row.first().is_some_and(|of| of == group));
        let mut named: Vec<(&str, &EvidenceSet)> =
            own.filter_map(|(row, evidence)| Some((row.get(1)?.as_str(), evidence))).collect();
        if named.len() > MOST_FLAVORS {
            named.truncate(MOST_FLAVORS);
            self.told(label, "more flavors in a group of resources than are looked at");
        }
        let flavors: Vec<(ComponentId, bool, &EvidenceSet)> = named
            .into_iter()
            .filter(|(name, _)| self.has_quota(cluster, (group, name), asked))
            .map(|(name, evidence)| {
                let (id, is_there) = self.flavor(cluster, name);
                (id, is_there, evidence)
            })
            .collect();
        let keys: BTreeSet<&str> = flavors
            .iter()
            .flat_map(|(id, ..)| words.of(id, "label"))
            .filter_map(|(row, _)| row.first().map(String::as_str))
            .collect();
        let fitting: Vec<&(ComponentId, bool, &EvidenceSet)> =
            flavors.iter().filter(|(id, ..)| self.fits(workload, id, &keys)).collect();
        if fitting.is_empty() {
            let (queue, what) = (last(cluster), workload.rest());
            let message = format!("no flavor of the cluster queue `{queue}` fits the placement of `{what}`");
            return self.told(label, &message);
        }
        let several = fitting.len() > 1;
        for (flavor, is_there, evidence) in fitting {
            let mut seen = label.clone();
            seen.extend(evidence.iter().cloned());
            self.component(flavor, evidence);
            if !is_there {
                let name = last(flavor);
                self.told(evidence, &format!("flavor `{name}` does not stand in the tree: where it is is not known"));
            }
            let name = last(cluster);
            let runs = Fact::Relation {
                from: workload.clone(),
                kind: RelationKind::RunsOn,
                to: flavor.clone(),
                group: several.then(|| Group(Arc::from(format!("flavors/{name}/{group}")))),
                horizon: None,
            };
            self.inventory.extend(runs, seen);
        }
    }

    /// False where a queue has none of an accelerator that is asked for, and nobody to borrow from.
    fn has_quota(&self, cluster: &ComponentId, (group, flavor): (&str, &str), asked: &BTreeSet<String>) -> bool {
        !asked.iter().any(|resource| self.none.contains(&(cluster, [group, flavor, resource])))
    }

    /// True when a workload may run on nodes of a flavor. Only labels that some flavor of the group has are looked at.
    fn fits(&self, workload: &ComponentId, flavor: &ComponentId, keys: &BTreeSet<&str>) -> bool {
        let pairs = |of: &ComponentId| -> BTreeMap<String, BTreeSet<String>> {
            let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for (row, _) in self.words.of(of, "label") {
                if let [key, value] = row {
                    found.entry(key.clone()).or_default().insert(value.clone());
                }
            }
            found
        };
        let (wanted, has) = (pairs(workload), pairs(flavor));
        let is_placed = wanted
            .iter()
            .filter(|(key, _)| keys.contains(key.as_str()))
            .all(|(key, values)| has.get(key).is_some_and(|own| own.iter().any(|value| values.contains(value))));
        let tolerated = || self.words.of(workload, "tolerates").chain(self.words.of(flavor, "tolerates"));
        let taints = self.words.of(flavor, "taint").map(|(row, _)| row);
        let keeps_away = |taint: &[String]| {
            let effect = taint.get(2).map_or("", String::as_str);
            KEEPS_AWAY.contains(&effect) && !tolerated().any(|(row, _)| is_tolerated(taint, row))
        };
        is_placed && !taints.into_iter().any(keeps_away)
    }
}

/// The name at the end of an id.
fn last(id: &ComponentId) -> &str {
    id.rest().rsplit('/').next().unwrap_or_default()
}

/// True when a toleration (key, operator, value, effect) is of a taint (key, value, effect).
fn is_tolerated(taint: &[String], toleration: &[String]) -> bool {
    let ([key, value, effect], [of, operator, wanted, only]) = (taint, toleration) else { return false };
    let is_same = if operator == "Exists" { of == key || of == "-" } else { of == key && wanted == value };
    is_same && (only == "-" || only == effect)
}

/// Of some components the one whose folder shares most with another's; nothing when there are several.
fn nearest<'a>(from: &ComponentId, all: impl Iterator<Item = &'a ComponentId>) -> Option<&'a ComponentId> {
    let shared = |id: &ComponentId| {
        let parts = from.rest().split('/').zip(id.rest().split('/'));
        parts.take_while(|(one, other)| one == other).count()
    };
    let mut best: Option<(usize, Vec<&ComponentId>)> = None;
    for id in all.take(MOST_NAMED) {
        let own = shared(id);
        match &mut best {
            Some((most, ids)) if *most == own => ids.push(id),
            Some((most, _)) if *most > own => {}
            _ => best = Some((own, vec![id])),
        }
    }
    match best {
        Some((_, ids)) if ids.len() == 1 => ids.first().copied(),
        _ => None,
    }
}
