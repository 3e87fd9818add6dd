//! What a template says after evaluation. What only a deployment would know is unknown with its reason, never a guess.

use std::fmt;
use std::sync::Arc;

use crate::model::ComponentId;
use crate::parse::{self, Node};
use crate::scan::{Seen, SourceFile};
use crate::text::Span;

/// Most elements and text (in units of 64 bytes) that one value may hold.
pub(crate) const MAX_WEIGHT: usize = 50_000;

/// Why a value is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A parameter without default that no file gives a value.
    Parameter(Arc<str>),
    /// Another resource, a looked up value, a secret: known to a deployment only.
    Elsewhere(Arc<str>),
    /// Where or by whom it is deployed: account, region, subscription.
    Target(Arc<str>),
    /// A function that is not evaluated.
    Function(Arc<str>),
    /// A name that needs itself.
    Cycle(Arc<str>),
    /// A name that nothing declares.
    Undeclared(Arc<str>),
    /// A deployment would refuse it.
    Invalid(Arc<str>),
    /// Syntax that is not evaluated.
    Syntax(Arc<str>),
    /// Too deep, too large, too many steps.
    Limit,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameter(name) => write!(f, "`{name}` has no default and no value in a file beside it"),
            Self::Elsewhere(name) => write!(f, "`{name}` is known only to a deployment"),
            Self::Target(name) => write!(f, "`{name}` depends on where it is deployed"),
            Self::Function(name) => write!(f, "the function `{name}` is not evaluated"),
            Self::Cycle(name) => write!(f, "`{name}` needs itself"),
            Self::Undeclared(name) => write!(f, "nothing declares `{name}`"),
            Self::Invalid(what) => f.write_str(what),
            Self::Syntax(what) => write!(f, "{what} is not evaluated"),
            Self::Limit => f.write_str("the expression is too deep or too large to evaluate"),
        }
    }
}

/// A value without its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    /// Depends on what is not known here.
    Unknown(Reason),
    /// `null`, or nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// Elements.
    List(Vec<Resolved<'a>>),
    /// Names with values, in order.
    Map(Vec<(String, Resolved<'a>)>),
}

/// A value, where it stands, and which other resources it speaks of.
#[derive(Clone)]
pub(crate) struct Resolved<'a> {
    /// The file.
    pub(crate) file: &'a SourceFile,
    /// The place in it.
    pub(crate) span: Span,
    /// What it is.
    pub(crate) value: Value<'a>,
    /// Other resources that this value itself, not what is below it, mentions.
    pub(crate) mentions: Vec<Mention<'a>>,
}

/// Another resource, and where it is spoken of.
#[derive(Clone)]
pub(crate) struct Mention<'a> {
    /// The resource.
    pub(crate) to: ComponentId,
    /// The file.
    pub(crate) file: &'a SourceFile,
    /// The place in it.
    pub(crate) span: Span,
}

impl fmt::Debug for Resolved<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl PartialEq for Resolved<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<'a> Value<'a> {
    /// A value that a deployment would refuse.
    pub(crate) fn invalid(what: impl AsRef<str>) -> Self {
        Self::Unknown(Reason::Invalid(Arc::from(what.as_ref())))
    }

    /// Text, number or truth as text; nothing for what is not known or not scalar.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Number(number) => Some(number_text(*number)),
            Self::Bool(truth) => Some(truth.to_string()),
            _ => None,
        }
    }

    /// A number, also from text.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }

    /// Truth, also from text.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            Self::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Self::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// Why it is unknown as a whole.
    pub(crate) fn unknown(&self) -> Option<&Reason> {
        match self {
            Self::Unknown(reason) => Some(reason),
            _ => None,
        }
    }
}

impl<'a> Resolved<'a> {
    /// A value at a place.
    pub(crate) fn new(file: &'a SourceFile, span: Span, value: Value<'a>) -> Self {
        Self { file, span, value, mentions: Vec::new() }
    }

    /// A value that is not known.
    pub(crate) fn unknown(file: &'a SourceFile, span: Span, reason: Reason) -> Self {
        Self::new(file, span, Value::Unknown(reason))
    }

    /// A value known only to a deployment of another resource.
    pub(crate) fn of_resource(file: &'a SourceFile, span: Span, name: &str, to: ComponentId) -> Self {
        let value = Value::Unknown(Reason::Elsewhere(Arc::from(name)));
        Self { file, span, value, mentions: vec![Mention { to, file, span }] }
    }

    /// The same value seen from the place where it is used.
    pub(crate) fn used_at(mut self, file: &'a SourceFile, span: Span) -> Self {
        let mut open = vec![&mut self];
        while let Some(at) = open.pop() {
            (at.file, at.span) = (file, span);
            at.mentions.iter_mut().for_each(|mention| (mention.file, mention.span) = (file, span));
            match &mut at.value {
                Value::List(items) => open.extend(items),
                Value::Map(entries) => open.extend(entries.iter_mut().map(|(_, value)| value)),
                _ => {}
            }
        }
        self
    }

