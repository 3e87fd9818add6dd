//! Scanners of package manifests and lock files.

pub mod cargo_lock;
