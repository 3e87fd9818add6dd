//! Layers of an image: what each adds and removes, and what is left when they lie on each other.
//!
//! Only files that somebody wants are kept, within a budget of bytes and files for the whole image.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::sync::Arc;

use super::Limits;
use super::archive::{Unpacked, limit_reached};
use super::tar_entries::{BadPath, Entry, EntryKind, Skip, TarEntries};
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::text::{RelPath, clean_line};

/// Diagnostics of one sort per layer; more are counted.
const PROBLEMS: usize = 20;

/// How many bytes of a path are wanted; `None` when nobody wants it.
pub type Wanted<'a> = dyn Fn(&RelPath) -> Option<u64> + 'a;

/// What an image may still keep in memory.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    bytes: u64,
    files: u64,
}

impl Budget {
    /// The whole budget of one image.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self { bytes: limits.image_bytes, files: limits.image_files }
    }
}

/// A layer as read.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// Wanted files.
    files: BTreeMap<RelPath, Arc<[u8]>>,
    /// Paths below it that are gone or replaced by something that is no wanted file.
    removed: BTreeSet<RelPath>,
    /// Folders whose earlier content is gone.
    opaque: BTreeSet<RelPath>,
    /// Entries seen.
    pub entries: u64,
    /// What was not understood.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads one layer: a tar stream, packed or not. Damage and limits become diagnostics; what was read
/// before stays.
pub fn read_layer(
    stream: &mut dyn Read,
    digest: &str,
    wanted: &Wanted<'_>,
    limits: &Limits,
    budget: &mut Budget,
) -> Layer {
    let mut reading =
        Reading { layer: Layer::default(), digest, wanted, budget, refused: 0, limits, over_budget: false };
    let result = Unpacked::new(stream, limits).and_then(|unpacked| reading.all(TarEntries::new(unpacked, limits)));
    if let Err(error) = result {
        let (kind, reason) = match limit_reached(&error) {
            Some(limit) => (DiagnosticKind::LimitReached, limit.to_owned()),
            None => (DiagnosticKind::Malformed, words(&error)),
        };
        reading.problem(kind, RelPath::root(), &format!("layer `{digest}` was read in part: {reason}"));
    }
    if reading.refused > PROBLEMS {
        let more = reading.refused - PROBLEMS;
        reading.problem(
            DiagnosticKind::Malformed,
            RelPath::root(),
            &format!("layer `{digest}`: {more} more entries with unusable paths were skipped"),
        );
    }
    reading.layer
}

fn words(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof { "it ends too early".to_owned() } else { error.to_string() }
}

struct Reading<'a> {
    layer: Layer,
    digest: &'a str,
    wanted: &'a Wanted<'a>,
    limits: &'a Limits,
    budget: &'a mut Budget,
    /// Entries with bad paths.
    refused: usize,
    over_budget: bool,
}

