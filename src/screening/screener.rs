//! Screening against everything there is: the entries of the rules, and what was imported.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::engine::{Engine, Hit, Memory, Parties};
use super::evidence::gather;
use super::index::Index;
use super::level::{Level, decide};
use super::listed::{Listed, listed_parties, owner};
use super::normalise::{Flags, Form, Lexicon, Rank};
use super::query::Query;
use super::stored::Imported;
use super::twins;
use crate::catalog::Catalog;
use crate::lists::{Party, PartyKind, store};
use crate::model::{CountryCode, Date, Verification};

/// Why an entry may not have held.
const BEFORE: &str = "the day of listing is not known, and the list was seen later";

/// Score from which a name without its places is that of an entry.
const WHOLE: f32 = 0.97;

/// Which entries count.
#[derive(Clone, Copy)]
pub struct Scope<'s> {
    /// Organisations and entries of the rules.
    pub catalog: &'s Catalog,
    /// The words.
    pub lexicon: &'s Lexicon,
    /// Score from which a name is a hit.
    pub threshold: f32,
    /// Entries that held on this day.
    pub as_of: Date,
    /// Ids of lists; all when there are none.
    pub lists: &'s BTreeSet<String>,
}

/// A listed party that a subject may be, and whether its entry surely held on the day.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The party with score, evidence and level.
    pub hit: Hit,
    /// Why the entry may not have held on the day.
    pub unsure: Option<&'static str>,
    /// True when it comes from an imported list.
    pub imported: bool,
    /// How well the entry is checked; an imported list is the authority's own word.
    pub verification: Verification,
}

/// A list that is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// List id.
    pub list: String,
    /// Parties.
    pub parties: usize,
    /// Day on which an imported list was seen; none for the selection of the rules.
    pub seen: Option<Date>,
    /// Nobody knows of which day the imported list is: `seen` is the day of its import.
    pub is_undated: bool,
}

/// Everything that is screened against.
pub struct Screener<'s> {
    scope: Scope<'s>,
    embedded: Listed<'s>,
    imported: Option<Held<'s>>,
}

/// Imported parties with their index.
struct Held<'s> {
    parties: &'s store::Parties,
    index: Index<'s>,
    catalog: &'s Catalog,
    /// Parties that an organisation of the catalog is, by entry number.
    organisations: BTreeMap<Box<str>, Vec<u32>>,
    /// Day on which each list was seen.
    seen: BTreeMap<String, Date>,
    /// Lists of which nobody knows the day.
    undated: BTreeSet<String>,
    /// Parties of each list.
    counts: BTreeMap<String, usize>,
}

impl Parties for Held<'_> {
    fn party(&self, at: u32) -> Option<Cow<'_, Party>> {
        self.parties.get(at as usize).map(Cow::Owned)
    }

    fn owners(&self, kind: &str, value: &str) -> Vec<u32> {
        let Some(organisation) = owner(self.catalog, kind, value) else { return Vec::new() };
        self.organisations.get(&organisation.id).cloned().unwrap_or_default()
    }
}

