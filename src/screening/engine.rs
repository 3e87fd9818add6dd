//! Screening a subject: candidates, score, evidence, level, in the order in which an analyst would want them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::evidence::{Piece, conflicts, gather, key_hash};
use super::index::{Found, Index, Search, about};
use super::level::{Facts, LETTERS, Level, decide};
use super::normalise::{Form, Lexicon, Rank, Scratch};
use super::query::Query;
use super::score::{Manner, Numbers, Parts, is_telling};
use crate::lists::{CountryRole, Party, PartyKind};

/// Where parties are had from, by their place in the index.
pub trait Parties: Sync {
    /// A party.
    fn party(&self, at: u32) -> Option<Cow<'_, Party>>;

    /// Parties that own an identifier by curated knowledge, such as `github:huawei-noah`.
    fn owners(&self, kind: &str, value: &str) -> Vec<u32>;

    /// True when the countries of the parties are those of their seats, whatever role they are kept under.
    fn has_seats(&self) -> bool {
        false
    }
}

/// Everything that screening needs.
#[derive(Clone, Copy)]
pub struct Engine<'e> {
    /// The index of names.
    pub index: &'e Index<'e>,
    /// The parties behind it.
    pub parties: &'e dyn Parties,
    /// The words.
    pub lexicon: &'e Lexicon,
    /// Score from which a name is a hit.
    pub threshold: f32,
}

/// Something worth knowing of a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// The name has one word.
    ShortName,
    /// The name is an acronym, or too short to tell anybody apart.
    Acronym,
    /// The name that matched is marked as of low quality by the authority.
    WeakAlias,
    /// The name that matched is a former one.
    FormerName,
    /// One name has a telling word more: perhaps a daughter, a branch or a sister.
    Relative,
    /// The numbers in the names differ.
    Numbers,
    /// Only the romanisation of Han or Kana agrees.
    Romanised,
}

/// A listed party that the subject may be.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Its place in the index.
    pub at: u32,
    /// The party.
    pub party: Party,
    /// Which of its names matched; none when an identifier alone did.
    pub name: Option<usize>,
    /// The score, 0 to 1; 0 when an identifier alone was found.
    pub score: f32,
    /// What the score is made of.
    pub parts: Option<Parts>,
    /// The evidence besides.
    pub pieces: Vec<Piece>,
    /// What is worth knowing.
    pub flags: Vec<Flag>,
    /// How sure it is.
    pub level: Level,
    /// What decided the level.
    pub facts: Facts,
}

/// Mark-downs of names that the authority itself calls weak, of former names, and of romanisations.
const WEAK_CAP: f32 = 0.80;
const FORMER: f32 = 0.95;
const ROMANISED: f32 = 0.95;
/// How much less a few letters count when it is asked which name of a party is meant.
const ACRONYM: f32 = 0.05;

/// Likeness from which names are spelt the same; coverage below which one of them has a telling word more.
const SPELT: f32 = 0.975;
const RELATIVE: f32 = 0.93;

/// Parts of a score from which nothing differs.
const EQUAL: f32 = 0.999;
/// Letters that names of several words, and a single word, must have so that the same name hardly is another's.
const LONG: usize = 8;
const LONG_WORD: usize = 9;

/// Working memory of a thread.
#[derive(Debug, Default)]
pub struct Memory {
    search: Search,
    scratch: Scratch,
    /// The name of the query in its words: as many of these as are in use.
    forms: Vec<Form>,
    used: usize,
    best: Vec<(u32, Best)>,
}

impl Memory {
    /// Brings a name into its words.
    fn settle(&mut self, name: &str, kind: PartyKind, lexicon: &Lexicon) {
        let Self { scratch, forms, used, .. } = self;
        *used = 0;
        Form::each(name, kind, lexicon, scratch, |form| {
            match forms.get_mut(*used) {
                Some(slot) => slot.copy(form),
                None => forms.push(form.clone()),
            }
            *used += 1;
        });
    }
}

#[derive(Clone, Copy, Debug)]
struct Best {
    found: Found,
    romanised: bool,
    words: usize,
    letters: usize,
    /// A word of it is a proper name.
    proper: bool,
}

