//! The arithmetic of ownership tests, on numbers only: parties, stakes, and who counts from the start.
//!
//! Every test is answered twice: with what is certain, and with what is possible. A share that is not known
//! is nothing in the first and everything that nobody else holds in the second, so an answer is `Possible`
//! exactly where the unknown decides. Cross-holdings are no special case: both are least fixpoints, and who
//! met the test rests only on those who met it before.

use std::collections::BTreeMap;

use crate::catalog::rows::{Add, Indirect, Measure, Percent, Share};

/// One owner's stake in one organisation, both by number.
#[derive(Clone, Copy, Debug)]
pub struct Stake {
    /// The owned.
    pub of: usize,
    /// The owner.
    pub by: usize,
    /// Of capital; `None` when not known.
    pub capital: Option<Share>,
    /// Of votes, where they differ from capital.
    pub votes: Option<Share>,
    /// The owner decides.
    pub control: bool,
    /// Owners with the same number act together.
    pub joint: Option<u32>,
}

/// What a rule asks.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// The figure.
    pub percent: Option<Percent>,
    /// More than the figure, not just the figure.
    pub exceed: bool,
    /// Which shares.
    pub measure: Measure,
    /// Whose shares add up.
    pub add: Add,
    /// How indirect ones count.
    pub indirect: Indirect,
    /// Control is enough.
    pub control: bool,
}

/// The answer for one party.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// It cannot meet the test.
    #[default]
    Not,
    /// It may: a share or a beginning is not known.
    Possible,
    /// It does.
    Met,
}

/// A sum of shares between what is certain and what is possible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// At least this many parts.
    pub least: u64,
    /// And more than that.
    pub above: bool,
    /// At most this many.
    pub most: u64,
    /// And less than that.
    pub below: bool,
}

/// What was found for every party.
#[derive(Clone, Debug)]
pub struct Answers {
    /// By party.
    pub answer: Vec<Answer>,
    /// In which order parties met the certain test; those that counted from the start are 0.
    pub rank: Vec<Option<usize>>,
    /// The same for the possible test.
    pub possible_rank: Vec<Option<usize>>,
}

/// One of the two readings of what is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Only what is certain.
    Certain,
    /// Everything that is possible.
    Possible,
}

impl Test {
    /// True when a sum meets the figure in a reading.
    #[must_use]
    pub fn meets(&self, sum: Sum, reading: Reading) -> bool {
        let Some(percent) = self.percent else { return false };
        let figure = percent.parts();
        let (parts, open_up, open_down) = match reading {
            Reading::Certain => (sum.least, sum.above, false),
            Reading::Possible => (sum.most, false, sum.below),
        };
        match parts.cmp(&figure) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal if self.exceed => open_up,
            std::cmp::Ordering::Equal => !open_down,
            std::cmp::Ordering::Less => false,
        }
    }

    /// What an owner's stake is by a measure: votes follow capital where nothing else is said.
    fn share(stake: &Stake, votes: bool) -> Share {
        let share = if votes { stake.votes.or(stake.capital) } else { stake.capital };
        share.unwrap_or(Share::UNKNOWN)
    }

    fn measures(&self) -> &'static [bool] {
        match self.measure {
            Measure::Capital => &[false],
            Measure::Votes => &[true],
            Measure::CapitalOrVotes => &[false, true],
        }
    }

    /// The largest sum of those among `stakes`, all in one organisation, whose owner counts.
    #[must_use]
    pub fn sum(&self, stakes: &[&Stake], counts: impl Fn(&Stake) -> bool) -> Sum {
        let mut best = Sum::default();
        for votes in self.measures() {
            let mut groups: BTreeMap<(bool, usize), Sum> = BTreeMap::new();
            // what somebody else certainly holds is not to be had
            let others: u64 =
                stakes.iter().filter(|one| !counts(one)).map(|one| Self::share(one, *votes).least.parts()).sum();
            for stake in stakes.iter().filter(|stake| counts(stake)) {
                let group = match (self.add, stake.joint) {
                    (Add::All, _) => (false, 0),
                    (Add::Joint, Some(joint)) => (true, joint as usize),
                    (Add::Joint | Add::None, _) => (false, stake.by),
                };
                let share = Self::share(stake, *votes);
                let sum = groups.entry(group).or_default();
                sum.least += share.least.parts();
                sum.above |= share.above;
                sum.most += share.most.parts();
                sum.below |= share.below;
            }
            let free = Percent::WHOLE.parts().saturating_sub(others);
            let every: u64 = groups.values().map(|sum| sum.least).sum();
            for mut sum in groups.into_values() {
                let free = free.saturating_sub(every - sum.least);
                if sum.most > free {
                    (sum.most, sum.below) = (free.max(sum.least), false);
                }
                best = best.larger(sum);
            }
        }
        best
    }
}

impl Sum {
    /// End by end the larger of two.
    fn larger(self, other: Self) -> Self {
        let (least, above) = (self.least, self.above).max((other.least, other.above));
        // an open upper end is the smaller one
        let (most, closed) = (self.most, !self.below).max((other.most, !other.below));
        Self { least, above, most, below: !closed }
    }

    /// As a share, for reports.
    #[must_use]
    pub fn share(self) -> Share {
        Share {
            least: Percent::from_parts(self.least),
            above: self.above,
            most: Percent::from_parts(self.most),
            below: self.below,
        }
    }
}

