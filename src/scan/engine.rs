//! What is scanned: a folder, files in memory, one file whose content told what it is.
//!
//! Candidates are sorted before anything is read, every scanner call writes into its own
//! collection, and the union of all is sorted once at the end: the result is the same for any
//! number of threads.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use globset::GlobSet;

use super::extract::{self, Extract, may_matter};
use super::input::Subject;
use super::jobs::{Job, jobs};
use super::run::{Content, Run, engine_problem};
use super::selector::Selector;
use super::{AssetMapping, SCANNERS, Selection};
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::Inventory;
use crate::source::Limits;
use crate::source::directory::{self, Folders, Irregular, ReadError, Sort, Walk};
use crate::text::RelPath;

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
    /// Which scanners look.
    pub selection: Selection,
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
            selection: Selection::default(),
        }
    }
}

/// Scans a folder.
///
/// # Errors
/// When the folder itself cannot be opened; everything below is a diagnostic.
pub fn scan_directory(root: &Path, catalog: &Catalog, options: &Options) -> anyhow::Result<Inventory> {
    Ok(scan_listed(root, list_directory(root, options, |_| true)?, catalog, options))
}

/// The files of a folder that may be read. The rules have no part in that, so it can be done while they are loaded. `goes_on` is
/// called on any thread for each thing below it, with whether one that some scanner wants by its name has been found, and
/// ends the listing by saying no.
///
/// # Errors
/// When the folder itself cannot be opened; everything below is a diagnostic.
pub fn list_directory(root: &Path, options: &Options, goes_on: impl Fn(bool) -> bool + Sync) -> anyhow::Result<Walk> {
    let selector = Selector::of(options);
    let has_found = AtomicBool::new(false);
    let may_matter = |path: &RelPath| {
        let is_wanted = selector.wants(path);
        if is_wanted {
            has_found.store(true, Ordering::Relaxed);
        }
        is_wanted || options.selection.may_matter(path, u64::MAX)
    };
    directory::walk(root, &options.excludes, &options.limits, may_matter, || goes_on(has_found.load(Ordering::Relaxed)))
}

/// Scans a folder whose files [`list_directory`] listed with the same options.
#[must_use]
pub fn scan_listed(root: &Path, mut walk: Walk, catalog: &Catalog, options: &Options) -> Inventory {
    let selector = Selector::of(options);
    // links between libraries and programs are many, and what they lead to is read where it lies
    walk.irregular.retain(|thing| thing.sort == Sort::LinkToFolderOutside || selector.wants(&thing.path));
    let links = irregular(&selector, &walk);
    let by_content: Vec<Content> = walk
        .candidates
        .iter()
        .filter(|candidate| options.selection.may_matter(&candidate.path, candidate.size))
        .map(|candidate| Content::File(candidate.path.clone(), candidate.size))
        .collect();
    walk.candidates.retain(|candidate| selector.wants(&candidate.path));
    let (paths, sizes): (Vec<RelPath>, Vec<u64>) =
        walk.candidates.into_iter().map(|candidate| (candidate.path, candidate.size)).unzip();
    let read = |path: &RelPath, limit: u64| directory::read(root, path, limit);
    let folders = Folders::default();
    let companions =
        |path: &RelPath| directory::read_without_links(root, path, options.limits.file_bytes, &folders).ok();
    let trusted = options.trust_workspace.then_some(root);
    let layers = BTreeMap::new();
    let open = |path: &RelPath| Ok(Box::new(directory::open(root, path)?) as Box<dyn std::io::Read>);
    let mut run = Run::new(&read, &companions, &layers, catalog, options);
    (run.trusted, run.open, run.paths) = (trusted, &open, &paths);
    let mut inventory = run.all(&jobs(&selector, &paths, &sizes, &options.limits), &by_content);
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
    inventory
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
    scan_files_with(&Selector::of(options), files, catalog, options)
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
pub fn scan_with_extracts<B: AsRef<[u8]> + Sync>(
    selector: &Selector,
    files: Vec<(RelPath, B, Option<Arc<str>>)>,
    extracts: Vec<(RelPath, Extract, Option<Arc<str>>)>,
    catalog: &Catalog,
    options: &Options,
) -> Inventory {
    let by_content: Vec<Content> =
        extracts.into_iter().map(|(path, extract, layer)| Content::Ready(path, extract, layer)).collect();
    let mut by_path: BTreeMap<RelPath, (B, Option<Arc<str>>)> =
        files.into_iter().map(|(path, bytes, layer)| (path, (bytes, layer))).collect();
    let seen = by_path.len() as u64;
    by_path.retain(|path, _| selector.wants(path));
    let (paths, sizes): (Vec<RelPath>, Vec<u64>) =
        by_path.iter().map(|(path, (bytes, _))| (path.clone(), bytes.as_ref().len() as u64)).unzip();
    let layers: BTreeMap<&RelPath, &Arc<str>> =
        by_path.iter().filter_map(|(path, (_, layer))| layer.as_ref().map(|layer| (path, layer))).collect();
    let read = |path: &RelPath, limit: u64| match by_path.get(path) {
        Some((bytes, _)) if bytes.as_ref().len() as u64 > limit => {
            Err(ReadError::TooLarge { size: bytes.as_ref().len() as u64, limit })
        }
        Some((bytes, _)) => Ok(bytes.as_ref().to_vec()),
        None => Err(ReadError::Io("not found".to_owned())),
    };
    let companions = |path: &RelPath| read(path, options.limits.file_bytes).ok();
    let mut run = Run::new(&read, &companions, &layers, catalog, options);
    run.paths = &paths;
    let mut inventory = run.all(&jobs(selector, &paths, &sizes, &options.limits), &by_content);
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
    let job = Job { paths: vec![path], scanners, limit, bytes: 0, by_name: false, asks_others: false };
    let mut inventory = run.all(&[job], &[]);
    inventory.coverage.seen = 1;
    inventory
}
