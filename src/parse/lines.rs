//! Lines with their spans, for line-based formats.

use crate::text::Span;

/// A line without its ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// From 1.
    pub number: usize,
    /// The text, without `\n` or `\r\n`.
    pub text: &'a str,
    /// Where it stands.
    pub span: Span,
}

/// Every line of a text.
pub fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    text.split_inclusive('\n').enumerate().map(move |(index, raw)| {
        let line = raw.strip_suffix('\n').unwrap_or(raw);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let span = Span::new(start, start + line.len());
        start += raw.len();
        Line { number: index + 1, text: line, span }
    })
}

/// What is said of a line that Git left between two sides of a merge, in a file that is read for another one.
pub const UNFINISHED_MERGE: &str = "marks of an unfinished merge";

/// True for a text that begins with a line that Git left between two sides of a merge: no format that is read by lines
/// has such ones.
#[must_use]
pub fn is_merge_mark(line: &str) -> bool {
    let after = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().find_map(|mark| line.strip_prefix(mark));
    after.is_some_and(|rest| rest.chars().next().is_none_or(char::is_whitespace))
}

/// The span of `part`, which must be a slice of `line`'s text.
#[must_use]
pub fn span_within(line: &Line<'_>, part: &str) -> Span {
    let offset = (part.as_ptr() as usize).saturating_sub(line.text.as_ptr() as usize);
    if offset + part.len() <= line.text.len() {
        Span::new(line.span.start + offset, line.span.start + offset + part.len())
    } else {
        line.span
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_endings_and_parts() {
        let text = "a b\r\nc\n\nlast";
        let all: Vec<Line<'_>> = lines(text).collect();
        assert_eq!(all.iter().map(|line| line.text).collect::<Vec<_>>(), ["a b", "c", "", "last"]);
        assert!(all.iter().all(|line| &text[line.span.start..line.span.end] == line.text));
        let b = &all[0].text[2..];
        assert_eq!(span_within(&all[0], b), Span::new(2, 3));
    }
}
