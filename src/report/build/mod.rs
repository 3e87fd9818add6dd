//! From the evaluated system to the report's rows.

mod finding;
mod inventory;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use self::finding::finding_row;
use self::inventory::{components, observed, relations};
use super::model::{
    ControlRow, CoverageRow, DiagnosticRow, FateRow, GateRow, ListRow, NamedRow, OverrideRow, RemovedRow, Report,
    RuleRow, StepRow, SurvivalRow, UndecidedRow, WaiverRow,
};
use crate::catalog::{Catalog, Override};
use crate::graph::{Graph, Path};
use crate::model::{ComponentKind, CountryCode, Date, Evidence, Horizon, Inventory, key};
use crate::rules::gate::{Gate, Waiver, WaiverState};
use crate::rules::run::Judgement;
use crate::rules::{Profile, RuleSet, page};
use crate::score::{control_shares, country};
use crate::simulate::{Losses, Simulation};
use crate::supply::supply;

/// How many jurisdictions the survival table shows.
const SURVIVAL_ROWS: usize = 5;

/// Everything a report is made of.
pub struct Sources<'a> {
    /// Target as the user named it.
    pub target: &'a str,
    /// The options without which another command sees something else.
    pub options: String,
    /// Version of the rule set.
    pub rules_version: &'a str,
    /// Replaced entries.
    pub overrides: &'a [Override],
    /// Facts, diagnostics, coverage.
    pub inventory: &'a Inventory,
    /// Their graph.
    pub graph: &'a Graph<'a>,
    /// The facts behind.
    pub catalog: &'a Catalog,
    /// The chair.
    pub profile: &'a Profile,
    /// The day.
    pub as_of: Date,
    /// Rules, for their texts.
    pub rules: &'a RuleSet,
    /// What they said.
    pub judgement: &'a Judgement,
    /// The decision.
    pub gate: &'a Gate,
    /// Waivers of the configuration.
    pub waivers: &'a [Waiver],
    /// Lists that were asked.
    pub lists: Vec<ListRow>,
    /// Whether the report lists every component and relation, see [`super::Format::needs_inventory`].
    pub with_inventory: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Short name of the target.
    pub name: String,
    /// When the report is made, where that is to be written.
    pub created: Option<String>,
}

/// Builds the report.
#[must_use]
pub fn build(sources: &Sources<'_>) -> Report {
    let graph = sources.graph;
    let (components, relations) = match sources.with_inventory {
        true => rayon::join(|| components(sources), || relations(graph)),
        false => (Vec::new(), Vec::new()),
    };
    let ((control, coverage), (stops, findings)) = rayon::join(
        || (control(graph), coverage(sources)),
        || {
            let findings = || sources.judgement.findings.iter().map(|finding| finding_row(sources, finding)).collect();
            rayon::join(|| survival(sources), findings)
        },
    );
    Report {
        schema: "sovaudit-report/1".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        rules: sources.rules_version.to_owned(),
        overrides: sources.overrides.iter().map(override_row).collect(),
        target: sources.target.to_owned(),
        options: sources.options.clone(),
        lists: sources.lists.clone(),
        profile: sources.profile.file.id.clone(),
        as_of: sources.as_of.to_string(),
        coverage,
        control,
        survival: stops,
        supply: supply(graph, sources.catalog, sources.as_of, &|country| sources.profile.trusted.contains(&country)),
        gate: gate(sources),
        findings,
        rule_texts: rule_texts(sources),
        undecided: undecided(sources),
        diagnostics: diagnostics(sources.inventory),
        components,
        relations,
        removed: removed(graph),
        width: sources.width,
        name: sources.name.clone(),
        created: sources.created.clone(),
    }
}

fn removed(graph: &Graph<'_>) -> Vec<RemovedRow> {
    let rows = graph.nodes().filter_map(|node| {
        let how: Vec<String> = graph.attributes(node, key::REMOVED).map(|text| with_step(graph, text)).collect();
        (!how.is_empty()).then(|| RemovedRow {
            label: graph.label(node).into_owned(),
            how,
            place: graph.node(node).evidence.and_then(|evidence| evidence.iter().find_map(observed)),
        })
    });
    rows.collect()
}

fn override_row(replaced: &Override) -> OverrideRow {
    OverrideRow { layer: replaced.layer.clone(), file: replaced.file.clone(), entry: replaced.entry.clone() }
}

