//! The Consolidated Screening List of the US: lists of three departments in one file, as CSV, TSV or JSON.
//!
//! Rows of OFAC's lists carry OFAC's own list id and entry number, so that a store which holds both counts them once.

use std::collections::BTreeMap;

use serde_json::Value;

use super::cells::{Build as _, boxed, date_iso, joined, person_name, squeeze, value};
use super::error::ListError;
use super::head::Head;
use super::ofac_classic::document;
use super::reading::Reading;
use super::table::Table;
use super::{Format, FormatId, Input, Part, bis, entry_of, json, ofac};
use crate::lists::{CountryRole, LinkKind, NameRole, Party, PartyKind};

pub(super) static FORMAT: Format = Format {
    id: FormatId("us-csl"),
    title: "US Consolidated Screening List (consolidated.csv, .tsv, .json)",
    publisher: "US Commerce, International Trade Administration",
    lists: LISTS,
    licence: ofac::LICENCE,
    // the part of the SDN list was missing for days in May 2024: every large part has a floor of its own
    floors: &[("US-SDN", ofac::SDN_FLOOR), ("US-EL", 1_000), ("US-DPL", 200), ("US-UVL", 30), ("US-MEU", 30)],
    recognise,
    read,
    ..Format::USUAL
};

const LISTS: &[&str] = &[
    "US-SDN",
    "US-SSI",
    "US-NS-CMIC",
    "US-NS-MBS",
    "US-NS-PLC",
    "US-CAPTA",
    "US-FSE",
    "US-EL",
    "US-MEU",
    "US-DPL",
    "US-UVL",
    "US-DTC",
    "US-ISN",
];

/// The bracketed code in a source's name, and the list id.
const SOURCES: &[(&str, &str)] = &[
    ("EL", "US-EL"),
    ("DPL", "US-DPL"),
    ("MEU", "US-MEU"),
    ("UVL", "US-UVL"),
    ("DTC", "US-DTC"),
    ("ISN", "US-ISN"),
    ("SDN", "US-SDN"),
    ("SSI", "US-SSI"),
    ("PLC", "US-NS-PLC"),
    ("CAP", "US-CAPTA"),
    ("MBS", "US-NS-MBS"),
    ("CMIC", "US-NS-CMIC"),
    ("FSE", "US-FSE"),
];

const CSV: Part = "csv";
const TSV: Part = "tsv";
const JSON: Part = "json";

fn recognise(head: &Head<'_>) -> Option<Part> {
    if head.text.starts_with('{') {
        let start = head.text.get(..200).unwrap_or(head.text);
        let both = head.text.contains("\"results\"") && head.text.contains("\"source\"");
        return (both
            && (start.contains("\"total\"") || start.contains("\"results\"") || start.contains("\"sources\"")))
        .then_some(JSON);
    }
    for (delimiter, part) in [(b',', CSV), (b'\t', TSV)] {
        let row = head.row(0, delimiter);
        let start = usize::from(row.first().is_some_and(|field| field == "_id"));
        if row.len() >= 20 && row[start] == "source" && row[start + 1] == "entity_number" {
            return Some(part);
        }
    }
    None
}

fn read(inputs: &[Input<'_>], reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    for input in inputs {
        let mut entries = Numbers::new();
        match input.part {
            JSON => read_json(input, &mut entries, reading)?,
            part => read_table(input, if part == TSV { b'\t' } else { b',' }, &mut entries, reading)?,
        }
    }
    Ok(())
}

/// A row, whatever the file's form.
#[derive(Default)]
struct Row {
    id: String,
    source: String,
    number: String,
    kind: String,
    name: String,
    title: String,
    citation: String,
    start: String,
    end: String,
    requirement: String,
    policy: String,
    flag: String,
    owner: String,
    call_sign: String,
    remarks: String,
    url: String,
    programmes: Vec<String>,
    aliases: Vec<String>,
    addresses: Vec<(String, String)>,
    births: Vec<String>,
    nationalities: Vec<String>,
    /// Type, number, country.
    papers: Vec<[String; 3]>,
}

