//! Files that Git left in the middle of a merge: scanners see each side as a file of its own, so that what either says
//! is found whatever its format, and every place stays where it is.
//!
//! Files that a scanner reads beside its own are not taken apart; trees of them hold both sides ([`crate::parse::merge`]).

use std::sync::Arc;

use super::input::SourceFile;
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::parse::merge::{self, EACH_READ, Sides};
use crate::text::{Span, clean_line};

/// Conflicts of one file that are told by line.
const MOST_TOLD: usize = 100;

/// The files of a call as they are, or as either side has them, and what is to be said of that.
pub(super) fn versions(files: Vec<Arc<SourceFile>>) -> (Vec<Vec<Arc<SourceFile>>>, Vec<Diagnostic>) {
    let sides: Vec<Option<Sides>> = files.iter().map(|file| sides(file)).collect();
    if sides.iter().all(Option::is_none) {
        return (vec![files], Vec::new());
    }
    let mut told = Vec::new();
    let (mut ours, mut theirs) = (Vec::with_capacity(files.len()), Vec::with_capacity(files.len()));
    for (file, sides) in files.into_iter().zip(sides) {
        let Some(sides) = sides else {
            ours.push(Arc::clone(&file));
            theirs.push(file);
            continue;
        };
        tell(&file, &sides.conflicts, &mut told);
        ours.push(Arc::new(file.side(&sides.ours)));
        theirs.push(Arc::new(file.side(&sides.theirs)));
    }
    (vec![ours, theirs], told)
}

/// The sides of a file. Of a text for people, which may show what a conflict looks like, scanners read the head alone.
fn sides(file: &SourceFile) -> Option<Sides> {
    let is_read = merge::may_have_marks(file.text()) && !file.is_binary() && !file.path().name().ends_with(".md");
    is_read.then(|| merge::sides(file.text()))?
}

fn tell(file: &SourceFile, conflicts: &[Span], told: &mut Vec<Diagnostic>) {
    let mut problem = |span: Span, message: &str| {
        told.push(Diagnostic {
            path: file.path().clone(),
            at: Some(file.region(span).start),
            kind: DiagnosticKind::Malformed,
            scanner: Arc::from("engine"),
            message: clean_line(message).into_owned(),
        });
    };
    conflicts.iter().take(MOST_TOLD).for_each(|span| problem(*span, EACH_READ));
    if let Some(next) = conflicts.get(MOST_TOLD) {
        problem(*next, "this and further conflicts of the merge are not listed; both sides are read");
    }
}
