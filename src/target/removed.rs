//! What later layers of an image took away: in the layers still, in no container, and kept apart from what is.

use std::collections::{BTreeMap, BTreeSet};

use super::content::scan_kept;
use crate::catalog::Catalog;
use crate::model::{ComponentId, ComponentKind, Evidence, Fact, FactRef, Inventory, key};
use crate::scan::{Options, Selector};
use crate::source::layers::{Gone, LayeredFile};
use crate::text::RelPath;

/// Adds the packages and models that only files hold which a later layer took away. Nothing contains them; each says which
/// layer removed it.
pub(super) fn with_removed(
    found: Inventory,
    gone: Vec<LayeredFile>,
    catalog: &Catalog,
    options: &Options,
) -> Inventory {
    // one path may have gone several times: the versions are scanned one after the other
    let mut all = found;
    let mut rest = gone;
    while !rest.is_empty() {
        let mut seen: BTreeSet<RelPath> = BTreeSet::new();
        let (now, later): (Vec<_>, Vec<_>) = rest.into_iter().partition(|file| seen.insert(file.path.clone()));
        let by_path = now.iter().filter_map(|file| Some((file.path.clone(), how(file.gone.as_ref()?)))).collect();
        let before = scan_kept(now, true, &Selector::of(options), catalog, options);
        all = add(all, &before, &by_path);
        rest = later;
    }
    all
}

/// What took it away.
fn how(gone: &Gone) -> String {
    match gone {
        Gone::Deleted(layer) => format!("deleted by {layer}"),
        Gone::Replaced(layer) => format!("replaced by {layer}"),
    }
}

fn add(mut all: Inventory, before: &Inventory, by_path: &BTreeMap<RelPath, String>) -> Inventory {
    let known: BTreeSet<ComponentId> = all.components().map(|(id, _)| id.clone()).collect();
    let counts = |kind| matches!(kind, ComponentKind::Package | ComponentKind::Model);
    let only_before: BTreeSet<ComponentId> = before
        .components()
        .filter(|(id, kind)| counts(*kind) && !known.contains(*id))
        .map(|(id, _)| id.clone())
        .collect();
    for (fact, evidence) in before.facts() {
        let of = match fact {
            FactRef::Component { id, .. } => id,
            FactRef::Attribute { of, .. } => of,
            FactRef::Relation { .. } => continue,
        };
        if !only_before.contains(of) {
            continue;
        }
        for one in evidence {
            all.add(fact.into(), one.clone());
            let path = match one {
                Evidence::Observed(sighting) => sighting.place().path,
                Evidence::Cited(_) => continue,
            };
            if matches!(fact, FactRef::Component { .. })
                && let Some(how) = by_path.get(&path)
            {
                let removed = Fact::Attribute { of: of.clone(), key: key::REMOVED, value: how.as_str().into() };
                all.add(removed, one.clone());
            }
        }
    }
    all
}
