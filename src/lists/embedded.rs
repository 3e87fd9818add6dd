//! Entries that come with the rules, in the form in which imported lists are kept.

use super::{CountryRole, KeyKind, NameRole, Party, PartyCountry, PartyKey, PartyKind, PartyName};
use crate::catalog::Catalog;
use crate::catalog::rows::{Listing, Organisation};

/// An entry of the rules as a listed party. An entry without a number on its list is known by the row's id.
#[must_use]
pub fn party(row: &Listing, catalog: &Catalog) -> Party {
    // an entry about an officer or a part says nothing of what the organisation is
    let own = row.organisation.as_deref().filter(|_| row.about.as_deref() == Some("organisation"));
    let organisation = own.and_then(|id| catalog.organisation(id));
    let country = row.country.as_deref().and_then(|word| catalog.country(word));
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
        countries: country.map(|code| PartyCountry { code, role: CountryRole::Address }).into_iter().collect(),
        keys: organisation.map_or_else(Vec::new, domains),
        programmes: row.programme.iter().cloned().collect(),
        citation: row.citation.clone(),
        listed: row.listed,
        delisted: row.delisted,
        note: row.policy.clone(),
        ..Party::default()
    }
}

/// The names in a description: without what it says of affiliates; a name in brackets is another name.
fn named(text: &str) -> Vec<String> {
    let end =
        [" and affiliates", " and subsidiaries", " and its ", " and five ", " and six ", " and nine ", "; and any "]
            .iter()
            .filter_map(|words| text.find(words))
            .min()
            .unwrap_or(text.len());
    let text = &text[..end];
    match (text.find('('), text.find(')')) {
        (Some(open), Some(close)) if open < close && open > 0 => {
            let mut all = vec![format!("{} {}", text[..open].trim(), text[close + 1..].trim()).trim().to_owned()];
            let inner = &text[open + 1..close];
            all.extend(
                inner
                    .split(" / ")
                    .filter(|part| part.len() > 1 && !part.contains(' ') || part.len() > 12)
                    .map(str::to_owned),
            );
            all
        }
        _ => vec![text.to_owned()],
    }
}

/// Rows about a person, else about something with a legal form.
fn kind(row: &Organisation) -> PartyKind {
    if &*row.kind == "person" { PartyKind::Person } else { PartyKind::Organisation }
}

/// Domains that were checked to be the organisation's.
fn domains(row: &Organisation) -> Vec<PartyKey> {
    let checked = row.keys.iter().filter(|key| &*key.kind == "domain" && key.gate);
    checked.map(|key| PartyKey { kind: KeyKind::Domain, value: key.value.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_beside_a_name_is_no_part_of_it() {
        assert_eq!(named("A Co., Ltd. and affiliates"), ["A Co., Ltd."]);
        assert_eq!(named("A Corporation (AC-1) and subsidiaries"), ["A Corporation", "AC-1"]);
        assert_eq!(named("Arkady V. (a founder)"), ["Arkady V."]);
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
