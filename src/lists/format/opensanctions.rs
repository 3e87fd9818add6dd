//! Exports of OpenSanctions: FollowTheMoney entities as JSON lines, deltas of them, and the simple table of targets.
//!
//! Ownership, links and sanctions are entities of their own, anywhere in the file: it is read twice.

use std::collections::BTreeMap;

use serde_json::Value;

use super::cells::{Build as _, boxed, date_iso, value};
use super::error::ListError;
use super::head::Head;
use super::reading::Reading;
use super::table::{Table, fields};
use super::{Format, FormatId, Input, Op, Part, WHOLE, json};
use crate::lists::{CountryRole, KeyKind, LinkKind, NameRole, Party, PartyKind, PartyLink};
use crate::model::Date;

const PUBLISHER: &str = "OpenSanctions Datenbanken GmbH";
const LICENCE: &str = "CC BY-NC 4.0; commercial use needs a licence of OpenSanctions";
const ATTRIBUTION: Option<&str> = Some("Data: OpenSanctions.org, CC BY-NC 4.0");
/// Id of the list.
pub(super) const LIST: &str = "OPENSANCTIONS";
/// Parties on no list of which the file says who owns them: nobody is screened against them.
pub(super) const REGISTER: &str = "OS-OWNERS";

/// Links and sanctions that are remembered; all of OpenSanctions has some 2 million.
const LINK_LIMIT: usize = 4_000_000;

pub(super) static ENTITIES: Format = Format {
    id: FormatId("opensanctions-ftm"),
    title: "OpenSanctions entities, FollowTheMoney JSON lines (entities.ftm.json)",
    publisher: PUBLISHER,
    lists: &[LIST],
    licence: LICENCE,
    attribution: ATTRIBUTION,
    floors: &[("*", 100)],
    recognise: |head| (is_line(head, "\"schema\"") && !is_delta(head)).then_some(WHOLE),
    read: read_entities,
    ..Format::USUAL
};

pub(super) static DELTA: Format = Format {
    id: FormatId("opensanctions-delta"),
    title: "OpenSanctions changes (entities.delta.json)",
    publisher: PUBLISHER,
    lists: &[LIST],
    licence: LICENCE,
    attribution: ATTRIBUTION,
    floors: &[],
    delta: true,
    recognise: |head| is_delta(head).then_some(WHOLE),
    read: read_entities,
    ..Format::USUAL
};

pub(super) static TARGETS: Format = Format {
    id: FormatId("opensanctions-simple"),
    title: "OpenSanctions targets, simple CSV (targets.simple.csv)",
    publisher: PUBLISHER,
    lists: &[LIST],
    licence: LICENCE,
    attribution: ATTRIBUTION,
    floors: &[("*", 100)],
    recognise: recognise_targets,
    read: read_targets,
    ..Format::USUAL
};

fn is_line(head: &Head<'_>, word: &str) -> bool {
    head.text.starts_with('{') && head.line().contains(word) && head.line().contains("\"properties\"")
}

fn is_delta(head: &Head<'_>) -> bool {
    let start = head.text.get(..100).unwrap_or(head.text).replace(' ', "");
    start.starts_with("{\"op\":") && ["\"ADD\"", "\"MOD\"", "\"DEL\""].iter().any(|op| start.contains(op))
}

fn recognise_targets(head: &Head<'_>) -> Option<Part> {
    let row = head.row(0, b',');
    (row.len() > 5 && row[..4] == ["id", "schema", "name", "aliases"]).then_some(WHOLE)
}

/// What the first pass keeps, by the id of the party it is about.
#[derive(Default)]
struct About {
    links: BTreeMap<Box<str>, Vec<PartyLink>>,
    sanctions: BTreeMap<Box<str>, Vec<Sanction>>,
    count: usize,
}

struct Sanction {
    programme: Box<str>,
    citation: Option<Box<str>>,
    listed: Option<Date>,
}

