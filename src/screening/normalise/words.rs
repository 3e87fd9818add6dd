//! Words: where they begin and end, legal forms and words left out, numbers, what means the same.

use super::forms::{resembles_form, take_out_forms};
use super::lexicon::{Lexicon, Rank, WORD_FROM, Word};
use super::{Flags, Form, han, letters, script};
use crate::lists::PartyKind;
use crate::screening::similar::fold;

/// What is used again from name to name.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) form: Form,
    text: String,
    /// Words found: begin and end in `text`.
    pub(super) raw: Vec<(u32, u32)>,
    /// What parts each of them from the word before.
    gaps: Vec<Gap>,
    pub(super) kept: Vec<bool>,
    /// Places and trades were parted from a name in Chinese writing.
    pub(super) is_parted: bool,
    /// For words that are misspelt words of legal forms, these.
    slips: Vec<Option<Box<str>>>,
}

/// What stands between two words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Gap {
    /// Blanks.
    #[default]
    Blank,
    /// A full stop, with or without a blank, or a stroke.
    Dot,
    /// Anything else.
    Other,
}

impl Scratch {
    /// A word as it is looked for among legal forms.
    pub(super) fn meant(&self, at: usize) -> &str {
        self.slips[at].as_deref().unwrap_or_else(|| self.word(at))
    }

    fn word(&self, at: usize) -> &str {
        let (start, end) = self.raw[at];
        &self.text[start as usize..end as usize]
    }
}

/// Longest text that is looked at; names on lists have 350 characters at most.
const LONGEST: usize = 2_000;

/// Finds the words of a text.
pub(super) fn split(text: &str, kind: PartyKind, lexicon: &Lexicon, own: bool, scratch: &mut Scratch) {
    scratch.form.clear();
    scratch.text.clear();
    scratch.raw.clear();
    scratch.gaps.clear();
    let cut = text.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| at);
    let text = &text[..cut];
    let mut rest = std::borrow::Cow::Borrowed(text);
    if !text.is_ascii() {
        for (phrase, class) in &lexicon.script_forms {
            if rest.contains(&**phrase) && rest.chars().filter(|c| c.is_alphanumeric()).count() > phrase.chars().count()
            {
                scratch.form.legal.add(*class);
                rest = std::borrow::Cow::Owned(rest.replace(&**phrase, " "));
            }
        }
    }
    let is_parted = kind != PartyKind::Person && !text.is_ascii();
    let parted = if is_parted { han::part(&rest, lexicon) } else { None };
    scratch.is_parted = parted.is_some();
    if let Some(parted) = parted {
        rest = std::borrow::Cow::Owned(parted);
    }
    let mut open = Open { start: 0, capital: None, mixed: false, gap: Gap::Blank };
    let mut last = ' ';
    for c in rest.chars() {
        if c.is_ascii_alphanumeric() {
            if c.is_ascii_uppercase() && scratch.text.len() > open.start {
                // only after small letters: `SiemensAG`, not `SIEmENS`
                open.mixed |= last.is_ascii_uppercase() && open.capital.is_none();
                if last.is_ascii_lowercase() && open.capital.is_none() {
                    open.capital = Some(scratch.text.len());
                }
            }
            scratch.text.push(c.to_ascii_lowercase());
        } else if is_apostrophe(c) {
            // a mark within a word, or before and after it
        } else if c == '&' {
            open.close(scratch, lexicon);
            scratch.text.push_str("and");
            open.close(scratch, lexicon);
        } else if c.is_alphanumeric() || !c.is_ascii() && unicode_normalization::char::is_combining_mark(c) {
            // names of people in Han: every letter is a syllable and may be a word
            if kind == PartyKind::Person && !own && script::is_han(c) {
                open.close(scratch, lexicon);
            }
            script::letter(c, own, &mut scratch.text);
        } else {
            open.close(scratch, lexicon);
            open.gap = match c {
                ' ' | '\t' | '\u{a0}' => open.gap,
                '.' | '/' => Gap::Dot,
                _ => Gap::Other,
            };
        }
        last = c;
    }
    open.close(scratch, lexicon);
    if kind != PartyKind::Person {
        join_letters(scratch);
    }
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '`' | '´' | '’' | '‘' | 'ʼ' | 'ʻ' | 'ʹ' | 'ʿ' | 'ʾ' | '′' | '＇')
}

