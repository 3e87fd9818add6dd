//! Select, read, run in parallel, catch, merge.
//!
//! Candidates are sorted before anything is read, every scanner call writes into its own
//! collection, and the union of all is sorted once at the end: the result is the same for any
//! number of threads.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use globset::{Glob, GlobSet, GlobSetBuilder};
use rayon::prelude::*;

use super::extract::{self, Extract, may_matter};
use super::facts::Facts;
use super::input::{Companions, Input, SourceFile, Subject};
use super::memo::Memo;
use super::{AssetMapping, SCANNERS, Scanner, ScannerMeta, SizeClass, Unit};
use crate::catalog::Catalog;
use crate::diagnostic::{Coverage, Diagnostic, DiagnosticKind};
use crate::model::{Draft, Inventory};
use crate::source::Limits;
use crate::source::directory::{self, Irregular, ReadError, Sort, Walk};
use crate::source::vendored::Vendored;
use crate::text::{RelPath, clean_line};

/// Least and most jobs that one thread takes at a time.
const JOBS_PER_TASK: (usize, usize) = (4, 512);

/// How to scan.
#[derive(Clone, Debug)]
pub struct Options {
    /// Every cap.
    pub limits: Limits,
    /// Paths left out, from the configuration.
    pub excludes: GlobSet,
    /// Allows running `cargo metadata` on the target.
    pub trust_workspace: bool,
    /// Also tells what later layers of an image removed.
    pub removed: bool,
    /// What all files belong to, when that is one thing (an image) and not the folders they lie in.
    pub subject: Option<Subject>,
    /// How lists of assets are read, from the configuration.
    pub assets: Vec<AssetMapping>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            excludes: GlobSet::empty(),
            trust_workspace: false,
            removed: false,
            subject: None,
            assets: Vec::new(),
        }
    }
}

/// Which scanners want which path: one glob set for all.
pub struct Selector {
    set: GlobSet,
    /// For every glob of the set, the scanner it belongs to.
    owners: Vec<usize>,
    /// For every glob of the set, whether it asks more than an ending such as `*.json`.
    tells_name: Vec<bool>,
}

impl Default for Selector {
    fn default() -> Self {
        Self::new()
    }
}

impl Selector {
    /// The globs of every scanner, compiled.
    #[must_use]
    pub fn new() -> Self {
        Self::only(|_| true)
    }

    /// As [`Self::new`], with the lists of assets that a configuration names.
    #[must_use]
    pub fn with_assets(assets: &[AssetMapping]) -> Self {
        Self::made(|_| true, assets)
    }

    /// As [`Self::new`], for some scanners only.
    #[must_use]
    pub fn only(keep: impl Fn(&ScannerMeta) -> bool) -> Self {
        Self::made(keep, &[])
    }

    fn made(keep: impl Fn(&ScannerMeta) -> bool, assets: &[AssetMapping]) -> Self {
        let mut builder = GlobSetBuilder::new();
        let mut owners = Vec::new();
        let mut tells_name = Vec::new();
        // what extracts are made of is told by content, see [`extract`]
        let by_name = |scanner: &&dyn Scanner| keep(scanner.meta()) && scanner.extractor().is_none();
        for (index, scanner) in SCANNERS.iter().enumerate().filter(|(_, scanner)| by_name(scanner)) {
            for pattern in scanner.meta().files {
                builder.add(Glob::new(pattern).expect("scanner globs are constants and tested"));
                owners.push(index);
                tells_name.push(pattern.strip_prefix("**/*.").is_none_or(|ending| ending.contains(['.', '/', '*'])));
            }
        }
        let lists = SCANNERS.iter().position(|scanner| scanner.meta().id == "asset-list");
        for (index, mapping) in lists.into_iter().flat_map(|index| assets.iter().map(move |mapping| (index, mapping))) {
            // checked when the configuration was read
            if let Ok(glob) = Glob::new(&mapping.files) {
                builder.add(glob);
                owners.push(index);
                tells_name.push(true);
            }
        }
        Self { set: builder.build().expect("scanner globs are tested, those of users checked"), owners, tells_name }
    }

    /// The size class under which most bytes of `path` would be read; `None` when no scanner wants it.
    #[must_use]
    pub fn size_class(&self, path: &RelPath) -> Option<SizeClass> {
        self.set.matches(path.as_str()).into_iter().map(|glob| SCANNERS[self.owners[glob]].meta().size).max()
    }

