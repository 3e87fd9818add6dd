//! Markdown: for merge requests and job summaries.

use std::io;

use super::words::{only, percent, place, shown, subject, too_weak, undecided_components};
use super::{FindingRow, Format, Report};
use crate::simulate::units;
use crate::text::{clean_line, count};

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
        super::supply::markdown(report, out)?;
        gate(report, out)?;
        writeln!(out, "## Findings\n")?;
        if report.findings.is_empty() {
            writeln!(out, "None.\n")?;
        }
        let rules = report.findings.chunk_by(|a, b| (&a.severity, &a.rule) == (&b.severity, &b.rule));
        for same in rules.flat_map(super::alike::alike) {
            for group in same.chunk_by(|a, b| shares_rest(a, b)) {
                match group {
                    [one] => finding_section(one, out)?,
                    several => alike_section(several, out)?,
                }
            }
        }
        removed(report, out)?;
        diagnostics(report, out)
    }
}

/// What `--show-removed` tells: apart, because nothing of it is in a container.
fn removed(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    if report.removed.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Removed by later layers\n\nIn layers of the image, in no container, and counted nowhere.\n")?;
    for row in &report.removed {
        let at = row.place.as_ref().map_or_else(String::new, |at| format!(" `{}`", code(&place(at))));
        writeln!(out, "- {}{at}: {}", escape(&shown(&row.label)), escape(&row.how.join(", ")))?;
    }
    writeln!(out)
}

