//! What is known of words: legal forms, words left out, words that mean the same, how much a word tells.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::screening::column::Buckets;
use crate::screening::deletion::deletions;
use crate::screening::similar::distance;

/// Class of a legal form: two different ones speak against the same party, `Company` against none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegalClass {
    /// Says nothing of the form: company, firm, corporation.
    Company,
    /// LLC, GmbH, SARL, OOO.
    Limited,
    /// Plc, AG, SA, joint stock company.
    Share,
    /// LP, KG, SNC.
    Partnership,
    /// A single trader.
    Sole,
    /// State enterprise.
    State,
    /// Foundation.
    Foundation,
    /// Association.
    Association,
    /// Cooperative.
    Cooperative,
    /// Branch.
    Branch,
}

/// A set of classes of legal forms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LegalSet(pub u16);

impl LegalSet {
    /// Adds a class.
    pub fn add(&mut self, class: LegalClass) {
        self.0 |= 1 << class as u16;
    }

    /// True when no legal form was seen.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// True when both say what they are and have no class in common; a bare "company" may be any of them.
    #[must_use]
    pub fn conflicts(self, other: Self) -> bool {
        let told = |set: Self| set.0 & !1;
        told(self) != 0 && told(other) != 0 && told(self) & told(other) == 0
    }
}

/// Where in a name a legal form may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Position {
    /// Anywhere.
    Any,
    /// First or last.
    Ends,
    /// Last.
    End,
    /// In a script that does not part words.
    Script,
}

/// How much a word tells one party from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Rank {
    /// Next to nothing: group, holding.
    Empty = 0,
    /// What any company may call itself: international, service.
    Generic = 1,
    /// A trade: bank, shipping.
    Sector = 2,
    /// A place or people: China, Swiss.
    Place = 3,
    /// An ordinary word: golden, horizon.
    Common = 4,
    /// Not known: a proper name, for all we know.
    Proper = 5,
}

impl Rank {
    /// Weight in a score, 0 to 1.
    #[must_use]
    pub const fn weight(self) -> f32 {
        match self {
            Self::Empty => 0.15,
            Self::Generic => 0.32,
            Self::Sector => 0.42,
            Self::Place => 0.55,
            Self::Common => 0.75,
            Self::Proper => 1.0,
        }
    }
}

/// A legal form that begins with a word.
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    pub(super) rest: Vec<Box<str>>,
    pub(super) class: LegalClass,
    pub(super) position: Position,
}

/// What is known of a word.
#[derive(Clone, Debug)]
pub(super) struct Word {
    /// What stands for it.
    pub(super) same: Option<Box<str>>,
    /// What stands for it in the names of people.
    pub(super) given: Option<Box<str>>,
    pub(super) rank: Rank,
    pub(super) stop: bool,
    pub(super) particle: bool,
    pub(super) title: bool,
    /// Before the name of a ship.
    pub(super) ship: bool,
    /// Legal forms that begin with it, the longest first.
    pub(super) forms: Vec<Phrase>,
    /// The number that it means.
    pub(super) number: Option<u8>,
}

impl Default for Word {
    fn default() -> Self {
        Self {
            same: None,
            given: None,
            rank: Rank::Proper,
            stop: false,
            particle: false,
            title: false,
            ship: false,
            forms: Vec::new(),
            number: None,
        }
    }
}

/// Letters of words of legal forms in which a slip of the pen is recognised.
const SLIP_FROM: usize = 6;
/// The same for other words of the dictionary, which may stand in a proper name with another letter.
pub(super) const WORD_FROM: usize = 8;

/// Words by their letters: some thousands, all from rules, looked up for every word of every name.
#[derive(Clone, Debug, Default)]
#[expect(clippy::disallowed_types, reason = "its order is never seen")]
pub(super) struct Words(std::collections::HashMap<Box<str>, Word, rustc_hash::FxBuildHasher>);

impl Words {
    #[inline]
    pub(super) fn get(&self, word: &str) -> Option<&Word> {
        self.0.get(word)
    }

    fn entry(&mut self, word: Box<str>) -> &mut Word {
        self.0.entry(word).or_default()
    }
}

