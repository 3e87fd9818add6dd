//! Entries that come with the rules, in the form in which imported lists are kept.

use super::{CountryRole, KeyKind, NameRole, Party, PartyCountry, PartyKey, PartyKind, PartyName};
use crate::catalog::Catalog;
use crate::catalog::rows::{Key, Listing, Organisation};

/// An entry of the rules as a listed party. An entry without a number on its list is known by the row's id.
#[must_use]
pub fn party(row: &Listing, catalog: &Catalog) -> Party {
    // an entry about an officer or a part says nothing of what the organisation is
    let own = row.organisation.as_deref().filter(|_| row.about.as_deref() == Some("organisation"));
    let organisation = own.and_then(|id| catalog.organisation(id));
    // `KP/CN`: a front company of one state that works from another
    let countries = row.country.as_deref().into_iter().flat_map(|words| words.split('/'));
    let countries = countries.filter_map(|word| catalog.country(word.trim()));
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
    Party {
        list: row.list.clone(),
        entry: row.entry.clone().unwrap_or_else(|| row.id.clone()),
        kind: organisation.map_or(PartyKind::Unknown, kind),
        names,
        countries: countries.map(|code| PartyCountry { code, role: CountryRole::Address }).collect(),
        keys: organisation.map_or_else(Vec::new, |row| domains(row, catalog)),
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

/// Rows about a person, else about something with a legal form.
fn kind(row: &Organisation) -> PartyKind {
    if &*row.kind == "person" { PartyKind::Person } else { PartyKind::Organisation }
}

/// Domains that were checked to be the organisation's and where nobody else has a mailbox.
fn domains(row: &Organisation, catalog: &Catalog) -> Vec<PartyKey> {
    let own = |key: &&Key| &*key.kind == "domain" && key.gate && !catalog.is_shared_host(&key.value);
    let checked = row.keys.iter().filter(own);
    checked.map(|key| PartyKey { kind: KeyKind::Domain, value: key.value.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn every_entry_of_the_rules_is_a_party_with_a_name() {
        let catalog = Catalog::embedded();
        for row in &catalog.tables().listing {
            let party = party(row, &catalog);
            assert!(!party.name().is_empty() && !party.entry.is_empty(), "{}", row.id);
        }
    }
}
