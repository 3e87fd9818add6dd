//! As what a reader asks for a value, and what is said when the value is something else.
//!
//! A reader that asks a text for its entries gets none, so that one odd value never loses the rest of a file. The
//! tree keeps in mind what was asked: what was only ever asked for as something that it is not was lost, and the
//! engine says so, for every reader alike.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crate::text::Span;

/// A set of shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape(u8);

impl Shape {
    /// No shape.
    pub const NONE: Self = Self(0);
    /// A text.
    pub const TEXT: Self = Self(1);
    /// A number or date.
    pub const NUMBER: Self = Self(1 << 1);
    /// True or false.
    pub const BOOL: Self = Self(1 << 2);
    /// A sequence.
    pub const LIST: Self = Self(1 << 3);
    /// A mapping.
    pub const MAP: Self = Self(1 << 4);
    /// Elements of a markup.
    pub(super) const ELEMENTS: Self = Self(1 << 5);
    /// Whatever is written as one word.
    pub const SCALAR: Self = Self(Self::TEXT.0 | Self::NUMBER.0 | Self::BOOL.0);
    /// All of them.
    pub const ANY: Self = Self(u8::MAX);

    /// Both.
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True when all shapes of the other are among these.
    #[must_use]
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            (Self::TEXT, "a text"),
            (Self::NUMBER, "a number"),
            (Self::BOOL, "a truth value"),
            (Self::LIST, "a list"),
            (Self::MAP, "a table"),
            (Self::ELEMENTS, "elements"),
        ];
        let mut words = words.iter().filter(|(shape, _)| self.has(*shape)).map(|(_, word)| *word);
        f.write_str(words.next().unwrap_or("nothing"))?;
        words.try_for_each(|word| write!(f, " or {word}"))
    }
}

/// Some value was asked for as something that it is not. Few files make that happen, and until one does no tree
/// needs to be gone through for it.
static SOME_ODD: AtomicBool = AtomicBool::new(false);

/// Says that a value was asked for as something that it is not.
pub(super) fn note_odd() {
    // one more write would take the line from the other threads
    if !SOME_ODD.load(Ordering::Relaxed) {
        SOME_ODD.store(true, Ordering::Relaxed);
    }
}

/// True when any tree of this process may hold such a value. What the own thread and those that it waited for asked counts.
pub(super) fn some_odd() -> bool {
    SOME_ODD.load(Ordering::Relaxed)
}

/// What readers asked a value for. It is no part of the value: two trees are equal whoever looked at them.
///
/// One thread reads a tree at a time, so reads and writes need no order among each other.
#[derive(Debug, Default)]
pub(super) struct Asked(AtomicU8);

impl Asked {
    /// Adds to what was asked.
    pub(super) fn add(&self, shape: Shape) {
        let before = self.0.load(Ordering::Relaxed);
        if before & shape.0 != shape.0 {
            self.0.store(before | shape.0, Ordering::Relaxed);
        }
    }

    /// True when it was asked for as this.
    pub(super) fn has(&self, shape: Shape) -> bool {
        Shape(self.0.load(Ordering::Relaxed)).has(shape)
    }

    /// What was asked so far, which is forgotten.
    pub(super) fn take(&self) -> Shape {
        let asked = self.0.load(Ordering::Relaxed);
        if asked != 0 {
            self.0.store(0, Ordering::Relaxed);
        }
        Shape(asked)
    }
}

impl Clone for Asked {
    fn clone(&self) -> Self {
        Self(AtomicU8::new(self.0.load(Ordering::Relaxed)))
    }
}

impl PartialEq for Asked {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Asked {}

/// Where a value stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Holder<'a> {
    /// It is the whole file.
    File,
    /// Under a key, or in the list under it.
    Key(&'a str),
    /// In an element of a markup.
    Element(&'a str),
}

/// A value that is not what readers take it for.
#[derive(Clone, Copy, Debug)]
pub struct Misshapen<'a> {
    pub(super) holder: Holder<'a>,
    /// Where it stands.
    pub span: Span,
    pub(super) is: Shape,
    pub(super) asked: Shape,
}

impl fmt::Display for Misshapen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (is, asked) = (self.is, self.asked);
        match self.holder {
            Holder::File => write!(f, "the file is {is} where {asked} is expected, and was not read"),
            Holder::Key(key) => write!(f, "a value of `{key}` is {is} where {asked} is expected, and was not read"),
            Holder::Element(name) if is == Shape::TEXT.and(Shape::ELEMENTS) => {
                write!(f, "`<{name}>` holds a text and elements, of which only {asked} was read")
            }
            Holder::Element(name) => {
                write!(f, "`<{name}>` holds {is} where {asked} is expected, and was not read")
            }
        }
    }
}