/// A place or trade in Chinese writing.
#[derive(Clone, Debug)]
pub(super) struct HanWord {
    pub(super) written: Box<str>,
    /// In the words of English names.
    pub(super) latin: Box<str>,
    pub(super) place: bool,
}

/// All that is known of words.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    pub(super) words: Words,
    /// Legal forms in scripts that do not part words, the longest first.
    pub(super) script_forms: Vec<(Box<str>, LegalClass)>,
    /// Places and trades in a script that does not part words, the longest first.
    pub(super) han: Vec<HanWord>,
    /// Words in a legal form, at most.
    pub(super) longest: usize,
    /// Long words of legal forms and of the dictionary with a letter deleted.
    slips: Buckets<'static>,
    long: Vec<Box<str>>,
    dictionary: Vec<Box<str>>,
    digest: u64,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    form: Vec<FormRow>,
    #[serde(default)]
    stop: Vec<Box<str>>,
    #[serde(default)]
    particles: Vec<Box<str>>,
    #[serde(default)]
    titles: Vec<Box<str>>,
    #[serde(default)]
    ships: Vec<Box<str>>,
    #[serde(default)]
    same: BTreeMap<Box<str>, Vec<Box<str>>>,
    #[serde(default)]
    given: BTreeMap<Box<str>, Vec<Box<str>>>,
    #[serde(default)]
    han: BTreeMap<Box<str>, Vec<Box<str>>>,
    #[serde(default)]
    weight: Weights,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormRow {
    class: LegalClass,
    #[serde(rename = "language")]
    _language: Box<str>,
    position: Position,
    phrases: Vec<Box<str>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Weights {
    empty: Vec<Box<str>>,
    generic: Vec<Box<str>>,
    sector: Vec<Box<str>>,
    place: Vec<Box<str>>,
    common: Vec<Box<str>>,
}

impl Lexicon {
    /// The words that come with the program.
    ///
    /// # Panics
    /// Never for a released binary: a test reads them.
    #[must_use]
    pub fn embedded() -> Self {
        let layer = crate::catalog::Layer::embedded_in("screening");
        Self::read(layer.files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
            .expect("the embedded words are tested")
    }

    /// Reads files of `rules/screening`, each with its name; later ones add to earlier ones.
    ///
    /// # Errors
    /// The first file that is not of this form, with what is wrong.
    pub fn read<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Self, String> {
        let mut lexicon = Self::default();
        let mut han = Vec::new();
        for (name, text) in files {
            let mut file: File = toml::from_str(text).map_err(|error| format!("{name}: {error}"))?;
            han.extend(std::mem::take(&mut file.han));
            lexicon.add(file);
            lexicon.digest = super::hash(text.as_bytes(), lexicon.digest);
        }
        lexicon.add_han(han);
        lexicon.add_numbers();
        lexicon.script_forms.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
        lexicon.add_slips();
        Ok(lexicon)
    }

    /// Changes when any file does: an index made with other words is not the same index.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.digest
    }

    fn add(&mut self, file: File) {
        for row in file.form {
            for phrase in row.phrases {
                self.add_form(&phrase, row.class, row.position);
                // small words are left out of long forms: `S.A. C.V.`
                let small =
                    |word: &&str| !matches!(*word, "s" | "de" | "mit" | "of" | "a" | "y" | "und" | "ve" | "con");
                let short: Vec<&str> = phrase.split(' ').filter(small).collect();
                if short.len() >= 2 && short.len() < phrase.split(' ').count() {
                    self.add_form(&short.join(" "), row.class, row.position);
                }
            }
        }
        file.stop.into_iter().for_each(|word| self.words.entry(word).stop = true);
        file.particles.into_iter().for_each(|word| self.words.entry(word).particle = true);
        file.titles.into_iter().for_each(|word| self.words.entry(word).title = true);
        file.ships.into_iter().for_each(|word| self.words.entry(word).ship = true);
        self.add_given(file.given);
        let weight = file.weight;
        let ranks = [
            (weight.common, Rank::Common),
            (weight.place, Rank::Place),
            (weight.sector, Rank::Sector),
            (weight.generic, Rank::Generic),
            (weight.empty, Rank::Empty),
        ];
        // a word of several ranks tells as much as the least of them
        for (words, rank) in ranks {
            self.dictionary.extend(words.iter().cloned());
            words.into_iter().for_each(|word| self.words.entry(word).rank = rank);
        }
        for (word, variants) in file.same {
            let rank = self.words.get(&word).map_or(Rank::Proper, |known| known.rank);
            self.dictionary.extend(variants.iter().filter(|_| rank != Rank::Proper).cloned());
            for variant in variants {
                let known = self.words.entry(variant);
                known.same = Some(word.clone());
                known.rank = rank;
            }
        }
    }

    /// Which of them are places is known when all files are read.
    fn add_han(&mut self, rows: Vec<(Box<str>, Vec<Box<str>>)>) {
        for (latin, all) in rows {
            let place = latin.split(' ').all(|word| self.words.get(word).is_some_and(|word| word.rank == Rank::Place));
            self.han.extend(all.into_iter().map(|written| HanWord { written, latin: latin.clone(), place }));
        }
        self.han.sort_by(|a, b| b.written.len().cmp(&a.written.len()).then_with(|| a.written.cmp(&b.written)));
    }

    fn add_given(&mut self, given: BTreeMap<Box<str>, Vec<Box<str>>>) {
        for (name, variants) in given {
            for variant in variants {
                self.words.entry(variant).given = Some(name.clone());
            }
        }
    }

    fn add_form(&mut self, phrase: &str, class: LegalClass, position: Position) {
        if position == Position::Script {
            self.script_forms.push((phrase.into(), class));
            return;
        }
        self.long.extend(phrase.split(' ').filter(|word| word.len() >= SLIP_FROM && word.is_ascii()).map(Box::from));
        let mut words = phrase.split(' ').filter(|word| !word.is_empty()).map(Box::from);
        let Some(first) = words.next() else { return };
        let rest: Vec<Box<str>> = words.collect();
        self.longest = self.longest.max(rest.len() + 1);
        let forms = &mut self.words.entry(first).forms;
        forms.push(Phrase { rest, class, position });
        forms.sort_by_key(|form| std::cmp::Reverse(form.rest.len()));
    }

    fn add_slips(&mut self) {
        let dictionary = std::mem::take(&mut self.dictionary);
        self.long.extend(dictionary.into_iter().filter(|word| word.len() >= WORD_FROM && word.is_ascii()));
        self.long.sort_unstable();
        self.long.dedup();
        let mut all = Vec::new();
        for (at, word) in (0..).zip(&self.long) {
            deletions(word.as_bytes(), 1, |variant| all.push((variant, at)));
        }
        self.slips = Buckets::build(&all);
    }

    /// The word of the dictionary that a long word, known for nothing else, is with one slip of the pen.
    pub(super) fn slip(&self, word: &str) -> Option<&str> {
        if word.len() < SLIP_FROM || !word.is_ascii() || self.words.get(word).is_some() {
            return None;
        }
        let mut found = None;
        deletions(word.as_bytes(), 1, |variant| {
            if found.is_none() {
                let mut words = self.slips.get(variant).filter_map(|at| self.long.get(at as usize));
                found = words.find(|other| distance(word.as_bytes(), other.as_bytes(), 1).is_some());
            }
        });
        found.map(AsRef::as_ref)
    }

    fn add_numbers(&mut self) {
        const UNITS: [&str; 20] = [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ];
        const TENS: [(&str, u8); 9] = [
            ("twenty", 20),
            ("thirty", 30),
            ("forty", 40),
            ("fourty", 40),
            ("fifty", 50),
            ("sixty", 60),
            ("seventy", 70),
            ("eighty", 80),
            ("ninety", 90),
        ];
        for (word, value) in (0..).zip(UNITS).map(|(value, word)| (word, value)).chain(TENS) {
            self.words.entry(word.into()).number = Some(value);
        }
    }

    /// True for a word in the dictionary: another word is not a misspelling of it.
    #[must_use]
    pub fn is_known(&self, word: &str) -> bool {
        self.words.get(word).is_some_and(|known| known.rank != Rank::Proper)
    }
}
