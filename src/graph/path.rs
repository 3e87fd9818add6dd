//! Shortest paths over chosen relation kinds, ties broken by component id.

use std::collections::VecDeque;

use super::ways::Way;
use super::{EdgeId, Graph, NodeId};
use crate::model::RelationKind;
use crate::text::Lookup;

/// A walk through the graph: a start, then relation and far end for every step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Where it starts.
    pub start: NodeId,
    /// Steps in order.
    pub steps: Vec<(EdgeId, NodeId)>,
}

impl Path {
    /// A path of no steps.
    #[must_use]
    pub fn at(start: NodeId) -> Self {
        Self { start, steps: Vec::new() }
    }

    /// Where it ends.
    #[must_use]
    pub fn end(&self) -> NodeId {
        self.steps.last().map_or(self.start, |(_, node)| *node)
    }

    /// This path followed by `next`, which starts where this one ends.
    #[must_use]
    pub fn then(mut self, next: &Self) -> Self {
        debug_assert_eq!(self.end(), next.start);
        self.steps.extend_from_slice(&next.steps);
        self
    }

    /// Every node on it, start first.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::once(self.start).chain(self.steps.iter().map(|(_, node)| *node))
    }
}

/// Room for walks through one graph, used again for each of many.
pub struct Walked {
    /// The walk in which a node was last reached.
    seen: Vec<u32>,
    walk: u32,
    order: Vec<NodeId>,
}

impl Graph<'_> {
    /// Room for [`Self::reached_in`].
    #[must_use]
    pub fn walked(&self) -> Walked {
        Walked { seen: vec![0; self.inner.node_count()], walk: 0, order: Vec::new() }
    }

    /// As [`Self::reached`], with the start before all others, in room that costs nothing to use again.
    pub fn reached_in<'w>(
        &self,
        room: &'w mut Walked,
        start: NodeId,
        allowed: impl Fn(RelationKind) -> bool,
    ) -> &'w [NodeId] {
        if room.walk == u32::MAX {
            room.seen.fill(0);
            room.walk = 0;
        }
        room.walk += 1;
        room.order.clear();
        room.order.push(start);
        room.seen[start.0.index()] = room.walk;
        let mut at = 0;
        while let Some(node) = room.order.get(at).copied() {
            at += 1;
            for way in self.leaving.of(node).iter().filter(|way| allowed(way.kind)) {
                let seen = &mut room.seen[way.node.0.index()];
                if *seen != room.walk {
                    *seen = room.walk;
                    room.order.push(way.node);
                }
            }
        }
        &room.order
    }

    /// The shortest path from `start` to the nearest node that `goal` accepts, over relations that
    /// `allowed` accepts. The start itself is not tried. Breadth first, so linear in what is visited.
    #[must_use]
    pub fn shortest_path(
        &self,
        start: NodeId,
        allowed: impl Fn(RelationKind) -> bool,
        goal: impl Fn(NodeId) -> bool,
    ) -> Option<Path> {
        let mut came: Lookup<NodeId, (EdgeId, NodeId)> = Lookup::default();
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for (edge, next) in self.outgoing(node) {
                if next == start || came.contains(&next) || !allowed(self.edge(edge).kind) {
                    continue;
                }
                came.insert(next, (edge, node));
                if goal(next) {
                    return Some(rebuild(start, next, |node| came.get(&node).copied()));
                }
                queue.push_back(next);
            }
        }
        None
    }

    /// Every node reachable over allowed relations with its shortest path's last step, nearest first.
    #[must_use]
    pub fn reachable(&self, start: NodeId, allowed: impl Fn(RelationKind) -> bool) -> Vec<Path> {
        let (order, came) = self.walk(start, allowed);
        order.into_iter().map(|end| rebuild(start, end, |node| came.get(&node).copied())).collect()
    }

    /// The ends of [`Self::reachable`], without the ways.
    #[must_use]
    pub fn reached(&self, start: NodeId, allowed: impl Fn(RelationKind) -> bool) -> Vec<NodeId> {
        self.walk(start, allowed).0
    }

    /// Nodes in the order in which they are reached, and the last step to each.
    fn walk(
        &self,
        start: NodeId,
        allowed: impl Fn(RelationKind) -> bool,
    ) -> (Vec<NodeId>, Lookup<NodeId, (EdgeId, NodeId)>) {
        let mut came: Lookup<NodeId, (EdgeId, NodeId)> = Lookup::default();
        let mut order = Vec::new();
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for Way { node: next, kind, edge } in self.leaving.of(node).iter().copied() {
                if !allowed(kind) || next == start || came.contains(&next) {
                    continue;
                }
                came.insert(next, (edge, node));
                order.push(next);
                queue.push_back(next);
            }
        }
        (order, came)
    }
}

pub(super) fn rebuild(start: NodeId, end: NodeId, came: impl Fn(NodeId) -> Option<(EdgeId, NodeId)>) -> Path {
    let mut steps = Vec::new();
    let mut at = end;
    while at != start {
        let Some((edge, before)) = came(at) else { break };
        steps.push((edge, at));
        at = before;
    }
    steps.reverse();
    Path { start: at, steps }
}
