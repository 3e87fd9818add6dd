//! Manifests and lock files of one project, brought together after all files are read.
//!
//! A manifest asks for `torch >= 2`, a lock file in its folder or above answers with `torch 2.4.0`: the answer
//! takes the place of the question, and keeps the manifest's line as evidence. A question without an answer
//! stays a component with its constraint. A manifest that declares a version which its tool takes as it stands
//! (Maven, Gradle, NuGet) keeps that version until a lock file answers. Neither file hides the other: what they
//! disagree about, and manifests that no lock file answers, are diagnostics. A pure function of the inventory.
//!
//! Of several locked versions the answer is what the lock file says of the asking project itself, else the one
//! that it holds for the very constraint, else the pinned one, else those within the range, else all of them. In an image,
//! what is installed answers.

mod alone;
mod answer;
mod asked;
mod index;
mod installed;
mod locks;
mod places;
mod range;
mod release;
mod restored;
mod scopes;
mod spelling;

pub(crate) use range::holds as is_within;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use self::alone::Alone;
use self::asked::{Asked, Need};
use self::index::Index;
use self::locks::Locks;
pub(super) use self::places::take_back;
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::{Basis, ComponentId, Evidence, EvidenceSet, FactRef, Inventory, RelationKind, Sighting};
use crate::scan::package::toolkit::exact;
use crate::text::RelPath;

/// Versions of one package that are compared with each other.
const COMPARED: usize = 1_000;

/// Needs that are worth a thread.
const AT_ONCE: usize = 64;

/// Ranges of one need that versions are held against.
const MOST_RANGES: usize = 32;

/// Brings questions and answers together.
#[must_use]
pub(super) fn reconcile(mut inventory: Inventory) -> Inventory {
    spelling::unite(&mut inventory);
    let mut changes = Changes::default();
    {
        let index = Index::of(&inventory);
        let asked = Asked::of(&inventory, &index);
        if asked.needs.is_empty() && asked.of_images.is_empty() && asked.pins_held.is_empty() {
            return inventory;
        }
        let locks = Locks::of(&inventory, &asked);
        let settled: Vec<Changes> =
            asked.needs.par_chunks(AT_ONCE).map(|needs| Changes::of(needs, &asked, &locks)).collect();
        settled.into_iter().for_each(|more| changes.append(more));
        changes.settle_images(&inventory, &asked.of_images);
        for (package, evidence) in &asked.pins_held {
            changes.confirm(package, evidence);
        }
    }
    changes.apply(&mut inventory);
    scopes::spread(&mut inventory);
    inventory
}

/// What the ids of projects begin with.
const PROJECTS: &str = "project:";

/// Folder of a project's id.
pub(in crate::scan) fn folder_of(id: &ComponentId) -> Option<RelPath> {
    id.as_str().strip_prefix(PROJECTS).and_then(RelPath::new)
}

/// Package and type without version and qualifiers.
pub(super) fn base(id: &ComponentId) -> &str {
    let text = id.as_str();
    let end = text.bytes().position(|byte| matches!(byte, b'@' | b'?' | b'#')).unwrap_or(text.len());
    &text[..end]
}

/// As [`base`], in the form in which the ecosystem compares names.
fn name_of(id: &ComponentId) -> Cow<'_, str> {
    let base = base(id);
    match memchr::memchr(b'#', id.as_str().as_bytes()) {
        // a part of a pod is a package of its own
        Some(at) => Cow::Owned(format!("{base}{}", &id.as_str()[at..])),
        None if base.starts_with("pkg:nuget/") => Cow::Owned(base.to_ascii_lowercase()),
        None => Cow::Borrowed(base),
    }
}

fn version(id: &ComponentId) -> Option<&str> {
    let text = id.as_str();
    let rest = &text[memchr::memchr(b'@', text.as_bytes())? + 1..];
    Some(&rest[..memchr::memchr2(b'?', b'#', rest.as_bytes()).unwrap_or(rest.len())])
}

/// True when a manifest is among those that state it.
fn states(evidence: &EvidenceSet) -> bool {
    evidence.iter().any(|one| one.basis() == Some(Basis::Declared))
}

