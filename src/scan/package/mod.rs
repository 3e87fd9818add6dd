//! Scanners of package manifests and lock files, one folder per language family.

pub(crate) mod address;
pub mod apple;
pub mod golang;
pub mod javascript;
pub mod php;
pub mod python;
pub mod ruby;
pub mod rust;
pub(crate) mod toolkit;
