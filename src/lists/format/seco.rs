//! The list of the Swiss State Secretariat for Economic Affairs: XML. Targets that were taken off stay in the file. It is
//! read twice: first programmes and places, then the targets.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::{Build as _, date_iso, joined, value};
use super::error::ListError;
use super::head::Head;
use super::markup::{Node, Visitor, Want, walk};
use super::reading::Reading;
use super::records::{Records, Taken, records};
use super::{Format, FormatId, Input, Part, WHOLE};
use crate::lists::{CountryRole, NameRole, Party, PartyKind};
use crate::model::CountryCode;

pub(super) static FORMAT: Format = Format {
    id: FormatId("ch-seco"),
    title: "Swiss sanctions list of SECO, XML",
    publisher: "Swiss State Secretariat for Economic Affairs",
    lists: &["CH-SECO"],
    licence: "Swiss Confederation; official list, only the ordinances are authentic",
    attribution: Some("Source: State Secretariat for Economic Affairs SECO"),
    floors: &[("*", 1_500)],
    recognise,
    read,
    ..Format::USUAL
};

/// Places and programmes of a file; real ones have some 10,000.
const TABLE_LIMIT: usize = 1_000_000;

fn recognise(head: &Head<'_>) -> Option<Part> {
    (head.root() == "swiss-sanctions-list" || head.has("sanctions-program") && head.has("target")).then_some(WHOLE)
}

fn read(inputs: &[Input<'_>], reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    for input in inputs {
        let mut tables = Tables { file: input.file.name(), ..Tables::default() };
        walk(input.file, &mut tables)?;
        reading.dated(date_iso(&tables.date));
        records(input, reading, &mut Targets { tables: &tables })?;
    }
    Ok(())
}

#[derive(Default)]
struct Tables<'f> {
    file: &'f str,
    date: String,
    /// Programme of a sanctions set.
    sets: BTreeMap<Box<str>, Box<str>>,
    /// Words and country of a place.
    places: BTreeMap<Box<str>, (String, Box<str>)>,
}

impl Visitor for Tables<'_> {
    fn enter(&mut self, head: &Node, depth: usize) -> Want {
        match (&*head.name, depth) {
            (_, 0) => {
                head.attribute("date").clone_into(&mut self.date);
                Want::Enter
            }
            ("sanctions-program" | "place", 1) => Want::Take,
            _ => Want::Skip,
        }
    }

    fn take(&mut self, node: Node) -> Result<(), ListError> {
        if self.sets.len() + self.places.len() > TABLE_LIMIT {
            return Err(ListError::new(self.file, Some(node.line), "defines more places than any list has"));
        }
        if &*node.name == "place" {
            let words =
                joined(node.children.iter().filter(|part| &*part.name != "country").map(|part| part.text.as_str()));
            let country = node.child("country").map_or("", |country| country.attribute("iso-code"));
            self.places.insert(node.attribute("ssid").into(), (words, country.into()));
            return Ok(());
        }
        let english = |name: &'static str| {
            node.all(name).find(|one| matches!(one.attribute("lang"), "eng" | "en")).or_else(|| node.child(name))
        };
        let name = english("program-key").or_else(|| english("program-name"));
        let name: Box<str> = name.map_or("", |name| &name.text).into();
        for set in node.all("sanctions-set") {
            self.sets.insert(set.attribute("ssid").into(), name.clone());
        }
        Ok(())
    }
}

struct Targets<'t> {
    tables: &'t Tables<'t>,
}

impl Records for Targets<'_> {
    fn enter(&mut self, head: &Node, depth: usize, _: &mut Reading<'_, '_>) -> Want {
        match (&*head.name, depth) {
            (_, 0) => Want::Enter,
            // modifications repeat whole targets further down
            ("target", 1) => Want::Take,
            _ => Want::Skip,
        }
    }

    fn take(&mut self, node: &Node, reading: &mut Reading<'_, '_>) -> Taken {
        if is_off(node) {
            return Taken::Removed;
        }
        Taken::one(self.party(node, reading), "the target has no number or no name")
    }
}

/// True when the latest modification takes the target off the list. Of one day the first in the file is the latest.
fn is_off(node: &Node) -> bool {
    let mut latest: Option<&Node> = None;
    for change in node.all("modification") {
        if latest.is_none_or(|latest| change.attribute("effective-date") > latest.attribute("effective-date")) {
            latest = Some(change);
        }
    }
    latest.is_some_and(|change| change.attribute("modification-type") == "de-listed")
}

