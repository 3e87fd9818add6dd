//! XML as a stream: the outer elements are entered, records are taken whole and one at a time, all else is skipped.
//! Namespaces are ignored: publishers change them. Declarations of types and entities are refused.

use std::io::Read;

use quick_xml::Reader;
use quick_xml::errors::Error;
use quick_xml::events::{BytesStart, Event};

use super::cells::entity;
use super::decode::{Budget, Decoded, TOO_LONG};
use super::error::ListError;
use super::file::ListFile;

/// Deepest nesting of a file. Real ones reach 12.
const DEPTH: usize = 64;

/// Elements and bytes of text of one record. The largest real one, a bank with hundreds of names in all scripts, has
/// some thousands.
const RECORD_ELEMENTS: usize = 200_000;
const RECORD_BYTES: usize = 16 << 20;

/// An element that was taken.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Name without prefix.
    pub(super) name: Box<str>,
    /// Attributes without prefixes.
    pub(super) attributes: Vec<(Box<str>, Box<str>)>,
    /// Text directly inside, trimmed.
    pub(super) text: String,
    /// Elements directly inside.
    pub(super) children: Vec<Self>,
    /// Line on which it begins.
    pub(super) line: u64,
}

impl Node {
    /// An attribute; empty when it is not there.
    pub(super) fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(is, _)| &**is == name).map_or("", |(_, value)| value)
    }

    /// The first child of a name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| &*child.name == name)
    }

    /// Text of the first child of a name; empty when it is not there.
    pub(super) fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| &child.text)
    }

    /// Children of a name.
    pub(super) fn all<'n>(&'n self, name: &'static str) -> impl Iterator<Item = &'n Self> {
        self.children.iter().filter(move |child| &*child.name == name)
    }

    /// Grandchildren: `within("aliases", "alias")`.
    pub(super) fn within<'n>(&'n self, outer: &'static str, inner: &'static str) -> impl Iterator<Item = &'n Self> {
        self.all(outer).flat_map(move |child| child.all(inner))
    }

    /// Every element below of a name, in order.
    pub(super) fn below<'n>(&'n self, name: &str, into: &mut Vec<&'n Self>) {
        for child in &self.children {
            if &*child.name == name {
                into.push(child);
            }
            child.below(name, into);
        }
    }
}

/// What to do with an element.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// Look at its children one by one.
    Enter,
    /// Take it whole.
    Take,
    /// Pass over it.
    Skip,
}

/// Who looks at a document.
pub(super) trait Visitor {
    /// An element begins; it has no children and no text yet. `depth` counts from 0.
    fn enter(&mut self, head: &Node, depth: usize) -> Want;
    /// An element was taken.
    fn take(&mut self, node: Node) -> Result<(), ListError>;
}

/// Walks through a document.
///
/// # Errors
/// The first thing that is not well formed, with its line; a limit; what the visitor says.
pub(super) fn walk(file: &ListFile, visitor: &mut dyn Visitor) -> Result<(), ListError> {
    let text = file.text()?;
    let budget = text.budget();
    Walk {
        file,
        reader: Reader::from_reader(text),
        budget,
        open: 0,
        skipped: 0,
        record: Vec::new(),
        size: (0, 0),
        root: false,
    }
    .run(visitor)
}

struct Walk<'f> {
    file: &'f ListFile,
    reader: Reader<Decoded<Box<dyn Read + 'f>>>,
    budget: Budget,
    /// Elements that were entered and are open.
    open: usize,
    /// Open elements below one that is skipped, itself included.
    skipped: usize,
    /// The record that is being taken: its open elements.
    record: Vec<Node>,
    /// Elements and bytes of the record.
    size: (usize, usize),
    root: bool,
}

