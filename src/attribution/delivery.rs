//! Which delivery object brings which workload into service: by the folders they name.

use super::{Cite, Work};
use crate::model::{ComponentId, ComponentKind, Confidence, RelationKind, Verification, key};
use crate::text::RelPath;

pub(super) fn link(work: &mut Work<'_>) {
    let components = work.components();
    let mut paths: Vec<(RelPath, ComponentId)> = Vec::new();
    for seen in components.iter().filter(|seen| seen.kind == ComponentKind::Delivery) {
        paths.extend(
            seen.all(key::DEPLOYS_PATH)
                .filter_map(|path| Some((RelPath::new(path.trim_start_matches('/'))?, seen.id.clone()))),
        );
    }
    if paths.is_empty() {
        return;
    }
    for seen in components.iter().filter(|seen| seen.kind == ComponentKind::Workload) {
        // `workload:FOLDER/Kind/namespace/name`
        let mut parts = seen.id.rest().rsplitn(4, '/');
        let Some(folder) = parts.nth(3).and_then(RelPath::new) else { continue };
        for (path, delivery) in &paths {
            if is_below(&folder, path) {
                let cite = Cite {
                    entry: "attribution/deploys-path".to_owned(),
                    source: "folder named by the delivery object",
                    verification: Verification::TwoSource,
                    confidence: Confidence::Likely,
                };
                work.relate(&seen.id, RelationKind::DeployedBy, delivery, &cite);
            }
        }
    }
}

/// The repository may be scanned from above or from the path's own root, so a path counts when
/// the folder ends with it or goes on below it.
fn is_below(folder: &RelPath, path: &RelPath) -> bool {
    let (folder, path) = (format!("/{folder}/"), format!("/{path}/"));
    path == "/./" || folder.contains(&path)
}
