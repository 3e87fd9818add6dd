//! Finding the names that may score enough, and scoring them.

use super::super::normalise::{Flags, Form};
use super::super::pair::{self, JOINED, Ready};
use super::super::rarity;
use super::super::score::{self, Link, Manner, Numbers, Parts, SHORT, Side};
use super::collect::passes;
use super::name::{NameRow, TokenRow};
use super::rescore::{Asked, Entries};
use super::vocabulary::Looking;
use super::{Index, name, name_of};

/// A name that was found.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The name.
    pub name: u32,
    /// Its score and what it is made of.
    pub parts: Parts,
    /// How the numbers of both stand to each other.
    pub numbers: Numbers,
}

/// A word of the query in the vocabulary, and what it stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) id: u32,
    pub(super) query: u8,
    pub(super) words: u8,
    pub(super) like: f32,
    /// The most that the word weighs in a name.
    pub(super) heaviest: f32,
}

impl Entry {
    fn of(id: u32, query: usize, words: u8, like: f32) -> Self {
        Self { id, query: u8::try_from(query).unwrap_or(u8::MAX), words, like, heaviest: 0.0 }
    }

    /// The words of the query, as bits.
    #[inline]
    pub(super) fn mask(self) -> u32 {
        ((1 << self.words) - 1) << self.query
    }
}

/// What a search uses again from query to query.
#[derive(Debug, Default)]
pub struct Search {
    pub(super) entries: Vec<Entry>,
    /// Bits of the entries' words: most words of a candidate are none of them.
    bits: [u64; 4],
    looking: Looking,
    like: Vec<(u32, f32)>,
    fold: Vec<u8>,
    pub(super) weights: Vec<f32>,
    pub(super) flags: Vec<u8>,
    pub(super) ids: Vec<Option<u32>>,
    /// What each word weighs where it is left over, and the most that it can stand for in a name.
    pub(super) lost: Vec<f32>,
    pub(super) tops: Vec<f32>,
    /// Words that some name has, and words of one letter, as bits.
    pub(super) reachable: u32,
    pub(super) initials: u32,
    pub(super) order: Vec<usize>,
    /// Query of which a name is a candidate, and the words by which it was reached.
    pub(super) seen: Vec<u64>,
    pub(super) query: u32,
    /// Names that are reached, each by which words.
    pub(super) posts: Vec<(u64, u32)>,
    pub(super) candidates: Vec<u64>,
    whole: Vec<u32>,
    rows: Vec<NameRow>,
    tokens: Vec<TokenRow>,
    links: Vec<Link>,
    letters: Vec<u8>,
}

/// Names that are read before the first of them is scored.
const TOGETHER: usize = 64;

impl Search {
    /// Names that score at least `threshold` against the words of a query; `manner` is how the query's kind asks for
    /// names to be compared, none when it is not known.
    pub fn find(
        &mut self,
        index: &Index<'_>,
        form: &Form,
        manner: Option<Manner>,
        threshold: f32,
        mut each: impl FnMut(Found),
    ) {
        self.prepare(index, form);
        self.begin(index);
        let squashed = pair::squash_form(form, &mut self.letters);
        let numbers = pair::numbers_of(form);
        // names of a single word never score more than this times their coverage
        let single = self.flags.iter().filter(|flags| score::is_telling(**flags)).count() <= 1;
        let least = threshold * 0.999 / if single { SHORT } else { 1.0 };
        self.find_squashed(index, squashed);
        self.rescore(
            index,
            form,
            (squashed, numbers),
            (threshold, least),
            |name| index.manner(name, manner),
            &mut each,
        );
        for pass in passes(manner) {
            self.collect(index, pass, least);
            self.rescore(index, form, (squashed, numbers), (threshold, least), |_| pass.manner, &mut each);
        }
        self.find_whole(index, form, squashed, numbers, threshold, &mut each);
    }

    /// Scores the candidates.
    fn rescore(
        &mut self,
        index: &Index<'_>,
        form: &Form,
        (squashed, numbers): (u64, u64),
        (threshold, least): (f32, f32),
        manner: impl Fn(u32) -> Manner,
        each: &mut impl FnMut(Found),
    ) {
        let side = Side { weights: &self.weights, flags: &self.flags, squashed, numbers, legal: form.legal };
        let entries = Entries { all: &self.entries, bits: self.bits };
        let asked = Asked { form, side, entries, threshold, least };
        let (rows, tokens) = (&mut self.rows, &mut self.tokens);
        for some in self.candidates.chunks(TOGETHER) {
            // rows first, then their words: memory is waited for once for all of them
            rows.clear();
            tokens.clear();
            rows.extend(some.iter().map(|post| index.names[name_of(*post) as usize]));
            rows.iter().for_each(|row| tokens.extend_from_slice(name::tokens(row, &index.tokens)));
            let mut rest = &tokens[..];
            for (post, row) in some.iter().zip(&*rows) {
                let (own, others) = rest.split_at(name::count(row));
                rest = others;
                let name = name_of(*post);
                if let Some(found) = asked.rescore(index, &mut self.links, (name, row, own), manner(name)) {
                    each(found);
                }
            }
        }
    }

