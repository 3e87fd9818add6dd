//! Integration tests: one binary, one module per topic.

mod architecture;
mod cases;
mod catalog;
mod cli;
mod docs;
mod images;
mod judging;
mod listings;
mod package_cache;
mod parse;
mod properties;
mod reconcile;
mod regression;
mod reports;
mod rules;
mod sbom_output;
mod scanners;
mod screen_names;
mod terraform;
