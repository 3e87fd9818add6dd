//! Integration tests: one binary, one module per topic.

mod answers;
mod architecture;
mod attribution;
mod cases;
mod catalog;
mod cli;
mod declared;
mod docs;
mod export;
mod gate;
mod images;
mod imported_owners;
mod judging;
mod kubernetes;
mod list_formats;
mod listings;
mod lists_store;
#[cfg(feature = "cluster")]
mod live_cluster;
mod ownership;
mod package_cache;
mod parse;
mod properties;
mod reach;
mod reconcile;
mod regression;
mod reports;
mod rules;
mod sbom_output;
mod scanners;
mod screen_names;
mod screening;
mod sdk_use;
mod shapes;
mod supply;
mod terraform;
