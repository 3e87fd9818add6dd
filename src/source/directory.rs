//! A folder as target: parallel walk, links never followed, generated folders left out and counted.

use std::collections::BTreeSet;
use std::fs::{self, File, FileType};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use globset::GlobSet;
use ignore::{WalkBuilder, WalkState};

use super::Limits;
use crate::text::{Lookup, RelPath};
use crate::threads::{Home, for_one_file};

/// Folders that tools generate from what stands beside them; their sources are read instead.
const GENERATED: [&str; 8] = [".git", ".hg", ".svn", ".terraform", "target", "__pycache__", ".tox", ".direnv"];

/// Folders of installed packages of others: only what says which packages these are is read in there.
const INSTALLED: [&str; 4] = ["node_modules", ".venv", "site-packages", "dist-packages"];

/// True for what lies in a folder of installed packages.
#[must_use]
pub fn is_installed(path: &RelPath) -> bool {
    // Debian puts the packages of Node there
    path.as_str().split('/').any(|part| INSTALLED.contains(&part)) || path.as_str().contains("usr/share/nodejs/")
}

/// A file the walk saw.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Path below the root.
    pub path: RelPath,
    /// Size in bytes when it was seen.
    pub size: u64,
}

/// Something else than a file that the walk met: it is never read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Irregular {
    /// Path below the root.
    pub path: RelPath,
    /// What it is.
    pub sort: Sort,
}

/// What an [`Irregular`] is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A link that ends at a file below the root; it stands there under this name.
    LinkToFile(RelPath),
    /// A link that ends at something else below the root: a pipe, a device.
    LinkToOther,
    /// A link that ends at a folder outside of the root.
    LinkToFolderOutside,
    /// A link that ends at anything else outside of the root.
    LinkOutside,
    /// A link whose end does not exist, cannot be reached or is itself.
    LinkNowhere,
    /// A pipe, socket or device: reading one may never end.
    Special,
}

impl Sort {
    /// What stands at `path`, if there is anything to say of it: a link to a folder below the root is read there.
    fn of(kind: FileType, path: &Path, real_root: &Path) -> Option<Self> {
        if !kind.is_symlink() {
            return Some(Self::Special);
        }
        let Ok(end) = fs::canonicalize(path) else { return Some(Self::LinkNowhere) };
        let Ok(about) = fs::metadata(&end) else { return Some(Self::LinkNowhere) };
        let below = RelPath::below(real_root, &end);
        match (below, about.is_dir(), about.is_file()) {
            (Some(_), true, _) => None,
            (Some(end), _, true) => Some(Self::LinkToFile(end)),
            (Some(_), _, false) => Some(Self::LinkToOther),
            (None, true, _) => Some(Self::LinkToFolderOutside),
            (None, ..) => Some(Self::LinkOutside),
        }
    }

    /// What to say of it, one sentence without full stop.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::LinkToFile(end) => format!("a link to `{end}`; not followed"),
            Self::LinkToOther => "a link to something that is no regular file; not followed".to_owned(),
            Self::LinkToFolderOutside => "a link to a folder outside of the tree; not followed".to_owned(),
            Self::LinkOutside => "a link out of the tree; not followed".to_owned(),
            Self::LinkNowhere => "a link whose end does not exist; not followed".to_owned(),
            Self::Special => "not a regular file (a pipe, socket or device); not read".to_owned(),
        }
    }
}

/// What a walk gave.
#[derive(Debug, Default)]
pub struct Walk {
    /// Files that `wanted` accepted, sorted by path.
    pub candidates: Vec<Candidate>,
    /// Other things under names that `wanted` accepted, and links to folders outside; sorted by path.
    pub irregular: Vec<Irregular>,
    /// Everything seen that is no folder.
    pub seen: u64,
    /// Generated or excluded folders not entered.
    pub skipped: BTreeSet<RelPath>,
    /// Folders or entries that could not be read, with the reason.
    pub unreadable: BTreeSet<(RelPath, String)>,
    /// True when [`Limits::files`] stopped the walk.
    pub limit_reached: bool,
}

