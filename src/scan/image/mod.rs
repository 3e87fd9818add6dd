//! Scanners of image references and of what lies inside images.

pub mod accelerator_runtime;
pub mod apk;
pub mod apk_repositories;
pub mod apt_sources;
pub(crate) mod build;
pub mod cloud_init;
pub mod compose;
mod container_run;
pub mod dockerfile;
pub mod dpkg;
mod first_start;
pub mod image_config;
mod installed;
pub mod os_release;
pub mod pacman;
pub mod pacman_mirrors;
pub(crate) mod reference;
pub mod registry_mirrors;
pub mod rpm_database;
pub mod rpm_repositories;
pub(crate) mod start;
