//! What is installed in an image, as the answer to what a manifest in it asks for.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::asked::Need;
use super::{name_of, only_manifests_state, version};
use crate::model::{Basis, ComponentId, ComponentKind, Evidence, Inventory, Known, RelationKind, key};
use crate::scan::package::toolkit::MOST_ANSWERS;
use crate::text::RelPath;

/// Copies in an image with the file that tells each, by image and name.
pub(super) type Copies<'a> = BTreeMap<(&'a ComponentId, Cow<'a, str>), Vec<(&'a ComponentId, &'a RelPath)>>;

/// Packages without a version that manifests in images ask for.
pub(super) fn needs(inventory: &Inventory) -> Vec<Need<'_>> {
    let images = inventory.those(|_, known| is_image(known));
    let asked = images.into_iter().flat_map(|(image, known)| {
        let rows = known.relations().iter().filter(|row| {
            row.kind == RelationKind::DependsOn && version(&row.to).is_none() && only_manifests_state(&row.evidence)
        });
        rows.filter_map(move |row| {
            let package = inventory.known(&row.to)?;
            let is_open = package.values(key::RESOLUTION).any(|value| matches!(&**value, "unlocked" | "pinned"));
            let ecosystem = package.values(key::ECOSYSTEM).last().filter(|_| is_open)?;
            Some(Need { project: image, package: &row.to, ecosystem, evidence: &row.evidence })
        })
    });
    asked.collect()
}

fn is_image(known: &Known) -> bool {
    known.kinds().iter().any(|(kind, _)| *kind == ComponentKind::Image)
}

/// What is installed in the images, of the names that are asked for.
pub(super) fn copies<'a>(inventory: &'a Inventory, needs: &[Need<'a>]) -> Copies<'a> {
    let wanted: BTreeSet<(&ComponentId, Cow<'_, str>)> =
        needs.iter().map(|need| (need.project, name_of(need.package))).collect();
    let images: BTreeSet<&ComponentId> = needs.iter().map(|need| need.project).collect();
    let mut found = Copies::new();
    for (image, known) in images.into_iter().filter_map(|image| Some((image, inventory.known(image)?))) {
        for row in known.relations().iter().filter(|row| row.kind == RelationKind::Contains) {
            let place = (image, name_of(&row.to));
            if version(&row.to).is_none() || !wanted.contains(&place) {
                continue;
            }
            let told = row.evidence.iter().filter_map(|one| match one {
                Evidence::Observed(seen) if seen.basis() == Basis::Resolved => Some((&row.to, seen.path())),
                _ => None,
            });
            found.entry(place).or_default().extend(told);
        }
    }
    found
}

/// The copies that a need means. Node looks into `node_modules` beside the manifest and above, and takes the first;
/// other tools have one place for all.
pub(super) fn answers(need: &Need<'_>, copies: &Copies<'_>) -> Vec<ComponentId> {
    let Some(all) = copies.get(&(need.project, name_of(need.package))) else { return Vec::new() };
    let is_node = need.ecosystem == "npm";
    let mut found: BTreeSet<&ComponentId> = BTreeSet::new();
    if is_node {
        for manifest in need.evidence.iter().filter_map(Evidence::path) {
            found.extend(beside(&manifest.parent(), all));
        }
    } else {
        found.extend(all.iter().map(|(id, _)| *id));
    }
    found.into_iter().take(MOST_ANSWERS).cloned().collect()
}

/// The copy of a Node package that counts for a folder.
fn beside<'a>(folder: &RelPath, all: &[(&'a ComponentId, &RelPath)]) -> Option<&'a ComponentId> {
    // `app/node_modules/@acme/left/package.json` lies in the folder `app`
    let holder = |path: &RelPath| {
        let (before, _) = path.as_str().rsplit_once("node_modules/")?;
        RelPath::new(before.trim_end_matches('/'))
    };
    let mut folder = folder.clone();
    loop {
        if let Some((id, _)) = all.iter().find(|(_, path)| holder(path).as_ref() == Some(&folder)) {
            return Some(id);
        }
        if folder.is_root() {
            return None;
        }
        folder = folder.parent();
    }
}
