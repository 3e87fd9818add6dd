//! Versions that .NET projects state and what was restored for them lacks.

use super::asked::{Asked, Need};
use crate::model::{Evidence, EvidenceSet, Sighting, key};
use crate::text::RelPath;

/// The lock file that has to hold a version which a reference of a project states, when it is about that project:
/// everything that a project refers to is restored and stands there, unless a condition leaves it out.
pub(super) fn lacking<'l>(
    need: &Need<'_>,
    asked: &Asked<'_>,
    lock: &'l EvidenceSet,
    place: Option<&Sighting>,
) -> Option<&'l RelPath> {
    let manifest = place?.path();
    let is_reference = need.ecosystem == "nuget" && asked.declared(need).contains(manifest);
    if !is_reference || asked.states(need.package, key::CONDITION, manifest) {
        return None;
    }
    lock.iter().filter_map(Evidence::path).find(|path| is_of(path, manifest))
}

/// True for what a restore writes for all projects of a folder, or for this one by its name.
fn is_of(lock: &RelPath, manifest: &RelPath) -> bool {
    let project = || manifest.name().rsplit_once('.').map_or("", |(stem, _)| stem);
    match lock.name() {
        "packages.lock.json" | "project.assets.json" => true,
        name => name.strip_prefix("packages.").and_then(|rest| rest.strip_suffix(".lock.json")) == Some(project()),
    }
}
