//! Go modules.

pub mod go_mod;
