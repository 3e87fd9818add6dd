//! Answers as rows of a CSV file.

use std::io;

use super::output::{Judged, word};
use crate::model::Date;
use crate::screening::Query;
use crate::screening::query::kind_word;
use crate::text::{clean_line, hex};

pub(super) const COLUMNS: [&str; 21] = [
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
    "digest",
    "decision",
    "origin",
    "extent",
];

/// A hit of a subject.
pub(super) fn hit(query: &Query, judged: &Judged, extent: &str) -> [String; 21] {
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
        countries(query),
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
        hex(&judged.digest),
        judged.decision.clone().unwrap_or_default(),
        query.origin.to_string(),
        extent.to_owned(),
    ]
    .map(|text| cell(&text))
}

/// A subject without hits.
pub(super) fn nothing(query: &Query, extent: &str) -> [String; 21] {
    COLUMNS.map(|column| match column {
        "name" => cell(&query.name),
        "kind" => kind_word(query.kind).to_owned(),
        "countries" => countries(query),
        "level" => "none".to_owned(),
        "origin" => cell(&query.origin),
        "extent" => extent.to_owned(),
        _ => String::new(),
    })
}

fn countries(query: &Query) -> String {
    query.countries.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// One line, and nothing that a spreadsheet would take for a formula.
fn cell(text: &str) -> String {
    let text = clean_line(text).into_owned();
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}

pub(super) fn csv_row(out: &mut dyn io::Write, row: &[String]) -> anyhow::Result<()> {
    let mut writer = csv::WriterBuilder::new().buffer_capacity(1 << 9).from_writer(Vec::new());
    writer.write_record(row)?;
    out.write_all(&writer.into_inner().map_err(|error| error.into_error())?)?;
    Ok(())
}
