//! The inventory: a set of facts, each with at least one evidence, kept by the component they are about.
//!
//! Merging is set union (commutative, associative, idempotent), so the order in which threads
//! finish cannot change a result. What reports call a component is a view over its facts.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ComponentId, ComponentKind, Evidence, EvidenceSet, Group, Horizon, RelationKind};
use crate::diagnostic::{Coverage, Diagnostic};

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    /// There is such a thing.
    Component {
        /// Which.
        id: ComponentId,
        /// Of what sort.
        kind: ComponentKind,
    },
    /// It has such a property; see [`super::key`].
    Attribute {
        /// Whose.
        of: ComponentId,
        /// Which property.
        key: &'static str,
        /// The value as text.
        value: Arc<str>,
    },
    /// Two things are related.
    Relation {
        /// Near end.
        from: ComponentId,
        /// How.
        kind: RelationKind,
        /// Far end.
        to: ComponentId,
        /// Relations of `from` with the same group are alternatives.
        group: Option<Group>,
        /// When its loss hurts, if other than [`RelationKind::horizon`].
        horizon: Option<Horizon>,
    },
}

impl Fact {
    /// The component that it is about; of a relation the near end.
    #[must_use]
    pub fn owner(&self) -> &ComponentId {
        match self {
            Self::Component { id, .. } => id,
            Self::Attribute { of, .. } => of,
            Self::Relation { from, .. } => from,
        }
    }
}

/// One statement of an inventory, borrowed from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactRef<'a> {
    /// As [`Fact::Component`].
    Component {
        /// Which.
        id: &'a ComponentId,
        /// Of what sort.
        kind: ComponentKind,
    },
    /// As [`Fact::Attribute`].
    Attribute {
        /// Whose.
        of: &'a ComponentId,
        /// Which property.
        key: &'static str,
        /// The value as text.
        value: &'a Arc<str>,
    },
    /// As [`Fact::Relation`].
    Relation {
        /// Near end.
        from: &'a ComponentId,
        /// How.
        kind: RelationKind,
        /// Far end.
        to: &'a ComponentId,
        /// Relations of `from` with the same group are alternatives.
        group: Option<&'a Group>,
        /// When its loss hurts, if other than [`RelationKind::horizon`].
        horizon: Option<Horizon>,
    },
}

impl From<FactRef<'_>> for Fact {
    fn from(fact: FactRef<'_>) -> Self {
        match fact {
            FactRef::Component { id, kind } => Self::Component { id: id.clone(), kind },
            FactRef::Attribute { of, key, value } => Self::Attribute { of: of.clone(), key, value: Arc::clone(value) },
            FactRef::Relation { from, kind, to, group, horizon } => {
                Self::Relation { from: from.clone(), kind, to: to.clone(), group: group.cloned(), horizon }
            }
        }
    }
}

/// A property of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Which, see [`super::key`].
    pub key: &'static str,
    /// The value as text.
    pub value: Arc<str>,
    /// What says so.
    pub evidence: EvidenceSet,
}

/// A relation that leaves a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// How.
    pub kind: RelationKind,
    /// Far end.
    pub to: ComponentId,
    /// Relations with the same group are alternatives.
    pub group: Option<Group>,
    /// When its loss hurts, if other than [`RelationKind::horizon`].
    pub horizon: Option<Horizon>,
    /// What says so.
    pub evidence: EvidenceSet,
}

impl Attribute {
    fn order(&self, other: &Self) -> Ordering {
        self.key.cmp(other.key).then_with(|| self.value.cmp(&other.value))
    }
}

impl Relation {
    fn order(&self, other: &Self) -> Ordering {
        self.kind
            .cmp(&other.kind)
            .then_with(|| self.to.cmp(&other.to))
            .then_with(|| self.group.cmp(&other.group))
            .then_with(|| self.horizon.cmp(&other.horizon))
    }
}

/// What is known of one component: three sorted lists without duplicates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    kinds: Vec<(ComponentKind, EvidenceSet)>,
    attributes: Vec<Attribute>,
    relations: Vec<Relation>,
}

impl Known {
    /// Kinds it was called, in order; mostly one, none for the owner of a lone attribute or relation.
    #[must_use]
    pub fn kinds(&self) -> &[(ComponentKind, EvidenceSet)] {
        &self.kinds
    }

