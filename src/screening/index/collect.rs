//! Which names are looked at at all: those that have enough of the rarest words of a query.
//!
//! Names are reached by as few words as will do: without all of those that are looked for, no name could score enough by
//! the rest. A name that is reached is passed by when all its words weigh so much that too many of them would be left over.

use super::super::normalise::Flags;
use super::super::rarity;
use super::super::score::{LIKENESS, Manner, PLACE};
use super::search::{Entry, Search};
use super::{Index, name_of, weight_of};

/// Names that are looked at in one way: groups, how they are compared, and whether first letters stand for names there.
pub(super) struct Pass {
    groups: (usize, usize),
    pub(super) manner: Manner,
    initials: bool,
}

const fn pass(from: usize, to: usize, manner: Manner, initials: bool) -> Pass {
    Pass { groups: (from, to), manner, initials }
}

/// All names once, for a query of a kind.
pub(super) const fn passes(manner: Option<Manner>) -> &'static [Pass] {
    const ORGANISATION: [Pass; 1] = [pass(0, 4, Manner::Organisation, false)];
    const PERSON: [Pass; 2] = [pass(0, 2, Manner::Person, false), pass(2, 4, Manner::Person, true)];
    const ANY: [Pass; 4] = [
        pass(0, 1, Manner::Organisation, false),
        pass(1, 2, Manner::Person, false),
        pass(2, 3, Manner::Person, true),
        pass(3, 4, Manner::Organisation, false),
    ];
    match manner {
        Some(Manner::Organisation) => &ORGANISATION,
        Some(Manner::Person) => &PERSON,
        None => &ANY,
    }
}

/// Room for rounding.
const SLACK: f32 = 1e-3;

/// The words of a query as one pass sees them, as bits.
struct Plan {
    /// Names are reached by these.
    wanted: u32,
    /// A name may have these besides.
    open: u32,
}

impl Search {
    /// Gathers the names of a pass that may have a coverage of `least`, each once.
    pub(super) fn collect(&mut self, index: &Index<'_>, pass: &Pass, least: f32) {
        self.candidates.clear();
        let Plan { wanted, open } = self.plan(index, pass, least);
        if wanted == 0 {
            return;
        }
        self.read(index, pass, (wanted, open), least);
        let query = u64::from(self.query) << 32;
        for (post, mask) in &self.posts {
            let slot = &mut self.seen[name_of(*post) as usize];
            if *slot >> 32 == u64::from(self.query) {
                *slot |= u64::from(*mask);
            } else {
                *slot = query | u64::from(*mask);
                self.candidates.push(*post);
            }
        }
        if !pass.initials && wanted.count_ones() > 1 {
            self.thin(pass, open, least);
        }
    }

    /// Reads the names that have a word which is looked for, without those that weigh too much, with the words of the query
    /// by which they are reached. Every name is written down and stays where it is light enough: no step depends on
    /// the one before.
    fn read(&mut self, index: &Index<'_>, pass: &Pass, (wanted, open): (u32, u32), least: f32) {
        let mut posts = std::mem::take(&mut self.posts);
        let mut kept = 0;
        for entry in self.entries.iter().filter(|entry| entry.mask() & wanted != 0) {
            let limit = if pass.initials { f32::INFINITY } else { self.room_by(pass, *entry, wanted | open, least) };
            let all = index.posting(entry.id, pass.groups.0..pass.groups.1);
            if posts.len() < kept + all.len() {
                posts.resize(kept + all.len(), (0, 0));
            }
            for post in all {
                posts[kept] = (*post, entry.mask());
                kept += usize::from(weight_of(*post) <= limit);
            }
        }
        posts.truncate(kept);
        self.posts = posts;
    }

    /// Leaves out what has too few of the words that were looked for.
    fn thin(&mut self, pass: &Pass, open: u32, least: f32) {
        let mut candidates = std::mem::take(&mut self.candidates);
        let (mut last, mut limit) = (0, 0.0);
        candidates.retain(|post| {
            #[expect(clippy::cast_possible_truncation, reason = "the lower half is the words")]
            let reached = self.seen[name_of(*post) as usize] as u32 | open;
            if reached != last {
                (last, limit) = (reached, self.room(pass, reached, least));
            }
            weight_of(*post) <= limit
        });
        self.candidates = candidates;
    }

