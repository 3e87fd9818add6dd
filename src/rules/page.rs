//! A rule as a page: for `explain`, for `docs/rules` and for SARIF help.

use std::fmt::Write as _;

use super::file::Rule;

/// Markdown with fixed headings. Generated; the rule file is the source.
#[must_use]
pub fn markdown(rule: &Rule) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(&format!("# {}\n", rule.id));
    line(&format!("{}. Severity `{}`, category `{}`.\n", rule.title, rule.severity.as_str(), rule.category));
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
