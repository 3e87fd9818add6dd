//! What words of lists stand for, by the catalog: countries, hosts that identify nobody.

use crate::catalog::Catalog;
use crate::model::CountryCode;
use crate::text::Lookup;

/// Words that are remembered; hostile files hold more.
const REMEMBERED: usize = 10_000;

/// The catalog's answers, remembered.
pub(super) struct Words<'a> {
    catalog: &'a Catalog,
    countries: Lookup<Box<str>, Option<CountryCode>>,
    count: usize,
}

impl<'a> Words<'a> {
    pub(super) fn new(catalog: &'a Catalog) -> Self {
        Self { catalog, countries: Lookup::default(), count: 0 }
    }

    /// The country that a name or code stands for.
    pub(super) fn country(&mut self, word: &str) -> Option<CountryCode> {
        let word = word.trim();
        if word.is_empty() || word.len() > 100 {
            return None;
        }
        if let Some(known) = self.countries.get(word) {
            return *known;
        }
        let found = self.catalog.country(word);
        if self.count < REMEMBERED {
            self.count += 1;
            self.countries.insert(word.into(), found);
        }
        found
    }

    /// True for a host under which everybody has mail or pages.
    pub(super) fn is_shared(&self, domain: &str) -> bool {
        self.catalog.is_shared_host(domain)
    }
}
