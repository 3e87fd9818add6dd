//! What an evaluator has read takes the place of what its files say one by one.
//!
//! A base that an overlay changes is not what runs: the overlay is. Who evaluates files says which
//! ([`key::EVALUATED`]); what was read of those files as they stand is taken back here, after all files are read.
//! A pure function of the inventory.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, Evidence, EvidenceSet, Fact, FactRef, Inventory, key};

/// Scanners of single files whose word an evaluator replaces.
const REPLACED: [&str; 5] = ["kubernetes", "gitops", "cloudformation", "bicep", "arm"];
/// Those of them that tell what only a call would know.
const CALLED: [&str; 3] = ["cloudformation", "bicep", "arm"];

/// Takes back what single files say that were evaluated together.
#[must_use]
pub(super) fn in_place(mut inventory: Inventory) -> Inventory {
    let told: Vec<Fact> = inventory
        .attributes_of(key::EVALUATED)
        .map(|(of, row)| Fact::Attribute { of: of.clone(), key: row.key, value: row.value.clone() })
        .collect();
    if told.is_empty() {
        return inventory;
    }
    let mut files: BTreeSet<String> = BTreeSet::new();
    for fact in told {
        inventory.remove(&fact);
        if let Fact::Attribute { value, .. } = fact {
            files.insert(value.to_string());
        }
    }
    // what such a file leaves open, who calls it may know
    inventory.diagnostics.retain(|problem| {
        !(problem.kind == DiagnosticKind::Unresolved
            && CALLED.contains(&&*problem.scanner)
            && files.contains(problem.path.as_str()))
    });
    inventory.retain_evidence(|_: FactRef<'_>, evidence| match evidence {
        Evidence::Observed(seen) => !(REPLACED.contains(&seen.scanner()) && files.contains(seen.path().as_str())),
        Evidence::Cited(_) => true,
    });
    called(&mut inventory, &files);
    inventory
}

/// What speaks of a resource of a file that others call means the resources that the calls make of it.
fn called(inventory: &mut Inventory, files: &BTreeSet<String>) {
    let known: BTreeSet<ComponentId> = inventory.components().map(|(id, _)| id.clone()).collect();
    let home = |id: &ComponentId| {
        let rest = id.as_str().strip_prefix("resource:")?;
        let (file, name) = rest.rsplit_once('/')?;
        files.get(file).map(|file| (file.clone(), name.to_owned()))
    };
    let lost: Vec<(Fact, EvidenceSet, (String, String))> = inventory
        .facts()
        .filter_map(|(fact, evidence)| match fact {
            FactRef::Relation { to, .. } if !known.contains(to) => {
                Some((Fact::from(fact), evidence.clone(), home(to)?))
            }
            _ => None,
        })
        .collect();
    if lost.is_empty() {
        return;
    }
    let mut made: BTreeMap<(String, String), Vec<ComponentId>> = BTreeMap::new();
    for (fact, evidence) in inventory.facts() {
        let FactRef::Component { id, .. } = fact else { continue };
        let Some((_, name)) = id.as_str().strip_prefix("resource:").and_then(|rest| rest.rsplit_once('/')) else {
            continue;
        };
        for path in evidence.iter().filter_map(Evidence::path).filter(|path| files.contains(path.as_str())) {
            made.entry((path.as_str().to_owned(), name.to_owned())).or_default().push(id.clone());
        }
    }
    for (fact, evidence, home) in lost {
        inventory.remove(&fact);
        let Fact::Relation { from, kind, group, horizon, .. } = fact else { continue };
        for to in made.get(&home).into_iter().flatten().filter(|to| **to != from) {
            let fact = Fact::Relation { from: from.clone(), kind, to: to.clone(), group: group.clone(), horizon };
            evidence.iter().for_each(|one| inventory.add(fact.clone(), one.clone()));
        }
    }
}
