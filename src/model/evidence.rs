//! Evidence: where a fact was seen, or which entry of the rule files says it.

use std::sync::Arc;

use serde::Serialize;
use smallvec::SmallVec;

use super::{Confidence, Place, Sheet, Sighting, SpotId, Validity, Verification};
use crate::text::RelPath;

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

/// Source of a statement in the rule files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Citation {
    /// Law, register, document or measurement, as the rule file cites it.
    pub title: Arc<str>,
    /// Address without scheme, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Arc<str>>,
}

/// An entry of the rule files, as a fact rests on it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cited {
    /// Table and id, such as `organisation/huawei`.
    pub entry: Arc<str>,
    /// Where the rule file has it from.
    pub sources: Arc<[Citation]>,
    /// How well it is checked.
    pub verification: Verification,
    /// When it holds.
    pub validity: Validity,
    /// How exact the match between component and entry is.
    pub confidence: Confidence,
}

/// What a fact rests on. Small, because there are more of them than of anything else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// Seen in an input.
    Observed(Sighting),
    /// Said by the rule files.
    Cited(Arc<Cited>),
}

impl Evidence {
    /// A scanner saw it at a place.
    #[must_use]
    pub fn observed(place: &Place, scanner: &'static str, basis: Basis) -> Self {
        let sheet = Arc::new(Sheet::new(place.path.clone(), place.layer.clone()));
        let spot = place.region.map_or(SpotId::WHOLE, |region| sheet.note(region, place.excerpt.as_deref()));
        let scanner = sheet.scanner(scanner);
        sheet.close();
        Self::Observed(Sighting::new(sheet, spot, scanner, basis))
    }

    /// What was seen, for observed evidence.
    #[must_use]
    pub fn sighting(&self) -> Option<&Sighting> {
        match self {
            Self::Observed(sighting) => Some(sighting),
            Self::Cited(_) => None,
        }
    }

    /// How a scanner came to it, for observed evidence.
    #[must_use]
    pub fn basis(&self) -> Option<Basis> {
        self.sighting().map(Sighting::basis)
    }

    /// Where it was seen, for observed evidence.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        self.sighting().map(Sighting::place)
    }

    /// The file, for observed evidence.
    #[must_use]
    pub fn path(&self) -> Option<&RelPath> {
        self.sighting().map(Sighting::path)
    }

    /// True when the evidence may carry a gate decision: observed, or cited with an exact match
    /// from a fact that is better than recalled.
    #[must_use]
    pub fn may_gate(&self) -> bool {
        match self {
            Self::Observed(_) => true,
            Self::Cited(cited) => {
                cited.verification > Verification::Recalled && cited.confidence > Confidence::Possible
            }
        }
    }
}

/// Evidence of one fact: a sorted set kept in place for one, because most facts have one or two and a
/// tree node for each would cost a kilobyte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EvidenceSet(SmallVec<[Evidence; 1]>);

impl EvidenceSet {
    /// One evidence.
    #[must_use]
    pub fn of(evidence: Evidence) -> Self {
        Self(SmallVec::from_buf([evidence]))
    }

    /// Adds others without putting them in order: [`Self::settle`] must follow.
    pub(super) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Puts them in order after [`Self::append`].
    pub(super) fn settle(&mut self) {
        // most are in order already: to see that costs half as much as to sort them and to look for what stands twice
        if !self.0.is_sorted_by(|one, next| one < next) {
            // what each thread saw in each file stands in order, which the stable one makes use of
            self.0.sort();
            self.0.dedup();
            self.0.shrink_to_fit();
        }
    }

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

    /// Keeps only those that hold.
    pub fn retain(&mut self, mut keep: impl FnMut(&Evidence) -> bool) {
        self.0.retain(|one| keep(one));
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
        self.settle();
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
    type IntoIter = smallvec::IntoIter<[Evidence; 1]>;

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
