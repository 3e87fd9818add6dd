//! One AND/OR dependency graph over an inventory. The only module that knows petgraph.
//!
//! Nodes are added in id order and neighbours are visited in that order, so every algorithm gives
//! the same answer for the same facts. The graph borrows the inventory: nothing is copied.

mod circle;
mod introduction;
mod open_address;
mod path;
mod reach;
mod roots;
mod settings;
mod survival;
mod ways;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock};

use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use rayon::prelude::*;

use self::ways::{Way, Ways};

use crate::model::key::mark;
use crate::model::{
    Attribute, ComponentId, ComponentKind, EvidenceSet, Group, Horizon, Inventory, Known, Relation, RelationKind,
};
use crate::text::Lookup;

pub use introduction::Introductions;
pub use open_address::{is_address_open, open_calls};
pub use path::{Path, Walked};
pub use reach::{Control, OnlyWay, Reach, ReachTest};
pub use roots::Roots;
pub use survival::Survival;

/// Components that are worth another thread.
const LEAST: usize = 1_024;

/// A component in the graph. Only valid for the graph it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(NodeIndex);

/// A relation in the graph. Only valid for the graph it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeId(EdgeIndex);

/// A component with what is known of it.
pub struct Node<'a> {
    /// Which.
    pub id: &'a ComponentId,
    /// Of what sort.
    pub kind: ComponentKind,
    /// Where it was seen; empty for ends of relations that nobody described.
    pub evidence: Option<&'a EvidenceSet>,
    /// Sorted by key, then value.
    attributes: &'a [Attribute],
    /// The keys that there are, roughly: most questions are for a key that most components lack.
    keys: u64,
    /// A package that is called by the very text of its id, as nearly all are.
    is_plain: bool,
}

/// A relation with what says it.
pub struct Edge<'a> {
    /// What it says.
    pub kind: RelationKind,
    /// When losing the far end hurts the near end.
    pub horizon: Horizon,
    /// Alternatives share a group.
    pub group: Option<&'a Group>,
    /// An image that was looked into and the one it is built on. What the child holds is known from itself; the base is
    /// needed when it is built anew, and what the base holds or calls is not thereby the child's.
    pub is_supply: bool,
    /// Why we believe it.
    pub evidence: &'a EvidenceSet,
}

/// The graph of one inventory.
pub struct Graph<'a> {
    inner: DiGraph<Node<'a>, Edge<'a>, u32>,
    index: Lookup<&'a ComponentId, NodeIndex>,
    /// Of every node, side by side: rules ask for a few kinds of many components.
    kinds: Vec<ComponentKind>,
    leaving: Ways,
    reaching: Ways,
    /// What was computed before: thousands of packages come from one registry's operator.
    reach_known: Mutex<Lookup<NodeId, Arc<[Reach]>>>,
    seats_known: Mutex<Lookup<NodeId, Vec<NodeId>>>,
    lines_of_settings: OnceLock<settings::Lines>,
}

impl<'a> Graph<'a> {
    /// Builds the graph in two passes: components and attributes, then relations.
    #[must_use]
    pub fn new(inventory: &'a Inventory) -> Self {
        let (nodes, index, links) = nodes_and_links(inventory);
        let count = nodes.len();
        let ways = links.iter().enumerate().map(|(at, Link { from, to, kind })| {
            let way = |node| Way { node: NodeId(node), kind: *kind, edge: EdgeId(EdgeIndex::new(at)) };
            ((NodeId(*from), way(*to)), (NodeId(*to), way(*from)))
        });
        let (inner, (leaving, reaching)) = rayon::join(
            || connected(nodes, &links, inventory),
            || {
                let leaving = || Ways::new(count, ways.clone().map(|(leaving, _)| leaving));
                rayon::join(leaving, || Ways::new(count, ways.clone().map(|(_, reaching)| reaching)))
            },
        );
        let kinds = inner.node_weights().map(|node| node.kind).collect();
        Self {
            inner,
            index,
            kinds,
            leaving,
            reaching,
            reach_known: Mutex::default(),
            seats_known: Mutex::default(),
            lines_of_settings: OnceLock::new(),
        }
    }

