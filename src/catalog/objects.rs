//! Kubernetes objects by kind and by the words in them.

use std::collections::BTreeMap;

use super::rows::{ObjectKind, ObjectMark};
use super::{Catalog, Tables};

/// Rows of kinds and marks by what they are asked by.
#[derive(Debug, Default)]
pub(super) struct Objects {
    kinds: BTreeMap<(Box<str>, Box<str>), usize>,
    /// By place: whole words, and beginnings.
    marks: BTreeMap<Box<str>, (BTreeMap<Box<str>, usize>, Vec<(Box<str>, usize)>)>,
}

impl Objects {
    pub(super) fn of(tables: &Tables) -> Self {
        let mut found = Self::default();
        for (at, row) in tables.object_kind.iter().enumerate() {
            found.kinds.insert((row.group.clone(), row.kind.clone()), at);
        }
        for (at, row) in tables.object_mark.iter().enumerate() {
            let (whole, beginnings) = found.marks.entry(row.place.clone()).or_default();
            match row.word.strip_suffix('*') {
                Some(beginning) => beginnings.push((beginning.into(), at)),
                None => drop(whole.insert(row.word.clone(), at)),
            }
        }
        found
    }
}

impl Catalog {
    /// A kind of object by its group without version. A kind named `*` stands for all of a group.
    #[must_use]
    pub fn object_kind(&self, group: &str, kind: &str) -> Option<&ObjectKind> {
        let find = |kind: &str| self.objects.kinds.get(&(group.into(), kind.into()));
        find(kind).or_else(|| find("*")).map(|at| &self.tables.object_kind[*at])
    }

    /// What a word means at a place: the whole word, else its longest known beginning.
    #[must_use]
    pub fn object_mark(&self, place: &str, word: &str) -> Option<&ObjectMark> {
        let (whole, beginnings) = self.objects.marks.get(place)?;
        let longest = || {
            let fits = beginnings.iter().filter(|(beginning, _)| word.starts_with(&**beginning));
            fits.max_by_key(|(beginning, _)| beginning.len()).map(|(_, at)| at)
        };
        whole.get(word).or_else(longest).map(|at| &self.tables.object_mark[*at])
    }
}
