//! Who owns whom by imported lists, as rows of the catalog.
//!
//! An organisation of the catalog is a party of a list when the catalog names the entry's number, or when both have an
//! identifier with check digits in common: the identifier settles it, as it does in screening. From there the links of
//! the lists lead up, from entry to entry. A link that only names the owner is looked up among the names of the same
//! list and stays a recalled one, which fails no gate; nothing else here rests on a name.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::catalog::rows::{Basis, Listing, Organisation, Ownership, Percent, Share};
use crate::catalog::{Catalog, MoreRows};
use crate::lists::format::{REGISTER, list_of};
use crate::lists::store::{Opened, Register, Source, Store};
use crate::lists::{CountryRole, KeyKind, LinkKind, Party, PartyKey, PartyKind, PartyLink, identifier};
use crate::model::{CountryCode, Date, Verification};
use crate::screening::evidence::{conflicts, key_hash};
use crate::screening::index::Index;
use crate::screening::query::KEY_WORDS;
use crate::screening::screener::number;

/// Parties that one walk follows: more than any group of companies has.
const MOST: usize = 20_000;
/// Entries that one party may have on all lists together.
const MOST_ENTRIES: usize = 100;

/// List id and entry number.
type Entry = (Box<str>, Box<str>);

/// What was imported, as far as it tells who owns whom.
pub struct Sources<'s> {
    opened: &'s Opened,
    index: &'s Index<'s>,
    store: &'s Store,
    /// Tables of owners.
    registers: Vec<Register>,
    /// Names of companies: a large table that is seldom needed.
    names: OnceCell<Option<Register>>,
    /// Of every list the day on which it was seen, and the edition in words.
    seen: BTreeMap<&'s str, (Date, String)>,
}

impl<'s> Sources<'s> {
    /// Opens the tables of owners.
    ///
    /// # Errors
    /// Which of them is damaged.
    pub fn open(opened: &'s Opened, index: &'s Index<'s>, store: &'s Store) -> anyhow::Result<Self> {
        let sources = || opened.manifest().sources.values().filter(|source| !is_names(source));
        let mut seen: BTreeMap<&str, (Date, String)> = BTreeMap::new();
        for source in sources() {
            let day = source.known_on();
            let edition =
                source.published.map_or_else(|| format!("known since {day}"), |day| format!("edition of {day}"));
            for count in source.lists.iter().filter(|count| count.parties > 0) {
                let told = || (day, format!("{} as imported, {edition}", count.list));
                let known = seen.entry(&count.list).or_insert_with(told);
                if day < known.0 {
                    *known = told();
                }
            }
        }
        let registers = sources().filter(|source| !source.screened).map(|source| store.register(source));
        let registers = registers.collect::<anyhow::Result<_>>()?;
        Ok(Self { opened, index, store, registers, names: OnceCell::new(), seen })
    }

    fn listed(&self, list: &str, entry: &str) -> Option<Party> {
        let parties = self.opened.parties();
        parties.get(parties.find(list, entry)?)
    }

    fn is_listed(&self, party: &Party) -> bool {
        self.opened.parties().find(&party.list, &party.entry).is_some()
    }

    fn by_key(&self, kind: KeyKind, value: &str) -> Vec<Party> {
        let parties = self.opened.parties();
        let listed = self.index.by_key(key_hash(kind, value)).filter_map(|at| parties.get(at as usize));
        let has = |party: &Party| party.keys.iter().any(|key| key.kind == kind && *key.value == *value);
        let owned = self.registers.iter().flat_map(|register| register.by_key(kind, value));
        listed.filter(has).chain(owned).collect()
    }

    /// What the entry of a link means, in the list of the party that has the link.
    fn by_entry(&self, list: &str, entry: &str) -> Vec<Party> {
        if list == "GLEIF" {
            let Some(key) = identifier::key(KeyKind::Lei, entry) else { return Vec::new() };
            let mut found = self.by_key(KeyKind::Lei, &key.value);
            if !found.iter().any(|party| &*party.list == "GLEIF") {
                found.push(bare(key));
            }
            return found;
        }
        let own = list_of(list);
        let listed = self.listed(own, entry);
        let owned = self.registers.iter().filter_map(|register| register.by_entry(REGISTER, entry));
        listed.into_iter().chain(owned.filter(|_| own == list_of(REGISTER))).collect()
    }

