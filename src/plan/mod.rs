//! The migration plan: for every finding the change, its effort, the order by dependency, and what
//! is left after each wave, computed by judging the changed system again.

mod edit;

use std::collections::{BTreeMap, BTreeSet};

use crate::attribution::attribute;
use crate::catalog::Catalog;
use crate::catalog::rows::Provider;
use crate::graph::{Graph, Roots};
use crate::model::{ComponentId, Date, Finding, Horizon, Inventory, Severity, Verification, key};
use crate::rules::file::{PlanAction, Rule};
use crate::rules::run::{View, judge};
use crate::rules::{Profile, RuleSet};
use crate::simulate::simulate;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What it changes.
    pub subject: ComponentId,
    /// How.
    pub kind: PlanAction,
    /// What to do, one sentence.
    pub text: String,
    /// The operator it moves to, where it moves.
    pub target: Option<String>,
    /// Named replacements.
    pub alternatives: Vec<String>,
    /// How data moves, where the catalog says.
    pub migration: Option<String>,
    /// Effort class: `S`, `M`, `L`, `XL`.
    pub effort: String,
    /// Rules whose findings on the subject it is meant to close.
    pub closes: BTreeSet<String>,
    /// Position of its wave, from 1.
    pub wave: usize,
}

/// The state of the system after a wave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Findings left, by severity.
    pub findings: BTreeMap<Severity, usize>,
    /// Workloads that stop at once if the most dangerous jurisdiction is lost.
    pub stop_at_once: usize,
    /// Workloads that have stopped by the next deploy.
    pub stop_by_deploy: usize,
    /// Workloads in all.
    pub workloads: usize,
}

/// The plan.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Changes, by wave, then effort, then subject.
    pub actions: Vec<Action>,
    /// State before (first) and after every wave.
    pub states: Vec<State>,
    /// The jurisdiction the states speak of: the one outside home whose loss stops most today.
    pub without: Option<crate::model::CountryCode>,
    /// Findings that no change of the plan closes, with the reason.
    pub left: Vec<(Finding, String)>,
}

/// What planning looks at.
pub struct Inputs<'a> {
    /// Facts after attribution.
    pub inventory: &'a Inventory,
    /// The facts of the rule files.
    pub catalog: &'a Catalog,
    /// Rules.
    pub rules: &'a RuleSet,
    /// The chair.
    pub profile: &'a Profile,
    /// The day.
    pub as_of: Date,
}

/// Plans.
#[must_use]
pub fn plan(inputs: &Inputs<'_>) -> Plan {
    let graph = Graph::new(inputs.inventory);
    let findings = findings(inputs, &graph);
    let target = target(inputs);
    let mut actions = actions(inputs, &graph, &findings, target);
    waves(&graph, &mut actions);
    let without = worst(inputs, &graph);
    let mut states = vec![state(&graph, &findings, without)];
    let mut changed = inputs.inventory.clone();
    let last_wave = actions.iter().map(|action| action.wave).max().unwrap_or(0);
    let mut remaining = findings;
    for wave in 1..=last_wave {
        for action in actions.iter().filter(|action| action.wave == wave) {
            edit::apply(&mut changed, action, inputs);
        }
        changed = attribute(changed, inputs.catalog, inputs.as_of);
        let graph = Graph::new(&changed);
        remaining = self::findings(inputs, &graph);
        states.push(state(&graph, &remaining, without));
    }
    let left = remaining.into_iter().map(|finding| {
        let reason = if inputs.rules.rule(&finding.rule).is_some_and(|rule| rule.plan.is_some()) {
            "no operator under trusted control that offers it is known"
        } else {
            "needs a decision of people"
        };
        (finding, reason.to_owned())
    });
    Plan { actions, states, without, left: left.collect() }
}

fn findings(inputs: &Inputs<'_>, graph: &Graph<'_>) -> Vec<Finding> {
    let roots = Roots::new(graph);
    let view = View { graph, catalog: inputs.catalog, profile: inputs.profile, as_of: inputs.as_of, roots: &roots };
    judge(&view, &inputs.rules.rules).findings
}

