//! Entries of a tar stream, one after the other, with bounded headers.
//!
//! Extension headers (GNU long names, pax records) are read here and not by the tar crate, which
//! reads them whole into memory whatever size they claim. Data that nobody asks for is skipped.

use std::io::{self, BufRead as _, BufReader, Read};

use tar::{EntryType, Header};

use super::Limits;
use super::archive::{LimitReached, Unpacked};
use crate::text::RelPath;

const BLOCK: u64 = 512;
/// Longest path of an entry.
const LONGEST_PATH: usize = 4096;

/// A stream that can pass over bytes, by seeking where it can.
pub trait Skip: Read {
    /// Passes over `count` bytes.
    ///
    /// # Errors
    /// When the stream ends before or cannot be read.
    fn skip(&mut self, count: u64) -> io::Result<()> {
        let passed = io::copy(&mut self.take(count), &mut io::sink())?;
        if passed == count { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

impl Skip for Unpacked<'_> {}

/// A decoder is slow in small portions, and what is passed over need not be copied.
impl Skip for BufReader<Unpacked<'_>> {
    fn skip(&mut self, mut count: u64) -> io::Result<()> {
        while count > 0 {
            let ready = self.fill_buf()?.len();
            if ready == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let passed = usize::try_from(count).map_or(ready, |count| count.min(ready));
            self.consume(passed);
            count -= passed as u64;
        }
        Ok(())
    }
}

impl<R: Read> Skip for super::archive::Hashed<R> {}
impl Skip for &mut dyn Read {}

impl Skip for BufReader<std::fs::File> {
    fn skip(&mut self, count: u64) -> io::Result<()> {
        let distance = i64::try_from(count).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        self.seek_relative(distance)
    }
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file; its bytes follow.
    File,
    /// A folder.
    Directory,
    /// Another name for a file earlier in the archive.
    HardLink(String),
    /// A symbolic link.
    Symlink(String),
    /// A file with holes; its bytes are not stored as they are read.
    Sparse,
    /// A device or pipe.
    Device,
    /// Something we do not know.
    Other,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Normalised path, or why there is none.
    pub path: Result<RelPath, BadPath>,
    /// True when the name was not UTF-8 and bytes of it had to be replaced.
    pub lossy: bool,
    /// True when the name began at a root. It is read as below that of the image.
    pub absolute: bool,
    /// What it is.
    pub kind: EntryKind,
    /// Bytes of data.
    pub size: u64,
    /// Where its data starts in the stream.
    pub offset: u64,
}

/// A path that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadPath {
    /// Climbs above the root.
    Outside(String),
    /// Longer than 4,096 bytes, or its extension header passes the limit.
    TooLong(String),
}

/// Reads entries from `input`.
pub struct TarEntries<R> {
    input: R,
    limits: Limits,
    /// Bytes of the current entry not yet read, and the padding after them.
    left: u64,
    padding: u64,
    position: u64,
    seen: u64,
    ended: bool,
    /// Bytes of the current entry that were looked at ahead of reading, and how many of them were read since.
    head: Vec<u8>,
    given: usize,
}

/// What extension headers say about the entry after them.
#[derive(Default)]
struct Extension {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
    too_long: bool,
}

impl<R: Skip> TarEntries<R> {
    /// Starts at the first header.
    pub fn new(input: R, limits: &Limits) -> Self {
        Self {
            input,
            limits: *limits,
            left: 0,
            padding: 0,
            position: 0,
            seen: 0,
            ended: false,
            head: Vec::new(),
            given: 0,
        }
    }

    /// The next entry; `None` at the end.
    ///
    /// # Errors
    /// Damaged data, or a [`LimitReached`].
    pub fn next_entry(&mut self) -> io::Result<Option<Entry>> {
        let mut extension = Extension::default();
        loop {
            let Some(header) = self.header()? else { return Ok(None) };
            let size = header.entry_size()?;
            let kind = header.entry_type();
            match kind {
                EntryType::GNULongName | EntryType::GNULongLink | EntryType::XHeader | EntryType::XGlobalHeader => {
                    self.begin(size)?;
                    let Some(bytes) = self.extension_bytes()? else {
                        extension.too_long |= kind != EntryType::XGlobalHeader;
                        continue;
                    };
                    match kind {
                        EntryType::GNULongName => extension.path = Some(without_nul(&bytes)),
                        EntryType::GNULongLink => extension.link = Some(without_nul(&bytes)),
                        EntryType::XHeader => pax(&bytes, &mut extension),
                        _ => {}
                    }
                }
                _ => {
                    if kind == EntryType::GNUSparse {
                        self.pass_sparse_map(&header)?;
                        extension.sparse = true;
                    }
                    return self.entry(&header, extension).map(Some);
                }
            }
        }
    }

