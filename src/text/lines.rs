//! Byte spans and the index that turns them into lines and columns.

use std::ops::Range;

/// Half-open byte range in a file: `start..end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// A span from `start` to `end`; an `end` before `start` gives an empty span.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// The same span moved by `offset` bytes, for text parsed out of a larger file.
    #[must_use]
    pub fn shifted(self, offset: usize) -> Self {
        Self { start: self.start + offset, end: self.end + offset }
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

/// A place in text, 1-based; columns count Unicode code points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column in code points, from 1.
    pub column: u32,
}

/// Start and end of a stretch of text, both 1-based; the end column is exclusive, as in SARIF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Region {
    /// First character.
    pub start: LineColumn,
    /// One past the last character.
    pub end: LineColumn,
}

/// Byte offsets of line starts; built once per file.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<usize>,
    /// Code points before every block of [`BLOCK`] bytes: a file may be one line of megabytes.
    blocks: Vec<usize>,
}

/// Bytes that are counted anew for a column.
const BLOCK: usize = 1 << 10;

impl LineIndex {
    /// Reads all line starts of `text`. Lines end at `\n`; a `\r` before it belongs to the line.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let mut before = 0;
        let blocks = text.as_bytes().chunks(BLOCK).map(|block| {
            let here = before;
            before += code_points(block);
            here
        });
        Self { starts: std::iter::once(0).chain(newlines).collect(), blocks: blocks.collect() }
    }

    /// Code points that begin before a byte offset.
    fn code_points_before(&self, bytes: &[u8], offset: usize) -> usize {
        let block = offset / BLOCK;
        match self.blocks.get(block) {
            Some(before) => before + code_points(&bytes[block * BLOCK..offset]),
            None => code_points(&bytes[..offset]),
        }
    }

    /// Line and column of a byte offset. Offsets past the end give the end of the text;
    /// offsets inside a character give that character.
    #[must_use]
    pub fn line_column(&self, text: &str, offset: usize) -> LineColumn {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let (bytes, start) = (text.as_bytes(), self.starts[line - 1]);
        let before = if offset - start <= BLOCK {
            code_points(&bytes[start..offset])
        } else {
            self.code_points_before(bytes, offset) - self.code_points_before(bytes, start)
        };
        let column = before + 1;
        LineColumn { line: clamp(line), column: clamp(column) }
    }

    /// Region of a span.
    #[must_use]
    pub fn region(&self, text: &str, span: Span) -> Region {
        Region { start: self.line_column(text, span.start), end: self.line_column(text, span.end) }
    }

    /// Byte span of a 1-based line without its line ending; `None` when there is no such line.
    #[must_use]
    pub fn line_span(&self, text: &str, line: u32) -> Option<Span> {
        let index = usize::try_from(line).ok()?.checked_sub(1)?;
        let start = *self.starts.get(index)?;
        let end = self.starts.get(index + 1).map_or(text.len(), |next| next - 1);
        let end = if end > start && text.as_bytes().get(end - 1) == Some(&b'\r') { end - 1 } else { end };
        Some(Span::new(start, end))
    }

    /// Byte offset where a 1-based line starts.
    #[must_use]
    pub fn line_start(&self, line: usize) -> Option<usize> {
        self.starts.get(line.checked_sub(1)?).copied()
    }
}

/// A code point is every byte that is not a UTF-8 continuation byte.
fn code_points(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

fn clamp(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_code_points_not_bytes() {
        let text = "a\né漢x\r\nlast";
        let index = LineIndex::new(text);
        let at = |needle: &str| {
            let place = index.line_column(text, text.find(needle).expect("needle is in the text"));
            (place.line, place.column)
        };
        assert_eq!(at("a"), (1, 1));
        assert_eq!(at("漢"), (2, 2));
        assert_eq!(at("x"), (2, 3));
        assert_eq!(at("last"), (3, 1));
        assert_eq!(index.line_span(text, 2).map(|s| &text[s.start..s.end]), Some("é漢x"));
        assert_eq!(index.line_column(text, 9999).line, 3);
    }

    #[test]
    fn columns_of_a_long_line() {
        let text = format!("ab\n{}", "aé漢".repeat(2_000));
        let index = LineIndex::new(&text);
        for (at, _) in text.char_indices().skip(3) {
            let wanted = text[3..at].chars().count() + 1;
            assert_eq!(index.line_column(&text, at), LineColumn { line: 2, column: clamp(wanted) });
        }
        assert_eq!(index.line_column(&text, text.len()).column, 6_001);
    }

    #[test]
    fn empty_text_has_one_line() {
        let index = LineIndex::new("");
        assert_eq!(index.line_column("", 0), LineColumn { line: 1, column: 1 });
    }
}
