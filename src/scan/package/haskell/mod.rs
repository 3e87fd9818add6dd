//! Haskell.

pub mod cabal;
pub mod cabal_freeze;
pub mod stack;
pub mod stack_lock;

/// Name, version and hash of `name-1.0@sha256:hash,size`.
fn versioned(text: &str) -> Option<(&str, &str, Option<&str>)> {
    let (stem, hash) = text.split_once('@').unwrap_or((text, ""));
    let (name, version) = stem.rsplit_once('-')?;
    let is_version = !version.is_empty() && version.chars().all(|c| c.is_ascii_digit() || c == '.');
    let hash = hash.split(',').next().filter(|hash| hash.starts_with("sha256:"));
    (!name.is_empty() && !name.contains('/') && is_version).then_some((name, version, hash))
}
