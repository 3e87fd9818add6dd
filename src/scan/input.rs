//! What a scanner gets: text with places, parsed at most once per format.

mod trees;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::facts::Seen;
use super::memo::Memo;
use super::origin::Origin;
use super::words::{decode, excerpt};
use crate::catalog::Catalog;
use crate::model::{ComponentId, ComponentKind, Sheet, SpotId};
use crate::parse;
use crate::text::{LineColumn, LineIndex, Region, RelPath, Span};

/// One file in memory.
pub struct SourceFile {
    text: Arc<String>,
    /// True when bytes were not UTF-8 and had to be replaced.
    lossy: bool,
    /// The bytes of a binary file, which its text cannot give back.
    raw: Option<Vec<u8>>,
    /// Its path, and the places that facts rest on.
    lane: Lane,
    /// The same for the other threads of the pool, while they read the file as well.
    lanes: OnceLock<Box<[Lane]>>,
    lines: OnceLock<LineIndex>,
    yaml: OnceLock<parse::yaml::Yaml>,
    json: OnceLock<Result<parse::Node, parse::ParseError>>,
    jsonc: OnceLock<Result<parse::Node, parse::ParseError>>,
    /// What is complete of JSON that is broken, and what is said of it.
    json_part: OnceLock<Option<(parse::Node, Vec<parse::ParseError>)>>,
    toml: OnceLock<(parse::Node, Vec<parse::ParseError>)>,
    xml: OnceLock<(Option<Arc<parse::xml::Element>>, Option<parse::ParseError>)>,
    /// Set while a scanner reads that tells what it could not read by the shapes it asks for.
    watched: AtomicBool,
    /// The first place of a fact that holds bytes which are no text.
    garbled: AtomicUsize,
    origin: Origin,
    /// Of one side of a merge, the text with both: columns are counted in it, as what is blank here may be letters of several
    /// bytes there.
    merged: Option<Arc<String>>,
}

/// The places of a file that one thread notes. What two threads write stands in no line of memory together.
#[repr(align(128))]
struct Lane {
    sheet: Arc<Sheet>,
    /// The place given last: scanners ask for one place several times in a row.
    last: Mutex<Option<(Span, SpotId, u32)>>,
}

impl Lane {
    fn new(path: RelPath, layer: Option<Arc<str>>) -> Self {
        Self { sheet: Arc::new(Sheet::new(path, layer)), last: Mutex::new(None) }
    }

    fn seen(&self, spot: SpotId) -> Seen {
        Seen { sheet: Arc::clone(&self.sheet), spot, basis: None }
    }
}

/// What one scan call looks at.
pub struct Input<'a> {
    /// The files: one, or those of a folder sorted by path.
    pub files: &'a [Arc<SourceFile>],
    /// Words scanners look for (hosts, resource names). Judging is attribution's work, not theirs.
    pub catalog: &'a Catalog,
    /// Set when `--trust-workspace` allows running build tools; holds the target folder.
    pub trusted_root: Option<&'a std::path::Path>,
    /// Set when the files belong to one thing, such as an image, rather than to folders.
    pub subject: Option<&'a Subject>,
    /// Reads other files of the same target, see [`Input::companion`].
    pub companions: &'a Companions<'a>,
    /// What was made of other files before, see [`Memo`].
    pub memo: &'a Memo,
    /// Files of the target that some scanner wants, sorted: for names that mean a file wherever it lies.
    pub paths: &'a [RelPath],
    /// How lists of assets are read that name their columns in their own words.
    pub assets: &'a [super::AssetMapping],
}

/// The one thing that all files of a target belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its id.
    pub id: ComponentId,
    /// Its kind.
    pub kind: ComponentKind,
}

/// Gives the bytes of another file of the target, or nothing when it is absent, too large or a link.
pub type Companions<'a> = dyn Fn(&RelPath) -> Option<Vec<u8>> + Sync + 'a;

