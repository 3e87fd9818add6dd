//! The assessment's shape. Its JSON Schema is made from these types; additions are minor, removals major.

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::Answer;
use crate::catalog::rows::{Certainty, Enforcement};
use crate::model::{CountryCode, Date, Validity, Verification};

/// What the law of a day says of a product, schema version 1.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Assessment {
    /// `sovaudit-classify/1`.
    pub schema: String,
    /// Version of the rule set.
    pub rules: String,
    /// Day of the law.
    pub as_of: String,
    /// The product; of several that the name means, the first.
    pub product: ProductRow,
    /// All products that the name means, where class, answer and clauses are the same for all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<FamilyRow>,
    /// The machine it was asked for by, with how many it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<MachineRow>,
    /// Its figures.
    pub figures: FigureRow,
    /// Its class.
    pub class: ClassRow,
    /// Destination.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<CountryCode>,
    /// Parties to the export.
    pub parties: Vec<PartyRow>,
    /// What the clauses evaluated say together.
    pub answer: Answer,
    /// The same in words.
    pub answer_text: String,
    /// How an application is reviewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<PolicyRow>,
    /// Every clause that speaks, the weightiest first.
    pub steps: Vec<StepRow>,
    /// Exceptions that may apply.
    pub exceptions: Vec<ExceptionRow>,
    /// What would change the answer.
    pub changes: Vec<String>,
    /// What was not evaluated.
    pub not_evaluated: Vec<String>,
    /// What this is not.
    pub disclaimer: String,
}

/// A product.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ProductRow {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Designer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub designer: Option<String>,
    /// Last owner of the designer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ultimate_parent: Option<String>,
    /// Where both are seated.
    pub designer_seats: Vec<CountryCode>,
    /// Who makes the chip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foundry: Option<String>,
    /// Where.
    pub fabricated_in: Vec<CountryCode>,
    /// Market it is made for.
    pub segment: String,
    /// Whether it counts as designed or marketed for data centres.
    pub data_centre: bool,
    /// Where the figures are from.
    pub source: String,
    /// How well they are checked.
    pub verification: String,
    /// The name that was asked for, where it is a part of the product's and others may have it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_of_name: Option<String>,
}

/// Products that one name means.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FamilyRow {
    /// The name that was asked for.
    pub name: String,
    /// The products.
    pub members: Vec<MemberRow>,
}

/// One of several products.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MemberRow {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Its arithmetic in words.
    pub arithmetic: String,
}

/// A machine.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MachineRow {
    /// Provider.
    pub provider: String,
    /// Instance type.
    pub name: String,
    /// Accelerators in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accelerators: Option<f64>,
    /// Their TPP together; classes are judged per circuit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpp: Option<f64>,
    /// How well the row is checked.
    pub verification: String,
}

/// Figures, those computed included.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FigureRow {
    /// Dense rates.
    pub rates: Vec<RateRow>,
    /// Area of non-planar logic dies, mm².
    #[serde(skip_serializing_if = "Option::is_none")]
    pub die_area_mm2: Option<f64>,
    /// Rate of all links, GB/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interconnect_gbs: Option<f64>,
    /// Bandwidth of memory, GB/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bandwidth_gbs: Option<f64>,
    /// Computed: highest rate × bit length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpp: Option<f64>,
    /// Computed: TPP / area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub performance_density: Option<f64>,
    /// Computed: bandwidth / area of the package, for memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bandwidth_density: Option<f64>,
    /// The arithmetic in words.
    pub arithmetic: String,
}

/// A dense rate.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RateRow {
    /// Precision.
    pub precision: String,
    /// Tera operations per second.
    pub tera: f64,
    /// Bit length; absent for precisions that decide nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bits: Option<u32>,
    /// Rate × bit length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub performance: Option<f64>,
}

/// A class.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ClassRow {
    /// `3A090.a`, `3A090.a-nondc`, `3A090.b`, `3A090.c`, `excluded-note2`, `below`, `indeterminate`.
    pub class: String,
    /// The criterion that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criterion: Option<String>,
    /// Its citation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citation: Option<String>,
    /// How well the criterion is checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<String>,
    /// Entries under which boards, servers and other goods with it fall.
    pub inherits: Vec<String>,
    /// Inputs that are missing.
    pub missing: Vec<String>,
    /// What the class is for values of what is missing.
    pub bounds: Vec<String>,
}

/// A party.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PartyRow {
    /// What it is.
    pub role: String,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Organisation of the catalog.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Seats.
    pub seats: Vec<SeatRow>,
    /// Entries of lists that it may be.
    pub entries: usize,
}

