//! The index of listed names: flat arrays only, so that it can be mapped from a file and read where it lies.
//!
//! A word of a query is looked up among the words of all names; what is not among them, or was misspelt, is found by
//! deleting letters on both sides. Names are then reached by the rarest words of the query only, as many as are needed
//! so that no name which could score enough is left out, and scored with numbers alone: no text is read for it.

mod build;
mod collect;
mod name;
mod rescore;
mod search;
mod vocabulary;

pub use build::build;
pub use search::{Found, Search};

use super::column::{Buckets, Column, read};
use super::score::Side;
use name::{NameRow, TokenRow};
use vocabulary::Vocabulary;

/// Version of the arrays and of the rules by which they are made.
const FORMAT: u64 = 2;

/// What is known of a name besides its words, as bits of one number; the low 16 are its legal forms,
/// the highest eight the number of its words.
pub(super) mod about {
    pub(in super::super) const WEAK: u32 = 1 << 16;
    pub(in super::super) const FORMER: u32 = 1 << 17;
    pub(in super::super) const ROMANISED: u32 = 1 << 18;
    pub(in super::super) const PERSON: u32 = 1 << 19;
    pub(in super::super) const UNKNOWN_KIND: u32 = 1 << 20;
    /// Has a word of one letter.
    pub(in super::super) const INITIALS: u32 = 1 << 21;
    pub(in super::super) const COUNT: u32 = 24;
}

/// No such word.
const NONE: u32 = u32::MAX;

/// Where the names that have a word stand among the postings, by [`Group`]: four beginnings, the end of the last, and
/// the most that the word weighs in a name, as bits.
type WordRow = [u32; 6];

/// Names of which other words can be the counterpart of a word: they are looked at apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Organisation = 0,
    Person = 1,
    /// First letters stand for names.
    PersonInitials = 2,
    OrganisationInitials = 3,
}

/// Names of listed parties, to be searched.
#[derive(Clone, Debug, Default)]
pub struct Index<'a> {
    words: Vocabulary<'a>,
    posts_of: Column<'a, WordRow>,
    /// Names that have a word, or have it as two: the number of the name, and above it what all its words weigh, so that
    /// most names are passed by without looking at them.
    posts: Column<'a, u64>,
    names: Column<'a, NameRow>,
    tokens: Column<'a, TokenRow>,
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
        self.names.len()
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
            ("posts_of".into(), bytemuck::cast_slice(&self.posts_of)),
            ("posts".into(), bytemuck::cast_slice(&self.posts)),
            ("names".into(), bytemuck::cast_slice(&self.names)),
            ("tokens".into(), bytemuck::cast_slice(&self.tokens)),
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
            posts_of: read(section("posts_of"))?,
            posts: read(section("posts"))?,
            names: read(section("names"))?,
            tokens: read(section("tokens"))?,
            squashed: Buckets::read(group("squashed"))?,
            whole: Buckets::read(group("whole"))?,
            keys: Buckets::read(group("keys"))?,
            head: read(section("head"))?,
        };
        index.is_sound(lexicon).then_some(index)
    }

    /// Lengths agree and every number points into its array: a damaged file gives no index, and never a panic.
    fn is_sound(&self, lexicon: u64) -> bool {
        let (names, words, posts) = (self.names.len(), self.words.len(), self.posts.len());
        self.head.len() == 3
            && self.head[0] == FORMAT
            && self.head[1] == lexicon
            && self.posts_of.len() == words
            && self.posts_of.iter().all(|row| row[..5].is_sorted() && row[4] as usize <= posts)
            && self.posts.iter().all(|post| (name_of(*post) as usize) < names)
            && self.names.iter().all(|name| name::is_sound(name, self.tokens.len()))
            && self.tokens.iter().all(|token| name::is_token(token, words))
            && self.words.is_sound()
    }

    /// Party of a name, and which of its names it is.
    #[must_use]
    pub fn party_of(&self, name: u32) -> (u32, u32) {
        let row = &self.names[name as usize];
        (row[name::PARTY], row[name::AT])
    }

    /// Parties that may have an identifier, by its hash; the identifier itself decides.
    pub fn by_key(&self, hash: u64) -> impl Iterator<Item = u32> + '_ {
        self.keys.get(hash).filter(|party| (*party as usize) < self.parties())
    }

    /// Names of some groups that have a word.
    fn posting(&self, word: u32, groups: std::ops::Range<usize>) -> &[u64] {
        let row = &self.posts_of[word as usize];
        &self.posts[row[groups.start] as usize..row[groups.end] as usize]
    }

    /// The most that a word weighs in a name where it is left over.
    fn heaviest(&self, word: u32) -> f32 {
        f32::from_bits(self.posts_of[word as usize][5])
    }

    fn group(&self, name: u32) -> Group {
        match (self.has(name, about::PERSON), self.has(name, about::INITIALS)) {
            (false, false) => Group::Organisation,
            (true, false) => Group::Person,
            (true, true) => Group::PersonInitials,
            (false, true) => Group::OrganisationInitials,
        }
    }
}

/// Name of a posting.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is the name")]
fn name_of(post: u64) -> u32 {
    post as u32
}

/// What all words of the name of a posting weigh where they are left over.
fn weight_of(post: u64) -> f32 {
    f32::from_bits((post >> 32) as u32)
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
        self.names[name as usize][name::ABOUT] & bit != 0
    }

    pub(super) fn is_weak(&self, name: u32) -> bool {
        self.has(name, about::WEAK)
    }

    pub(super) fn is_romanised(&self, name: u32) -> bool {
        self.has(name, about::ROMANISED)
    }

    /// Words of its core.
    pub(super) fn telling(&self, name: u32) -> usize {
        self.tokens_of(name).iter().filter(|token| super::score::is_telling(name::flags(token))).count()
    }
}
