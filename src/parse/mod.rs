//! Formats with spans, no knowledge of ecosystems.
//!
//! JSON, YAML and TOML become the same [`Node`] tree, so that readers of them are written once.
//! Every parser bounds depth and never panics; what it cannot read is a [`ParseError`] with a span.

pub mod dockerfile;
pub mod hcl;
pub mod json;
pub mod lines;
pub mod toml;
mod tree;
pub mod xml;
pub mod yaml;

use std::fmt;

use crate::text::Span;

pub use tree::{Entry, Node, Value};

/// Deepest nesting any tree may have. Real files stay far below; recursion over a tree this deep
/// fits a 2 MiB stack many times.
pub const MAX_DEPTH: usize = 200;

/// What could not be parsed, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// One sentence, lower case, no full stop.
    pub message: String,
    /// The place.
    pub span: Span,
}

impl ParseError {
    /// An error at a span.
    #[must_use]
    pub fn new(message: impl Into<String>, span: Span) -> Self {
        Self { message: message.into(), span }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ParseError {}
