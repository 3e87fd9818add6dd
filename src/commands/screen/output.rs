//! What was found, in every form.

use std::io;

use anyhow::bail;
use serde_json::json;

use super::{extent, json, rows};
use crate::cli::ScreenArgs;
use crate::model::Date;
use crate::screening::evidence::Bearing;
use crate::screening::gate::Outcome;
use crate::screening::level::ways;
use crate::screening::{Hit, Level, Query};
use crate::text::{clean_line, fill, hex, plural, thousands};

const NOTICE: &str = "A hit is a question, not an answer. No legal advice.";

/// A hit with what it means.
pub(super) struct Judged {
    pub(super) hit: Hit,
    pub(super) consequence: String,
    pub(super) outcome: Outcome,
    pub(super) unsure: Option<&'static str>,
    /// The entry surely held, and is checked.
    pub(super) is_sure: bool,
    /// SHA-256 of the entry, for decisions about it.
    pub(super) digest: [u8; 32],
    /// What analysts decided about subject and entry.
    pub(super) decision: Option<String>,
}

impl Judged {
    /// It may be the party and the list blocks, which passes all the same.
    fn needs_person(&self) -> bool {
        let is_open = self.hit.level == Level::Possible && self.consequence == "block";
        is_open && self.is_sure && self.outcome == Outcome::Warn
    }
}

/// A subject with its hits.
pub(super) struct Answer<'a> {
    pub(super) query: &'a Query,
    pub(super) hits: Vec<Judged>,
    pub(super) hidden: Hidden,
}

/// Hits of the lowest level, which the table leaves out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hidden {
    hits: usize,
    /// Evidence speaks against every one of them.
    contradicted: bool,
}

impl Hidden {
    pub(super) fn of(all: &[Judged]) -> Self {
        let contradicted = |found: &Judged| found.hit.pieces.iter().any(|piece| piece.bearing == Bearing::Against);
        Self { hits: all.len(), contradicted: all.iter().all(contradicted) }
    }

    /// What is told of them where nothing else was found.
    fn told(self) -> String {
        let Self { hits, contradicted } = self;
        let what = if contradicted { " that something speaks against" } else { " of level info" };
        match hits {
            0 => String::new(),
            1 => format!(" (1 hit{what}; --all shows it)"),
            _ => format!(" ({hits} hits{what}; --all shows them)"),
        }
    }
}

/// A form of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Table,
    Json,
    JsonLines,
    Csv,
}

impl Form {
    /// The form of a word.
    pub(super) fn named(word: &str) -> anyhow::Result<Self> {
        Ok(match word {
            "table" => Self::Table,
            "json" => Self::Json,
            "jsonl" => Self::JsonLines,
            "csv" => Self::Csv,
            _ => bail!("there is no format `{word}`; choose one of table, json, jsonl, csv"),
        })
    }

    pub(super) fn is_for_machines(self) -> bool {
        self != Self::Table
    }
}

/// What is screened against.
pub(super) struct Against {
    pub(super) lists: String,
    /// How much there is of each of them.
    pub(super) extents: Vec<extent::Asked>,
    /// Parties of these lists.
    pub(super) parties: usize,
    pub(super) as_of: Date,
}

