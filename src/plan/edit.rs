//! What an action changes in the facts, so that the planned system can be judged like a real one.

use std::sync::Arc;

use super::{Action, Inputs};
use crate::model::{
    Citation, Cited, ComponentId, ComponentKind, Confidence, Evidence, Fact, Inventory, RelationKind, Validity,
    Verification, key,
};
use crate::rules::file::PlanAction;

/// Applies one action.
pub(super) fn apply(inventory: &mut Inventory, action: &Action, inputs: &Inputs<'_>) {
    let subject = &action.subject;
    match action.kind {
        PlanAction::Remove => remove(inventory, subject),
        PlanAction::Pin => {
            drop_attribute(inventory, subject, key::PINNED);
            note(inventory, subject, key::PINNED, "digest");
        }
        PlanAction::Mirror => {
            drop_relations(inventory, subject, &[RelationKind::DistributedBy]);
            let host = ComponentId::host("mirror.own.internal");
            add(inventory, Fact::Component { id: host.clone(), kind: ComponentKind::Host });
            note(inventory, &host, key::OWNER, "known");
            relate(inventory, subject, RelationKind::DistributedBy, &host);
        }
        PlanAction::Gitops => {
            let delivery = ComponentId::of("delivery", "planned/gitops");
            add(inventory, Fact::Component { id: delivery.clone(), kind: ComponentKind::Delivery });
            relate(inventory, subject, RelationKind::DeployedBy, &delivery);
        }
        PlanAction::Replicate => {
            let replica = ComponentId::of("resource", format_args!("planned/replica/{}", subject.rest()));
            add(inventory, Fact::Component { id: replica.clone(), kind: ComponentKind::Service });
            operated_by(inventory, &replica, action, inputs);
            relate(inventory, subject, RelationKind::ReplicatesTo, &replica);
        }
        PlanAction::ReplaceOperator => {
            for part in parts(inventory, subject) {
                remove(inventory, &part);
            }
            drop_relations(inventory, subject, &[RelationKind::ProvidedBy, RelationKind::HostedIn]);
            for gone in [
                key::RESOURCE_TYPE,
                key::SERVICE,
                key::PROVIDER,
                key::REGION,
                key::API,
                key::LOCK_IN,
                key::COUNTRY,
                key::OWNER,
                key::INSTANCE_TYPE,
            ] {
                drop_attribute(inventory, subject, gone);
            }
            note(inventory, subject, key::API, "open");
            operated_by(inventory, subject, action, inputs);
        }
    }
}

/// What the component is built from in the same service: it goes with it.
fn parts(inventory: &Inventory, subject: &ComponentId) -> Vec<ComponentId> {
    let graph = crate::graph::Graph::new(inventory);
    let Some(start) = graph.find(subject) else { return Vec::new() };
    let service = graph.attribute(start, key::SERVICE);
    if service.is_none() {
        return Vec::new();
    }
    let below = graph.reachable(start, |kind| kind == RelationKind::DependsOn);
    let same = below.iter().map(crate::graph::Path::end).filter(|node| graph.attribute(*node, key::SERVICE) == service);
    same.map(|node| graph.node(node).id.clone()).collect()
}

/// The target provider's organisation operates the component, at its seat.
fn operated_by(inventory: &mut Inventory, id: &ComponentId, action: &Action, inputs: &Inputs<'_>) {
    let Some(provider) = action.target.as_deref().and_then(|target| inputs.catalog.provider(target)) else { return };
    let organisation = ComponentId::organisation(&provider.organisation);
    add(inventory, Fact::Component { id: organisation.clone(), kind: ComponentKind::Organisation });
    relate(inventory, id, RelationKind::ProvidedBy, &organisation);
    if let Some((country, _, _)) = inputs.catalog.seat(&provider.organisation) {
        let state = ComponentId::jurisdiction(country.as_str());
        add(inventory, Fact::Component { id: state.clone(), kind: ComponentKind::Jurisdiction });
        relate(inventory, id, RelationKind::HostedIn, &state);
    }
}

fn remove(inventory: &mut Inventory, subject: &ComponentId) {
    inventory.facts.retain(|fact, _| match fact {
        Fact::Component { id, .. } => id != subject,
        Fact::Attribute { of, .. } => of != subject,
        Fact::Relation { from, to, .. } => from != subject && to != subject,
    });
}

fn drop_attribute(inventory: &mut Inventory, subject: &ComponentId, gone: &str) {
    inventory.facts.retain(|fact, _| !matches!(fact, Fact::Attribute { of, key, .. } if of == subject && *key == gone));
}

fn drop_relations(inventory: &mut Inventory, subject: &ComponentId, gone: &[RelationKind]) {
    inventory
        .facts
        .retain(|fact, _| !matches!(fact, Fact::Relation { from, kind, .. } if from == subject && gone.contains(kind)));
}

fn note(inventory: &mut Inventory, of: &ComponentId, key: &'static str, value: &str) {
    add(inventory, Fact::Attribute { of: of.clone(), key, value: Arc::from(value) });
}

fn relate(inventory: &mut Inventory, from: &ComponentId, kind: RelationKind, to: &ComponentId) {
    add(inventory, Fact::Relation { from: from.clone(), kind, to: to.clone(), group: None, horizon: None });
}

fn add(inventory: &mut Inventory, fact: Fact) {
    let evidence = Evidence::Cited(Arc::new(Cited {
        entry: Arc::from("plan"),
        sources: Arc::from([Citation { title: Arc::from("planned change"), url: None }]),
        verification: Verification::TwoSource,
        validity: Validity::default(),
        confidence: Confidence::Certain,
    }));
    inventory.add(fact, evidence);
}