    /// How many components and relations.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.inner.node_count(), self.inner.edge_count())
    }

    /// Every component, in id order.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<'a> {
        self.inner.node_indices().map(NodeId)
    }

    /// Components of some kinds, in id order; of every kind when none is named.
    pub fn nodes_of<'s>(&'s self, kinds: &[ComponentKind]) -> impl Iterator<Item = NodeId> + use<'s, 'a> {
        let bit = |kind: ComponentKind| 1_u32 << kind as u32;
        let wanted = kinds.iter().fold(0, |wanted, kind| wanted | bit(*kind));
        let wanted = if kinds.is_empty() { u32::MAX } else { wanted };
        let all = self.kinds.iter().enumerate().filter(move |(_, kind)| bit(**kind) & wanted != 0);
        all.map(|(at, _)| NodeId(NodeIndex::new(at)))
    }

    /// The component with an id.
    #[must_use]
    pub fn find(&self, id: &ComponentId) -> Option<NodeId> {
        self.index.get(id).copied().map(NodeId)
    }

    /// What is known of a component.
    #[must_use]
    pub fn node(&self, node: NodeId) -> &Node<'a> {
        &self.inner[node.0]
    }

    /// What is known of a relation.
    #[must_use]
    pub fn edge(&self, edge: EdgeId) -> &Edge<'a> {
        &self.inner[edge.0]
    }

    /// Both ends of a relation.
    #[must_use]
    pub fn ends(&self, edge: EdgeId) -> (NodeId, NodeId) {
        let (from, to) = self.inner.edge_endpoints(edge.0).expect("edge ids come from this graph");
        (NodeId(from), NodeId(to))
    }

    /// Relations that leave a component, ordered by far end, then kind.
    pub fn outgoing(&self, node: NodeId) -> impl Iterator<Item = (EdgeId, NodeId)> + Clone + use<'_, 'a> {
        self.leaving.of(node).iter().map(|way| (way.edge, way.node))
    }

    /// As [`Self::outgoing`], only relations of some kinds.
    pub fn outgoing_of<'s>(
        &'s self,
        node: NodeId,
        kinds: &'s [RelationKind],
    ) -> impl Iterator<Item = (EdgeId, NodeId)> + Clone + use<'s, 'a> {
        let ways = self.leaving.of(node).iter().filter(|way| kinds.contains(&way.kind));
        ways.map(|way| (way.edge, way.node))
    }

    /// Relations that reach a component, ordered by near end, then kind.
    pub fn incoming(&self, node: NodeId) -> impl Iterator<Item = (EdgeId, NodeId)> + Clone + use<'_, 'a> {
        self.reaching.of(node).iter().map(|way| (way.edge, way.node))
    }

    /// Far ends of the relations of one kind.
    #[must_use]
    pub fn related(&self, node: NodeId, kind: RelationKind) -> Vec<NodeId> {
        self.leaving.of(node).iter().filter(|way| way.kind == kind).map(|way| way.node).collect()
    }

    /// The first value of an attribute.
    #[must_use]
    pub fn attribute(&self, node: NodeId, key: &str) -> Option<&'a str> {
        self.attributes(node, key).next()
    }

    /// Every value of an attribute, sorted.
    pub fn attributes(&self, node: NodeId, key: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let node = &self.inner[node.0];
        let all = if node.keys & mark(key) == 0 { &[][..] } else { node.attributes };
        // a dozen at most: their lengths tell most keys apart, which is quicker than a search by order
        let from = &all[all.iter().position(|row| row.key == key).unwrap_or(all.len())..];
        let key = from.first().map(|row| row.key);
        from.iter().take_while(move |row| key == Some(row.key)).map(|row| &*row.value)
    }

    /// Every attribute with its evidence, sorted by key and value.
    #[must_use]
    pub fn all_attributes(&self, node: NodeId) -> &'a [Attribute] {
        self.inner[node.0].attributes
    }

    /// True when another component of the same service is built on this one: an endpoint's configuration and model are
    /// parts of the endpoint, and speaking of each would say one thing three times.
    #[must_use]
    pub fn is_part(&self, node: NodeId) -> bool {
        let Some(service) = self.attribute(node, crate::model::key::SERVICE) else { return false };
        self.reaching.of(node).iter().any(|way| {
            way.kind == RelationKind::DependsOn && self.attribute(way.node, crate::model::key::SERVICE) == Some(service)
        })
    }

    /// True for an image that was looked into, as opposed to one that is only named.
    #[must_use]
    pub fn is_read_image(&self, node: NodeId) -> bool {
        is_read_image(self.node(node))
    }

    /// The step of a build that made a layer, as the history of an image with it tells.
    #[must_use]
    pub fn layer_step(&self, digest: &str) -> Option<&str> {
        let images = self.nodes_of(&[ComponentKind::Image]);
        let mut told = images.flat_map(|node| self.attributes(node, crate::model::key::LAYER_MADE_BY));
        told.find_map(|text| text.strip_prefix(digest)?.strip_prefix(' '))
    }

    /// Told and not there: declared with a count of zero everywhere, or removed by a later layer of its image. It counts
    /// nowhere.
    #[must_use]
    pub fn is_absent(&self, node: NodeId) -> bool {
        let keys = self.inner[node.0].keys;
        // nearly every component has neither
        if keys & (mark(crate::model::key::REMOVED) | mark(crate::model::key::COUNT)) == 0 {
            return false;
        }
        if self.attribute(node, crate::model::key::REMOVED).is_some() {
            return true;
        }
        let mut counts = self.attributes(node, crate::model::key::COUNT).peekable();
        counts.peek().is_some() && counts.all(|count| count == "0")
    }

    /// What [`Self::label`] says, where it is not the id as people read it: of packages it mostly is.
    #[must_use]
    pub fn own_label(&self, node: NodeId) -> Option<Arc<str>> {
        let Node { id, kind, keys, .. } = self.node(node);
        if *kind == ComponentKind::Package && keys & mark(crate::model::key::KNOWN_AS) == 0 {
            return None;
        }
        let label = self.label(node);
        (label != id.readable()).then(|| Arc::from(&*label))
    }

    /// The name a person would use: the `name` attribute, else the id without its prefix.
    #[must_use]
    pub fn label(&self, node: NodeId) -> Cow<'a, str> {
        let Node { id, kind, is_plain, .. } = self.node(node);
        // the text of an id lies elsewhere, and every rule asks for that of every package
        if *is_plain {
            return Cow::Borrowed(id.as_str());
        }
        let named = matches!(
            kind,
            ComponentKind::Organisation
                | ComponentKind::Accelerator
                | ComponentKind::Device
                | ComponentKind::Jurisdiction
                | ComponentKind::Image
        );
        // a group of a list of assets has an id that nobody reads
        let named = named || self.attribute(node, crate::model::key::KNOWN_AS) == Some("recorded");
        let name = if named { self.attribute(node, crate::model::key::NAME) } else { None };
        match name {
            Some(name) => Cow::Borrowed(name),
            None if matches!(kind, ComponentKind::Package | ComponentKind::Image) => id.readable(),
            None => Cow::Borrowed(id.rest()),
        }
    }
}

