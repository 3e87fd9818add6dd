//! Shares of capital or votes: exact, a bound, or a range. Whole numbers inside, so that sums are exact.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

/// A percentage in ten-thousandths of a percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u32);

impl Percent {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// Everything.
    pub const WHOLE: Self = Self(1_000_000);

    /// From ten-thousandths of a percent; more than everything is everything.
    #[must_use]
    pub fn from_parts(parts: u64) -> Self {
        u32::try_from(parts).map_or(Self::WHOLE, |parts| Self(parts.min(Self::WHOLE.0)))
    }

    /// Ten-thousandths of a percent.
    #[must_use]
    pub fn parts(self) -> u64 {
        u64::from(self.0)
    }

    /// Reads `59.45`: digits with at most four decimals, from 0 to 100.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits(whole) || !are_digits(decimals) || decimals.len() > 4 || whole.len() > 3 {
            return None;
        }
        let decimals: u32 = format!("{decimals:0<4}").parse().ok()?;
        let parts = whole.parse::<u32>().ok()? * 10_000 + decimals;
        (parts <= Self::WHOLE.0).then_some(Self(parts))
    }
}

/// `59.45`
impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, decimals) = (self.0 / 10_000, self.0 % 10_000);
        if decimals == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{}", format!("{decimals:04}").trim_end_matches('0'))
    }
}

/// A number or its text.
impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Written::deserialize(deserializer)?.0;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format!("`{text}` is no percentage from 0 to 100")))
    }
}

impl schemars::JsonSchema for Percent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Percent".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number", "minimum": 0, "maximum": 100 })
    }
}

/// What is known of a share: it lies between two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Lower end.
    pub least: Percent,
    /// True when it is more than the lower end.
    pub above: bool,
    /// Upper end.
    pub most: Percent,
    /// True when it is less than the upper end.
    pub below: bool,
}

impl Share {
    /// A share that may be anything.
    pub const UNKNOWN: Self = Self { least: Percent::ZERO, above: false, most: Percent::WHOLE, below: false };

    /// A share known exactly.
    #[must_use]
    pub fn exactly(percent: Percent) -> Self {
        Self { least: percent, above: false, most: percent, below: false }
    }

    /// Reads `59.45`, `>50`, `>=50`, `<5`, `<=10` or `68-81`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let whole = Self::UNKNOWN;
        if let Some(rest) = text.strip_prefix(">=") {
            return Some(Self { least: Percent::parse(rest.trim())?, ..whole });
        }
        if let Some(rest) = text.strip_prefix('>') {
            let least = Percent::parse(rest.trim())?;
            return (least < Percent::WHOLE).then_some(Self { least, above: true, ..whole });
        }
        if let Some(rest) = text.strip_prefix("<=") {
            return Some(Self { most: Percent::parse(rest.trim())?, ..whole });
        }
        if let Some(rest) = text.strip_prefix('<') {
            let most = Percent::parse(rest.trim())?;
            return (most > Percent::ZERO).then_some(Self { most, below: true, ..whole });
        }
        if let Some((from, to)) = text.split_once('-') {
            let (least, most) = (Percent::parse(from.trim())?, Percent::parse(to.trim())?);
            return (least <= most).then_some(Self { least, most, ..whole });
        }
        Percent::parse(text).map(Self::exactly)
    }
}

/// `59.45 %`, `more than 50 %`, `68 to 81 %`
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { least, above, most, below } = self;
        match (*least == Percent::ZERO && !above, *most == Percent::WHOLE && !below) {
            _ if least == most => write!(f, "{least} %"),
            (true, true) => f.write_str("unknown share"),
            (false, true) => write!(f, "{} {least} %", if *above { "more than" } else { "at least" }),
            (true, false) => write!(f, "{} {most} %", if *below { "less than" } else { "at most" }),
            (false, false) => write!(f, "{least} to {most} %"),
        }
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Written::deserialize(deserializer)?.0;
        Self::parse(&text).ok_or_else(|| {
            let forms = "write a number such as 59.45, a bound such as \">50\", \">=50\", \"<5\", or a range \"68-81\"";
            de::Error::custom(format!("`{text}` is no share from 0 to 100 percent; {forms}"))
        })
    }
}

impl schemars::JsonSchema for Share {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Share".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Percent: a number, a bound or a range",
            "anyOf": [
                { "type": "number", "minimum": 0, "maximum": 100 },
                { "type": "string", "pattern": r"^\s*(>=|>|<=|<)?\s*\d{1,3}(\.\d{1,4})?(\s*-\s*\d{1,3}(\.\d{1,4})?)?\s*$" }
            ]
        })
    }
}

/// A number or a text, as text.
struct Written(String);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl de::Visitor<'_> for Form {
            type Value = Written;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a percentage: a number, or a text such as \">50\"")
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Written, E> {
                Ok(Written(value.to_string()))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Written, E> {
                Ok(Written(value.to_string()))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Written, E> {
                Ok(Written(value.to_string()))
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Written, E> {
                Ok(Written(value.to_owned()))
            }
        }
        deserializer.deserialize_any(Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_and_written() {
        for (text, shown) in [
            ("59.45", "59.45 %"),
            ("100", "100 %"),
            ("0", "0 %"),
            (">50", "more than 50 %"),
            (">= 50", "at least 50 %"),
            ("<5", "less than 5 %"),
            ("<=10.5", "at most 10.5 %"),
            ("68-81", "68 to 81 %"),
            (">=0", "unknown share"),
        ] {
            assert_eq!(Share::parse(text).map(|share| share.to_string()).as_deref(), Some(shown), "{text}");
        }
        for text in ["101", "-1", "", "50 %", ">100", "<0", "81-68", "1.23456", "NaN", "1e2", "50.", "³"] {
            assert_eq!(Share::parse(text), None, "{text}");
        }
    }
}
