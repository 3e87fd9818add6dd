//! Calls: which files a scanner sees together.

use std::collections::{BTreeMap, BTreeSet};

use super::selector::Selector;
use super::{SCANNERS, SizeClass, Unit};
use crate::source::Limits;
use crate::source::vendored::Vendored;
use crate::text::RelPath;

/// One unit of work: the files of one call group, and the scanners that want them.
pub(super) struct Job {
    pub(super) paths: Vec<RelPath>,
    pub(super) scanners: Vec<usize>,
    pub(super) limit: u64,
    /// Bytes of the files together, without those that are too large to be read.
    pub(super) bytes: u64,
    /// The files are not opened: their names are all that is needed.
    pub(super) by_name: bool,
    /// What they mean hangs on other files, see [`super::Scanner::asks_others`].
    pub(super) asks_others: bool,
}

/// Paths and bytes of the files that a scanner of folders sees together, by its number and the folder.
type Folders = BTreeMap<(usize, RelPath), (Vec<RelPath>, u64)>;

/// Groups sorted paths into calls: single files by themselves, folder units by folder and scanner. `sizes` are the bytes of
/// the files, in the order of their paths.
pub(super) fn jobs(selector: &Selector, paths: &[RelPath], sizes: &[u64], limits: &Limits) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    let mut folders = Folders::new();
    let put = |folders: &mut Folders, index, folder, path: &RelPath, size| {
        let (paths, bytes) = folders.entry((index, folder)).or_default();
        paths.push(path.clone());
        let limit = SCANNERS[index].meta().size.limit(limits);
        *bytes += if size > limit { 0 } else { size };
    };
    let vendored = Vendored::of(paths);
    let mut heads: BTreeMap<&str, BTreeSet<RelPath>> = BTreeMap::new();
    for (path, size) in paths.iter().zip(sizes.iter().copied()) {
        let mut single: Vec<(Option<SizeClass>, usize)> = Vec::new();
        let of_others = vendored.holds(path);
        for index in selector.readers(path) {
            let (scanner, meta) = (SCANNERS[index], SCANNERS[index].meta());
            if of_others && !scanner.reads_installed() {
                continue;
            }
            match meta.unit {
                Unit::File => single.push(((!scanner.needs_no_content(path)).then_some(meta.size), index)),
                Unit::Directory => put(&mut folders, index, path.parent(), path, size),
                Unit::Below(marker) => {
                    let heads = heads.entry(marker).or_insert_with(|| holders(paths, marker));
                    let home = outermost(path, heads).unwrap_or_else(|| path.parent());
                    put(&mut folders, index, home, path, size);
                }
                Unit::Tree => put(&mut folders, index, RelPath::root(), path, size),
            }
        }
        // scanners with different size limits must not lift each other's limit
        single.sort_unstable();
        for group in single.chunk_by(|a, b| a.0 == b.0) {
            jobs.push(Job {
                paths: vec![path.clone()],
                scanners: group.iter().map(|(_, index)| *index).collect(),
                limit: group[0].0.map_or(0, |size| size.limit(limits)),
                bytes: group[0].0.filter(|class| size <= class.limit(limits)).map_or(0, |_| size),
                by_name: group[0].0.is_none(),
                asks_others: group.iter().any(|(_, index)| SCANNERS[*index].asks_others(path)),
            });
        }
    }
    for ((index, _), (paths, bytes)) in folders {
        let limit = SCANNERS[index].meta().size.limit(limits);
        jobs.push(Job { paths, scanners: vec![index], limit, bytes, by_name: false, asks_others: false });
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
