//! Kind `missing`: a relation that should leave the component does not.

use super::{alternatives, country};
use crate::graph::{Control, NodeId, ReachTest};
use crate::model::ComponentKind;
use crate::rules::draft::Hit;
use crate::rules::file::{MissingParameters, Rule};
use crate::rules::run::{Hits, View};
use crate::rules::select::select;

/// Evaluates the rule.
pub fn evaluate(view: &View<'_>, rule: &Rule, out: &mut Hits) {
    let Some(parameters) = &rule.missing else { return };
    if !parameters.only_if_present.is_empty() && !present(view, &parameters.only_if_present) {
        return;
    }
    for node in select(view, rule) {
        let mut control = Vec::new();
        if let Some(set) = &parameters.controlled_from {
            let states = view.graph.controlled_from(node, &[Control::Operator]);
            if states.is_empty() {
                out.undecided("no operator is known", Some(node));
                continue;
            }
            let foreign = |state: &NodeId| {
                country(view, *state).is_some_and(|country| {
                    view.profile.contains(set, country, view.catalog, view.as_of).unwrap_or(false)
                })
            };
            let Some(state) = states.into_iter().find(foreign) else { continue };
            // the way to that state is what the hit rests on
            let reaches = view.graph.reach(node, &[Control::Operator]).into_iter();
            control.extend(
                reaches
                    .filter(|reach| reach.jurisdiction == state && reach.test != ReachTest::Location)
                    .map(|reach| reach.witness)
                    .take(1),
            );
        }
        if has(view, parameters, node) {
            continue;
        }
        let words: Vec<&str> = parameters.relation.iter().map(|kind| kind.as_str()).collect();
        let elsewhere = if parameters.other_operator { " under another operator's control" } else { "" };
        let message = format!("`{}` has no {} relation{elsewhere}", view.graph.label(node), words.join(" or "));
        let mut hit = Hit::new(node, words.join("+"), message);
        hit.alternatives = alternatives(view, node);
        hit.beside = control;
        out.hits.push(hit);
    }
}

fn has(view: &View<'_>, parameters: &MissingParameters, node: NodeId) -> bool {
    let own = view.graph.controlled_from(node, &[Control::Operator]);
    view.graph.outgoing(node).any(|(edge, to)| {
        if !parameters.relation.contains(&view.graph.edge(edge).kind) {
            return false;
        }
        if parameters.except_with.iter().any(|name| view.graph.attribute(to, name).is_some()) {
            return false;
        }
        if !parameters.other_operator {
            return true;
        }
        let other = view.graph.controlled_from(to, &[Control::Operator]);
        !other.is_empty() && other.iter().any(|state| !own.contains(state))
    })
}

/// True when the system has components of one of these kinds at all.
fn present(view: &View<'_>, words: &[String]) -> bool {
    let kinds: Vec<ComponentKind> = words.iter().filter_map(|word| ComponentKind::parse(word)).collect();
    view.graph.nodes().any(|node| kinds.contains(&view.graph.node(node).kind))
}
