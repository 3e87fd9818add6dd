//! Which delivery object brings which workload into service: by the folders they name.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cite, Seen, Work};
use crate::catalog::Catalog;
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
    let mut named: BTreeMap<String, Vec<Named>> = BTreeMap::new();
    for seen in &components {
        for path in seen.all(key::APPLIES_PATH) {
            applied.entry(path.to_owned()).or_default().insert(seen.id.clone());
        }
        for text in seen.all(key::DEPLOYS_NAMED) {
            if let Some((name, one)) = Named::of(text, &seen.id, work.catalog) {
                named.entry(name).or_default().push(one);
            }
        }
    }
    if applied.is_empty() && named.is_empty() {
        return;
    }
    let cite = Cite {
        entry: "attribution/applies-path".to_owned(),
        source: "path or name of what a step of the pipeline brings into service",
        verification: Verification::TwoSource,
        confidence: Confidence::Likely,
    };
    let has_names = !named.is_empty();
    let deployed = work.components(|kind| match kind {
        ComponentKind::Workload | ComponentKind::Project => true,
        ComponentKind::Service => has_names,
        _ => false,
    });
    for seen in deployed {
        let Some(known) = work.inventory.known(&seen.id) else { continue };
        if known.relations().iter().any(|row| row.kind == RelationKind::DeployedBy && !is_state(&row.to)) {
            continue;
        }
        let files: BTreeSet<RelPath> = files_of(known);
        let mut by: BTreeSet<ComponentId> = by_name(&seen, &named);
        if seen.kind != ComponentKind::Service {
            let paths = applied.iter().filter(|(path, _)| is_applied(&seen, path, &files));
            by.extend(paths.flat_map(|(_, ids)| ids.iter().cloned()));
        }
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

/// Something that a step names.
struct Named {
    by: ComponentId,
    /// Types of resources, or the one kind of objects, that it may be.
    types: Vec<Box<str>>,
    /// The namespace of objects, where the step says it.
    namespace: Option<String>,
}

impl Named {
    /// What [`key::DEPLOYS_NAMED`] says, with the name.
    fn of(text: &str, by: &ComponentId, catalog: &Catalog) -> Option<(String, Self)> {
        let mut words = text.split(" | ");
        let (step, place, name) = (words.next()?, words.next()?, words.next()?);
        if step == "kubernetes" {
            let (kind, name) = name.split_once('/')?;
            let namespace = Some(place.to_owned()).filter(|place| place != "-");
            return Some((name.to_owned(), Self { by: by.clone(), types: vec![kind.into()], namespace }));
        }
        let (system, step) = step.split_once(' ')?;
        let types = catalog.pipeline_step(system, step)?.types.clone();
        Some((name.to_owned(), Self { by: by.clone(), types, namespace: None }))
    }
}

/// Pipelines that name a workload or a declared resource.
fn by_name(seen: &Seen, named: &BTreeMap<String, Vec<Named>>) -> BTreeSet<ComponentId> {
    if named.is_empty() {
        return BTreeSet::new();
    }
    let own: Vec<&str> = if seen.kind == ComponentKind::Workload {
        seen.id.rest().rsplit('/').next().into_iter().collect()
    } else {
        seen.all(key::CALLED).chain(seen.all(key::NAME)).collect()
    };
    let type_of = seen.first(key::RESOURCE_TYPE).unwrap_or_default();
    let type_of = if seen.kind == ComponentKind::Workload { type_of.rsplit('/').next() } else { Some(type_of) };
    let fits = |one: &&Named| {
        let own = seen.first(key::NAMESPACE);
        let is_there = one.namespace.as_deref().is_none_or(|place| own.is_none_or(|own| own == place));
        is_there && one.types.iter().any(|word| Some(&**word) == type_of)
    };
    let all = own.into_iter().filter_map(|name| named.get(name)).flatten();
    all.filter(fits).map(|one| one.by.clone()).collect()
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
