//! Integration tests: one binary, one module per topic.

mod architecture;
mod attribution;
mod catalog;
mod cli;
mod docs;
mod images;
mod judging;
mod listings;
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
mod terraform;
