//! What a scanner writes into.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ScannerMeta;
use super::input::SourceFile;
use super::words::masked;
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::{
    Basis, ComponentId, ComponentKind, Draft, Evidence, Group, Horizon, Inventory, RelationKind, Sheet, Sighting,
    SpotId,
};
use crate::parse::lines::{UNFINISHED_MERGE, is_merge_mark};
use crate::parse::merge::{BOTH_READ, may_have_marks};
use crate::text::{LineColumn, Region, RelPath, Span, clean_line, shorten};

/// Problems listed per scanner call and file: a file of the wrong kind has one on every line.
const PROBLEM_LIMIT: usize = 1_000;

/// Longest message; what it quotes may be a whole file.
const MESSAGE_LIMIT: usize = 500;

/// A place a scanner saw, before it becomes evidence.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The file.
    pub(super) sheet: Arc<Sheet>,
    /// Where in it.
    pub(super) spot: SpotId,
    /// Other than the scanner's usual basis.
    pub(super) basis: Option<Basis>,
}

impl Seen {
    /// True for a place that was said to be deduced from.
    #[must_use]
    pub fn is_inferred(&self) -> bool {
        self.basis == Some(Basis::Inferred)
    }

    /// The same place, deduced from a name or a text rather than stated.
    #[must_use]
    pub fn inferred(mut self) -> Self {
        self.basis = Some(Basis::Inferred);
        self
    }

    /// The same place, stated in a manifest rather than resolved.
    #[must_use]
    pub fn declared(mut self) -> Self {
        self.basis = Some(Basis::Declared);
        self
    }

    /// The same place, in a lock file that a scanner of manifests reads as well.
    #[must_use]
    pub fn resolved(mut self) -> Self {
        self.basis = Some(Basis::Resolved);
        self
    }

    /// Lines and columns; nothing for the file as a whole.
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        self.sheet.region(self.spot)
    }

    /// The same place without the words there: for values that may be secret.
    #[must_use]
    pub fn without_excerpt(mut self) -> Self {
        self.spot = self.sheet.without_words(self.spot);
        self
    }
}

/// Collects the facts and problems of one scanner call.
pub struct Facts<'a> {
    pub(super) meta: &'a ScannerMeta,
    pub(super) scanner: &'static str,
    limit: usize,
    pub(super) problem_limit: usize,
    facts: Draft,
    /// What other threads wrote of a list of the file, in the order of their parts: when there is another list, each
    /// goes on with what it wrote, so that the facts of one component stand together.
    pub(super) beside: Vec<Draft>,
    count: usize,
    /// Values written last by key: most packages of a file are of one ecosystem, scope and resolution.
    last: Vec<(&'static str, Arc<str>)>,
    /// The host named last: most packages of a file come from one.
    last_host: Option<(Box<str>, ComponentId)>,
    /// The sheet written about last, and the number of this scanner there.
    last_sheet: Option<(Arc<Sheet>, u16)>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) dropped: usize,
    pub(super) unlisted: usize,
}

impl<'a> Facts<'a> {
    /// An empty collection for one scanner call, holding at most `limit` facts.
    #[must_use]
    pub fn new(meta: &'a ScannerMeta, scanner: &'static str, limit: usize) -> Self {
        Self {
            meta,
            scanner,
            limit,
            problem_limit: PROBLEM_LIMIT,
            facts: Draft::default(),
            beside: Vec::new(),
            count: 0,
            last: Vec::new(),
            last_host: None,
            last_sheet: None,
            diagnostics: Vec::new(),
            dropped: 0,
            unlisted: 0,
        }
    }

    /// What was collected outside of the engine, by readers that are no scanners of the list.
    #[must_use]
    pub(crate) fn inventory(mut self) -> Inventory {
        let mut inventory = self.take().finish();
        inventory.diagnostics.extend(self.diagnostics);
        inventory
    }

