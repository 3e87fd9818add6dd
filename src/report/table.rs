//! The terminal table: what a person sees first, at most 80 columns.

use std::io;

use comfy_table::{Cell, ColumnConstraint, Table as Grid, Width, presets};

use super::{FindingRow, Format, Report};
use crate::text::{clean_line, shorten};

/// Format `table`.
pub struct Table;

/// Columns of a terminal that we fill at most.
const WIDTH: u16 = 80;
/// Findings shown; the rest is counted.
const SHOWN: usize = 20;

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
        "{total} components from {} files · {} unreadable",
        report.coverage.files_read,
        report.coverage.failed.len()
    );
    if !report.coverage.partial.is_empty() {
        line.push_str(&format!(" · {} read in part", report.coverage.partial.len()));
    }
    line.push_str(&format!(" · {} of {} owners unknown", report.coverage.owners_unknown, report.coverage.owners_asked));
    wrapped(&line, "", out)?;
    let kinds: Vec<String> = report.coverage.components.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    if !kinds.is_empty() {
        wrapped(&kinds.join(" · "), "", out)?;
    }
    writeln!(out)
}

fn control(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let shares: Vec<String> =
        report.control.iter().take(8).map(|row| format!("{} {}%", row.jurisdiction, row.percent)).collect();
    if shares.is_empty() {
        return Ok(());
    }
    wrapped(&format!("Controlled from   {}", shares.join("  ")), "                  ", out)
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
        wrapped(&line, "                  ", out)?;
    }
    writeln!(out)
}

fn findings(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    if report.findings.is_empty() {
        return writeln!(out, "No findings.\n");
    }
    let mut grid = Grid::new();
    grid.load_style(presets::NOTHING);
    grid.set_width(WIDTH);
    for finding in report.findings.iter().take(SHOWN) {
        let what = shorten(&clean_line(&subject(finding)), 76).into_owned();
        let at = shorten_left(&clean_line(&place(finding)), 76);
        grid.add_row([
            Cell::new(severity(finding)),
            Cell::new(clean_line(&finding.rule)),
            Cell::new(format!("{what}\n{at}")),
        ]);
    }
    for (at, width) in [11, 27, 42].into_iter().enumerate() {
        if let Some(column) = grid.column_mut(at) {
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
            column.set_padding((0, 1));
        }
    }
    for line in grid.to_string().lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    if report.findings.len() > SHOWN {
        writeln!(out, "and {} more; write them all with --output markdown=report.md", report.findings.len() - SHOWN)?;
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

fn subject(finding: &FindingRow) -> String {
    let label = finding
        .witness
        .iter()
        .find(|step| step.component == finding.subject)
        .map_or(finding.subject.as_str(), |step| step.label.as_str());
    let name = label.strip_prefix("pkg:").unwrap_or(label);
    let name = name.split('?').next().unwrap_or(name);
    let aggregated = finding.message.split(" components: ").next().filter(|count| count.parse::<usize>().is_ok());
    aggregated.map_or_else(|| name.to_owned(), |count| format!("{count} components, first {name}"))
}

fn place(finding: &FindingRow) -> String {
    match (finding.primary.line, finding.primary.column) {
        (Some(line), Some(column)) => format!("{}:{line}:{column}", finding.primary.path),
        _ => finding.primary.path.clone(),
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
    if report.diagnostics.is_empty() {
        return Ok(());
    }
    let mut kinds: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for problem in &report.diagnostics {
        *kinds.entry(&problem.kind).or_default() += 1;
    }
    let words: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    wrapped(&format!("Not understood: {}", words.join(" · ")), "  ", out)?;
    for problem in report.diagnostics.iter().take(5) {
        let at = problem.line.map_or_else(String::new, |line| format!(":{line}"));
        wrapped(&format!("  {}{at}: {}", clean_line(&problem.path), clean_line(&problem.message)), "    ", out)?;
    }
    if report.diagnostics.len() > 5 {
        writeln!(out, "  and {} more in every file format", report.diagnostics.len() - 5)?;
    }
    writeln!(out)
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
            out,
        )?;
    }
    let mut line =
        if gate.passed { "Gate: passed".to_owned() } else { format!("Gate: FAILED by {} findings", gate.failing) };
    if gate.failing == 1 {
        "Gate: FAILED by 1 finding".clone_into(&mut line);
    }
    if gate.fail_on.is_empty() {
        line.push_str(" (nothing was asked to fail it)");
    } else {
        line.push_str(&format!(" (--fail-on {})", gate.fail_on.join(",")));
    }
    if gate.waived + gate.baseline > 0 {
        line.push_str(&format!("; {} waived, {} in the baseline", gate.waived, gate.baseline));
    }
    wrapped(&line, "  ", out)?;
    let first = report.findings.first();
    if let Some(finding) = report.findings.iter().find(|finding| finding.state == "failing").or(first) {
        writeln!(out, "Next: sovaudit plan {}", clean_line(&report.target))?;
        writeln!(out, "      sovaudit explain {}", finding.rule)?;
    }
    Ok(())
}

/// Words filled into lines of at most 80 columns.
fn wrapped(text: &str, indent: &str, out: &mut dyn io::Write) -> io::Result<()> {
    let mut line = String::new();
    let mut width = 0;
    for word in text.split_inclusive(' ') {
        let length = word.chars().count();
        if width > indent.chars().count() && width + word.trim_end().chars().count() > usize::from(WIDTH) {
            writeln!(out, "{}", line.trim_end())?;
            indent.clone_into(&mut line);
            width = indent.chars().count();
        }
        line.push_str(word);
        width += length;
    }
    writeln!(out, "{}", line.trim_end())
}
