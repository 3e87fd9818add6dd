//! Facts as scanners write them, before they are an inventory.

use rayon::prelude::*;

use super::{Attribute, ComponentId, ComponentKind, Evidence, EvidenceSet, Group, Horizon, Inventory, Known};
use super::{Relation, RelationKind, key::mark};
use crate::text::Lookup;

/// How many components are known without a search.
const LAST: usize = 4;

/// Facts that are few enough to be written once more behind others.
const FEW: usize = 2_048;

/// Facts behind which no more of others are written: making longer lists longer means to write them anew.
const MANY: usize = 16_384;

/// Facts in the order in which they come, before they are an inventory: adding is an append, what stands twice is found
/// once at the end.
#[derive(Debug, Default)]
pub struct Draft {
    open: Part,
    /// What other threads wrote, when it is much: a component may stand in several of them.
    closed: Vec<Part>,
}

/// What one thread wrote: three lists of facts. Every fact names its component by a number.
#[derive(Debug, Default)]
struct Part {
    places: Lookup<ComponentId, u32>,
    owners: Vec<ComponentId>,
    /// The components used last: facts of one come together, with some of who holds or gives it in between.
    last: [u32; LAST],
    next: usize,
    kinds: Vec<(u32, ComponentKind, Evidence)>,
    attributes: Vec<(u32, Value, Evidence)>,
    relations: Vec<(u32, End, Evidence)>,
}

/// A property.
#[derive(Debug)]
struct Value {
    key: &'static str,
    value: std::sync::Arc<str>,
}

/// A relation without its near end.
#[derive(Debug)]
struct End {
    kind: RelationKind,
    to: ComponentId,
    group: Option<Group>,
    horizon: Option<Horizon>,
}

impl Draft {
    /// There is such a thing.
    pub fn component(&mut self, id: &ComponentId, kind: ComponentKind, evidence: Evidence) {
        let owner = self.open.of(id);
        self.open.kinds.push((owner, kind, evidence));
    }

    /// It has such a property.
    pub fn attribute(&mut self, of: &ComponentId, key: &'static str, value: std::sync::Arc<str>, evidence: Evidence) {
        let owner = self.open.of(of);
        self.open.attributes.push((owner, Value { key, value }, evidence));
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
        let to = match self.open.relations.last() {
            Some((_, last, _)) if last.to == *to => last.to.clone(),
            _ => to.clone(),
        };
        self.open.relations.push((owner, End { kind, to, group, horizon }, evidence));
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
        [self.open.kinds.len(), self.open.attributes.len(), self.open.relations.len()]
    }

    /// Takes back what was written since a mark of this draft; nothing may have been merged into it since.
    pub fn back_to(&mut self, [kinds, attributes, relations]: [usize; 3]) {
        self.open.kinds.truncate(kinds);
        self.open.attributes.truncate(attributes);
        self.open.relations.truncate(relations);
    }

    /// True when nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.owners.is_empty() && self.closed.is_empty()
    }

    /// The inventory of these facts.
    #[must_use]
    pub fn finish(self) -> Inventory {
        let Self { open, mut closed } = self;
        let mut known = if closed.is_empty() {
            open.finish()
        } else {
            closed.push(open);
            closed.into_par_iter().flat_map_iter(Part::finish).collect()
        };
        known.par_sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let keys = known.par_chunk_by_mut(|(a, _), (b, _)| a == b).map(|same| {
            let Some(((_, known), more)) = same.split_first_mut() else { return (0, 0) };
            more.iter_mut().for_each(|(_, more)| known.append(std::mem::take(more)));
            known.settle();
            let keys = known.attributes().iter().fold(0, |keys, row| keys | mark(row.key));
            (keys, known.relations().iter().fold(0, |kinds, row| kinds | 1 << row.kind as u32))
        });
        let (keys, kinds) = keys.reduce(|| (0, 0), |a, b| (a.0 | b.0, a.1 | b.1));
        // what was taken over by the first of its name is left empty, as is a component of which all was taken back
        known.retain(|(_, known)| !known.is_empty());
        Inventory { known: known.into_iter().collect(), keys, kinds, ..Inventory::default() }
    }
}

impl Part {
    fn of(&mut self, id: &ComponentId) -> u32 {
        let is = |last: &&u32| self.owners.get(**last as usize).is_some_and(|owner| owner == id);
        if let Some(last) = self.last.iter().find(is) {
            return *last;
        }
        let place = match self.places.get(id) {
            Some(place) => *place,
            None => {
                let place = u32::try_from(self.owners.len()).expect("facts are bounded far below");
                self.places.insert(id.clone(), place);
                self.owners.push(id.clone());
                place
            }
        };
        self.last[self.next] = place;
        self.next = (self.next + 1) % LAST;
        place
    }

    /// Adds all of another part.
    fn append(&mut self, other: Self) {
        let places: Vec<u32> = other.owners.iter().map(|id| self.of(id)).collect();
        let at = |owner: u32| places[owner as usize];
        self.kinds.extend(other.kinds.into_iter().map(|(owner, kind, evidence)| (at(owner), kind, evidence)));
        self.attributes.extend(other.attributes.into_iter().map(|(owner, row, evidence)| (at(owner), row, evidence)));
        self.relations.extend(other.relations.into_iter().map(|(owner, row, evidence)| (at(owner), row, evidence)));
    }

    fn size(&self) -> usize {
        self.kinds.len() + self.attributes.len() + self.relations.len()
    }

    /// What is known of each component, in no order, with its facts in the order in which they came.
    fn finish(self) -> Vec<(ComponentId, Known)> {
        let mut counts = vec![[0_usize; 3]; self.owners.len()];
        self.kinds.iter().for_each(|(owner, ..)| counts[*owner as usize][0] += 1);
        self.attributes.iter().for_each(|(owner, ..)| counts[*owner as usize][1] += 1);
        self.relations.iter().for_each(|(owner, ..)| counts[*owner as usize][2] += 1);
        let empty =
            counts.iter().map(|[kinds, attributes, relations]| Known::with_room(*kinds, *attributes, *relations));
        let mut known: Vec<Known> = empty.collect();
        drop((counts, self.places));
        for (owner, kind, evidence) in self.kinds {
            known[owner as usize].add_kind(kind, EvidenceSet::of(evidence));
        }
        for (owner, Value { key, value }, evidence) in self.attributes {
            known[owner as usize].add_attribute(Attribute { key, value, evidence: EvidenceSet::of(evidence) });
        }
        for (owner, End { kind, to, group, horizon }, evidence) in self.relations {
            let evidence = EvidenceSet::of(evidence);
            known[owner as usize].add_relation(Relation { kind, to, group, horizon, evidence });
        }
        self.owners.into_iter().zip(known).collect()
    }
}
