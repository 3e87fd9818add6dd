//! What keeps a list from being loaded, and what of it could not be used.

use std::fmt;

use crate::text::{clean_line, shorten};

/// Longest message: libraries quote the file, and a file may consist of one word.
const MESSAGE_LIMIT: usize = 300;

/// A list that was not loaded: what, where, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListError {
    /// Name of the file.
    pub file: String,
    /// Line, counted from 1, where known.
    pub line: Option<u64>,
    /// One sentence, lower case, no full stop, control characters already escaped.
    pub message: String,
    /// What to do next; may be empty.
    pub hint: String,
}

impl ListError {
    /// An error at a place. What it quotes from a file is made harmless and short.
    #[must_use]
    pub fn new(file: &str, line: Option<u64>, message: impl AsRef<str>) -> Self {
        Self { file: harmless(file), line, message: harmless(message.as_ref()), hint: String::new() }
    }

    /// With what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, " ({})", self.hint) }
    }
}

impl std::error::Error for ListError {}

/// A row that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Name of the file.
    pub file: String,
    /// Line, counted from 1; 0 where it is not known.
    pub line: u64,
    /// Why, control characters already escaped.
    pub message: String,
}

impl BadRow {
    /// A bad row at a place.
    #[must_use]
    pub fn new(file: &str, line: u64, message: impl AsRef<str>) -> Self {
        Self { file: harmless(file), line, message: harmless(message.as_ref()) }
    }
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}: {}", self.file, self.message),
        }
    }
}

fn harmless(text: &str) -> String {
    shorten(&clean_line(text), MESSAGE_LIMIT).into_owned()
}
