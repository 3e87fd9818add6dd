//! Answers as JSON.

use std::borrow::Cow;

use serde::Serialize;

use super::output::{Answer, Judged};
use crate::model::{CountryCode, Date};
use crate::screening::evidence::Piece;
use crate::screening::gate::Outcome;
use crate::screening::level::ways;
use crate::screening::query::kind_word;
use crate::screening::score::Parts;
use crate::screening::{Flag, Level};
use crate::text::{clean_line, hex};

#[derive(Serialize)]
struct Subject<'a> {
    name: Cow<'a, str>,
    kind: &'static str,
    countries: &'a [CountryCode],
    origin: Cow<'a, str>,
    /// How much there is of the list of which the least is there.
    extent: &'static str,
    hits: Vec<Hit<'a>>,
}

#[derive(Serialize)]
struct Hit<'a> {
    level: Level,
    score: f64,
    list: &'a str,
    entry: &'a str,
    consequence: &'a str,
    outcome: Outcome,
    party: Cow<'a, str>,
    listed_name: Cow<'a, str>,
    kind: &'static str,
    countries: Vec<CountryCode>,
    programmes: &'a [Box<str>],
    citation: Option<&'a str>,
    listed: Option<Date>,
    delisted: Option<Date>,
    url: Option<&'a str>,
    digest: String,
    decision: Option<&'a str>,
    parts: Option<Factors>,
    flags: &'a [Flag],
    evidence: &'a [Piece],
    unsure: Option<&'static str>,
    raised_by: Vec<&'static str>,
    lowered_by: Vec<&'static str>,
}

#[derive(Serialize)]
struct Factors {
    words: f64,
    spelling: f64,
    numbers: f64,
    legal_form: f64,
    one_word: f64,
}

/// Writes a subject with its hits in place of what stood there.
pub(super) fn write(answer: &Answer<'_>, extent: &'static str, text: &mut Vec<u8>) -> serde_json::Result<()> {
    text.clear();
    let query = answer.query;
    let subject = Subject {
        name: clean_line(&query.name),
        kind: kind_word(query.kind),
        countries: &query.countries,
        origin: clean_line(&query.origin),
        extent,
        hits: answer.hits.iter().map(hit).collect(),
    };
    serde_json::to_writer(text, &subject)
}

fn hit(judged: &Judged) -> Hit<'_> {
    let hit = &judged.hit;
    let party = &hit.party;
    let (raised_by, lowered_by) = ways(&hit.facts, &hit.pieces, hit.level);
    Hit {
        level: hit.level,
        score: round(hit.score),
        list: &party.list,
        entry: &party.entry,
        consequence: &judged.consequence,
        outcome: judged.outcome,
        party: clean_line(party.name()),
        listed_name: clean_line(hit.listed_name()),
        kind: kind_word(party.kind),
        countries: party.countries.iter().map(|country| country.code).collect(),
        programmes: &party.programmes,
        citation: party.citation.as_deref(),
        listed: party.listed,
        delisted: party.delisted,
        url: party.url.as_deref(),
        digest: hex(&judged.digest),
        decision: judged.decision.as_deref(),
        parts: hit.parts.as_ref().map(factors),
        flags: &hit.flags,
        evidence: &hit.pieces,
        unsure: judged.unsure,
        raised_by,
        lowered_by,
    }
}

fn factors(parts: &Parts) -> Factors {
    Factors {
        words: round(parts.coverage),
        spelling: round(parts.likeness),
        numbers: round(parts.numbers),
        legal_form: round(parts.legal),
        one_word: round(parts.short),
    }
}

/// Four digits.
pub(super) fn round(value: f32) -> f64 {
    (f64::from(value) * 10_000.0).round() / 10_000.0
}
