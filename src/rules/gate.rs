//! The gate: which findings fail a build, after waivers and baseline.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::condition::Condition;
use super::decided::Decided;
use crate::catalog::tables::nearest;
use crate::model::{ComponentId, Date, Finding, Fingerprint, Member, Severity, component_name};

/// An accepted finding.
#[derive(Clone, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Waiver {
    /// Fingerprint of the finding, or `rule`; with `subject` where only one component is meant.
    #[serde(default)]
    pub fingerprint: Option<String>,
    /// Rule id.
    #[serde(default)]
    pub rule: Option<String>,
    /// Component id or the name that reports show, or a glob over these. Of a finding about several components it
    /// accepts those that it names.
    #[serde(default)]
    pub subject: Option<String>,
    /// Lists on which the party was when it was accepted. A finding that rests on entries of lists is accepted only where
    /// all of them stand here: that it comes onto another list was not accepted.
    #[serde(default)]
    pub lists: Vec<String>,
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
    /// It would accept a finding that rests on a list which it does not name.
    Outgrown,
    /// Its day has passed: it accepts nothing, and fails the gate when findings stand behind it.
    Expired,
}

/// The decision.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    /// What was asked: categories and severities.
    pub fail_on: Vec<Condition>,
    /// Findings that fail it, by fingerprint, with the reason.
    pub failing: BTreeMap<Fingerprint, String>,
    /// Findings accepted by a waiver, by fingerprint, with the waiver's position.
    pub waived: BTreeMap<Fingerprint, usize>,
    /// Findings that analysts decided to be of no consequence, with the decisions.
    pub decided: BTreeMap<Fingerprint, String>,
    /// Findings whose party analysts confirmed, with the words that mean them now.
    pub confirmed: BTreeMap<Fingerprint, BTreeSet<&'static str>>,
    /// Decisions that hold no longer or speak of nothing here.
    pub decision_notes: Vec<String>,
    /// Findings known from the baseline.
    pub baseline: BTreeSet<Fingerprint>,
    /// Of findings about several components, how each of these stands, in the finding's order.
    pub members: BTreeMap<Fingerprint, Vec<Standing>>,
    /// Findings that meet `fail_on` and rest on facts too weak to fail a build, by severity.
    pub too_weak: BTreeMap<Severity, usize>,
    /// These findings.
    pub weak: BTreeSet<Fingerprint>,
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

/// How one component of a finding stands at the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing accepts it.
    Open,
    /// What accepted it has expired.
    Expired,
    /// The waiver at this position was given before the party was on a list that it is on now.
    Outgrown(usize),
    /// The waiver at this position accepts it.
    Waived(usize),
    /// The baseline knows it.
    Known,
}

/// Findings of an earlier report: by fingerprint the components that each was about.
#[derive(Clone, Debug, Default)]
pub struct Baseline(BTreeMap<Fingerprint, BTreeSet<String>>, BTreeMap<Fingerprint, BTreeSet<String>>);

impl Baseline {
    /// Adds that a finding was about a component.
    pub fn add(&mut self, finding: Fingerprint, component: &str) {
        self.0.entry(finding).or_default().insert(component.to_owned());
    }

    /// Adds that a finding rested on an entry of a list.
    pub fn add_entry(&mut self, finding: Fingerprint, list: &str) {
        self.1.entry(finding).or_default().insert(list.to_owned());
    }

    /// The components that the report knows of a finding; none when it rests on a list on which it was not then.
    fn of(&self, finding: &Finding) -> Option<&BTreeSet<String>> {
        let then = self.1.get(&finding.fingerprint);
        let is_new = |list: &str| then.is_some_and(|lists| !lists.contains(list));
        self.0.get(&finding.fingerprint).filter(|_| !finding.listed.iter().any(|entry| is_new(&entry.list)))
    }
}

