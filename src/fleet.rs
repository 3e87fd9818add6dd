//! How many accelerators there are, place by place: each device once, whoever speaks of it.
//!
//! A node pool is declared, its pods ask for devices, quotas of queues allot them, a dump or a tool observes them, a list of
//! assets records them: five ways to speak of the same devices. Within one way numbers add up; of several ways the largest is taken, since none
//! of them says that its devices are others. What names a state only counts where it exceeds what is placed in the
//! state's regions, what names no place is counted only where it exceeds what is placed, and
//! a name that may mean several products only where it exceeds what those are known to be.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Graph, NodeId};
use crate::model::{ComponentKind, RelationKind, key};

/// The largest number of devices that one holder is believed to have: beyond it a number is a slip of the pen.
const MOST_DEVICES: u64 = 100_000_000;

/// How devices are known, from what asks for them to what is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// A workload asks for them.
    Asked,
    /// Quotas of queues allot them.
    Allotted,
    /// A pool, a machine type or a configuration declares them.
    Declared,
    /// A list of assets has them.
    Recorded,
    /// A tool or the cluster itself reports them.
    Observed,
}

/// Who says that there are devices of a product at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// How.
    pub way: Way,
    /// Machine, pool or workload that has them.
    pub holder: NodeId,
    /// How many; nothing when it does not say, which counts as one.
    pub count: Option<u64>,
    /// True when the source tells all devices of the place: a cluster's own nodes, a list of assets. A tool on one
    /// machine tells of that machine.
    pub is_whole: bool,
}

impl Claim {
    fn devices(&self) -> u64 {
        self.count.unwrap_or(1)
    }
}

/// Devices of one product at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// The accelerator.
    pub accelerator: NodeId,
    /// Region or state; nothing when no holder has one.
    pub place: Option<NodeId>,
    /// How many there are at least, none of them counted elsewhere too.
    pub count: u64,
    /// Who says so.
    pub claims: Vec<Claim>,
}

impl Pool {
    /// The number that one way gives; nothing when nobody speaks in that way.
    #[must_use]
    pub fn by(&self, way: Way) -> Option<u64> {
        // a cluster's own nodes and a tool on one of them may speak of the same devices
        let of = |is_whole| {
            let mut said = self.claims.iter().filter(|claim| claim.way == way && claim.is_whole == is_whole).peekable();
            said.peek()?;
            Some(said.map(Claim::devices).fold(0, u64::saturating_add))
        };
        of(true).max(of(false))
    }

    fn largest(&self) -> u64 {
        [Way::Asked, Way::Allotted, Way::Declared, Way::Recorded, Way::Observed]
            .into_iter()
            .filter_map(|way| self.by(way))
            .max()
            .unwrap_or(0)
    }
}

/// What is placed of one accelerator.
#[derive(Default)]
struct Placed {
    all: u64,
    /// By who says so: a cluster's nodes and a tool on one of them may speak of the same devices too.
    by: BTreeMap<(Way, bool), u64>,
}

impl Placed {
    fn add(&mut self, pool: &Pool) {
        self.all = self.all.saturating_add(pool.count);
        for claim in &pool.claims {
            let said = self.by.entry((claim.way, claim.is_whole)).or_default();
            *said = said.saturating_add(claim.devices());
        }
    }

    /// How many devices without a place there are beyond those placed: what is said in one way adds up, what is said
    /// in another may be the same devices.
    fn beyond(&self, claims: &[Claim]) -> u64 {
        let mut said = self.by.clone();
        for claim in claims {
            let number = said.entry((claim.way, claim.is_whole)).or_default();
            *number = number.saturating_add(claim.devices());
        }
        said.into_values().max().unwrap_or_default().saturating_sub(self.all)
    }
}

/// Everything there is, by accelerator and place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fleet {
    /// Sorted by accelerator, what has no place last.
    pub pools: Vec<Pool>,
}

impl Fleet {
    /// Counts the accelerators of a system.
    #[must_use]
    pub fn of(graph: &Graph<'_>) -> Self {
        let mut pools: BTreeMap<(NodeId, Option<NodeId>), BTreeSet<Claim>> = BTreeMap::new();
        for accelerator in graph.nodes().filter(|node| graph.node(*node).kind == ComponentKind::Accelerator) {
            for (edge, holder) in graph.incoming(accelerator) {
                if graph.edge(edge).kind != RelationKind::RunsOn
                    || graph.is_absent(holder)
                    || is_tie(graph, holder, accelerator)
                {
                    continue;
                }
                let claim = claim(graph, holder, accelerator);
                pools.entry((accelerator, place(graph, holder))).or_default().insert(claim);
            }
        }
        let pool = |((accelerator, place), claims): ((NodeId, Option<NodeId>), BTreeSet<Claim>)| {
            let claims = claims.into_iter().collect();
            let mut pool = Pool { accelerator, place, count: 0, claims };
            pool.count = pool.largest();
            pool
        };
        let mut fleet = Self { pools: pools.into_iter().map(pool).collect() };
        // what has no place sorts last, so that the placed devices of the product are known by then
        fleet.pools.sort_by_key(|pool| (pool.accelerator, pool.place.is_none(), pool.place));
        fleet.without_states(graph);
        fleet.without_doubles(graph);
        fleet
    }

