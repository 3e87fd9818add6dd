//! Official lists of sanctioned, controlled and barred parties: what an entry is, the formats in which
//! authorities publish them, and the store that keeps what was imported.

pub mod format;
pub mod identifier;
pub mod own;
mod party;
pub mod store;

pub use party::{
    CountryRole, KeyKind, LinkKind, NameRole, Party, PartyCountry, PartyKey, PartyKind, PartyLink, PartyName,
};