    /// The first bytes of the current entry, at most `most`, before any of it was read. Reading gives them again.
    ///
    /// # Errors
    /// Damaged data, or a limit of the stream.
    pub fn peek(&mut self, most: usize) -> io::Result<&[u8]> {
        let count = usize::try_from(self.left).unwrap_or(usize::MAX).min(most);
        self.head.resize(count, 0);
        self.given = 0;
        let read = read_full(&mut self.input, &mut self.head)?;
        self.head.truncate(read);
        self.left -= read as u64;
        self.position += read as u64;
        if read < count { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(&self.head) }
    }

    /// Bytes of the stream that were read so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// What [`Self::peek`] gave last.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Bytes of the current entry that nobody has read.
    fn unread(&self) -> u64 {
        self.left + (self.head.len() - self.given) as u64
    }

    /// The bytes of the current entry, at most `limit`; `None` when it is larger.
    ///
    /// # Errors
    /// Damaged data, or a limit of the stream.
    pub fn read_data(&mut self, limit: u64) -> io::Result<Option<Vec<u8>>> {
        if self.unread() > limit {
            return Ok(None);
        }
        // grows with what arrives: the size in the header is only a claim
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        if self.left > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Some(bytes))
    }

    fn entry(&mut self, header: &Header, extension: Extension) -> io::Result<Entry> {
        let has_data = !matches!(
            header.entry_type(),
            EntryType::Directory
                | EntryType::Symlink
                | EntryType::Link
                | EntryType::Char
                | EntryType::Block
                | EntryType::Fifo
        );
        let size = extension.size.map_or_else(|| header.entry_size(), Ok)?;
        let size = if has_data { size } else { 0 };
        self.begin(size)?;
        let raw = extension.path.unwrap_or_else(|| header.path_bytes().into_owned());
        let link = || {
            let bytes = extension.link.clone().or_else(|| header.link_name_bytes().map(std::borrow::Cow::into_owned));
            String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
        };
        let kind = match header.entry_type() {
            // old archives mark folders only by the slash at the end
            EntryType::Regular if raw.ends_with(b"/") => EntryKind::Directory,
            EntryType::Regular | EntryType::Continuous => EntryKind::File,
            EntryType::Directory => EntryKind::Directory,
            EntryType::Link => EntryKind::HardLink(link()),
            EntryType::Symlink => EntryKind::Symlink(link()),
            EntryType::Char | EntryType::Block | EntryType::Fifo => EntryKind::Device,
            EntryType::GNUSparse => EntryKind::Sparse,
            _ => EntryKind::Other,
        };
        let kind = if extension.sparse && kind == EntryKind::File { EntryKind::Sparse } else { kind };
        let lossy = std::str::from_utf8(&raw).is_err();
        let path = if extension.too_long { Err(BadPath::TooLong(start_of(&raw))) } else { normalise(&raw) };
        let absolute = raw.starts_with(b"/");
        Ok(Entry { path, lossy, absolute, kind, size, offset: self.position })
    }

