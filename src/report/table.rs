//! The terminal table: what a person sees first, at most 80 columns.

use std::io;

use comfy_table::{Cell, ColumnConstraint, Table as Grid, Width, presets};

use super::words::{count, percent, place, subject, too_weak};
use super::{FindingRow, Format, Report};
use crate::text::{clean_line, shorten};

/// Format `table`.
pub struct Table;

/// Findings shown; the rest is counted.
const SHOWN: usize = 20;

/// Columns for the severity and its mark.
const MARKS: usize = 11;

/// Columns for the rule, when it stands beside its subject.
const RULE: usize = 27;

/// Undecided questions and folders left out that are shown.
const NOTED: usize = 4;

impl Format for Table {
    fn id(&self) -> &'static str {
        "table"
    }

    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        head(report, out)?;
        control(report, out)?;
        survival(report, out)?;
        findings(report, out)?;
        not_understood(report, out)?;
        gate(report, out)
    }
}

fn head(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "sovaudit {} · rules {} · profile {} · as of {}",
        report.version, report.rules, report.profile, report.as_of
    )?;
    let total: usize = report.coverage.components.values().sum();
    let mut line = format!(
        "{} from {} · {} unreadable",
        count(total, "component"),
        count(report.coverage.files_read, "file"),
        report.coverage.failed.len()
    );
    if !report.coverage.partial.is_empty() {
        line.push_str(&format!(" · {} read in part", report.coverage.partial.len()));
    }
    line.push_str(&format!(" · {} of {} owners unknown", report.coverage.owners_unknown, report.coverage.owners_asked));
    wrapped(&line, "", report.width, out)?;
    let kinds: Vec<String> = report.coverage.components.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    if !kinds.is_empty() {
        wrapped(&kinds.join(" · "), "", report.width, out)?;
    }
    if total == 0 {
        let hint =
            "Nothing was recognised here. Is it the right folder? docs/scanners.md lists every file that is read.";
        wrapped(hint, "", report.width, out)?;
    }
    writeln!(out)
}

fn control(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let shares: Vec<String> =
        report.control.iter().take(8).map(|row| format!("{} {}", row.jurisdiction, percent(row))).collect();
    if shares.is_empty() {
        return Ok(());
    }
    wrapped(&format!("Controlled from   {}", shares.join("  ")), "                  ", report.width, out)?;
    if report.control.iter().map(|row| row.percent).sum::<usize>() > 101 {
        writeln!(out, "                  (a component that answers to two counts for both)")?;
    }
    Ok(())
}

fn survival(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    for row in report.survival.iter().take(3) {
        let count = |word: &str| row.stopped.get(word).copied().unwrap_or(0);
        let mut line = format!(
            "If {} is cut off  immediately: {} of {} stop   next deploy: {}   hardware refresh: {}",
            row.without.join(","),
            count("immediate"),
            row.workloads,
            count("next-deploy"),
            count("next-refresh")
        );
        if row.undecided > 0 {
            line.push_str(&format!("   not known: {}", row.undecided));
        }
        wrapped(&line, "                  ", report.width, out)?;
    }
    if report.survival.is_empty() && report.control.is_empty() { Ok(()) } else { writeln!(out) }
}

fn findings(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    if report.findings.is_empty() {
        return writeln!(out, "No findings.\n");
    }
    let mut grid = Grid::new();
    grid.load_style(presets::NOTHING);
    grid.set_width(u16::try_from(report.width).unwrap_or(80));
    let shown = || report.findings.iter().take(SHOWN);
    let rest = report.width.saturating_sub(MARKS);
    for finding in shown() {
        let what = shorten(&clean_line(&subject(finding)), rest).into_owned();
        let at = shorten_left(&clean_line(&place(&finding.primary)), rest);
        let rule = clean_line(&finding.rule);
        // a rule id is copied into other commands: it never breaks
        let aside = rule.chars().count() < RULE && RULE + what.chars().count().max(at.chars().count()) <= rest;
        let text =
            if aside { format!("{rule:RULE$}{what}\n{:RULE$}{at}", "") } else { format!("{rule}\n{what}\n{at}") };
        grid.add_row([Cell::new(severity(finding)), Cell::new(text)]);
    }
    for (at, width) in [MARKS, rest].into_iter().enumerate() {
        if let Some(column) = grid.column_mut(at) {
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(u16::try_from(width).unwrap_or(80))));
            column.set_padding((0, 0));
        }
    }
    for line in grid.to_string().lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    if report.findings.len() > SHOWN {
        writeln!(out, "and {} more; write them all with --output markdown=report.md", report.findings.len() - SHOWN)?;
    }
    let marks = [("failing", "! fails the gate"), ("waived", "w waived"), ("baseline", "b known from the baseline")];
    let used: Vec<&str> = marks
        .iter()
        .filter(|(state, _)| report.findings.iter().any(|finding| finding.state == *state))
        .map(|(_, words)| *words)
        .collect();
    if !used.is_empty() {
        writeln!(out, "({})", used.join(", "))?;
    }
    writeln!(out)
}

