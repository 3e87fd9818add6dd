//! JavaScript: npm and its kin.

pub mod installed_node;
pub mod package_json;
pub mod package_lock;
mod spec;
pub mod yarn_lock;
mod yarn_text;