    /// Passes over what is left of the entry before and reads a header block; `None` at the end.
    fn header(&mut self) -> io::Result<Option<Header>> {
        if self.ended {
            return Ok(None);
        }
        self.head.clear();
        self.given = 0;
        if self.left > 0 {
            self.input.skip(self.left)?;
            self.position += self.left;
            self.left = 0;
        }
        let mut padding = [0; BLOCK as usize];
        let padding = &mut padding[..usize::try_from(self.padding).unwrap_or(0)];
        let read = read_full(&mut self.input, padding)?;
        self.position += read as u64;
        self.padding = 0;
        if read < padding.len() {
            // some writers leave out what follows the last byte
            self.ended = true;
            return Ok(None);
        }
        let mut header = Header::new_old();
        let read = read_full(&mut self.input, header.as_mut_bytes())?;
        self.position += read as u64;
        // two zero blocks end an archive; one, or none at all, is accepted as tar does
        if read == 0 || header.as_bytes().iter().all(|byte| *byte == 0) {
            self.ended = true;
            return Ok(None);
        }
        if read < header.as_bytes().len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.seen += 1;
        if self.seen > self.limits.entries {
            return Err(LimitReached::error(format!("more than {} entries", self.limits.entries)));
        }
        if checksum(&header) != header.cksum()? {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "tar header with a wrong checksum"));
        }
        Ok(Some(header))
    }

    fn begin(&mut self, size: u64) -> io::Result<()> {
        let padded = size.checked_next_multiple_of(BLOCK).filter(|padded| *padded < 1 << 62);
        let padded = padded.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "tar entry of absurd size"))?;
        self.left = size;
        self.padding = padded - size;
        Ok(())
    }

    fn extension_bytes(&mut self) -> io::Result<Option<Vec<u8>>> {
        self.read_data(self.limits.header_bytes)
    }

    /// GNU sparse files have blocks of their map between header and data.
    fn pass_sparse_map(&mut self, header: &Header) -> io::Result<()> {
        let mut more = header.as_gnu().is_some_and(tar::GnuHeader::is_extended);
        while more {
            let mut block = [0_u8; BLOCK as usize];
            self.input.read_exact(&mut block)?;
            self.position += BLOCK;
            self.seen += 1;
            if self.seen > self.limits.entries {
                return Err(LimitReached::error(format!("more than {} entries", self.limits.entries)));
            }
            more = block[504] != 0;
        }
        Ok(())
    }
}

/// Gives first bytes that were looked at before; nothing when all of them were given.
pub(super) fn again(head: &[u8], given: &mut usize, buffer: &mut [u8]) -> Option<usize> {
    let rest = head.get(*given..).filter(|rest| !rest.is_empty())?;
    let count = buffer.len().min(rest.len());
    buffer[..count].copy_from_slice(&rest[..count]);
    *given += count;
    Some(count)
}

/// Reads the data of the current entry.
impl<R: Skip> Read for TarEntries<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(count) = again(&self.head, &mut self.given, buffer) {
            return Ok(count);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.input.read(&mut buffer[..most])?;
        self.left -= count as u64;
        self.position += count as u64;
        Ok(count)
    }
}

fn read_full(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn checksum(header: &Header) -> u32 {
    let bytes = header.as_bytes();
    bytes.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) }).sum()
}

fn without_nul(bytes: &[u8]) -> Vec<u8> {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()
}

/// `length key=value\n` records.
fn pax(mut bytes: &[u8], extension: &mut Extension) {
    while let Some(space) = bytes.iter().take(20).position(|byte| *byte == b' ') {
        let length = std::str::from_utf8(&bytes[..space]).ok().and_then(|text| text.parse::<usize>().ok());
        let Some(length) = length.filter(|length| *length > space + 1 && *length <= bytes.len()) else { return };
        let record = bytes[space + 1..length].strip_suffix(b"\n").unwrap_or(&bytes[space + 1..length]);
        bytes = &bytes[length..];
        let Some(equals) = record.iter().position(|byte| *byte == b'=') else { continue };
        let (key, value) = (&record[..equals], &record[equals + 1..]);
        match key {
            b"path" | b"GNU.sparse.name" => extension.path = Some(value.to_vec()),
            b"linkpath" => extension.link = Some(value.to_vec()),
            b"GNU.sparse.major" | b"GNU.sparse.map" | b"GNU.sparse.size" => extension.sparse = true,
            b"size" => extension.size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()),
            _ => {}
        }
    }
}

fn normalise(raw: &[u8]) -> Result<RelPath, BadPath> {
    if raw.len() > LONGEST_PATH {
        return Err(BadPath::TooLong(start_of(raw)));
    }
    let text = String::from_utf8_lossy(raw);
    // runtimes unpack absolute paths below the root as well
    RelPath::new(text.trim_start_matches('/')).ok_or_else(|| BadPath::Outside(start_of(raw)))
}

fn start_of(raw: &[u8]) -> String {
    String::from_utf8_lossy(&raw[..raw.len().min(80)]).into_owned()
}

/// True when `reader` starts like a tar archive, packed or not.
///
/// # Errors
/// When it cannot be read.
pub fn looks_like_tar(reader: impl Read) -> io::Result<bool> {
    let limits = Limits::default();
    let mut unpacked = BufReader::new(Unpacked::new(reader, &limits)?);
    if unpacked.fill_buf().map_or(true, <[u8]>::is_empty) {
        return Ok(false);
    }
    let mut header = Header::new_old();
    let read = read_full(&mut unpacked, header.as_mut_bytes()).unwrap_or(0);
    Ok(read == header.as_bytes().len() && header.cksum().is_ok_and(|sum| sum == checksum(&header)))
}
