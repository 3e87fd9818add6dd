//! Runtimes of accelerators, found by the names of libraries, packages and variables.

use std::collections::BTreeMap;

use super::layer::{Layer, RuleError};
use super::rows::Runtime;
use super::tables::locate;
use super::{Catalog, Tables};

/// Rows that name an organisation which nothing defines.
pub(super) fn check(tables: &Tables, layers: &[Layer]) -> Vec<RuleError> {
    let is_organisation = |id: &str| tables.organisation.iter().any(|row| &*row.id == id);
    let dangling = tables.runtime.iter().filter(|row| !is_organisation(&row.vendor));
    dangling
        .map(|row| {
            let message = format!("`vendor` of a `runtime` names `{}`, which nothing defines", row.vendor);
            locate(layers, "vendor", &row.vendor, message)
        })
        .collect()
}

impl Catalog {
    /// Every runtime.
    #[must_use]
    pub fn runtimes(&self) -> &[Runtime] {
        &self.tables.runtime
    }

    /// The runtime of an id.
    #[must_use]
    pub fn runtime(&self, id: &str) -> Option<&Runtime> {
        self.tables.runtime.iter().find(|row| &*row.id == id)
    }

    /// The runtime that a library belongs to, and the version in the name of its file: `libcudart.so.12.4.127`.
    #[must_use]
    pub fn runtime_by_library<'n>(&self, name: &'n str) -> Option<(&Runtime, &'n str)> {
        self.tables.runtime.iter().find_map(|row| {
            let version = row.libraries.iter().find_map(|beginning| name.strip_prefix(&**beginning))?;
            let is_version = version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && !version.is_empty();
            is_version.then_some((row, version))
        })
    }

    /// The runtimes that packages hold, made ready to be asked for many.
    #[must_use]
    pub fn runtimes_of_packages(&self) -> RuntimePackages<'_> {
        let mut by_kind: BTreeMap<&str, Vec<(&str, &Runtime)>> = BTreeMap::new();
        for row in &self.tables.runtime {
            for (kind, wanted) in row.packages.iter().filter_map(|pattern| pattern.split_once(':')) {
                by_kind.entry(kind).or_default().push((wanted, row));
            }
        }
        RuntimePackages(by_kind)
    }

    /// The runtime whose version an environment variable tells.
    #[must_use]
    pub fn runtime_by_variable(&self, name: &str) -> Option<&Runtime> {
        self.tables.runtime.iter().find(|row| row.variables.iter().any(|variable| &**variable == name))
    }
}

/// Patterns of names of packages by the type of their package URL, in the order of the table.
pub struct RuntimePackages<'c>(BTreeMap<&'c str, Vec<(&'c str, &'c Runtime)>>);

impl<'c> RuntimePackages<'c> {
    /// The runtime that a package holds, by the type and name of its package URL.
    #[must_use]
    pub fn find(&self, kind: &str, name: &str) -> Option<&'c Runtime> {
        let fits = |wanted: &str| wanted.strip_suffix('*').map_or(wanted == name, |start| name.starts_with(start));
        self.0.get(kind)?.iter().find(|(wanted, _)| fits(wanted)).map(|(_, row)| *row)
    }
}
