//! Runtimes of accelerators, found by the names of libraries, packages and variables.

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

    /// The runtime that a package holds, by the type and name of its package URL.
    #[must_use]
    pub fn runtime_by_package(&self, kind: &str, name: &str) -> Option<&Runtime> {
        let fits = |pattern: &str| {
            let Some((of, wanted)) = pattern.split_once(':') else { return false };
            of == kind && wanted.strip_suffix('*').map_or(wanted == name, |beginning| name.starts_with(beginning))
        };
        self.tables.runtime.iter().find(|row| row.packages.iter().any(|pattern| fits(pattern)))
    }

    /// The runtime whose version an environment variable tells.
    #[must_use]
    pub fn runtime_by_variable(&self, name: &str) -> Option<&Runtime> {
        self.tables.runtime.iter().find(|row| row.variables.iter().any(|variable| &**variable == name))
    }
}
