//! The parties that are screened against: the embedded entries of the catalog, and what was imported.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::engine::Parties;
use super::index::{Index, build};
use super::normalise::Lexicon;
use crate::catalog::rows::Listing;
use crate::catalog::{Catalog, Standing};
use crate::lists::{CountryRole, NameRole, Party, PartyCountry, PartyKind, PartyName};
use crate::model::{CountryCode, Date};

/// Parties with their index.
pub struct Listed<'c> {
    /// The parties, in the order of the index.
    pub parties: Vec<Party>,
    /// The index of their names.
    pub index: Index<'static>,
    /// Organisation of the catalog that a party is.
    organisations: BTreeMap<u32, Box<str>>,
    /// Entries of which the dates do not tell whether they held, with why.
    pub unsure: BTreeMap<u32, &'static str>,
    catalog: &'c Catalog,
}

/// Listed parties of the catalog that held, or may have held, on a day, on the lists asked for (all, when none are).
#[must_use]
pub fn listed_parties<'c>(catalog: &'c Catalog, lexicon: &Lexicon, day: Date, lists: &BTreeSet<String>) -> Listed<'c> {
    let (mut parties, mut organisations, mut unsure) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    for row in catalog.tables().listing.iter().filter(|row| &*row.kind == "entity") {
        if !lists.is_empty() && !lists.contains(&*row.list) {
            continue;
        }
        let Some(standing) = row.standing_on(day, catalog.date()) else { continue };
        let at = u32::try_from(parties.len()).expect("the catalog is small");
        if let Standing::Unsure(why) = standing {
            unsure.insert(at, why);
        }
        if let Some(organisation) = row.organisation.as_ref().filter(|_| row.about.as_deref() == Some("organisation")) {
            organisations.insert(at, organisation.clone());
        }
        parties.push(party(row));
    }
    let index = build(&parties, lexicon);
    Listed { parties, index, organisations, unsure, catalog }
}

impl Parties for Listed<'_> {
    fn party(&self, at: u32) -> Option<Cow<'_, Party>> {
        self.parties.get(at as usize).map(Cow::Borrowed)
    }

    fn owners(&self, kind: &str, value: &str) -> Vec<u32> {
        let Some((organisation, key, found)) = self.catalog.organisation_by_key(kind, value) else { return Vec::new() };
        // a bare name prefix is a hint, and a recalled key is no proof
        if !found.exact || !key.gate {
            return Vec::new();
        }
        self.organisations.iter().filter(|(_, id)| ***id == *organisation.id).map(|(at, _)| *at).collect()
    }
}

/// An entry of the catalog as a party. Its name may be a description: "X Ltd. (XY) and affiliates".
fn party(row: &Listing) -> Party {
    let mut names: Vec<PartyName> = Vec::new();
    let mut add = |text: &str, role| {
        let text = text.trim().trim_end_matches([',', ';']);
        if !text.is_empty() && names.iter().all(|known| &*known.text != text) {
            names.push(PartyName { text: text.into(), role, weak: false, language: None });
        }
    };
    for (at, text) in named(&row.entity).into_iter().enumerate() {
        add(&text, if at == 0 { NameRole::Primary } else { NameRole::Alias });
    }
    row.aliases.iter().for_each(|alias| add(alias, NameRole::Alias));
    let country = row.country.as_deref().and_then(CountryCode::new);
    Party {
        list: row.list.clone(),
        entry: row.entry.clone().unwrap_or_else(|| row.id.clone()),
        kind: PartyKind::Unknown,
        names,
        countries: country.map(|code| PartyCountry { code, role: CountryRole::Registration }).into_iter().collect(),
        programmes: row.programme.iter().cloned().collect(),
        citation: row.citation.clone(),
        listed: row.listed,
        delisted: row.delisted,
        note: row.policy.clone(),
        ..Party::default()
    }
}

/// The names in a description: without what it says of affiliates; what stands in brackets are other names.
fn named(text: &str) -> Vec<String> {
    let (outer, inner) = match (text.find('('), text.find(')')) {
        (Some(open), Some(close)) if open < close && open > 0 => {
            (format!("{} {}", text[..open].trim(), text[close + 1..].trim()), &text[open + 1..close])
        }
        _ => (text.to_owned(), ""),
    };
    let mut all = without_affiliates(&outer);
    // a remark such as "incl. …" or "12 persons" is no name
    let is_name = |part: &&str| part.chars().next().is_some_and(char::is_uppercase);
    let parts = inner.split(" / ").map(str::trim).filter(is_name);
    all.extend(parts.flat_map(without_affiliates));
    all.retain(|name| name.chars().count() > 1);
    all
}

/// "X and affiliates" is X; "X and Y affiliates" is X, and Y.
fn without_affiliates(text: &str) -> Vec<String> {
    const ENDS: [&str; 7] =
        [" and affiliates", " and subsidiaries", " and its ", " and five ", " and six ", " and nine ", "; and any "];
    let end = ENDS.iter().filter_map(|words| text.find(words)).min().unwrap_or(text.len());
    let text = text[..end].trim();
    match text.strip_suffix(" affiliates").and_then(|rest| rest.split_once(" and ")) {
        Some((first, second)) => vec![first.to_owned(), second.to_owned()],
        None => vec![text.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn descriptions_give_names() {
        for (text, names) in [
            ("Example Technologies Co., Ltd. and affiliates", &["Example Technologies Co., Ltd."][..]),
            ("Beijing Example and nine affiliates (Zhi AI / Z.ai)", &["Beijing Example", "Zhi AI", "Z.ai"]),
            ("X Cloud Technology and X Cloud affiliates", &["X Cloud Technology", "X Cloud"]),
            ("Long Name Corporation (LNC) and subsidiaries", &["Long Name Corporation", "LNC"]),
            ("Example leaders (12 persons)", &["Example leaders"]),
        ] {
            assert_eq!(named(text), names, "{text}");
        }
    }
}
