//! YAML over `granit-parser` events, with bounded depth, aliases and merges.
//!
//! A broken document is a problem and the next one is still read. Aliases are copied from their
//! anchor within a budget for the whole file, so that an alias bomb stops at the budget. Plain
//! scalars follow the core schema; `yes` and `no` stay text.

use std::collections::BTreeMap;

use granit_parser::{Event, Options, Parser, ScalarStyle};

use super::{Entry, MAX_DEPTH, Node, ParseError, Value};
use crate::text::Span;

/// Nodes that aliases may add to a file.
const ALIAS_BUDGET: usize = 200_000;
/// Nodes of a file in all.
const NODE_LIMIT: usize = 4_000_000;
/// Problems kept per file; a binary file would give thousands.
const PROBLEM_LIMIT: usize = 20;

/// A file's documents and what could not be read.
#[derive(Debug, Default)]
pub struct Yaml {
    /// Roots of the readable documents, in order.
    pub documents: Vec<Node>,
    /// Problems with their places, at most [`PROBLEM_LIMIT`].
    pub problems: Vec<ParseError>,
}

/// An open collection.
struct Frame {
    span: Span,
    anchor: usize,
    list: Vec<Node>,
    entries: Vec<Entry>,
    is_map: bool,
    key: Option<(Box<str>, Span)>,
}

struct Builder<'t> {
    text: &'t str,
    stack: Vec<Frame>,
    anchors: BTreeMap<usize, Node>,
    budget: usize,
    nodes: usize,
    root: Option<Node>,
    out: Yaml,
}

/// Parses every document of a file.
#[must_use]
pub fn yaml(text: &str) -> Yaml {
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder {
        text,
        stack: Vec::new(),
        anchors: BTreeMap::new(),
        budget: ALIAS_BUDGET,
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
                Some(ParseError::new(error.info().to_owned(), place(at, at.map(|at| at + 1))))
            }
        };
        if let Some(problem) = failed {
            builder.problem(problem);
            builder.reset();
            if builder.nodes > NODE_LIMIT || !matches!(parser.proceed_next_document(), Ok(true)) {
                break;
            }
        }
    }
    builder.out
}

fn place(start: Option<usize>, end: Option<usize>) -> Span {
    Span::new(start.unwrap_or(0), end.or(start).unwrap_or(0))
}

impl Builder<'_> {
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
                let as_text = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                let value =
                    if style == ScalarStyle::Plain && !as_text { plain(&text) } else { Value::Text(text.into()) };
                self.add(Node { span, value }, anchor)?;
            }
            Event::SequenceStart(_, anchor, _) => self.open(span, anchor, false)?,
            Event::MappingStart(_, anchor, _) => self.open(span, anchor, true)?,
            Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
            Event::Alias(anchor) => {
                let node = self.alias(anchor, span);
                self.add(node, 0)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, span: Span, anchor: usize, is_map: bool) -> Result<(), ParseError> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(ParseError::new(format!("nested deeper than {MAX_DEPTH} levels"), span));
        }
        self.stack.push(Frame { span, anchor, list: Vec::new(), entries: Vec::new(), is_map, key: None });
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
        self.add(Node { span: whole, value }, frame.anchor)
    }

    /// Puts a finished node where it belongs: as root, element, key or value.
    fn add(&mut self, node: Node, anchor: usize) -> Result<(), ParseError> {
        self.nodes += 1;
        if self.nodes > NODE_LIMIT {
            return Err(ParseError::new(format!("more than {NODE_LIMIT} values; the rest was not read"), node.span));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        if !frame.is_map {
            frame.list.push(node);
            return Ok(());
        }
        match frame.key.take() {
            None => {
                let key = node.scalar().map_or_else(|| "".into(), |text| text.into_owned().into_boxed_str());
                frame.key = Some((key, node.span));
            }
            Some((key, key_span)) => frame.entries.push(Entry { key, key_span, value: node }),
        }
        Ok(())
    }

    /// A copy of an anchored node, placed where it was written, while the budget lasts.
    fn alias(&mut self, anchor: usize, span: Span) -> Node {
        let Some(target) = self.anchors.get(&anchor) else {
            self.problem(ParseError::new("alias to an anchor that is not complete or unknown", span));
            return Node { span, value: Value::Null };
        };
        let size = target.walk().take(self.budget + 1).count();
        if size > self.budget || depth_of(target) + self.stack.len() > MAX_DEPTH {
            self.problem(ParseError::new("aliases expand to too many values; this one was left empty", span));
            return Node { span, value: Value::Null };
        }
        self.budget -= size;
        self.nodes += size;
        target.clone()
    }

    /// `<<`: explicit keys win, of several sources the first wins.
    fn merge(&mut self, frame: &mut Frame) {
        if !frame.entries.iter().any(|entry| &*entry.key == "<<") {
            return;
        }
        let (merges, own): (Vec<Entry>, Vec<Entry>) =
            std::mem::take(&mut frame.entries).into_iter().partition(|entry| &*entry.key == "<<");
        let mut present: std::collections::BTreeSet<Box<str>> = own.iter().map(|entry| entry.key.clone()).collect();
        frame.entries = own;
        for merge in merges {
            let sources = match merge.value.value {
                Value::List(items) => items,
                value => vec![Node { span: merge.value.span, value }],
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

    fn problem(&mut self, problem: ParseError) {
        if self.out.problems.len() < PROBLEM_LIMIT {
            self.out.problems.push(problem);
        }
    }

    fn reset(&mut self) {
        self.stack.clear();
        self.anchors.clear();
        self.root = None;
    }
}

/// Depth below a node; trees are at most [`MAX_DEPTH`] deep when they are built.
fn depth_of(node: &Node) -> usize {
    let children: Box<dyn Iterator<Item = &Node>> = match &node.value {
        Value::List(items) => Box::new(items.iter()),
        Value::Map(entries) => Box::new(entries.iter().map(|entry| &entry.value)),
        _ => return 0,
    };
    1 + children.map(depth_of).max().unwrap_or(0)
}

/// The core schema for plain scalars.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_number(text) => Value::Number(text.into()),
        _ => Value::Text(text.into()),
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
        assert_eq!(read.documents.len(), 2, "{:?}", read.problems);
        assert_eq!(read.problems.len(), 1);
        let a = read.documents[0].at(&["é漢", "a"]).expect("is there");
        assert_eq!(&text[a.span.start..a.span.end], "1");
        let name = read.documents[1].get("name").expect("is there");
        assert_eq!(name.text(), Some("x"));
        assert_eq!(&text[name.span.start..name.span.end], "\"x\"");
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
