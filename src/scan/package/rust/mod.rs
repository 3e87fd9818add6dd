//! Rust: cargo.

pub mod cargo_config;
pub mod cargo_lock;
pub mod cargo_metadata;
pub mod cargo_toml;
pub mod cargo_vendor;
pub mod cargo_vet;
mod replaced;
mod workspace;
