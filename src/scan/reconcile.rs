//! Manifests and lock files of one project, brought together after all files are read.
//!
//! A manifest asks for `torch >= 2`, a lock file in its folder or above answers with `torch 2.4.0`: the answer
//! takes the place of the question, and keeps the manifest's line as evidence. A question without an answer
//! stays a component with its constraint. Neither file hides the other: what they disagree about, and manifests
//! that no lock file answers, are diagnostics. A pure function of the inventory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::{Basis, ComponentId, Evidence, EvidenceSet, Fact, Inventory, Place, RelationKind, key};
use crate::text::{LineColumn, RelPath};

/// Attributes that a manifest states of what it asks for; they go over to the answer.
const STATED: [&str; 3] = [key::RELATION, key::REQUIREMENT, key::SCOPE];

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
struct Asked<'a> {
    needs: Vec<Need<'a>>,
    /// Constraints by package and the file that states them.
    constraints: BTreeMap<(&'a ComponentId, &'a RelPath), BTreeSet<&'a str>>,
    /// What is needed to build, by package and file: the lock files of some ecosystems do not hold it.
    builds: BTreeSet<(&'a ComponentId, &'a RelPath)>,
}

impl<'a> Asked<'a> {
    fn of(inventory: &'a Inventory) -> Self {
        let mut ecosystems: BTreeMap<&ComponentId, &str> = BTreeMap::new();
        let mut open: BTreeSet<&ComponentId> = BTreeSet::new();
        let mut constraints: BTreeMap<(&ComponentId, &RelPath), BTreeSet<&str>> = BTreeMap::new();
        let mut builds = BTreeSet::new();
        for (fact, evidence) in &inventory.facts {
            let Fact::Attribute { of, key, value } = fact else { continue };
            match *key {
                key::ECOSYSTEM => {
                    ecosystems.insert(of, value);
                }
                key::RESOLUTION if &**value == "unlocked" => {
                    open.insert(of);
                }
                key::SCOPE if &**value == "build" => {
                    builds.extend(evidence.iter().filter_map(Evidence::path).map(|path| (of, path)));
                }
                key::REQUIREMENT => {
                    for path in evidence.iter().filter_map(Evidence::path) {
                        constraints.entry((of, path)).or_default().insert(value);
                    }
                }
                _ => {}
            }
        }
        let needs = inventory.facts.iter().filter_map(|(fact, evidence)| match fact {
            Fact::Relation { from, kind: RelationKind::DependsOn, to, .. }
                if (open.contains(to) && states(evidence) || only_manifests_state(evidence))
                    && folder_of(from).is_some() =>
            {
                // Terraform's lock file is read together with what it answers
                let ecosystem = ecosystems.get(to).filter(|ecosystem| **ecosystem != "terraform")?;
                Some(Need { project: from, package: to, ecosystem, evidence })
            }
            _ => None,
        });
        Self { needs: needs.collect(), constraints, builds }
    }
}

