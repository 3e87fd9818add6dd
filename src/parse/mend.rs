//! Texts of which a few bytes are broken: those are passed over, so that one bad entry does not lose the rest of its file.
//!
//! What is passed over becomes blanks, so that every place stays. A text counts as mended only when all else of it is
//! sound: one that was cut off, or of which a bracket is missing, is not.

use std::sync::Arc;

use super::ParseError;
use crate::text::Span;

/// Places that are passed over in one text.
const MOST: usize = 4;

/// Bytes that are read again of one text: as many as it has so many times over, and some more, so that small ones are
/// tried to the end and a tree of large ones costs a few readings.
const TIMES: usize = 4;
const LEAST: usize = 256 << 10;

/// Longest line that is passed over as a whole; longer ones no person wrote.
const LONGEST: usize = 1 << 10;

/// Bytes before an error in which the bracket is looked for that nothing closes.
const FLOW: usize = 64 << 10;

/// What is said where the readings end.
const ENDED: &str = "the file was read as often as its size allows; what stands behind this was not read";

/// The format of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Toml,
    Yaml,
}

/// What comes of it.
pub(super) enum Mended<T> {
    /// What the text says, and what is wrong with it.
    Read(T, Vec<ParseError>),
    Hopeless,
    /// The text is too large to be tried further.
    Ended(ParseError),
}

/// A part that may be passed over, what closes brackets in its place, and what is wrong with it where that is known better
/// than the error says.
struct Part {
    start: usize,
    end: usize,
    closing: Vec<u8>,
    told: Option<ParseError>,
}

impl Part {
    /// The text without it; nothing where it has no room for what is to close.
    fn passed(&self, bytes: &[u8]) -> Option<String> {
        let mut tried = bytes.to_vec();
        let mut closing = self.closing.iter();
        // the ends of lines stay, and so do columns: what goes on with a line above stands deeper
        for byte in tried[self.start..self.end].iter_mut().filter(|byte| **byte != b'\n') {
            // a bracket within a letter would end in the midst of it
            let is_blank = byte.is_ascii_whitespace() || !byte.is_ascii();
            *byte = if is_blank { b' ' } else { closing.next().copied().unwrap_or(b' ') };
        }
        // a part may begin within a letter where the error does
        closing.next().is_none().then(|| String::from_utf8(tried).ok())?
    }
}

/// Reads a text without what is broken. `read` gives the first error of a text, with its place.
pub(super) fn mended<T>(
    text: &str,
    error: &ParseError,
    of: Of,
    read: impl Fn(&Arc<String>) -> Result<T, ParseError>,
) -> Mended<T> {
    let mut bytes = text.as_bytes().to_vec();
    let mut problems = vec![error.clone()];
    let mut left = text.len().saturating_mul(TIMES).saturating_add(LEAST);
    while let Some(error) = problems.last().filter(|_| problems.len() <= MOST).cloned() {
        let mut farthest: Option<(Vec<u8>, Option<ParseError>, ParseError)> = None;
        for part in passable(&bytes, error.span.start, of) {
            let Some(still) = left.checked_sub(bytes.len()) else {
                return Mended::Ended(ParseError::new(ENDED, whole_letters(text, error.span)));
            };
            left = still;
            let Some(tried) = part.passed(&bytes).map(Arc::new) else { continue };
            match read(&tried) {
                Ok(tree) => {
                    tell(&mut problems, part.told);
                    problems.iter_mut().for_each(|problem| problem.span = whole_letters(text, problem.span));
                    return Mended::Read(tree, problems);
                }
                Err(next) => {
                    let reached = farthest.as_ref().map_or(error.span.start, |(_, _, farthest)| farthest.span.start);
                    if next.span.start > reached {
                        farthest = Some((Arc::unwrap_or_clone(tried).into_bytes(), part.told, next));
                    }
                }
            }
        }
        let Some((tried, told, next)) = farthest else { return Mended::Hopeless };
        bytes = tried;
        tell(&mut problems, told);
        problems.push(next);
    }
    Mended::Hopeless
}

