//! Files that are too big or too deep to be handed to a scanner whole: executables, archives of Java, weights.
//!
//! Their first bytes tell what they are. The [`Extractor`] of a scanner then reads the file once, from front to back,
//! and keeps a short text of what it found; the scanner reads that text in place of the file. Layers of images are read
//! the same way while they are unpacked.

use std::io::{self, BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use super::{SCANNERS, Scanner};
use crate::source::Limits;
use crate::source::layers::{FileHead, Visitor};
use crate::text::{RelPath, clean_line, shorten};

/// Bytes of a file that tell what it is.
pub const HEAD: usize = 4096;

/// Most bytes kept of a file; a layer of an image takes a little more for one.
pub const MOST: usize = 3 << 20;

/// Bytes read at once.
const PORTION: usize = 64 << 10;

/// Longest reason told for a file that could not be read to its end.
const REASON: usize = 300;

/// Reads what a scanner needs of a file, in one pass.
pub trait Extractor: Sync {
    /// True when a file of that name and size may be one; nothing is opened for the others.
    fn may_be(&self, path: &RelPath, size: u64) -> bool;

    /// True when it begins like one; `head` has at most [`HEAD`] bytes.
    fn is(&self, path: &RelPath, size: u64, head: &[u8]) -> bool;

    /// Reads the file from its first byte and appends what the scanner is to read. What stands in `out` when an
    /// error comes is kept; nothing in it means that there is nothing to tell.
    ///
    /// # Errors
    /// When the stream ends too early, cannot be read, or passes a limit.
    fn extract(&self, file: &mut Stream<'_>, out: &mut Vec<u8>) -> io::Result<()>;
}

/// A file being read by an [`Extractor`].
pub struct Stream<'a> {
    /// Its name.
    pub path: &'a RelPath,
    /// Its bytes.
    pub bytes: &'a mut dyn Read,
    /// How many it has.
    pub size: u64,
    /// Every cap.
    pub limits: &'a Limits,
}

/// What was kept of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extract {
    /// The scanner that reads it.
    pub scanner: &'static str,
    /// What it reads.
    pub bytes: Vec<u8>,
    /// Why the file was read in part only.
    pub problem: Option<String>,
}

/// True when the content of a file of that name and size may matter to some scanner.
#[must_use]
pub fn may_matter(path: &RelPath, size: u64) -> bool {
    extractors().any(|(_, extractor)| extractor.may_be(path, size))
}

/// As [`may_matter`], where the name itself tells a format: programs may have any.
pub(super) fn is_named(path: &RelPath, size: u64) -> bool {
    extractors().any(|(scanner, extractor)| scanner.meta().id != "executable" && extractor.may_be(path, size))
}

/// The scanner that reads an extract of a file which begins with `head`, if any does.
#[must_use]
pub fn reader(path: &RelPath, size: u64, head: &[u8]) -> Option<&'static dyn Scanner> {
    let mut all = extractors();
    all.find(|(_, one)| one.may_be(path, size) && one.is(path, size, head)).map(|(scanner, _)| scanner)
}

/// Reads a file for a scanner. Nothing when there is nothing to tell of it.
#[must_use]
pub fn extract(scanner: &'static dyn Scanner, file: Stream<'_>) -> Option<Extract> {
    let mut bytes = Vec::new();
    // some read byte by byte
    let mut buffered = BufReader::with_capacity(PORTION, file.bytes);
    let mut file = Stream { path: file.path, bytes: &mut buffered, size: file.size, limits: file.limits };
    let extractor = scanner.extractor()?;
    // one hostile file must not end the scan
    let result = catch_unwind(AssertUnwindSafe(|| extractor.extract(&mut file, &mut bytes)))
        .unwrap_or_else(|_| Err(damaged("its reader panicked; please report it")));
    let result = capped(&mut bytes).and(result);
    let problem = result.err().map(|error| shorten(&clean_line(&words(&error)), REASON).to_string());
    (!bytes.is_empty() || problem.is_some()).then_some(Extract { scanner: scanner.meta().id, bytes, problem })
}

/// Takes back what is more than may be kept, up to the last whole line.
fn capped(bytes: &mut Vec<u8>) -> io::Result<()> {
    if bytes.len() <= MOST {
        return Ok(());
    }
    let end = bytes[..MOST].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    bytes.truncate(end);
    Err(damaged(format!("it tells more than {MOST} bytes, the rest was left out")))
}

/// Finds out what a file is and reads what matters of it.
#[must_use]
pub fn look(path: &RelPath, size: u64, bytes: &mut dyn Read, limits: &Limits) -> Option<Extract> {
    let mut head = Vec::new();
    (&mut *bytes).take(HEAD as u64).read_to_end(&mut head).ok()?;
    let scanner = reader(path, size, &head)?;
    let mut whole = head.as_slice().chain(bytes);
    extract(scanner, Stream { path, bytes: &mut whole, size, limits })
}

pub(super) fn extractors() -> impl Iterator<Item = (&'static dyn Scanner, &'static dyn Extractor)> {
    SCANNERS.iter().filter_map(|scanner| Some((*scanner, scanner.extractor()?)))
}

/// What to say of an error.
pub(crate) fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
        _ => error.to_string(),
    }
}

/// An error with words of its own.
pub(crate) fn damaged(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.into())
}

/// The way an extract goes through a layer of an image: whether the file could be read to its end, then what was kept.
#[must_use]
pub fn to_record(extract: &Extract) -> Vec<u8> {
    let mut record = extract.problem.clone().unwrap_or_default().into_bytes();
    record.push(b'\n');
    record.extend_from_slice(&extract.bytes);
    record
}

/// The extract of a record, for the scanner of that id; nothing when it is none.
#[must_use]
pub fn from_record(scanner: &str, record: &[u8]) -> Option<Extract> {
    let (scanner, _) = extractors().find(|(one, _)| one.meta().id == scanner)?;
    let end = record.iter().position(|byte| *byte == b'\n')?;
    let problem = String::from_utf8_lossy(&record[..end]).into_owned();
    Some(Extract {
        scanner: scanner.meta().id,
        bytes: record[end + 1..].to_vec(),
        problem: (!problem.is_empty()).then_some(problem),
    })
}

/// The visitor of layers that reads a file which begins with `head`, if any does.
#[must_use]
pub fn visitor(path: &RelPath, size: u64, head: &[u8]) -> Option<&'static dyn Visitor> {
    let id = reader(path, size, head)?.meta().id;
    let found = VISITORS.iter().find(|one| one.0.meta().id == id)?;
    Some(found)
}

static VISITORS: LazyLock<Vec<Passing>> = LazyLock::new(|| extractors().map(|(scanner, _)| Passing(scanner)).collect());

/// Makes extracts while the bytes of a layer pass by.
struct Passing(&'static dyn Scanner);

impl Visitor for Passing {
    fn name(&self) -> &'static str {
        self.0.meta().id
    }

    fn visit(&self, file: &FileHead<'_>, stream: &mut dyn Read) -> io::Result<Option<Vec<u8>>> {
        let limits = Limits::default();
        let stream = Stream { path: file.path, bytes: stream, size: file.size, limits: &limits };
        Ok(extract(self.0, stream).as_ref().map(to_record))
    }
}