/// Answers a test for every party. `start` says who counts as an owner before any test.
#[must_use]
pub fn answers(stakes: &[Stake], start: &[Answer], test: &Test) -> Answers {
    let owned = by_owned(stakes, start.len());
    let rank = if test.indirect == Indirect::Whole { levels } else { shares };
    let certain = rank(&owned, start, test, Reading::Certain);
    let possible = rank(&owned, start, test, Reading::Possible);
    let answer = certain.iter().zip(&possible).map(|(certain, possible)| match (certain, possible) {
        (Some(_), _) => Answer::Met,
        (None, Some(_)) => Answer::Possible,
        (None, None) => Answer::Not,
    });
    Answers { answer: answer.collect(), rank: certain, possible_rank: possible }
}

fn by_owned(stakes: &[Stake], parties: usize) -> Vec<Vec<&Stake>> {
    let mut owned: Vec<Vec<&Stake>> = vec![Vec::new(); parties];
    for stake in stakes.iter().filter(|stake| stake.of != stake.by) {
        owned[stake.of].push(stake);
    }
    owned
}

fn begins(start: Answer, reading: Reading) -> bool {
    start == Answer::Met || reading == Reading::Possible && start == Answer::Possible
}

/// Level by level: whoever meets the test counts as an owner from then on, with its whole stake.
fn levels(owned: &[Vec<&Stake>], start: &[Answer], test: &Test, reading: Reading) -> Vec<Option<usize>> {
    let mut rank: Vec<Option<usize>> = start.iter().map(|one| begins(*one, reading).then_some(0)).collect();
    let mut held: Vec<Vec<usize>> = vec![Vec::new(); owned.len()];
    for stake in owned.iter().flatten() {
        held[stake.by].push(stake.of);
    }
    let mut next: Vec<usize> = (0..start.len()).filter(|party| rank[*party].is_some()).collect();
    let mut level = 0;
    while !next.is_empty() {
        level += 1;
        let mut asked: Vec<usize> = next.iter().flat_map(|party| &held[*party]).copied().collect();
        asked.sort_unstable();
        asked.dedup();
        next = asked
            .into_iter()
            .filter(|party| {
                let counts = |stake: &Stake| rank[stake.by].is_some();
                let by_control = test.control && owned[*party].iter().any(|stake| stake.control && counts(stake));
                rank[*party].is_none() && (by_control || test.meets(test.sum(&owned[*party], counts), reading))
            })
            .collect();
        next.iter().for_each(|party| rank[*party] = Some(level));
    }
    rank
}

/// Rounds after which shares along cycles are taken as they are: each round multiplies, so they hardly move.
const ROUNDS: usize = 256;

/// Shares along chains are multiplied. Whoever counts from the start ends a chain.
fn shares(owned: &[Vec<&Stake>], start: &[Answer], test: &Test, reading: Reading) -> Vec<Option<usize>> {
    let bases: Vec<usize> = (0..start.len()).filter(|party| begins(start[*party], reading)).collect();
    let mut rank: Vec<Option<usize>> = start.iter().map(|one| begins(*one, reading).then_some(0)).collect();
    let groups: Vec<Vec<usize>> =
        if test.add == Add::All { vec![bases] } else { bases.into_iter().map(|base| vec![base]).collect() };
    for group in groups {
        for votes in test.measures() {
            let held = effective(owned, &group, *votes, reading);
            for (party, sum) in held.iter().enumerate() {
                if rank[party].is_none() && test.meets(*sum, reading) {
                    rank[party] = Some(1);
                }
            }
        }
    }
    if test.control {
        for party in 0..owned.len() {
            let controlled = owned[party].iter().any(|stake| stake.control && rank[stake.by] == Some(0));
            if rank[party].is_none() && controlled {
                rank[party] = Some(1);
            }
        }
    }
    rank
}

/// What a group of owners holds of every party, directly and through others, by multiplying.
#[must_use]
pub fn effective(owned: &[Vec<&Stake>], group: &[usize], votes: bool, reading: Reading) -> Vec<Sum> {
    let whole = Percent::WHOLE.parts();
    let mut held = vec![Sum::default(); owned.len()];
    for base in group {
        held[*base] = Sum { least: whole, above: false, most: whole, below: false };
    }
    let fixed = held.clone();
    for _ in 0..ROUNDS {
        let mut changed = false;
        for party in (0..owned.len()).filter(|party| fixed[*party].most == 0) {
            let mut sum = Sum::default();
            let mut others = 0;
            for stake in &owned[party] {
                let (share, owner) = (Test::share(stake, votes), held[stake.by]);
                sum.least += share.least.parts() * owner.least / whole;
                sum.above |= share.above && owner.least > 0 || owner.above && share.least > Percent::ZERO;
                sum.most += (share.most.parts() * owner.most).div_ceil(whole);
                sum.below |= owner.most > 0 && (share.below || owner.below);
                if owner.most == 0 {
                    others += share.least.parts();
                }
            }
            let free = whole.saturating_sub(others);
            sum.least = sum.least.min(whole);
            if sum.most > free {
                (sum.most, sum.below) = (free.max(sum.least), false);
            }
            changed |= sum != held[party];
            held[party] = sum;
        }
        if !changed {
            return held;
        }
    }
    if reading == Reading::Possible {
        // not settled: what moves at all may be anything
        for (sum, _) in held.iter_mut().zip(&fixed).filter(|(sum, fixed)| fixed.most == 0 && sum.most > 0) {
            (sum.most, sum.below) = (whole, false);
        }
    }
    held
}

/// As [`effective`], from stakes in any order.
#[must_use]
pub fn held_by(stakes: &[Stake], parties: usize, group: &[usize], votes: bool, reading: Reading) -> Vec<Sum> {
    effective(&by_owned(stakes, parties), group, votes, reading)
}