    /// The same value as if it stood elsewhere, in a file that lives longer than its own.
    pub(crate) fn placed<'b>(&self, file: &'b SourceFile, span: Span) -> Resolved<'b> {
        let value = match &self.value {
            Value::Unknown(reason) => Value::Unknown(reason.clone()),
            Value::Null => Value::Null,
            Value::Bool(truth) => Value::Bool(*truth),
            Value::Number(number) => Value::Number(*number),
            Value::Text(text) => Value::Text(text.clone()),
            Value::List(items) => Value::List(items.iter().map(|item| item.placed(file, span)).collect()),
            Value::Map(entries) => {
                Value::Map(entries.iter().map(|(name, value)| (name.clone(), value.placed(file, span))).collect())
            }
        };
        let mentions = self.mentions.iter().map(|mention| Mention { to: mention.to.clone(), file, span });
        Resolved { file, span, value, mentions: mentions.collect() }
    }

    /// The place as evidence.
    pub(crate) fn at(&self) -> Seen {
        self.file.at(self.span)
    }

    /// The value of a name, in any case where `folded` names are compared.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match &self.value {
            Value::Map(entries) => entries.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// As [`Self::get`], for names in snake case whatever is written.
    pub(crate) fn get_folded(&self, name: &str) -> Option<&Self> {
        match &self.value {
            Value::Map(entries) => entries.iter().rev().find(|(key, _)| snake(key) == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The elements; none of anything but a list.
    pub(crate) fn list(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The entries; none of anything but a map.
    pub(crate) fn entries(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Scalar as text.
    pub(crate) fn text(&self) -> Option<String> {
        self.value.text()
    }

    /// Text under a name.
    pub(crate) fn text_at(&self, name: &str) -> Option<String> {
        self.get(name).and_then(Self::text)
    }

    /// Why it, or a part of it, is unknown.
    pub(crate) fn reason(&self) -> Option<&Reason> {
        let mut open = vec![self];
        while let Some(at) = open.pop() {
            match &at.value {
                Value::Unknown(reason) => return Some(reason),
                Value::List(items) => open.extend(items.iter().rev()),
                Value::Map(entries) => open.extend(entries.iter().rev().map(|(_, value)| value)),
                _ => {}
            }
        }
        None
    }

    /// Resources that it, or a part of it, mentions.
    pub(crate) fn all_mentions(&self) -> Vec<&Mention<'a>> {
        let mut found = Vec::new();
        let mut open = vec![self];
        while let Some(at) = open.pop() {
            found.extend(&at.mentions);
            match &at.value {
                Value::List(items) => open.extend(items.iter().rev()),
                Value::Map(entries) => open.extend(entries.iter().rev().map(|(_, value)| value)),
                _ => {}
            }
        }
        found
    }

    /// How much it holds; counting ends above [`MAX_WEIGHT`].
    pub(crate) fn weight(&self) -> usize {
        let mut open = vec![self];
        let mut weight = 0;
        while let Some(at) = open.pop() {
            weight += 1 + at.mentions.len();
            match &at.value {
                Value::Text(text) => weight += text.len() / 64,
                Value::List(items) => open.extend(items),
                Value::Map(entries) => open.extend(entries.iter().map(|(_, value)| value)),
                _ => {}
            }
            if weight > MAX_WEIGHT {
                break;
            }
        }
        weight
    }
}

/// A tree as it stands, without any evaluation.
pub(crate) fn written<'a>(node: &Node, file: &'a SourceFile, depth: usize) -> Resolved<'a> {
    let value = match &node.value {
        _ if depth > parse::MAX_DEPTH => Value::Unknown(Reason::Limit),
        parse::Value::Null => Value::Null,
        parse::Value::Bool(truth) => Value::Bool(*truth),
        parse::Value::Number(text) => text.parse().map_or_else(|_| Value::Text(text.to_string()), Value::Number),
        parse::Value::Text(text) => Value::Text(text.to_string()),
        parse::Value::List(items) => Value::List(items.iter().map(|item| written(item, file, depth + 1)).collect()),
        parse::Value::Map(entries) => Value::Map(
            entries.iter().map(|entry| (entry.key.to_string(), written(&entry.value, file, depth + 1))).collect(),
        ),
    };
    Resolved::new(file, node.span, value)
}

/// Numbers without `.0`.
pub(crate) fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 { format!("{number:.0}") } else { number.to_string() }
}

/// A name in snake case: `KmsKeyId`, `kmsKeyId` and `kms-key-id` are `kms_key_id`.
pub(crate) fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (at, letter) in letters.iter().enumerate() {
        if !letter.is_ascii_alphanumeric() {
            if !out.ends_with('_') && !out.is_empty() {
                out.push('_');
            }
            continue;
        }
        let before = at.checked_sub(1).map(|at| letters[at]);
        let starts = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || before.is_ascii_uppercase() && letters.get(at + 1).is_some_and(char::is_ascii_lowercase)
            });
        if starts && !out.ends_with('_') {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::snake;

    #[test]
    fn names_of_every_format_are_one() {
        for (name, folded) in [
            ("KmsKeyId", "kms_key_id"),
            ("kmsKeyId", "kms_key_id"),
            ("kms-key-id", "kms_key_id"),
            ("KMSKeyArn", "kms_key_arn"),
            ("DBInstanceClass", "db_instance_class"),
            ("S3Bucket", "s3_bucket"),
            ("vmSize", "vm_size"),
            ("SSEAlgorithm", "sse_algorithm"),
            ("kms_key_id", "kms_key_id"),
        ] {
            assert_eq!(snake(name), folded);
        }
    }
}