fn coverage(sources: &Sources<'_>) -> CoverageRow {
    let coverage = &sources.inventory.coverage;
    let graph = sources.graph;
    let mut components: BTreeMap<String, usize> = BTreeMap::new();
    let (mut asked, mut unknown) = (0, 0);
    for node in graph.nodes().filter(|node| !graph.is_absent(*node)) {
        let about = graph.node(node);
        if about.kind.is_counted() && about.evidence.is_some() {
            *components.entry(about.kind.as_str().to_owned()).or_default() += 1;
        }
        if about.kind != ComponentKind::Host
            && let Some(owner) = graph.attribute(node, key::OWNER)
        {
            asked += 1;
            unknown += usize::from(owner == "unknown");
        }
    }
    let texts = |paths: &BTreeSet<crate::text::RelPath>| paths.iter().map(ToString::to_string).collect();
    CoverageRow {
        files_seen: coverage.seen,
        files_read: coverage.read.len(),
        partial: texts(&coverage.partial),
        failed: texts(&coverage.failed),
        skipped_folders: texts(&coverage.skipped),
        only: coverage.only.iter().cloned().collect(),
        components,
        owners_unknown: unknown,
        owners_asked: asked,
    }
}

fn control(graph: &Graph<'_>) -> Vec<ControlRow> {
    let shares = control_shares(graph);
    let percent = |count: usize| (count * 200 + shares.total).checked_div(2 * shares.total).unwrap_or(0);
    let mut rows: Vec<ControlRow> = shares
        .by_country
        .iter()
        .map(|(code, count)| ControlRow {
            jurisdiction: code.to_string(),
            components: *count,
            percent: percent(*count),
        })
        .collect();
    rows.sort_by(|a, b| b.components.cmp(&a.components).then_with(|| a.jurisdiction.cmp(&b.jurisdiction)));
    if shares.unknown > 0 {
        rows.push(ControlRow {
            jurisdiction: "unknown".to_owned(),
            components: shares.unknown,
            percent: percent(shares.unknown),
        });
    }
    rows
}

/// How something was removed, with the step of the build that made the layer which did it.
fn with_step(graph: &Graph<'_>, how: &str) -> String {
    let digest = how.split_whitespace().find(|word| word.starts_with("sha256:"));
    let step = digest.and_then(|digest| graph.layer_step(digest));
    step.map_or_else(|| how.to_owned(), |step| format!("{how}, made by `{step}`"))
}

/// The jurisdictions outside home whose loss stops most, soonest first.
fn survival(sources: &Sources<'_>) -> Vec<SurvivalRow> {
    let graph = sources.graph;
    let codes: Vec<CountryCode> = graph
        .nodes()
        .filter(|node| graph.node(*node).kind == ComponentKind::Jurisdiction)
        .filter_map(|node| country(graph, node))
        .filter(|code| !sources.profile.home.contains(code) && sources.catalog.is_country(*code))
        .collect();
    if codes.is_empty() {
        return Vec::new();
    }
    let losses = Losses::of(graph);
    let mut found: Vec<Simulation> = codes.into_par_iter().map(|code| losses.without(&[code])).collect();
    found.retain(|simulation| simulation.stopped_by(Horizon::NextRefresh) > 0);
    let weight =
        |simulation: &Simulation| Horizon::STOPS.map(|horizon| std::cmp::Reverse(simulation.stopped_by(horizon)));
    found.sort_by(|a, b| weight(a).cmp(&weight(b)).then_with(|| a.without.cmp(&b.without)));
    found.truncate(SURVIVAL_ROWS);
    let fates = sources.with_inventory;
    found.iter().map(|simulation| survival_row(graph, simulation, fates)).collect()
}

/// One simulation as a row; what becomes of each workload only on wish, because trees have thousands.
#[must_use]
pub(crate) fn survival_row(graph: &Graph<'_>, simulation: &Simulation, with_fates: bool) -> SurvivalRow {
    SurvivalRow {
        without: simulation.without.iter().map(ToString::to_string).collect(),
        workloads: simulation.workloads.len(),
        kinds: simulation.kinds(graph).into_iter().map(|(kind, number)| (kind.as_str().to_owned(), number)).collect(),
        stopped: Horizon::STOPS
            .iter()
            .map(|horizon| (horizon.as_str().to_owned(), simulation.stopped_by(*horizon)))
            .collect(),
        undecided: simulation.undecided().count(),
        fates: simulation
            .workloads
            .iter()
            .filter(|_| with_fates)
            .map(|fate| FateRow {
                workload: graph.node(fate.node).id.to_string(),
                stops: if fate.stops == Horizon::None && !fate.host_known { "unknown" } else { fate.stops.as_str() }
                    .to_owned(),
                witness: path_rows(graph, &fate.witness),
            })
            .collect(),
    }
}

