//! The gate: which findings fail a build, after waivers and baseline.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::condition::Condition;
use super::decided::Decided;
use crate::catalog::tables::nearest;
use crate::model::{Date, Finding, Fingerprint, Severity, component_name};

/// An accepted finding.
#[derive(Clone, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Waiver {
    /// Fingerprint of the finding; or `rule`, with `subject` where only one component is meant.
    #[serde(default)]
    pub fingerprint: Option<String>,
    /// Rule id.
    #[serde(default)]
    pub rule: Option<String>,
    /// Component id or the name that reports show, or a glob over these.
    #[serde(default)]
    pub subject: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Last day it holds; mandatory.
    pub expires: Date,
}

/// What became of a waiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaiverState {
    /// It accepts at least one finding.
    Used,
    /// It accepts nothing any more.
    Unused,
    /// Its day has passed: it accepts nothing, and fails the gate when findings stand behind it.
    Expired,
}

/// The decision.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    /// What was asked: categories and severities.
    pub fail_on: Vec<String>,
    /// Findings that fail it, by fingerprint, with the reason.
    pub failing: BTreeMap<Fingerprint, String>,
    /// Findings accepted by a waiver, by fingerprint, with the waiver's position.
    pub waived: BTreeMap<Fingerprint, usize>,
    /// Findings that analysts decided to be of no consequence, with the decisions.
    pub decided: BTreeMap<Fingerprint, String>,
    /// Decisions that hold no longer or speak of nothing here.
    pub decision_notes: Vec<String>,
    /// Findings known from the baseline.
    pub baseline: BTreeSet<Fingerprint>,
    /// Findings that meet `fail_on` and rest on facts too weak to fail a build, by severity.
    pub too_weak: BTreeMap<Severity, usize>,
    /// State of every waiver, by position.
    pub waivers: Vec<WaiverState>,
}

impl Gate {
    /// True when the build may go on.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failing.is_empty()
    }
}

/// Decides. A finding that rests on weak facts never fails; it is shown all the same.
#[must_use]
pub fn decide(
    findings: &[Finding],
    fail_on: &[Condition],
    waivers: &[Waiver],
    baseline: &BTreeSet<Fingerprint>,
    decided: Decided,
    as_of: Date,
) -> Gate {
    let mut gate = Gate {
        fail_on: fail_on.iter().map(ToString::to_string).collect(),
        waivers: vec![WaiverState::Unused; waivers.len()],
        decided: decided.findings,
        decision_notes: decided.notes,
        ..Gate::default()
    };
    let globs: Vec<Option<globset::GlobMatcher>> = waivers
        .iter()
        .map(|waiver| {
            waiver
                .subject
                .as_deref()
                .and_then(|subject| globset::Glob::new(subject).ok())
                .map(|glob| glob.compile_matcher())
        })
        .collect();
    for finding in findings {
        if gate.decided.contains_key(&finding.fingerprint) {
            continue;
        }
        let mut expired = false;
        let mut accepted = None;
        for (at, waiver) in waivers.iter().enumerate() {
            if !covers(waiver, globs[at].as_ref(), finding) {
                continue;
            }
            if waiver.expires < as_of {
                gate.waivers[at] = WaiverState::Expired;
                expired = true;
            } else {
                gate.waivers[at] = WaiverState::Used;
                accepted = accepted.or(Some(at));
            }
        }
        if let Some(at) = accepted {
            gate.waived.insert(finding.fingerprint, at);
            continue;
        }
        if baseline.contains(&finding.fingerprint) {
            gate.baseline.insert(finding.fingerprint);
            if !expired {
                continue;
            }
        }
        let met = fail_on.iter().find(|word| word.meets(finding));
        match met {
            // an expired waiver fails for what still stands behind it, whatever else was asked
            _ if expired => {
                gate.failing.insert(finding.fingerprint, "its waiver has expired".to_owned());
            }
            Some(word) if finding.may_gate => {
                gate.failing.insert(finding.fingerprint, format!("--fail-on {word}"));
            }
            Some(_) => *gate.too_weak.entry(finding.severity).or_default() += 1,
            None => {}
        }
    }
    for (at, waiver) in waivers.iter().enumerate() {
        if waiver.expires < as_of && gate.waivers[at] == WaiverState::Unused {
            gate.waivers[at] = WaiverState::Expired;
        }
    }
    gate
}

fn covers(waiver: &Waiver, glob: Option<&globset::GlobMatcher>, finding: &Finding) -> bool {
    if let Some(fingerprint) = &waiver.fingerprint {
        return Fingerprint::parse(fingerprint) == Some(finding.fingerprint);
    }
    let rule = waiver.rule.as_deref().is_some_and(|rule| rule == &*finding.rule);
    let subject = waiver.subject.as_deref().is_none_or(|subject| {
        let is_meant = |id: &str, label: &str| {
            let names = [id, label, component_name(label)];
            names.contains(&subject) || glob.is_some_and(|glob| names.iter().any(|name| glob.is_match(name)))
        };
        if finding.members.is_empty() {
            is_meant(finding.subject.as_str(), label(finding))
        } else {
            // a finding about several is accepted when every one of them is
            finding.members.iter().all(|member| is_meant(member.component.as_str(), &member.label))
        }
    });
    rule && subject
}

/// The name of the subject that reports show.
fn label(finding: &Finding) -> &str {
    let step = finding.witness.iter().find(|step| step.component == finding.subject);
    step.map_or(finding.subject.rest(), |step| &step.label)
}

/// Checks what cannot be right about waivers before anything is scanned.
///
/// # Errors
/// The first waiver that could never accept anything, by position, with its wrong key and one sentence.
pub fn check(waivers: &[Waiver], rules: &[&str]) -> Result<(), (usize, &'static str, String)> {
    for (at, waiver) in waivers.iter().enumerate() {
        if let Some(text) = waiver.fingerprint.as_deref().filter(|text| Fingerprint::parse(text).is_none()) {
            let message = format!("`{text}` is no fingerprint; copy the 32 digits from a report");
            return Err((at, "fingerprint", message));
        }
        if let Some(rule) = waiver.rule.as_deref().filter(|rule| !rules.contains(rule)) {
            let near = nearest(rule, &rules.iter().copied().collect())
                .map_or_else(|| "`sovaudit rules list` shows all".to_owned(), |near| format!("did you mean `{near}`?"));
            return Err((at, "rule", format!("there is no rule `{rule}`; {near}")));
        }
        if let Some(Err(error)) = waiver.subject.as_deref().map(globset::Glob::new) {
            return Err((at, "subject", format!("the subject is no glob: {error}")));
        }
    }
    Ok(())
}
