//! Evidence: where a fact was seen, or which entry of the rule files says it.

use std::sync::Arc;

use serde::Serialize;

use super::{Confidence, Validity, Verification};
use crate::text::{Region, RelPath};

/// How a scanner came to a fact. Ordered from strong to weak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Seen on a running machine or written by a resolver (lock file, state, installed database).
    Resolved,
    /// Stated in a manifest.
    Declared,
    /// Deduced from a name or a text.
    Inferred,
}

/// A few words of the source around the place, at most 200 bytes, one line, secrets masked.
pub type Excerpt = Arc<str>;

/// Source of a statement in the rule files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Citation {
    /// Law, register, document or measurement, as the rule file cites it.
    pub title: Arc<str>,
    /// Address without scheme, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Arc<str>>,
}

/// What a fact rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// Seen in an input.
    Observed {
        /// File below the target.
        path: RelPath,
        /// Lines and columns, where the format has them.
        region: Option<Region>,
        /// The words seen there.
        excerpt: Option<Excerpt>,
        /// For images: digest of the layer that holds `path`.
        layer: Option<Arc<str>>,
        /// Id of the scanner.
        scanner: &'static str,
        /// How the scanner came to it.
        basis: Basis,
    },
    /// Said by the rule files.
    Cited {
        /// Table and id, such as `organisation/huawei`.
        entry: Arc<str>,
        /// Where the rule file has it from.
        sources: Arc<[Citation]>,
        /// How well it is checked.
        verification: Verification,
        /// When it holds.
        validity: Validity,
        /// How exact the match between component and entry is.
        confidence: Confidence,
    },
}

impl Evidence {
    /// The file, for observed evidence.
    #[must_use]
    pub fn path(&self) -> Option<&RelPath> {
        match self {
            Self::Observed { path, .. } => Some(path),
            Self::Cited { .. } => None,
        }
    }

    /// True when the evidence may carry a gate decision: observed, or cited with an exact match
    /// from a fact that is better than recalled.
    #[must_use]
    pub fn may_gate(&self) -> bool {
        match self {
            Self::Observed { .. } => true,
            Self::Cited { verification, confidence, .. } => {
                *verification > Verification::Recalled && *confidence > Confidence::Possible
            }
        }
    }
}

/// Evidence of one fact: a sorted set kept in a vector, because most facts have one or two and a
/// tree node for each would cost a kilobyte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EvidenceSet(Vec<Evidence>);

impl EvidenceSet {
    /// Adds one; true when it was new.
    pub fn insert(&mut self, evidence: Evidence) -> bool {
        match self.0.binary_search(&evidence) {
            Ok(_) => false,
            Err(at) => {
                self.0.insert(at, evidence);
                true
            }
        }
    }

    /// In order.
    pub fn iter(&self) -> std::slice::Iter<'_, Evidence> {
        self.0.iter()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Extend<Evidence> for EvidenceSet {
    fn extend<I: IntoIterator<Item = Evidence>>(&mut self, more: I) {
        self.0.extend(more);
        self.0.sort_unstable();
        self.0.dedup();
    }
}

impl FromIterator<Evidence> for EvidenceSet {
    fn from_iter<I: IntoIterator<Item = Evidence>>(all: I) -> Self {
        let mut set = Self::default();
        set.extend(all);
        set
    }
}

impl IntoIterator for EvidenceSet {
    type Item = Evidence;
    type IntoIter = std::vec::IntoIter<Evidence>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a EvidenceSet {
    type Item = &'a Evidence;
    type IntoIter = std::slice::Iter<'a, Evidence>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