impl<'a> Input<'a> {
    /// The first file: the only one for scanners of single files.
    #[must_use]
    pub fn file(&self) -> &'a SourceFile {
        self.files.first().expect("the engine never calls a scanner without a file")
    }

    /// What a manifest speaks for: the image when an image is scanned, else the project of the file's folder.
    #[must_use]
    pub fn root_subject(&self, file: &SourceFile) -> ComponentId {
        self.root_subject_at(&file.folder())
    }

    /// As [`Self::root_subject`], for files that speak for another folder than their own: a package
    /// database speaks for the root of its file system.
    #[must_use]
    pub fn root_subject_at(&self, folder: &RelPath) -> ComponentId {
        self.subject.map_or_else(|| ComponentId::project(folder), |subject| subject.id.clone())
    }

    /// Kind of [`Self::root_subject`].
    #[must_use]
    pub fn root_kind(&self) -> ComponentKind {
        self.subject.map_or(ComponentKind::Project, |subject| subject.kind)
    }

    /// Another file of the same target, for what one file alone does not say (the distribution that a
    /// package database belongs to). Ordinary size limit; links are not followed.
    #[must_use]
    pub fn companion(&self, path: &RelPath) -> Option<SourceFile> {
        let bytes = (self.companions)(path)?;
        Some(SourceFile::new(path.clone(), bytes, None))
    }

    /// The files of the target in a folder and below, sorted.
    pub fn below(&self, folder: &RelPath) -> impl Iterator<Item = &'a RelPath> + use<'a> {
        let prefix = if folder.is_root() { String::new() } else { format!("{folder}/") };
        let from = self.paths.partition_point(|path| path.as_str() < prefix.as_str());
        self.paths[from..].iter().take_while(move |path| path.as_str().starts_with(&prefix))
    }

    /// The files of the target whose paths end with these parts.
    pub fn files_at(&self, tail: &str) -> impl Iterator<Item = &'a RelPath> {
        self.paths.iter().filter(move |path| path.ends_with_parts(tail))
    }
}

impl SourceFile {
    /// Decodes bytes: UTF-8 with or without BOM, UTF-16 with BOM (redirected tool output on
    /// Windows), anything else with replacement characters.
    #[must_use]
    pub fn new(path: RelPath, bytes: Vec<u8>, layer: Option<Arc<str>>) -> Self {
        let (text, lossy, raw) = decode(bytes);
        Self {
            text: Arc::new(text),
            lossy,
            raw,
            lane: Lane::new(path, layer),
            lanes: OnceLock::new(),
            lines: OnceLock::new(),
            yaml: OnceLock::new(),
            json: OnceLock::new(),
            jsonc: OnceLock::new(),
            json_part: OnceLock::new(),
            toml: OnceLock::new(),
            xml: OnceLock::new(),
            watched: AtomicBool::new(false),
            garbled: AtomicUsize::new(usize::MAX),
            origin: Origin::Whole,
            merged: None,
        }
    }

    /// One side of a merge in this file, as a file of its own.
    pub(super) fn side(&self, text: &str) -> Self {
        let mut side = self.part(text, Origin::Whole);
        side.merged = Some(Arc::clone(&self.text));
        side
    }

    /// True for one side of a merge: the file says more.
    pub(crate) fn is_side(&self) -> bool {
        self.merged.is_some()
    }

    /// A text within this file, as a file of its own whose places are those of this one.
    pub(crate) fn part(&self, text: &str, origin: Origin) -> Self {
        let mut part = Self::new(self.path().clone(), text.as_bytes().to_vec(), self.lane.sheet.layer().cloned());
        part.origin = origin;
        part
    }

    /// The origin of a part that has the lines of this text from a place on.
    pub(crate) fn lines_from(&self, start: usize) -> Origin {
        let above = self.lines().region(&self.text, Span::new(start, start)).start.line.saturating_sub(1);
        self.origin.below(above)
    }

    /// True for a text within another file: what it names beside it is not beside that file.
    pub(crate) fn is_part(&self) -> bool {
        !matches!(self.origin, Origin::Whole)
    }

    /// Path below the target.
    #[must_use]
    pub fn path(&self) -> &RelPath {
        self.lane.sheet.path()
    }

    /// Folder of the file.
    #[must_use]
    pub fn folder(&self) -> RelPath {
        self.path().parent()
    }

    /// The text; a leading BOM is gone.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text, for trees that share it.
    #[must_use]
    pub fn shared_text(&self) -> &Arc<String> {
        &self.text
    }

