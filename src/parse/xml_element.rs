//! An element of XML, with what readers asked it for.

use super::shape::{Asked, Holder, Misshapen, Shape};
use crate::text::Span;

/// An element with its own text (children's text apart).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Name without namespace prefix.
    pub name: Box<str>,
    /// Attributes in order, names without prefix.
    pub attributes: Vec<(Box<str>, Box<str>)>,
    pub(super) text: String,
    pub(super) children: Vec<Self>,
    /// From the opening `<` to the end of the closing tag.
    pub span: Span,
    /// The opening tag alone: the words that attributes stand in.
    pub tag: Span,
    /// As what readers asked for it.
    pub(super) asked: Asked,
    /// The document breaks off within it. Of several children only the last one can be cut.
    pub(super) is_cut: bool,
}

impl Element {
    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(is, _)| &**is == name).map(|(_, value)| &**value)
    }

    /// Where the value of an attribute stands in the text that the element was read from; case of the name is of no
    /// weight.
    #[must_use]
    pub fn attribute_span(&self, name: &str, text: &str) -> Option<Span> {
        let tag = text.get(self.tag.start..self.tag.end)?;
        let mut at = 0;
        loop {
            let open = at + memchr::memchr2(b'"', b'\'', tag.as_bytes().get(at..)?)?;
            let close = open + 1 + memchr::memchr(tag.as_bytes()[open], &tag.as_bytes()[open + 1..])?;
            let key = tag[at..open].trim_end().strip_suffix('=').unwrap_or_default().trim_end();
            let key = key.rsplit(|c: char| c.is_whitespace() || c == ':').next().unwrap_or_default();
            if key.eq_ignore_ascii_case(name) {
                return Some(Span::new(open + 1, close).shifted(self.tag.start));
            }
            at = close + 1;
        }
    }

    /// Text directly inside, trimmed.
    #[must_use]
    pub fn text(&self) -> &str {
        self.asked.add(Shape::TEXT);
        &self.text
    }

    /// Elements directly inside that ended.
    #[must_use]
    pub fn children(&self) -> &[Self] {
        let all = self.groups();
        &all[..all.len() - usize::from(self.cut().is_some())]
    }

    /// As [`Self::children`], with the one that the document breaks off within: for elements that hold others and
    /// say nothing themselves.
    #[must_use]
    pub fn groups(&self) -> &[Self] {
        self.asked.add(Shape::ELEMENTS);
        &self.children
    }

    /// Elements directly inside that ended. Where one has no end, those of its name that stand within it were meant
    /// to stand beside it, and count as well.
    pub fn entries(&self) -> impl Iterator<Item = &Self> {
        let rest = self.cut().into_iter().flat_map(|cut| cut.all(&cut.name));
        self.children().iter().chain(rest)
    }

    /// True when the document breaks off within it.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The element inside that the document breaks off within.
    #[must_use]
    pub fn cut(&self) -> Option<&Self> {
        self.children.last().filter(|last| last.is_cut)
    }

    /// True when elements are inside. Who asks this knows what to do with either.
    #[must_use]
    pub fn has_children(&self) -> bool {
        !self.children.is_empty()
    }

    /// True when a text is inside. Who asks this knows what to do with either.
    #[must_use]
    pub fn has_text(&self) -> bool {
        !self.text.is_empty()
    }

    /// The first child of a name, which ended.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children().iter().find(|child| &*child.name == name)
    }

    /// As [`Self::child`], also where the document breaks off within it: for elements that hold others.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&Self> {
        self.groups().iter().find(|child| &*child.name == name)
    }

    /// Text of the first child of a name, if there is any.
    #[must_use]
    pub fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(Self::text).filter(|text| !text.is_empty())
    }

    /// Children of a name, in the sense of [`Self::entries`].
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.levels(name).flat_map(Self::children).filter(move |child| &*child.name == name)
    }

    /// As [`Self::all`], with those that the document breaks off within: for elements that hold others.
    pub fn all_groups<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.levels(name).flat_map(Self::groups).filter(move |child| &*child.name == name)
    }

    /// The element, and those of a name within it that have no end and so hold what stands beside them.
    fn levels<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        std::iter::successors(Some(self), move |level| level.cut().filter(|cut| &*cut.name == name))
    }

    /// Elements that hold a text or elements which no reader asked them for, while it asked for the other, in order.
    /// What was asked for is forgotten with this.
    #[must_use]
    pub fn misshapen(&self) -> Vec<Misshapen<'_>> {
        let mut found = Vec::new();
        let mut stack = vec![self];
        while let Some(element) = stack.pop() {
            let asked = element.asked.take();
            let is = match (element.has_text(), element.has_children()) {
                (false, false) => Shape::NONE,
                (true, false) => Shape::TEXT,
                (false, true) => Shape::ELEMENTS,
                (true, true) => Shape::TEXT.and(Shape::ELEMENTS),
            };
            if asked != Shape::NONE && !asked.has(is) {
                found.push(Misshapen { holder: Holder::Element(&element.name), span: element.tag, is, asked });
            }
            stack.extend(element.children.iter().rev());
        }
        found
    }
}