/// True when manifests state it and no lock file does.
fn only_manifests_state(evidence: &EvidenceSet) -> bool {
    evidence.iter().all(|one| one.basis() == Some(Basis::Declared))
}

/// True for lock files that hold all that is used. A compiled manifest is the lock of what it was compiled from, not of every
/// manifest beside it; one beside a snapshot holds what comes on top of that, and says so by inference.
fn holds_all(lock: &EvidenceSet) -> bool {
    lock.iter().any(|one| !matches!(one.basis(), Some(Basis::Declared | Basis::Inferred)))
}

/// Where a manifest states it, else where anything does.
fn seen_at(evidence: &EvidenceSet) -> Option<&Sighting> {
    let declared = evidence.iter().find(|one| one.basis() == Some(Basis::Declared));
    declared.and_then(Evidence::sighting).or_else(|| evidence.iter().find_map(Evidence::sighting))
}

/// Versions as a message tells them: the first few.
fn told(versions: &[&str]) -> String {
    const SHOWN: usize = 8;
    let more = versions.len().saturating_sub(SHOWN);
    let shown = versions[..versions.len().min(SHOWN)].join(", ").replace("%2B", "+");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// True when the ecosystem takes both texts for one version: NuGet writes `1.2` as `1.2.0`, Composer `1.2` as the tag `v1.2.0`; a
/// pin of Python without a local part takes every one.
fn same_version(ecosystem: &str, one: &str, other: &str) -> bool {
    let plain = |text: &str| -> String {
        let text = text.split('+').next().unwrap_or(text).to_ascii_lowercase();
        let (numbers, rest) =
            text.split_once('-').map_or((text.as_str(), None), |(numbers, rest)| (numbers, Some(rest)));
        let numbers = numbers.trim_end_matches(".0");
        rest.map_or_else(|| numbers.to_owned(), |rest| format!("{numbers}-{rest}"))
    };
    let tag = |text: &str| text.strip_prefix(['v', 'V']).unwrap_or(text).to_owned();
    match ecosystem {
        _ if one == other => true,
        "nuget" => plain(one) == plain(other),
        "composer" => plain(&tag(one)) == plain(&tag(other)),
        "pypi" => release::is_pinned_python(one, other),
        // `7.0` is 7.0.0 there
        "gem" | "cocoapods" => one.trim_end_matches(".0") == other.trim_end_matches(".0"),
        _ => false,
    }
}

/// One project's need of a package, and the locked packages that answer it.
struct Answered {
    project: ComponentId,
    question: ComponentId,
    answers: Vec<ComponentId>,
}

/// The lock files that a project's needs of an ecosystem are held against.
struct Near<'a> {
    project: &'a ComponentId,
    ecosystem: &'a str,
    /// The folder with them, its number, and what says that they are there.
    found: Option<(RelPath, usize, &'a EvidenceSet)>,
    /// They are about the project.
    is_its_own: bool,
}

impl<'a> Near<'a> {
    fn of(need: &Need<'a>, asked: &Asked<'a>, locks: &Locks<'a>) -> Self {
        let found = locks.nearest(need.ecosystem, need.project);
        let is_its_own = found.as_ref().is_some_and(|(folder, _, lock)| asked.is_locked_by(need, folder, lock));
        Self { project: need.project, ecosystem: need.ecosystem, found, is_its_own }
    }

    fn is_of(&self, need: &Need<'a>) -> bool {
        self.ecosystem == need.ecosystem && self.project == need.project
    }
}

/// True for an exact version that manifests alone state, and that no tool takes as a wish. What is pinned so in .NET
/// (tools, SDKs, downloads) stands in no lock file.
fn is_pinned_alone(need: &Need<'_>, asked: &Asked<'_>) -> bool {
    need.ecosystem != "nuget"
        && version(need.package).is_some()
        && only_manifests_state(need.evidence)
        && asked.declared(need).is_empty()
}

/// What is asked for that no locked version is, in words, with the place of a range.
fn disagreement<'a>(
    need: &Need<'a>,
    asked: &Asked<'a>,
    pins: &[&str],
    versions: &[&str],
) -> Option<(String, Option<&'a Sighting>)> {
    if pins.is_empty() {
        let ranges = not_held(need, asked, versions)?;
        return Some((format!("asked for as {}", told(&ranges)), asked.stated_at(need, ranges[0])));
    }
    // of very many versions, which only a hostile file has, the first are compared
    let holds = |pin: &&str| versions.iter().take(COMPARED).any(|version| same_version(need.ecosystem, pin, version));
    let is_held = pins.iter().take(COMPARED).any(holds);
    (!is_held).then(|| (format!("pinned to {}", told(pins)), None))
}

