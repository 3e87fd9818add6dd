//! How much a word tells one party from another.

use super::normalise::{Flags, Rank, Token};

/// Weight of a small word, and of a patronymic.
const PARTICLE: f32 = 0.10;
const PATRONYMIC: f32 = 0.35;
pub(super) const INITIAL: f32 = 0.60;
/// Weight that a word keeps however many names have it.
const FLOOR: f32 = 0.40;

/// Weight of a word without knowledge of the names it is compared with.
#[must_use]
pub fn of_token(token: &Token) -> f32 {
    of(token.flags, token.rank)
}

/// Weight of a word by what it is.
#[must_use]
pub fn of(flags: Flags, rank: Rank) -> f32 {
    if flags.has(Flags::PARTICLE) {
        PARTICLE
    } else if flags.has(Flags::PATRONYMIC) {
        PATRONYMIC
    } else if flags.has(Flags::INITIAL) {
        INITIAL
    } else {
        rank.weight()
    }
}

/// Weight of a word that so many of all indexed names have: what is in one name in two thousand tells less than what is
/// in one.
#[must_use]
pub fn among(names: u32, all: u32) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a rounded share is enough")]
    let share = names as f32 / (all as f32).max(20_000.0) * 60_000.0;
    (1.30 - 0.11 * (1.0 + share).ln()).clamp(FLOOR, 1.0)
}

/// Weight of a word by what it is and by how many names have it. Words of the dictionary have their weight already.
#[must_use]
pub fn settle(base: f32, among: f32) -> f32 {
    if base < 1.0 || among <= 0.0 { base } else { among }
}
