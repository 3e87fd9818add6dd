//! What is told beside the answers: subjects that could not be read, decisions that matched nothing.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::bail;

use crate::model::Date;
use crate::screening::QueryKey;
use crate::screening::decision::{Answer, Asked, Decision, Decisions};
use crate::text::{COLUMNS, clean_line, fill, plural, thousands};

/// Mistakes that are told one by one.
const TOLD: usize = 20;

/// A remark on standard error.
pub(super) fn remark(note: &str) {
    let text = fill(&clean_line(note), "sovaudit: ", "  ", COLUMNS);
    // nobody may be there to read it
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// An error whose lines end before the width of a terminal; `error: ` stands before it.
pub(super) fn filled(text: &str) -> anyhow::Error {
    let text = fill(&clean_line(text), "error: ", "  ", COLUMNS);
    anyhow::anyhow!(text.trim_end().trim_start_matches("error: ").to_owned())
}

/// Subjects that could not be read.
#[derive(Debug, Default)]
pub(super) struct Bad {
    pub(super) count: u64,
    told: Vec<String>,
}

impl Bad {
    pub(super) fn add(&mut self, error: &anyhow::Error) {
        self.count += 1;
        if self.told.len() < TOLD {
            self.told.push(clean_line(&format!("{error:#}")).into_owned());
        }
    }

    /// An error with what is wrong, when something is.
    pub(super) fn into_error(self, file: Option<&Path>) -> anyhow::Result<()> {
        let Some(first) = self.told.first() else { return Ok(()) };
        if self.count == 1 {
            return Err(filled(first));
        }
        let file = file.map(|path| path.display().to_string()).unwrap_or_default();
        let rows = plural(usize::try_from(self.count).unwrap_or(usize::MAX), "subject");
        let mut text = format!("{} {rows} of `{}` cannot be read and were not screened:", thousands(self.count), file);
        for one in &self.told {
            text.push('\n');
            text.push_str(fill(one, "  ", "    ", COLUMNS).trim_end());
        }
        let more = self.count - self.told.len() as u64;
        if more > 0 {
            text.push_str(&format!("\n  … and {} more", thousands(more)));
        }
        bail!(text)
    }
}

/// Decisions, and which of them spoke of a subject and an entry that were found.
pub(super) struct Matched {
    decisions: Decisions,
    used: Vec<AtomicBool>,
}

impl Matched {
    pub(super) fn new(decisions: Decisions) -> Self {
        let used = decisions.rows.iter().map(|_| AtomicBool::new(false)).collect();
        Self { decisions, used }
    }

    pub(super) fn row(&self, at: usize) -> &Decision {
        &self.decisions.rows[at]
    }

    pub(super) fn about(&self, asked: Asked<'_>, as_of: Date) -> Option<Answer> {
        let answer = self.decisions.about(asked, as_of);
        if let Some(Answer::Holds(at) | Answer::Lapsed(at, _)) = answer {
            self.used[at].store(true, Ordering::Relaxed);
        }
        answer
    }

    /// Ids of those that matched nothing. One about the same subject and entry as another has matched with it.
    pub(super) fn unused(&self) -> Vec<&str> {
        let about = |row: &Decision| (row.subject.name.to_lowercase(), row.entry.list.clone(), row.entry.id.clone());
        let rows = || self.decisions.rows.iter().zip(&self.used);
        let used: BTreeSet<_> =
            rows().filter(|(_, used)| used.load(Ordering::Relaxed)).map(|(row, _)| about(row)).collect();
        rows().filter(|(row, _)| !used.contains(&about(row))).map(|(row, _)| row.id.as_str()).collect()
    }
}

/// Identifiers as decisions have them. A wallet that was asked under every currency is one identifier.
pub(super) fn keys(all: &[QueryKey]) -> Vec<String> {
    let address = |key: &QueryKey| key.value.split_once(':').map_or("", |(_, rest)| rest).to_owned();
    let mut told = BTreeSet::new();
    // bitcoin has two codes, and both are asked
    let is_twin = |key: &&QueryKey| *key.kind == *"wallet" && key.value.starts_with("BTC:");
    for key in all.iter().filter(|key| !is_twin(key)) {
        let wallets = all.iter().filter(|other| *other.kind == *"wallet" && address(other) == address(key)).count();
        let is_any = *key.kind == *"wallet" && wallets > 2;
        told.insert(if is_any { format!("wallet:{}", address(key)) } else { format!("{}:{}", key.kind, key.value) });
    }
    told.into_iter().collect()
}
