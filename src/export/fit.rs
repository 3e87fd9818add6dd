//! Whether a row's conditions hold of what is asked.

use super::figures::{Figures, Input};
use crate::catalog::Catalog;
use crate::catalog::rows::When;
use crate::model::{CountryCode, Date};

/// What conditions are held against.
pub(super) struct Facts<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) day: Date,
    /// The class, without what it says of the market.
    pub(super) class: &'a str,
    pub(super) figures: &'a Figures,
    pub(super) product: &'a str,
    pub(super) to: Option<CountryCode>,
    /// Where the parties and their last owners are seated, as far as it is known.
    pub(super) seats: &'a [CountryCode],
    pub(super) designers: &'a [CountryCode],
    pub(super) fabricated_in: &'a [CountryCode],
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    No,
    /// It hangs on a figure that is not known.
    Open(Input),
    Yes,
}

impl Facts<'_> {
    /// Holds all conditions of a row against the facts.
    pub(super) fn fit(&self, when: &When) -> Fit {
        let class = when.classes.is_empty() || when.classes.iter().any(|class| &**class == self.class);
        let market = when.data_centre.is_none_or(|wanted| wanted == self.figures.data_centre);
        let product = (when.products.is_empty() || when.products.iter().any(|id| &**id == self.product))
            && !when.not_products.iter().any(|id| &**id == self.product);
        let makers = self.in_any(&when.designers, self.designers)
            && !self.is_one(&when.not_designers, self.designers)
            && self.in_any(&when.fabricated_in, self.fabricated_in);
        if class && market && product && makers && self.place(when) { self.numbers(when) } else { Fit::No }
    }

    /// Destination and seats.
    fn place(&self, when: &When) -> bool {
        let to = self.to.as_slice();
        // a row that leaves places out speaks of the others only when there is a destination
        let outside = |words: &[Box<str>]| words.is_empty() || (!to.is_empty() && !self.is_one(words, to));
        let reaches =
            when.reaches.is_empty() || self.is_one(&when.reaches, to) || self.is_one(&when.reaches, self.seats);
        self.in_any(&when.to, to)
            && outside(&when.not_to)
            && self.in_any(&when.headquarters, self.seats)
            && !self.is_one(&when.not_headquarters, self.seats)
            && reaches
            && outside(&when.not_reaches)
            && !self.is_one(&when.not_reaches, self.seats)
    }

    fn numbers(&self, when: &When) -> Fit {
        let figures = self.figures;
        let tests = [
            (when.min_tpp, true, figures.tpp(), Input::Rates),
            (when.below_tpp, false, figures.tpp(), Input::Rates),
            (when.below_bandwidth, false, figures.bandwidth, Input::Bandwidth),
            (when.below_memory_density, false, figures.memory_density(), Input::MemoryArea),
        ];
        let mut fit = Fit::Yes;
        for (bound, is_least, value, input) in tests {
            match (bound, value) {
                (None, _) => {}
                (Some(bound), Some(value)) if (value >= bound) == is_least => {}
                (Some(_), Some(_)) => return Fit::No,
                (Some(_), None) => fit = Fit::Open(input),
            }
        }
        fit
    }

    /// True when nothing is asked, or one of the countries is named.
    fn in_any(&self, words: &[Box<str>], countries: &[CountryCode]) -> bool {
        words.is_empty() || self.is_one(words, countries)
    }

    fn is_one(&self, words: &[Box<str>], countries: &[CountryCode]) -> bool {
        countries.iter().any(|country| words.iter().any(|word| self.catalog.is_named(*country, word, self.day)))
    }
}
