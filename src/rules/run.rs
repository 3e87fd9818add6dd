//! Rules × graph → findings.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::draft::{Hit, finish, is_direct, is_well_known, places_of};
use super::file::{Kind, Rule};
use super::kind;
use super::profile::Profile;
use crate::catalog::Catalog;
use crate::graph::{Graph, Roots};
use crate::model::{Date, Finding, Member};
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
}

/// What the rules said.
#[derive(Debug, Default)]
pub struct Judgement {
    /// Worst first, then by rule, subject and fingerprint.
    pub findings: Vec<Finding>,
    /// How many components a rule could not decide about, by rule, with the reason.
    pub undecided: BTreeMap<String, BTreeMap<String, usize>>,
}

/// Where a rule kind writes.
#[derive(Default)]
pub struct Hits {
    /// What it found.
    pub hits: Vec<Hit>,
    /// Reasons why it could not decide, with counts.
    pub undecided: BTreeMap<String, usize>,
}

impl Hits {
    /// Counts a component that could not be decided about.
    pub fn undecided(&mut self, reason: &str) {
        *self.undecided.entry(reason.to_owned()).or_default() += 1;
    }
}

/// Judges with every rule that speaks to the profile on the day.
#[must_use]
pub fn judge(view: &View<'_>, rules: &[Rule]) -> Judgement {
    let mut judgement = Judgement::default();
    let for_us = |rule: &&Rule| {
        (rule.profiles.is_empty() || rule.profiles.contains(&view.profile.file.id))
            && rule.effective.holds_on(view.as_of)
    };
    let rules: Vec<&Rule> = rules.iter().filter(for_us).collect();
    // every rule by itself, put together in the order of the rules
    let judged: Vec<_> = rules.par_iter().map(|rule| judge_by(view, rule)).collect();
    for (rule, (findings, undecided)) in rules.iter().zip(judged) {
        if !undecided.is_empty() {
            judgement.undecided.insert(rule.id.clone(), undecided);
        }
        judgement.findings.extend(findings);
    }
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

/// What one rule finds, and the reasons why it could not decide, with counts.
fn judge_by(view: &View<'_>, rule: &Rule) -> (Vec<Finding>, BTreeMap<String, usize>) {
    let mut out = Hits::default();
    match rule.kind {
        Kind::Match => kind::matching::evaluate(view, rule, &mut out),
        Kind::Reach => kind::reach::evaluate(view, rule, &mut out),
        Kind::Listed => kind::listed::evaluate(view, rule, &mut out),
        Kind::Owned => kind::owned::evaluate(view, rule, &mut out),
        Kind::ExportClass => kind::export_class::evaluate(view, rule, &mut out),
        Kind::Concentration => kind::concentration::evaluate(view, rule, &mut out),
        Kind::Missing => kind::missing::evaluate(view, rule, &mut out),
        Kind::Single => kind::single::evaluate(view, rule, &mut out),
        Kind::Screened => kind::screened::evaluate(view, rule, &mut out),
        Kind::Noticed => kind::noticed::evaluate(view, rule, &mut out),
    }
    let hits = if rule.aggregate { aggregate(view, out.hits) } else { out.hits };
    (hits.into_iter().filter_map(|hit| finish(view, rule, hit)).collect(), out.undecided)
}

/// One hit for all of a rule: the first speaks, every component is told with its own sentence.
fn aggregate(view: &View<'_>, hits: Vec<Hit>) -> Vec<Hit> {
    let mut members: Vec<Member> = hits.iter().map(|hit| member(view, hit)).collect();
    // a component that several parties reach is one component
    members.dedup_by(|later, earlier| later.component == earlier.component);
    // limits of the gate ask whether any of them is direct, felt soon, or known well enough
    let soonest = hits.iter().filter_map(|hit| hit.horizon).min();
    let direct = hits.iter().any(|hit| is_direct(view, hit.subject, &view.roots.path_to(hit.subject)));
    let surest = hits.iter().position(|hit| is_well_known(view, &hit.tail)).unwrap_or(0);
    let Some(mut first) = hits.into_iter().nth(surest) else { return Vec::new() };
    first.horizon = soonest;
    first.direct = Some(direct);
    if members.len() > 1 {
        first.message = format!("{} components; the first: {}", members.len(), first.message);
        first.more.extend(members.iter().skip(1).filter_map(|member| member.place.clone()).take(20));
        first.members = members;
    }
    "all".clone_into(&mut first.aspect);
    vec![first]
}

fn member(view: &View<'_>, hit: &Hit) -> Member {
    Member {
        component: view.graph.node(hit.subject).id.clone(),
        label: Arc::from(view.graph.label(hit.subject).as_str()),
        message: hit.message.clone(),
        place: places_of(view, hit).into_iter().next(),
    }
}
