//! What is told of rows of a list of assets that are not counted.

use super::cells::readings;
use crate::diagnostic::DiagnosticKind;
use crate::scan::{Facts, SourceFile};
use crate::text::{Span, count};

/// Rows of which the same is told, together.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) count: usize,
    /// The first, and what it says.
    first: Option<(Span, String)>,
}

impl Rows {
    pub(super) fn note(&mut self, said: &str, place: Span) {
        self.count += 1;
        self.first.get_or_insert_with(|| (place, said.trim().to_owned()));
    }
}

/// Everything that is told of a list.
#[derive(Default)]
pub(super) struct Told {
    /// Rows whose place, holder and days are not told apart from others.
    pub(super) merged: u64,
    /// Rows whose count is no number.
    pub(super) unclear: Rows,
    /// Rows with a date that is not read.
    pub(super) unread: Rows,
    /// Rows of what is not there by its state.
    pub(super) absent: Rows,
    /// Rows that are not taken for accelerators and may be some.
    pub(super) doubtful: Rows,
    /// Rows of which nothing says that they are hardware that is looked at.
    pub(super) other: Rows,
}

impl Told {
    /// What is not counted, and how many rows that are.
    pub(super) fn tell(&self, file: &SourceFile, out: &mut Facts<'_>) {
        if self.merged > 0 {
            let message = format!("{} rows have more different holders and dates than are told apart", self.merged);
            out.problem(DiagnosticKind::LimitReached, file, None, message);
        }
        if let Some((first, said)) = &self.unclear.first {
            let rows = count(self.unclear.count, "row");
            let message = format!("{rows} not counted: the count is no number of devices; the first says `{said}`");
            out.problem(DiagnosticKind::Malformed, file, Some(*first), message);
        }
        if let Some((first, said)) = &self.unread.first {
            let rows = count(self.unread.count, "row");
            let message = match readings(said).as_slice() {
                [one, other] => format!(
                    "dates of {rows} not read: the first, `{said}`, may be `{one}` or `{other}`; write the one that is meant"
                ),
                _ => format!("dates of {rows} not read, the first `{said}`; write dates as `2027-06-30`"),
            };
            out.problem(DiagnosticKind::Malformed, file, Some(*first), message);
        }
        if let Some((first, said)) = &self.absent.first {
            let rows = count(self.absent.count, "row");
            let message = format!("{rows} left out: the state says that it is not in use; the first says `{said}`");
            out.problem(DiagnosticKind::Incomplete, file, Some(*first), message);
        }
        if let Some((first, said)) = &self.other.first {
            let rows = count(self.other.count, "row");
            let message =
                format!("{rows} left out: nothing says that it is hardware that is looked at; the first is `{said}`");
            out.problem(DiagnosticKind::LeftOut, file, Some(*first), message);
        }
    }

    /// Rows that may be accelerators and are not taken for any: told even where the list names no other.
    pub(super) fn tell_doubtful(&self, file: &SourceFile, out: &mut Facts<'_>) {
        if let Some((first, said)) = &self.doubtful.first {
            let rows = count(self.doubtful.count, "row");
            let message = format!(
                "{rows} not taken for accelerators, of makers that design some or with a word for one: the first is \
                 `{said}`; a column `gpu` or a sort `gpu` in the row says that it is one"
            );
            out.problem(DiagnosticKind::Unresolved, file, Some(*first), message);
        }
    }
}
