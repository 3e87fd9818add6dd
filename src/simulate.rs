//! What stops when jurisdictions are lost: the graph's survival, told for what runs.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{EdgeId, Graph, NodeId, Path, Survival, open_calls};
use crate::model::{ComponentId, ComponentKind, CountryCode, Evidence, Horizon, RelationKind, key};
use crate::text::{RelPath, count, is_public_host};

/// Capabilities of declared services that run something of ours.
const RUNNING: [&str; 6] = ["inference", "functions", "containers", "compute", "workflow", "agents"];

/// Outcome of losing some jurisdictions.
pub struct Simulation {
    /// Which.
    pub without: Vec<CountryCode>,
    /// What runs, in id order, with when it stops and why.
    pub workloads: Vec<Fate>,
}

/// What becomes of one workload.
pub struct Fate {
    /// The workload.
    pub node: NodeId,
    /// When it stops; [`Horizon::None`] when it survives.
    pub stops: Horizon,
    /// From the workload to what was lost.
    pub witness: Path,
    /// False when nothing says on which cluster or machine it runs, or to whom it speaks: then it is not known to survive.
    pub host_known: bool,
}

impl Simulation {
    /// How many of what must keep running are of each kind.
    #[must_use]
    pub fn kinds(&self, graph: &Graph<'_>) -> BTreeMap<ComponentKind, usize> {
        let mut found = BTreeMap::new();
        for fate in &self.workloads {
            *found.entry(graph.node(fate.node).kind).or_default() += 1;
        }
        found
    }

    /// How many workloads have stopped by a horizon.
    #[must_use]
    pub fn stopped_by(&self, horizon: Horizon) -> usize {
        self.workloads.iter().filter(|fate| fate.stops <= horizon && fate.stops != Horizon::None).count()
    }

    /// Workloads that nothing known stops, but whose cluster or machine is not known.
    pub fn undecided(&self) -> impl Iterator<Item = &Fate> {
        self.workloads.iter().filter(|fate| fate.stops == Horizon::None && !fate.host_known)
    }

    /// Workloads that survive with everything they are known to need.
    pub fn survivors(&self) -> impl Iterator<Item = &Fate> {
        self.workloads.iter().filter(|fate| fate.stops == Horizon::None && fate.host_known)
    }
}

/// What runs and what it counts on, which is the same for every loss.
pub struct Losses<'g, 'i> {
    graph: &'g Graph<'i>,
    running: Vec<Running>,
    /// Relations that say nothing of some of what runs. Most systems have one answer for everybody.
    ignored: Vec<BTreeSet<EdgeId>>,
}

/// One of the workloads.
struct Running {
    node: NodeId,
    /// Which of the sets of relations it ignores.
    ignores: usize,
    host_known: bool,
}

impl<'g, 'i> Losses<'g, 'i> {
    /// Looks at what runs.
    #[must_use]
    pub fn of(graph: &'g Graph<'i>) -> Self {
        let (shared, open) = (Shared::of(graph), open_calls(graph));
        let (mut room, mut stated) = (graph.walked(), BTreeMap::new());
        let mut known: BTreeMap<BTreeSet<EdgeId>, usize> = BTreeMap::new();
        let running = workloads(graph).into_iter().map(|node| {
            let below = graph.reached_in(&mut room, node, |kind| kind == RelationKind::DependsOn);
            let mut foreign = shared.foreign(graph, node, below, &mut stated);
            foreign.extend(&open);
            let next = known.len();
            let host_known =
                graph.attribute(node, key::RUNS_ON) != Some("unknown") && !calls_unknown(graph, below, &open);
            Running { node, ignores: *known.entry(foreign).or_insert(next), host_known }
        });
        let running = running.collect();
        let mut ignored = vec![BTreeSet::new(); known.len()];
        known.into_iter().for_each(|(foreign, at)| ignored[at] = foreign);
        Self { graph, running, ignored }
    }

    /// Evaluates the loss of some jurisdictions.
    #[must_use]
    pub fn without(&self, codes: &[CountryCode]) -> Simulation {
        let graph = self.graph;
        let lost: BTreeSet<NodeId> =
            codes.iter().filter_map(|code| graph.find(&ComponentId::jurisdiction(code.as_str()))).collect();
        let survivals: Vec<Survival> =
            self.ignored.iter().map(|foreign| Survival::ignoring(graph, &lost, foreign)).collect();
        let fate = |running: &Running| {
            let (node, survival) = (running.node, &survivals[running.ignores]);
            let (stops, witness) = (survival.stops(node), survival.witness(graph, node));
            Fate { node, stops, witness, host_known: running.host_known }
        };
        let workloads = self.running.iter().map(fate).collect();
        Simulation { without: codes.to_vec(), workloads: one_of_variants(graph, workloads) }
    }
}

