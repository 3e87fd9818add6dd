//! From a name as it is written to the words that are compared. The same for queries and for listed names.

mod forms;
mod han;
mod letters;
mod lexicon;
mod script;
mod words;

pub use lexicon::{LegalClass, LegalSet, Lexicon, Rank};

use crate::lists::PartyKind;

/// What a word of a name is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    /// Has a digit, or was a number in words or Roman letters.
    pub const NUMBER: u8 = 1;
    /// `al`, `bin`, `von`.
    pub const PARTICLE: u8 = 2;
    /// A single letter.
    pub const INITIAL: u8 = 4;
    /// A word of the dictionary.
    pub const KNOWN: u8 = 8;
    /// In a script that is not romanised.
    pub const SCRIPT: u8 = 16;
    /// A patronymic.
    pub const PATRONYMIC: u8 = 32;
    /// A place or people.
    pub const PLACE: u8 = 64;

    /// True when one of these is set.
    #[must_use]
    pub fn has(self, flags: u8) -> bool {
        self.0 & flags != 0
    }
}

/// A word of a name.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    start: u32,
    end: u32,
    /// What it is.
    pub flags: Flags,
    /// How much it tells.
    pub rank: Rank,
}

/// A name as it is compared.
#[derive(Clone, Debug, Default)]
pub struct Form {
    text: String,
    /// Its words as they were written, without blanks and numbers.
    letters: String,
    /// What every word and its follower make together, where they may be one word: begin and end in `pairs`.
    pairs: String,
    paired: Vec<(u32, u32)>,
    /// Its words, in order, without legal form and words left out.
    pub tokens: Vec<Token>,
    /// Legal forms that were taken out.
    pub legal: LegalSet,
    /// The words are Han or Kana that were romanised.
    pub romanised: bool,
}

/// Words of a name that are compared, at most; nobody is told apart by the thirty-third.
pub const MOST_WORDS: usize = 32;

impl Form {
    /// The name in its words; none when nothing is left. A name in Han or Kana gives its romanisation and itself.
    #[must_use]
    pub fn all(text: &str, kind: PartyKind, lexicon: &Lexicon) -> Vec<Self> {
        let mut forms = Vec::with_capacity(1);
        Self::each(text, kind, lexicon, &mut words::Scratch::default(), |form| forms.push(form.clone()));
        forms
    }

    /// As [`Form::all`], without making anything anew.
    pub(super) fn each(
        text: &str,
        kind: PartyKind,
        lexicon: &Lexicon,
        scratch: &mut words::Scratch,
        mut use_form: impl FnMut(&Self),
    ) {
        if text.is_ascii() {
            words::split(text, kind, lexicon, false, scratch);
            words::settle(kind, lexicon, scratch);
            if !scratch.form.tokens.is_empty() {
                use_form(&scratch.form);
            }
            return;
        }
        let text = script::settle(text);
        let both = script::has_both(&text);
        let consonants = kind == PartyKind::Person && script::is_without_vowels(&text);
        for own in [false, true] {
            if own && !both {
                break;
            }
            words::split(&text, kind, lexicon, own, scratch);
            words::settle(kind, lexicon, scratch);
            scratch.form.romanised = both && !own;
            if !scratch.form.tokens.is_empty() {
                use_form(&scratch.form);
                if own && scratch.is_parted {
                    han::short(&scratch.form).iter().for_each(&mut use_form);
                }
                // what looks like the Arabic article may belong to the name: Elias
                let article = scratch.form.words().any(letters::has_article);
                for article in [true, false].into_iter().filter(|with| consonants && (article || *with)) {
                    words::consonants(&scratch.form, article).iter().for_each(&mut use_form);
                }
            }
        }
    }

    /// The consonants of a listed person's name in Latin letters, for names in scripts that write no vowels.
    #[must_use]
    pub fn consonants(&self) -> Option<Self> {
        if self.text.is_ascii() { words::consonants(self, true) } else { None }
    }

    /// The letters of a word.
    #[must_use]
    pub fn word(&self, at: usize) -> &str {
        let token = self.tokens[at];
        &self.text[token.start as usize..token.end as usize]
    }

    /// What a word and its follower make together, where they may be one word.
    #[must_use]
    pub fn pair(&self, at: usize) -> Option<&str> {
        let (start, end) = *self.paired.get(at)?;
        (start < end).then(|| &self.pairs[start as usize..end as usize])
    }

    /// The letters of all words as they were written, without blanks and numbers.
    #[must_use]
    pub fn letters(&self) -> &str {
        &self.letters
    }

    /// The words.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        (0..self.tokens.len()).map(|at| self.word(at))
    }

    /// Becomes the other, without making anything anew.
    pub(super) fn copy(&mut self, other: &Self) {
        self.text.clone_from(&other.text);
        self.letters.clone_from(&other.letters);
        self.pairs.clone_from(&other.pairs);
        self.paired.clone_from(&other.paired);
        self.tokens.clone_from(&other.tokens);
        (self.legal, self.romanised) = (other.legal, other.romanised);
    }

    fn clear(&mut self) {
        self.text.clear();
        self.letters.clear();
        self.pairs.clear();
        self.paired.clear();
        self.tokens.clear();
        self.legal = LegalSet::default();
        self.romanised = false;
    }

    fn push(&mut self, word: &str, flags: u8, rank: Rank) {
        if self.tokens.len() == MOST_WORDS {
            return;
        }
        let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.text.push_str(word);
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.tokens.push(Token { start, end, flags: Flags(flags), rank });
    }
}

pub(crate) use script::is_han;
pub use words::Scratch;

/// A hash that is the same on every machine and in every version: it is stored.
#[must_use]
pub fn hash(bytes: &[u8], seed: u64) -> u64 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut state = seed ^ FACTOR ^ (bytes.len() as u64);
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = u64::from_le_bytes(chunk.try_into().expect("eight bytes"));
        state = (state ^ word).wrapping_mul(FACTOR);
        state ^= state >> 29;
    }
    let mut last = [0; 8];
    last[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
    state = (state ^ u64::from_le_bytes(last)).wrapping_mul(FACTOR);
    state ^= state >> 32;
    state = state.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    state ^ state >> 32
}