impl<'s> Screener<'s> {
    /// Prepares the entries of the rules and, where there is a store, what was imported.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn new(scope: Scope<'s>, imported: Option<&'s Imported>) -> anyhow::Result<Self> {
        let embedded = listed_parties(scope.catalog, scope.lexicon, scope.as_of, scope.lists);
        let imported = imported.map(|imported| Held::new(scope, imported)).transpose()?;
        Ok(Self { scope, embedded, imported })
    }

    /// Number of parties.
    #[must_use]
    pub fn len(&self) -> usize {
        self.embedded.parties.len() + self.imported.as_ref().map_or(0, |held| held.parties.len())
    }

    /// True when there is nobody to screen against.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ids of lists that have entries.
    #[must_use]
    pub fn lists(&self) -> BTreeSet<String> {
        let own = self.embedded.parties.iter().map(|party| party.list.to_string());
        let imported = self.imported.iter().flat_map(|held| held.seen.keys().cloned());
        let wanted = |list: &String| self.scope.lists.is_empty() || self.scope.lists.contains(list);
        own.chain(imported).filter(wanted).collect()
    }

    /// What is asked, by list: the entries of the rules and the imported ones each by themselves.
    #[must_use]
    pub fn told(&self) -> Vec<Told> {
        let mut own: BTreeMap<&str, usize> = BTreeMap::new();
        for party in &self.embedded.parties {
            *own.entry(&party.list).or_default() += 1;
        }
        let own = own.into_iter().map(|(list, parties)| Told {
            list: list.to_owned(),
            parties,
            seen: None,
            is_undated: false,
        });
        let imported = self.imported.iter().flat_map(|held| &held.seen);
        let imported = imported.map(|(list, seen)| {
            let parties = self.imported.as_ref().and_then(|held| held.counts.get(list)).copied().unwrap_or(0);
            let is_undated = self.imported.as_ref().is_some_and(|held| held.undated.contains(list));
            Told { list: list.clone(), parties, seen: Some(*seen), is_undated }
        });
        let mut all: Vec<Told> = own.chain(imported).collect();
        all.retain(|told| self.scope.lists.is_empty() || self.scope.lists.contains(&told.list));
        all.sort_by(|a, b| (&a.list, a.seen).cmp(&(&b.list, b.seen)));
        all
    }

    /// Everybody that the subject may be, the likeliest first. An entry of the rules that an imported list has too is
    /// told once, as the list has it.
    #[must_use]
    pub fn screen(&self, query: &Query, memory: &mut Memory) -> Vec<Candidate> {
        let mut all = self.named(query, memory);
        let Some((shorter, places)) = self.without_place(query) else { return all };
        let located = Query { countries: query.countries.clone(), ..shorter.clone() };
        for mut one in self.named(&shorter, memory) {
            let is_name = one.hit.facts.name.is_some_and(|name| name >= WHOLE) && !one.hit.facts.relative;
            if is_name
                && one.hit.level < Level::Info
                && !all.iter().any(|known| is_same(&known.hit.party, &one.hit.party))
            {
                one.hit.pieces = gather(&located, &one.hit.party, &[], None);
                if is_seat(&places, &one.hit.party, query) {
                    // `Bank Russia` of Russia is the bank itself
                    one.hit.level = decide(&one.hit.facts, &one.hit.pieces).clamp(Level::Possible, Level::Weak);
                } else {
                    one.hit.as_relative();
                }
                all.push(one);
            }
        }
        all.sort_by(|a, b| a.hit.order(&b.hit));
        all
    }

    /// The query with the places left out that stand at the end of an organisation's name, where a name of its own is
    /// left; and the countries that these places are, one for each that is none.
    fn without_place(&self, query: &Query) -> Option<(Query, Vec<Option<CountryCode>>)> {
        if !matches!(query.kind, PartyKind::Organisation | PartyKind::Unknown) {
            return None;
        }
        let forms = Form::all(&query.name, query.kind, self.scope.lexicon);
        let form = forms.first()?;
        let is_place = |at: &usize| form.tokens[*at].flags.has(Flags::PLACE);
        let places = (0..form.tokens.len()).rev().take_while(is_place).count();
        let rest = form.tokens.len() - places;
        // what is no name of its own is one of many: `Bank of China`, `Golden Star Hamburg`
        let is_named = form.tokens[..rest].iter().any(|token| token.rank == Rank::Proper);
        if places == 0 || !is_named {
            return None;
        }
        let words = |range: std::ops::Range<usize>| range.map(|at| form.word(at)).collect::<Vec<&str>>();
        let behind = words(rest..form.tokens.len());
        // a country may have a name of several words
        let countries = match self.scope.catalog.country(&behind.join(" ")) {
            Some(code) => vec![Some(code)],
            None => behind.iter().map(|word| self.scope.catalog.country(word)).collect(),
        };
        let shorter = Query {
            name: words(0..rest).join(" ").into(),
            kind: PartyKind::Organisation,
            origin: query.origin.clone(),
            ..Query::default()
        };
        Some((shorter, countries))
    }

    /// Everybody whose name or identifiers those of the subject may be.
    fn named(&self, query: &Query, memory: &mut Memory) -> Vec<Candidate> {
        let own = self.engine(&self.embedded.index, &self.embedded).screen(query, memory).into_iter();
        let own = own.map(|hit| {
            let unsure = self.embedded.unsure.get(&hit.at).copied();
            let verification = self.embedded.marks.get(hit.at as usize).copied().unwrap_or(Verification::Recalled);
            Candidate { hit, unsure, imported: false, verification }
        });
        let Some(held) = &self.imported else { return own.collect() };
        let mut all: Vec<Candidate> = self
            .engine(&held.index, held)
            .screen_settled(query, memory)
            .into_iter()
            .filter_map(|hit| self.standing(held, hit))
            .collect();
        for own in own {
            match all.iter_mut().find(|other| is_same(&own.hit.party, &other.hit.party)) {
                // the list itself often leaves out what the rules know of the entry
                Some(other) => {
                    // what the rules know of the entry, such as its domain, may make it surer
                    if own.hit.order(&other.hit).is_lt() {
                        let Hit { level, score, parts, pieces, flags, facts, .. } = own.hit.clone();
                        other.hit = Hit { level, score, parts, pieces, flags, facts, name: None, ..other.hit.clone() };
                    }
                    let party = &mut other.hit.party;
                    party.citation = party.citation.take().or(own.hit.party.citation);
                    party.listed = party.listed.or(own.hit.party.listed);
                    party.note = party.note.take().or(own.hit.party.note);
                    other.verification = other.verification.max(own.verification);
                }
                None => all.push(own),
            }
        }
        twins::corroborate(&self.embedded, self.scope.lexicon, query, &mut all);
        all.sort_by(|a, b| a.hit.order(&b.hit));
        all
    }

    /// True when there is something of a company in a name: a legal form, or a word of trade.
    #[must_use]
    pub fn is_company(&self, name: &str) -> bool {
        let forms = Form::all(name, PartyKind::Unknown, self.scope.lexicon);
        let is_trade = |form: &Form| form.tokens.iter().any(|token| matches!(token.rank, Rank::Sector | Rank::Generic));
        forms.iter().any(|form| !form.legal.is_empty() || is_trade(form))
    }

    fn engine<'e>(&'e self, index: &'e Index<'e>, parties: &'e dyn Parties) -> Engine<'e> {
        Engine { index, parties, lexicon: self.scope.lexicon, threshold: self.scope.threshold }
    }

    /// An imported entry as it stood on the day; none when it did not hold, or is on a list that nobody asked for.
    fn standing(&self, held: &Held<'_>, mut hit: Hit) -> Option<Candidate> {
        let Scope { as_of, lists, .. } = self.scope;
        let party = &hit.party;
        let is_asked = lists.is_empty() || lists.contains(&*party.list);
        let held_then = party.listed.is_none_or(|day| day <= as_of) && party.delisted.is_none_or(|day| as_of < day);
        if !is_asked || !held_then {
            return None;
        }
        let before = party.listed.is_none() && held.seen.get(&*party.list).is_some_and(|seen| as_of < *seen);
        let verification = if before { Verification::Recalled } else { Verification::OneSource };
        if hit.party.citation.is_none() {
            hit.party.citation = self.scope.catalog.citation(&hit.party.list, &hit.party.programmes);
        }
        Some(Candidate { unsure: before.then_some(BEFORE), hit, imported: true, verification })
    }
}

