//! Compressed streams under a budget: gzip, zstd or plain, with every byte counted on both sides.
//!
//! Nothing is ever unpacked to disk. Reaching a limit is an [`io::Error`] that holds a
//! [`LimitReached`], so that a caller can tell it from damaged data with [`limit_reached`].

use crate::text::hex;
use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use sha2::{Digest as _, Sha256, Sha512};

use super::Limits;

/// Largest zstd window accepted; bigger ones only serve to fill memory.
const ZSTD_WINDOW: u64 = 128 << 20;

/// A budget was used up; the text says which.
#[derive(Debug)]
pub struct LimitReached(pub String);

impl fmt::Display for LimitReached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LimitReached {}

impl LimitReached {
    pub(crate) fn error(message: String) -> io::Error {
        io::Error::other(Self(message))
    }
}

/// The words of the limit that `error` stands for, if it stands for one.
#[must_use]
pub fn limit_reached(error: &io::Error) -> Option<&str> {
    error.get_ref()?.downcast_ref::<LimitReached>().map(|limit| limit.0.as_str())
}

/// How a stream is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, one or more members.
    Gzip,
    /// Zstandard, one or more frames.
    Zstd,
}

impl Compression {
    /// Judged by the first bytes: names and media types lie.
    #[must_use]
    pub fn of(start: &[u8]) -> Self {
        match start {
            [0x1F, 0x8B, ..] => Self::Gzip,
            // zstd frame, or a skippable frame as zstd:chunked writes
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }
}

/// Decompressed bytes of a stream, under the limits of size and ratio.
pub struct Unpacked<'a> {
    inner: Box<dyn Read + 'a>,
    packed: Rc<Cell<u64>>,
    unpacked: u64,
    limits: Limits,
    compression: Compression,
}

impl<'a> Unpacked<'a> {
    /// Detects the compression of `reader` and unpacks it.
    ///
    /// # Errors
    /// When the first bytes cannot be read.
    pub fn new(reader: impl Read + 'a, limits: &Limits) -> io::Result<Self> {
        let packed = Rc::new(Cell::new(0));
        let counted = Counted { inner: reader, count: Rc::clone(&packed) };
        let mut buffered = BufReader::with_capacity(64 << 10, Magic::new(counted)?);
        let compression = Compression::of(buffered.fill_buf()?);
        let inner: Box<dyn Read + 'a> = match compression {
            Compression::None => Box::new(buffered),
            Compression::Gzip => Box::new(MultiGzDecoder::new(buffered)),
            Compression::Zstd => Box::new(ZstdFrames::new(buffered)),
        };
        Ok(Self { inner, packed, unpacked: 0, limits: *limits, compression })
    }

    /// How the stream is packed.
    #[must_use]
    pub fn compression(&self) -> Compression {
        self.compression
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.unpacked += count as u64;
        if self.unpacked > self.limits.archive_bytes {
            let message = format!("more than {} bytes after decompression", self.limits.archive_bytes);
            return Err(LimitReached::error(message));
        }
        let allowed = self.packed.get().saturating_mul(self.limits.ratio);
        if self.unpacked > self.limits.ratio_after && self.unpacked > allowed {
            let message = format!("decompresses to more than {} times its size", self.limits.ratio);
            return Err(LimitReached::error(message));
        }
        Ok(count)
    }
}

/// Hands out at least the four bytes of a magic number at once, however the source splits them.
struct Magic<R> {
    start: [u8; 4],
    filled: usize,
    given: bool,
    inner: R,
}

impl<R: Read> Magic<R> {
    fn new(mut inner: R) -> io::Result<Self> {
        let mut start = [0; 4];
        let mut filled = 0;
        while filled < start.len() {
            match inner.read(&mut start[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { start, filled, given: false, inner })
    }
}

impl<R: Read> Read for Magic<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // the only caller is a BufReader, whose buffer is far larger than four bytes
        if !self.given && buffer.len() >= self.filled {
            self.given = true;
            buffer[..self.filled].copy_from_slice(&self.start[..self.filled]);
            if self.filled > 0 {
                return Ok(self.filled);
            }
        }
        self.inner.read(buffer)
    }
}

struct Counted<R> {
    inner: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.set(self.count.get() + count as u64);
        Ok(count)
    }
}

