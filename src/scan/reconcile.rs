//! Manifests and lock files of one project, brought together after all files are read.
//!
//! A manifest asks for `torch >= 2`, a lock file in its folder or above answers with `torch 2.4.0`: the answer
//! takes the place of the question, and keeps the manifest's line as evidence. A question without an answer
//! stays a component with its constraint. A manifest that declares a version which its tool takes as it stands (Maven,
//! Gradle, NuGet) keeps that version until a lock file answers. Neither file hides the other: what they disagree about, and manifests
//! that no lock file answers, are diagnostics. A pure function of the inventory.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::{Basis, ComponentId, Evidence, EvidenceSet, Fact, Inventory, Place, RelationKind, key};
use crate::text::{LineColumn, RelPath};

/// Attributes that a manifest states of what it asks for; they go over to the answer.
const STATED: [&str; 3] = [key::RELATION, key::REQUIREMENT, key::SCOPE];

/// Ecosystems whose lock files speak for the project of their own folder only.
const LOCKED_BY_FOLDER: [&str; 2] = ["maven", "nuget"];

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
    /// Packages that are not locked, with the files that say so.
    open: BTreeMap<&'a ComponentId, BTreeSet<&'a RelPath>>,
    /// Constraints by package and the file that states them.
    constraints: BTreeMap<(&'a ComponentId, &'a RelPath), BTreeSet<&'a str>>,
}

