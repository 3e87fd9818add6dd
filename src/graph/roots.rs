//! "Why is this here": from our own workloads and projects to every component.

use std::collections::{BTreeMap, VecDeque};

use super::path::rebuild;
use super::{EdgeId, Graph, NodeId, Path};
use crate::model::{ComponentKind, RelationKind};

/// Shortest path from one of our roots to every component they need. Built once per graph.
pub struct Roots {
    came: BTreeMap<NodeId, (EdgeId, NodeId)>,
    origin: BTreeMap<NodeId, NodeId>,
}

impl Roots {
    /// One breadth-first pass from all workloads and projects at once. Real dependency edges are
    /// followed first; `contains` (a lock file lists it) only where nothing else leads.
    #[must_use]
    pub fn new(graph: &Graph<'_>) -> Self {
        let mut roots = Self { came: BTreeMap::new(), origin: BTreeMap::new() };
        let starts: Vec<NodeId> = graph.nodes().filter(|node| is_root(graph.node(*node).kind)).collect();
        for start in &starts {
            roots.origin.insert(*start, *start);
        }
        roots.spread(graph, starts.clone(), |kind| is_need(kind) && kind != RelationKind::Contains);
        let reached: Vec<NodeId> = roots.origin.keys().copied().collect();
        roots.spread(graph, reached, is_need);
        // delivery, clusters and declared resources that no workload names are roots of their own
        let rest: Vec<NodeId> = graph
            .nodes()
            .filter(|node| !roots.origin.contains_key(node))
            .filter(|node| graph.incoming(*node).iter().all(|(edge, _)| !is_need(graph.edge(*edge).kind)))
            .collect();
        for start in &rest {
            roots.origin.insert(*start, *start);
        }
        roots.spread(graph, rest, is_need);
        roots
    }

    fn spread(&mut self, graph: &Graph<'_>, starts: Vec<NodeId>, allowed: impl Fn(RelationKind) -> bool) {
        let mut queue = VecDeque::from(starts);
        while let Some(node) = queue.pop_front() {
            for (edge, next) in graph.outgoing(node) {
                if self.origin.contains_key(&next) || !allowed(graph.edge(edge).kind) {
                    continue;
                }
                self.came.insert(next, (edge, node));
                self.origin.insert(next, self.origin[&node]);
                queue.push_back(next);
            }
        }
    }

    /// The shortest path from a root to `node`; a root's path has no steps. A node that nothing
    /// of ours needs is its own root.
    #[must_use]
    pub fn path_to(&self, node: NodeId) -> Path {
        match self.origin.get(&node) {
            Some(origin) => rebuild(*origin, node, &self.came),
            None => Path::at(node),
        }
    }
}

fn is_root(kind: ComponentKind) -> bool {
    matches!(kind, ComponentKind::Workload | ComponentKind::Project)
}

/// Relations by which something of ours needs something else.
fn is_need(kind: RelationKind) -> bool {
    matches!(
        kind,
        RelationKind::Contains
            | RelationKind::DependsOn
            | RelationKind::Calls
            | RelationKind::RunsOn
            | RelationKind::DeployedBy
            | RelationKind::BasedOn
            | RelationKind::DistributedBy
    )
}
