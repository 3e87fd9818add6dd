//! The inventory: a set of facts, each with at least one evidence, kept by the component they are about.
//!
//! Merging is set union (commutative, associative, idempotent), so the order in which threads
//! finish cannot change a result. What reports call a component is a view over its facts.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::key::mark;
use super::{
    Attribute, ComponentId, ComponentKind, Evidence, EvidenceSet, Group, Horizon, Known, Relation, RelationKind,
};
use crate::diagnostic::{Coverage, Diagnostic};
use crate::text::Lookup;

/// Components that are worth another thread.
const LEAST: usize = 1_024;

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

/// Facts with their evidence, and what was not understood on the way.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// What is known, by component; none of them is empty.
    pub(super) known: BTreeMap<ComponentId, Known>,
    /// [`key::mark`] of every key that a property has, and maybe of others.
    pub(super) keys: u64,
    /// A bit for every kind that a relation has, and maybe for others.
    pub(super) kinds: u64,
    /// What was not understood.
    pub diagnostics: std::collections::BTreeSet<Diagnostic>,
    /// How much was seen.
    pub coverage: Coverage,
}

impl PartialEq for Inventory {
    fn eq(&self, other: &Self) -> bool {
        (&self.known, &self.diagnostics, &self.coverage) == (&other.known, &other.diagnostics, &other.coverage)
    }
}

impl Eq for Inventory {}

impl Inventory {
    /// Adds one fact with one evidence.
    pub fn add(&mut self, fact: Fact, evidence: Evidence) {
        self.extend(fact, EvidenceSet::of(evidence));
    }

    /// Adds one fact with its evidence.
    pub fn extend(&mut self, fact: Fact, evidence: EvidenceSet) {
        self.mark(&fact);
        self.known.entry(fact.owner().clone()).or_default().put(fact, evidence);
    }

    /// Adds many facts; what each component gets is put in order once.
    pub fn extend_all(&mut self, facts: impl IntoIterator<Item = (Fact, EvidenceSet)>) {
        // a component is looked for once, however many facts it gets
        let mut places: Lookup<ComponentId, Option<usize>> = Lookup::default();
        let mut groups: Vec<(ComponentId, Vec<(Fact, EvidenceSet)>)> = Vec::new();
        for (fact, evidence) in facts {
            self.mark(&fact);
            let owner = fact.owner();
            let place = places.entry(owner.clone());
            let at = *place.get_or_insert(groups.len());
            if at == groups.len() {
                groups.push((owner.clone(), Vec::new()));
            }
            groups[at].1.push((fact, evidence));
        }
        let put = |known: &mut Known, facts: Vec<(Fact, EvidenceSet)>| {
            facts.into_iter().for_each(|(fact, evidence)| known.push(fact, evidence));
            known.settle();
        };
        if groups.len() < LEAST / 4 {
            groups.into_iter().for_each(|(owner, facts)| put(self.known.entry(owner).or_default(), facts));
            return;
        }
        groups.par_sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        // both are in order: to go through them side by side compares less than to look for each
        let mut known = self.known.keys().peekable();
        let mut is_new = |owner: &ComponentId| {
            while known.next_if(|id| *id < owner).is_some() {}
            known.peek().is_none_or(|id| *id != owner)
        };
        let new: Vec<ComponentId> =
            groups.iter().map(|(owner, _)| owner).filter(|owner| is_new(owner)).cloned().collect();
        new.into_iter().for_each(|owner| _ = self.known.entry(owner).or_default());
        // both are in order, and each owner stands in both
        let mut owners = groups.into_iter().peekable();
        let known = self.known.iter_mut();
        let pairs = known.filter_map(|(id, known)| Some((known, owners.next_if(|(owner, _)| owner == id)?.1)));
        let pairs: Vec<(&mut Known, Vec<(Fact, EvidenceSet)>)> = pairs.collect();
        pairs.into_par_iter().with_min_len(LEAST / 8).for_each(|(known, facts)| put(known, facts));
    }

    /// Set union.
    #[must_use]
    pub fn merge(mut self, mut other: Self) -> Self {
        if self.known.len() < other.known.len() {
            std::mem::swap(&mut self, &mut other);
        }
        self.keys |= other.keys;
        self.kinds |= other.kinds;
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

    /// The components whose ids begin with a text, in id order.
    pub fn beginning_with(&self, text: &str) -> impl Iterator<Item = (&ComponentId, &Known)> {
        self.known.range(ComponentId::new(text)..).take_while(move |(id, _)| id.as_str().starts_with(text))
    }

    /// As [`Self::iter`], for adding to what is known.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&ComponentId, &mut Known)> {
        // what is added is not told here
        (self.keys, self.kinds) = (u64::MAX, u64::MAX);
        self.known.iter_mut()
    }

