//! Kind `stated`: what attributes of a component say, each with its place.

use std::collections::BTreeSet;

use crate::model::{Evidence, Place, key};
use crate::rules::draft::Hit;
use crate::rules::file::{Rule, StatedParameters};
use crate::rules::run::{Hits, View};
use crate::rules::select::select;

/// Places that a finding shows.
const SHOWN: usize = 20;
/// Values that a sentence names.
const NAMED: usize = 3;

/// Evaluates the rule: one hit per component, at the place that says it.
pub fn evaluate(view: &View<'_>, rule: &Rule, out: &mut Hits) {
    let Some(parameters) = &rule.stated else { return };
    for node in select(view, rule) {
        if is_off(view, parameters, node) {
            continue;
        }
        let label = view.graph.label(node);
        let rows: Vec<_> =
            view.graph.all_attributes(node).iter().filter(|row| row.key == parameters.attribute).collect();
        let values: BTreeSet<&str> = rows.iter().map(|row| &*row.value).collect();
        let service = view.graph.attribute(node, key::SERVICE).and_then(|id| view.catalog.service(id));
        let said = match (values.len(), service) {
            (0, Some(service)) => format!("{}: {}", service.name, service.why),
            (count, _) => {
                let named: Vec<&str> = values.iter().copied().take(NAMED).collect();
                let more = if count > NAMED { format!(" and {} more", count - NAMED) } else { String::new() };
                format!("{}{more}", named.join(", "))
            }
        };
        let mut hit = Hit::new(node, parameters.attribute.as_str(), format!("`{label}` {}: {said}", parameters.says));
        let places: BTreeSet<Place> =
            rows.iter().flat_map(|row| row.evidence.iter().filter_map(Evidence::place)).collect();
        hit.at = places.into_iter().take(SHOWN).collect();
        if let Some(service) = service.filter(|_| values.is_empty()) {
            hit.verification = service.verification;
        }
        out.hits.push(hit);
    }
}

/// True when the component itself says the opposite and nothing of what is asked about.
fn is_off(view: &View<'_>, parameters: &StatedParameters, node: crate::graph::NodeId) -> bool {
    let Some(off) = &parameters.unless else { return false };
    view.graph.attribute(node, off).is_some() && view.graph.attribute(node, &parameters.attribute).is_none()
}
