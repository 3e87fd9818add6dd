//! Integration tests: one binary, one module per topic.

mod catalog;
mod images;
mod parse;
mod rules;
mod terraform;
