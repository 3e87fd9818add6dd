//! Dates without a clock: the as-of date is always a parameter.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A calendar day, ISO 8601 (`2026-11-23`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(jiff::civil::Date);

impl Date {
    /// Parses `YYYY-MM-DD`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 10 {
            return None;
        }
        text.parse().ok().map(Self)
    }

    /// First and last day of a year (`2022`), a month (`2022-06`) or a day (`2022-06-03`).
    #[must_use]
    pub fn parse_period(text: &str) -> Option<(Self, Self)> {
        match text.len() {
            4 => Some((Self::parse(&format!("{text}-01-01"))?, Self::parse(&format!("{text}-12-31"))?)),
            7 => {
                let first = Self::parse(&format!("{text}-01"))?;
                Some((first, Self(first.0.last_of_month())))
            }
            _ => Self::parse(text).map(|day| (day, day)),
        }
    }

    /// The day before; none before the first day of the calendar.
    #[must_use]
    pub fn day_before(self) -> Option<Self> {
        self.0.yesterday().ok().map(Self)
    }

    /// The day so many days later; the last day of the calendar at most.
    #[must_use]
    pub fn days_later(self, days: u32) -> Self {
        Self(self.0.saturating_add(jiff::Span::new().days(i64::from(days.min(1_000_000)))))
    }

    /// From a TOML local date.
    #[must_use]
    pub fn from_toml(value: &toml::value::Datetime) -> Option<Self> {
        let date = value.date?;
        let year = i16::try_from(date.year).ok()?;
        let month = i8::try_from(date.month).ok()?;
        let day = i8::try_from(date.day).ok()?;
        jiff::civil::Date::new(year, month, day).ok().map(Self)
    }

    /// Whole days from `self` to `later`; negative when `later` is before.
    #[must_use]
    pub fn days_until(self, later: Self) -> i64 {
        i64::from(self.0.until(later.0).map_or(0, |span| span.get_days()))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Accepts a TOML date and an ISO text.
impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Toml(toml::value::Datetime),
            Text(String),
        }
        let (date, shown) = match Form::deserialize(deserializer)? {
            Form::Toml(value) => (Self::from_toml(&value), value.to_string()),
            Form::Text(text) => (Self::parse(&text), text),
        };
        date.ok_or_else(|| serde::de::Error::custom(format!("`{shown}` is not a date such as 2026-11-23")))
    }
}

impl schemars::JsonSchema for Date {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date" })
    }
}

/// When a fact holds: both ends may be open, `from` is inclusive, `to` is the last day.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Validity {
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
}

impl Validity {
    /// True when the fact holds on `day`.
    #[must_use]
    pub fn holds_on(self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validity_includes_both_ends() {
        let day = |text| Date::parse(text).expect("is a date");
        let validity = Validity { from: Some(day("2025-01-01")), to: Some(day("2025-12-31")) };
        assert!(validity.holds_on(day("2025-01-01")) && validity.holds_on(day("2025-12-31")));
        assert!(!validity.holds_on(day("2026-01-01")) && !validity.holds_on(day("2024-12-31")));
        assert_eq!(day("2026-11-23").days_until(day("2026-12-03")), 10);
        assert_eq!(Date::parse("2026-13-01"), None);
        assert_eq!(Date::parse_period("2024-02"), Some((day("2024-02-01"), day("2024-02-29"))));
        assert_eq!(Date::parse_period("2024"), Some((day("2024-01-01"), day("2024-12-31"))));
        assert_eq!((Date::parse_period("20ü4"), Date::parse_period("soon")), (None, None));
        assert_eq!(day("2024-02-28").days_later(2), day("2024-03-01"));
        assert_eq!(day("9999-12-30").days_later(u32::MAX), day("9999-12-31"));
        assert_eq!(day("2025-03-01").day_before(), Some(day("2025-02-28")));
    }
}
