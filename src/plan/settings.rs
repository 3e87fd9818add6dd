//! The lines that lead packages to a host: what somebody has to change so that they come from elsewhere.
//!
//! A setting of a registry (`.npmrc`, `pip.conf`, `nuget.config`) counts for packages of its folder and below; where a
//! manifest or command states itself where something comes from, that is the line. What a lock file alone says is none:
//! the tool writes it anew.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{EdgeId, Graph, NodeId};
use crate::model::{Basis, ComponentKind, Evidence, EvidenceSet, Inventory, Place, RelationKind, key};
use crate::scan::registries;
use crate::text::RelPath;

/// Places of one change that are told.
const MOST_PLACES: usize = 16;

/// Places of one relation that are followed to settings.
const MOST_FOLLOWED: usize = 64;

/// The settings of registries, and the lines that name a host.
pub(super) struct Settings<'a> {
    known: registries::Settings<'a>,
    /// Lines that name a host, no package with it, by file: asked once a host, of which thousands of packages may come.
    naming: BTreeMap<NodeId, BTreeMap<RelPath, Vec<Place>>>,
}

impl<'a> Settings<'a> {
    /// The settings of an inventory.
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        // what is too much was told by the scan
        Self { known: registries::Settings::of(inventory, &mut BTreeSet::new()), naming: BTreeMap::new() }
    }

    /// The lines that lead a component to the hosts that a finding names; of a host those that name it.
    pub(super) fn leading(&mut self, graph: &Graph<'_>, subject: NodeId, hosts: &[NodeId]) -> Vec<Place> {
        let mut found: BTreeSet<Place> = BTreeSet::new();
        match graph.node(subject).kind {
            ComponentKind::Package => {
                for (edge, host) in graph.outgoing_of(subject, &[RelationKind::DistributedBy]) {
                    if hosts.contains(&host) {
                        self.of_package(graph, subject, edge, host, &mut found);
                    }
                }
            }
            ComponentKind::Host => found.extend(naming(graph, subject).into_values().flatten()),
            _ => {}
        }
        // the same words may be told with and without what stands there
        let mut places: Vec<Place> = found.into_iter().collect();
        places.dedup_by(|next, one| (&next.path, next.region, &next.layer) == (&one.path, one.region, &one.layer));
        places.truncate(MOST_PLACES);
        places
    }

    fn of_package(
        &mut self,
        graph: &Graph<'_>,
        subject: NodeId,
        edge: EdgeId,
        host: NodeId,
        found: &mut BTreeSet<Place>,
    ) {
        let evidence = graph.edge(edge).evidence;
        let naming = self.naming.entry(host).or_insert_with(|| naming(graph, host));
        for place in written(evidence) {
            // `ENV PIP_INDEX_URL=…` above `RUN pip install …`
            match naming.get(&place.path) {
                // a line that names the host itself leads there, whatever else names it
                Some(lines) if lines.iter().all(|line| line.region != place.region) => {
                    found.extend(lines.iter().cloned());
                }
                _ => {
                    found.insert(place);
                }
            }
        }
        let ecosystem = graph.attribute(subject, key::ECOSYSTEM).unwrap_or("");
        let name = graph.attribute(subject, key::NAME).unwrap_or("");
        let host = graph.node(host).id.rest();
        // the lists of projects that other files ask for
        let apart = graph.attributes(subject, key::REPOSITORIES).map(|value| registries::Asked::read(value).file);
        let apart: Vec<RelPath> = apart.flatten().take(MOST_FOLLOWED).collect();
        for list in registries::lists(&ecosystem) {
            for file in evidence.iter().filter_map(Evidence::path).take(MOST_FOLLOWED).chain(&apart) {
                let leading = self.known.speaking(list, name, file).into_iter();
                let leading = leading.filter(|setting| setting.host == host);
                leading.for_each(|setting| found.extend(written(setting.evidence)));
            }
        }
    }
}

/// Lines that name a host as one to fetch from, without a package, by file.
fn naming(graph: &Graph<'_>, host: NodeId) -> BTreeMap<RelPath, Vec<Place>> {
    let mut found: BTreeMap<RelPath, Vec<Place>> = BTreeMap::new();
    let is_other = |node: NodeId| graph.node(node).kind != ComponentKind::Package;
    for (edge, _) in graph.incoming(host).filter(|(_, from)| is_other(*from)) {
        for place in written(graph.edge(edge).evidence) {
            let lines = found.entry(place.path.clone()).or_default();
            if lines.len() < MOST_PLACES {
                lines.push(place);
            }
        }
    }
    found
}

/// The lines that people wrote.
fn written(evidence: &EvidenceSet) -> impl Iterator<Item = Place> {
    let written = evidence.iter().filter(|one| one.basis() == Some(Basis::Declared));
    written.filter_map(Evidence::place).filter(|place| place.region.is_some()).take(MOST_PLACES)
}
