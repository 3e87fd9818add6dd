//! The words of all names: by their letters, and by letters that are missing, changed or too many.

use super::super::column::{Buckets, Column, read};
use super::super::deletion::deletions;
use super::super::normalise::{Flags, hash};
use super::super::similar::{as_written, budget, similarity};

/// The words of all names, and what two neighbours of a name make together.
#[derive(Clone, Debug, Default)]
pub(super) struct Vocabulary<'a> {
    /// Every word as it is written, and behind it as it is folded.
    letters: Column<'a, u8>,
    /// Where a word begins, and where its folded form does.
    at: Column<'a, u32>,
    /// Weight in scores; that of a word which only stands for two is 0.
    pub(super) weights: Column<'a, f32>,
    pub(super) flags: Column<'a, u8>,
    exact: Buckets<'a>,
    deletions: Buckets<'a>,
    /// For every word the words that are like it.
    near_at: Column<'a, u32>,
    near: Column<'a, u32>,
    near_like: Column<'a, f32>,
}

impl<'a> Vocabulary<'a> {
    pub(super) fn len(&self) -> usize {
        self.weights.len()
    }

    #[inline]
    pub(super) fn word(&self, id: u32) -> &[u8] {
        let at = 2 * id as usize;
        &self.letters[self.at[at] as usize..self.at[at + 1] as usize]
    }

    /// A word, and how it is folded.
    #[inline]
    fn both(&self, id: u32) -> (&[u8], &[u8]) {
        let at = 2 * id as usize;
        let (start, middle, end) = (self.at[at] as usize, self.at[at + 1] as usize, self.at[at + 2] as usize);
        (&self.letters[start..middle], &self.letters[middle..end])
    }

    /// The word with these letters.
    pub(super) fn find(&self, word: &[u8]) -> Option<u32> {
        self.exact.get(hash(word, 3)).find(|id| (*id as usize) < self.len() && self.word(*id) == word)
    }