/// `5 workloads`, or `7 units (2 running services, 5 workloads)` where what must keep running is of several kinds. Not every
/// service and project is among it: those that are have a word of their own.
#[must_use]
pub fn units<'k>(kinds: impl IntoIterator<Item = (&'k str, usize)>) -> String {
    let mut kinds: Vec<(&str, usize)> = kinds.into_iter().collect();
    kinds.sort_unstable();
    let is_one = kinds.len() == 1;
    let word = |kind: &str| match kind {
        "service" => "running service".to_owned(),
        "project" if !is_one => "calling project".to_owned(),
        other => other.to_owned(),
    };
    match kinds.as_slice() {
        [] => count(0, "workload"),
        [(kind, number)] => count(*number, &word(kind)),
        several => {
            let all = count(several.iter().map(|(_, number)| number).sum(), "unit");
            let each: Vec<String> = several.iter().map(|(kind, number)| count(*number, &word(kind))).collect();
            format!("{all} ({})", each.join(", "))
        }
    }
}

/// Evaluates one loss.
#[must_use]
pub fn simulate(graph: &Graph<'_>, without: &[CountryCode]) -> Simulation {
    Losses::of(graph).without(without)
}

/// Of several ways to install one workload one runs: the one counts that stops first.
fn one_of_variants(graph: &Graph<'_>, mut fates: Vec<Fate>) -> Vec<Fate> {
    let mut worst: BTreeMap<&str, (Horizon, NodeId)> = BTreeMap::new();
    for fate in &fates {
        if let Some(group) = graph.attribute(fate.node, key::VARIANT) {
            let known = worst.entry(group).or_insert((fate.stops, fate.node));
            *known = (*known).min((fate.stops, fate.node));
        }
    }
    let is_chosen = |fate: &Fate| match graph.attribute(fate.node, key::VARIANT) {
        Some(group) => worst.get(group).is_some_and(|(_, node)| *node == fate.node),
        None => true,
    };
    if !worst.is_empty() {
        fates.retain(is_chosen);
    }
    fates
}

/// True when one of some components calls somebody whose address is not known, or a service of whom nobody knows who operates it.
fn calls_unknown(graph: &Graph<'_>, users: &[NodeId], open: &BTreeSet<EdgeId>) -> bool {
    let mut calls = users.iter().flat_map(|user| graph.outgoing_of(*user, &[RelationKind::Calls]));
    calls.any(|(edge, to)| {
        let is_foreign = match graph.node(to).kind {
            ComponentKind::Service => true,
            ComponentKind::Host => is_public_host(graph.node(to).id.rest()),
            _ => false,
        };
        open.contains(&edge) || is_foreign && graph.attribute(to, key::OWNER) == Some("unknown")
    })
}

/// Relations of one package to the hosts that it is fetched from, or of one service to the regions that it is asked in, each
/// with the files that state it.
type Hosts<'g> = Vec<(EdgeId, BTreeSet<&'g RelPath>)>;

/// Packages that are fetched from one host by one project and from another host by another, and services that are called in
/// one region by one and in another by another.
struct Shared<'g> {
    /// Files that state one of them, by number.
    files: BTreeMap<&'g RelPath, usize>,
    /// Relations to the hosts or regions of one, each with the numbers of the files that state it.
    all: Vec<Vec<(EdgeId, Vec<usize>)>>,
}

impl<'g> Shared<'g> {
    fn of(graph: &'g Graph<'_>) -> Self {
        let several = |node: &NodeId| graph.outgoing_of(*node, &[RelationKind::HostedIn]).nth(1).is_some();
        let services =
            graph.nodes_of(&[ComponentKind::Service]).filter(several).filter_map(|node| regions(graph, node));
        let mut all = fetched(graph);
        all.extend(services);
        all.retain(|hosts| hosts.iter().any(|(_, files)| *files != hosts[0].1));
        let mut files = BTreeMap::new();
        let mut number = |path: &'g RelPath| {
            let next = files.len();
            *files.entry(path).or_insert(next)
        };
        let mut numbered =
            |(edge, files): (EdgeId, BTreeSet<&'g RelPath>)| (edge, files.into_iter().map(&mut number).collect());
        let all = all.into_iter().map(|hosts| hosts.into_iter().map(&mut numbered).collect()).collect();
        Self { files, all }
    }

    /// Hosts that only others fetch from, and regions that only others call: stated by none of the files that state what
    /// this one needs, where these state another host. `below` is what it depends on, itself included; `stated` keeps which
    /// of the files state what a project needs.
    fn foreign(
        &self,
        graph: &Graph<'_>,
        workload: NodeId,
        below: &[NodeId],
        stated: &mut BTreeMap<NodeId, Vec<usize>>,
    ) -> BTreeSet<EdgeId> {
        let mut foreign = BTreeSet::new();
        if self.all.is_empty() {
            return foreign;
        }
        let mut own = vec![false; self.files.len()];
        let is_project = |node: &&NodeId| **node == workload || graph.node(**node).kind == ComponentKind::Project;
        for project in below.iter().filter(is_project) {
            let found = stated.entry(*project).or_insert_with(|| self.stated_by(graph, *project));
            found.iter().for_each(|file| own[*file] = true);
        }
        for hosts in &self.all {
            let is_ours = |files: &[usize]| files.iter().any(|file| own[*file]);
            if hosts.iter().any(|(_, files)| is_ours(files)) {
                foreign.extend(hosts.iter().filter(|(_, files)| !is_ours(files)).map(|(edge, _)| *edge));
            }
        }
        foreign
    }

