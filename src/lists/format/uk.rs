//! The UK Sanctions List as CSV and XML, and the closed list of OFSI.

use super::cells::{Build as _, boxed, date_dmy, date_words, joined, squeeze, unescaped, value};
use super::error::ListError;
use super::grouped::Grouped;
use super::head::Head;
use super::markup::{Node, Want};
use super::reading::Reading;
use super::records::{Records, Taken, records};
use super::table::{Rows, Table};
use super::{Format, FormatId, Input, Part, WHOLE};
use crate::lists::{CountryRole, KeyKind, LinkKind, NameRole, Party, PartyKind};

pub(super) static FORMAT: Format = Format {
    id: FormatId("uk-uksl"),
    title: "UK Sanctions List, CSV and XML",
    publisher: "UK Foreign, Commonwealth and Development Office",
    lists: &["UK-UKSL"],
    licence: "Crown copyright, Open Government Licence v3.0",
    attribution: Some("Contains public sector information licensed under the Open Government Licence v3.0"),
    floors: &[("*", 1_500)],
    recognise,
    read,
    ..Format::USUAL
};

pub(super) static CLOSED: Format = Format {
    id: FormatId("uk-ofsi"),
    title: "OFSI consolidated list of asset freeze targets (ConList.csv)",
    publisher: "UK HM Treasury, OFSI",
    lists: &["UK-OFSI"],
    licence: "Crown copyright, Open Government Licence v3.0",
    attribution: Some("Contains public sector information licensed under the Open Government Licence v3.0"),
    floors: &[("*", 1_000)],
    stale: Some("since 28 January 2026 the UK Sanctions List is the only official one"),
    recognise: recognise_closed,
    read: read_closed,
    ..Format::USUAL
};

const XML: Part = "xml";
const CSV: Part = "csv";

fn recognise(head: &Head<'_>) -> Option<Part> {
    if head.has("Designation") && head.has("UniqueID") {
        return Some(XML);
    }
    let line = usize::from(head.line().starts_with("Report Date:"));
    let row = head.row(line, b',');
    (row.len() > 10 && row[0] == "Last Updated" && row[1] == "Unique ID").then_some(CSV)
}

fn recognise_closed(head: &Head<'_>) -> Option<Part> {
    let (first, second) = (head.row(0, b','), head.row(1, b','));
    let dated = first.len() >= 2 && first[0] == "Last Updated" && date_dmy(&first[1]).is_some();
    (dated && second.first().is_some_and(|field| field == "Name 6")).then_some(WHOLE)
}

fn read(inputs: &[Input<'_>], reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    for input in inputs {
        if input.part == CSV {
            read_csv(input, reading)?;
            continue;
        }
        records(input, reading, &mut Designations)?;
    }
    Ok(())
}

fn kind_of(text: &str) -> PartyKind {
    match text {
        "Individual" => PartyKind::Person,
        "Entity" => PartyKind::Organisation,
        "Ship" => PartyKind::Vessel,
        _ => PartyKind::Unknown,
    }
}

fn role_of(text: &str) -> NameRole {
    match &*text.trim().to_ascii_lowercase() {
        "primary name" => NameRole::Primary,
        text if text.contains("former") || text.starts_with("fka") || text.starts_with("f.k.a") => NameRole::Former,
        _ => NameRole::Alias,
    }
}

fn is_weak(strength: &str) -> bool {
    strength.to_ascii_lowercase().starts_with("low")
}

/// Several values in one field.
fn values(text: &str) -> Vec<String> {
    unescaped(text).split(['|', ';', '\n']).filter_map(value).collect()
}

