//! What was found, in every form.

use std::io;

use anyhow::bail;
use serde_json::{Value, json};

use crate::cli::ScreenArgs;
use crate::model::Date;
use crate::screening::evidence::Bearing;
use crate::screening::gate::Outcome;
use crate::screening::level::ways;
use crate::screening::query::kind_word;
use crate::screening::{Hit, Query, Screener};
use crate::text::{clean_line, count, fill, hex};

const NOTICE: &str = "A hit is a question, not an answer. No legal advice.";

/// A hit with what it means.
pub(super) struct Judged {
    pub(super) hit: Hit,
    pub(super) consequence: String,
    pub(super) outcome: Outcome,
    pub(super) unsure: Option<&'static str>,
    /// SHA-256 of the entry, for decisions about it.
    pub(super) digest: [u8; 32],
    /// What analysts decided about subject and entry.
    pub(super) decision: Option<String>,
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

/// Writes answers one after the other.
pub(super) struct Writer<'a> {
    form: Form,
    out: &'a mut dyn io::Write,
    width: usize,
    subjects: u64,
    with_hits: u64,
    hits: u64,
    against: String,
    as_of: Date,
    listed: usize,
    threshold: f32,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        form: Form,
        out: &'a mut dyn io::Write,
        as_of: Date,
        screener: &Screener<'_>,
        arguments: &ScreenArgs,
    ) -> anyhow::Result<Self> {
        let lists: Vec<String> = screener.lists().into_iter().collect();
        let against = lists.join(", ");
        let writer = Self {
            form,
            out,
            width: super::super::terminal_width(),
            subjects: 0,
            with_hits: 0,
            hits: 0,
            against,
            as_of,
            listed: screener.len(),
            threshold: arguments.threshold,
        };
        match form {
            Form::Json => write!(writer.out, "{{\"subjects\":[")?,
            Form::Csv => csv_row(writer.out, &COLUMNS.map(str::to_owned))?,
            _ => {}
        }
        Ok(writer)
    }

    pub(super) fn answer(&mut self, answer: &Answer<'_>) -> anyhow::Result<()> {
        self.subjects += 1;
        self.hits += answer.hits.len() as u64;
        self.with_hits += u64::from(!answer.hits.is_empty());
        match self.form {
            Form::Table => self.table(answer)?,
            Form::JsonLines => {
                serde_json::to_writer(&mut *self.out, &value(answer))?;
                writeln!(self.out)?;
            }
            Form::Json => {
                if self.subjects > 1 {
                    writeln!(self.out, ",")?;
                }
                serde_json::to_writer(&mut *self.out, &value(answer))?;
            }
            Form::Csv => {
                for judged in &answer.hits {
                    csv_row(self.out, &row(answer.query, judged))?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn finish(&mut self, failed: bool) -> anyhow::Result<()> {
        let gate = if failed { "failed" } else { "passed" };
        match self.form {
            Form::Table => {
                let told = format!(
                    "{} screened against {} of {} on {}: {} with {}.",
                    count(usize::try_from(self.subjects).unwrap_or(usize::MAX), "subject"),
                    count(self.listed, "listed party").replace("listed partys", "listed parties"),
                    self.against,
                    self.as_of,
                    self.with_hits,
                    count(usize::try_from(self.hits).unwrap_or(usize::MAX), "hit"),
                );
                write!(self.out, "{}", fill(&told, "", "", self.width))?;
                writeln!(self.out, "Gate: {gate}")?;
                write!(self.out, "{}", fill(NOTICE, "", "", self.width))?;
            }
            Form::Json => {
                let end = json!({
                    "as_of": self.as_of, "lists": self.against, "parties": self.listed,
                    "threshold": round(self.threshold), "gate": gate, "notice": NOTICE,
                });
                writeln!(self.out, "],\"screening\":{end}}}")?;
            }
            _ => {}
        }
        Ok(())
    }

    fn table(&mut self, answer: &Answer<'_>) -> io::Result<()> {
        let name = clean_line(&answer.query.name).into_owned();
        if answer.hits.is_empty() {
            let text = format!("{name}: nothing found{}", answer.hidden.told());
            return write!(self.out, "{}", fill(&text, "", "  ", self.width));
        }
        write!(self.out, "{}", fill(&name, "", "  ", self.width))?;
        for judged in &answer.hits {
            let mut lines = String::new();
            for (first, text) in told(judged) {
                let first = format!("    {first:9} ");
                lines.push_str(&fill(&text, &first, &" ".repeat(14), self.width));
            }
            let hit = &judged.hit;
            let mark = match judged.outcome {
                Outcome::Fail => "!",
                Outcome::Warn => "w",
                Outcome::Info => " ",
            };
            let head = format!(
                "{} {:.2}  {}: {}",
                hit.level.word(),
                hit.score,
                clean_line(&hit.party.list),
                clean_line(hit.party.name())
            );
            write!(self.out, "{}{lines}", fill(&head, &format!("  {mark} "), "    ", self.width))?;
        }
        Ok(())
    }
}

/// What is told of a hit: label and text.
fn told(judged: &Judged) -> Vec<(&'static str, String)> {
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
    if let Some(decision) = &judged.decision {
        all.push(("decided", clean_line(decision).into_owned()));
    }
    let (up, down) = ways(&hit.facts, &hit.pieces, hit.level);
    if !up.is_empty() {
        all.push(("raised by", up.join("; ")));
    }
    if !down.is_empty() {
        all.push(("lowered by", down.join("; ")));
    }
    all
}

/// The word of a value as it stands in JSON.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn round(value: f32) -> f64 {
    (f64::from(value) * 10_000.0).round() / 10_000.0
}

fn value(answer: &Answer<'_>) -> Value {
    let query = answer.query;
    let countries: Vec<&str> = query.countries.iter().map(|code| code.as_str()).collect();
    json!({
        "name": clean_line(&query.name),
        "kind": kind_word(query.kind),
        "countries": countries,
        "origin": clean_line(&query.origin),
        "hits": answer.hits.iter().map(hit_value).collect::<Vec<_>>(),
    })
}

fn hit_value(judged: &Judged) -> Value {
    let hit = &judged.hit;
    let party = &hit.party;
    let (up, down) = ways(&hit.facts, &hit.pieces, hit.level);
    let parts = hit.parts.map(|parts| {
        json!({
            "words": round(parts.coverage), "spelling": round(parts.likeness), "numbers": round(parts.numbers),
            "legal_form": round(parts.legal), "one_word": round(parts.short),
        })
    });
    json!({
        "level": hit.level, "score": round(hit.score), "list": party.list, "entry": party.entry,
        "consequence": judged.consequence, "outcome": judged.outcome,
        "party": clean_line(party.name()), "listed_name": clean_line(hit.listed_name()), "kind": kind_word(party.kind),
        "countries": party.countries.iter().map(|country| country.code).collect::<Vec<_>>(),
        "programmes": party.programmes, "citation": party.citation, "listed": party.listed, "delisted": party.delisted,
        "url": party.url, "digest": hex(&judged.digest), "decision": judged.decision, "parts": parts, "flags": hit.flags, "evidence": hit.pieces, "unsure": judged.unsure,
        "raised_by": up, "lowered_by": down,
    })
}

const COLUMNS: [&str; 17] = [
    "name",
    "kind",
    "countries",
    "level",
    "score",
    "list",
    "entry",
    "consequence",
    "outcome",
    "party",
    "listed_name",
    "programmes",
    "citation",
    "listed",
    "delisted",
    "flags",
    "evidence",
];

fn row(query: &Query, judged: &Judged) -> [String; 17] {
    let hit = &judged.hit;
    let party = &hit.party;
    let day = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
    let evidence: Vec<String> = hit
        .pieces
        .iter()
        .map(|piece| format!("{} {}: {}", word(&piece.what), word(&piece.bearing), piece.detail))
        .collect();
    [
        query.name.to_string(),
        kind_word(query.kind).to_owned(),
        query.countries.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        hit.level.word().to_owned(),
        format!("{:.4}", hit.score),
        party.list.to_string(),
        party.entry.to_string(),
        judged.consequence.clone(),
        word(&judged.outcome),
        party.name().to_owned(),
        hit.listed_name().to_owned(),
        party.programmes.join("; "),
        party.citation.as_deref().unwrap_or_default().to_owned(),
        day(party.listed),
        day(party.delisted),
        hit.flags.iter().map(word).collect::<Vec<_>>().join(" "),
        evidence.join("; "),
    ]
    .map(|text| cell(&text))
}

/// One line, and nothing that a spreadsheet would take for a formula.
fn cell(text: &str) -> String {
    let text = clean_line(text).into_owned();
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}

pub(super) fn csv_row(out: &mut dyn io::Write, row: &[String]) -> anyhow::Result<()> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(row)?;
    out.write_all(&writer.into_inner().map_err(|error| error.into_error())?)?;
    Ok(())
}
