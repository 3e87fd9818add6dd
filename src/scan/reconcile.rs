//! Manifests and lock files of one project, brought together after all files are read.
//!
//! A manifest asks for `torch >= 2`, a lock file in its folder or above answers with `torch 2.4.0`: the answer
//! takes the place of the question, and keeps the manifest's line as evidence. A question without an answer
//! stays a component with its constraint. Neither file hides the other: what they disagree about, and manifests
//! that no lock file answers, are diagnostics. A pure function of the inventory.
//!
//! Of several locked versions the answer is what the lock file says of the asking project itself, else the one
//! that it holds for the very constraint, else the pinned one, else all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::{Basis, ComponentId, Evidence, EvidenceSet, Fact, Inventory, Place, RelationKind, key, purl};
use crate::text::{LineColumn, RelPath};

/// Attributes that a manifest states of what it asks for; they go over to the answer.
const STATED: [&str; 3] = [key::RELATION, key::REQUIREMENT, key::SCOPE];

/// What the id of a project begins with.
const PROJECT: &str = "project:";

/// Brings questions and answers together.
#[must_use]
pub(super) fn reconcile(mut inventory: Inventory) -> Inventory {
    let mut changes = Changes::default();
    {
        let asked = Asked::of(&inventory);
        let locks = Locks::of(&inventory, &asked);
        asked.needs.iter().for_each(|need| changes.settle(need, &asked, &locks));
    }
    changes.apply(&mut inventory);
    inventory
}

/// A project's need of a package whose version no file but a manifest states.
struct Need<'a> {
    project: &'a ComponentId,
    package: &'a ComponentId,
    ecosystem: &'a str,
    evidence: &'a EvidenceSet,
}

/// What manifests ask for.
#[derive(Default)]
struct Asked<'a> {
    needs: Vec<Need<'a>>,
    /// Constraints by package and the file that states them.
    constraints: BTreeMap<(&'a ComponentId, &'a RelPath), BTreeSet<&'a str>>,
    /// Whether a package may be absent for all that a file states.
    optional: BTreeMap<(&'a ComponentId, &'a RelPath), bool>,
    /// Folders of the projects of the tree by the package that they make.
    makes: BTreeMap<ComponentId, BTreeSet<RelPath>>,
}

impl<'a> Asked<'a> {
    fn of(inventory: &'a Inventory) -> Self {
        let mut asked = Self::default();
        // nothing but what manifests ask for is looked at: lock files name a hundred times as much
        let mut known: BTreeMap<&ComponentId, (Option<&str>, bool)> = BTreeMap::new();
        for (fact, evidence) in inventory.relations_with_prefix(PROJECT) {
            let Fact::Relation { from, kind: RelationKind::DependsOn, to, .. } = fact else { continue };
            if !states(evidence) || folder_of(from).is_none() {
                continue;
            }
            let (ecosystem, is_open) = match known.get(to) {
                Some(known) => *known,
                None => {
                    let found = asked.read(to, inventory);
                    known.insert(to, found);
                    found
                }
            };
            // Terraform's lock file is read together with what it answers
            if let Some(ecosystem) = ecosystem.filter(|ecosystem| *ecosystem != "terraform")
                && (is_open || only_manifests_state(evidence))
            {
                asked.needs.push(Need { project: from, package: to, ecosystem, evidence });
            }
        }
        for (of, key, value, _) in inventory.attributes_with_prefix(PROJECT) {
            if key == key::MAKES
                && let Some((ecosystem, name)) = value.split_once(' ')
                && let Some(folder) = folder_of(of)
            {
                asked.makes.entry(purl::of(ecosystem, name, None)).or_default().insert(folder);
            }
        }
        asked
    }

    /// Ecosystem of a package and whether its version is open; keeps what files state of it.
    fn read(&mut self, package: &'a ComponentId, inventory: &'a Inventory) -> (Option<&'a str>, bool) {
        let (mut ecosystem, mut is_open) = (None, false);
        for (key, value, evidence) in inventory.attributes_of(package) {
            match key {
                key::ECOSYSTEM => ecosystem = Some(&**value),
                key::RESOLUTION => is_open |= &**value == "unlocked",
                key::REQUIREMENT => {
                    for path in evidence.iter().filter_map(Evidence::path) {
                        self.constraints.entry((package, path)).or_default().insert(value);
                    }
                }
                key::SCOPE => {
                    for path in evidence.iter().filter_map(Evidence::path) {
                        *self.optional.entry((package, path)).or_insert(true) &= &**value == "optional";
                    }
                }
                _ => {}
            }
        }
        (ecosystem, is_open)
    }

