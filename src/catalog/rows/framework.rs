//! Sovereignty frameworks and real cases.

use serde::Deserialize;

use super::{Text, rows};
use crate::model::Verification;

rows! {
    /// An objective of a sovereignty framework.
    Objective {
        /// `SOV-1`, …
        id: Text,
        /// Name.
        name: Text,
        /// Weight of October 2025, percent.
        weight_2025: u8,
        /// Weight of June 2026, percent.
        weight_2026: u8,
        /// Number of criteria.
        criteria: u8,
    }
    /// A SEAL level.
    Level {
        /// `SEAL-0`, …
        id: Text,
        /// Name.
        name: Text,
        /// Meaning.
        meaning: Text,
    }
    /// A scored criterion.
    Criterion {
        /// `1.1`, …
        id: Text,
        /// Objective.
        objective: Text,
        /// Name.
        name: Text,
        /// Value per answer, worst first.
        values: Vec<Text>,
        /// SEAL level per answer.
        seal: Vec<u8>,
        /// What the answers mean.
        steps: Vec<Text>,
    }
    /// A real case.
    Case {
        /// Id.
        id: Text,
        /// Title.
        title: Text,
        /// Identity keys.
        #[serde(default)]
        keys: Vec<Text>,
        /// What it exercises.
        #[serde(default)]
        exercises: Option<Text>,
    }
}
