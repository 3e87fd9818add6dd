//! The first bytes of a file, and the questions that tell formats apart.

use std::io::{BufRead, Read};

use super::decode::Decoded;
use super::table::fields;
use crate::source::Limits;
use crate::source::archive::Unpacked;

/// The beginning of a file as text.
pub(super) struct Head<'a> {
    /// Decoded, without a byte order mark and leading blanks.
    pub(super) text: &'a str,
    /// The elements that begin in it, by local name, the root first; empty when it is no markup.
    pub(super) elements: Vec<&'a str>,
}

impl Head<'_> {
    /// Unpacks and decodes the first bytes of a file and asks about them.
    pub(super) fn with<T>(bytes: &[u8], ask: impl FnOnce(&Head<'_>) -> Option<T>) -> Option<T> {
        let unpacked = Unpacked::new(bytes, &Limits::default()).ok()?;
        let mut decoded = Decoded::new(unpacked.take(16 << 10));
        let mut text = Vec::new();
        // the file is cut, so that a compressed one ends with an error after what is wanted
        while let Ok(ready) = decoded.fill_buf() {
            if ready.is_empty() {
                break;
            }
            text.extend_from_slice(ready);
            let count = ready.len();
            decoded.consume(count);
        }
        let text = String::from_utf8_lossy(&text);
        let text = text.trim_start();
        ask(&Head { text, elements: elements(text) })
    }

    /// The first line.
    pub(super) fn line(&self) -> &str {
        self.text.lines().next().unwrap_or("").trim_end()
    }

    /// The fields of a line, counted from 0.
    pub(super) fn row(&self, line: usize, delimiter: u8) -> Vec<String> {
        self.text.lines().nth(line).map_or_else(Vec::new, |line| fields(line, delimiter))
    }

    /// The root element.
    pub(super) fn root(&self) -> &str {
        self.elements.first().copied().unwrap_or("")
    }

    /// True when an element begins in the first bytes.
    pub(super) fn has(&self, name: &str) -> bool {
        self.elements.contains(&name)
    }
}

/// Names of elements that begin in the text, without prefixes.
fn elements(text: &str) -> Vec<&str> {
    if !text.starts_with('<') {
        return Vec::new();
    }
    let name = |tag: &'_ str| tag.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).unwrap_or(tag.len());
    text.split('<')
        .skip(1)
        .filter(|tag| tag.starts_with(|c: char| c.is_alphabetic() || c == '_'))
        .map(|tag| &tag[..name(tag)])
        .map(|name| name.rsplit(':').next().unwrap_or(name))
        .collect()
}
