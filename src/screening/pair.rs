//! Two names against each other, without an index.

use super::normalise::{Flags, Form, Lexicon, hash};
use super::rarity;
use super::score::{Link, Manner, Numbers, Parts, Side, choose, number_factor, score};
use super::similar::{fold, similarity};
use crate::lists::PartyKind;

/// A name made ready for comparison.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Its words.
    pub form: Form,
    folded: Vec<Vec<u8>>,
    weights: Vec<f32>,
    flags: Vec<u8>,
    squashed: u64,
    numbers: u64,
    /// The letters without blanks, folded.
    squash: Vec<u8>,
}

impl Ready {
    /// Makes a form ready, with the weight of its words.
    #[must_use]
    pub fn new(form: Form, weigh: impl Fn(&Form, usize) -> f32) -> Self {
        let mut folded = Vec::with_capacity(form.tokens.len());
        for word in form.words() {
            let mut out = Vec::new();
            fold(word, &mut out);
            folded.push(out);
        }
        let weights = (0..form.tokens.len()).map(|at| weigh(&form, at)).collect();
        let flags = form.tokens.iter().map(|token| token.flags.0).collect();
        let mut squash = Vec::new();
        let squashed = squash_form(&form, &mut squash);
        let numbers = numbers_of(&form);
        Self { form, folded, weights, flags, squashed, numbers, squash }
    }

    fn with_flags(&self) -> impl ExactSizeIterator<Item = (&[u8], u8)> {
        (0..self.flags.len()).map(|at| (self.form.word(at).as_bytes(), self.flags[at]))
    }

    /// As the score sees it.
    #[must_use]
    pub fn side(&self) -> Side<'_> {
        Side {
            weights: &self.weights,
            flags: &self.flags,
            squashed: self.squashed,
            numbers: self.numbers,
            legal: self.form.legal,
        }
    }
}

/// The letters of a form's words without blanks, numbers left out; gives the hash of the letters as they were written,
/// 0 when there are none.
pub(super) fn squash_form(form: &Form, out: &mut Vec<u8>) -> u64 {
    out.clear();
    for (at, token) in form.tokens.iter().enumerate() {
        if !token.flags.has(Flags::NUMBER) {
            out.extend_from_slice(form.word(at).as_bytes());
        }
    }
    if form.letters().is_empty() { 0 } else { hash(form.letters().as_bytes(), 1) }
}

/// Hash of the numbers of a form, in any order; 0 without any.
pub(super) fn numbers_of(form: &Form) -> u64 {
    let mut sum = 0_u64;
    for (at, token) in form.tokens.iter().enumerate() {
        if token.flags.has(Flags::NUMBER) {
            sum = sum.wrapping_add(hash(form.word(at).as_bytes(), 2) | 1);
        }
    }
    sum
}

/// How the numbers of two forms stand to each other.
pub(super) fn compare_numbers(a: &Form, b: &Form) -> Numbers {
    let of = |form: &Form| -> Vec<String> {
        let mut all: Vec<String> = form
            .tokens
            .iter()
            .enumerate()
            .filter(|(_, token)| token.flags.has(Flags::NUMBER))
            .map(|(at, _)| form.word(at).to_owned())
            .collect();
        all.sort();
        all
    };
    compare_sorted(&of(a), &of(b))
}

pub(super) fn compare_sorted(a: &[String], b: &[String]) -> Numbers {
    if a == b {
        return Numbers::Same;
    }
    let only = |a: &[String], b: &[String]| -> Vec<String> {
        let mut rest = b.to_vec();
        a.iter()
            .filter(|number| match rest.iter().position(|other| other == *number) {
                Some(at) => {
                    rest.remove(at);
                    false
                }
                None => true,
            })
            .cloned()
            .collect()
    };
    let (left, right) = (only(a, b), only(b, a));
    match (left.as_slice(), right.as_slice()) {
        ([one], []) | ([], [one]) if one == "1" => Numbers::FirstOfRow,
        ([], _) | (_, []) => Numbers::OneSide,
        ([x], [y]) => {
            let near = super::similar::distance(x.as_bytes(), y.as_bytes(), 1).is_some();
            let next = x.parse::<i64>().ok().zip(y.parse::<i64>().ok()).is_some_and(|(x, y)| (x - y).abs() == 1);
            if near || next { Numbers::Near } else { Numbers::Differ }
        }
        _ => Numbers::Differ,
    }
}

