//! Laws that must hold for any input, tried on random ones and compared with naive versions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use sovaudit::graph::{Graph, Survival};
use sovaudit::model::{
    Basis, ComponentId, ComponentKind, Evidence, Fact, Group, Horizon, Inventory, Place, RelationKind,
};
use sovaudit::text::RelPath;

const KINDS: [RelationKind; 8] = [
    RelationKind::DependsOn,
    RelationKind::Calls,
    RelationKind::DistributedBy,
    RelationKind::DesignedBy,
    RelationKind::MaintainedBy,
    RelationKind::ProvidedBy,
    RelationKind::ReplicatesTo,
    RelationKind::FailsOverTo,
];

type Edges = Vec<(u8, u8, u8, Option<u8>)>;

fn id(number: u8) -> ComponentId {
    ComponentId::new(&format!("resource:n{number:02}"))
}

fn evidence(path: &str) -> Evidence {
    let path = RelPath::new(path).expect("is relative");
    Evidence::observed(&Place { path, region: None, excerpt: None, layer: None }, "test", Basis::Declared)
}

fn inventory(edges: &Edges) -> Inventory {
    let mut inventory = Inventory::default();
    for (from, to, kind, group) in edges {
        for end in [from, to] {
            inventory.add(Fact::Component { id: id(*end), kind: ComponentKind::Service }, evidence("a"));
        }
        if from == to {
            continue;
        }
        let group = group.map(|group| Group(Arc::from(format!("g{group}").as_str())));
        let kind = KINDS[usize::from(*kind) % KINDS.len()];
        inventory.add(Fact::Relation { from: id(*from), kind, to: id(*to), group, horizon: None }, evidence("a"));
    }
    inventory
}

fn edges() -> impl Strategy<Value = Edges> {
    prop::collection::vec((0..12_u8, 0..12_u8, 0..8_u8, prop::option::of(0..2_u8)), 0..40)
}

/// Survival by its definition, iterated until nothing changes.
fn naive(inventory: &Inventory, lost: &BTreeSet<ComponentId>) -> BTreeMap<ComponentId, Horizon> {
    let mut own: BTreeMap<ComponentId, Horizon> = inventory
        .components()
        .map(|(id, _)| (id.clone(), if lost.contains(id) { Horizon::Immediate } else { Horizon::None }))
        .collect();
    let relations: Vec<(&ComponentId, RelationKind, &ComponentId, Option<&Group>)> =
        inventory.relations().map(|(from, row)| (from, row.kind, &row.to, row.group.as_ref())).collect();
    let stand_in = |kind: RelationKind| matches!(kind, RelationKind::ReplicatesTo | RelationKind::FailsOverTo);
    loop {
        let mut available = own.clone();
        for node in own.keys() {
            let mut seen = BTreeSet::from([node]);
            let mut open = vec![node];
            while let Some(at) = open.pop() {
                for (_, _, to, _) in relations.iter().filter(|(from, kind, _, _)| *from == at && stand_in(*kind)) {
                    if seen.insert(to) {
                        open.push(to);
                    }
                }
            }
            let best = seen.iter().map(|other| own[*other]).max().expect("holds the node itself");
            available.insert(node.clone(), best);
        }
        let mut next = own.clone();
        for node in own.keys() {
            let mut groups: BTreeMap<Option<&Group>, Vec<Horizon>> = BTreeMap::new();
            let mut stops = own[node];
            for (_, kind, to, group) in relations.iter().filter(|(from, _, _, _)| *from == node) {
                let felt = if stand_in(*kind) { Horizon::None } else { kind.horizon().max(available[*to]) };
                match group {
                    None => stops = stops.min(felt),
                    group => groups.entry(*group).or_default().push(felt),
                }
            }
            for alternatives in groups.values() {
                stops = stops.min(alternatives.iter().copied().max().unwrap_or(Horizon::None));
            }
            next.insert(node.clone(), stops);
        }
        if next == own {
            return own;
        }
        own = next;
    }
}

