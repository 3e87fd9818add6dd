//! A file of named sections, read where it lies.
//!
//! ```text
//!   0  magic "sovlist\n"                    64  section table: 80 bytes a section
//!   8  format version        u32                 0  name, filled with zeros   40 bytes
//!  12  number of sections    u32                40  offset of the first byte  u64
//!  16  bytes of the file     u64                48  bytes                     u64
//!  24  order mark            u32                56  first 24 bytes of the section's hash
//!  28  zeros                 u32                …   sections, each at a multiple of 8
//!  32  SHA-256 of bytes 0..32 and the table
//! ```
//! Numbers are little-endian. The hash of a section is the SHA-256 of the SHA-256s of its pieces, so that all cores
//! can check a large one; it is cut to 192 bits, which still leaves nothing to find by chance. The hash in the head
//! covers the table with all of these, so it stands for the whole file and names it.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};
use std::ops::{Deref, Range};
use std::path::Path;
use std::sync::Arc;

use memmap2::Mmap;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

mod damage;

pub use damage::Damage;

const MAGIC: [u8; 8] = *b"sovlist\n";
/// 2: names of sections have 40 bytes, and not 24.
const VERSION: u32 = 3;
const HEAD: usize = 64;
const ROW: usize = NAME + 16 + SHORT_HASH;
const NAME: usize = 40;
const SHORT_HASH: usize = 24;
/// Written in the byte order of the machine: numbers in sections are of that order.
const ORDER: u32 = 0x0102_0304;
/// Bytes hashed at once.
const PIECE: usize = 256 << 10;
/// More sections than anything we write has.
const MOST_SECTIONS: usize = 4096;

/// Collects the sections of an archive that is to be written.
#[derive(Debug, Default)]
pub struct Builder<'a> {
    sections: Vec<(Cow<'a, str>, Cow<'a, [u8]>)>,
}

impl<'a> Builder<'a> {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a section; its name is plain ASCII of at most 40 bytes and stands once.
    pub fn add(&mut self, name: impl Into<Cow<'a, str>>, bytes: impl Into<Cow<'a, [u8]>>) -> &mut Self {
        self.sections.push((name.into(), bytes.into()));
        self
    }

    /// Head, table, and the offset of each section.
    fn head(&self) -> io::Result<(Vec<u8>, Vec<u64>)> {
        let wrong = |what: String| io::Error::new(io::ErrorKind::InvalidInput, what);
        if self.sections.len() > MOST_SECTIONS {
            return Err(wrong("an archive has too many sections".to_owned()));
        }
        let mut at = (HEAD + ROW * self.sections.len()) as u64;
        let mut table = Vec::with_capacity(ROW * self.sections.len());
        let mut offsets = Vec::with_capacity(self.sections.len());
        for (position, (name, bytes)) in self.sections.iter().enumerate() {
            let plain = !name.is_empty() && name.len() <= NAME && name.bytes().all(|byte| byte.is_ascii_graphic());
            if !plain || self.sections[..position].iter().any(|(other, _)| other == name) {
                return Err(wrong(format!("`{name}` cannot be the name of a section")));
            }
            let mut row = [0; ROW];
            row[..name.len()].copy_from_slice(name.as_bytes());
            row[NAME..NAME + 8].copy_from_slice(&at.to_le_bytes());
            row[NAME + 8..NAME + 16].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
            row[NAME + 16..].copy_from_slice(&hash(bytes)[..SHORT_HASH]);
            table.extend_from_slice(&row);
            offsets.push(at);
            at += (bytes.len() as u64).next_multiple_of(8);
        }
        let mut head = Vec::with_capacity(HEAD + table.len());
        head.extend_from_slice(&MAGIC);
        head.extend_from_slice(&VERSION.to_le_bytes());
        head.extend_from_slice(&(self.sections.len() as u32).to_le_bytes());
        head.extend_from_slice(&at.to_le_bytes());
        head.extend_from_slice(&ORDER.to_ne_bytes());
        head.extend_from_slice(&[0; 4]);
        let whole = Sha256::new().chain_update(&head).chain_update(&table).finalize();
        head.extend_from_slice(&whole);
        head.extend_from_slice(&table);
        Ok((head, offsets))
    }

