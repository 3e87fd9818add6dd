//! Scanners of package manifests and lock files.

pub mod cargo_lock;
pub mod cargo_metadata;
pub mod cargo_toml;
pub mod go_mod;
pub mod installed_node;
pub mod installed_python;
pub mod package_lock;
pub mod pyproject;
pub mod requirements;
pub(crate) mod toolkit;
pub mod uv_lock;