/// A word that is being read.
struct Open {
    start: usize,
    /// Where a capital stood after a small letter.
    capital: Option<usize>,
    /// Two capitals stood side by side before that.
    mixed: bool,
    gap: Gap,
}

impl Open {
    fn close(&mut self, scratch: &mut Scratch, lexicon: &Lexicon) {
        let end = scratch.text.len();
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        if end > self.start {
            // `SiemensAG`: a legal form that lost its blank
            let split = self.capital.filter(|_| !self.mixed).filter(|at| {
                let form = lexicon.words.get(&scratch.text[*at..end]);
                at - self.start >= 3 && form.is_some_and(|word| word.forms.iter().any(|form| form.rest.is_empty()))
            });
            let split = split.or_else(|| number_at_end(&scratch.text[self.start..end]).map(|at| self.start + at));
            if let Some(at) = split {
                scratch.raw.push((place(self.start), place(at)));
                scratch.raw.push((place(at), place(end)));
                scratch.gaps.push(Gap::Blank);
            } else {
                scratch.raw.push((place(self.start), place(end)));
            }
            scratch.gaps.push(self.gap);
            self.gap = Gap::Blank;
        }
        self.start = end;
        self.capital = None;
        self.mixed = false;
    }
}

/// Where the digits of `Xing610` begin: a name that lost the blank before its number.
fn number_at_end(word: &str) -> Option<usize> {
    let at = word.find(|c: char| c.is_ascii_digit())?;
    let (letters, digits) = word.split_at(at);
    let fits = letters.len() >= 3 && digits.len() >= 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(at)
}

/// `A B C` and `A.B.C.` are `abc`: letters that stand alone in a row are one word, when all are parted alike: the first
/// letter of `V L.P.` is a word of its own. Their bytes lie side by side.
fn join_letters(scratch: &mut Scratch) {
    let mut out = 0;
    let mut in_row = false;
    for at in 0..scratch.raw.len() {
        let (start, end) = scratch.raw[at];
        let is_letter = end - start == 1 && scratch.text.as_bytes()[start as usize].is_ascii_lowercase();
        let alike = |gap: Gap| {
            scratch
                .gaps
                .get(at + 1)
                .is_none_or(|next| at + 1 == scratch.raw.len() || *next == gap || !is_single(scratch, at + 1))
        };
        let joined = out > 0 && scratch.raw[out - 1].1 == start;
        let begins = out > 0 && scratch.raw[out - 1].1 - scratch.raw[out - 1].0 == 1;
        let gap = scratch.gaps[at];
        if is_letter && in_row && joined && gap != Gap::Other && (!begins || alike(gap)) {
            scratch.raw[out - 1].1 = end;
        } else {
            scratch.raw[out] = (start, end);
            out += 1;
        }
        in_row = is_letter;
    }
    scratch.raw.truncate(out);
}

fn is_single(scratch: &Scratch, at: usize) -> bool {
    scratch.raw.get(at).is_some_and(|(start, end)| end - start == 1)
}

