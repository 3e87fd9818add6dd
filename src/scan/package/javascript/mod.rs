//! JavaScript: npm and its kin.

pub mod bun_lock;
pub mod deno;
pub mod deno_lock;
pub mod installed_node;
mod members;
pub mod npmrc;
mod overrides;
pub mod package_json;
pub mod package_lock;
mod pnpm_key;
pub mod pnpm_lock;
mod pnpm_uses;
pub mod pnpm_workspace;
mod reach;
mod siblings;
pub(crate) mod spec;
mod tree;
pub mod yarn_lock;
mod yarn_text;
