//! Reading one layer.

mod links;
mod told;

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{Budget, Content, FileHead, HEAD, Kept, Layer, Mark, RECORD, Visitor, Want, Wanter};
use crate::diagnostic::DiagnosticKind;
use crate::source::Limits;
use crate::source::archive::{Unpacked, limit_reached};
use crate::source::tar_entries::{Entry, EntryKind, Skip, TarEntries};
use crate::text::RelPath;

/// Diagnostics of one sort per layer; more are counted.
const PROBLEMS: usize = 20;
/// Decoders are fast when they may write much at once.
const PORTION: usize = 256 << 10;

/// Reads one layer: a tar stream, packed or not. Damage and limits become diagnostics; what was read
/// before stays.
pub fn read_layer(stream: &mut dyn Read, digest: &str, wanter: &dyn Wanter, limits: &Limits, budget: &Budget) -> Layer {
    let layer = Layer::empty();
    let mut reading = Reading {
        layer,
        digest,
        wanter,
        budget,
        limits,
        told: BTreeMap::new(),
        absolute: (0, RelPath::root()),
        over_budget: false,
        at: RelPath::root(),
    };
    let result = Unpacked::new(stream, limits).and_then(|unpacked| {
        let mut entries = TarEntries::new(BufReader::with_capacity(PORTION, unpacked), limits);
        let result = reading.all(&mut entries);
        reading.layer.unpacked = entries.position();
        result
    });
    if let Err(error) = result {
        reading.broken_off(&error);
    }
    reading.finish()
}

/// The bytes of the file that is being read.
pub(in crate::source) trait FileBytes: Read {
    /// The first bytes, at most so many; reading gives them again.
    fn look(&mut self, most: usize) -> io::Result<&[u8]>;
    /// What [`Self::look`] gave.
    fn seen(&self) -> &[u8];
}

impl<R: Skip> FileBytes for TarEntries<R> {
    fn look(&mut self, most: usize) -> io::Result<&[u8]> {
        self.peek(most)
    }

    fn seen(&self) -> &[u8] {
        self.head()
    }
}

/// Reads what lies unpacked in a folder as the one layer of an image.
pub(in crate::source) struct LooseFiles<'a> {
    reading: Reading<'a>,
}

impl<'a> LooseFiles<'a> {
    pub(in crate::source) fn new(
        name: &'a str,
        wanter: &'a dyn Wanter,
        limits: &'a Limits,
        budget: &'a Budget,
    ) -> Self {
        Self { reading: Reading::new(name, wanter, limits, budget) }
    }

    /// A regular file; what its bytes cannot give is a problem of that file alone.
    pub(in crate::source) fn file(&mut self, path: &RelPath, size: u64, bytes: &mut dyn FileBytes) {
        self.reading.layer.entries += 1;
        if let Err(error) = self.reading.file(path, size, bytes) {
            let kind =
                if limit_reached(&error).is_some() { DiagnosticKind::LimitReached } else { DiagnosticKind::Unreadable };
            self.reading.problem("files that cannot be read", kind, path, &words(&error));
        }
    }

    pub(in crate::source) fn symlink(&mut self, path: &RelPath, target: &str) {
        self.reading.layer.entries += 1;
        self.reading.symlink(path, target);
    }

    pub(in crate::source) fn problem(
        &mut self,
        sort: &'static str,
        kind: DiagnosticKind,
        path: &RelPath,
        message: &str,
    ) {
        self.reading.layer.entries += 1;
        self.reading.problem(sort, kind, path, message);
    }

    pub(in crate::source) fn finish(self) -> Layer {
        self.reading.finish()
    }
}

struct Reading<'a> {
    layer: Layer,
    digest: &'a str,
    wanter: &'a dyn Wanter,
    limits: &'a Limits,
    budget: &'a Budget,
    /// Problems of each sort so far.
    told: BTreeMap<&'static str, usize>,
    /// Entries with absolute paths: how many, and the first.
    absolute: (usize, RelPath),
    over_budget: bool,
    /// The entry that is being read.
    at: RelPath,
}

impl<'a> Reading<'a> {
    fn new(digest: &'a str, wanter: &'a dyn Wanter, limits: &'a Limits, budget: &'a Budget) -> Self {
        let (layer, at) = (Layer::empty(), RelPath::root());
        let absolute = (0, RelPath::root());
        Self { layer, digest, wanter, budget, limits, told: BTreeMap::new(), absolute, over_budget: false, at }
    }
}