/// Writes answers one after the other.
pub(super) struct Writer<'a> {
    form: Form,
    out: &'a mut dyn io::Write,
    width: usize,
    subjects: usize,
    with_hits: usize,
    hits: usize,
    need_person: usize,
    /// Marks that were used.
    failing: bool,
    warning: bool,
    against: Against,
    threshold: f32,
    /// Show digests of entries, for decisions.
    all: bool,
    /// What is written next.
    text: Vec<u8>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        form: Form,
        out: &'a mut dyn io::Write,
        against: Against,
        arguments: &ScreenArgs,
    ) -> anyhow::Result<Self> {
        let writer = Self {
            form,
            out,
            width: super::super::terminal_width(),
            subjects: 0,
            with_hits: 0,
            hits: 0,
            need_person: 0,
            failing: false,
            warning: false,
            against,
            threshold: arguments.threshold,
            all: arguments.all,
            text: Vec::new(),
        };
        match form {
            Form::Json => write!(writer.out, "{{\"subjects\":[")?,
            Form::Csv => rows::csv_row(writer.out, &rows::COLUMNS.map(str::to_owned))?,
            _ => {}
        }
        Ok(writer)
    }

    pub(super) fn answer(&mut self, answer: &Answer<'_>) -> anyhow::Result<()> {
        self.subjects += 1;
        self.hits += answer.hits.len();
        self.with_hits += usize::from(!answer.hits.is_empty());
        self.need_person += answer.hits.iter().filter(|hit| hit.needs_person()).count();
        match self.form {
            Form::Table => self.table(answer)?,
            Form::JsonLines => {
                json::write(answer, extent::least(&self.against.extents), &mut self.text)?;
                self.text.push(b'\n');
                self.out.write_all(&self.text)?;
            }
            Form::Json => {
                if self.subjects > 1 {
                    writeln!(self.out, ",")?;
                }
                json::write(answer, extent::least(&self.against.extents), &mut self.text)?;
                self.out.write_all(&self.text)?;
            }
            Form::Csv => {
                let least = extent::least(&self.against.extents);
                if answer.hits.is_empty() {
                    rows::csv_row(self.out, &rows::nothing(answer.query, least))?;
                }
                for judged in &answer.hits {
                    rows::csv_row(self.out, &rows::hit(answer.query, judged, least))?;
                }
            }
        }
        Ok(())
    }

    /// Ends the output; `unread` subjects could not be read.
    pub(super) fn finish(&mut self, failed: bool, unread: u64) -> anyhow::Result<()> {
        let gate = match (failed, unread) {
            (true, _) => "failed",
            (false, 0) => "passed",
            _ => "incomplete",
        };
        match self.form {
            Form::Table => {
                let told = format!(
                    "{} screened against {} of {} on {}: {} with {}.",
                    count(self.subjects, "subject"),
                    count(self.against.parties, "listed party"),
                    self.against.lists,
                    self.against.as_of,
                    thousands(self.with_hits as u64),
                    count(self.hits, "hit"),
                );
                let legend = [(self.failing, "! fails the gate"), (self.warning, "w is a warning")];
                let legend: Vec<&str> = legend.iter().filter(|(is_used, _)| *is_used).map(|(_, text)| *text).collect();
                if !legend.is_empty() {
                    writeln!(self.out, "{}", legend.join(", "))?;
                }
                write!(self.out, "{}", fill(&told, "", "", self.width))?;
                if let Some(words) = extent::told(&self.against.extents) {
                    let words = clean_line(&format!("Lists: {words}")).into_owned();
                    write!(self.out, "{}", fill(&words, "", "  ", self.width))?;
                }
                write!(self.out, "{}", fill(&self.gate(gate, unread), "", "  ", self.width))?;
                write!(self.out, "{}", fill(NOTICE, "", "", self.width))?;
            }
            Form::Json => {
                let end = json!({
                    "as_of": self.against.as_of, "lists": self.against.lists, "parties": self.against.parties,
                    "extent": extent::least(&self.against.extents), "extents": self.against.extents,
                    "threshold": json::round(self.threshold), "gate": gate, "need_person": self.need_person,
                    "unread": unread, "notice": NOTICE,
                });
                writeln!(self.out, "],\"screening\":{end}}}")?;
            }
            _ => {}
        }
        self.out.flush()?;
        Ok(())
    }

    fn gate(&self, gate: &str, unread: u64) -> String {
        let mut text = format!("Gate: {gate}");
        if unread > 0 {
            let subjects = plural(usize::try_from(unread).unwrap_or(usize::MAX), "subject");
            text.push_str(&format!("; {} {subjects} could not be read", thousands(unread)));
        }
        if self.need_person > 0 {
            let need = if self.need_person == 1 { "needs" } else { "need" };
            text.push_str(&format!("; {} {need} a person (--strict fails on them)", count(self.need_person, "hit")));
        }
        text
    }

    fn table(&mut self, answer: &Answer<'_>) -> io::Result<()> {
        let mut name = clean_line(&answer.query.name).into_owned();
        if name.is_empty() {
            name = clean_line(&super::remarks::keys(&answer.query.keys).join(", ")).into_owned();
        }
        if answer.hits.is_empty() {
            let text = format!("{name}: nothing found{}", answer.hidden.told());
            return write!(self.out, "{}", fill(&text, "", "  ", self.width));
        }
        write!(self.out, "{}", fill(&name, "", "  ", self.width))?;
        for (at, judged) in answer.hits.iter().enumerate() {
            let mut lines = String::new();
            for (first, text) in told(judged, at == 0, self.all) {
                let first = format!("    {first:9} ");
                lines.push_str(&fill(&text, &first, &" ".repeat(14), self.width));
            }
            let hit = &judged.hit;
            self.failing |= judged.outcome == Outcome::Fail;
            self.warning |= judged.outcome == Outcome::Warn;
            let mark = match judged.outcome {
                Outcome::Fail => "!",
                Outcome::Warn => "w",
                Outcome::Info => " ",
            };
            let by_key = hit.name.is_none() && hit.score == 0.0;
            let head = format!(
                "{} {}  {}: {}",
                hit.level.word(),
                if by_key { "by key".to_owned() } else { format!("{:.2}", hit.score) },
                clean_line(&hit.party.list),
                clean_line(hit.party.name())
            );
            write!(self.out, "{}{lines}", fill(&head, &format!("  {mark} "), "    ", self.width))?;
        }
        Ok(())
    }
}

