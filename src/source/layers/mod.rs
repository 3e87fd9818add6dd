//! Layers of an image: what each adds and removes, and what is left when they lie on each other.
//!
//! A layer is read once, as a stream. For every regular file a [`Wanter`] sees path, size and first bytes and says what
//! to keep: nothing, the whole file, its head, or a small record that a [`Visitor`] makes while the bytes pass by. What a
//! layer hides of those below is kept as hashes of paths, so that memory grows with what is wanted and not with the
//! image. Layers are read without regard to each other, in any order and at the same time; [`squash`] lays them
//! on each other.

mod squash;
mod stored;
mod walk;

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sha2::{Digest as _, Sha256};

use super::Limits;
use crate::diagnostic::Diagnostic;
use crate::text::RelPath;

pub use squash::{Gone, LayeredFile, Squashed, squash};
pub use stored::{decode, encode};
pub use walk::read_layer;
pub(super) use walk::{FileBytes, LooseFiles};

/// First bytes of a file that a [`Wanter`] sees.
pub const HEAD: usize = 4096;
/// Bytes a [`Visitor`] may give for one file.
pub const RECORD: usize = 4 << 20;

/// What is known of a file before its bytes are read.
#[derive(Clone, Copy, Debug)]
pub struct FileHead<'a> {
    /// Path in the image.
    pub path: &'a RelPath,
    /// Bytes it has.
    pub size: u64,
    /// The first [`HEAD`] bytes, or all when it has fewer. Empty for a link, whose bytes stand elsewhere.
    pub bytes: &'a [u8],
}

/// What to keep of a file.
#[derive(Clone, Copy)]
pub enum Want {
    /// Nothing.
    Nothing,
    /// All of it when it has at most so many bytes; else that it is too large is reported.
    Whole(u64),
    /// The first bytes, at most so many.
    Head(u64),
    /// What a visitor makes of it.
    Visit(&'static dyn Visitor),
}

/// Decides what is kept of the files of a layer. The same file must get the same answer in every layer and run, for
/// answers are cached.
pub trait Wanter: Sync {
    /// What to keep of one file.
    fn want(&self, file: &FileHead<'_>) -> Want;

    /// False when nothing is lost without the bytes of a file that is wanted whole: then only that it is there is kept.
    fn needs(&self, _path: &RelPath, _bytes: &[u8]) -> bool {
        true
    }

    /// True when a file is wanted for its name, whatever a visitor finds in it.
    fn wants_name(&self, _path: &RelPath) -> bool {
        false
    }

    /// Changes when answers change: part of the key under which layers are cached.
    fn version(&self) -> String;
}

/// Makes a small record of a file whose bytes pass by once: a binary's build information, the list of an archive.
pub trait Visitor: Sync {
    /// Name and version, which its records carry: `go-build-info/1`.
    fn name(&self) -> &'static str;

    /// Reads as much of `stream` as it needs (all of the file, from its start); `None` when there is nothing to keep.
    ///
    /// # Errors
    /// What went wrong; a limit or damage of the stream must be handed on.
    fn visit(&self, file: &FileHead<'_>, stream: &mut dyn Read) -> io::Result<Option<Vec<u8>>>;
}

/// What the bytes of a kept file are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// All of it.
    Whole,
    /// Its first bytes.
    Head,
    /// The record of the visitor of this name.
    Record(Arc<str>),
}

/// A file that somebody wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What `bytes` are.
    pub content: Content,
    /// Bytes the file has.
    pub size: u64,
    /// What was kept.
    pub bytes: Arc<[u8]>,
}

/// What an image may still keep in memory; shared by the threads that read its layers.
#[derive(Debug)]
pub struct Budget {
    bytes: AtomicU64,
    files: AtomicU64,
    marks: AtomicU64,
    passed: AtomicBool,
}

impl Budget {
    /// The whole budget of one image.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            bytes: AtomicU64::new(limits.image_bytes),
            files: AtomicU64::new(limits.image_files),
            marks: AtomicU64::new(limits.image_entries),
            passed: AtomicBool::new(false),
        }
    }

    /// True when something was refused. Which file that was depends on the order in which layers are read.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.passed.load(Ordering::Relaxed)
    }

    /// Takes what a layer that need not be read again holds.
    #[must_use]
    pub fn admits(&self, layer: &Layer) -> bool {
        let Charged { bytes, files, marks } = layer.charged;
        let mut taken = Vec::new();
        for (from, count) in [(&self.bytes, bytes), (&self.files, files), (&self.marks, marks)] {
            if !self.take(from, count) {
                taken.iter().for_each(|(from, count): &(&AtomicU64, u64)| {
                    from.fetch_add(*count, Ordering::Relaxed);
                });
                return false;
            }
            taken.push((from, count));
        }
        true
    }

    fn file(&self, bytes: u64) -> bool {
        self.take(&self.files, 1) && self.take(&self.bytes, bytes)
    }

    fn mark(&self) -> bool {
        self.take(&self.marks, 1)
    }

    fn take(&self, from: &AtomicU64, count: u64) -> bool {
        let taken = from.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(count)).is_ok();
        if !taken {
            self.passed.store(true, Ordering::Relaxed);
        }
        taken
    }
}

/// A path as a layer remembers what it hides below: eight bytes, however long the path is. Of SHA-256, so that no image
/// can choose paths that hide each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u64);

impl Mark {
    fn of(path: &str) -> Self {
        let digest = Sha256::digest(path.as_bytes());
        Self(digest.iter().take(8).fold(0, |all, byte| all << 8 | u64::from(*byte)))
    }
}

/// A layer as read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layer {
    /// Wanted files.
    pub files: BTreeMap<RelPath, Kept>,
    /// Links under wanted names: what they are said to lead to.
    pub links: BTreeMap<RelPath, Link>,
    /// Files, links and devices that nobody wanted: below them nothing of that path is left. Sorted.
    others: Vec<Mark>,
    /// Folders: a file of that path below is gone, what lies in the folder below is not. Sorted.
    folders: Vec<Mark>,
    /// What the layer deletes of those below. Sorted.
    deleted: Vec<Mark>,
    /// Folders whose earlier content is gone. Sorted.
    opaque: Vec<Mark>,
    /// Entries seen.
    pub entries: u64,
    /// Bytes after decompression.
    pub unpacked: u64,
    /// What was not understood.
    pub diagnostics: Vec<Diagnostic>,
    /// What reading it took of the budget of its image.
    charged: Charged,
    /// False when it could not be read to its end, or not all that is wanted had room.
    pub is_whole: bool,
}

/// What a layer took of a budget. More than it holds in the end, when several entries have one path: a layer out of the
/// cache must cost what it cost when it was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Charged {
    bytes: u64,
    files: u64,
    marks: u64,
}

/// A link under a wanted name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Another name of a file of the image.
    Hard(RelPath),
    /// A symbolic link to a path of the image.
    Symbolic(RelPath),
}

impl Layer {
    /// Nothing, read to its end.
    #[must_use]
    pub fn empty() -> Self {
        Self { is_whole: true, ..Self::default() }
    }

    /// Bytes of its wanted files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|kept| kept.bytes.len() as u64).sum()
    }
}
