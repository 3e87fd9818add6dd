//! A stretch of a stream that moves forward over it and grows where something is read whole.

use std::io::{self, Read};

/// Bytes that are read at a time.
const CHUNK: usize = 256 << 10;

/// A stretch of a stream.
pub(super) struct Window<'a> {
    bytes: &'a mut dyn Read,
    buffer: Vec<u8>,
    /// Where the stretch begins in the stream.
    start: u64,
    ended: bool,
}

impl<'a> Window<'a> {
    pub(super) fn new(bytes: &'a mut dyn Read) -> Self {
        Self { bytes, buffer: Vec::with_capacity(CHUNK * 2), start: 0, ended: false }
    }

    /// What is in sight.
    pub(super) fn sight(&self) -> &[u8] {
        &self.buffer
    }

    /// Where the stretch begins in the stream.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// True when nothing follows what is in sight.
    pub(super) fn is_ended(&self) -> bool {
        self.ended
    }

    /// Reads on until `count` bytes are in sight, or the stream ends.
    pub(super) fn fill(&mut self, count: usize) -> io::Result<()> {
        while self.buffer.len() < count && !self.ended {
            let missing = (count - self.buffer.len()).max(CHUNK) as u64;
            let read = (&mut *self.bytes).take(missing).read_to_end(&mut self.buffer)?;
            self.ended = (read as u64) < missing;
        }
        Ok(())
    }

    /// Reads one more chunk.
    pub(super) fn more(&mut self) -> io::Result<()> {
        self.fill(self.buffer.len() + CHUNK)
    }

    /// Leaves all but the last `keep` bytes behind.
    pub(super) fn advance(&mut self, keep: usize) {
        let passed = self.buffer.len().saturating_sub(keep);
        self.buffer.drain(..passed);
        self.start += passed as u64;
    }

    /// `count` bytes from a position in the stream, when they are in sight.
    pub(super) fn at(&self, position: u64, count: usize) -> Option<&[u8]> {
        let from = usize::try_from(position.checked_sub(self.start)?).ok()?;
        self.buffer.get(from..from.checked_add(count)?)
    }
}
