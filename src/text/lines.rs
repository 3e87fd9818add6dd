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

/// Bytes between two counts of code points: what a column costs at most, however long its line is.
const COUNTED: usize = 4096;

/// Byte offsets of line starts; built once per file.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<usize>,
    /// Code points before every [`COUNTED`]th byte: JSON without line breaks is one line of many megabytes.
    counts: Vec<usize>,
}

impl LineIndex {
    /// Reads all line starts of `text`. Lines end at `\n`; a `\r` before it belongs to the line.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(newlines).collect();
        let mut counts = vec![0];
        for part in text.as_bytes().chunks_exact(COUNTED) {
            counts.push(counts[counts.len() - 1] + code_points(part));
        }
        Self { starts, counts }
    }

    /// Code points that begin before a byte offset of the text.
    fn points_before(&self, text: &str, offset: usize) -> usize {
        let chunk = offset / COUNTED;
        self.counts[chunk] + code_points(&text.as_bytes()[chunk * COUNTED..offset])
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
        let start = self.starts[line - 1];
        let column = if offset - start <= COUNTED {
            code_points(&text.as_bytes()[start..offset])
        } else {
            self.points_before(text, offset) - self.points_before(text, start)
        } + 1;
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
    fn long_lines_are_counted_the_same() {
        let text = format!("a\n{}", "é漢x".repeat(5_000));
        let index = LineIndex::new(&text);
        for (at, (offset, _)) in text[2..].char_indices().enumerate().step_by(97) {
            let place = index.line_column(&text, offset + 2);
            assert_eq!((place.line, place.column), (2, u32::try_from(at + 1).expect("is small")));
        }
    }

    #[test]
    fn empty_text_has_one_line() {
        let index = LineIndex::new("");
        assert_eq!(index.line_column("", 0), LineColumn { line: 1, column: 1 });
    }
}
