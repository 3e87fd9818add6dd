//! TOML through the `toml` crate's recovering parser.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::text::Source;
use super::{Entry, Node, ParseError, Text, Value};
use crate::text::Span;

/// How many syntax errors are worth showing: one missing bracket can cause a dozen.
const SHOWN: usize = 5;

/// Parses TOML and keeps what could be read. The crate refuses hostile nesting itself.
#[must_use]
pub fn toml(text: &str) -> (Node, Vec<ParseError>) {
    toml_of(&Arc::new(text.to_owned()))
}

/// As [`toml()`], for a text that the tree shares.
#[must_use]
pub fn toml_of(text: &Arc<String>) -> (Node, Vec<ParseError>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut problems: Vec<ParseError> = errors
        .iter()
        .map(|error| ParseError::new(error.message(), error.span().map_or_else(Span::default, Span::from)))
        .collect();
    problems.sort_by_key(|problem| problem.span);
    problems.truncate(SHOWN);
    let span = Span::from(table.span());
    (Node::new(span, map(table.into_inner(), &Source::of(text))), problems)
}

fn map(table: DeTable<'_>, source: &Source) -> Value {
    let mut entries: Vec<Entry> = table
        .into_iter()
        .map(|(key, value)| Entry {
            key_span: Span::from(key.span()),
            key: Text::of_cow(source, key.into_inner()),
            value: node(value, source),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_span);
    Value::Map(entries)
}

fn node(value: Spanned<DeValue<'_>>, source: &Source) -> Node {
    let span = Span::from(value.span());
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(Text::of_cow(source, text)),
        DeValue::Integer(number) => Value::Number(Text::of(source, number.as_str())),
        DeValue::Float(number) => Value::Number(Text::of(source, number.as_str())),
        DeValue::Boolean(truth) => Value::Bool(truth),
        DeValue::Datetime(date) => Value::Number(date.to_string().into()),
        DeValue::Array(items) => Value::List(items.into_iter().map(|item| node(item, source)).collect()),
        DeValue::Table(table) => map(table, source),
    };
    Node::new(span, value)
}