fn summary(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let total: usize = report.coverage.components.values().sum();
    writeln!(
        out,
        "{} from {}; {} unreadable, {} read in part; {} of {} owners unknown.\n",
        count(total, "component"),
        count(report.coverage.files_read, "file"),
        report.coverage.failed.len(),
        report.coverage.partial.len(),
        report.coverage.owners_unknown,
        report.coverage.owners_asked
    )?;
    if let Some(line) = only(&report.coverage) {
        writeln!(out, "{}.\n", escape(&line))?;
    }
    writeln!(out, "| controlled from | components | share |\n|---|---:|---:|")?;
    for row in &report.control {
        writeln!(out, "| {} | {} | {} |", row.jurisdiction, row.components, percent(row))?;
    }
    if let Some(first) = report.survival.first() {
        let told = units(first.kinds.iter().map(|(kind, number)| (kind.as_str(), *number)));
        writeln!(out, "\nWhat must keep running: {told}.")?;
        writeln!(
            out,
            "\n| if lost | of | stop at once | by next deploy | by next renewal | by next refresh | not known |\n|---|---:|---:|---:|---:|---:|---:|"
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

/// True for findings that differ in their subject, its place and the way to it only.
fn shares_rest(a: &FindingRow, b: &FindingRow) -> bool {
    let rest = |row: &FindingRow| {
        let words = (row.remedy.clone(), row.alternatives.clone(), row.notes.clone(), row.verification.clone());
        (words, row.citations.clone(), row.state.clone(), row.state_reason.clone())
    };
    rest(a) == rest(b)
}

/// Findings that are alike: what they share once, each with what is its own.
fn alike_section(findings: &[&FindingRow], out: &mut dyn io::Write) -> io::Result<()> {
    let Some(first) = findings.first() else { return Ok(()) };
    writeln!(out, "### {}: {}, {} alike\n", first.severity, first.rule, count(findings.len(), "finding"))?;
    for finding in findings {
        let steps: Vec<String> = finding.witness.iter().map(|step| escape(&step.label)).collect();
        let path = if steps.len() > 1 { format!("; path: {}", steps.join(" → ")) } else { String::new() };
        writeln!(
            out,
            "- `{}`, `{}`: {}{path}; fingerprint: `{}`",
            code(&subject(finding)),
            code(&place(&finding.primary)),
            escape(&finding.message),
            finding.fingerprint
        )?;
    }
    writeln!(out, "\nOf each:\n")?;
    rest(first, out)?;
    writeln!(out)
}

fn finding_section(finding: &FindingRow, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "### {}: {}, `{}`\n", finding.severity, finding.rule, code(&subject(finding)))?;
    writeln!(out, "{}\n", escape(&finding.message))?;
    if !finding.members.is_empty() {
        writeln!(out, "- components:")?;
    }
    for member in &finding.members {
        let at = member.place().map_or_else(String::new, |at| format!(" `{}`", code(&place(&at))));
        let state = if member.state == "open" { String::new() } else { format!(" ({})", member.state) };
        writeln!(out, "  - {}{at}{state}", escape(&member.member.message()))?;
    }
    writeln!(out, "- where: `{}`", code(&place(&finding.primary)))?;
    if finding.witness.len() > 1 {
        let steps: Vec<String> = finding.witness.iter().map(|step| escape(&step.label)).collect();
        writeln!(out, "- path: {}", steps.join(" → "))?;
    }
    rest(finding, out)?;
    writeln!(out, "- fingerprint: `{}`\n", finding.fingerprint)
}

/// What a finding rests on, what to do, and what became of it.
fn rest(finding: &FindingRow, out: &mut dyn io::Write) -> io::Result<()> {
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
    Ok(())
}

/// Why the gate decided as it did, and waivers that need a look.
fn gate(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let gate = &report.gate;
    let asked = if gate.fail_on.is_empty() { "nothing".to_owned() } else { gate.fail_on.join(", ") };
    writeln!(
        out,
        "Asked to fail on: {asked}. {} failing, {} waived, {} decided by analysts, {} in the baseline.\n",
        gate.failing, gate.waived, gate.decided, gate.baseline
    )?;
    if let Some(words) = too_weak(gate) {
        writeln!(out, "{}\n", escape(&words))?;
    }
    let to_look_at: Vec<_> = gate.waivers.iter().filter(|row| row.state != "used").collect();
    for row in &to_look_at {
        writeln!(
            out,
            "- waiver {}: {} (owner {}, until {})",
            row.state,
            escape(&row.covers),
            escape(&row.owner),
            row.expires
        )?;
    }
    for entry in &report.overrides {
        writeln!(
            out,
            "- `{}` is replaced by `{}` of the rules folder `{}`",
            code(&entry.entry),
            code(&entry.file),
            code(&entry.layer)
        )?;
    }
    if to_look_at.is_empty() && report.overrides.is_empty() { Ok(()) } else { writeln!(out) }
}

fn diagnostics(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    if !report.undecided.is_empty() || !report.coverage.skipped_folders.is_empty() {
        writeln!(out, "## Not decided\n")?;
        for row in &report.undecided {
            writeln!(out, "- {}: {} ({})", row.rule, escape(&row.reason), escape(&undecided_components(row)))?;
        }
        for path in &report.coverage.skipped_folders {
            writeln!(out, "- folder not entered: `{}`", code(path))?;
        }
        writeln!(out)?;
    }
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

/// Text that must not become markup, links, mentions or HTML. What stands between backticks stays code.
pub(super) fn escape(text: &str) -> String {
    let clean = clean_line(text);
    let mut out = String::with_capacity(clean.len());
    let even = clean.matches('`').count().is_multiple_of(2);
    for (at, part) in clean.split('`').enumerate() {
        if at > 0 {
            out.push_str(if even { "`" } else { "'" });
        }
        if even && at % 2 == 1 {
            out.push_str(part);
            continue;
        }
        for c in part.chars() {
            match c {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                // an entity: a backslash does not stop a mention
                '@' => out.push_str("&#64;"),
                '|' | '*' | '_' | '[' | ']' | '#' | '!' | '\\' | '~' => {
                    out.push('\\');
                    out.push(c);
                }
                c => out.push(c),
            }
        }
    }
    out
}

/// Text inside backticks.
pub(super) fn code(text: &str) -> String {
    clean_line(text).replace('`', "'")
}
