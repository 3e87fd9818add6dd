//! What the table says of what was not understood, not decided and not entered.

use std::collections::BTreeMap;
use std::io;

use super::{NOTED, wrapped};
use crate::report::words::undecided_components;
use crate::report::{DiagnosticRow, Report};
use crate::text::{clean_line, count};

/// Problems that the table tells; other formats list all.
const PROBLEMS: usize = 5;

/// Kinds of problems, those first that cost most: our own mistakes, what was lost, what disagrees.
const WEIGHTS: [&str; 11] = [
    "internal",
    "unreadable",
    "malformed",
    "limit-reached",
    "incomplete",
    "unsupported",
    "conflict",
    "stale",
    "unresolved",
    "left-out",
    "link",
];

/// Place of a kind among [`WEIGHTS`].
fn weight(kind: &str) -> usize {
    WEIGHTS.iter().position(|known| *known == kind).unwrap_or(WEIGHTS.len())
}

pub(super) fn not_understood(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    undecided(report, out)?;
    if report.diagnostics.is_empty() {
        return Ok(());
    }
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for problem in &report.diagnostics {
        *kinds.entry(&problem.kind).or_default() += 1;
    }
    let mut kinds: Vec<(&str, usize)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(kind, _)| weight(kind));
    let words: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    wrapped(&format!("Not understood: {}", words.join(" · ")), "  ", report.width, out)?;
    // what is said of many files is said once, at the first of them
    let mut same: BTreeMap<&str, usize> = BTreeMap::new();
    for problem in &report.diagnostics {
        *same.entry(&problem.message).or_default() += 1;
    }
    let mut problems: Vec<&DiagnosticRow> = report.diagnostics.iter().collect();
    problems.sort_by_key(|problem| weight(&problem.kind));
    let (mut told, mut rows) = (0, 0);
    for problem in problems {
        let Some(number) = same.remove(problem.message.as_str()) else { continue };
        if rows == PROBLEMS {
            break;
        }
        rows += 1;
        told += number;
        let at = problem.line.map_or_else(String::new, |line| format!(":{line}"));
        let more = if number > 1 { format!(" and {} more", number - 1) } else { String::new() };
        let line = format!("  {}{at}{more}: {}", clean_line(&problem.path), clean_line(&problem.message));
        wrapped(&line, "    ", report.width, out)?;
    }
    if report.diagnostics.len() > told {
        writeln!(out, "  and {} more; json, sarif and markdown list them all", report.diagnostics.len() - told)?;
    } else if told > rows {
        writeln!(out, "  json, sarif and markdown list them all")?;
    }
    writeln!(out)
}

/// What rules could not decide, and folders that were not entered.
fn undecided(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut reasons: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for row in &report.undecided {
        reasons.entry((&row.reason, undecided_components(row))).or_default().push(&row.rule);
    }
    for ((reason, components), rules) in reasons.iter().take(NOTED) {
        let line = format!("Not decided: {reason} ({}): {}", clean_line(components), rules.join(", "));
        wrapped(&line, "  ", report.width, out)?;
    }
    if reasons.len() > NOTED {
        let more = reasons.len() - NOTED;
        writeln!(out, "and {} why rules could not decide", count(more, "more reason"))?;
    }
    let folders = &report.coverage.skipped_folders;
    if !folders.is_empty() {
        let names: Vec<String> = folders.iter().take(NOTED).map(|path| clean_line(path).into_owned()).collect();
        let more = if folders.len() > NOTED { format!(" and {} more", folders.len() - NOTED) } else { String::new() };
        wrapped(&format!("Not entered: {}{more}", names.join(", ")), "  ", report.width, out)?;
    }
    if !(report.undecided.is_empty() && folders.is_empty()) {
        writeln!(out)?;
    }
    Ok(())
}
