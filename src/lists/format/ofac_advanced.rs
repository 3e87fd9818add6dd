//! OFAC's advanced XML: `Sanctions`, everything by number. The file is read twice: first what the numbers mean, where
//! places are, which papers, relations and list entries there are; then the parties.

use std::collections::BTreeMap;

use super::cells::{Build as _, joined, value};
use super::error::ListError;
use super::head::Head;
use super::markup::{Node, Visitor, Want, walk};
use super::ofac;
use super::ofac_classic::document;
use super::ofac_enhanced::fact;
use super::reading::Reading;
use super::records::{Records, Taken, records};
use super::{Format, FormatId, Input, Part, WHOLE};
use crate::lists::{CountryRole, LinkKind, NameRole, Party, PartyKind};
use crate::model::Date;

pub(super) static FORMAT: Format = Format {
    id: FormatId("ofac-advanced-xml"),
    title: "OFAC lists, advanced XML (SDN_ADVANCED.XML, CONS_ADVANCED.XML)",
    publisher: ofac::PUBLISHER,
    lists: ofac::LISTS,
    licence: ofac::LICENCE,
    floors: &[("*", 100)],
    recognise,
    read,
    ..Format::USUAL
};

/// Numbers that may be defined; a real file has some 100,000.
const NUMBER_LIMIT: usize = 3_000_000;

fn recognise(head: &Head<'_>) -> Option<Part> {
    (head.root() == "Sanctions").then_some(WHOLE)
}

fn read(inputs: &[Input<'_>], reading: &mut Reading<'_, '_>) -> Result<(), ListError> {
    for input in inputs {
        let mut tables = Tables { file: input.file.name(), ..Tables::default() };
        walk(input.file, &mut tables)?;
        reading.dated(tables.date);
        records(input, reading, &mut Parties { tables: &tables })?;
    }
    Ok(())
}

/// What the first pass keeps.
#[derive(Default)]
struct Tables<'f> {
    file: &'f str,
    date: Option<Date>,
    /// `FeatureType/8` to `Birthdate`.
    words: BTreeMap<String, Box<str>>,
    /// Country of an area code.
    areas: BTreeMap<Box<str>, Box<str>>,
    places: BTreeMap<Box<str>, Place>,
    papers: BTreeMap<Box<str>, Vec<Paper>>,
    relations: BTreeMap<Box<str>, Vec<Relation>>,
    entries: BTreeMap<Box<str>, Entry>,
    count: usize,
}

struct Place {
    text: String,
    country: Box<str>,
}

struct Paper {
    kind: Box<str>,
    number: Box<str>,
    country: Box<str>,
}

struct Relation {
    kind: LinkKind,
    to: Box<str>,
}

#[derive(Default)]
struct Entry {
    lists: Vec<&'static str>,
    programmes: Vec<Box<str>>,
    measures: Vec<Box<str>>,
    bases: Vec<Box<str>>,
    listed: Option<Date>,
}

fn ymd(node: &Node) -> Option<Date> {
    let part = |name| node.text_of(name);
    Date::parse(&format!("{:0>4}-{:0>2}-{:0>2}", part("Year"), part("Month"), part("Day")))
}