impl<'a> Asked<'a> {
    fn of(inventory: &'a Inventory) -> Self {
        let mut ecosystems: BTreeMap<&ComponentId, &str> = BTreeMap::new();
        let mut open: BTreeMap<&ComponentId, BTreeSet<&RelPath>> = BTreeMap::new();
        let mut constraints: BTreeMap<(&ComponentId, &RelPath), BTreeSet<&str>> = BTreeMap::new();
        for (fact, evidence) in &inventory.facts {
            let Fact::Attribute { of, key, value } = fact else { continue };
            match *key {
                key::ECOSYSTEM => {
                    ecosystems.insert(of, value);
                }
                key::RESOLUTION if &**value == "unlocked" => {
                    open.entry(of).or_default().extend(evidence.iter().filter_map(Evidence::path));
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
                if (open.contains_key(to) && states(evidence) || only_manifests_state(evidence))
                    && folder_of(from).is_some() =>
            {
                // Terraform's lock file is read together with what it answers
                let ecosystem = ecosystems.get(to).filter(|ecosystem| **ecosystem != "terraform")?;
                Some(Need { project: from, package: to, ecosystem, evidence })
            }
            _ => None,
        });
        let needs = needs.collect();
        Self { needs, open, constraints }
    }

    /// The files in which the need's version is declared and not locked.
    fn declared(&self, need: &Need<'_>) -> BTreeSet<RelPath> {
        let Some(open) = self.open.get(need.package).filter(|_| version(need.package).is_some()) else {
            return BTreeSet::new();
        };
        need.evidence.iter().filter_map(Evidence::path).filter(|path| open.contains(path)).cloned().collect()
    }
}

/// Folder of a project's id.
pub(super) fn folder_of(id: &ComponentId) -> Option<RelPath> {
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
pub(super) fn base(id: &ComponentId) -> &str {
    let text = id.as_str();
    let end = text.find(['@', '?', '#']).unwrap_or(text.len());
    &text[..end]
}

/// As [`base`], in the form in which the ecosystem compares names.
fn name_of(id: &ComponentId) -> Cow<'_, str> {
    let base = base(id);
    if base.starts_with("pkg:nuget/") { Cow::Owned(base.to_ascii_lowercase()) } else { Cow::Borrowed(base) }
}

/// True when the ecosystem takes both texts for one version: NuGet writes `1.2` as `1.2.0`.
fn same_version(ecosystem: &str, one: &str, other: &str) -> bool {
    let plain = |text: &str| -> String {
        let text = text.split('+').next().unwrap_or(text).to_ascii_lowercase();
        let (numbers, rest) =
            text.split_once('-').map_or((text.as_str(), None), |(numbers, rest)| (numbers, Some(rest)));
        let numbers = numbers.trim_end_matches(".0");
        rest.map_or_else(|| numbers.to_owned(), |rest| format!("{numbers}-{rest}"))
    };
    one == other || ecosystem == "nuget" && plain(one) == plain(other)
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
    answers: BTreeMap<(RelPath, Cow<'a, str>), Vec<&'a ComponentId>>,
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
        let wanted: BTreeSet<Cow<'_, str>> = asked.needs.iter().map(|need| name_of(need.package)).collect();
        let mut answers: BTreeMap<(RelPath, Cow<'_, str>), Vec<&ComponentId>> = BTreeMap::new();
        for (fact, evidence) in &inventory.facts {
            if let Fact::Relation { from, kind: RelationKind::Contains, to, .. } = fact
                && version(to).is_some()
                && wanted.contains(&name_of(to))
                && evidence.iter().any(|one| matches!(one, Evidence::Observed { basis: Basis::Resolved, .. }))
                && let Some(folder) = folder_of(from).filter(|folder| folders.contains(folder))
            {
                answers.entry((folder, name_of(to))).or_default().push(to);
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
            if folder.is_root() || LOCKED_BY_FOLDER.contains(&ecosystem) {
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
    /// Declared versions whose place a lock file takes, with the manifests that declare them.
    replaced: BTreeMap<ComponentId, BTreeSet<RelPath>>,
    /// Declared versions that a lock file confirms, with the manifests that declare them.
    confirmed: BTreeMap<ComponentId, BTreeSet<RelPath>>,
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
        let answers = locks.answers.get(&(folder, name_of(need.package))).map_or(&[][..], Vec::as_slice);
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
        let holds = |pin: &&str| versions.iter().any(|version| same_version(need.ecosystem, pin, version));
        if !pins.is_empty() && !pins.iter().any(holds) {
            let message = format!(
                "`{name}` is pinned to {} here and `{lock_file}` holds {}",
                pins.join(", "),
                versions.join(", ")
            );
            self.conflict(place, message);
        }
        let declared = asked.declared(need);
        if !declared.is_empty() && answers.contains(&need.package) {
            self.confirmed.entry(need.package.clone()).or_default().extend(declared);
        } else if is_open || !declared.is_empty() {
            if !declared.is_empty() {
                self.replaced.entry(need.package.clone()).or_default().extend(declared);
            }
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
        gone.retain(|question| !self.kept.contains(question) && !self.replaced.contains_key(question));
        if !gone.is_empty() {
            inventory.facts.retain(|fact, _| match fact {
                Fact::Component { id, .. } => !gone.contains(id),
                Fact::Attribute { of, .. } => !gone.contains(of),
                Fact::Relation { from, to, .. } => !gone.contains(from) && !gone.contains(to),
            });
        }
        withdraw(inventory, &self.replaced, |_| true);
        let is_open = |key: &str, value: &str| key == key::RESOLUTION && value == "unlocked";
        withdraw(
            inventory,
            &self.confirmed,
            |fact| matches!(fact, Fact::Attribute { key, value, .. } if is_open(key, value)),
        );
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

/// Takes back what files say of components: of the chosen facts, the evidence from those files; a fact without any goes.
pub(super) fn withdraw(
    inventory: &mut Inventory,
    said: &BTreeMap<ComponentId, BTreeSet<RelPath>>,
    chosen: impl Fn(&Fact) -> bool,
) {
    if said.is_empty() {
        return;
    }
    inventory.facts.retain(|fact, evidence| {
        let files: Vec<&BTreeSet<RelPath>> = match fact {
            Fact::Component { id, .. } => said.get(id).into_iter().collect(),
            Fact::Attribute { of, .. } => said.get(of).into_iter().collect(),
            Fact::Relation { from, to, .. } => said.get(from).into_iter().chain(said.get(to)).collect(),
        };
        if files.is_empty() || !chosen(fact) {
            return true;
        }
        evidence.retain(|one| !one.path().is_some_and(|path| files.iter().any(|files| files.contains(path))));
        !evidence.is_empty()
    });
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
