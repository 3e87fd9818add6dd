//! What a hit means for the gate: the consequence of the list, and how sure the hit is.

use serde::Serialize;

use super::level::Level;

/// What a hit leads to, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The gate fails.
    Fail,
    /// It is shown as a warning.
    Warn,
    /// It is told.
    Info,
}

/// The outcome for a list of a consequence (`block`, `review`, `warn`, others).
#[must_use]
pub fn outcome(consequence: &str, level: Level, strict: bool) -> Outcome {
    match (consequence, level) {
        ("block", Level::Confirmed | Level::Probable) => Outcome::Fail,
        ("block", Level::Possible) if strict => Outcome::Fail,
        ("block", Level::Possible | Level::Weak) => Outcome::Warn,
        ("review", Level::Confirmed | Level::Probable | Level::Possible) => Outcome::Warn,
        ("warn", Level::Confirmed | Level::Probable) => Outcome::Warn,
        _ => Outcome::Info,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_alone_never_fails() {
        for consequence in ["block", "review", "warn", "rule", "info"] {
            for level in [Level::Possible, Level::Weak, Level::Info] {
                assert_ne!(outcome(consequence, level, false), Outcome::Fail);
            }
        }
        assert_eq!(outcome("block", Level::Probable, false), Outcome::Fail);
        assert_eq!(outcome("block", Level::Possible, true), Outcome::Fail);
        assert_eq!(outcome("review", Level::Confirmed, true), Outcome::Warn);
    }
}