/// A place that begins and ends between letters: one that blanks took the place of has as many of them as it had bytes.
fn whole_letters(text: &str, span: Span) -> Span {
    Span::new(text.floor_char_boundary(span.start), text.ceil_char_boundary(span.end))
}

/// Puts what is known better in the place of the last problem.
fn tell(problems: &mut [ParseError], told: Option<ParseError>) {
    if let (Some(last), Some(told)) = (problems.last_mut(), told) {
        *last = told;
    }
}

/// What may be passed over at an error, least first.
fn passable(bytes: &[u8], at: usize, of: Of) -> Vec<Part> {
    let at = at.min(bytes.len());
    let mut found = if of == Of::Yaml { unclosed(bytes, at) } else { Vec::new() };
    let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
    let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
    if end - start <= LONGEST {
        // elsewhere the words behind it may go on with the line above
        let mut starts = vec![at, start];
        starts.dedup();
        let parts = starts.into_iter().filter(|from| *from < end && !opens(&bytes[*from..end]));
        found.extend(parts.map(|start| Part { start, end, closing: Vec::new(), told: None }));
    }
    found
}

/// The brackets of YAML before an error that nothing closes, the nearest first, each up to the next line that stands no
/// deeper than its own: what stands there is not lost.
fn unclosed(bytes: &[u8], at: usize) -> Vec<Part> {
    const MOST: usize = 2;
    let from = at.saturating_sub(FLOW);
    let from = if from == 0 { 0 } else { memchr::memchr(b'\n', &bytes[from..at]).map_or(at, |end| from + end + 1) };
    let mut found: Vec<(usize, usize)> = Vec::new();
    // the bracket, the column of its line, and how many are open
    let mut open: Option<(usize, usize, usize)> = None;
    let mut start = from;
    while start < bytes.len() && (start <= at || open.is_some()) {
        let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |end| start + end);
        let line = &bytes[start..end];
        let column = line.iter().position(|byte| !byte.is_ascii_whitespace());
        if let Some(column) = column {
            if let Some((bracket, above, _)) = open.filter(|_| !line[column..].starts_with(b"#"))
                && column <= above
            {
                if !matches!(line[column], b']' | b'}') {
                    found.push((bracket, start));
                }
                open = None;
            }
            open = match open {
                Some((bracket, above, depth)) => {
                    let (_, opened, closed) = brackets(line);
                    (depth + opened).checked_sub(closed).filter(|depth| *depth > 0).map(|depth| (bracket, above, depth))
                }
                None => {
                    let (first, opened, closed) = brackets(line);
                    let depth = opened.checked_sub(closed).filter(|depth| *depth > 0);
                    first.zip(depth).map(|(first, depth)| (start + first, column, depth))
                }
            };
        }
        start = end + 1;
    }
    found.extend(open.map(|(bracket, ..)| (bracket, bytes.len())));
    found.into_iter().rev().take(MOST).flat_map(|(start, end)| closed_or_passed(bytes, start, end)).collect()
}

/// What may be done about a bracket that nothing closes: it ends behind the last entry in it that is whole, or is nothing.
fn closed_or_passed(bytes: &[u8], start: usize, end: usize) -> impl Iterator<Item = Part> {
    let told = |what: &str| {
        let message = format!("a `{}` that nothing closes; {what}", char::from(bytes[start]));
        Some(ParseError::new(message, Span::new(start, start + 1)))
    };
    let closed = last_whole(&bytes[start..end]).map(|(last, closing)| {
        let told = told("it was taken to end behind its last whole entry");
        Part { start: start + last, end, closing, told }
    });
    let told = told("what stands in it was left out");
    closed.into_iter().chain([Part { start, end, closing: Vec::new(), told }])
}

/// Where the last whole entry ends of a part that begins with a bracket, and what closes all that is open there.
fn last_whole(part: &[u8]) -> Option<(usize, Vec<u8>)> {
    let mut open = Vec::new();
    let mut best = None;
    let mut quote = None;
    for (at, byte) in part.iter().copied().enumerate() {
        match (quote, byte) {
            (Some(mark), byte) if mark == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'{') => open.push(b'}'),
            (None, b'[') => open.push(b']'),
            (None, b'}' | b']') => {
                open.pop();
                best = Some((at + 1, open.len()));
            }
            (None, b',') => best = Some((at, open.len())),
            _ => {}
        }
    }
    // what was open there is still open at the end
    let (at, depth) = best.filter(|(_, depth)| *depth > 0 && *depth <= open.len())?;
    Some((at, open[..depth].iter().rev().copied().collect()))
}

