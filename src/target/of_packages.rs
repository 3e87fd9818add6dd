//! Files that packages of the distribution have brought: manifests, examples and code of a maker's tools below `opt` are
//! the maker's and ask for nothing on behalf of the image. The package itself is known from the database.

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, BufReader, Read};

use crate::diagnostic::Diagnostic;
use crate::scan::Selector;
use crate::source::layers::{Content, FileHead, LayeredFile, Visitor};
use crate::text::RelPath;

/// Folders in which the image's own files lie beside those of packages. Elsewhere packages alone install.
const SHARED: [&str; 2] = ["/opt/", "/usr/local/"];

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

/// Takes out what packages have brought and only asks for something, and what is said of such files. Installed things and
/// lock files stay: what they name lies in the image, or is told as named only.
pub(super) fn take_out(files: &mut Vec<LayeredFile>, problems: &mut Vec<Diagnostic>, selector: &Selector) {
    let is_list = |file: &LayeredFile| matches!(&file.content, Content::Record(name) if **name == *LISTS.name());
    let (lists, mut rest): (Vec<LayeredFile>, Vec<LayeredFile>) = std::mem::take(files).into_iter().partition(is_list);
    let texts = lists.iter().filter_map(|list| std::str::from_utf8(&list.bytes).ok());
    let brought: BTreeSet<&str> = texts.flat_map(str::lines).filter_map(|line| line.strip_prefix('/')).collect();
    let is_theirs = |path: &RelPath| brought.contains(path.as_str()) && selector.only_asks(path);
    rest.retain(|file| matches!(file.content, Content::Record(_)) || !is_theirs(&file.path));
    problems.retain(|problem| !is_theirs(&problem.path));
    *files = rest;
}
