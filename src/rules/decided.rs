//! Analysts' decisions applied to findings that rest on entries of lists.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Date, Finding, Fingerprint};
use crate::screening::decision::{Answer, Asked, Decisions, Verdict};

/// What decisions did.
#[derive(Clone, Debug, Default)]
pub struct Decided {
    /// Findings whose every entry is decided to be of no consequence, with the decisions.
    pub findings: BTreeMap<Fingerprint, String>,
    /// Findings whose party analysts confirmed, with the words of `--fail-on` that mean them now.
    pub confirmed: BTreeMap<Fingerprint, BTreeSet<&'static str>>,
    /// Decisions that hold no longer or speak of nothing here, one sentence each.
    pub notes: Vec<String>,
}

/// Looks up every finding that rests on a list.
#[must_use]
pub fn apply(findings: &[Finding], decisions: &Decisions, as_of: Date) -> Decided {
    let mut decided = Decided::default();
    let mut used: BTreeSet<usize> = BTreeSet::new();
    let mut lapsed: BTreeMap<usize, &'static str> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| !finding.listed.is_empty()) {
        let mut words = Vec::new();
        let mut open = false;
        for entry in &finding.listed {
            let asked = Asked {
                name: &entry.about,
                kind: &entry.kind,
                country: entry.country,
                keys: &entry.keys,
                list: &entry.list,
                entry: &entry.id,
                digest: &entry.digest,
            };
            match decisions.about(asked, as_of) {
                Some(Answer::Holds(at)) => {
                    used.insert(at);
                    let row = &decisions.rows[at];
                    match row.verdict {
                        // the profile may let a list block that does not by itself
                        Verdict::AcceptedRisk if &*entry.consequence == "block" && !row.is_licensed() => {
                            lapsed.insert(at, "the list blocks for this profile, and no licence is named");
                            open = true;
                        }
                        Verdict::FalsePositive | Verdict::AcceptedRisk => words.push(format!(
                            "{} of {} ({}, {}, until {})",
                            row.verdict.as_str(),
                            row.decided_by,
                            row.id,
                            row.reason,
                            row.expires_on
                        )),
                        Verdict::TrueMatch => {
                            let words = decided.confirmed.entry(finding.fingerprint).or_default();
                            words.insert("listed");
                            if &*entry.consequence == "block" {
                                words.insert("sanctioned");
                            }
                            open = true;
                        }
                        Verdict::NeedsInformation => open = true,
                    }
                }
                Some(Answer::Lapsed(at, why)) => {
                    lapsed.insert(at, why);
                    open = true;
                }
                None => open = true,
            }
        }
        if !open {
            words.dedup();
            decided.findings.insert(finding.fingerprint, words.join("; "));
        }
    }
    for (at, row) in decisions.rows.iter().enumerate() {
        if let Some(why) = lapsed.get(&at) {
            decided.notes.push(format!("decision {} of {} does not hold: {why}", row.id, row.decided_by));
        } else if !used.contains(&at) {
            decided.notes.push(format!("decision {} of {} speaks of nothing here", row.id, row.decided_by));
        }
    }
    decided
}
