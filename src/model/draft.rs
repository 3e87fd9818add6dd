//! Facts as scanners write them, before they are an inventory.

use super::gather::{End, Value, Written, gather};
use super::{ComponentId, ComponentKind, Evidence, Group, Horizon, Inventory, RelationKind};
use crate::text::Lookup;

/// How many components are known without a search.
const LAST: usize = 4;

/// Facts that are few enough to be written once more behind others.
const FEW: usize = 2_048;

/// Facts behind which no more of others are written: in the end each thread takes a list.
const MANY: usize = 16_384;

/// Facts in the order in which they come, before they are an inventory: adding is an append, what stands twice is found
/// once at the end.
#[derive(Debug, Default)]
pub struct Draft {
    open: Part,
    /// What other threads wrote, when it is much: a component may stand in several of them.
    closed: Vec<Part>,
}

/// What one thread wrote, with what finds its components.
#[derive(Debug, Default)]
struct Part {
    places: Lookup<ComponentId, u32>,
    written: Written,
    /// The components used last: facts of one come together, with some of who holds or gives it in between.
    last: [u32; LAST],
    next: usize,
}

impl Draft {
    /// There is such a thing.
    pub fn component(&mut self, id: &ComponentId, kind: ComponentKind, evidence: Evidence) {
        let owner = self.open.of(id);
        self.open.written.rows.kinds.push((owner, kind, evidence));
    }

    /// It has such a property.
    pub fn attribute(&mut self, of: &ComponentId, key: &'static str, value: std::sync::Arc<str>, evidence: Evidence) {
        let owner = self.open.of(of);
        self.open.written.rows.attributes.push((owner, Value { key, value }, evidence));
    }

    /// Two things are related.
    pub fn relation(
        &mut self,
        from: &ComponentId,
        kind: RelationKind,
        to: &ComponentId,
        group: Option<Group>,
        horizon: Option<Horizon>,
        evidence: Evidence,
    ) {
        let owner = self.open.of(from);
        // thousands come from one host: its name is kept once
        let to = match self.open.written.rows.relations.last() {
            Some((_, last, _)) if last.to == *to => last.to.clone(),
            _ => to.clone(),
        };
        self.open.written.rows.relations.push((owner, End { kind, to, group, horizon }, evidence));
    }

    /// Adds all of another draft.
    #[must_use]
    pub fn merge(mut self, mut other: Self) -> Self {
        if self.open.size() < other.open.size() {
            std::mem::swap(&mut self.open, &mut other.open);
        }
        self.closed.append(&mut other.closed);
        if other.open.size() >= FEW {
            self.closed.push(other.open);
            return self;
        }
        self.open.append(other.open);
        self.in_pieces()
    }

    /// The same for more to be written behind it: a list that is long enough is closed, so that no thread is left with all.
    #[must_use]
    pub fn in_pieces(mut self) -> Self {
        if self.open.size() >= MANY {
            self.closed.push(std::mem::take(&mut self.open));
        }
        self
    }

    /// How far it is, for [`Self::back_to`].
    #[must_use]
    pub fn mark(&self) -> [usize; 3] {
        let rows = &self.open.written.rows;
        [rows.kinds.len(), rows.attributes.len(), rows.relations.len()]
    }

    /// Takes back what was written since a mark of this draft; nothing may have been merged into it since.
    pub fn back_to(&mut self, [kinds, attributes, relations]: [usize; 3]) {
        let rows = &mut self.open.written.rows;
        rows.kinds.truncate(kinds);
        rows.attributes.truncate(attributes);
        rows.relations.truncate(relations);
    }

    /// True when nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.written.owners.is_empty() && self.closed.is_empty()
    }

    /// The inventory of these facts.
    #[must_use]
    pub fn finish(self) -> Inventory {
        gather(self.closed.into_iter().chain([self.open]).map(|part| part.written).collect())
    }
}

#[cfg(test)]
impl Draft {
    /// What was written, when it is of one thread.
    pub(super) fn written(self) -> Written {
        assert!(self.closed.is_empty(), "too much to stay in one list");
        self.open.written
    }
}

impl Part {
    fn of(&mut self, id: &ComponentId) -> u32 {
        let is = |last: &&u32| self.written.owners.get(**last as usize).is_some_and(|owner| owner == id);
        if let Some(last) = self.last.iter().find(is) {
            return *last;
        }
        let place = match self.places.get(id) {
            Some(place) => *place,
            None => {
                let place = u32::try_from(self.written.owners.len()).expect("facts are bounded far below");
                self.places.insert(id.clone(), place);
                self.written.owners.push(id.clone());
                place
            }
        };
        self.last[self.next] = place;
        self.next = (self.next + 1) % LAST;
        place
    }

    /// Adds all of another part.
    fn append(&mut self, other: Self) {
        let Written { owners, rows: other } = other.written;
        let places: Vec<u32> = owners.iter().map(|id| self.of(id)).collect();
        let at = |owner: u32| places[owner as usize];
        let rows = &mut self.written.rows;
        rows.kinds.extend(other.kinds.into_iter().map(|(owner, kind, evidence)| (at(owner), kind, evidence)));
        rows.attributes.extend(other.attributes.into_iter().map(|(owner, row, evidence)| (at(owner), row, evidence)));
        rows.relations.extend(other.relations.into_iter().map(|(owner, row, evidence)| (at(owner), row, evidence)));
    }

    fn size(&self) -> usize {
        self.written.rows.len()
    }
}
