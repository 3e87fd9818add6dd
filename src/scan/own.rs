//! Packages that the tree makes itself are not packages of others.
//!
//! A module of a Maven reactor asks for its sibling by name and version, as it asks for everything else. Each module
//! says what it makes ([`key::PROVIDES`]); what manifests ask for under such a name is taken back here, after all files
//! are read, and the asking project depends on the one that makes it. Only what is built together, or carries the asking
//! project's own group, counts: a foreign project that lies somewhere in the tree hides nothing. A pure function of the
//! inventory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::reconcile::{base, folder_of, take_back};
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::{Basis, ComponentId, Evidence, EvidenceSet, Fact, Inventory, Relation, RelationKind, key, purl};
use crate::text::RelPath;

/// What a project makes.
struct Made<'a> {
    /// The package with its version; without when that is not known.
    id: ComponentId,
    /// Folder of the topmost project that it is built with.
    root: &'a str,
}

/// Packages with the projects that make them.
type Makers<'m, 'a> = BTreeSet<(&'m ComponentId, &'a ComponentId)>;

/// Who makes what.
struct Making<'m, 'a> {
    projects: &'m BTreeMap<&'a ComponentId, Vec<Made<'a>>>,
    by_name: BTreeMap<&'m str, Makers<'m, 'a>>,
    by_root: BTreeMap<(&'m str, &'a str), Makers<'m, 'a>>,
}

/// What to change.
#[derive(Default)]
struct Changes {
    /// Packages to take back, with the manifests that ask for them.
    own: BTreeMap<ComponentId, BTreeSet<RelPath>>,
    /// What projects of the tree need of each other.
    needs: BTreeMap<Fact, EvidenceSet>,
    diagnostics: Vec<Diagnostic>,
}

/// Takes the tree's own packages out.
#[must_use]
pub(super) fn without_own(mut inventory: Inventory) -> Inventory {
    let changes = {
        let projects = projects(&inventory);
        if projects.is_empty() {
            drop(projects);
            return inventory;
        }
        let making = Making::of(&projects);
        let mut changes = Changes::default();
        for (from, row) in inventory.relations().filter(|(_, row)| row.kind == RelationKind::DependsOn) {
            if let Some(makers) = making.makers(from, &row.to) {
                changes.take(from, row, &makers);
            }
        }
        changes
    };
    take_back(&mut inventory, &changes.own);
    inventory.extend_all(changes.needs);
    inventory.diagnostics.extend(changes.diagnostics);
    inventory
}

impl<'m, 'a> Making<'m, 'a> {
    fn of(projects: &'m BTreeMap<&'a ComponentId, Vec<Made<'a>>>) -> Self {
        let mut making = Self { projects, by_name: BTreeMap::new(), by_root: BTreeMap::new() };
        for (project, all) in projects {
            for made in all {
                let maker = (&made.id, *project);
                making.by_name.entry(base(&made.id)).or_default().insert(maker);
                making.by_root.entry((base(&made.id), made.root)).or_default().insert(maker);
            }
        }
        making
    }

    /// The projects that make what a project asks for; nothing where it is a package of others. What is built together
    /// with the asking project is meant before what lies elsewhere.
    fn makers(&self, from: &ComponentId, asked: &ComponentId) -> Option<BTreeSet<&'a ComponentId>> {
        let all = self.by_name.get(base(asked))?;
        let asking = self.projects.get(from)?;
        let together = asking.iter().filter_map(|asks| self.by_root.get(&(base(asked), asks.root))).flatten();
        let together = fitting(asked, together);
        if !together.is_empty() {
            return Some(together);
        }
        let is_of_group = asking.iter().any(|asks| group_of(&asks.id) == group_of(asked));
        is_of_group.then(|| fitting(asked, all.iter())).filter(|elsewhere| !elsewhere.is_empty())
    }
}

/// The makers of what is asked for; of several the first two, which tell that it is not decided.
fn fitting<'m, 'a: 'm>(
    asked: &ComponentId,
    makers: impl Iterator<Item = &'m (&'m ComponentId, &'a ComponentId)>,
) -> BTreeSet<&'a ComponentId> {
    let mut found = BTreeSet::new();
    for (_, project) in makers.filter(|(made, _)| may_be(asked, made)) {
        found.insert(*project);
        if found.len() > 1 {
            break;
        }
    }
    found
}

impl Changes {
    fn take(&mut self, from: &ComponentId, row: &Relation, makers: &BTreeSet<&ComponentId>) {
        let stated: EvidenceSet = row.evidence.iter().filter(|one| is_stated(one)).cloned().collect();
        self.own.entry(row.to.clone()).or_default().extend(stated.iter().filter_map(Evidence::path).cloned());
        let mut makers = makers.iter().copied();
        let (Some(maker), None) = (makers.next(), makers.next()) else {
            return self.undecided(&row.to, &stated);
        };
        if maker != from && !stated.is_empty() {
            let (from, kind, to) = (from.clone(), RelationKind::DependsOn, maker.clone());
            let need = Fact::Relation { from, kind, to, group: None, horizon: None };
            self.needs.entry(need).or_default().extend(stated);
        }
    }

    /// Several projects of the tree make it: which of them is meant is not known.
    fn undecided(&mut self, asked: &ComponentId, stated: &EvidenceSet) {
        let Some(seen) = stated.iter().find_map(Evidence::sighting) else { return };
        self.diagnostics.push(Diagnostic {
            path: seen.path().clone(),
            at: seen.region().map(|region| region.start),
            kind: DiagnosticKind::Unresolved,
            scanner: Arc::from("reconcile"),
            message: format!(
                "several projects of the tree make `{}`: which of them is meant is not known",
                asked.readable()
            ),
        });
    }
}

/// Type and group of a package's id.
fn group_of(id: &ComponentId) -> &str {
    let base = base(id);
    base.rfind('/').map_or(base, |at| &base[..at])
}

fn projects(inventory: &Inventory) -> BTreeMap<&ComponentId, Vec<Made<'_>>> {
    let mut found: BTreeMap<&ComponentId, Vec<Made<'_>>> = BTreeMap::new();
    for (of, row) in inventory.attributes_of(key::PROVIDES) {
        let value = &row.value;
        let mut words = value.splitn(4, ' ');
        let (Some(ecosystem), Some(name), Some(version)) = (words.next(), words.next(), words.next()) else { continue };
        // an image holds what others built
        if folder_of(of).is_none() {
            continue;
        }
        let id = purl::of(ecosystem, name, Some(version).filter(|version| *version != "?"));
        found.entry(of).or_default().push(Made { id, root: words.next().unwrap_or("") });
    }
    found
}

/// True when the asked package can be the made one: the same version, or one of both is not known.
fn may_be(asked: &ComponentId, made: &ComponentId) -> bool {
    asked == made || base(asked) == asked.as_str() || base(made) == made.as_str()
}

/// True for what a manifest states; a lock file names what is fetched, and that stays.
fn is_stated(evidence: &Evidence) -> bool {
    evidence.basis() == Some(Basis::Declared)
}
