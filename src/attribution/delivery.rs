//! Which delivery object brings which workload into service: by the folders they name.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cite, Seen, Work};
use crate::model::{ComponentId, ComponentKind, Confidence, Known, RelationKind, Verification, key};
use crate::text::RelPath;

pub(super) fn link(work: &mut Work<'_>) {
    controllers(work);
    pipelines(work);
}

/// Workloads that steps of pipelines bring into service. Where a controller does, it goes on without the pipeline.
fn pipelines(work: &mut Work<'_>) {
    let components = work.components(|kind| matches!(kind, ComponentKind::Delivery));
    let mut applied: BTreeMap<String, BTreeSet<ComponentId>> = BTreeMap::new();
    for seen in &components {
        for path in seen.all(key::APPLIES_PATH) {
            applied.entry(path.to_owned()).or_default().insert(seen.id.clone());
        }
    }
    if applied.is_empty() {
        return;
    }
    let cite = Cite {
        entry: "attribution/applies-path".to_owned(),
        source: "path that a step of the pipeline applies",
        verification: Verification::TwoSource,
        confidence: Confidence::Likely,
    };
    for seen in work.components(|kind| matches!(kind, ComponentKind::Workload | ComponentKind::Project)) {
        let Some(known) = work.inventory.known(&seen.id) else { continue };
        if known.relations().iter().any(|row| row.kind == RelationKind::DeployedBy && !is_state(&row.to)) {
            continue;
        }
        let files: BTreeSet<RelPath> = files_of(known);
        let by: BTreeSet<ComponentId> = applied
            .iter()
            .filter(|(path, _)| is_applied(&seen, path, &files))
            .flat_map(|(_, ids)| ids.iter().cloned())
            .collect();
        for delivery in &by {
            // several bring it into service: one of them is enough
            if by.len() == 1 {
                work.relate(&seen.id, RelationKind::DeployedBy, delivery, &cite);
            } else {
                work.relate_any(&seen.id, RelationKind::DeployedBy, delivery, "applied", &cite);
            }
        }
    }
}

/// The files right in a folder, and none below it.
const RIGHT_IN: &str = "/*";

/// Where state lies is no controller.
fn is_state(id: &ComponentId) -> bool {
    ["terraform-state/", "pulumi-state/"].iter().any(|start| id.rest().starts_with(start))
}

/// Files that a component is seen in.
fn files_of(known: &Known) -> BTreeSet<RelPath> {
    known.kinds().iter().flat_map(|(_, evidence)| evidence.iter()).filter_map(|one| one.path().cloned()).collect()
}

/// True when a path that is applied is that of a component: its chart or folder, or its file.
fn is_applied(seen: &Seen, path: &str, files: &BTreeSet<RelPath>) -> bool {
    let (path, is_flat) = path.strip_suffix(RIGHT_IN).map_or((path, false), |folder| (folder, true));
    if files.iter().any(|file| file.as_str() == path) {
        return true;
    }
    let rest = seen.id.rest();
    if seen.kind == ComponentKind::Project {
        return rest == path && !is_flat;
    }
    // `workload:FOLDER/Kind/namespace/name`, `resource:FOLDER/address`
    let parts = if seen.id.as_str().starts_with("resource:") { 2 } else { 4 };
    let Some(folder) = rest.rsplitn(parts, '/').nth(parts - 1) else { return false };
    folder == path || !is_flat && folder.strip_prefix(path).is_some_and(|below| below.starts_with('/'))
}

/// Workloads that controllers bring into service.
fn controllers(work: &mut Work<'_>) {
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
