//! The class in words, with its arithmetic.

use super::figures::{Figures, Input};
use super::law::{Law, Outcome};
use super::range::ranges;
use crate::catalog::Catalog;
use crate::catalog::rows::{Accelerator, Classification};
use crate::model::{Citation, Date, Verification};

/// A class that hangs on what is not known.
pub(super) const INDETERMINATE: &str = "indeterminate";
/// End of the word for products that are not designed or marketed for data centres.
const NOT_FOR_DATA_CENTRES: &str = "-nondc";

/// The class with its arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// `3A090.a`, `3A090.a-nondc`, `3A090.b`, `3A090.c`, `excluded-note2`, `below`, `indeterminate`.
    pub class: String,
    /// Total processing performance: highest dense rate × bit length.
    pub tpp: Option<f64>,
    /// The precision that gives it, with its rate.
    pub precision: Option<(String, f64)>,
    /// TPP / area of non-planar logic dies, mm².
    pub density: Option<f64>,
    /// The area, mm².
    pub area: Option<f64>,
    /// Criterion that decided, or took it out.
    pub criterion: Option<String>,
    /// Its citation.
    pub legal: Option<String>,
    /// How well the criterion is checked.
    pub verification: Option<Verification>,
    /// Entries under which goods that hold the circuit fall.
    pub inherits: Vec<String>,
    /// Inputs that would be needed.
    pub missing: Vec<&'static str>,
    /// What the class is for values of what is missing.
    pub bounds: Vec<String>,
}

impl Class {
    /// `TPP 15831 = 1978.9 x 8 (fp8); PD 19.45 = TPP / 814 mm2`.
    #[must_use]
    pub fn arithmetic(&self) -> String {
        let mut parts = Vec::new();
        if let (Some(tpp), Some((name, rate))) = (self.tpp, &self.precision) {
            parts.push(format!("TPP {} = {rate} x {} ({name})", tpp.round(), super::bits(name).unwrap_or(0)));
        }
        if let (Some(density), Some(area)) = (self.density, self.area) {
            parts.push(format!("PD {density:.2} = TPP / {area} mm2"));
        }
        if self.area == Some(0.0) {
            parts.push("no PD: all dies are planar".to_owned());
        }
        if !self.missing.is_empty() {
            parts.push(format!("missing: {}", self.missing.join(", ")));
        }
        parts.join("; ")
    }

    /// The deciding clause.
    #[must_use]
    pub fn citation(&self) -> Option<Citation> {
        self.legal.as_deref().map(|title| Citation { title: title.into(), url: None })
    }

    /// The class without what it says of the market.
    #[must_use]
    pub fn paragraph(&self) -> &str {
        self.class.trim_end_matches(NOT_FOR_DATA_CENTRES)
    }

    /// From figures, by a law.
    #[must_use]
    pub fn of(figures: &Figures, law: &Law<'_>) -> Self {
        let outcome = law.outcome(figures);
        let mut class = Self {
            class: word(outcome, figures.data_centre),
            tpp: figures.tpp(),
            precision: None,
            density: figures.density(),
            area: figures.area,
            criterion: None,
            legal: None,
            verification: None,
            inherits: Vec::new(),
            missing: Vec::new(),
            bounds: Vec::new(),
        };
        match outcome {
            Outcome::Met(clause) => {
                class.decide(clause);
                class.inherits = clause.inherits.iter().map(ToString::to_string).collect();
            }
            Outcome::Excluded(clause) => class.decide(clause),
            Outcome::Below if law.is_silent() => {
                INDETERMINATE.clone_into(&mut class.class);
                class.missing.push("clauses for that day");
            }
            Outcome::Below => {}
            Outcome::Open(missing, at_least) => {
                class.missing = missing.inputs().map(Input::as_str).collect();
                class.bounds = missing.inputs().flat_map(|input| bounds(law, figures, input)).collect();
                if let Some(clause) = at_least {
                    class.bounds.push(format!("at least {}", clause.class));
                }
            }
        }
        class
    }

    fn decide(&mut self, clause: &Classification) {
        self.criterion = Some(clause.id.to_string());
        self.legal = Some(clause.citation.to_string());
        self.verification = Some(clause.verification);
    }
}

/// The class of an outcome in one word.
pub(super) fn word(outcome: Outcome<'_>, data_centre: bool) -> String {
    match outcome {
        Outcome::Met(clause) if clause.by_market && !data_centre => format!("{}{NOT_FOR_DATA_CENTRES}", clause.class),
        Outcome::Met(clause) => clause.class.to_string(),
        Outcome::Excluded(_) => "excluded-note2".to_owned(),
        Outcome::Below => "below".to_owned(),
        Outcome::Open(..) => INDETERMINATE.to_owned(),
    }
}

/// `3A090.a for a die area up to 270.3 mm2`.
fn bounds(law: &Law<'_>, figures: &Figures, input: Input) -> Vec<String> {
    let all = ranges(law, figures, input);
    if all.len() < 2 {
        return Vec::new();
    }
    all.iter().map(|range| format!("{} for {}", range.class, range.words(input))).collect()
}

/// Computes the class by the clauses that hold on a day.
#[must_use]
pub fn classify(row: &Accelerator, catalog: &Catalog, as_of: Date) -> Class {
    let figures = Figures::of(row, catalog);
    let mut class = Class::of(&figures, &Law::on(catalog, as_of));
    class.precision = precision(row, &figures);
    class
}

/// The precision of the rate that decides; of several with the same product the last by name.
pub(super) fn precision(row: &Accelerator, figures: &Figures) -> Option<(String, f64)> {
    let tpp = figures.tpp()?;
    let rates = row.dense.iter().rev().filter_map(|(name, rate)| Some((name, super::Rate::read(name, rate)?)));
    rates.filter(|(_, rate)| rate.performance() >= tpp).map(|(name, rate)| (name.to_string(), rate.tera)).next()
}
