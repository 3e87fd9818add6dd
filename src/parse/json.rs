//! JSON, and JSON with comments, through `jsonc-parser`, which bounds its depth and gives ranges.

use jsonc_parser::ast::{ObjectPropName, Value as Ast};
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions};

use super::{Entry, MAX_DEPTH, Node, ParseError, Value};
use crate::text::Span;

/// Parses strict JSON. A byte order mark before it is passed over.
///
/// # Errors
/// The first syntax error, or nesting deeper than [`MAX_DEPTH`].
pub fn json(text: &str) -> Result<Node, ParseError> {
    parse(text, false)
}

/// Parses JSON with comments and trailing commas, as `bun.lock` and `tsconfig.json` have them.
///
/// # Errors
/// As [`json`].
pub fn jsonc(text: &str) -> Result<Node, ParseError> {
    parse(text, true)
}

fn parse(text: &str, relaxed: bool) -> Result<Node, ParseError> {
    let content = text.strip_prefix('\u{feff}').unwrap_or(text);
    let offset = text.len() - content.len();
    let collect = CollectOptions { comments: CommentCollectionStrategy::Off, tokens: false };
    let options = ParseOptions {
        allow_comments: relaxed,
        allow_loose_object_property_names: false,
        allow_trailing_commas: relaxed,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = jsonc_parser::parse_to_ast(content, &collect, &options).map_err(|error| {
        let range = error.range();
        let message = error.kind().to_string();
        ParseError::new(lower_first(&message), Span::new(range.start, range.end).shifted(offset))
    })?;
    let Some(value) = parsed.value else {
        return Err(ParseError::new("the file is empty", Span::default()));
    };
    convert(value, offset, 0)
}

fn convert(value: Ast<'_>, offset: usize, depth: usize) -> Result<Node, ParseError> {
    let range = value.range();
    let span = Span::new(range.start, range.end).shifted(offset);
    if depth > MAX_DEPTH {
        return Err(ParseError::new(format!("nested deeper than {MAX_DEPTH} levels"), span));
    }
    let value = match value {
        Ast::StringLit(text) => Value::Text(text.value.into()),
        Ast::NumberLit(number) => Value::Number(number.value.into()),
        Ast::BooleanLit(truth) => Value::Bool(truth.value),
        Ast::NullKeyword(_) => Value::Null,
        Ast::Array(array) => {
            let items = array.elements.into_iter().map(|item| convert(item, offset, depth + 1));
            Value::List(items.collect::<Result<_, _>>()?)
        }
        Ast::Object(object) => {
            let entry = |property: jsonc_parser::ast::ObjectProp<'_>| {
                let range = property.name.range();
                let key = match property.name {
                    ObjectPropName::String(text) => text.value.into(),
                    ObjectPropName::Word(word) => word.value.into(),
                };
                let value = convert(property.value, offset, depth + 1)?;
                Ok(Entry { key, key_span: Span::new(range.start, range.end).shifted(offset), value })
            };
            Value::Map(object.properties.into_iter().map(entry).collect::<Result<_, ParseError>>()?)
        }
    };
    Ok(Node { span, value })
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
