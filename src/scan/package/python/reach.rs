//! What a lock file does not say of every entry: which scope it has through those that need it, and which entries
//! nothing else needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{ComponentId, key};
use crate::scan::package::toolkit::{self, Locked, scope, scope::STRENGTH};
use crate::scan::{Facts, Seen};

/// The edges of a lock file, as far as scopes need them.
#[derive(Default)]
pub(super) struct Reach {
    roots: BTreeSet<(&'static str, ComponentId)>,
    edges: BTreeMap<ComponentId, Vec<ComponentId>>,
    needed: BTreeSet<ComponentId>,
}

impl Reach {
    /// The project itself needs it in a scope.
    pub(super) fn root(&mut self, scope: &'static str, id: &ComponentId) {
        self.roots.insert((scope, id.clone()));
    }

    /// A package needs another. The packages of others only; what the tree's own needs is a root.
    pub(super) fn edge(&mut self, from: &ComponentId, to: &ComponentId) {
        if from != to {
            self.needed.insert(to.clone());
            self.edges.entry(from.clone()).or_default().push(to.clone());
        }
    }

    /// A project of the tree needs it, which the lock file speaks of besides its own.
    pub(super) fn member(&mut self, id: &ComponentId) {
        self.needed.insert(id.clone());
    }

    /// The strongest scope of everything that roots lead to and that is no root itself.
    pub(super) fn scopes(&self) -> BTreeMap<&ComponentId, &'static str> {
        let roots: BTreeSet<&ComponentId> = self.roots.iter().map(|(_, id)| id).collect();
        let mut found: BTreeMap<&ComponentId, &'static str> = BTreeMap::new();
        let mut walked: BTreeSet<&ComponentId> = BTreeSet::new();
        for scope in STRENGTH {
            let mut open: Vec<&ComponentId> =
                self.roots.iter().filter(|(one, _)| *one == scope).map(|(_, id)| id).collect();
            while let Some(id) = open.pop() {
                if !walked.insert(id) {
                    continue;
                }
                if !roots.contains(id) {
                    found.insert(id, scope);
                }
                open.extend(self.edges.get(id).into_iter().flatten());
            }
        }
        found
    }

    /// Entries that no other needs must be asked for by the project itself: said where no manifest is read.
    pub(super) fn direct(&self, project: &ComponentId, entries: &[(Locked, Seen)], out: &mut Facts<'_>) {
        if self.edges.is_empty() {
            return;
        }
        for (locked, seen) in entries {
            if !locked.own && !self.needed.contains(&locked.id) {
                toolkit::direct(project, &locked.id, &seen.clone().inferred(), out);
            }
        }
    }
}

/// The scope of an entry with groups: production when one of them is.
pub(super) fn of_groups<'g>(groups: impl Iterator<Item = &'g str>) -> Option<&'static str> {
    let scopes: BTreeSet<&str> = groups.map(of_group).collect();
    STRENGTH.into_iter().find(|scope| scopes.contains(scope))
}

fn of_group(name: &str) -> &'static str {
    if matches!(name, "main" | "default") { scope::RUNTIME } else { super::pep508::scope_of_group(name) }
}

/// Writes the scope of an entry.
pub(super) fn write_scope(id: &ComponentId, scope: Option<&'static str>, seen: &Seen, out: &mut Facts<'_>) {
    if let Some(scope) = scope {
        out.attribute(id, key::SCOPE, scope, seen.clone());
    }
}
