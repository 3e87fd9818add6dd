//! HCL (Terraform) through `hcl-edit`, block by block when a file is broken.
//!
//! `hcl-edit` reads a file whole or not at all. After an error the file is cut at lines that start
//! a block in column one, and every chunk is read by itself; spans are shifted by the chunk's offset.
//! The library refuses more than 64 levels, but takes up to 50 KB of stack for one: deep files are
//! read on a thread with room for them.

use hcl_edit::structure::Body;

use super::{ParseError, report};
use crate::text::Span;

/// Open brackets at which a text counts as deep.
const DEEP: usize = 16;

/// Objects within each other that stand behind an operator (`a / { b / { …`): the library tries each of them twice, and none
/// of them means anything.
const MOST_OPERANDS: usize = 8;

/// Stack for deep texts: several times what 64 levels take without optimisation.
const DEEP_STACK: usize = 16 << 20;

/// A stretch of a file that parsed, with its offset: `hcl-edit` spans count from the stretch.
#[derive(Debug)]
pub struct Chunk {
    /// Bytes before the stretch.
    pub offset: usize,
    /// Its tree.
    pub body: Body,
}

/// A file's readable parts and what could not be read.
#[derive(Debug, Default)]
pub struct Hcl {
    /// One chunk for a sound file, several for a broken one.
    pub chunks: Vec<Chunk>,
    /// One problem per unreadable chunk.
    pub problems: Vec<ParseError>,
}

/// Parses a Terraform file. A byte order mark before it is passed over.
#[must_use]
pub fn hcl(text: &str) -> Hcl {
    let mut out = Hcl::default();
    let content = text.strip_prefix('\u{feff}').unwrap_or(text);
    let before = text.len() - content.len();
    match body(content) {
        Ok(body) => out.chunks.push(Chunk { offset: before, body }),
        Err(_) => {
            for (offset, chunk) in chunks(content) {
                let offset = before + offset;
                match body(chunk) {
                    Ok(body) => out.chunks.push(Chunk { offset, body }),
                    Err(problem) => {
                        report(&mut out.problems, ParseError { span: problem.span.shifted(offset), ..problem });
                    }
                }
            }
        }
    }
    out
}

fn body(text: &str) -> Result<Body, ParseError> {
    if let Some(at) = operand_too_deep(text) {
        let message = format!("more than {MOST_OPERANDS} objects within each other that are operands");
        return Err(ParseError::new(message, Span::new(at, at + 1)));
    }
    if depth_at_most(text) < DEEP {
        return parse(text);
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(DEEP_STACK).spawn_scoped(scope, || parse(text));
        let Ok(thread) = thread else {
            return Err(ParseError::new("no memory left for a deeply nested file", Span::default()));
        };
        // a panic goes on where the engine catches it
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn parse(text: &str) -> Result<Body, ParseError> {
    text.parse::<Body>().map_err(|error| {
        let at = text.floor_char_boundary(error.location().offset());
        ParseError::new(error.message(), Span::new(at, text.ceil_char_boundary(at + 1)))
    })
}

/// The first brace behind an operator within too many others. Braces in texts and comments count too, and most are closed
/// there.
fn operand_too_deep(text: &str) -> Option<usize> {
    let mut open: Vec<bool> = Vec::new();
    let mut operands = 0;
    // the last byte that is no blank, and the one before it
    let mut last = (b' ', b' ');
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' | b'[' | b'(' => {
                // `=> {` is no comparison
                let is_operand = b"+-*/%!&|<>".contains(&last.1) && last != (b'=', b'>');
                open.push(is_operand);
                operands += usize::from(is_operand);
                if operands > MOST_OPERANDS {
                    return Some(at);
                }
            }
            b'}' | b']' | b')' => operands -= usize::from(open.pop() == Some(true)),
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            last = (last.1, byte);
        }
    }
    None
}

/// An upper bound of the nesting: brackets in texts and comments count too.
fn depth_at_most(text: &str) -> usize {
    let mut open = 0_usize;
    let mut deepest = 0;
    for byte in text.bytes() {
        match byte {
            b'{' | b'[' | b'(' => {
                open += 1;
                deepest = deepest.max(open);
            }
            b'}' | b']' | b')' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Cuts before every line that begins a block: a word in column one whose line opens a brace.
fn chunks(text: &str) -> Vec<(usize, &str)> {
    let mut cuts = vec![0];
    for line in super::lines::lines(text) {
        let opens = line.text.starts_with(|c: char| c.is_ascii_alphabetic()) && line.text.trim_end().ends_with('{');
        if opens && line.span.start > 0 {
            cuts.push(line.span.start);
        }
    }
    cuts.push(text.len());
    cuts.windows(2).map(|pair| (pair[0], &text[pair[0]..pair[1]])).filter(|(_, part)| !part.trim().is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_as_operands_end_soon() {
        let text = format!("a = {{\n{}", "!t/o .d/{\n".repeat(40));
        let found = hcl(&text);
        assert!(found.chunks.is_empty() && !found.problems.is_empty());
        let sound = "path = \"/api/{id}/x/{id}/y/{id}/z/{id}/a/{id}/b/{id}/c/{id}/d/{id}/e/{id}\"\nb = { for k, v in c : k => { d = 1 } }\n";
        assert_eq!(hcl(sound).problems.len(), 0);
    }

    #[test]
    fn one_bad_block_does_not_lose_the_file() {
        let text = "resource \"a\" \"b\" {\n  x = 1\n}\nresource \"c\" \"d\" {\n  y = = 2\n}\nlocals {\n  z = 3\n}\n";
        let read = hcl(text);
        assert_eq!((read.chunks.len(), read.problems.len()), (2, 1));
        assert_eq!(read.chunks[1].offset, text.find("locals").expect("is there"));
    }
}
