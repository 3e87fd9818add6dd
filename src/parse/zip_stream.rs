//! Entries of a zip archive in the order in which they lie in it, from a stream that cannot go back.
//!
//! The directory of an archive stands at its end; here the header before every entry is believed. Where such a header does
//! not say how long the entry is, the packed data itself tells. Archives in archives are read the same way.

use std::cell::Cell;
use std::io::{self, BufRead, Read};

use flate2::bufread::DeflateDecoder;

const ENTRY: u32 = 0x0403_4B50;
const DESCRIPTOR: u32 = 0x0807_4B50;
/// Directory, its end, its end in the form for large archives, archive extra data.
const AFTER_ENTRIES: [u32; 4] = [0x0201_4B50, 0x0605_4B50, 0x0606_4B50, 0x0806_4B50];
/// Bytes that may stand before the first entry: a script that starts the archive.
const MOST_BEFORE: u64 = 4 << 20;
/// Longest name of an entry.
const LONGEST_NAME: usize = 4096;

/// What is done with the entries of an archive.
pub trait Visitor {
    /// True when the entry is to be read; the others are passed over.
    fn wants(&mut self, name: &str) -> bool;

    /// Reads an entry. What is left of it is passed over.
    ///
    /// # Errors
    /// Ends the reading of the archive.
    fn entry(&mut self, name: &str, data: &mut dyn Read, left: &Cell<u64>) -> io::Result<()>;
}