    /// As [`Self::size_class`], without those that need no more than the name.
    #[must_use]
    pub fn content_class(&self, path: &RelPath) -> Option<SizeClass> {
        let readers = self.scanners_for(path).into_iter().map(|index| SCANNERS[index]);
        readers.filter(|scanner| !scanner.needs_no_content(path)).map(|scanner| scanner.meta().size).max()
    }

    /// True when a scanner reads what is installed and wants `path` as such.
    #[must_use]
    pub fn reads_installed(&self, path: &RelPath) -> bool {
        self.set.matches(path.as_str()).into_iter().any(|glob| SCANNERS[self.owners[glob]].reads_installed())
    }

    /// The scanners that read `path`: all that want it, unless its name tells its format (a lock file, or one that
    /// is not read yet). Then only those that want the name: what looks into every `*.json` finds nothing of its own in there.
    fn readers(&self, path: &RelPath) -> Vec<usize> {
        let mut found = self.scanners_for(path);
        let matches = self.set.matches(path.as_str());
        let by_name = |index: usize| matches.iter().any(|glob| self.owners[*glob] == index && self.tells_name[*glob]);
        let tells_format = |index: usize| {
            by_name(index) && SCANNERS[index].meta().size == SizeClass::Large || SCANNERS[index].needs_no_content(path)
        };
        if found.iter().any(|index| tells_format(*index)) {
            // an ending alone may be all that a format has for a name: `*.bicep`
            found.retain(|index| by_name(*index) || SCANNERS[*index].needs_no_content(path));
        }
        found
    }

    /// True when some scanner reads `path`.
    #[must_use]
    pub fn wants(&self, path: &RelPath) -> bool {
        if directory::is_installed(path) {
            !self.scanners_for(path).is_empty()
        } else {
            self.set.is_match(path.as_str())
        }
    }

    fn scanners_for(&self, path: &RelPath) -> Vec<usize> {
        let mut found: Vec<usize> = self.set.matches(path.as_str()).into_iter().map(|glob| self.owners[glob]).collect();
        found.sort_unstable();
        found.dedup();
        if directory::is_installed(path) {
            found.retain(|index| SCANNERS[*index].reads_installed());
        }
        found
    }
}

/// One unit of work: the files of one call group, and the scanners that want them.
struct Job {
    paths: Vec<RelPath>,
    scanners: Vec<usize>,
    limit: u64,
    /// The files are not opened: their names are all that is needed.
    by_name: bool,
}

/// A file that is read by what it holds, not by its name.
enum Content {
    /// Not opened yet; with its size.
    File(RelPath, u64),
    /// With what was kept of it, and the layer it comes from.
    Ready(RelPath, Extract, Option<Arc<str>>),
}

/// Scans a folder.
///
/// # Errors
/// When the folder itself cannot be opened; everything below is a diagnostic.
pub fn scan_directory(root: &Path, catalog: &Catalog, options: &Options) -> anyhow::Result<Inventory> {
    let selector = Selector::with_assets(&options.assets);
    let may_matter = |path: &RelPath| selector.wants(path) || may_matter(path, u64::MAX);
    let mut walk = directory::walk(root, &options.excludes, &options.limits, may_matter)?;
    // links between libraries and programs are many, and what they lead to is read where it lies
    walk.irregular.retain(|thing| thing.sort == Sort::LinkToFolderOutside || selector.wants(&thing.path));
    let links = irregular(&selector, &walk);
    let by_content: Vec<Content> = walk
        .candidates
        .iter()
        .filter(|candidate| extract::may_matter(&candidate.path, candidate.size))
        .map(|candidate| Content::File(candidate.path.clone(), candidate.size))
        .collect();
    walk.candidates.retain(|candidate| selector.wants(&candidate.path));
    let paths: Vec<RelPath> = walk.candidates.into_iter().map(|candidate| candidate.path).collect();
    let read = |path: &RelPath, limit: u64| directory::read(root, path, limit);
    let companions = |path: &RelPath| directory::read_without_links(root, path, options.limits.file_bytes).ok();
    let trusted = options.trust_workspace.then_some(root);
    let layers = BTreeMap::new();
    let open = |path: &RelPath| Ok(Box::new(directory::open(root, path)?) as Box<dyn std::io::Read>);
    let run = Run { trusted, open: &open, ..Run::new(&read, &companions, &layers, catalog, options) };
    let mut inventory = run.all(&jobs(&selector, &paths, &options.limits), &by_content);
    inventory.coverage.seen = walk.seen;
    for problem in links {
        if problem.kind.is_loss() {
            inventory.coverage.failed.insert(problem.path.clone());
        }
        inventory.diagnostics.insert(problem);
    }
    for (path, reason) in walk.unreadable {
        inventory.coverage.failed.insert(path.clone());
        inventory.diagnostics.insert(engine_problem(path, DiagnosticKind::Unreadable, &reason));
    }
    for path in walk.skipped {
        inventory.coverage.skipped.insert(path);
    }
    if walk.limit_reached {
        let message = format!("the tree has more than {} files; the rest was not read", options.limits.files);
        inventory.diagnostics.insert(engine_problem(RelPath::root(), DiagnosticKind::LimitReached, &message));
    }
    Ok(inventory)
}

