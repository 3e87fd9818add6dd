//! Export control of accelerators: criteria of control lists, destinations, review, exceptions, guidance.

use serde::Deserialize;

use super::{Text, rows};
use crate::model::{CountryCode, Date, Validity, Verification};

rows! {
    /// A criterion of a control list.
    Classification {
        /// Paragraph.
        id: Text,
        /// Class it leads to.
        class: Text,
        /// What kind of item it speaks of.
        #[serde(default)]
        item: Item,
        /// TPP at least.
        #[serde(default)]
        min_tpp: Option<f64>,
        /// TPP below.
        #[serde(default)]
        below_tpp: Option<f64>,
        /// PD at least.
        #[serde(default)]
        min_density: Option<f64>,
        /// PD below.
        #[serde(default)]
        below_density: Option<f64>,
        /// Rate of all links to other circuits at least, GB/s.
        #[serde(default)]
        min_interconnect: Option<f64>,
        /// Bandwidth per area of memory above, GB/s per mm².
        #[serde(default)]
        above_memory_density: Option<f64>,
        /// Only what is designed or marketed for data centres.
        #[serde(default)]
        data_centre_only: bool,
        /// True where the class is told apart by whether it is designed or marketed for data centres.
        #[serde(default)]
        by_market: bool,
        /// Entries under which boards, servers and other goods that hold the circuit fall.
        #[serde(default)]
        inherits: Vec<Text>,
        /// First day.
        #[serde(default)]
        from: Option<Date>,
        /// Last day.
        #[serde(default)]
        to: Option<Date>,
        /// Legal citation.
        citation: Text,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
        /// Look again by.
        review_by: Date,
    }
    /// Where a class needs a licence.
    Destination {
        /// Id.
        id: Text,
        /// Class; `*` for every product that is subject to the law.
        class: Text,
        /// Country group.
        set: Text,
        /// `codified`, `announced`, or `letter` for what companies were told by letter: then only products whose row
        /// names a letter are meant.
        standing: Text,
        /// Whether it is enforced, outside of the times that `enforcement` names.
        enforced: bool,
        /// Times in which that differs.
        #[serde(default)]
        enforcement: Vec<EnforcementPeriod>,
        /// How sure it is that it is law.
        #[serde(default)]
        certainty: Certainty,
        /// True when the seat of a party's last owner counts, not the place.
        #[serde(default)]
        headquarters: bool,
        /// Review policy, where no policy row says more.
        #[serde(default)]
        policy: Option<Text>,
        /// First day.
        #[serde(default)]
        from: Option<Date>,
        /// Last day.
        #[serde(default)]
        to: Option<Date>,
        /// Legal citation.
        citation: Text,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
        /// Look again by.
        review_by: Date,
    }
    /// How applications for a licence are reviewed. Of those that fit, the one with the lowest rank speaks.
    LicencePolicy {
        /// Id.
        id: Text,
        /// Lower goes first.
        rank: u32,
        /// Of what it speaks.
        when: When,
        /// `case by case`, `presumption of denial`, `presumption of approval`, `denial`.
        policy: Text,
        /// What must be shown for it.
        #[serde(default)]
        conditions: Vec<Text>,
        /// First day.
        #[serde(default)]
        from: Option<Date>,
        /// Last day.
        #[serde(default)]
        to: Option<Date>,
        /// Legal citation.
        citation: Text,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
        /// Look again by.
        review_by: Date,
    }
    /// A licence exception or a carve-out, with what it asks for.
    LicenceException {
        /// Id.
        id: Text,
        /// Its name in the law.
        name: Text,
        /// Of what it speaks.
        when: When,
        /// Organisations, by id, for which it surely holds; their subsidiaries too.
        #[serde(default)]
        parties: Vec<Text>,
        /// Whether it can be used.
        #[serde(default = "yes")]
        enforced: bool,
        /// TPP that one consignee may get in a year.
        #[serde(default)]
        tpp_a_year: Option<f64>,
        /// What it asks for.
        #[serde(default)]
        conditions: Vec<Text>,
        /// First day.
        #[serde(default)]
        from: Option<Date>,
        /// Last day.
        #[serde(default)]
        to: Option<Date>,
        /// Legal citation.
        citation: Text,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
        /// Look again by.
        review_by: Date,
    }
    /// Guidance, presumptions and control lists of others: what is said of a product besides class and destination.
    Guidance {
        /// Id.
        id: Text,
        /// Whose law: `US`, `EU`, an ISO code.
        regime: Text,
        /// A few words.
        title: Text,
        /// Of what it speaks.
        when: When,
        /// What it means where it fits.
        effect: GuidanceEffect,
        /// What it says.
        text: Text,
        /// What it asks for.
        #[serde(default)]
        conditions: Vec<Text>,
        /// How sure it is that it is law.
        #[serde(default)]
        certainty: Certainty,
        /// Whether it is enforced, outside of the times that `enforcement` names.
        #[serde(default = "yes")]
        enforced: bool,
        /// Times in which that differs.
        #[serde(default)]
        enforcement: Vec<EnforcementPeriod>,
        /// First day.
        #[serde(default)]
        from: Option<Date>,
        /// Last day.
        #[serde(default)]
        to: Option<Date>,
        /// Legal citation.
        citation: Text,
        /// Look again by.
        review_by: Date,
    }
    /// What an entry of a list means for an export to the party.
    ListEffect {
        /// List id.
        list: Text,
        /// What it means.
        effect: PartyEffect,
        /// Whose law; where it is not `US`, it holds for what is sent from there.
        #[serde(default)]
        regime: Option<Text>,
        /// For what.
        scope: Text,
        /// How applications are reviewed.
        #[serde(default)]
        policy: Option<Text>,
        /// Legal citation.
        citation: Text,
        /// Look again by.
        review_by: Date,
    }
    /// A set of countries that the law derives from its groups: in any of `any_of`, in none of `none_of`, or named.
    DerivedGroup {
        /// Id.
        id: Text,
        /// What it is for.
        label: Text,
        /// Groups whose members count.
        any_of: Vec<Text>,
        /// Groups whose members do not.
        #[serde(default)]
        none_of: Vec<Text>,
        /// Countries named besides.
        #[serde(default)]
        also: Vec<CountryCode>,
        /// Countries that are treated as another: they are in the set when that one is.
        #[serde(default)]
        treated_as: std::collections::BTreeMap<CountryCode, CountryCode>,
        /// First day.
        #[serde(default)]
        from: Option<Date>,
        /// Last day.
        #[serde(default)]
        to: Option<Date>,
        /// Legal citation.
        citation: Text,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
    /// The rate of all links of an accelerator to other circuits, for the law before November 2023.
    AcceleratorLink {
        /// Accelerator id.
        accelerator: Text,
        /// GB/s, both directions together.
        interconnect_gbs: f64,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
    /// A stack of memory that is sold by itself.
    MemoryStack {
        /// Id.
        id: Text,
        /// Name.
        product: Text,
        /// GB/s.
        bandwidth_gbs: f64,
        /// Area of the package or stack, mm².
        #[serde(default)]
        area_mm2: Option<f64>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
}

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

fn yes() -> bool {
    true
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

    fn on(day: Date, enforced: bool, periods: &[EnforcementPeriod]) -> Self {
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

impl Destination {
    /// True when the row speaks of every product, whatever its class.
    #[must_use]
    pub fn is_for_any_class(&self) -> bool {
        &*self.class == "*"
    }

    /// Whether it is enforced on a day.
    #[must_use]
    pub fn enforcement_on(&self, day: Date) -> Enforcement {
        Enforcement::on(day, self.enforced, &self.enforcement)
    }
}

impl Guidance {
    /// Whether it is enforced on a day.
    #[must_use]
    pub fn enforcement_on(&self, day: Date) -> Enforcement {
        Enforcement::on(day, self.enforced, &self.enforcement)
    }
}
