//! GLEIF's legal entities (level 1) and who consolidates whom (level 2), as CSV, XML or JSON. No sanctions list: it
//! feeds the ownership graph. A record of level 2 is a party without names, with one link: parties with the same entry
//! belong together.

use serde_json::Value;

use super::cells::{Build as _, date_iso, joined, value};
use super::error::ListError;
use super::head::Head;
use super::markup::{Node, Visitor, Want, walk};
use super::reading::Reading;
use super::table::Table;
use super::{Format, FormatId, Input, Part, json};
use crate::lists::{CountryRole, KeyKind, LinkKind, NameRole, Party, PartyKind, PartyLink, identifier};

const PUBLISHER: &str = "Global Legal Entity Identifier Foundation";
const LICENCE: &str = "CC0 1.0";
const LIST: &str = "GLEIF";

pub(super) static ENTITIES: Format = Format {
    id: FormatId("gleif-lei"),
    title: "GLEIF level 1, legal entities (CSV, XML, JSON)",
    publisher: PUBLISHER,
    lists: &[LIST],
    licence: LICENCE,
    floors: &[("*", 1_000)],
    recognise: |head| recognise(head, "LEIData", ("LEI", "Entity."), "\"LegalName\""),
    read,
    ..Format::USUAL
};

pub(super) static RELATIONS: Format = Format {
    id: FormatId("gleif-rr"),
    title: "GLEIF level 2, relationships (CSV, XML, JSON)",
    publisher: PUBLISHER,
    lists: &[LIST],
    licence: LICENCE,
    floors: &[("*", 1_000)],
    partial: true,
    recognise: |head| {
        recognise(head, "RelationshipData", ("Relationship.StartNode.NodeID", "Relationship."), "\"StartNode\"")
    },
    read,
    ..Format::USUAL
};

const CSV: Part = "csv";
const XML: Part = "xml";
const JSON: Part = "json";

fn recognise(head: &Head<'_>, root: &str, columns: (&str, &str), word: &str) -> Option<Part> {
    if head.root() == root {
        return Some(XML);
    }
    if head.text.starts_with('{') {
        let ours =
            (head.text.contains("\"records\"") || head.text.contains("\"relations\"")) && head.text.contains(word);
        return (ours && head.text.contains("\"$\"")).then_some(JSON);
    }
    // the header of level 1 is longer than the head
    let row = head.row(0, b',');
    (row.len() > 2 && row[0] == columns.0 && row[1].starts_with(columns.1)).then_some(CSV)
}

fn read(inputs: &[Input<'_>], reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    for input in inputs {
        let name = input.file.name();
        let rows = match input.part {
            CSV => read_csv(input, reading)?,
            JSON => {
                let mut rows = 0;
                let each = &mut |value: Value| {
                    rows += 1;
                    take(&node_of("record", &value, 0), name, 0, reading);
                };
                json::array(input.file, &["records", "relations"], each, &mut |_, _| {})?;
                rows
            }
            _ => {
                let mut data = Data { file: name, reading, rows: 0 };
                walk(input.file, &mut data)?;
                data.rows
            }
        };
        reading.file(input, rows);
    }
    Ok(())
}

struct Data<'v, 'a, 's> {
    file: &'v str,
    reading: &'v mut Reading<'a, 's>,
    rows: u64,
}

impl Visitor for Data<'_, '_, '_> {
    fn enter(&mut self, head: &Node, depth: usize) -> Want {
        match (&*head.name, depth) {
            (_, 0) | ("LEIRecords" | "RelationshipRecords", 1) => Want::Enter,
            ("LEIHeader" | "Header", 1) | ("LEIRecord" | "RelationshipRecord", 2) => Want::Take,
            _ => Want::Skip,
        }
    }

    fn take(&mut self, node: Node) -> Result<(), ListError> {
        if node.name.ends_with("Header") {
            self.reading.dated(date_iso(node.text_of("ContentDate")));
            return Ok(());
        }
        self.rows += 1;
        take(&node, self.file, node.line, self.reading);
        Ok(())
    }
}

/// JSON of GLEIF as the XML that it is made from: `$` is text, `@name` an attribute.
fn node_of(name: &str, value: &Value, depth: usize) -> Node {
    let mut node = Node { name: name.into(), ..Node::default() };
    match value {
        Value::Object(members) if depth < 20 => {
            for (key, value) in members {
                match (key.as_str(), value) {
                    ("$", value) => node.text = value.as_str().map_or_else(|| value.to_string(), str::to_owned),
                    (key, Value::String(text)) if key.starts_with('@') => {
                        node.attributes.push((key[1..].into(), text.as_str().into()));
                    }
                    (key, Value::Array(all)) => {
                        node.children.extend(all.iter().map(|one| node_of(key, one, depth + 1)))
                    }
                    (key, value) => node.children.push(node_of(key, value, depth + 1)),
                }
            }
        }
        Value::String(text) => node.text.clone_from(text),
        Value::Number(number) => node.text = number.to_string(),
        _ => {}
    }
    node
}

