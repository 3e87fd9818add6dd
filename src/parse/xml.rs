//! XML over `quick-xml`: entities are never expanded, depth and size are bounded.
//!
//! As the tree of the other formats, an element keeps in mind what readers asked it for: see [`Element::misshapen`].

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::shape::{Asked, Holder, Misshapen, Shape};
use super::{MAX_DEPTH, ParseError};
use crate::text::Span;

/// Elements of a file in all.
const ELEMENT_LIMIT: usize = 2_000_000;

/// An element with its own text (children's text apart).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Name without namespace prefix.
    pub name: Box<str>,
    /// Attributes in order, names without prefix.
    pub attributes: Vec<(Box<str>, Box<str>)>,
    text: String,
    children: Vec<Self>,
    /// From the opening `<` to the end of the closing tag.
    pub span: Span,
    /// The opening tag alone: the words that attributes stand in.
    pub tag: Span,
    /// As what readers asked for it.
    asked: Asked,
}

impl Element {
    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(is, _)| &**is == name).map(|(_, value)| &**value)
    }

    /// Text directly inside, trimmed.
    #[must_use]
    pub fn text(&self) -> &str {
        self.asked.add(Shape::TEXT);
        &self.text
    }

    /// Elements directly inside.
    #[must_use]
    pub fn children(&self) -> &[Self] {
        self.asked.add(Shape::ELEMENTS);
        &self.children
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

    /// The first child of a name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children().iter().find(|child| &*child.name == name)
    }

    /// Text of the first child of a name, if there is any.
    #[must_use]
    pub fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(Self::text).filter(|text| !text.is_empty())
    }

    /// Children of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children().iter().filter(move |child| &*child.name == name)
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

/// Parses a document.
///
/// # Errors
/// The first syntax error, or a limit. What was read before is lost: a truncated tree would lie.
pub fn xml(text: &str) -> Result<Element, ParseError> {
    let mut reader = Reader::from_str(text);
    // the library passes over a byte order mark without counting it
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let position = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).saturating_add(mark).min(text.len());
    let mut stack: Vec<Element> = Vec::new();
    let mut root = None;
    let mut count = 0_usize;
    loop {
        let before = position(reader.buffer_position());
        let event = reader.read_event();
        let after = position(reader.buffer_position());
        let place = Span::new(before, after);
        match event {
            Err(error) => return Err(ParseError::new(error.to_string(), Span::new(after, after + 1))),
            Ok(Event::Eof) => break,
            Ok(event @ (Event::Start(_) | Event::Empty(_))) => {
                count += 1;
                if count > ELEMENT_LIMIT || stack.len() >= MAX_DEPTH {
                    return Err(ParseError::new("too many or too deeply nested elements", place));
                }
                match event {
                    Event::Start(start) => stack.push(element(&start, place)),
                    Event::Empty(start) => attach(element(&start, place), &mut stack, &mut root),
                    _ => {}
                }
            }
            Ok(Event::End(_)) => {
                if let Some(mut done) = stack.pop() {
                    done.span.end = after;
                    done.text.truncate(done.text.trim_end().len());
                    attach(done, &mut stack, &mut root);
                }
            }
            Ok(Event::Text(part)) => push_text(&mut stack, &part),
            Ok(Event::CData(part)) => push_text(&mut stack, &part),
            Ok(Event::GeneralRef(name)) => {
                let known = match &*name {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "quot" => "\"",
                    "apos" => "'",
                    _ => "",
                };
                let mut buffer = [0; 4];
                let by_number = name.resolve_char_ref().ok().flatten().map(|c| &*c.encode_utf8(&mut buffer));
                push_text(&mut stack, by_number.unwrap_or(known));
            }
            Ok(_) => {}
        }
    }
    if let Some(open) = stack.last() {
        return Err(ParseError::new(format!("`<{}>` is not closed", open.name), open.span));
    }
    root.ok_or_else(|| ParseError::new("no element", Span::default()))
}

fn element(start: &BytesStart<'_>, span: Span) -> Element {
    let attributes = start
        .attributes()
        .with_checks(false)
        .flatten()
        .map(|attribute| {
            let name = attribute.key.local_name().into_inner().to_owned();
            let raw = attribute.value.into_owned();
            let value = quick_xml::escape::unescape(&raw).map_or_else(|_| raw.clone(), std::borrow::Cow::into_owned);
            (name.into_boxed_str(), value.into_boxed_str())
        })
        .collect();
    let name = start.local_name().into_inner().into();
    Element { name, attributes, text: String::new(), children: Vec::new(), span, tag: span, asked: Asked::default() }
}

fn attach(done: Element, stack: &mut [Element], root: &mut Option<Element>) {
    match stack.last_mut() {
        Some(parent) => parent.children.push(done),
        None if root.is_none() => *root = Some(done),
        None => {}
    }
}

fn push_text(stack: &mut [Element], text: &str) {
    if let Some(open) = stack.last_mut() {
        let text = if open.text.is_empty() { text.trim_start() } else { text };
        open.text.push_str(text);
    }
}
