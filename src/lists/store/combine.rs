//! One set of parties out of all sources: every list once, entries with what every source says of them.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::{ListCount, Manifest, Source};
use crate::lists::{Party, PartyKind, PartyName};
use crate::model::Date;
use crate::text::count;

/// Parties of which no two have list and entry number in common, sorted by these.
pub(super) struct United {
    pub(super) parties: Vec<Party>,
    /// Records that became part of another with the same number.
    joined: usize,
    /// Parties that got a number of their own, because another has theirs.
    numbered: usize,
}

impl United {
    /// What the reader of a report should know.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.joined > 0 {
            let records = count(self.joined, "record");
            notes.push(format!("{records} with the entry number of another and a name in common were joined with it"));
        }
        if self.numbered > 0 {
            let parties = count(self.numbered, "party");
            notes.push(format!("{parties} with the entry number of another party got one of their own: `NUMBER#2`"));
        }
        notes
    }
}

/// Sorts out the entry numbers of a source: records of one party become one, different parties stay apart.
pub(super) fn united(parties: Vec<Party>) -> United {
    sorted_out(parties, true)
}

/// When `by_name`, a common number alone does not make two records one party: they have a name in common as well.
fn sorted_out(mut parties: Vec<Party>, by_name: bool) -> United {
    parties.sort_by(|a, b| (&a.list, &a.entry).cmp(&(&b.list, &b.entry)));
    // a number that is made up must not be one that is there
    let mut marked: BTreeSet<(Box<str>, Box<str>)> = parties
        .iter()
        .filter(|party| party.entry.contains('#'))
        .map(|party| (party.list.clone(), party.entry.clone()))
        .collect();
    let mut united = United { parties: Vec::with_capacity(parties.len()), joined: 0, numbered: 0 };
    let mut rest = parties.into_iter().peekable();
    while let Some(first) = rest.next() {
        let same = |next: &Party, first: &Party| next.list == first.list && next.entry == first.entry;
        if !rest.peek().is_some_and(|next| same(next, &first)) {
            united.parties.push(first);
            continue;
        }
        let mut group = vec![first];
        while let Some(next) = rest.next_if(|next| same(next, &group[0])) {
            group.push(next);
        }
        let mut number = 1;
        for (at, records) in apart(group, by_name).into_iter().enumerate() {
            let named = records.iter().filter(|record| !record.names.is_empty()).count();
            united.joined += named.saturating_sub(1);
            let mut party = merged(records);
            if at > 0 {
                united.numbered += 1;
                party.entry = loop {
                    number += 1;
                    let entry: Box<str> = format!("{}#{number}", party.entry).into();
                    if marked.insert((party.list.clone(), entry.clone())) {
                        break entry;
                    }
                };
            }
            united.parties.push(party);
        }
    }
    if united.numbered > 0 {
        united.parties.sort_by(|a, b| (&a.list, &a.entry).cmp(&(&b.list, &b.entry)));
    }
    united
}

/// Records of one entry number, put together party by party.
fn apart(group: Vec<Party>, by_name: bool) -> Vec<Vec<Party>> {
    // records without a name are pieces of what has the number
    let (named, pieces): (Vec<Party>, Vec<Party>) = group.into_iter().partition(|party| !party.names.is_empty());
    let mut parties: Vec<(PartyKind, Vec<Party>)> = Vec::new();
    let mut with_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for record in named {
        let names: BTreeSet<String> = record.names.iter().map(|name| name.text.to_lowercase()).collect();
        let fits = |at: &usize| agree(parties[*at].0, record.kind);
        let at = if by_name {
            names.iter().filter_map(|name| with_name.get(name)).flatten().copied().find(|at| fits(at))
        } else {
            (0..parties.len()).find(fits)
        };
        let at = at.unwrap_or_else(|| {
            parties.push((record.kind, Vec::new()));
            parties.len() - 1
        });
        if parties[at].0 == PartyKind::Unknown {
            parties[at].0 = record.kind;
        }
        parties[at].1.push(record);
        for name in names {
            // parties with a name in common differ in kind, so that these are few
            let known = with_name.entry(name).or_default();
            if !known.contains(&at) {
                known.push(at);
            }
        }
    }
    for piece in pieces {
        match parties.iter_mut().find(|(kind, _)| agree(*kind, piece.kind)) {
            Some((_, records)) => records.push(piece),
            None => parties.push((piece.kind, vec![piece])),
        }
    }
    parties.into_iter().map(|(_, records)| records).collect()
}