impl Walk<'_> {
    fn error(&self, message: impl AsRef<str>) -> ListError {
        ListError::new(self.file.name(), Some(self.reader.get_ref().line()), message)
            .hint("nothing was loaded; fetch the file again")
    }

    fn run(mut self, visitor: &mut dyn Visitor) -> Result<(), ListError> {
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            self.budget.renew();
            let line = self.reader.get_ref().line();
            let event = match self.reader.read_event_into(&mut buffer) {
                Ok(event) => event,
                Err(Error::Io(error)) if error.to_string() == TOO_LONG => return Err(self.error(TOO_LONG)),
                Err(error) => return Err(self.error(format!("is not well formed: {error}"))),
            };
            match event {
                Event::Eof => break,
                Event::Start(start) => self.start(&start, line, visitor)?,
                Event::Empty(start) => {
                    self.start(&start, line, visitor)?;
                    self.end(visitor)?;
                }
                Event::End(_) => self.end(visitor)?,
                Event::Text(text) => self.push(&text)?,
                Event::CData(text) => self.push(&text)?,
                Event::GeneralRef(name) => {
                    let of_number = name.resolve_char_ref().ok().flatten();
                    let Some(c) = of_number.or_else(|| entity(&name)) else {
                        return Err(self.error(format!("refers to `&{};`, which XML does not define", &*name)));
                    };
                    self.push(c.encode_utf8(&mut [0; 4]))?;
                }
                Event::DocType(_) => {
                    return Err(self.error("declares types or entities, which no list needs and attacks use"));
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
        match self.open + self.skipped + self.record.len() {
            0 if self.root => Ok(()),
            0 => Err(self.error("holds no element")),
            open => Err(self.error(format!("ends before it is complete: {open} elements are open"))),
        }
    }

    fn start(&mut self, start: &BytesStart<'_>, line: u64, visitor: &mut dyn Visitor) -> Result<(), ListError> {
        self.root = true;
        let depth = self.open + self.skipped + self.record.len();
        if depth >= DEPTH {
            return Err(self.error(format!("elements are nested more than {DEPTH} deep")));
        }
        if self.skipped > 0 {
            self.skipped += 1;
            return Ok(());
        }
        let node = node(start, line).map_err(|message| self.error(message))?;
        if self.record.is_empty() {
            match visitor.enter(&node, depth) {
                Want::Enter => self.open += 1,
                Want::Skip => self.skipped = 1,
                Want::Take => {
                    self.size = (0, 0);
                    self.record.push(node);
                }
            }
            return Ok(());
        }
        self.size.0 += 1;
        self.size.1 += node.attributes.iter().map(|(_, value)| value.len()).sum::<usize>();
        self.record.push(node);
        self.within_limits()
    }

    fn within_limits(&self) -> Result<(), ListError> {
        if self.size.0 > RECORD_ELEMENTS || self.size.1 > RECORD_BYTES {
            return Err(self.error("a record has too many elements or too much text"));
        }
        Ok(())
    }

    fn end(&mut self, visitor: &mut dyn Visitor) -> Result<(), ListError> {
        if self.skipped > 0 {
            self.skipped -= 1;
        } else if let Some(mut done) = self.record.pop() {
            done.text.truncate(done.text.trim_end().len());
            match self.record.last_mut() {
                Some(parent) => parent.children.push(done),
                None => visitor.take(done)?,
            }
        } else {
            self.open = self.open.saturating_sub(1);
        }
        Ok(())
    }

    fn push(&mut self, text: &str) -> Result<(), ListError> {
        if text.contains('\0') {
            return Err(self.error("holds a NUL byte"));
        }
        let Some(open) = self.record.last_mut() else { return Ok(()) };
        let text = if open.text.is_empty() { text.trim_start() } else { text };
        open.text.push_str(text);
        self.size.1 += text.len();
        self.within_limits()
    }
}

fn node(start: &BytesStart<'_>, line: u64) -> Result<Node, String> {
    let mut attributes = Vec::new();
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| format!("is not well formed: {error}"))?;
        let raw: &str = &attribute.value;
        if raw.contains('\0') {
            return Err("holds a NUL byte".to_owned());
        }
        let value: Box<str> = if raw.contains('&') { super::cells::unescaped(raw).into() } else { raw.into() };
        attributes.push((attribute.key.local_name().into_inner().into(), value));
    }
    let name = start.local_name().into_inner().into();
    Ok(Node { name, attributes, text: String::new(), children: Vec::new(), line })
}
