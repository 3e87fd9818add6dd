//! From facts as threads wrote them to what is known of each component.
//!
//! What each component gets from all threads is counted before anything is allocated for it, so that nothing grows: lists
//! that become longer while several threads allocate are what this took longest for.

use std::sync::Arc;

use rayon::prelude::*;

use super::key::mark;
use super::pages::Pages;
use super::{
    Attribute, ComponentId, ComponentKind, Evidence, EvidenceSet, Group, Horizon, Inventory, Known, Relation,
    RelationKind,
};

/// Components that are worth a thread.
const LEAST: usize = 64;

/// A property.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) key: &'static str,
    pub(super) value: Arc<str>,
}

/// A relation without its near end.
#[derive(Debug)]
pub(super) struct End {
    pub(super) kind: RelationKind,
    pub(super) to: ComponentId,
    pub(super) group: Option<Group>,
    pub(super) horizon: Option<Horizon>,
}

/// Three lists of facts. Every fact names its component by a number.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) kinds: Pages<(u32, ComponentKind, Evidence)>,
    pub(super) attributes: Pages<(u32, Value, Evidence)>,
    pub(super) relations: Pages<(u32, End, Evidence)>,
}

/// How many kinds, properties and relations.
type Counts = [usize; 3];

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.kinds.len() + self.attributes.len() + self.relations.len()
    }

    /// Facts of each of so many components.
    fn counts(&self, components: usize) -> Vec<Counts> {
        let mut counts = vec![[0; 3]; components];
        self.kinds.iter().for_each(|(owner, ..)| counts[*owner as usize][0] += 1);
        self.attributes.iter().for_each(|(owner, ..)| counts[*owner as usize][1] += 1);
        self.relations.iter().for_each(|(owner, ..)| counts[*owner as usize][2] += 1);
        counts
    }

    /// What is known of each component, with room for so much.
    fn known(self, room: &[Counts]) -> Vec<Known> {
        let room = room.iter().map(|[kinds, attributes, relations]| Known::with_room(*kinds, *attributes, *relations));
        let mut known: Vec<Known> = room.collect();
        self.kinds.into_iter().for_each(|(owner, kind, evidence)| {
            known[owner as usize].add_kind(kind, EvidenceSet::of(evidence));
        });
        self.attributes.into_iter().for_each(|(owner, Value { key, value }, evidence)| {
            known[owner as usize].add_attribute(Attribute { key, value, evidence: EvidenceSet::of(evidence) });
        });
        self.relations.into_iter().for_each(|(owner, End { kind, to, group, horizon }, evidence)| {
            let evidence = EvidenceSet::of(evidence);
            known[owner as usize].add_relation(Relation { kind, to, group, horizon, evidence });
        });
        known
    }
}

/// What one thread wrote: components by number, and facts about them.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) owners: Vec<ComponentId>,
    pub(super) rows: Rows,
}

/// The inventory of what threads wrote, in whatever order.
pub(super) fn gather(written: Vec<Written>) -> Inventory {
    let (ids, numbers) = numbered(&written);
    let mut room: Vec<Vec<Counts>> = written.par_iter().map(|part| part.rows.counts(part.owners.len())).collect();
    keep_room(&numbers, &mut room, ids.len());
    let parts: Vec<Vec<Known>> = written.into_par_iter().zip(room).map(|(part, room)| part.rows.known(&room)).collect();
    let mut all = vec![Known::default(); ids.len()];
    for (number, known) in numbers.iter().flatten().zip(parts.into_iter().flatten()) {
        all[*number as usize].append(known);
    }
    let marks = all.par_iter_mut().with_min_len(LEAST).map(|known| {
        known.settle();
        let keys = known.attributes().iter().fold(0, |keys, row| keys | mark(row.key));
        (keys, known.relations().iter().fold(0, |kinds, row| kinds | 1 << row.kind as u32))
    });
    let (keys, kinds) = marks.reduce(|| (0, 0), |a, b| (a.0 | b.0, a.1 | b.1));
    // of some all was taken back
    let known = ids.into_iter().zip(all).filter(|(_, known)| !known.is_empty()).collect();
    Inventory { known, keys, kinds, ..Inventory::default() }
}

/// Gives a component that several threads wrote of room for all of it in the first list.
fn keep_room(numbers: &[Vec<u32>], room: &mut [Vec<Counts>], components: usize) {
    if numbers.len() < 2 {
        return;
    }
    let mut firsts: Vec<Option<(usize, usize)>> = vec![None; components];
    for (part, numbers) in numbers.iter().enumerate() {
        for (at, number) in numbers.iter().enumerate() {
            let (first_part, first) = *firsts[*number as usize].get_or_insert((part, at));
            if first_part != part {
                let more = room[part][at];
                room[first_part][first].iter_mut().zip(more).for_each(|(room, more)| *room += more);
            }
        }
    }
}

