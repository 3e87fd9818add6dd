//! Scanners of image references and of what lies inside images.

pub mod apk;
pub mod apk_repositories;
pub mod apt_sources;
mod build;
pub mod compose;
pub mod dockerfile;
pub mod dpkg;
pub mod image_config;
pub mod os_release;
pub(crate) mod reference;
pub mod rpm_database;
