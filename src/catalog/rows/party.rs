//! Organisations: who they are, where they sit, who owns them.

use serde::Deserialize;

use super::{Share, Text, rows};
use crate::model::{CountryCode, Date, Validity, Verification};

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
    /// Where the key is from, when not from where the organisation's row is.
    #[serde(skip)]
    pub source: Option<Text>,
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
    /// An identity key beside the organisation's own row.
    OrganisationKey {
        /// Whose.
        organisation: Text,
        /// As in the organisation's own keys.
        #[serde(rename = "type")]
        kind: Text,
        /// The account, scope, path or host.
        value: Text,
        /// True when names that begin so belong to it as a hint only.
        #[serde(default)]
        prefix: bool,
    }
    /// Another name of an organisation, as suppliers write it.
    OrganisationAlias {
        /// Whose.
        organisation: Text,
        /// The name; case, punctuation and legal form do not count.
        name: Text,
    }
    /// A seat checked in another table than the organisation's own row.
    Seat {
        /// Whose.
        organisation: Text,
        /// Where.
        country: CountryCode,
    }
    /// Who owns or controls whom, on which days. The same pair may stand several times, for different days.
    Ownership {
        /// The owned.
        of: Text,
        /// The owner; a state is an organisation of kind `state`.
        by: Text,
        /// Share of capital in percent: `59.45`, `">50"`, `">=50"`, `"<5"`, `"68-81"`. Absent when not known.
        #[serde(default)]
        share_percent: Option<Share>,
        /// Share of votes in percent, where it differs from the share of capital.
        #[serde(default)]
        votes_percent: Option<Share>,
        /// True when the owner decides, with or without a majority.
        control: bool,
        /// What control, or its absence, rests on when it is not the shares.
        #[serde(default)]
        basis: Option<Basis>,
        /// Owners of one organisation with the same word act together.
        #[serde(default)]
        joint: Option<Text>,
        /// Day on which the owner agreed to buy; without `from` the purchase is not known to be closed, and the stake
        /// counts for nothing yet.
        #[serde(default)]
        agreed: Option<Date>,
        /// First day.
        #[serde(default)]
        from: Option<Date>,
        /// Last day.
        #[serde(default)]
        to: Option<Date>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
        /// True when an imported list says it; it corroborates what the rules say of the same pair.
        #[serde(skip)]
        imported: bool,
    }
}

/// What control, or its absence, rests on when it is not the shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// A contract, or the articles of association.
    Contract,
    /// The right to name most members of the board.
    Board,
    /// A share with special rights, such as a state's golden share.
    SpecialShare,
    /// A body of the owner, without shares: a foundation's project, a university's institute.
    Body,
    /// A court, or somebody it appointed, holds the votes.
    CourtCustody,
    /// The owner includes it in its consolidated accounts, which takes control.
    Consolidation,
}

impl Basis {
    /// As reports write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contract => "by contract",
            Self::Board => "by naming the board",
            Self::SpecialShare => "by a special share",
            Self::Body => "as a body of the owner",
            Self::CourtCustody => "votes in court custody",
            Self::Consolidation => "by consolidated accounts",
        }
    }
}

impl Ownership {
    /// Agreed on and, as far as known, not closed.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.agreed.is_some() && self.from.is_none()
    }

    /// True when the table says of the day that the stake is held, or at least agreed on.
    #[must_use]
    pub fn is_known_on(&self, day: Date) -> bool {
        let starts = self.from.or(self.agreed);
        Validity { from: starts, to: self.to }.holds_on(day)
    }

    /// What the row stands in: the table of the rules, or an imported list.
    #[must_use]
    pub fn table(&self) -> &'static str {
        if self.imported { "imported" } else { "ownership" }
    }

    /// The days as people read them: `2024-07-15 until 2025-01-01`; nothing when none is known.
    #[must_use]
    pub fn dates(&self) -> String {
        let mut parts = Vec::new();
        if let Some(day) = self.agreed.filter(|_| self.is_pending()) {
            parts.push(format!("agreed {day}, not known to be closed"));
        }
        parts.extend(self.from.map(|day| format!("since {day}")));
        parts.extend(self.to.map(|day| format!("until {day}")));
        parts.join(", ")
    }
}
