//! Export-control class of an accelerator, computed from its figures. No figure is guessed: what
//! is missing makes the class indeterminate, unless one criterion decides without it.

use crate::catalog::Catalog;
use crate::catalog::rows::{Accelerator, Classification, Destination};
use crate::model::{Citation, Date, Validity};

/// The class with its arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// `3A090.a`, `3A090.a-nondc`, `3A090.b`, `excluded-note2`, `below`, `indeterminate`.
    pub class: String,
    /// Total processing performance: highest dense rate × bit length.
    pub tpp: Option<f64>,
    /// The precision that gives it, with its rate.
    pub precision: Option<(String, f64)>,
    /// TPP / area of non-planar logic dies, mm².
    pub density: Option<f64>,
    /// The area, mm².
    pub area: Option<f64>,
    /// Criterion that decided.
    pub criterion: Option<String>,
    /// Its citation.
    pub legal: Option<String>,
    /// Inputs that would be needed.
    pub missing: Vec<&'static str>,
}

impl Class {
    /// `TPP 15831 = 1978.9 x 8 (fp8); PD 19.45 = TPP / 814 mm2`.
    #[must_use]
    pub fn arithmetic(&self) -> String {
        let mut parts = Vec::new();
        if let (Some(tpp), Some((name, rate))) = (self.tpp, &self.precision) {
            parts.push(format!("TPP {} = {rate} x {} ({name})", tpp.round(), bits(name).unwrap_or(0)));
        }
        if let (Some(density), Some(area)) = (self.density, self.area) {
            parts.push(format!("PD {density:.2} = TPP / {area} mm2"));
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
}

/// Computes the class by the clauses that hold on a day.
#[must_use]
pub fn classify(row: &Accelerator, catalog: &Catalog, as_of: Date) -> Class {
    let number = |text: &Option<Box<str>>| text.as_deref().and_then(|text| text.trim().parse::<f64>().ok());
    let best = row
        .dense
        .iter()
        .filter_map(|(name, rate)| Some((name.to_string(), rate.parse::<f64>().ok()?, bits(name)?)))
        .max_by(|a, b| (a.1 * f64::from(a.2)).total_cmp(&(b.1 * f64::from(b.2))));
    let tpp = best.as_ref().map(|(_, rate, bits)| rate * f64::from(*bits));
    let area = number(&row.die_area_mm2).filter(|area| *area > 0.0);
    let density = tpp.zip(area).map(|(tpp, area)| tpp / area);
    let mut class = Class {
        class: "below".to_owned(),
        tpp,
        precision: best.map(|(name, rate, _)| (name, rate)),
        density,
        area,
        criterion: None,
        legal: None,
        missing: Vec::new(),
    };
    let Some(tpp) = tpp else {
        class.missing.push("dense rates");
        "indeterminate".clone_into(&mut class.class);
        return class;
    };
    let data_centre = matches!(&*row.segment, "datacenter" | "cloud_internal");
    let rows =
        catalog.tables().classification.iter().filter(|row| Validity { from: row.from, to: row.to }.holds_on(as_of));
    let mut excluded = false;
    let mut any = false;
    for clause in rows {
        any = true;
        match meets(clause, tpp, density) {
            None if data_centre || !clause.data_centre_only => class.missing.push("die area"),
            // whatever the area is, Note 2 takes the part out
            None => excluded = true,
            Some(true) if clause.data_centre_only && !data_centre => excluded = true,
            Some(true) => {
                class.class = if data_centre { clause.class.to_string() } else { format!("{}-nondc", clause.class) };
                class.criterion = Some(clause.id.to_string());
                class.legal = Some(clause.citation.to_string());
                class.missing.clear();
                return class;
            }
            _ => {}
        }
    }
    class.missing.dedup();
    if !any {
        class.missing.push("clauses for that day");
    }
    if !class.missing.is_empty() {
        "indeterminate".clone_into(&mut class.class);
    } else if excluded {
        "excluded-note2".clone_into(&mut class.class);
    }
    class
}

/// Standing of a destination row whose requirement was made known by letters to companies.
pub const LETTER: &str = "letter";

/// What a destination row says of a product that goes to its set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearing {
    /// A licence is required.
    Licence,
    /// A licence is required if the product is subject to US export law, which is not evaluated for designers seated
    /// elsewhere.
    Origin,
}

/// Whether a destination row speaks of a product on a day; `None` when it does not.
#[must_use]
pub fn bearing(to: &Destination, product: &Accelerator, class: &Class, as_of: Date) -> Option<Bearing> {
    if !(Validity { from: to.from, to: to.to }).holds_on(as_of) {
        return None;
    }
    let is_american =
        [product.vendor_country, product.ultimate_parent_country].iter().any(|seat| seat.as_str() == "US");
    if !to.is_for_any_class() {
        return (*to.class == *class.class.trim_end_matches("-nondc")).then_some(Bearing::Licence);
    }
    match &*to.standing {
        LETTER => product.licence_letter.is_some().then_some(Bearing::Licence),
        _ if is_american => Some(Bearing::Licence),
        _ => Some(Bearing::Origin),
    }
}

/// Whether a criterion is met; `None` when it hangs on an unknown density.
fn meets(clause: &Classification, tpp: f64, density: Option<f64>) -> Option<bool> {
    let in_range = clause.min_tpp.is_none_or(|least| tpp >= least) && clause.below_tpp.is_none_or(|limit| tpp < limit);
    if !in_range {
        return Some(false);
    }
    if clause.min_density.is_none() && clause.below_density.is_none() {
        return Some(true);
    }
    let density = density?;
    Some(
        clause.min_density.is_none_or(|least| density >= least)
            && clause.below_density.is_none_or(|limit| density < limit),
    )
}

/// Bit length of a precision: the digits at the end of its name. TF32 is left out: its rate never
/// gives a higher product than the 16-bit rate of the same part.
fn bits(name: &str) -> Option<u32> {
    if name == "tf32" {
        return None;
    }
    let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.parse().ok().filter(|bits| (1..=64).contains(bits))
}
