//! Kubernetes objects by kind and by the words in them.

use std::collections::BTreeMap;

use super::layer::{Layer, RuleError};
use super::rows::{DeviceRequest, ObjectKind, ObjectMark};
use super::tables::locate;
use super::{Catalog, Tables};

/// Rows of kinds and marks by what they are asked by.
#[derive(Debug, Default)]
pub(super) struct Objects {
    kinds: BTreeMap<(Box<str>, Box<str>), usize>,
    marks: BTreeMap<Box<str>, Words>,
}

/// Rows of one place: whole words, and beginnings.
type Words = (BTreeMap<Box<str>, usize>, Vec<(Box<str>, usize)>);

/// Rows that name a provider or organisation which nothing defines.
pub(super) fn check(tables: &Tables, layers: &[Layer]) -> Vec<RuleError> {
    let mut errors = Vec::new();
    let is_provider = |id: &str| tables.provider.iter().any(|row| &*row.id == id);
    let is_organisation = |id: &str| tables.organisation.iter().any(|row| &*row.id == id);
    let mut dangling = |table: &str, field: &str, id: &str| {
        let message = format!("`{field}` of an `{table}` names `{id}`, which nothing defines");
        errors.push(locate(layers, field, id, message));
    };
    let kinds = tables.object_kind.iter().filter_map(|row| row.provider.as_deref());
    kinds.filter(|id| !is_provider(id)).for_each(|id| dangling("object_kind", "provider", id));
    let marks = tables.object_mark.iter().filter_map(|row| row.provider.as_deref());
    marks.filter(|id| !is_provider(id)).for_each(|id| dangling("object_mark", "provider", id));
    let marks = tables.object_mark.iter().filter_map(|row| row.organisation.as_deref());
    marks.filter(|id| !is_organisation(id)).for_each(|id| dangling("object_mark", "organisation", id));
    errors
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

    /// What objects of a kind ask for in words of their own.
    pub fn device_requests<'c>(&'c self, kind: &'c ObjectKind) -> impl Iterator<Item = &'c DeviceRequest> {
        let rows = self.tables.device_request.iter();
        rows.filter(move |row| row.kind == kind.kind && row.group == kind.group)
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