    /// Which of the files state what one needs.
    fn stated_by(&self, graph: &Graph<'_>, user: NodeId) -> Vec<usize> {
        let paths = graph.outgoing(user).flat_map(|(edge, _)| files(graph, edge));
        let found: BTreeSet<usize> = paths.filter_map(|path| self.files.get(path).copied()).collect();
        found.into_iter().collect()
    }
}

/// The regions of a service, with the files that name each; nothing when one of them is named by none.
fn regions<'g>(graph: &'g Graph<'_>, service: NodeId) -> Option<Hosts<'g>> {
    let named = graph.all_attributes(service).iter().filter(|row| row.key == key::REGION);
    let one = |(edge, to): (EdgeId, NodeId)| {
        let code = graph.node(to).id.rest().rsplit('/').next()?;
        let row = named.clone().find(|row| *row.value == *code)?;
        let files: BTreeSet<&RelPath> = row.evidence.iter().filter_map(Evidence::path).collect();
        (!files.is_empty()).then_some((edge, files))
    };
    graph.outgoing_of(service, &[RelationKind::HostedIn]).map(one).collect()
}

/// Packages that come from several hosts.
fn fetched<'g>(graph: &'g Graph<'_>) -> Vec<Hosts<'g>> {
    let hosts = |node: NodeId| -> Hosts<'g> {
        let edges = graph.outgoing_of(node, &[RelationKind::DistributedBy]);
        let single = edges.filter(|(edge, _)| graph.edge(*edge).group.is_none());
        single.map(|(edge, _)| (edge, files(graph, edge).collect())).collect()
    };
    // nearly every package comes from one host
    let several = |node: &NodeId| graph.outgoing_of(*node, &[RelationKind::DistributedBy]).nth(1).is_some();
    let packages = graph.nodes_of(&[ComponentKind::Package]).filter(several);
    packages.map(hosts).filter(|hosts| hosts.len() > 1).collect()
}

fn files<'g>(graph: &'g Graph<'_>, edge: EdgeId) -> impl Iterator<Item = &'g RelPath> {
    graph.edge(edge).evidence.iter().filter_map(Evidence::path)
}

/// Images that were looked into. Of one that another is built on nothing is said by the other when that was looked into too.
fn images(graph: &Graph<'_>) -> Vec<NodeId> {
    let is_image = |node: &NodeId| {
        let is_carried = |edge: EdgeId| graph.edge(edge).kind == RelationKind::BasedOn && !graph.edge(edge).is_supply;
        graph.is_read_image(*node) && graph.incoming(*node).all(|(edge, _)| !is_carried(edge))
    };
    graph.nodes().filter(is_image).collect()
}

/// What must keep running: declared workloads, services that run something of ours, and projects that call a service and
/// that none of these is known to contain; in a tree that declares none of these, the projects that must still build; of
/// an image that is scanned by itself, the image.
#[must_use]
pub fn workloads(graph: &Graph<'_>) -> Vec<NodeId> {
    let runs = |node: &NodeId| match graph.node(*node).kind {
        ComponentKind::Workload => true,
        ComponentKind::Service => {
            graph.node(*node).id.as_str().starts_with("resource:")
                && !graph.is_part(*node)
                && !graph.is_absent(*node)
                // nodes of a flavor are what units run on
                && graph.attribute(*node, key::KNOWN_AS) != Some("allotted")
                && graph.attribute(*node, key::CAPABILITY).is_some_and(|word| RUNNING.contains(&word))
        }
        _ => false,
    };
    let is_project = |node: &NodeId| graph.node(*node).kind == ComponentKind::Project;
    let mut found: Vec<NodeId> = graph.nodes().filter(runs).collect();
    if found.is_empty() {
        let projects: Vec<NodeId> = graph.nodes().filter(is_project).collect();
        return if projects.is_empty() { images(graph) } else { projects };
    }
    let calls = |node: &NodeId| graph.outgoing_of(*node, &[RelationKind::Calls]).next().is_some();
    let calling: Vec<NodeId> = graph.nodes().filter(is_project).filter(calls).collect();
    if !calling.is_empty() {
        let is_need = |kind| kind == RelationKind::DependsOn || kind == RelationKind::Contains;
        let held: BTreeSet<NodeId> = found.iter().flat_map(|node| graph.reached(*node, is_need)).collect();
        found.extend(calling.into_iter().filter(|node| !held.contains(node)));
        found.sort_unstable();
    }
    found
}