    /// No name is a candidate yet.
    fn begin(&mut self, index: &Index<'_>) {
        // never shorter: one memory serves several indices in turn
        if self.seen.len() < index.names() {
            self.seen.resize(index.names(), 0);
        }
        self.query = self.query.wrapping_add(1);
        if self.query == 0 {
            self.seen.fill(0);
            self.query = 1;
        }
    }

    /// Names of the same letters, however they are parted.
    fn find_squashed(&mut self, index: &Index<'_>, squashed: u64) {
        self.candidates.clear();
        if squashed == 0 {
            return;
        }
        for name in index.squashed.get(squashed).filter(|name| (*name as usize) < index.names()) {
            let slot = &mut self.seen[name as usize];
            if *slot >> 32 != u64::from(self.query) && index.squashed_of(name) == squashed {
                *slot = u64::from(self.query) << 32;
                self.candidates.push(u64::from(name));
            }
        }
    }

    /// Looks the words up and weighs them.
    fn prepare(&mut self, index: &Index<'_>, form: &Form) {
        self.entries.clear();
        self.weights.clear();
        self.lost.clear();
        self.flags.clear();
        self.ids.clear();
        for (at, token) in form.tokens.iter().enumerate() {
            let word = form.word(at);
            let id = index.words.find(word.as_bytes());
            let among = id.map_or(0.0, |id| index.words.weights[id as usize]);
            let weight = rarity::settle(rarity::of_token(token), among);
            self.weights.push(weight);
            self.lost.push(score::lost(weight, token.flags.0));
            self.flags.push(token.flags.0);
            self.ids.push(id);
            self.entries.extend(id.map(|id| Entry::of(id, at, 1, 1.0)));
            if !token.flags.has(Flags::NUMBER | Flags::SCRIPT) {
                self.add_alike(index, word, id.filter(|_| among > 0.0), token.flags, at);
            }
            let joined = pair::join(form, at).and_then(|whole| index.words.find(whole.as_bytes()));
            self.entries.extend(joined.map(|id| Entry::of(id, at, 2, JOINED)));
        }
        self.entries.sort_unstable_by_key(|entry| (entry.id, entry.query, entry.words));
        self.bits = [0; 4];
        for entry in &self.entries {
            let (word, bit) = bit(entry.id);
            self.bits[word] |= bit;
        }
        self.weigh(index);
    }

    fn add_alike(&mut self, index: &Index<'_>, word: &str, id: Option<u32>, flags: Flags, at: usize) {
        match id {
            Some(id) => self.entries.extend(index.words.near(id).map(|(id, like)| Entry::of(id, at, 1, like))),
            None => {
                super::super::similar::fold(word, &mut self.fold);
                index.words.like(
                    word.as_bytes(),
                    &self.fold,
                    flags.has(Flags::KNOWN),
                    &mut self.looking,
                    &mut self.like,
                );
                self.entries.extend(self.like.iter().map(|(id, like)| Entry::of(*id, at, 1, *like)));
            }
        }
    }

    /// Names that are parted differently and have one letter more, less or other.
    fn find_whole(
        &mut self,
        index: &Index<'_>,
        form: &Form,
        squashed: u64,
        numbers: u64,
        threshold: f32,
        each: &mut impl FnMut(Found),
    ) {
        let told_by_query = pair::told(form, &self.weights);
        if told_by_query < pair::WHOLE_FROM {
            return;
        }
        self.whole.clear();
        let whole = &mut self.whole;
        self.looking.gather(&index.whole, |each| pair::each_whole(&self.letters, each), whole);
        whole.sort_unstable();
        whole.dedup();
        let mut letters = Vec::new();
        for name in whole.iter().copied().filter(|name| (*name as usize) < index.names()) {
            if index.squashed_of(name) == squashed {
                continue;
            }
            let tokens = index.tokens_of(name);
            let theirs = tokens.iter().map(|token| (index.words.word(token[name::WORD]), name::flags(token)));
            let ours = (0..form.tokens.len()).map(|at| (form.word(at).as_bytes(), self.flags[at]));
            let parted = pair::parted(ours, theirs);
            letters.clear();
            let mut told = 0;
            for token in tokens.iter().filter(|token| !Flags(name::flags(token)).has(Flags::NUMBER)) {
                let word = index.words.word(token[name::WORD]);
                letters.extend_from_slice(word);
                told += if name::weight(token) >= pair::TELLING { word.len() } else { 0 };
            }
            let numbers = index.compare_numbers(form, numbers, name);
            let ours = pair::Whole { letters: &self.letters, told: told_by_query };
            let theirs = pair::Whole { letters: &letters, told };
            let Some(parts) = pair::whole_parts(ours, theirs, parted, numbers) else { continue };
            if parts.score >= threshold {
                each(Found { name, parts, numbers });
            }
        }
    }
}

impl Index<'_> {
    /// A name made ready as its words are weighed here, for naive comparison and for telling a score.
    #[must_use]
    pub fn ready(&self, form: Form) -> Ready {
        Ready::new(form, |form, at| {
            let id = self.words.find(form.word(at).as_bytes());
            let among = id.map_or(0.0, |id| self.words.weights[id as usize]);
            rarity::settle(rarity::of_token(&form.tokens[at]), among)
        })
    }
}

/// Place of a word among the bits.
#[inline]
pub(super) fn bit(id: u32) -> (usize, u64) {
    ((id >> 6 & 3) as usize, 1 << (id & 63))
}
