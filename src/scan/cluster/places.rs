//! Where the values of a tree stand that was put together from several files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::parse::{Node, Value};
use crate::scan::{Seen, SourceFile};
use crate::text::Span;

/// Finds the file and the words of a tree's span.
pub(super) trait Places {
    /// The file, and the span in it.
    fn place(&self, span: Span) -> (&SourceFile, Span);

    /// True where what is read is itself a text that another object carries.
    fn is_carried(&self) -> bool {
        false
    }

    /// Other places that have a say in the value: the overlay that replaces a base's tag.
    fn also(&self, _span: Span) -> Vec<(&SourceFile, Span)> {
        Vec::new()
    }

    /// The place as evidence.
    fn at(&self, span: Span) -> Seen {
        let (file, span) = self.place(span);
        file.at(span)
    }

    /// Every place of the value as evidence.
    fn all(&self, span: Span) -> Vec<Seen> {
        let also = self.also(span);
        std::iter::once(self.place(span)).chain(also).map(|(file, span)| file.at(span)).collect()
    }
}

impl Places for SourceFile {
    fn place(&self, span: Span) -> (&SourceFile, Span) {
        (self, span)
    }
}

/// Files laid one behind the other: a span of the row tells file and place.
#[derive(Default)]
pub(super) struct Sources {
    /// Start of each file in the row.
    files: Vec<(usize, Arc<SourceFile>)>,
    end: usize,
    also: BTreeMap<(usize, usize), BTreeSet<(usize, usize)>>,
}

impl Sources {
    /// Adds a file; gives where its row begins. A file that is there already keeps its place.
    pub(super) fn add(&mut self, file: &Arc<SourceFile>) -> usize {
        if let Some((start, _)) = self.files.iter().find(|(_, known)| known.path() == file.path()) {
            return *start;
        }
        let start = self.end;
        self.files.push((start, Arc::clone(file)));
        self.end += file.text().len() + 1;
        start
    }

    /// Says that the value at `span` is what it is because of what stands at `by`.
    pub(super) fn note(&mut self, span: Span, by: Span) {
        if span != by {
            self.also.entry((span.start, span.end)).or_default().insert((by.start, by.end));
        }
    }
}

impl Places for Sources {
    fn place(&self, span: Span) -> (&SourceFile, Span) {
        let at = self.files.partition_point(|(start, _)| *start <= span.start).saturating_sub(1);
        let (start, file) = self.files.get(at).expect("spans of a tree come from a file of the row");
        let end = file.text().len();
        (file, Span::new((span.start - start).min(end), span.end.saturating_sub(*start).min(end)))
    }

    fn also(&self, span: Span) -> Vec<(&SourceFile, Span)> {
        let others = self.also.get(&(span.start, span.end)).into_iter().flatten();
        others.map(|(start, end)| self.place(Span::new(*start, *end))).collect()
    }
}

/// A copy of a tree with its spans moved to a file's place in the row.
pub(super) fn moved(node: &Node, by: usize) -> Node {
    let mut copy = node.clone();
    shift(&mut copy, by);
    copy
}

fn shift(node: &mut Node, by: usize) {
    node.span = node.span.shifted(by);
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| shift(item, by)),
        Value::Map(entries) => {
            for entry in entries {
                entry.key_span = entry.key_span.shifted(by);
                shift(&mut entry.value, by);
            }
        }
        _ => {}
    }
}
