//! Scanners of package manifests and lock files, one folder per language family.

pub(crate) mod address;
pub mod apple;
pub mod bazel;
pub mod beam;
pub mod cache;
pub(crate) mod configured;
pub mod cpp;
pub mod dart;
pub mod dotnet;
pub(crate) mod fetched;
pub mod flake_lock;
pub mod golang;
pub mod haskell;
pub mod javascript;
pub mod julia;
pub mod jvm;
pub mod php;
pub(crate) mod project;
mod publisher;
pub mod python;
pub mod r;
pub mod ruby;
pub mod rust;
pub(crate) mod stated;
pub(crate) mod toolkit;
pub mod tools;
pub(crate) mod unnamed;