/// The ranges that a manifest asks for, when all of them are understood and no locked version is within any.
fn not_held<'a>(need: &Need<'a>, asked: &Asked<'a>, versions: &[&str]) -> Option<Vec<&'a str>> {
    let ranges: Vec<&str> = asked.constraints_of(need).collect();
    if ranges.is_empty() || versions.is_empty() || ranges.len().max(versions.len()) > MOST_RANGES {
        return None;
    }
    let is_out =
        |range: &&str| versions.iter().all(|version| range::holds(need.ecosystem, range, version) == Some(false));
    if ranges.iter().all(is_out) {
        return Some(ranges);
    }
    // each stands for itself, as names that a manifest gives the same crate; what a crate beside the workspace needs for its
    // own development no lock file holds
    let is_needed = |range: &&str| {
        let place = asked.stated_at(need, range);
        place.is_none_or(|place| !asked.is_for_development(need.package, place))
    };
    let apart: Vec<&str> = ranges.into_iter().filter(is_out).filter(is_needed).collect();
    (need.ecosystem == "cargo" && !apart.is_empty()).then_some(apart)
}

/// What to change.
#[derive(Default)]
struct Changes {
    answered: Vec<Answered>,
    /// Requirements that some project asks and no lock file answers, with the files in which it does.
    kept: BTreeMap<ComponentId, BTreeSet<RelPath>>,
    /// Declared versions whose place a lock file takes, with the manifests that declare them.
    replaced: BTreeMap<ComponentId, BTreeSet<RelPath>>,
    /// Declared and pinned versions that a lock file confirms, with the manifests that state them.
    confirmed: BTreeMap<ComponentId, BTreeSet<RelPath>>,
    diagnostics: Vec<Diagnostic>,
    /// Manifests without any lock file.
    alone: BTreeMap<RelPath, Alone>,
}