/// All components in order, and by list the numbers that its components have among them.
fn numbered(written: &[Written]) -> (Vec<ComponentId>, Vec<Vec<u32>>) {
    let mut all: Vec<(&ComponentId, usize, usize)> = Vec::with_capacity(written.iter().map(|it| it.owners.len()).sum());
    for (part, written) in written.iter().enumerate() {
        all.extend(written.owners.iter().enumerate().map(|(at, id)| (id, part, at)));
    }
    all.par_sort_unstable();
    let mut numbers: Vec<Vec<u32>> = written.iter().map(|part| vec![0; part.owners.len()]).collect();
    let mut ids: Vec<ComponentId> = Vec::with_capacity(written.iter().map(|part| part.owners.len()).max().unwrap_or(0));
    for (id, part, at) in all {
        if ids.last() != Some(id) {
            ids.push(id.clone());
        }
        numbers[part][at] = u32::try_from(ids.len() - 1).expect("facts are bounded far below");
    }
    (ids, numbers)
}

#[cfg(test)]
mod tests {
    use super::super::{Basis, Draft, Fact, Place};
    use super::*;
    use crate::text::{LineColumn, Region, RelPath};
    use proptest::prelude::*;

    fn evidence(line: u32) -> Evidence {
        let at = LineColumn { line, column: 1 };
        let region = Some(Region { start: at, end: at });
        let place = Place { path: RelPath::new("a/list").expect("is relative"), region, excerpt: None, layer: None };
        Evidence::observed(&place, "test", Basis::Resolved)
    }

    /// A fact of few components, so that many say the same.
    fn fact(sort: u8, of: u8, more: u8) -> Fact {
        let id = |number: u8| ComponentId::host(&format!("{}.example", number % 13));
        match sort % 3 {
            0 => Fact::Component {
                id: id(of),
                kind: if more.is_multiple_of(5) { ComponentKind::Service } else { ComponentKind::Host },
            },
            1 => Fact::Attribute { of: id(of), key: crate::model::key::NAME, value: more.to_string().into() },
            _ => Fact::Relation {
                from: id(of),
                kind: if more.is_multiple_of(2) { RelationKind::Calls } else { RelationKind::DependsOn },
                to: id(more),
                group: None,
                horizon: None,
            },
        }
    }

    fn write(draft: &mut Draft, fact: &Fact, evidence: Evidence) {
        match fact {
            Fact::Component { id, kind } => draft.component(id, *kind, evidence),
            Fact::Attribute { of, key, value } => draft.attribute(of, key, Arc::clone(value), evidence),
            Fact::Relation { from, kind, to, group, horizon } => {
                draft.relation(from, *kind, to, group.clone(), *horizon, evidence);
            }
        }
    }

    type Said = (u8, u8, u8, u32);

    fn parts_of(facts: &[Said], parts: usize) -> Vec<Written> {
        let mut drafts: Vec<Draft> = (0..parts).map(|_| Draft::default()).collect();
        for (at, (sort, of, more, line)) in facts.iter().enumerate() {
            write(&mut drafts[at % parts], &fact(*sort, *of, *more), evidence(*line));
        }
        drafts.into_iter().map(Draft::written).collect()
    }

    /// Enough for several pages, several threads, and lists that several threads sort; some of it is taken back.
    #[test]
    fn long_lists_together_are_what_facts_one_by_one_are() {
        let id = |number: usize| ComponentId::host(&format!("{number}.example"));
        let relation = |from: usize, to: usize| Fact::Relation {
            from: id(from),
            kind: RelationKind::Calls,
            to: id(to),
            group: None,
            horizon: None,
        };
        let mut naive = Inventory::default();
        let mut drafts: Vec<Draft> = (0..3).map(|_| Draft::default()).collect();
        for at in 0..9_000_usize {
            // most are of one component, the others of two hundred
            let from = if at % 3 == 0 { at % 201 } else { 1_000 };
            let fact = relation(from, at * 7_919 % 8_000);
            write(&mut drafts[at % 2], &fact, evidence(1));
            naive.add(fact, evidence(1));
        }
        let mark = drafts[2].mark();
        (0..2_000).for_each(|at| write(&mut drafts[2], &relation(2_000 + at, at), evidence(1)));
        drafts[2].back_to(mark);
        let found = gather(drafts.into_iter().map(Draft::written).collect());
        assert_eq!(found, naive);
        assert_eq!((found.keys, found.kinds), (0, 1 << RelationKind::Calls as u32));
    }

    proptest! {
        #[test]
        fn lists_together_are_what_facts_one_by_one_are(
            facts in prop::collection::vec((any::<u8>(), any::<u8>(), any::<u8>(), 1_u32..9), 0..400),
            parts in 1_usize..6,
        ) {
            let mut naive = Inventory::default();
            for (sort, of, more, line) in &facts {
                naive.add(fact(*sort, *of, *more), evidence(*line));
            }
            let found = gather(parts_of(&facts, parts));
            prop_assert_eq!(&found, &naive);
            prop_assert_eq!((found.keys, found.kinds), (naive.keys, naive.kinds));
        }
    }
}