    /// Writes the archive; gives the hash that stands for it.
    ///
    /// # Errors
    /// Those of the writer, and names that cannot be.
    pub fn write_to(&self, out: &mut dyn io::Write) -> io::Result<[u8; 32]> {
        let (head, _) = self.head()?;
        out.write_all(&head)?;
        for (_, bytes) in &self.sections {
            out.write_all(bytes)?;
            out.write_all(&[0; 8][..bytes.len().next_multiple_of(8) - bytes.len()])?;
        }
        Ok(head[32..64].try_into().expect("a head has 64 bytes"))
    }

    /// Writes the archive beside `path`, to disk, and then puts it there in one step; whoever reads the former file
    /// keeps it. Gives the hash that stands for it.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&self, path: &Path) -> io::Result<[u8; 32]> {
        replace(path, |out| self.write_to(out))
    }
}

/// Beginning of the names of files that are being written.
pub(super) const UNFINISHED: &str = ".new-";

/// Writes a file beside `path`, brings it to disk, renames it, and brings the folder to disk as well: after a loss of
/// power either file is whole.
pub(super) fn replace<T>(path: &Path, write: impl FnOnce(&mut dyn io::Write) -> io::Result<T>) -> io::Result<T> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut file = beside(folder)?;
    let mut buffer = io::BufWriter::with_capacity(1 << 16, file.as_file_mut());
    let value = write(&mut buffer)?;
    buffer.flush()?;
    drop(buffer);
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    sync_folder(folder)?;
    Ok(value)
}

/// A file on its way. Temporary files are private by default; the store may be another user's to read, as the umask says.
fn beside(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder cannot be opened as a file; renaming is written through by the system.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

enum Bytes {
    Mapped(Mmap),
    /// In words, so that it begins at a multiple of 8 as a page does.
    Owned(Vec<u64>, usize),
}

impl Bytes {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Owned(words, length) => &bytemuck::cast_slice(words)[..*length],
        }
    }
}

struct Inner {
    bytes: Bytes,
    sections: Vec<(Box<str>, Range<usize>)>,
    hash: [u8; 32],
}

/// An archive that was opened and found whole. Cloning it costs nothing.
#[derive(Clone)]
pub struct Archive {
    inner: Arc<Inner>,
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive").field("sections", &self.inner.sections).finish_non_exhaustive()
    }
}

impl Archive {
    /// Maps a file of the store and checks all of it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(path: &Path) -> Result<Self, Damage> {
        let file = File::open(path).map_err(Damage::Unreadable)?;
        let length = file.metadata().map_err(Damage::Unreadable)?.len();
        if length < HEAD as u64 {
            return Err(Damage::NoArchive);
        }
        Self::checked(Bytes::Mapped(map(&file).map_err(Damage::Unreadable)?))
    }

    /// Takes an archive from memory and checks all of it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damage> {
        let mut words = vec![0_u64; bytes.len().div_ceil(8)];
        bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..bytes.len()].copy_from_slice(bytes);
        Self::checked(Bytes::Owned(words, bytes.len()))
    }

    fn checked(bytes: Bytes) -> Result<Self, Damage> {
        let (sections, hash) = check(bytes.as_slice())?;
        Ok(Self { inner: Arc::new(Inner { bytes, sections, hash }) })
    }

    /// A section by its name.
    #[must_use]
    pub fn section(&self, name: &str) -> Option<Section> {
        let (_, range) = self.inner.sections.iter().find(|(other, _)| **other == *name)?;
        Some(Section { archive: Arc::clone(&self.inner), range: range.clone() })
    }

    /// A section that must be there.
    ///
    /// # Errors
    /// [`Damage::Missing`].
    pub fn require(&self, name: &str) -> Result<Section, Damage> {
        self.section(name).ok_or_else(|| Damage::Missing(name.into()))
    }

    /// Names of the sections in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.inner.sections.iter().map(|(name, _)| &**name)
    }

    /// The hash that stands for the whole file.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.inner.hash
    }

    /// Size of the file.
    #[must_use]
    pub fn size(&self) -> usize {
        self.inner.bytes.as_slice().len()
    }
}