/// A mark for what fails the gate.
fn severity(finding: &FindingRow) -> String {
    match finding.state.as_str() {
        "failing" => format!("{} !", finding.severity),
        "waived" => format!("{} w", finding.severity),
        "baseline" => format!("{} b", finding.severity),
        _ => finding.severity.clone(),
    }
}

/// At most `max` characters, the end kept: the end of a path tells more than its beginning.
fn shorten_left(text: &str, max: usize) -> String {
    let count = text.chars().count();
    if count <= max {
        return text.to_owned();
    }
    std::iter::once('…').chain(text.chars().skip(count + 1 - max)).collect()
}

fn not_understood(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    undecided(report, out)?;
    if report.diagnostics.is_empty() {
        return Ok(());
    }
    let mut kinds: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for problem in &report.diagnostics {
        *kinds.entry(&problem.kind).or_default() += 1;
    }
    let words: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    wrapped(&format!("Not understood: {}", words.join(" · ")), "  ", report.width, out)?;
    for problem in report.diagnostics.iter().take(5) {
        let at = problem.line.map_or_else(String::new, |line| format!(":{line}"));
        wrapped(
            &format!("  {}{at}: {}", clean_line(&problem.path), clean_line(&problem.message)),
            "    ",
            report.width,
            out,
        )?;
    }
    if report.diagnostics.len() > 5 {
        writeln!(out, "  and {} more; json, sarif and markdown list them all", report.diagnostics.len() - 5)?;
    }
    writeln!(out)
}

/// What rules could not decide, and folders that were not entered.
fn undecided(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    for row in report.undecided.iter().take(NOTED) {
        let line = format!("Not decided: {}: {} ({})", row.rule, row.reason, count(row.components, "component"));
        wrapped(&line, "  ", report.width, out)?;
    }
    if report.undecided.len() > NOTED {
        writeln!(out, "and {} more reasons why rules could not decide", report.undecided.len() - NOTED)?;
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

fn gate(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let gate = &report.gate;
    for row in gate.waivers.iter().filter(|row| row.state != "used") {
        wrapped(
            &format!(
                "Waiver {}: {} ({}, until {})",
                row.state,
                clean_line(&row.covers),
                clean_line(&row.owner),
                row.expires
            ),
            "  ",
            report.width,
            out,
        )?;
    }
    let mut line = match gate.passed {
        true => "Gate: passed".to_owned(),
        false => format!("Gate: FAILED by {}", count(gate.failing, "finding")),
    };
    if gate.fail_on.is_empty() {
        line.push_str(" (nothing was asked to fail it)");
    } else {
        line.push_str(&format!(" (--fail-on {})", gate.fail_on.join(",")));
    }
    if gate.waived + gate.baseline > 0 {
        line.push_str(&format!("; {} waived, {} in the baseline", gate.waived, gate.baseline));
    }
    wrapped(&line, "  ", report.width, out)?;
    if let Some(words) = too_weak(gate) {
        wrapped(&format!("      {words}"), "      ", report.width, out)?;
    }
    let of_state = |state: &str| report.findings.iter().find(|finding| finding.state == state);
    if let Some(finding) = of_state("failing").or_else(|| of_state("open")) {
        writeln!(out, "Next: sovaudit plan {}", clean_line(&report.target))?;
        let short: String = finding.fingerprint.chars().take(8).collect();
        writeln!(out, "      sovaudit explain {}", finding.rule)?;
        writeln!(out, "      sovaudit explain {short} {}", clean_line(&report.target))?;
    }
    Ok(())
}

/// Words filled into lines of at most `columns`.
pub(crate) fn wrapped(text: &str, indent: &str, columns: usize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut line = String::new();
    let mut width = 0;
    for word in text.split_inclusive(' ') {
        let length = word.chars().count();
        if width > indent.chars().count() && width + word.trim_end().chars().count() > columns {
            writeln!(out, "{}", line.trim_end())?;
            indent.clone_into(&mut line);
            width = indent.chars().count();
        }
        line.push_str(word);
        width += length;
    }
    writeln!(out, "{}", line.trim_end())
}
