//! The consolidated list of EU financial sanctions: XML 1.1 and CSV 1.1.

use super::cells::{Build as _, boxed, date_dmy, date_iso, joined, squeeze, value};
use super::error::ListError;
use super::grouped::Grouped;
use super::head::Head;
use super::markup::{Node, Want};
use super::reading::Reading;
use super::records::{Records, Taken, records};
use super::table::Table;
use super::{Format, FormatId, Input, Part};
use crate::lists::{CountryRole, KeyKind, NameRole, Party, PartyKind, identifier};

pub(super) static FORMAT: Format = Format {
    id: FormatId("eu-fsf"),
    title: "EU consolidated list of financial sanctions, XML 1.1 and CSV 1.1",
    publisher: "European Commission",
    lists: &["EU-FSF"],
    licence: "European Union; reuse with the source named (Commission Decision 2011/833/EU); only the Official Journal is \
              authentic",
    attribution: Some("Source: European Union, consolidated list of financial sanctions"),
    floors: &[("*", 1_500)],
    recognise,
    read,
    ..Format::USUAL
};

const XML: Part = "xml";
const CSV: Part = "csv";

fn recognise(head: &Head<'_>) -> Option<Part> {
    if head.root() == "export" && (head.has("sanctionEntity") || head.text.contains("/fsd/export")) {
        return Some(XML);
    }
    let row = head.row(0, b';');
    (row.len() > 2 && row[0].eq_ignore_ascii_case("fileGenerationDate")).then_some(CSV)
}

fn read(inputs: &[Input<'_>], reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    for input in inputs {
        if input.part == CSV {
            read_csv(input, reading)?;
            continue;
        }
        records(input, reading, &mut Export)?;
    }
    Ok(())
}

struct Export;

impl Records for Export {
    fn enter(&mut self, head: &Node, depth: usize, reading: &mut Reading<'_, '_>) -> Want {
        match (&*head.name, depth) {
            ("export", 0) => {
                reading.dated(date_iso(head.attribute("generationDate")));
                Want::Enter
            }
            ("sanctionEntity", 1) => Want::Take,
            _ => Want::Skip,
        }
    }

    fn take(&mut self, node: &Node, reading: &mut Reading<'_, '_>) -> Taken {
        Taken::one(entity(node, reading), "the entity has no number or no name")
    }
}

/// A remark that the name is of low quality, in the spellings that occur.
fn is_weak(strong: &str, remark: &str) -> bool {
    let remark = remark.to_ascii_lowercase();
    strong == "false" || remark.contains("low quality") || remark.contains("lo quality")
}

fn kind_of(code: &str) -> PartyKind {
    match code {
        "P" | "person" => PartyKind::Person,
        "E" | "enterprise" => PartyKind::Organisation,
        _ => PartyKind::Unknown,
    }
}

/// A country of the file: `00` is none, `CS` has become Serbia.
fn country_of(code: &str) -> &str {
    if code == "CS" { "RS" } else { code }
}

fn entity(node: &Node, reading: &mut Reading<'_, '_>) -> Option<Party> {
    let entry = boxed(node.attribute("euReferenceNumber")).or_else(|| boxed(node.attribute("logicalId")))?;
    let kind = node.child("subjectType").map_or("", |kind| kind.attribute("code"));
    let mut party = Party { list: "EU-FSF".into(), entry, kind: kind_of(kind), ..Party::default() };
    let mut aliases: Vec<(&Node, bool)> = node
        .all("nameAlias")
        .map(|alias| (alias, is_weak(alias.attribute("strong"), alias.text_of("remark"))))
        .collect();
    aliases.sort_by_key(|(_, weak)| *weak);
    for (alias, weak) in aliases {
        let parts = ["firstName", "middleName", "lastName"].map(|part| alias.attribute(part));
        let whole = value(alias.attribute("wholeName")).unwrap_or_else(|| squeeze(&parts.join(" ")));
        let role = if party.names.is_empty() { NameRole::Primary } else { NameRole::Alias };
        party.add_name_in(&whole, role, weak, Some(alias.attribute("nameLanguage")));
    }
    if party.names.is_empty() {
        return None;
    }
    party.add_key(KeyKind::UnReference, node.attribute("unitedNationId"));
    for citizenship in node.all("citizenship") {
        let code = reading.words.country(country_of(citizenship.attribute("countryIso2Code")));
        party.add_country(code, CountryRole::Nationality);
    }
    for birth in node.all("birthdate") {
        party.add_born(&joined([birth.attribute("year"), birth.attribute("birthdate")]));
    }
    for address in node.all("address") {
        let code = reading.words.country(country_of(address.attribute("countryIso2Code")));
        party.add_country(code, CountryRole::Address);
        party.add_address(joined(
            ["street", "poBox", "zipCode", "city", "region", "place"].map(|part| address.attribute(part)),
        ));
        for contact in address.all("contactInfo") {
            contact_info(&mut party, contact.attribute("key"), contact.attribute("value"), reading);
        }
    }
    for paper in node.all("identification").filter(|paper| paper.attribute("knownFalse") != "true") {
        let number = value(paper.attribute("number")).or_else(|| value(paper.attribute("latinNumber")));
        let number = number.unwrap_or_default();
        identification(
            &mut party,
            paper.attribute("identificationTypeCode"),
            &number,
            paper.attribute("countryIso2Code"),
        );
    }
    regulations(&mut party, node);
    party.note = boxed(node.attribute("designationDetails"));
    Some(party)
}

