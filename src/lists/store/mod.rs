//! What was imported, kept in the data directory: archives of packed parties that are mapped, never parsed.
//!
//! ```text
//! current                      manifest: what was imported, and the names and hashes of the files below
//! us-sdn.000012.sovlist        a source: its parties, what is known of them
//! screening.000013.sovlist     all parties of all sources, with the index over them: the one file that screening opens
//! rules.000011.sovlist         rule files that came in a bundle
//! lock                         held while something is imported
//! ```
//! An import writes new files beside these; one rename of `current` makes them the store. Whatever ends it before that
//! leaves the former store, and the next import removes what is left over.

mod accept;
mod age;
pub mod archive;
pub mod bundle;
mod combine;
mod folder;
mod manifest;
mod parties;
mod register;
mod transaction;

pub use accept::Allowed;
pub use age::{Old, REFUSED_AFTER, WARN_AFTER, demand_fresh, incomplete, staleness};
pub use archive::{Archive, Builder, Damage, Section};
pub use folder::{Index, NoIndex, Opened, Store, platform_data_dir};
pub use manifest::{Counts, Input, ListCount, Manifest, Retrieval, Source, Stored};
pub use parties::{Head, Parties};
pub use register::Register;
pub use transaction::{Edition, Transaction};

#[cfg(test)]
mod tests;
