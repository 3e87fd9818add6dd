//! Byte spans and the index that turns them into lines and columns.

use std::ops::Range;
use std::thread::Builder;

use crate::threads::{Home, for_one_file};

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
    /// In four bytes: no reader takes a file of four gigabytes.
    starts: Vec<u32>,
    /// Code points before every [`STEP`]th byte: files without line breaks have megabytes in one line.
    points: Vec<usize>,
}

/// Bytes between two counts of code points.
const STEP: usize = 1024;

/// Bytes that are worth a thread, and how many threads there are at most.
const PART: usize = 1024 * STEP;
const MOST: usize = 4;

impl LineIndex {
    /// Reads all line starts of `text`. Lines end at `\n`; a `\r` before it belongs to the line.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let part = |start: usize, bytes: &[u8]| -> (Vec<u32>, Vec<usize>) {
            // to count them first takes less time than to make the list longer again and again
            let mut starts = Vec::with_capacity(memchr::memchr_iter(b'\n', bytes).count() + usize::from(start == 0));
            starts.extend((start == 0).then_some(0));
            starts.extend(memchr::memchr_iter(b'\n', bytes).map(|at| clamp(start + at + 1)));
            (starts, bytes.chunks(STEP).map(code_points).collect())
        };
        // what several threads find in parts of a large file stands one behind the other; they are none of the pool, which
        // would do other work meanwhile that may wait for this very index
        let threads = match bytes.len() / PART {
            0 | 1 => 1,
            parts => parts.min(MOST).min(for_one_file()),
        };
        let size = bytes.len().div_ceil(threads).next_multiple_of(STEP).max(STEP);
        let home = Home::here();
        let (mut starts, mut points, rest) = std::thread::scope(|scope| {
            let rest: Vec<_> = (size..bytes.len())
                .step_by(size)
                .map(|start| (start, &bytes[start..bytes.len().min(start + size)]))
                .map(|(start, bytes)| {
                    let count = move || {
                        home.leave(start / size);
                        part(start, bytes)
                    };
                    let thread = Builder::new().spawn_scoped(scope, count);
                    // where no thread can be started, this one does it
                    thread.map_err(|_| (start, bytes))
                })
                .collect();
            let (starts, points) = part(0, &bytes[..bytes.len().min(size)]);
            let rest = rest.into_iter().map(|thread| match thread {
                Ok(thread) => thread.join().expect("counting does not panic"),
                Err((start, bytes)) => part(start, bytes),
            });
            (starts, points, rest.collect::<Vec<_>>())
        });
        starts.reserve_exact(rest.iter().map(|(starts, _)| starts.len()).sum());
        points.reserve_exact(rest.iter().map(|(_, counts)| counts.len()).sum());
        for (more, counts) in rest {
            starts.extend(more);
            points.extend(counts);
        }
        let mut sum = 0;
        for count in &mut points {
            sum += std::mem::replace(count, sum);
        }
        Self { starts, points }
    }

    /// Code points before a byte.
    fn points_before(&self, text: &str, offset: usize) -> usize {
        let step = (offset / STEP).min(self.points.len().saturating_sub(1));
        self.points.get(step).copied().unwrap_or(0) + code_points(&text.as_bytes()[step * STEP..offset])
    }

    /// Line and column of a byte offset. Offsets past the end give the end of the text;
    /// offsets inside a character give that character.
    #[must_use]
    pub fn line_column(&self, text: &str, offset: usize) -> LineColumn {
        self.line_column_near(text, offset, 0)
    }

    fn line_column_near(&self, text: &str, offset: usize, near: usize) -> LineColumn {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line_of(offset, near);
        let start = self.starts[line - 1] as usize;
        let column = if offset - start <= STEP {
            code_points(&text.as_bytes()[start..offset]) + 1
        } else {
            self.points_before(text, offset) - self.points_before(text, start) + 1
        };
        LineColumn { line: clamp(line), column: clamp(column) }
    }

    /// The line of a byte. Files are read from their beginning to their end, so it is looked for behind a line that was
    /// asked for before; from line 0 the whole file is searched.
    fn line_of(&self, offset: usize, near: usize) -> usize {
        const STEPS: usize = 16;
        let begins_before = |line: usize| self.starts.get(line - 1).is_some_and(|start| *start as usize <= offset);
        let ends_after = |line: usize| self.starts.get(line).is_none_or(|start| *start as usize > offset);
        if near > 0 && begins_before(near) {
            let found = (near..near + STEPS).take_while(|line| begins_before(*line)).find(|line| ends_after(*line));
            if let Some(line) = found {
                return line;
            }
        }
        self.starts.partition_point(|start| *start as usize <= offset).max(1)
    }

    /// Region of a span.
    #[must_use]
    pub fn region(&self, text: &str, span: Span) -> Region {
        self.region_near(text, span, 0)
    }

    /// As [`Self::region`], for a span that stands in a line or soon behind it: found faster when it does.
    #[must_use]
    pub fn region_near(&self, text: &str, span: Span, line: u32) -> Region {
        let start = self.line_column_near(text, span.start, usize::try_from(line).unwrap_or(0));
        // most spans end in the line they begin in: no second search for those
        let next_line = usize::try_from(start.line).ok().and_then(|line| self.starts.get(line));
        let is_short = span.end.saturating_sub(span.start) <= STEP && span.end <= text.len();
        let in_line = is_short && next_line.is_none_or(|next| span.end < *next as usize);
        let end = if in_line && text.is_char_boundary(span.start) && text.is_char_boundary(span.end) {
            let width = code_points(&text.as_bytes()[span.start..span.end]);
            LineColumn { line: start.line, column: start.column.saturating_add(clamp(width)) }
        } else {
            self.line_column(text, span.end)
        };
        Region { start, end }
    }

    /// Byte span of a 1-based line without its line ending; `None` when there is no such line.
    #[must_use]
    pub fn line_span(&self, text: &str, line: u32) -> Option<Span> {
        let index = usize::try_from(line).ok()?.checked_sub(1)?;
        let start = self.line_start(index + 1)?;
        let end = self.line_start(index + 2).map_or(text.len(), |next| next - 1);
        let end = if end > start && text.as_bytes().get(end - 1) == Some(&b'\r') { end - 1 } else { end };
        Some(Span::new(start, end))
    }

    /// Byte offset where a 1-based line starts.
    #[must_use]
    pub fn line_start(&self, line: usize) -> Option<usize> {
        self.starts.get(line.checked_sub(1)?).map(|start| *start as usize)
    }
}