impl Tables<'_> {
    fn word(&self, table: &str, id: &str) -> &str {
        self.words.get(&format!("{table}/{id}")).map_or("", |word| word)
    }

    fn country(&self, id: &str) -> Box<str> {
        self.word("Country", id).into()
    }

    fn define(&mut self, set: &Node) {
        for item in &set.children {
            let id = item.attribute("ID");
            if &*item.name == "AreaCode" {
                self.areas.insert(id.into(), item.attribute("CountryID").into());
            }
            // what a legal basis is called stands in an attribute; its text names the programme
            let text = if &*item.name == "LegalBasis" { item.attribute("LegalBasisShortRef") } else { &item.text };
            self.words.insert(format!("{}/{id}", item.name), text.into());
            self.count += 1;
        }
    }

    fn place(&mut self, node: &Node) {
        let country = node.child("LocationCountry").map_or("", |country| country.attribute("CountryID"));
        let area = node.child("LocationAreaCode").and_then(|area| self.areas.get(area.attribute("AreaCodeID")));
        let country = self.country(if country.is_empty() { area.map_or("", |id| id) } else { country });
        let mut values = Vec::new();
        node.below("Value", &mut values);
        let text = joined(values.iter().map(|value| value.text.as_str()));
        self.places.insert(node.attribute("ID").into(), Place { text, country });
    }

    fn paper(&mut self, node: &Node) {
        let paper = Paper {
            kind: self.word("IDRegDocType", node.attribute("IDRegDocTypeID")).into(),
            number: node.text_of("IDRegistrationNo").into(),
            country: self.country(node.attribute("IssuedBy-CountryID")),
        };
        self.papers.entry(node.attribute("IdentityID").into()).or_default().push(paper);
    }

    fn entry(&mut self, node: &Node) {
        let list = ofac::list_by_name(self.word("List", node.attribute("ListID")));
        let measures: Vec<(bool, Box<str>)> = node
            .all("SanctionsMeasure")
            .map(|measure| {
                (self.word("SanctionsType", measure.attribute("SanctionsTypeID")), measure.text_of("Comment"))
            })
            .map(|(kind, comment)| match kind {
                "" | "Program" => (true, comment.into()),
                kind => (false, kind.into()),
            })
            .filter(|(_, text): &(bool, Box<str>)| value(text).is_some())
            .collect();
        let bases: Vec<Box<str>> = node
            .all("EntryEvent")
            .map(|event| self.word("LegalBasis", event.attribute("LegalBasisID")))
            .filter_map(|basis| value(basis).map(Into::into))
            .collect();
        let entry = self.entries.entry(node.attribute("ProfileID").into()).or_default();
        for basis in bases {
            if !entry.bases.contains(&basis) {
                entry.bases.push(basis);
            }
        }
        if let Some(list) = list.filter(|list| !entry.lists.contains(list)) {
            entry.lists.push(list);
        }
        let dates = node.all("EntryEvent").filter_map(|event| event.child("Date").and_then(ymd));
        entry.listed = dates.chain(entry.listed).min();
        for (programme, text) in measures {
            let into = if programme { &mut entry.programmes } else { &mut entry.measures };
            if !into.contains(&text) {
                into.push(text);
            }
        }
    }
}

impl Visitor for Tables<'_> {
    fn enter(&mut self, head: &Node, depth: usize) -> Want {
        match (&*head.name, depth) {
            ("Sanctions", 0) => Want::Enter,
            (
                "ReferenceValueSets" | "Locations" | "IDRegDocuments" | "ProfileRelationships" | "SanctionsEntries",
                1,
            ) => Want::Enter,
            ("DateOfIssue", 1) => Want::Take,
            (_, 2) => Want::Take,
            _ => Want::Skip,
        }
    }

    fn take(&mut self, node: Node) -> Result<(), ListError> {
        self.count += 1;
        match &*node.name {
            "DateOfIssue" => self.date = ymd(&node),
            "Location" => self.place(&node),
            "IDRegDocument" => self.paper(&node),
            "ProfileRelationship" if node.attribute("Former") != "true" => {
                let kind = ofac::relation(self.word("RelationType", node.attribute("RelationTypeID")));
                let relation = Relation { kind, to: node.attribute("To-ProfileID").into() };
                self.relations.entry(node.attribute("From-ProfileID").into()).or_default().push(relation);
            }
            "SanctionsEntry" => self.entry(&node),
            name if name.ends_with("Values") => self.define(&node),
            _ => {}
        }
        if self.count > NUMBER_LIMIT {
            return Err(ListError::new(self.file, Some(node.line), "defines more things than any list has"));
        }
        Ok(())
    }
}

struct Parties<'t> {
    tables: &'t Tables<'t>,
}

impl Records for Parties<'_> {
    fn enter(&mut self, head: &Node, depth: usize, _: &mut Reading<'_, '_>) -> Want {
        match (&*head.name, depth) {
            ("Sanctions", 0) | ("DistinctParties", 1) => Want::Enter,
            ("DistinctParty", 2) => Want::Take,
            _ => Want::Skip,
        }
    }

    fn take(&mut self, node: &Node, reading: &mut Reading<'_, '_>) -> Taken {
        let Some(party) = self.party(node, reading) else {
            return Taken::Bad("the party has no number or no name");
        };
        let entry = self.tables.entries.get(&party.entry);
        let lists = entry.map(|entry| entry.lists.as_slice()).filter(|lists| !lists.is_empty());
        Taken::on(lists.unwrap_or(&["US-NS"]), &party)
    }
}

