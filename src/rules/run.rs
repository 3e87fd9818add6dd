//! Rules × graph → findings.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::draft::{Hit, finish, places};
use super::file::{Kind, Rule};
use super::kind;
use super::profile::Profile;
use crate::catalog::Catalog;
use crate::graph::{Graph, Roots};
use crate::model::{Date, Finding, Member};

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
    for rule in rules {
        let for_us = rule.profiles.is_empty() || rule.profiles.contains(&view.profile.file.id);
        if !for_us || !rule.effective.holds_on(view.as_of) {
            continue;
        }
        let mut out = Hits::default();
        match rule.kind {
            Kind::Match => kind::matching::evaluate(view, rule, &mut out),
            Kind::Reach => kind::reach::evaluate(view, rule, &mut out),
            Kind::Listed => kind::listed::evaluate(view, rule, &mut out),
            Kind::ExportClass => kind::export_class::evaluate(view, rule, &mut out),
            Kind::Concentration => kind::concentration::evaluate(view, rule, &mut out),
            Kind::Missing => kind::missing::evaluate(view, rule, &mut out),
        }
        if !out.undecided.is_empty() {
            judgement.undecided.insert(rule.id.clone(), out.undecided);
        }
        let hits = if rule.aggregate { aggregate(view, out.hits) } else { out.hits };
        judgement.findings.extend(hits.into_iter().filter_map(|hit| finish(view, rule, hit)));
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

/// One hit for all of a rule: the first speaks, every component is told with its own sentence.
fn aggregate(view: &View<'_>, hits: Vec<Hit>) -> Vec<Hit> {
    let members: Vec<Member> = hits.iter().map(|hit| member(view, hit)).collect();
    let Some(mut first) = hits.into_iter().next() else { return Vec::new() };
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
        place: places(view, hit.subject).into_iter().next(),
    }
}
