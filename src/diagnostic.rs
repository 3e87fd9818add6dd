//! What was not understood ([`Diagnostic`]) and how much was seen ([`Coverage`]).
//!
//! Both travel beside the facts through every stage: nothing that was read is silently dropped.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::text::{LineColumn, RelPath};

/// Why something could not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiagnosticKind {
    /// The bytes could not be read: permission, vanished file, input/output error.
    Unreadable,
    /// The bytes are not what the format asks for.
    Malformed,
    /// Well formed, and we do not support it yet.
    Unsupported,
    /// An expression that depends on what only a run would know.
    Unresolved,
    /// Two inputs that speak of the same thing disagree.
    Conflict,
    /// A link to a file that is read under its own name.
    Link,
    /// Files that were passed over on purpose: they speak for somebody else than the target.
    LeftOut,
    /// Data that is used is older than it should be.
    Stale,
    /// Data that is used is not whole, and somebody took it all the same.
    Incomplete,
    /// A limit of size, depth, count or time was reached.
    LimitReached,
    /// Our own mistake: a scanner panicked. Please report it.
    Internal,
}

impl DiagnosticKind {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Malformed => "malformed",
            Self::Unsupported => "unsupported",
            Self::Unresolved => "unresolved",
            Self::Conflict => "conflict",
            Self::Link => "link",
            Self::LeftOut => "left-out",
            Self::Stale => "stale",
            Self::Incomplete => "incomplete",
            Self::LimitReached => "limit-reached",
            Self::Internal => "internal",
        }
    }

    /// True when input was lost, so that `--strict` must exit 3. An unresolved expression, a
    /// conflict, a link within the tree, what was left out on purpose or an old list is reported and counted without
    /// being a reading failure.
    #[must_use]
    pub fn is_loss(self) -> bool {
        !matches!(self, Self::Unresolved | Self::Conflict | Self::Link | Self::LeftOut | Self::Stale)
    }
}

/// One thing that was not understood, with its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Diagnostic {
    /// File below the target; for images the path inside the image.
    pub path: RelPath,
    /// Line and column, where known.
    pub at: Option<LineColumn>,
    /// Why.
    pub kind: DiagnosticKind,
    /// Scanner or stage that speaks.
    pub scanner: Arc<str>,
    /// One sentence, control characters already escaped.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        if let Some(at) = self.at {
            write!(f, ":{}:{}", at.line, at.column)?;
        }
        write!(f, ": {}: {}", self.kind.as_str(), self.message)
    }
}

/// How much of the target was understood. Sets of paths, not counters, so that merging is idempotent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Files the walk saw.
    pub seen: u64,
    /// Files that at least one scanner asked for and that were read.
    pub read: BTreeSet<RelPath>,
    /// Files that gave some facts and some loss.
    pub partial: BTreeSet<RelPath>,
    /// Files that could not be read or parsed at all.
    pub failed: BTreeSet<RelPath>,
    /// Generated or excluded folders that were not entered.
    pub skipped: BTreeSet<RelPath>,
    /// Groups or names of the scanners that looked, where a user chose some.
    pub only: BTreeSet<String>,
}

impl Coverage {
    /// Union of the sets; `seen` is the larger count (one walk fills it once).
    pub fn merge(&mut self, other: Self) {
        self.seen = self.seen.max(other.seen);
        self.read.extend(other.read);
        self.partial.extend(other.partial);
        self.failed.extend(other.failed);
        self.skipped.extend(other.skipped);
        self.only.extend(other.only);
    }
}