/// What to say of things that are no files. A link whose end every scanner that wants the link reads anyway is
/// no loss; any other thing under a wanted name is.
fn irregular(selector: &Selector, walk: &Walk) -> Vec<Diagnostic> {
    let is_read = |path: &RelPath| walk.candidates.binary_search_by(|candidate| candidate.path.cmp(path)).is_ok();
    let readers = |path: &RelPath| selector.scanners_for(path);
    let problem = |thing: &Irregular| {
        let kind = match &thing.sort {
            Sort::LinkToFile(end) if is_read(end) => {
                let there = readers(end);
                let all = readers(&thing.path).iter().all(|scanner| there.contains(scanner));
                if all { DiagnosticKind::Link } else { DiagnosticKind::Unreadable }
            }
            _ => DiagnosticKind::Unreadable,
        };
        let message = match &thing.sort {
            Sort::LinkToFile(_) if kind == DiagnosticKind::Unreadable => {
                format!("{}, and not read under that name", thing.sort.message())
            }
            Sort::LinkToFile(_) => format!("{}, and read under that name", thing.sort.message()),
            sort => sort.message(),
        };
        engine_problem(thing.path.clone(), kind, &message)
    };
    walk.irregular.iter().map(problem).collect()
}

/// Scans files that are in memory already: image layers, rule examples, single-file targets.
/// A file that no scanner wants gives nothing.
#[must_use]
pub fn scan_files(files: Vec<(RelPath, Vec<u8>, Option<Arc<str>>)>, catalog: &Catalog, options: &Options) -> Inventory {
    scan_files_with(&Selector::with_assets(&options.assets), files, catalog, options)
}

/// As [`scan_files`], with a selection of scanners that is made once for many calls.
#[must_use]
pub fn scan_files_with(
    selector: &Selector,
    files: Vec<(RelPath, Vec<u8>, Option<Arc<str>>)>,
    catalog: &Catalog,
    options: &Options,
) -> Inventory {
    let look = |(path, bytes, layer): &(RelPath, Vec<u8>, Option<Arc<str>>)| {
        let (size, mut bytes) = (bytes.len() as u64, bytes.as_slice());
        let extract = may_matter(path, size).then(|| extract::look(path, size, &mut bytes, &options.limits))??;
        Some((path.clone(), extract, layer.clone()))
    };
    let extracts = files.iter().filter_map(look).collect();
    scan_with_extracts(selector, files, extracts, catalog, options)
}

/// As [`scan_files_with`], where extracts were made already, while layers of an image were unpacked.
#[must_use]
pub fn scan_with_extracts(
    selector: &Selector,
    files: Vec<(RelPath, Vec<u8>, Option<Arc<str>>)>,
    extracts: Vec<(RelPath, Extract, Option<Arc<str>>)>,
    catalog: &Catalog,
    options: &Options,
) -> Inventory {
    let by_content: Vec<Content> =
        extracts.into_iter().map(|(path, extract, layer)| Content::Ready(path, extract, layer)).collect();
    let mut by_path: BTreeMap<RelPath, (Vec<u8>, Option<Arc<str>>)> =
        files.into_iter().map(|(path, bytes, layer)| (path, (bytes, layer))).collect();
    let seen = by_path.len() as u64;
    by_path.retain(|path, _| selector.wants(path));
    let paths: Vec<RelPath> = by_path.keys().cloned().collect();
    let layers: BTreeMap<&RelPath, &Arc<str>> =
        by_path.iter().filter_map(|(path, (_, layer))| layer.as_ref().map(|layer| (path, layer))).collect();
    let read = |path: &RelPath, limit: u64| match by_path.get(path) {
        Some((bytes, _)) if bytes.len() as u64 > limit => Err(ReadError::TooLarge { size: bytes.len() as u64, limit }),
        Some((bytes, _)) => Ok(bytes.clone()),
        None => Err(ReadError::Io("not found".to_owned())),
    };
    let companions = |path: &RelPath| read(path, options.limits.file_bytes).ok();
    let run = Run::new(&read, &companions, &layers, catalog, options);
    let mut inventory = run.all(&jobs(selector, &paths, &options.limits), &by_content);
    inventory.coverage.seen = seen;
    inventory
}

