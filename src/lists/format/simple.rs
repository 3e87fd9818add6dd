//! Lists that have no machine-readable edition (notices, documents), transcribed into a table of our own.
//!
//! ```csv
//! list,name,aliases,country,listed,delisted,citation
//! US-1260H,Acme Aerospace Corporation (AAC),Acme Space; f.k.a. Acme Works,CN,2026-06-08,,91 FR 12345
//! ```
//! UTF-8, commas, a header; columns are found by name and further ones may follow: `entry`, `kind` (organisation,
//! person, vessel, aircraft), `website`, `url`, `note`. Names of `aliases` are separated by semicolons; `f.k.a.` before a
//! name marks a former one. Countries are names or ISO codes, dates are ISO. `delisted` is the first day on which the
//! entry no longer holds. A list of several countries separates them by semicolons.

use super::cells::{Build as _, boxed, date_iso, value};
use super::error::ListError;
use super::head::Head;
use super::reading::Reading;
use super::table::Table;
use super::{Format, FormatId, Input, Part, WHOLE, bis, entry_of};
use crate::lists::{CountryRole, Party, PartyKind};

pub(super) static FORMAT: Format = Format {
    id: FormatId("simple-list"),
    title: "simple list of sovaudit (CSV transcription of a notice or document)",
    publisher: "whoever transcribed it",
    lists: &["US-1260H", "US-1286", "EU-833-IV", "JP-METI-EUL"],
    licence: "that of the transcribed document",
    floors: &[],
    recognise,
    read,
    ..Format::USUAL
};

fn recognise(head: &Head<'_>) -> Option<Part> {
    let row = head.row(0, b',');
    let has = |name: &str| row.iter().any(|column| column.eq_ignore_ascii_case(name));
    (["list", "name", "aliases", "country", "listed"].iter().all(|name| has(name))).then_some(WHOLE)
}

fn read(inputs: &[Input<'_>], reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    for input in inputs {
        let mut table = Table::open(input.file, b',')?;
        let [list, name, aliases, country] =
            [table.need("list")?, table.need("name")?, table.need("aliases")?, table.need("country")?];
        let (listed, delisted) = (table.need("listed")?, table.find("delisted"));
        let other = ["citation", "entry", "kind", "website", "url", "note"].map(|column| table.find(column));
        while table.next(reading)? {
            let mut party = Party { list: table.at(list).into(), ..Party::default() };
            bis::add_names(&mut party, table.at(name));
            for alias in table.at(aliases).split(';') {
                bis::add_names(&mut party, alias);
            }
            let [citation, entry, kind, website, url, note] = other.map(|column| table.at(column));
            let dates = (date_of(table.at(listed)), date_of(table.at(delisted)));
            let problem = match () {
                () if !is_list_id(&party.list) => "`list` is no list id such as US-1260H",
                () if party.names.is_empty() => "the row has no name",
                () if dates.0.is_err() || dates.1.is_err() => "a date is not like 2026-06-08",
                () => "",
            };
            let (Ok(from), Ok(to), "") = (dates.0, dates.1, problem) else {
                reading.bad(input.file.name(), table.line(), problem);
                continue;
            };
            (party.listed, party.delisted) = (from, to);
            party.kind = match kind {
                "person" => PartyKind::Person,
                "vessel" => PartyKind::Vessel,
                "aircraft" => PartyKind::Aircraft,
                "organisation" | "organization" => PartyKind::Organisation,
                _ => PartyKind::Unknown,
            };
            for country in table.at(country).split(';') {
                let code = reading.words.country(country);
                party.add_country(code, CountryRole::Address);
            }
            party.add_website(website, &reading.words);
            (party.citation, party.url, party.note) = (boxed(citation), boxed(url), boxed(note));
            party.entry = boxed(entry).unwrap_or_else(|| entry_of(&[&party.list, party.name(), table.at(listed)]));
            reading.record();
            reading.give(party);
        }
        reading.file(input, table.count());
    }
    Ok(())
}

fn is_list_id(text: &str) -> bool {
    let (state, rest) = text.split_once('-').unwrap_or((text, ""));
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
    state.len() == 2 && (1..=20).contains(&rest.len()) && text.chars().all(plain)
}

/// A date or nothing; an error for anything else.
fn date_of(text: &str) -> Result<Option<crate::model::Date>, ()> {
    match value(text) {
        None => Ok(None),
        Some(text) => date_iso(&text).map(Some).ok_or(()),
    }
}