/// The first bracket of a line of YAML that the line does not close, and how many it opens and closes: those that begin a
/// value, and those within others; not those of a text.
fn brackets(line: &[u8]) -> (Option<usize>, usize, usize) {
    let (mut open, mut opened, mut closed) = (Vec::new(), 0, 0);
    let mut quote = None;
    let mut before = b':';
    for (at, byte) in line.iter().copied().enumerate() {
        let begins = matches!(before, b':' | b'-' | b',' | b'{' | b'[' | b'?');
        match (quote, byte) {
            (Some(mark), byte) if mark == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') if begins => quote = Some(byte),
            (None, b'#') if at == 0 || line[at - 1].is_ascii_whitespace() => break,
            (None, b'{' | b'[') if begins || !open.is_empty() => {
                open.push(at);
                opened += 1;
            }
            (None, b'}' | b']') => {
                open.pop();
                closed += 1;
            }
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            before = byte;
        }
    }
    (open.first().copied(), opened, closed)
}

/// True for a part of a line that opens a bracket which it does not close: what stands in it would be taken for
/// members of what stands around it.
fn opens(part: &[u8]) -> bool {
    let mut depth = 0_usize;
    for byte in part {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    depth > 0
}

#[cfg(test)]
mod tests {
    use super::super::yaml::yaml;
    use super::*;

    /// The keys of what is read of YAML, and what is said with the bytes that it is said of.
    fn read(text: &str) -> (String, Vec<String>) {
        let read = yaml(text);
        let keys = read.documents.iter().flat_map(|root| root.walk()).flat_map(|node| node.entries());
        let told = read.problems.iter().map(|one| format!("{} {}", one.span.start, one.message)).collect();
        (keys.map(|entry| entry.key.to_string()).collect(), told)
    }

    #[test]
    fn brackets_that_nothing_closes_lose_their_own_lines() {
        let (left_out, closed) = ("what stands in it was left out", "it was taken to end behind its last whole entry");
        for (text, keys, place, what) in [
            ("a:\n  b: {x: 1\n  c: 2\nd: {y: 3}\n", "adbcy", 8, left_out),
            ("a:\n  b: [x,\n    y\n\n    # z\n  c: 2\nd: 4\n", "adbc", 8, closed),
            ("a:\n  b: [{x: 1},\n    {y: 1},\n\n  c: 2\nd: 4\n", "adbcxy", 8, closed),
            ("a:\n  b: {n: {x: 1}\n    z: [\n  c: 2\n", "abcnx", 8, closed),
            ("l:\n- {x: 1, z: 2\n- {y: 3}\nd: 4\n", "ldxy", 5, closed),
            ("l:\n- {x: 1, z: [2]\n- {y: 3}\nd: 4\n", "ldy", 5, left_out),
            ("a: [1\n", "a", 3, left_out),
            ("t: |\n  if [ -f x\na: '{'\nb: {x: '}'\nd: 4\n", "tabd", 27, left_out),
        ] {
            let (found, told) = read(text);
            assert_eq!(found, keys, "{text} {told:?}");
            assert_eq!(told, [format!("{place} a `{}` that nothing closes; {what}", &text[place..=place])], "{text}");
        }
    }

    #[test]
    fn readings_are_bounded_by_the_size() {
        let rows = "a: 1\n".repeat(20_000);
        let count = std::cell::Cell::new(0);
        let fails = |_: &Arc<String>| {
            count.set(count.get() + 1);
            Err::<(), _>(ParseError::new("broken", Span::new(count.get() * 6, count.get() * 6)))
        };
        let text = rows.repeat(20);
        let found = mended(&text, &ParseError::new("broken", Span::default()), Of::Toml, fails);
        assert!(matches!(found, Mended::Ended(told) if told.message == ENDED));
        assert_eq!(count.get(), 4);
    }
}