fn is_read_image(node: &Node<'_>) -> bool {
    node.kind == ComponentKind::Image && node.attributes.iter().any(|row| row.key == crate::model::key::LAYERS)
}

/// Relations by which a component has or uses another while it runs; all others say where it comes from and who answers.
fn is_use(kind: RelationKind) -> bool {
    matches!(kind, RelationKind::Contains | RelationKind::DependsOn | RelationKind::Calls | RelationKind::RunsOn)
}

/// A relation by the places of its ends.
struct Link {
    from: NodeIndex,
    to: NodeIndex,
    kind: RelationKind,
}

/// The graph of nodes and relations.
fn connected<'a>(nodes: Vec<Node<'a>>, links: &[Link], inventory: &'a Inventory) -> DiGraph<Node<'a>, Edge<'a>, u32> {
    let mut inner = DiGraph::with_capacity(nodes.len(), links.len());
    for node in nodes {
        inner.add_node(node);
    }
    let relations = inventory.relations().map(|(_, relation)| relation);
    for (Link { from, to, .. }, Relation { kind, group, horizon, evidence, .. }) in links.iter().zip(relations) {
        let is_supply = *kind == RelationKind::BasedOn && is_read_image(&inner[*from]);
        let horizon = horizon.unwrap_or_else(|| kind.horizon());
        let horizon = if is_supply { horizon.max(Horizon::NextDeploy) } else { horizon };
        inner.add_edge(*from, *to, Edge { kind: *kind, horizon, group: group.as_ref(), is_supply, evidence });
    }
    inner
}

