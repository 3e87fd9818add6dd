//! Profiles: from whose chair we look.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::file::Jurisdictions;
use crate::catalog::Catalog;
use crate::model::{CountryCode, Date, Severity};

/// A point of view, as written in `rules/profiles/*.toml`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProfileFile {
    /// Kebab-case, equal to the file name.
    pub id: String,
    /// One line.
    pub title: String,
    /// What the stance is and where it comes from. A profile is a choice, not a fact.
    pub about: String,
    /// Our own legal orders: ISO codes and country group ids.
    #[serde(default)]
    pub home: Vec<String>,
    /// Where control and data are acceptable (home is always).
    #[serde(default)]
    pub trusted: Vec<String>,
    /// Whose control is not acceptable at all.
    #[serde(default)]
    pub refused: Vec<String>,
    /// What a listing means for us, by list id: `block`, `review`, `warn`, `info`.
    #[serde(default)]
    pub lists: BTreeMap<String, String>,
    /// Severity of a rule as we see it.
    #[serde(default)]
    pub severity: BTreeMap<String, Severity>,
    /// Categories and severities that fail the gate when `--fail-on` is not given.
    #[serde(default)]
    pub fail_on: Vec<String>,
    /// Share of components controlled from one foreign jurisdiction that is too much, in percent.
    #[serde(default)]
    pub concentration_percent: Option<u8>,
}

impl ProfileFile {
    /// What an entry of a list means from this chair: the profile's word, else the list's own. Where a list blocks only by a
    /// certain measure, an entry without it asks for review. A company's own lists block; a list that nobody describes asks for
    /// review, so that it is never passed over.
    #[must_use]
    pub fn consequence<'v>(&'v self, catalog: &'v Catalog, list: &str, measures: &[Box<str>]) -> &'v str {
        let row = catalog.list(list);
        let also = || row.and_then(|row| row.also.iter().find_map(|other| self.lists.get(&**other)));
        let own = self.lists.get(list).or_else(also).map(String::as_str);
        let word = own.or_else(|| row.map(|row| &*row.consequence));
        let needed = row.and_then(|row| row.measure.as_deref());
        let without =
            |needed: &str| !measures.is_empty() && !measures.iter().any(|one| one.eq_ignore_ascii_case(needed));
        match word {
            Some("block") if needed.is_some_and(without) => "review",
            Some(word) => word,
            None if list.starts_with("OWN-") => "block",
            None => crate::lists::ASSUMED_CONSEQUENCE,
        }
    }
}

/// A profile with its sets resolved at a date.
#[derive(Clone, Debug)]
pub struct Profile {
    /// As written.
    pub file: ProfileFile,
    /// Home countries.
    pub home: BTreeSet<CountryCode>,
    /// Trusted countries, home included.
    pub trusted: BTreeSet<CountryCode>,
    /// Refused countries.
    pub refused: BTreeSet<CountryCode>,
}

impl Profile {
    /// Resolves country codes and group ids.
    ///
    /// # Errors
    /// The word that is neither an ISO code nor a group of the catalog.
    pub fn resolve(file: ProfileFile, catalog: &Catalog, as_of: Date) -> Result<Self, String> {
        let home = countries(&file.home, catalog, as_of)?;
        let mut trusted = countries(&file.trusted, catalog, as_of)?;
        trusted.extend(&home);
        let refused = countries(&file.refused, catalog, as_of)?;
        Ok(Self { file, home, trusted, refused })
    }

    /// True for a bloc of which some members are in the set a rule names, and others are not: where in it something lies is
    /// then not decided.
    ///
    /// # Errors
    /// The name of a set that does not exist.
    pub fn is_split(
        &self,
        set: &Jurisdictions,
        country: CountryCode,
        catalog: &Catalog,
        as_of: Date,
    ) -> Result<bool, String> {
        if catalog.is_country(country) {
            return Ok(false);
        }
        let members = catalog.group_members(country.as_str(), as_of).unwrap_or_default();
        let all: Result<BTreeSet<bool>, String> =
            members.into_iter().map(|member| self.contains(set, member, catalog, as_of)).collect();
        Ok(all?.len() > 1)
    }

    /// True when `country`, or every member of a bloc, is in the set a rule names.
    ///
    /// # Errors
    /// The name of a set that does not exist.
    pub fn contains(
        &self,
        set: &Jurisdictions,
        country: CountryCode,
        catalog: &Catalog,
        as_of: Date,
    ) -> Result<bool, String> {
        // a bloc is what all of its members are
        if !catalog.is_country(country)
            && let Some(members) = catalog.group_members(country.as_str(), as_of).filter(|members| !members.is_empty())
        {
            let all: Result<Vec<bool>, String> =
                members.into_iter().map(|member| self.contains(set, member, catalog, as_of)).collect();
            return Ok(all?.into_iter().all(|is_in| is_in));
        }
        match set {
            Jurisdictions::Named(name) => match name.as_str() {
                "profile.refused" => Ok(self.refused.contains(&country)),
                "profile.not-trusted" => Ok(!self.trusted.contains(&country)),
                // foreign: neither ours or trusted, nor refused outright (another rule speaks there)
                "profile.foreign" => Ok(!self.trusted.contains(&country) && !self.refused.contains(&country)),
                other => Err(format!("`{other}` is not a set of the profile")),
            },
            Jurisdictions::Listed(words) => Ok(countries(words, catalog, as_of)?.contains(&country)),
        }
    }
}

/// Resolves ISO codes and ids of country groups.
///
/// # Errors
/// The word that is neither.
pub fn countries(words: &[String], catalog: &Catalog, as_of: Date) -> Result<BTreeSet<CountryCode>, String> {
    let mut found = BTreeSet::new();
    for word in words {
        if let Some(group) = catalog.group_members(word, as_of) {
            found.extend(group);
        } else if let Some(code) = CountryCode::new(word).filter(|code| catalog.is_country(*code)) {
            found.insert(code);
        } else {
            return Err(format!("`{word}` is neither an ISO country code nor a country group"));
        }
    }
    Ok(found)
}