/// Topics whose parties are sanctioned, controlled or barred; persons in office and the like are not.
fn is_listed(topic: &str) -> bool {
    topic == "debarment"
        || ["sanction", "export.control", "invest.ban"]
            .iter()
            .any(|word| topic.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

fn read_entities(inputs: &[Input<'_>], reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    for input in inputs {
        let mut about = About::default();
        json::lines(input.file, |value, _| value.iter().for_each(|value| about.take(entity_of(value))))?;
        if about.count > LINK_LIMIT {
            return Err(ListError::new(input.file.name(), None, "holds more links than any collection has"));
        }
        let mut others = 0_u64;
        let rows = json::lines(input.file, |value, line| {
            let value = match value {
                Ok(value) => value,
                Err(message) => return reading.bad(input.file.name(), line, message),
            };
            let op = match value.get("op").and_then(Value::as_str) {
                None | Some("ADD") => Op::Put,
                Some("MOD") => Op::Change,
                Some("DEL") => Op::Remove,
                Some(other) => return reading.bad(input.file.name(), line, format!("`{other}` is no change")),
            };
            give(op, entity_of(&value), &about, (input.file.name(), line), &mut others, reading);
        })?;
        if others > 0 {
            reading.note(format!("{others} entities are links, places or parties on no list and were left out"));
        }
        reading.file(input, rows);
    }
    Ok(())
}

/// The entity of a line, which a delta wraps.
fn entity_of(value: &Value) -> &Value {
    value.get("entity").unwrap_or(value)
}

fn props<'v>(entity: &'v Value, key: &str) -> Vec<&'v str> {
    entity.get("properties").map(|all| json::texts(all, key)).unwrap_or_default()
}

impl About {
    fn take(&mut self, entity: &Value) {
        if self.count > LINK_LIMIT {
            return;
        }
        let one = |key: &str| props(entity, key).first().copied().unwrap_or("");
        let ends = match entity.get("schema").and_then(Value::as_str).unwrap_or("") {
            "Ownership" => Some(("asset", "owner", LinkKind::OwnedBy)),
            "Representation" => Some(("agent", "client", LinkKind::ActsFor)),
            "UnknownLink" => Some(("subject", "object", LinkKind::LinkedTo)),
            "Directorship" => Some(("organization", "director", LinkKind::DirectedBy)),
            "Sanction" => {
                self.sanction(entity);
                None
            }
            _ => None,
        };
        let Some((from, to, kind)) = ends else { return };
        // of a month or a year only the days count that surely are within
        let day = |key: &str| Some(one(key)).filter(|text| !text.is_empty()).map(Date::parse_period);
        let (first, last) = (day("startDate"), day("endDate"));
        let (begin, end) = (first.flatten().map(|days| days.1), last.flatten().map(|days| days.0));
        if last == Some(None) {
            // it has ended, and nobody knows when
            return;
        }
        for from in props(entity, from) {
            for to in props(entity, to) {
                let link = PartyLink {
                    kind,
                    name: "".into(),
                    entry: boxed(to),
                    share: share(one("percentage")),
                    from: begin,
                    to: end,
                };
                self.links.entry(from.into()).or_default().push(link);
                self.count += 1;
            }
        }
    }

    fn sanction(&mut self, entity: &Value) {
        let one = |key: &str| props(entity, key).first().copied().unwrap_or("");
        for of in props(entity, "entity") {
            let sanction = Sanction {
                programme: boxed(one("programId")).or_else(|| boxed(one("program"))).unwrap_or_default(),
                citation: boxed(one("authorityId")),
                listed: date_iso(one("startDate")).or_else(|| date_iso(one("listingDate"))),
            };
            self.sanctions.entry(of.into()).or_default().push(sanction);
            self.count += 1;
        }
    }
}

/// `62.5`, `62.5 %` in hundredths of a percent.
fn share(text: &str) -> Option<u16> {
    let number: f64 = text.trim().trim_end_matches('%').trim().parse().ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10,000 fits")]
    (number > 0.0 && number <= 100.0).then(|| (number * 100.0).round() as u16)
}