    /// All devices of an accelerator.
    #[must_use]
    pub fn total(&self, accelerator: NodeId) -> u64 {
        self.pools
            .iter()
            .filter(|pool| pool.accelerator == accelerator)
            .map(|pool| pool.count)
            .fold(0, u64::saturating_add)
    }

    /// What is placed in a state only may be what is placed in one of its regions.
    fn without_states(&mut self, graph: &Graph<'_>) {
        let kind = |place: NodeId| graph.node(place).kind;
        let states: Vec<usize> = (0..self.pools.len())
            .filter(|at| self.pools[*at].place.is_some_and(|place| kind(place) == ComponentKind::Jurisdiction))
            .collect();
        for at in states {
            let (accelerator, state) = (self.pools[at].accelerator, self.pools[at].place);
            let mut placed = Placed::default();
            let is_within = |pool: &&Pool| {
                let region = pool.place.filter(|place| kind(*place) == ComponentKind::Region);
                pool.accelerator == accelerator
                    && region.is_some_and(|region| {
                        graph.related(region, RelationKind::HostedIn).into_iter().any(|of| Some(of) == state)
                    })
            };
            self.pools.iter().filter(is_within).for_each(|pool| placed.add(pool));
            self.pools[at].count = placed.beyond(&self.pools[at].claims);
        }
    }

    fn without_doubles(&mut self, graph: &Graph<'_>) {
        let mut placed: BTreeMap<NodeId, Placed> = BTreeMap::new();
        for pool in self.pools.iter().filter(|pool| pool.place.is_some()) {
            placed.entry(pool.accelerator).or_default().add(pool);
        }
        for pool in self.pools.iter_mut().filter(|pool| pool.place.is_none()) {
            if let Some(placed) = placed.get(&pool.accelerator) {
                pool.count = placed.beyond(&pool.claims);
            }
        }
        let known: Vec<(NodeId, Option<NodeId>, u64, u64)> = self
            .pools
            .iter()
            .filter(|pool| !is_unknown(graph, pool.accelerator))
            .map(|pool| (pool.accelerator, pool.place, pool.count, pool.by(Way::Recorded).unwrap_or_default()))
            .collect();
        for pool in self.pools.iter_mut().filter(|pool| is_unknown(graph, pool.accelerator)) {
            let same = known.iter().filter(|(other, place, ..)| {
                may_be_at(graph, pool.place, *place) && may_be(graph, pool.accelerator, *other)
            });
            let (covered, listed) = same.fold((0_u64, 0_u64), |(covered, listed), (.., count, recorded)| {
                (covered.saturating_add(*count), listed.saturating_add(*recorded))
            });
            // rows of lists are of other devices: those of a name beside those of a product add up
            let all = pool.by(Way::Recorded).map_or(0, |own| own.saturating_add(listed));
            pool.count = pool.count.min(pool.count.max(all).saturating_sub(covered));
        }
    }
}

/// True for an accelerator whose product is not known.
#[must_use]
pub fn is_unknown(graph: &Graph<'_>, accelerator: NodeId) -> bool {
    graph.node(accelerator).id.rest().starts_with("?/")
}

/// True when what is said of two places may be said of one: they are the same, one of them is the other's state, or it is
/// not said where.
fn may_be_at(graph: &Graph<'_>, one: Option<NodeId>, other: Option<NodeId>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return true };
    let is_in = |place: NodeId, state: NodeId| {
        graph.node(state).kind == ComponentKind::Jurisdiction
            && graph.related(place, RelationKind::HostedIn).into_iter().any(|of| of == state)
    };
    one == other || is_in(one, other) || is_in(other, one)
}

/// True when a name of no known product may mean this one: it is a candidate, or both are of one designer and nothing
/// more is known than a resource's name.
fn may_be(graph: &Graph<'_>, unknown: NodeId, known: NodeId) -> bool {
    let mut candidates = graph.attributes(unknown, key::CANDIDATE).peekable();
    if candidates.peek().is_some() {
        return candidates.any(|id| id == graph.node(known).id.rest());
    }
    // a device's own name that no row knows is another product
    if graph.attribute(unknown, key::DEVICE_NAME).is_some_and(|name| !name.contains('/') && name != "gpu") {
        return false;
    }
    let designers = |node| graph.related(node, RelationKind::DesignedBy);
    let theirs = designers(known);
    let own = designers(unknown);
    own.is_empty() || own.iter().any(|designer| theirs.contains(designer))
}

