//! Nodes made by hand, for forms that become the tree of another one.

use crate::parse::{Entry, Node, Value};
use crate::text::Span;

/// A key with its value.
pub(super) fn entry(key: &str, value: Node) -> Entry {
    Entry { key: key.into(), key_span: value.span, value }
}

/// A text.
pub(super) fn text(text: &str, span: Span) -> Node {
    Node::new(span, Value::Text(text.into()))
}

/// A list.
pub(super) fn list(items: impl Iterator<Item = Node>, span: Span) -> Node {
    Node::new(span, Value::List(items.collect()))
}

/// A mapping.
pub(super) fn map(entries: Vec<Entry>, span: Span) -> Node {
    Node::new(span, Value::Map(entries))
}
