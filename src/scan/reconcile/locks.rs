//! What lock files answer.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::asked::{Asked, Need};
use super::{COMPARED, MOST_RANGES, PROJECTS, folder_of, name_of, only_manifests_state, range, version};
use crate::model::{Basis, ComponentId, Evidence, EvidenceSet, Inventory, RelationKind, key};
use crate::scan::package::toolkit::MOST_ANSWERS;
use crate::text::{Lookup, RelPath};

/// Ecosystems whose lock files speak for the project of their own folder only.
const LOCKED_BY_FOLDER: [&str; 2] = ["maven", "nuget"];

/// Relations that are worth a thread.
const AT_ONCE: usize = 512;

/// What lock files answer. A manifest that a tool wrote with exact versions only (a compiled requirements.txt)
/// answers where no lock file proper does.
pub(super) struct Locks<'a> {
    /// Lock files by ecosystem and folder.
    files: BTreeMap<(&'a str, RelPath), &'a EvidenceSet>,
    /// Numbers of the folders with lock files.
    folders: Lookup<RelPath, usize>,
    /// Locked packages by the folder of their lock file and their name.
    answers: Lookup<(usize, Cow<'a, str>), Vec<&'a ComponentId>>,
    /// What lock files say that a project itself needs, by project and name.
    said: Lookup<(&'a ComponentId, Cow<'a, str>), Vec<&'a ComponentId>>,
    /// Locked packages by the folder of their lock file, their name and a constraint that it holds them for.
    fitting: Lookup<(usize, Cow<'a, str>, &'a str), Vec<&'a ComponentId>>,
}

impl<'a> Locks<'a> {
    pub(super) fn of(inventory: &'a Inventory, asked: &Asked<'a>) -> Self {
        let mut files = BTreeMap::new();
        for (project, known) in inventory.beginning_with(PROJECTS) {
            for row in known.attributes().iter().filter(|row| row.key == key::LOCKS) {
                if let Some(folder) = folder_of(project) {
                    files.insert((&*row.value, folder), &row.evidence);
                }
            }
        }
        let folders: BTreeSet<&RelPath> = files.keys().map(|(_, folder)| folder).collect();
        let folders = folders.into_iter().enumerate().map(|(number, folder)| (folder.clone(), number)).collect();
        let (answers, said, fitting) = (Lookup::default(), Lookup::default(), Lookup::default());
        let mut locks = Self { files, folders, answers, said, fitting };
        let wanted: Lookup<Cow<'_, str>, ()> = asked.needs.iter().map(|need| (name_of(need.package), ())).collect();
        locks.take_answers(inventory, &wanted);
        locks
    }

    fn take_answers(&mut self, inventory: &'a Inventory, wanted: &Lookup<Cow<'a, str>, ()>) {
        let compiled: BTreeSet<&RelPath> = self
            .files
            .values()
            .filter(|evidence| only_manifests_state(evidence))
            .flat_map(|evidence| evidence.iter().filter_map(Evidence::path))
            .collect();
        let answers_there = |one: &Evidence| match one {
            Evidence::Observed(seen) if seen.basis() == Basis::Resolved => true,
            one => one.path().is_some_and(|path| compiled.contains(path)),
        };
        let is_wanted = |id: &ComponentId| version(id).is_some() && wanted.contains(&name_of(id));
        for (project, known) in inventory.beginning_with(PROJECTS) {
            let number = folder_of(project).and_then(|folder| self.folders.get(&folder).copied());
            let answers = known.relations().par_iter().with_min_len(AT_ONCE).filter_map(|row| match row.kind {
                RelationKind::Contains => {
                    let number = number?;
                    let is_answer = is_wanted(&row.to) && row.evidence.iter().any(answers_there);
                    is_answer.then(|| (Some(number), name_of(&row.to), &row.to))
                }
                RelationKind::DependsOn if is_wanted(&row.to) && resolved(&row.evidence).next().is_some() => {
                    Some((None, name_of(&row.to), &row.to))
                }
                _ => None,
            });
            for (number, name, to) in answers.collect::<Vec<_>>() {
                match number {
                    Some(number) => self.answers.entry((number, name)).push(to),
                    None => self.said.entry((project, name)).push(to),
                }
            }
        }
        let locked = inventory.those(|id, _| folder_of(id).is_none() && is_wanted(id));
        for (id, known) in locked {
            for row in known.attributes().iter().filter(|row| row.key == key::REQUIREMENT) {
                for path in resolved(&row.evidence) {
                    if let Some(number) = self.folders.get(&path.parent()) {
                        self.fitting.entry((*number, name_of(id), &row.value)).push(id);
                    }
                }
            }
        }
    }

    /// The nearest folder, from the project's upwards, with a lock file of the ecosystem; with its number.
    pub(super) fn nearest(
        &self,
        ecosystem: &'a str,
        project: &ComponentId,
    ) -> Option<(RelPath, usize, &'a EvidenceSet)> {
        let mut folder = folder_of(project)?;
        loop {
            let number = self.folders.get(&folder).copied();
            if let Some((number, evidence)) = number.zip(self.files.get(&(ecosystem, folder.clone()))) {
                return Some((folder, number, evidence));
            }
            if folder.is_root() || LOCKED_BY_FOLDER.contains(&ecosystem) {
                return None;
            }
            folder = folder.parent();
        }
    }

    /// Every locked version of a package in the lock files of a folder.
    pub(super) fn answers(&self, folder: usize, package: &'a ComponentId) -> &[&'a ComponentId] {
        self.answers.get(&(folder, name_of(package))).map_or(&[], Vec::as_slice)
    }

    /// Which of the locked versions answer a need, see the text of [`super`].
    pub(super) fn best(
        &self,
        need: &Need<'a>,
        folder: usize,
        asked: &Asked<'a>,
        pins: &[&str],
        all: &[&'a ComponentId],
    ) -> Vec<&'a ComponentId> {
        let mut best = self.fitting_of(need, folder, asked, pins, all);
        best.truncate(MOST_ANSWERS);
        best
    }

    fn fitting_of(
        &self,
        need: &Need<'a>,
        folder: usize,
        asked: &Asked<'a>,
        pins: &[&str],
        all: &[&'a ComponentId],
    ) -> Vec<&'a ComponentId> {
        if all.len() == 1 {
            return all.to_vec();
        }
        if let Some(said) = self.said.get(&(need.project, name_of(need.package))) {
            // a root that is a package and a workspace is said to need what its members need
            let within: Vec<&ComponentId> =
                said.iter().take(COMPARED).copied().filter(|id| is_within(need, asked, id)).collect();
            // a lock file that was not written anew, or in the middle of a merge, may say what the manifest excludes
            let fits = |id: &&ComponentId| is_within(need, asked, id);
            if within.is_empty() && !all.iter().take(COMPARED).any(fits) {
                return said.clone();
            }
            if !within.is_empty() {
                return within;
            }
        }
        let held =
            asked.constraints_of(need).filter_map(|text| self.fitting.get(&(folder, name_of(need.package), text)));
        let mut held: Vec<&ComponentId> = held.flatten().copied().collect();
        held.sort_unstable();
        held.dedup();
        if held.is_empty() {
            held.extend(all.iter().filter(|id| version(id).is_some_and(|version| pins.contains(&version))));
        }
        if held.is_empty() {
            // of very many versions, which only a hostile file has, the first are compared
            held.extend(all.iter().take(COMPARED).filter(|id| is_within(need, asked, id)));
        }
        if held.is_empty() { all.to_vec() } else { held }
    }
}

/// True for a version that is within every range that the manifest asks for.
fn is_within<'a>(need: &Need<'a>, asked: &Asked<'a>, answer: &ComponentId) -> bool {
    let mut ranges = asked.constraints_of(need).take(MOST_RANGES).peekable();
    ranges.peek().is_some()
        && version(answer)
            .is_some_and(|version| ranges.all(|range| range::holds(need.ecosystem, range, version) == Some(true)))
}

/// Files of those that a resolver wrote.
fn resolved(evidence: &EvidenceSet) -> impl Iterator<Item = &RelPath> {
    evidence.iter().filter_map(|one| match one {
        Evidence::Observed(seen) if seen.basis() == Basis::Resolved => Some(seen.path()),
        _ => None,
    })
}
