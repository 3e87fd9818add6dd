//! Export control of accelerators: criteria of control lists, destinations, review, exceptions, guidance.

use serde::Deserialize;

use super::export_terms::{Certainty, Enforcement, EnforcementPeriod, GuidanceEffect, Item, PartyEffect, When};
use super::{Text, rows};
use crate::model::{CountryCode, Date, Verification};

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

fn yes() -> bool {
    true
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
