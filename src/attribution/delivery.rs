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
    // `*` stands for one folder of any name, as generators of application sets have it
    let patterns: Vec<(Vec<String>, Vec<ComponentId>)> = deliveries
        .iter()
        .filter(|(path, _)| path.contains('*'))
        .map(|(path, ids)| (path.split('/').map(str::to_owned).collect(), ids.clone()))
        .collect();
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
        let parts: Vec<&str> = folder.as_str().split('/').take(DEEPEST).collect();
        for delivery in patterns.iter().filter(|(pattern, _)| fits(pattern, &parts)).flat_map(|(_, ids)| ids) {
            work.relate(&seen.id, RelationKind::DeployedBy, delivery, &cite);
        }
        for path in runs_of(&folder) {
            for delivery in deliveries.get(&path).map_or(&[][..], Vec::as_slice) {
                work.relate(&seen.id, RelationKind::DeployedBy, delivery, &cite);
            }
        }
    }
}

/// Parts of a folder's path that are looked at.
const DEEPEST: usize = 24;

/// True when a run of parts fits the pattern.
fn fits(pattern: &[String], parts: &[&str]) -> bool {
    parts.windows(pattern.len()).any(|run| run.iter().zip(pattern).all(|(part, word)| word == "*" || part == word))
}

/// Every run of parts of a folder's path: the repository may be scanned from above or from a path's own
/// root, so a path counts when the folder ends with it or goes on below it. `.` counts for all.
fn runs_of(folder: &RelPath) -> BTreeSet<String> {
    let parts: Vec<&str> = folder.as_str().split('/').take(DEEPEST).collect();
    let mut found = BTreeSet::from([RelPath::root().to_string()]);
    for start in 0..parts.len() {
        for end in start..parts.len() {
            found.insert(parts[start..=end].join("/"));
        }
    }
    found
}
