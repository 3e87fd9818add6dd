//! Values of the evaluator. What only a run would know is [`Value::Unknown`] with its reason, never a guess.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Most elements and text (in units of 64 bytes) that one value may hold.
const MAX_WEIGHT: usize = 20_000;
/// Deepest value.
const MAX_DEPTH: usize = 64;

/// Why a value is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// A variable that nothing in the folder gives a value.
    Variable(Arc<str>),
    /// Another resource, a data source, a module's output, the workspace: known to a run only.
    Elsewhere(Arc<str>),
    /// A function that is not evaluated.
    Function(Arc<str>),
    /// A name that needs itself.
    Cycle(Arc<str>),
    /// A name that the files read do not declare; the file that does may be broken.
    Undeclared(Arc<str>),
    /// A run would fail here too: missing key, wrong type. `try` goes on to its next argument.
    Invalid(Arc<str>),
    /// Syntax that is not evaluated.
    Syntax(&'static str),
    /// Too deep or too large.
    Limit,
    /// The steps of the root module are used up: the expression itself may be small.
    Budget,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "`{name}` has neither a default nor a value in a tfvars file"),
            Self::Elsewhere(name) => write!(f, "`{name}` is known only to a run"),
            Self::Function(name) => write!(f, "the function `{name}` is not evaluated"),
            Self::Undeclared(name) => write!(f, "`{name}` is not declared in this folder"),
            Self::Cycle(name) => write!(f, "`{name}` needs itself"),
            Self::Invalid(what) => f.write_str(what),
            Self::Syntax(what) => write!(f, "{what} are not evaluated"),
            Self::Limit => f.write_str("the expression is too deep or too large to evaluate"),
            Self::Budget => f.write_str("evaluation ended before it: the root module computes more than is followed"),
        }
    }
}

/// A Terraform value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Depends on what is not known here.
    Unknown(Reason),
    /// `null`.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// List, tuple or set.
    List(Vec<Self>),
    /// Map or object.
    Object(BTreeMap<String, Self>),
}

impl Value {
    /// What a run would refuse.
    pub(super) fn invalid(what: impl AsRef<str>) -> Self {
        Self::Unknown(Reason::Invalid(Arc::from(what.as_ref())))
    }

    /// Unknown for the reason of the first argument that is unknown, else because it makes no sense.
    pub(super) fn because(arguments: &[&Self], otherwise: &str) -> Self {
        let reason = arguments.iter().find_map(|value| value.reason());
        reason.map_or_else(|| Self::invalid(otherwise), |reason| Self::Unknown(reason.clone()))
    }

    /// Why it, or a part of it, is unknown.
    pub(super) fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Unknown(reason) => Some(reason),
            Self::List(items) => items.iter().find_map(Self::reason),
            Self::Object(entries) => entries.values().find_map(Self::reason),
            _ => None,
        }
    }

    /// True when a run would fail to compute it.
    pub(super) fn fails(&self) -> bool {
        match self {
            Self::Unknown(reason) => matches!(reason, Reason::Invalid(_)),
            Self::List(items) => items.iter().any(Self::fails),
            Self::Object(entries) => entries.values().any(Self::fails),
            _ => false,
        }
    }

    /// Text, number or truth as text; nothing for what is not known or not scalar.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Number(number) => Some(number_text(*number)),
            Self::Bool(truth) => Some(truth.to_string()),
            _ => None,
        }
    }

    /// A number, also from text.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }

    /// Truth, also from text.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            Self::Text(text) if text == "true" => Some(true),
            Self::Text(text) if text == "false" => Some(false),
            _ => None,
        }
    }

    /// An element by name or position.
    pub(super) fn index(&self, key: &Self) -> Self {
        match self {
            Self::Unknown(reason) => Self::Unknown(reason.clone()),
            Self::Object(entries) => match key.text() {
                Some(name) => entries.get(&name).cloned().unwrap_or_else(|| Self::invalid(format!("no key `{name}`"))),
                None => Self::because(&[key], "a key must be text"),
            },
            Self::List(items) => match key.number() {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
                Some(at) if at >= 0.0 && at < items.len() as f64 => items[at as usize].clone(),
                Some(_) => Self::invalid("no element at this position"),
                None => Self::because(&[key], "a position must be a number"),
            },
            _ => Self::invalid("neither a list nor an object"),
        }
    }

    /// True when no part of it is unknown.
    pub(super) fn is_known(&self) -> bool {
        self.reason().is_none()
    }

    /// How many elements.
    pub(super) fn len(&self) -> Option<usize> {
        match self {
            Self::List(items) => Some(items.len()),
            Self::Object(entries) => Some(entries.len()),
            Self::Text(text) => Some(text.chars().count()),
            _ => None,
        }
    }

    /// How much it holds; nothing when that is more than an honest module needs.
    pub(super) fn weight(&self) -> Option<usize> {
        let mut open = vec![(self, 0)];
        let mut weight = 0;
        while let Some((value, depth)) = open.pop() {
            weight += 1;
            match value {
                Self::Text(text) => weight += text.len() / 64,
                Self::List(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
                Self::Object(entries) => open.extend(entries.values().map(|item| (item, depth + 1))),
                _ => {}
            }
            if depth > MAX_DEPTH || weight + open.len() > MAX_WEIGHT {
                return None;
            }
        }
        Some(weight)
    }
}

/// Numbers without `.0`.
pub(super) fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 { format!("{number:.0}") } else { number.to_string() }
}
