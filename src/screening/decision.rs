//! Analysts' decisions about a subject and an entry of a list: false positive, true match, accepted risk.
//!
//! A decision binds a subject **and** an entry, never a bare name or a whole list. It lapses when its day has passed
//! and when the entry changes, so that a new alias, address or programme asks again. The file is given by the user; a
//! file that merely lies in a scanned tree decides nothing.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::screener::number;
use crate::catalog::{Catalog, RuleError};
use crate::model::{CountryCode, Date};
use crate::text::Span;

/// Longest life of a false positive, in days.
const FALSE_POSITIVE_DAYS: i64 = 366;

/// Longest life of an accepted risk, in days.
const ACCEPTED_RISK_DAYS: i64 = 90;

/// Bytes that a file of decisions may have.
const LARGEST: u64 = 16 << 20;

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The subject is not the listed party.
    #[serde(alias = "false_positive")]
    FalsePositive,
    /// It is.
    #[serde(alias = "true_match")]
    TrueMatch,
    /// It is, and we may deal with it all the same: under a licence or an exemption where the list blocks.
    #[serde(alias = "accepted_risk")]
    AcceptedRisk,
    /// Not decided yet: changes nothing, and shows that somebody looks.
    #[serde(alias = "needs_information")]
    NeedsInformation,
}

impl Verdict {
    /// The word used in files and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FalsePositive => "false-positive",
            Self::TrueMatch => "true-match",
            Self::AcceptedRisk => "accepted-risk",
            Self::NeedsInformation => "needs-information",
        }
    }
}

/// Who was screened.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DecidedSubject {
    /// Its name, in any case.
    pub name: String,
    /// Its country; when it is another one at the next screening, the decision does not hold.
    #[serde(default)]
    pub country: Option<CountryCode>,
    /// `organisation`, `person`, `vessel`, `aircraft`.
    #[serde(default)]
    pub kind: Option<String>,
    /// Its identifiers, `domain:example.de`; when it has others at the next screening, the decision does not hold.
    #[serde(default)]
    pub keys: Vec<String>,
}

/// Which entry was looked at.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DecidedEntry {
    /// List id.
    pub list: String,
    /// Entry number.
    pub id: String,
    /// SHA-256 of the entry as reports print it.
    #[serde(alias = "name_sha256")]
    pub sha256: String,
}

/// A decision.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Decision {
    /// Name of the decision, unique in the file.
    pub id: String,
    /// Who was screened.
    pub subject: DecidedSubject,
    /// Which entry was looked at.
    pub entry: DecidedEntry,
    /// What was decided.
    pub verdict: Verdict,
    /// Why, so that another person can follow.
    pub reason: String,
    /// What was looked at.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// Who decided.
    #[serde(alias = "decided_by")]
    pub decided_by: String,
    /// A second person; needed for a true match and an accepted risk.
    #[serde(default, alias = "approved_by")]
    pub approved_by: Option<String>,
    /// When.
    #[serde(alias = "decided_on")]
    pub decided_on: Date,
    /// Last day it holds.
    #[serde(alias = "expires_on")]
    pub expires_on: Date,
    /// Number of the licence or exemption; needed to accept a risk on a list that blocks.
    #[serde(default)]
    pub licence: Option<String>,
}

/// The file.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decisions {
    /// Decisions.
    #[serde(default, rename = "decision")]
    pub rows: Vec<Decision>,
}

/// A subject and an entry, as a screening or a scan sees them now.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Name of the subject.
    pub name: &'a str,
    /// What it is: `organisation`, `person`, …; `unknown` where nobody says.
    pub kind: &'a str,
    /// Its country, where known.
    pub country: Option<CountryCode>,
    /// Its identifiers, `domain:example.de`.
    pub keys: &'a [String],
    /// List id.
    pub list: &'a str,
    /// Entry number.
    pub entry: &'a str,
    /// The entry's digest now.
    pub digest: &'a [u8; 32],
}

/// What the file says of a subject and an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The decision at this position holds.
    Holds(usize),
    /// The decision at this position spoke of them and holds no longer; why.
    Lapsed(usize, &'static str),
}

