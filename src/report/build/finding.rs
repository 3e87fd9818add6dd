//! Findings as rows.

use super::Sources;
use crate::model::{Finding, ListedAs, Member, Place, Step};
use crate::report::model::{FindingRow, ListedRow, MemberRow, PlaceRow, StepRow};
use crate::rules::gate::Standing;

pub(super) fn finding_row(sources: &Sources<'_>, finding: &Finding) -> FindingRow {
    let gate = sources.gate;
    let (state, reason) = if let Some(word) = gate.failing.get(&finding.fingerprint) {
        ("failing", Some(word.clone()))
    } else if let Some(at) = gate.waived.get(&finding.fingerprint) {
        (
            "waived",
            sources
                .waivers
                .get(*at)
                .map(|waiver| format!("{} until {} ({})", waiver.owner, waiver.expires, waiver.reason)),
        )
    } else if let Some(words) = gate.decided.get(&finding.fingerprint) {
        ("decided", Some(words.clone()))
    } else if gate.baseline.contains(&finding.fingerprint) {
        ("baseline", None)
    } else if gate.weak.contains(&finding.fingerprint) {
        ("too-weak", None)
    } else {
        ("open", None)
    };
    let stands = gate.members.get(&finding.fingerprint);
    let state_of = |at: usize| match stands.and_then(|stands| stands.get(at)) {
        Some(Standing::Waived(_)) => "waived",
        Some(Standing::Known) => "baseline",
        Some(Standing::Open | Standing::Expired | Standing::Outgrown(_)) | None => "open",
    };
    let subject_kind = sources.graph.find(&finding.subject).map_or("", |node| sources.graph.node(node).kind.as_str());
    let row = FindingRow {
        fingerprint: finding.fingerprint.to_string(),
        rule: finding.rule.to_string(),
        category: finding.category.to_string(),
        words: finding.words.iter().map(ToString::to_string).collect(),
        direct: finding.direct,
        severity: finding.severity.as_str().to_owned(),
        confidence: finding.confidence.as_str().to_owned(),
        subject: finding.subject.to_string(),
        subject_kind: subject_kind.to_owned(),
        message: finding.message.clone(),
        horizon: finding.horizon.map(|horizon| horizon.as_str().to_owned()),
        primary: place_row(&finding.primary),
        members: finding.members.iter().enumerate().map(|(at, member)| member_row(member, state_of(at))).collect(),
        related: finding.related.iter().map(place_row).collect(),
        witness: finding.witness.iter().map(step_row).collect(),
        listed: finding.listed.iter().map(listed_row).collect(),
        citations: finding.citations.iter().map(|citation| citation.title.to_string()).collect(),
        effective_from: finding.effective.from.map(|date| date.to_string()),
        effective_to: finding.effective.to.map(|date| date.to_string()),
        verification: finding.verification.as_str().to_owned(),
        remedy: finding.remedy.text.clone(),
        alternatives: finding.remedy.alternatives.clone(),
        notes: finding.notes.clone(),
        may_gate: finding.may_gate,
        state: state.to_owned(),
        state_reason: reason,
    };
    let is_left = |at: &usize| state_of(*at) == "open";
    match (0..finding.members.len()).find(is_left) {
        Some(first) if (0..finding.members.len()).any(|at| !is_left(&at)) => {
            let left: Vec<&Member> =
                (first..finding.members.len()).filter(is_left).map(|at| &finding.members[at]).collect();
            speaking_of(row, &left, sources)
        }
        _ => row,
    }
}

/// Other places that a finding about some of its components shows.
const RELATED: usize = 20;

/// The finding as it speaks of the components that are not accepted, where others are.
fn speaking_of(row: FindingRow, left: &[&Member], sources: &Sources<'_>) -> FindingRow {
    let (member, all) = (left[0], row.members.len());
    let message = format!("{} of {all} components are not accepted; the first: {}", left.len(), member.message());
    let places = left.iter().skip(1).filter_map(|member| member.seen.as_ref());
    let related: Vec<PlaceRow> = places.take(RELATED).map(|seen| place_row(&seen.place())).collect();
    if *row.subject == *member.component.as_str() {
        return FindingRow { message, related, ..row };
    }
    let place = member.seen.as_ref().map(|seen| place_row(&seen.place()));
    let kind = sources.graph.find(&member.component).map_or("", |node| sources.graph.node(node).kind.as_str());
    FindingRow {
        subject: member.component.to_string(),
        subject_kind: kind.to_owned(),
        message,
        related,
        primary: place.clone().unwrap_or(row.primary),
        witness: vec![StepRow {
            relation: None,
            component: member.component.to_string(),
            label: member.label().into_owned(),
            place,
            entry: None,
            verification: None,
        }],
        ..row
    }
}

fn step_row(step: &Step) -> StepRow {
    StepRow {
        relation: step.relation.map(|kind| kind.as_str().to_owned()),
        component: step.component.to_string(),
        label: step.label.to_string(),
        place: step.place.as_ref().map(place_row),
        entry: step.entry.as_ref().map(ToString::to_string),
        verification: step.verification.map(|mark| mark.as_str().to_owned()),
    }
}

fn listed_row(listed: &ListedAs) -> ListedRow {
    ListedRow {
        about: listed.about.to_string(),
        kind: listed.kind.to_string(),
        country: listed.country.map(|country| country.to_string()),
        keys: listed.keys.clone(),
        consequence: listed.consequence.to_string(),
        id: listed.id.to_string(),
        party: listed.party.to_string(),
        list: listed.list.to_string(),
        entry: listed.entry.as_ref().map(ToString::to_string),
        dates: listed.dates.clone(),
        citation: listed.citation.as_ref().map(ToString::to_string),
        digest: crate::text::hex(&listed.digest),
    }
}

fn member_row(member: &Member, state: &'static str) -> MemberRow {
    MemberRow { member: member.clone(), state }
}

pub(super) fn place_row(place: &Place) -> PlaceRow {
    PlaceRow::from(place)
}
