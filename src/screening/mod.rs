//! Names and identifiers against listed parties: normalisation, candidates, score, level, and the reason for each.
//!
//! ```text
//! Query ──► normalise ──► index ──► score ──► evidence ──► level ──► Hit ──► gate
//!           words         names     of the    country,     how sure
//!                         that may  name      keys, kind
//! ```
//! [`Engine::screen`] is the whole way; [`pair::score_pair`] the score of two names alone.

mod column;
pub mod decision;
mod deletion;
pub mod engine;
pub mod evidence;
pub mod gate;
pub mod index;
pub mod level;
pub mod listed;
pub mod normalise;
pub mod pair;
pub mod query;
pub mod rarity;
pub mod score;
pub mod screener;
pub mod similar;
pub mod stored;
mod twins;

/// Score from which a name is a hit, where nothing else is asked for.
pub const THRESHOLD: f32 = 0.80;

pub use engine::{Engine, Flag, Hit, Memory, Parties};
pub use level::Level;
pub use query::{Query, QueryKey};
pub use screener::{Candidate, Scope, Screener};
pub use stored::{Imported, StoreIndex};
