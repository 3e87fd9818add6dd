//! Integration tests: one binary, one module per topic.

mod architecture;
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
mod screening;
mod terraform;
