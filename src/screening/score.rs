//! The score of a name against a listed name: which words stand for which, what is left over on either side, and what
//! speaks against it besides. Every step is kept, so that a score can be told part by part.

use super::normalise::{Flags, LegalSet};

/// Words of one side: how much each tells and what it is.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// Weight of every word.
    pub weights: &'a [f32],
    /// What every word is.
    pub flags: &'a [u8],
    /// Letters of the words without blanks and numbers; equal ones make the words equal however they are parted.
    pub squashed: u64,
    /// Hash of the numbers in order of value; 0 without any.
    pub numbers: u64,
    /// Legal forms that were taken out.
    pub legal: LegalSet,
}

/// Words of the query that stand for words of the listed name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// First word of the query.
    pub query: u8,
    /// How many: 1, or 2 where two words are one in the other name.
    pub query_words: u8,
    /// First word of the listed name.
    pub listed: u8,
    /// How many.
    pub listed_words: u8,
    /// 0 to 1.
    pub similarity: f32,
    /// One of them is only a first letter.
    pub initial: bool,
}

impl Link {
    /// A word for a word.
    #[must_use]
    pub fn one(query: usize, listed: usize, similarity: f32) -> Self {
        Self::of(query, 1, listed, 1, similarity)
    }

    /// Words for words.
    #[must_use]
    pub fn of(query: usize, query_words: u8, listed: usize, listed_words: u8, similarity: f32) -> Self {
        let place = |at: usize| u8::try_from(at).unwrap_or(u8::MAX);
        Self { query: place(query), query_words, listed: place(listed), listed_words, similarity, initial: false }
    }
}

impl Link {
    fn masks(self) -> (u64, u64) {
        // a damaged store may name words beyond the limit
        let bit = |at: u8| 1_u64.checked_shl(u32::from(at)).unwrap_or(0);
        let mask = |from: u8, words: u8| bit(words).wrapping_sub(1).wrapping_mul(bit(from));
        (mask(self.query, self.query_words), mask(self.listed, self.listed_words))
    }
}

/// How names of a kind are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Organisations, ships, aircraft: every word left over is a different name.
    Organisation,
    /// People, who are called by more or fewer of their names.
    Person,
}

/// How the numbers of two names stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// The same, or none on both sides.
    Same,
    /// One side has a 1 that the other leaves out: the first of a row is often not numbered.
    FirstOfRow,
    /// One digit is another: a slip of the pen or a sister.
    Near,
    /// One side has numbers, the other none.
    OneSide,
    /// Different numbers.
    Differ,
}

/// Factors of the score, each 1 when it does not apply.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parts {
    /// Weight that found its counterpart, of all weight, less what was left over.
    pub coverage: f32,
    /// How alike the words that found each other are.
    pub likeness: f32,
    /// Numbers.
    pub numbers: f32,
    /// Legal forms.
    pub legal: f32,
    /// A single word.
    pub short: f32,
    /// Weight of words left over on both sides: they speak for two parties.
    pub conflict: f32,
    /// The product.
    pub score: f32,
}

/// Loss for words that both sides have and that differ, of the whole weight.
const CONFLICT: f32 = 1.2;
/// A place that only one of the names has makes it a daughter or a branch: it weighs more there than as a name.
pub(super) const PLACE: f32 = 1.6;
/// Most that names can score which differ in a telling word on both sides.
const CONFLICT_CAP: f32 = 0.80;
/// Weight of differing words from which the cap holds.
const CONFLICT_FLOOR: f32 = 0.30;
/// Loss of likeness: one edit in five letters costs an eighth.
pub(super) const LIKENESS: f32 = 0.60;
/// Weight of words that must find each other before initials count.
const TOLD: f32 = 0.30;
/// Weight of words left over up to which numbers tell a name: `58 Group`.
const COUNTED: f32 = 0.50;
/// One word that tells little beside others is worth that much less.
pub(super) const SHORT: f32 = 0.97;

impl Manner {
    /// Loss for words only the query has, and only the listed name has, of the whole weight. A query with a word more
    /// may be a daughter; a query with a word less is often only short.
    #[must_use]
    pub const fn left_over(self) -> (f32, f32) {
        match self {
            Self::Organisation => (0.75, 0.50),
            Self::Person => (0.40, 0.35),
        }
    }

