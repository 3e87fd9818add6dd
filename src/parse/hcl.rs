//! HCL (Terraform) through `hcl-edit`, block by block when a file is broken.
//!
//! `hcl-edit` reads a file whole or not at all. After an error the file is cut at lines that start
//! a block in column one, and every chunk is read by itself; spans are shifted by the chunk's offset.

use hcl_edit::structure::Body;

use super::ParseError;
use crate::text::Span;

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

/// Parses a Terraform file.
#[must_use]
pub fn hcl(text: &str) -> Hcl {
    let mut out = Hcl::default();
    match text.parse::<Body>() {
        Ok(body) => out.chunks.push(Chunk { offset: 0, body }),
        Err(_) => {
            for (offset, chunk) in chunks(text) {
                match chunk.parse::<Body>() {
                    Ok(body) => out.chunks.push(Chunk { offset, body }),
                    Err(error) => {
                        let at = offset + error.location().offset().min(chunk.len());
                        out.problems.push(ParseError::new(error.message().to_owned(), Span::new(at, at + 1)));
                    }
                }
            }
        }
    }
    out
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
    fn one_bad_block_does_not_lose_the_file() {
        let text = "resource \"a\" \"b\" {\n  x = 1\n}\nresource \"c\" \"d\" {\n  y = = 2\n}\nlocals {\n  z = 3\n}\n";
        let read = hcl(text);
        assert_eq!((read.chunks.len(), read.problems.len()), (2, 1));
        assert_eq!(read.chunks[1].offset, text.find("locals").expect("is there"));
    }
}
