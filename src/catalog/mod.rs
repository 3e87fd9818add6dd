//! Curated facts: organisations, services, regions, hardware, laws. Typed, indexed, dated, cited.
//!
//! The catalog is data under `rules/`, embedded in the binary and extended by folders of the same
//! shape. Nothing here judges.

mod code;
mod declared;
pub(crate) mod embedded;
mod export;
mod groups;
mod hardware_words;
mod holdings;
mod index;
mod layer;
mod legal_form;
mod lookup;
mod named;
mod objects;
mod regions;
pub mod rows;
mod runtimes;
pub mod sku;
mod standing;
pub(crate) mod tables;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use hardware_words::ASSET_COLUMNS;
pub use index::{HostIndex, KeyMatch};
pub use layer::{Content, Layer, Override, RuleError, read_folder};
pub use legal_form::fold_name;
pub use rows::Topic;
pub use standing::Standing;
pub use tables::Tables;

use crate::model::Date;

/// Everything the rule files say, with indices for every question asked of it.
pub struct Catalog {
    tables: Tables,
    manifest: rows::Manifest,
    /// Rows of earlier layers that later ones replaced.
    pub overrides: Vec<Override>,
    organisations: BTreeMap<Box<str>, usize>,
    keys: index::Keys,
    prefixes: index::Prefixes,
    registries: HostIndex<(usize, usize)>,
    owners: BTreeMap<Box<str>, Vec<usize>>,
    seats: BTreeMap<Box<str>, usize>,
    names: BTreeMap<Box<str>, usize>,
    /// Names without legal form; `None` where two organisations have the same.
    suppliers: BTreeMap<Box<str>, Option<usize>>,
    listings: BTreeMap<Box<str>, Vec<usize>>,
    lists: BTreeMap<Box<str>, usize>,
    accelerators: BTreeMap<Box<str>, usize>,
    accelerator_names: BTreeMap<Box<str>, Vec<usize>>,
    name_rules: sku::NameRules,
    instances: BTreeMap<(Box<str>, Box<str>), usize>,
    regions: BTreeMap<(Box<str>, Box<str>), usize>,
    providers: BTreeMap<Box<str>, usize>,
    provider_prefixes: BTreeMap<Box<str>, usize>,
    provider_hosts: HostIndex<usize>,
    realms: BTreeMap<Box<str>, usize>,
    services: BTreeMap<Box<str>, usize>,
    terraform_types: BTreeMap<Box<str>, usize>,
    sdk: BTreeMap<Box<str>, usize>,
    clients: BTreeMap<Box<str>, usize>,
    service_hosts: HostIndex<usize>,
    declared: declared::Declared,
    objects: objects::Objects,
    countries: BTreeSet<crate::model::CountryCode>,
    shared_hosts: BTreeSet<Box<str>>,
    aside: globset::GlobSet,
    groups: BTreeMap<Box<str>, Vec<usize>>,
    code: code::CodeIndex,
}

/// Rows that are found while something is scanned: owners by imported lists.
#[derive(Debug, Default)]
pub struct MoreRows {
    /// Organisations that no rule file has.
    pub organisation: Vec<rows::Organisation>,
    /// Who owns whom.
    pub ownership: Vec<rows::Ownership>,
    /// Entries of these organisations.
    pub listing: Vec<rows::Listing>,
}

impl MoreRows {
    /// True when nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.organisation.is_empty() && self.ownership.is_empty() && self.listing.is_empty()
    }
}

impl Catalog {
    /// Adds rows. What the rules have under the same id stays.
    pub fn add(&mut self, more: MoreRows) {
        let mut tables = std::mem::take(&mut self.tables);
        let (manifest, overrides) = (self.manifest.clone(), std::mem::take(&mut self.overrides));
        tables.organisation.extend(more.organisation);
        tables.ownership.extend(more.ownership);
        tables.listing.extend(more.listing);
        *self = Self::index(tables, manifest, overrides);
    }

    /// The rule set that comes with the binary.
    ///
    /// # Panics
    /// Never for a released binary: a test loads the embedded files.
    #[must_use]
    pub fn embedded() -> Self {
        let slowly = || {
            Self::load(&[Layer::embedded()]).unwrap_or_else(|errors| {
                let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
                panic!("the embedded rule files are tested: {}", text.join("; "))
            })
        };
        Self::embedded_quickly().unwrap_or_else(slowly)
    }

    /// As [`Self::embedded`], without the checks that the tests make of the same files.
    fn embedded_quickly() -> Option<Self> {
        let tables = tables::embedded()?;
        let manifest = tables.manifest.clone()?;
        Some(Self::index(tables, manifest, Vec::new()))
    }

    /// Loads layers in order; a later layer adds, and replaces what has the same id.
    ///
    /// # Errors
    /// Every mistake found, each with file, line and column.
    pub fn load(layers: &[Layer]) -> Result<Self, Vec<RuleError>> {
        let (tables, overrides) = tables::read(layers)?;
        let errors = tables::check(&tables, layers);
        if !errors.is_empty() {
            return Err(errors);
        }
        let Some(manifest) = tables.manifest.clone() else {
            return Err(vec![RuleError::whole("manifest.toml", "no layer has a manifest with format, set and date")]);
        };
        Ok(Self::index(tables, manifest, overrides))
    }

    /// Version and date of the rule set.
    #[must_use]
    pub fn manifest(&self) -> &rows::Manifest {
        &self.manifest
    }

    /// Day of the rule set.
    #[must_use]
    pub fn date(&self) -> Date {
        self.manifest.date
    }

    /// The tables, for listings and documents.
    #[must_use]
    pub fn tables(&self) -> &Tables {
        &self.tables
    }
}