    /// The one entry of a list that is named so.
    fn by_name(&self, list: &str, name: &str) -> Option<Party> {
        let parties = self.opened.parties();
        let wanted = name.to_lowercase();
        let is_it = |at: &usize| parties.head(*at).is_some_and(|head| head.name.to_lowercase() == wanted);
        let mut found = parties.of_list(list).filter(is_it);
        match (found.next(), found.next()) {
            (Some(at), None) => parties.get(at),
            _ => None,
        }
    }

    /// What the table of names knows of an identifier.
    fn described(&self, lei: &str) -> anyhow::Result<Option<Party>> {
        if self.names.get().is_none() {
            let source = self.opened.manifest().sources.values().find(|source| is_names(source));
            let opened = source.map(|source| self.store.register(source)).transpose()?;
            // nobody else fills it
            let _ = self.names.set(opened);
        }
        let names = self.names.get().and_then(Option::as_ref);
        Ok(names.and_then(|names| names.by_key(KeyKind::Lei, lei).into_iter().next()))
    }
}

/// GLEIF's table of names.
fn is_names(source: &Source) -> bool {
    source.format == "gleif-lei"
}

/// A company of which only the identifier is known.
fn bare(key: PartyKey) -> Party {
    Party {
        list: "GLEIF".into(),
        entry: key.value.clone(),
        kind: PartyKind::Organisation,
        keys: vec![key],
        ..Party::default()
    }
}

/// A party: everything that lists have of it.
struct Node {
    id: Box<str>,
    entries: Vec<Party>,
    /// The catalog had it before.
    is_known: bool,
    /// The catalog has an identifier of it, or somebody is owned by it.
    is_asked: bool,
}

struct Walk<'s> {
    catalog: &'s Catalog,
    sources: &'s Sources<'s>,
    day: Date,
    nodes: Vec<Node>,
    places: BTreeMap<Entry, usize>,
    rows: MoreRows,
}

/// Rows that imported lists add to the catalog: owners of its organisations on a day, up to the last.
///
/// # Errors
/// A table in the store that is damaged.
pub fn rows(catalog: &Catalog, sources: &Sources<'_>, day: Date) -> anyhow::Result<MoreRows> {
    let mut walk =
        Walk { catalog, sources, day, nodes: Vec::new(), places: BTreeMap::new(), rows: MoreRows::default() };
    walk.begin();
    let mut open: VecDeque<usize> = (0..walk.nodes.len()).collect();
    while let Some(at) = open.pop_front() {
        let before = walk.nodes.len();
        if before < MOST {
            walk.climb(at);
        }
        open.extend(before..walk.nodes.len());
    }
    walk.finish()?;
    Ok(walk.rows)
}

