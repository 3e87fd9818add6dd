//! Who owns and controls whom, as the laws count it: ownership rules of the catalog over its ownership rows.
//!
//! [`mod@test`] is the arithmetic; here stands what it is asked about, and the answer with its chain, every
//! share, the sum and the figure. Nothing here knows a percentage: rules are rows.

pub mod imported;
pub mod laws;
pub mod test;

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::rows::{Add, Indirect, Organisation, Ownership, OwnershipRule, Share};
use crate::catalog::{Catalog, Standing};
use crate::model::{Date, Validity, Verification};

pub use test::Answer;
use test::{Answers, Reading, Stake, Sum, Test};

/// Everybody above an organisation, with the stakes between them on a day.
pub struct Holdings<'c> {
    catalog: &'c Catalog,
    day: Date,
    /// Ids; the organisation itself is the first.
    parties: Vec<&'c str>,
    rows: Vec<&'c Ownership>,
    stakes: Vec<Stake>,
    pending: Vec<&'c Ownership>,
}

/// Whether an organisation counts as owned under a rule, and why.
pub struct Assessment<'c> {
    /// The rule.
    pub rule: &'c OwnershipRule,
    /// The answer.
    pub answer: Answer,
    /// What those who count hold of it together.
    pub sum: Share,
    /// True when control decides and not the share.
    pub by_control: bool,
    /// Every stake that counts, the organisation's own first, then those of the owners in between.
    pub links: Vec<&'c Ownership>,
    /// Those who count from the start, at the upper ends of the chains.
    pub owners: Vec<&'c str>,
}

impl<'c> Holdings<'c> {
    /// Follows the ownership rows up from an organisation. What is only agreed on counts for nothing yet.
    #[must_use]
    pub fn above(catalog: &'c Catalog, organisation: &'c str, day: Date) -> Self {
        let mut found =
            Self { catalog, day, parties: vec![organisation], rows: vec![], stakes: vec![], pending: vec![] };
        let mut index: BTreeMap<&str, usize> = BTreeMap::from([(organisation, 0)]);
        let mut joint: BTreeMap<&str, u32> = BTreeMap::new();
        let mut next = 0;
        while let Some(of) = found.parties.get(next).copied() {
            let mut best: BTreeMap<&str, &Ownership> = BTreeMap::new();
            for row in catalog.owners(of, day) {
                if row.is_pending() {
                    found.pending.push(row);
                    continue;
                }
                // two rows of one pair: what says a share says more, then the better checked, then the later one
                let rank = |row: &Ownership| {
                    (row.share_percent.is_some(), row.votes_percent.is_some(), row.verification, row.from)
                };
                let slot = best.entry(&row.by).or_insert(row);
                if rank(row) > rank(slot) {
                    *slot = row;
                }
            }
            for (by, row) in best {
                let by = *index.entry(by).or_insert_with(|| {
                    found.parties.push(by);
                    found.parties.len() - 1
                });
                let numbers = u32::try_from(joint.len()).unwrap_or(u32::MAX);
                found.stakes.push(Stake {
                    of: next,
                    by,
                    capital: row.share_percent,
                    votes: row.votes_percent,
                    control: row.control,
                    joint: row.joint.as_deref().map(|word| *joint.entry(word).or_insert(numbers)),
                });
                found.rows.push(row);
            }
            next += 1;
        }
        found
    }