/// Every word, and every two words taken together, of one side against the other's.
pub fn links(a: &Ready, b: &Ready, manner: Manner) -> Vec<Link> {
    let mut links = Vec::new();
    let (n, m) = (a.form.tokens.len(), b.form.tokens.len());
    for i in 0..n {
        for j in 0..m {
            if let Some(similarity) = words(a, i, b, j) {
                links.push(Link::one(i, j, similarity));
            } else if manner == Manner::Person && initial(a, i, b, j) {
                links.push(Link { initial: true, ..Link::one(i, j, INITIAL) });
            }
            if i + 1 < n && joined(a, i, b, j) {
                links.push(Link::of(i, 2, j, 1, JOINED));
            }
            if j + 1 < m && joined(b, j, a, i) {
                links.push(Link::of(i, 1, j, 2, JOINED));
            }
        }
    }
    links
}

/// Likeness of a word to the same word in two parts.
pub(super) const JOINED: f32 = 0.99;
/// Likeness of an initial to a name.
pub(super) const INITIAL: f32 = 0.90;

fn initial(a: &Ready, i: usize, b: &Ready, j: usize) -> bool {
    let (x, y) = (a.form.word(i), b.form.word(j));
    (Flags(a.flags[i]).has(Flags::INITIAL) || Flags(b.flags[j]).has(Flags::INITIAL))
        && !Flags(a.flags[i]).has(Flags::NUMBER)
        && x.as_bytes().first() == y.as_bytes().first()
}

/// Likeness of two words.
fn words(a: &Ready, i: usize, b: &Ready, j: usize) -> Option<f32> {
    let (x, y) = (a.form.word(i), b.form.word(j));
    if x == y {
        return Some(1.0);
    }
    let (flags_a, flags_b) = (Flags(a.flags[i]), Flags(b.flags[j]));
    // two words of the dictionary are two words; numbers and foreign letters are the same or not
    let fixed = Flags::NUMBER | Flags::SCRIPT;
    if flags_a.has(fixed) || flags_b.has(fixed) || flags_a.has(Flags::KNOWN) && flags_b.has(Flags::KNOWN) {
        return None;
    }
    similarity(x.as_bytes(), y.as_bytes(), &a.folded[i], &b.folded[j])
}

/// True when two words of one side are one word of the other.
fn joined(a: &Ready, i: usize, b: &Ready, j: usize) -> bool {
    join(&a.form, i).is_some_and(|whole| whole == b.form.word(j))
}

/// What a word and its follower make together, where both are words of the name that are compared.
pub(super) fn join(form: &Form, at: usize) -> Option<&str> {
    let both = [form.tokens.get(at)?, form.tokens.get(at + 1)?];
    form.pair(at).filter(|_| both.iter().all(|token| !token.flags.has(Flags::NUMBER)))
}

/// Hashes by which whole names with one letter more, less or other find each other; none for short ones.
pub(super) fn each_whole(letters: &[u8], each: impl FnMut(u64)) {
    if (WHOLE_FROM..=WHOLE_TO).contains(&letters.len()) {
        super::deletion::deletions(letters, 1, each);
    }
}

/// Letters that a whole name must have.
pub(super) const WHOLE_FROM: usize = 8;

/// How two names of nearly the same letters are parted into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parted {
    /// Into other words.
    Differently,
    /// Into the same words but one, which is misspelt.
    Alike,
    /// Into the same words but one, and that is another word or letter.
    OtherWords,
}

/// How the words of two names are parted. Each is given with its flags, without numbers.
pub(super) fn parted<'w>(
    a: impl ExactSizeIterator<Item = (&'w [u8], u8)>,
    b: impl ExactSizeIterator<Item = (&'w [u8], u8)>,
) -> Parted {
    if a.len() != b.len() {
        return Parted::Differently;
    }
    let mut other = 0;
    let mut fixed = false;
    for ((x, flags_x), (y, flags_y)) in a.zip(b).filter(|(x, y)| x.0 != y.0) {
        other += 1;
        let (flags_x, flags_y) = (Flags(flags_x), Flags(flags_y));
        let bad = Flags::NUMBER | Flags::SCRIPT;
        fixed |= x.len().min(y.len()) < 2
            || flags_x.has(bad)
            || flags_y.has(bad)
            || flags_x.has(Flags::KNOWN) && flags_y.has(Flags::KNOWN);
    }
    match (other, fixed) {
        (1, false) => Parted::Alike,
        (1, true) => Parted::OtherWords,
        _ => Parted::Differently,
    }
}

/// The letters of a name, and how many of them are of telling words.
#[derive(Clone, Copy)]
pub(super) struct Whole<'a> {
    pub(super) letters: &'a [u8],
    pub(super) told: usize,
}

