//! The product that is asked about.

use super::class::Class;
use super::figures::Figures;
use super::law::Law;
use crate::catalog::Catalog;
use crate::catalog::rows::{Accelerator, MemoryStack};
use crate::model::{CountryCode, Verification};

/// A product with what clauses look at.
#[derive(Clone, Debug)]
pub struct Subject<'c> {
    /// Id.
    pub id: &'c str,
    /// Name.
    pub product: &'c str,
    /// Designer.
    pub designer: Option<&'c str>,
    /// Last owner of the designer.
    pub parent: Option<&'c str>,
    /// Where both are seated.
    pub designers: Vec<CountryCode>,
    /// Who makes the chip.
    pub foundry: Option<&'c str>,
    /// Where.
    pub fabricated_in: &'c [CountryCode],
    /// Market it is made for.
    pub segment: &'c str,
    /// What companies were told by letter.
    pub letter: Option<&'c str>,
    /// Figures.
    pub figures: Figures,
    /// The row, for accelerators.
    pub row: Option<&'c Accelerator>,
    /// Where the figures are from.
    pub source: &'c str,
    /// How well they are checked.
    pub verification: Verification,
}

impl<'c> Subject<'c> {
    /// An accelerator.
    #[must_use]
    pub fn of(row: &'c Accelerator, catalog: &Catalog) -> Self {
        let mut designers = vec![row.vendor_country, row.ultimate_parent_country];
        designers.dedup();
        Self {
            id: &row.id,
            product: &row.product,
            designer: Some(&row.vendor),
            parent: Some(&row.ultimate_parent),
            designers,
            foundry: row.foundry.as_deref(),
            fabricated_in: &row.fab_countries,
            segment: &row.segment,
            letter: row.licence_letter.as_deref(),
            figures: Figures::of(row, catalog),
            row: Some(row),
            source: &row.source,
            verification: row.verification,
        }
    }

    /// A stack of memory.
    #[must_use]
    pub fn of_stack(row: &'c MemoryStack) -> Self {
        Self {
            id: &row.id,
            product: &row.product,
            designer: None,
            parent: None,
            designers: Vec::new(),
            foundry: None,
            fabricated_in: &[],
            segment: "memory",
            letter: None,
            figures: Figures::of_stack(row),
            row: None,
            source: &row.source,
            verification: row.verification,
        }
    }

    /// Its class by a law.
    #[must_use]
    pub fn class(&self, law: &Law<'_>) -> Class {
        let mut class = Class::of(&self.figures, law);
        class.precision = self.row.and_then(|row| super::class::precision(row, &self.figures));
        class
    }

    /// True when it is designed by a US party or its part. Of memory nothing is known.
    #[must_use]
    pub fn is_american(&self) -> bool {
        self.designers.iter().any(|seat| seat.as_str() == "US")
    }
}
