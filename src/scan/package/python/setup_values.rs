//! The lists of a dictionary as one list, in the usual ways in which build scripts say that.

use super::python_words::Word;
use super::setup_lists::Script;

impl<'a> Script<'a> {
    /// All lists of a dictionary as one, in the usual ways of saying so: its name, and the place behind them.
    pub(super) fn all_values(&self, at: usize) -> Option<(&'a str, usize)> {
        if self.is_name(at, "itertools") && self.is_sign(at + 1, '.') {
            return self.all_values(at + 2);
        }
        let is_chain = self.is_name(at, "chain");
        if self.is_name(at, "sum") && self.is_sign(at + 1, '(') {
            // `sum(EXTRAS.values(), [])`
            let (name, end) = self.values(at + 2)?;
            let is_list = |open, close| self.is_sign(end + 1, open) && self.is_sign(end + 2, close);
            let is_sum = self.is_sign(end, ',') && (is_list('[', ']') || is_list('(', ')'));
            return (is_sum && self.is_sign(end + 3, ')')).then_some((name, end + 4));
        }
        // `chain.from_iterable(EXTRAS.values())`, `chain(*EXTRAS.values())`
        let from = match is_chain {
            true if self.is_sign(at + 1, '.') && self.is_name(at + 2, "from_iterable") => at + 4,
            true if self.is_sign(at + 2, '*') => at + 3,
            _ => return None,
        };
        let (name, end) = self.values(from)?;
        self.is_sign(end, ')').then_some((name, end + 1))
    }

    /// `EXTRAS.values()`: the name, and the place behind it.
    fn values(&self, at: usize) -> Option<(&'a str, usize)> {
        let Word::Name(name) = self.words.get(at)?.0 else { return None };
        let is_call = self.is_sign(at + 1, '.') && self.is_name(at + 2, "values");
        (is_call && self.is_sign(at + 3, '(') && self.is_sign(at + 4, ')')).then_some((name, at + 5))
    }

    /// `[one for all in EXTRAS.values() for one in all]`, from behind its bracket: the name, and the place behind it.
    pub(super) fn each_of_values(&self, at: usize) -> Option<(&'a str, usize)> {
        let name = |at: usize| match self.words.get(at)?.0 {
            Word::Name(name) => Some(name),
            _ => None,
        };
        let (one, all) = (name(at)?, name(at + 2)?);
        (self.is_name(at + 1, "for") && self.is_name(at + 3, "in")).then_some(())?;
        let (of, end) = self.values(at + 4)?;
        let second = [(end, "for"), (end + 1, one), (end + 2, "in"), (end + 3, all)];
        let is_each = second.into_iter().all(|(at, word)| self.is_name(at, word));
        (is_each && self.is_sign(end + 4, ']')).then_some((of, end + 5))
    }
}
