//! Curated facts: organisations, services, regions, hardware, laws. Typed, indexed, dated, cited.
//!
//! The catalog is data under `rules/`, embedded in the binary and extended by folders of the same
//! shape. Nothing here judges.

mod citation;
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
mod table;
pub(crate) mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

pub(crate) use hardware_words::ASSET_COLUMNS;
pub use index::{HostIndex, KeyMatch};
pub use layer::{Content, Layer, Override, RuleError, read_folder};
pub use legal_form::fold_name;
pub use rows::Topic;
pub use standing::Standing;
pub use table::Table;
pub use tables::Tables;

use crate::model::Date;

/// Everything the rule files say, with indices for every question asked of it. Tables and indices are made when somebody
/// asks for them first.
pub struct Catalog {
    tables: Arc<Tables>,
    manifest: rows::Manifest,
    /// Rows of earlier layers that later ones replaced.
    pub overrides: Vec<Override>,
    organisations: Later<BTreeMap<Box<str>, usize>>,
    identities: Later<index::Identities>,
    owners: Later<BTreeMap<Box<str>, Vec<usize>>>,
    seats: Later<BTreeMap<Box<str>, usize>>,
    names: Later<BTreeMap<Box<str>, usize>>,
    /// Names without legal form; `None` where two organisations have the same.
    suppliers: Later<BTreeMap<Box<str>, Option<usize>>>,
    listings: Later<BTreeMap<Box<str>, Vec<usize>>>,
    lists: Later<BTreeMap<Box<str>, usize>>,
    accelerators: Later<BTreeMap<Box<str>, usize>>,
    accelerator_names: Later<BTreeMap<Box<str>, Vec<usize>>>,
    name_rules: Later<sku::NameRules>,
    instances: Later<ByProvider>,
    regions: Later<ByProvider>,
    providers: Later<BTreeMap<Box<str>, usize>>,
    provider_names: Later<index::ProviderNames>,
    services: Later<BTreeMap<Box<str>, usize>>,
    service_names: Later<index::ServiceNames>,
    declared: Later<declared::Declared>,
    objects: Later<objects::Objects>,
    countries: Later<BTreeSet<crate::model::CountryCode>>,
    shared_hosts: Later<BTreeSet<Box<str>>>,
    public_registries: Later<BTreeSet<Box<str>>>,
    aside: Later<crate::text::Globs>,
    groups: Later<BTreeMap<Box<str>, Vec<usize>>>,
    code: Later<code::CodeIndex>,
}

/// Rows by their provider and what they are called there.
type ByProvider = BTreeMap<(Box<str>, Box<str>), usize>;

/// What is made of the tables when it is first asked for.
type Later<T> = LazyLock<T, Box<dyn FnOnce() -> T + Send>>;

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
        let (manifest, overrides) = (self.manifest.clone(), std::mem::take(&mut self.overrides));
        let tables = Arc::clone(&self.tables);
        // what has not been asked yet holds the tables, too
        *self = Self::of(Tables::default(), manifest.clone(), Vec::new());
        let mut tables = Arc::unwrap_or_clone(tables);
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
        let mut tables = Tables::embedded()?;
        let manifest = tables.manifest.clone()?;
        tables.organisation = Table::later(index::embedded_organisations);
        tables.listing = Table::later(|| {
            index::embedded_with_lists("listing", |row: &mut rows::Listing| std::slice::from_mut(&mut row.list))
        });
        tables.list_effect = Table::later(|| {
            index::embedded_with_lists("list_effect", |row: &mut rows::ListEffect| std::slice::from_mut(&mut row.list))
        });
        tables.law = Table::later(|| index::embedded_with_lists("law", |row: &mut rows::Law| &mut row.lists));
        tables.ownership_rule = Table::later(|| {
            index::embedded_with_lists("ownership_rule", |row: &mut rows::OwnershipRule| &mut row.lists)
        });
        Some(Self::of(tables, manifest, Vec::new()))
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

    /// Makes what is asked of every inventory that has anything in it, for who has a thread to spare: one table after the
    /// other as long as `goes_on` says so.
    pub(crate) fn make_ready(&self, goes_on: impl Fn() -> bool) {
        let tables: [&dyn Fn(); 9] = [
            &|| _ = LazyLock::force(&self.identities),
            &|| _ = LazyLock::force(&self.organisations),
            &|| _ = LazyLock::force(&self.listings),
            &|| _ = LazyLock::force(&self.shared_hosts),
            &|| _ = LazyLock::force(&self.providers),
            &|| _ = LazyLock::force(&self.provider_names),
            &|| _ = LazyLock::force(&self.owners),
            &|| _ = LazyLock::force(&self.seats),
            &|| _ = LazyLock::force(&self.aside),
        ];
        tables.iter().take_while(|_| goes_on()).for_each(|make| make());
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
