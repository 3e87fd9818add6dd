//! What stops, and when, if some nodes are lost.
//!
//! Every component gets the earliest horizon at which it stops. It needs *all* of its ungrouped
//! relations and *one of* every group of alternatives; a relation passes a loss on no sooner than
//! its own horizon. Replicas and failover targets make a component *available* to others while one
//! of them stands, even when the component itself has stopped. The base of an image that was looked into
//! passes on only what concerns where the base comes from: it is needed to build the image anew, and does not run.
//!
//! Values only ever move towards `immediate`, each at most four times, and a relation is looked at
//! once per move: linear in the size of the graph.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{EdgeId, Graph, NodeId, Path, is_use};
use crate::model::{Horizon, RelationKind};

/// The outcome of losing a set of nodes.
pub struct Survival {
    own: Fates,
    supply: Fates,
}

/// When each node is lost, and by which relation.
struct Fates {
    stops: Vec<Horizon>,
    cause: Vec<Option<EdgeId>>,
}

struct Working<'g, 'a> {
    graph: &'g Graph<'a>,
    own: Fates,
    /// The same without what a node holds or uses while it runs: when it can no longer be had.
    supply: Fates,
    available: Vec<Horizon>,
    /// Replicas and failover targets of a node, transitively.
    stand_ins: BTreeMap<NodeId, Vec<NodeId>>,
    /// Nodes that a node stands in for.
    stands_in_for: BTreeMap<NodeId, Vec<NodeId>>,
    /// Relations that are not felt.
    ignored: &'g BTreeSet<EdgeId>,
    queue: VecDeque<NodeId>,
}

impl Survival {
    /// Evaluates the loss of `lost`.
    #[must_use]
    pub fn without(graph: &Graph<'_>, lost: &BTreeSet<NodeId>) -> Self {
        Self::ignoring(graph, lost, &BTreeSet::new())
    }

    /// The same for somebody who does not feel some relations.
    #[must_use]
    pub fn ignoring(graph: &Graph<'_>, lost: &BTreeSet<NodeId>, ignored: &BTreeSet<EdgeId>) -> Self {
        let count = graph.inner.node_count();
        let (stand_ins, stands_in_for) = stand_ins(graph);
        let mut work = Working {
            graph,
            own: Fates::none(count),
            supply: Fates::none(count),
            available: vec![Horizon::None; count],
            stand_ins,
            stands_in_for,
            ignored,
            queue: VecDeque::new(),
        };
        for node in lost {
            work.lower(*node, Horizon::Immediate, None);
        }
        while let Some(node) = work.queue.pop_front() {
            work.pass_on(node);
        }
        Self { own: work.own, supply: work.supply }
    }

    /// When `node` stops; [`Horizon::None`] when it does not.
    #[must_use]
    pub fn stops(&self, node: NodeId) -> Horizon {
        self.own.stops[node.0.index()]
    }

    /// Why it stops: the relations from `node` to one of the lost nodes.
    #[must_use]
    pub fn witness(&self, graph: &Graph<'_>, node: NodeId) -> Path {
        let mut path = Path::at(node);
        let mut seen = BTreeSet::from([node]);
        let mut at = node;
        let mut fates = &self.own;
        while let Some(edge) = fates.cause[at.0.index()] {
            let (_, next) = graph.ends(edge);
            fates = if graph.edge(edge).is_supply { &self.supply } else { &self.own };
            if !seen.insert(next) {
                break;
            }
            path.steps.push((edge, next));
            at = next;
        }
        path
    }
}

impl Working<'_, '_> {
    /// A node stops at `horizon` if that is sooner than known so far.
    fn lower(&mut self, node: NodeId, horizon: Horizon, cause: Option<EdgeId>) {
        let is_used = cause.is_some_and(|edge| is_use(self.graph.edge(edge).kind));
        if !is_used && self.supply.lower(node, horizon, cause) {
            self.queue.push_back(node);
        }
        if !self.own.lower(node, horizon, cause) {
            return;
        }
        self.refresh(node);
        // hardly any system has replicas
        if self.stands_in_for.is_empty() {
            return;
        }
        for other in self.stands_in_for.get(&node).cloned().unwrap_or_default() {
            self.refresh(other);
        }
    }

    /// Recomputes what `node` is worth to others.
    fn refresh(&mut self, node: NodeId) {
        let stand_ins = if self.stand_ins.is_empty() { None } else { self.stand_ins.get(&node) };
        let last = stand_ins.into_iter().flatten().map(|other| self.own.stops[other.0.index()]).max();
        let own = self.own.stops[node.0.index()];
        let available = last.map_or(own, |last| last.max(own));
        if available < self.available[node.0.index()] {
            self.available[node.0.index()] = available;
            self.queue.push_back(node);
        }
    }

    /// Tells every component that needs `node`.
    fn pass_on(&mut self, node: NodeId) {
        let graph = self.graph;
        for (edge, from) in graph.incoming(node) {
            // what stops at once stops no sooner
            if self.own.stops[from.0.index()] == Horizon::Immediate
                && self.supply.stops[from.0.index()] == Horizon::Immediate
            {
                continue;
            }
            let about = graph.edge(edge);
            let horizon = match about.group {
                None => self.through(edge, node),
                Some(group) => {
                    let alternatives = graph.outgoing(from);
                    let values = alternatives
                        .filter(|(other, _)| graph.edge(*other).group == Some(group))
                        .map(|(other, to)| self.through(other, to));
                    values.max().unwrap_or(Horizon::None)
                }
            };
            self.lower(from, horizon, Some(edge));
        }
    }

    /// When the loss of `to` is felt through `edge`. Replication is not a need.
    fn through(&self, edge: EdgeId, to: NodeId) -> Horizon {
        let about = self.graph.edge(edge);
        if is_stand_in(about.kind) || self.ignored.contains(&edge) {
            return Horizon::None;
        }
        let far = if about.is_supply { self.supply.stops[to.0.index()] } else { self.available[to.0.index()] };
        about.horizon.max(far)
    }
}

impl Fates {
    fn none(count: usize) -> Self {
        Self { stops: vec![Horizon::None; count], cause: vec![None; count] }
    }

    /// True when that is sooner than known so far.
    fn lower(&mut self, node: NodeId, horizon: Horizon, cause: Option<EdgeId>) -> bool {
        let slot = node.0.index();
        let is_sooner = horizon < self.stops[slot];
        if is_sooner {
            self.stops[slot] = horizon;
            self.cause[slot] = cause;
        }
        is_sooner
    }
}

fn is_stand_in(kind: RelationKind) -> bool {
    matches!(kind, RelationKind::ReplicatesTo | RelationKind::FailsOverTo)
}

type StandIns = BTreeMap<NodeId, Vec<NodeId>>;

fn stand_ins(graph: &Graph<'_>) -> (StandIns, StandIns) {
    let mut forward = StandIns::new();
    let mut backward = StandIns::new();
    let has = |node: &NodeId| graph.leaving.of(*node).iter().any(|way| is_stand_in(way.kind));
    for node in graph.nodes().filter(has) {
        let targets: Vec<NodeId> = graph.reachable(node, is_stand_in).iter().map(Path::end).collect();
        for target in &targets {
            backward.entry(*target).or_default().push(node);
        }
        forward.insert(node, targets);
    }
    (forward, backward)
}
