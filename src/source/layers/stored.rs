//! A layer as bytes, for the cache: lengths in front of everything, a digest of all behind.
//!
//! Whoever reads it trusts nothing: bytes that do not come out whole are no layer.

use std::io::{self, Write};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::{Charged, Content, Kept, Layer, Link, Mark};
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::text::RelPath;

const MAGIC: &[u8; 8] = b"sovlayr2";
const DIGEST: usize = 32;

/// Writes a layer.
///
/// # Errors
/// When `out` does not take it.
pub fn encode(layer: &Layer, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Writer { out, hasher: Sha256::new() };
    out.all(MAGIC)?;
    out.number(layer.entries)?;
    out.number(layer.unpacked)?;
    for count in [layer.charged.bytes, layer.charged.files, layer.charged.marks] {
        out.number(count)?;
    }
    out.number(layer.files.len() as u64)?;
    for (path, kept) in &layer.files {
        out.text(path.as_str())?;
        match &kept.content {
            Content::Whole => out.number(0)?,
            Content::Head => out.number(1)?,
            Content::Record(name) => {
                out.number(2)?;
                out.text(name)?;
            }
        }
        out.number(kept.size)?;
        out.data(&kept.bytes)?;
    }
    out.number(layer.links.len() as u64)?;
    for (path, link) in &layer.links {
        out.text(path.as_str())?;
        let (sort, end) = match link {
            Link::Hard(end) => (0, end),
            Link::Symbolic(end) => (1, end),
        };
        out.number(sort)?;
        out.text(end.as_str())?;
    }
    for marks in [&layer.others, &layer.folders, &layer.deleted, &layer.opaque] {
        out.number(marks.len() as u64)?;
        marks.iter().try_for_each(|mark| out.number(mark.0))?;
    }
    out.number(layer.diagnostics.len() as u64)?;
    for problem in &layer.diagnostics {
        out.text(problem.path.as_str())?;
        out.text(problem.kind.as_str())?;
        out.text(&problem.message)?;
    }
    let digest = out.hasher.finalize();
    out.out.write_all(&digest)
}

/// The layer that [`encode`] made into `bytes`; `None` for anything else.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<Layer> {
    let (body, digest) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST)?)?;
    if Sha256::digest(body).as_slice() != digest {
        return None;
    }
    let mut input = Reader { rest: body.strip_prefix(MAGIC)? };
    let mut layer = Layer::empty();
    layer.entries = input.number()?;
    layer.unpacked = input.number()?;
    layer.charged = Charged { bytes: input.number()?, files: input.number()?, marks: input.number()? };
    for _ in 0..input.number()? {
        let path = RelPath::new(input.text()?)?;
        let content = match input.number()? {
            0 => Content::Whole,
            1 => Content::Head,
            2 => Content::Record(Arc::from(input.text()?)),
            _ => return None,
        };
        let size = input.number()?;
        layer.files.insert(path, Kept { content, size, bytes: Arc::from(input.data()?) });
    }
    for _ in 0..input.number()? {
        let path = RelPath::new(input.text()?)?;
        let sort = input.number()?;
        let end = RelPath::new(input.text()?)?;
        layer.links.insert(path, if sort == 0 { Link::Hard(end) } else { Link::Symbolic(end) });
    }
    for marks in [&mut layer.others, &mut layer.folders, &mut layer.deleted, &mut layer.opaque] {
        let count = usize::try_from(input.number()?).ok()?;
        if count > input.rest.len() / 8 {
            return None;
        }
        *marks = (0..count).map(|_| input.number().map(Mark)).collect::<Option<_>>()?;
    }
    for _ in 0..input.number()? {
        let path = RelPath::new(input.text()?)?;
        let kind = kind_of(input.text()?)?;
        let message = input.text()?.to_owned();
        layer.diagnostics.push(Diagnostic { path, at: None, kind, scanner: Arc::from("image"), message });
    }
    input.rest.is_empty().then_some(layer)
}

/// The kinds that reading a layer gives.
fn kind_of(word: &str) -> Option<DiagnosticKind> {
    const KINDS: [DiagnosticKind; 7] = [
        DiagnosticKind::Unreadable,
        DiagnosticKind::Malformed,
        DiagnosticKind::Unsupported,
        DiagnosticKind::Conflict,
        DiagnosticKind::Link,
        DiagnosticKind::LimitReached,
        DiagnosticKind::Internal,
    ];
    KINDS.into_iter().find(|kind| kind.as_str() == word)
}

struct Writer<'a> {
    out: &'a mut dyn Write,
    hasher: Sha256,
}

impl Writer<'_> {
    fn all(&mut self, data: &[u8]) -> io::Result<()> {
        self.hasher.update(data);
        self.out.write_all(data)
    }

    fn number(&mut self, number: u64) -> io::Result<()> {
        self.all(&number.to_le_bytes())
    }

    fn data(&mut self, data: &[u8]) -> io::Result<()> {
        self.number(data.len() as u64)?;
        self.all(data)
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        self.data(text.as_bytes())
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.rest.split_first_chunk::<8>()?;
        self.rest = rest;
        Some(u64::from_le_bytes(*number))
    }

    fn data(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (data, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(data)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.data()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer() -> Layer {
        let path = |text: &str| RelPath::new(text).expect("is relative");
        let kept = |content, bytes: &[u8]| Kept { content, size: 99, bytes: Arc::from(bytes) };
        let mut layer = Layer { entries: 7, unpacked: 4096, ..Layer::empty() };
        layer.charged = Charged { bytes: 20, files: 4, marks: 9 };
        layer.files.insert(path("a/b"), kept(Content::Whole, b"whole"));
        layer.files.insert(path("a/c"), kept(Content::Head, b"\0\xFF"));
        layer.files.insert(path("d"), kept(Content::Record(Arc::from("visitor/1")), b"{}"));
        layer.links.insert(path("l"), Link::Symbolic(path("a/b")));
        layer.links.insert(path("h"), Link::Hard(path("x")));
        layer.others = vec![Mark(1), Mark(u64::MAX)];
        layer.deleted = vec![Mark(5)];
        layer.diagnostics.push(Diagnostic {
            path: path("d"),
            at: None,
            kind: DiagnosticKind::Malformed,
            scanner: Arc::from("image"),
            message: "a message".to_owned(),
        });
        layer
    }

    fn encoded(layer: &Layer) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(layer, &mut bytes).expect("memory");
        bytes
    }

    #[test]
    fn comes_back_as_it_was() {
        assert_eq!(decode(&encoded(&layer())), Some(layer()));
        assert_eq!(decode(&encoded(&Layer::empty())).map(|layer| layer.entries), Some(0));
    }

    #[test]
    fn damage_gives_nothing() {
        let bytes = encoded(&layer());
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            assert_eq!(decode(&damaged), None, "byte {at}");
            assert_eq!(decode(&bytes[..at]), None, "cut at {at}");
        }
        // the digest is right and the content is not
        let mut body = bytes[..bytes.len() - DIGEST].to_vec();
        body[48..56].copy_from_slice(&u64::MAX.to_le_bytes());
        let digest = Sha256::digest(&body);
        body.extend_from_slice(&digest);
        assert_eq!(decode(&body), None);
    }
}