impl Parties<'_> {
    fn party(&self, node: &Node, reading: &mut Reading<'_, '_>) -> Option<Party> {
        let tables = self.tables;
        let profile = node.child("Profile")?;
        let entry: Box<str> = value(profile.attribute("ID"))?.into();
        let kind = match tables.word("PartySubType", profile.attribute("PartySubTypeID")) {
            "Vessel" => PartyKind::Vessel,
            "Aircraft" => PartyKind::Aircraft,
            // types of persons and entities have no subtypes: the reference values call both `Unknown`
            _ if profile.attribute("PartySubTypeID") == "4" => PartyKind::Person,
            _ if profile.attribute("PartySubTypeID") == "3" => PartyKind::Organisation,
            _ => PartyKind::Unknown,
        };
        let mut party = Party { url: ofac::page(&entry), entry, kind, ..Party::default() };
        for identity in profile.all("Identity").filter(|identity| identity.attribute("False") != "true") {
            names(&mut party, identity, tables);
            for paper in tables.papers.get(identity.attribute("ID")).into_iter().flatten() {
                document(&mut party, &paper.kind, &paper.number, &paper.country, reading);
            }
        }
        if party.names.is_empty() {
            return None;
        }
        for feature in profile.all("Feature") {
            self.feature(&mut party, feature, reading);
        }
        for relation in tables.relations.get(&party.entry).into_iter().flatten() {
            party.add_link(relation.kind, "", Some(&relation.to));
        }
        if let Some(entry) = tables.entries.get(&party.entry) {
            entry.programmes.iter().for_each(|programme| party.add_programme(programme));
            entry.measures.iter().for_each(|measure| party.add_measure(measure));
            party.listed = entry.listed;
            party.citation = (!entry.bases.is_empty()).then(|| entry.bases.join("; ").into());
        }
        Some(party)
    }

    fn feature(&self, party: &mut Party, feature: &Node, reading: &mut Reading<'_, '_>) {
        let tables = self.tables;
        let kind = tables.word("FeatureType", feature.attribute("FeatureTypeID"));
        for version in feature.all("FeatureVersion") {
            if kind == "Birthdate" {
                let mut years = Vec::new();
                version.below("Year", &mut years);
                years.iter().for_each(|year| party.add_born(&year.text));
            }
            for detail in version.all("VersionDetail") {
                let reference = detail.attribute("DetailReferenceID");
                let text =
                    if reference.is_empty() { detail.text.as_str() } else { tables.word("DetailReference", reference) };
                fact(party, kind, text, reading);
            }
            for place in version.all("VersionLocation") {
                let Some(place) = tables.places.get(place.attribute("LocationID")) else { continue };
                let code = reading.words.country(&place.country);
                let role = match kind {
                    "Location" => CountryRole::Address,
                    "Nationality Country" | "Citizenship Country" => CountryRole::Nationality,
                    "Nationality of Registration" | "Country of Registration" => CountryRole::Registration,
                    "Vessel Flag" => CountryRole::Flag,
                    _ => continue,
                };
                party.add_country(code, role);
                if role == CountryRole::Address {
                    let region = if code.is_some() { "" } else { &*place.country };
                    party.add_address(joined([&*place.text, region]));
                }
            }
        }
    }
}

/// Names of an identity: aliases, each documented in one or more scripts, each in parts.
fn names(party: &mut Party, identity: &Node, tables: &Tables<'_>) {
    let mut groups = Vec::new();
    identity.below("NamePartGroup", &mut groups);
    let part_kind = |id: &str| {
        let group = groups.iter().find(|group| group.attribute("ID") == id);
        group.map_or("", |group| tables.word("NamePartType", group.attribute("NamePartTypeID")))
    };
    let mut aliases: Vec<&Node> = identity.all("Alias").collect();
    aliases.sort_by_key(|alias| alias.attribute("Primary") != "true");
    for alias in aliases {
        let weak = alias.attribute("LowQuality") == "true";
        let kind = tables.word("AliasType", alias.attribute("AliasTypeID"));
        let primary = alias.attribute("Primary") == "true";
        for (at, documented) in alias.all("DocumentedName").enumerate() {
            let mut values = Vec::new();
            documented.below("NamePartValue", &mut values);
            // family names stand first in the file and last in speech
            values.sort_by_key(|value| match part_kind(value.attribute("NamePartGroupID")) {
                "Last Name" | "Matronymic" | "Maiden Name" => 1,
                _ => 0,
            });
            let text: Vec<&str> = values.iter().map(|value| value.text.as_str()).collect();
            let script = values.first().map_or("", |value| tables.word("Script", value.attribute("ScriptID")));
            let role = match () {
                () if primary && at == 0 => NameRole::Primary,
                () if kind.starts_with("F.K.A") => NameRole::Former,
                () => NameRole::Alias,
            };
            party.add_name_in(&text.join(" "), role, weak, Some(script).filter(|script| *script != "Latin"));
        }
    }
}