fn path_rows(graph: &Graph<'_>, path: &Path) -> Vec<StepRow> {
    let mut rows = vec![StepRow {
        relation: None,
        component: graph.node(path.start).id.to_string(),
        label: graph.label(path.start).into_owned(),
        place: graph.node(path.start).evidence.and_then(|evidence| evidence.iter().find_map(observed)),
        entry: None,
        verification: None,
    }];
    rows.extend(path.steps.iter().map(|(edge, node)| {
        let about = graph.edge(*edge);
        StepRow {
            relation: Some(about.kind.as_str().to_owned()),
            component: graph.node(*node).id.to_string(),
            label: graph.label(*node).into_owned(),
            place: about.evidence.iter().find_map(observed),
            entry: about.evidence.iter().find_map(|evidence| match evidence {
                Evidence::Cited(cited) => Some(cited.entry.to_string()),
                Evidence::Observed(_) => None,
            }),
            verification: None,
        }
    }));
    rows
}

fn gate(sources: &Sources<'_>) -> GateRow {
    let gate = sources.gate;
    GateRow {
        passed: gate.passed(),
        fail_on: gate.fail_on.iter().map(ToString::to_string).collect(),
        failing: gate.failing.len(),
        waived: gate.waived.len(),
        decided: gate.decided.len(),
        decision_notes: gate.decision_notes.clone(),
        baseline: gate.baseline.len(),
        too_weak: gate.too_weak.iter().map(|(severity, count)| (severity.as_str().to_owned(), *count)).collect(),
        waivers: sources
            .waivers
            .iter()
            .zip(&gate.waivers)
            .map(|(waiver, state)| WaiverRow {
                covers: covers(waiver),
                reason: waiver.reason.clone(),
                owner: waiver.owner.clone(),
                expires: waiver.expires.to_string(),
                state: match state {
                    WaiverState::Used => "used",
                    WaiverState::Unused => "unused",
                    WaiverState::Outgrown => "outgrown",
                    WaiverState::Expired => "expired",
                }
                .to_owned(),
            })
            .collect(),
    }
}

fn covers(waiver: &Waiver) -> String {
    match (&waiver.fingerprint, &waiver.rule, &waiver.subject) {
        (Some(fingerprint), _, _) => fingerprint.clone(),
        (None, Some(rule), Some(subject)) => format!("{rule} on {subject}"),
        (None, Some(rule), None) => rule.clone(),
        (None, None, subject) => subject.clone().unwrap_or_default(),
    }
}

fn rule_texts(sources: &Sources<'_>) -> Vec<RuleRow> {
    let speaking: BTreeSet<&str> = sources.judgement.findings.iter().map(|finding| &*finding.rule).collect();
    let rules = sources.rules.rules.iter().filter(|rule| speaking.contains(rule.id.as_str()));
    rules
        .map(|rule| RuleRow {
            id: rule.id.clone(),
            title: rule.title.clone(),
            category: rule.category.clone(),
            severity: rule.severity.as_str().to_owned(),
            why: rule.why.trim().to_owned(),
            remedy: rule.remedy.trim().to_owned(),
            sources: rule.sources.iter().map(|source| source.title.clone()).collect(),
            page: page::markdown(rule, &sources.rules.profiles),
        })
        .collect()
}

fn undecided(sources: &Sources<'_>) -> Vec<UndecidedRow> {
    let rows = sources.judgement.undecided.iter().flat_map(|(rule, reasons)| {
        reasons.iter().map(|(reason, undecided)| UndecidedRow {
            rule: rule.clone(),
            reason: reason.clone(),
            components: undecided.count,
            first: undecided
                .first
                .iter()
                .map(|(id, label)| NamedRow { component: id.to_string(), label: label.clone() })
                .collect(),
        })
    });
    rows.collect()
}

fn diagnostics(inventory: &Inventory) -> Vec<DiagnosticRow> {
    let rows = inventory.diagnostics.iter().map(|problem| DiagnosticRow {
        path: problem.path.to_string(),
        line: problem.at.map(|at| at.line),
        column: problem.at.map(|at| at.column),
        kind: problem.kind.as_str().to_owned(),
        scanner: problem.scanner.to_string(),
        message: problem.message.clone(),
    });
    rows.collect()
}
