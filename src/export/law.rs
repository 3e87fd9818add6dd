//! The clauses that hold on a day, and the class they give. Nothing is allocated per classification.

use super::figures::{Figures, Input};
use crate::catalog::Catalog;
use crate::catalog::rows::Classification;
use crate::model::{Date, Validity};

/// The criteria that hold on a day, stricter class first.
pub struct Law<'c> {
    clauses: Vec<&'c Classification>,
    /// True when the rows do not reach back to that day.
    is_silent: bool,
}

/// What the clauses say of figures.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'c> {
    /// A criterion is met.
    Met(&'c Classification),
    /// Its figures meet a criterion, and the note on products that are not for data centres takes it out.
    Excluded(&'c Classification),
    /// None is met.
    Below,
    /// It hangs on what is not known; the criterion of a less strict class may be met for sure.
    Open(Missing, Option<&'c Classification>),
}

/// Inputs that are not known and would decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missing(u8);

impl Missing {
    fn of(input: Input) -> Self {
        Self(1 << input as u8)
    }

    fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// In the order of [`Input::ALL`].
    pub fn inputs(self) -> impl Iterator<Item = Input> {
        Input::ALL.into_iter().filter(move |input| self.0 & Self::of(*input).0 != 0)
    }

    fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// Whether a criterion is met.
enum Test {
    Met,
    Not,
    Unknown(Missing),
}

impl<'c> Law<'c> {
    /// The law of a day.
    #[must_use]
    pub fn on(catalog: &'c Catalog, day: Date) -> Self {
        let rows = catalog.tables().classification.iter();
        let clauses: Vec<_> = rows.filter(|row| Validity { from: row.from, to: row.to }.holds_on(day)).collect();
        Self { is_silent: clauses.is_empty(), clauses }
    }

    /// True when no clause holds on that day.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.is_silent
    }

    /// The clauses.
    #[must_use]
    pub fn clauses(&self) -> &[&'c Classification] {
        &self.clauses
    }

    /// Which class the figures give.
    #[must_use]
    pub fn outcome(&self, figures: &Figures) -> Outcome<'c> {
        let (tpp, density) = (figures.tpp(), figures.density());
        let mut excluded = None;
        let mut missing = Missing::default();
        let mut open_class: Option<&str> = None;
        for clause in self.clauses.iter().copied().filter(|clause| clause.item == figures.item) {
            // the note looks at the performance, which the clause that takes no market into account asks for as well
            let is_out = clause.data_centre_only && !figures.data_centre;
            match test(clause, figures, tpp, density) {
                Test::Not => {}
                Test::Met if is_out => excluded = excluded.or(Some(clause)),
                Test::Met => {
                    return match open_class {
                        Some(class) if class != &*clause.class => Outcome::Open(missing, Some(clause)),
                        _ => Outcome::Met(clause),
                    };
                }
                // whatever the area is, the note takes the product out
                Test::Unknown(_) if is_out && tpp.is_some() => excluded = excluded.or(Some(clause)),
                Test::Unknown(more) => {
                    missing.add(more);
                    open_class = open_class.or(Some(&clause.class));
                }
            }
        }
        match excluded {
            _ if !missing.is_empty() => Outcome::Open(missing, None),
            Some(clause) => Outcome::Excluded(clause),
            None => Outcome::Below,
        }
    }
}

fn test(clause: &Classification, figures: &Figures, tpp: Option<f64>, density: Option<f64>) -> Test {
    let mut missing = Missing::default();
    let mut within = |least: Option<f64>, below: Option<f64>, value: Option<f64>, input: Missing| match value {
        _ if least.is_none() && below.is_none() => true,
        Some(value) => least.is_none_or(|least| value >= least) && below.is_none_or(|below| value < below),
        None => {
            missing.add(input);
            true
        }
    };
    let mut lacks = Missing::of(Input::Rates);
    if !within(clause.min_tpp, clause.below_tpp, tpp, lacks) {
        return Test::Not;
    }
    let asks_density = clause.min_density.is_some() || clause.below_density.is_some();
    // with planar dies only there is no density, and what asks for one is not met
    if asks_density && figures.area == Some(0.0) {
        return Test::Not;
    }
    lacks = Missing::default();
    if tpp.is_none() {
        lacks.add(Missing::of(Input::Rates));
    }
    if figures.area.is_none() {
        lacks.add(Missing::of(Input::Area));
    }
    if !within(clause.min_density, clause.below_density, density, lacks)
        || !within(clause.min_interconnect, None, figures.interconnect, Missing::of(Input::Interconnect))
    {
        return Test::Not;
    }
    if let Some(above) = clause.above_memory_density {
        match figures.memory_density() {
            Some(value) if value <= above => return Test::Not,
            Some(_) => {}
            None if figures.bandwidth.is_none() => missing.add(Missing::of(Input::Bandwidth)),
            None => missing.add(Missing::of(Input::MemoryArea)),
        }
    }
    if missing.is_empty() { Test::Met } else { Test::Unknown(missing) }
}
