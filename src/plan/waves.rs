//! The order of changes.

use std::collections::{BTreeMap, BTreeSet};

use super::Action;
use crate::graph::Graph;
use crate::model::ComponentId;
use crate::rules::file::PlanAction;

/// Waves at most: each costs a judgement of the whole system, and nobody plans further.
const MOST_WAVES: usize = 20;

/// Waves: held copies, pins and removals need nothing else and come first; replicas next; then moves, each after
/// the moves of what it depends on.
pub(super) fn assign(graph: &Graph<'_>, actions: &mut [Action]) {
    let base = |kind: PlanAction| match kind {
        PlanAction::Pin | PlanAction::Mirror | PlanAction::Remove => 1,
        PlanAction::Gitops | PlanAction::Replicate | PlanAction::OpenApi => 2,
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
    // a dependency moves before what depends on it; what a chain or cycle needs beyond the last wave shares it
    for _ in 0..moved.len().min(MOST_WAVES) {
        let mut changed = false;
        for (subject, at) in &moved {
            let Some(node) = graph.find(subject) else { continue };
            let needs = graph
                .outgoing(node)
                .filter(|(edge, _)| graph.edge(*edge).kind == crate::model::RelationKind::DependsOn);
            let after =
                needs.filter_map(|(_, to)| moved.get(graph.node(to).id)).map(|need| actions[*need].wave + 1).max();
            if let Some(after) = after.filter(|after| *after > actions[*at].wave && *after <= MOST_WAVES) {
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
