//! How the class hangs on one figure, the others being what they are: its ranges, from the bounds of the clauses.

use super::figures::{Figures, Input};
use super::law::Law;

/// A stretch of a figure in which the class is the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// Where it begins.
    pub from: f64,
    /// Where it ends; none for the last.
    pub to: Option<f64>,
    /// The class in it.
    pub class: String,
}

/// The ranges of a figure, from zero up.
#[must_use]
pub fn ranges(law: &Law<'_>, figures: &Figures, input: Input) -> Vec<Range> {
    let mut bounds = bounds(law, figures, input);
    bounds.retain(|bound| bound.is_finite() && *bound > 0.0);
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    let mut all: Vec<Range> = Vec::new();
    for at in 0..=bounds.len() {
        let from = if at == 0 { 0.0 } else { bounds[at - 1] };
        let to = bounds.get(at).copied();
        // in the middle, where no rounding can lead astray
        let middle = to.map_or(from.max(1.0) * 2.0, |to| f64::midpoint(from, to));
        let class = super::class::word(law.outcome(&figures.with(input, middle)), figures.data_centre);
        match all.last_mut() {
            Some(last) if last.class == class => last.to = to,
            _ => all.push(Range { from, to, class }),
        }
    }
    all
}

/// Where a clause can begin or end to be met.
fn bounds(law: &Law<'_>, figures: &Figures, input: Input) -> Vec<f64> {
    let clauses = law.clauses().iter().filter(|clause| clause.item == figures.item);
    let mut all = Vec::new();
    for clause in clauses {
        let densities = [clause.min_density, clause.below_density];
        match input {
            Input::Rates => {
                all.extend([clause.min_tpp, clause.below_tpp].into_iter().flatten());
                if let Some(area) = figures.area {
                    all.extend(densities.into_iter().flatten().map(|density| density * area));
                }
            }
            Input::Area => {
                let tpp = figures.tpp();
                all.extend(densities.into_iter().flatten().filter_map(|density| Some(tpp? / density)));
            }
            Input::Interconnect => all.extend(clause.min_interconnect),
            Input::Bandwidth => {
                all.extend(clause.above_memory_density.zip(figures.memory_area).map(|(above, area)| above * area));
            }
            Input::MemoryArea => {
                all.extend(clause.above_memory_density.zip(figures.bandwidth).map(|(above, rate)| rate / above));
            }
        }
    }
    all
}

impl Range {
    /// `TPP from 4800`, `die area up to 270.3 mm2`. Areas divide, so that their upper end belongs to the range.
    #[must_use]
    pub fn words(&self, input: Input) -> String {
        let (name, unit) = input.measure();
        let is_area = matches!(input, Input::Area | Input::MemoryArea);
        let from = figure(self.from);
        match self.to.map(figure) {
            None if is_area => format!("{name} above {from}{unit}"),
            None => format!("{name} from {from}{unit}"),
            Some(to) if self.from == 0.0 && is_area => format!("{name} up to {to}{unit}"),
            Some(to) if self.from == 0.0 => format!("{name} below {to}{unit}"),
            Some(to) if is_area => format!("{name} above {from} up to {to}{unit}"),
            Some(to) => format!("{name} from {from} to below {to}{unit}"),
        }
    }

    /// True when a value lies in it.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        value >= self.from && self.to.is_none_or(|to| value < to)
    }
}

/// At most one digit behind the point.
pub(super) fn figure(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    format!("{rounded}")
}