/// One action per subject and kind; an aggregated finding speaks for all its components.
fn actions(inputs: &Inputs<'_>, graph: &Graph<'_>, findings: &[Finding], target: Option<&Provider>) -> Vec<Action> {
    let mut by_subject: BTreeMap<(ComponentId, PlanAction), Action> = BTreeMap::new();
    for finding in findings {
        let Some(rule) = inputs.rules.rule(&finding.rule) else { continue };
        let Some(parameters) = &rule.plan else { continue };
        let target = match parameters.action {
            PlanAction::Replicate | PlanAction::ReplaceOperator => match target {
                Some(target) => Some(target),
                None => continue,
            },
            _ => None,
        };
        for subject in subjects(inputs, graph, rule, finding) {
            // packages and images do not move to another operator: they are held at home
            let is_artefact = subject.as_str().starts_with("pkg:") || subject.as_str().starts_with("model:");
            let kind = match parameters.action {
                PlanAction::ReplaceOperator if is_artefact => PlanAction::Mirror,
                other => other,
            };
            let slot = by_subject
                .entry((subject.clone(), kind))
                .or_insert_with(|| action(inputs, graph, &subject, kind, &parameters.effort, target));
            slot.closes.insert(rule.id.clone());
        }
    }
    // moving a service makes a replica beside it needless
    let moved: BTreeSet<ComponentId> = by_subject
        .keys()
        .filter(|(_, kind)| *kind == PlanAction::ReplaceOperator)
        .map(|(subject, _)| subject.clone())
        .collect();
    by_subject.retain(|(subject, kind), _| *kind != PlanAction::Replicate || !moved.contains(subject));
    by_subject.into_values().collect()
}

fn subjects(inputs: &Inputs<'_>, graph: &Graph<'_>, rule: &Rule, finding: &Finding) -> Vec<ComponentId> {
    if !rule.aggregate {
        return vec![finding.subject.clone()];
    }
    let roots = Roots::new(graph);
    let view = View { graph, catalog: inputs.catalog, profile: inputs.profile, as_of: inputs.as_of, roots: &roots };
    let single = Rule { aggregate: false, ..rule.clone() };
    judge(&view, &[single]).findings.into_iter().map(|finding| finding.subject).collect()
}

fn action(
    inputs: &Inputs<'_>,
    graph: &Graph<'_>,
    subject: &ComponentId,
    kind: PlanAction,
    effort: &str,
    target: Option<&Provider>,
) -> Action {
    let node = graph.find(subject);
    let label = node.map_or_else(|| subject.to_string(), |node| graph.label(node));
    let service = node.and_then(|node| graph.attribute(node, key::SERVICE)).and_then(|id| inputs.catalog.service(id));
    let to = target.map_or("an operator under trusted control", |target| &target.name);
    let alternatives: Vec<String> =
        service.map_or_else(Vec::new, |service| service.alternatives.iter().map(ToString::to_string).collect());
    let text = match kind {
        PlanAction::Pin => format!("pin `{label}` by digest"),
        PlanAction::Mirror => format!("hold `{label}` in a registry of your own and fetch it from there"),
        PlanAction::Remove => format!("remove or replace `{label}`"),
        PlanAction::Gitops => {
            format!("let Argo CD or Flux deploy `{label}` from a repository with a mirror of your own")
        }
        PlanAction::Replicate => format!("keep a replica of `{label}` at {to}"),
        PlanAction::ReplaceOperator => {
            let with = alternatives.first().map_or_else(String::new, |first| format!(" as {first}"));
            format!("move `{label}` to {to}{with}")
        }
    };
    let own = service.map(|service| service.effort_max.as_deref().unwrap_or(&service.effort).to_owned());
    let effort = own.filter(|_| kind == PlanAction::ReplaceOperator).unwrap_or_else(|| effort.to_owned());
    Action {
        subject: subject.clone(),
        kind,
        text,
        target: target.map(|target| target.id.to_string()),
        alternatives: if matches!(kind, PlanAction::ReplaceOperator) { alternatives } else { Vec::new() },
        migration: service
            .and_then(|service| service.migration.as_deref())
            .filter(|_| matches!(kind, PlanAction::Replicate | PlanAction::ReplaceOperator))
            .map(str::to_owned),
        effort,
        closes: BTreeSet::new(),
        wave: 1,
    }
}

