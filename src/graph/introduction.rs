//! Why a component is here: every way from something of ours to it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{EdgeId, Graph, NodeId, Path};
use crate::model::{ComponentKind, Evidence, RelationKind};
use crate::text::RelPath;

/// Partial ways looked at before the search gives up: their number can grow exponentially.
const MOST_TRIED: usize = 50_000;

/// The ways found.
pub struct Introductions {
    /// Shortest first; of equal length in id order.
    pub paths: Vec<Path>,
    /// True when there are more than were asked for, or than can be told apart in reasonable time.
    pub is_partial: bool,
}

impl Graph<'_> {
    /// Simple paths over needs (`depends-on`, `calls`, `runs-on`, `based-on`) from roots to `node`, at most `most`. A root is
    /// what nothing else needs, so that a project which another one uses is a part of that one's ways. Projects that use
    /// each other in a circle, where nothing outside of it needs any of them, are roots all of them, and parts of each
    /// other's ways. A component that nothing needs is reached from what contains it; what lies in
    /// an image always is, for it is there whoever needs it. Only a base itself is reached from an image that was looked
    /// into, and not what the base holds.
    #[must_use]
    pub fn introductions(&self, node: NodeId, most: usize) -> Introductions {
        let leads = |edge: EdgeId, from: NodeId| match self.edge(edge).kind {
            RelationKind::DependsOn | RelationKind::Calls | RelationKind::RunsOn | RelationKind::BasedOn => true,
            RelationKind::Contains => self.node(from).kind == ComponentKind::Image,
            _ => false,
        };
        let is_need = |edge: EdgeId, from: NodeId, after: &Path| match self.edge(edge).kind {
            RelationKind::BasedOn if self.edge(edge).is_supply => {
                after.steps.iter().all(|(later, _)| self.edge(*later).is_supply)
            }
            _ => leads(edge, from),
        };
        let roots = self.circle_roots(node, leads);
        let found = self.backwards(node, most, &roots, is_need);
        if found.paths.iter().any(|path| !path.steps.is_empty()) {
            return self.of_one_system(found);
        }
        let contains = |edge: EdgeId, _: NodeId, _: &Path| self.edge(edge).kind == RelationKind::Contains;
        self.backwards(node, most, &BTreeSet::new(), contains)
    }

    /// Without the ways that no single project has: one lock file may say that `a` needs `b`, and another, which holds
    /// `a` as well, that it does not. A project's own are the files that its relations are read from, and those of the
    /// folders above it; on a way through several projects those of each count from there on. When nothing would be left,
    /// all are kept.
    fn of_one_system(&self, mut found: Introductions) -> Introductions {
        let mut files: BTreeMap<NodeId, BTreeSet<&RelPath>> = BTreeMap::new();
        for node in found.paths.iter().flat_map(Path::nodes).filter(|node| self.folder(*node).is_some()) {
            files.entry(node).or_insert_with(|| {
                let own = self.outgoing(node).flat_map(|(edge, _)| self.edge(edge).evidence.iter());
                own.filter_map(Evidence::path).collect()
            });
        }
        let is_own = |file: &RelPath, (project, root): &(NodeId, RelPath)| {
            let folder = file.parent();
            let below = root.as_str().strip_prefix(folder.as_str());
            files.get(project).is_some_and(|own| own.contains(file))
                || folder.is_root()
                || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let is_of_one = |path: &Path| {
            let Some(root) = self.folder(path.start) else { return true };
            let mut projects = vec![(path.start, root)];
            path.steps.iter().all(|(edge, to)| {
                let mut stated = self.edge(*edge).evidence.iter().filter_map(Evidence::path).peekable();
                let is_stated =
                    stated.peek().is_none() || stated.any(|file| projects.iter().any(|project| is_own(file, project)));
                projects.extend(self.folder(*to).map(|root| (*to, root)));
                is_stated
            })
        };
        if found.paths.iter().any(is_of_one) {
            found.paths.retain(is_of_one);
        }
        found
    }

    /// The folder of a project.
    fn folder(&self, node: NodeId) -> Option<RelPath> {
        self.node(node).id.as_str().strip_prefix("project:").and_then(RelPath::new)
    }

    fn backwards(
        &self,
        node: NodeId,
        most: usize,
        roots: &BTreeSet<NodeId>,
        allowed: impl Fn(EdgeId, NodeId, &Path) -> bool,
    ) -> Introductions {
        let mut found = Introductions { paths: Vec::new(), is_partial: false };
        // steps are kept in reverse while a way grows towards its root
        let mut queue = VecDeque::from([Path::at(node)]);
        let mut tried = 0;
        while let Some(path) = queue.pop_front() {
            tried += 1;
            if found.paths.len() == most || tried > MOST_TRIED {
                found.is_partial = true;
                break;
            }
            let mut before: Vec<_> =
                self.incoming(path.end()).filter(|(edge, from)| allowed(*edge, *from, &path)).collect();
            // two relations between the same two are one way
            before.dedup_by_key(|(_, from)| *from);
            if before.is_empty() || roots.contains(&path.end()) {
                found.paths.push(self.turned(&path));
            }
            for (edge, from) in before {
                if !path.nodes().any(|seen| seen == from) {
                    let mut longer = path.clone();
                    longer.steps.push((edge, from));
                    queue.push_back(longer);
                }
            }
        }
        found
    }

    /// The way from its root to where the search began.
    fn turned(&self, path: &Path) -> Path {
        let steps = path.steps.iter().rev().map(|(edge, _)| (*edge, self.ends(*edge).1)).collect();
        Path { start: path.end(), steps }
    }
}
