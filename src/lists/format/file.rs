//! Files of lists: plain, gzip, zstd, or members of a zip archive; opened as often as a reader wants.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::read::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use super::decode::Decoded;
use super::error::ListError;
use crate::source::Limits;
use crate::source::archive::{LimitReached, Unpacked};

/// Bytes that tell a format.
const HEAD_BYTES: usize = 8 << 10;

/// Members that a zip archive may have: authorities put one to a dozen files together.
const MEMBER_LIMIT: usize = 100;

/// A file of a list.
#[derive(Clone)]
pub struct ListFile {
    name: String,
    content: Content,
    member: Option<Member>,
}

#[derive(Clone)]
enum Content {
    Path(PathBuf),
    Memory(Arc<[u8]>),
}

/// Where a member of a zip archive lies.
#[derive(Clone, Copy)]
struct Member {
    start: u64,
    length: u64,
    deflated: bool,
}

trait Seekable: Read + Seek {}
impl<T: Read + Seek> Seekable for T {}

impl Content {
    fn open(&self) -> io::Result<Box<dyn Seekable + '_>> {
        Ok(match self {
            Self::Path(path) => Box::new(File::open(path)?),
            Self::Memory(bytes) => Box::new(Cursor::new(&**bytes)),
        })
    }
}

impl ListFile {
    /// A file on disk; it is opened when it is read.
    #[must_use]
    pub fn path(path: &Path) -> Self {
        let name = path.display().to_string();
        Self { name, content: Content::Path(path.to_owned()), member: None }
    }

    /// A file in memory.
    #[must_use]
    pub fn memory(name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { name: name.into(), content: Content::Memory(bytes.into()), member: None }
    }

    /// Its name, for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file itself, or the files in it when it is a zip archive.
    ///
    /// # Errors
    /// When it cannot be opened, or is a damaged, encrypted or overlong archive.
    pub fn members(self) -> Result<Vec<Self>, ListError> {
        let mut start = [0; 4];
        let count = self.content.open().and_then(|mut file| read_up_to(&mut file, &mut start));
        let count = count.map_err(|error| self.error(&error))?;
        if self.member.is_some() || !start[..count].starts_with(b"PK\x03\x04") {
            return Ok(vec![self]);
        }
        self.unzip().map_err(|message| {
            ListError::new(&self.name, None, message).hint("unpack the archive and give the files in it")
        })
    }

    fn unzip(&self) -> Result<Vec<Self>, String> {
        let text = |error: &dyn std::fmt::Display| format!("the zip archive cannot be read: {error}");
        let file = self.content.open().map_err(|error| text(&error))?;
        let mut archive = ZipArchive::new(file).map_err(|error| text(&error))?;
        if archive.len() > MEMBER_LIMIT {
            return Err(format!("the zip archive has {} members", archive.len()));
        }
        let mut members = Vec::new();
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(|error| text(&error))?;
            let name = entry.name().map_err(|error| text(&error))?.into_owned();
            if entry.is_dir() || entry.size() == 0 {
                continue;
            }
            let deflated = match entry.compression() {
                _ if entry.encrypted() => return Err(format!("`{name}` in the zip archive is encrypted")),
                CompressionMethod::Stored => false,
                CompressionMethod::Deflated => true,
                other => return Err(format!("`{name}` in the zip archive is packed with {other}")),
            };
            let start = entry.data_start().ok_or_else(|| format!("`{name}` in the zip archive has no place"))?;
            let member = Some(Member { start, length: entry.compressed_size(), deflated });
            let name = format!("{}/{name}", self.name);
            members.push(Self { name, content: self.content.clone(), member });
        }
        Ok(members)
    }

    /// The first bytes, unpacked.
    pub(super) fn head(&self) -> Result<Vec<u8>, ListError> {
        let mut head = vec![0; HEAD_BYTES];
        let count = self.unpacked().and_then(|mut file| read_up_to(&mut file, &mut head));
        head.truncate(count.map_err(|error| self.error(&error))?);
        Ok(head)
    }

    /// The text.
    pub(super) fn text(&self) -> Result<Decoded<Box<dyn Read + '_>>, ListError> {
        self.unpacked().map(Decoded::new).map_err(|error| self.error(&error))
    }

    fn unpacked(&self) -> io::Result<Box<dyn Read + '_>> {
        let limits = Limits::default();
        let mut file = self.content.open()?;
        let Some(member) = self.member else { return Ok(Box::new(Unpacked::new(file, &limits)?)) };
        file.seek(SeekFrom::Start(member.start))?;
        let packed = file.take(member.length);
        Ok(if member.deflated {
            let allowed = member.length.saturating_mul(limits.ratio).max(limits.ratio_after);
            Box::new(Measured { inner: DeflateDecoder::new(packed), left: allowed })
        } else {
            Box::new(packed)
        })
    }

    pub(super) fn error(&self, error: &io::Error) -> ListError {
        ListError::new(&self.name, None, format!("cannot be read: {error}"))
    }
}

fn read_up_to(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < buffer.len() {
        match file.read(&mut buffer[count..])? {
            0 => break,
            more => count += more,
        }
    }
    Ok(count)
}

/// A stream that ends with an error after so many bytes.
struct Measured<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Measured<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| io::Error::other(LimitReached("decompresses to more than 200 times its size".to_owned())))?;
        Ok(count)
    }
}
