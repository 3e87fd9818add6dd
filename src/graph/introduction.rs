//! Why a component is here: every way from something of ours to it.

use std::collections::VecDeque;

use super::{Graph, NodeId, Path};
use crate::model::RelationKind;

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
    /// Simple paths over needs (`depends-on`, `calls`, `runs-on`, `based-on`) from components that nothing else
    /// needs to `node`, at most `most`. A component that nothing needs is reached from what contains it.
    #[must_use]
    pub fn introductions(&self, node: NodeId, most: usize) -> Introductions {
        let is_need = |kind: RelationKind| {
            matches!(kind, RelationKind::DependsOn | RelationKind::Calls | RelationKind::RunsOn | RelationKind::BasedOn)
        };
        let found = self.backwards(node, most, is_need);
        if found.paths.iter().any(|path| !path.steps.is_empty()) {
            return found;
        }
        self.backwards(node, most, |kind| kind == RelationKind::Contains)
    }

    fn backwards(&self, node: NodeId, most: usize, allowed: impl Fn(RelationKind) -> bool) -> Introductions {
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
            let before: Vec<_> =
                self.incoming(path.end()).into_iter().filter(|(edge, _)| allowed(self.edge(*edge).kind)).collect();
            if before.is_empty() {
                found.paths.push(self.turned(&path));
                continue;
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
