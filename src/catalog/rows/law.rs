//! Laws, country groups and export control.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Percent, Text, rows};
use crate::model::{CountryCode, Date, Validity, Verification};

/// A country, ISO 3166-1.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Country {
    /// Code.
    pub code: CountryCode,
    /// English short name.
    pub name: Text,
    /// Other names.
    #[serde(default)]
    pub aliases: Vec<Text>,
}

rows! {
    /// A law that reaches across borders.
    Law {
        /// Id.
        id: Text,
        /// Whose law.
        jurisdiction: Text,
        /// Name.
        name: Text,
        /// Statute.
        #[serde(default)]
        reference: Option<Text>,
        /// Reach tests `T1` … `T7`.
        #[serde(default)]
        tests: Vec<Text>,
        /// Whom it reaches.
        #[serde(default)]
        reaches: Option<Text>,
        /// What it orders.
        #[serde(default)]
        content: Option<Text>,
        /// Standing.
        #[serde(default)]
        status: Option<Text>,
        /// Kinds of components that it reaches; all when empty.
        #[serde(default)]
        applies_to: Vec<Text>,
        /// True when somebody can be ordered under it to give access to data.
        #[serde(default)]
        access: bool,
        /// Lists of parties that it works through.
        #[serde(default)]
        lists: Vec<Text>,
        /// Times in which its standing is known to differ.
        #[serde(default)]
        periods: Vec<Period>,
        /// EU transfer standing.
        #[serde(default)]
        eu_transfer: Option<Text>,
        /// First day.
        #[serde(default)]
        from: Option<Date>,
        /// Last day.
        #[serde(default)]
        to: Option<Date>,
        /// Look again by.
        review_by: Date,
    }
    /// What makes a law's reach weaker, and what in a scanned system is evidence of it: an attribute of the component,
    /// a resource that it is built on, or its operator. Any of them is enough.
    Mitigation {
        /// Id.
        id: Text,
        /// A few words.
        name: Text,
        /// Reach tests that it speaks to, `T1` … `T7`.
        tests: Vec<Text>,
        /// Whose laws it speaks to; all when empty.
        #[serde(default)]
        jurisdictions: Vec<Text>,
        /// True when it speaks to laws that order access to data only.
        #[serde(default)]
        access: bool,
        /// Attribute of the component and globs over its values.
        #[serde(default)]
        attribute: BTreeMap<Text, Vec<Text>>,
        /// Resource types, of the component or of what it is built on.
        #[serde(default)]
        resource_types: Vec<Text>,
        /// Attribute that such a resource must have, with its values.
        #[serde(default)]
        where_resource: BTreeMap<Text, Vec<Text>>,
        /// Organisations that operate the component.
        #[serde(default)]
        operators: Vec<Text>,
        /// How far it goes.
        effect: Effect,
        /// What it changes and what it leaves.
        text: Text,
        /// Look again by.
        review_by: Date,
    }
    /// An ownership threshold seen in law.
    Threshold {
        /// Figure.
        threshold: Text,
        /// Which rule.
        rule: Text,
    }
    /// When the law counts an organisation as owned by those it is about, in terms that can be computed.
    OwnershipRule {
        /// Id.
        id: Text,
        /// Name that reports use.
        name: Text,
        /// The law it belongs to, by id.
        #[serde(default)]
        law: Option<Text>,
        /// Lists whose parties count as owners.
        #[serde(default)]
        lists: Vec<Text>,
        /// Instead of lists: everybody who is seated outside of this country group counts.
        #[serde(default)]
        outside: Option<Text>,
        /// The figure; absent when only control counts.
        #[serde(default)]
        percent: Option<Percent>,
        /// True when the share must be more than the figure, false when the figure itself is enough.
        #[serde(default)]
        exceed: bool,
        /// Which shares count.
        measure: Measure,
        /// Which owners' shares add up.
        add: Add,
        /// How shares held through others count.
        indirect: Indirect,
        /// True when control without the share is enough.
        #[serde(default)]
        control: bool,
        /// First day.
        #[serde(default)]
        from: Option<Date>,
        /// Last day.
        #[serde(default)]
        to: Option<Date>,
        /// Where the law says so.
        citation: Text,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
        /// Look again by.
        review_by: Date,
    }
    /// A country group or destination set, as of some days.
    CountryGroup {
        /// Id.
        id: Text,
        /// `ear-group` or `set`.
        kind: Text,
        /// Code in the law.
        #[serde(default)]
        code: Option<Text>,
        /// Meaning.
        #[serde(default)]
        label: Option<Text>,
        /// Members; `*` for all.
        countries: Vec<Text>,
        /// Sub-national areas.
        #[serde(default)]
        regions: Vec<Text>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
        /// First day.
        #[serde(default)]
        from: Option<Date>,
        /// Last day.
        #[serde(default)]
        to: Option<Date>,
    }
}

/// How far a mitigation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Who is ordered to hand over has nothing to hand over.
    Strong,
    /// It makes reach harder or smaller.
    Partial,
    /// It is often named and changes nothing for this question.
    None,
}

impl Effect {
    /// The word used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strong => "strong",
            Self::Partial => "partial",
            Self::None => "none",
        }
    }
}

/// A time in which a law's standing is known.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// Its standing.
    pub state: LawState,
    /// First day.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day.
    #[serde(default)]
    pub to: Option<Date>,
}

/// What a law is on a day, as far as the tables know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LawState {
    /// It holds.
    InForce,
    /// It will hold from a later day on.
    NotYet,
    /// It does not hold for a time.
    Suspended,
    /// Its time is over.
    Lapsed,
    /// The tables do not say.
    NotVerified,
}

impl LawState {
    /// The words used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in force",
            Self::NotYet => "not yet in force",
            Self::Suspended => "suspended",
            Self::Lapsed => "lapsed",
            Self::NotVerified => "standing not verified",
        }
    }
}

impl Law {
    /// Its standing on a day.
    #[must_use]
    pub fn state_on(&self, day: Date) -> LawState {
        let holds = |from, to| Validity { from, to }.holds_on(day);
        if let Some(period) = self.periods.iter().find(|period| holds(period.from, period.to)) {
            return period.state;
        }
        if self.from.is_some_and(|from| day < from)
            || self.periods.iter().any(|one| one.from.is_some_and(|from| day < from))
        {
            return LawState::NotYet;
        }
        if self.to.is_some_and(|to| to < day) {
            return LawState::Lapsed;
        }
        let says =
            |words: &[&str]| self.status.as_deref().is_some_and(|text| words.iter().any(|word| text.starts_with(word)));
        if self.from.is_some() || says(&["in force", "active", "valid"]) {
            LawState::InForce
        } else {
            LawState::NotVerified
        }
    }
}

/// Which shares an ownership rule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Of capital.
    Capital,
    /// Of votes.
    Votes,
    /// Whichever is more.
    CapitalOrVotes,
}

/// Which owners' shares add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Add {
    /// Those of all owners that count.
    All,
    /// Those of owners that act together.
    Joint,
    /// None: each owner by itself.
    None,
}

/// How shares held through others count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Indirect {
    /// Who meets the test counts as an owner itself, with its whole stake: level by level.
    Whole,
    /// Shares along a chain are multiplied.
    Multiplied,
}
