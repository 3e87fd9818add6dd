//! The parties that are screened against: the embedded entries of the catalog, and what was imported.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::engine::Parties;
use super::index::{Index, build};
use super::normalise::Lexicon;
use super::screener::Told;
use crate::catalog::rows::{Listing, Organisation};
use crate::catalog::{Catalog, Standing};
use crate::lists::{Party, embedded};
use crate::model::{Date, Verification};

/// Parties with their index.
pub struct Listed<'c> {
    /// The parties, in the order of the index.
    pub parties: Vec<Party>,
    /// The index of their names.
    pub index: Index<'static>,
    /// Organisation of the catalog that a party is.
    organisations: BTreeMap<u32, Box<str>>,
    /// Entries of which the dates do not tell whether they held, with why.
    pub unsure: BTreeMap<u32, &'static str>,
    /// How well each entry is checked, in the order of the parties.
    pub marks: Vec<Verification>,
    catalog: &'c Catalog,
}

/// Listed parties of the catalog that held, or may have held, on a day, on the lists asked for (all, when none are).
#[must_use]
pub fn listed_parties<'c>(catalog: &'c Catalog, lexicon: &Lexicon, day: Date, lists: &BTreeSet<String>) -> Listed<'c> {
    let (mut parties, mut marks) = (Vec::new(), Vec::new());
    let (mut organisations, mut unsure) = (BTreeMap::new(), BTreeMap::new());
    for row in own(catalog) {
        if !lists.is_empty() && !lists.contains(&*row.list) {
            continue;
        }
        let Some(standing) = row.standing_on(day, catalog.date()) else { continue };
        let at = u32::try_from(parties.len()).expect("the catalog is small");
        if let Standing::Unsure(why) = standing {
            unsure.insert(at, why);
        }
        if let Some(organisation) = row.organisation.as_ref().filter(|_| row.about.as_deref() == Some("organisation")) {
            organisations.insert(at, organisation.clone());
        }
        marks.push(row.mark(standing));
        parties.push(embedded::party(row, catalog));
    }
    let index = build(&parties, lexicon);
    Listed { parties, index, organisations, unsure, marks, catalog }
}

/// Entries of the rules.
fn own(catalog: &Catalog) -> impl Iterator<Item = &Listing> {
    catalog.tables().listing.iter().filter(|row| &*row.kind == "entity" && !row.imported)
}

/// The organisation of the catalog that surely owns an identifier. A bare name prefix is a hint, a recalled key no proof, and
/// a host where everybody has a page or a mailbox identifies nobody.
pub(super) fn owner<'c>(catalog: &'c Catalog, kind: &str, value: &str) -> Option<&'c Organisation> {
    let (organisation, key, found) = catalog.organisation_by_key(kind, value)?;
    let is_shared = kind == "domain" && catalog.is_shared_host(value);
    (found.exact && key.gate && !is_shared).then_some(organisation)
}

/// How many entries of each list the rules have on a day.
#[must_use]
pub fn told(catalog: &Catalog, day: Date) -> Vec<Told> {
    let rows = own(catalog);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows.filter(|row| row.standing_on(day, catalog.date()).is_some()) {
        *counts.entry(&row.list).or_default() += 1;
    }
    let told = |(list, parties): (&str, usize)| Told { list: list.to_owned(), parties, seen: None, is_undated: false };
    counts.into_iter().map(told).collect()
}

impl Parties for Listed<'_> {
    fn party(&self, at: u32) -> Option<Cow<'_, Party>> {
        self.parties.get(at as usize).map(Cow::Borrowed)
    }

    fn owners(&self, kind: &str, value: &str) -> Vec<u32> {
        let Some(organisation) = owner(self.catalog, kind, value) else { return Vec::new() };
        self.organisations.iter().filter(|(_, id)| ***id == *organisation.id).map(|(at, _)| *at).collect()
    }

    fn has_seats(&self) -> bool {
        true
    }
}
