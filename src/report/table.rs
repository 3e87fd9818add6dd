//! The terminal table: what a person sees first, filled to the terminal's width.

mod unsure;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

use comfy_table::{Cell, ColumnConstraint, Table as Grid, Width, presets};

use self::unsure::not_understood;
use super::words::{members, only, percent, place, several, shown, subject, too_weak};
use super::{FindingRow, Format, Report};
use crate::simulate::units;
use crate::text::{clean_line, count, fill, shorten, thousands};

/// Format `table`.
pub struct Table;

/// Findings shown, of each rule as many as leave room for every other rule; the rest is counted.
const SHOWN: usize = 30;

/// Undecided questions and folders left out that are shown.
const NOTED: usize = 4;

/// Mark, short fingerprint and the spaces around them.
const HANDLE: usize = 12;

/// Indent of the lines under `Controlled from` and `If US is cut off`.
const INDENT: &str = "                  ";

impl Format for Table {
    fn id(&self) -> &'static str {
        "table"
    }

    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        head(report, out)?;
        control(report, out)?;
        survival(report, out)?;
        super::supply::table(report, out)?;
        findings(report, out)?;
        removed(report, out)?;
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
    if let Some(line) = only(&report.coverage) {
        wrapped(&line, "  ", report.width, out)?;
    }
    let kinds: Vec<String> =
        report.coverage.components.iter().map(|(kind, number)| count(*number, kind).replace(' ', "\u{a0}")).collect();
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
    wrapped(&format!("Controlled from   {}", shares.join("  ")), INDENT, report.width, out)?;
    if report.control.iter().map(|row| row.percent).sum::<usize>() > 101 {
        writeln!(out, "                  (a component that answers to two counts for both)")?;
    }
    Ok(())
}

fn survival(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    for row in report.survival.iter().take(3) {
        let count = |word: &str| row.stopped.get(word).copied().unwrap_or(0);
        let mut line = format!(
            "If {} is cut off  at once: {} of {} stop   next deploy: {}   hardware refresh: {}",
            row.without.join(","),
            count("immediate"),
            row.workloads,
            count("next-deploy"),
            count("next-refresh")
        );
        if row.undecided > 0 {
            line.push_str(&format!("   not known: {}", row.undecided));
        }
        // a number stays with its word
        wrapped(&line.replace(": ", ":\u{a0}").replace("not known", "not\u{a0}known"), INDENT, report.width, out)?;
    }
    // where other things than workloads must keep running, the numbers are of all of them
    let is_told = |kinds: &BTreeMap<String, usize>| kinds.len() == 1 && !kinds.contains_key("service");
    if let Some(row) = report.survival.first().filter(|row| !is_told(&row.kinds)) {
        let told = units(row.kinds.iter().map(|(kind, number)| (kind.as_str(), *number)));
        wrapped(&format!("                  of {told}"), INDENT, report.width, out)?;
    }
    if report.survival.is_empty() && report.control.is_empty() { Ok(()) } else { writeln!(out) }
}

/// What `--show-removed` tells: apart, because nothing of it is in a container.
fn removed(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    if report.removed.is_empty() {
        return Ok(());
    }
    let total = count(report.removed.len(), "component");
    writeln!(out, "Removed by later layers, and counted nowhere: {total}")?;
    for row in report.removed.iter().take(SHOWN) {
        let at = row.place.as_ref().map_or_else(String::new, |at| format!("  {}", place(at)));
        wrapped(&clean_line(&format!("  {}{at}", shown(&row.label))), "    ", report.width, out)?;
        for how in &row.how {
            wrapped(&clean_line(&format!("    {how}")), "      ", report.width, out)?;
        }
    }
    if report.removed.len() > SHOWN {
        writeln!(out, "  and {} more; json, markdown and cyclonedx list them all", report.removed.len() - SHOWN)?;
    }
    writeln!(out)
}