fn kind_of(schema: &str) -> Option<PartyKind> {
    Some(match schema {
        "Person" => PartyKind::Person,
        "Company" | "Organization" | "PublicBody" => PartyKind::Organisation,
        "Vessel" => PartyKind::Vessel,
        "Airplane" => PartyKind::Aircraft,
        "LegalEntity" | "CryptoWallet" => PartyKind::Unknown,
        _ => return None,
    })
}

fn give(op: Op, entity: &Value, about: &About, place: (&str, u64), others: &mut u64, reading: &mut Reading<'_, '_>) {
    let Some(entry) = boxed(&json::text(entity, "id")) else {
        return reading.bad(place.0, place.1, "the entity has no id");
    };
    if op == Op::Remove {
        reading.record();
        return reading.give_as(op, Party { list: LIST.into(), entry, ..Party::default() });
    }
    let Some(schema) = entity.get("schema").and_then(Value::as_str) else {
        return reading.bad(place.0, place.1, "the entity has no schema");
    };
    let kind = kind_of(schema);
    let listed = props(entity, "topics").into_iter().any(is_listed);
    let (Some(kind), true) = (kind, listed) else {
        // a party that has just lost its topics is off the list
        if op == Op::Change && kind.is_some() {
            reading.record();
            reading.give_as(Op::Remove, Party { list: LIST.into(), entry, ..Party::default() });
        } else if let Some(kind) = kind.filter(|_| op == Op::Put)
            && let Some(links) = about.links.get(&entry).filter(|all| all.iter().any(PartyLink::is_ownership))
        {
            let mut party = Party { list: REGISTER.into(), entry, kind, links: links.clone(), ..Party::default() };
            names(&mut party, entity);
            facts(&mut party, entity, reading);
            reading.give(party);
        } else {
            *others += 1;
        }
        return;
    };
    let mut party = Party { list: LIST.into(), entry, kind, ..Party::default() };
    names(&mut party, entity);
    if party.names.is_empty() {
        return reading.bad(place.0, place.1, "the entity has no name");
    }
    facts(&mut party, entity, reading);
    party.links = about.links.get(&party.entry).cloned().unwrap_or_default();
    for sanction in about.sanctions.get(&party.entry).into_iter().flatten() {
        party.add_programme(&sanction.programme);
        party.citation = party.citation.take().or_else(|| sanction.citation.clone());
        party.listed = party.listed.into_iter().chain(sanction.listed).min();
    }
    reading.dated(date_iso(&json::text(entity, "last_seen")));
    reading.record();
    reading.give_as(op, party);
}

fn names(party: &mut Party, entity: &Value) {
    let caption = json::text(entity, "caption");
    let names = props(entity, "name");
    if names.contains(&caption.as_str()) || names.is_empty() {
        party.add_name(&caption, NameRole::Primary, false);
    }
    for (key, role, weak) in [
        ("name", NameRole::Alias, false),
        ("alias", NameRole::Alias, false),
        ("previousName", NameRole::Former, false),
        ("weakAlias", NameRole::Alias, true),
    ] {
        for name in props(entity, key) {
            let role = if party.names.is_empty() { NameRole::Primary } else { role };
            party.add_name(name, role, weak);
        }
    }
}