    /// The bytes, for binary formats. Those of a text file that had to be decoded are the decoded ones.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.raw.as_deref().unwrap_or(self.text.as_bytes())
    }

    /// True when some bytes were not text.
    #[must_use]
    pub fn is_lossy(&self) -> bool {
        self.lossy
    }

    /// True when the file looks binary: a NUL among the first 8 KiB, and not a stray one in what is text otherwise.
    #[must_use]
    pub fn is_binary(&self) -> bool {
        /// Bytes of a text to one NUL.
        const STRAY: usize = 64;
        let head = &self.text.as_bytes()[..self.text.len().min(8192)];
        let zeros = memchr::memchr_iter(0, head).count();
        zeros > 0 && (self.lossy || zeros * STRAY > head.len())
    }

    /// The first place of a fact where bytes are no text: names and versions there may be others.
    pub(super) fn garbled(&self) -> Option<Span> {
        let at = self.garbled.load(Ordering::Relaxed);
        (at < self.text.len()).then(|| Span::new(at, at))
    }

    /// A syntax error as the scanner's error; the engine takes the place from it.
    #[must_use]
    pub fn parse_error(&self, error: &parse::ParseError) -> anyhow::Error {
        anyhow::Error::new(Located { at: self.region(error.span).start, message: error.message.clone() })
    }

    /// The index of line starts.
    #[must_use]
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(self.placed()))
    }

    /// The text that places are counted in.
    fn placed(&self) -> &str {
        self.merged.as_ref().unwrap_or(&self.text)
    }

    /// Lines and columns of a span.
    #[must_use]
    pub fn region(&self, span: Span) -> Region {
        self.origin.region(self.lines().region(self.placed(), span))
    }

    /// The place of a span, as evidence for a fact.
    #[must_use]
    pub fn at(&self, span: impl Into<Span>) -> Seen {
        let span = span.into();
        // a place that is clamped would be wrong without a word: a span of another text
        debug_assert!(self.text.get(span.start..span.end).is_some(), "{span:?} is no part of {}", self.path());
        if self.lossy
            && let Some(within) = self.text.get(span.start..span.end).and_then(|text| text.find('\u{FFFD}'))
        {
            self.garbled.fetch_min(span.start + within, Ordering::Relaxed);
        }
        let lane = self.lane();
        let mut last = lane.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, spot, _)) = *last
            && at == span
        {
            return lane.seen(spot);
        }
        let line = last.as_ref().map_or(0, |(_, _, line)| *line);
        let region = self.lines().region_near(self.placed(), span, line);
        let spot = lane.sheet.note(self.origin.region(region), Some(&excerpt(&self.text, span)));
        *last = Some((span, spot, region.start.line));
        lane.seen(spot)
    }

    /// From here on every thread of the pool notes places by itself, see [`Facts::in_parts`].
    pub(super) fn part_places(&self) {
        let layer = self.lane.sheet.layer();
        let lane = |_| Lane::new(self.path().clone(), layer.cloned());
        self.lanes.get_or_init(|| (1..rayon::current_num_threads()).map(lane).collect());
    }

    fn lane(&self) -> &Lane {
        let own = || self.lanes.get()?.get(rayon::current_thread_index()?.checked_sub(1)?);
        own().unwrap_or(&self.lane)
    }

    /// The file as a whole, as evidence: for facts that no line states.
    #[must_use]
    pub fn whole(&self) -> Seen {
        self.lane().seen(SpotId::WHOLE)
    }

    /// Ends the file after its scanners. All threads of the pool free a large tree together, and may take other work
    /// while they wait: whoever calls this must hold nothing that other work waits for.
    pub(super) fn free(mut self) {
        let tree = self.json.take().and_then(Result::ok);
        // freeing the tree of a small file takes less time than waking another thread
        if let Some(tree) = tree
            && self.text.len() >= trees::DUMP / 2
        {
            tree.free();
        }
    }
}

/// Whoever closes a file has written all facts of it.
impl Drop for SourceFile {
    fn drop(&mut self) {
        self.lane.sheet.close();
        self.lanes.get().into_iter().flatten().for_each(|lane| lane.sheet.close());
    }
}

/// An error that knows its place; the engine moves the place into the diagnostic.
#[derive(Debug)]
pub(super) struct Located {
    /// Line and column.
    pub(super) at: LineColumn,
    message: String,
}

impl std::fmt::Display for Located {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Located {}