/// Takes out what does not tell parties apart and gives every word its final form.
pub(super) fn settle(kind: PartyKind, lexicon: &Lexicon, scratch: &mut Scratch) {
    scratch.kept.clear();
    scratch.kept.resize(scratch.raw.len(), true);
    let person = kind == PartyKind::Person;
    scratch.slips.clear();
    for at in 0..scratch.raw.len() {
        let slip = if person { None } else { lexicon.slip(scratch.word(at)).map(Box::from) };
        scratch.slips.push(slip);
    }
    take_out_forms(lexicon, scratch, person);
    for at in 0..scratch.raw.len() {
        let known = lexicon.words.get(scratch.word(at));
        let ship = kind == PartyKind::Vessel && at == 0;
        if known.is_some_and(|word| if person { word.title } else { word.stop || ship && word.ship }) {
            scratch.kept[at] = false;
        }
    }
    if !scratch.kept.contains(&true) {
        // "The Company": what is left is all there is
        scratch.kept.fill(true);
    }
    let Scratch { form, text, raw, kept, slips, .. } = scratch;
    let kept: Vec<usize> = (0..raw.len()).filter(|at| kept[*at]).collect();
    let word = |at: usize| &text[raw[at].0 as usize..raw[at].1 as usize];
    let mut next = 0;
    while next < kept.len() {
        let taken = number(form, &kept[next..], next, word, lexicon, person);
        if taken > 0 {
            next += taken;
            continue;
        }
        let text = meant(lexicon, word(kept[next]), slips[kept[next]].as_deref());
        let is_last = next + 1 == kept.len() && next > 0;
        push(form, text, lexicon, person, is_last);
        form.letters.push_str(word(kept[next]));
        let follower = kept.get(next + 1).map(|at| word(*at));
        pair(form, word(kept[next]), follower, lexicon, person);
        next += 1;
    }
}

/// A number in words, in Roman or in other digits: how many words it takes, none when there is no number here.
fn number<'w>(
    form: &mut Form,
    rest: &[usize],
    before: usize,
    word: impl Fn(usize) -> &'w str,
    lexicon: &Lexicon,
    person: bool,
) -> usize {
    let text = word(rest[0]);
    if text.bytes().any(|byte| byte.is_ascii_digit()) {
        let trimmed = text.trim_start_matches('0');
        form.push(if trimmed.is_empty() { "0" } else { trimmed }, Flags::NUMBER, Rank::Proper);
        return 1;
    }
    if person {
        return 0;
    }
    let value = |text: &str| lexicon.words.get(text).and_then(|known| known.number);
    if let Some(tens) = value(text) {
        let units = rest.get(1).and_then(|at| value(word(*at))).filter(|units| *units < 10 && *units > 0);
        match units.filter(|_| tens >= 20) {
            Some(units) => {
                form.push(&(tens + units).to_string(), Flags::NUMBER, Rank::Proper);
                return 2;
            }
            None if rest.len() == 1 && before > 0 => {
                form.push(&tens.to_string(), Flags::NUMBER, Rank::Proper);
                return 1;
            }
            None => {}
        }
    }
    let last = rest.len() == 1;
    match roman(text).filter(|_| before > 0 && (last || text.len() >= 2 && text.contains('i') && !is_word(text))) {
        Some(value) => {
            form.push(&value.to_string(), Flags::NUMBER, Rank::Proper);
            1
        }
        None => 0,
    }
}

/// Roman numerals that are also words or names, so that they are numbers only at the end.
fn is_word(text: &str) -> bool {
    matches!(text, "xi" | "vi" | "li" | "di" | "mi" | "ci" | "ix" | "mix" | "civil" | "vii")
}