    /// Its kind: the first of [`Self::kinds`].
    #[must_use]
    pub fn kind(&self) -> Option<ComponentKind> {
        self.kinds.first().map(|(kind, _)| *kind)
    }

    /// Its properties, sorted by key, then value.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// Values of a property, sorted.
    pub fn values<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Arc<str>> {
        // a dozen at most: their lengths tell most keys apart, which is quicker than a search by order
        let start = self.attributes.iter().position(|attribute| attribute.key == key);
        let from = &self.attributes[start.unwrap_or(self.attributes.len())..];
        from.iter().take_while(move |attribute| attribute.key == key).map(|found| &found.value)
    }

    /// Relations that leave it, sorted by kind, then far end.
    #[must_use]
    pub fn relations(&self) -> &[Relation] {
        &self.relations
    }

    /// The relation of a kind to a far end, without group or horizon of its own.
    #[must_use]
    pub fn relation(&self, kind: RelationKind, to: &ComponentId) -> Option<&Relation> {
        let start = self.relations.partition_point(|row| (row.kind, &row.to) < (kind, to));
        self.relations
            .get(start)
            .filter(|row| row.kind == kind && row.to == *to && row.group.is_none() && row.horizon.is_none())
    }

    /// Adds a property or one more evidence for it.
    pub fn note(&mut self, key: &'static str, value: Arc<str>, evidence: Evidence) {
        put(&mut self.attributes, Attribute { key, value, evidence: EvidenceSet::of(evidence) });
    }

    /// Says of every relation of a kind when its loss hurts.
    pub fn set_horizon(&mut self, kind: RelationKind, horizon: Horizon) {
        self.relations.iter_mut().filter(|row| row.kind == kind).for_each(|row| row.horizon = Some(horizon));
        settle(&mut self.relations);
    }

    /// Nothing yet, with room for so many kinds, properties and relations.
    pub(super) fn with_room(kinds: usize, attributes: usize, relations: usize) -> Self {
        Self {
            kinds: Vec::with_capacity(kinds),
            attributes: Vec::with_capacity(attributes),
            relations: Vec::with_capacity(relations),
        }
    }

    /// Appends a kind; [`Self::settle`] must follow.
    pub(super) fn add_kind(&mut self, kind: ComponentKind, evidence: EvidenceSet) {
        self.kinds.push((kind, evidence));
    }

    /// Appends a property; [`Self::settle`] must follow.
    pub(super) fn add_attribute(&mut self, row: Attribute) {
        self.attributes.push(row);
    }

    /// Appends a relation; [`Self::settle`] must follow.
    pub(super) fn add_relation(&mut self, row: Relation) {
        self.relations.push(row);
    }