impl Reading<'_> {
    fn all<R: Skip>(&mut self, mut entries: TarEntries<R>) -> io::Result<()> {
        while let Some(entry) = entries.next_entry()? {
            self.layer.entries += 1;
            self.one(&entry, &mut entries)?;
        }
        Ok(())
    }

    fn one<R: Skip>(&mut self, entry: &Entry, entries: &mut TarEntries<R>) -> io::Result<()> {
        let path = match &entry.path {
            Ok(path) => path,
            Err(bad) => {
                self.refuse(bad);
                return Ok(());
            }
        };
        if let Some(hidden) = path.name().strip_prefix(".wh.") {
            self.whiteout(path, hidden);
            return Ok(());
        }
        match &entry.kind {
            EntryKind::Directory => {}
            EntryKind::File => self.file(path, entry.size, entries)?,
            EntryKind::HardLink(target) => self.hard_link(path, target),
            EntryKind::Symlink(_) | EntryKind::Other => {
                self.layer.files.remove(path);
                self.remove(path.clone());
            }
        }
        Ok(())
    }

    fn whiteout(&mut self, path: &RelPath, hidden: &str) {
        match hidden {
            ".wh..opq" => {
                self.layer.opaque.insert(path.parent());
            }
            // other `.wh..wh.` names are bookkeeping of a storage driver
            _ if hidden.starts_with(".wh.") => {}
            _ => {
                if let Some(target) = path.parent().join(hidden).filter(|target| target.parent() == path.parent()) {
                    self.remove(target);
                }
            }
        }
    }

    fn file<R: Skip>(&mut self, path: &RelPath, size: u64, entries: &mut TarEntries<R>) -> io::Result<()> {
        let Some(limit) = (self.wanted)(path) else { return Ok(()) };
        // whatever happens here, an older version below is not the image's
        self.layer.files.remove(path);
        if size > limit {
            self.remove(path.clone());
            let message = format!("file has {size} bytes, the limit is {limit}; not read");
            self.problem(DiagnosticKind::LimitReached, path.clone(), &message);
            return Ok(());
        }
        if size > self.budget.bytes || self.budget.files == 0 {
            self.remove(path.clone());
            if !self.over_budget {
                self.over_budget = true;
                let message = format!(
                    "files of interest pass the limit of {} bytes or {} files per image; further ones of layer `{}` were not read",
                    self.limits.image_bytes, self.limits.image_files, self.digest
                );
                self.problem(DiagnosticKind::LimitReached, path.clone(), &message);
            }
            return Ok(());
        }
        let Some(bytes) = entries.read_data(limit)? else { return Ok(()) };
        self.budget.bytes -= bytes.len() as u64;
        self.budget.files -= 1;
        self.layer.removed.remove(path);
        self.layer.files.insert(path.clone(), Arc::from(bytes));
        Ok(())
    }

    fn hard_link(&mut self, path: &RelPath, target: &str) {
        if (self.wanted)(path).is_none() {
            return;
        }
        let target = RelPath::new(target.trim_start_matches('/'));
        match target.and_then(|target| self.layer.files.get(&target).cloned()) {
            Some(bytes) => {
                self.layer.files.insert(path.clone(), bytes);
            }
            None => {
                self.remove(path.clone());
                let message = "hard link to a file that was not kept; not read";
                self.problem(DiagnosticKind::Unsupported, path.clone(), message);
            }
        }
    }

    fn remove(&mut self, path: RelPath) {
        if self.layer.removed.len() < self.limits.image_removals {
            self.layer.removed.insert(path);
        } else if !self.over_budget {
            self.over_budget = true;
            let message = format!("layer `{}` has more links and deletions than are kept track of", self.digest);
            self.problem(DiagnosticKind::LimitReached, path, &message);
        }
    }

    fn refuse(&mut self, bad: &BadPath) {
        self.refused += 1;
        if self.refused > PROBLEMS {
            return;
        }
        let (kind, message) = match bad {
            BadPath::Outside(path) => (DiagnosticKind::Malformed, format!("entry `{path}` leaves the image; skipped")),
            BadPath::TooLong(path) => {
                (DiagnosticKind::LimitReached, format!("entry `{path}…` has an overlong path or header; skipped"))
            }
        };
        self.problem(kind, RelPath::root(), &message);
    }

    fn problem(&mut self, kind: DiagnosticKind, path: RelPath, message: &str) {
        let message = clean_line(message).into_owned();
        self.layer.diagnostics.push(Diagnostic { path, at: None, kind, scanner: Arc::from("image"), message });
    }
}

/// The files of the image: of every path the topmost version, unless a layer above removed it.
/// `layers` go from the bottom to the top, each with its digest.
#[must_use]
pub fn squash(layers: Vec<(Arc<str>, Layer)>) -> Vec<(RelPath, Vec<u8>, Option<Arc<str>>)> {
    let mut kept: BTreeMap<RelPath, (Arc<[u8]>, Arc<str>)> = BTreeMap::new();
    let mut removed: BTreeSet<RelPath> = BTreeSet::new();
    let mut opaque: BTreeSet<RelPath> = BTreeSet::new();
    for (digest, layer) in layers.into_iter().rev() {
        for (path, bytes) in layer.files {
            if !kept.contains_key(&path) && !is_hidden(&path, &removed, &opaque) {
                kept.insert(path, (bytes, Arc::clone(&digest)));
            }
        }
        removed.extend(layer.removed);
        opaque.extend(layer.opaque);
    }
    kept.into_iter().map(|(path, (bytes, digest))| (path, bytes.to_vec(), Some(digest))).collect()
}

fn is_hidden(path: &RelPath, removed: &BTreeSet<RelPath>, opaque: &BTreeSet<RelPath>) -> bool {
    if removed.contains(path) {
        return true;
    }
    let mut folder = path.clone();
    while !folder.is_root() {
        folder = folder.parent();
        if removed.contains(&folder) || opaque.contains(&folder) {
            return true;
        }
    }
    false
}