impl Changes {
    fn of<'a>(needs: &[Need<'a>], asked: &Asked<'a>, locks: &Locks<'a>) -> Self {
        let mut changes = Self::default();
        let mut near: Option<Near<'_>> = None;
        for need in needs {
            // the needs of a project come together
            let near = match near.take().filter(|near| near.is_of(need)) {
                Some(known) => near.insert(known),
                None => near.insert(Near::of(need, asked, locks)),
            };
            changes.settle(need, near, asked, locks);
        }
        changes
    }

    /// Adds what comes after these needs.
    fn append(&mut self, more: Self) {
        fn unite(all: &mut BTreeMap<ComponentId, BTreeSet<RelPath>>, more: BTreeMap<ComponentId, BTreeSet<RelPath>>) {
            more.into_iter().for_each(|(id, files)| all.entry(id).or_default().extend(files));
        }
        self.answered.extend(more.answered);
        unite(&mut self.kept, more.kept);
        unite(&mut self.replaced, more.replaced);
        unite(&mut self.confirmed, more.confirmed);
        self.diagnostics.extend(more.diagnostics);
        more.alone.into_iter().for_each(|(path, alone)| self.alone.entry(path).or_default().append(&alone));
    }

    fn settle<'a>(&mut self, need: &Need<'a>, near: &Near<'a>, asked: &Asked<'a>, locks: &Locks<'a>) {
        let is_open = asked.is_question(need);
        let place = seen_at(need.evidence);
        let is_its_own = near.is_its_own;
        let nearest = near.found.as_ref().map(|(folder, number, lock)| {
            let answers = locks.answers(*number, need.package);
            (folder, *number, answers, *lock)
        });
        let nearest = nearest.filter(|(_, _, answers, lock)| !answers.is_empty() || holds_all(lock));
        let Some((folder, number, answers, lock)) = nearest else {
            if is_open {
                self.unanswered(need, place, asked);
            }
            return;
        };
        let lock_file = || asked.file_of(lock, answers, place).map_or_else(String::new, ToString::to_string);
        let targets =
            || asked.file_of(lock, answers, place).map_or_else(Vec::new, |file| asked.targets(need, folder, file));
        let name = || base(need.package).split_once('/').map_or("", |(_, name)| name).replace("%40", "@");
        if answers.is_empty() {
            let own = asked.own(need.package, folder, lock, is_its_own);
            if is_open && (!only_manifests_state(need.evidence) || asked.is_held_by(need.package, lock)) {
                // the lock file has it without a version: from a repository or an archive
                self.keep(need);
                if asked.is_locked(need.package) {
                    self.confirm(need.package, need.evidence);
                }
            } else if is_open && !own.is_empty() {
                self.answer(need, own.into_iter().filter(|own| own != need.project).collect());
            } else if is_open && !is_its_own {
                self.unanswered(need, place, asked);
            } else if is_open || is_pinned_alone(need, asked) && own.is_empty() && is_its_own {
                self.keep(need);
                let may_be_absent = place.is_some_and(|seen| asked.may_be_absent(need, seen.path()));
                // `-` is for nothing, and an address or alias for something of another name
                let is_moved = |target: &&str| *target == "-" || target.contains(':');
                if !may_be_absent && !targets().iter().any(is_moved) {
                    self.lacks(place, &name(), &lock_file());
                }
            } else if own.is_empty()
                && let Some(file) = restored::lacking(need, asked, lock, place)
            {
                self.lacks(place, &name(), file.as_str());
            }
            return;
        }
        let versions: Vec<&str> = answers.iter().filter_map(|id| version(id)).collect();
        let pins: Vec<&str> = match version(need.package) {
            Some(version) => vec![version],
            None => asked.constraints_of(need).filter_map(|text| exact(need.ecosystem, text)).collect(),
        };
        let differs = disagreement(need, asked, &pins, &versions);
        if !is_its_own && differs.is_some() {
            // a project of its own in a folder below: the lock file is not about it
            if is_open {
                self.unanswered(need, place, asked);
            }
            return;
        }
        let declared = asked.declared(need);
        // what a manifest of these declares is the least version: with one that something else needs, nothing is wrong
        let is_least = matches!(need.ecosystem, "maven" | "nuget") && !declared.is_empty() && !pins.is_empty();
        let is_met = is_least && pins.iter().all(|pin| versions.iter().any(|version| release::is_later(version, pin)));
        // the lock file holds what its tool was told to take
        let is_told = |target: &&str| {
            let held = |version: &&str| range::holds(need.ecosystem, target, version).unwrap_or(true);
            versions.iter().take(COMPARED).any(held)
        };
        if let Some((words, at)) = differs.filter(|_| !is_met && !targets().iter().any(is_told)) {
            let message = format!("`{}` is {words} here and `{}` holds {}", name(), lock_file(), told(&versions));
            self.conflict(at.or(place), message);
        }
        if answers.contains(&need.package) && (!declared.is_empty() || asked.is_locked(need.package)) {
            self.confirm(need.package, need.evidence);
        } else if is_open || !declared.is_empty() {
            if !declared.is_empty() {
                self.replaced.entry(need.package.clone()).or_default().extend(declared);
            }
            self.answer(need, locks.best(need, number, asked, &pins, answers).into_iter().cloned().collect());
        }
    }

    /// In an image the installed copies answer; what is not installed is asked for there and no more.
    fn settle_images(&mut self, inventory: &Inventory, needs: &[Need<'_>]) {
        let copies = installed::copies(inventory, needs);
        for need in needs {
            let answers = installed::answers(need, &copies);
            if answers.is_empty() {
                self.keep(need);
            } else {
                self.answer(need, answers);
            }
        }
    }

    fn answer(&mut self, need: &Need<'_>, answers: Vec<ComponentId>) {
        self.answered.push(Answered { project: need.project.clone(), question: need.package.clone(), answers });
    }

    /// A lock file holds the very version that manifests state: it is locked, whatever they could say alone.
    fn confirm(&mut self, package: &ComponentId, evidence: &EvidenceSet) {
        self.confirmed.entry(package.clone()).or_default().extend(asked::manifests_of(evidence).cloned());
    }

    fn unanswered<'a>(&mut self, need: &Need<'a>, place: Option<&Sighting>, asked: &Asked<'a>) {
        self.keep(need);
        if let Some(place) = place.filter(|_| !asked.is_pinned(need.package)) {
            let has_constraint = asked.constraints_of(need).next().is_some();
            self.alone.entry(place.path().clone()).or_default().add(place, has_constraint);
        }
    }

    fn keep(&mut self, need: &Need<'_>) {
        let files = need.evidence.iter().filter_map(Evidence::path).cloned();
        self.kept.entry(need.package.clone()).or_default().extend(files);
    }

    fn lacks(&mut self, place: Option<&Sighting>, name: &str, lock_file: &str) {
        self.conflict(place, format!("`{name}` is asked for here and `{lock_file}` does not hold it"));
    }

    fn conflict(&mut self, place: Option<&Sighting>, message: String) {
        let Some(place) = place else { return };
        self.diagnostics.push(Diagnostic {
            path: place.path().clone(),
            at: place.region().map(|region| region.start),
            kind: DiagnosticKind::Conflict,
            scanner: Arc::from("reconcile"),
            message,
        });
    }

    fn apply(mut self, inventory: &mut Inventory) {
        let mut places = places::files(inventory, self.replaced.keys());
        answer::replace(inventory, &self.answered, &self.kept, &self.replaced);
        places::withdraw(inventory, &self.replaced);
        // a central version that nobody takes any more is none of the system
        places.retain(|id, _| !places::is_wanted(inventory, id));
        places::withdraw(inventory, &places);
        let is_not_locked = |fact: FactRef<'_>| matches!(fact, FactRef::Attribute { key: crate::model::key::RESOLUTION, value, .. } if matches!(&**value, "unlocked" | "pinned"));
        for (package, files) in &self.confirmed {
            let is_of_files = |one: &Evidence| one.path().is_some_and(|path| files.contains(path));
            let is_host = |kind: RelationKind| kind == RelationKind::DistributedBy;
            let rows = inventory.known(package).map_or(&[][..], |known| known.relations()).iter();
            // where a lock file says where it comes from, the ecosystem's own registry is not implied
            let has_host = rows.filter(|row| is_host(row.kind)).any(|row| !row.evidence.iter().all(is_of_files));
            // nor is what the manifest wishes of a repository (a tag, a branch) what is taken, where the lock file says the commit
            let attributes = inventory.known(package).map_or(&[][..], |known| known.attributes()).iter();
            let is_revision = |key: &str| key == crate::model::key::REVISION;
            let has_revision =
                attributes.filter(|row| is_revision(row.key)).any(|row| !row.evidence.iter().all(is_of_files));
            let is_wish =
                |fact: FactRef<'_>| matches!(fact, FactRef::Attribute { key, .. } if has_revision && is_revision(key));
            let is_implied = |fact: FactRef<'_>, one: &Evidence| {
                let is_host = matches!(fact, FactRef::Relation { kind, .. } if is_host(kind));
                is_host && has_host && one.basis() == Some(Basis::Inferred)
            };
            inventory.retain_evidence_of(package, |fact, one| {
                !((is_not_locked(fact) || is_wish(fact) || is_implied(fact, one)) && is_of_files(one))
            });
        }
        self.diagnostics.extend(self.alone.into_iter().map(|(path, alone)| Diagnostic {
            path,
            at: alone.at,
            kind: DiagnosticKind::Unresolved,
            scanner: Arc::from("reconcile"),
            message: alone.told(),
        }));
        inventory.diagnostics.extend(self.diagnostics);
    }
}
