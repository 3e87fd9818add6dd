//! Values of the evaluator. What only a run would know is [`Value::Unknown`], never a guess.

use std::collections::BTreeMap;

/// A Terraform value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Depends on state, data, a provider, or a variable without a default.
    Unknown,
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
            Self::Text(text) => text.trim().parse().ok(),
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
            Self::Object(entries) => {
                let Some(name) = key.text() else { return Self::Unknown };
                entries.get(&name).cloned().unwrap_or(Self::Unknown)
            }
            Self::List(items) => match key.number() {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
                Some(at) if at >= 0.0 && at < items.len() as f64 => items[at as usize].clone(),
                _ => Self::Unknown,
            },
            _ => Self::Unknown,
        }
    }

    /// True when no part of it is unknown.
    pub(super) fn is_known(&self) -> bool {
        match self {
            Self::Unknown => false,
            Self::List(items) => items.iter().all(Self::is_known),
            Self::Object(entries) => entries.values().all(Self::is_known),
            _ => true,
        }
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
}

/// Numbers without `.0`.
pub(super) fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 { format!("{number:.0}") } else { number.to_string() }
}
