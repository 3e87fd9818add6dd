//! Names and identifiers against listed parties: normalisation, candidates, score, level, and the reason for each.

pub mod decision;
