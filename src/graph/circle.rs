//! Projects that use each other in a circle: where a way begins when nothing comes before all of them.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;

use super::{EdgeId, Graph, NodeId};
use crate::model::ComponentKind;

impl Graph<'_> {
    /// Of what leads to `node` over allowed relations, the projects of circles that nothing outside of the circle leads to:
    /// each of them is a root. Linear in what leads to the node.
    pub(super) fn circle_roots(&self, node: NodeId, allowed: impl Fn(EdgeId, NodeId) -> bool) -> BTreeSet<NodeId> {
        let mut places = BTreeMap::from([(node, 0)]);
        let mut order = vec![node];
        let mut steps: Vec<(usize, usize)> = Vec::new();
        let mut at = 0;
        while let Some(to) = order.get(at).copied() {
            for (_, from) in self.incoming(to).filter(|(edge, from)| allowed(*edge, *from)) {
                let place = *places.entry(from).or_insert_with(|| {
                    order.push(from);
                    order.len() - 1
                });
                steps.push((place, at));
            }
            at += 1;
        }
        let mut graph: DiGraph<NodeId, (), usize> = DiGraph::with_capacity(order.len(), steps.len());
        let nodes: Vec<_> = order.iter().map(|node| graph.add_node(*node)).collect();
        for (from, to) in &steps {
            graph.add_edge(nodes[*from], nodes[*to], ());
        }
        let circles = kosaraju_scc(&graph);
        let mut circle_of = vec![0; order.len()];
        for (number, circle) in circles.iter().enumerate() {
            circle.iter().for_each(|node| circle_of[node.index()] = number);
        }
        let mut has_before = vec![false; circles.len()];
        for (from, to) in steps {
            has_before[circle_of[to]] |= circle_of[from] != circle_of[to];
        }
        let tops = circles.iter().enumerate().filter(|(number, circle)| circle.len() > 1 && !has_before[*number]);
        let roots = tops.flat_map(|(_, circle)| circle.iter().map(|node| graph[*node]));
        roots.filter(|node| self.node(*node).kind == ComponentKind::Project).collect()
    }
}
