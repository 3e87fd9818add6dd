//! Names and identifiers against listed parties: normalisation, candidates, score, level, and the reason for each.

pub mod evidence;
pub mod index;
pub mod normalise;
pub mod pair;
pub mod rarity;
pub mod score;
pub mod similar;
