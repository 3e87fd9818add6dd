//! The index of listed names: flat arrays only, so that it can be mapped from a file and read where it lies.
//!
//! A word of a query is looked up among the words of all names; what is not among them, or was misspelt, is found by
//! deleting letters on both sides. Names are then reached by the rarest words of the query only, as many as are needed
//! so that no name which could score enough is left out, and scored with numbers alone: no text is read for it.

mod build;
mod search;
mod vocabulary;

pub use build::build;
pub use search::{Found, Search};

use super::column::{Buckets, Column, read};
use vocabulary::Vocabulary;

use super::normalise::LegalSet;
use super::score::Side;

/// Version of the arrays and of the rules by which they are made.
const FORMAT: u64 = 1;

/// What is known of a name besides its words, as bits of one number; the low 16 are its legal forms.
pub(super) mod about {
    pub(in super::super) const WEAK: u32 = 1 << 16;
    pub(in super::super) const FORMER: u32 = 1 << 17;
    pub(in super::super) const ROMANISED: u32 = 1 << 18;
    pub(in super::super) const PERSON: u32 = 1 << 19;
    pub(in super::super) const UNKNOWN_KIND: u32 = 1 << 20;
}

/// No such word.
const NONE: u32 = u32::MAX;

/// Names of listed parties, to be searched.
#[derive(Clone, Debug, Default)]
pub struct Index<'a> {
    words: Vocabulary<'a>,
    /// Names that have a word, or have it as two.
    post_at: Column<'a, u32>,
    posts: Column<'a, u32>,
    /// Party of a name, and which of its names.
    name_party: Column<'a, u32>,
    name_at: Column<'a, u32>,
    name_about: Column<'a, u32>,
    name_squashed: Column<'a, u64>,
    name_numbers: Column<'a, u64>,
    /// Where the words of a name begin.
    name_first: Column<'a, u32>,
    name_words: Column<'a, u32>,
    name_weights: Column<'a, f32>,
    name_flags: Column<'a, u8>,
    /// The word that a word and its follower make together.
    name_joined: Column<'a, u32>,
    squashed: Buckets<'a>,
    /// Names by their letters with one deleted.
    whole: Buckets<'a>,
    /// Parties by identifiers.
    keys: Buckets<'a>,
    /// Format, digest of the lexicon, number of parties.
    head: Column<'a, u64>,
}

impl<'a> Index<'a> {
    /// Number of names.
    #[must_use]
    pub fn names(&self) -> usize {
        self.name_party.len()
    }

    /// Number of parties.
    #[must_use]
    pub fn parties(&self) -> usize {
        self.head.get(2).and_then(|count| usize::try_from(*count).ok()).unwrap_or(0)
    }

    /// The arrays with their names, to be stored.
    #[must_use]
    pub fn sections(&self) -> Vec<(String, &[u8])> {
        let mut all: Vec<(String, &[u8])> = vec![
            ("head".into(), bytemuck::cast_slice(&self.head)),
            ("post_at".into(), bytemuck::cast_slice(&self.post_at)),
            ("posts".into(), bytemuck::cast_slice(&self.posts)),
            ("name_party".into(), bytemuck::cast_slice(&self.name_party)),
            ("name_at".into(), bytemuck::cast_slice(&self.name_at)),
            ("name_about".into(), bytemuck::cast_slice(&self.name_about)),
            ("name_squashed".into(), bytemuck::cast_slice(&self.name_squashed)),
            ("name_numbers".into(), bytemuck::cast_slice(&self.name_numbers)),
            ("name_first".into(), bytemuck::cast_slice(&self.name_first)),
            ("name_words".into(), bytemuck::cast_slice(&self.name_words)),
            ("name_weights".into(), bytemuck::cast_slice(&self.name_weights)),
            ("name_flags".into(), bytemuck::cast_slice(&self.name_flags)),
            ("name_joined".into(), bytemuck::cast_slice(&self.name_joined)),
        ];
        for (group, buckets) in [("squashed", &self.squashed), ("whole", &self.whole), ("keys", &self.keys)] {
            all.extend(buckets.sections().into_iter().map(|(name, bytes)| (format!("{group}_{name}"), bytes)));
        }
        all.extend(self.words.sections());
        all
    }

