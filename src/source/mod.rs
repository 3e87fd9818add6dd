//! Where bytes come from. The only module that opens sockets, and files of the target.
//!
//! A source hands out candidates (path and size) first and bytes later, so that nothing is read
//! that no scanner asked for. Every cap is in [`Limits`].

pub mod archive;
#[cfg(feature = "cluster")]
pub mod cluster;
pub mod directory;
mod docker_archive;
#[cfg(feature = "registry")]
pub mod download;
pub mod host;
pub mod ignored;
pub mod image;
pub mod image_manifest;
pub mod image_records;
mod kept;
pub mod layer_cache;
pub mod layers;
mod limits;
mod oci_layout;
pub mod package_cache;
#[cfg(feature = "registry")]
mod registry;
pub mod rootfs;
pub mod tar_entries;
pub mod vendored;

pub use limits::{IMAGE_LIMITS, ImageLimit, Limits};
