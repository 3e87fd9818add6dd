//! Scanners of package manifests and lock files, one folder per language family.

pub(crate) mod address;
pub mod cache;
pub mod golang;
pub mod javascript;
pub mod python;
pub mod rust;
pub(crate) mod toolkit;
