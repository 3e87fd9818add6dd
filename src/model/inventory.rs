//! The inventory: a set of facts, each with at least one evidence.
//!
//! Merging is set union (commutative, associative, idempotent), so the order in which threads
//! finish cannot change a result. What reports call a component is a view over its facts.

use std::collections::{BTreeMap, BTreeSet};
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

/// Facts with their evidence, and what was not understood on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Every fact with every evidence for it.
    pub facts: BTreeMap<Fact, EvidenceSet>,
    /// What was not understood.
    pub diagnostics: BTreeSet<Diagnostic>,
    /// How much was seen.
    pub coverage: Coverage,
}

impl Inventory {
    /// Adds one fact with one evidence.
    pub fn add(&mut self, fact: Fact, evidence: Evidence) {
        self.facts.entry(fact).or_default().insert(evidence);
    }

    /// Set union.
    #[must_use]
    pub fn merge(mut self, mut other: Self) -> Self {
        if self.facts.len() < other.facts.len() {
            std::mem::swap(&mut self, &mut other);
        }
        for (fact, evidence) in other.facts {
            self.facts.entry(fact).or_default().extend(evidence);
        }
        self.diagnostics.extend(other.diagnostics);
        self.coverage.merge(other.coverage);
        self
    }

    /// Key, value and evidence of every attribute of one component, found without a pass over all facts.
    pub fn attributes_of<'a>(
        &'a self,
        of: &'a ComponentId,
    ) -> impl Iterator<Item = (&'static str, &'a Arc<str>, &'a EvidenceSet)> {
        let start = Fact::Attribute { of: of.clone(), key: "", value: Arc::from("") };
        self.facts.range(start..).map_while(move |(fact, evidence)| match fact {
            Fact::Attribute { of: this, key, value } if this == of => Some((*key, value, evidence)),
            _ => None,
        })
    }

    /// As [`Self::attributes_of`], of all components whose id begins so: they stand together.
    pub fn attributes_with_prefix<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a ComponentId, &'static str, &'a Arc<str>, &'a EvidenceSet)> {
        let start = Fact::Attribute { of: ComponentId::new(prefix), key: "", value: Arc::from("") };
        self.facts.range(start..).map_while(move |(fact, evidence)| match fact {
            Fact::Attribute { of, key, value } if of.as_str().starts_with(prefix) => Some((of, *key, value, evidence)),
            _ => None,
        })
    }

    /// Every relation whose near end has an id that begins so.
    pub fn relations_with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a Fact, &'a EvidenceSet)> {
        let (from, to, kind) = (ComponentId::new(prefix), ComponentId::new(""), RelationKind::ALL[0]);
        let start = Fact::Relation { from, kind, to, group: None, horizon: None };
        let here = move |fact: &Fact| matches!(fact, Fact::Relation { from, .. } if from.as_str().starts_with(prefix));
        self.facts.range(start..).take_while(move |(fact, _)| here(fact))
    }

    /// Every component with its kind. A thing that two scanners call by different kinds appears twice.
    pub fn components(&self) -> impl Iterator<Item = (&ComponentId, ComponentKind)> {
        self.facts.keys().filter_map(|fact| match fact {
            Fact::Component { id, kind } => Some((id, *kind)),
            _ => None,
        })
    }
}