fn survival(inventory: &Inventory, lost: &BTreeSet<ComponentId>) -> BTreeMap<ComponentId, Horizon> {
    let graph = Graph::new(inventory);
    let nodes = lost.iter().filter_map(|id| graph.find(id)).collect();
    let survival = Survival::without(&graph, &nodes);
    graph.nodes().map(|node| (graph.node(node).id.clone(), survival.stops(node))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn survival_is_what_its_definition_says(edges in edges(), lost in prop::collection::btree_set(0..12_u8, 0..4)) {
        let inventory = inventory(&edges);
        let present: BTreeSet<ComponentId> = inventory.components().map(|(id, _)| id.clone()).collect();
        let lost: BTreeSet<ComponentId> = lost.into_iter().map(id).filter(|id| present.contains(id)).collect();
        prop_assert_eq!(survival(&inventory, &lost), naive(&inventory, &lost));
    }

    #[test]
    fn losing_more_never_saves_anything(edges in edges(), lost in prop::collection::btree_set(0..12_u8, 0..3), more in 0..12_u8) {
        let inventory = inventory(&edges);
        let few: BTreeSet<ComponentId> = lost.into_iter().map(id).collect();
        let mut many = few.clone();
        many.insert(id(more));
        let (before, after) = (survival(&inventory, &few), survival(&inventory, &many));
        for (node, stops) in &before {
            prop_assert!(after[node] <= *stops, "{node}");
        }
    }

    #[test]
    fn witnesses_are_paths_to_what_was_lost(edges in edges(), lost in 0..12_u8) {
        let inventory = inventory(&edges);
        let graph = Graph::new(&inventory);
        let Some(lost) = graph.find(&id(lost)) else { return Ok(()) };
        let survival = Survival::without(&graph, &BTreeSet::from([lost]));
        for node in graph.nodes().filter(|node| survival.stops(*node) != Horizon::None) {
            let path = survival.witness(&graph, node);
            prop_assert_eq!(path.end(), lost);
            let mut at = path.start;
            for (edge, next) in &path.steps {
                prop_assert_eq!(graph.ends(*edge), (at, *next));
                at = *next;
            }
        }
    }

    #[test]
    fn merging_is_a_union(a in edges(), b in edges(), c in edges()) {
        let (a, b, c) = (inventory(&a), inventory(&b), inventory(&c));
        prop_assert_eq!(a.clone().merge(b.clone()), b.clone().merge(a.clone()));
        prop_assert_eq!(a.clone().merge(b.clone()).merge(c.clone()), a.clone().merge(b.merge(c)));
        prop_assert_eq!(a.clone().merge(a.clone()), a);
    }

    #[test]
    fn raising_a_rate_never_lowers_the_class(rate in 1.0..3000.0_f64, more in 0.0..2000.0_f64, area in prop::option::of(50.0..1700.0_f64)) {
        let catalog = catalog();
        let day = catalog.date();
        let class = |rate: f64| {
            let mut row = catalog.accelerator("nvidia-h100-sxm").expect("is in the table").clone();
            row.dense = [("fp8".into(), rate.to_string().into())].into_iter().collect();
            row.die_area_mm2 = area.map(|area| area.to_string().into());
            sovaudit::export::classify(&row, catalog, day)
        };
        let rank = |class: &str| match class { "below" => 0, "indeterminate" => 1, "3A090.b" => 2, _ => 3 };
        let (low, high) = (class(rate), class(rate + more));
        prop_assert!(rank(&high.class) >= rank(&low.class), "{} at {rate}, {} at {}", low.class, high.class, rate + more);
    }
}

fn catalog() -> &'static sovaudit::catalog::Catalog {
    static CATALOG: std::sync::OnceLock<sovaudit::catalog::Catalog> = std::sync::OnceLock::new();
    CATALOG.get_or_init(sovaudit::catalog::Catalog::embedded)
}
