//! "Why is this here": from our own workloads and projects to every component.

use std::collections::VecDeque;

use super::path::rebuild;
use super::{EdgeId, Graph, NodeId, Path, is_use};
use crate::model::{ComponentKind, RelationKind};

/// Shortest path from one of our roots to every component they need. Built once per graph.
pub struct Roots {
    /// By place of the node: the last step to it.
    came: Vec<Option<(EdgeId, NodeId)>>,
    /// By place of the node: the root that it is reached from.
    origin: Vec<Option<NodeId>>,
}

impl Roots {
    /// One breadth-first pass from all workloads and projects at once. Real dependency edges are
    /// followed first; `contains` (a lock file lists it) only where nothing else leads.
    #[must_use]
    pub fn new(graph: &Graph<'_>) -> Self {
        let count = graph.size().0;
        let mut roots = Self { came: vec![None; count], origin: vec![None; count] };
        let starts: Vec<NodeId> = graph.nodes().filter(|node| is_root(graph.node(*node).kind)).collect();
        roots.begin(&starts);
        let needed = |edge: EdgeId| is_need(graph.edge(edge).kind) && !graph.edge(edge).is_supply;
        roots.spread(graph, starts.clone(), |edge| needed(edge) && graph.edge(edge).kind != RelationKind::Contains);
        let reached: Vec<NodeId> = graph.nodes().filter(|node| roots.origin_of(*node).is_some()).collect();
        roots.spread(graph, reached, needed);
        // delivery, clusters, declared resources and images that no workload names are roots of their own
        let rest: Vec<NodeId> = graph
            .nodes()
            .filter(|node| roots.origin_of(*node).is_none())
            .filter(|node| {
                let is_scanned = graph.is_read_image(*node);
                let leads = |edge| if is_scanned { needed(edge) } else { is_need(graph.edge(edge).kind) };
                graph.incoming(*node).all(|(edge, _)| !leads(edge))
            })
            .collect();
        roots.begin(&rest);
        roots.spread(graph, rest, needed);
        // what an image that was looked into is built on, and where that comes from
        let reached: Vec<NodeId> = graph.nodes().filter(|node| roots.origin_of(*node).is_some()).collect();
        roots.spread(graph, reached, |edge| is_need(graph.edge(edge).kind) && !is_use(graph.edge(edge).kind));
        roots
    }

    fn begin(&mut self, starts: &[NodeId]) {
        starts.iter().for_each(|start| self.origin[start.0.index()] = Some(*start));
    }

    fn origin_of(&self, node: NodeId) -> Option<NodeId> {
        self.origin.get(node.0.index()).copied().flatten()
    }

    fn spread(&mut self, graph: &Graph<'_>, starts: Vec<NodeId>, allowed: impl Fn(EdgeId) -> bool) {
        let mut queue = VecDeque::from(starts);
        while let Some(node) = queue.pop_front() {
            for (edge, next) in graph.outgoing(node) {
                if self.origin_of(next).is_some() || !allowed(edge) {
                    continue;
                }
                self.came[next.0.index()] = Some((edge, node));
                self.origin[next.0.index()] = self.origin_of(node);
                queue.push_back(next);
            }
        }
    }

    /// Where the path of [`Self::path_to`] begins.
    #[must_use]
    pub fn origin(&self, node: NodeId) -> NodeId {
        self.origin_of(node).unwrap_or(node)
    }

    /// True when the path of [`Self::path_to`] has one step at most.
    #[must_use]
    pub fn is_near(&self, node: NodeId) -> bool {
        let before = self.came.get(node.0.index()).copied().flatten();
        before.is_none_or(|(_, before)| before == self.origin(node))
    }

    /// The shortest path from a root to `node`; a root's path has no steps. A node that nothing
    /// of ours needs is its own root.
    #[must_use]
    pub fn path_to(&self, node: NodeId) -> Path {
        match self.origin_of(node) {
            Some(origin) => rebuild(origin, node, |node| self.came.get(node.0.index()).copied().flatten()),
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