impl Walk<'_> {
    /// Organisations of the catalog that are parties of a list.
    fn begin(&mut self) {
        let mut entries: BTreeMap<&str, Vec<Party>> = BTreeMap::new();
        for row in &self.catalog.tables().listing {
            let (Some(organisation), Some(entry)) = (&row.organisation, &row.entry) else { continue };
            if row.about.as_deref() == Some("organisation") {
                let found = self.sources.listed(&row.list, number(entry));
                entries.entry(organisation).or_default().extend(found);
            }
        }
        for row in &self.catalog.tables().organisation {
            let mut own = entries.remove(&*row.id).unwrap_or_default();
            let proofs: Vec<PartyKey> = row.keys.iter().filter(|key| key.gate).filter_map(proof).collect();
            for key in &proofs {
                own.extend(self.sources.by_key(key.kind, &key.value));
                if key.kind == KeyKind::Lei {
                    own.push(bare(key.clone()));
                }
            }
            if !own.is_empty() {
                let entries = self.whole(own);
                self.add(Node { id: row.id.clone(), entries, is_known: true, is_asked: !proofs.is_empty() });
            }
        }
    }

    fn add(&mut self, node: Node) -> usize {
        let at = self.nodes.len();
        for party in &node.entries {
            self.places.entry((party.list.clone(), party.entry.clone())).or_insert(at);
        }
        self.nodes.push(node);
        at
    }

    /// Everything that lists have of a party, by identifiers that belong to one party only.
    fn whole(&self, seeds: Vec<Party>) -> Vec<Party> {
        let mut all: Vec<Party> = Vec::new();
        let mut asked: BTreeSet<PartyKey> = BTreeSet::new();
        let mut open: VecDeque<Party> = seeds.into();
        while let Some(party) = open.pop_front() {
            let is_new = all.iter().all(|known| (&known.list, &known.entry) != (&party.list, &party.entry));
            if !is_new || all.len() >= MOST_ENTRIES || all.iter().any(|known| conflicts(known.kind, party.kind)) {
                continue;
            }
            for key in party.keys.iter().filter(|key| key.kind.is_proof()) {
                if asked.insert(key.clone()) {
                    open.extend(self.sources.by_key(key.kind, &key.value));
                }
            }
            all.push(party);
        }
        all
    }

    /// Follows the links of a party one step up.
    fn climb(&mut self, at: usize) {
        for party in self.nodes[at].entries.clone() {
            for link in &party.links {
                if link.is_ownership() {
                    self.owner(at, &party, link);
                } else if self.nodes[at].is_known && !self.sources.is_listed(&party) {
                    self.related(at, &party, link);
                }
            }
        }
    }

    fn owner(&mut self, at: usize, party: &Party, link: &PartyLink) {
        let seeds = match &link.entry {
            Some(entry) => self.sources.by_entry(&party.list, entry),
            None => self.sources.by_name(&party.list, &link.name).into_iter().collect(),
        };
        let Some(owner) = self.node(seeds).filter(|owner| *owner != at) else { return };
        self.nodes[owner].is_asked = true;
        let row = self.stake(&self.nodes[at].id, &self.nodes[owner].id, party, link);
        // the nearest parent is often the last as well
        let same = |other: &Ownership| {
            (&*other.of, &*other.by, &other.source) == (&*row.of, &*row.by, &row.source)
                && (other.from, other.to, other.basis) == (row.from, row.to, row.basis)
                && (other.share_percent, other.control) == (row.share_percent, row.control)
        };
        if !self.rows.ownership.iter().rev().take_while(|other| other.of == row.of).any(same) {
            self.rows.ownership.push(row);
        }
    }

    /// The node of a party, which is made where there is none.
    fn node(&mut self, seeds: Vec<Party>) -> Option<usize> {
        let place = |party: &Party| self.places.get(&(party.list.clone(), party.entry.clone())).copied();
        if let Some(at) = seeds.iter().find_map(place) {
            return Some(at);
        }
        let entries = self.whole(seeds);
        if let Some(at) = entries.iter().find_map(place) {
            return Some(at);
        }
        let first = entries.iter().min_by_key(|party| (&party.list, &party.entry))?;
        let lei = entries.iter().flat_map(|party| &party.keys).find(|key| key.kind == KeyKind::Lei);
        let id = match lei {
            Some(lei) => format!("lei-{}", lei.value),
            None => format!("{}-{}", first.list, first.entry),
        };
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let id: String = id.chars().map(plain).collect();
        Some(self.add(Node { id: id.into(), entries, is_known: false, is_asked: true }))
    }

    fn stake(&self, of: &str, by: &str, party: &Party, link: &PartyLink) -> Ownership {
        let (seen, source) = self.seen(&party.list);
        let is_gleif = &*party.list == "GLEIF";
        let share = link.share.map(|share| Share::exactly(Percent::from_parts(u64::from(share) * 100)));
        let most = link.share.is_some_and(|share| share > 5_000);
        let is_sure = link.entry.is_some() && (link.from.is_some() || seen.is_some_and(|seen| seen <= self.day));
        Ownership {
            of: of.into(),
            by: by.into(),
            share_percent: share,
            votes_percent: None,
            // a branch is a part of the company itself
            control: link.kind == LinkKind::ControlledBy || most || is_gleif,
            basis: is_gleif.then_some(if link.kind == LinkKind::ControlledBy {
                Basis::Consolidation
            } else {
                Basis::Body
            }),
            joint: None,
            agreed: None,
            from: link.from,
            to: link.to,
            note: None,
            imported: true,
            source: source.into(),
            verification: if is_sure { Verification::OneSource } else { Verification::Recalled },
        }
    }

    /// Day on which a list was seen, and its edition in words.
    fn seen<'l>(&'l self, list: &'l str) -> (Option<Date>, &'l str) {
        self.sources.seen.get(list).map_or((None, list), |(day, told)| (Some(*day), told))
    }

    /// A link to somebody listed that says nothing of ownership.
    fn related(&mut self, at: usize, party: &Party, link: &PartyLink) {
        let Some(entry) = &link.entry else { return };
        let other = self.sources.listed(list_of(&party.list), entry);
        let entries = self.whole(other.into_iter().collect());
        let listed = entries.iter().filter(|other| self.sources.is_listed(other));
        let rows: Vec<Listing> = listed.map(|other| self.listing(&self.nodes[at].id, other, "related-party")).collect();
        self.rows.listing.extend(rows);
    }

    /// New organisations, and entries of those that are asked for.
    fn finish(&mut self) -> anyhow::Result<()> {
        for at in 0..self.nodes.len() {
            if !self.nodes[at].is_known {
                let row = self.organisation(&self.nodes[at])?;
                self.rows.organisation.push(row);
            }
            let node = &self.nodes[at];
            let plain = |list: &str| list.replace('-', "");
            let known: BTreeSet<String> =
                self.catalog.listings(&node.id, self.day).map(|(row, _)| plain(&row.list)).collect();
            let asked = node.entries.iter().filter(|party| node.is_asked && self.sources.is_listed(party));
            let new = asked.filter(|party| !known.contains(&plain(&party.list)));
            let rows: Vec<Listing> = new.map(|party| self.listing(&node.id, party, "organisation")).collect();
            self.rows.listing.extend(rows);
        }
        Ok(())
    }

    fn organisation(&self, node: &Node) -> anyhow::Result<Organisation> {
        let lei = node.entries.iter().flat_map(|party| &party.keys).find(|key| key.kind == KeyKind::Lei);
        let mut entries: Vec<Party> = node.entries.clone();
        if let (Some(lei), true) = (lei, entries.iter().all(|party| party.names.is_empty())) {
            entries.extend(self.sources.described(&lei.value)?);
        }
        entries.sort_by(|a, b| (&a.list, &a.entry).cmp(&(&b.list, &b.entry)));
        let named = entries.iter().find(|party| !party.names.is_empty());
        let name = named.map_or_else(
            || lei.map_or_else(|| node.id.to_string(), |lei| format!("LEI {}", lei.value)),
            |party| party.name().to_owned(),
        );
        let is_person = entries.iter().any(|party| party.kind == PartyKind::Person);
        let (country, is_registered) = if is_person { (None, false) } else { seat(&entries) };
        let lists: BTreeSet<&str> = entries.iter().map(|party| self.seen(&party.list).1).collect();
        Ok(Organisation {
            id: node.id.clone(),
            name: name.into(),
            // `parent`: nobody is taken for it because of its name
            kind: if is_person { "person" } else { "parent" }.into(),
            country,
            list_status: None,
            ultimate_parent: None,
            ultimate_parent_country: None,
            keys: Vec::new(),
            verified_fields: ["name", "country"][..1 + usize::from(is_registered)]
                .iter()
                .map(|field| (*field).into())
                .collect(),
            two_source_fields: Vec::new(),
            controls: None,
            note: None,
            source: lists.into_iter().collect::<Vec<_>>().join("; ").into(),
            verification: Verification::OneSource,
        })
    }

    fn listing(&self, organisation: &str, party: &Party, about: &str) -> Listing {
        let (seen, source) = self.seen(&party.list);
        let is_sure = party.listed.is_some() || seen.is_some_and(|seen| seen <= self.day);
        Listing {
            id: format!("{}/{}/{organisation}", party.list, party.entry).into(),
            organisation: Some(organisation.into()),
            kind: "entity".into(),
            about: Some(about.into()),
            entity: party.name().into(),
            aliases: party.names.iter().skip(1).map(|name| name.text.clone()).collect(),
            country: None,
            list: party.list.clone(),
            listed: party.listed,
            listed_text: None,
            delisted: party.delisted,
            delisted_text: None,
            doubtful: None,
            citation: party.citation.clone(),
            policy: None,
            programme: party.programmes.first().cloned(),
            status: "listed".into(),
            entry: Some(party.entry.clone()),
            note: None,
            imported: true,
            verified_fields: if is_sure { ["entity", "status"].map(Into::into).to_vec() } else { Vec::new() },
            source: source.into(),
            verification: Verification::OneSource,
        }
    }
}

/// Where a party is registered, and true; else where all its addresses are, which is a hint.
fn seat(entries: &[Party]) -> (Option<CountryCode>, bool) {
    let of = |role: CountryRole| {
        let all = entries.iter().flat_map(|party| &party.countries);
        all.filter(|country| country.role == role).map(|country| country.code).collect::<BTreeSet<_>>()
    };
    let only = |role: CountryRole| of(role).pop_first().filter(|_| of(role).len() == 1);
    match only(CountryRole::Registration) {
        Some(country) => (Some(country), true),
        None => (only(CountryRole::Address), false),
    }
}

/// An identifier of the catalog that settles who somebody is.
fn proof(key: &crate::catalog::rows::Key) -> Option<PartyKey> {
    let (_, kind) = KEY_WORDS.iter().find(|(word, kind)| *word == &*key.kind && kind.is_proof())?;
    identifier::key(*kind, &key.value)
}
