//! Texts of a parsed file, borrowed from it where they stand there word for word.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A key or value: a stretch of its file, which nearly all are, or a text of its own where escapes were resolved.
///
/// A tree of a lock file has a million of them. Each holds on to the file's text, so that a tree needs no lifetime.
#[derive(Clone)]
pub struct Text {
    source: Source,
    start: u32,
    length: u32,
}

/// The text that texts are stretches of. Threads that parse one file count their own holds on it: one count for all of
/// them would be handed to and fro a million times.
#[derive(Clone)]
pub(super) struct Source(Arc<Kept>);

enum Kept {
    File(Arc<String>),
    Own(String),
}

impl Source {
    /// A file's text, with a count of its own.
    pub(super) fn of(file: &Arc<String>) -> Self {
        Self(Arc::new(Kept::File(Arc::clone(file))))
    }

    /// The same text with another count, for another thread.
    pub(super) fn apart(&self) -> Self {
        match &*self.0 {
            Kept::File(file) => Self::of(file),
            Kept::Own(_) => self.clone(),
        }
    }
}

impl Deref for Source {
    type Target = str;

    fn deref(&self) -> &str {
        match &*self.0 {
            Kept::File(file) => file,
            Kept::Own(text) => text,
        }
    }
}

impl Text {
    /// `piece`, which stands in `source` or is copied.
    pub(super) fn of(source: &Source, piece: &str) -> Self {
        let start = (piece.as_ptr() as usize).checked_sub(source.as_ptr() as usize);
        let within = start
            .filter(|start| source.get(*start..start + piece.len()).is_some_and(|is| is.as_ptr() == piece.as_ptr()));
        within.and_then(|start| Self::part(source, start, piece.len())).unwrap_or_else(|| piece.into())
    }

    /// The same for what a parser may have had to make anew.
    pub(super) fn of_cow(source: &Source, piece: Cow<'_, str>) -> Self {
        match piece {
            Cow::Borrowed(piece) => Self::of(source, piece),
            Cow::Owned(piece) => piece.into(),
        }
    }

    /// The same for a piece that stands in `source` at a place, or behind a quote there, unless it is written otherwise.
    pub(super) fn near(source: &Source, place: usize, piece: Cow<'_, str>) -> Self {
        let stands = |start: &usize| source.get(*start..start.saturating_add(piece.len())) == Some(&*piece);
        let start = [place, place.saturating_add(1)].into_iter().find(stands);
        match start.and_then(|start| Self::part(source, start, piece.len())) {
            Some(part) => part,
            None => Self::of_cow(source, piece),
        }
    }

    /// A stretch of the source, which must begin and end between characters; `None` where it lies too far behind.
    pub(super) fn part(source: &Source, start: usize, length: usize) -> Option<Self> {
        let (start, length) = (u32::try_from(start).ok()?, u32::try_from(length).ok()?);
        Some(Self { source: source.clone(), start, length })
    }

    fn bytes(&self) -> &[u8] {
        let start = self.start as usize;
        self.source.as_bytes().get(start..start + self.length as usize).unwrap_or_default()
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        let start = self.start as usize;
        self.source.get(start..start + self.length as usize).unwrap_or("")
    }
}

impl From<String> for Text {
    fn from(mut text: String) -> Self {
        // no single key or value of this size is read anywhere
        let length = u32::try_from(text.len()).unwrap_or(0);
        text.shrink_to_fit();
        Self { source: Source(Arc::new(Kept::Own(text))), start: 0, length }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<Cow<'_, str>> for Text {
    fn from(text: Cow<'_, str>) -> Self {
        text.into_owned().into()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self
    }
}

/// Their lengths tell most texts apart, without a look at the file.
impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.length as usize == other.len() && self.bytes() == other.as_bytes()
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.length == other.length && self.bytes() == other.bytes()
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (**self).cmp(&**other)
    }
}

impl std::hash::Hash for Text {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_the_source_are_not_copied() {
        let source = Source::of(&Arc::new("a wörd here".to_owned()));
        let piece = Text::of(&source, &source[2..7]);
        assert_eq!(&*piece, "wörd");
        assert!(Arc::ptr_eq(&piece.source.0, &source.0));
        let other = Text::of(&source, "wörd");
        assert_eq!(piece, other);
        assert!(!Arc::ptr_eq(&other.source.0, &source.0));
        assert_eq!(&*Text::of(&source, ""), "");
        for place in [1, 2, 9, usize::MAX - 9] {
            let near = Text::near(&source, place, Cow::Owned("wörd".to_owned()));
            assert_eq!(near, piece);
            assert_eq!(Arc::ptr_eq(&near.source.0, &source.0), place < 3);
        }
        assert!(piece == *"wörd" && piece != *"word");
    }
}
