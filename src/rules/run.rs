//! Rules × graph → findings.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::draft::finish;
use super::file::{Kind, Rule};
use super::found::Found;
use super::kind;
use super::profile::Profile;
use crate::catalog::Catalog;
use crate::graph::{Graph, NodeId, Roots};
use crate::model::{ComponentId, Date, Finding};
use crate::screening::Screener;

/// Everything a rule may look at. Nothing else: no clock, no files.
pub struct View<'a> {
    /// The system.
    pub graph: &'a Graph<'a>,
    /// The facts.
    pub catalog: &'a Catalog,
    /// The chair we sit in.
    pub profile: &'a Profile,
    /// The day.
    pub as_of: Date,
    /// Why each component is here.
    pub roots: &'a Roots,
    /// Listed parties by name and identifier; without it nothing is screened.
    pub screener: Option<&'a Screener<'a>>,
    /// What several rules find out, once.
    pub shared: Shared,
}

/// What several rules ask of every component.
#[derive(Debug, Default)]
pub struct Shared {
    /// Components that a notice of the catalog may name, of whatever topic, in order.
    pub(super) noticed: OnceLock<Vec<NodeId>>,
}

/// What the rules said.
#[derive(Debug, Default)]
pub struct Judgement {
    /// Worst first, then by rule, subject and fingerprint.
    pub findings: Vec<Finding>,
    /// The components that a rule could not decide about, by rule, with the reason.
    pub undecided: BTreeMap<String, BTreeMap<String, Undecided>>,
}

/// Components that a rule could not decide about for one reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undecided {
    /// How many.
    pub count: usize,
    /// The first few with what they are called, where the reason speaks of single ones.
    pub first: Vec<(ComponentId, String)>,
}

/// Undecided components of one reason that are named.
const NAMED: usize = 3;

/// Where a rule kind writes.
pub struct Hits<'v> {
    /// What it found.
    pub hits: Found<'v>,
    /// Reasons why it could not decide, with counts and the first components.
    pub undecided: BTreeMap<String, (usize, Vec<NodeId>)>,
}

impl Hits<'_> {
    /// Counts a component that could not be decided about; without one what is said of all together.
    pub fn undecided(&mut self, reason: &str, about: Option<NodeId>) {
        let (count, first) = match self.undecided.get_mut(reason) {
            Some(known) => known,
            None => self.undecided.entry(reason.to_owned()).or_default(),
        };
        *count += 1;
        if first.len() < NAMED {
            first.extend(about);
        }
    }
}

/// Judges with every rule that speaks to the profile on the day.
#[must_use]
pub fn judge(view: &View<'_>, rules: &[Rule]) -> Judgement {
    let mut judgement = Judgement::default();
    // every rule speaks of components
    if view.graph.nodes().next().is_none() {
        return judgement;
    }
    let for_us = |rule: &&Rule| {
        (rule.profiles.is_empty() || rule.profiles.contains(&view.profile.file.id))
            && rule.effective.holds_on(view.as_of)
    };
    let rules: Vec<&Rule> = rules.iter().filter(for_us).collect();
    if rules.iter().any(|rule| rule.kind == Kind::Noticed) {
        kind::noticed::make_ready(view);
    }
    // every rule by itself, put together in the order of the rules
    let judged: Vec<_> = rules.par_iter().map(|rule| judge_by(view, rule)).collect();
    for (rule, (findings, undecided)) in rules.iter().zip(judged) {
        if !undecided.is_empty() {
            judgement.undecided.insert(rule.id.clone(), undecided);
        }
        judgement.findings.extend(findings);
    }
    carry(&rules, &mut judgement.findings);
    judgement.findings.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| a.rule.cmp(&b.rule))
            .then_with(|| a.subject.cmp(&b.subject))
            .then_with(|| a.fingerprint.cmp(&b.fingerprint))
    });
    judgement.findings.dedup_by(|a, b| a.fingerprint == b.fingerprint);
    judgement
}

/// One finding where two rules say of one component what comes to the same: the one that carries gets the sentence and the
/// words of the other, and the worse severity of both.
fn carry(rules: &[&Rule], findings: &mut Vec<Finding>) {
    for rule in rules.iter().filter(|rule| !rule.carried_by.is_empty()) {
        let is_carrier = |finding: &Finding| rule.carried_by.iter().any(|id| **id == *finding.rule);
        let mut carriers: BTreeMap<ComponentId, Vec<usize>> = BTreeMap::new();
        for (at, finding) in findings.iter().enumerate().filter(|(_, finding)| is_carrier(finding)) {
            carriers.entry(finding.subject.clone()).or_default().push(at);
        }
        let is_carried = |finding: &Finding| *finding.rule == *rule.id && carriers.contains_key(&finding.subject);
        let carried: Vec<Finding> = findings.iter().filter(|finding| is_carried(finding)).cloned().collect();
        for other in &carried {
            for at in carriers.get(&other.subject).into_iter().flatten() {
                let finding = &mut findings[*at];
                finding.severity = finding.severity.max(other.severity);
                finding.words.push(Arc::clone(&other.category));
                finding.words.extend(other.words.iter().cloned());
                finding.notes.insert(0, format!("and ({}): {}", other.rule, other.message));
            }
        }
        if !carried.is_empty() {
            findings.retain(|finding| *finding.rule != *rule.id || !carriers.contains_key(&finding.subject));
        }
    }
}

/// What one rule finds, and the reasons why it could not decide.
fn judge_by(view: &View<'_>, rule: &Rule) -> (Vec<Finding>, BTreeMap<String, Undecided>) {
    let mut out = Hits { hits: Found::new(view, rule), undecided: BTreeMap::new() };
    match rule.kind {
        Kind::Match => kind::matching::evaluate(view, rule, &mut out),
        Kind::Reach => kind::reach::evaluate(view, rule, &mut out),
        Kind::Listed => kind::listed::evaluate(view, rule, &mut out),
        Kind::Owned => kind::owned::evaluate(view, rule, &mut out),
        Kind::ExportClass => kind::export_class::evaluate(view, rule, &mut out),
        Kind::Fleet => kind::fleet::evaluate(view, rule, &mut out),
        Kind::Tied => kind::tied::evaluate(view, rule, &mut out),
        Kind::Concentration => kind::concentration::evaluate(view, rule, &mut out),
        Kind::Missing => kind::missing::evaluate(view, rule, &mut out),
        Kind::Single => kind::single::evaluate(view, rule, &mut out),
        Kind::Screened => kind::screened::evaluate(view, rule, &mut out),
        Kind::Disagreement => kind::disagreement::evaluate(view, rule, &mut out),
        Kind::Noticed => kind::noticed::evaluate(view, rule, &mut out),
        Kind::Stated => kind::stated::evaluate(view, rule, &mut out),
    }
    let hits = out.hits.finish();
    let undecided = out.undecided.into_iter().map(|(reason, (count, first))| {
        let named = |node| (view.graph.node(node).id.clone(), view.graph.label(node).into_owned());
        let first = first.into_iter().map(named).collect();
        (reason, Undecided { count, first })
    });
    let undecided = undecided.collect();
    (hits.into_iter().filter_map(|hit| finish(view, rule, hit)).collect(), undecided)
}