impl Decisions {
    /// Reads a file of decisions: TOML with `[[decision]]`, or one JSON object a line.
    ///
    /// # Errors
    /// What is wrong, with file, line and column.
    pub fn read(path: &Path, catalog: &Catalog) -> anyhow::Result<Self> {
        let shown = path.display().to_string();
        let about = std::fs::metadata(path).with_context(|| format!("cannot read the decisions `{shown}`"))?;
        anyhow::ensure!(
            about.len() <= LARGEST,
            "the decisions `{shown}` have {} bytes, the limit is {LARGEST}",
            about.len()
        );
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the decisions `{shown}`"))?;
        Self::parse(&shown, &text, catalog)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// What is wrong, with file, line and column.
    pub fn parse(shown: &str, text: &str, catalog: &Catalog) -> anyhow::Result<Self> {
        let is_lines = text.trim_start().starts_with('{');
        let mut decisions = if is_lines { lines(shown, text)? } else { toml_file(shown, text)? };
        for row in &mut decisions.rows {
            if let Some(list) = catalog.list(&row.entry.list) {
                row.entry.list = list.id.to_string();
            }
        }
        let mut seen = BTreeSet::new();
        for row in &decisions.rows {
            let problem =
                if seen.insert(&row.id) { row.mistake(catalog) } else { Some("its id stands twice".to_owned()) };
            if let Some(problem) = problem {
                anyhow::bail!("{}", at_id(shown, text, &row.id, &problem));
            }
        }
        Ok(decisions)
    }

    /// The decision about a subject and an entry: one that holds before one that has lapsed.
    #[must_use]
    pub fn about(&self, asked: Asked<'_>, as_of: Date) -> Option<Answer> {
        let answers = self.rows.iter().enumerate().filter_map(|(at, row)| row.answer(at, asked, as_of));
        answers.max_by_key(|answer| matches!(answer, Answer::Holds(_)))
    }
}

impl Decision {
    fn answer(&self, at: usize, asked: Asked<'_>, as_of: Date) -> Option<Answer> {
        let same_entry = self.entry.list == asked.list && number(&self.entry.id) == number(asked.entry);
        let same_name = self.subject.name.to_lowercase() == asked.name.to_lowercase();
        if !same_entry || !same_name {
            return None;
        }
        let is_new_key = |key: &String| !self.subject.keys.iter().any(|known| known.eq_ignore_ascii_case(key));
        let why = if !self.entry.sha256.eq_ignore_ascii_case(&crate::text::hex(asked.digest)) {
            "the entry has changed since"
        } else if as_of > self.expires_on {
            "its last day has passed"
        } else if as_of < self.decided_on {
            "it was taken later"
        } else if self.subject.country != asked.country {
            "the subject's country is another one, or not known to both"
        } else if self.subject.kind.as_deref().is_some_and(|kind| kind != asked.kind && asked.kind != "unknown") {
            "the subject is of another kind"
        } else if asked.keys.iter().any(is_new_key) {
            "the subject has other identifiers"
        } else {
            return Some(Answer::Holds(at));
        };
        Some(Answer::Lapsed(at, why))
    }

    /// True when it says under which licence or exemption a risk is accepted.
    #[must_use]
    pub fn is_licensed(&self) -> bool {
        self.licence.as_deref().is_some_and(|number| !number.trim().is_empty())
    }

    /// What cannot be right about the decision by itself.
    fn mistake(&self, catalog: &Catalog) -> Option<String> {
        let texts = [("id", &self.id), ("reason", &self.reason), ("decided-by", &self.decided_by)];
        if let Some((key, _)) = texts.iter().find(|(_, text)| text.trim().is_empty()) {
            return Some(format!("`{key}` must not be empty"));
        }
        if self.entry.sha256.len() != 64 || !self.entry.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Some("`entry.sha256` is not the 64 digits that reports print".to_owned());
        }
        let list = catalog.list(&self.entry.list);
        if list.is_none() && !self.entry.list.starts_with("OWN-") {
            return Some(format!(
                "there is no list `{}`; `sovaudit rules lists` shows what was imported",
                self.entry.list
            ));
        }
        let second = self.approved_by.as_deref().map(str::trim).filter(|name| !name.is_empty());
        if matches!(self.verdict, Verdict::TrueMatch | Verdict::AcceptedRisk) {
            match second {
                None => return Some(format!("`{}` needs `approved-by`", self.verdict.as_str())),
                Some(name) if name == self.decided_by.trim() => {
                    return Some("`approved-by` must be another person than `decided-by`".to_owned());
                }
                Some(_) => {}
            }
        }
        let most = if self.verdict == Verdict::AcceptedRisk { ACCEPTED_RISK_DAYS } else { FALSE_POSITIVE_DAYS };
        let life = self.decided_on.days_until(self.expires_on);
        if !(0..=most).contains(&life) {
            return Some(format!(
                "`{}` may hold for {most} days at most; this one holds for {life}",
                self.verdict.as_str()
            ));
        }
        if self.verdict == Verdict::AcceptedRisk
            && list.is_none_or(|list| &*list.consequence == "block")
            && !self.is_licensed()
        {
            return Some(format!("accepting a risk on {}, which blocks, needs `licence`", self.entry.list));
        }
        None
    }
}

fn toml_file(shown: &str, text: &str) -> anyhow::Result<Decisions> {
    toml::from_str(text).map_err(|error| anyhow::anyhow!("{}", RuleError::toml(shown, text, &error)))
}

fn lines(shown: &str, text: &str) -> anyhow::Result<Decisions> {
    let mut rows = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let row = serde_json::from_str(line)
            .map_err(|error| anyhow::anyhow!("{shown}:{}:{}: {error}", at + 1, error.column()))?;
        rows.push(row);
    }
    Ok(Decisions { rows })
}

/// A mistake at the words of the decision's id, where they can be found.
fn at_id(shown: &str, text: &str, id: &str, problem: &str) -> RuleError {
    let message = format!("decision `{id}`: {problem}");
    let quoted = format!("\"{id}\"");
    match text.find(&quoted).filter(|_| !id.is_empty()) {
        Some(at) => RuleError::at(shown, text, Span::new(at, at + quoted.len()), message),
        None => RuleError::whole(shown, message),
    }
}