    /// As [`Self::iter_mut`], where nothing but properties of one key is added.
    pub fn iter_mut_to_note(&mut self, key: &'static str) -> impl Iterator<Item = (&ComponentId, &mut Known)> {
        self.keys |= mark(key);
        self.known.iter_mut()
    }

    /// The components of which something holds, in id order; all threads look for them.
    pub fn those(&self, holds: impl Fn(&ComponentId, &Known) -> bool + Sync) -> Vec<(&ComponentId, &Known)> {
        let all: Vec<(&ComponentId, &Known)> = self.known.iter().collect();
        all.into_par_iter().with_min_len(LEAST).filter(|(id, known)| holds(id, known)).collect()
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
        self.known.iter().flat_map(|(id, known)| known.kinds().iter().map(move |(kind, _)| (id, *kind)))
    }

    /// Every relation with its near end, ordered by that.
    pub fn relations(&self) -> impl Iterator<Item = (&ComponentId, &Relation)> {
        self.known.iter().flat_map(|(id, known)| known.relations().iter().map(move |relation| (id, relation)))
    }

    /// Every attribute with its owner, ordered by that.
    pub fn attributes(&self) -> impl Iterator<Item = (&ComponentId, &Attribute)> {
        self.known.iter().flat_map(|(id, known)| known.attributes().iter().map(move |attribute| (id, attribute)))
    }

    /// Every attribute of a key with its owner, ordered by that. Quick when there is none.
    pub fn attributes_of(&self, key: &'static str) -> impl Iterator<Item = (&ComponentId, &Attribute)> {
        let known = if self.keys & mark(key) == 0 { None } else { Some(self.known.iter()) };
        let all = known.into_iter().flatten();
        all.flat_map(move |(id, known)| known.rows(key).map(move |attribute| (id, attribute)))
    }

    /// Every relation of a kind with its near end, ordered by that. Quick when there is none.
    pub fn relations_of(&self, kind: RelationKind) -> impl Iterator<Item = (&ComponentId, &Relation)> {
        let known = if self.kinds & (1 << kind as u32) == 0 { None } else { Some(self.known.iter()) };
        let all = known.into_iter().flatten();
        let rows = all.flat_map(|(id, known)| known.relations().iter().map(move |relation| (id, relation)));
        rows.filter(move |(_, relation)| relation.kind == kind)
    }

    fn mark(&mut self, fact: &Fact) {
        match fact {
            Fact::Component { .. } => {}
            Fact::Attribute { key, .. } => self.keys |= mark(key),
            Fact::Relation { kind, .. } => self.kinds |= 1 << *kind as u32,
        }
    }

    /// Every fact: components first, then attributes, then relations, each by component.
    pub fn facts(&self) -> impl Iterator<Item = (FactRef<'_>, &EvidenceSet)> {
        let components = self.known.iter().flat_map(|(id, known)| {
            known.kinds().iter().map(move |(kind, evidence)| (FactRef::Component { id, kind: *kind }, evidence))
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
        let evidence = known.take(fact)?;
        if known.is_empty() {
            self.known.remove(owner);
        }
        Some(evidence)
    }

    /// Keeps the evidence that `keep` accepts; a fact without any goes.
    pub fn retain_evidence(&mut self, keep: impl Fn(FactRef<'_>, &Evidence) -> bool + Sync) {
        self.retain_evidence_about(|_| true, keep);
    }

    /// As [`Self::retain_evidence`], of facts about the components that `is_about` names alone; a relation is about both of
    /// its ends.
    pub fn retain_evidence_about(
        &mut self,
        is_about: impl Fn(&ComponentId) -> bool + Sync,
        keep: impl Fn(FactRef<'_>, &Evidence) -> bool + Sync,
    ) {
        let mut all: Vec<(&ComponentId, &mut Known)> = self.known.iter_mut().collect();
        all.par_iter_mut().with_min_len(LEAST / 2).for_each(|(id, known)| known.retain_evidence(id, &is_about, &keep));
        self.known.retain(|_, known| !known.is_empty());
    }

    /// As [`Self::retain_evidence`], of what is said of one component alone.
    pub fn retain_evidence_of(&mut self, id: &ComponentId, keep: impl Fn(FactRef<'_>, &Evidence) -> bool) {
        if let Some(known) = self.known.get_mut(id) {
            known.retain_evidence(id, |_| true, keep);
            if known.is_empty() {
                self.known.remove(id);
            }
        }
    }

    /// Keeps the facts that `keep` accepts.
    pub fn retain(&mut self, keep: impl Fn(FactRef<'_>) -> bool) {
        self.known.retain(|id, known| {
            known.retain(id, &keep);
            !known.is_empty()
        });
    }
}
