//! Runtimes of accelerators, and packages that hold one, to the hardware that they need.

use rayon::prelude::*;

use super::{Cite, LEAST, Work};
use crate::catalog::rows::Runtime;
use crate::model::{ComponentId, ComponentKind, Confidence, RelationKind, key};

pub(super) fn link(work: &mut Work<'_>) {
    let catalog = work.catalog;
    if catalog.runtimes().is_empty() {
        return;
    }
    let by_package = catalog.runtimes_of_packages();
    let packages: Vec<_> = work.inventory.components().filter(|(_, kind)| *kind == ComponentKind::Package).collect();
    let found: Vec<(ComponentId, &Runtime)> = packages
        .into_par_iter()
        .with_min_len(LEAST)
        .filter_map(|(id, _)| {
            let (kind, name) = type_and_name(id.as_str())?;
            let row = if kind == "generic" { catalog.runtime(name) } else { by_package.find(kind, name) };
            Some((id.clone(), row?))
        })
        .collect();
    for (id, row) in found {
        let cite = Cite {
            entry: format!("runtime/{}", row.id),
            source: &row.source,
            verification: row.verification,
            confidence: Confidence::Likely,
        };
        let hardware = ComponentId::unknown_accelerator(&row.vendor);
        work.component(&hardware, ComponentKind::Accelerator, &cite);
        work.relate(&id, RelationKind::RunsOn, &hardware, &cite);
        work.note(&id, key::RUNTIME, &row.product, &cite);
        // found by its library or version file: what the table says is all that is known of it
        if id.as_str().starts_with("pkg:generic/")
            && let Some(vendor) = work.organisation(&row.vendor)
        {
            work.relate(&id, RelationKind::MaintainedBy, &vendor, &cite);
        }
    }
}

/// Type and last part of the name of a package URL, still encoded: names of the table have nothing to encode.
fn type_and_name(id: &str) -> Option<(&str, &str)> {
    let (kind, rest) = id.strip_prefix("pkg:")?.split_once('/')?;
    let path = rest.split(['?', '#']).next()?;
    let path = path.rfind('@').filter(|at| *at > 0).map_or(path, |at| &path[..at]);
    Some((kind, path.rsplit('/').next()?))
}