/// `INN: 7707083893`, `OGRN 1027700132195`.
fn registrations(party: &mut Party, text: &str) {
    for piece in values(text).iter().flat_map(|value| value.split(", ")) {
        let upper = piece.to_ascii_uppercase();
        let number = piece.rsplit([':', ' ']).next().unwrap_or(piece);
        let kind = match () {
            () if upper.contains("OGRN") => Some(KeyKind::Ogrn),
            () if upper.contains("INN") => Some(KeyKind::Inn),
            () if upper.contains("LEI") => Some(KeyKind::Lei),
            () if upper.contains("USCC") || upper.contains("SOCIAL CREDIT") => Some(KeyKind::Uscc),
            () => None,
        };
        match kind {
            Some(kind) => party.add_key(kind, number),
            None if upper.contains(':') => party.add_number(number),
            None => party.add_number(piece),
        }
    }
}

/// Columns that a reader of the CSV needs.
struct Columns {
    id: usize,
    names: [usize; 6],
    name_kind: usize,
    kind: usize,
    other: [Option<usize>; OTHER.len()],
    lines: [Option<usize>; 7],
}

/// Columns that may be missing, in the order in which [`fields`] takes them.
const OTHER: [&str; 23] = [
    "Alias strength",
    "Name non-latin script",
    "Non-latin script language",
    "Regime Name",
    "Sanctions Imposed",
    "UN Reference Number",
    "Date Designated",
    "Address Country",
    "Website",
    "Email address",
    "D.O.B",
    "Nationality(/ies)",
    "National Identifier number",
    "Passport number",
    "Position",
    "Subsidiaries",
    "Parent company",
    "Business registration number (s)",
    "IMO number",
    "Current owner/operator (s)",
    "Current believed flag of ship",
    "Hull identification number (HIN)",
    "Title",
];

impl Columns {
    fn of(table: &Table<'_>) -> Result<Self, ListError> {
        let lines = ["1", "2", "3", "4", "5", "6"].map(|number| table.find(&format!("Address Line {number}")));
        let [one, two, three, four, five, six] = lines;
        Ok(Self {
            id: table.need("Unique ID")?,
            names: [
                table.need("Name 1")?,
                table.need("Name 2")?,
                table.need("Name 3")?,
                table.need("Name 4")?,
                table.need("Name 5")?,
                table.need("Name 6")?,
            ],
            name_kind: table.need("Name type")?,
            kind: table.need("Designation Type")?,
            other: OTHER.map(|name| table.find(name)),
            lines: [one, two, three, four, five, six, table.find("Address Postal Code")],
        })
    }
}

fn read_csv(input: &Input<'_>, reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    let mut text = input.file.text()?;
    let budget = text.budget();
    budget.renew();
    // the date stands before the header; a file without it begins with the header
    let first = Head::with(&input.file.head()?, |head| Some(head.line().to_owned())).unwrap_or_default();
    if let Some(date) = first.trim_matches('"').strip_prefix("Report Date:") {
        reading.dated(date_words(date.trim_matches([' ', ',', '"'])));
        text.next_line().map_err(|error| input.file.error(&error))?;
    }
    let mut table = Table::headed(Rows::over(input.file, text, b','))?;
    let columns = Columns::of(&table)?;
    let mut grouped = Grouped::default();
    while table.next(reading)? {
        let id = table.at(columns.id);
        if value(id).is_none() {
            reading.bad(input.file.name(), table.line(), "the row has no `Unique ID`");
            continue;
        }
        let kind = kind_of(table.at(columns.kind));
        let make = || Party { list: "UK-UKSL".into(), entry: id.into(), kind, ..Party::default() };
        let (party, _) = grouped.of(id, input.file.name(), table.line(), make)?;
        fields(party, &table, &columns, reading);
    }
    reading.file(input, table.count());
    grouped.give(input.file.name(), reading);
    Ok(())
}

