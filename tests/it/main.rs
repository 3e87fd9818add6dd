//! Integration tests: one binary, one module per topic.

mod catalog;
mod rules;
mod images;