    /// Words like one of the vocabulary, other than itself.
    pub(super) fn near(&self, id: u32) -> impl Iterator<Item = (u32, f32)> + '_ {
        let at = id as usize;
        let range = self.near_at[at] as usize..self.near_at[at + 1] as usize;
        self.near[range.clone()].iter().copied().zip(self.near_like[range].iter().copied())
    }

    /// Words like one that is not in the vocabulary, sorted, each once.
    pub(super) fn like(&self, word: &[u8], folded: &[u8], known: bool, found: &mut Vec<(u32, f32)>) {
        found.clear();
        let mut look = |variant: u64| found.extend(self.deletions.get(variant).map(|id| (id, 0.0)));
        deletions(folded, budget(word.len()), &mut look);
        if word != folded {
            deletions(word, as_written(word.len()), &mut look);
        }
        found.sort_unstable_by_key(|(id, _)| *id);
        found.dedup_by_key(|(id, _)| *id);
        found.retain_mut(|(id, like)| {
            if *id as usize >= self.len() || known && Flags(self.flags[*id as usize]).has(Flags::KNOWN) {
                return false;
            }
            let (other, fold) = self.both(*id);
            let alike = if other == word { None } else { similarity(word, other, folded, fold) };
            *like = alike.unwrap_or(0.0);
            alike.is_some()
        });
    }

    pub(super) fn sections(&self) -> Vec<(String, &[u8])> {
        let mut all: Vec<(String, &[u8])> = vec![
            ("word_letters".into(), &self.letters),
            ("word_at".into(), bytemuck::cast_slice(&self.at)),
            ("word_weights".into(), bytemuck::cast_slice(&self.weights)),
            ("word_flags".into(), &self.flags),
            ("word_near_at".into(), bytemuck::cast_slice(&self.near_at)),
            ("word_near".into(), bytemuck::cast_slice(&self.near)),
            ("word_near_like".into(), bytemuck::cast_slice(&self.near_like)),
        ];
        for (group, buckets) in [("word_exact", &self.exact), ("word_deletions", &self.deletions)] {
            all.extend(buckets.sections().into_iter().map(|(name, bytes)| (format!("{group}_{name}"), bytes)));
        }
        all
    }

    pub(super) fn read(section: &impl Fn(&str) -> Option<&'a [u8]>) -> Option<Self> {
        Some(Self {
            letters: read(section("word_letters"))?,
            at: read(section("word_at"))?,
            weights: read(section("word_weights"))?,
            flags: read(section("word_flags"))?,
            exact: Buckets::read(|part| section(&format!("word_exact_{part}")))?,
            deletions: Buckets::read(|part| section(&format!("word_deletions_{part}")))?,
            near_at: read(section("word_near_at"))?,
            near: read(section("word_near"))?,
            near_like: read(section("word_near_like"))?,
        })
    }

    pub(super) fn is_sound(&self) -> bool {
        let words = self.len();
        let rising = |all: &[u32], count: usize, end: usize| {
            all.len() == count + 1 && all.last().is_some_and(|last| *last as usize == end) && all.is_sorted()
        };
        rising(&self.at, 2 * words, self.letters.len())
            && rising(&self.near_at, words, self.near.len())
            && self.near.len() == self.near_like.len()
            && self.flags.len() == words
            && self.near.iter().all(|id| (*id as usize) < words)
    }

    /// Of all words with their weights and flags; a word of weight 0 only stands for two and is found exactly.
    pub(super) fn build(words: &[(Vec<u8>, f32, u8)]) -> Self {
        let (mut letters, mut at) = (Vec::new(), vec![0]);
        let (mut weights, mut flags, mut exact, mut deleted) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut fold = Vec::new();
        let end = |all: &Vec<u8>| u32::try_from(all.len()).expect("lists are smaller than 4 GB");
        for (id, (word, weight, flag)) in (0..).zip(words) {
            letters.extend_from_slice(word);
            at.push(end(&letters));
            let text = std::str::from_utf8(word).unwrap_or_default();
            if is_alike(*weight, Flags(*flag)) {
                super::super::similar::fold(text, &mut fold);
                deletions(&fold, budget(word.len()), |variant| deleted.push((variant, id)));
                if *word != fold {
                    deletions(word, as_written(word.len()), |variant| deleted.push((variant, id)));
                }
            } else {
                fold.clear();
            }
            letters.extend_from_slice(&fold);
            at.push(end(&letters));
            exact.push((hash(word, 3), id));
            weights.push(*weight);
            flags.push(*flag);
        }
        deleted.sort_unstable();
        deleted.dedup();
        let mut all = Self {
            letters: letters.into(),
            at: at.into(),
            weights: weights.into(),
            flags: flags.into(),
            exact: Buckets::build(&exact),
            deletions: Buckets::build(&deleted),
            ..Self::default()
        };
        all.find_near();
        all
    }

    fn find_near(&mut self) {
        let (mut near_at, mut near, mut near_like, mut found) = (vec![0], Vec::new(), Vec::new(), Vec::new());
        for id in (0..).take(self.len()) {
            let flags = Flags(self.flags[id as usize]);
            if is_alike(self.weights[id as usize], flags) {
                let (word, fold) = self.both(id);
                self.like(word, fold, flags.has(Flags::KNOWN), &mut found);
                near.extend(found.iter().map(|(id, _)| *id));
                near_like.extend(found.iter().map(|(_, like)| *like));
            }
            near_at.push(u32::try_from(near.len()).expect("lists are smaller than 4 GB"));
        }
        self.near_at = near_at.into();
        self.near = near.into();
        self.near_like = near_like.into();
    }
}

/// True for words that a misspelling can be taken for.
fn is_alike(weight: f32, flags: Flags) -> bool {
    weight > 0.0 && !flags.has(Flags::NUMBER | Flags::SCRIPT)
}
