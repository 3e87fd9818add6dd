//! Finding the names that may score enough, and scoring them.

use super::super::normalise::{Flags, Form};
use super::super::pair::{self, INITIAL, JOINED, Ready};
use super::super::rarity;
use super::super::score::{Link, Manner, Numbers, Parts, Side, choose, score};
use super::{Index, NONE, about};

/// A name that was found.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The name.
    pub name: u32,
    /// Its score and what it is made of.
    pub parts: Parts,
    /// How the numbers of both stand to each other.
    pub numbers: Numbers,
}

/// A word of the query in the vocabulary, and what it stands for.
#[derive(Clone, Copy, Debug)]
struct Entry {
    id: u32,
    query: u8,
    words: u8,
    like: f32,
}

/// What a search uses again from query to query.
#[derive(Debug, Default)]
pub struct Search {
    entries: Vec<Entry>,
    /// Bits of the entries' words: most words of a candidate are none of them.
    bits: [u64; 4],
    like: Vec<(u32, f32)>,
    fold: Vec<u8>,
    weights: Vec<f32>,
    flags: Vec<u8>,
    ids: Vec<Option<u32>>,
    order: Vec<usize>,
    /// Query of which a name is a candidate.
    seen: Vec<u32>,
    query: u32,
    candidates: Vec<u32>,
    links: Vec<Link>,
    letters: Vec<u8>,
}

impl Search {
    /// Names that score at least `threshold` against the words of a query; `manner` is how the query's kind asks for
    /// names to be compared, none when it is not known.
    pub fn find(
        &mut self,
        index: &Index<'_>,
        form: &Form,
        manner: Option<Manner>,
        threshold: f32,
        mut each: impl FnMut(Found),
    ) {
        self.prepare(index, form);
        let squashed = pair::squash_form(form, &mut self.letters);
        let numbers = pair::numbers_of(form);
        self.collect(index, form, manner, threshold, squashed);
        for at in 0..self.candidates.len() {
            let name = self.candidates[at];
            let query = Side { weights: &self.weights, flags: &self.flags, squashed, numbers, legal: form.legal };
            let found = rescore(
                index,
                form,
                query,
                Entries { all: &self.entries, bits: self.bits },
                &mut self.links,
                name,
                manner,
                threshold,
            );
            if let Some(found) = found {
                each(found);
            }
        }
        self.find_whole(index, form, squashed, numbers, threshold, &mut each);
    }

    /// Looks the words up and weighs them.
    fn prepare(&mut self, index: &Index<'_>, form: &Form) {
        self.entries.clear();
        self.weights.clear();
        self.flags.clear();
        self.ids.clear();
        for (at, token) in form.tokens.iter().enumerate() {
            let word = form.word(at);
            let id = index.words.find(word.as_bytes());
            let place = u8::try_from(at).unwrap_or(u8::MAX);
            let among = id.map_or(0.0, |id| index.words.weights[id as usize]);
            self.weights.push(rarity::settle(rarity::of_token(token), among));
            self.flags.push(token.flags.0);
            self.ids.push(id);
            if let Some(id) = id {
                self.entries.push(Entry { id, query: place, words: 1, like: 1.0 });
            }
            if !token.flags.has(Flags::NUMBER | Flags::SCRIPT) {
                self.add_alike(index, word, id.filter(|_| among > 0.0), token.flags, place);
            }
            if let Some(id) = pair::join(form, at).and_then(|whole| index.words.find(whole.as_bytes())) {
                self.entries.push(Entry { id, query: place, words: 2, like: JOINED });
            }
        }
        self.entries.sort_unstable_by_key(|entry| (entry.id, entry.query, entry.words));
        self.bits = [0; 4];
        for entry in &self.entries {
            let (word, bit) = bit(entry.id);
            self.bits[word] |= bit;
        }
    }

    fn add_alike(&mut self, index: &Index<'_>, word: &str, id: Option<u32>, flags: Flags, place: u8) {
        match id {
            Some(id) => {
                self.entries.extend(index.words.near(id).map(|(id, like)| Entry { id, query: place, words: 1, like }))
            }
            None => {
                super::super::similar::fold(word, &mut self.fold);
                index.words.like(word.as_bytes(), &self.fold, flags.has(Flags::KNOWN), &mut self.like);
                self.entries.extend(self.like.iter().map(|(id, like)| Entry {
                    id: *id,
                    query: place,
                    words: 1,
                    like: *like,
                }));
            }
        }
    }

