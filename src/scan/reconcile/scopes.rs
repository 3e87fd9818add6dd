//! What packages that nobody asks for directly are needed for.
//!
//! Lock files of several ecosystems (Cargo, RubyGems, NuGet, the older ones of Poetry) give versions and edges, and say of no
//! entry whether it runs in production. The manifest says it of what it asks for itself; what is reached only from there has
//! the same scope, the strongest of those that lead to it. The scope is inferred, and stands at the entry of the lock file.

use std::collections::BTreeMap;

use rayon::prelude::*;
use smallvec::SmallVec;

use super::index::Index;
use crate::model::{Basis, ComponentId, Evidence, EvidenceSet, Fact, Inventory, Known, RelationKind, key};
use crate::scan::package::toolkit::scope::STRENGTH;
use crate::text::Lookup;

/// Packages that are worth a thread.
const AT_ONCE: usize = 256;

/// Components that ask for something and are worth a thread.
const PROJECTS: usize = 32;

/// Gives locked packages the strongest scope that they are needed in.
pub(super) fn spread(inventory: &mut Inventory) {
    let all: Vec<(&ComponentId, &Known)> = inventory.iter().collect();
    let wanting = all.par_iter().with_min_len(AT_ONCE).filter(|(_, known)| lacks_scope(known));
    let wanting: Vec<&ComponentId> = wanting.map(|(id, _)| *id).collect();
    if wanting.is_empty() {
        return;
    }
    let index = Index::of(inventory);
    let asked = asked(&all, &index);
    let mut found: Lookup<&ComponentId, Option<&'static str>> = Lookup::default();
    // what is asked for with no scope may be for anything, and so may what it needs: no weaker scope is claimed there
    for scope in std::iter::once(Some(STRENGTH[0])).chain([None]).chain(STRENGTH[1..].iter().map(|scope| Some(*scope)))
    {
        let mut open: Vec<&ComponentId> = asked.get(&scope).cloned().unwrap_or_default();
        while let Some(id) = open.pop() {
            if found.contains(id) {
                continue;
            }
            found.insert(id, scope);
            let Some(known) = index.known(id) else { continue };
            open.extend(known.relations().iter().filter(|row| is_package_need(row.kind, &row.to)).map(|row| &row.to));
        }
    }
    let facts = wanting.into_par_iter().with_min_len(AT_ONCE).filter_map(|id| {
        let (scope, known) = ((*found.get(id)?)?, index.known(id)?);
        let evidence = at_entry(known).filter(|_| !has_scope(known, scope))?;
        Some((Fact::Attribute { of: id.clone(), key: key::SCOPE, value: scope.into() }, EvidenceSet::of(evidence)))
    });
    let facts: Vec<(Fact, EvidenceSet)> = facts.collect();
    inventory.extend_all(facts);
}

/// What projects ask for, by the scope that they state of it.
fn asked<'a>(
    all: &[(&'a ComponentId, &'a Known)],
    index: &Index<'a>,
) -> BTreeMap<Option<&'static str>, Vec<&'a ComponentId>> {
    let asking = all.par_iter().with_min_len(PROJECTS).filter(|(from, _)| !is_package(from));
    let scopes_of = |to: &ComponentId| {
        let stated = index.known(to).into_iter().flat_map(|known| known.values(key::SCOPE));
        let mut scopes: SmallVec<[Option<&'static str>; 4]> =
            stated.filter_map(|stated| STRENGTH.into_iter().find(|scope| **scope == **stated).map(Some)).collect();
        if scopes.is_empty() {
            scopes.push(None);
        }
        scopes
    };
    let needs = asking.flat_map_iter(|(_, known)| {
        let needs = known.relations().iter().filter(|row| is_package_need(row.kind, &row.to));
        needs.flat_map(|row| scopes_of(&row.to).into_iter().map(|scope| (scope, &row.to)))
    });
    let mut asked: BTreeMap<Option<&'static str>, Vec<&ComponentId>> = BTreeMap::new();
    needs.collect::<Vec<_>>().into_iter().for_each(|(scope, to)| asked.entry(scope).or_default().push(to));
    asked
}

fn is_package(id: &ComponentId) -> bool {
    id.as_str().starts_with("pkg:") && !id.as_str().starts_with("pkg:oci/")
}

fn is_package_need(kind: RelationKind, to: &ComponentId) -> bool {
    kind == RelationKind::DependsOn && is_package(to)
}

/// True for a package that a lock file holds and whose scope no lock file says: none at all, or what manifests ask it for.
fn lacks_scope(known: &Known) -> bool {
    let mut stated = known.attributes().iter().filter(|row| row.key == key::SCOPE);
    known.values(key::RESOLUTION).any(|value| &**value == "locked")
        && stated.all(|row| row.evidence.iter().all(|one| one.basis() == Some(Basis::Declared)))
        && at_entry(known).is_some()
}

/// True when a scope is stated that is as strong.
fn has_scope(known: &Known, scope: &str) -> bool {
    let rank = |scope: &str| STRENGTH.iter().position(|one| *one == scope);
    known.values(key::SCOPE).any(|stated| rank(stated) <= rank(scope))
}

/// The entry of a lock file, as the place of what is deduced about it.
fn at_entry(known: &Known) -> Option<Evidence> {
    let seen = known.kinds().iter().flat_map(|(_, evidence)| evidence.iter().filter_map(Evidence::sighting));
    let entry = seen.into_iter().find(|seen| seen.basis() == Basis::Resolved)?;
    Some(Evidence::Observed(entry.inferred()))
}
