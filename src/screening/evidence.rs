//! What speaks for and against a name being the listed party, besides the name.

use crate::lists::KeyKind;
use crate::screening::normalise::hash;

/// Hash of an identifier, by which parties are found.
#[must_use]
pub fn key_hash(kind: KeyKind, value: &str) -> u64 {
    hash(value.as_bytes(), 100 + kind as u64)
}