    /// Chooses the words that are looked for: the rarest, until a name could not score enough without all of them.
    fn plan(&mut self, index: &Index<'_>, pass: &Pass, least: f32) -> Plan {
        let person = pass.manner == Manner::Person;
        let fixed = if person { self.initials } else { 0 };
        let names = |at: usize| self.ids[at].map_or(0, |id| index.posting(id, pass.groups.0..pass.groups.1).len());
        let class = |at: usize| match Flags(self.flags[at]) {
            flags if person && flags.has(Flags::INITIAL) => 2,
            flags if flags.has(Flags::NUMBER) => 1,
            _ => 0,
        };
        self.order.clear();
        self.order.extend((0..self.flags.len()).filter(|at| self.reachable >> at & 1 == 1));
        if self.order.len() > 1 {
            let weights = &self.weights;
            self.order.sort_by(|a, b| {
                let by_weight = class(*a).cmp(&class(*b)).then_with(|| weights[*b].total_cmp(&weights[*a]));
                by_weight.then_with(|| names(*a).cmp(&names(*b)))
            });
        }
        let mut plan = Plan { wanted: 0, open: self.reachable | fixed };
        for at in &self.order {
            if self.room(pass, plan.open, least) < 0.0 {
                break;
            }
            plan.wanted |= 1 << at;
            plan.open &= !(1 << at) | fixed;
        }
        plan
    }

    /// The most that all words of a name may weigh which has these words of the query; below zero when these are too few.
    fn room(&self, pass: &Pass, reached: u32, least: f32) -> f32 {
        let (mut matched, mut left, mut taken) = (0.0, 0.0, 0.0);
        for at in 0..self.weights.len() {
            let weight = self.weights[at];
            if reached >> at & 1 == 1 {
                matched += weight;
                taken += self.tops[at];
            } else if !pass.initials {
                left += self.lost[at];
            } else if !Flags(self.flags[at]).has(Flags::NUMBER) {
                // a first letter may stand for it
                matched += weight.min(rarity::INITIAL);
                left += weight - weight.min(rarity::INITIAL);
            }
        }
        if pass.initials {
            return pass.manner.room(matched, left, least).map_or(-1.0, |_| f32::INFINITY);
        }
        pass.manner.room(f32::min(matched, taken), left, least).map_or(-1.0, |room| room + taken + SLACK)
    }

    /// The same for names that have the word of an entry and may have all the others.
    fn room_by(&self, pass: &Pass, entry: Entry, reached: u32, least: f32) -> f32 {
        let (mut matched, mut left, mut taken) = (0.0, 0.0, entry.heaviest);
        for at in 0..self.weights.len() {
            if reached >> at & 1 == 1 {
                matched += self.weights[at];
                taken += if entry.mask() >> at & 1 == 1 { 0.0 } else { self.tops[at] };
            } else {
                left += self.lost[at];
            }
        }
        // with nothing beside it, its likeness is that of the names
        let alone = if self.weights.len() == 1 { 1.0 - LIKENESS * (1.0 - entry.like) } else { 1.0 };
        pass.manner.room(f32::min(matched, taken), left, least / alone).map_or(-1.0, |room| room + taken + SLACK)
    }

    /// What is known of the words of the query besides their weights: which are found at all, and how much they can stand
    /// for in a name.
    pub(super) fn weigh(&mut self, index: &Index<'_>) {
        let count = self.flags.len();
        self.tops.clear();
        self.tops.resize(count, 0.0);
        self.reachable = 0;
        for entry in &mut self.entries {
            entry.heaviest = index.heaviest(entry.id);
            self.reachable |= entry.mask();
            let top = &mut self.tops[usize::from(entry.query)];
            *top = top.max(entry.heaviest);
        }
        self.initials = 0;
        for (at, flags) in self.flags.iter().enumerate() {
            if Flags(*flags).has(Flags::INITIAL) {
                self.initials |= 1 << at;
                self.tops[at] = PLACE;
            }
        }
    }
}
