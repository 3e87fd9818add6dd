//! How sure it is that the subject is the listed party. A score alone says little: a perfect name is a coin toss.

use serde::Serialize;

use super::evidence::{Bearing, Piece, What};
use super::score::Numbers;
use crate::lists::PartyKind;

/// How sure a hit is, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// An identifier says so.
    Confirmed,
    /// Name, kind and country agree, or name and a strong identifier.
    Probable,
    /// Needs a person.
    Possible,
    /// Context only.
    Weak,
    /// Something speaks against it.
    Info,
}

impl Level {
    /// The word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Probable => "probable",
            Self::Possible => "possible",
            Self::Weak => "weak",
            Self::Info => "info",
        }
    }

    const fn lower(self) -> Self {
        match self {
            Self::Confirmed => Self::Probable,
            Self::Probable => Self::Possible,
            Self::Possible => Self::Weak,
            Self::Weak | Self::Info => Self::Info,
        }
    }
}

/// What the level is decided by, besides the evidence.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Score of the name before weak and former names are marked down; none when only an identifier was found.
    pub name: Option<f32>,
    /// Words of the core, on the side that has fewer.
    pub words: usize,
    /// Letters of the core.
    pub letters: usize,
    /// The name that matched is of low quality.
    pub weak: bool,
    /// How the numbers stand.
    pub numbers: Numbers,
    /// The words are spelt the same, but for how their sounds are written.
    pub spelt: bool,
    /// One side has a telling word that the other has not: perhaps a daughter or a sister.
    pub relative: bool,
    /// The names are the same, legal form and all, and long enough that two rarely bear them.
    pub identical: bool,
    /// No country of the entry is one of registration, nationality or flag: a party has branches abroad.
    pub addresses_only: bool,
    /// What is asked for.
    pub asked: PartyKind,
    /// What the entry is.
    pub listed: PartyKind,
}

/// From these scores on a name counts as the same, as nearly the same, as alike.
const SAME: f32 = 0.97;
const NEAR: f32 = 0.95;
const ALIKE: f32 = 0.85;
/// Letters that a single word must have to be more than an acronym.
pub(super) const LETTERS: usize = 5;

/// The level.
#[must_use]
pub fn decide(facts: &Facts, pieces: &[Piece]) -> Level {
    let has = |what: What, bearing: Bearing| pieces.iter().any(|piece| piece.what == what && piece.bearing == bearing);
    if pieces.iter().any(|piece| piece.bearing == Bearing::Decisive) {
        return Level::Confirmed;
    }
    if has(What::Kind, Bearing::Against) {
        return Level::Info;
    }
    let strong = pieces.iter().any(|piece| piece.bearing == Bearing::Strong);
    let Some(name) = facts.name else {
        return if strong { Level::Possible } else { Level::Info };
    };
    let country = has(What::Country, Bearing::For);
    let others = [What::Address, What::SecondName, What::Born].iter().filter(|what| has(**what, Bearing::For)).count();
    let person = facts.asked == PartyKind::Person || facts.listed == PartyKind::Person;
    // a query that does not say what it is may be an organisation, and is not thereby a ship or a person
    let kind = facts.asked == facts.listed
        || matches!(
            (facts.asked, facts.listed),
            (_, PartyKind::Unknown) | (PartyKind::Unknown, PartyKind::Organisation)
        );
    let single = facts.words <= 1;
    let acronym = single && facts.letters < LETTERS;
    let exact = matches!(facts.numbers, Numbers::Same);
    let whole = exact && !facts.relative && !facts.weak;
    let likely = strong && name >= ALIKE && !acronym
        || kind && country && facts.spelt && name >= NEAR && !single
        || kind && country && facts.spelt && name >= SAME && single && !acronym && others > 0;
    let thinkable = strong && name >= ALIKE
        || kind && country && name >= ALIKE && !facts.weak && !acronym
        || !has(What::Country, Bearing::Against) && name >= NEAR && !single && whole;
    let mut level = if likely && whole {
        Level::Probable
    } else if thinkable {
        Level::Possible
    } else if name >= NEAR || !single || facts.spelt && facts.letters >= LETTERS && !facts.weak {
        // a company that is called by its own word alone, without what any company may call itself
        Level::Weak
    } else {
        // one word that is only alike
        Level::Info
    };
    if !exact {
        // another number is another thing of the same name
        level = level.max(Level::Weak);
    }
    if has(What::Country, Bearing::Against) && others == 0 && !strong {
        // a bank whose entry only has its branches abroad is no other bank
        let is_same = facts.identical && facts.addresses_only && whole && kind && !person;
        level = if is_same { Level::Possible } else { level.lower().lower() };
    }
    if has(What::Born, Bearing::Against) {
        level = level.lower().lower();
    }
    if person && !has(What::Born, Bearing::For) {
        level = level.max(Level::Possible);
    }
    level
}

/// What would make the level higher or lower, in words.
#[must_use]
pub fn ways(facts: &Facts, pieces: &[Piece], level: Level) -> (Vec<&'static str>, Vec<&'static str>) {
    let has = |what: What| pieces.iter().any(|piece| piece.what == what && piece.bearing != Bearing::Unknown);
    let (mut up, mut down) = (Vec::new(), Vec::new());
    if level != Level::Confirmed {
        up.push("an identifier that stands in the entry (registration number, domain of its website)");
    }
    if !has(What::Country) {
        up.push("the same country");
        down.push("another country");
    }
    if facts.words <= 1 && !has(What::Address) {
        up.push("the same town or street: one word alone tells little");
    }
    if facts.asked == PartyKind::Unknown {
        up.push("--kind, when it is the entry's");
        down.push("--kind, when it is another");
    }
    if facts.asked == PartyKind::Person && facts.name.is_some() && !has(What::Born) {
        up.push("the year of birth (--born, or a column born)");
        down.push("another year of birth");
    }
    if level < Level::Info {
        down.push("an analyst's decision that it is another party");
    }
    (up, down)
}
