//! Devices that a controller tells in several forms, each in a file of its own: the form that tells most of them counts.
//!
//! What each file tells is written as an attribute of the machine while files are read, counted once all are, and taken out
//! again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::machine::devices;
use super::same::withdraw;
use crate::model::{ComponentId, EvidenceSet, Fact, FactRef, Inventory, key};

/// How a controller tells a device; what tells a product best comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// By the numbers of its function on the bus.
    Function,
    /// As a processor of a system.
    Processor,
    /// As a device of a chassis.
    Whole,
}

impl Form {
    /// The word in the attribute.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Processor => "processor",
            Self::Whole => "whole",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Function, Self::Processor, Self::Whole].into_iter().find(|form| form.as_str() == word)
    }
}

/// Accelerators of a form by the resource that tells them, with where that is.
type Devices = BTreeMap<String, (ComponentId, EvidenceSet)>;

/// Writes how many devices of each product the machines have that controllers tell of.
#[must_use]
pub(in crate::scan) fn settle(mut inventory: Inventory) -> Inventory {
    let mut told: BTreeMap<ComponentId, BTreeMap<Form, Devices>> = BTreeMap::new();
    let machines = inventory.beginning_with("machine:");
    let rows = machines.flat_map(|(of, known)| known.attributes().iter().map(move |row| (of, row)));
    for (of, row) in rows.filter(|(_, row)| row.key == key::DEVICE_FORM) {
        let Some((form, rest)) = row.value.split_once(' ') else { continue };
        let Some((resource, accelerator)) = rest.split_once(' ') else { continue };
        let Some(form) = Form::parse(form) else { continue };
        let found = (ComponentId::of("accelerator", accelerator), row.evidence.clone());
        told.entry(of.clone()).or_default().entry(form).or_default().insert(resource.to_owned(), found);
    }
    if told.is_empty() {
        return inventory;
    }
    inventory.retain(|fact| !matches!(fact, FactRef::Attribute { key: key::DEVICE_FORM, .. }));
    let mut others: BTreeSet<(ComponentId, ComponentId)> = BTreeSet::new();
    for (machine, forms) in told {
        let most = forms.values().map(Devices::len).max().unwrap_or_default();
        let Some(chosen) = forms.values().find(|found| found.len() == most) else { continue };
        let mut counts: BTreeMap<&ComponentId, (u64, EvidenceSet)> = BTreeMap::new();
        for (id, evidence) in chosen.values() {
            let entry = counts.entry(id).or_default();
            entry.0 += 1;
            entry.1.extend(evidence.iter().cloned());
        }
        let named = forms.values().flat_map(Devices::values).map(|(id, _)| id).filter(|id| !counts.contains_key(id));
        others.extend(named.map(|id| (machine.clone(), id.clone())));
        let all: u64 = counts.values().map(|(count, _)| count).sum();
        for (id, (count, evidence)) in counts {
            for (key, value) in [(key::DEVICES, devices(id, count)), (key::ACCELERATOR_COUNT, all.to_string())] {
                let fact = Fact::Attribute { of: machine.clone(), key, value: Arc::from(value) };
                inventory.extend(fact, evidence.clone());
            }
        }
    }
    withdraw(&mut inventory, &others);
    inventory
}