/// Scans one file in memory with the scanner of an id, whatever the file is called: its content told what it is.
#[must_use]
pub fn scan_file_as(id: &str, path: RelPath, bytes: Vec<u8>, catalog: &Catalog, options: &Options) -> Inventory {
    let read = |_: &RelPath, limit: u64| match bytes.len() as u64 {
        size if size > limit => Err(ReadError::TooLarge { size, limit }),
        _ => Ok(bytes.clone()),
    };
    let companions = |_: &RelPath| None;
    let layers = BTreeMap::new();
    let run = Run::new(&read, &companions, &layers, catalog, options);
    let scanners: Vec<usize> = (0..SCANNERS.len()).filter(|index| SCANNERS[*index].meta().id == id).collect();
    let limit = options.limits.large_file_bytes;
    let mut inventory = run.all(&[Job { paths: vec![path], scanners, limit, by_name: false }], &[]);
    inventory.coverage.seen = 1;
    inventory
}

/// Groups sorted paths into calls: single files by themselves, folder units by folder and scanner.
fn jobs(selector: &Selector, paths: &[RelPath], limits: &Limits) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    let mut folders: BTreeMap<(usize, RelPath), Vec<RelPath>> = BTreeMap::new();
    let vendored = Vendored::of(paths);
    let mut heads: BTreeMap<&str, BTreeSet<RelPath>> = BTreeMap::new();
    for path in paths {
        let mut single: Vec<(Option<SizeClass>, usize)> = Vec::new();
        let of_others = vendored.holds(path);
        for index in selector.readers(path) {
            let (scanner, meta) = (SCANNERS[index], SCANNERS[index].meta());
            if of_others && !scanner.reads_installed() {
                continue;
            }
            match meta.unit {
                Unit::File => single.push(((!scanner.needs_no_content(path)).then_some(meta.size), index)),
                Unit::Directory => folders.entry((index, path.parent())).or_default().push(path.clone()),
                Unit::Below(marker) => {
                    let heads = heads.entry(marker).or_insert_with(|| holders(paths, marker));
                    let home = outermost(path, heads).unwrap_or_else(|| path.parent());
                    folders.entry((index, home)).or_default().push(path.clone());
                }
                Unit::Tree => folders.entry((index, RelPath::root())).or_default().push(path.clone()),
            }
        }
        // scanners with different size limits must not lift each other's limit
        single.sort_unstable();
        for group in single.chunk_by(|a, b| a.0 == b.0) {
            jobs.push(Job {
                paths: vec![path.clone()],
                scanners: group.iter().map(|(_, index)| *index).collect(),
                limit: group[0].0.map_or(0, |size| size.limit(limits)),
                by_name: group[0].0.is_none(),
            });
        }
    }
    for ((index, _), paths) in folders {
        let limit = SCANNERS[index].meta().size.limit(limits);
        jobs.push(Job { paths, scanners: vec![index], limit, by_name: false });
    }
    jobs
}

/// Folders that hold a file of a name.
fn holders(paths: &[RelPath], name: &str) -> BTreeSet<RelPath> {
    paths.iter().filter(|path| path.name() == name).map(RelPath::parent).collect()
}

/// The outermost of some folders that a path lies in.
fn outermost(path: &RelPath, folders: &BTreeSet<RelPath>) -> Option<RelPath> {
    let mut found = None;
    let mut at = path.clone();
    while !at.is_root() {
        at = at.parent();
        if folders.contains(&at) {
            found = Some(at.clone());
        }
    }
    found
}

type Read<'a> = dyn Fn(&RelPath, u64) -> Result<Vec<u8>, ReadError> + Sync + 'a;
type Open<'a> = dyn Fn(&RelPath) -> Result<Box<dyn std::io::Read>, ReadError> + Sync + 'a;

/// Nothing can be opened: what is scanned lies in memory.
fn closed(_: &RelPath) -> Result<Box<dyn std::io::Read>, ReadError> {
    Err(ReadError::Io("not found".to_owned()))
}