impl Targets<'_> {
    fn party(&self, node: &Node, reading: &mut Reading<'_, '_>) -> Option<Party> {
        let entry: Box<str> = value(node.attribute("ssid"))?.into();
        let (subject, kind) = node.children.iter().find_map(|child| {
            let kind = match &*child.name {
                "individual" => PartyKind::Person,
                "entity" => PartyKind::Organisation,
                "object" => match &*child.attribute("object-type").to_ascii_lowercase() {
                    "vessel" | "ship" => PartyKind::Vessel,
                    "aircraft" => PartyKind::Aircraft,
                    _ => PartyKind::Unknown,
                },
                _ => return None,
            };
            Some((child, kind))
        })?;
        let mut party = Party { list: "CH-SECO".into(), entry, kind, ..Party::default() };
        let mut identities: Vec<&Node> = subject.all("identity").collect();
        identities.sort_by_key(|identity| identity.attribute("main") != "true");
        for identity in identities {
            names(&mut party, identity);
            self.identity(&mut party, identity, reading);
        }
        if party.names.is_empty() {
            return None;
        }
        party.names.sort_by_key(|name| name.role != NameRole::Primary);
        let sets = node.all("sanctions-set-id").map(|set| set.text.as_str());
        for set in sets.chain([node.attribute("sanctions-set-id")]) {
            if let Some(programme) = self.tables.sets.get(set) {
                party.add_programme(programme);
            }
        }
        let listed = node.all("modification").filter(|change| change.attribute("modification-type") == "listed");
        party.listed = listed.filter_map(|change| date_iso(change.attribute("effective-date"))).min();
        Some(party)
    }

    fn identity(&self, party: &mut Party, identity: &Node, reading: &mut Reading<'_, '_>) {
        for nationality in identity.within("nationality", "country") {
            let code = reading.words.country(nationality.attribute("iso-code"));
            party.add_country(code, CountryRole::Nationality);
        }
        for address in identity.all("address") {
            let place = self.tables.places.get(address.attribute("place-id"));
            let country = place.map_or("", |(_, country)| country);
            let code: Option<CountryCode> = reading.words.country(country);
            party.add_country(code, CountryRole::Address);
            let words = ["c-o", "address-details", "p-o-box", "zip-code"].map(|part| address.text_of(part));
            party.add_address(joined(words.into_iter().chain(place.map(|(words, _)| words.as_str()))));
        }
        for birth in identity.all("day-month-year") {
            party.add_born(birth.attribute("year"));
        }
        for paper in identity.all("identification-document") {
            party.add_number(paper.text_of("number"));
        }
    }
}

/// Names of an identity: parts in an order, each with spellings in languages and scripts.
fn names(party: &mut Party, identity: &Node) {
    for name in identity.all("name") {
        let weak = name.attribute("quality") == "low";
        let role = match name.attribute("name-type") {
            "primary-name" if identity.attribute("main") == "true" => NameRole::Primary,
            kind if kind.starts_with("formerly") => NameRole::Former,
            _ => NameRole::Alias,
        };
        let mut parts: Vec<&Node> = name.all("name-part").collect();
        parts.sort_by_key(|part| part.attribute("order").parse::<u32>().unwrap_or(u32::MAX));
        // family names may stand first; in speech they are last
        parts.sort_by_key(|part| party.kind == PartyKind::Person && part.attribute("name-part-type") == "family-name");
        let join = |of: &dyn Fn(&Node) -> String| parts.iter().map(|part| of(part)).collect::<Vec<_>>().join(" ");
        party.add_name(&join(&|part| part.text_of("value").to_owned()), role, weak);
        let mut spellings: BTreeSet<(String, String, usize)> = BTreeSet::new();
        for part in &parts {
            let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
            for spelling in part.all("spelling-variant").take(100) {
                let (lang, script) = (spelling.attribute("lang"), spelling.attribute("script"));
                let count = counts.entry((lang, script)).or_default();
                spellings.insert((lang.to_owned(), script.to_owned(), *count));
                *count += 1;
            }
        }
        let role = if role == NameRole::Primary { NameRole::Alias } else { role };
        for (lang, script, number) in &spellings {
            let spelled = |part: &Node| {
                let same = |one: &&Node| one.attribute("lang") == *lang && one.attribute("script") == *script;
                let found = part.all("spelling-variant").filter(same).nth(*number);
                found.map_or_else(|| part.text_of("value").to_owned(), |found| found.text.clone())
            };
            let tag = [lang.as_str(), script.as_str()].into_iter().filter(|tag| !tag.is_empty()).collect::<Vec<_>>();
            party.add_name_in(&join(&spelled), role, weak, Some(&tag.join("-")));
        }
    }
}