/// Decides. A finding that rests on weak facts never fails; it is shown all the same.
#[must_use]
pub fn decide(
    findings: &[Finding],
    fail_on: &[Condition],
    waivers: &[Waiver],
    baseline: &Baseline,
    decided: Decided,
    as_of: Date,
) -> Gate {
    let mut gate = Gate {
        fail_on: fail_on.to_vec(),
        waivers: vec![WaiverState::Unused; waivers.len()],
        decided: decided.findings,
        confirmed: decided.confirmed,
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
        let of_finding: Vec<(usize, &Waiver)> =
            waivers.iter().enumerate().filter(|(_, waiver)| speaks_of(waiver, finding)).collect();
        let known = baseline.of(finding);
        let parts = parts(finding);
        let stands: Vec<Standing> = parts
            .iter()
            .map(|part| {
                let here = of_finding.iter().filter(|(at, waiver)| names(waiver, globs[*at].as_ref(), *part));
                let (past, here): (Vec<_>, Vec<_>) = here.partition(|(_, waiver)| waiver.expires < as_of);
                past.iter().for_each(|(at, _)| gate.waivers[*at] = WaiverState::Expired);
                let (valid, outgrown): (Vec<_>, Vec<_>) =
                    here.into_iter().partition(|(_, waiver)| unnamed(waiver, finding).is_empty());
                for (at, _) in &outgrown {
                    if gate.waivers[*at] == WaiverState::Unused {
                        gate.waivers[*at] = WaiverState::Outgrown;
                    }
                }
                valid.iter().for_each(|(at, _)| gate.waivers[*at] = WaiverState::Used);
                match (valid.first(), past.is_empty()) {
                    (Some((at, _)), _) => Standing::Waived(*at),
                    // an expired waiver fails for what still stands behind it, whatever else was asked
                    (None, false) => Standing::Expired,
                    (None, true) if known.is_some_and(|known| known.contains(part.id().as_str())) => Standing::Known,
                    (None, true) => outgrown.first().map_or(Standing::Open, |(at, _)| Standing::Outgrown(*at)),
                }
            })
            .collect();
        if !gate.decided.contains_key(&finding.fingerprint) {
            decide_one(finding, &parts, &stands, waivers, known.is_some(), &mut gate);
        }
        if !finding.members.is_empty() {
            gate.members.insert(finding.fingerprint, stands);
        }
    }
    for (at, waiver) in waivers.iter().enumerate() {
        if waiver.expires < as_of && gate.waivers[at] == WaiverState::Unused {
            gate.waivers[at] = WaiverState::Expired;
        }
    }
    gate
}

/// A component that a finding is about.
#[derive(Clone, Copy)]
enum Part<'f> {
    Subject(&'f Finding),
    Member(&'f Member),
}

impl<'f> Part<'f> {
    fn id(self) -> &'f ComponentId {
        match self {
            Self::Subject(finding) => &finding.subject,
            Self::Member(member) => &member.component,
        }
    }

    /// The name that reports show.
    fn label(self) -> Cow<'f, str> {
        match self {
            Self::Subject(finding) => Cow::Borrowed(label(finding)),
            Self::Member(member) => member.label(),
        }
    }
}

/// The components that a finding is about.
fn parts(finding: &Finding) -> Vec<Part<'_>> {
    if finding.members.is_empty() {
        vec![Part::Subject(finding)]
    } else {
        finding.members.iter().map(Part::Member).collect()
    }
}