/// Findings under their severity and rule, one line each where it fits: mark, first digits of the fingerprint,
/// subject, place.
fn findings(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    if report.findings.is_empty() {
        return writeln!(out, "No findings.\n");
    }
    let groups: Vec<Vec<Vec<&FindingRow>>> = report
        .findings
        .chunk_by(|a, b| (&a.severity, &a.rule) == (&b.severity, &b.rule))
        .map(super::alike::alike)
        .collect();
    let lengths: Vec<usize> = groups.iter().map(Vec::len).collect();
    let first = groups.iter().zip(shares(&lengths)).flat_map(|(group, share)| group.iter().take(share));
    let mut shown: Vec<Shown<'_>> = first.map(|same| Shown::new(same, report.width)).collect();
    tell_apart(&mut shown);
    let room = report.width.saturating_sub(HANDLE);
    let fits = |row: &&Shown<'_>| row.subject.chars().count() + 2 + row.place.chars().count() <= room;
    let column = shown.iter().filter(fits).map(|row| row.subject.chars().count()).max().unwrap_or(0);
    for (group, all) in shown.chunk_by(|a, b| a.heading() == b.heading()).zip(&groups) {
        let (severity, rule) = group[0].heading();
        writeln!(out, "{severity:8}  {}", clean_line(rule))?;
        let mut grid = Grid::new();
        for row in group {
            let left = room.saturating_sub(2 + row.place.chars().count());
            let text = if row.subject.chars().count() <= left {
                // a row that cannot keep the column still keeps its line
                format!("{:1$}  {2}", row.subject, column.min(left), row.place)
            } else {
                format!("{}\n{}", shorten(&row.subject, room), shorten_left(&row.place, room))
            };
            grid.add_row([Cell::new(format!("{} {}", mark(row.finding), handle(row.finding))), Cell::new(text)]);
        }
        print(&mut grid, &[HANDLE, room], out)?;
        let (total, told) =
            (all.iter().map(Vec::len).sum::<usize>(), group.iter().map(|row| row.number).sum::<usize>());
        if total > told {
            let more = thousands((total - told) as u64);
            writeln!(out, "{:HANDLE$}and {more} more of this rule", "")?;
        }
    }
    let told: usize = shown.iter().map(|row| row.number).sum();
    if report.findings.len() > told {
        let all = thousands(report.findings.len() as u64);
        writeln!(out, "{told} of {all} findings shown; write them all with --output markdown=report.md")?;
    } else if shown.len() < told {
        writeln!(out, "one line stands for several findings; --output markdown=report.md names all")?;
    }
    let marks = [
        ("failing", "! fails the gate"),
        ("waived", "w waived"),
        ("decided", "d decided by an analyst"),
        ("baseline", "b known from the baseline"),
        ("too-weak", "~ too weak to fail it"),
    ];
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

/// How many findings of each group are shown: a rule with thousands leaves room for the others, none is left out, and
/// what room is left goes to the most severe.
fn shares(groups: &[usize]) -> Vec<usize> {
    let lines = |share: usize| groups.iter().map(|lines| *lines.min(&share)).sum::<usize>();
    let share = (1..=SHOWN).rev().find(|share| lines(*share) <= SHOWN).unwrap_or(1);
    let mut room = SHOWN.saturating_sub(lines(share));
    let mut give = |lines: &usize| {
        let more = lines.saturating_sub(share).min(room);
        room -= more;
        lines.min(&share) + more
    };
    groups.iter().map(&mut give).collect()
}

/// Prints a grid without lines, its columns as wide as said.
fn print(grid: &mut Grid, widths: &[usize], out: &mut dyn io::Write) -> io::Result<()> {
    grid.load_style(presets::NOTHING);
    for (at, width) in widths.iter().enumerate() {
        if let Some(column) = grid.column_mut(at) {
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(u16::try_from(*width).unwrap_or(80))));
            column.set_padding((0, 0));
        }
    }
    for line in grid.to_string().lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Longest beginning of a message that stands behind a subject.
const BEGIN: usize = 48;