/// Walks `root` in parallel. Symbolic links are not followed, so loops and ways out of the tree
/// cannot happen; where one would have led is only looked up. `wanted` sees every path once, on any thread; the walk ends when
/// `goes_on` says no.
///
/// # Errors
/// When `root` cannot be opened.
pub fn walk(
    root: &Path,
    excludes: &GlobSet,
    limits: &Limits,
    wanted: impl Fn(&RelPath) -> bool + Sync,
    goes_on: impl Fn() -> bool + Sync,
) -> anyhow::Result<Walk> {
    fs::read_dir(root)?;
    let real_root = &fs::canonicalize(root)?;
    let seen = AtomicU64::new(0);
    let result = Mutex::new(Walk::default());
    let lock = || result.lock().expect("no thread panics while it holds the lock");
    let skipped = Mutex::new(BTreeSet::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut builder = WalkBuilder::new(root);
    let filter_root = root.to_path_buf();
    let filter_excludes = excludes.clone();
    let skip = std::sync::Arc::new(skipped);
    let skip_in_filter = std::sync::Arc::clone(&skip);
    builder.standard_filters(false).follow_links(false).threads(threads).filter_entry(move |entry| {
        if entry.depth() == 0 || !entry.file_type().is_some_and(|kind| kind.is_dir()) {
            return true;
        }
        let Some(path) = RelPath::below(&filter_root, entry.path()) else { return false };
        let leave_out = is_generated(entry.path(), path.name()) || filter_excludes.is_match(path.as_str());
        if leave_out {
            skip_in_filter.lock().expect("no thread panics while it holds the lock").insert(path);
        }
        !leave_out
    });
    builder.build_parallel().run(|| {
        let (seen, wanted, goes_on, lock) = (&seen, &wanted, &goes_on, &lock);
        let mut found = Batch { files: Vec::new(), flush: |files| lock().candidates.extend(files) };
        Box::new(move |entry| {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let (path, reason) = place_of(root, &error);
                    lock().unreadable.insert((path, reason));
                    return WalkState::Continue;
                }
            };
            if !goes_on() {
                return WalkState::Quit;
            }
            let Some(kind) = entry.file_type().filter(|kind| !kind.is_dir()) else { return WalkState::Continue };
            if seen.fetch_add(1, Ordering::Relaxed) >= limits.files {
                lock().limit_reached = true;
                return WalkState::Quit;
            }
            let Some(path) = RelPath::below(root, entry.path()) else { return WalkState::Continue };
            if excludes.is_match(path.as_str()) {
                return WalkState::Continue;
            }
            let wanted = wanted(&path);
            if !kind.is_file() {
                let sort = Sort::of(kind, entry.path(), real_root);
                if let Some(sort) = sort.filter(|sort| wanted || *sort == Sort::LinkToFolderOutside) {
                    lock().irregular.push(Irregular { path, sort });
                }
            } else if wanted {
                let size = entry.metadata().map_or(0, |data| data.len());
                found.files.push(Candidate { path, size });
            }
            WalkState::Continue
        })
    });
    let mut walk = result.into_inner().expect("no thread panicked");
    walk.seen = seen.into_inner().min(limits.files);
    walk.skipped = std::mem::take(&mut *skip.lock().expect("no thread panicked"));
    walk.candidates.sort_unstable();
    walk.irregular.sort_unstable();
    Ok(walk)
}

/// Files one walker thread found; handed over when the thread ends, so that it locks once.
struct Batch<F: Fn(Vec<Candidate>)> {
    files: Vec<Candidate>,
    flush: F,
}

impl<F: Fn(Vec<Candidate>)> Drop for Batch<F> {
    fn drop(&mut self) {
        (self.flush)(std::mem::take(&mut self.files));
    }
}

