//! A rule as a page: for `explain`, for `docs/rules` and for SARIF help.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::file::Rule;
use super::profile::ProfileFile;
use crate::model::{Horizon, Severity};

/// When a loss is felt, as the end of a sentence.
#[must_use]
pub fn felt(horizon: Horizon) -> &'static str {
    match horizon {
        Horizon::Immediate => "its loss would be felt at once",
        Horizon::NextDeploy => "its loss would be felt at the next deploy",
        Horizon::NextRenewal => "its loss would be felt at the next renewal",
        Horizon::NextRefresh => "its loss would be felt at the next hardware refresh",
        Horizon::None => "its loss would stop nothing",
    }
}

/// Severities other than the usual one, each with when it holds: the profile wins over the horizon.
#[must_use]
pub fn other_severities(rule: &Rule, profiles: &BTreeMap<String, ProfileFile>) -> Vec<(Severity, String)> {
    let mut found: Vec<(Severity, String)> =
        rule.severity_at.iter().map(|(horizon, severity)| (*severity, format!("where {}", felt(*horizon)))).collect();
    let of_profiles = |id: &String| profiles.get(id).is_some_and(|profile| profile.severity.contains_key(&rule.id));
    let own = rule.severity_for.iter().filter(|(id, _)| !of_profiles(id));
    found.extend(own.map(|(id, severity)| (*severity, format!("for profile `{id}`"))));
    let theirs = profiles.values().filter_map(|profile| Some((profile, profile.severity.get(&rule.id)?)));
    found.extend(theirs.map(|(profile, severity)| (*severity, format!("for profile `{}`", profile.id))));
    found.retain(|(severity, _)| *severity != rule.severity);
    found
}

/// Markdown with fixed headings. Generated; the rule file is the source.
#[must_use]
pub fn markdown(rule: &Rule, profiles: &BTreeMap<String, ProfileFile>) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(&format!("# {}\n", rule.id));
    line(&format!("{}. Severity `{}`, category `{}`.\n", rule.title, rule.severity.as_str(), rule.category));
    let others: Vec<String> = other_severities(rule, profiles)
        .into_iter()
        .map(|(severity, when)| format!("`{}` {when}", severity.as_str()))
        .collect();
    if !others.is_empty() {
        line(&format!("Severity differs: {}.\n", others.join(", ")));
    }
    line(&format!("## Why it matters\n\n{}\n", rule.why.trim()));
    line(&format!("## Remedy\n\n{}\n", rule.remedy.trim()));
    for (heading, flagged) in [("Flagged", true), ("Not flagged", false)] {
        line(&format!("## {heading}\n"));
        for example in rule.examples.iter().filter(|example| example.flagged.is_empty() != flagged) {
            line(&format!("{}:\n", example.name));
            for (name, text) in &example.files {
                line(&format!("`{name}`\n\n```\n{}\n```\n", text.trim_end()));
            }
            if flagged {
                line(&format!(
                    "Flagged at {}.\n",
                    example.flagged.iter().map(|place| format!("`{place}`")).collect::<Vec<_>>().join(", ")
                ));
            }
        }
    }
    line("## Sources\n");
    for source in &rule.sources {
        let mut text = format!("- {}", source.title);
        if let Some(date) = source.date {
            let _ = write!(text, ", {date}");
        }
        if let Some(url) = &source.url {
            let _ = write!(text, ", {url}");
        }
        line(&text);
    }
    let from = rule.effective.from.map_or_else(|| "always".to_owned(), |date| format!("from {date}"));
    let to = rule.effective.to.map_or_else(String::new, |date| format!(" to {date}"));
    line(&format!(
        "\n## In force\n\n{from}{to}. Checked: {}. Review by {}.",
        rule.review.verification.as_str(),
        rule.review.by
    ));
    out
}