/// What is told of a hit: label and text. What would raise or lower it is told of the first hit only.
fn told(judged: &Judged, is_first: bool, with_digest: bool) -> Vec<(&'static str, String)> {
    let hit = &judged.hit;
    let party = &hit.party;
    let mut all = Vec::new();
    if hit.name.is_some() {
        all.push(("name", format!("`{}`", clean_line(hit.listed_name()))));
    }
    let mut entry = format!("{} ({})", clean_line(&party.entry), judged.consequence);
    let programmes: Vec<&str> = party.programmes.iter().map(AsRef::as_ref).collect();
    if !programmes.is_empty() {
        entry.push_str(&format!(", {}", clean_line(&programmes.join(", "))));
    }
    match (party.listed, party.delisted) {
        (Some(from), Some(to)) => entry.push_str(&format!(", {from} until {to}")),
        (Some(from), None) => entry.push_str(&format!(", since {from}")),
        _ => {}
    }
    all.push(("entry", entry));
    if let Some(citation) = &party.citation {
        all.push(("by", clean_line(citation).into_owned()));
    }
    if let Some(parts) = &hit.parts {
        let mut factors = vec![format!("words {:.2}", parts.coverage), format!("spelling {:.2}", parts.likeness)];
        let others = [("numbers", parts.numbers), ("legal form", parts.legal), ("one word", parts.short)];
        factors
            .extend(others.iter().filter(|(_, value)| *value < 1.0).map(|(name, value)| format!("{name} {value:.2}")));
        all.push(("score", factors.join(", ")));
    }
    for piece in &hit.pieces {
        let bearing = word(&piece.bearing);
        all.push((
            if piece.what == crate::screening::evidence::What::Key { "key" } else { "evidence" },
            format!("{} {bearing}: {}", word(&piece.what), clean_line(&piece.detail)),
        ));
    }
    if !hit.flags.is_empty() {
        all.push(("flags", hit.flags.iter().map(word).collect::<Vec<_>>().join(", ")));
    }
    if let Some(why) = judged.unsure {
        all.push(("dates", format!("{why}: it may not have held on that day")));
    }
    if with_digest {
        all.push(("sha256", hex(&judged.digest)));
    }
    if let Some(decision) = &judged.decision {
        all.push(("decided", clean_line(decision).into_owned()));
    }
    let (up, down) = ways(&hit.facts, &hit.pieces, hit.level);
    if is_first && !up.is_empty() {
        all.push(("raised by", up.join("; ")));
    }
    if is_first && !down.is_empty() {
        all.push(("lowered by", down.join("; ")));
    }
    all
}

/// A number, digits in groups, with its noun.
fn count(number: usize, noun: &str) -> String {
    format!("{} {}", thousands(number as u64), plural(number, noun))
}

/// The word of a value as it stands in JSON.
pub(super) fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
