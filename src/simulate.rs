//! What stops when jurisdictions are lost: the graph's survival, told for what runs.

use std::collections::BTreeSet;

use crate::graph::{Graph, NodeId, Path, Survival};
use crate::model::{ComponentId, ComponentKind, CountryCode, Horizon, key};

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
    /// False when nothing says on which cluster or machine it runs: then it is not known to survive.
    pub host_known: bool,
}

impl Simulation {
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

/// Evaluates the loss.
#[must_use]
pub fn simulate(graph: &Graph<'_>, without: &[CountryCode]) -> Simulation {
    let lost: BTreeSet<NodeId> =
        without.iter().filter_map(|code| graph.find(&ComponentId::jurisdiction(code.as_str()))).collect();
    let survival = Survival::without(graph, &lost);
    let workloads = workloads(graph)
        .into_iter()
        .map(|node| Fate {
            node,
            stops: survival.stops(node),
            witness: survival.witness(graph, node),
            host_known: graph.attribute(node, key::RUNS_ON) != Some("unknown"),
        })
        .collect();
    Simulation { without: without.to_vec(), workloads }
}

/// What must keep running: declared workloads and services that run something of ours; in a tree
/// that declares none of these, the projects that must still build.
#[must_use]
pub fn workloads(graph: &Graph<'_>) -> Vec<NodeId> {
    let runs = |node: &NodeId| match graph.node(*node).kind {
        ComponentKind::Workload => true,
        ComponentKind::Service => {
            graph.node(*node).id.as_str().starts_with("resource:")
                && !graph.is_part(*node)
                && !graph.is_switched_off(*node)
                && graph.attribute(*node, key::CAPABILITY).is_some_and(|word| RUNNING.contains(&word))
        }
        _ => false,
    };
    let found: Vec<NodeId> = graph.nodes().filter(runs).collect();
    if !found.is_empty() {
        return found;
    }
    graph.nodes().filter(|node| graph.node(*node).kind == ComponentKind::Project).collect()
}
