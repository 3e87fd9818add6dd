//! What a scanner gets: text with places, parsed at most once per format.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::facts::{Facts, Seen};
use super::memo::Memo;
use super::origin::Origin;
use super::words::{decode, excerpt, without_schemas};
use crate::catalog::Catalog;
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, ComponentKind, Sheet, SpotId};
use crate::parse;
use crate::text::{LineColumn, LineIndex, Region, RelPath, Span};

/// What no scanner reads in JSON: which tool set which field of a Kubernetes object, a third of what a cluster tells.
const PASSED_OVER: parse::PassedOver<'_> =
    parse::PassedOver { anywhere: &["managedFields"], objects: &[], of_objects: &[] };

/// What no scanner reads of pods and what makes them besides, which is left out of dumps of clusters.
const PASSED_OVER_IN_DUMPS: parse::PassedOver<'_> = parse::PassedOver {
    objects: &[
        ("v1", "Pod"),
        ("apps/v1", "Deployment"),
        ("apps/v1", "ReplicaSet"),
        ("apps/v1", "StatefulSet"),
        ("apps/v1", "DaemonSet"),
        ("batch/v1", "Job"),
        ("batch/v1", "CronJob"),
    ],
    of_objects: &[
        "status",
        "ports",
        "volumeMounts",
        "livenessProbe",
        "readinessProbe",
        "startupProbe",
        "lifecycle",
        "securityContext",
        "tolerations",
    ],
    ..PASSED_OVER
};