impl Engine<'_> {
    /// Everything that the subject may be, the likeliest first.
    pub fn screen(&self, query: &Query, memory: &mut Memory) -> Vec<Hit> {
        memory.settle(&query.name, query.kind, self.lexicon);
        self.screen_settled(query, memory)
    }

    /// The same when this very query was asked of another engine with the same words just before: its name stands in its
    /// words already.
    pub(super) fn screen_settled(&self, query: &Query, memory: &mut Memory) -> Vec<Hit> {
        let mut named = self.names(query.kind, memory);
        if named.is_empty() && query.keys.is_empty() {
            return Vec::new();
        }
        let seconds = self.seconds(query, memory);
        let mut curated: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for key in &query.keys {
            for at in self.parties.owners(&key.kind, &key.value) {
                curated.entry(at).or_default().push(format!("{}:{}", key.kind, key.value));
            }
            for at in key.known().into_iter().flat_map(|kind| self.index.by_key(key_hash(kind, &key.value))) {
                curated.entry(at).or_default();
            }
        }
        for at in curated.keys() {
            named.entry(*at).or_insert(None);
        }
        let mut hits: Vec<Hit> = Vec::new();
        for (at, best) in named {
            let Some(party) = self.parties.party(at) else { continue };
            let own = curated.get(&at).map_or(&[][..], Vec::as_slice);
            let second = seconds.get(&at).and_then(|name| party.names.get(*name as usize));
            let second = second.map(|name| name.text.to_string());
            hits.extend(self.hit(query, at, party.into_owned(), best, own, second.as_deref()));
        }
        hits.sort_by(Hit::order);
        hits
    }

    /// For every party the best of its names.
    fn names(&self, kind: PartyKind, memory: &mut Memory) -> BTreeMap<u32, Option<Best>> {
        let manner = manner(kind);
        let Memory { search, forms, used, best, .. } = memory;
        best.clear();
        for form in &forms[..*used] {
            search.find(self.index, form, manner, self.threshold, |found| {
                let listed = self.index.telling(found.name);
                let romanised = form.romanised != self.index.is_romanised(found.name);
                let telling = (0..form.tokens.len()).filter(|at| is_telling(form.tokens[*at].flags.0));
                let (words, letters) =
                    telling.fold((0, 0), |(words, letters), at| (words + 1, letters + letters_of(form.word(at))));
                let words = listed.min(words);
                let proper = form.tokens.iter().any(|token| token.rank == Rank::Proper);
                let one = Best { found, romanised, words, letters, proper };
                best.push((self.index.party_of(found.name).0, one));
            });
        }
        // of names that are as good the one that the list has first
        best.sort_unstable_by_key(|(_, best)| best.found.name);
        let mut all: BTreeMap<u32, Option<Best>> = BTreeMap::new();
        for (party, found) in best.drain(..) {
            let rank = |best: &Best| {
                let weak = if self.index.is_weak(best.found.name) { 0.001 } else { 0.0 };
                // a few letters tell less than whole words that are nearly as alike
                let acronym = if best.words <= 1 && best.letters < LETTERS { ACRONYM } else { 0.0 };
                self.marked_down(best) - weak - acronym
            };
            let slot = all.entry(party).or_default();
            if slot.as_ref().is_none_or(|old| rank(&found) > rank(old)) {
                *slot = Some(found);
            }
        }
        all
    }

    /// Parties that other names of the subject belong to, with which name.
    fn seconds(&self, query: &Query, memory: &mut Memory) -> BTreeMap<u32, u32> {
        let mut all = BTreeMap::new();
        if query.also.is_empty() {
            return all;
        }
        let (own, used) = (std::mem::take(&mut memory.forms), memory.used);
        for name in &query.also {
            memory.settle(name, query.kind, self.lexicon);
            for (party, best) in self.names(query.kind, memory) {
                if let Some(best) = best {
                    all.entry(party).or_insert(self.index.party_of(best.found.name).1);
                }
            }
        }
        (memory.forms, memory.used) = (own, used);
        all
    }

    fn marked_down(&self, best: &Best) -> f32 {
        let mut score = best.found.parts.score;
        if self.index.has(best.found.name, about::FORMER) {
            score *= FORMER;
        }
        if best.romanised {
            score *= ROMANISED;
        }
        if self.index.is_weak(best.found.name) {
            score = score.min(WEAK_CAP);
        }
        score
    }

    fn hit(
        &self,
        query: &Query,
        at: u32,
        party: Party,
        best: Option<Best>,
        curated: &[String],
        second: Option<&str>,
    ) -> Option<Hit> {
        let pieces = gather(query, &party, curated, second);
        let name = best.as_ref().map(|best| self.index.party_of(best.found.name).1 as usize);
        let mut flags = Vec::new();
        let mut facts = unnamed(query, &party);
        let mut score = 0.0;
        if let Some(best) = &best {
            score = self.marked_down(best);
            let parts = best.found.parts;
            facts.weak = self.index.is_weak(best.found.name);
            let former = self.index.has(best.found.name, about::FORMER);
            facts.name = Some(if facts.weak { parts.score } else { score });
            facts.words = best.words;
            facts.letters = best.letters;
            facts.numbers = best.found.numbers;
            facts.spelt = parts.likeness >= SPELT;
            facts.relative = parts.coverage < RELATIVE;
            facts.identical = identical(best, former);
            facts.addresses_only &= !self.parties.has_seats();
            let single = best.words <= 1;
            let marks = [
                (single && best.letters >= LETTERS, Flag::ShortName),
                (single && best.letters < LETTERS, Flag::Acronym),
                (facts.weak, Flag::WeakAlias),
                (former, Flag::FormerName),
                (facts.relative, Flag::Relative),
                (facts.numbers != Numbers::Same, Flag::Numbers),
                (best.romanised, Flag::Romanised),
            ];
            flags.extend(marks.into_iter().filter(|(applies, _)| *applies).map(|(_, flag)| flag));
        } else if !pieces.iter().any(|piece| piece.bearing <= super::evidence::Bearing::Strong) {
            return None;
        }
        let level = decide(&facts, &pieces);
        // an acronym and something of another kind are found only as they are
        if flags.contains(&Flag::Acronym) && score < 0.95 && level > Level::Possible {
            return None;
        }
        debug_assert!(level == Level::Info || level == Level::Confirmed || !conflicts(query.kind, party.kind));
        Some(Hit { at, party, name, score, parts: best.map(|best| best.found.parts), pieces, flags, level, facts })
    }
}

