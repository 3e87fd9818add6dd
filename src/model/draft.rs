//! Facts as scanners write them, before they are an inventory.

use rayon::prelude::*;

use super::{ComponentId, Evidence, EvidenceSet, Fact, Inventory, Known};
use crate::text::Lookup;

/// Facts in the order in which they come, before they are an inventory: adding is an append, what stands twice is
/// found once at the end.
#[derive(Debug, Default)]
pub struct Draft {
    places: Lookup<ComponentId, usize>,
    known: Vec<(ComponentId, Known)>,
    /// The place used last: facts of one component come together.
    last: usize,
}

impl Draft {
    /// Adds one fact with one evidence.
    pub fn add(&mut self, fact: Fact, evidence: Evidence) {
        let known = self.of(fact.owner());
        known.push(fact, EvidenceSet::of(evidence));
    }

    fn of(&mut self, id: &ComponentId) -> &mut Known {
        let is_last = self.known.get(self.last).is_some_and(|(last, _)| last == id);
        if !is_last {
            self.last = match self.places.get(id) {
                Some(place) => *place,
                None => {
                    self.places.insert(id.clone(), self.known.len());
                    self.known.push((id.clone(), Known::default()));
                    self.known.len() - 1
                }
            };
        }
        &mut self.known[self.last].1
    }

    /// Adds all of another draft.
    #[must_use]
    pub fn merge(mut self, mut other: Self) -> Self {
        if self.known.len() < other.known.len() {
            std::mem::swap(&mut self, &mut other);
        }
        for (id, known) in other.known {
            self.of(&id).append(known);
        }
        self
    }

    /// True when nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The inventory of these facts.
    #[must_use]
    pub fn finish(mut self) -> Inventory {
        self.known.par_iter_mut().for_each(|(_, known)| known.settle());
        self.known.par_sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Inventory { known: self.known.into_iter().collect(), ..Inventory::default() }
    }
}
