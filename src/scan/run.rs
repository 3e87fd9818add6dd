//! One run: read, call, catch, unite.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rayon::prelude::*;

use super::engine::Options;
use super::extract::{self, Extract};
use super::facts::Facts;
use super::input::{Companions, Input, SourceFile};
use super::jobs::Job;
use super::memo::Memo;
use super::{SCANNERS, Scanner, Unit, hardware, sides};
use crate::catalog::Catalog;
use crate::diagnostic::{Coverage, Diagnostic, DiagnosticKind};
use crate::model::{Draft, Inventory};
use crate::source::directory::ReadError;
use crate::text::{RelPath, Span, clean_line};
use crate::threads::{Home, sharing};

/// Bytes from which on a job is begun before those that are smaller.
const LARGE: u64 = 64 << 10;

/// Runs that are under way.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// True while files are scanned: a scanner that panics then becomes a diagnostic.
#[must_use]
pub fn is_running() -> bool {
    RUNNING.load(Ordering::Relaxed) > 0
}

/// One run that is under way.
struct Running;

impl Running {
    fn begin() -> Self {
        RUNNING.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A file that is read by what it holds, not by its name.
pub(super) enum Content {
    /// Not opened yet; with its size.
    File(RelPath, u64),
    /// With what was kept of it, and the layer it comes from.
    Ready(RelPath, Extract, Option<Arc<str>>),
}

pub(super) type Read<'a> = dyn Fn(&RelPath, u64) -> Result<Vec<u8>, ReadError> + Sync + 'a;
pub(super) type Open<'a> = dyn Fn(&RelPath) -> Result<Box<dyn std::io::Read>, ReadError> + Sync + 'a;

/// Nothing can be opened: what is scanned lies in memory.
fn closed(_: &RelPath) -> Result<Box<dyn std::io::Read>, ReadError> {
    Err(ReadError::Io("not found".to_owned()))
}

/// What every call of one run shares.
pub(super) struct Run<'a> {
    read: &'a Read<'a>,
    pub(super) open: &'a Open<'a>,
    companions: &'a Companions<'a>,
    memo: Memo,
    /// Files of the target that some scanner wants, sorted.
    pub(super) paths: &'a [RelPath],
    layers: &'a BTreeMap<&'a RelPath, &'a Arc<str>>,
    catalog: &'a Catalog,
    options: &'a Options,
    pub(super) trusted: Option<&'a Path>,
}

impl<'a> Run<'a> {
    /// A run that executes nothing of the target.
    pub(super) fn new(
        read: &'a Read<'a>,
        companions: &'a Companions<'a>,
        layers: &'a BTreeMap<&'a RelPath, &'a Arc<str>>,
        catalog: &'a Catalog,
        options: &'a Options,
    ) -> Self {
        Self {
            read,
            open: &closed,
            companions,
            memo: Memo::default(),
            paths: &[],
            layers,
            catalog,
            options,
            trusted: None,
        }
    }

    /// What a call for some files sees.
    fn input<'f>(&'f self, files: &'f [Arc<SourceFile>]) -> Input<'f> {
        Input {
            files,
            catalog: self.catalog,
            trusted_root: self.trusted,
            subject: self.options.subject.as_ref(),
            companions: self.companions,
            memo: &self.memo,
            paths: self.paths,
            assets: &self.options.assets,
        }
    }

