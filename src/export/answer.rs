//! The answer: what the clauses that were evaluated say together.

use schemars::JsonSchema;
use serde::Serialize;

/// What one clause says, and what all of them say together; the later wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// No destination was asked for.
    ClassOnly,
    /// No licence is required by the clauses evaluated.
    NoLicenceRequired,
    /// It hangs on what is not known.
    Indeterminate,
    /// A licence is required.
    LicenceRequired,
    /// It is prohibited, or presumed to be a violation.
    Prohibited,
}

impl Answer {
    /// The words. None of them says that anything is allowed.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::ClassOnly => "class only; name a destination with --to",
            Self::NoLicenceRequired => "no licence required by the clauses evaluated",
            Self::Indeterminate => "indeterminate",
            Self::LicenceRequired => "licence required",
            Self::Prohibited => "prohibited",
        }
    }
}
