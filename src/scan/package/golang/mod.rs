//! Go modules.

pub mod go_mod;
pub mod go_vendor;
pub mod go_work;
pub(crate) mod syntax;
