//! How an application would be reviewed, and which exceptions may apply.

use super::answer::Answer;
use super::fit::Fit;
use super::past;
use super::rows::{ExceptionRow, PolicyRow, StepRow};
use super::steps::Case;
use crate::catalog::rows::{LicenceException, LicencePolicy};
use crate::model::Validity;

/// The policy that speaks: of those that fit the one with the lowest rank.
pub(super) fn policy(case: &Case<'_>) -> Option<PolicyRow> {
    let facts = case.facts();
    let rows = case.catalog.tables().licence_policy.iter();
    let holds = |row: &&LicencePolicy| Validity { from: row.from, to: row.to }.holds_on(case.day);
    let fitting = rows.filter(holds).map(|row| (row, facts.fit(&row.when))).filter(|(_, fit)| *fit != Fit::No);
    let (row, fit) = fitting.min_by_key(|(row, _)| row.rank)?;
    Some(PolicyRow {
        id: row.id.to_string(),
        policy: row.policy.to_string(),
        conditions: row.conditions.iter().map(ToString::to_string).collect(),
        open: if let Fit::Open(input) = fit { Some(input.as_str().to_owned()) } else { None },
        citation: row.citation.to_string(),
        verification: row.verification.as_str().to_owned(),
        review_by: row.review_by.to_string(),
    })
}

/// Exceptions that may apply to a product for which a licence is required.
pub(super) fn exceptions(case: &Case<'_>, steps: &[StepRow]) -> Vec<ExceptionRow> {
    let needs = |about: &[&str]| {
        let asked = |step: &&StepRow| step.result >= Answer::LicenceRequired && about.contains(&&*step.about);
        steps.iter().any(|step| asked(&step))
    };
    if !needs(&["destination", "headquarters"]) {
        return Vec::new();
    }
    // an embargo or a list leaves none of these exceptions
    let falls_away = needs(&["embargo", "party"]);
    let facts = case.facts();
    let rows = case.catalog.tables().licence_exception.iter();
    rows.filter(|row| Validity { from: row.from, to: row.to }.holds_on(case.day))
        .filter_map(|row| {
            let fit = facts.fit(&row.when);
            (fit != Fit::No).then(|| {
                let seated = needs(&["headquarters"]) && is_carve_out(row);
                let lost = match () {
                    () if falls_away => Some("falls away: an embargo or an entry of a list leaves no exception"),
                    () if seated => Some("falls away: the seat of a party or of its last owner asks for a licence"),
                    () => is_of_others(case, row).then_some("does not apply: the party is none of those that it names"),
                };
                exception(case, row, fit, lost)
            })
        })
        .collect()
}

/// True for what frees a place only, and looks at no seat itself.
fn is_carve_out(row: &LicenceException) -> bool {
    !row.when.to.is_empty() && row.when.reaches.is_empty() && row.when.not_reaches.is_empty()
}

/// True when all parties are known organisations and none of them is one that the exception names.
fn is_of_others(case: &Case<'_>, row: &LicenceException) -> bool {
    let is_named = |id: &String| row.parties.iter().any(|party| **party == **id);
    let is_other = |party: &super::party::PartyFacts| !party.group.is_empty() && !party.group.iter().any(is_named);
    !row.parties.is_empty() && !case.parties.is_empty() && case.parties.iter().all(is_other)
}

fn exception(case: &Case<'_>, row: &LicenceException, fit: Fit, lost: Option<&str>) -> ExceptionRow {
    let is_named = |id: &String| row.parties.iter().any(|party| **party == **id);
    let holds = case.parties.iter().any(|party| party.group.iter().any(is_named));
    let state = match fit {
        _ if !row.enforced => "codified, not enforced".to_owned(),
        _ if lost.is_some() => lost.unwrap_or_default().to_owned(),
        _ if holds => "applies to this party".to_owned(),
        Fit::Open(input) => format!("may apply, depending on the {}", input.as_str()),
        _ => "may apply".to_owned(),
    };
    let mut conditions: Vec<String> = row.conditions.iter().map(ToString::to_string).collect();
    if let (Some(allowance), Some(tpp)) = (row.tpp_a_year, case.subject.figures.tpp().filter(|tpp| *tpp > 0.0)) {
        let units = (allowance / tpp).floor();
        conditions.insert(0, format!("at most {allowance} TPP a year and consignee: {units} of this product"));
    }
    ExceptionRow {
        id: row.id.to_string(),
        name: row.name.to_string(),
        state,
        conditions,
        citation: past::on_day(&row.citation, case.day),
        verification: row.verification.as_str().to_owned(),
        review_by: row.review_by.to_string(),
    }
}