    /// Names that have enough of the rarest words, in the order of the index.
    fn collect(&mut self, index: &Index<'_>, form: &Form, manner: Option<Manner>, threshold: f32, squashed: u64) {
        self.candidates.clear();
        // never shorter: one memory serves several indices in turn
        if self.seen.len() < index.names() {
            self.seen.resize(index.names(), 0);
        }
        self.query = self.query.wrapping_add(1);
        if self.query == 0 {
            self.seen.fill(0);
            self.query = 1;
        }
        let counts = |at: &usize| !form.tokens[*at].flags.has(Flags::NUMBER);
        self.order.clear();
        self.order.extend((0..form.tokens.len()).filter(counts));
        if self.order.is_empty() {
            self.order.extend(0..form.tokens.len());
        }
        let weights = &self.weights;
        let names = |at: usize| self.ids[at].map_or(0, |id| index.posting(id).len());
        self.order.sort_unstable_by(|a, b| weights[*b].total_cmp(&weights[*a]).then_with(|| names(*a).cmp(&names(*b))));
        let whole: f32 = self.order.iter().map(|at| weights[*at]).sum();
        let least = manner.unwrap_or(Manner::Person).least_cover(threshold) * whole;
        let mut rest = whole;
        let mut wanted = 0_u64;
        for at in &self.order {
            // what is not looked for could still be there as an initial
            let initials =
                if manner == Some(Manner::Organisation) { 0.0 } else { wanted.count_ones() as f32 * rarity::INITIAL };
            if wanted != 0 && rest + initials < least {
                break;
            }
            rest -= weights[*at];
            wanted |= 1 << at;
        }
        for entry in &self.entries {
            let words = ((1_u64 << entry.words) - 1) << entry.query;
            if words & wanted != 0 {
                for name in index.posting(entry.id) {
                    if self.seen[*name as usize] != self.query {
                        self.seen[*name as usize] = self.query;
                        self.candidates.push(*name);
                    }
                }
            }
        }
        if squashed != 0 {
            for name in index.squashed.get(squashed).filter(|name| (*name as usize) < index.names()) {
                if self.seen[name as usize] != self.query && index.name_squashed[name as usize] == squashed {
                    self.seen[name as usize] = self.query;
                    self.candidates.push(name);
                }
            }
        }
    }

    /// Names that are parted differently and have one letter more, less or other.
    fn find_whole(
        &mut self,
        index: &Index<'_>,
        form: &Form,
        squashed: u64,
        numbers: u64,
        threshold: f32,
        each: &mut impl FnMut(Found),
    ) {
        self.candidates.clear();
        let told_by_query = pair::told(form, &self.weights);
        if told_by_query < pair::WHOLE_FROM {
            return;
        }
        let candidates = &mut self.candidates;
        pair::each_whole(&self.letters, |variant| candidates.extend(index.whole.get(variant)));
        candidates.sort_unstable();
        candidates.dedup();
        let mut letters = Vec::new();
        for name in candidates.iter().copied().filter(|name| (*name as usize) < index.names()) {
            let range = index.range(name);
            if index.name_squashed[name as usize] == squashed {
                continue;
            }
            let theirs = range.clone().map(|at| (index.words.word(index.name_words[at]), index.name_flags[at]));
            let ours = (0..form.tokens.len()).map(|at| (form.word(at).as_bytes(), self.flags[at]));
            let parted = pair::parted(ours, theirs);
            letters.clear();
            let mut told = 0;
            for at in range.filter(|at| !Flags(index.name_flags[*at]).has(Flags::NUMBER)) {
                let word = index.words.word(index.name_words[at]);
                letters.extend_from_slice(word);
                told += if index.name_weights[at] >= pair::TELLING { word.len() } else { 0 };
            }
            let numbers = index.compare_numbers(form, numbers, name);
            let ours = pair::Whole { letters: &self.letters, told: told_by_query };
            let theirs = pair::Whole { letters: &letters, told };
            let Some(parts) = pair::whole_parts(ours, theirs, parted, numbers) else { continue };
            if parts.score >= threshold {
                each(Found { name, parts, numbers });
            }
        }
    }
}