/// A code point is every byte that is not a UTF-8 continuation byte.
fn code_points(bytes: &[u8]) -> usize {
    // mostly so, and asked for many bytes at a time
    if bytes.is_ascii() {
        return bytes.len();
    }
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

fn clamp(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_long_lines() {
        let text = format!("first\n{}x", "é".repeat(3000));
        let index = LineIndex::new(&text);
        assert_eq!(index.line_column(&text, text.len() - 1), LineColumn { line: 2, column: 3001 });
        assert_eq!(index.line_column(&text, text.len()), LineColumn { line: 2, column: 3002 });
    }

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
    fn large_files_have_the_lines_and_columns_that_they_have() {
        let text = "aé\n{\"漢\": 1}\n\n".repeat(5 * PART / 16) + &"ü".repeat(3 * STEP);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("threads can be started");
        let index = pool.install(|| LineIndex::new(&text));
        let alone = LineIndex::new(&text);
        assert!(index.starts == alone.starts && index.points == alone.points);
        let starts =
            std::iter::once(0).chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1));
        assert!(index.starts.iter().map(|start| *start as usize).eq(starts));
        for (number, sum) in index.points.iter().enumerate() {
            assert_eq!(*sum, code_points(&text.as_bytes()[..number * STEP]), "{number}");
            if number > 40 {
                break;
            }
        }
        let last = index.points.len() - 1;
        assert_eq!(index.points[last], code_points(&text.as_bytes()[..last * STEP]));
    }

    #[test]
    fn a_line_that_was_asked_for_changes_nothing() {
        let text = "a\nbb\n\nccc\n".repeat(30);
        let index = LineIndex::new(&text);
        for start in 0..=text.len() {
            let span = Span::new(start, start + 1);
            for near in [0, 1, 7, 40, 119, 120, 121, 122, 500] {
                assert_eq!(index.region_near(&text, span, near), index.region(&text, span), "{start} {near}");
            }
        }
    }

    #[test]
    fn empty_text_has_one_line() {
        let index = LineIndex::new("");
        assert_eq!(index.line_column("", 0), LineColumn { line: 1, column: 1 });
    }
}