fn take(node: &Node, file: &str, line: u64, reading: &mut Reading<'_, '_>) {
    match node.child("Relationship") {
        Some(relation) => {
            let end = |name| relation.child(name).map_or("", |end| end.text_of("NodeID"));
            let words = [relation.text_of("RelationshipType"), relation.text_of("RelationshipStatus")];
            let period = relation
                .within("RelationshipPeriods", "RelationshipPeriod")
                .find(|one| one.text_of("PeriodType") == PERIOD)
                .map_or([""; 2], |one| ["StartDate", "EndDate"].map(|day| one.text_of(day)));
            let found = Relation { ends: [end("StartNode"), end("EndNode")], words, period };
            found.give(file, line, reading);
        }
        None => give_entity(node, file, line, reading),
    }
}

/// The period in which the relation holds; others are those of accounts and of filings.
const PERIOD: &str = "RELATIONSHIP_PERIOD";

/// A record of level 2, whatever the file's form.
struct Relation<'r> {
    /// The daughter and the parent.
    ends: [&'r str; 2],
    /// Type and status. The percentage beside them measures how accounts are consolidated, and is no share.
    words: [&'r str; 2],
    /// First and last day.
    period: [&'r str; 2],
}

impl Relation<'_> {
    fn give(self, file: &str, line: u64, reading: &mut Reading<'_, '_>) {
        let ([Some(from), Some(to)], [kind, status]) = (self.ends.map(value), self.words) else {
            return reading.bad(file, line, "the relationship lacks an end");
        };
        let kind = match kind {
            "IS_DIRECTLY_CONSOLIDATED_BY" | "IS_ULTIMATELY_CONSOLIDATED_BY" => LinkKind::ControlledBy,
            "IS_INTERNATIONAL_BRANCH_OF" => LinkKind::OwnedBy,
            _ => LinkKind::LinkedTo,
        };
        if !matches!(status, "" | "ACTIVE" | "PUBLISHED") {
            return reading.removed();
        }
        let [first, last] = self.period.map(date_iso);
        let link = PartyLink { kind, name: "".into(), entry: Some(to.into()), share: None, from: first, to: last };
        let mut party =
            Party { list: LIST.into(), kind: PartyKind::Organisation, links: vec![link], ..Party::default() };
        party.add_key(KeyKind::Lei, &from);
        party.entry = from.into();
        reading.record();
        reading.give(party);
    }
}

fn give_entity(node: &Node, file: &str, line: u64, reading: &mut Reading<'_, '_>) {
    let (Some(lei), Some(entity)) = (value(node.text_of("LEI")), node.child("Entity")) else {
        return reading.bad(file, line, "the record has no LEI or no entity");
    };
    let status = node.child("Registration").map_or("", |one| one.text_of("RegistrationStatus"));
    let mut names = vec![(NameRole::Primary, entity.text_of("LegalName"))];
    for (outer, inner) in
        [("OtherEntityNames", "OtherEntityName"), ("TransliteratedOtherEntityNames", "TransliteratedOtherEntityName")]
    {
        let others = entity.all(outer).flat_map(|all| all.children.iter()).filter(|name| *name.name == *inner);
        names.extend(others.map(|name| (role_of(name.attribute("type")), name.text.as_str())));
    }
    let address = |name| entity.child(name);
    let city = |name| address(name).map_or("", |one: &Node| one.text_of("City"));
    let line_of = |name| address(name).map_or("", |one: &Node| one.text_of("FirstAddressLine"));
    let country = |name| address(name).map_or("", |one: &Node| one.text_of("Country"));
    let number = entity.child("RegistrationAuthority").map_or("", |one| one.text_of("RegistrationAuthorityEntityID"));
    let record = Entity {
        lei: &lei,
        names,
        jurisdiction: entity.text_of("LegalJurisdiction"),
        countries: [country("LegalAddress"), country("HeadquartersAddress")],
        address: joined([line_of("HeadquartersAddress"), city("HeadquartersAddress")]),
        number,
        statuses: [entity.text_of("EntityStatus"), status],
    };
    record.give(file, line, reading);
}

fn role_of(kind: &str) -> NameRole {
    if kind == "PREVIOUS_LEGAL_NAME" { NameRole::Former } else { NameRole::Alias }
}

/// A record of level 1, whatever the file's form.
struct Entity<'r> {
    lei: &'r str,
    names: Vec<(NameRole, &'r str)>,
    jurisdiction: &'r str,
    countries: [&'r str; 2],
    address: String,
    number: &'r str,
    /// Of the entity and of its registration.
    statuses: [&'r str; 2],
}

impl Entity<'_> {
    fn give(self, file: &str, line: u64, reading: &mut Reading<'_, '_>) {
        if matches!(self.statuses[1], "DUPLICATE" | "ANNULLED") {
            return reading.removed();
        }
        let mut party =
            Party { list: LIST.into(), entry: self.lei.into(), kind: PartyKind::Organisation, ..Party::default() };
        for (role, name) in self.names {
            party.add_name(name, role, false);
        }
        if party.names.is_empty() {
            return reading.bad(file, line, "the record has no name");
        }
        party.add_key(KeyKind::Lei, self.lei);
        if self.jurisdiction == "RU" {
            party.keys.extend(value(self.number).and_then(|number| identifier::russian(&number)));
        } else {
            party.add_number(self.number);
        }
        // `US-DE` is a part of a country
        let code = reading.words.country(self.jurisdiction.get(..2).unwrap_or(""));
        party.add_country(code, CountryRole::Registration);
        for country in self.countries {
            let code = reading.words.country(country);
            party.add_country(code, CountryRole::Address);
        }
        party.add_address(self.address);
        if self.statuses[0] == "INACTIVE" {
            party.note = Some("inactive".into());
        }
        reading.record();
        reading.give(party);
    }
}

fn read_csv(input: &Input<'_>, reading: &mut Reading<'_, '_>) -> Result<u64, ListError> {
    let mut table = Table::open(input.file, b',')?;
    let name = input.file.name();
    if let Some(from) = table.find("Relationship.StartNode.NodeID") {
        let ends = [from, table.need("Relationship.EndNode.NodeID")?];
        let kind = table.need("Relationship.RelationshipType")?;
        let status = table.find("Relationship.RelationshipStatus");
        let periods: Vec<[Option<usize>; 3]> = (1..=5)
            .map(|number| {
                ["periodType", "startDate", "endDate"]
                    .map(|column| table.find(&format!("Relationship.Period.{number}.{column}")))
            })
            .filter(|columns| columns[0].is_some())
            .collect();
        while table.next(reading)? {
            let period = periods.iter().find(|columns| table.at(columns[0]) == PERIOD);
            let relation = Relation {
                ends: ends.map(|end| table.at(end)),
                words: [table.at(kind), table.at(status)],
                period: period.map_or([""; 2], |columns| [table.at(columns[1]), table.at(columns[2])]),
            };
            relation.give(name, table.line(), reading);
        }
        return Ok(table.count());
    }
    let (lei, legal) = (table.need("LEI")?, table.need("Entity.LegalName")?);
    let others: Vec<(usize, Option<usize>)> =
        ["OtherEntityNames.OtherEntityName", "TransliteratedOtherEntityNames.TransliteratedOtherEntityName"]
            .iter()
            .flat_map(|group| (1..=5).map(move |number| format!("Entity.{group}.{number}")))
            .filter_map(|column| Some((table.find(&column)?, table.find(&format!("{column}.type")))))
            .collect();
    let [jurisdiction, legal_country, seat_country, line, city, number, status, registration] = [
        "Entity.LegalJurisdiction",
        "Entity.LegalAddress.Country",
        "Entity.HeadquartersAddress.Country",
        "Entity.HeadquartersAddress.FirstAddressLine",
        "Entity.HeadquartersAddress.City",
        "Entity.RegistrationAuthority.RegistrationAuthorityEntityID",
        "Entity.EntityStatus",
        "Registration.RegistrationStatus",
    ]
    .map(|column| table.find(column));
    while table.next(reading)? {
        if value(table.at(lei)).is_none() {
            reading.bad(name, table.line(), "the row has no LEI");
            continue;
        }
        let mut names = vec![(NameRole::Primary, table.at(legal))];
        names.extend(others.iter().map(|(column, kind)| (role_of(table.at(*kind)), table.at(*column))));
        let entity = Entity {
            lei: table.at(lei),
            names,
            jurisdiction: table.at(jurisdiction),
            countries: [table.at(legal_country), table.at(seat_country)],
            address: joined([table.at(line), table.at(city)]),
            number: table.at(number),
            statuses: [table.at(status), table.at(registration)],
        };
        entity.give(name, table.line(), reading);
    }
    Ok(table.count())
}
