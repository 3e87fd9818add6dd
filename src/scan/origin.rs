//! Where a text stands that is read as a file: it is one, or a part of another.

#[cfg(feature = "sdk")]
use std::sync::Arc;

use crate::text::{LineColumn, Region};

/// Where the text of a file stands.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// It is the file.
    Whole,
    /// Lines of another file, without their common indentation.
    Lines {
        /// Lines of that file before them.
        above: u32,
        /// Columns that are left out.
        indent: usize,
    },
    /// Written otherwise within another file: every place is this one.
    At(Region),
    /// Lines that stand apart in another file: the place of each.
    #[cfg(feature = "sdk")]
    Each(Arc<[Region]>),
}

impl Origin {
    /// The same for the lines after some.
    pub(super) fn below(&self, more: u32) -> Self {
        match self {
            Self::Whole => Self::Lines { above: more, indent: 0 },
            Self::Lines { above, indent } => Self::Lines { above: above.saturating_add(more), indent: *indent },
            Self::At(region) => Self::At(*region),
            #[cfg(feature = "sdk")]
            Self::Each(lines) => {
                let from = usize::try_from(more).unwrap_or(usize::MAX).min(lines.len());
                Self::Each(lines[from..].into())
            }
        }
    }

    /// The same without further columns before each line.
    pub(crate) fn indented(self, more: usize) -> Self {
        match self {
            Self::Lines { above, indent } => Self::Lines { above, indent: indent.saturating_add(more) },
            other => other,
        }
    }

    pub(super) fn region(&self, own: Region) -> Region {
        let (above, indent) = match self {
            Self::Whole => return own,
            Self::At(region) => return *region,
            #[cfg(feature = "sdk")]
            Self::Each(lines) => {
                let line = usize::try_from(own.start.line).unwrap_or(usize::MAX).saturating_sub(1);
                return lines.get(line).or(lines.last()).copied().unwrap_or(own);
            }
            Self::Lines { above, indent } => (*above, u32::try_from(*indent).unwrap_or(u32::MAX)),
        };
        let moved = |at: LineColumn| LineColumn {
            line: at.line.saturating_add(above),
            column: at.column.saturating_add(indent),
        };
        Region { start: moved(own.start), end: moved(own.end) }
    }
}
