//! Rust: cargo.

pub mod cargo_lock;
pub mod cargo_metadata;
pub mod cargo_toml;
