//! Resources that calls name: what is declared in one file and called by name in another is one thing.
//!
//! A call of a service that names a bucket, a table or an endpoint is evidence of the declared resource of that name, and
//! who calls depends on it. Names of different services are never compared. A pure function of the inventory.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::model::{ComponentId, ComponentKind, Evidence, EvidenceSet, Fact, Group, Inventory, RelationKind, key};

/// Resources of one name: the same name in several environments.
const MOST_OF_NAME: usize = 16;

/// Declared resources by their service and name.
pub(super) type Declared = BTreeMap<(String, String), Vec<ComponentId>>;

fn is_api(id: &ComponentId) -> bool {
    id.as_str().starts_with("api:")
}

/// The resources that calls can mean.
pub(super) fn declared(inventory: &Inventory, catalog: &Catalog) -> Declared {
    let service_of = |id: &ComponentId| {
        let known = inventory.known(id)?;
        let stated = known.values(key::SERVICE).next().map(|text| text.to_string());
        stated.or_else(|| {
            let mut types = known.values(key::RESOURCE_TYPE);
            types.find_map(|kind| catalog.service_by_type(kind)).map(|service| service.id.to_string())
        })
    };
    let mut declared = Declared::new();
    for (of, row) in inventory.attributes_of(key::CALLED).filter(|(of, _)| !is_api(of)) {
        let Some(service) = service_of(of) else { continue };
        let all = declared.entry((service, row.value.to_string())).or_default();
        if all.len() < MOST_OF_NAME && !all.contains(of) {
            all.push(of.clone());
        }
    }
    declared
}

/// Brings calls to the resources that they name.
#[must_use]
pub(super) fn apply(mut inventory: Inventory, catalog: &Catalog) -> Inventory {
    let declared = declared(&inventory, catalog);
    if declared.is_empty() {
        return inventory;
    }
    let mut added: Vec<(Fact, EvidenceSet)> = Vec::new();
    for (of, row) in inventory.attributes_of(key::CALLED).filter(|(of, _)| is_api(of)) {
        let named = declared.get(&(of.rest().to_owned(), row.value.to_string()));
        for (resource, one) in named.into_iter().flatten().flat_map(|id| row.evidence.iter().map(move |one| (id, one)))
        {
            let Some(project) = one.path().map(|path| ComponentId::project(&path.parent())) else { continue };
            if inventory.known(&project).is_none() {
                continue;
            }
            // the same name in several environments: which of them is called is not said, and one is enough
            let several = named.is_some_and(|all| all.len() > 1);
            let group = several.then(|| Group(Arc::from(format!("called/{}/{}", of.rest(), row.value))));
            let evidence = || -> EvidenceSet { std::iter::once(Evidence::clone(one)).collect() };
            added.push((Fact::Component { id: resource.clone(), kind: ComponentKind::Service }, evidence()));
            let calls = Fact::Relation {
                from: project,
                kind: RelationKind::Calls,
                to: resource.clone(),
                group: group.clone(),
                horizon: None,
            };
            added.push((calls, evidence()));
        }
    }
    inventory.extend_all(added);
    inventory
}
