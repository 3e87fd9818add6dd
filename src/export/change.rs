//! What would change the answer: figures, market, parties, review, days. Computed by asking the clauses again.

use std::collections::BTreeSet;

use super::answer::Answer;
use super::assess::{Question, Verdict, judge, seats};
use super::class::INDETERMINATE;
use super::figures::Input;
use super::law::Law;
use super::party::{PartyFacts, SeatFact};
use super::past;
use super::range::{figure, ranges};
use super::steps::Case;
use crate::catalog::Catalog;
use crate::model::{CountryCode, Date, Validity, Verification};

/// Everything that would, one sentence each.
pub(super) fn changes(case: &Case<'_>, question: &Question, verdict: &Verdict) -> Vec<String> {
    let law = Law::on(case.catalog, case.day);
    let mut all = figures(case, &law);
    all.extend(market(case, &law));
    all.extend(parties(case, question, verdict));
    let open = verdict.steps.iter().filter(|step| step.about == "party" && step.result == Answer::Indeterminate);
    all.extend(open.map(|step| format!("whether the end user is the party of {} (a person decides)", step.clause)));
    all.extend(limits(case, verdict));
    all.extend(days(case, question));
    all
}

/// The nearest figures with another class.
fn figures(case: &Case<'_>, law: &Law<'_>) -> Vec<String> {
    let figures = &case.subject.figures;
    let mut all = Vec::new();
    for input in Input::ALL {
        let Some(value) = figures.get(input) else { continue };
        let ranges = ranges(law, figures, input);
        let Some(at) = ranges.iter().position(|range| range.holds(value)) else { continue };
        if ranges[at].class == INDETERMINATE {
            continue;
        }
        let beside = [at.checked_sub(1), Some(at + 1)];
        for range in beside.into_iter().flatten().filter_map(|at| ranges.get(at)) {
            let (name, _) = input.measure();
            let (now, unit) = (figure(value), input.measure().1);
            all.push(format!("{} for {} ({name} is {now}{unit})", range.class, range.words(input)));
        }
    }
    all
}

/// Design or marketing for the other market.
fn market(case: &Case<'_>, law: &Law<'_>) -> Option<String> {
    if case.class.class == INDETERMINATE {
        return None;
    }
    let mut figures = case.subject.figures.clone();
    figures.data_centre = !figures.data_centre;
    let other = super::class::word(law.outcome(&figures), figures.data_centre);
    let not = if figures.data_centre { "" } else { "not " };
    (other != case.class.class).then(|| format!("{other} if it were {not}designed or marketed for data centres"))
}

/// A party seated where the headquarters rule looks, where none is known to be.
fn parties(case: &Case<'_>, question: &Question, verdict: &Verdict) -> Option<String> {
    let to = question.to?;
    let rows = case.catalog.tables().destination.iter();
    let row = rows
        .filter(|row| row.headquarters && *row.class == *case.class.paragraph())
        .find(|row| Validity { from: row.from, to: row.to }.holds_on(case.day))?;
    let members = case.catalog.group_members(&row.set, case.day)?;
    if to.as_str() == "US" || case.seats.iter().any(|seat| members.contains(seat)) {
        return None;
    }
    let seat = members.iter().find(|country| country.as_str() == "CN").or_else(|| members.iter().next())?;
    let other = with_party(question, *seat);
    let changed = judge(case.catalog, case.subject, &other, &seats(&other), case.day);
    let policy = |verdict: &Verdict| verdict.policy.as_ref().map(|policy| policy.policy.clone());
    if (changed.answer, policy(&changed)) == (verdict.answer, policy(verdict)) {
        return None;
    }
    let then = policy(&changed).map_or_else(String::new, |policy| format!("; {policy}"));
    Some(format!(
        "{}{then} if a party or its ultimate parent is headquartered in D:5 or Macau ({})",
        changed.answer.words(),
        past::on_day(&row.citation, case.day)
    ))
}

fn with_party(question: &Question, country: CountryCode) -> Question {
    let seat = SeatFact { country, why: String::new(), verification: Verification::Recalled };
    let party = PartyFacts { role: "a party".to_owned(), seats: vec![seat], ..PartyFacts::default() };
    let mut other = question.clone();
    other.parties.push(party);
    other
}

