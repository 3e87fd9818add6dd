//! Changing trees: what evaluators do to values and keep their places.

use crate::parse::{Entry, Node, Value};
use crate::text::Span;

/// A text at a place.
pub(super) fn text(words: &str, span: Span) -> Node {
    Node::new(span, Value::Text(words.into()))
}

/// A table at a place.
pub(super) fn table(span: Span) -> Node {
    Node::new(span, Value::Map(Vec::new()))
}

/// The value under a key; of duplicates the last.
pub(super) fn get_mut<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    let Value::Map(entries) = &mut node.value else { return None };
    entries.iter_mut().rev().find(|entry| &*entry.key == key).map(|entry| &mut entry.value)
}

/// The value down a path of keys.
pub(super) fn at_mut<'n>(node: &'n mut Node, path: &[&str]) -> Option<&'n mut Node> {
    path.iter().try_fold(node, |node, key| get_mut(node, key))
}

/// The elements of a list.
pub(super) fn list_mut(node: &mut Node) -> &mut [Node] {
    match &mut node.value {
        Value::List(items) => items,
        _ => &mut [],
    }
}

/// Sets the value under a key; what is no table is left alone.
pub(super) fn set(node: &mut Node, key: &str, value: Node) {
    let Value::Map(entries) = &mut node.value else { return };
    let key_span = value.span;
    match entries.iter_mut().rev().find(|entry| &*entry.key == key) {
        Some(entry) => entry.value = value,
        None => entries.push(Entry { key: key.into(), key_span, value }),
    }
}

/// The table under a key, made when it is absent.
pub(super) fn table_at<'n>(node: &'n mut Node, key: &str, span: Span) -> Option<&'n mut Node> {
    if get_mut(node, key).is_none() {
        set(node, key, table(span));
    }
    get_mut(node, key)
}

/// Takes a key out.
pub(super) fn remove(node: &mut Node, key: &str) {
    if let Value::Map(entries) = &mut node.value {
        entries.retain(|entry| &*entry.key != key);
    }
}

/// What copying a value costs, one for each value in it and for every 64 letters, and how deep it is.
pub(super) fn weight(node: &Node) -> (usize, usize) {
    let below = |cost: usize, nodes: &mut dyn Iterator<Item = &Node>| {
        nodes.map(weight).fold((cost, 1), |(sum, depth), (more, below)| (sum + more, depth.max(below + 1)))
    };
    match &node.value {
        Value::List(items) => below(1, &mut items.iter()),
        Value::Map(entries) => below(1, &mut entries.iter().map(|entry| &entry.value)),
        Value::Text(text) => (1 + text.len() / 64, 1),
        _ => (1, 1),
    }
}

/// Calls `change` on every value, parents first.
pub(super) fn each(node: &mut Node, change: &mut dyn FnMut(&mut Node)) {
    change(node);
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| each(item, change)),
        Value::Map(entries) => entries.iter_mut().for_each(|entry| each(&mut entry.value, change)),
        _ => {}
    }
}