/// A seat.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SeatRow {
    /// Where.
    pub country: CountryCode,
    /// Whose.
    pub why: String,
    /// How well it is checked.
    pub verification: String,
}

/// How an application is reviewed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PolicyRow {
    /// Row.
    pub id: String,
    /// Policy.
    pub policy: String,
    /// What must be shown.
    pub conditions: Vec<String>,
    /// A figure that is not known and decides whether it is this policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
    /// Legal citation.
    pub citation: String,
    /// How well it is checked.
    pub verification: String,
    /// Look again by.
    pub review_by: String,
}

impl PolicyRow {
    /// The policy with all that it asks for, in one sentence: what stands in a condition may be another policy.
    #[must_use]
    pub fn sentence(&self) -> String {
        let open = self.open.as_ref().map_or_else(String::new, |open| format!(", depending on the {open}"));
        let mut text = format!("{}{open} ({}, {})", self.policy, self.citation, self.verification);
        if self.conditions.len() == 1 {
            text.push_str(&format!(", condition: {}", self.conditions[0]));
        } else if !self.conditions.is_empty() {
            let each = self.conditions.iter().enumerate().map(|(at, what)| format!("({}) {what}", at + 1));
            text.push_str(&format!(", conditions: {}", each.collect::<Vec<_>>().join(", ")));
        }
        text
    }
}

/// What one clause says.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StepRow {
    /// Row that says it.
    pub clause: String,
    /// `destination`, `headquarters`, `embargo`, `letter`, `party`, `ownership`, `guidance`.
    pub about: String,
    /// What it says.
    pub result: Answer,
    /// True when it counts for the answer; a text that is not enforced does not.
    pub counts: bool,
    /// In words.
    pub text: String,
    /// `codified`, `announced`, `letter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<String>,
    /// `enforced`, `codified, not enforced`, `stayed`, …
    pub enforcement: String,
    /// `legal`, `announced`, `political`.
    pub certainty: String,
    /// Whose law.
    pub regime: String,
    /// Review policy, where no row of policies says more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// What it asks for.
    pub conditions: Vec<String>,
    /// Remarks.
    pub notes: Vec<String>,
    /// Legal citation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citation: Option<String>,
    /// First day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<String>,
    /// Last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_to: Option<String>,
    /// How well it is checked.
    pub verification: String,
    /// Look again by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_by: Option<String>,
    /// True when that day is over.
    pub overdue: bool,
}

impl StepRow {
    /// Its title without what it is about: `General Prohibition 10`.
    #[must_use]
    pub fn title(&self) -> &str {
        self.text.split(':').next().unwrap_or(&self.text)
    }

    pub(super) fn new(clause: &str, about: &str, result: Answer, text: String) -> Self {
        Self {
            clause: clause.to_owned(),
            about: about.to_owned(),
            result,
            counts: true,
            text,
            standing: None,
            enforcement: Enforcement::Enforced.as_str().to_owned(),
            certainty: Certainty::Legal.as_str().to_owned(),
            regime: "US".to_owned(),
            policy: None,
            conditions: Vec::new(),
            notes: Vec::new(),
            citation: None,
            effective_from: None,
            effective_to: None,
            verification: Verification::Recalled.as_str().to_owned(),
            review_by: None,
            overdue: false,
        }
    }

    /// What it rests on, since when and until when, and how well that is checked.
    pub(super) fn cite(&mut self, citation: &str, during: Validity, mark: Verification, review_by: Date, day: Date) {
        self.citation = Some(citation.to_owned());
        self.effective_from = during.from.map(|day| day.to_string());
        self.effective_to = during.to.map(|day| day.to_string());
        self.verify(mark);
        self.review(Some(review_by), day);
    }

    pub(super) fn verify(&mut self, mark: Verification) {
        mark.as_str().clone_into(&mut self.verification);
    }

    pub(super) fn review(&mut self, by: Option<Date>, day: Date) {
        self.overdue = by.is_some_and(|by| by < day);
        self.review_by = by.map(|by| by.to_string());
    }
}

/// An exception.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ExceptionRow {
    /// Row.
    pub id: String,
    /// Name in the law.
    pub name: String,
    /// `may apply`, `applies to this party`, `codified, not enforced`, `falls away`.
    pub state: String,
    /// What it asks for.
    pub conditions: Vec<String>,
    /// Legal citation.
    pub citation: String,
    /// How well it is checked.
    pub verification: String,
    /// Look again by.
    pub review_by: String,
}
