//! Country groups and sets on a day: as a table has them, or derived from others as the law derives them.

use std::collections::BTreeSet;

use super::Catalog;
use super::layer::{Layer, RuleError};
use super::rows::{CountryGroup, DerivedGroup};
use super::tables::{Tables, locate};
use crate::model::{CountryCode, Date, Validity};

impl Catalog {
    /// Parts of a country that belong to a group on a day although the country does not (`UA-43 (Crimea)`).
    pub fn group_parts(&self, id: &str, country: CountryCode, day: Date) -> Vec<&str> {
        let parts = self.group(id, day).map_or(&[][..], |row| &*row.regions);
        let of_country = |part: &&str| part.strip_prefix(country.as_str()).is_some_and(|rest| rest.starts_with('-'));
        parts.iter().map(AsRef::as_ref).filter(of_country).collect()
    }

    /// Members of a country group or set on a day; `*` gives every country but the United States, as the law's
    /// "any destination" does.
    #[must_use]
    pub fn group_members(&self, id: &str, day: Date) -> Option<BTreeSet<CountryCode>> {
        if let Some(row) = self.derived_group(id, day) {
            return Some(self.derive(row, day));
        }
        let row = self.group(id, day)?;
        if row.countries.iter().any(|code| &**code == "*") {
            return Some(self.countries.iter().copied().filter(|code| code.as_str() != "US").collect());
        }
        Some(row.countries.iter().filter_map(|code| CountryCode::new(code)).collect())
    }

    /// Whether a country is what a word names: itself by its ISO code, or a member of the group of that id on a day.
    #[must_use]
    pub fn is_named(&self, country: CountryCode, word: &str, day: Date) -> bool {
        match code(word) {
            Some(named) => named == country,
            None => self.group_members(word, day).is_some_and(|members| members.contains(&country)),
        }
    }

    /// How the law derives a group on a day, where it does.
    #[must_use]
    pub fn derived_group(&self, id: &str, day: Date) -> Option<&DerivedGroup> {
        let holds = |row: &&DerivedGroup| &*row.id == id && Validity { from: row.from, to: row.to }.holds_on(day);
        self.tables.derived_group.iter().find(holds)
    }

    /// Why a country is in a group: `in D:4; not in A:5, A:6`, `named`, `treated as CN: in D:1, D:5`.
    #[must_use]
    pub fn why_in_group(&self, id: &str, country: CountryCode, day: Date) -> String {
        let Some(row) = self.derived_group(id, day) else {
            let label = self.group(id, day).and_then(|row| row.label.as_deref());
            return label.unwrap_or(id).to_owned();
        };
        let code = |id: &str| self.group(id, day).and_then(|row| row.code.clone()).unwrap_or_else(|| id.into());
        let parts = |country: CountryCode| {
            let ids = row.any_of.iter().filter(|id| self.is_named(country, id, day));
            ids.map(|id| code(id)).collect::<Vec<_>>().join(", ")
        };
        let without = row.none_of.iter().map(|id| code(id)).collect::<Vec<_>>().join(", ");
        let without = if without.is_empty() { String::new() } else { format!("; not in {without}") };
        match row.treated_as.get(&country) {
            _ if row.also.contains(&country) => "named there".to_owned(),
            Some(other) => format!("treated as {other}: in {}{without}", parts(*other)),
            None => format!("in {}{without}", parts(country)),
        }
    }

    fn group(&self, id: &str, day: Date) -> Option<&CountryGroup> {
        let rows = self.groups.get(&*id.to_ascii_lowercase())?;
        rows.iter().map(|at| &self.tables.group[*at]).find(|row| Validity { from: row.from, to: row.to }.holds_on(day))
    }

    /// Only groups of the tables count as parts, so that no row can name itself.
    fn derive(&self, row: &DerivedGroup, day: Date) -> BTreeSet<CountryCode> {
        let union = |ids: &[Box<str>]| -> BTreeSet<CountryCode> {
            let rows = ids.iter().filter_map(|id| self.group(id, day));
            rows.flat_map(|row| &row.countries).filter_map(|code| CountryCode::new(code)).collect()
        };
        let without = union(&row.none_of);
        let mut members: BTreeSet<CountryCode> = union(&row.any_of).difference(&without).copied().collect();
        members.extend(&row.also);
        for (country, other) in &row.treated_as {
            if members.contains(other) {
                members.insert(*country);
            }
        }
        members
    }
}

/// A word as an ISO code: groups are written in small letters (`eu`).
pub(super) fn code(word: &str) -> Option<CountryCode> {
    if word.bytes().all(|c| c.is_ascii_uppercase()) { CountryCode::new(word) } else { None }
}

/// Groups that a derived one is made of and that nothing defines.
pub(super) fn check(tables: &Tables, layers: &[Layer]) -> Vec<RuleError> {
    let known: BTreeSet<&str> = tables.group.iter().map(|row| &*row.id).collect();
    let named =
        tables.derived_group.iter().flat_map(|row| row.any_of.iter().chain(&row.none_of).map(move |id| (row, id)));
    named
        .filter(|(_, id)| !known.contains(&***id))
        .map(|(row, id)| {
            let message = format!("the derived group `{}` is made of `{id}`, which no `group` defines", row.id);
            locate(layers, "id", &row.id, message)
        })
        .collect()
}
