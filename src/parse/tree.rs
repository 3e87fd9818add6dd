//! One span tree for JSON, YAML and TOML.

use std::borrow::Cow;

use rayon::prelude::*;

use super::Text;
use super::shape::{self, Asked, Holder, Misshapen, Shape};
use crate::text::Span;

/// Items of a list or map that are worth more than one thread.
const LONG: usize = 1_000;

/// A value with its place. The span of a text covers its quotes where the format has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub value: Value,
    /// As what readers asked for it.
    asked: Asked,
}

/// The kinds of values the three formats share. Numbers and dates stay as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`, `~`, nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number or date, as written.
    Number(Text),
    /// A text.
    Text(Text),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in order, duplicates kept.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key as text.
    pub key: Text,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// A value that nobody asked for yet.
    #[must_use]
    pub fn new(span: Span, value: Value) -> Self {
        Self { span, value, asked: Asked::default() }
    }

    /// The value under a key; of duplicates the last, as every consumer of the formats does.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().rev().find(|entry| entry.key == *key)
    }

    /// The value down a path of keys.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.asked.add(Shape::TEXT);
        match &self.value {
            Value::Text(text) => Some(text),
            _ => {
                self.is_no_such();
                None
            }
        }
    }

    /// Text under a key.
    #[must_use]
    pub fn text_at(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Self::text)
    }

    /// Text, number or truth value as text.
    #[must_use]
    pub fn scalar(&self) -> Option<Cow<'_, str>> {
        self.asked.add(Shape::SCALAR);
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(Cow::Borrowed(text)),
            Value::Bool(truth) => Some(Cow::Borrowed(if *truth { "true" } else { "false" })),
            _ => {
                self.is_no_such();
                None
            }
        }
    }

    /// True or false, if it is that.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        self.asked.add(Shape::BOOL);
        match self.value {
            Value::Bool(truth) => Some(truth),
            _ => {
                self.is_no_such();
                None
            }
        }
    }

    /// The elements; none for anything but a list.
    #[must_use]
    pub fn list(&self) -> &[Self] {
        self.asked.add(Shape::LIST);
        match &self.value {
            Value::List(items) => items,
            _ => {
                self.is_no_such();
                &[]
            }
        }
    }

    /// The entries; none for anything but a map.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        self.asked.add(Shape::MAP);
        match &self.value {
            Value::Map(entries) => entries,
            _ => {
                self.is_no_such();
                &[]
            }
        }
    }

    /// True for a map. Who asks this has a word for anything else, see [`Self::misshapen`].
    #[must_use]
    pub fn is_map(&self) -> bool {
        self.asked.add(Shape::ANY);
        matches!(self.value, Value::Map(_))
    }

    /// The shape it has; nothing at all for null, which stands for an absent value, and for what is empty: some tools
    /// write an empty list for an empty table.
    fn shape(&self) -> Shape {
        match &self.value {
            Value::Null => Shape::NONE,
            Value::Bool(_) => Shape::BOOL,
            Value::Number(_) => Shape::NUMBER,
            Value::Text(_) => Shape::TEXT,
            Value::List(items) if items.is_empty() => Shape::NONE,
            Value::Map(entries) if entries.is_empty() => Shape::NONE,
            Value::List(_) => Shape::LIST,
            Value::Map(_) => Shape::MAP,
        }
    }

    /// Says that any shape is fine: for what is looked at without knowing what it is, or without reading it.
    pub fn any_shape(&self) {
        self.asked.add(Shape::ANY);
    }

    /// Notes that a reader just asked for something that this is not.
    #[cold]
    fn is_no_such(&self) {
        let is = self.shape();
        if is != Shape::NONE && !self.asked.has(is) {
            shape::note_odd();
        }
    }

    /// Values that readers asked for, each time as something that they are not, in order. Before another reader asks,
    /// [`Self::forget`] what this one asked.
    #[must_use]
    pub fn misshapen(&self) -> Vec<Misshapen<'_>> {
        let mut found = Vec::new();
        if shape::some_odd() {
            self.odd_below(Holder::File, 2, &mut found);
        }
        found
    }

    /// Forgets what was asked for, so that the next reader of the tree starts afresh.
    pub fn forget(&self) {
        self.odd_below(Holder::File, 2, &mut Vec::new());
    }

    /// What is odd of a node and below it; the entries of long maps near the root are gone through by all threads.
    fn odd_below<'a>(&'a self, holder: Holder<'a>, steps: usize, found: &mut Vec<Misshapen<'a>>) {
        match &self.value {
            Value::Map(entries) if steps > 0 && entries.len() >= LONG => {
                found.extend(self.odd(holder));
                let one = |entry: &'a Entry| entry.value.odd_inside(Holder::Key(&entry.key));
                let below: Vec<Misshapen<'_>> = entries.par_iter().with_min_len(LONG).flat_map_iter(one).collect();
                found.extend(below);
            }
            Value::Map(entries) if steps > 0 => {
                found.extend(self.odd(holder));
                entries.iter().for_each(|entry| entry.value.odd_below(Holder::Key(&entry.key), steps - 1, found));
            }
            _ => found.extend(self.odd_inside(holder)),
        }
    }

    /// What is odd of a node and below it, parents first, in order, without recursion.
    fn odd_inside<'a>(&'a self, holder: Holder<'a>) -> Vec<Misshapen<'a>> {
        let mut found = Vec::new();
        let mut stack = vec![(holder, self)];
        while let Some((holder, node)) = stack.pop() {
            found.extend(node.odd(holder));
            match &node.value {
                // elements are told by the key of their list
                Value::List(items) => stack.extend(items.iter().rev().map(|item| (holder, item))),
                Value::Map(entries) => {
                    stack.extend(entries.iter().rev().map(|entry| (Holder::Key(&entry.key), &entry.value)))
                }
                _ => {}
            }
        }
        found
    }

    /// The node itself, when it was only asked for as something that it is not; forgets what was asked.
    fn odd<'a>(&self, holder: Holder<'a>) -> Option<Misshapen<'a>> {
        let asked = self.asked.take();
        let is = self.shape();
        let is_odd = asked != Shape::NONE && is != Shape::NONE && !asked.has(is);
        is_odd.then_some(Misshapen { holder, span: self.span, is, asked })
    }

    /// Ends the tree. The parts of long lists and maps near its root are freed by all threads of the pool.
    pub fn free(self) {
        fn below(node: Node, steps: usize) {
            match node.value {
                Value::List(items) if items.len() >= LONG => items.into_par_iter().with_min_len(64).for_each(drop),
                Value::Map(entries) if entries.len() >= LONG => entries.into_par_iter().with_min_len(64).for_each(drop),
                Value::List(items) if steps > 0 => items.into_iter().for_each(|item| below(item, steps - 1)),
                Value::Map(entries) if steps > 0 => {
                    entries.into_iter().for_each(|entry| below(entry.value, steps - 1));
                }
                _ => {}
            }
        }
        below(self, 2);
    }

    /// This node and everything below it, parents first, in order, without recursion.
    pub fn walk(&self) -> impl Iterator<Item = &Self> {
        let mut stack = vec![self];
        std::iter::from_fn(move || {
            let node = stack.pop()?;
            match &node.value {
                Value::List(items) => stack.extend(items.iter().rev()),
                Value::Map(entries) => stack.extend(entries.iter().rev().map(|entry| &entry.value)),
                _ => {}
            }
            Some(node)
        })
    }
}
