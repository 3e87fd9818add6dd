//! What is told of a layer that could not be read as it is.

use std::io;
use std::sync::Arc;

use super::{PROBLEMS, Reading, words};
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::source::archive::limit_reached;
use crate::source::tar_entries::BadPath;
use crate::text::{RelPath, clean_line};

impl Reading<'_> {
    pub(super) fn refuse(&mut self, bad: &BadPath) {
        let (kind, message) = match bad {
            BadPath::Outside(path) => (DiagnosticKind::Malformed, format!("entry `{path}` leaves the image; skipped")),
            BadPath::TooLong(path) => {
                (DiagnosticKind::LimitReached, format!("entry `{path}…` has an overlong path or header; skipped"))
            }
        };
        self.problem("entries with unusable paths were skipped", kind, &RelPath::root(), &message);
    }

    /// An entry whose path begins at a root. There may be many: they are told once.
    pub(super) fn note_absolute(&mut self, path: &RelPath) {
        if path.is_root() {
            return;
        }
        if self.absolute.0 == 0 {
            self.absolute.1 = path.clone();
        }
        self.absolute.0 += 1;
    }

    pub(super) fn tell_absolute(&mut self) {
        let (count, path) = std::mem::replace(&mut self.absolute, (0, RelPath::root()));
        if count > 0 {
            let many = if count > 1 { format!(", as {} more", count - 1) } else { String::new() };
            let message =
                format!("the entry has an absolute path{many}; read as below the root (layer `{}`)", self.digest);
            self.push(DiagnosticKind::Conflict, &path, &message);
        }
    }

    /// The stream ended within an entry: damage, a limit, or a cut.
    pub(super) fn broken_off(&mut self, error: &io::Error) {
        let (kind, reason) = match limit_reached(error) {
            Some(limit) => (DiagnosticKind::LimitReached, limit.to_owned()),
            None => (DiagnosticKind::Malformed, words(error)),
        };
        let place = if self.at.is_root() { String::new() } else { format!(" (after entry `{}`)", self.at) };
        let message = format!("layer `{}` was read in part: {reason}{place}", self.digest);
        self.layer.is_whole = false;
        self.push(kind, &RelPath::root(), &message);
    }

    /// As [`Self::problem`], where it depends on more than the layer: such a layer is not cached.
    pub(super) fn loss(&mut self, sort: &'static str, kind: DiagnosticKind, path: &RelPath, message: &str) {
        self.layer.is_whole = false;
        self.problem(sort, kind, path, message);
    }

    pub(super) fn problem(&mut self, sort: &'static str, kind: DiagnosticKind, path: &RelPath, message: &str) {
        let told = self.told.entry(sort).or_default();
        *told += 1;
        if *told > PROBLEMS {
            return;
        }
        if message.contains(self.digest) {
            self.push(kind, path, message);
        } else {
            self.push(kind, path, &format!("{message} (layer `{}`)", self.digest));
        }
    }

    pub(super) fn push(&mut self, kind: DiagnosticKind, path: &RelPath, message: &str) {
        let message = clean_line(message).into_owned();
        self.layer.diagnostics.push(Diagnostic {
            path: path.clone(),
            at: None,
            kind,
            scanner: Arc::from("image"),
            message,
        });
    }
}
