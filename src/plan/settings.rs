//! The lines that lead packages to a host: what somebody has to change so that they come from elsewhere.
//!
//! A setting of a registry (`.npmrc`, `pip.conf`, `nuget.config`) counts for packages of its folder and below; where a
//! manifest or command states itself where something comes from, that is the line. What a lock file alone says is none:
//! the tool writes it anew.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{EdgeId, Graph, NodeId};
use crate::model::{Basis, ComponentKind, Evidence, EvidenceSet, Inventory, Place, RelationKind, key};
use crate::scan::registries::speaks_of;
use crate::text::RelPath;

/// Places of one change that are told.
const MOST_PLACES: usize = 16;

/// Places of one relation that are followed to settings.
const MOST_FOLLOWED: usize = 64;

/// Settings of one folder that lead to one host.
const MOST_SETTINGS: usize = 64;

/// A setting that leads packages to a host.
struct Setting<'a> {
    names: &'a str,
    /// Speaks of the packages of its own file only.
    here: bool,
    evidence: &'a EvidenceSet,
}

/// The settings of registries by ecosystem and host, each by its folder.
pub(super) struct Settings<'a> {
    known: BTreeMap<(&'a str, &'a str), BTreeMap<RelPath, Vec<Setting<'a>>>>,
    /// Lines that name a host, no package with it, by file: asked once a host, of which thousands of packages may come.
    naming: BTreeMap<NodeId, BTreeMap<RelPath, Vec<Place>>>,
}

impl<'a> Settings<'a> {
    /// The settings of an inventory.
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let mut known: BTreeMap<_, BTreeMap<RelPath, Vec<Setting<'a>>>> = BTreeMap::new();
        for (of, row) in inventory.attributes_of(key::REGISTRY) {
            let words: Vec<&str> = row.value.split(' ').collect();
            if let ([ecosystem, names, standing, host], Some(folder)) =
                (&words[..], of.as_str().strip_prefix("project:").and_then(RelPath::new))
            {
                let here = known.entry((*ecosystem, *host)).or_default().entry(folder).or_default();
                if here.len() < MOST_SETTINGS {
                    here.push(Setting { names, here: standing.ends_with("-here"), evidence: &row.evidence });
                }
            }
        }
        Self { known, naming: BTreeMap::new() }
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
                Some(lines) => found.extend(lines.iter().cloned()),
                None => {
                    found.insert(place);
                }
            }
        }
        let ecosystem = graph.attribute(subject, key::ECOSYSTEM).unwrap_or("");
        let name = graph.attribute(subject, key::NAME).unwrap_or("");
        let Some(folders) = self.known.get(&(ecosystem, graph.node(host).id.rest())) else { return };
        for file in evidence.iter().filter_map(Evidence::path).take(MOST_FOLLOWED) {
            for setting in nearest(folders, file) {
                let is_of_file = || setting.evidence.iter().any(|one| one.path() == Some(file));
                if speaks_of(setting.names, name) && (!setting.here || is_of_file()) {
                    found.extend(written(setting.evidence));
                }
            }
        }
    }
}

/// The settings of the nearest folder from a file upwards that has any.
fn nearest<'s, 'a>(folders: &'s BTreeMap<RelPath, Vec<Setting<'a>>>, file: &RelPath) -> &'s [Setting<'a>] {
    let mut folder = file.parent();
    loop {
        if let Some(found) = folders.get(&folder) {
            return found;
        }
        if folder.is_root() {
            return &[];
        }
        folder = folder.parent();
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