    /// True when nobody is known to own it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stakes.is_empty()
    }

    /// Purchases that are agreed on and not known to be closed.
    #[must_use]
    pub fn pending(&self) -> &[&'c Ownership] {
        &self.pending
    }

    /// Answers a rule for the organisation. Of the rule's lists only those count that `wanted` takes.
    #[must_use]
    pub fn assess(&self, rule: &'c OwnershipRule, wanted: impl Fn(&str) -> bool) -> Assessment<'c> {
        let start = self.start(rule, wanted);
        let test = Test {
            percent: rule.percent,
            exceed: rule.exceed,
            measure: rule.measure,
            add: rule.add,
            indirect: rule.indirect,
            control: rule.control,
        };
        let answers = test::answers(&self.stakes, &start, &test);
        let answer = answers.answer[0];
        if answer == Answer::Not || start[0] != Answer::Not {
            return Assessment { rule, answer, sum: Share::UNKNOWN, by_control: false, links: vec![], owners: vec![] };
        }
        let whole = rule.indirect == Indirect::Whole;
        if whole { self.by_level(rule, &test, &start, &answers) } else { self.by_share(rule, &test, &start, answer) }
    }

    /// Who counts as an owner from the start.
    fn start(&self, rule: &OwnershipRule, wanted: impl Fn(&str) -> bool) -> Vec<Answer> {
        let members =
            rule.outside.as_deref().map(|group| self.catalog.group_members(group, self.day).unwrap_or_default());
        let counts = |party: &&str| match &members {
            Some(members) => match self.catalog.seat(party) {
                Some((country, ..)) if members.contains(&country) => Answer::Not,
                Some(_) => Answer::Met,
                None => Answer::Possible,
            },
            None => self
                .catalog
                .listings(party, self.day)
                .filter(|(row, _)| row.about.as_deref() != Some("related-party"))
                .filter(|(row, _)| rule.lists.contains(&row.list) && wanted(&row.list))
                .map(|(_, standing)| if standing == Standing::Held { Answer::Met } else { Answer::Possible })
                .max()
                .unwrap_or_default(),
        };
        let mut start: Vec<Answer> = self.parties.iter().map(counts).collect();
        if rule.outside.is_none() {
            // the question is who owns it, not whether it is listed itself
            start[0] = Answer::Not;
        }
        start
    }

    /// The stakes through which the organisation met the test, level by level.
    fn by_level(&self, rule: &'c OwnershipRule, test: &Test, start: &[Answer], answers: &Answers) -> Assessment<'c> {
        let answer = answers.answer[0];
        let (rank, reading) = match answer {
            Answer::Met => (&answers.rank, Reading::Certain),
            _ => (&answers.possible_rank, Reading::Possible),
        };
        let before = |stake: &Stake| rank[stake.by].is_some_and(|by| rank[stake.of].is_none_or(|of| by < of));
        let own: Vec<&Stake> = self.stakes.iter().filter(|stake| stake.of == 0).collect();
        let sum = test.sum(&own, before);
        let begins =
            |party: usize| start[party] == Answer::Met || reading == Reading::Possible && start[party] != Answer::Not;
        let (links, owners) = self.chain(|stake| before(stake), begins);
        let by_control = rule.control
            && !test.meets(sum, Reading::Certain)
            && own.iter().any(|stake| stake.control && before(stake));
        Assessment { rule, answer, sum: sum.share(), by_control, links, owners }
    }

    /// The chains along which shares were multiplied: of all who count, or of the one that holds most.
    fn by_share(&self, rule: &'c OwnershipRule, test: &Test, start: &[Answer], answer: Answer) -> Assessment<'c> {
        let reading = if answer == Answer::Met { Reading::Certain } else { Reading::Possible };
        let counts = |party: &usize| {
            start[*party] == Answer::Met || reading == Reading::Possible && start[*party] != Answer::Not
        };
        let bases: Vec<usize> = (0..self.parties.len()).filter(counts).collect();
        let groups: Vec<Vec<usize>> =
            if test.add == Add::All { vec![bases] } else { bases.into_iter().map(|base| vec![base]).collect() };
        let measures: &[bool] = match rule.measure {
            crate::catalog::rows::Measure::Capital => &[false],
            crate::catalog::rows::Measure::Votes => &[true],
            crate::catalog::rows::Measure::CapitalOrVotes => &[false, true],
        };
        let mut best: Option<(u64, Sum, Vec<usize>, Vec<Sum>)> = None;
        for group in &groups {
            for votes in measures {
                let held = test::held_by(&self.stakes, self.parties.len(), group, *votes, reading);
                let key = if reading == Reading::Certain { held[0].least } else { held[0].most };
                if best.as_ref().is_none_or(|known| known.0 < key) {
                    best = Some((key, held[0], group.clone(), held));
                }
            }
        }
        let Some((_, sum, group, held)) = best else {
            return Assessment { rule, answer, sum: Share::UNKNOWN, by_control: false, links: vec![], owners: vec![] };
        };
        let (links, owners) = self.chain(|stake| held[stake.by].most > 0, |party| group.contains(&party));
        Assessment { rule, answer, sum: sum.share(), by_control: false, links, owners }
    }

    /// Stakes that count, going up from the organisation, and where the chains begin.
    fn chain(
        &self,
        counts: impl Fn(&Stake) -> bool,
        begins: impl Fn(usize) -> bool,
    ) -> (Vec<&'c Ownership>, Vec<&'c str>) {
        let (mut links, mut owners) = (Vec::new(), BTreeSet::new());
        let (mut open, mut seen) = (std::collections::VecDeque::from([0]), BTreeSet::from([0]));
        while let Some(party) = open.pop_front() {
            for (stake, row) in
                self.stakes.iter().zip(&self.rows).filter(|(stake, _)| stake.of == party && counts(stake))
            {
                links.push(*row);
                if begins(stake.by) {
                    owners.insert(self.parties[stake.by]);
                } else if seen.insert(stake.by) {
                    open.push_back(stake.by);
                }
            }
        }
        (links, owners.into_iter().collect())
    }
}

impl Assessment<'_> {
    /// How well the stakes are known on which the answer rests: as the weakest of them, each as the best that says as
    /// much of the same pair.
    #[must_use]
    pub fn verification(&self, catalog: &Catalog, day: Date) -> Verification {
        let best = |row: &&Ownership| {
            let as_much = |other: &Ownership| {
                let least = |row: &Ownership| row.share_percent.map(|share| share.least);
                other.by == row.by && other.control >= row.control && least(other) >= least(row)
            };
            let others = catalog.owners(&row.of, day).filter(|other| !other.is_pending() && as_much(other));
            others.map(|other| other.verification).max().unwrap_or(row.verification).max(row.verification)
        };
        self.links.iter().map(best).min().unwrap_or(Verification::TwoSource)
    }

    /// Every stake that counts, and what else is said of the same pair on the day.
    #[must_use]
    pub fn told(&self, catalog: &Catalog, day: Date) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for row in &self.links {
            all.push(told(row));
            let others = catalog.owners(&row.of, day).filter(|other| other.by == row.by && !std::ptr::eq(*other, *row));
            all.extend(others.map(told));
        }
        all
    }

    /// `at least 50 %`, `more than 24 %`; nothing where only control counts.
    #[must_use]
    pub fn figure(&self) -> String {
        let figure = self
            .rule
            .percent
            .map(|percent| format!("{} {percent} %", if self.rule.exceed { "more than" } else { "at least" }));
        match (figure, self.rule.control) {
            (Some(figure), true) => format!("{figure} or control"),
            (Some(figure), false) => figure,
            (None, _) => "control".to_owned(),
        }
    }

    /// Every stake that counts: `Baidu 59.45 % of Kunlunxin`.
    #[must_use]
    pub fn chain(&self, catalog: &Catalog) -> String {
        let links: Vec<String> = self.links.iter().map(|row| link(catalog, row)).collect();
        links.join(", ")
    }

    /// The sum and the figure: `59.45 % together, at least 50 % counts (OFAC 50 percent rule)`.
    #[must_use]
    pub fn verdict(&self) -> String {
        let (figure, name) = (self.figure(), &self.rule.name);
        if self.by_control {
            return format!("control is enough, {figure} counts ({name})");
        }
        if self.sum == Share::UNKNOWN {
            return format!("the share is not known, {figure} counts ({name})");
        }
        format!("together {}, {figure} counts ({name})", self.sum)
    }
}

