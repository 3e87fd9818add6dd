//! Official lists of sanctioned, controlled and barred parties: what an entry is, the formats in which
//! authorities publish them, and the store that keeps what was imported.

pub mod embedded;
pub mod format;
pub mod identifier;
pub mod own;
mod party;
pub mod store;

/// What a hit on a list means of which neither the rules nor the profile say it.
pub const ASSUMED_CONSEQUENCE: &str = "review";

pub use party::{
    CountryRole, KeyKind, LinkKind, NameRole, Party, PartyCountry, PartyKey, PartyKind, PartyLink, PartyName,
};
