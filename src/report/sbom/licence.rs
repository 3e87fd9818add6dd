//! Licences as stated: an expression of the SPDX licence list, or a name.

use spdx::{Expression, ParseMode};

/// How the stated text is read: deprecated ids are still ids, and `/` is how crates once wrote `OR`. Names that only
/// resemble an id are left as names: nothing is guessed.
const MODE: ParseMode = ParseMode { allow_slash_as_or_operator: true, allow_deprecated: true, ..ParseMode::STRICT };

/// A licence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Licence {
    /// One id of the list.
    Id(String),
    /// A valid expression of several, or with an exception or a reference to a text.
    Expression(String),
    /// Anything else.
    Name(String),
}

/// The licence that a text states; `None` when it says that nothing is known.
pub(super) fn licence(text: &str) -> Option<Licence> {
    let text = text.trim();
    if text.is_empty() || ["NOASSERTION", "NONE", "UNKNOWN"].contains(&text.to_ascii_uppercase().as_str()) {
        return None;
    }
    if Expression::parse_mode(text, MODE).is_err() {
        return Some(Licence::Name(text.to_owned()));
    }
    let canonical = Expression::canonicalize(text).ok().flatten().unwrap_or_else(|| text.to_owned());
    Some(if spdx::license_id(&canonical).is_some_and(|id| id.name == canonical) {
        Licence::Id(canonical)
    } else {
        Licence::Expression(canonical)
    })
}

/// Version of the licence list that ids come from, `3.29`.
pub(super) fn list_version() -> &'static str {
    let version = spdx::license_version();
    version.rsplit_once('.').filter(|(rest, _)| rest.contains('.')).map_or(version, |(rest, _)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_and_names_are_told_apart() {
        let is = |text: &str, wanted: Licence| assert_eq!(licence(text), Some(wanted), "{text}");
        is("MIT", Licence::Id("MIT".into()));
        is("MIT/Apache-2.0", Licence::Expression("MIT OR Apache-2.0".into()));
        is("Apache-2.0 WITH LLVM-exception", Licence::Expression("Apache-2.0 WITH LLVM-exception".into()));
        is("Llama 3 Community License", Licence::Name("Llama 3 Community License".into()));
        is("Apache 2.0", Licence::Name("Apache 2.0".into()));
        is("GPLv2+ and \u{1b}", Licence::Name("GPLv2+ and \u{1b}".into()));
        assert_eq!((licence("UNKNOWN"), licence(" ")), (None, None));
        assert_eq!(list_version().split('.').count(), 2);
    }
}
