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
    let alias = |text: &str| PartyName { text: text.into(), role: NameRole::Alias, weak: false, language: None };
    let (name, short) = plain(&row.entity);
    let mut names = vec![PartyName { role: NameRole::Primary, ..alias(name) }];
    names.extend(short.into_iter().chain(row.aliases.iter().map(AsRef::as_ref)).map(alias));
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

/// The name without what rules say beside it: `A Co. and affiliates`, `A Corporation (AC) and subsidiaries`; what stands
/// in parentheses is a short name when it is one word in capitals.
fn plain(text: &str) -> (&str, Option<&str>) {
    let beside = [" and affiliates", " and subsidiaries", " and its subsidiaries"];
    let name = beside.iter().find_map(|words| text.strip_suffix(words)).unwrap_or(text).trim_end();
    let Some((before, inside)) = name.strip_suffix(')').and_then(|name| name.rsplit_once(" (")) else {
        return (name, None);
    };
    let is_short = inside.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-');
    (before, is_short.then_some(inside))
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
        assert_eq!(plain("A Co., Ltd. and affiliates"), ("A Co., Ltd.", None));
        assert_eq!(plain("A Corporation (AC-1) and subsidiaries"), ("A Corporation", Some("AC-1")));
        assert_eq!(plain("Arkady V. (a founder)"), ("Arkady V.", None));
        assert_eq!(plain("Plain (Shenzhen) Limited"), ("Plain (Shenzhen) Limited", None));
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
