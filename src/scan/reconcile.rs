//! Manifests and lock files of one project, brought together after all files are read.
//!
//! A manifest asks for `torch >= 2`, a lock file in its folder or above answers with `torch 2.4.0`: the answer
//! takes the place of the question, and keeps the manifest's line as evidence. A question without an answer
//! stays a component with its constraint. Neither file hides the other: what they disagree about, and manifests
//! that no lock file answers, are diagnostics. A pure function of the inventory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::{
    Basis, ComponentId, Evidence, EvidenceSet, Fact, FactRef, Inventory, Known, Place, RelationKind, key,
};
use crate::text::{LineColumn, RelPath};

/// Attributes that a manifest states of what it asks for; they go over to the answer.
const STATED: [&str; 5] = [key::RELATION, key::REQUIREMENT, key::SCOPE, key::CONDITION, key::EXTRAS];

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
}

impl<'a> Asked<'a> {
    fn of(inventory: &'a Inventory) -> Self {
        let mut constraints: BTreeMap<(&ComponentId, &RelPath), BTreeSet<&str>> = BTreeMap::new();
        let mut needs = Vec::new();
        let projects = inventory.iter().filter(|(id, _)| folder_of(id).is_some());
        for (project, known) in projects {
            for row in known.relations().iter().filter(|row| row.kind == RelationKind::DependsOn) {
                // a lock file alone asks nothing
                if !states(&row.evidence) {
                    continue;
                }
                let Some(package) = inventory.known(&row.to) else { continue };
                let is_open = package.values(key::RESOLUTION).any(|value| &**value == "unlocked");
                // Terraform's lock file is read together with what it answers
                let ecosystem = package.values(key::ECOSYSTEM).last().filter(|ecosystem| &***ecosystem != "terraform");
                if let Some(ecosystem) = ecosystem.filter(|_| is_open || only_manifests_state(&row.evidence)) {
                    needs.push(Need { project, package: &row.to, ecosystem, evidence: &row.evidence });
                    for stated in package.attributes().iter().filter(|row| row.key == key::REQUIREMENT) {
                        for path in stated.evidence.iter().filter_map(Evidence::path) {
                            constraints.entry((&row.to, path)).or_default().insert(&stated.value);
                        }
                    }
                }
            }
        }
        Self { needs, constraints }
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

/// What lock files answer.
struct Locks<'a> {
    /// Lock files by ecosystem and folder.
    files: BTreeMap<(&'a str, RelPath), &'a EvidenceSet>,
    /// Locked packages by the folder of their lock file and their base.
    answers: BTreeMap<(RelPath, &'a str), Vec<&'a ComponentId>>,
}

impl<'a> Locks<'a> {
    fn of(inventory: &'a Inventory, asked: &Asked<'a>) -> Self {
        let mut files = BTreeMap::new();
        for (project, known) in inventory.iter() {
            for row in known.attributes().iter().filter(|row| row.key == key::LOCKS) {
                if let Some(folder) = folder_of(project) {
                    files.insert((&*row.value, folder), &row.evidence);
                }
            }
        }
        let folders: BTreeSet<&RelPath> = files.keys().map(|(_, folder)| folder).collect();
        let wanted: BTreeSet<&str> = asked.needs.iter().map(|need| base(need.package)).collect();
        let mut answers: BTreeMap<(RelPath, &str), Vec<&ComponentId>> = BTreeMap::new();
        for (project, known) in inventory.iter() {
            let Some(folder) = folder_of(project).filter(|folder| folders.contains(folder)) else { continue };
            for row in known.relations().iter().filter(|row| row.kind == RelationKind::Contains) {
                let is_locked =
                    || row.evidence.iter().any(|one| matches!(one, Evidence::Observed { basis: Basis::Resolved, .. }));
                if version(&row.to).is_some() && wanted.contains(base(&row.to)) && is_locked() {
                    answers.entry((folder.clone(), base(&row.to))).or_default().push(&row.to);
                }
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
        let answers = locks.answers.get(&(folder, base(need.package))).map_or(&[][..], Vec::as_slice);
        let lock_file = lock.iter().find_map(Evidence::path).map_or_else(String::new, ToString::to_string);
        let name = base(need.package).split_once('/').map_or("", |(_, name)| name).replace("%40", "@");
        if answers.is_empty() {
            if is_open {
                self.kept.insert(need.package.clone());
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
            inventory.retain(|fact| match fact {
                FactRef::Component { id, .. } => !gone.contains(id),
                FactRef::Attribute { of, .. } => !gone.contains(of),
                FactRef::Relation { from, to, .. } => !gone.contains(from) && !gone.contains(to),
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
    let asked = inventory.remove(&relation(RelationKind::DependsOn, question)).unwrap_or_default();
    inventory.remove(&relation(RelationKind::Contains, question));
    let files: BTreeSet<&RelPath> = asked.iter().filter_map(Evidence::path).collect();
    let stated: Vec<(&'static str, Arc<str>, EvidenceSet)> = inventory
        .known(question)
        .map_or(&[][..], Known::attributes)
        .iter()
        .filter(|row| STATED.contains(&row.key))
        .map(|row| {
            let here = row.evidence.iter().filter(|one| one.path().is_some_and(|path| files.contains(path)));
            (row.key, Arc::clone(&row.value), here.cloned().collect::<EvidenceSet>())
        })
        .filter(|(_, _, evidence)| !evidence.is_empty())
        .collect();
    for to in answers {
        inventory.extend(relation(RelationKind::DependsOn, to), asked.clone());
        for (key, value, evidence) in &stated {
            let fact = Fact::Attribute { of: to.clone(), key, value: Arc::clone(value) };
            inventory.extend(fact, evidence.clone());
        }
    }
}

/// The exact version that a constraint asks for, as its ecosystem writes that: `==2.4.0`, `=1.2.3`, `1.2.3`.
fn pin<'t>(ecosystem: &str, constraint: &'t str) -> Option<&'t str> {
    let text = constraint.trim();
    let marked = match ecosystem {
        "pypi" | "hackage" => text.strip_prefix("===").or_else(|| text.strip_prefix("==")),
        _ => text.strip_prefix('='),
    };
    let bare = || match ecosystem {
        // a bare version is a range there
        "pypi" | "cargo" | "hex" | "gem" | "hackage" | "julia" | "bazel" => None,
        _ => (text.split('.').count() >= 3).then_some(text),
    };
    let text = marked.or_else(bare)?.trim();
    let is_version = text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_' | '!'))
        && !text.contains(".x");
    is_version.then_some(text)
}
