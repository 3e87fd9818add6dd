//! Scoring a listed name that was found, by numbers alone: no text is read for it.

use super::super::normalise::{Flags, Form};
use super::super::pair::{self, INITIAL, JOINED};
use super::super::score::{Link, Manner, Numbers, Side, choose, lost, score};
use super::name::{self, Listed, NameRow, TokenRow};
use super::search::{Entry, Found, bit};
use super::{Index, NONE};

/// What is asked.
pub(super) struct Asked<'q> {
    pub(super) form: &'q Form,
    pub(super) side: Side<'q>,
    pub(super) entries: Entries<'q>,
    pub(super) threshold: f32,
    /// Coverage without which the threshold is out of reach.
    pub(super) least: f32,
}

/// The entries of a query.
#[derive(Clone, Copy)]
pub(super) struct Entries<'e> {
    pub(super) all: &'e [Entry],
    pub(super) bits: [u64; 4],
}

impl<'e> Entries<'e> {
    /// Those of a word.
    #[inline]
    fn of(self, id: u32) -> &'e [Entry] {
        let (word, bit) = bit(id);
        if self.bits[word] & bit == 0 {
            return &[];
        }
        let from = self.all.partition_point(|entry| entry.id < id);
        let count = self.all[from..].iter().take_while(|entry| entry.id == id).count();
        &self.all[from..from + count]
    }
}

impl Asked<'_> {
    /// A name, when it scores enough.
    pub(super) fn rescore(
        &self,
        index: &Index<'_>,
        links: &mut Vec<Link>,
        (name, row, tokens): (u32, &NameRow, &[TokenRow]),
        manner: Manner,
    ) -> Option<Found> {
        links.clear();
        // words of the query and of the name that find each other
        let (mut reached, mut taken) = (0_u64, 0_u64);
        for (place, token) in tokens.iter().enumerate() {
            for entry in self.entries.of(token[name::WORD]) {
                reached |= u64::from(entry.mask());
                taken |= 1 << place;
                links.push(Link::of(usize::from(entry.query), entry.words, place, 1, entry.like));
            }
            let joined = token[name::JOINED];
            if joined != NONE {
                for entry in self.entries.of(joined).iter().filter(|entry| entry.words == 1 && entry.like >= 1.0) {
                    reached |= 1 << entry.query;
                    taken |= 3 << place;
                    links.push(Link::of(usize::from(entry.query), 1, place, 2, JOINED));
                }
            }
        }
        let query = self.side;
        if self.most(tokens, reached, taken, manner) < self.least && name::squashed(row) != query.squashed {
            return None;
        }
        let listed = Listed::of(tokens);
        let listed = listed.side(row);
        if manner == Manner::Person {
            add_initials(self.form, tokens, links);
        }
        let kept = choose(links, query, listed);
        // numbers only lower a score: they are read when the words are enough
        let parts = score(&links[..kept], query, listed, Numbers::Same, manner);
        if parts.score < self.threshold {
            return None;
        }
        let numbers = index.compare_numbers(self.form, query.numbers, name);
        let parts = score(&links[..kept], query, listed, numbers, manner);
        (parts.score >= self.threshold).then_some(Found { name, parts, numbers })
    }

    /// The most that a name can cover: what finds no counterpart at all is left over. No bound where first letters may
    /// stand for names.
    fn most(&self, tokens: &[TokenRow], reached: u64, taken: u64, manner: Manner) -> f32 {
        let sums = |words: &mut dyn Iterator<Item = (f32, u8)>, used: u64| {
            let (mut matched, mut left, mut initial) = (0.0, 0.0, false);
            for (at, (weight, flags)) in words.enumerate() {
                initial |= Flags(flags).has(Flags::INITIAL);
                if used >> at & 1 == 1 {
                    matched += weight;
                } else {
                    left += lost(weight, flags);
                }
            }
            (matched, left, initial)
        };
        let query = self.side;
        let mut ours = query.weights.iter().copied().zip(query.flags.iter().copied());
        let (ours, query_left, initial) = sums(&mut ours, reached);
        let mut theirs = tokens.iter().map(|token| (name::weight(token), name::flags(token)));
        let (theirs, listed_left, other) = sums(&mut theirs, taken);
        if query_left + listed_left <= 0.0 || manner == Manner::Person && (initial || other) {
            return 1.0;
        }
        manner.coverage(f32::min(ours, theirs), query_left, listed_left).0
    }
}

/// First letters for names.
fn add_initials(form: &Form, tokens: &[TokenRow], links: &mut Vec<Link>) {
    let words = links.len();
    let any = form.tokens.iter().any(|token| token.flags.has(Flags::INITIAL));
    for (place, row) in tokens.iter().enumerate() {
        let listed = Flags(name::flags(row));
        if !any && !listed.has(Flags::INITIAL) {
            continue;
        }
        let first = name::first_letter(row);
        for (query, token) in form.tokens.iter().enumerate() {
            let either = token.flags.has(Flags::INITIAL) || listed.has(Flags::INITIAL);
            let fits = either && !token.flags.has(Flags::NUMBER) && form.word(query).as_bytes().first() == Some(&first);
            let linked = |link: &Link| {
                usize::from(link.query) == query
                    && usize::from(link.listed) == place
                    && link.query_words + link.listed_words == 2
            };
            if fits && !links[..words].iter().any(linked) {
                links.push(Link { initial: true, ..Link::one(query, place, INITIAL) });
            }
        }
    }
}

impl Index<'_> {
    /// How the numbers of a query stand to those of a name.
    pub(super) fn compare_numbers(&self, form: &Form, numbers: u64, name: u32) -> Numbers {
        if self.numbers_of(name) == numbers {
            return Numbers::Same;
        }
        let of_query = (0..form.tokens.len()).filter(|at| form.tokens[*at].flags.has(Flags::NUMBER));
        let mut ours: Vec<String> = of_query.map(|at| form.word(at).to_owned()).collect();
        let of_name = self.tokens_of(name).iter().filter(|token| Flags(name::flags(token)).has(Flags::NUMBER));
        let word = |token: &TokenRow| String::from_utf8_lossy(self.words.word(token[name::WORD])).into_owned();
        let mut theirs: Vec<String> = of_name.map(word).collect();
        ours.sort();
        theirs.sort();
        pair::compare_sorted(&ours, &theirs)
    }
}