impl Index<'_> {
    /// How the numbers of a query stand to those of a name.
    fn compare_numbers(&self, form: &Form, numbers: u64, name: u32) -> Numbers {
        if self.name_numbers[name as usize] == numbers {
            return Numbers::Same;
        }
        let of_query = (0..form.tokens.len()).filter(|at| form.tokens[*at].flags.has(Flags::NUMBER));
        let mut ours: Vec<String> = of_query.map(|at| form.word(at).to_owned()).collect();
        let of_name = self.range(name).filter(|at| Flags(self.name_flags[*at]).has(Flags::NUMBER));
        let word = |at: usize| String::from_utf8_lossy(self.words.word(self.name_words[at])).into_owned();
        let mut theirs: Vec<String> = of_name.map(word).collect();
        ours.sort();
        theirs.sort();
        pair::compare_sorted(&ours, &theirs)
    }

    /// A name made ready as its words are weighed here, for naive comparison and for telling a score.
    #[must_use]
    pub fn ready(&self, form: Form) -> Ready {
        Ready::new(form, |form, at| {
            let id = self.words.find(form.word(at).as_bytes());
            let among = id.map_or(0.0, |id| self.words.weights[id as usize]);
            rarity::settle(rarity::of_token(&form.tokens[at]), among)
        })
    }

    /// How a name is compared with a query of a kind.
    #[must_use]
    pub fn manner(&self, name: u32, query: Option<Manner>) -> Manner {
        let person = self.name_about[name as usize] & about::PERSON != 0;
        match query {
            Some(manner) => manner,
            None if person => Manner::Person,
            None => Manner::Organisation,
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "the hot step, without a structure to fill for it")]
fn rescore(
    index: &Index<'_>,
    form: &Form,
    query: Side<'_>,
    entries: Entries<'_>,
    links: &mut Vec<Link>,
    name: u32,
    manner: Option<Manner>,
    threshold: f32,
) -> Option<Found> {
    let manner = index.manner(name, manner);
    let range = index.range(name);
    links.clear();
    // words of the query and of the name that find each other
    let (mut reached, mut taken) = (0_u64, 0_u64);
    for (place, at) in range.clone().enumerate() {
        for entry in entries.of(index.name_words[at]) {
            reached |= ((1 << entry.words) - 1) << entry.query;
            taken |= 1 << place;
            links.push(Link::of(usize::from(entry.query), entry.words, place, 1, entry.like));
        }
        let joined = index.name_joined[at];
        if joined != NONE {
            for entry in entries.of(joined).iter().filter(|entry| entry.words == 1 && entry.like >= 1.0) {
                reached |= 1 << entry.query;
                taken |= 3 << place;
                links.push(Link::of(usize::from(entry.query), 1, place, 2, JOINED));
            }
        }
    }
    if index.name_squashed[name as usize] != query.squashed
        && most(index, query, range.clone(), reached, taken, manner) < threshold * 0.999
    {
        return None;
    }
    let listed = index.side(name);
    if manner == Manner::Person {
        add_initials(index, form, range, links);
    }
    let kept = choose(links, query, listed);
    // numbers only lower a score: they are read when the words are enough
    let parts = score(&links[..kept], query, listed, Numbers::Same, manner);
    if parts.score < threshold {
        return None;
    }
    let numbers = index.compare_numbers(form, query.numbers, name);
    let parts = score(&links[..kept], query, listed, numbers, manner);
    (parts.score >= threshold).then_some(Found { name, parts, numbers })
}

/// The most that a name can score: what finds no counterpart at all is left over. No bound where first letters may stand
/// for names.
fn most(
    index: &Index<'_>,
    query: Side<'_>,
    range: std::ops::Range<usize>,
    reached: u64,
    taken: u64,
    manner: Manner,
) -> f32 {
    let sums = |weights: &[f32], flags: &[u8], used: u64| {
        let (mut matched, mut left, mut initial) = (0.0, 0.0, false);
        for (at, (weight, flags)) in weights.iter().zip(flags).enumerate() {
            let flags = Flags(*flags);
            initial |= flags.has(Flags::INITIAL);
            if used >> at & 1 == 1 {
                matched += weight;
            } else if !flags.has(Flags::NUMBER) {
                left += weight;
            }
        }
        (matched, left, initial)
    };
    let (ours, query_left, initial) = sums(query.weights, query.flags, reached);
    let (theirs, listed_left, other) = sums(&index.name_weights[range.clone()], &index.name_flags[range], taken);
    if query_left + listed_left <= 0.0 || manner == Manner::Person && (initial || other) {
        return 1.0;
    }
    manner.coverage(ours.min(theirs), query_left, listed_left).0
}

/// The entries of a query.
#[derive(Clone, Copy)]
struct Entries<'e> {
    all: &'e [Entry],
    bits: [u64; 4],
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

fn bit(id: u32) -> (usize, u64) {
    ((id >> 6 & 3) as usize, 1 << (id & 63))
}

/// First letters for names.
fn add_initials(index: &Index<'_>, form: &Form, range: std::ops::Range<usize>, links: &mut Vec<Link>) {
    let words = links.len();
    for (place, at) in range.enumerate() {
        let listed = Flags(index.name_flags[at]);
        let letters = index.words.word(index.name_words[at]);
        for (query, token) in form.tokens.iter().enumerate() {
            let either = token.flags.has(Flags::INITIAL) || listed.has(Flags::INITIAL);
            let fits =
                either && !token.flags.has(Flags::NUMBER) && form.word(query).as_bytes().first() == letters.first();
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