fn facts(party: &mut Party, entity: &Value, reading: &mut Reading<'_, '_>) {
    for (key, role) in [
        ("jurisdiction", CountryRole::Registration),
        ("country", CountryRole::Address),
        ("mainCountry", CountryRole::Address),
        ("nationality", CountryRole::Nationality),
        ("citizenship", CountryRole::Nationality),
        ("flag", CountryRole::Flag),
    ] {
        for country in props(entity, key) {
            let code = reading.words.country(country);
            party.add_country(code, role);
        }
    }
    for (key, kind) in [
        ("innCode", KeyKind::Inn),
        ("ogrnCode", KeyKind::Ogrn),
        ("leiCode", KeyKind::Lei),
        ("uscCode", KeyKind::Uscc),
        ("imoNumber", KeyKind::Imo),
        ("isinCode", KeyKind::Isin),
        ("dunsCode", KeyKind::Duns),
        ("swiftBic", KeyKind::Swift),
        ("ticker", KeyKind::Ticker),
        ("unscId", KeyKind::UnReference),
    ] {
        props(entity, key).into_iter().for_each(|text| party.add_key(kind, text));
    }
    for key in ["registrationNumber", "taxNumber", "idNumber", "passportNumber", "vatCode", "mmsi"] {
        props(entity, key).into_iter().for_each(|text| party.add_number(text));
    }
    props(entity, "publicKey").into_iter().for_each(|address| party.add_key(KeyKind::Wallet, address));
    props(entity, "website").into_iter().for_each(|site| party.add_website(site, &reading.words));
    props(entity, "email").into_iter().for_each(|mail| party.add_mail(mail, &reading.words));
    props(entity, "birthDate").into_iter().for_each(|birth| party.add_born(birth));
    props(entity, "address").into_iter().filter_map(value).for_each(|address| party.add_address(address));
    props(entity, "programId").into_iter().for_each(|programme| party.add_programme(programme));
    props(entity, "topics").into_iter().filter(|topic| is_listed(topic)).for_each(|topic| party.add_measure(topic));
    party.url = boxed(props(entity, "sourceUrl").first().copied().unwrap_or(""));
    let datasets = json::texts(entity, "datasets").join(", ");
    party.note = value(&datasets).map(|names| format!("datasets: {names}").into());
}

fn read_targets(inputs: &[Input<'_>], reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    for input in inputs {
        let mut table = Table::open(input.file, b',')?;
        let (id, schema, name) = (table.need("id")?, table.need("schema")?, table.need("name")?);
        let many = ["aliases", "countries", "addresses", "identifiers", "emails", "program_ids", "birth_date"]
            .map(|column| table.find(column));
        let (sanctions, dataset, seen) = (table.find("sanctions"), table.find("dataset"), table.find("last_seen"));
        let mut others = 0_u64;
        while table.next(reading)? {
            let Some(entry) = boxed(table.at(id)) else {
                reading.bad(input.file.name(), table.line(), "the row has no id");
                continue;
            };
            let Some(kind) = kind_of(table.at(schema)) else {
                others += 1;
                continue;
            };
            let mut party = Party { list: LIST.into(), entry, kind, ..Party::default() };
            party.add_name(table.at(name), NameRole::Primary, false);
            // cells hold rows of their own, with quotes
            let [aliases, countries, addresses, numbers, mails, programmes, births] =
                many.map(|column| fields(table.at(column), b';'));
            aliases.iter().for_each(|alias| party.add_name(alias, NameRole::Alias, false));
            if party.names.is_empty() {
                reading.bad(input.file.name(), table.line(), "the row has no name");
                continue;
            }
            for country in countries {
                let code = reading.words.country(&country);
                party.add_country(code, CountryRole::Address);
            }
            addresses.into_iter().for_each(|address| party.add_address(address));
            numbers.iter().for_each(|number| party.add_number(number));
            mails.iter().for_each(|mail| party.add_mail(mail, &reading.words));
            programmes.iter().for_each(|programme| party.add_programme(programme));
            births.iter().for_each(|birth| party.add_born(birth));
            party.citation = boxed(table.at(sanctions));
            party.note = value(table.at(dataset)).map(|name| format!("datasets: {name}").into());
            reading.dated(date_iso(table.at(seen)));
            reading.record();
            reading.give(party);
        }
        if others > 0 {
            reading.note(format!("{others} rows are no parties and were left out"));
        }
        reading.file(input, table.count());
    }
    Ok(())
}