    /// True when a project of the tree, in the lock file's folder or below, makes the package itself.
    fn is_own(&self, package: &ComponentId, lock: &RelPath) -> bool {
        let Some(folders) = self.makes.get(package) else { return false };
        let below = |folder: &RelPath| {
            let rest = folder.as_str().strip_prefix(lock.as_str());
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        // whatever lies below stands together in order
        let first = lock.join("!").filter(|_| !lock.is_root());
        lock.is_root()
            || folders.contains(lock)
            || first.is_some_and(|first| folders.range(first..).next().is_some_and(below))
    }

    /// The constraints that the manifest of a need states.
    fn constraints_of(&self, need: &Need<'a>) -> impl Iterator<Item = &'a str> {
        let stated = place_of(need.evidence).and_then(|place| self.constraints.get(&(need.package, &place.path)));
        stated.into_iter().flatten().copied()
    }
}

fn place_of(evidence: &EvidenceSet) -> Option<&Arc<Place>> {
    evidence.iter().find_map(Evidence::place)
}

/// Folder of a project's id.
fn folder_of(id: &ComponentId) -> Option<RelPath> {
    id.as_str().strip_prefix(PROJECT).and_then(RelPath::new)
}

/// True when a manifest is among those that state it.
fn states(evidence: &EvidenceSet) -> bool {
    evidence.iter().any(|one| matches!(one, Evidence::Observed { basis: Basis::Declared, .. }))
}

/// True when manifests state it and no lock file does.
fn only_manifests_state(evidence: &EvidenceSet) -> bool {
    evidence.iter().all(|one| matches!(one, Evidence::Observed { basis: Basis::Declared, .. }))
}

/// Package and type without version and qualifiers.
fn base(id: &ComponentId) -> &str {
    let text = id.as_str();
    let end = text.find(['@', '?', '#']).unwrap_or(text.len());
    &text[..end]
}

fn version(id: &ComponentId) -> Option<&str> {
    let rest = id.as_str().split_once('@')?.1;
    Some(&rest[..rest.find(['?', '#']).unwrap_or(rest.len())])
}

/// What lock files answer.
#[derive(Default)]
struct Locks<'a> {
    /// Lock files by ecosystem and folder.
    files: BTreeMap<(&'a str, RelPath), &'a EvidenceSet>,
    /// Locked packages by the folder of their lock file and their base.
    answers: BTreeMap<(RelPath, &'a str), Vec<&'a ComponentId>>,
    /// What lock files say that a project itself needs, by project and base.
    said: BTreeMap<(&'a ComponentId, &'a str), Vec<&'a ComponentId>>,
    /// Locked packages by the folder of their lock file, their base and a constraint that it holds them for.
    fitting: BTreeMap<(RelPath, &'a str, &'a str), Vec<&'a ComponentId>>,
}

impl<'a> Locks<'a> {
    fn of(inventory: &'a Inventory, asked: &Asked<'a>) -> Self {
        let mut locks = Self::default();
        if asked.needs.is_empty() {
            return locks;
        }
        for (of, key, value, evidence) in inventory.attributes_with_prefix(PROJECT) {
            if key == key::LOCKS
                && let Some(folder) = folder_of(of)
            {
                locks.files.insert((value, folder), evidence);
            }
        }
        let folders: BTreeSet<RelPath> = locks.files.keys().map(|(_, folder)| folder.clone()).collect();
        let wanted: BTreeSet<&str> = asked.needs.iter().map(|need| base(need.package)).collect();
        for (fact, evidence) in inventory.relations_with_prefix(PROJECT) {
            let Fact::Relation { from, kind, to, .. } = fact else { continue };
            if version(to).is_none() || !wanted.contains(base(to)) || resolved(evidence).next().is_none() {
                continue;
            }
            match kind {
                RelationKind::Contains => {
                    if let Some(folder) = folder_of(from).filter(|folder| folders.contains(folder)) {
                        locks.answers.entry((folder, base(to))).or_default().push(to);
                    }
                }
                RelationKind::DependsOn => locks.said.entry((from, base(to))).or_default().push(to),
                _ => {}
            }
        }
        let several = locks.answers.values().filter(|answers| answers.len() > 1).flatten();
        let several: BTreeSet<&ComponentId> = several.copied().collect();
        for of in several {
            for (_, value, evidence) in inventory.attributes_of(of).filter(|(key, ..)| *key == key::REQUIREMENT) {
                for path in resolved(evidence) {
                    locks.fitting.entry((path.parent(), base(of), value)).or_default().push(of);
                }
            }
        }
        locks
    }

    /// The nearest folder, from the project's upwards, with a lock file of the ecosystem.
    fn nearest(&self, ecosystem: &'a str, project: &ComponentId) -> Option<(RelPath, &'a EvidenceSet)> {
        let mut folder = folder_of(project)?;
        loop {
            if let Some(evidence) = self.files.get(&(ecosystem, folder.clone())) {
                return Some((folder, evidence));
            }
            if folder.is_root() {
                return None;
            }
            folder = folder.parent();
        }
    }
}

impl<'a> Locks<'a> {
    /// Which of the locked versions answer a need, see the module's text.
    fn best(
        &self,
        need: &Need<'a>,
        folder: &RelPath,
        asked: &Asked<'a>,
        pins: &[&str],
        all: &[&'a ComponentId],
    ) -> Vec<&'a ComponentId> {
        let name = base(need.package);
        if all.len() == 1 {
            return all.to_vec();
        }
        if let Some(said) = self.said.get(&(need.project, name)) {
            return said.clone();
        }
        let held = asked.constraints_of(need).filter_map(|text| self.fitting.get(&(folder.clone(), name, text)));
        let mut held: Vec<&ComponentId> = held.flatten().copied().collect();
        held.sort_unstable();
        held.dedup();
        if held.is_empty() {
            held.extend(all.iter().filter(|id| version(id).is_some_and(|version| pins.contains(&version))));
        }
        if held.is_empty() { all.to_vec() } else { held }
    }
}

/// Files of those that a resolver wrote.
fn resolved(evidence: &EvidenceSet) -> impl Iterator<Item = &RelPath> {
    evidence.iter().filter_map(|one| match one {
        Evidence::Observed { place, basis: Basis::Resolved, .. } => Some(&place.path),
        _ => None,
    })
}

/// What to change.
#[derive(Default)]
struct Changes {
    /// Relation of a project to an open requirement, and the locked packages that answer it.
    answered: Vec<(ComponentId, ComponentId, Vec<ComponentId>)>,
    /// Requirements that some project asks and no lock file answers.
    kept: BTreeSet<ComponentId>,
    diagnostics: Vec<Diagnostic>,
    /// Manifests without any lock file: first place and number of open requirements.
    alone: BTreeMap<RelPath, (Option<LineColumn>, usize)>,
}

impl Changes {
    fn settle<'a>(&mut self, need: &Need<'a>, asked: &Asked<'a>, locks: &Locks<'a>) {
        let is_open = version(need.package).is_none();
        let place = place_of(need.evidence);
        let Some((folder, lock)) = locks.nearest(need.ecosystem, need.project) else {
            if is_open {
                self.kept.insert(need.package.clone());
                if let Some(place) = place {
                    let at = place.region.map(|at| at.start);
                    let entry = self.alone.entry(place.path.clone()).or_insert((at, 0));
                    entry.0 = entry.0.min(at);
                    entry.1 += 1;
                }
            }
            return;
        };
        let answers = locks.answers.get(&(folder.clone(), base(need.package))).map_or(&[][..], Vec::as_slice);
        let lock_file = lock.iter().find_map(Evidence::path).map_or_else(String::new, ToString::to_string);
        let name = base(need.package).split_once('/').map_or("", |(_, name)| name).replace("%40", "@");
        if answers.is_empty() {
            if is_open && asked.is_own(need.package, &folder) {
                self.answered.push((need.project.clone(), need.package.clone(), Vec::new()));
            } else if is_open {
                self.kept.insert(need.package.clone());
                if place.is_some_and(|place| asked.optional.get(&(need.package, &place.path)) == Some(&true)) {
                    return;
                }
                self.conflict(place, format!("`{name}` is asked for here and `{lock_file}` does not hold it"));
            }
            return;
        }
        let versions: Vec<&str> = answers.iter().filter_map(|id| version(id)).collect();
        let pins: Vec<&str> = match version(need.package) {
            Some(version) => vec![version],
            None => asked.constraints_of(need).filter_map(|text| pin(need.ecosystem, text)).collect(),
        };
        if !pins.is_empty() && !pins.iter().any(|pin| versions.contains(pin)) {
            let message = format!(
                "`{name}` is pinned to {} here and `{lock_file}` holds {}",
                pins.join(", "),
                versions.join(", ")
            );
            self.conflict(place, message);
        }
        if is_open {
            let answers = locks.best(need, &folder, asked, &pins, answers).into_iter().cloned().collect();
            self.answered.push((need.project.clone(), need.package.clone(), answers));
        }
    }

    fn conflict(&mut self, place: Option<&Arc<Place>>, message: String) {
        let Some(place) = place else { return };
        self.diagnostics.push(Diagnostic {
            path: place.path.clone(),
            at: place.region.map(|region| region.start),
            kind: DiagnosticKind::Conflict,
            scanner: Arc::from("reconcile"),
            message,
        });
    }

    fn apply(mut self, inventory: &mut Inventory) {
        let mut by_question: BTreeMap<&ComponentId, Vec<(&ComponentId, &[ComponentId])>> = BTreeMap::new();
        for (project, question, answers) in &self.answered {
            by_question.entry(question).or_default().push((project, answers));
        }
        let mut more: BTreeMap<Fact, Vec<Evidence>> = BTreeMap::new();
        for (question, asking) in by_question {
            answer(inventory, question, &asking, &mut more);
        }
        for (fact, evidence) in more {
            inventory.facts.entry(fact).or_default().extend(evidence);
        }
        let mut gone: BTreeSet<ComponentId> = self.answered.into_iter().map(|(_, question, _)| question).collect();
        gone.retain(|question| !self.kept.contains(question));
        if !gone.is_empty() {
            inventory.facts.retain(|fact, _| match fact {
                Fact::Component { id, .. } => !gone.contains(id),
                Fact::Attribute { of, .. } => !gone.contains(of),
                Fact::Relation { from, to, .. } => !gone.contains(from) && !gone.contains(to),
            });
        }
        self.diagnostics.extend(self.alone.into_iter().map(|(path, (at, count))| Diagnostic {
            path,
            at,
            kind: DiagnosticKind::Unresolved,
            scanner: Arc::from("reconcile"),
            message: format!(
                "no lock file answers this manifest: {count} requirements are listed with their constraint"
            ),
        }));
        inventory.diagnostics.extend(self.diagnostics);
    }
}

/// Takes the projects' need of an open requirement away and adds to `more` that of the locked packages that answer
/// it, with what the manifests state of it.
fn answer(
    inventory: &mut Inventory,
    question: &ComponentId,
    asking: &[(&ComponentId, &[ComponentId])],
    more: &mut BTreeMap<Fact, Vec<Evidence>>,
) {
    let relation = |project: &ComponentId, kind: RelationKind, to: &ComponentId| Fact::Relation {
        from: project.clone(),
        kind,
        to: to.clone(),
        group: None,
        horizon: None,
    };
    let stated = stated_of(inventory, question);
    for (project, answers) in asking {
        let asked = inventory.facts.remove(&relation(project, RelationKind::DependsOn, question)).unwrap_or_default();
        inventory.facts.remove(&relation(project, RelationKind::Contains, question));
        let files: BTreeSet<&RelPath> = asked.iter().filter_map(Evidence::path).collect();
        for to in *answers {
            let need = relation(project, RelationKind::DependsOn, to);
            more.entry(need).or_default().extend(asked.iter().cloned());
            for (key, value, evidence) in files.iter().filter_map(|path| stated.get(*path)).flatten() {
                let fact = Fact::Attribute { of: to.clone(), key, value: Arc::clone(value) };
                more.entry(fact).or_default().push(evidence.clone());
            }
        }
    }
}

/// Key and value that a manifest states, with its evidence.
type Stated = (&'static str, Arc<str>, Evidence);

/// What manifests state of an open requirement, by manifest.
fn stated_of(inventory: &Inventory, question: &ComponentId) -> BTreeMap<RelPath, Vec<Stated>> {
    let mut stated: BTreeMap<RelPath, Vec<Stated>> = BTreeMap::new();
    for (key, value, evidence) in inventory.attributes_of(question).filter(|(key, ..)| STATED.contains(key)) {
        for one in evidence {
            if let Some(path) = one.path() {
                stated.entry(path.clone()).or_default().push((key, Arc::clone(value), one.clone()));
            }
        }
    }
    stated
}

/// The exact version that a constraint asks for, as its ecosystem writes that: `==2.4.0`, `=1.2.3`, `1.2.3`.
fn pin<'t>(ecosystem: &str, constraint: &'t str) -> Option<&'t str> {
    let text = constraint.trim();
    let marked = match ecosystem {
        "pypi" => text.strip_prefix("===").or_else(|| text.strip_prefix("==")),
        _ => text.strip_prefix('='),
    };
    let bare = || match ecosystem {
        // a bare version is a range there
        "pypi" | "cargo" | "hex" | "gem" => None,
        _ => (text.split('.').count() >= 3).then_some(text),
    };
    let text = marked.or_else(bare)?.trim();
    let is_version = text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_' | '!'))
        && !text.contains(".x");
    is_version.then_some(text)
}