/// True for software that needs an accelerator, which has none.
fn is_tie(graph: &Graph<'_>, holder: NodeId, accelerator: NodeId) -> bool {
    graph.node(holder).kind == ComponentKind::Package && stated(graph, holder, accelerator).next().is_none()
}

fn claim(graph: &Graph<'_>, holder: NodeId, accelerator: NodeId) -> Claim {
    let known_as = graph.attribute(holder, key::KNOWN_AS);
    let is_node_pool = graph.attribute(holder, key::RESOURCE_TYPE) == Some("/Node");
    let way = match (graph.node(holder).kind, known_as) {
        (_, Some("recorded")) => Way::Recorded,
        (_, Some("observed")) => Way::Observed,
        (_, Some("allotted")) => Way::Allotted,
        _ if is_node_pool => Way::Observed,
        (ComponentKind::Workload, _) => Way::Asked,
        _ => Way::Declared,
    };
    let is_whole = is_node_pool || way == Way::Recorded;
    Claim { way, holder, count: count(graph, holder, accelerator), is_whole }
}

/// How many of an accelerator a holder says that it has. Several tools speak of the same devices of a machine: the
/// largest of their numbers counts.
#[must_use]
pub fn count(graph: &Graph<'_>, holder: NodeId, accelerator: NodeId) -> Option<u64> {
    stated_count(graph, holder, accelerator).map(|count| count.min(MOST_DEVICES))
}

/// The numbers of an accelerator that a holder states.
fn stated(graph: &Graph<'_>, holder: NodeId, accelerator: NodeId) -> impl Iterator<Item = u64> {
    let id = graph.node(accelerator).id.rest();
    graph.attributes(holder, key::DEVICES).filter_map(move |text| {
        let (of, number) = text.rsplit_once(' ')?;
        (of == id).then(|| number.parse::<u64>().ok()).flatten()
    })
}

fn stated_count(graph: &Graph<'_>, holder: NodeId, accelerator: NodeId) -> Option<u64> {
    let stated = stated(graph, holder, accelerator);
    // several pods may have one device between them
    let shared = graph.attributes(accelerator, key::SHARED_BY).filter_map(|text| text.parse::<f64>().ok());
    let shared = shared.fold(1.0_f64, f64::max);
    if let Some(most) = stated.max() {
        let is_asked = graph.node(holder).kind == ComponentKind::Workload;
        return Some(if is_asked { (most as f64 / shared).ceil() as u64 } else { most });
    }
    let all: BTreeSet<NodeId> = graph
        .outgoing(holder)
        .filter(|(edge, to)| {
            graph.edge(*edge).kind == RelationKind::RunsOn && graph.node(*to).kind == ComponentKind::Accelerator
        })
        .map(|(_, to)| to)
        .collect();
    // a family's name beside the product that a machine type has is no second product
    let is_other = |one: &NodeId| {
        !is_unknown(graph, *one) || !all.iter().any(|known| !is_unknown(graph, *known) && may_be(graph, *one, *known))
    };
    let products: BTreeSet<NodeId> = all.iter().copied().filter(is_other).collect();
    // a number that is that of several products tells nothing of one
    if products.len() > 1 || !products.contains(&accelerator) {
        return None;
    }
    let number =
        |key| graph.attribute(holder, key).and_then(|text| text.parse::<f64>().ok()).filter(|number| *number >= 0.0);
    let whole = |number: f64| number.is_finite().then(|| number.ceil() as u64);
    if let Some(all) = number(key::ACCELERATOR_COUNT) {
        return whole(all);
    }
    if graph.node(holder).kind == ComponentKind::Workload {
        return number(key::COUNT).and_then(|each| whole(each * number(key::REPLICAS).unwrap_or(1.0) / shared));
    }
    None
}

/// Where a holder is: its region, else its state; of a workload that of what it runs on.
fn place(graph: &Graph<'_>, holder: NodeId) -> Option<NodeId> {
    let own = |node: NodeId| {
        let places = graph.related(node, RelationKind::HostedIn);
        let of = |kind: ComponentKind| places.iter().copied().find(|place| graph.node(*place).kind == kind);
        of(ComponentKind::Region).or_else(|| of(ComponentKind::Jurisdiction))
    };
    own(holder).or_else(|| {
        let mut below = graph.related(holder, RelationKind::RunsOn).into_iter();
        below.find_map(own).or_else(|| {
            // a pool may be placed by the cluster that it is a part of
            let mut above = graph.incoming(holder).filter(|(edge, _)| graph.edge(*edge).kind == RelationKind::RunsOn);
            above.find_map(|(_, whole)| own(whole))
        })
    })
}