/// Bytes of a section. It keeps its archive open and begins at a multiple of 8.
#[derive(Clone)]
pub struct Section {
    archive: Arc<Inner>,
    range: Range<usize>,
}

impl Deref for Section {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.archive.bytes.as_slice()[self.range.clone()]
    }
}

impl fmt::Debug for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Section({} bytes)", self.len())
    }
}

impl Section {
    /// The section as numbers; none when its length is no multiple of theirs.
    #[must_use]
    pub fn numbers<T: bytemuck::Pod>(&self) -> Option<&[T]> {
        bytemuck::try_cast_slice(self).ok()
    }
}

#[expect(unsafe_code, reason = "a file can only be mapped so; this is the one place")]
fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: the bytes must not change under the map. The store writes a file under a temporary name, renames it once,
    // and never opens it for writing again: a later import makes other files and unlinks this one, which leaves its
    // bytes in place for as long as they are mapped. The map is read-only and is seen as `[u8]`, as numbers for which
    // every bit pattern is a value, and as `&str` that is handed out after a check that it is UTF-8. So this rests on
    // nobody else writing into files of the store: whoever overwrites one in place between that check and a use breaks
    // what `&str` promises, and whoever cuts one short ends this process with SIGBUS. Wrong numbers alone do no harm:
    // every reader bounds them.
    unsafe { Mmap::map(file) }
}

fn number(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

/// Hash of a section: of the hashes of its pieces.
fn hash(bytes: &[u8]) -> [u8; 32] {
    let pieces: Vec<[u8; 32]> = bytes.par_chunks(PIECE).map(|piece| Sha256::digest(piece).into()).collect();
    let mut whole = Sha256::new();
    pieces.iter().for_each(|piece| whole.update(piece));
    whole.finalize().into()
}

type Table = (Vec<(Box<str>, Range<usize>)>, [u8; 32]);

fn check(bytes: &[u8]) -> Result<Table, Damage> {
    if bytes.len() < HEAD || bytes[..8] != MAGIC {
        return Err(Damage::NoArchive);
    }
    // the version comes first: what follows may differ in another
    let version = number(&bytes[8..12]) as u32;
    if version != VERSION {
        return Err(Damage::Version(version));
    }
    let (said, found) = (number(&bytes[16..24]), bytes.len() as u64);
    if said != found {
        return Err(Damage::Length { said, found });
    }
    let count = number(&bytes[12..16]) as usize;
    let end = HEAD + ROW * count.min(MOST_SECTIONS);
    if count > MOST_SECTIONS || end > bytes.len() {
        return Err(Damage::Head);
    }
    let table = &bytes[HEAD..end];
    let whole: [u8; 32] = Sha256::new().chain_update(&bytes[..32]).chain_update(table).finalize().into();
    if whole != bytes[32..64] {
        return Err(Damage::Head);
    }
    if bytes[24..28] != ORDER.to_ne_bytes() {
        return Err(Damage::ByteOrder);
    }
    let mut next = end as u64;
    let mut sections: Vec<(Box<str>, Range<usize>)> = Vec::with_capacity(count);
    for row in table.chunks_exact(ROW) {
        let name = row[..NAME].split(|byte| *byte == 0).next().unwrap_or_default();
        let name = std::str::from_utf8(name).map_err(|_| Damage::Head)?;
        let (offset, length) = (number(&row[NAME..NAME + 8]), number(&row[NAME + 8..NAME + 16]));
        // sections lie one behind the other, so that they cannot overlap or leave bytes unchecked
        if offset != next || length > found - offset.min(found) {
            return Err(Damage::Head);
        }
        next = offset + length.next_multiple_of(8);
        sections.push((name.into(), offset as usize..(offset + length) as usize));
    }
    if next != found {
        return Err(Damage::Head);
    }
    let damaged = sections.par_iter().zip(table.par_chunks_exact(ROW)).find_first(|((_, range), row)| {
        let filling = range.end..range.end.next_multiple_of(8);
        hash(&bytes[range.clone()])[..SHORT_HASH] != row[NAME + 16..] || bytes[filling].iter().any(|byte| *byte != 0)
    });
    match damaged {
        Some(((name, _), _)) => Err(Damage::Section(name.clone())),
        None => Ok((sections, whole)),
    }
}

#[cfg(test)]
mod tests;
