//! YAML over `granit-parser` events, with bounded depth, aliases and merges.
//!
//! A broken document is a problem: what stands complete before the break is kept, with what is open there closed, and
//! the next document is still read. Aliases are copied from their
//! anchor within a budget for the whole file, so that an alias bomb stops at the budget; what a copy
//! costs is known from building the anchored value, so that a refused one costs nothing. Plain
//! scalars follow the core schema; `yes` and `no` stay text.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use granit_parser::{Event, Options, Parser, ScalarStyle, Tag};

use super::mend::{Mended, Of, mended};
use super::merge::{Maps, both_sides};
use super::text::Source;
use super::{Entry, MAX_DEPTH, Node, ParseError, Text, Value, report};
use crate::text::Span;

/// What aliases may add to a file, in nodes; long texts count as several.
const ALIAS_BUDGET: usize = 200_000;
/// What may be kept for aliases, in nodes: an anchor inside an anchor is kept twice.
const ANCHOR_BUDGET: usize = 2_000_000;
/// Bytes of text that count as one node more.
const BYTES_PER_NODE: usize = 64;
/// Nodes of a file in all.
const NODE_LIMIT: usize = 4_000_000;

/// A file's documents and what could not be read.
#[derive(Debug, Default)]
pub struct Yaml {
    /// Roots of the readable documents, in order; of a broken one, what stands complete before the break.
    pub documents: Vec<Node>,
    /// The first problems with their places.
    pub problems: Vec<ParseError>,
    /// Tags of the formats' own, such as `!Sub`, by the place of what they stand at.
    tags: BTreeMap<(usize, Sort), Box<str>>,
}

/// A scalar or a collection: a map and its first key begin at one place.
type Sort = bool;

impl Yaml {
    /// The tag that stands at a value, without its `!`; nothing for those of the language itself.
    #[must_use]
    pub fn tag(&self, node: &Node) -> Option<&str> {
        let is_collection = matches!(node.value, Value::List(_) | Value::Map(_));
        self.tags.get(&(node.span.start, is_collection)).map(AsRef::as_ref)
    }
}

/// A finished value, what a copy of it costs, and the levels below it.
#[derive(Clone)]
struct Built {
    node: Node,
    cost: usize,
    depth: usize,
}

impl Built {
    fn scalar(span: Span, value: Value) -> Self {
        let cost = match &value {
            Value::Text(text) | Value::Number(text) => 1 + text.len() / BYTES_PER_NODE,
            _ => 1,
        };
        Self { node: Node::new(span, value), cost, depth: 0 }
    }
}

/// What is known of an anchor.
enum Anchor {
    Kept(Built),
    TooLarge,
}

/// An open collection.
struct Frame {
    span: Span,
    anchor: usize,
    cost: usize,
    depth: usize,
    list: Vec<Node>,
    entries: Vec<Entry>,
    is_map: bool,
    key: Option<(Text, Span)>,
}

struct Builder {
    text: Source,
    stack: Vec<Frame>,
    anchors: BTreeMap<usize, Anchor>,
    alias_budget: usize,
    anchor_budget: usize,
    nodes: usize,
    root: Option<Node>,
    out: Yaml,
}

/// Parses every document of a file.
#[must_use]
pub fn yaml(text: &str) -> Yaml {
    yaml_of(&Arc::new(text.to_owned()))
}

/// As [`yaml()`], for a text that the trees share. Of a file with an unfinished merge both sides are read.
#[must_use]
pub fn yaml_of(text: &Arc<String>) -> Yaml {
    let (mut whole, is_of_text) = one_side(text);
    if whole.problems.is_empty() {
        return whole;
    }
    let tags = RefCell::new(BTreeMap::new());
    let side = |side: &Arc<String>| {
        let (read, _) = one_side(side);
        tags.borrow_mut().extend(read.tags);
        (read.documents, read.problems)
    };
    if let Some((documents, problems)) = both_sides(text, Maps::ByPlace, side) {
        whole = Yaml { documents, problems, tags: tags.into_inner() };
    } else if is_of_text && !TEMPLATES.iter().any(|mark| text.contains(mark)) {
        let sound = |text: &Arc<String>| match one_side(text) {
            (read, _) if read.problems.is_empty() => Ok(read),
            (mut read, true) => Err(read.problems.swap_remove(0)),
            // limits are no places that could be passed over
            (_, false) => Err(ParseError::new("", Span::default())),
        };
        let size = |read: &Yaml| read.documents.iter().flat_map(Node::walk).count();
        match mended(text, &whole.problems[0], Of::Yaml, sound) {
            // of a bracket that nothing closes, what stands behind it was taken to be in it
            Mended::Read(read, problems) if problems[0] != whole.problems[0] || size(&read) > size(&whole) => {
                whole = Yaml { problems, ..read };
            }
            Mended::Ended(problem) => report(&mut whole.problems, problem),
            _ => {}
        }
    }
    whole
}