    /// What the scanner is that writes here.
    #[must_use]
    pub fn meta(&self) -> &'a ScannerMeta {
        self.meta
    }

    /// As [`ComponentId::host`].
    pub(crate) fn host(&mut self, name: &str) -> ComponentId {
        match &self.last_host {
            Some((last, host)) if **last == *name => host.clone(),
            _ => {
                let host = ComponentId::host(name);
                self.last_host = Some((name.into(), host.clone()));
                host
            }
        }
    }

    /// There is such a thing.
    pub fn component(&mut self, id: &ComponentId, kind: ComponentKind, seen: Seen) {
        if let Some(evidence) = self.evidence(seen) {
            self.facts.component(id, kind, evidence);
        }
    }

    /// It has such a property; `key` is one of [`crate::model::key`].
    pub fn attribute(&mut self, of: &ComponentId, key: &'static str, value: impl AsRef<str>, seen: Seen) {
        if let Some(evidence) = self.evidence(seen) {
            let value = self.shared(key, value.as_ref());
            self.facts.attribute(of, key, value, evidence);
        }
    }

    /// Two things are related; the loss hurts when the kind of relation says.
    pub fn relation(&mut self, from: &ComponentId, kind: RelationKind, to: &ComponentId, seen: Seen) {
        self.relation_with(from, kind, to, None, None, seen);
    }

    /// As [`Self::relation`], with a group of alternatives or a horizon of its own.
    pub fn relation_with(
        &mut self,
        from: &ComponentId,
        kind: RelationKind,
        to: &ComponentId,
        group: Option<&str>,
        horizon: Option<Horizon>,
        seen: Seen,
    ) {
        if from == to {
            return;
        }
        if let Some(evidence) = self.evidence(seen) {
            let group = group.map(|name| Group(Arc::from(name)));
            self.facts.relation(from, kind, to, group, horizon, evidence);
        }
    }

    /// Part of the input was not understood; the scan goes on.
    pub fn problem(&mut self, kind: DiagnosticKind, file: &SourceFile, span: Option<Span>, message: impl AsRef<str>) {
        let at = span.map(|span| file.region(span).start);
        // whatever a reader of lines makes of a mark that Git left, that is what it is
        let is_mark = kind == DiagnosticKind::Malformed && span.is_some_and(|span| is_mark_at(file.text(), span.start));
        if is_mark && message.as_ref() != BOTH_READ && !message.as_ref().ends_with(" read") {
            self.problem_at(kind, file.path(), at, UNFINISHED_MERGE);
        } else {
            self.problem_at(kind, file.path(), at, message);
        }
    }

    /// As [`Self::problem`], for a place known by line and column.
    pub fn problem_at(
        &mut self,
        kind: DiagnosticKind,
        path: &RelPath,
        at: Option<LineColumn>,
        message: impl AsRef<str>,
    ) {
        if self.diagnostics.len() >= self.problem_limit {
            self.unlisted += 1;
            return;
        }
        self.diagnostics.push(Diagnostic {
            path: path.clone(),
            at,
            kind,
            scanner: Arc::from(self.scanner),
            message: clean_line(&shorten(&masked(message.as_ref()), MESSAGE_LIMIT)).into_owned(),
        });
    }

    /// An error of one of several files, at the place that it knows.
    pub fn problem_of(&mut self, file: &SourceFile, error: &anyhow::Error) {
        let at = error.downcast_ref::<super::input::Located>().map(|located| located.at);
        self.problem_at(DiagnosticKind::Malformed, file.path(), at, format!("{error:#}"));
    }

    /// Places of a file where the scanner itself says that something was lost.
    pub(super) fn lost_at(&self, path: &RelPath) -> BTreeSet<LineColumn> {
        let lost = self.diagnostics.iter().filter(|problem| problem.kind.is_loss() && problem.path == *path);
        lost.filter_map(|problem| problem.at).collect()
    }

    /// What was written.
    pub(super) fn into_parts(mut self) -> (Draft, Vec<Diagnostic>) {
        (self.take(), self.diagnostics)
    }

    /// Takes over what was written under another scanner's name.
    pub(crate) fn absorb(&mut self, mut other: Facts<'_>) {
        self.count += other.count;
        self.dropped += other.dropped;
        self.unlisted += other.unlisted;
        self.unite(other.take());
        self.diagnostics.append(&mut other.diagnostics);
    }

    /// All facts that were written, which are gone from here.
    pub(super) fn take(&mut self) -> Draft {
        let beside = std::mem::take(&mut self.beside);
        beside.into_iter().fold(std::mem::take(&mut self.facts), Draft::merge)
    }

    /// Adds facts that were counted.
    pub(super) fn unite(&mut self, facts: Draft) {
        self.facts = std::mem::take(&mut self.facts).merge(facts);
    }

    /// Takes over what a thread wrote of a part, but for the facts themselves, which it gives.
    pub(super) fn count_in(&mut self, mut part: Facts<'_>) -> Draft {
        let facts = part.take();
        self.absorb(part);
        facts
    }

    /// Goes on with facts that were counted elsewhere.
    pub(super) fn go_on_with(&mut self, facts: Draft) {
        self.facts = facts;
    }

    /// How many facts may still be written.
    #[must_use]
    pub(crate) fn room(&self) -> usize {
        self.limit.saturating_sub(self.count)
    }

    /// How many facts were written so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// True when nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The value as kept text: the one written last under the key when it is the same.
    fn shared(&mut self, key: &'static str, value: &str) -> Arc<str> {
        let slot = self.last.iter_mut().find(|(of, _)| *of == key);
        match slot {
            Some((_, last)) if **last == *value => Arc::clone(last),
            slot => {
                let text: Arc<str> = Arc::from(clean_line(value).as_ref());
                match slot {
                    Some((_, last)) => *last = Arc::clone(&text),
                    None => self.last.push((key, Arc::clone(&text))),
                }
                text
            }
        }
    }

    /// The evidence of one more fact; nothing when there are too many.
    fn evidence(&mut self, seen: Seen) -> Option<Evidence> {
        if self.count >= self.limit {
            self.dropped += 1;
            return None;
        }
        let scanner = match &self.last_sheet {
            Some((sheet, scanner)) if Arc::ptr_eq(sheet, &seen.sheet) => *scanner,
            _ => {
                let scanner = seen.sheet.scanner(self.scanner);
                self.last_sheet = Some((Arc::clone(&seen.sheet), scanner));
                scanner
            }
        };
        let basis = seen.basis.unwrap_or(self.meta.basis);
        self.count += 1;
        Some(Evidence::Observed(Sighting::new(seen.sheet, seen.spot, scanner, basis)))
    }
}

/// True where a mark of an unfinished merge begins, as a line of its own.
fn is_mark_at(text: &str, at: usize) -> bool {
    let is_line = at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n');
    is_line && text.get(at..).is_some_and(is_merge_mark) && may_have_marks(text)
}