/// A folder is generated when its name says so; `target` only with cargo's marker file in it.
fn is_generated(path: &Path, name: &str) -> bool {
    GENERATED.contains(&name) && (name != "target" || path.join("CACHEDIR.TAG").is_file())
}

fn place_of(root: &Path, error: &ignore::Error) -> (RelPath, String) {
    let mut inner = error;
    loop {
        match inner {
            ignore::Error::WithPath { path, err } => {
                let path = RelPath::below(root, path).unwrap_or_else(RelPath::root);
                let reason = err.io_error().map_or_else(|| err.to_string(), reason_without_path);
                return (path, reason);
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => inner = err,
            _ => return (RelPath::root(), inner.io_error().map_or_else(|| inner.to_string(), reason_without_path)),
        }
    }
}

/// The reason alone: error texts with absolute paths would differ between machines.
fn reason_without_path(error: &std::io::Error) -> String {
    error.kind().to_string()
}

/// Reads a file below `root`, at most `limit` bytes. Links are refused here too: the tree may
/// have changed since the walk.
///
/// # Errors
/// [`ReadError`] says whether the file could not be read or is too large.
pub fn read(root: &Path, path: &RelPath, limit: u64) -> Result<Vec<u8>, ReadError> {
    let full: PathBuf = root.join(path.as_str());
    let about = fs::symlink_metadata(&full).map_err(|error| ReadError::Io(reason_without_path(&error)))?;
    read_regular(&full, &about, limit)
}

fn read_regular(full: &Path, about: &fs::Metadata, limit: u64) -> Result<Vec<u8>, ReadError> {
    if !about.is_file() {
        return Err(ReadError::Io("not a regular file".to_owned()));
    }
    if about.len() > limit {
        return Err(ReadError::TooLarge { size: about.len(), limit });
    }
    let file = File::open(full).map_err(|error| ReadError::Io(reason_without_path(&error)))?;
    if let Some(bytes) = read_at_once(&file, about.len()) {
        return Ok(bytes);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0) + 1);
    // one byte more than allowed tells a file that grew from one that fits
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| ReadError::Io(reason_without_path(&error)))?;
    let size = bytes.len() as u64;
    if size > limit { Err(ReadError::TooLarge { size, limit }) } else { Ok(bytes) }
}

/// A large file as it is when nobody writes to it, read by several threads: most of the time goes into memory that is used for
/// the first time. Nothing where one thread does as well, and where the file is not of that size after all.
#[cfg(unix)]
fn read_at_once(file: &File, size: u64) -> Option<Vec<u8>> {
    use std::os::unix::fs::FileExt as _;
    use std::thread::Builder;

    /// Bytes that are worth a thread, and how many threads there are at most.
    const PART: usize = 2 << 20;
    const MOST: usize = 4;
    let size = usize::try_from(size).ok().filter(|size| *size >= 2 * PART)?;
    let threads = (size / PART).min(MOST).min(for_one_file());
    if threads < 2 {
        return None;
    }
    let mut bytes = vec![0; size];
    let part = size.div_ceil(threads);
    let home = Home::here();
    // none of the pool, which would do other work meanwhile that may wait for this very file
    let is_read = std::thread::scope(|scope| {
        let mut parts = bytes.chunks_mut(part).enumerate();
        let first = parts.next();
        let read = |(number, bytes): (usize, &mut [u8])| file.read_exact_at(bytes, (number * part) as u64).is_ok();
        let begin = |part: (usize, _)| {
            let read = move || {
                home.leave(part.0);
                read(part)
            };
            Builder::new().spawn_scoped(scope, read)
        };
        let rest = parts.map(begin).collect::<Result<Vec<_>, _>>();
        let first = first.is_some_and(read);
        first && rest.is_ok_and(|rest| rest.into_iter().all(|thread| thread.join().unwrap_or(false)))
    });
    let has_grown = file.read_at(&mut [0], size as u64).ok()? > 0;
    (is_read && !has_grown).then_some(bytes)
}

