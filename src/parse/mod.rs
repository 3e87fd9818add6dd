//! Formats with spans, no knowledge of ecosystems.
//!
//! JSON, YAML and TOML become the same [`Node`] tree, so that readers of them are written once.
//! Every parser bounds depth and never panics; what it cannot read is a [`ParseError`] with a span.

pub mod berkeley_hash;
pub mod calls;
pub mod dockerfile;
pub mod hcl;
pub mod json;
mod json_repair;
pub mod lines;
mod mend;
pub mod merge;
pub mod ndb;
pub mod pickle;
mod pieces;
pub mod rpm_header;
mod shape;
pub mod shell;
pub mod sqlite;
mod strict;
pub mod terms;
mod text;
pub mod toml;
mod tree;
pub mod xml;
mod xml_element;
pub mod yaml;
pub mod zip_stream;

use std::fmt;

use crate::text::{Span, clean_line, shorten};

pub use shape::{Misshapen, Shape};
pub use strict::PassedOver;
pub use text::Text;
pub use tree::{Entry, Node, Value};

/// Deepest nesting any tree may have. Real files stay far below; recursion over a tree this deep
/// fits a 2 MiB stack many times.
pub const MAX_DEPTH: usize = 200;

/// Problems listed per file; a binary file would give thousands.
const PROBLEM_LIMIT: usize = 20;

/// Longest message: libraries quote the file, and a file may consist of one word.
const MESSAGE_LIMIT: usize = 300;

/// What could not be parsed, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// One sentence, lower case, no full stop.
    pub message: String,
    /// The place.
    pub span: Span,
}

impl ParseError {
    /// An error at a span. What the message quotes from the file is made harmless and short.
    #[must_use]
    pub fn new(message: impl AsRef<str>, span: Span) -> Self {
        let message = shorten(&clean_line(message.as_ref()), MESSAGE_LIMIT).into_owned();
        Self { message, span }
    }
}

/// Adds a problem to the list of a file, or says once that there are more.
fn report(problems: &mut Vec<ParseError>, problem: ParseError) {
    if problems.len() < PROBLEM_LIMIT {
        problems.push(problem);
    } else if problems.len() == PROBLEM_LIMIT {
        problems.push(ParseError::new("this and all further problems of the file are not listed", problem.span));
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ParseError {}