/// False when both are known and differ.
fn agree(a: PartyKind, b: PartyKind) -> bool {
    a == b || a == PartyKind::Unknown || b == PartyKind::Unknown
}

/// The parties that are screened against, and what was decided on the way.
pub(super) struct Combined {
    pub(super) parties: Vec<Party>,
    pub(super) notes: Vec<String>,
}

/// The parties that are screened against, out of those of each source. A list that several sources carry has the
/// entries of the newest of them; what the others say of the same entry is added to it, so that a terse newer file
/// does not lose the aliases of a rich older one. Entries that only another source has are kept as well, unless it is
/// surely older: then they were taken off the list, and it is noted.
pub(super) fn combined(manifest: &Manifest, sources: Vec<(&str, Vec<Party>)>) -> Combined {
    let editions = Editions::of(manifest);
    let mut kept = Vec::new();
    let mut others = Vec::new();
    for (name, parties) in sources {
        for party in parties {
            if editions.newest.get(&*party.list).is_none_or(|source| *source == name) {
                kept.push(party);
            } else {
                others.push((name, party));
            }
        }
    }
    kept.sort_by(|a, b| (&a.list, &a.entry).cmp(&(&b.list, &b.entry)));
    // by list and source: entries that are kept, and those that are not
    let mut single: BTreeMap<(Box<str>, &str), [usize; 2]> = BTreeMap::new();
    let mut added = Vec::new();
    for (name, party) in others {
        let place = kept.binary_search_by(|other| (&other.list, &other.entry).cmp(&(&party.list, &party.entry)));
        let is_known = place.is_ok_and(|at| agree(kept[at].kind, party.kind));
        let is_gone = !is_known && editions.is_surely_older(name, &party.list);
        if !is_known {
            single.entry((party.list.clone(), name)).or_default()[usize::from(is_gone)] += 1;
        }
        if !is_gone {
            added.push(party);
        }
    }
    kept.append(&mut added);
    let notes = single.iter().map(|((list, name), counts)| editions.note(list, name, *counts)).collect();
    Combined { parties: sorted_out(kept, false).parties, notes }
}

/// Day from which it is known, day of publication, number of parties: the highest holds.
type Rank = (Date, Option<Date>, u64);

/// Which sources carry a list.
struct Editions<'m> {
    manifest: &'m Manifest,
    /// Parties of the largest edition of each list.
    most: BTreeMap<&'m str, u64>,
    /// For every list the source whose entries hold: the newest, unless it has so few that it can only be an excerpt of
    /// what another source has.
    newest: BTreeMap<&'m str, &'m str>,
}

impl<'m> Editions<'m> {
    fn of(manifest: &'m Manifest) -> Self {
        let mut most: BTreeMap<&str, u64> = BTreeMap::new();
        for list in manifest.sources.values().filter(|source| source.screened).flat_map(|source| &source.lists) {
            let most = most.entry(&list.list).or_default();
            *most = list.parties.max(*most);
        }
        let mut best: BTreeMap<&str, (Rank, &str)> = BTreeMap::new();
        for (name, source) in manifest.sources.iter().filter(|(_, source)| source.screened) {
            let is_whole = |list: &&ListCount| !is_far_below(list.parties, most[list.list.as_str()]);
            for list in source.lists.iter().filter(is_whole) {
                let rank = (source.known_on(), source.published, list.parties);
                let first = best.entry(&list.list).or_insert((rank, name));
                if rank > first.0 {
                    *first = (rank, name);
                }
            }
        }
        let newest = best.into_iter().map(|(list, (_, name))| (list, name)).collect();
        Self { manifest, most, newest }
    }