fn fields(party: &mut Party, table: &Table<'_>, columns: &Columns, reading: &mut Reading<'_, '_>) {
    let name = unescaped(&columns.names.map(|column| table.at(column)).join(" "));
    let [
        strength,
        script,
        language,
        regime,
        measures,
        un,
        designated,
        country,
        website,
        mail,
        birth,
        nationality,
        national,
        passport,
        position,
        subsidiaries,
        parent,
        registration,
        imo,
        owner,
        flag,
        hull,
        title,
    ] = columns.other.map(|column| table.at(column));
    party.add_name(&name, role_of(table.at(columns.name_kind)), is_weak(strength));
    party.add_name_in(&unescaped(script), NameRole::Alias, false, Some(language));
    party.add_programme(&unescaped(regime));
    measures.split('|').for_each(|measure| party.add_measure(measure));
    party.add_key(KeyKind::UnReference, un);
    party.listed = date_dmy(designated).or(party.listed);
    let code = reading.words.country(country);
    party.add_country(code, CountryRole::Address);
    party.add_address(unescaped(&joined(columns.lines.map(|column| table.at(column)))));
    values(website).iter().for_each(|site| party.add_website(site, &reading.words));
    values(mail).iter().for_each(|mail| party.add_mail(mail, &reading.words));
    if party.kind == PartyKind::Person {
        party.add_born(birth);
    }
    for nationality in values(nationality) {
        let code = reading.words.country(&nationality);
        party.add_country(code, CountryRole::Nationality);
    }
    [national, passport, hull].into_iter().flat_map(values).for_each(|number| party.add_number(&number));
    values(subsidiaries).iter().for_each(|name| party.add_link(LinkKind::Owns, name, None));
    values(parent).iter().for_each(|name| party.add_link(LinkKind::OwnedBy, name, None));
    registrations(party, registration);
    values(imo).iter().for_each(|imo| party.add_key(KeyKind::Imo, imo));
    values(owner).iter().for_each(|name| party.add_link(LinkKind::LinkedTo, name, None));
    for flag in values(flag) {
        let code = reading.words.country(&flag);
        party.add_country(code, CountryRole::Flag);
    }
    party.note = super::ofac::note([&*unescaped(title), &*unescaped(position)]).or(party.note.take());
}

struct Designations;

impl Records for Designations {
    fn enter(&mut self, head: &Node, depth: usize, _: &mut Reading<'_, '_>) -> Want {
        match (&*head.name, depth) {
            (_, 0) => Want::Enter,
            ("DateGenerated" | "Designation", _) => Want::Take,
            // one level more is passed through, should the list be wrapped
            (_, 1) => Want::Enter,
            _ => Want::Skip,
        }
    }

    fn take(&mut self, node: &Node, reading: &mut Reading<'_, '_>) -> Taken {
        if &*node.name == "DateGenerated" {
            reading.dated(date_dmy(&node.text).or_else(|| super::cells::date_iso(&node.text)));
            return Taken::About;
        }
        Taken::one(designation(node, reading), "the designation has no number or no name")
    }
}

fn designation(node: &Node, reading: &mut Reading<'_, '_>) -> Option<Party> {
    let entry = boxed(node.text_of("UniqueID"))?;
    let kind = kind_of(node.text_of("IndividualEntityShip"));
    let mut party = Party { list: "UK-UKSL".into(), entry, kind, ..Party::default() };
    for name in node.within("Names", "Name") {
        let words = ["Name1", "Name2", "Name3", "Name4", "Name5", "Name6"].map(|part| name.text_of(part));
        party.add_name(
            &unescaped(&words.join(" ")),
            role_of(name.text_of("NameType")),
            is_weak(name.text_of("AliasStrength")),
        );
    }
    for name in node.within("NonLatinNames", "NonLatinName") {
        let language = name.text_of("NonLatinScriptLanguage");
        party.add_name_in(name.text_of("NameNonLatinScript"), NameRole::Alias, false, Some(language));
    }
    if party.names.is_empty() {
        return None;
    }
    party.names.sort_by_key(|name| name.role != NameRole::Primary);
    party.add_programme(&unescaped(node.text_of("RegimeName")));
    node.text_of("SanctionsImposed").split('|').for_each(|measure| party.add_measure(measure));
    party.add_key(KeyKind::UnReference, node.text_of("UNReferenceNumber"));
    party.listed = date_dmy(node.text_of("DateDesignated"));
    for address in node.within("Addresses", "Address") {
        let code = reading.words.country(address.text_of("AddressCountry"));
        party.add_country(code, CountryRole::Address);
        let lines = [
            "AddressLine1",
            "AddressLine2",
            "AddressLine3",
            "AddressLine4",
            "AddressLine5",
            "AddressLine6",
            "AddressPostalCode",
        ];
        party.add_address(unescaped(&joined(lines.map(|line| address.text_of(line)))));
    }
    details(&mut party, node, reading);
    Some(party)
}

