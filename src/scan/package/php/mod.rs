//! PHP: Composer.

pub mod composer_installed;
pub mod composer_json;
pub mod composer_lock;
pub(crate) mod entry;
mod in_folders;