    /// An index of stored arrays; none when an array is missing or does not fit the others, or when it was made by
    /// another version or with other words: then it must be built again.
    pub fn from_sections(section: impl Fn(&str) -> Option<&'a [u8]>, lexicon: u64) -> Option<Self> {
        let group = |name: &'static str| {
            let section = &section;
            move |part: &str| section(&format!("{name}_{part}"))
        };
        let index = Self {
            words: Vocabulary::read(&section)?,
            post_at: read(section("post_at"))?,
            posts: read(section("posts"))?,
            name_party: read(section("name_party"))?,
            name_at: read(section("name_at"))?,
            name_about: read(section("name_about"))?,
            name_squashed: read(section("name_squashed"))?,
            name_numbers: read(section("name_numbers"))?,
            name_first: read(section("name_first"))?,
            name_words: read(section("name_words"))?,
            name_weights: read(section("name_weights"))?,
            name_flags: read(section("name_flags"))?,
            name_joined: read(section("name_joined"))?,
            squashed: Buckets::read(group("squashed"))?,
            whole: Buckets::read(group("whole"))?,
            keys: Buckets::read(group("keys"))?,
            head: read(section("head"))?,
        };
        index.is_sound(lexicon).then_some(index)
    }

    /// Lengths agree and every number points into its array: a damaged file gives no index, and never a panic.
    fn is_sound(&self, lexicon: u64) -> bool {
        let names = self.name_party.len();
        let same = [
            self.name_at.len(),
            self.name_about.len(),
            self.name_squashed.len(),
            self.name_numbers.len(),
            self.name_first.len().wrapping_sub(1),
        ];
        let words = self.name_words.len();
        let of_words = [self.name_weights.len(), self.name_flags.len(), self.name_joined.len()];
        let rising = |all: &[u32], end: usize| {
            all.first() == Some(&0) && all.last().is_some_and(|last| *last as usize == end) && all.is_sorted()
        };
        self.head.len() == 3
            && self.head[0] == FORMAT
            && self.head[1] == lexicon
            && same.iter().all(|length| *length == names)
            && of_words.iter().all(|length| *length == words)
            && rising(&self.name_first, words)
            && self.post_at.len() == self.words.len() + 1
            && rising(&self.post_at, self.posts.len())
            && self.posts.iter().all(|name| (*name as usize) < names)
            && self.name_words.iter().all(|word| (*word as usize) < self.words.len())
            && self.name_first.windows(2).all(|pair| pair[1] - pair[0] <= 32)
            && self.words.is_sound()
    }

    /// Party of a name, and which of its names it is.
    #[must_use]
    pub fn party_of(&self, name: u32) -> (u32, u32) {
        (self.name_party[name as usize], self.name_at[name as usize])
    }

    /// Parties that may have an identifier, by its hash; the identifier itself decides.
    pub fn by_key(&self, hash: u64) -> impl Iterator<Item = u32> + '_ {
        self.keys.get(hash).filter(|party| (*party as usize) < self.parties())
    }

    fn posting(&self, word: u32) -> &[u32] {
        let at = word as usize;
        &self.posts[self.post_at[at] as usize..self.post_at[at + 1] as usize]
    }

    fn range(&self, name: u32) -> std::ops::Range<usize> {
        self.name_first[name as usize] as usize..self.name_first[name as usize + 1] as usize
    }

    fn side(&self, name: u32) -> Side<'_> {
        let range = self.range(name);
        let at = name as usize;
        #[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are meant")]
        Side {
            weights: &self.name_weights[range.clone()],
            flags: &self.name_flags[range],
            squashed: self.name_squashed[at],
            numbers: self.name_numbers[at],
            legal: LegalSet(self.name_about[at] as u16),
        }
    }
}

/// Changes whenever the arrays would be others for the same parties.
#[must_use]
pub fn version(lexicon: &super::normalise::Lexicon) -> u32 {
    let digest = super::normalise::hash(&lexicon.digest().to_le_bytes(), FORMAT);
    // 0 stands for no index
    u32::try_from(digest >> 32).unwrap_or(1).max(1)
}

/// What a name is, for those who judge it.
impl Index<'_> {
    pub(super) fn has(&self, name: u32, bit: u32) -> bool {
        self.name_about[name as usize] & bit != 0
    }

    pub(super) fn is_weak(&self, name: u32) -> bool {
        self.has(name, about::WEAK)
    }

    pub(super) fn is_romanised(&self, name: u32) -> bool {
        self.has(name, about::ROMANISED)
    }

    /// Words of its core.
    pub(super) fn telling(&self, name: u32) -> usize {
        super::score::telling(self.side(name))
    }
}
