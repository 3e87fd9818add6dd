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
    /// The files are not opened: their names are all that is needed.
    pub(super) by_name: bool,
}

/// Groups sorted paths into calls: single files by themselves, folder units by folder and scanner.
pub(super) fn jobs(selector: &Selector, paths: &[RelPath], limits: &Limits) -> Vec<Job> {
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
