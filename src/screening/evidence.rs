//! What speaks for and against the bearer of a name being the listed party, besides the name.

use serde::Serialize;

use super::normalise::hash;
use super::query::Query;
use crate::lists::{CountryRole, KeyKind, Party, PartyCountry, PartyKind};
use crate::model::CountryCode;

/// Hash of an identifier, by which parties are found.
#[must_use]
pub fn key_hash(kind: KeyKind, value: &str) -> u64 {
    hash(value.as_bytes(), 100 + kind as u64)
}

/// How a piece of evidence bears on the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bearing {
    /// It settles it.
    Decisive,
    /// It nearly does, beside a name.
    Strong,
    /// It speaks for it.
    For,
    /// It says nothing; missing evidence is no evidence.
    Unknown,
    /// It speaks against it.
    Against,
}

/// What kind of evidence a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The same identifier.
    Key,
    /// Country.
    Country,
    /// Street or town.
    Address,
    /// Another name of the subject is another name of the party.
    SecondName,
    /// Year of birth.
    Born,
    /// Organisation, person, ship.
    Kind,
}

/// A piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// What it is.
    pub what: What,
    /// How it bears.
    pub bearing: Bearing,
    /// It in words.
    pub detail: String,
}

/// Gathers what is known of both, in a fixed order. `curated` are identifiers of the subject that the catalog knows as
/// the party's own; `second` is another name of the party that another name of the subject matches.
#[must_use]
pub fn gather(query: &Query, party: &Party, curated: &[String], second: Option<&str>) -> Vec<Piece> {
    let mut all = Vec::new();
    let mut add = |what, bearing, detail: String| all.push(Piece { what, bearing, detail });
    for key in curated {
        add(What::Key, Bearing::Decisive, format!("{key} is the party's own, by the catalog"));
    }
    for key in &query.keys {
        let Some(kind) = key.known() else { continue };
        let same = |other: KeyKind| party.keys.iter().any(|own| own.kind == other && own.value == key.value);
        let name = format!("{}:{}", key.kind, key.value);
        let bearing = match kind {
            KeyKind::Lei
            | KeyKind::Uscc
            | KeyKind::Inn
            | KeyKind::Ogrn
            | KeyKind::Imo
            | KeyKind::Mail
            | KeyKind::Wallet => same(kind).then_some(Bearing::Decisive),
            KeyKind::Domain | KeyKind::MailDomain => {
                (same(KeyKind::Domain) || same(KeyKind::MailDomain)).then_some(Bearing::Strong)
            }
            _ => same(kind).then_some(Bearing::Strong),
        };
        if let Some(bearing) = bearing {
            add(What::Key, bearing, format!("{name} stands in the entry"));
        }
    }
    country(query, party, &mut add);
    if let Some(town) = address(query, party) {
        add(What::Address, Bearing::For, format!("both addresses have `{town}`"));
    }
    if let Some(name) = second {
        add(What::SecondName, Bearing::For, format!("another name is also the party's: `{name}`"));
    }
    if let (Some(year), false) = (query.born, party.born.is_empty()) {
        let same = party.born.contains(&year);
        let bearing = if same { Bearing::For } else { Bearing::Against };
        let years: Vec<String> = party.born.iter().map(u16::to_string).collect();
        add(What::Born, bearing, format!("born {year}; the entry has {}", years.join(", ")));
    }
    if conflicts(query.kind, party.kind) {
        let (ours, theirs) = (super::query::kind_word(query.kind), super::query::kind_word(party.kind));
        add(What::Kind, Bearing::Against, format!("asked for: {ours}; the entry is: {theirs}"));
    }
    all
}

/// True when both are known and differ.
#[must_use]
pub fn conflicts(a: PartyKind, b: PartyKind) -> bool {
    a != b && a != PartyKind::Unknown && b != PartyKind::Unknown
}

fn country(query: &Query, party: &Party, add: &mut impl FnMut(What, Bearing, String)) {
    let mut theirs: Vec<CountryCode> = party.countries.iter().map(|country| country.code).collect();
    theirs.sort_unstable();
    theirs.dedup();
    let list = |codes: &[CountryCode]| codes.iter().map(CountryCode::as_str).collect::<Vec<_>>().join(", ");
    if query.countries.is_empty() || theirs.is_empty() {
        let detail = match (query.countries.is_empty(), theirs.is_empty()) {
            (true, false) => format!("not given; the entry has {}", list(&theirs)),
            (false, true) => format!("{}; the entry names none", list(&query.countries)),
            _ => "not known on either side".to_owned(),
        };
        add(What::Country, Bearing::Unknown, detail);
        return;
    }
    let same = query.countries.iter().find(|ours| theirs.iter().any(|other| satisfies(**ours, *other)));
    match same {
        Some(code) => add(What::Country, Bearing::For, format!("{code} on both sides")),
        None => {
            let is_address = |country: &PartyCountry| country.role == CountryRole::Address;
            // entries of the rules have countries without addresses
            let is_only = !party.addresses.is_empty() && party.countries.iter().all(is_address);
            let only = if is_only { ", of addresses only" } else { "" };
            add(
                What::Country,
                Bearing::Against,
                format!("{}; the entry has {}{only}", list(&query.countries), list(&theirs)),
            );
        }
    }
}

/// Hong Kong and Macao have codes of their own and belong to China as well.
fn satisfies(a: CountryCode, b: CountryCode) -> bool {
    let part = |x: CountryCode, y: CountryCode| matches!(x.as_str(), "HK" | "MO") && y.as_str() == "CN";
    a == b || part(a, b) || part(b, a)
}

/// A telling word that addresses on both sides have: five letters or more, and no word of addresses.
fn address(query: &Query, party: &Party) -> Option<String> {
    const COMMON: [&str; 30] = [
        "street",
        "avenue",
        "building",
        "floor",
        "district",
        "province",
        "region",
        "suite",
        "office",
        "north",
        "south",
        "central",
        "industrial",
        "square",
        "tower",
        "house",
        "block",
        "state",
        "republic",
        "federation",
        "united",
        "international",
        "business",
        "center",
        "centre",
        "ulitsa",
        "prospekt",
        "pereulok",
        "number",
        "industry",
    ];
    let words = |text: &str| -> Vec<String> {
        let lower = text.to_lowercase();
        let words = lower.split(|c: char| !c.is_alphanumeric());
        words.filter(|word| word.chars().count() >= 5 && !COMMON.contains(word)).map(str::to_owned).collect()
    };
    let ours: Vec<String> = query.addresses.iter().flat_map(|text| words(text)).collect();
    if ours.is_empty() {
        return None;
    }
    let theirs: Vec<String> = party.addresses.iter().flat_map(|text| words(text)).collect();
    ours.into_iter().find(|word| theirs.contains(word))
}
