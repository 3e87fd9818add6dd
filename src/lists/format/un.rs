//! The consolidated list of the UN Security Council: XML.

use super::cells::{Build as _, boxed, date_iso, joined, squeeze, value};
use super::error::ListError;
use super::head::Head;
use super::markup::{Node, Want};
use super::reading::Reading;
use super::records::{Records, Taken, records};
use super::{Format, FormatId, Input, Part, WHOLE};
use crate::lists::{CountryRole, KeyKind, NameRole, Party, PartyKind};

pub(super) static FORMAT: Format = Format {
    id: FormatId("un-sc"),
    title: "UN Security Council consolidated list, XML",
    publisher: "United Nations Security Council",
    lists: &["UN-SC"],
    licence: "United Nations; free to use, terms at un.org/en/about-us/terms-of-use",
    attribution: Some("Source: United Nations Security Council consolidated list"),
    // 1,003 on 27 February 2026
    floors: &[("*", 500)],
    recognise,
    read,
    ..Format::USUAL
};

fn recognise(head: &Head<'_>) -> Option<Part> {
    (head.root() == "CONSOLIDATED_LIST").then_some(WHOLE)
}

fn read(inputs: &[Input<'_>], reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    for input in inputs {
        records(input, reading, &mut List)?;
    }
    Ok(())
}

struct List;

impl Records for List {
    fn enter(&mut self, head: &Node, depth: usize, reading: &mut Reading<'_, '_>) -> Want {
        match (&*head.name, depth) {
            ("CONSOLIDATED_LIST", 0) => {
                reading.dated(date_iso(head.attribute("dateGenerated")));
                Want::Enter
            }
            ("INDIVIDUALS" | "ENTITIES", 1) => Want::Enter,
            ("INDIVIDUAL" | "ENTITY", 2) => Want::Take,
            _ => Want::Skip,
        }
    }

    fn take(&mut self, node: &Node, reading: &mut Reading<'_, '_>) -> Taken {
        Taken::one(party(node, reading), "the entry has no number or no name")
    }
}

fn party(node: &Node, reading: &mut Reading<'_, '_>) -> Option<Party> {
    let person = &*node.name == "INDIVIDUAL";
    let reference = value(node.text_of("REFERENCE_NUMBER"));
    let entry = reference.clone().or_else(|| value(node.text_of("DATAID")))?.into();
    let kind = if person { PartyKind::Person } else { PartyKind::Organisation };
    let mut party = Party { list: "UN-SC".into(), entry, kind, ..Party::default() };
    // the name of an entity stands in FIRST_NAME too
    let names = ["FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME"].map(|name| node.text_of(name));
    party.add_name(&names.join(" "), NameRole::Primary, false);
    party.add_name_in(node.text_of("NAME_ORIGINAL_SCRIPT"), NameRole::Alias, false, Some("original script"));
    if party.names.is_empty() {
        return None;
    }
    let alias_of = if person { "INDIVIDUAL_ALIAS" } else { "ENTITY_ALIAS" };
    for alias in node.children.iter().filter(|child| *child.name == *alias_of) {
        let quality = alias.text_of("QUALITY").to_ascii_lowercase();
        let role = if quality.starts_with("f.k.a") { NameRole::Former } else { NameRole::Alias };
        // one element may hold nothing, or several names
        for name in alias.text_of("ALIAS_NAME").split(';') {
            party.add_name(name, role, quality == "low");
        }
    }
    party.add_programme(node.text_of("UN_LIST_TYPE"));
    party.listed = date_iso(node.text_of("LISTED_ON"));
    if let Some(reference) = reference {
        party.add_key(KeyKind::UnReference, &reference);
    }
    let address_of = if person { "INDIVIDUAL_ADDRESS" } else { "ENTITY_ADDRESS" };
    for address in node.children.iter().filter(|child| *child.name == *address_of) {
        let code = reading.words.country(address.text_of("COUNTRY"));
        party.add_country(code, CountryRole::Address);
        party.add_address(joined(["STREET", "CITY", "STATE_PROVINCE", "ZIP_CODE"].map(|part| address.text_of(part))));
    }
    for nationality in node.within("NATIONALITY", "VALUE") {
        let code = reading.words.country(&nationality.text);
        party.add_country(code, CountryRole::Nationality);
    }
    for birth in node.all("INDIVIDUAL_DATE_OF_BIRTH") {
        ["YEAR", "DATE", "FROM_YEAR", "TO_YEAR"].iter().for_each(|part| party.add_born(birth.text_of(part)));
    }
    for paper in node.all("INDIVIDUAL_DOCUMENT") {
        party.add_number(paper.text_of("NUMBER"));
    }
    let titles: Vec<String> = ["TITLE", "DESIGNATION"]
        .into_iter()
        .flat_map(|name| node.all(name).flat_map(|title| title.all("VALUE")).map(|value| squeeze(&value.text)))
        .collect();
    party.note = boxed(&titles.join("; "));
    Some(party)
}
