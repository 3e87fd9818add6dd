//! Words of `--fail-on`: what a finding must be to fail the gate.

use std::collections::BTreeSet;
use std::fmt;

use super::file::Rule;
use crate::catalog::tables::nearest;
use crate::model::{Finding, Horizon, Severity};

/// Words that findings of the kind `listed` carry besides their rule's.
pub const OWNED_BY_LISTED: &str = "owned-by-listed";

/// One word of `--fail-on` with its limits: `sanctioned`, `listed:direct`, `control:next-deploy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Category, rule id, further word of a rule, or a severity, which means it and everything worse.
    word: String,
    /// Only what we ask for ourselves, not what something else brings in.
    direct: bool,
    /// Only what is felt then or sooner.
    within: Option<Horizon>,
}

impl Condition {
    /// Reads a word and its limits.
    ///
    /// # Errors
    /// The word or limit that does not exist, with those that do.
    pub fn parse(text: &str, rules: &[Rule]) -> Result<Self, String> {
        let mut parts = text.split(':');
        let word = parts.next().unwrap_or_default().to_owned();
        let known = words(rules);
        let is_rule = rules.iter().any(|rule| rule.id == word);
        if !is_rule && Severity::parse(&word).is_none() && !known.contains(word.as_str()) {
            let near = nearest(&word, &known.iter().copied().collect())
                .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(format!(
                "`--fail-on {word}` is no category, rule or severity{near}\ncategories: {}\nseverities: info, low, \
                 medium, high, critical\nrules: see `sovaudit rules list`",
                known.into_iter().collect::<Vec<_>>().join(", ")
            ));
        }
        let mut condition = Self { word, direct: false, within: None };
        for limit in parts {
            match limit {
                "direct" => condition.direct = true,
                "any" => condition.direct = false,
                limit => {
                    let horizon = Horizon::STOPS.into_iter().find(|horizon| horizon.as_str() == limit);
                    condition.within = Some(horizon.ok_or_else(|| {
                        format!(
                            "`--fail-on {text}`: `{limit}` is no limit; after a colon stands `direct` (only what we ask \
                             for ourselves), `any`, or a horizon: immediate, next-deploy, next-renewal, next-refresh"
                        )
                    })?);
                }
            }
        }
        Ok(condition)
    }

    /// True when the finding is what the word asks for.
    #[must_use]
    pub fn meets(&self, finding: &Finding) -> bool {
        let is_meant = *finding.category == *self.word
            || *finding.rule == *self.word
            || finding.words.iter().any(|word| **word == *self.word)
            || Severity::parse(&self.word).is_some_and(|least| finding.severity >= least);
        let in_time = self.within.is_none_or(|limit| finding.horizon.is_some_and(|horizon| horizon <= limit));
        is_meant && in_time && (!self.direct || finding.direct)
    }
}

impl Condition {
    /// True when the word without its limits is one of these.
    #[must_use]
    pub fn is_among(&self, words: &BTreeSet<&'static str>) -> bool {
        words.contains(self.word.as_str())
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word)?;
        if self.direct {
            f.write_str(":direct")?;
        }
        self.within.map_or(Ok(()), |horizon| write!(f, ":{}", horizon.as_str()))
    }
}

/// Every word besides rule ids and severities.
fn words(rules: &[Rule]) -> BTreeSet<&str> {
    let own = rules.iter().flat_map(|rule| std::iter::once(&rule.category).chain(&rule.words));
    own.map(String::as_str).chain([OWNED_BY_LISTED]).collect()
}
