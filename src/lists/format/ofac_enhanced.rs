//! OFAC's enhanced XML: `sanctionsData/entities/entity`, names composed and codes resolved by the publisher.

use super::cells::{Build as _, date_iso, joined, person_name, value};
use super::error::ListError;
use super::head::Head;
use super::markup::{Node, Want};
use super::ofac;
use super::ofac_classic::document;
use super::reading::Reading;
use super::records::{Records, Taken, records};
use super::{Format, FormatId, Input, Part, WHOLE};
use crate::lists::{CountryRole, NameRole, Party, PartyKind};

pub(super) static FORMAT: Format = Format {
    id: FormatId("ofac-enhanced-xml"),
    title: "OFAC lists, enhanced XML (SDN_ENHANCED.XML, CONS_ENHANCED.XML)",
    publisher: ofac::PUBLISHER,
    lists: ofac::LISTS,
    licence: ofac::LICENCE,
    floors: &[("*", 100)],
    recognise,
    read,
    ..Format::USUAL
};

fn recognise(head: &Head<'_>) -> Option<Part> {
    (head.root() == "sanctionsData").then_some(WHOLE)
}

fn read(inputs: &[Input<'_>], reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    for input in inputs {
        records(input, reading, &mut Enhanced)?;
    }
    Ok(())
}

struct Enhanced;

impl Records for Enhanced {
    fn enter(&mut self, head: &Node, depth: usize, _: &mut Reading<'_, '_>) -> Want {
        match (&*head.name, depth) {
            ("sanctionsData", 0) | ("entities", 1) => Want::Enter,
            ("publicationInfo", 1) | ("entity", 2) => Want::Take,
            _ => Want::Skip,
        }
    }

    fn take(&mut self, node: &Node, reading: &mut Reading<'_, '_>) -> Taken {
        if &*node.name == "publicationInfo" {
            reading.dated(date_iso(node.text_of("dataAsOf")));
            return Taken::About;
        }
        match entity(node, reading) {
            Some(party) => Taken::on(&lists(node), &party),
            None => Taken::Bad("the entity has no number or no name"),
        }
    }
}

/// The lists of an entity. `Consolidated List` says only that it is not the SDN list.
fn lists(node: &Node) -> Vec<&'static str> {
    let mut lists = Vec::new();
    for list in node.within("sanctionsLists", "sanctionsList") {
        if let Some(id) = ofac::list_by_name(&list.text).filter(|id| !lists.contains(id)) {
            lists.push(id);
        }
    }
    if lists.is_empty() {
        lists.push("US-NS");
    }
    lists
}

fn entity(node: &Node, reading: &mut Reading<'_, '_>) -> Option<Party> {
    let entry: Box<str> = value(node.attribute("id"))?.into();
    let general = node.child("generalInfo");
    let kind = general.map_or("", |general| general.text_of("entityType"));
    let kind = ofac::kind(kind).unwrap_or_default();
    let mut party = Party { url: ofac::page(&entry), entry, kind, ..Party::default() };
    names(&mut party, node);
    if party.names.is_empty() {
        return None;
    }
    for programme in node.within("sanctionsPrograms", "sanctionsProgram") {
        party.add_programme(&programme.text);
    }
    for measure in node.within("sanctionsTypes", "sanctionsType") {
        party.add_measure(&measure.text);
    }
    let dates = node.within("sanctionsLists", "sanctionsList");
    party.listed = dates.filter_map(|list| date_iso(list.attribute("datePublished"))).min();
    addresses(&mut party, node, reading);
    for feature in node.within("features", "feature") {
        fact(&mut party, feature.text_of("type"), feature.text_of("value"), reading);
    }
    for paper in node.within("identityDocuments", "identityDocument") {
        document(
            &mut party,
            paper.text_of("type"),
            paper.text_of("documentNumber"),
            paper.text_of("issuingCountry"),
            reading,
        );
    }
    for relation in node.within("relationships", "relationship") {
        if let Some(other) = relation.child("relatedEntity") {
            party.add_link(
                ofac::relation(relation.text_of("type")),
                &other.text,
                value(other.attribute("entityId")).as_deref(),
            );
        }
    }
    party.note = ofac::note(general.map(|general| general.text_of("title")));
    Some(party)
}

/// Names in all scripts; the primary one first.
fn names(party: &mut Party, node: &Node) {
    let mut all: Vec<&Node> = node.within("names", "name").collect();
    all.sort_by_key(|name| name.text_of("isPrimary") != "true");
    for name in all {
        let weak = name.text_of("isLowQuality") == "true";
        let role = match name.text_of("aliasType") {
            _ if name.text_of("isPrimary") == "true" => NameRole::Primary,
            kind if kind.starts_with("F.K.A") => NameRole::Former,
            _ => NameRole::Alias,
        };
        let mut scripts: Vec<&Node> = name.within("translations", "translation").collect();
        scripts.sort_by_key(|script| script.text_of("isPrimary") != "true");
        for (at, script) in scripts.into_iter().enumerate() {
            let full = script.text_of("formattedFullName");
            let text = if party.kind == PartyKind::Person { person_name(full) } else { full.to_owned() };
            let role = if at == 0 || role != NameRole::Primary { role } else { NameRole::Alias };
            let language = value(script.text_of("script")).filter(|script| script != "Latin");
            party.add_name_in(&text, role, weak, language.as_deref());
        }
    }
}

fn addresses(party: &mut Party, node: &Node, reading: &mut Reading<'_, '_>) {
    for address in node.within("addresses", "address") {
        let country = address.text_of("country");
        let code = reading.words.country(country);
        party.add_country(code, CountryRole::Address);
        let region = if code.is_some() { "" } else { country };
        let mut parts = Vec::new();
        if let Some(latin) = address.within("translations", "translation").next() {
            latin.below("addressPart", &mut parts);
        }
        party.add_address(joined(parts.iter().map(|part| part.text_of("value")).chain([region])));
    }
}

/// A feature: `Website`, `Nationality Country`, `Birthdate` and so on.
pub(super) fn fact(party: &mut Party, kind: &str, text: &str, reading: &mut Reading<'_, '_>) {
    match kind {
        "Birthdate" => party.add_born(text),
        "Nationality Country" | "Citizenship Country" => {
            let code = reading.words.country(text);
            party.add_country(code, CountryRole::Nationality);
        }
        "Vessel Flag" => {
            let code = reading.words.country(text);
            party.add_country(code, CountryRole::Flag);
        }
        "Other Vessel Flag" | "Vessel Call Sign" | "BIK (RU)" => party.add_number(text),
        kind => document(party, kind, text, "", reading),
    }
}
