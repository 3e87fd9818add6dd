//! The index over imported parties, as the store keeps it.

use std::collections::BTreeMap;

use super::index::{Index, build, version};
use super::normalise::Lexicon;
use crate::lists::Party;
use crate::lists::store::{self, Opened, Section};

/// Begins the names of the index's sections in an archive.
const PREFIX: &str = "index/";

/// Builds the index that is stored beside imported parties.
pub struct StoreIndex<'l>(pub &'l Lexicon);

impl store::Index for StoreIndex<'_> {
    fn version(&self) -> u32 {
        version(self.0)
    }

    fn sections(&self, parties: &[Party]) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
        let index = build(parties, self.0);
        Ok(index.sections().into_iter().map(|(name, bytes)| (format!("{PREFIX}{name}"), bytes.to_vec())).collect())
    }
}

/// An opened store with the sections of its index.
pub struct Imported {
    /// The store.
    pub opened: Opened,
    sections: BTreeMap<String, Section>,
}

impl Imported {
    /// Finds the sections of the index.
    #[must_use]
    pub fn of(opened: Opened) -> Self {
        let archive = opened.archive();
        let named = |name: &str| Some((name.strip_prefix(PREFIX)?.to_owned(), archive.section(name)?));
        let sections = archive.names().filter_map(named).collect();
        Self { opened, sections }
    }

    /// The stored index where it was made with the same words, else one made now.
    ///
    /// # Errors
    /// When a stored party cannot be read.
    pub fn index(&self, lexicon: &Lexicon) -> anyhow::Result<Index<'_>> {
        let section = |name: &str| self.sections.get(name).map(|section| &**section);
        match Index::from_sections(section, lexicon.digest()) {
            Some(index) if index.parties() == self.opened.parties().len() => Ok(index),
            _ => Ok(build(&self.opened.parties().all()?, lexicon)),
        }
    }
}
