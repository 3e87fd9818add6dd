//! One set of parties out of all sources: every list once, entries with what every source says of them.

use std::collections::BTreeMap;

use super::manifest::{ListCount, Manifest};
use crate::lists::{Party, PartyKind};
use crate::model::Date;

/// Joins parties that have list and entry number in common, and sorts all by these.
pub(super) fn united(mut parties: Vec<Party>) -> Vec<Party> {
    parties.sort_by(|a, b| (&a.list, &a.entry).cmp(&(&b.list, &b.entry)));
    let mut all: Vec<Party> = Vec::with_capacity(parties.len());
    for party in parties {
        match all.last_mut() {
            Some(last) if last.list == party.list && last.entry == party.entry => add(last, party),
            _ => all.push(party),
        }
    }
    all
}

/// The parties that are screened against, out of those of each source. A list that several sources carry has the
/// entries of the newest of them; what the others say of the same entry is added to it, so that a terse newer file
/// does not lose the aliases of a rich older one.
pub(super) fn combined(manifest: &Manifest, sources: Vec<(&str, Vec<Party>)>) -> Vec<Party> {
    let newest = newest(manifest);
    let mut kept = Vec::new();
    let mut others = Vec::new();
    for (name, parties) in sources {
        for party in parties {
            let is_newest = newest.get(&*party.list).is_none_or(|source| *source == name);
            if is_newest { &mut kept } else { &mut others }.push(party);
        }
    }
    let mut kept = united(kept);
    for party in others {
        let place = kept.binary_search_by(|other| (&other.list, &other.entry).cmp(&(&party.list, &party.entry)));
        if let Ok(at) = place {
            add(&mut kept[at], party);
        }
    }
    kept
}

/// Day of publication, day of retrieval, number of parties: the highest holds.
type Rank = (Option<Date>, Date, u64);

/// For every list the source whose entries hold: the newest, unless it has so few that it can only be an excerpt of what
/// another source has.
pub(super) fn newest(manifest: &Manifest) -> BTreeMap<&str, &str> {
    let mut most: BTreeMap<&str, u64> = BTreeMap::new();
    for list in manifest.sources.values().filter(|source| source.screened).flat_map(|source| &source.lists) {
        let most = most.entry(&list.list).or_default();
        *most = list.parties.max(*most);
    }
    let mut best: BTreeMap<&str, (Rank, &str)> = BTreeMap::new();
    for (name, source) in manifest.sources.iter().filter(|(_, source)| source.screened) {
        let is_whole = |list: &&ListCount| !is_far_below(list.parties, most[list.list.as_str()]);
        for list in source.lists.iter().filter(is_whole) {
            let rank = (source.published, source.retrieved, list.parties);
            let first = best.entry(&list.list).or_insert((rank, name));
            if rank > first.0 {
                *first = (rank, name);
            }
        }
    }
    best.into_iter().map(|(list, (_, name))| (list, name)).collect()
}

/// True when so few are no edition of a list that had so many.
pub(super) fn is_far_below(now: u64, before: u64) -> bool {
    now * 10 < before * 6
}

/// Adds to a party what another record says of the same entry.
fn add(party: &mut Party, other: Party) {
    for name in other.names {
        match party.names.iter_mut().find(|known| known.text == name.text) {
            // what an authority marks as weak is never promoted
            Some(known) => {
                known.weak |= name.weak;
                known.language = known.language.take().or(name.language);
            }
            None => party.names.push(name),
        }
    }
    extend(&mut party.countries, other.countries);
    extend(&mut party.addresses, other.addresses);
    extend(&mut party.keys, other.keys);
    extend(&mut party.links, other.links);
    extend(&mut party.programmes, other.programmes);
    extend(&mut party.measures, other.measures);
    extend(&mut party.born, other.born);
    if party.kind == PartyKind::Unknown {
        party.kind = other.kind;
    }
    party.citation = party.citation.take().or(other.citation);
    party.url = party.url.take().or(other.url);
    party.note = party.note.take().or(other.note);
    party.listed = party.listed.or(other.listed);
    party.delisted = party.delisted.or(other.delisted);
}

fn extend<T: PartialEq>(all: &mut Vec<T>, more: Vec<T>) {
    for one in more {
        if !all.contains(&one) {
            all.push(one);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::manifest::{Retrieval, Source, Stored};
    use super::*;
    use crate::lists::{NameRole, PartyName};

    fn party(list: &str, entry: &str, names: &[(&str, bool)]) -> Party {
        let names = names.iter().map(|(text, weak)| PartyName {
            text: (*text).into(),
            role: NameRole::Primary,
            weak: *weak,
            language: None,
        });
        Party { list: list.into(), entry: entry.into(), names: names.collect(), ..Party::default() }
    }

    fn source(published: &str, lists: &[&str]) -> Source {
        let lists = lists.iter().map(|list| ListCount { list: (*list).to_owned(), ..ListCount::default() }).collect();
        let day = Date::parse("2026-11-20").expect("is a day");
        Source {
            format: String::new(),
            title: String::new(),
            licence: String::new(),
            attribution: None,
            lists,
            published: Date::parse(published),
            retrieved: day,
            retrieval: Retrieval::Assumed,
            inputs: Vec::new(),
            records: 0,
            parties: 0,
            names: 0,
            bad_rows: 0,
            bad: Vec::new(),
            notes: Vec::new(),
            screened: true,
            stored: Stored::default(),
        }
    }

    #[test]
    fn the_newest_source_says_who_is_listed_and_the_others_add_what_they_know() {
        let manifest = Manifest {
            sources: [
                ("rich".to_owned(), source("2026-11-01", &["US-SDN"])),
                ("terse".to_owned(), source("2026-11-19", &["US-SDN", "US-EL"])),
            ]
            .into(),
            ..Manifest::default()
        };
        let rich =
            vec![party("US-SDN", "1", &[("A", false), ("ALIAS", true)]), party("US-SDN", "9", &[("GONE", false)])];
        let terse = vec![
            party("US-SDN", "1", &[("A", false), ("ALIAS", false)]),
            party("US-SDN", "2", &[("NEW", false)]),
            party("US-EL", "x", &[("X", false)]),
        ];
        let all = combined(&manifest, vec![("rich", rich), ("terse", terse)]);
        let names: Vec<(&str, &str)> = all.iter().map(|party| (&*party.entry, party.name())).collect();
        assert_eq!(names, [("x", "X"), ("1", "A"), ("2", "NEW")]);
        assert!(all[1].names[1].weak, "weak stays weak");
        assert_eq!(newest(&manifest)["US-SDN"], "terse");
        let mut excerpt = manifest.clone();
        for (name, count) in [("rich", 100), ("terse", 59)] {
            excerpt.sources.get_mut(name).expect("is there").lists[0].parties = count;
        }
        assert_eq!(newest(&excerpt)["US-SDN"], "rich", "an excerpt takes nobody off a list");
    }
}