/// `Baidu 59.45 % of Kunlunxin`, `Sber unknown share of Cloud.ru, with control`.
fn link(catalog: &Catalog, row: &Ownership) -> String {
    let name = |id: &str| {
        catalog.organisation(id).map_or_else(|| id.to_owned(), |known: &Organisation| known.name.to_string())
    };
    let mut words = vec![held(row)];
    words[0] = format!("{} {} of {}", name(&row.by), words[0], name(&row.of));
    if row.control {
        words.push("with control".to_owned());
    }
    words.extend(row.basis.map(|basis| basis.as_str().to_owned()));
    words.join(", ")
}

/// `59.45 %`, `68 % (82 % of votes)`, `unknown share`.
fn held(row: &Ownership) -> String {
    let capital = row.share_percent.unwrap_or(Share::UNKNOWN);
    match row.votes_percent {
        Some(votes) => format!("{capital} ({votes} of votes)"),
        None => capital.to_string(),
    }
}

/// One stake with its days, its mark and where it is from, for reports.
#[must_use]
pub fn told(row: &Ownership) -> String {
    let mut words = vec![held(row)];
    words.extend(row.control.then(|| "control".to_owned()));
    words.extend(row.basis.map(|basis| basis.as_str().to_owned()));
    let dates = row.dates();
    words.extend((!dates.is_empty()).then_some(dates));
    words.push(row.verification.as_str().to_owned());
    format!("{}/{}/{}: {} ({})", row.table(), row.of, row.by, words.join(", "), row.source)
}

/// True when some ownership rule, of whatever days, is about a list.
#[must_use]
pub fn has_rule(catalog: &Catalog, list: &str) -> bool {
    catalog.tables().ownership_rule.iter().any(|rule| rule.lists.iter().any(|one| &**one == list))
}

/// True when one of them holds on the day.
#[must_use]
pub fn has_rule_on(catalog: &Catalog, list: &str, day: Date) -> bool {
    let holds = |rule: &&OwnershipRule| Validity { from: rule.from, to: rule.to }.holds_on(day);
    catalog.tables().ownership_rule.iter().filter(holds).any(|rule| rule.lists.iter().any(|one| &**one == list))
}
