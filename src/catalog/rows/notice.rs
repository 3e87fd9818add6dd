//! What is known of single components or their makers and stands on no list.

use serde::Deserialize;

use super::{Text, rows};
use crate::model::{CountryCode, Date, Validity, Verification};

rows! {
    /// Something known of components, or of what an organisation makes: an upstream that ended, a release that acts by
    /// the user's country, a state that bars its use.
    Notice {
        /// Kebab-case.
        id: Text,
        /// What it is about; rules ask for topics: `upstream-ended`, `locale-triggered`, `single-maintainer`,
        /// `government-bar`.
        topic: Text,
        /// Globs over the id of a component, or over its name in reports.
        #[serde(default)]
        components: Vec<Text>,
        /// Everything that this organisation publishes or operates.
        #[serde(default)]
        organisation: Option<Text>,
        /// Whose bar it is: it means something to those who are at home there.
        #[serde(default)]
        jurisdiction: Option<CountryCode>,
        /// What is known, as the end of a sentence about the component.
        what: Text,
        /// First day on which it surely holds.
        #[serde(default)]
        from: Option<Date>,
        /// Last day.
        #[serde(default)]
        to: Option<Date>,
        /// Legal citation.
        #[serde(default)]
        citation: Option<Text>,
    }
}

impl Notice {
    /// The days on which it holds.
    #[must_use]
    pub fn validity(&self) -> Validity {
        Validity { from: self.from, to: self.to }
    }
}
