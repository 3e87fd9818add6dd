//! Files that packages of the distribution or of a known maker have brought: manifests, examples and code of a maker's
//! tools below `opt` are the maker's and ask for nothing on behalf of the image. The package itself is known from the
//! database. What somebody else packed is read, and so is what a later layer put in the place of a package's file.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead as _, BufReader, Read};

use super::left_out::Kept;
use crate::catalog::Catalog;
use crate::scan::Selector;
use crate::scan::image::dpkg::known_makers;
use crate::source::layers::{Content, FileHead, LayeredFile, Visitor};
use crate::text::RelPath;

/// Folders in which the image's own files lie beside those of packages. Elsewhere packages alone install.
const SHARED: [&str; 2] = ["/opt/", "/usr/local/"];

/// The database that tells who maintains a package.
const STATUS: &str = "var/lib/dpkg/status";

/// Longest line of a list.
const LONGEST: u64 = 8 << 10;

/// Reads dpkg's list of the files of a package.
pub(super) static LISTS: Lists = Lists;

/// The visitor of `var/lib/dpkg/info/NAME.list`: keeps the lines of shared folders.
pub(super) struct Lists;

impl Visitor for Lists {
    fn name(&self) -> &'static str {
        "dpkg-files/1"
    }

    fn visit(&self, _: &FileHead<'_>, stream: &mut dyn Read) -> io::Result<Option<Vec<u8>>> {
        let mut stream = BufReader::new(stream);
        let (mut kept, mut line) = (Vec::new(), Vec::new());
        loop {
            line.clear();
            if (&mut stream).take(LONGEST).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            if SHARED.iter().any(|folder| line.starts_with(folder.as_bytes())) {
                kept.extend_from_slice(line.trim_ascii_end());
                kept.push(b'\n');
            }
        }
        Ok((!kept.is_empty()).then_some(kept))
    }
}

/// True for such a list.
pub(super) fn is_list(path: &RelPath) -> bool {
    path.name().ends_with(".list") && path.parent().as_str() == "var/lib/dpkg/info"
}

/// Takes out what packages have brought and only asks for something, and what is said of such files; gives their paths.
/// Installed things and lock files stay: what they name lies in the image, or is told as named only.
pub(super) fn take_out(kept: &mut Kept<'_>, selector: &Selector, catalog: &Catalog) -> BTreeSet<RelPath> {
    let is_list = |file: &LayeredFile| matches!(&file.content, Content::Record(name) if **name == *LISTS.name());
    let (lists, mut rest): (Vec<LayeredFile>, Vec<LayeredFile>) =
        std::mem::take(kept.files).into_iter().partition(is_list);
    let mut left = BTreeSet::new();
    if !lists.is_empty() {
        let status = rest.iter().find(|file| file.path.as_str() == STATUS);
        let makers =
            status.map(|file| known_makers(&String::from_utf8_lossy(&file.bytes), catalog)).unwrap_or_default();
        let lists: Vec<&LayeredFile> =
            lists.iter().filter(|list| makers.get(package(&list.path)).is_some_and(|known| *known)).collect();
        left = take_out_listed(&lists, &mut rest, kept, selector);
    }
    *kept.files = rest;
    left
}

/// Takes out of `files` what lists name, unless a layer above the list brought it.
fn take_out_listed(
    lists: &[&LayeredFile],
    files: &mut Vec<LayeredFile>,
    kept: &mut Kept<'_>,
    selector: &Selector,
) -> BTreeSet<RelPath> {
    // the same layer may lie there twice: of what cannot be told apart, the file counts as the later one
    let mut places: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (at, layer) in kept.layers.iter().enumerate() {
        places.entry(layer).and_modify(|(_, last)| *last = at).or_insert((at, at));
    }
    let place = |layer: &str| places.get(layer).copied().unwrap_or_default();
    let mut brought: BTreeMap<&str, usize> = BTreeMap::new();
    for list in lists {
        let (at, _) = place(&list.layer);
        let lines = std::str::from_utf8(&list.bytes).unwrap_or_default().lines();
        for path in lines.filter_map(|line| line.strip_prefix('/')) {
            brought.entry(path).and_modify(|known| *known = at.max(*known)).or_insert(at);
        }
    }
    let mut left = BTreeSet::new();
    files.retain(|file| {
        let is_theirs = !matches!(file.content, Content::Record(_))
            && brought.get(file.path.as_str()).is_some_and(|list| place(&file.layer).1 <= *list)
            && selector.only_asks(&file.path);
        if is_theirs {
            left.insert(file.path.clone());
        }
        !is_theirs
    });
    // of a problem the layer is not known: where a file was replaced or is still read, it may be of the image's own
    let own: BTreeSet<&RelPath> = files.iter().chain(&*kept.gone).map(|file| &file.path).collect();
    kept.problems.retain(|problem| {
        let is_theirs = brought.contains_key(problem.path.as_str())
            && !own.contains(&problem.path)
            && selector.only_asks(&problem.path);
        if is_theirs {
            left.insert(problem.path.clone());
        }
        !is_theirs
    });
    left
}

/// The package of a list: `NAME.list`, or `NAME:ARCHITECTURE.list`.
fn package(list: &RelPath) -> &str {
    let name = list.name();
    let name = name.strip_suffix(".list").unwrap_or(name);
    name.split_once(':').map_or(name, |(name, _)| name)
}
