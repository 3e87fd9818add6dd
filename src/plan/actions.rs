//! From findings to changes.

use std::collections::{BTreeMap, BTreeSet};

use super::settings::Settings;
use super::target::{Offer, Targets, capability, is_trusted, offer};
use super::{Action, Inputs};
use crate::catalog::rows::{Provider, Service};
use crate::graph::{Graph, NodeId, Roots};
use crate::model::{ComponentId, Finding, RelationKind, key};
use crate::rules::file::{PlanAction, Rule};
use crate::rules::run::judge;

/// Subject and rule of findings for which no operator was found.
pub(super) type WithoutTarget = BTreeSet<(ComponentId, String)>;

/// One action per subject and kind; an aggregated finding speaks for all its components.
pub(super) fn actions(inputs: &Inputs<'_>, graph: &Graph<'_>, findings: &[Finding]) -> (Vec<Action>, WithoutTarget) {
    let mut targets = Targets::new(inputs);
    let mut settings = Settings::of(inputs.inventory);
    let mut by_subject: BTreeMap<(ComponentId, PlanAction), Action> = BTreeMap::new();
    let mut without_target = WithoutTarget::new();
    for finding in findings {
        let Some(rule) = inputs.rules.rule(&finding.rule) else { continue };
        let Some(parameters) = &rule.plan else { continue };
        for (subject, hosts) in subjects(inputs, graph, rule, finding) {
            let Some(node) = graph.find(&subject) else { continue };
            let kind = kind_for(inputs, graph, node, parameters.action);
            let target = match kind {
                PlanAction::Replicate | PlanAction::ReplaceOperator => {
                    let Some(target) = targets.find(capability(graph, node)) else {
                        without_target.insert((subject, rule.id.clone()));
                        continue;
                    };
                    Some(target)
                }
                _ => None,
            };
            let slot = by_subject
                .entry((subject.clone(), kind))
                .or_insert_with(|| action(inputs, graph, node, kind, &parameters.effort, target));
            slot.closes.insert(rule.id.clone());
            if kind == PlanAction::Mirror {
                let leading = settings.leading(graph, node, &hosts);
                let new: Vec<_> = leading.into_iter().filter(|place| !slot.settings.contains(place)).collect();
                slot.settings.extend(new);
                slot.settings.sort_unstable();
            }
        }
    }
    (joined(by_subject), without_target)
}

/// Packages, images and models do not move to another operator: they are held at home. What is under trusted
/// control already needs no other operator, only an open API.
fn kind_for(inputs: &Inputs<'_>, graph: &Graph<'_>, node: NodeId, wanted: PlanAction) -> PlanAction {
    let id = graph.node(node).id.as_str();
    let is_artefact = ["pkg:", "model:", "dataset:", "repository:"].iter().any(|prefix| id.starts_with(prefix));
    match wanted {
        PlanAction::ReplaceOperator if is_artefact => PlanAction::Mirror,
        PlanAction::ReplaceOperator if is_trusted(inputs, graph, node) => PlanAction::OpenApi,
        other => other,
    }
}

/// A move makes a replica beside it and a replacement in place needless: it does what they do. So does a removal all else.
fn joined(mut by_subject: BTreeMap<(ComponentId, PlanAction), Action>) -> Vec<Action> {
    let moved: BTreeSet<ComponentId> = by_subject
        .keys()
        .filter(|(_, kind)| *kind == PlanAction::ReplaceOperator)
        .map(|(subject, _)| subject.clone())
        .collect();
    for subject in moved {
        let other = by_subject.remove(&(subject.clone(), PlanAction::OpenApi));
        let replica = by_subject.remove(&(subject.clone(), PlanAction::Replicate));
        if let Some(action) = by_subject.get_mut(&(subject, PlanAction::ReplaceOperator)) {
            action.closes.extend(other.into_iter().chain(replica).flat_map(|action| action.closes));
        }
    }
    // what goes needs no copy, no pin and no replica
    let removed: BTreeSet<ComponentId> =
        by_subject.keys().filter(|(_, kind)| *kind == PlanAction::Remove).map(|(subject, _)| subject.clone()).collect();
    let is_needless =
        |(subject, kind): &(ComponentId, PlanAction)| *kind != PlanAction::Remove && removed.contains(subject);
    let needless: Vec<_> = by_subject.keys().filter(|key| is_needless(key)).cloned().collect();
    for key in needless {
        let closes = by_subject.remove(&key).map(|action| action.closes).unwrap_or_default();
        if let Some(removal) = by_subject.get_mut(&(key.0, PlanAction::Remove)) {
            removal.closes.extend(closes);
        }
    }
    by_subject.into_values().collect()
}

/// What a finding is about, each with the hosts that the way to the judged party leads over.
fn subjects(inputs: &Inputs<'_>, graph: &Graph<'_>, rule: &Rule, finding: &Finding) -> Vec<(ComponentId, Vec<NodeId>)> {
    let hosts = |finding: &Finding| -> Vec<NodeId> {
        let steps = finding.witness.iter().filter(|step| step.relation == Some(RelationKind::DistributedBy));
        let mut hosts: Vec<NodeId> = steps.filter_map(|step| graph.find(&step.component)).collect();
        hosts.extend(further(graph, rule, finding, &hosts));
        hosts
    };
    if !rule.aggregate {
        return vec![(finding.subject.clone(), hosts(finding))];
    }
    let roots = Roots::new(graph);
    let view = inputs.view(graph, &roots);
    let single = Rule { aggregate: false, ..rule.clone() };
    let found = judge(&view, &[single]).findings;
    found.into_iter().map(|finding| (finding.subject.clone(), hosts(&finding))).collect()
}