    /// Runs every job. Each thread takes the next one that nobody has taken and goes on with what it wrote, then what all
    /// wrote is united: a union has no order.
    fn outcomes(&self, jobs: &[Job], by_content: &[Content]) -> Outcome {
        // the large ones first, so that no thread is left with one when the others have nothing to do any more
        let mut order: Vec<&Job> = jobs.iter().collect();
        order.sort_by_key(|job| (job.asks_others, Reverse(job.bytes / LARGE)));
        let next = AtomicUsize::new(0);
        let open = AtomicU64::new(order.iter().fold(0, |all, job| all.saturating_add(job.bytes)));
        let (home, begun_by) = (Home::here(), rayon::current_thread_index());
        let work = |thread: rayon::BroadcastContext<'_>| {
            if begun_by != Some(thread.index()) {
                home.leave(thread.index());
            }
            let mut own = Outcome::default();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                match (order.get(at), by_content.get(at.saturating_sub(order.len()))) {
                    (Some(job), _) => {
                        let others = open.load(Ordering::Relaxed).saturating_sub(job.bytes);
                        let threads = free_for(job.bytes, others, rayon::current_num_threads());
                        sharing(threads, || run_job(job, self, &mut own));
                        open.fetch_sub(job.bytes, Ordering::Relaxed);
                    }
                    (None, Some(content)) => look_into(content, self, &mut own),
                    (None, None) => return own,
                }
            }
        };
        rayon::broadcast(work).into_par_iter().reduce(Outcome::default, Outcome::merge)
    }

    /// What all jobs find, settled.
    pub(super) fn all(&self, jobs: &[Job], by_content: &[Content]) -> Inventory {
        let _running = Running::begin();
        let all = self.outcomes(jobs, by_content);
        if all.facts.is_empty() {
            return self.settled(all);
        }
        // what follows goes one by one for the most part, and then asks the catalog
        rayon::join(|| self.settled(all), || self.catalog.make_ready(|| true)).0
    }

    fn settled(&self, all: Outcome) -> Inventory {
        let all = super::evaluated::in_place(super::computed::prefer(all.finish()));
        let all = super::called::apply(super::own::without_own(all), self.catalog);
        let all = super::deployed::apply(super::queued::apply(all, self.catalog), self.catalog);
        let all = super::replicated::apply(all, self.catalog);
        let all = super::mirrors::apply(
            super::registries::apply(super::reconcile::reconcile(all), self.catalog),
            self.catalog,
        );
        super::held::apply(hardware::same::unite(hardware::forms::settle(all)), &self.companions)
    }
}

/// How many threads may work on a job of so many bytes, this one among them: those that the bytes of all other open jobs keep
/// busy as long do not.
fn free_for(bytes: u64, others: u64, threads: usize) -> usize {
    let busy = usize::try_from(others / bytes.max(1)).unwrap_or(usize::MAX);
    threads - busy.min(threads - 1)
}

/// What jobs gave.
#[derive(Default)]
struct Outcome {
    facts: Draft,
    diagnostics: Vec<Diagnostic>,
    coverage: Coverage,
}

impl Outcome {
    fn merge(mut self, mut other: Self) -> Self {
        self.facts = self.facts.merge(other.facts);
        self.diagnostics.append(&mut other.diagnostics);
        self.coverage.merge(other.coverage);
        self
    }

    /// The content of a file is elsewhere.
    fn is_pointer(&mut self, path: &RelPath) {
        let message = "not read: a pointer of Git LFS stands in its place; `git lfs pull` brings the content";
        self.coverage.failed.insert(path.clone());
        self.diagnostics.push(engine_problem(path.clone(), DiagnosticKind::Unreadable, message));
    }

    fn finish(self) -> Inventory {
        let mut inventory = self.facts.finish();
        inventory.diagnostics.extend(self.diagnostics);
        inventory.coverage.merge(self.coverage);
        inventory
    }
}

