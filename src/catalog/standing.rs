//! Whether an entry of a list held on a day, as far as the table's dates tell.

use super::rows::Listing;
use crate::model::{Date, Validity, Verification};

/// What the table says of an entry on a day on which it may have held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It held.
    Held,
    /// It may have held; why the table cannot tell. Such an entry is reported and never fails a gate.
    Unsure(&'static str),
}

/// The first and the last day that words such as `2022` or `2022-03 to 2022-06` can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    first: Date,
    last: Date,
}

const LISTED: &str = "the day of listing is not known";
const REMOVED: &str = "the day of removal is not known";
const DOUBTFUL: &str = "sources disagree on that day";

impl Listing {
    /// What the entry was on `day`; `None` when it did not hold.
    ///
    /// It holds from its day of listing to the day before its removal. Where only words are known, such as
    /// a year, the earliest day that they can mean counts as the first, and until the latest such day the
    /// answer is unsure; likewise for the end. Where nothing is known of the beginning, every day before
    /// `known`, the day on which the data were retrieved, is unsure: only then was the entry seen on the
    /// list. The same holds for an entry that is removed since, on a day nobody knows.
    #[must_use]
    pub fn standing_on(&self, day: Date, known: Date) -> Option<Standing> {
        let removed = match &*self.status {
            "listed" | "in-force" => false,
            "removed" => true,
            _ => return None,
        };
        let mut standing = Standing::Held;
        match span(self.listed, self.listed_text.as_deref()) {
            Some(start) if day < start.first => return None,
            Some(start) if day < start.last => standing = Standing::Unsure(LISTED),
            None if day < known => standing = Standing::Unsure(LISTED),
            _ => {}
        }
        match span(self.delisted, self.delisted_text.as_deref()) {
            Some(end) if day >= end.last => return None,
            Some(end) if day >= end.first => standing = Standing::Unsure(REMOVED),
            None if removed && day >= known => return None,
            None if removed => standing = Standing::Unsure(REMOVED),
            _ => {}
        }
        let doubtful = span(None, self.doubtful.as_deref());
        if doubtful.is_some_and(|gap| gap.first <= day && day < gap.last) {
            standing = Standing::Unsure(DOUBTFUL);
        }
        Some(standing)
    }

    /// How well the entry is checked: as its sources say when name and status were, and it held for sure.
    #[must_use]
    pub fn mark(&self, standing: Standing) -> Verification {
        let checked =
            ["entity", "status"].iter().all(|field| self.verified_fields.iter().any(|known| &**known == *field));
        if checked && standing == Standing::Held { self.verification } else { Verification::Recalled }
    }

    /// First and last day, where they are known to the day.
    #[must_use]
    pub fn validity(&self) -> Validity {
        Validity { from: self.listed, to: self.delisted.and_then(Date::day_before) }
    }

    /// The dates as people read them: `2022-08-08 until 2025-03-21`.
    #[must_use]
    pub fn dates(&self) -> String {
        let shown = |date: Option<Date>, text: &Option<Box<str>>| {
            date.map(|date| date.to_string()).or_else(|| text.as_deref().map(str::to_owned))
        };
        let since = shown(self.listed, &self.listed_text).unwrap_or_else(|| "date unknown".to_owned());
        match shown(self.delisted, &self.delisted_text) {
            Some(until) => format!("{since} until {until}"),
            None if &*self.status == "removed" => format!("{since}, removed since"),
            None => since,
        }
    }

    /// Fields whose words name no time, with the words.
    pub(super) fn unclear_times(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let fields =
            [("listed_text", &self.listed_text), ("delisted_text", &self.delisted_text), ("doubtful", &self.doubtful)];
        fields
            .into_iter()
            .filter_map(|(field, words)| Some((field, words.as_deref()?)))
            .filter(|(_, words)| span(None, Some(words)).is_none())
    }
}

/// A known day, else what the words can mean: `A to B` one day between them, `A and B` the first of two.
fn span(date: Option<Date>, words: Option<&str>) -> Option<Span> {
    if let Some(day) = date {
        return Some(Span { first: day, last: day });
    }
    let words = words?;
    let period = |word: &str| Date::parse_period(word.trim()).map(|(first, last)| Span { first, last });
    if let Some((from, to)) = words.split_once(" to ") {
        return Some(Span { first: period(from)?.first, last: period(to)?.last });
    }
    match words.split_once(" and ") {
        Some((first, again)) => period(again).and_then(|_| period(first)),
        None => period(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Tables;

    fn on(fields: &str, asked: &str) -> Option<Standing> {
        let text = format!(
            "[[listing]]\nid = \"a\"\nkind = \"entity\"\nentity = \"A\"\nlist = \"US-SDN\"\nsource = \"s\"\n\
             verification = \"two-source\"\n{fields}\n"
        );
        let tables: Tables = toml::from_str(&text).expect("is a table");
        let day = |text: &str| Date::parse(text).expect("is a date");
        tables.listing[0].standing_on(day(asked), day("2026-11-23"))
    }

    #[test]
    fn days_between_listing_and_removal_count() {
        let exact = "status = \"removed\"\nlisted = 2022-08-08\ndelisted = 2025-03-21";
        assert_eq!(on(exact, "2022-08-07"), None);
        assert_eq!(on(exact, "2022-08-08"), Some(Standing::Held));
        assert_eq!(on(exact, "2025-03-20"), Some(Standing::Held));
        assert_eq!(on(exact, "2025-03-21"), None);
        let words = "status = \"removed\"\nlisted = 2025-10-09\ndelisted_text = \"2025-11\"";
        assert_eq!(on(words, "2025-10-31"), Some(Standing::Held));
        assert_eq!(on(words, "2025-11-05"), Some(Standing::Unsure(REMOVED)));
        assert_eq!(on(words, "2025-12-01"), None);
        let open = "status = \"removed\"\nlisted = 2024-01-31";
        assert_eq!(on(open, "2024-02-01"), Some(Standing::Unsure(REMOVED)));
        assert_eq!(on(open, "2026-11-23"), None);
    }

    #[test]
    fn what_is_not_known_to_the_day_is_unsure() {
        let year = "status = \"listed\"\nlisted_text = \"2022\"";
        assert_eq!(on(year, "2021-12-31"), None);
        assert_eq!(on(year, "2022-06-01"), Some(Standing::Unsure(LISTED)));
        assert_eq!(on(year, "2023-01-01"), Some(Standing::Held));
        let between = "status = \"listed\"\nlisted_text = \"2021-07 to 2024-06\"";
        assert_eq!(on(between, "2021-06-30"), None);
        assert_eq!(on(between, "2024-06-15"), Some(Standing::Unsure(LISTED)));
        assert_eq!(on(between, "2024-07-01"), Some(Standing::Held));
        let twice = "status = \"listed\"\nlisted_text = \"2022-04-05 and 2025-08-14\"";
        assert_eq!(on(twice, "2022-04-05"), Some(Standing::Held));
        let never = "status = \"listed\"";
        assert_eq!(on(never, "2015-01-01"), Some(Standing::Unsure(LISTED)));
        assert_eq!(on(never, "2026-11-23"), Some(Standing::Held));
        let gap = "status = \"listed\"\nlisted = 2025-01-07\ndoubtful = \"2026-02-17 to 2026-06-08\"";
        assert_eq!(on(gap, "2026-02-16"), Some(Standing::Held));
        assert_eq!(on(gap, "2026-03-01"), Some(Standing::Unsure(DOUBTFUL)));
        assert_eq!(on(gap, "2026-06-08"), Some(Standing::Held));
    }
}
