//! Files that runs keep for later ones in a folder of the user: written beside their place, moved there in one step, and
//! removed when there are too many, the ones used longest ago first.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What an interrupted run left behind goes after this time.
pub(super) const LEFT_BEHIND: Duration = Duration::from_secs(3600);
/// Beginning of the names of files that are being written.
pub(super) const NEW: &str = ".new-";

/// A file of the folder; the one used longest ago is the least.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Stored {
    used: SystemTime,
    path: PathBuf,
    size: u64,
    /// True for what is being written, or was when a run ended.
    is_new: bool,
}

/// The files with an ending, and those that are being written.
fn listing(folder: &Path, ending: &str) -> Vec<Stored> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let stored = |entry: fs::DirEntry| {
        let path = entry.path();
        let is_new = entry.file_name().to_string_lossy().starts_with(NEW);
        let is_ours = is_new || path.extension().is_some_and(|known| known == ending);
        let about = entry.metadata().ok().filter(|about| is_ours && about.is_file())?;
        Some(Stored { used: about.modified().ok()?, path, size: about.len(), is_new })
    };
    entries.filter_map(Result::ok).filter_map(stored).collect()
}

/// Bytes of all files.
pub(super) fn bytes(folder: &Path, ending: &str) -> u64 {
    listing(folder, ending).iter().map(|file| file.size).sum()
}

/// Removes the files used longest ago until so many with so many bytes are left at most; gives the bytes that are left.
pub(super) fn make_room(folder: &Path, ending: &str, most: usize, most_bytes: u64) -> u64 {
    let mut files = listing(folder, ending);
    files.sort();
    let mut left: u64 = files.iter().map(|file| file.size).sum();
    let mut count = files.len();
    for file in files {
        let is_left_behind = file.is_new && file.used.elapsed().is_ok_and(|age| age >= LEFT_BEHIND);
        let is_over = !file.is_new && (count > most || left > most_bytes);
        if (is_left_behind || is_over) && fs::remove_file(&file.path).is_ok() {
            count -= 1;
            left -= file.size;
        }
    }
    left
}

/// Says that a file was used now; where that cannot be written, it goes a little sooner.
pub(super) fn touch(path: &Path) {
    let _ = File::options().append(true).open(path).and_then(|file| file.set_modified(now()));
}

/// What is kept for a user: `$XDG_CACHE_HOME/sovaudit` or `~/.cache/sovaudit`.
pub(super) fn folder() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(base.join("sovaudit"))
}

#[expect(clippy::disallowed_methods, reason = "which file was used last changes no result")]
pub(super) fn now() -> SystemTime {
    SystemTime::now()
}

/// Makes a folder that only the user may read: layers may hold what is nobody's business.
pub(super) fn make_private(folder: &Path) -> Option<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).ok()
}
