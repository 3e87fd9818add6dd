//! Integration tests: one binary, one module per topic.

mod architecture;
mod attribution;
mod cases;
mod catalog;
mod cli;
mod docs;
mod gate;
mod images;
mod judging;
mod list_formats;
mod listings;
mod lists_store;
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
mod shapes;
mod terraform;
