//! Texts of which a few bytes are broken: those are passed over, so that one bad entry does not lose the rest of its file.
//!
//! What is passed over becomes blanks, so that every place stays. A text counts as mended only when all else of it is
//! sound: one that was cut off, or of which a bracket is missing, is not.

use std::sync::Arc;

use super::ParseError;

/// Places that are passed over in one text.
const MOST: usize = 4;

/// Bytes that are read again for it.
const BUDGET: usize = 16 << 20;

/// Longest line that is passed over as a whole; longer ones no person wrote.
const LONGEST: usize = 1 << 10;

/// What a text may lack besides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lacks {
    /// Commas between members.
    Commas,
    /// Nothing that can be told.
    Nothing,
}

/// What a mended text says, and what is wrong with it. `read` gives the first error of a text, with its place.
pub(super) fn mended<T>(
    text: &str,
    error: &ParseError,
    lacks: Lacks,
    read: impl Fn(&Arc<String>) -> Result<T, ParseError>,
) -> Option<(T, Vec<ParseError>)> {
    let mut bytes = text.as_bytes().to_vec();
    let mut problems = vec![error.clone()];
    let mut left = BUDGET;
    while problems.len() <= MOST {
        let error = problems.last()?.clone();
        let mut farthest: Option<(Vec<u8>, ParseError)> = None;
        for (start, end, by) in passable(&bytes, error.span.start, lacks) {
            left = left.checked_sub(bytes.len())?;
            let mut tried = bytes.clone();
            tried[start..end].fill(by);
            let tried = Arc::new(String::from_utf8(tried).ok()?);
            match read(&tried) {
                Ok(tree) => return Some((tree, problems)),
                Err(next) => {
                    let reached = farthest.as_ref().map_or(error.span.start, |(_, farthest)| farthest.span.start);
                    if next.span.start > reached {
                        farthest = Some((Arc::unwrap_or_clone(tried).into_bytes(), next));
                    }
                }
            }
        }
        let (tried, next) = farthest?;
        bytes = tried;
        problems.push(next);
    }
    None
}

/// What may be passed over at an error, least first, with the byte that takes its place.
fn passable(bytes: &[u8], at: usize, lacks: Lacks) -> Vec<(usize, usize, u8)> {
    let at = at.min(bytes.len());
    let mut found = Vec::new();
    if lacks == Lacks::Commas {
        // right behind what stands before, or the error stands there itself
        let blank = bytes[..at].iter().rposition(|byte| !byte.is_ascii_whitespace()).map_or(0, |last| last + 1);
        let is_blank = bytes.get(blank).is_some_and(u8::is_ascii_whitespace);
        found.extend(is_blank.then_some((blank, blank + 1, b',')));
        // the member that broke off: a comma before the end of a list is as good as none
        let member = &bytes[at.saturating_sub(LONGEST)..at];
        let length = member.iter().rev().position(|byte| b",{}[]\n".contains(byte)).unwrap_or(0);
        found.extend((length > 0).then_some((at - length, at, b' ')));
    }
    // elsewhere the words behind it may go on with the line above
    if lacks == Lacks::Commas {
        // the error may stand right behind what comes before
        let begin = at + bytes[at..].iter().position(|byte| !b" \t".contains(byte)).unwrap_or(0);
        let is_of_word = |byte: &u8| !byte.is_ascii_whitespace() && !b"{}[],:\"'".contains(byte);
        let word = bytes[begin..].iter().position(|byte| !is_of_word(byte)).unwrap_or(bytes.len() - begin);
        found.extend((word > 0).then_some((begin, begin + word, b' ')));
    }
    let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
    let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
    if end - start <= LONGEST {
        let parts = [at, start].into_iter().filter(|from| *from < end && !opens(&bytes[*from..end]));
        found.extend(parts.map(|from| (from, end, b' ')));
    }
    found.dedup();
    found
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
    use super::super::json;

    /// The keys of what is read of JSON, and how many problems there are.
    fn read(text: &str) -> (Vec<String>, usize) {
        let error = json::json(text).expect_err("is broken");
        let Some((root, problems)) = json::readable_part(text, &error) else { return (Vec::new(), 1) };
        (root.entries().iter().map(|entry| entry.key.to_string()).collect(), problems.len())
    }

    #[test]
    fn what_is_broken_is_passed_over_alone() {
        for (text, keys, problems) in [
            ("{\n\"a\": 1,\n@@ ]} junk\n\"b\": 2\n}", &["a", "b"][..], 1),
            ("{\n\"a\": 1 2,\n\"b\": 2\n}", &["a", "b"], 1),
            ("{\n\"a\": {\"x\": 1}\n\"b\": {\n\"y\": 2}\n}", &["a", "b"], 1),
            ("{\n\"a\": 1\u{fffd},\n\"b\": 2\0,\n\"c\": 3\n}", &["a", "b", "c"], 2),
            // cut off: what stands before is read
            ("{\n\"a\": {\"x\": 1},\n\"b\": {\n\"y\": 2,\n\"z", &["a", "b"], 1),
        ] {
            let (found, told) = read(text);
            assert_eq!((found, told), (keys.iter().map(|key| (*key).to_owned()).collect(), problems), "{text}");
        }
    }

    #[test]
    fn hopeless_texts_cost_a_few_readings() {
        let text = format!("{{{}", "\"a\": @,\n".repeat(1 << 16));
        let began = std::time::Instant::now();
        read(&text);
        assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    }
}
