//! What is known of one component: kinds, properties, relations, each with its evidence.

use std::cmp::Ordering;
use std::sync::Arc;

use rayon::prelude::*;

use super::{ComponentId, ComponentKind, Evidence, EvidenceSet, Fact, FactRef, Group, Horizon, RelationKind};

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
        self.rows(key).map(|found| &found.value)
    }

    /// The properties of a key, sorted by value.
    pub(super) fn rows<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Attribute> {
        // a dozen at most: their lengths tell most keys apart, which is quicker than a search by order
        let start = self.attributes.iter().position(|attribute| attribute.key == key);
        let from = &self.attributes[start.unwrap_or(self.attributes.len())..];
        from.iter().take_while(move |attribute| attribute.key == key)
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

    /// Nothing yet, with room for so many kinds, properties and relations, and for one more property: whether an owner is
    /// known is said of nearly everything.
    pub(super) fn with_room(kinds: usize, attributes: usize, relations: usize) -> Self {
        Self {
            kinds: Vec::with_capacity(kinds),
            attributes: Vec::with_capacity(attributes + usize::from(attributes > 0)),
            relations: Vec::with_capacity(relations),
        }
    }

    /// Appends a kind; [`Self::settle`] must follow.
    pub(super) fn add_kind(&mut self, kind: ComponentKind, evidence: EvidenceSet) {
        add(&mut self.kinds, (kind, evidence));
    }

    /// Appends a property; [`Self::settle`] must follow.
    pub(super) fn add_attribute(&mut self, row: Attribute) {
        add(&mut self.attributes, row);
    }

    /// Appends a relation; [`Self::settle`] must follow.
    pub(super) fn add_relation(&mut self, row: Relation) {
        add(&mut self.relations, row);
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

    /// Adds a fact to lists that are in order.
    pub(super) fn put(&mut self, fact: Fact, evidence: EvidenceSet) {
        match fact {
            Fact::Component { kind, .. } => put(&mut self.kinds, (kind, evidence)),
            Fact::Attribute { key, value, .. } => put(&mut self.attributes, Attribute { key, value, evidence }),
            Fact::Relation { kind, to, group, horizon, .. } => {
                put(&mut self.relations, Relation { kind, to, group, horizon, evidence });
            }
        }
    }

    /// Takes a fact out, and gives its evidence.
    pub(super) fn take(&mut self, fact: &Fact) -> Option<EvidenceSet> {
        Some(match fact {
            Fact::Component { kind, .. } => {
                let at = self.kinds.iter().position(|(is, _)| is == kind)?;
                self.kinds.remove(at).1
            }
            Fact::Attribute { key, value, .. } => {
                let order = |row: &Attribute| row.key.cmp(key).then_with(|| row.value.cmp(value));
                let at = self.attributes.binary_search_by(order).ok()?;
                self.attributes.remove(at).evidence
            }
            Fact::Relation { kind, to, group, horizon, .. } => {
                let wanted = Relation {
                    kind: *kind,
                    to: to.clone(),
                    group: group.clone(),
                    horizon: *horizon,
                    evidence: EvidenceSet::default(),
                };
                let at = self.relations.binary_search_by(|row| row.order(&wanted)).ok()?;
                self.relations.remove(at).evidence
            }
        })
    }

    /// Keeps the evidence that `keep` accepts; a fact without any goes. Facts about others than `is_about` names stay as they
    /// are; a relation is about both of its ends.
    pub(super) fn retain_evidence(
        &mut self,
        id: &ComponentId,
        is_about: impl Fn(&ComponentId) -> bool,
        keep: impl Fn(FactRef<'_>, &Evidence) -> bool,
    ) {
        let is_its = is_about(id);
        if is_its {
            self.kinds.retain_mut(|(kind, evidence)| {
                evidence.retain(|one| keep(FactRef::Component { id, kind: *kind }, one));
                !evidence.is_empty()
            });
            self.attributes.retain_mut(|Attribute { key, value, evidence }| {
                evidence.retain(|one| keep(FactRef::Attribute { of: id, key, value }, one));
                !evidence.is_empty()
            });
        }
        self.relations.retain_mut(|row| {
            if !is_its && !is_about(&row.to) {
                return true;
            }
            let mut evidence = std::mem::take(&mut row.evidence);
            evidence.retain(|one| keep(row.as_fact(id), one));
            row.evidence = evidence;
            !row.evidence.is_empty()
        });
    }

    /// Keeps the facts that `keep` accepts.
    pub(super) fn retain(&mut self, id: &ComponentId, keep: impl Fn(FactRef<'_>) -> bool) {
        self.kinds.retain(|(kind, _)| keep(FactRef::Component { id, kind: *kind }));
        self.attributes.retain(|row| keep(FactRef::Attribute { of: id, key: row.key, value: &row.value }));
        self.relations.retain(|row| keep(row.as_fact(id)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.attributes.is_empty() && self.relations.is_empty()
    }

    /// Sorts what was only appended and unites the evidence of what stands twice.
    pub(super) fn settle(&mut self) {
        settle(&mut self.kinds);
        settle(&mut self.attributes);
        settle(&mut self.relations);
    }

    /// Appends what another says; [`Self::settle`] must follow.
    pub(super) fn append(&mut self, other: Self) {
        append(&mut self.kinds, other.kinds);
        append(&mut self.attributes, other.attributes);
        append(&mut self.relations, other.relations);
    }
}

/// An entry of a sorted list with its evidence.
trait Row {
    fn order(&self, other: &Self) -> Ordering;
    /// Whether nothing but the evidence differs: quicker to see than an order.
    fn says_the_same(&self, other: &Self) -> bool;
    fn evidence(&mut self) -> &mut EvidenceSet;
}

impl Row for (ComponentKind, EvidenceSet) {
    fn order(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
    fn says_the_same(&self, other: &Self) -> bool {
        self.0 == other.0
    }
    fn evidence(&mut self) -> &mut EvidenceSet {
        &mut self.1
    }
}

impl Row for Attribute {
    fn order(&self, other: &Self) -> Ordering {
        Self::order(self, other)
    }
    fn says_the_same(&self, other: &Self) -> bool {
        self.key == other.key && self.value == other.value
    }
    fn evidence(&mut self) -> &mut EvidenceSet {
        &mut self.evidence
    }
}

impl Row for Relation {
    fn order(&self, other: &Self) -> Ordering {
        Self::order(self, other)
    }
    fn says_the_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.to == other.to && self.group == other.group && self.horizon == other.horizon
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

/// Rows among which one that says the same is looked for before they are in order.
const FEW: usize = 8;

/// Appends one row, or its evidence to a row that says the same: a hundred manifests that ask for one package say the same
/// handful of things of it, and those need not be sorted then.
fn add<R: Row>(rows: &mut Vec<R>, mut row: R) {
    let known = if rows.len() <= FEW { rows.iter_mut().find(|known| known.says_the_same(&row)) } else { None };
    match known {
        Some(known) => known.evidence().append(std::mem::take(row.evidence())),
        None => rows.push(row),
    }
}

fn append<R: Row>(rows: &mut Vec<R>, mut more: Vec<R>) {
    // room for what comes from elsewhere is kept, though a list with room may be empty itself
    if rows.is_empty() && rows.capacity() < more.capacity() {
        *rows = more;
    } else if rows.len() + more.len() <= FEW {
        more.into_iter().for_each(|row| add(rows, row));
    } else {
        rows.append(&mut more);
    }
}

/// Rows that are worth several threads: a project with a large lock file needs tens of thousands of packages.
const MANY: usize = 4_096;

fn settle<R: Row + Send>(rows: &mut Vec<R>) {
    match rows.len() {
        0 => return,
        1 => {}
        2..MANY => rows.sort_by(R::order),
        _ => rows.par_sort_by(R::order),
    }
    rows.dedup_by(|later, earlier| {
        let same = later.says_the_same(earlier);
        if same {
            earlier.evidence().append(std::mem::take(later.evidence()));
        }
        same
    });
    // thousands may speak of one host: the evidence is sorted once
    rows.iter_mut().for_each(|row| row.evidence().settle());
    if rows.capacity() > rows.len() + 1 {
        rows.shrink_to(rows.len() + 1);
    }
}

impl Relation {
    pub(super) fn as_fact<'a>(&'a self, from: &'a ComponentId) -> FactRef<'a> {
        FactRef::Relation { from, kind: self.kind, to: &self.to, group: self.group.as_ref(), horizon: self.horizon }
    }
}