#[cfg(not(unix))]
fn read_at_once(_: &File, _: u64) -> Option<Vec<u8>> {
    None
}

/// Opens a file below `root`, to be read from front to back. A link is refused, as by [`read`].
///
/// # Errors
/// When it cannot be opened, or is no file.
pub fn open(root: &Path, path: &RelPath) -> Result<File, ReadError> {
    let full: PathBuf = root.join(path.as_str());
    let about = fs::symlink_metadata(&full).map_err(|error| ReadError::Io(reason_without_path(&error)))?;
    if !about.is_file() {
        return Err(ReadError::Io("not a regular file".to_owned()));
    }
    File::open(&full).map_err(|error| ReadError::Io(reason_without_path(&error)))
}

/// Folders below one root that are folders and no links, as far as somebody looked: hundreds of projects look for files in the
/// same ones.
#[derive(Default)]
pub struct Folders(RwLock<Lookup<RelPath, ()>>);

impl Folders {
    /// Looks at a folder and those above it.
    fn are_without_links(&self, root: &Path, folder: RelPath) -> Result<(), ReadError> {
        let mut folder = folder;
        let mut found = Vec::new();
        while !folder.is_root() {
            // a writer that panicked left whole entries behind
            if self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&folder) {
                break;
            }
            let about = fs::symlink_metadata(root.join(folder.as_str()))
                .map_err(|error| ReadError::Io(reason_without_path(&error)))?;
            if !about.is_dir() {
                return Err(ReadError::Io("not a folder".to_owned()));
            }
            let above = folder.parent();
            found.push(std::mem::replace(&mut folder, above));
        }
        if !found.is_empty() {
            let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
            found.into_iter().for_each(|folder| _ = all.insert(folder, ()));
        }
        Ok(())
    }
}

/// As [`read`], for a path that no walk gave: a link anywhere on the way below `root` is refused too. `known` is of the same
/// root.
///
/// # Errors
/// As [`read`].
pub fn read_without_links(root: &Path, path: &RelPath, limit: u64, known: &Folders) -> Result<Vec<u8>, ReadError> {
    // most files that are looked for are not there
    let full = root.join(path.as_str());
    let about = fs::symlink_metadata(&full).map_err(|error| ReadError::Io(reason_without_path(&error)))?;
    known.are_without_links(root, path.parent())?;
    read_regular(&full, &about, limit)
}

/// Why a file gave no bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// Input/output error, in words without paths.
    Io(String),
    /// Larger than the limit for its sort.
    TooLarge {
        /// Size in bytes.
        size: u64,
        /// The limit.
        limit: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_files_are_read_whole() {
        let folder = tempfile::tempdir().expect("there is a folder for temporary files");
        let name = RelPath::new("large").expect("is relative");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("threads can be started");
        for size in [0, 1, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, (9 << 20) + 12_345] {
            let bytes: Vec<u8> = (0..size).map(|at: usize| (at * 31 % 251) as u8).collect();
            fs::write(folder.path().join("large"), &bytes).expect("can be written");
            let file = File::open(folder.path().join("large")).expect("can be opened");
            let limit = size as u64;
            let found = pool.install(|| read(folder.path(), &name, limit).expect("can be read"));
            assert!(found == bytes, "{size}");
            let at_once = pool.install(|| read_at_once(&file, limit));
            assert_eq!(at_once.is_some_and(|found| found == bytes), cfg!(unix) && size >= 4 << 20, "{size}");
            // of another size than was said
            assert_eq!(pool.install(|| read_at_once(&file, limit + (4 << 20))), None, "{size}");
            assert_eq!(pool.install(|| read_at_once(&file, limit.saturating_sub(1))), None, "{size}");
        }
    }
}
