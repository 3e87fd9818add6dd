//! Integration tests: one binary, one module per topic.

mod catalog;
mod cli;
mod docs;
mod images;
mod parse;
mod rules;
mod scanners;
mod terraform;