/// Weight from which a word is a telling one.
pub(super) const TELLING: f32 = 0.50;

/// Letters of telling words.
pub(super) fn told(form: &Form, weights: &[f32]) -> usize {
    let telling = |at: &usize| !form.tokens[*at].flags.has(Flags::NUMBER) && weights[*at] >= TELLING;
    (0..form.tokens.len()).filter(telling).map(|at| form.word(at).len()).sum()
}

/// The score of whole names that are parted differently and have a slip of the pen besides, by their letters alone.
pub(super) fn whole_parts(a: Whole<'_>, b: Whole<'_>, parted: Parted, numbers: Numbers) -> Option<Parts> {
    let told = a.told.min(b.told);
    let (a, b) = (a.letters, b.letters);
    let enough = match parted {
        Parted::Differently => WHOLE_FROM,
        Parted::Alike => ALIKE_FROM,
        Parted::OtherWords => return None,
    };
    if a == b || told < enough || a.len().max(b.len()) > WHOLE_TO {
        return None;
    }
    let edits = super::similar::distance(a, b, 1)?;
    #[expect(clippy::cast_precision_loss, reason = "a few letters")]
    let likeness = (1.0 - 0.6 * edits as f32 / told as f32) * WHOLE;
    let numbers = number_factor(numbers);
    Some(Parts { coverage: 1.0, likeness, numbers, legal: 1.0, short: 1.0, conflict: 0.0, score: likeness * numbers })
}

const WHOLE: f32 = 0.98;
/// Letters of telling words that names must have which are the same but for a letter of a short word.
const ALIKE_FROM: usize = 10;
/// Letters that a whole name may have.
const WHOLE_TO: usize = 24;

/// The score of two names made ready, with the links that stand.
#[must_use]
pub fn compare(a: &Ready, b: &Ready, manner: Manner) -> (Parts, Vec<Link>) {
    let mut all = links(a, b, manner);
    let kept = choose(&mut all, a.side(), b.side());
    all.truncate(kept);
    let numbers = compare_numbers(&a.form, &b.form);
    let mut parts = score(&all, a.side(), b.side(), numbers, manner);
    let parted = parted(a.with_flags(), b.with_flags());
    let letters = |side: &'_ Ready| told(&side.form, &side.weights);
    let (ours, theirs) =
        (Whole { letters: &a.squash, told: letters(a) }, Whole { letters: &b.squash, told: letters(b) });
    if let Some(other) = whole_parts(ours, theirs, parted, numbers).filter(|other| other.score > parts.score) {
        parts = other;
    }
    (parts, all)
}

/// The score of two names and what it is made of. The best of their forms counts.
#[must_use]
pub fn score_pair(
    query: &str,
    listed: &str,
    kind: PartyKind,
    lexicon: &Lexicon,
) -> Option<(Ready, Ready, Parts, Vec<Link>)> {
    let manner = if kind == PartyKind::Person { Manner::Person } else { Manner::Organisation };
    let ready = |text: &str| -> Vec<Ready> {
        let mut forms = Form::all(text, kind, lexicon);
        if kind == PartyKind::Person {
            let consonants: Vec<Form> = forms.iter().filter_map(Form::consonants).collect();
            // both sides in Latin letters are compared as they are
            forms.extend(consonants.into_iter().filter(|_| !query.is_ascii() || !listed.is_ascii()));
        }
        forms.into_iter().map(|form| Ready::new(form, |form, at| rarity::of_token(&form.tokens[at]))).collect()
    };
    let (ours, theirs) = (ready(query), ready(listed));
    let mut best: Option<(Ready, Ready, Parts, Vec<Link>)> = None;
    for a in &ours {
        for b in &theirs {
            let (parts, links) = compare(a, b, manner);
            if best.as_ref().is_none_or(|(_, _, old, _)| parts.score > old.score) {
                best = Some((a.clone(), b.clone(), parts, links));
            }
        }
    }
    best
}