    /// How much of two names found its counterpart, and the weight that is left over on both sides. Never more when less
    /// is matched or more is left over, as long as it is above 0.65.
    #[must_use]
    pub fn coverage(self, matched: f32, query_left: f32, listed_left: f32) -> (f32, f32) {
        let conflict = query_left.min(listed_left);
        let whole = matched + query_left.max(listed_left);
        let (query, listed) = self.left_over();
        let loss = CONFLICT * conflict + query * (query_left - conflict) + listed * (listed_left - conflict);
        ((1.0 - loss / whole).max(0.0), conflict)
    }

    /// The most that may be left over of a listed name when so much is matched and left over of the query, for a
    /// [coverage](Self::coverage) of at least `least`; none when the query alone has too much left over.
    #[must_use]
    pub fn room(self, matched: f32, query_left: f32, least: f32) -> Option<f32> {
        let (query, listed) = self.left_over();
        let loss = 1.0 - least;
        if listed <= loss {
            return Some(f32::INFINITY);
        }
        // as much as of the query or more, else less
        let more = (loss * matched - (CONFLICT - listed) * query_left) / (listed - loss);
        if more >= query_left {
            return Some(more);
        }
        let less = (loss * (matched + query_left) - query * query_left) / (CONFLICT - query);
        (less >= 0.0).then_some(less)
    }
}

/// Chooses the links that stand, the heaviest first, each word once. Gives their number; they come first.
pub fn choose(links: &mut [Link], query: Side<'_>, listed: Side<'_>) -> usize {
    let weight = |link: &Link| mass(link, query, listed) * link.similarity;
    links.sort_unstable_by(|a, b| {
        weight(b)
            .total_cmp(&weight(a))
            .then_with(|| b.similarity.total_cmp(&a.similarity))
            .then_with(|| (a.query_words + a.listed_words).cmp(&(b.query_words + b.listed_words)))
            .then_with(|| (a.query, a.listed).cmp(&(b.query, b.listed)))
    });
    let (mut query_used, mut listed_used, mut kept) = (0, 0, 0);
    // the words of a damaged store may not be there
    let is_there = |from: u8, words: u8, side: Side<'_>| usize::from(from) + usize::from(words) <= side.weights.len();
    for at in 0..links.len() {
        let link = links[at];
        if !is_there(link.query, link.query_words, query) || !is_there(link.listed, link.listed_words, listed) {
            continue;
        }
        let (query_mask, listed_mask) = link.masks();
        if query_used & query_mask == 0 && listed_used & listed_mask == 0 {
            query_used |= query_mask;
            listed_used |= listed_mask;
            links.swap(kept, at);
            kept += 1;
        }
    }
    kept
}

/// Words that are not there weigh nothing.
fn sum(weights: &[f32], from: u8, words: u8) -> f32 {
    weights.iter().skip(usize::from(from)).take(usize::from(words)).sum()
}

fn mass(link: &Link, query: Side<'_>, listed: Side<'_>) -> f32 {
    sum(query.weights, link.query, link.query_words).min(sum(listed.weights, link.listed, link.listed_words))
}

/// Weight of the words that no link covers. Small words and, for people, patronymics are no loss when they are missing.
fn left(side: Side<'_>, used: u64) -> f32 {
    let all = side.weights.iter().zip(side.flags).enumerate();
    all.filter(|(at, _)| used >> at & 1 == 0).map(|(_, (weight, flags))| lost(*weight, *flags)).sum()
}

/// What a word weighs where it is left over.
#[inline]
pub(super) fn lost(weight: f32, flags: u8) -> f32 {
    let flags = Flags(flags);
    if flags.has(Flags::NUMBER) {
        0.0
    } else if flags.has(Flags::PLACE) {
        weight * PLACE
    } else {
        weight
    }
}

