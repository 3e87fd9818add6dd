//! What fails the gate, told whole: the party and its list entry, the way in, and the ways out.

use std::io;

use super::words::{place, shown, subject};
use super::{FindingRow, Report};
use crate::model::Date;
use crate::text::{clean_line, count, fill};

/// Failing findings that are told whole; the rest is counted.
const TOLD: usize = 3;

/// Entries of lists and replacements that are shown.
const NAMED: usize = 4;

const INDENT: &str = "            ";

/// Days for which the sample waiver holds.
const WAIVER_DAYS: u32 = 60;

/// Writes why the gate fails, worst findings first.
pub(super) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let failing: Vec<&FindingRow> = report.findings.iter().filter(|finding| finding.state == "failing").collect();
    for finding in failing.iter().take(TOLD) {
        one(finding, report, out)?;
    }
    if failing.len() > TOLD {
        let more = failing.len() - TOLD;
        writeln!(out, "and {} that fails the gate; `sovaudit explain` tells each\n", count(more, "more finding"))?;
    }
    Ok(())
}

fn one(finding: &FindingRow, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let reason = finding.state_reason.as_deref().unwrap_or_default();
    let mut part = |name: &str, text: &str| -> io::Result<()> {
        let first = format!("  {name:10}");
        out.write_all(fill(&clean_line(text), &first, INDENT, report.width).as_bytes())
    };
    part("Fails", &format!("{} ({}, {reason})", subject(finding), finding.rule))?;
    part("Why", &finding.message)?;
    for listed in finding.listed.iter().take(NAMED) {
        let entry = format!(" entry {},", listed.entry.as_ref().unwrap_or(&listed.id));
        let law = listed.citation.as_ref().map_or_else(String::new, |law| format!("; {law}"));
        part("Entry", &format!("{}{entry} {}, {}{law}", listed.list, listed.party, listed.dates))?;
    }
    if finding.listed.is_empty() {
        part("Basis", &finding.citations.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join("; "))?;
    }
    for (at, line) in way_in(finding).iter().enumerate() {
        part(if at == 0 { "Way in" } else { "" }, line)?;
    }
    for note in finding.notes.iter().take(NAMED) {
        part("Note", note)?;
    }
    for (at, line) in ways_out(finding).iter().enumerate() {
        part(if at == 0 { "Ways out" } else { "" }, line)?;
    }
    // lines of their own, so that they can be pasted
    let expires = Date::parse(&report.as_of).map(|day| day.days_later(WAIVER_DAYS).to_string());
    let expires = expires.unwrap_or_else(|| "YYYY-MM-DD".to_owned());
    let mut lists: Vec<String> = finding.listed.iter().map(|listed| format!("\"{}\"", listed.list)).collect();
    lists.sort_unstable();
    lists.dedup();
    let lists = (!lists.is_empty()).then(|| format!("lists = [{}]", lists.join(", ")));
    let mut lines = vec!["[[waiver]]".to_owned(), format!("fingerprint = \"{}\"", finding.fingerprint)];
    // of many components one is named: what comes later is not accepted unseen
    let left = finding.members.iter().find(|member| member.state == "open");
    lines.extend(left.map(|row| {
        // an id that is equal counts before any pattern
        let id = row.member.component.as_str();
        let is_pattern = globset::Glob::new(id).is_ok();
        let id = if is_pattern { id.to_owned() } else { globset::escape(&id.replace('\\', "\\\\")) };
        format!("subject = {}  # for each component; without this line, all", toml::Value::String(id))
    }));
    lines.extend(lists);
    lines.extend(["reason = \"…\"".to_owned(), "owner = \"…\"".to_owned(), format!("expires = {expires}")]);
    lines.iter().try_for_each(|line| writeln!(out, "{INDENT}{line}"))?;
    writeln!(out)
}

/// From something of ours to the subject: each relation with the line that states it.
fn way_in(finding: &FindingRow) -> Vec<String> {
    let own = finding.witness.iter().position(|step| step.component == finding.subject).unwrap_or(0);
    let steps = finding.witness.iter().take(own + 1);
    let line = |step: &super::StepRow| {
        let relation = step.relation.as_ref().map_or_else(String::new, |word| format!("{} ", word.replace('-', " ")));
        let at = step.place.as_ref().map_or_else(String::new, |at| format!("  ({})", place(at)));
        format!("{relation}{}{at}", shown(&step.label))
    };
    steps.map(line).collect()
}

fn ways_out(finding: &FindingRow) -> Vec<String> {
    let mut ways = Vec::new();
    if !finding.alternatives.is_empty() {
        let named: Vec<&str> = finding.alternatives.iter().take(NAMED).map(String::as_str).collect();
        ways.push(format!("replace it with {}", named.join(", or ")));
    }
    // what we ask for ourselves is the second step; the subject itself may be it
    let own = finding.witness.iter().position(|step| step.component == finding.subject).unwrap_or(0);
    if let Some(step) = finding.witness.get(1).filter(|_| own > 1 && !finding.direct) {
        let at = step.place.as_ref().map_or_else(String::new, |at| format!(" ({})", place(at)));
        ways.push(format!("update, replace or remove {}{at}, which brings it in", shown(&step.label)));
    }
    ways.push(finding.remedy.clone());
    if !finding.listed.is_empty() {
        ways.push("or record an analyst's decision about each entry (--decisions FILE, docs/screening.md)".to_owned());
    }
    ways.push("or accept it in sovaudit.toml:".to_owned());
    ways
}