/// What becomes of a finding whose components stand as they do: it is accepted or known when all of them are.
fn decide_one(
    finding: &Finding,
    parts: &[Part<'_>],
    stands: &[Standing],
    waivers: &[Waiver],
    in_baseline: bool,
    gate: &mut Gate,
) {
    let is_left = |standing: &Standing| matches!(standing, Standing::Open | Standing::Expired | Standing::Outgrown(_));
    if !stands.iter().any(is_left) {
        match stands.first() {
            Some(Standing::Waived(at)) if !stands.contains(&Standing::Known) => {
                gate.waived.insert(finding.fingerprint, *at);
            }
            _ => {
                gate.baseline.insert(finding.fingerprint);
            }
        }
        return;
    }
    let left = parts.iter().zip(stands).filter(|(_, stands)| is_left(stands)).map(|(part, _)| *part);
    let left: Vec<Part<'_>> = left.collect();
    let names = || some_of(&left, |part| component_name(&part.label()).to_owned());
    let confirmed = gate.confirmed.get(&finding.fingerprint);
    let is_expired = stands.contains(&Standing::Expired);
    let reason = if is_expired && (finding.may_gate || confirmed.is_some()) {
        "its waiver has expired".to_owned()
    } else {
        let is_asked = |word: &&Condition| word.meets(finding) || confirmed.is_some_and(|words| word.is_among(words));
        let Some(word) = gate.fail_on.iter().find(is_asked) else { return };
        if !finding.may_gate && confirmed.is_none() {
            *gate.too_weak.entry(finding.severity).or_default() += 1;
            gate.weak.insert(finding.fingerprint);
            return;
        }
        let outgrown = stands.iter().find_map(|standing| match standing {
            Standing::Outgrown(at) => Some(unnamed(&waivers[*at], finding)),
            _ => None,
        });
        let outgrown = outgrown.map_or_else(String::new, |lists| {
            format!("; its waiver does not name in `lists`: {}", some_of(&lists, |list| (*list).to_owned()))
        });
        format!("--fail-on {word}{outgrown}")
    };
    let reason = match (in_baseline, left.len() < parts.len()) {
        (true, _) if !stands.contains(&Standing::Expired) => {
            format!("{reason}: not in the baseline: {}", names())
        }
        (_, true) => format!("{reason}: not accepted: {}", names()),
        _ => reason,
    };
    gate.failing.insert(finding.fingerprint, reason);
}

/// The first few of several names as they are shown, and how many more there are.
fn some_of<T>(names: &[T], shown: impl Fn(&T) -> String) -> String {
    const NAMED: usize = 5;
    let shown = names.iter().take(NAMED).map(shown).collect::<Vec<_>>().join(", ");
    if names.len() > NAMED { format!("{shown} and {} more", names.len() - NAMED) } else { shown }
}

/// True when the waiver is about this finding, or about some of its components.
fn speaks_of(waiver: &Waiver, finding: &Finding) -> bool {
    match &waiver.fingerprint {
        Some(fingerprint) => Fingerprint::parse(fingerprint) == Some(finding.fingerprint),
        None => waiver.rule.as_deref() == Some(&*finding.rule),
    }
}

/// Lists that a finding rests on and that the waiver does not name.
fn unnamed<'f>(waiver: &Waiver, finding: &'f Finding) -> Vec<&'f str> {
    let lists: BTreeSet<&str> = finding.listed.iter().map(|entry| &*entry.list).collect();
    lists.into_iter().filter(|list| waiver.lists.iter().all(|named| named != list)).collect()
}

/// True when the waiver means a component, by its id or by the name that reports show.
fn names(waiver: &Waiver, glob: Option<&globset::GlobMatcher>, part: Part<'_>) -> bool {
    waiver.subject.as_deref().is_none_or(|subject| {
        let label = part.label();
        let names = [part.id().as_str(), &label, component_name(&label)];
        names.contains(&subject) || glob.is_some_and(|glob| names.iter().any(|name| glob.is_match(name)))
    })
}

/// The name of the subject that reports show.
fn label(finding: &Finding) -> &str {
    let step = finding.witness.iter().find(|step| step.component == finding.subject);
    step.map_or(finding.subject.rest(), |step| &step.label)
}

/// Days for which a waiver may accept a finding about a listed party: what is decided about one is looked at every year.
const LISTED_DAYS: u32 = 366;

/// Checks how long waivers accept findings about listed parties, from a day on.
///
/// # Errors
/// The first waiver that does so for too long, by position, with its wrong key and one sentence.
pub fn check_terms(waivers: &[Waiver], findings: &[Finding], from: Date) -> Result<(), (usize, &'static str, String)> {
    for (at, waiver) in waivers.iter().enumerate() {
        if from.days_until(waiver.expires) <= i64::from(LISTED_DAYS) {
            continue;
        }
        let glob = waiver.subject.as_deref().and_then(|subject| globset::Glob::new(subject).ok());
        let glob = glob.map(|glob| glob.compile_matcher());
        let is_meant = |finding: &&Finding| {
            let mut parts = parts(finding).into_iter();
            let is_about = !finding.listed.is_empty() && speaks_of(waiver, finding);
            is_about && parts.any(|part| names(waiver, glob.as_ref(), part))
        };
        if let Some(finding) = findings.iter().find(is_meant) {
            let message = format!(
                "a waiver for a finding about a listed party ({}: {}) holds for {LISTED_DAYS} days at most, until {}",
                finding.rule,
                component_name(label(finding)),
                from.days_later(LISTED_DAYS)
            );
            return Err((at, "expires", message));
        }
    }
    Ok(())
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