/// Value of a Roman numeral up to 39.
fn roman(text: &str) -> Option<u8> {
    let (tens, units) = match text.find(|c| c != 'x') {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    // `ix`: the ten after the one belongs to it
    const UNITS: [&str; 10] = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"];
    let units = u8::try_from(UNITS.iter().position(|unit| *unit == units)?).ok()?;
    let tens = u8::try_from(tens.len()).ok().filter(|tens| *tens <= 3)?;
    Some(tens * 10 + units).filter(|value| *value > 0)
}

/// Notes what a word and its follower make together.
fn pair(form: &mut Form, word: &str, follower: Option<&str>, lexicon: &Lexicon, person: bool) {
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let start = form.pairs.len();
    let is_word = |text: &str| !text.bytes().any(|byte| byte.is_ascii_digit());
    if let Some(follower) = follower.filter(|other| is_word(other) && word.len() + other.len() >= 4) {
        form.pairs.push_str(word);
        form.pairs.push_str(follower);
        let known = lexicon.words.get(&form.pairs[start..]);
        let same = known.and_then(|known| if person { known.given.as_deref() } else { known.same.as_deref() });
        if let Some(same) = same {
            form.pairs.truncate(start);
            form.pairs.push_str(same);
        }
    }
    // numbers stand between
    form.paired.resize(form.tokens.len().saturating_sub(1), (0, 0));
    form.paired.push((place(start), place(form.pairs.len())));
}

/// A word, or the longer word of the dictionary that it misspells.
fn meant<'w>(lexicon: &Lexicon, word: &'w str, slip: Option<&'w str>) -> &'w str {
    match slip {
        Some(other) if word.len().min(other.len()) >= WORD_FROM - 1 && other.len() >= WORD_FROM => {
            let known = lexicon.words.get(other).is_some_and(|known| known.rank != Rank::Proper);
            if known { other } else { word }
        }
        _ => word,
    }
}

/// A word in its final form.
fn push<'l>(form: &mut Form, word: &'l str, lexicon: &'l Lexicon, person: bool, is_last: bool) {
    let known = lexicon.words.get(word);
    let same = |known: &'l Word| if person { known.given.as_deref() } else { known.same.as_deref() };
    let text = known.and_then(same).unwrap_or(word);
    let mut flags = 0;
    let mut rank = known.map_or(Rank::Proper, |known: &Word| known.rank);
    if !text.is_ascii() {
        flags |= Flags::SCRIPT;
    } else if text.len() == 1 {
        flags |= Flags::INITIAL;
    }
    if known.is_some_and(|known| known.particle) {
        flags |= Flags::PARTICLE;
    }
    if if std::ptr::eq(text, word) { rank != Rank::Proper } else { lexicon.is_known(text) } {
        flags |= Flags::KNOWN;
    }
    if person {
        // a family may be called Bank
        rank = Rank::Proper;
        if is_patronymic(text) {
            flags |= Flags::PATRONYMIC;
        }
    } else if rank == Rank::Place {
        flags |= Flags::PLACE;
    } else if is_last && known.is_none() && resembles_form(text) {
        rank = Rank::Generic;
    }
    form.push(text, flags, rank);
}

fn is_patronymic(word: &str) -> bool {
    const ENDS: [&str; 12] =
        ["ovich", "evich", "ovych", "evych", "ovna", "evna", "ivna", "ovitch", "evitch", "yevich", "ovic", "evic"];
    word.len() > 6 && ENDS.iter().any(|end| word.ends_with(end))
}

/// The consonants of a name of a person: what a script that does not write vowels and a romanisation have in common.
/// None of these words is like another: they are the same or not. Nothing when too few are left. `article`: the Arabic
/// article is no letter of names.
pub(super) fn consonants(form: &Form, article: bool) -> Option<Form> {
    let mut out = Form { legal: form.legal, romanised: true, ..Form::default() };
    let mut folded = Vec::new();
    for (at, token) in form.tokens.iter().enumerate() {
        if token.flags.has(Flags::NUMBER | Flags::PARTICLE | Flags::INITIAL) {
            continue;
        }
        let word = form.word(at);
        if word.is_ascii() {
            fold(letters::heard(word), &mut folded);
            folded.retain(|letter| !matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'v'));
            folded.dedup();
        } else {
            letters::consonants(word, article, &mut folded);
        }
        if !folded.is_empty() {
            let consonants = String::from_utf8_lossy(&folded);
            out.push(&format!("~{consonants}"), Flags::SCRIPT, Rank::Proper);
            out.letters.push_str(&consonants);
        }
    }
    let is_enough = out.tokens.len() >= 2 && out.letters.len() >= CONSONANTS;
    // no letters of a name that is written with them
    out.letters.insert(0, '~');
    is_enough.then_some(out)
}

/// Consonants by which a name can be told at all.
const CONSONANTS: usize = 4;
