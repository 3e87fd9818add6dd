//! What the target `scanner` shares with its seeds: names from the registry of scanners, the form of inputs,
//! and what must hold of every inventory.

pub mod check;
pub mod every_way;
pub mod form;
pub mod growth;
pub mod image;
pub mod seeds;
pub mod tree;

use sovaudit::scan::{SCANNERS, ScannerMeta};

/// The scanners that the environment variable `SOVAUDIT_FUZZ` names (ids with commas between); all when it is unset.
///
/// # Panics
/// On an id that no scanner has.
#[must_use]
pub fn chosen() -> Vec<&'static ScannerMeta> {
    let all = SCANNERS.iter().map(|scanner| scanner.meta());
    let Ok(wanted) = std::env::var("SOVAUDIT_FUZZ") else { return all.collect() };
    let find = |id| all.clone().find(|meta| meta.id == id).unwrap_or_else(|| panic!("no scanner has the id {id}"));
    wanted.split(',').map(str::trim).filter(|id| !id.is_empty()).map(find).collect()
}