/// What every call of one run shares.
struct Run<'a> {
    read: &'a Read<'a>,
    open: &'a Open<'a>,
    companions: &'a Companions<'a>,
    memo: Memo,
    layers: &'a BTreeMap<&'a RelPath, &'a Arc<str>>,
    catalog: &'a Catalog,
    options: &'a Options,
    trusted: Option<&'a Path>,
}

impl<'a> Run<'a> {
    /// A run that executes nothing of the target.
    fn new(
        read: &'a Read<'a>,
        companions: &'a Companions<'a>,
        layers: &'a BTreeMap<&'a RelPath, &'a Arc<str>>,
        catalog: &'a Catalog,
        options: &'a Options,
    ) -> Self {
        Self { read, open: &closed, companions, memo: Memo::default(), layers, catalog, options, trusted: None }
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
            assets: &self.options.assets,
        }
    }

    /// Runs every job. Each thread unites its own outcomes, then those are united: a union has no order.
    fn all(&self, jobs: &[Job], by_content: &[Content]) -> Inventory {
        let some = |jobs: &[Job]| jobs.iter().map(|job| run_job(job, self)).fold(Outcome::default(), Outcome::merge);
        // a few tasks for each thread: every task's facts are united once more, large files must spread
        let task = (jobs.len() / (rayon::current_num_threads() * 16)).clamp(JOBS_PER_TASK.0, JOBS_PER_TASK.1);
        let all = jobs.par_chunks(task).map(some).reduce(Outcome::default, Outcome::merge);
        let rest = by_content.par_iter().map(|one| look_into(one, self)).reduce(Outcome::default, Outcome::merge);
        let all = all.merge(rest);
        let all = super::evaluated::in_place(super::computed::prefer(all.finish()));
        let all = super::own::without_own(all);
        let all = super::registries::apply(super::reconcile::reconcile(all));
        super::held::apply(all, &self.companions)
    }
}

/// What one job gave.
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

    fn finish(self) -> Inventory {
        let mut inventory = self.facts.finish();
        inventory.diagnostics.extend(self.diagnostics);
        inventory.coverage.merge(self.coverage);
        inventory
    }
}

fn run_job(job: &Job, run: &Run<'_>) -> Outcome {
    let mut outcome = Outcome::default();
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
        return outcome;
    }
    let input = run.input(&files);
    let limit = run.options.limits.facts_of(files.iter().map(|file| file.bytes().len()).sum());
    for index in &job.scanners {
        call(SCANNERS[*index], &input, limit, &mut outcome);
    }
    outcome
}

/// A file that is read by what it holds.
fn look_into(content: &Content, run: &Run<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    let (path, extract, layer) = match content {
        Content::Ready(path, extract, layer) => (path, Some(extract.clone()), layer.clone()),
        Content::File(path, size) => match (run.open)(path) {
            Ok(mut bytes) => (path, extract::look(path, *size, &mut bytes, &run.options.limits), None),
            // a program that only its owner may read is no file that the scan is about
            Err(_) => return outcome,
        },
    };
    let Some(extract) = extract else { return outcome };
    if let Some(reason) = &extract.problem {
        let message = format!("read in part by {}: {reason}", extract.scanner);
        outcome.coverage.partial.insert(path.clone());
        outcome.diagnostics.push(engine_problem(path.clone(), DiagnosticKind::Malformed, &message));
    }
    let Some(scanner) = SCANNERS.iter().find(|scanner| scanner.meta().id == extract.scanner) else { return outcome };
    outcome.coverage.read.insert(path.clone());
    let limit = run.options.limits.facts_of(extract.bytes.len());
    let files = [Arc::new(SourceFile::new(path.clone(), extract.bytes, layer))];
    call(*scanner, &run.input(&files), limit, &mut outcome);
    outcome
}

/// One scanner call: errors and panics become diagnostics, facts written before them are kept.
fn call(scanner: &'static dyn Scanner, input: &Input<'_>, limit: usize, outcome: &mut Outcome) {
    let meta = scanner.meta();
    let mut facts = Facts::new(meta, meta.id, limit);
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
    if facts.facts.is_empty() {
        outcome.coverage.failed.extend(lost);
    } else {
        outcome.coverage.partial.extend(lost);
    }
    outcome.facts = std::mem::take(&mut outcome.facts).merge(facts.facts);
    outcome.diagnostics.append(&mut facts.diagnostics);
}

fn engine_problem(path: RelPath, kind: DiagnosticKind, message: &str) -> Diagnostic {
    Diagnostic { path, at: None, kind, scanner: Arc::from("engine"), message: clean_line(message).into_owned() }
}