/// The score of links that were chosen.
#[must_use]
pub fn score(links: &[Link], query: Side<'_>, listed: Side<'_>, numbers: Numbers, manner: Manner) -> Parts {
    let (mut matched, mut alike, mut query_used, mut listed_used) = (0.0, 0.0, 0, 0);
    let (mut told, mut counted) = (0.0, 0.0);
    for link in links {
        let mass = mass(link, query, listed);
        matched += mass;
        match Flags(query.flags[usize::from(link.query)]) {
            _ if link.initial => {}
            flags if flags.has(Flags::NUMBER) => counted += mass,
            _ => told += mass,
        }
        alike += mass * link.similarity;
        let (query_mask, listed_mask) = link.masks();
        query_used |= query_mask;
        listed_used |= listed_mask;
    }
    let (mut query_left, mut listed_left) = (left(query, query_used), left(listed, listed_used));
    for link in links.iter().filter(|link| link.initial) {
        // an initial tells no more than a letter of the name that it stands for
        let mass = mass(link, query, listed);
        if Flags(query.flags[usize::from(link.query)]).has(Flags::INITIAL) {
            listed_left += sum(listed.weights, link.listed, link.listed_words) - mass;
        } else {
            query_left += sum(query.weights, link.query, link.query_words) - mass;
        }
    }
    let same = query.squashed == listed.squashed && query.squashed != 0;
    if same {
        // the same letters, parted in another way
        (query_left, listed_left) = (0.0, 0.0);
        matched = matched.max(sum_all(query).min(sum_all(listed)));
        alike = matched;
    }
    if query_left + listed_left < COUNTED {
        told += counted;
    }
    // initials, small words and numbers alone are nobody's name
    if matched <= 0.0 || told < TOLD && told < matched {
        let all_numbers = numbers == Numbers::Same && query.numbers != 0 && query_left + listed_left == 0.0;
        let score = if all_numbers { SHORT } else { 0.0 };
        return Parts { coverage: score, likeness: 1.0, numbers: 1.0, legal: 1.0, short: 1.0, conflict: 0.0, score };
    }
    let (mut coverage, conflict) = manner.coverage(matched, query_left, listed_left);
    if conflict >= CONFLICT_FLOOR {
        coverage = coverage.min(CONFLICT_CAP);
    }
    let likeness = 1.0 - LIKENESS * (1.0 - alike / matched);
    let numbers = number_factor(numbers);
    let legal = if manner == Manner::Person {
        1.0
    } else if query.legal.conflicts(listed.legal) {
        0.97
    } else if query.legal.is_empty() != listed.legal.is_empty() {
        0.98
    } else {
        1.0
    };
    let short = if telling(query).min(telling(listed)) <= 1 { SHORT } else { 1.0 };
    let score = coverage * likeness * numbers * legal * short;
    Parts { coverage, likeness, numbers, legal, short, conflict, score }
}

/// What numbers do to a score.
#[must_use]
pub const fn number_factor(numbers: Numbers) -> f32 {
    match numbers {
        Numbers::Same => 1.0,
        Numbers::FirstOfRow => 0.97,
        Numbers::Near => 0.92,
        Numbers::OneSide => 0.80,
        Numbers::Differ => 0.70,
    }
}

fn sum_all(side: Side<'_>) -> f32 {
    side.weights
        .iter()
        .zip(side.flags)
        .filter(|(_, flags)| !Flags(**flags).has(Flags::NUMBER))
        .map(|(weight, _)| weight)
        .sum()
}

/// Words of the core: without numbers and small words.
#[must_use]
pub fn telling(side: Side<'_>) -> usize {
    side.flags.iter().filter(|flags| is_telling(**flags)).count()
}

/// True for a word of the core.
#[must_use]
pub fn is_telling(flags: u8) -> bool {
    !Flags(flags).has(Flags::NUMBER | Flags::PARTICLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_not_there_weigh_nothing() {
        let weights = [1.0, 2.0];
        let side = Side { weights: &weights, flags: &[0, 0], squashed: 0, numbers: 0, legal: LegalSet::default() };
        let mut links = [Link::of(0, 3, 1, 9, 1.0), Link::of(200, 70, 0, 1, 1.0), Link::one(0, 0, 1.0)];
        let kept = choose(&mut links, side, side);
        assert_eq!(kept, 1, "the one whose words are there");
        let parts = score(&links[..kept], side, side, Numbers::Same, Manner::Organisation);
        assert!(parts.score.is_finite());
    }
}
