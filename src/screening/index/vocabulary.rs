//! The words of all names: by their letters, and by letters that are missing, changed or too many.

use super::super::column::{Buckets, Column, Step, read};
use super::super::deletion::deletions;
use super::super::normalise::{Flags, hash};
use super::super::similar::{as_written, budget, similarity};

/// A short word with its folded form as they are; of a longer one where they are among the letters. The first two bytes
/// are the lengths.
type Row = [u8; 32];

/// Stands for the length of a word that is too long for a row.
const LONG: u8 = u8::MAX;

/// The words of all names, and what two neighbours of a name make together.
#[derive(Clone, Debug, Default)]
pub(super) struct Vocabulary<'a> {
    rows: Column<'a, Row>,
    /// Every long word as it is written, and behind it as it is folded.
    letters: Column<'a, u8>,
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

/// What looking for words uses again.
#[derive(Debug, Default)]
pub(super) struct Looking {
    hashes: Vec<u64>,
    steps: Vec<Step>,
    ids: Vec<u32>,
    rows: Vec<Row>,
}

impl Looking {
    /// Values of all hashes that `hashed` gives.
    pub(super) fn gather(
        &mut self,
        buckets: &Buckets<'_>,
        hashed: impl FnOnce(&mut dyn FnMut(u64)),
        found: &mut Vec<u32>,
    ) {
        self.hashes.clear();
        hashed(&mut |hash| self.hashes.push(hash));
        buckets.gather(&mut self.hashes, &mut self.steps, found);
    }
}

/// The word of a row, and how it is folded.
#[inline]
fn both<'r>(row: &'r Row, letters: &'r [u8]) -> (&'r [u8], &'r [u8]) {
    if row[0] != LONG {
        let (word, rest) = row[2..].split_at(usize::from(row[0]));
        return (word, &rest[..usize::from(row[1])]);
    }
    let [start, middle, end] = places(row);
    (&letters[start..middle], &letters[middle..end])
}

/// Where the parts of a long word are.
fn places(row: &Row) -> [usize; 3] {
    [4, 8, 12].map(|at| u32::from_le_bytes([row[at], row[at + 1], row[at + 2], row[at + 3]]) as usize)
}

/// A row, for which the letters of long words are laid aside.
fn row(word: &[u8], folded: &[u8], letters: &mut Vec<u8>) -> Row {
    let mut row = [0; 32];
    let small = |length: usize| u8::try_from(length).unwrap_or(LONG);
    if word.len() + folded.len() <= row.len() - 2 {
        (row[0], row[1]) = (small(word.len()), small(folded.len()));
        row[2..2 + word.len()].copy_from_slice(word);
        row[2 + word.len()..][..folded.len()].copy_from_slice(folded);
        return row;
    }
    row[0] = LONG;
    let mut place = |at: usize, letters: &[u8]| {
        let place = u32::try_from(letters.len()).expect("lists are smaller than 4 GB");
        row[at..at + 4].copy_from_slice(&place.to_le_bytes());
    };
    place(4, letters);
    letters.extend_from_slice(word);
    place(8, letters);
    letters.extend_from_slice(folded);
    place(12, letters);
    row
}

impl<'a> Vocabulary<'a> {
    pub(super) fn len(&self) -> usize {
        self.weights.len()
    }

    #[inline]
    pub(super) fn word(&self, id: u32) -> &[u8] {
        both(&self.rows[id as usize], &self.letters).0
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
    pub(super) fn like(
        &self,
        word: &[u8],
        folded: &[u8],
        known: bool,
        looking: &mut Looking,
        found: &mut Vec<(u32, f32)>,
    ) {
        let Looking { hashes, steps, ids, rows } = looking;
        found.clear();
        hashes.clear();
        ids.clear();
        deletions(folded, budget(word.len()), |variant| hashes.push(variant));
        if word != folded {
            deletions(word, as_written(word.len()), |variant| hashes.push(variant));
        }
        self.deletions.gather(hashes, steps, ids);
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| (*id as usize) < self.len() && !(known && Flags(self.flags[*id as usize]).has(Flags::KNOWN)));
        rows.clear();
        rows.extend(ids.iter().map(|id| self.rows[*id as usize]));
        for (id, row) in ids.iter().zip(&*rows) {
            let (other, fold) = both(row, &self.letters);
            if other != word {
                found.extend(similarity(word, other, folded, fold).map(|like| (*id, like)));
            }
        }
    }

    pub(super) fn sections(&self) -> Vec<(String, &[u8])> {
        let mut all: Vec<(String, &[u8])> = vec![
            ("word_rows".into(), bytemuck::cast_slice(&self.rows)),
            ("word_letters".into(), &self.letters),
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
            rows: read(section("word_rows"))?,
            letters: read(section("word_letters"))?,
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
        let is_whole = |row: &Row| match row[0] {
            LONG => {
                let [start, middle, end] = places(row);
                start <= middle && middle <= end && end <= self.letters.len()
            }
            length => usize::from(length) + usize::from(row[1]) <= row.len() - 2,
        };
        self.rows.len() == words
            && self.rows.iter().all(is_whole)
            && rising(&self.near_at, words, self.near.len())
            && self.near.len() == self.near_like.len()
            && self.flags.len() == words
            && self.near.iter().all(|id| (*id as usize) < words)
    }

    /// Of all words with their weights and flags; a word of weight 0 only stands for two and is found exactly.
    pub(super) fn build(words: &[(Vec<u8>, f32, u8)]) -> Self {
        let (mut letters, mut rows) = (Vec::new(), Vec::new());
        let (mut weights, mut flags, mut exact, mut deleted) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut fold = Vec::new();
        for (id, (word, weight, flag)) in (0..).zip(words) {
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
            rows.push(row(word, &fold, &mut letters));
            exact.push((hash(word, 3), id));
            weights.push(*weight);
            flags.push(*flag);
        }
        deleted.sort_unstable();
        deleted.dedup();
        let mut all = Self {
            rows: rows.into(),
            letters: letters.into(),
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
        let mut looking = Looking::default();
        for id in (0..).take(self.len()) {
            let flags = Flags(self.flags[id as usize]);
            if is_alike(self.weights[id as usize], flags) {
                let (word, fold) = both(&self.rows[id as usize], &self.letters);
                self.like(word, fold, flags.has(Flags::KNOWN), &mut looking, &mut found);
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