/// A finding with the words of its line.
struct Shown<'a> {
    /// The finding, or the first of several that are alike.
    finding: &'a FindingRow,
    /// How many it stands for.
    number: usize,
    subject: String,
    place: String,
}

impl<'a> Shown<'a> {
    fn new(same: &[&'a FindingRow], width: usize) -> Self {
        let finding = same[0];
        let place = clean_line(&place(&finding.primary)).into_owned();
        let subject = if same.len() > 1 {
            let names: Vec<String> = same.iter().map(|one| subject(one)).collect();
            clean_line(&several(names.iter().map(String::as_str), width.saturating_sub(HANDLE))).into_owned()
        } else if finding.members.is_empty() {
            clean_line(&subject(finding)).into_owned()
        } else {
            clean_line(&members(finding, width.saturating_sub(HANDLE))).into_owned()
        };
        Self { finding, number: same.len(), subject, place }
    }

    fn heading(&self) -> (&'a str, &'a str) {
        (&self.finding.severity, &self.finding.rule)
    }
}

/// Rows of one rule that say the same of the same place get the word in which they differ: the party or place that
/// their path leads to, else the law that they rest on, else what their message begins with.
fn tell_apart(shown: &mut [Shown<'_>]) {
    let mut groups: BTreeMap<(String, String, String), Vec<usize>> = BTreeMap::new();
    for (at, row) in shown.iter().enumerate() {
        let key = (row.finding.rule.clone(), row.subject.clone(), row.place.clone());
        groups.entry(key).or_default().push(at);
    }
    for rows in groups.into_values().filter(|rows| rows.len() > 1) {
        let ends: Vec<String> = rows.iter().map(|at| end(shown[*at].finding)).collect();
        let laws: Vec<String> = rows
            .iter()
            .map(|at| {
                let is_shared =
                    |title: &&String| rows.iter().all(|other| shown[*other].finding.citations.contains(title));
                let own = shown[*at].finding.citations.iter().find(|title| !is_shared(title));
                own.cloned().unwrap_or_default()
            })
            .collect();
        let differ = |words: &[String]| {
            let different: BTreeSet<&String> = words.iter().collect();
            different.len() == words.len() && !words.iter().any(String::is_empty)
        };
        let begin = |at: &usize| shown[*at].finding.message.split_once(": ").map(|(begin, _)| begin);
        let begins = rows.iter().map(|at| begin(at).filter(|text| text.len() <= BEGIN).unwrap_or_default().to_owned());
        let begins: Vec<String> = begins.collect();
        let Some(words) = [ends, laws, begins].into_iter().find(|words| differ(words)) else { continue };
        for (at, word) in rows.into_iter().zip(words) {
            shown[at].subject.push_str(&format!(" ({})", clean_line(&word)));
        }
    }
}

/// What a finding's path leads to.
fn end(finding: &FindingRow) -> String {
    finding.witness.last().map_or_else(String::new, |step| step.label.clone())
}

/// What became of a finding at the gate.
fn mark(finding: &FindingRow) -> char {
    match finding.state.as_str() {
        "failing" => '!',
        "waived" => 'w',
        "decided" => 'd',
        "baseline" => 'b',
        "too-weak" => '~',
        _ => ' ',
    }
}

/// Digits that name a finding for `explain`.
fn handle(finding: &FindingRow) -> &str {
    finding.fingerprint.get(..8).unwrap_or(&finding.fingerprint)
}

/// At most `max` characters, the end kept: the end of a path tells more than its beginning.
fn shorten_left(text: &str, max: usize) -> String {
    let count = text.chars().count();
    if count <= max {
        return text.to_owned();
    }
    std::iter::once('…').chain(text.chars().skip(count + 1 - max)).collect()
}

/// Which lists were asked: a selection is no list.
fn lists(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let own: usize = report.lists.iter().filter(|row| !row.imported).map(|row| row.parties).sum();
    let imported: Vec<String> = report
        .lists
        .iter()
        .filter(|row| row.imported)
        .map(|row| {
            let how = if row.day_unknown { ", day unknown, imported" } else { " of" };
            format!("{} ({}{how} {})", row.list, thousands(row.parties as u64), row.seen.as_deref().unwrap_or("?"))
        })
        .collect();
    let line = if imported.is_empty() {
        format!("Lists: {own} entries that come with the rules, a selection; whole lists: sovaudit rules import")
    } else {
        format!("Lists: {}; {own} entries that come with the rules", imported.join(", "))
    };
    wrapped(&clean_line(&line), "  ", report.width, out)?;
    writeln!(out)
}

fn gate(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    lists(report, out)?;
    let gate = &report.gate;
    for row in report.overrides.iter().take(NOTED) {
        let line = format!("Replaced: {} by {} of {}", row.entry, row.file, row.layer);
        wrapped(&clean_line(&line), "  ", report.width, out)?;
    }
    if report.overrides.len() > NOTED {
        writeln!(out, "and {} more entries of the rules replaced", report.overrides.len() - NOTED)?;
    }
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
    for note in &gate.decision_notes {
        wrapped(&clean_line(&format!("Note: {note}")), "  ", report.width, out)?;
    }
    super::failure::write(report, out)?;
    let mut line = match gate.passed {
        true => "Gate: passed".to_owned(),
        false => format!("Gate: FAILED by {}", count(gate.failing, "finding")),
    };
    if gate.fail_on.is_empty() {
        line.push_str(" (nothing was asked to fail it)");
    } else {
        line.push_str(&format!(" (--fail-on {})", gate.fail_on.join(",")));
    }
    if gate.decided > 0 {
        line.push_str(&format!("; {} decided by analysts", gate.decided));
    }
    if gate.waived + gate.baseline > 0 {
        line.push_str(&format!("; {} waived, {} in the baseline", gate.waived, gate.baseline));
    }
    wrapped(&line, "  ", report.width, out)?;
    if let Some(words) = too_weak(gate) {
        wrapped(&format!("      {words}"), "      ", report.width, out)?;
    }
    for finding in report.findings.iter().filter(|finding| finding.state == "failing") {
        if let Some((_, left)) = finding.state_reason.as_deref().and_then(|reason| reason.split_once(": "))
            && !finding.members.is_empty()
        {
            wrapped(&clean_line(&format!("      {}: {left}", finding.rule)), "        ", report.width, out)?;
        }
    }
    let of_state = |state: &str| report.findings.iter().find(|finding| finding.state == state);
    if let Some(finding) = of_state("failing").or_else(|| of_state("too-weak")).or_else(|| of_state("open")) {
        let asked = clean_line(&format!("{}{}", report.target, report.options)).into_owned();
        writeln!(out, "Next: sovaudit plan {asked}")?;
        writeln!(out, "      sovaudit explain {}", finding.rule)?;
        writeln!(out, "      sovaudit explain {} {asked}", handle(finding))?;
    }
    Ok(())
}

/// Fills a text; a word for which no line has room loses its middle, JSON has it whole.
fn wrapped(text: &str, indent: &str, columns: usize, out: &mut dyn io::Write) -> io::Result<()> {
    let room = columns.saturating_sub(indent.len());
    if text.split(' ').all(|word| word.chars().count() <= room) {
        return out.write_all(fill(text, "", indent, columns).as_bytes());
    }
    let words: Vec<_> = text.split(' ').map(|word| shorten_middle(word, room)).collect();
    out.write_all(fill(&words.join(" "), "", indent, columns).as_bytes())
}

/// The beginning and the end of a word.
fn shorten_middle(word: &str, room: usize) -> Cow<'_, str> {
    let length = word.chars().count();
    if length <= room || room < 3 {
        return Cow::Borrowed(word);
    }
    let (head, tail) = (room / 2, room - room / 2 - 1);
    let words = word.chars().take(head).chain(['…']).chain(word.chars().skip(length - tail));
    Cow::Owned(words.collect())
}
