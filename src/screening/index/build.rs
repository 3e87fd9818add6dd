//! Making the index of parties.

use super::name::{self, Name, NameRow, TokenRow};
use super::vocabulary::Vocabulary;
use super::{FORMAT, Index, NONE, WordRow, about};
use crate::lists::{NameRole, Party, PartyKind};
use crate::screening::column::Buckets;
use crate::screening::evidence::key_hash;
use crate::screening::normalise::{Flags, Form, Lexicon, Scratch};
use crate::screening::{pair, rarity, score};
use crate::text::Lookup;

/// What is gathered name by name.
#[derive(Default)]
struct Gathered {
    ids: Lookup<Vec<u8>, Option<u32>>,
    words: Vec<(Vec<u8>, f32, u8)>,
    /// Names that have a word.
    counts: Vec<u32>,
    names: Vec<NameRow>,
    squashed: Vec<(u64, u32)>,
    words_of: Vec<TokenRow>,
    /// Weight of a word as what it is in its name.
    bases: Vec<f32>,
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
        let name = number(self.names.len());
        let mut letters = Vec::new();
        let squashed = pair::squash_form(form, &mut letters);
        if squashed != 0 {
            self.squashed.push((squashed, name));
        }
        pair::each_whole(&letters, |variant| self.whole.push((variant, name)));
        let first = number(self.words_of.len());
        let mut initials = 0;
        for (place, token) in form.tokens.iter().enumerate() {
            let word = form.word(place);
            let id = self.id(word.as_bytes());
            self.words[id].2 |= token.flags.0;
            self.bases.push(rarity::of_token(token));
            self.counts[id] += 1;
            let joined = pair::join(form, place).map(|whole| number(self.id(whole.as_bytes())));
            let first = word.as_bytes().first().copied().unwrap_or(0);
            let marks = u32::from(token.flags.0) | u32::from(first) << 8;
            self.words_of.push([number(id), joined.unwrap_or(NONE), 0, marks]);
            if token.flags.has(Flags::INITIAL) {
                initials = about::INITIALS;
            }
        }
        let row = Name {
            party,
            at,
            about: about | u32::from(form.legal.0) | initials,
            first,
            count: number(form.tokens.len()),
            squashed,
            numbers: pair::numbers_of(form),
        };
        self.names.push(row.row());
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("lists have fewer than four thousand million names")
}

/// The index of parties, in their order.
#[must_use]
pub fn build<'p>(parties: impl IntoIterator<Item = &'p Party>, lexicon: &Lexicon) -> Index<'static> {
    let mut all = Gathered::default();
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
    let names = number(all.names.len());
    for (word, count) in all.words.iter_mut().zip(&all.counts) {
        if *count > 0 {
            word.1 = rarity::among(*count, names);
        }
    }
    for (token, base) in all.words_of.iter_mut().zip(&all.bases) {
        token[2] = rarity::settle(*base, all.words[token[0] as usize].1).to_bits();
    }
    let mut index = Index {
        words: Vocabulary::build(&all.words),
        names: all.names.into(),
        tokens: all.words_of.into(),
        squashed: Buckets::build(&all.squashed),
        whole: Buckets::build(&all.whole),
        keys: Buckets::build(keys),
        head: vec![FORMAT, lexicon.digest(), parties].into(),
        ..Index::default()
    };
    let (posts_of, posts) = postings(&index);
    index.posts_of = posts_of.into();
    index.posts = posts.into();
    index
}

/// For every word the names that have it, by group, each with its weight.
fn postings(index: &Index<'_>) -> (Vec<WordRow>, Vec<u64>) {
    let mut rows: Vec<WordRow> = vec![[0; 6]; index.words.len()];
    let mut all = Vec::with_capacity(index.tokens.len() * 2);
    let mut heaviest = |word: u32, weight: f32| {
        let slot = &mut rows[word as usize][5];
        *slot = weight.max(f32::from_bits(*slot)).to_bits();
    };
    for name in 0..number(index.names()) {
        let (tokens, group) = (index.tokens_of(name), index.group(name) as u8);
        // numbers are matched and never left over
        let most = |token: &TokenRow| name::weight(token).max(score::lost(name::weight(token), name::flags(token)));
        for (place, token) in tokens.iter().enumerate() {
            all.push((token[name::WORD], group, name));
            heaviest(token[name::WORD], most(token));
            if token[name::JOINED] != NONE {
                all.push((token[name::JOINED], group, name));
                heaviest(token[name::JOINED], most(token) + tokens.get(place + 1).map_or(0.0, most));
            }
        }
    }
    all.sort_unstable();
    all.dedup();
    let mut at = 0;
    for (word, row) in (0..).zip(&mut rows) {
        for group in 0..4 {
            row[usize::from(group)] = number(at);
            at += all[at..].iter().take_while(|post| post.0 == word && post.1 == group).count();
        }
        row[4] = number(at);
    }
    let lost = |name: u32| -> f32 {
        index.tokens_of(name).iter().map(|token| score::lost(name::weight(token), name::flags(token))).sum()
    };
    let weights: Vec<u32> = (0..number(index.names())).map(|name| lost(name).to_bits()).collect();
    let post = |name: u32| u64::from(name) | u64::from(weights[name as usize]) << 32;
    let posts = all.into_iter().map(|(_, _, name)| post(name)).collect();
    (rows, posts)
}
