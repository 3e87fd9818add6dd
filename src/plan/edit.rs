//! What an action changes in the facts, so that the planned system can be judged like a real one.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Action, Inputs};
use crate::graph::Graph;
use crate::model::{
    Citation, Cited, ComponentId, ComponentKind, Confidence, Evidence, Fact, FactRef, Inventory, RelationKind,
    Validity, Verification, key,
};
use crate::rules::file::PlanAction;
use crate::text::{Region, RelPath};

/// What the actions of a wave take away, so that the facts are gone through once.
#[derive(Default)]
struct Removals {
    components: BTreeSet<ComponentId>,
    attributes: BTreeSet<(ComponentId, &'static str)>,
    relations: BTreeSet<(ComponentId, RelationKind)>,
    /// Hosts that a project fetches from by its settings.
    fetched: BTreeSet<(ComponentId, ComponentId)>,
}

impl Removals {
    fn keeps(&self, fact: FactRef<'_>) -> bool {
        match fact {
            FactRef::Component { id, .. } => !self.components.contains(id),
            FactRef::Attribute { of, key, .. } => {
                !self.components.contains(of) && !self.attributes.contains(&(of.clone(), key))
            }
            FactRef::Relation { from, kind, to, .. } => {
                !self.components.contains(from)
                    && !self.components.contains(to)
                    && !self.relations.contains(&(from.clone(), kind))
                    && (self.fetched.is_empty()
                        || kind != RelationKind::DistributedBy
                        || !self.fetched.contains(&(from.clone(), to.clone())))
            }
        }
    }

    fn attributes(&mut self, of: &ComponentId, keys: &[&'static str]) {
        self.attributes.extend(keys.iter().map(|key| (of.clone(), *key)));
    }

    fn relations(&mut self, from: &ComponentId, kinds: &[RelationKind]) {
        self.relations.extend(kinds.iter().map(|kind| (from.clone(), *kind)));
    }
}

/// What says which product of which vendor a component is.
const PRODUCT: [&str; 5] = [key::RESOURCE_TYPE, key::SERVICE, key::API, key::LOCK_IN, key::INSTANCE_TYPE];

/// What says where and by whom it is operated.
const OPERATION: [&str; 5] = [key::PROVIDER, key::REGION, key::COUNTRY, key::WITHIN, key::OWNER];

/// Applies the actions of one wave.
pub(super) fn apply(inventory: &mut Inventory, actions: &[&Action], inputs: &Inputs<'_>) {
    let mut gone = Removals::default();
    {
        let graph = Graph::new(inventory);
        for action in actions {
            take_away(action, &graph, &mut gone);
        }
        settings(actions, &graph, &mut gone);
    }
    inventory.retain(|fact| gone.keeps(fact));
    for action in actions {
        put_in(action, inventory, inputs);
    }
}

fn take_away(action: &Action, graph: &Graph<'_>, gone: &mut Removals) {
    let subject = &action.subject;
    match action.kind {
        PlanAction::Remove => {
            gone.components.insert(subject.clone());
        }
        PlanAction::Pin => gone.attributes(subject, &[key::PINNED]),
        // what fetched from the host fetches from a mirror of one's own
        PlanAction::Mirror if is_host(subject) => {
            gone.components.insert(subject.clone());
        }
        PlanAction::Mirror => gone.relations(subject, &[RelationKind::DistributedBy]),
        PlanAction::Gitops | PlanAction::Replicate => {}
        PlanAction::OpenApi => {
            gone.components.extend(parts(graph, subject));
            gone.attributes(subject, &PRODUCT);
        }
        PlanAction::ReplaceOperator => {
            gone.components.extend(parts(graph, subject));
            gone.relations(subject, &[RelationKind::ProvidedBy, RelationKind::HostedIn]);
            gone.attributes(subject, &PRODUCT);
            gone.attributes(subject, &OPERATION);
        }
    }
}

/// With the last line that names a host as one to fetch from, the project itself fetches nothing from there.
fn settings(actions: &[&Action], graph: &Graph<'_>, gone: &mut Removals) {
    let mirrors = actions.iter().filter(|action| action.kind == PlanAction::Mirror);
    let changed: BTreeSet<(&RelPath, Option<Region>)> =
        mirrors.flat_map(|action| &action.settings).map(|place| (&place.path, place.region)).collect();
    if changed.is_empty() {
        return;
    }
    let is_changed =
        |one: &Evidence| one.sighting().is_some_and(|seen| changed.contains(&(seen.path(), seen.region())));
    for project in graph.nodes_of(&[ComponentKind::Project]) {
        for (edge, host) in graph.outgoing_of(project, &[RelationKind::DistributedBy]) {
            if graph.edge(edge).evidence.iter().all(is_changed) {
                gone.fetched.insert((graph.node(project).id.clone(), graph.node(host).id.clone()));
            }
        }
    }
}

fn put_in(action: &Action, inventory: &mut Inventory, inputs: &Inputs<'_>) {
    let subject = &action.subject;
    match action.kind {
        PlanAction::Remove => {}
        PlanAction::Pin => note(inventory, subject, key::PINNED, "digest"),
        PlanAction::Mirror if is_host(subject) => {}
        PlanAction::Mirror => {
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
        PlanAction::OpenApi => note(inventory, subject, key::API, "open"),
        PlanAction::ReplaceOperator => {
            note(inventory, subject, key::API, "open");
            operated_by(inventory, subject, action, inputs);
        }
    }
}

fn is_host(subject: &ComponentId) -> bool {
    subject.as_str().starts_with("host:")
}

/// What the component is built from in the same service, and its copies in further regions: they go with it.
fn parts(graph: &Graph<'_>, subject: &ComponentId) -> Vec<ComponentId> {
    let Some(start) = graph.find(subject) else { return Vec::new() };
    let service = graph.attribute(start, key::SERVICE);
    if service.is_none() {
        return Vec::new();
    }
    let below = graph.reachable(start, |kind| kind == RelationKind::DependsOn);
    let same = below.iter().map(crate::graph::Path::end).filter(|node| graph.attribute(*node, key::SERVICE) == service);
    let copies = graph.related(start, RelationKind::ReplicatesTo).into_iter();
    let copies = copies.filter(|copy| graph.attribute(*copy, key::COPY_OF).is_some());
    same.chain(copies).map(|node| graph.node(node).id.clone()).collect()
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