    /// Appends a fact; [`Self::settle`] must follow.
    pub(super) fn push(&mut self, fact: Fact, evidence: EvidenceSet) {
        match fact {
            Fact::Component { kind, .. } => self.kinds.push((kind, evidence)),
            Fact::Attribute { key, value, .. } => self.attributes.push(Attribute { key, value, evidence }),
            Fact::Relation { kind, to, group, horizon, .. } => {
                self.relations.push(Relation { kind, to, group, horizon, evidence });
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.attributes.is_empty() && self.relations.is_empty()
    }

    /// Sorts what was only appended and unites the evidence of what stands twice.
    pub(super) fn settle(&mut self) {
        settle(&mut self.kinds);
        settle(&mut self.attributes);
        settle(&mut self.relations);
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.kinds.append(&mut other.kinds);
        self.attributes.append(&mut other.attributes);
        self.relations.append(&mut other.relations);
    }
}

/// An entry of a sorted list with its evidence.
trait Row {
    fn order(&self, other: &Self) -> Ordering;
    fn evidence(&mut self) -> &mut EvidenceSet;
}

impl Row for (ComponentKind, EvidenceSet) {
    fn order(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
    fn evidence(&mut self) -> &mut EvidenceSet {
        &mut self.1
    }
}

impl Row for Attribute {
    fn order(&self, other: &Self) -> Ordering {
        Self::order(self, other)
    }
    fn evidence(&mut self) -> &mut EvidenceSet {
        &mut self.evidence
    }
}

impl Row for Relation {
    fn order(&self, other: &Self) -> Ordering {
        Self::order(self, other)
    }
    fn evidence(&mut self) -> &mut EvidenceSet {
        &mut self.evidence
    }
}

/// Adds one row to a settled list.
fn put<R: Row>(rows: &mut Vec<R>, mut row: R) {
    match rows.binary_search_by(|other| other.order(&row)) {
        Ok(at) => rows[at].evidence().extend(std::mem::take(row.evidence())),
        Err(at) => {
            // there are tens of thousands of short lists, and most never grow again
            if rows.len() == rows.capacity() && rows.len() < 32 {
                rows.reserve_exact(1);
            }
            rows.insert(at, row);
        }
    }
}

fn settle<R: Row>(rows: &mut Vec<R>) {
    if rows.len() < 2 {
        return;
    }
    rows.sort_by(R::order);
    rows.dedup_by(|later, earlier| {
        let same = later.order(earlier) == Ordering::Equal;
        if same {
            earlier.evidence().append(std::mem::take(later.evidence()));
        }
        same
    });
    // thousands may speak of one host: the evidence is sorted once
    rows.iter_mut().for_each(|row| row.evidence().settle());
    rows.shrink_to_fit();
}

/// Facts with their evidence, and what was not understood on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// What is known, by component; none of them is empty.
    pub(super) known: BTreeMap<ComponentId, Known>,
    /// What was not understood.
    pub diagnostics: std::collections::BTreeSet<Diagnostic>,
    /// How much was seen.
    pub coverage: Coverage,
}

impl Inventory {
    /// Adds one fact with one evidence.
    pub fn add(&mut self, fact: Fact, evidence: Evidence) {
        self.extend(fact, EvidenceSet::of(evidence));
    }

    /// Adds one fact with its evidence.
    pub fn extend(&mut self, fact: Fact, evidence: EvidenceSet) {
        match fact {
            Fact::Component { id, kind } => put(&mut self.known.entry(id).or_default().kinds, (kind, evidence)),
            Fact::Attribute { of, key, value } => {
                put(&mut self.known.entry(of).or_default().attributes, Attribute { key, value, evidence });
            }
            Fact::Relation { from, kind, to, group, horizon } => {
                let relation = Relation { kind, to, group, horizon, evidence };
                put(&mut self.known.entry(from).or_default().relations, relation);
            }
        }
    }

    /// Adds many facts; what each component gets is put in order once.
    pub fn extend_all(&mut self, facts: impl IntoIterator<Item = (Fact, EvidenceSet)>) {
        let mut touched = std::collections::BTreeSet::new();
        for (fact, evidence) in facts {
            let owner = fact.owner().clone();
            self.known.entry(owner.clone()).or_default().push(fact, evidence);
            touched.insert(owner);
        }
        for owner in touched {
            if let Some(known) = self.known.get_mut(&owner) {
                known.settle();
            }
        }
    }

    /// Set union.
    #[must_use]
    pub fn merge(mut self, mut other: Self) -> Self {
        if self.known.len() < other.known.len() {
            std::mem::swap(&mut self, &mut other);
        }
        for (id, known) in other.known {
            match self.known.entry(id) {
                std::collections::btree_map::Entry::Vacant(place) => {
                    place.insert(known);
                }
                std::collections::btree_map::Entry::Occupied(mut place) => {
                    place.get_mut().append(known);
                    place.get_mut().settle();
                }
            }
        }
        self.diagnostics.extend(other.diagnostics);
        self.coverage.merge(other.coverage);
        self
    }

    /// Every component that anything is known of, in id order.
    pub fn iter(&self) -> impl Iterator<Item = (&ComponentId, &Known)> {
        self.known.iter()
    }

    /// As [`Self::iter`], for adding to what is known.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&ComponentId, &mut Known)> {
        self.known.iter_mut()
    }

    /// How many components anything is known of.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// True when nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// What is known of a component.
    #[must_use]
    pub fn known(&self, id: &ComponentId) -> Option<&Known> {
        self.known.get(id)
    }

    /// Every component with its kind. A thing that two scanners call by different kinds appears twice.
    pub fn components(&self) -> impl Iterator<Item = (&ComponentId, ComponentKind)> {
        self.known.iter().flat_map(|(id, known)| known.kinds.iter().map(move |(kind, _)| (id, *kind)))
    }

    /// Every relation with its near end, ordered by that.
    pub fn relations(&self) -> impl Iterator<Item = (&ComponentId, &Relation)> {
        self.known.iter().flat_map(|(id, known)| known.relations.iter().map(move |relation| (id, relation)))
    }

    /// Every attribute with its owner, ordered by that.
    pub fn attributes(&self) -> impl Iterator<Item = (&ComponentId, &Attribute)> {
        self.known.iter().flat_map(|(id, known)| known.attributes.iter().map(move |attribute| (id, attribute)))
    }

    /// Every fact: components first, then attributes, then relations, each by component.
    pub fn facts(&self) -> impl Iterator<Item = (FactRef<'_>, &EvidenceSet)> {
        let components = self.known.iter().flat_map(|(id, known)| {
            known.kinds.iter().map(move |(kind, evidence)| (FactRef::Component { id, kind: *kind }, evidence))
        });
        let attributes = self
            .attributes()
            .map(|(of, row)| (FactRef::Attribute { of, key: row.key, value: &row.value }, &row.evidence));
        let relations = self.relations().map(|(from, row)| (row.as_fact(from), &row.evidence));
        components.chain(attributes).chain(relations)
    }

    /// Takes one fact out, and gives its evidence.
    pub fn remove(&mut self, fact: &Fact) -> Option<EvidenceSet> {
        let owner = fact.owner();
        let known = self.known.get_mut(owner)?;
        let evidence = match fact {
            Fact::Component { kind, .. } => {
                let at = known.kinds.iter().position(|(is, _)| is == kind)?;
                known.kinds.remove(at).1
            }
            Fact::Attribute { key, value, .. } => {
                let at = known
                    .attributes
                    .binary_search_by(|row| row.key.cmp(key).then_with(|| row.value.cmp(value)))
                    .ok()?;
                known.attributes.remove(at).evidence
            }
            Fact::Relation { kind, to, group, horizon, .. } => {
                let wanted = Relation {
                    kind: *kind,
                    to: to.clone(),
                    group: group.clone(),
                    horizon: *horizon,
                    evidence: EvidenceSet::default(),
                };
                let at = known.relations.binary_search_by(|row| row.order(&wanted)).ok()?;
                known.relations.remove(at).evidence
            }
        };
        if known.is_empty() {
            self.known.remove(owner);
        }
        Some(evidence)
    }

    /// Keeps the evidence that `keep` accepts; a fact without any goes.
    pub fn retain_evidence(&mut self, keep: impl Fn(FactRef<'_>, &Evidence) -> bool) {
        self.known.retain(|id, known| {
            known.kinds.retain_mut(|(kind, evidence)| {
                evidence.retain(|one| keep(FactRef::Component { id, kind: *kind }, one));
                !evidence.is_empty()
            });
            known.attributes.retain_mut(|row| {
                let Attribute { key, value, evidence } = row;
                evidence.retain(|one| keep(FactRef::Attribute { of: id, key, value }, one));
                !evidence.is_empty()
            });
            known.relations.retain_mut(|row| {
                let mut evidence = std::mem::take(&mut row.evidence);
                evidence.retain(|one| keep(row.as_fact(id), one));
                row.evidence = evidence;
                !row.evidence.is_empty()
            });
            !known.is_empty()
        });
    }

    /// Keeps the facts that `keep` accepts.
    pub fn retain(&mut self, keep: impl Fn(FactRef<'_>) -> bool) {
        self.known.retain(|id, known| {
            known.kinds.retain(|(kind, _)| keep(FactRef::Component { id, kind: *kind }));
            known.attributes.retain(|row| keep(FactRef::Attribute { of: id, key: row.key, value: &row.value }));
            known.relations.retain(|row| keep(row.as_fact(id)));
            !known.is_empty()
        });
    }
}

impl Relation {
    fn as_fact<'a>(&'a self, from: &'a ComponentId) -> FactRef<'a> {
        FactRef::Relation { from, kind: self.kind, to: &self.to, group: self.group.as_ref(), horizon: self.horizon }
    }
}