/// Further hosts from which the package may come, of which the rule says the same.
fn further(graph: &Graph<'_>, rule: &Rule, finding: &Finding, hosts: &[NodeId]) -> Vec<NodeId> {
    let place = finding.witness.last().and_then(|step| graph.find(&step.component));
    let (Some(parameters), Some(node), Some(place)) = (&rule.reach, graph.find(&finding.subject), place) else {
        return Vec::new();
    };
    let own = graph.outgoing_of(node, &[RelationKind::DistributedBy]).find(|(_, host)| hosts.contains(host));
    let found = own.map_or_else(Vec::new, |(edge, _)| graph.further_hosts(node, edge, place, &parameters.tests));
    found.into_iter().map(|(_, host)| host).collect()
}

fn action(
    inputs: &Inputs<'_>,
    graph: &Graph<'_>,
    node: NodeId,
    kind: PlanAction,
    effort: &str,
    target: Option<&Provider>,
) -> Action {
    let service = graph.attribute(node, key::SERVICE).and_then(|id| inputs.catalog.service(id));
    let moves = matches!(kind, PlanAction::ReplaceOperator | PlanAction::OpenApi);
    let alternatives: Vec<String> = service
        .filter(|_| moves)
        .map_or_else(Vec::new, |service| service.alternatives.iter().map(ToString::to_string).collect());
    let own = service.filter(|_| moves).map(|service| service.effort_max.as_deref().unwrap_or(&service.effort));
    Action {
        subject: graph.node(node).id.clone(),
        kind,
        text: text(graph, node, kind, target, service, alternatives.first().map(String::as_str)),
        target: target.map(|target| target.id.to_string()),
        alternatives,
        migration: service
            .and_then(|service| service.migration.as_deref())
            .filter(|_| moves || kind == PlanAction::Replicate)
            .map(str::to_owned),
        effort: own.unwrap_or(effort).to_owned(),
        settings: Vec::new(),
        closes: BTreeSet::new(),
        wave: 1,
    }
}

/// A resource with the copies that it keeps in further regions: one migration moves all.
fn with_copies(graph: &Graph<'_>, node: NodeId, label: &str) -> String {
    let copies = graph.related(node, RelationKind::ReplicatesTo).into_iter();
    let own: Vec<&str> = copies
        .filter(|copy| graph.attribute(*copy, key::COPY_OF).is_some())
        .filter_map(|copy| graph.attribute(copy, key::REGION))
        .collect();
    match own.as_slice() {
        [] => label.to_owned(),
        [one] => format!("{label}` with its replica in `{one}"),
        all => format!("{label}` with its replicas in `{}", all.join("`, `")),
    }
}

fn text(
    graph: &Graph<'_>,
    node: NodeId,
    kind: PlanAction,
    target: Option<&Provider>,
    service: Option<&Service>,
    alternative: Option<&str>,
) -> String {
    let label = graph.label(node);
    let moves = matches!(kind, PlanAction::ReplaceOperator | PlanAction::OpenApi);
    let label = if moves { with_copies(graph, node, &label) } else { label.into_owned() };
    let to = target.map_or("an operator under trusted control", |target| &target.name);
    match kind {
        PlanAction::Pin => format!("pin `{label}` by digest"),
        PlanAction::Mirror if graph.node(node).kind == crate::model::ComponentKind::Host => {
            format!("fetch what comes from `{label}` from a mirror of your own")
        }
        PlanAction::Mirror if graph.node(node).kind == crate::model::ComponentKind::Repository => {
            format!("hold `{label}` on a Git host of your own and fetch it from there")
        }
        PlanAction::Mirror => format!("hold `{label}` in a registry of your own and fetch it from there"),
        PlanAction::Remove => format!("remove or replace `{label}`"),
        PlanAction::Gitops => {
            format!("let Argo CD or Flux deploy `{label}` from a repository with a mirror of your own")
        }
        PlanAction::Replicate => format!("keep a replica of `{label}` at {to}"),
        PlanAction::OpenApi => match alternative {
            Some(alternative) => format!("replace `{label}` by {alternative}, run by yourselves or as an open service"),
            None => format!("replace `{label}` by something with an open API"),
        },
        PlanAction::ReplaceOperator => {
            let offered = target.map(|target| offer(target, capability(graph, node)));
            match (offered, alternative) {
                (Some(Offer::Named(name)), _) if service.is_none_or(|service| service.open_api) => {
                    format!("move `{label}` to {to} ({name})")
                }
                (Some(Offer::Named(name)), Some(alternative)) => {
                    format!("move `{label}` to {to}: {alternative}, or its {name}")
                }
                (_, Some(alternative)) => format!("replace `{label}` by {alternative}, run at {to}"),
                (_, None) => format!("move `{label}` to {to}"),
            }
        }
    }
}