/// What stands deeper, under the details of persons, entities or ships.
fn details(party: &mut Party, node: &Node, reading: &mut Reading<'_, '_>) {
    let all = |name: &str| {
        let mut found = Vec::new();
        node.below(name, &mut found);
        found.into_iter().flat_map(|node| values(&node.text)).collect::<Vec<_>>()
    };
    all("Website").iter().for_each(|site| party.add_website(site, &reading.words));
    all("EmailAddress").iter().for_each(|mail| party.add_mail(mail, &reading.words));
    all("DOB").iter().for_each(|birth| party.add_born(birth));
    for (name, role) in [("Nationality", CountryRole::Nationality), ("CurrentBelievedFlagOfShip", CountryRole::Flag)] {
        for country in all(name) {
            let code = reading.words.country(&country);
            party.add_country(code, role);
        }
    }
    for name in ["NationalIdentifierNumber", "PassportNumber"] {
        all(name).iter().for_each(|number| party.add_number(number));
    }
    all("BusinessRegistrationNumber").iter().for_each(|number| registrations(party, number));
    all("IMONumber").iter().for_each(|imo| party.add_key(KeyKind::Imo, imo));
    for (name, kind) in [
        ("Subsidiary", LinkKind::Owns),
        ("ParentCompany", LinkKind::OwnedBy),
        ("CurrentOwnerOperator", LinkKind::LinkedTo),
    ] {
        all(name).iter().for_each(|other| party.add_link(kind, other, None));
    }
    party.note = all("Position").first().and_then(|position| boxed(position));
}

fn read_closed(inputs: &[Input<'_>], reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    for input in inputs {
        let mut rows = Rows::open(input.file, b',')?;
        if rows.next()? {
            reading.dated(rows.row.get(1).and_then(date_dmy));
        }
        let mut table = Table::headed(rows)?;
        let id = table.need("Group ID")?;
        let names = ["Name 1", "Name 2", "Name 3", "Name 4", "Name 5", "Name 6"].map(|name| table.find(name));
        let (kind, regime) = (table.need("Group Type")?, table.find("Regime"));
        let (name_kind, quality) = (table.find("Alias Type"), table.find("Alias Quality"));
        let (country, listed) = (table.find("Country"), table.find("Listed On"));
        let mut grouped = Grouped::default();
        while table.next(reading)? {
            let entry = table.at(id);
            let kind = kind_of(table.at(kind));
            let make = || Party { list: "UK-OFSI".into(), entry: entry.into(), kind, ..Party::default() };
            let (party, _) = grouped.of(entry, input.file.name(), table.line(), make)?;
            let name = squeeze(&names.map(|column| table.at(column)).join(" "));
            party.add_name(&name, role_of(table.at(name_kind)), is_weak(table.at(quality)));
            party.add_programme(table.at(regime));
            party.listed = date_dmy(table.at(listed)).or(party.listed);
            let code = reading.words.country(table.at(country));
            party.add_country(code, CountryRole::Address);
        }
        reading.file(input, table.count());
        grouped.give(input.file.name(), reading);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registration_numbers_by_their_labels() {
        let mut party = Party::default();
        registrations(&mut party, "INN: 7707083893|OGRN: 1027700132195; HRB 12345");
        let kinds: Vec<KeyKind> = party.keys.iter().map(|key| key.kind).collect();
        assert_eq!(kinds, [KeyKind::Inn, KeyKind::Ogrn, KeyKind::Number]);
    }
}
