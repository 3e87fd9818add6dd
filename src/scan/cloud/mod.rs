//! Scanners of cloud services: declarations, endpoints, SDK use.

pub(crate) mod address;
pub(crate) mod api;
pub(crate) mod code;
pub mod declared;
pub mod endpoint;
pub mod gaia_x;
pub mod html_scripts;
#[cfg(feature = "sdk")]
pub mod sdk;
pub mod sql;
pub mod terraform;