/// True when the names are the same, with the same legal form, and long enough that hardly two bear them.
fn identical(best: &Best, former: bool) -> bool {
    let Parts { coverage, likeness, legal, numbers, .. } = best.found.parts;
    let is_same = [coverage, likeness, legal, numbers].iter().all(|part| *part >= EQUAL);
    let is_long = if best.words > 1 { best.letters >= LONG } else { best.proper && best.letters >= LONG_WORD };
    is_same && is_long && !best.romanised && !former
}

/// What decides the level where no name matched.
fn unnamed(query: &Query, party: &Party) -> Facts {
    Facts {
        name: None,
        words: 0,
        letters: 0,
        weak: false,
        numbers: Numbers::Same,
        spelt: false,
        relative: false,
        identical: false,
        addresses_only: party.countries.iter().all(|country| country.role == CountryRole::Address),
        asked: query.kind,
        listed: party.kind,
    }
}

impl Hit {
    /// A party that no name leads to, with what is known of it and the subject besides.
    pub(super) fn by_identifier(at: u32, party: Party, query: &Query) -> Self {
        let pieces = gather(query, &party, &[], None);
        let facts = unnamed(query, &party);
        let level = decide(&facts, &pieces);
        Self { at, party, name: None, score: 0.0, parts: None, pieces, flags: Vec::new(), level, facts }
    }

    /// Tells it as weak: a place behind a listed name makes it the name of a daughter, a branch, or of somebody else.
    pub(super) fn as_relative(&mut self) {
        self.level = Level::Weak;
        self.facts.relative = true;
        if !self.flags.contains(&Flag::Relative) {
            self.flags.push(Flag::Relative);
            self.flags.sort_unstable();
        }
    }

    /// The likelier first: by level, score, amount of evidence, length of the name, then list and entry.
    #[must_use]
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        self.level
            .cmp(&other.level)
            .then_with(|| other.score.total_cmp(&self.score))
            .then_with(|| other.weight_of_evidence().cmp(&self.weight_of_evidence()))
            .then_with(|| other.facts.letters.cmp(&self.facts.letters))
            .then_with(|| (&self.party.list, &self.party.entry).cmp(&(&other.party.list, &other.party.entry)))
    }

    /// Pieces that speak for it: what orders hits of the same score.
    #[must_use]
    pub fn weight_of_evidence(&self) -> usize {
        self.pieces.iter().filter(|piece| piece.bearing <= super::evidence::Bearing::For).count()
    }

    /// The name that matched, or that of the entry.
    #[must_use]
    pub fn listed_name(&self) -> &str {
        self.name.and_then(|at| self.party.names.get(at)).map_or_else(|| self.party.name(), |name| &name.text)
    }
}

/// Letters of a word; a letter of Chinese writing tells as much as two.
fn letters_of(word: &str) -> usize {
    if word.is_ascii() {
        word.len()
    } else {
        word.chars().map(|c| if super::normalise::is_han(c) { 2 } else { 1 }).sum()
    }
}

/// How names are compared for a kind; none when any may be meant.
#[must_use]
pub fn manner(kind: PartyKind) -> Option<Manner> {
    match kind {
        PartyKind::Person => Some(Manner::Person),
        PartyKind::Unknown => None,
        _ => Some(Manner::Organisation),
    }
}
