//! Laws, country groups and export control.

use serde::Deserialize;

use super::{Text, rows};
use crate::model::{CountryCode, Date, Verification};

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
    /// An ownership threshold seen in law.
    Threshold {
        /// Figure.
        threshold: Text,
        /// Which rule.
        rule: Text,
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
    /// A criterion of ECCN 3A090.
    Classification {
        /// Paragraph.
        id: Text,
        /// Class it leads to.
        class: Text,
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
        /// Only what is designed or marketed for data centres.
        #[serde(default)]
        data_centre_only: bool,
        /// First day.
        #[serde(default)]
        from: Option<Date>,
        /// Last day.
        #[serde(default)]
        to: Option<Date>,
        /// Legal citation.
        citation: Text,
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
        /// Whether it is enforced.
        enforced: bool,
        /// True when the seat of a party's last owner counts, not the place.
        #[serde(default)]
        headquarters: bool,
        /// Review policy.
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
    }
}

impl Destination {
    /// True when the row speaks of every product, whatever its class.
    #[must_use]
    pub fn is_for_any_class(&self) -> bool {
        &*self.class == "*"
    }
}