/// All frames of a zstd stream one after the other; skippable frames are passed over.
struct ZstdFrames<R> {
    source: R,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl<R: BufRead> ZstdFrames<R> {
    fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(ZSTD_WINDOW);
        Self { source, decoder, in_frame: false }
    }

    /// Starts the next frame; false at the end of the stream.
    fn start_frame(&mut self) -> io::Result<bool> {
        loop {
            if self.source.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.decoder.reset(&mut self.source) {
                Ok(()) => {
                    self.in_frame = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    skip(&mut self.source, u64::from(length))?;
                }
                Err(FrameDecoderError::WindowSizeTooBig { requested, .. }) => {
                    let message = format!("zstd window of {requested} bytes, the limit is {ZSTD_WINDOW}");
                    return Err(LimitReached::error(message));
                }
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error.to_string())),
            }
        }
    }
}

impl<R: BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.in_frame && !self.start_frame()? {
                return Ok(0);
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                self.decoder
                    .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
            }
            let count = self.decoder.read(buffer)?;
            if count > 0 {
                return Ok(count);
            }
            self.in_frame = false;
        }
    }
}

fn skip(reader: &mut impl Read, length: u64) -> io::Result<()> {
    let passed = io::copy(&mut reader.by_ref().take(length), &mut io::sink())?;
    if passed == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// A content digest such as `sha256:…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest {
    algorithm: Algorithm,
    hex: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Sha256,
    Sha512,
}

impl Digest {
    /// Reads `sha256:` or `sha512:` and lower-case hexadecimal digits; `None` for anything else, so
    /// that a digest can safely become part of a path.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (algorithm, hex) = text.split_once(':')?;
        let (algorithm, length) = match algorithm {
            "sha256" => (Algorithm::Sha256, 64),
            "sha512" => (Algorithm::Sha512, 128),
            _ => return None,
        };
        let good = hex.len() == length && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        good.then(|| Self { algorithm, hex: hex.to_owned() })
    }

    /// SHA-256 of bytes in memory.
    #[must_use]
    pub fn sha256(bytes: &[u8]) -> Self {
        Self { algorithm: Algorithm::Sha256, hex: hex(&Sha256::digest(bytes)) }
    }

    /// The path of the blob in an image layout: `blobs/sha256/…`.
    #[must_use]
    pub fn blob_path(&self) -> String {
        format!("blobs/{}/{}", self.algorithm(), self.hex)
    }

    /// True when `bytes` have this digest.
    #[must_use]
    pub fn matches(&self, bytes: &[u8]) -> bool {
        match self.algorithm {
            Algorithm::Sha256 => hex(&Sha256::digest(bytes)) == self.hex,
            Algorithm::Sha512 => hex(&Sha512::digest(bytes)) == self.hex,
        }
    }

    fn algorithm(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha512 => "sha512",
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm(), self.hex)
    }
}

/// Hashes what passes through, to be compared at the end.
pub struct Hashed<R> {
    inner: R,
    hasher: Hasher,
    wanted: Digest,
}

enum Hasher {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl<R: Read> Hashed<R> {
    /// Hashes `inner` with the algorithm of `wanted`.
    pub fn new(inner: R, wanted: &Digest) -> Self {
        let hasher = match wanted.algorithm {
            Algorithm::Sha256 => Hasher::Sha256(Sha256::new()),
            Algorithm::Sha512 => Hasher::Sha512(Sha512::new()),
        };
        Self { inner, hasher, wanted: wanted.clone() }
    }

    /// Reads the rest and compares.
    ///
    /// # Errors
    /// When the rest cannot be read. A digest that differs is `Ok` with the digest found.
    pub fn finish(mut self) -> io::Result<Result<(), Digest>> {
        io::copy(&mut self, &mut io::sink())?;
        let hex = match self.hasher {
            Hasher::Sha256(hasher) => hex(&hasher.finalize()),
            Hasher::Sha512(hasher) => hex(&hasher.finalize()),
        };
        let found = Digest { algorithm: self.wanted.algorithm, hex };
        Ok(if found == self.wanted { Ok(()) } else { Err(found) })
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        match &mut self.hasher {
            Hasher::Sha256(hasher) => hasher.update(&buffer[..count]),
            Hasher::Sha512(hasher) => hasher.update(&buffer[..count]),
        }
        Ok(count)
    }
}
