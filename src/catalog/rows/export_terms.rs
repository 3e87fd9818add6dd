//! Words and conditions of the rows of export control.

use serde::Deserialize;

use super::Text;
use crate::model::{Date, Validity};

/// What must hold for a row to speak; every part that is given must.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// Classes; any when empty.
    #[serde(default)]
    pub classes: Vec<Text>,
    /// True for what is designed or marketed for data centres, false for what is not.
    #[serde(default)]
    pub data_centre: Option<bool>,
    /// TPP at least.
    #[serde(default)]
    pub min_tpp: Option<f64>,
    /// TPP below.
    #[serde(default)]
    pub below_tpp: Option<f64>,
    /// Memory bandwidth below, GB/s.
    #[serde(default)]
    pub below_bandwidth: Option<f64>,
    /// Bandwidth per area of memory below, GB/s per mm².
    #[serde(default)]
    pub below_memory_density: Option<f64>,
    /// Groups or countries of destination.
    #[serde(default)]
    pub to: Vec<Text>,
    /// Groups or countries that the destination is not in.
    #[serde(default)]
    pub not_to: Vec<Text>,
    /// Groups or countries where a party or its last owner is seated.
    #[serde(default)]
    pub headquarters: Vec<Text>,
    /// Groups or countries where no party or last owner of one is seated.
    #[serde(default)]
    pub not_headquarters: Vec<Text>,
    /// Groups or countries of destination, or where a party or its last owner is seated.
    #[serde(default)]
    pub reaches: Vec<Text>,
    /// Groups or countries that are neither.
    #[serde(default)]
    pub not_reaches: Vec<Text>,
    /// Groups or countries where the designer or its last owner is seated.
    #[serde(default)]
    pub designers: Vec<Text>,
    /// Groups or countries where neither is.
    #[serde(default)]
    pub not_designers: Vec<Text>,
    /// Products by id.
    #[serde(default)]
    pub products: Vec<Text>,
    /// Products by id that are not meant.
    #[serde(default)]
    pub not_products: Vec<Text>,
    /// Groups or countries where it is fabricated.
    #[serde(default)]
    pub fabricated_in: Vec<Text>,
}

/// What kind of item a criterion speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Item {
    /// Circuits that compute.
    #[default]
    Processor,
    /// Stacks of memory.
    Memory,
}

/// How sure it is that a row is law.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// It stands in a law, a rule or an official document.
    #[default]
    Legal,
    /// An authority announced it and no text is known.
    Announced,
    /// Politicians or the press speak of it.
    Political,
}

impl Certainty {
    /// The word used in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Legal => "legal",
            Self::Announced => "announced",
            Self::Political => "political",
        }
    }
}

/// Whether a text is enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Enforcement {
    /// It is.
    Enforced,
    /// The authority said that it does not enforce it.
    NotEnforced,
    /// Compliance is asked for from a later day on.
    NotYet,
    /// It is stayed.
    Stayed,
    /// Nobody has said.
    Unknown,
}

impl Enforcement {
    /// The words used in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enforced => "enforced",
            Self::NotEnforced => "codified, not enforced",
            Self::NotYet => "codified, compliance asked for later",
            Self::Stayed => "stayed",
            Self::Unknown => "enforcement not known",
        }
    }

    pub(super) fn on(day: Date, enforced: bool, periods: &[EnforcementPeriod]) -> Self {
        let period = periods.iter().find(|one| Validity { from: one.from, to: one.to }.holds_on(day));
        match period {
            Some(period) => period.state,
            None if enforced => Self::Enforced,
            None => Self::NotEnforced,
        }
    }
}

/// A time in which enforcement differs.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnforcementPeriod {
    /// What holds then.
    pub state: Enforcement,
    /// First day.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day.
    #[serde(default)]
    pub to: Option<Date>,
}

/// What guidance means where it fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GuidanceEffect {
    /// Dealing in the product is prohibited or presumed to be a violation.
    Prohibited,
    /// A licence is required.
    Licence,
    /// It may be required; the rows do not hold what decides.
    Open,
    /// It is only told.
    Note,
}

/// What an entry of a list means for an export to the party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PartyEffect {
    /// No dealing.
    Prohibited,
    /// A licence is required.
    Licence,
    /// A licence is required for some items.
    LicenceForSome,
    /// Exceptions fall away.
    NoExceptions,
    /// It says nothing of exports.
    Note,
}
