//! Which delivery object brings which workload into service: by the folders they name.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cite, Work};
use crate::model::{ComponentId, ComponentKind, Confidence, RelationKind, Verification, key};
use crate::text::RelPath;

pub(super) fn link(work: &mut Work<'_>) {
    let components = work.components(|kind| matches!(kind, ComponentKind::Delivery | ComponentKind::Workload));
    let mut deliveries: BTreeMap<String, Vec<ComponentId>> = BTreeMap::new();
    for seen in components.iter().filter(|seen| seen.kind == ComponentKind::Delivery) {
        for path in seen.all(key::DEPLOYS_PATH).filter_map(|path| RelPath::new(path.trim_start_matches('/'))) {
            deliveries.entry(path.to_string()).or_default().push(seen.id.clone());
        }
    }
    if deliveries.is_empty() {
        return;
    }
    let cite = Cite {
        entry: "attribution/deploys-path".to_owned(),
        source: "folder named by the delivery object",
        verification: Verification::TwoSource,
        confidence: Confidence::Likely,
    };
    for seen in components.iter().filter(|seen| seen.kind == ComponentKind::Workload) {
        // `workload:FOLDER/Kind/namespace/name`
        let Some(folder) = seen.id.rest().rsplitn(4, '/').nth(3).and_then(RelPath::new) else { continue };
        for path in runs_of(&folder) {
            for delivery in deliveries.get(&path).map_or(&[][..], Vec::as_slice) {
                work.relate(&seen.id, RelationKind::DeployedBy, delivery, &cite);
            }
        }
    }
}

/// Every run of parts of a folder's path: the repository may be scanned from above or from a path's own
/// root, so a path counts when the folder ends with it or goes on below it. `.` counts for all.
fn runs_of(folder: &RelPath) -> BTreeSet<String> {
    const DEEPEST: usize = 24;
    let parts: Vec<&str> = folder.as_str().split('/').take(DEEPEST).collect();
    let mut found = BTreeSet::from([RelPath::root().to_string()]);
    for start in 0..parts.len() {
        for end in start..parts.len() {
            found.insert(parts[start..=end].join("/"));
        }
    }
    found
}
