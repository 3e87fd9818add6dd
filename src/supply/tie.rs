//! Software of a system that runs on some platforms only, found by the names of packages and images.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::catalog::Catalog;
use crate::catalog::rows::StackTie;
use crate::graph::{Graph, NodeId};
use crate::model::{ComponentKind, RelationKind};

/// How many components above a package are looked at for whom it serves.
const LOOKED_AT: usize = 20_000;

/// Rows by what they name.
pub struct Ties<'c> {
    packages: BTreeMap<&'c str, Vec<&'c StackTie>>,
    beginnings: Vec<(&'c str, &'c StackTie)>,
    images: Vec<(&'c str, &'c StackTie)>,
}

/// A component that a row names.
#[derive(Clone, Copy)]
pub struct Tied<'c> {
    /// The component.
    pub node: NodeId,
    /// The row.
    pub row: &'c StackTie,
}

impl<'c> Ties<'c> {
    /// Of a catalog.
    #[must_use]
    pub fn of(catalog: &'c Catalog) -> Self {
        let mut ties = Self { packages: BTreeMap::new(), beginnings: Vec::new(), images: Vec::new() };
        for row in &catalog.tables().stack_tie {
            for name in &row.packages {
                match name.strip_suffix('*') {
                    Some(start) => ties.beginnings.push((start, row)),
                    None => ties.packages.entry(name).or_default().push(row),
                }
            }
            ties.images.extend(row.images.iter().map(|start| (&**start, row)));
        }
        ties
    }

    /// Every component of a system that a row names, in id order.
    #[must_use]
    pub fn find(&self, graph: &Graph<'_>) -> Vec<Tied<'c>> {
        let mut all = Vec::new();
        for node in graph.nodes().filter(|node| !graph.is_absent(*node)) {
            match graph.node(node).kind {
                ComponentKind::Package => self.package(graph.node(node).id.as_str(), node, &mut all),
                ComponentKind::Image => self.image(&graph.label(node), node, &mut all),
                _ => {}
            }
        }
        all
    }

    fn package(&self, id: &str, node: NodeId, all: &mut Vec<Tied<'c>>) {
        let name = id.strip_prefix("pkg:").unwrap_or(id);
        let name = name.split(['@', '?']).next().unwrap_or(name);
        let exact = self.packages.get(name).into_iter().flatten().copied();
        let others = self.beginnings.iter().filter(|(start, _)| name.starts_with(start)).map(|(_, row)| *row);
        all.extend(exact.chain(others).map(|row| Tied { node, row }));
    }

    fn image(&self, label: &str, node: NodeId, all: &mut Vec<Tied<'c>>) {
        let rows = self.images.iter().filter(|(start, _)| label.starts_with(start));
        all.extend(rows.map(|(_, row)| Tied { node, row }));
    }
}

/// Workloads and projects that need a component.
pub(super) fn needed_by(graph: &Graph<'_>, component: NodeId) -> BTreeSet<NodeId> {
    let needs = [RelationKind::DependsOn, RelationKind::Contains, RelationKind::BasedOn];
    // with whether it is used there: what a base holds is not thereby in the image built on it
    let mut seen = BTreeSet::from([(component, false)]);
    let mut queue = VecDeque::from([(component, false)]);
    let mut found = BTreeSet::new();
    while let Some((node, is_used)) = queue.pop_front() {
        for (edge, above) in graph.incoming(node) {
            let about = graph.edge(edge);
            let next = (above, is_used || !about.is_supply);
            let is_need = needs.contains(&about.kind) && !(about.is_supply && is_used);
            if !is_need || seen.len() > LOOKED_AT || !seen.insert(next) {
                continue;
            }
            if matches!(graph.node(above).kind, ComponentKind::Workload | ComponentKind::Project) {
                found.insert(above);
            }
            queue.push_back(next);
        }
    }
    found
}
