//! The product that words name.

use std::collections::BTreeSet;

use anyhow::bail;

use crate::catalog::Catalog;
use crate::catalog::rows::{Accelerator, InstanceType};
use crate::catalog::tables::nearest;
use crate::export::{MachineRow, Subject, classify};
use crate::model::Date;
use crate::text::count;

/// A product, with the machine by which it was named.
pub(super) struct Found<'c> {
    pub(super) subject: Subject<'c>,
    pub(super) machine: Option<MachineRow>,
}

/// One product: by its id (with or without the vendor) or one of its exact names, as a machine's only accelerator, or
/// as the only one whose names hold every word that was asked for. Several are told, never chosen from.
pub(super) fn find<'c>(catalog: &'c Catalog, what: &str, as_of: Date) -> anyhow::Result<Found<'c>> {
    let wanted = words(what);
    if let Some(stack) = catalog.tables().memory_stack.iter().find(|row| words(&row.id) == wanted) {
        return Ok(Found { subject: Subject::of_stack(stack), machine: None });
    }
    let all = &catalog.tables().accelerator;
    let named = |row: &&Accelerator| {
        let short = row.id.split_once('-').map_or(&*row.id, |(_, short)| short);
        let own = [&*row.id, short, &*row.product];
        !wanted.is_empty() && own.into_iter().chain(names(row)).any(|name| words(name) == wanted)
    };
    let mut rows: Vec<&Accelerator> = all.iter().filter(named).collect();
    let machines = if rows.is_empty() { catalog.instance_types_named(what) } else { Vec::new() };
    rows.extend(machines.iter().flat_map(|machine| {
        let ids = machine.accelerator.as_deref().unwrap_or("").split(';');
        ids.filter_map(|id| catalog.accelerator(id)).collect::<Vec<_>>()
    }));
    if rows.is_empty() {
        let holds = |row: &&Accelerator| {
            let known: BTreeSet<String> = [&*row.id, &*row.product, &*row.vendor].into_iter().flat_map(words).collect();
            !wanted.is_empty() && wanted.iter().all(|word| known.contains(word))
        };
        rows = all.iter().filter(holds).collect();
    }
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    rows.dedup_by(|a, b| a.id == b.id);
    match rows.as_slice() {
        [one] => {
            let subject = Subject::of(one, catalog);
            let machine = machines.first().map(|row| machine(row, &subject));
            Ok(Found { subject, machine })
        }
        [] => bail!("{}", unknown(catalog, what)),
        many => {
            let lines: Vec<String> = many
                .iter()
                .map(|row| format!("  {:24} {:32} {}", row.id, row.product, classify(row, catalog, as_of).class))
                .collect();
            bail!("`{what}` can mean {}; name one of them:\n{}", count(many.len(), "product"), lines.join("\n"))
        }
    }
}

fn machine(row: &InstanceType, subject: &Subject<'_>) -> MachineRow {
    let accelerators = row.count.as_deref().and_then(|text| text.trim().parse::<f64>().ok());
    MachineRow {
        provider: row.provider.to_string(),
        name: row.name.to_string(),
        accelerators,
        tpp: accelerators.zip(subject.figures.tpp()).map(|(count, tpp)| count * tpp),
        verification: row.verification.as_str().to_owned(),
    }
}

/// Names under which drivers, PCI tables and clusters know it.
fn names(row: &Accelerator) -> impl Iterator<Item = &str> {
    row.pci_ids.iter().chain(&row.device_names).chain(&row.k8s_labels).map(AsRef::as_ref)
}

/// Letters and digits that stand together, in lower case, in order.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

fn unknown(catalog: &Catalog, what: &str) -> String {
    let known: BTreeSet<&str> = catalog.tables().accelerator.iter().map(|row| &*row.id).collect();
    let hint = nearest(&what.to_lowercase(), &known)
        .map_or_else(|| "a folder given with --rules can add it".to_owned(), |near| format!("did you mean `{near}`?"));
    format!("no accelerator and no machine is known as `{what}`; {hint}")
}