/// What tells a template: its statements are no broken lines.
const TEMPLATES: [&str; 2] = ["{{", "{%"];

/// The documents of a text, and whether all that is wrong with it is its syntax.
fn one_side(text: &Arc<String>) -> (Yaml, bool) {
    let mut errors = 0;
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder {
        text: Source::of(text),
        stack: Vec::new(),
        anchors: BTreeMap::new(),
        alias_budget: ALIAS_BUDGET,
        anchor_budget: ANCHOR_BUDGET,
        nodes: 0,
        root: None,
        out: Yaml::default(),
    };
    while let Some(event) = parser.next_event() {
        let failed = match event {
            Ok((Event::StreamEnd, _)) => break,
            Ok((event, span)) => builder.event(event, place(span.start.byte_offset(), span.end.byte_offset())).err(),
            Err(error) => {
                let at = error.marker().byte_offset();
                errors += 1;
                Some(ParseError::new(error.info(), place(at, at.map(|at| at + 1))))
            }
        };
        if let Some(problem) = failed {
            report(&mut builder.out.problems, problem);
            builder.keep_part();
            builder.reset();
            if builder.nodes > NODE_LIMIT || !matches!(parser.proceed_next_document(), Ok(true)) {
                break;
            }
        }
    }
    // all others are limits
    let is_of_text = errors == builder.out.problems.len();
    (builder.out, is_of_text)
}

