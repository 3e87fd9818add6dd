//! The relations of every node as one slice, in the order in which algorithms visit them.

use super::{EdgeId, NodeId};
use crate::model::RelationKind;

/// One relation as seen from one of its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Way {
    /// The other end.
    pub(super) node: NodeId,
    pub(super) kind: RelationKind,
    pub(super) edge: EdgeId,
}

/// Relations by node, in one direction.
#[derive(Debug, Default)]
pub(super) struct Ways {
    /// Where those of each node begin; one more entry than there are nodes.
    starts: Vec<u32>,
    all: Vec<Way>,
}

impl Ways {
    /// Relations as near end and way; those of one node are ordered by far end, kind, relation.
    pub(super) fn new(nodes: usize, relations: impl Iterator<Item = (NodeId, Way)> + Clone) -> Self {
        let mut starts = vec![0_u32; nodes + 1];
        let mut count = 0;
        for (near, _) in relations.clone() {
            starts[near.0.index() + 1] += 1;
            count += 1;
        }
        for at in 0..nodes {
            starts[at + 1] += starts[at];
        }
        let Some((_, first)) = relations.clone().next() else { return Self { starts, all: Vec::new() } };
        let mut all = vec![first; count];
        let mut next = starts.clone();
        for (near, way) in relations {
            let slot = &mut next[near.0.index()];
            all[*slot as usize] = way;
            *slot += 1;
        }
        for at in 0..nodes {
            all[starts[at] as usize..starts[at + 1] as usize].sort_unstable();
        }
        Self { starts, all }
    }

    /// Those of one node.
    pub(super) fn of(&self, node: NodeId) -> &[Way] {
        let at = node.0.index();
        &self.all[self.starts[at] as usize..self.starts[at + 1] as usize]
    }
}