impl Reading<'_> {
    fn all<R: Skip>(&mut self, entries: &mut TarEntries<R>) -> io::Result<()> {
        while let Some(entry) = entries.next_entry()? {
            self.layer.entries += 1;
            self.one(&entry, entries)?;
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
        self.at = path.clone();
        if entry.lossy {
            let message = "the name is not UTF-8; bytes of it are shown as replaced";
            self.problem("names that are not UTF-8", DiagnosticKind::Malformed, path, message);
        }
        if entry.absolute {
            self.note_absolute(path);
        }
        if let Some(hidden) = path.name().strip_prefix(".wh.") {
            self.whiteout(path, hidden);
            return Ok(());
        }
        match &entry.kind {
            EntryKind::Directory => {
                self.later_wins(path);
                self.mark(path, |layer| &mut layer.folders);
            }
            EntryKind::File => self.file(path, entry.size, entries)?,
            EntryKind::HardLink(target) => self.hard_link(path, target),
            EntryKind::Symlink(target) => self.symlink(path, target),
            EntryKind::Sparse => {
                self.nothing_of(path);
                let message = format!("sparse file of {} stored bytes; not read", entry.size);
                self.problem("sparse files", DiagnosticKind::Unsupported, path, &message);
            }
            EntryKind::Device => {
                self.nothing_of(path);
                // every root file system has those
                if !path.as_str().starts_with("dev/") {
                    self.problem("devices", DiagnosticKind::Unsupported, path, "a device or pipe; not read");
                }
            }
            EntryKind::Other => self.nothing_of(path),
        }
        Ok(())
    }

    /// An entry that leaves no file of interest at its path, neither of this layer nor of those below.
    fn nothing_of(&mut self, path: &RelPath) {
        self.later_wins(path);
        self.mark(path, |layer| &mut layer.others);
    }

    fn whiteout(&mut self, path: &RelPath, hidden: &str) {
        match hidden {
            ".wh..opq" => self.mark(&path.parent(), |layer| &mut layer.opaque),
            // other `.wh..wh.` names are bookkeeping of a storage driver
            _ if hidden.starts_with(".wh.") => {}
            _ => {
                let target = path.parent().join(hidden).filter(|target| target.parent() == path.parent());
                match target.filter(|target| !target.is_root()) {
                    Some(target) => self.mark(&target, |layer| &mut layer.deleted),
                    None => {
                        let message = "a deletion that names no file; skipped";
                        self.problem("deletions of nothing", DiagnosticKind::Malformed, path, message);
                    }
                }
            }
        }
    }

    fn file(&mut self, path: &RelPath, size: u64, data: &mut dyn FileBytes) -> io::Result<()> {
        let bytes = data.look(HEAD)?;
        let head = FileHead { path, size, bytes };
        let want = self.wanter.want(&head);
        if matches!(want, Want::Nothing) {
            self.nothing_of(path);
            return Ok(());
        }
        self.later_wins(path);
        let kept = match want {
            Want::Nothing => None,
            Want::Whole(limit) if size > limit => {
                let message = format!("file has {size} bytes, the limit is {limit}; not read");
                self.problem("files over their limit", DiagnosticKind::LimitReached, path, &message);
                None
            }
            Want::Whole(_) => {
                let bytes = all_of(data, size)?;
                let is_needed = self.wanter.needs(path, &bytes);
                if !self.affords(path, if is_needed { size } else { 0 }) {
                    self.nothing_of(path);
                    return Ok(());
                }
                Some(if is_needed { (Content::Whole, bytes) } else { (Content::Head, Vec::new()) })
            }
            Want::Head(most) => {
                let most = most.min(self.limits.file_bytes).min(size);
                if !self.affords(path, most) {
                    self.nothing_of(path);
                    return Ok(());
                }
                let bytes = all_of(data, most)?;
                Some((if most == size { Content::Whole } else { Content::Head }, bytes))
            }
            Want::Visit(visitor) => {
                let record = self.visit(visitor, path, size, data)?;
                let record = record.map(|bytes| (Content::Record(Arc::from(visitor.name())), bytes));
                // a library whose name tells what it is may have nothing to tell itself
                let is_named = record.is_none() && self.wanter.wants_name(path) && self.affords(path, 0);
                if is_named { Some((Content::Head, Vec::new())) } else { record }
            }
        };
        match kept {
            Some((content, bytes)) => {
                self.layer.files.insert(path.clone(), Kept { content, size, bytes: Arc::from(bytes) });
            }
            None => self.nothing_of(path),
        }
        Ok(())
    }

    /// Hands the bytes of a file to a visitor. What the visitor has against them is a problem of that file, unless the
    /// layer itself has come to its end.
    fn visit(
        &mut self,
        visitor: &dyn Visitor,
        path: &RelPath,
        size: u64,
        data: &mut dyn FileBytes,
    ) -> io::Result<Option<Vec<u8>>> {
        let start = data.seen().to_vec();
        let mut stream = Watched { inner: data, failed: None };
        let head = FileHead { path, size, bytes: &start };
        let result = catch_unwind(AssertUnwindSafe(|| visitor.visit(&head, &mut stream)));
        if let Some(error) = stream.failed {
            return Err(error);
        }
        match result {
            Ok(Ok(Some(bytes))) if bytes.len() > RECORD => {
                let message = format!("`{}` finds {} bytes in it, the limit is {RECORD}", visitor.name(), bytes.len());
                self.problem("records over their limit", DiagnosticKind::LimitReached, path, &message);
            }
            Ok(Ok(Some(bytes))) => return Ok(self.affords(path, bytes.len() as u64).then_some(bytes)),
            Ok(Ok(None)) => {}
            Ok(Err(error)) => {
                let kind = match limit_reached(&error) {
                    Some(_) => DiagnosticKind::LimitReached,
                    None => DiagnosticKind::Malformed,
                };
                let message = format!("`{}` cannot read it: {}", visitor.name(), words(&error));
                self.problem("files that cannot be read", kind, path, &message);
            }
            Err(_) => {
                let message = format!("`{}` panicked on this file; please report it", visitor.name());
                self.loss("files with a panic", DiagnosticKind::Internal, path, &message);
            }
        }
        Ok(None)
    }

    /// The last of several entries with one path counts, as when a layer is unpacked.
    fn later_wins(&mut self, path: &RelPath) {
        let first = self.layer.files.remove(path).is_some();
        if self.layer.links.remove(path).is_some() || first {
            let message = "there are several entries with this path; the last one counts";
            self.problem("entries with a path that was there before", DiagnosticKind::Conflict, path, message);
        }
    }

    fn affords(&mut self, path: &RelPath, bytes: u64) -> bool {
        let affords = self.budget.file(bytes);
        if !affords && !self.over_budget {
            self.over_budget = true;
            let (bytes, files) = (self.limits.image_bytes, self.limits.image_files);
            let message = format!(
                "files of interest pass the limit of {bytes} bytes or {files} files per image; further ones of layer \
                 `{}` were not read",
                self.digest
            );
            self.loss("files over the budget", DiagnosticKind::LimitReached, path, &message);
        }
        if affords {
            self.layer.charged.files += 1;
            self.layer.charged.bytes += bytes;
        }
        self.layer.is_whole &= affords;
        affords
    }

    fn mark(&mut self, path: &RelPath, list: impl Fn(&mut Layer) -> &mut Vec<Mark>) {
        if self.affords_mark(path) {
            list(&mut self.layer).push(Mark::of(path.as_str()));
        }
    }

    fn affords_mark(&mut self, path: &RelPath) -> bool {
        let affords = self.budget.mark();
        if !affords && self.layer.is_whole {
            let message = format!(
                "the image has more than {} entries that are kept track of; what layer `{}` hides of those below is not \
                 known from here on",
                self.limits.image_entries, self.digest
            );
            self.loss("entries over the budget", DiagnosticKind::LimitReached, path, &message);
        }
        self.layer.charged.marks += u64::from(affords);
        affords
    }

    fn finish(mut self) -> Layer {
        self.tell_absolute();
        for (sort, count) in std::mem::take(&mut self.told) {
            if count > PROBLEMS {
                let message = format!("layer `{}`: {} more: {sort}", self.digest, count - PROBLEMS);
                self.push(DiagnosticKind::Malformed, &RelPath::root(), &message);
            }
        }
        let layer = &mut self.layer;
        for marks in [&mut layer.others, &mut layer.folders, &mut layer.deleted, &mut layer.opaque] {
            marks.sort_unstable();
            marks.dedup();
            marks.shrink_to_fit();
        }
        self.layer
    }
}

/// So many bytes from the start of a file. Grows with what arrives: the size in a header is only a claim.
fn all_of(data: &mut dyn FileBytes, count: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    data.take(count).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < count { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
}

/// The bytes of one file; remembers what the stream below failed with, so that a visitor cannot hide it.
struct Watched<'a> {
    inner: &'a mut dyn FileBytes,
    failed: Option<io::Error>,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| {
            let shown = io::Error::new(error.kind(), error.to_string());
            self.failed = Some(error);
            shown
        })
    }
}

fn words(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof { "it ends too early".to_owned() } else { error.to_string() }
}