/// Bounds of policies with another review that the product misses or keeps.
fn limits(case: &Case<'_>, verdict: &Verdict) -> Vec<String> {
    let Some(policy) = &verdict.policy else { return Vec::new() };
    let facts = case.facts();
    let holds = |from, to| Validity { from, to }.holds_on(case.day);
    let mut all = Vec::new();
    for row in case.catalog.tables().licence_policy.iter().filter(|row| holds(row.from, row.to)) {
        let mut plain = row.when.clone();
        let bounds = [
            ("TPP", plain.below_tpp.take(), Input::Rates),
            ("memory bandwidth", plain.below_bandwidth.take(), Input::Bandwidth),
        ];
        if bounds.iter().all(|(_, bound, _)| bound.is_none()) || facts.fit(&plain) == super::fit::Fit::No {
            continue;
        }
        let words: Vec<String> = bounds
            .iter()
            .filter_map(|(name, bound, input)| {
                let unit = if *input == Input::Bandwidth { " GB/s" } else { "" };
                let own = case.subject.figures.get(*input).map_or_else(|| "not known".to_owned(), figure);
                bound.map(|bound| format!("{name} below {}{unit} (it is {own})", figure(bound)))
            })
            .collect();
        if *row.id == *policy.id {
            all.push(format!("another review unless {} stay so", words.join(" and ")));
        } else {
            all.push(format!("{} for {} ({})", row.policy, words.join(" and "), past::on_day(&row.citation, case.day)));
        }
    }
    all
}

/// The nearest days, earlier and later, on which the rows give another answer.
fn days(case: &Case<'_>, question: &Question) -> Vec<String> {
    let mut law = question.clone();
    // entries of lists and shares are known for the day that was asked for only
    for party in &mut law.parties {
        party.listed.clear();
        party.owned.clear();
    }
    let says = |day| {
        let other = judge(case.catalog, case.subject, &law, case.seats, day);
        (other.class.class, other.answer, other.policy.map(|policy| policy.policy))
    };
    let now = says(case.day);
    let words = |(class, answer, policy): &(String, Answer, Option<String>)| {
        let policy = policy.as_ref().map_or_else(String::new, |policy| format!("; {policy}"));
        let answer = if *answer == Answer::ClassOnly { String::new() } else { format!(", {}", answer.words()) };
        format!("{class}{answer}{policy}")
    };
    let bounds = turns(case.catalog);
    let mut all = Vec::new();
    for day in bounds.range(..=case.day).rev() {
        let Some(before) = day.day_before() else { break };
        if Law::on(case.catalog, before).is_silent() {
            all.push(format!("before {day}: the rows hold no clauses"));
            break;
        }
        let other = says(before);
        if other != now {
            all.push(format!("before {day}: {}", words(&other)));
            break;
        }
    }
    for day in bounds.range(case.day..).filter(|day| **day > case.day) {
        let other = says(*day);
        if other != now {
            all.push(format!("from {day}, by the rows: {}", words(&other)));
            break;
        }
    }
    all
}

/// Days on which a row of the law begins, or is over for the first time.
fn turns(catalog: &Catalog) -> BTreeSet<Date> {
    let tables = catalog.tables();
    let mut days = BTreeSet::new();
    let mut add = |from: Option<Date>, to: Option<Date>| {
        days.extend(from);
        days.extend(to.map(|to| to.days_later(1)));
    };
    tables.classification.iter().for_each(|row| add(row.from, row.to));
    tables.derived_group.iter().for_each(|row| add(row.from, row.to));
    tables.licence_policy.iter().for_each(|row| add(row.from, row.to));
    tables.guidance.iter().for_each(|row| add(row.from, row.to));
    tables.group.iter().filter(|row| &*row.kind == "ear-group").for_each(|row| add(row.from, row.to));
    for row in &tables.destination {
        add(row.from, row.to);
        row.enforcement.iter().for_each(|period| add(period.from, period.to));
    }
    days
}