    fn newest(&self, list: &str) -> Option<&'m Source> {
        self.newest.get(list).and_then(|name| self.manifest.sources.get(*name))
    }

    /// True when what only this source has of a list was taken off it since.
    fn is_surely_older(&self, name: &str, list: &str) -> bool {
        let (Some(source), Some(newest)) = (self.manifest.sources.get(name), self.newest(list)) else { return false };
        // of a file that says no day and that nobody dated, only the day of the import is known: it may be much older
        let is_dated = !newest.is_undated();
        let parties = source.lists.iter().find(|other| other.list == list).map_or(0, |other| other.parties);
        let is_whole = !is_far_below(parties, self.most.get(list).copied().unwrap_or(0));
        is_dated && is_whole && source.known_on() < newest.known_on()
    }

    fn note(&self, list: &str, name: &str, [kept, gone]: [usize; 2]) -> String {
        let newest = self.newest.get(list).copied().unwrap_or_default();
        let day = self.newest(list).map(|source| source.known_on().to_string()).unwrap_or_default();
        let entries = |number: usize| format!("{} of {list} that `{newest}` does not have", count(number, "entry"));
        let mut words = Vec::new();
        if kept > 0 {
            words.push(format!("`{name}` adds {}: it may be the newer one", entries(kept)));
        }
        if gone > 0 {
            words.push(format!("`{name}` has {}, left out: `{newest}`, of {day}, is newer", entries(gone)));
        }
        words.join("; ")
    }
}

/// True when so few are no edition of a list that had so many.
pub(super) fn is_far_below(now: u64, before: u64) -> bool {
    now * 10 < before * 6
}

/// One party out of all that records say of it; what the first says comes first.
fn merged(records: Vec<Party>) -> Party {
    let is_one = records.len() == 1;
    let mut records = records.into_iter();
    let mut party = records.next().unwrap_or_default();
    if is_one {
        return party;
    }
    for other in records {
        party.names.extend(other.names);
        party.countries.extend(other.countries);
        party.addresses.extend(other.addresses);
        party.keys.extend(other.keys);
        party.links.extend(other.links);
        party.programmes.extend(other.programmes);
        party.measures.extend(other.measures);
        party.born.extend(other.born);
        if party.kind == PartyKind::Unknown {
            party.kind = other.kind;
        }
        party.citation = party.citation.take().or(other.citation);
        party.url = party.url.take().or(other.url);
        party.note = party.note.take().or(other.note);
        party.listed = party.listed.or(other.listed);
        party.delisted = party.delisted.or(other.delisted);
    }
    party.names = names_once(party.names);
    once(&mut party.countries);
    once(&mut party.addresses);
    once(&mut party.keys);
    once(&mut party.links);
    once(&mut party.programmes);
    once(&mut party.measures);
    once(&mut party.born);
    party
}

fn names_once(names: Vec<PartyName>) -> Vec<PartyName> {
    let mut places: BTreeMap<Box<str>, usize> = BTreeMap::new();
    let mut all: Vec<PartyName> = Vec::with_capacity(names.len());
    for name in names {
        match places.get(&name.text) {
            // what an authority marks as weak is never promoted
            Some(at) => {
                all[*at].weak |= name.weak;
                all[*at].language = all[*at].language.take().or(name.language);
            }
            None => {
                places.insert(name.text.clone(), all.len());
                all.push(name);
            }
        }
    }
    all
}

/// Leaves out what stands before already.
fn once<T: Ord + Clone>(all: &mut Vec<T>) {
    let mut seen = BTreeSet::new();
    all.retain(|one| seen.insert(one.clone()));
}

#[cfg(test)]
mod tests;
