//! Declared resources that say no place of their own lie where the resource does that they are a part of.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Cite, Work};
use crate::model::{ComponentId, ComponentKind, Confidence, Verification, key};

/// Longest chain of parts of parts.
const DEEPEST: usize = 8;

pub(super) fn link(work: &mut Work<'_>) {
    let services = work.components(|kind| kind == ComponentKind::Service);
    let mut parts: BTreeMap<&str, &str> = BTreeMap::new();
    for seen in &services {
        if let Some(whole) = seen.first(key::LIES_WITH).filter(|_| seen.first(key::REGION).is_none()) {
            parts.insert(seen.id.as_str(), whole);
        }
    }
    if parts.is_empty() {
        return;
    }
    let cite = Cite {
        entry: "attribution/lies-with".to_owned(),
        source: "region of the resource that it is a part of",
        verification: Verification::TwoSource,
        confidence: Confidence::Certain,
    };
    let mut found: Vec<(ComponentId, Vec<Arc<str>>)> = Vec::new();
    for seen in services.iter().filter(|seen| parts.contains_key(seen.id.as_str())) {
        let mut at = seen.id.as_str();
        for _ in 0..DEEPEST {
            let Some(whole) = parts.get(at) else { break };
            at = whole;
        }
        let whole = services.binary_search_by(|other| other.id.as_str().cmp(at)).ok().map(|at| &services[at]);
        let regions = whole.into_iter().flat_map(|whole| whole.all(key::REGION)).map(Arc::from).collect();
        found.push((seen.id.clone(), regions));
    }
    for (id, region) in found.iter().flat_map(|(id, regions)| regions.iter().map(move |region| (id, region))) {
        work.note(id, key::REGION, region, &cite);
    }
}
