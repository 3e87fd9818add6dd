//! How sure we are, how bad it is, how well a fact is checked.

use serde::{Deserialize, Serialize};

/// How sure a link or finding is. Ordered from weak to strong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// A hint: name prefix, text heuristics, recalled fact. Never fails a gate by default.
    Possible,
    /// Strong but not exact.
    Likely,
    /// An exact identifier.
    Certain,
}

impl Confidence {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

/// How well a fact of the rule files is checked. Ordered from weak to strong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verification {
    /// General knowledge, not re-read. Never fails a gate by default.
    Recalled,
    /// One source was read.
    OneSource,
    /// Two independent sources agree.
    TwoSource,
}

impl Verification {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recalled => "recalled",
            Self::OneSource => "one-source",
            Self::TwoSource => "two-source",
        }
    }
}

/// How bad a finding is. Ordered from harmless to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Plan for it.
    Low,
    /// Should be changed.
    Medium,
    /// Must be changed.
    High,
    /// Stop and act.
    Critical,
}

impl Severity {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Every severity, worst first.
    pub const WORST_FIRST: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// The severity a word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::WORST_FIRST.into_iter().find(|severity| severity.as_str() == word)
    }
}
