//! What an evaluator has read takes the place of what its files say one by one.
//!
//! A base that an overlay changes is not what runs: the overlay is. Who evaluates files says which
//! ([`key::EVALUATED`]); what was read of those files as they stand is taken back here, after all files are read.
//! A pure function of the inventory.

use std::collections::BTreeSet;

use crate::model::{Evidence, Fact, FactRef, Inventory, key};

/// Scanners of single files whose word an evaluator replaces.
const REPLACED: [&str; 2] = ["kubernetes", "gitops"];

/// Takes back what single files say that were evaluated together.
#[must_use]
pub(super) fn in_place(mut inventory: Inventory) -> Inventory {
    let told: Vec<Fact> = inventory
        .attributes()
        .filter(|(_, row)| row.key == key::EVALUATED)
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
    inventory.retain_evidence(|_: FactRef<'_>, evidence| match evidence {
        Evidence::Observed(seen) => !(REPLACED.contains(&seen.scanner()) && files.contains(seen.path().as_str())),
        Evidence::Cited(_) => true,
    });
    inventory
}
