//! Organisations: who they are, where they sit, who owns them.

use serde::Deserialize;

use super::{Text, rows};
use crate::model::{CountryCode, Date, Verification};

/// An identity key of an organisation.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// `github`, `npm`, `pypi`, `golang`, `maven`, `registry`, `domain`, `huggingface`, …
    #[serde(rename = "type")]
    pub kind: Text,
    /// The account, scope, path or host.
    pub value: Text,
    /// True when names that begin so belong to it as a hint only.
    #[serde(default)]
    pub prefix: bool,
    /// True when the key was checked and may carry a gate decision.
    #[serde(default)]
    pub gate: bool,
    /// True when two sources name the key.
    #[serde(default)]
    pub two_source: bool,
}

rows! {
    /// A legal person, foundation, project body or team.
    Organisation {
        /// Kebab-case.
        id: Text,
        /// As people write it.
        name: Text,
        /// `company`, `foundation`, `project`, `parent`, `state`, …
        kind: Text,
        /// Seat.
        #[serde(default)]
        country: Option<CountryCode>,
        /// Lists it or its parent is on, in words; the listings table decides.
        #[serde(default)]
        list_status: Option<Text>,
        /// Last owner, in words.
        #[serde(default)]
        ultimate_parent: Option<Text>,
        /// Seat of the last owner.
        #[serde(default)]
        ultimate_parent_country: Option<CountryCode>,
        /// Identity keys.
        #[serde(default)]
        keys: Vec<Key>,
        /// Fields that were checked.
        #[serde(default)]
        verified_fields: Vec<Text>,
        /// Fields among them that two sources give.
        #[serde(default)]
        two_source_fields: Vec<Text>,
        /// What it controls.
        #[serde(default)]
        controls: Option<Text>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
    /// A seat checked in another table than the organisation's own row.
    Seat {
        /// Whose.
        organisation: Text,
        /// Where.
        country: CountryCode,
    }
    /// Who owns or controls whom.
    Ownership {
        /// The owned.
        of: Text,
        /// The owner.
        by: Text,
        /// Share of capital in percent, as written.
        #[serde(default)]
        share_percent: Option<Text>,
        /// Share of votes in percent, as written.
        #[serde(default)]
        votes_percent: Option<Text>,
        /// True when the owner decides.
        control: bool,
        /// First day.
        #[serde(default)]
        from: Option<Date>,
        /// Last day.
        #[serde(default)]
        to: Option<Date>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
}
