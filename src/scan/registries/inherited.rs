//! Projects of the tree that a run of a Python tool elsewhere installs: what they need comes from the indexes of that run.
//!
//! `pip install -r requirements.txt` asks the indexes of that file for all that `-e ./lib` needs, and so do Poetry, Pipenv, PDM
//! and uv. What the project says itself counts where it is built by itself, so that both are told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::setting::{MOST_REGISTRIES, Of, Setting, Settings, Standing};
use crate::model::{Evidence, EvidenceSet, Inventory, RelationKind};
use crate::scan::package::toolkit::{default_registry, manifest, scope};
use crate::scan::reconcile::folder_of;
use crate::text::RelPath;

/// The only ecosystem whose tools do so.
const PYTHON: &str = "pypi";

/// What states that a run installs a folder.
const SCANNERS: [&str; 6] = ["conda-environment", "pipfile", "pyproject", "requirements", "setup-cfg", "setup-py"];

/// A file that installs the project of a folder.
struct Use<'a> {
    file: &'a RelPath,
    to: RelPath,
    evidence: &'a EvidenceSet,
}

/// Gives the indexes of runs to the projects that they install.
pub(super) fn spread<'a>(settings: &mut Settings<'a>, inventory: &'a Inventory) {
    if !settings.knows(PYTHON) {
        return;
    }
    let uses = uses(inventory);
    if uses.is_empty() {
        return;
    }
    let installed: BTreeSet<&RelPath> = uses.iter().map(|one| &one.to).collect();
    let mut by_folder: BTreeMap<RelPath, Vec<usize>> = BTreeMap::new();
    for (at, one) in uses.iter().enumerate().filter(|(_, one)| manifest::PYTHON.contains(&one.file.name())) {
        by_folder.entry(one.file.parent()).or_default().push(at);
    }
    let mut given: BTreeMap<&RelPath, Vec<Setting<'a>>> = BTreeMap::new();
    let mut open: VecDeque<usize> = (0..uses.len()).collect();
    while let Some(at) = open.pop_front() {
        let one = &uses[at];
        let is_manifest = manifest::PYTHON.contains(&one.file.name());
        let folder = one.file.parent();
        let mut said = settings.speaking(PYTHON, "*", one.file);
        // a manifest passes on what it was given; without any it is built by itself only where nothing installs it
        match given.get(&folder).filter(|_| is_manifest) {
            Some(more) => said.extend(more),
            None if said.is_empty() && !(is_manifest && installed.contains(&folder)) => said.extend(own(one.evidence)),
            None => {}
        }
        let known = given.entry(&one.to).or_default();
        let before = known.len();
        for setting in said {
            if known.len() < MOST_REGISTRIES && !known.iter().any(|known| known.is_same(&setting)) {
                known.push(Setting { names: "*", of: Of::Manifests, ..setting });
            }
        }
        // each folder is given a few settings at most, so that circles end
        if known.len() > before {
            open.extend(by_folder.get(&one.to).into_iter().flatten());
        }
    }
    // the ecosystem's own alone is what is implied anyway
    given.retain(|_, known| known.iter().any(|setting| setting.standing != Standing::Own));
    let given: Vec<(RelPath, Vec<Setting<'a>>)> = given.into_iter().map(|(to, known)| (to.clone(), known)).collect();
    let folders = settings.lists.entry(PYTHON).or_default();
    for (to, known) in given {
        folders.entry(to).or_default().extend(known);
    }
}

/// Leaves of what speaks of a requirement in a file what its scope allows: a run that installs a folder takes no groups, which
/// `pyproject.toml` alone has, and of the extras those that it names. Which one a requirement is of is not known here, so that
/// both the indexes of the run and the project's own count for it.
pub(super) fn leave_installed(found: &mut Vec<Setting<'_>>, file: &RelPath, scope: Option<&str>) {
    let is_group = file.name() == manifest::PYTHON[0] && matches!(scope, Some(scope::DEV | scope::TEST));
    if is_group {
        found.retain(|setting| !setting.is_inherited());
    } else if matches!(scope, Some(scope::DEV | scope::TEST | scope::OPTIONAL))
        && found.iter().all(Setting::is_inherited)
        && let Some(own) = found.first().and_then(|setting| own(setting.evidence))
    {
        found.truncate(MOST_REGISTRIES - 1);
        found.push(own);
    }
}

fn uses(inventory: &Inventory) -> Vec<Use<'_>> {
    let mut found = Vec::new();
    for (_, known) in inventory.beginning_with("project:") {
        for row in known.relations().iter().filter(|row| row.kind == RelationKind::DependsOn) {
            let Some(to) = folder_of(&row.to) else { continue };
            let seen = row.evidence.iter().filter_map(Evidence::sighting);
            let files: BTreeSet<&RelPath> =
                seen.filter(|seen| SCANNERS.contains(&seen.scanner())).map(|seen| seen.path()).collect();
            found.extend(files.into_iter().map(|file| Use { file, to: to.clone(), evidence: &row.evidence }));
        }
    }
    found
}

/// The ecosystem's own index, which a run without any setting asks.
fn own(evidence: &EvidenceSet) -> Option<Setting<'_>> {
    let host = default_registry(PYTHON)?;
    Some(Setting { names: "*", standing: Standing::Own, of: Of::Manifests, id: "", is_plain: false, host, evidence })
}
