//! Making the index of parties.

use super::vocabulary::Vocabulary;
use super::{FORMAT, Index, NONE, about};
use crate::lists::{NameRole, Party, PartyKind};
use crate::screening::column::Buckets;
use crate::screening::evidence::key_hash;
use crate::screening::normalise::{Form, Lexicon, Scratch};
use crate::screening::{pair, rarity};
use crate::text::Lookup;

/// What is gathered name by name.
#[derive(Default)]
struct Gathered {
    ids: Lookup<Vec<u8>, Option<u32>>,
    words: Vec<(Vec<u8>, f32, u8)>,
    /// Names that have a word.
    counts: Vec<u32>,
    party: Vec<u32>,
    at: Vec<u32>,
    about: Vec<u32>,
    squashed: Vec<u64>,
    numbers: Vec<u64>,
    first: Vec<u32>,
    of_name: Vec<u32>,
    flags: Vec<u8>,
    /// Weight of a word as what it is in its name.
    bases: Vec<f32>,
    joined: Vec<u32>,
    whole: Vec<(u64, u32)>,
}

impl Gathered {
    fn id(&mut self, word: &[u8]) -> usize {
        if let Some(Some(id)) = self.ids.get(word) {
            return *id as usize;
        }
        let id = self.words.len();
        self.words.push((word.to_vec(), 0.0, 0));
        self.counts.push(0);
        self.ids.insert(word.to_vec(), u32::try_from(id).ok());
        id
    }

    fn add(&mut self, form: &Form, party: u32, at: u32, about: u32) {
        let name = number(self.party.len());
        self.party.push(party);
        self.at.push(at);
        self.about.push(about | u32::from(form.legal.0));
        let mut letters = Vec::new();
        self.squashed.push(pair::squash_form(form, &mut letters));
        self.numbers.push(pair::numbers_of(form));
        pair::each_whole(&letters, |variant| self.whole.push((variant, name)));
        for (place, token) in form.tokens.iter().enumerate() {
            let word = form.word(place);
            let id = self.id(word.as_bytes());
            self.words[id].2 |= token.flags.0;
            self.bases.push(rarity::of_token(token));
            self.counts[id] += 1;
            self.of_name.push(number(id));
            self.flags.push(token.flags.0);
            let joined = pair::join(form, place).map(|whole| number(self.id(whole.as_bytes())));
            self.joined.push(joined.unwrap_or(NONE));
        }
        self.first.push(number(self.of_name.len()));
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("lists have fewer than four thousand million names")
}

/// The index of parties, in their order.
#[must_use]
pub fn build<'p>(parties: impl IntoIterator<Item = &'p Party>, lexicon: &Lexicon) -> Index<'static> {
    let mut all = Gathered { first: vec![0], ..Gathered::default() };
    let mut keys = Vec::new();
    let mut scratch = Scratch::default();
    let mut count = 0;
    for (party, row) in (0..).zip(parties) {
        count += 1;
        for key in &row.keys {
            keys.push((key_hash(key.kind, &key.value), party));
        }
        let kind = match row.kind {
            PartyKind::Person => about::PERSON,
            PartyKind::Unknown => about::UNKNOWN_KIND,
            _ => 0,
        };
        for (at, name) in (0..).zip(&row.names) {
            let mut bits = kind;
            if name.weak {
                bits |= about::WEAK;
            }
            if name.role == NameRole::Former {
                bits |= about::FORMER;
            }
            Form::each(&name.text, row.kind, lexicon, &mut scratch, |form| {
                let romanised = if form.romanised { about::ROMANISED } else { 0 };
                all.add(form, party, at, bits | romanised);
                if let Some(form) = form.consonants().filter(|_| row.kind == PartyKind::Person) {
                    all.add(&form, party, at, bits);
                }
            });
        }
    }
    finish(all, &keys, count, lexicon)
}

fn finish(mut all: Gathered, keys: &[(u64, u32)], parties: u64, lexicon: &Lexicon) -> Index<'static> {
    let names = number(all.party.len());
    for (word, count) in all.words.iter_mut().zip(&all.counts) {
        if *count > 0 {
            word.1 = rarity::among(*count, names);
        }
    }
    let weights: Vec<f32> =
        all.of_name.iter().zip(&all.bases).map(|(id, base)| rarity::settle(*base, all.words[*id as usize].1)).collect();
    let words = Vocabulary::build(&all.words);
    let (post_at, posts) = postings(&all);
    let squashed: Vec<(u64, u32)> = all.squashed.iter().copied().zip(0..).filter(|(hash, _)| *hash != 0).collect();
    Index {
        words,
        post_at: post_at.into(),
        posts: posts.into(),
        name_party: all.party.into(),
        name_at: all.at.into(),
        name_about: all.about.into(),
        name_squashed: all.squashed.into(),
        name_numbers: all.numbers.into(),
        name_first: all.first.into(),
        name_words: all.of_name.into(),
        name_weights: weights.into(),
        name_flags: all.flags.into(),
        name_joined: all.joined.into(),
        squashed: Buckets::build(&squashed),
        whole: Buckets::build(&all.whole),
        keys: Buckets::build(keys),
        head: vec![FORMAT, lexicon.digest(), parties].into(),
    }
}

/// For every word the names that have it.
fn postings(all: &Gathered) -> (Vec<u32>, Vec<u32>) {
    let mut pairs = Vec::with_capacity(all.of_name.len() * 2);
    for (name, range) in (0..).zip(all.first.windows(2)) {
        for at in range[0] as usize..range[1] as usize {
            pairs.push((all.of_name[at], name));
            if all.joined[at] != NONE {
                pairs.push((all.joined[at], name));
            }
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    let mut at = vec![0; all.words.len() + 1];
    for (word, _) in &pairs {
        at[*word as usize + 1] += 1;
    }
    for word in 0..all.words.len() {
        at[word + 1] += at[word];
    }
    (at, pairs.into_iter().map(|(_, name)| name).collect())
}
