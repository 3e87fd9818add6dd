//! Kind `match`: every selected component is a finding.

use std::sync::Arc;

use super::alternatives;
use crate::graph::NodeId;
use crate::model::key;
use crate::rules::draft::Hit;
use crate::rules::file::Rule;
use crate::rules::run::{Hits, View};
use crate::rules::select::select;

/// Evaluates the rule.
pub fn evaluate(view: &View<'_>, rule: &Rule, out: &mut Hits) {
    // what is said of a service is how hard it is to leave: it answers rules that ask for that
    let asks_effort = rule.select.attribute.contains_key(key::LOCK_IN);
    let title = lower(&rule.title);
    let words = Arc::from(format!(": {title}"));
    for node in select(view, rule) {
        if out.hits.is_settled() && is_said_alike(view, rule, node) {
            out.hits.push_brief(node, None, None, &words);
            continue;
        }
        let label = view.graph.label(node);
        let service = view.graph.attribute(node, key::SERVICE).and_then(|id| view.catalog.service(id));
        let message = match service {
            Some(service) if asks_effort => format!("`{label}` uses {}: {}", service.name, service.why),
            Some(service) => format!("`{label}` ({}): {title}", service.name),
            None => format!("`{label}`: {title}{}", between(view, rule, node)),
        };
        let mut hit = Hit::new(node, "", message);
        if let Some(service) = service {
            hit.alternatives = alternatives(view, node);
            hit.verification = service.verification;
        }
        out.hits.push(hit);
    }
}

/// True when nothing is said of the component but the title of the rule.
fn is_said_alike(view: &View<'_>, rule: &Rule, node: NodeId) -> bool {
    view.graph.attribute(node, key::SERVICE).is_none() && between(view, rule, node).is_empty()
}

/// Which registries answer for the same name, where the rule asks for that.
fn between(view: &View<'_>, rule: &Rule, node: NodeId) -> String {
    let asks = rule.select.attribute.contains_key(key::CONFUSION);
    let told = view.graph.attribute(node, key::CONFUSION).filter(|_| asks);
    told.map_or_else(String::new, |hosts| format!(" ({hosts})"))
}

fn lower(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        // keep abbreviations such as `GPU`
        Some(first) if chars.as_str().starts_with(|c: char| c.is_lowercase()) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}
