//! The rows of names and of their words: what is read together lies together.

use super::{Index, Side, about};
use crate::screening::normalise::LegalSet;
use crate::screening::score::Manner;

/// A name: its party, which of its names it is, what it is, where its words begin, and the hashes of its letters and of
/// its numbers in two halves each.
pub(super) type NameRow = [u32; 8];

pub(super) const PARTY: usize = 0;
pub(super) const AT: usize = 1;
pub(super) const ABOUT: usize = 2;
const FIRST: usize = 3;
const SQUASHED: usize = 4;
const NUMBERS: usize = 6;

/// A word of a name: its number among the words, that of what it and its follower make together, its weight as bits,
/// and its flags, above them its first letter.
pub(super) type TokenRow = [u32; 4];

pub(super) const WORD: usize = 0;
pub(super) const JOINED: usize = 1;

/// A row of a name.
pub(super) struct Name {
    pub(super) party: u32,
    pub(super) at: u32,
    pub(super) about: u32,
    pub(super) first: u32,
    pub(super) count: u32,
    pub(super) squashed: u64,
    pub(super) numbers: u64,
}

impl Name {
    pub(super) fn row(&self) -> NameRow {
        let about = self.about | self.count << about::COUNT;
        let [[a, b], [c, d]] = [halves(self.squashed), halves(self.numbers)];
        [self.party, self.at, about, self.first, a, b, c, d]
    }
}

#[expect(clippy::cast_possible_truncation, reason = "halves are meant")]
fn halves(number: u64) -> [u32; 2] {
    [number as u32, (number >> 32) as u32]
}

fn whole(row: &NameRow, at: usize) -> u64 {
    u64::from(row[at]) | u64::from(row[at + 1]) << 32
}

/// Number of its words.
pub(super) fn count(row: &NameRow) -> usize {
    (row[ABOUT] >> about::COUNT) as usize
}

/// Its words among all.
#[inline]
pub(super) fn tokens<'t>(row: &NameRow, all: &'t [TokenRow]) -> &'t [TokenRow] {
    let first = row[FIRST] as usize;
    &all[first..first + count(row)]
}

/// Hash of its letters.
pub(super) fn squashed(row: &NameRow) -> u64 {
    whole(row, SQUASHED)
}

/// Its words are there, and no more than a name can have.
pub(super) fn is_sound(row: &NameRow, tokens: usize) -> bool {
    let count = row[ABOUT] >> about::COUNT;
    count <= 32 && (row[FIRST] as usize).checked_add(count as usize).is_some_and(|end| end <= tokens)
}

/// The word is there, and its weight is a weight.
pub(super) fn is_token(row: &TokenRow, words: usize) -> bool {
    let is_weight = (0.0..=1.0).contains(&weight(row));
    is_weight && (row[WORD] as usize) < words && (row[JOINED] == super::NONE || (row[JOINED] as usize) < words)
}

pub(super) fn weight(row: &TokenRow) -> f32 {
    f32::from_bits(row[2])
}

#[expect(clippy::cast_possible_truncation, reason = "the lowest eight bits")]
pub(super) fn flags(row: &TokenRow) -> u8 {
    row[3] as u8
}

#[expect(clippy::cast_possible_truncation, reason = "the next eight bits")]
pub(super) fn first_letter(row: &TokenRow) -> u8 {
    (row[3] >> 8) as u8
}

/// A listed name with its words, as it is scored.
#[derive(Debug)]
pub(super) struct Listed {
    weights: [f32; 32],
    flags: [u8; 32],
}

impl Listed {
    pub(super) fn of(tokens: &[TokenRow]) -> Self {
        let mut all = Self { weights: [0.0; 32], flags: [0; 32] };
        for ((token, weighed), marked) in tokens.iter().zip(&mut all.weights).zip(&mut all.flags) {
            *weighed = weight(token);
            *marked = flags(token);
        }
        all
    }

    pub(super) fn side(&self, row: &NameRow) -> Side<'_> {
        let count = count(row);
        #[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are meant")]
        Side {
            weights: &self.weights[..count],
            flags: &self.flags[..count],
            squashed: whole(row, SQUASHED),
            numbers: whole(row, NUMBERS),
            legal: LegalSet(row[ABOUT] as u16),
        }
    }
}

impl Index<'_> {
    /// The words of a name.
    #[inline]
    pub(super) fn tokens_of(&self, name: u32) -> &[TokenRow] {
        tokens(&self.names[name as usize], &self.tokens)
    }

    /// Hash of its letters.
    #[inline]
    pub(super) fn squashed_of(&self, name: u32) -> u64 {
        squashed(&self.names[name as usize])
    }

    /// Hash of its numbers.
    pub(super) fn numbers_of(&self, name: u32) -> u64 {
        whole(&self.names[name as usize], NUMBERS)
    }

    /// How a name is compared with a query of a kind.
    #[must_use]
    pub fn manner(&self, name: u32, query: Option<Manner>) -> Manner {
        match query {
            Some(manner) => manner,
            None if self.has(name, about::PERSON) => Manner::Person,
            None => Manner::Organisation,
        }
    }
}