fn read_table(
    input: &Input<'_>,
    delimiter: u8,
    entries: &mut Numbers,
    reading: &mut Reading<'_, '_>,
) -> Result<(), ListError> {
    let mut table = Table::open(input.file, delimiter)?;
    let need: Vec<usize> = ["source", "entity_number", "type", "name", "addresses", "alt_names", "ids"]
        .into_iter()
        .map(|column| table.need(column))
        .collect::<Result<_, _>>()?;
    let find = |name: &str| table.find(name);
    let optional = [
        "_id",
        "programs",
        "title",
        "federal_register_notice",
        "start_date",
        "end_date",
        "license_requirement",
        "license_policy",
        "vessel_flag",
        "vessel_owner",
        "call_sign",
        "remarks",
        "source_information_url",
        "dates_of_birth",
        "nationalities",
        "citizenships",
    ]
    .map(find);
    while table.next(reading)? {
        let at = |index: usize| table.at(optional[index]).to_owned();
        let many = |text: &str| text.split(';').filter_map(value).collect::<Vec<_>>();
        let row = Row {
            source: table.at(need[0]).to_owned(),
            number: table.at(need[1]).to_owned(),
            kind: table.at(need[2]).to_owned(),
            name: table.at(need[3]).to_owned(),
            addresses: many(table.at(need[4])).iter().map(|text| split_address(text)).collect(),
            aliases: many(table.at(need[5])),
            papers: table.at(need[6]).split("; ").filter_map(split_paper).collect(),
            id: at(0),
            programmes: many(&at(1)),
            title: at(2),
            citation: at(3),
            start: at(4),
            end: at(5),
            requirement: at(6),
            policy: at(7),
            flag: at(8),
            owner: at(9),
            call_sign: at(10),
            remarks: at(11),
            url: at(12),
            births: many(&at(13)),
            nationalities: many(&at(14)).into_iter().chain(many(&at(15))).collect(),
        };
        give(row, input, table.line(), entries, reading);
    }
    reading.file(input, table.count());
    Ok(())
}

/// `Komitas 26/114, Yerevan, Armenia, AM`: the words and the country code at the end.
fn split_address(text: &str) -> (String, String) {
    let text = text.trim().trim_start_matches("and ");
    match text.rsplit_once(',') {
        Some((words, code)) if code.trim().len() == 2 => (words.to_owned(), code.trim().to_owned()),
        _ if text.len() == 2 => (String::new(), text.to_owned()),
        _ => (text.to_owned(), String::new()),
    }
}

/// `Passport, 836238033, KP`.
fn split_paper(text: &str) -> Option<[String; 3]> {
    let mut parts = text.splitn(3, ',').map(|part| part.trim().to_owned());
    Some([parts.next()?, parts.next()?, parts.next().unwrap_or_default()])
}

fn read_json(input: &Input<'_>, entries: &mut Numbers, reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    let mut rows = 0;
    let mut total = None;
    json::array(
        input.file,
        &["results"],
        &mut |value| {
            rows += 1;
            let row = json_row(&value);
            give(row, input, rows, entries, reading);
        },
        &mut |key, value| {
            if key == "total" {
                total = value.as_u64();
            }
        },
    )?;
    if let Some(total) = total.filter(|total| *total != rows) {
        let message = format!("announces {total} records and holds {rows}");
        return Err(ListError::new(input.file.name(), None, message).hint("fetch the whole file, not a page of it"));
    }
    reading.file(input, rows);
    Ok(())
}

fn json_row(value: &Value) -> Row {
    let text = |key| json::text(value, key);
    let many = |key| json::texts(value, key).into_iter().map(str::to_owned).collect::<Vec<_>>();
    let objects = |key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let address = |one: &Value| {
        let parts = ["address", "city", "state", "postal_code"].map(|key| json::text(one, key));
        (joined(parts.iter().map(String::as_str)), json::text(one, "country"))
    };
    Row {
        id: text("id"),
        source: text("source"),
        number: text("entity_number"),
        kind: text("type"),
        name: text("name"),
        title: text("title"),
        citation: text("federal_register_notice"),
        start: text("start_date"),
        end: text("end_date"),
        requirement: text("license_requirement"),
        policy: text("license_policy"),
        flag: text("vessel_flag"),
        owner: text("vessel_owner"),
        call_sign: text("call_sign"),
        remarks: text("remarks"),
        url: text("source_information_url"),
        programmes: many("programs"),
        aliases: many("alt_names"),
        addresses: objects("addresses").iter().map(address).collect(),
        births: many("dates_of_birth"),
        nationalities: many("nationalities").into_iter().chain(many("citizenships")).collect(),
        papers: objects("ids")
            .iter()
            .map(|one| ["type", "number", "country"].map(|key| json::text(one, key)))
            .collect(),
    }
}

