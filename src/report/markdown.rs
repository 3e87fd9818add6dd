//! Markdown: for merge requests and job summaries.

use std::io;

use super::{FindingRow, Format, PlaceRow, Report};
use crate::text::clean_line;

/// Format `markdown`.
pub struct Markdown;

impl Format for Markdown {
    fn id(&self) -> &'static str {
        "markdown"
    }

    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let verdict = if report.gate.passed { "passed" } else { "FAILED" };
        writeln!(out, "# sovaudit report: gate {verdict}\n")?;
        writeln!(
            out,
            "sovaudit {} · rules {} · profile `{}` · as of {} · target `{}`\n",
            report.version,
            report.rules,
            report.profile,
            report.as_of,
            code(&report.target)
        )?;
        summary(report, out)?;
        writeln!(out, "## Findings\n")?;
        if report.findings.is_empty() {
            writeln!(out, "None.\n")?;
        }
        for finding in &report.findings {
            finding_section(finding, out)?;
        }
        diagnostics(report, out)
    }
}

fn summary(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let total: usize = report.coverage.components.values().sum();
    writeln!(
        out,
        "{total} components from {} files; {} unreadable, {} read in part; {} of {} owners unknown.\n",
        report.coverage.files_read,
        report.coverage.failed.len(),
        report.coverage.partial.len(),
        report.coverage.owners_unknown,
        report.coverage.owners_asked
    )?;
    writeln!(out, "| controlled from | components | share |\n|---|---:|---:|")?;
    for row in &report.control {
        writeln!(out, "| {} | {} | {} % |", row.jurisdiction, row.components, row.percent)?;
    }
    if !report.survival.is_empty() {
        writeln!(
            out,
            "\n| if lost | workloads | stop at once | by next deploy | by next renewal | by next refresh | not known |\n|---|---:|---:|---:|---:|---:|---:|"
        )?;
        for row in &report.survival {
            let count = |word: &str| row.stopped.get(word).copied().unwrap_or(0);
            writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} |",
                row.without.join(", "),
                row.workloads,
                count("immediate"),
                count("next-deploy"),
                count("next-renewal"),
                count("next-refresh"),
                row.undecided
            )?;
        }
    }
    writeln!(out)
}

fn finding_section(finding: &FindingRow, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "### {}: {}\n", finding.severity, finding.rule)?;
    writeln!(out, "{}\n", escape(&finding.message))?;
    writeln!(out, "- where: `{}`", code(&place(&finding.primary)))?;
    if finding.witness.len() > 1 {
        let steps: Vec<String> = finding.witness.iter().map(|step| escape(&step.label)).collect();
        writeln!(out, "- path: {}", steps.join(" → "))?;
    }
    if !finding.citations.is_empty() {
        writeln!(out, "- basis: {} ({})", escape(&finding.citations.join("; ")), finding.verification)?;
    }
    writeln!(out, "- what to do: {}", escape(&finding.remedy.replace('\n', " ")))?;
    if !finding.alternatives.is_empty() {
        writeln!(out, "- replacements: {}", escape(&finding.alternatives.join("; ")))?;
    }
    for note in &finding.notes {
        writeln!(out, "- note: {}", escape(note))?;
    }
    if finding.state != "open" {
        writeln!(
            out,
            "- state: {}{}",
            finding.state,
            finding.state_reason.as_ref().map_or_else(String::new, |reason| format!(", {}", escape(reason)))
        )?;
    }
    writeln!(out, "- fingerprint: `{}`\n", finding.fingerprint)
}

fn diagnostics(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    if report.diagnostics.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Not understood\n")?;
    for problem in &report.diagnostics {
        let at = problem.line.map_or_else(String::new, |line| format!(":{line}"));
        writeln!(out, "- `{}{at}`: {}: {}", code(&problem.path), problem.kind, escape(&problem.message))?;
    }
    writeln!(out)
}

/// `path:line:column`.
fn place(place: &PlaceRow) -> String {
    match (place.line, place.column) {
        (Some(line), Some(column)) => format!("{}:{line}:{column}", place.path),
        _ => place.path.clone(),
    }
}

/// Text that must not become markup, links or HTML.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean_line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '*' | '_' | '[' | ']' | '#' | '!' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// Text inside backticks.
fn code(text: &str) -> String {
    clean_line(text).replace('`', "'")
}