/// Nodes in id order with their places, and all relations in the inventory's order.
fn nodes_and_links(inventory: &Inventory) -> (Vec<Node<'_>>, Lookup<&ComponentId, NodeIndex>, Vec<Link>) {
    let all: Vec<(&ComponentId, &Known)> = inventory.iter().collect();
    let mut nodes: Vec<Node<'_>> = all.par_iter().with_min_len(LEAST).map(|(id, known)| node(id, known)).collect();
    let mut index = places(&nodes);
    let ends_by = |index: &Lookup<&ComponentId, NodeIndex>| -> Vec<(Option<NodeIndex>, RelationKind)> {
        let relations = all.par_iter().with_min_len(LEAST).flat_map_iter(|(_, known)| known.relations());
        relations.map(|relation| (index.get(&relation.to).copied(), relation.kind)).collect()
    };
    let mut ends = ends_by(&index);
    // ends that nobody describes move the places of those after them
    if ends.iter().any(|(end, _)| end.is_none()) {
        let to = inventory.relations().map(|(_, relation)| &relation.to).zip(&ends);
        let bare: BTreeSet<&ComponentId> = to.filter(|(_, (end, _))| end.is_none()).map(|(to, _)| to).collect();
        nodes.extend(bare.into_iter().map(empty));
        nodes.sort_by(|a, b| a.id.cmp(b.id));
        index = places(&nodes);
        ends = ends_by(&index);
    }
    let mut links = Vec::with_capacity(ends.len());
    let mut ends = ends.into_iter();
    let mut places = nodes.iter().enumerate();
    for (id, known) in all {
        // both are in order, and every component is a node
        let (from, _) = places.by_ref().find(|(_, node)| node.id == id).expect("every component is a node");
        let link = |(to, kind): (Option<NodeIndex>, _)| Link {
            from: NodeIndex::new(from),
            to: to.expect("every end of a relation became a node"),
            kind,
        };
        links.extend(ends.by_ref().take(known.relations().len()).map(link));
    }
    (nodes, index, links)
}

fn places<'a>(nodes: &[Node<'a>]) -> Lookup<&'a ComponentId, NodeIndex> {
    nodes.iter().enumerate().map(|(at, node)| (node.id, NodeIndex::new(at))).collect()
}

fn empty(id: &ComponentId) -> Node<'_> {
    Node { id, kind: kind_of(id), evidence: None, attributes: &[], keys: 0, is_plain: false }
}

fn node<'a>(id: &'a ComponentId, known: &'a Known) -> Node<'a> {
    // two kinds for one id: the first in kind order wins, its evidence is kept
    let (kind, evidence) = match known.kinds().first() {
        Some((kind, evidence)) => (*kind, Some(evidence)),
        None => (kind_of(id), None),
    };
    let keys = known.attributes().iter().fold(0, |keys, row| keys | mark(row.key));
    let is_plain = kind == ComponentKind::Package
        && keys & mark(crate::model::key::KNOWN_AS) == 0
        && matches!(id.readable(), Cow::Borrowed(_));
    Node { id, kind, evidence, attributes: known.attributes(), keys, is_plain }
}

/// The kind an id's prefix tells, for ends of relations that no fact describes.
fn kind_of(id: &ComponentId) -> ComponentKind {
    match id.as_str().split_once(':').map_or("", |(prefix, _)| prefix) {
        "pkg" if id.as_str().starts_with("pkg:oci/") => ComponentKind::Image,
        "pkg" => ComponentKind::Package,
        "org" => ComponentKind::Organisation,
        "jurisdiction" => ComponentKind::Jurisdiction,
        "region" => ComponentKind::Region,
        "host" => ComponentKind::Host,
        "accelerator" => ComponentKind::Accelerator,
        "device" => ComponentKind::Device,
        "machine" => ComponentKind::Cluster,
        "model" => ComponentKind::Model,
        "dataset" => ComponentKind::Dataset,
        "workload" => ComponentKind::Workload,
        "project" => ComponentKind::Project,
        "repository" => ComponentKind::Repository,
        "delivery" => ComponentKind::Delivery,
        _ => ComponentKind::Service,
    }
}
