//! Scanners: from bytes to facts. A scanner never walks, opens files or goes online.
//!
//! Adding one is one file and one line in [`GROUPS`]. A scanner gets an [`Input`] (one file, or
//! all matching files of one folder) and writes into [`Facts`]; the engine does the rest.
//! Scanners meet only through component ids.

mod apart;
pub mod binary;
mod called;
pub mod cloud;
pub mod cluster;
mod computed;
pub mod delivery;
mod deployed;
mod engine;
mod evaluated;
pub mod extract;
mod facts;
pub mod hardware;
mod held;
pub mod image;
mod input;
mod jobs;
mod memo;
mod mirrors;
pub mod model;
pub(crate) mod origin;
mod own;
pub mod package;
mod queued;
mod reconcile;
pub(crate) mod registries;
mod registry;
mod replicated;
mod run;
pub mod sbom;
mod selection;
mod selector;
mod sides;
pub mod unread;
mod words;

pub use engine::{
    Options, list_directory, scan_directory, scan_file_as, scan_files, scan_files_with, scan_listed, scan_with_extracts,
};
pub use extract::{Extract, Extractor};
pub use facts::{Facts, Seen};
pub use hardware::columns::AssetMapping;
pub use input::{Companions, Input, SourceFile, Subject};
pub use memo::Memo;
pub use registry::{GROUPS, Group, SCANNERS};
pub use run::is_running;
pub use selection::Selection;
pub use selector::Selector;

use crate::catalog::Catalog;
use crate::model::{Basis, ComponentKind};
use crate::source::Limits;
use crate::text::RelPath;

/// What a scanner is.
pub trait Scanner: Sync {
    /// Name, files, purpose.
    fn meta(&self) -> &'static ScannerMeta;

    /// True when the name of a file is all it needs: the file is then not opened and looks empty.
    fn needs_no_content(&self, _path: &RelPath) -> bool {
        false
    }

    /// True for a file whose meaning hangs on which other files take it in: it is read behind those, so that what they take in
    /// need not be found out twice. Nothing but time hangs on it.
    fn asks_others(&self, _path: &RelPath) -> bool {
        false
    }

    /// True when it reads what is installed in folders such as `node_modules`; no other scanner sees those.
    fn reads_installed(&self) -> bool {
        false
    }

    /// False when it has nothing to tell of a file that holds these bytes. Of the files of an image, which lie in memory
    /// until all layers are read, only the name is then kept.
    fn may_tell(&self, _path: &RelPath, _bytes: &[u8], _catalog: &Catalog) -> bool {
        true
    }

    /// Set when its files are too big or too deep to be handed over whole: what of them it reads.
    fn extractor(&self) -> Option<&dyn Extractor> {
        None
    }

    /// Reads `input` and writes facts.
    ///
    /// # Errors
    /// Only when nothing more of the input can be read; one bad entry is [`Facts::problem`].
    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()>;
}

/// What the engine and the documents need to know of a scanner.
pub struct ScannerMeta {
    /// `cargo-lock`: also file name, fixture folder, anchor in docs/scanners.md.
    pub id: &'static str,
    /// What it reads, for people.
    pub title: &'static str,
    /// One or two sentences: what is read and what is not.
    pub summary: &'static str,
    /// Globs over the path below the target, matched by one set for all scanners: `**/Cargo.lock`.
    pub files: &'static [&'static str],
    /// One file at a time, or all matching files of a folder or of the target together.
    pub unit: Unit,
    /// Which size limit applies.
    pub size: SizeClass,
    /// How its facts are known, unless a fact says otherwise.
    pub basis: Basis,
    /// Kinds of components it can emit; compared with what fixtures give.
    pub emits: &'static [ComponentKind],
    /// The format's specification.
    pub reference: &'static str,
}

/// What a scanner wants to see at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// One file.
    File,
    /// All matching files of one folder (a Go module).
    Directory,
    /// All matching files of the target: folders speak of each other (Terraform modules).
    Tree,
    /// All matching files below the outermost folder that holds a file of this name (a chart with its parts);
    /// elsewhere those of one folder.
    Below(&'static str),
}

/// True for the id of a scanner of lock files. What such a file names may lie elsewhere, or nowhere yet.
#[must_use]
pub fn reads_lock_files(id: &str) -> bool {
    const OTHERS: [&str; 7] = [
        "pylock",
        "requirements",
        "cartfile-resolved",
        "swift-resolved",
        "cabal-freeze",
        "julia-manifest",
        "nuget-assets",
    ];
    id.ends_with("-lock") || OTHERS.contains(&id)
}

/// Which limit of [`crate::source::Limits`] applies to a scanner's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SizeClass {
    /// Source code.
    Code,
    /// Manifests.
    Ordinary,
    /// Lock files, SBOMs, plans, dumps.
    Large,
}

impl SizeClass {
    /// Bytes that a file of the class may have.
    #[must_use]
    pub fn limit(self, limits: &Limits) -> u64 {
        match self {
            Self::Code => limits.code_bytes,
            Self::Ordinary => limits.file_bytes,
            Self::Large => limits.large_file_bytes,
        }
    }
}