fn place(start: Option<usize>, end: Option<usize>) -> Span {
    Span::new(start.unwrap_or(0), end.or(start).unwrap_or(0))
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), ParseError> {
        match event {
            Event::DocumentStart(..) => self.reset(),
            Event::DocumentEnd => {
                if let Some(root) = self.root.take() {
                    self.out.documents.push(root);
                }
                self.reset();
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.tagged(tag.as_deref(), span, false);
                let as_text = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                let value = if style == ScalarStyle::Plain && !as_text {
                    plain(&self.text, span.start, text)
                } else {
                    Value::Text(Text::near(&self.text, span.start, text))
                };
                self.add(Built::scalar(span, value), anchor)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.tagged(tag.as_deref(), span, true);
                self.open(span, anchor, false)?;
            }
            Event::MappingStart(_, anchor, tag) => {
                self.tagged(tag.as_deref(), span, true);
                self.open(span, anchor, true)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
            Event::Alias(anchor) => {
                let copy = self.alias(anchor, span);
                self.add(copy, 0)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn tagged(&mut self, tag: Option<&Tag>, span: Span, is_collection: Sort) {
        let Some(tag) = tag.filter(|tag| tag.handle() == "!") else { return };
        self.out.tags.entry((span.start, is_collection)).or_insert_with(|| tag.suffix().into());
    }

    fn open(&mut self, span: Span, anchor: usize, is_map: bool) -> Result<(), ParseError> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(ParseError::new(format!("nested deeper than {MAX_DEPTH} levels"), span));
        }
        let (list, entries) = (Vec::new(), Vec::new());
        self.stack.push(Frame { span, anchor, cost: 1, depth: 0, list, entries, is_map, key: None });
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<(), ParseError> {
        let Some(mut frame) = self.stack.pop() else { return Ok(()) };
        let value = if frame.is_map {
            self.merge(&mut frame);
            Value::Map(frame.entries)
        } else {
            Value::List(frame.list)
        };
        let whole = Span::new(frame.span.start, span.end.max(frame.span.end).min(self.text.len()));
        self.add(Built { node: Node::new(whole, value), cost: frame.cost, depth: frame.depth }, frame.anchor)
    }

    /// Puts a finished value where it belongs: as root, element, key or value.
    fn add(&mut self, built: Built, anchor: usize) -> Result<(), ParseError> {
        self.nodes += 1;
        if self.nodes > NODE_LIMIT {
            let message = format!("more than {NODE_LIMIT} values; the rest was not read");
            return Err(ParseError::new(message, built.node.span));
        }
        if anchor != 0 {
            self.keep(&built, anchor);
        }
        let Built { node, cost, depth } = built;
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.cost = frame.cost.saturating_add(cost);
        frame.depth = frame.depth.max(depth + 1);
        if !frame.is_map {
            frame.list.push(node);
            return Ok(());
        }
        match frame.key.take() {
            None => {
                let key = match &node.value {
                    Value::Text(text) | Value::Number(text) => text.clone(),
                    _ => node.scalar().unwrap_or_default().into(),
                };
                frame.key = Some((key, node.span));
            }
            Some((key, key_span)) => frame.entries.push(Entry { key, key_span, value: node }),
        }
        Ok(())
    }

    fn keep(&mut self, built: &Built, anchor: usize) {
        let kept = match self.anchor_budget.checked_sub(built.cost) {
            Some(left) => {
                self.anchor_budget = left;
                Anchor::Kept(built.clone())
            }
            None => Anchor::TooLarge,
        };
        self.anchors.insert(anchor, kept);
    }

    /// A copy of an anchored value while the budget lasts, else an empty value and a problem.
    fn alias(&mut self, anchor: usize, span: Span) -> Built {
        let message = match self.anchors.get(&anchor) {
            Some(Anchor::Kept(target))
                if target.cost <= self.alias_budget && target.depth + self.stack.len() <= MAX_DEPTH =>
            {
                self.alias_budget -= target.cost;
                self.nodes += target.cost;
                return target.clone();
            }
            Some(_) => "aliases expand to too many values; this one was left empty",
            None => "alias to an anchor that is not complete or unknown",
        };
        report(&mut self.out.problems, ParseError::new(message, span));
        Built::scalar(span, Value::Null)
    }

    /// `<<`: explicit keys win, of several sources the first wins.
    fn merge(&mut self, frame: &mut Frame) {
        if !frame.entries.iter().any(|entry| &*entry.key == "<<") {
            return;
        }
        let (merges, own): (Vec<Entry>, Vec<Entry>) =
            std::mem::take(&mut frame.entries).into_iter().partition(|entry| &*entry.key == "<<");
        let mut present: std::collections::BTreeSet<Text> = own.iter().map(|entry| entry.key.clone()).collect();
        frame.entries = own;
        for merge in merges {
            let sources = match merge.value.value {
                Value::List(items) => items,
                value => vec![Node::new(merge.value.span, value)],
            };
            for source in sources {
                let Value::Map(entries) = source.value else { continue };
                for entry in entries {
                    if present.insert(entry.key.clone()) {
                        frame.entries.push(entry);
                    }
                }
            }
        }
    }

    /// What is complete where a document breaks off: open collections are closed, a key without a value and
    /// collections without anything in them are left out.
    fn keep_part(&mut self) {
        let mut inner: Option<Node> = None;
        while let Some(mut frame) = self.stack.pop() {
            match inner.take() {
                Some(node) if !frame.is_map => frame.list.push(node),
                Some(node) => {
                    frame.entries.extend(frame.key.take().map(|(key, key_span)| Entry { key, key_span, value: node }))
                }
                None => {}
            }
            let value = if frame.is_map {
                self.merge(&mut frame);
                Value::Map(frame.entries)
            } else {
                Value::List(frame.list)
            };
            let last = match &value {
                Value::Map(entries) => entries.last().map(|entry| entry.value.span.end),
                Value::List(items) => items.last().map(|item| item.span.end),
                _ => None,
            };
            let Some(end) = last else { continue };
            inner = Some(Node::new(Span::new(frame.span.start, end.max(frame.span.end).min(self.text.len())), value));
        }
        let whole = self.root.take().filter(|root| matches!(root.value, Value::Map(_) | Value::List(_)));
        self.out.documents.extend(inner.or(whole));
    }

    fn reset(&mut self) {
        self.stack.clear();
        self.anchors.clear();
        self.root = None;
    }
}

/// The core schema for plain scalars.
fn plain(source: &Source, place: usize, text: Cow<'_, str>) -> Value {
    match &*text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        word if is_number(word) => Value::Number(Text::near(source, place, text)),
        _ => Value::Text(Text::near(source, place, text)),
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.chars().any(|c| c.is_ascii_digit())
        && (digits.parse::<f64>().is_ok()
            || digits.strip_prefix("0x").is_some_and(|hex| u64::from_str_radix(hex, 16).is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_bytes_and_documents_survive_broken_neighbours() {
        let text = "é漢: {a: 1}\n---\nbad: [\n---\nname: \"x\"\nlist:\n- one\n";
        let read = yaml(text);
        assert_eq!(read.documents.len(), 3, "{:?}", read.problems);
        assert_eq!(read.problems.len(), 1);
        let a = read.documents[0].at(&["é漢", "a"]).expect("is there");
        assert_eq!(&text[a.span.start..a.span.end], "1");
        let name = read.documents[2].get("name").expect("is there");
        assert_eq!(name.text(), Some("x"));
        assert_eq!(&text[name.span.start..name.span.end], "\"x\"");
    }

    #[test]
    fn what_stands_before_a_break_is_kept() {
        let read = yaml("a: &x {one: 1}\nb:\n  - {<<: *x, two: 2}\n  - c: d\n    'e");
        assert_eq!(read.problems.len(), 1, "{:?}", read.problems);
        let root = &read.documents[0];
        let b = root.get("b").expect("is there").list();
        assert_eq!(b[0].get("one").and_then(Node::scalar).as_deref(), Some("1"));
        assert_eq!(b[1].text_at("c"), Some("d"));
        assert_eq!(b[1].get("e").map(|node| node.span), None);
    }

    #[test]
    fn what_breaks_off_at_every_byte_is_a_part_of_the_whole() {
        let text = "é: {a: [1, 'two', {x: y}]}\nlist:\n- k: \"v\"\n  l: [m\n    , n]\n- |\n  text\n";
        let whole = yaml(text).documents;
        let keys = whole[0].walk().flat_map(Node::entries).map(|entry| &*entry.key);
        let known: Vec<&str> = whole[0].walk().filter_map(Node::text).chain(keys).collect();
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            let read = yaml(&text[..end]);
            for node in read.documents.iter().flat_map(Node::walk) {
                assert!(text[..end].get(node.span.start..node.span.end).is_some(), "{end}: {node:?}");
                let is_part = |said: &str| known.iter().any(|text| text.starts_with(said.trim_end()));
                assert!(node.text().is_none_or(is_part), "{end}: {node:?}");
            }
            assert!(end < 20 || !read.documents.is_empty(), "{end}: {:?}", read.problems);
        }
    }

    #[test]
    fn tags_are_kept_beside_the_values() {
        let read = yaml("a: !Sub x\nb: !Join\n- '-'\n- [!Ref y, z]\nc: !If\n  !K k: v\nd: !!str 1\n");
        let root = &read.documents[0];
        let tag = |node: Option<&Node>| node.and_then(|node| read.tag(node)).map(str::to_owned);
        assert_eq!(tag(root.get("a")).as_deref(), Some("Sub"));
        assert_eq!(tag(root.get("b")).as_deref(), Some("Join"));
        assert_eq!(tag(root.get("b").and_then(|b| b.list()[1].list().first())).as_deref(), Some("Ref"));
        assert_eq!(tag(root.get("c")).as_deref(), Some("If"));
        assert_eq!(tag(root.get("d")), None);
        assert_eq!(tag(Some(root)), None);
    }

    #[test]
    fn aliases_and_merges() {
        let read = yaml("base: &b {x: 1, y: 2}\nit:\n  <<: *b\n  y: 3\ncopy: *b\n");
        let root = &read.documents[0];
        assert_eq!(root.at(&["it", "x"]).and_then(Node::scalar).as_deref(), Some("1"));
        assert_eq!(root.at(&["it", "y"]).and_then(Node::scalar).as_deref(), Some("3"));
        assert_eq!(root.at(&["copy", "y"]).and_then(Node::scalar).as_deref(), Some("2"));
    }

    #[test]
    fn alias_bombs_stop_at_the_budget() {
        let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let one = format!("*a{}", level - 1);
            text.push_str(&format!("a{level}: &a{level} [{}]\n", [one.as_str(); 10].join(",")));
        }
        let read = yaml(&text);
        assert!(read.problems.iter().any(|problem| problem.message.contains("too many values")));
    }
}