fn run_job(job: &Job, run: &Run<'_>, outcome: &mut Outcome) {
    let mut files = Vec::with_capacity(job.paths.len());
    for path in &job.paths {
        if job.by_name {
            files.push(Arc::new(SourceFile::new(
                path.clone(),
                Vec::new(),
                run.layers.get(path).map(|layer| Arc::clone(layer)),
            )));
            continue;
        }
        match (run.read)(path, job.limit) {
            Ok(bytes) if is_lfs_pointer(&bytes) => outcome.is_pointer(path),
            Ok(bytes) => {
                let file = SourceFile::new(path.clone(), bytes, run.layers.get(path).map(|layer| Arc::clone(layer)));
                outcome.coverage.read.insert(path.clone());
                files.push(Arc::new(file));
            }
            Err(error) => {
                // code over the limit is generated or minified: worth knowing, not a loss of inventory
                let (kind, message) = match error {
                    ReadError::Io(reason) => (DiagnosticKind::Unreadable, reason),
                    ReadError::TooLarge { size, limit } => {
                        let who: Vec<&str> = job.scanners.iter().map(|index| SCANNERS[*index].meta().id).collect();
                        // who only names formats that are not read loses nothing of what others read
                        if who == ["unread"] {
                            continue;
                        }
                        let who = who.join(", ");
                        let message = format!("not read by {who}: file has {size} bytes, the limit is {limit}");
                        (DiagnosticKind::LimitReached, message)
                    }
                };
                outcome.coverage.failed.insert(path.clone());
                outcome.diagnostics.push(engine_problem(path.clone(), kind, &message));
            }
        }
    }
    if files.is_empty() {
        return;
    }
    let limit = run.options.limits.facts_of(files.iter().map(|file| file.bytes().len()).sum());
    let (versions, told) = sides::versions(files);
    outcome.coverage.partial.extend(told.iter().map(|problem| problem.path.clone()));
    outcome.diagnostics.extend(told);
    for files in &versions {
        let input = run.input(files);
        for index in &job.scanners {
            call(SCANNERS[*index], &input, limit, outcome);
        }
        for file in files {
            outcome.diagnostics.extend(file.garbled().map(|span| garbled(file, span)));
        }
    }
    versions.into_iter().flatten().filter_map(Arc::into_inner).for_each(SourceFile::free);
}

/// Bytes that a pointer of Git LFS stays below.
const POINTER: u64 = 1024;

/// True for what stands in the place of a file that Git LFS keeps elsewhere
/// (<https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>).
fn is_lfs_pointer(bytes: &[u8]) -> bool {
    (bytes.len() as u64) < POINTER && bytes.starts_with(b"version https://git-lfs.github.com/spec/v1")
}

/// As [`is_lfs_pointer`], of a file that was read as a stream.
fn is_pointer_of(path: &RelPath, size: u64, run: &Run<'_>) -> bool {
    size < POINTER && (run.read)(path, size).is_ok_and(|bytes| is_lfs_pointer(&bytes))
}

/// A file that is read by what it holds.
fn look_into(content: &Content, run: &Run<'_>, outcome: &mut Outcome) {
    let (path, extract, layer) = match content {
        Content::Ready(path, extract, layer) => (path, Some(extract.clone()), layer.clone()),
        Content::File(path, size) => match (run.open)(path) {
            Ok(mut bytes) => match extract::look(path, *size, &mut bytes, &run.options.limits) {
                None if extract::is_named(path, *size) && is_pointer_of(path, *size, run) => {
                    outcome.is_pointer(path);
                    return;
                }
                extract => (path, extract, None),
            },
            Err(error) => {
                // a program has no name that tells it, and one that only its owner may read is no file of the scan
                if path.name().contains('.') {
                    let reason = match error {
                        ReadError::Io(reason) => reason,
                        ReadError::TooLarge { size, limit } => format!("{size} bytes, the limit is {limit}"),
                    };
                    outcome.coverage.failed.insert(path.clone());
                    outcome.diagnostics.push(engine_problem(path.clone(), DiagnosticKind::Unreadable, &reason));
                }
                return;
            }
        },
    };
    let Some(extract) = extract else { return };
    if let Some(reason) = &extract.problem {
        let message = format!("read in part by {}: {reason}", extract.scanner);
        outcome.coverage.partial.insert(path.clone());
        outcome.diagnostics.push(engine_problem(path.clone(), DiagnosticKind::Malformed, &message));
    }
    let is_its =
        |scanner: &&&dyn Scanner| scanner.meta().id == extract.scanner && run.options.selection.has(scanner.meta());
    let Some(scanner) = SCANNERS.iter().find(is_its) else { return };
    outcome.coverage.read.insert(path.clone());
    let limit = run.options.limits.facts_of(extract.bytes.len());
    let files = [Arc::new(SourceFile::new(path.clone(), extract.bytes, layer))];
    call(*scanner, &run.input(&files), limit, outcome);
}

