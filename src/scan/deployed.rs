//! What pipelines bring into service by its name, and nothing in the tree declares: a service of its own, with its provider
//! and with its region where the step says it. What is declared under the name meets its pipeline in attribution. A pure
//! function of the inventory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::catalog::rows::PipelineStep;
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::{ComponentId, ComponentKind, Evidence, EvidenceSet, Fact, Group, Inventory, RelationKind, key};
use crate::text::clean_line;

/// Adds the services that are named and not declared.
#[must_use]
pub(super) fn apply(mut inventory: Inventory, catalog: &Catalog) -> Inventory {
    let named: Vec<(ComponentId, Arc<str>, EvidenceSet)> = inventory
        .attributes_of(key::DEPLOYS_NAMED)
        .map(|(of, row)| (of.clone(), Arc::clone(&row.value), row.evidence.clone()))
        .collect();
    if named.is_empty() {
        return inventory;
    }
    let declared = declared(&inventory, catalog);
    let mut services: BTreeMap<ComponentId, Vec<Named<'_>>> = BTreeMap::new();
    for (by, text, evidence) in &named {
        let mut words = text.split(" | ");
        let (Some(step), Some(place), Some(name)) = (words.next(), words.next(), words.next()) else { continue };
        if step == "kubernetes" {
            if !declared.contains(&(String::new(), name.to_owned())) {
                told(
                    &mut inventory,
                    evidence,
                    &format!("`{name}` is brought into service and does not stand in the tree"),
                );
            }
            continue;
        }
        let row = step.split_once(' ').and_then(|(system, step)| catalog.pipeline_step(system, step));
        let Some((row, service)) = row.and_then(|row| Some((row, row.service.as_deref()?))) else { continue };
        let is_declared = row.types.iter().any(|of| declared.contains(&(of.to_string(), name.to_owned())));
        if !is_declared {
            let id = ComponentId::of("resource", format_args!("{service}/{name}"));
            services.entry(id).or_default().push(Named { by, row, place, name, evidence });
        }
    }
    for (id, all) in services {
        write(&mut inventory, &id, &all);
    }
    inventory
}

/// One mention.
struct Named<'a> {
    by: &'a ComponentId,
    row: &'a PipelineStep,
    place: &'a str,
    name: &'a str,
    evidence: &'a EvidenceSet,
}

/// Declared resources that steps can name, by type and name; workloads as `Kind/name`.
fn declared(inventory: &Inventory, catalog: &Catalog) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (_, known) in inventory.beginning_with("resource:") {
        for of in known.values(key::RESOURCE_TYPE).filter(|of| catalog.is_deployed_by_name(of)) {
            let names = known.values(key::CALLED).chain(known.values(key::NAME));
            found.extend(names.map(|name| (of.to_string(), name.to_string())));
        }
    }
    for (id, _) in inventory.beginning_with("workload:") {
        let mut parts = id.rest().rsplit('/');
        if let (Some(name), Some(_), Some(kind)) = (parts.next(), parts.next(), parts.next()) {
            found.insert((String::new(), format!("{kind}/{name}")));
        }
    }
    found
}

fn write(inventory: &mut Inventory, id: &ComponentId, all: &[Named<'_>]) {
    let several = all.iter().map(|one| one.by).collect::<BTreeSet<_>>().len() > 1;
    for one in all {
        let mut add = |fact: Fact| inventory.extend(fact, one.evidence.clone());
        add(Fact::Component { id: id.clone(), kind: ComponentKind::Service });
        let mut note = |key: &'static str, value: &str| {
            add(Fact::Attribute { of: id.clone(), key, value: Arc::from(value) });
        };
        note(key::NAME, one.name);
        if let Some(service) = &one.row.service {
            note(key::SERVICE, service);
        }
        if one.place != "-" {
            note(key::REGION, one.place);
        }
        add(Fact::Relation {
            from: id.clone(),
            kind: RelationKind::DeployedBy,
            to: one.by.clone(),
            // several bring it into service: one of them is enough
            group: several.then(|| Group(Arc::from("applied"))),
            horizon: None,
        });
    }
}

fn told(inventory: &mut Inventory, evidence: &EvidenceSet, message: &str) {
    if let Some(place) = evidence.iter().find_map(Evidence::place) {
        inventory.diagnostics.insert(Diagnostic {
            path: place.path.clone(),
            at: place.region.map(|region| region.start),
            kind: DiagnosticKind::Unresolved,
            scanner: Arc::from("pipelines"),
            message: clean_line(message).into_owned(),
        });
    }
}