/// Waves: held copies, pins and removals need nothing else and come first; replicas next; then moves, each after
/// the moves of what it depends on.
fn waves(graph: &Graph<'_>, actions: &mut [Action]) {
    let base = |kind: PlanAction| match kind {
        PlanAction::Pin | PlanAction::Mirror | PlanAction::Remove => 1,
        PlanAction::Gitops | PlanAction::Replicate => 2,
        PlanAction::ReplaceOperator => 3,
    };
    for action in actions.iter_mut() {
        action.wave = base(action.kind);
    }
    let moved: BTreeMap<ComponentId, usize> = actions
        .iter()
        .enumerate()
        .filter(|(_, action)| action.kind == PlanAction::ReplaceOperator)
        .map(|(at, action)| (action.subject.clone(), at))
        .collect();
    // a dependency moves before what depends on it; as many rounds as there are moves end every chain, cycles included
    for _ in 0..moved.len().min(20) {
        let mut changed = false;
        for (subject, at) in &moved {
            let Some(node) = graph.find(subject) else { continue };
            let needs = graph
                .outgoing(node)
                .into_iter()
                .filter(|(edge, _)| graph.edge(*edge).kind == crate::model::RelationKind::DependsOn);
            let after =
                needs.filter_map(|(_, to)| moved.get(graph.node(to).id)).map(|need| actions[*need].wave + 1).max();
            if let Some(after) = after.filter(|after| *after > actions[*at].wave && *after <= 20) {
                actions[*at].wave = after;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    // close gaps so that waves count 1, 2, 3
    let used: BTreeSet<usize> = actions.iter().map(|action| action.wave).collect();
    for action in actions.iter_mut() {
        action.wave = used.iter().position(|wave| *wave == action.wave).map_or(1, |at| at + 1);
    }
    let rank = |effort: &str| ["S", "M", "L", "XL"].iter().position(|known| *known == effort).unwrap_or(4);
    actions.sort_by(|a, b| {
        (a.wave, rank(&a.effort), &a.subject, a.kind).cmp(&(b.wave, rank(&b.effort), &b.subject, b.kind))
    });
}

/// The provider to move to: its operator's last owners sit at home or in trusted states, and it offers most.
fn target<'c>(inputs: &Inputs<'c>) -> Option<&'c Provider> {
    let offers = |provider: &Provider| {
        let columns = [
            &provider.kubernetes,
            &provider.object_storage,
            &provider.postgresql,
            &provider.ai_service,
            &provider.accelerators,
        ];
        columns
            .iter()
            .filter(|column| column.as_deref().is_some_and(|text| !matches!(text, "U" | "none" | "-" | "no")))
            .count()
    };
    let trusted = |provider: &Provider| {
        let mut open = vec![provider.organisation.to_string()];
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            let seat = inputs.catalog.seat(&id).filter(|(_, _, mark)| *mark > Verification::Recalled);
            if !seat.is_some_and(|(country, _, _)| inputs.profile.home.contains(&country)) {
                return false;
            }
            if seen.insert(id.clone()) {
                open.extend(
                    inputs.catalog.owners(&id, inputs.as_of).filter(|row| row.control).map(|row| row.by.to_string()),
                );
            }
        }
        true
    };
    let candidates = inputs.catalog.tables().provider.iter().filter(|provider| trusted(provider));
    candidates.max_by_key(|provider| (provider.verification, offers(provider), std::cmp::Reverse(provider.id.clone())))
}

/// The jurisdiction outside home whose loss stops most, soonest first.
fn worst(inputs: &Inputs<'_>, graph: &Graph<'_>) -> Option<crate::model::CountryCode> {
    let codes = graph
        .nodes()
        .filter_map(|node| crate::score::country(graph, node))
        .filter(|code| !inputs.profile.home.contains(code));
    codes
        .map(|code| {
            let simulation = simulate(graph, &[code]);
            (Horizon::STOPS.map(|horizon| simulation.stopped_by(horizon)), std::cmp::Reverse(code))
        })
        .max()
        .map(|(_, code)| code.0)
}

fn state(graph: &Graph<'_>, findings: &[Finding], without: Option<crate::model::CountryCode>) -> State {
    let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.severity).or_default() += 1;
    }
    let simulation = simulate(graph, without.as_slice());
    State {
        findings: counts,
        stop_at_once: simulation.stopped_by(Horizon::Immediate),
        stop_by_deploy: simulation.stopped_by(Horizon::NextDeploy),
        workloads: simulation.workloads.len(),
    }
}