/// One scanner call: errors and panics become diagnostics, facts written before them are kept.
fn call(scanner: &'static dyn Scanner, input: &Input<'_>, limit: usize, outcome: &mut Outcome) {
    let meta = scanner.meta();
    let mut facts = Facts::new(meta, meta.id, limit);
    // behind what the thread wrote before, which then needs not be written anew
    facts.go_on_with(std::mem::take(&mut outcome.facts));
    if meta.unit == Unit::Tree {
        facts.problem_limit *= input.files.len();
    }
    let path = input.file().path().clone();
    let result = catch_unwind(AssertUnwindSafe(|| scanner.scan(input, &mut facts)));
    input.files.iter().for_each(|file| file.tell_odd_shapes(&mut facts));
    let whole = match result {
        Ok(Ok(())) => None,
        Ok(Err(error)) => {
            let at = error.downcast_ref::<super::input::Located>().map(|located| located.at);
            Some((DiagnosticKind::Malformed, at, format!("{error:#}")))
        }
        Err(_) => {
            Some((DiagnosticKind::Internal, None, "the scanner panicked on this input; please report it".to_owned()))
        }
    };
    let mut problem = |kind, at, message: &str| {
        let message = clean_line(&super::words::masked(message)).into_owned();
        facts.diagnostics.push(Diagnostic { path: path.clone(), at, kind, scanner: Arc::from(meta.id), message });
    };
    if let Some((kind, at, message)) = whole {
        problem(kind, at, &message);
    }
    if facts.dropped > 0 {
        let message = format!("{} facts more than the limit of {} were dropped", facts.dropped, limit);
        problem(DiagnosticKind::LimitReached, None, &message);
    }
    if facts.unlisted > 0 {
        problem(DiagnosticKind::LimitReached, None, &format!("{} more problems are not listed", facts.unlisted));
    }
    let lost: BTreeSet<RelPath> =
        facts.diagnostics.iter().filter(|problem| problem.kind.is_loss()).map(|problem| problem.path.clone()).collect();
    if facts.is_empty() {
        outcome.coverage.failed.extend(lost);
    } else {
        outcome.coverage.partial.extend(lost);
    }
    outcome.facts = facts.take().in_pieces();
    outcome.diagnostics.append(&mut facts.diagnostics);
}

fn garbled(file: &SourceFile, span: Span) -> Diagnostic {
    let message = "bytes that are not UTF-8; what is read here has `\u{FFFD}` in their place";
    let at = Some(file.region(span).start);
    Diagnostic { at, ..engine_problem(file.path().clone(), DiagnosticKind::Malformed, message) }
}

/// What the engine itself has to say.
pub(super) fn engine_problem(path: RelPath, kind: DiagnosticKind, message: &str) -> Diagnostic {
    Diagnostic { path, at: None, kind, scanner: Arc::from("engine"), message: clean_line(message).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::free_for;

    #[test]
    fn a_file_gets_the_threads_that_the_others_do_not_need() {
        let (mb, none) = (1 << 20, 0);
        assert_eq!(free_for(10 * mb, none, 4), 4, "it is alone");
        assert_eq!(free_for(10 * mb, 9 * mb, 4), 4, "less than a thread takes for it");
        assert_eq!(free_for(10 * mb, 25 * mb, 4), 2);
        assert_eq!(free_for(10 * mb, 500 * mb, 4), 1, "there is enough for all");
        assert_eq!(free_for(10 * mb, 500 * mb, 1), 1);
        assert_eq!((free_for(0, none, 4), free_for(0, mb, 4)), (4, 1), "of unknown length");
    }
}