impl<'s> Held<'s> {
    fn new(scope: Scope<'s>, imported: &'s Imported) -> anyhow::Result<Self> {
        let parties = imported.opened.parties();
        let mut seen: BTreeMap<String, Date> = BTreeMap::new();
        let mut undated = BTreeSet::new();
        for source in imported.opened.manifest().sources.values().filter(|source| source.screened) {
            for list in source.lists.iter().filter(|list| list.parties > 0) {
                let day = seen.entry(list.list.clone()).or_insert_with(|| source.known_on());
                *day = (*day).min(source.known_on());
                if source.is_undated() {
                    undated.insert(list.list.clone());
                }
            }
        }
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for head in (0..parties.len()).filter_map(|at| parties.head(at)) {
            match counts.get_mut(head.list) {
                Some(count) => *count += 1,
                None => drop(counts.insert(head.list.to_owned(), 1)),
            }
        }
        let mut organisations: BTreeMap<Box<str>, Vec<u32>> = BTreeMap::new();
        for row in scope.catalog.tables().listing.iter().filter(|row| row.about.as_deref() == Some("organisation")) {
            let (Some(organisation), Some(entry)) = (&row.organisation, &row.entry) else { continue };
            if let Some(at) = find(parties, &row.list, number(entry)) {
                organisations.entry(organisation.clone()).or_default().push(at);
            }
        }
        let index = imported.index(scope.lexicon)?;
        Ok(Self { parties, index, catalog: scope.catalog, organisations, seen, undated, counts })
    }
}

/// True when all places behind a name are the party's own country, or the given one where the entry names none: these
/// tell nobody apart.
fn is_seat(places: &[Option<CountryCode>], party: &Party, query: &Query) -> bool {
    let has = |code: &CountryCode| match party.countries.is_empty() {
        true => query.countries.contains(code),
        false => party.countries.iter().any(|country| country.code == *code),
    };
    places.iter().all(|place| place.as_ref().is_some_and(has))
}

/// The same entry of the same list, whether the rules or the list itself say it.
fn is_same(own: &Party, imported: &Party) -> bool {
    own.list == imported.list && number(&own.entry) == number(&imported.entry)
}

/// The number of an entry without what the rules write before it: `OFAC:44259`.
#[must_use]
pub fn number(entry: &str) -> &str {
    entry.strip_prefix("OFAC:").or_else(|| entry.strip_prefix("EU:")).unwrap_or(entry)
}

/// The place of an entry among parties sorted by list and entry.
fn find(parties: &store::Parties, list: &str, entry: &str) -> Option<u32> {
    let (mut low, mut high) = (0, parties.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let head = parties.head(middle)?;
        match (head.list, head.entry).cmp(&(list, entry)) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return u32::try_from(middle).ok(),
        }
    }
    None
}