/// The list of a row, by the code in brackets: `Entity List (EL) - Bureau of Industry and Security`.
fn list_of(source: &str) -> Option<&'static str> {
    let code = source.split_once('(')?.1.split_once(')')?.0;
    SOURCES.iter().find(|(known, _)| *known == code).map(|(_, list)| *list)
}

fn give(row: Row, input: &Input<'_>, line: u64, entries: &mut Numbers, reading: &mut Reading<'_, '_>) {
    let bad = |reading: &mut Reading<'_, '_>, message: &str| match input.part {
        JSON => reading.bad_record(input.file.name(), line, message),
        _ => reading.bad(input.file.name(), line, message),
    };
    let Some(list) = list_of(&row.source) else {
        bad(reading, &format!("the source `{}` is not known", row.source));
        return;
    };
    let kind = ofac::kind(&row.kind).unwrap_or_default();
    let mut party = Party { list: list.into(), kind, ..Party::default() };
    let ofac = ofac::LISTS.contains(&list);
    if ofac {
        let name = if kind == PartyKind::Person { person_name(&squeeze(&row.name)) } else { row.name.clone() };
        party.add_name(&name, NameRole::Primary, false);
        for alias in &row.aliases {
            let alias = if kind == PartyKind::Person { person_name(alias) } else { alias.clone() };
            party.add_name(&alias, NameRole::Alias, false);
        }
    } else {
        bis::add_names(&mut party, &row.name);
        row.aliases.iter().for_each(|alias| bis::add_names(&mut party, alias));
    }
    if party.names.is_empty() {
        bad(reading, "the row has no name");
        return;
    }
    facts(&mut party, &row, reading);
    party.entry = match (value(&row.number), value(&row.id)) {
        (Some(number), _) if ofac => number.into(),
        (_, Some(id)) => id.into(),
        _ => entry_of(&[&row.source, party.name(), &row.start, row.addresses.first().map_or("", |(_, code)| code)]),
    };
    if ofac {
        party.url = ofac::page(&party.entry);
    }
    // rows that differ in nothing an entry number is made of are still rows
    party.entry = unique(entries, list, party.entry);
    reading.record();
    reading.give(party);
}

/// Entry numbers that were given, each with the next number that a further row of it gets.
type Numbers = BTreeMap<String, u32>;

fn unique(entries: &mut Numbers, list: &str, entry: Box<str>) -> Box<str> {
    let key = format!("{list}/{entry}");
    let Some(next) = entries.get(&key) else {
        entries.insert(key, 2);
        return entry;
    };
    let mut number = *next;
    while entries.contains_key(&format!("{key}#{number}")) {
        number += 1;
    }
    entries.insert(format!("{key}#{number}"), 2);
    entries.insert(key, number + 1);
    format!("{entry}#{number}").into()
}

fn facts(party: &mut Party, row: &Row, reading: &mut Reading<'_, '_>) {
    row.programmes.iter().for_each(|programme| party.add_programme(programme));
    for (text, country) in &row.addresses {
        let code = reading.words.country(country);
        party.add_country(code, CountryRole::Address);
        party.add_address(bis::repaired(&joined([text.as_str()])));
    }
    for nationality in &row.nationalities {
        let code = reading.words.country(nationality);
        party.add_country(code, CountryRole::Nationality);
    }
    row.births.iter().for_each(|birth| party.add_born(birth));
    let flag = reading.words.country(&row.flag);
    party.add_country(flag, CountryRole::Flag);
    party.add_number(&row.call_sign);
    if let Some(owner) = value(&row.owner) {
        party.add_link(LinkKind::OwnedBy, &owner, None);
    }
    for [kind, number, country] in &row.papers {
        let russian = if country == "RU" { "Russia" } else { country };
        document(party, kind, number, russian, reading);
    }
    ofac::remarks(party, &row.remarks, &mut reading.words);
    party.listed = date_iso(&row.start).or(party.listed);
    party.delisted = date_iso(&row.end);
    party.citation = boxed(&row.citation);
    party.url = boxed(&row.url);
    party.note = ofac::note([&*row.title, &*row.requirement, &*row.policy]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_get_numbers_one_after_the_other() {
        let mut entries = Numbers::new();
        let mut give = |entry: &str| unique(&mut entries, "US-EL", entry.into()).to_string();
        assert_eq!(["a", "a#2", "a", "a"].map(&mut give), ["a", "a#2", "a#3", "a#4"]);
        // 26 s when each begins to count at 1
        let last = (0..100_000).map(|_| give("b")).last();
        assert_eq!(last.as_deref(), Some("b#100000"));
    }
}
