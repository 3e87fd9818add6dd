//! Supply of accelerators: who makes what is in them, which software runs on which, what a designer can stop.

use serde::Deserialize;

use super::{Text, rows};
use crate::model::{CountryCode, Horizon, Verification};

rows! {
    /// A way of programming accelerators, and the accelerators that have it.
    Platform {
        /// `cuda`, `rocm`, …
        id: Text,
        /// Name.
        name: Text,
        /// Accelerators by id; `*` at the end stands for the rest.
        accelerators: Vec<Text>,
        /// Organisation id of who makes it.
        #[serde(default)]
        maker: Option<Text>,
    }
    /// Software that runs on some platforms only.
    StackTie {
        /// Kebab-case.
        id: Text,
        /// Packages as `type/name` (`pypi/torch`); `*` at the end stands for the rest.
        #[serde(default)]
        packages: Vec<Text>,
        /// Beginnings of image names (`docker.io/rocm/`).
        #[serde(default)]
        images: Vec<Text>,
        /// Platforms that it runs on, by id.
        platforms: Vec<Text>,
        /// How tight it is.
        tie: Tie,
        /// What it is, as the end of a sentence.
        what: Text,
    }
    /// What a designer can stop for those who have its accelerators.
    SupplyStop {
        /// Kebab-case.
        id: Text,
        /// Organisation id of the designer.
        designer: Text,
        /// A few words.
        what: Text,
        /// When its loss is felt.
        horizon: Horizon,
        /// What happens then, and what helps.
        text: Text,
        /// Software without which it says nothing, by id of the tie; always when empty.
        #[serde(default)]
        only_with: Vec<Text>,
        /// Market segments of the accelerators that it is about; all when empty. What is felt at once is of accelerators
        /// that are rented from their designer: it operates them.
        #[serde(default)]
        segments: Vec<Text>,
    }
    /// Who makes the memory of accelerators and packs them.
    AcceleratorSupply {
        /// Kebab-case.
        id: Text,
        /// Accelerators by id; `*` at the end stands for the rest.
        accelerators: Vec<Text>,
        /// Makers of the memory, any of them.
        #[serde(default)]
        memory_makers: Vec<Text>,
        /// Where they are seated.
        #[serde(default)]
        memory_countries: Vec<CountryCode>,
        /// How it is packed.
        #[serde(default)]
        packaging: Option<Text>,
        /// By whom.
        #[serde(default)]
        packagers: Vec<Text>,
        /// Where.
        #[serde(default)]
        packaging_countries: Vec<CountryCode>,
        /// Remark.
        #[serde(default)]
        note: Option<Text>,
    }
}

impl SupplyStop {
    /// True when it is about accelerators of these market segments, all of them where there are several that a name may mean.
    #[must_use]
    pub fn is_about(&self, segments: &[&str]) -> bool {
        let is_named = |segment: &&str| self.segments.iter().any(|own| **own == **segment);
        self.segments.is_empty() || !segments.is_empty() && segments.iter().all(is_named)
    }
}

/// How tight software is tied to its platforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tie {
    /// Its code is written for them: elsewhere it does not run.
    Code,
    /// Only this build is made for them: there are builds, or replacements that nobody has to write, for others.
    Build,
}

/// Whether a pattern names an id; `*` at the end stands for the rest.
#[must_use]
pub fn names(pattern: &str, id: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == id, |start| id.starts_with(start))
}