/// Bytes from which on a file is taken for a dump: nobody writes or patches such a file by hand.
const DUMP: usize = 8 << 20;

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
    /// What is complete of JSON that is broken.
    json_part: OnceLock<Option<parse::Node>>,
    toml: OnceLock<(parse::Node, Vec<parse::ParseError>)>,
    xml: OnceLock<(Option<Arc<parse::xml::Element>>, Option<parse::ParseError>)>,
    /// Set while a scanner reads that tells what it could not read by the shapes it asks for.
    watched: AtomicBool,
    origin: Origin,
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
            origin: Origin::Whole,
        }
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

    /// True when the file looks binary (a NUL among the first 8 KiB).
    #[must_use]
    pub fn is_binary(&self) -> bool {
        self.text.bytes().take(8192).any(|byte| byte == 0)
    }

    /// The file as YAML documents; parsed once for all scanners.
    #[must_use]
    pub fn yaml(&self) -> &parse::yaml::Yaml {
        self.yaml.get_or_init(|| match without_schemas(&self.text) {
            Cow::Borrowed(_) => parse::yaml::yaml_of(&self.text),
            Cow::Owned(text) => parse::yaml::yaml_of(&Arc::new(text)),
        })
    }

    /// The file as JSON; parsed once for all scanners.
    ///
    /// # Errors
    /// The syntax error with its span.
    pub fn json(&self) -> Result<&parse::Node, &parse::ParseError> {
        let passed = if self.text.len() < DUMP { PASSED_OVER } else { PASSED_OVER_IN_DUMPS };
        self.json.get_or_init(|| parse::json::json_of(&self.text, passed)).as_ref()
    }

    /// The file as JSON with what stands complete before a syntax error, which is written as a problem. Values of
    /// another shape than the scanner asks for become problems as well.
    ///
    /// # Errors
    /// The syntax error when nothing before it is complete.
    pub fn json_or_part(&self, out: &mut Facts<'_>) -> anyhow::Result<&parse::Node> {
        self.watch_shapes();
        match self.json() {
            Ok(root) => Ok(root),
            Err(error) => self.complete_part(error, out),
        }
    }

    /// As [`Self::json_or_part`], for JSON with comments and trailing commas.
    ///
    /// # Errors
    /// The syntax error when nothing before it is complete.
    pub fn jsonc_or_part(&self, out: &mut Facts<'_>) -> anyhow::Result<&parse::Node> {
        self.watch_shapes();
        match self.jsonc_root() {
            Ok(root) => Ok(root),
            Err(error) => self.complete_part(error, out),
        }
    }

    fn complete_part(&self, error: &parse::ParseError, out: &mut Facts<'_>) -> anyhow::Result<&parse::Node> {
        let part = self.json_part.get_or_init(|| parse::json::complete_part(&self.text, error));
        let part = part.as_ref().ok_or_else(|| self.parse_error(error))?;
        let message = format!("{}; what stands before it was read", error.message);
        out.problem(DiagnosticKind::Malformed, self, Some(error.span), message);
        Ok(part)
    }

    /// The file as TOML with what could be read; syntax errors and odd shapes are written as problems.
    pub fn toml_or_part(&self, out: &mut Facts<'_>) -> &parse::Node {
        self.watch_shapes();
        let (root, problems) = self.toml.get_or_init(|| parse::toml::toml_of(&self.text));
        for problem in problems {
            out.problem(DiagnosticKind::Malformed, self, Some(problem.span), &problem.message);
        }
        root
    }

    /// The file as JSON with comments and trailing commas, parsed once.
    ///
    /// # Errors
    /// The syntax error with its span.
    pub fn jsonc_root(&self) -> Result<&parse::Node, &parse::ParseError> {
        self.jsonc.get_or_init(|| parse::json::jsonc_of(&self.text)).as_ref()
    }

    /// The file as TOML with what could be read, for who reads beside another file and says nothing of this one.
    #[must_use]
    pub fn toml_root(&self) -> &parse::Node {
        &self.toml.get_or_init(|| parse::toml::toml(&self.text)).0
    }

    /// From here on it counts as what the scanner asks for the values of the file, see [`Self::tell_odd_shapes`].
    fn watch_shapes(&self) {
        // what scanners before this one asked is theirs
        self.trees().for_each(parse::Node::forget);
        if let Some((Some(root), _)) = self.xml.get() {
            drop(root.misshapen());
        }
        self.watched.store(true, Ordering::Relaxed);
    }

    /// Writes as problems what the scanner asked for as something that it is not, except where it has a word of its
    /// own for it. The engine does this for every file of a scanner; a companion's reader does it itself.
    pub fn tell_odd_shapes(&self, out: &mut Facts<'_>) {
        if !self.watched.swap(false, Ordering::Relaxed) {
            return;
        }
        let odd = self.misshapen();
        if odd.is_empty() {
            return;
        }
        let said = out.lost_at(self.path());
        for odd in odd.iter().filter(|odd| !said.contains(&self.region(odd.span).start)) {
            out.problem(DiagnosticKind::Malformed, self, Some(odd.span), odd.to_string());
        }
    }

    /// What was asked for as something that it is not, in all trees of the file.
    fn misshapen(&self) -> Vec<parse::Misshapen<'_>> {
        let xml = self.xml.get().and_then(|(root, _)| root.as_ref());
        let xml = xml.into_iter().flat_map(|root| root.misshapen());
        self.trees().flat_map(parse::Node::misshapen).chain(xml).collect()
    }

    /// The trees that were made of the file so far.
    fn trees(&self) -> impl Iterator<Item = &parse::Node> {
        let json = [&self.json, &self.jsonc].into_iter().filter_map(|tree| tree.get()?.as_ref().ok());
        let part = self.json_part.get().and_then(Option::as_ref);
        let toml = self.toml.get().map(|(root, _)| root);
        json.chain(part).chain(toml).chain(self.yaml.get().into_iter().flat_map(|yaml| &yaml.documents))
    }

    /// The file as XML with what had ended before a syntax error, which is written as a problem; parsed once. What the
    /// scanner asks its elements for and they do not hold becomes a problem as well.
    ///
    /// # Errors
    /// The syntax error when nothing before it had ended.
    pub fn xml_or_part(&self, out: &mut Facts<'_>) -> anyhow::Result<Arc<parse::xml::Element>> {
        self.watch_shapes();
        let (root, problem) = self.xml_read();
        if let Some(problem) = problem {
            if root.is_none() {
                return Err(self.parse_error(problem));
            }
            let message = format!("{}; what stands before it was read", problem.message);
            out.problem(DiagnosticKind::Malformed, self, Some(problem.span), message);
        }
        root.clone().ok_or_else(|| anyhow::anyhow!("no element"))
    }

    /// The file as XML with what had ended before a syntax error, for who reads beside another file and says nothing
    /// of this one.
    #[must_use]
    pub fn xml_root(&self) -> Option<Arc<parse::xml::Element>> {
        self.xml_read().0.clone()
    }

    fn xml_read(&self) -> &(Option<Arc<parse::xml::Element>>, Option<parse::ParseError>) {
        self.xml.get_or_init(|| {
            let read = parse::xml::xml_or_part(&self.text);
            (read.root.map(Arc::new), read.problem)
        })
    }

    /// The documents of the file as YAML; syntax errors are written as problems.
    pub fn yaml_or_part<'s>(&'s self, out: &mut Facts<'_>) -> &'s [parse::Node] {
        self.watch_shapes();
        let yaml = self.yaml();
        for problem in &yaml.problems {
            out.problem(DiagnosticKind::Malformed, self, Some(problem.span), &problem.message);
        }
        &yaml.documents
    }

    /// A syntax error as the scanner's error; the engine takes the place from it.
    #[must_use]
    pub fn parse_error(&self, error: &parse::ParseError) -> anyhow::Error {
        anyhow::Error::new(Located { at: self.region(error.span).start, message: error.message.clone() })
    }

    /// The index of line starts.
    #[must_use]
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// Lines and columns of a span.
    #[must_use]
    pub fn region(&self, span: Span) -> Region {
        self.origin.region(self.lines().region(&self.text, span))
    }

    /// The place of a span, as evidence for a fact.
    #[must_use]
    pub fn at(&self, span: impl Into<Span>) -> Seen {
        let span = span.into();
        // a place that is clamped would be wrong without a word: a span of another text
        debug_assert!(self.text.get(span.start..span.end).is_some(), "{span:?} is no part of {}", self.path());
        let lane = self.lane();
        let mut last = lane.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, spot, _)) = *last
            && at == span
        {
            return lane.seen(spot);
        }
        let line = last.as_ref().map_or(0, |(_, _, line)| *line);
        let region = self.lines().region_near(&self.text, span, line);
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
            && self.text.len() >= DUMP / 2
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