/// Reads the entries of an archive. `left` is how many bytes may still be unpacked, archives in it included.
///
/// # Errors
/// When the archive is damaged or ends too early, or more is unpacked than may be.
pub fn read(input: &mut dyn BufRead, visitor: &mut dyn Visitor, left: &Cell<u64>) -> io::Result<()> {
    let mut signature = first_entry(input)?;
    loop {
        match signature {
            Some(ENTRY) => entry(input, visitor, left)?,
            Some(other) if AFTER_ENTRIES.contains(&other) => return Ok(()),
            Some(_) => return Err(damaged("an archive entry begins with nothing known")),
            // an archive that ends without its directory is cut
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        signature = signature_of(input)?;
    }
}

fn signature_of(input: &mut dyn BufRead) -> io::Result<Option<u32>> {
    let mut bytes = Vec::with_capacity(4);
    input.take(4).read_to_end(&mut bytes)?;
    Ok(bytes.try_into().ok().map(u32::from_le_bytes))
}

/// Passes over what stands before the first entry.
fn first_entry(input: &mut dyn BufRead) -> io::Result<Option<u32>> {
    let mut last = 0_u32;
    for (at, byte) in input.take(MOST_BEFORE).bytes().enumerate() {
        last = (last >> 8) | (u32::from(byte?) << 24);
        if at >= 3 && (last == ENTRY || AFTER_ENTRIES.contains(&last)) {
            return Ok(Some(last));
        }
    }
    Err(damaged("there is no archive entry near the beginning"))
}

struct Header {
    flags: u16,
    method: u16,
    packed: u64,
    name: String,
}

fn header(input: &mut dyn BufRead) -> io::Result<Header> {
    let mut fixed = [0_u8; 26];
    input.read_exact(&mut fixed)?;
    let short = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
    let word = |at: usize| u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
    let mut name = vec![0_u8; usize::from(short(22))];
    input.read_exact(&mut name)?;
    let mut extra = vec![0_u8; usize::from(short(24))];
    input.read_exact(&mut extra)?;
    name.truncate(LONGEST_NAME);
    let mut packed = u64::from(word(14));
    if word(14) == u32::MAX {
        packed = large_size(&extra).unwrap_or(packed);
    }
    Ok(Header { flags: short(2), method: short(4), packed, name: String::from_utf8_lossy(&name).into_owned() })
}

/// The packed size in the field for large archives: behind the unpacked one.
fn large_size(mut extra: &[u8]) -> Option<u64> {
    while let [a, b, c, d, rest @ ..] = extra {
        let (kind, length) = (u16::from_le_bytes([*a, *b]), usize::from(u16::from_le_bytes([*c, *d])));
        let field = rest.get(..length)?;
        if kind == 1 {
            return Some(u64::from_le_bytes(field.get(8..16)?.try_into().ok()?));
        }
        extra = &rest[length..];
    }
    None
}

fn entry(input: &mut dyn BufRead, visitor: &mut dyn Visitor, left: &Cell<u64>) -> io::Result<()> {
    let header = header(input)?;
    let is_open = header.flags & 8 != 0;
    let is_encrypted = header.flags & 1 != 0;
    if is_encrypted || !matches!(header.method, 0 | 8) {
        if is_open {
            return Err(damaged("an entry of unknown length is packed in a way that is not read"));
        }
        return pass(input, header.packed);
    }
    // a header that says both that it knows the length and that it does not is believed where it says one
    let is_open = is_open && header.packed == 0;
    let wanted = visitor.wants(&header.name);
    match (header.method, is_open) {
        (_, false) if !wanted => pass(input, header.packed)?,
        (0, false) => {
            let mut data = input.take(header.packed);
            visitor.entry(&header.name, &mut data, left)?;
            let rest = data.limit();
            pass(input, rest)?;
        }
        (0, true) => {
            // a folder has no data, only a description of it
            if !header.name.ends_with('/') {
                return Err(damaged("an entry of unknown length is not packed"));
            }
            descriptor(input, 0, 0)?;
        }
        (_, false) => {
            let mut data = input.take(header.packed);
            let mut counted = Counted { inner: DeflateDecoder::new(&mut data), left };
            visitor.entry(&header.name, &mut counted, left)?;
            let rest = data.limit();
            pass(input, rest)?;
        }
        (_, true) => {
            let mut counted = Counted { inner: DeflateDecoder::new(&mut *input), left };
            if wanted {
                visitor.entry(&header.name, &mut counted, left)?;
            }
            io::copy(&mut counted, &mut io::sink())?;
            let (packed, unpacked) = (counted.inner.total_in(), counted.inner.total_out());
            drop(counted);
            descriptor(input, packed, unpacked)?;
        }
    }
    Ok(())
}

fn pass(input: &mut dyn BufRead, count: u64) -> io::Result<()> {
    let passed = io::copy(&mut input.take(count), &mut io::sink())?;
    if passed == count { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// What follows an entry of unknown length: a signature that may be missing, a checksum, two sizes of four or eight
/// bytes. The sizes are known by now and tell which it is.
fn descriptor(input: &mut dyn BufRead, packed: u64, unpacked: u64) -> io::Result<()> {
    let mut words = [0_u8; 12];
    input.read_exact(&mut words)?;
    let word =
        |words: &[u8; 12], at: usize| u32::from_le_bytes([words[at], words[at + 1], words[at + 2], words[at + 3]]);
    if word(&words, 0) == DESCRIPTOR {
        words.copy_within(4.., 0);
        input.read_exact(&mut words[8..])?;
    }
    // cut to the width of the field on purpose
    #[expect(clippy::cast_possible_truncation)]
    let narrow = word(&words, 4) == packed as u32 && word(&words, 8) == unpacked as u32;
    if !narrow {
        let mut rest = [0_u8; 8];
        input.read_exact(&mut rest)?;
        if u64::from_le_bytes([words[4], words[5], words[6], words[7], words[8], words[9], words[10], words[11]])
            != packed
        {
            return Err(damaged("an entry has another length than it says"));
        }
    }
    Ok(())
}

/// Counts what is unpacked.
struct Counted<'l, R> {
    inner: R,
    left: &'l Cell<u64>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let left = self.left.get().checked_sub(count as u64);
        self.left.set(left.ok_or_else(|| damaged("it unpacks to more bytes than are read of one archive"))?);
        Ok(count)
    }
}

fn damaged(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}