/// Folder of a project's id.
fn folder_of(id: &ComponentId) -> Option<RelPath> {
    id.as_str().strip_prefix("project:").and_then(RelPath::new)
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

/// What lock files answer. A manifest that a tool wrote with exact versions only (a compiled requirements.txt)
/// answers where no lock file proper does.
struct Locks<'a> {
    /// Lock files by ecosystem and folder.
    files: BTreeMap<(&'a str, RelPath), &'a EvidenceSet>,
    /// Locked packages by the folder of their lock file and their base.
    answers: BTreeMap<(RelPath, &'a str), Vec<&'a ComponentId>>,
}

impl<'a> Locks<'a> {
    fn of(inventory: &'a Inventory, asked: &Asked<'a>) -> Self {
        let mut files = BTreeMap::new();
        for (fact, evidence) in &inventory.facts {
            if let Fact::Attribute { of, key: key::LOCKS, value } = fact
                && let Some(folder) = folder_of(of)
            {
                files.insert((&**value, folder), evidence);
            }
        }
        let folders: BTreeSet<&RelPath> = files.keys().map(|(_, folder)| folder).collect();
        let compiled: BTreeSet<&RelPath> = files
            .values()
            .filter(|evidence| only_manifests_state(evidence))
            .flat_map(|evidence| evidence.iter().filter_map(Evidence::path))
            .collect();
        let answers_there = |one: &Evidence| match one {
            Evidence::Observed { basis: Basis::Resolved, .. } => true,
            one => one.path().is_some_and(|path| compiled.contains(path)),
        };
        let wanted: BTreeSet<&str> = asked.needs.iter().map(|need| base(need.package)).collect();
        let mut answers: BTreeMap<(RelPath, &str), Vec<&ComponentId>> = BTreeMap::new();
        for (fact, evidence) in &inventory.facts {
            if let Fact::Relation { from, kind: RelationKind::Contains, to, .. } = fact
                && version(to).is_some()
                && wanted.contains(base(to))
                && evidence.iter().any(answers_there)
                && let Some(folder) = folder_of(from).filter(|folder| folders.contains(folder))
            {
                answers.entry((folder, base(to))).or_default().push(to);
            }
        }
        Self { files, answers }
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
        let place = need.evidence.iter().find_map(Evidence::place);
        let nearest = locks.nearest(need.ecosystem, need.project).map(|(folder, lock)| {
            let answers = locks.answers.get(&(folder, base(need.package))).map_or(&[][..], Vec::as_slice);
            (answers, lock)
        });
        // a compiled manifest is the lock of what it was compiled from, not of every manifest beside it
        let nearest = nearest.filter(|(answers, lock)| !answers.is_empty() || !only_manifests_state(lock));
        let Some((answers, lock)) = nearest else {
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
        let lock_file = lock.iter().find_map(Evidence::path).map_or_else(String::new, ToString::to_string);
        let name = base(need.package).split_once('/').map_or("", |(_, name)| name).replace("%40", "@");
        if answers.is_empty() {
            if is_open {
                self.kept.insert(need.package.clone());
                if place.is_some_and(|place| asked.builds.contains(&(need.package, &place.path))) {
                    return;
                }
                self.conflict(place, format!("`{name}` is asked for here and `{lock_file}` does not hold it"));
            }
            return;
        }
        let versions: Vec<&str> = answers.iter().filter_map(|id| version(id)).collect();
        let pins: Vec<&str> = match version(need.package) {
            Some(version) => vec![version],
            None => {
                let stated = place.and_then(|place| asked.constraints.get(&(need.package, &place.path)));
                stated.into_iter().flatten().filter_map(|text| pin(need.ecosystem, text)).collect()
            }
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
            let fitting: Vec<ComponentId> = answers
                .iter()
                .filter(|id| version(id).is_some_and(|version| pins.contains(&version)))
                .map(|id| (*id).clone())
                .collect();
            let all = answers.iter().map(|id| (*id).clone()).collect();
            let answers = if fitting.is_empty() { all } else { fitting };
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
        for (project, question, answers) in &self.answered {
            answer(inventory, project, question, answers);
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

/// Puts the locked packages in the place of one project's question.
fn answer(inventory: &mut Inventory, project: &ComponentId, question: &ComponentId, answers: &[ComponentId]) {
    let relation = |kind: RelationKind, to: &ComponentId| Fact::Relation {
        from: project.clone(),
        kind,
        to: to.clone(),
        group: None,
        horizon: None,
    };
    let asked = inventory.facts.remove(&relation(RelationKind::DependsOn, question)).unwrap_or_default();
    inventory.facts.remove(&relation(RelationKind::Contains, question));
    let files: BTreeSet<&RelPath> = asked.iter().filter_map(Evidence::path).collect();
    let start = Fact::Attribute { of: question.clone(), key: "", value: Arc::from("") };
    let stated: Vec<(&'static str, Arc<str>, EvidenceSet)> = inventory
        .facts
        .range(start..)
        .map_while(|(fact, evidence)| match fact {
            Fact::Attribute { of, key, value } if of == question => Some((*key, value, evidence)),
            _ => None,
        })
        .filter(|(key, _, _)| STATED.contains(key))
        .map(|(key, value, evidence)| {
            let here = evidence.iter().filter(|one| one.path().is_some_and(|path| files.contains(path)));
            (key, Arc::clone(value), here.cloned().collect::<EvidenceSet>())
        })
        .filter(|(_, _, evidence)| !evidence.is_empty())
        .collect();
    for to in answers {
        inventory.facts.entry(relation(RelationKind::DependsOn, to)).or_default().extend(asked.clone());
        for (key, value, evidence) in &stated {
            let fact = Fact::Attribute { of: to.clone(), key, value: Arc::clone(value) };
            inventory.facts.entry(fact).or_default().extend(evidence.clone());
        }
    }
}

/// The exact version that a constraint asks for, as its ecosystem writes that: `==2.4.0`, `=1.2.3`, `1.2.3`.
fn pin<'t>(ecosystem: &str, constraint: &'t str) -> Option<&'t str> {
    let text = constraint.trim();
    let marked = match ecosystem {
        // conda's `=1.2` stands for every version that begins so
        "pypi" | "conda" => text.strip_prefix("===").or_else(|| text.strip_prefix("==")),
        _ => text.strip_prefix('='),
    };
    let bare = || match ecosystem {
        // a bare version is a range there
        "pypi" | "cargo" | "hex" | "gem" | "conda" => None,
        _ => (text.split('.').count() >= 3).then_some(text),
    };
    let text = marked.or_else(bare)?.trim();
    let is_version = text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_' | '!'))
        && !text.contains(".x");
    is_version.then_some(text)
}