fn regulations(party: &mut Party, node: &Node) {
    for regulation in node.all("regulation") {
        party.add_programme(regulation.attribute("programme"));
        let date = date_iso(regulation.attribute("entryIntoForceDate"));
        party.listed = party.listed.into_iter().chain(date).min();
        party.citation = boxed(regulation.attribute("numberTitle")).or(party.citation.take());
        party.url = boxed(regulation.text_of("publicationUrl")).or(party.url.take());
    }
    party.listed = date_iso(node.attribute("designationDate")).or(party.listed);
}

fn contact_info(party: &mut Party, kind: &str, text: &str, reading: &Reading<'_, '_>) {
    match &*kind.to_ascii_uppercase() {
        "WEB" | "WEBSITE" | "WEB[1]" => party.add_website(text, &reading.words),
        "EMAIL" | "E-MAIL" => party.add_mail(text, &reading.words),
        _ => {}
    }
}

fn identification(party: &mut Party, kind: &str, number: &str, country: &str) {
    match kind {
        "swiftbic" => party.add_key(KeyKind::Swift, number),
        "imo" => party.add_key(KeyKind::Imo, number),
        _ if country == "RU" => {
            let key = value(number).and_then(|number| identifier::russian(&number));
            party.keys.extend(key.filter(|key| !party.keys.contains(key)).into_iter().collect::<Vec<_>>());
        }
        _ => party.add_number(number),
    }
}

/// One row for each name, address or document of a party.
fn read_csv(input: &Input<'_>, reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    let mut table = Table::open(input.file, b';')?;
    let (date, id) = (table.need("fileGenerationDate")?, table.need("Entity_LogicalId")?);
    let whole = table.need("NameAlias_WholeName")?;
    let find = |name: &str| table.find(name);
    let kind = find("Entity_SubjectType_ClassificationCode").or_else(|| find("Entity_SubjectType"));
    let subject = find("Entity_SubjectType");
    let reference = find("Entity_EU_ReferenceNumber");
    let parts = ["NameAlias_FirstName", "NameAlias_MiddleName", "NameAlias_LastName"].map(find);
    let (language, strong) = (find("NameAlias_NameLanguage"), find("NameAlias_Strong"));
    let (remark, un) = (find("NameAlias_Remark"), find("Entity_UnitedNationId"));
    let designated = find("Entity_DesignationDate");
    let regulation = [
        "Entity_Regulation_Programme",
        "Entity_Regulation_NumberTitle",
        "Entity_Regulation_PublicationUrl",
        "Entity_Regulation_EntryIntoForceDate",
    ]
    .map(find);
    let address =
        ["Address_Street", "Address_PoBox", "Address_ZipCode", "Address_City", "Address_Region", "Address_Place"]
            .map(find);
    let (address_country, citizenship) = (find("Address_CountryIso2Code"), find("Citizenship_CountryIso2Code"));
    let births = ["BirthDate_Year", "BirthDate_BirthDate"].map(find);
    let papers = [
        "Identification_TypeCode",
        "Identification_Number",
        "Identification_CountryIso2Code",
        "Identification_KnownFalse",
    ]
    .map(find);
    let mut grouped = Grouped::default();
    while table.next(reading)? {
        let line = table.line();
        if value(table.at(id)).is_none() {
            reading.bad(input.file.name(), line, "the row has no `Entity_LogicalId`");
            continue;
        }
        let (party, new) = grouped.of(table.at(id), input.file.name(), line, || Party {
            list: "EU-FSF".into(),
            entry: boxed(table.at(reference)).unwrap_or_else(|| table.at(id).into()),
            kind: match kind_of(table.at(kind)) {
                PartyKind::Unknown => kind_of(table.at(subject)),
                kind => kind,
            },
            ..Party::default()
        })?;
        if new {
            reading.dated(date_dmy(table.at(date)).or_else(|| date_iso(table.at(date))));
            party.add_key(KeyKind::UnReference, table.at(un));
        }
        let name = value(table.at(whole)).unwrap_or_else(|| squeeze(&parts.map(|part| table.at(part)).join(" ")));
        let role = if party.names.is_empty() { NameRole::Primary } else { NameRole::Alias };
        party.add_name_in(&name, role, is_weak(table.at(strong), table.at(remark)), Some(table.at(language)));
        let [programme, title, url, force] = regulation.map(|column| table.at(column));
        party.add_programme(programme);
        party.citation = boxed(title).or(party.citation.take());
        party.url = boxed(url).or(party.url.take());
        let date = date_iso(table.at(designated)).or_else(|| date_iso(force));
        party.listed = party.listed.into_iter().chain(date).min();
        party.add_address(joined(address.map(|column| table.at(column))));
        let code = reading.words.country(country_of(table.at(address_country)));
        party.add_country(code, CountryRole::Address);
        let code = reading.words.country(country_of(table.at(citizenship)));
        party.add_country(code, CountryRole::Nationality);
        births.iter().for_each(|column| party.add_born(table.at(*column)));
        let [paper, number, issuer, known_false] = papers.map(|column| table.at(column));
        if known_false != "true" {
            identification(party, paper, number, issuer);
        }
    }
    reading.file(input, table.count());
    grouped.give(input.file.name(), reading);
    Ok(())
}
