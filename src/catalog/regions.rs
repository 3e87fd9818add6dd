//! Regions and clouds as those call them who run their services on the clouds of others.

use super::Catalog;
use super::rows::{Provider, Region, RegionName};

/// Words of a name of a region.
const MOST_WORDS: usize = 6;
/// What parts them.
const BETWEEN: [char; 4] = ['_', '-', '.', ' '];

impl Catalog {
    /// A region of a provider by its code or by what others call it: `EU_WEST_1`, `EUROPE_WEST`, `WESTERN_EUROPE`. They
    /// write the words of its code in capitals, in the same or another order, or have a name of their own.
    #[must_use]
    pub fn region_named(&self, provider: &str, name: &str) -> Option<&Region> {
        let is_called = |row: &&RegionName| &*row.provider == provider && row.name.eq_ignore_ascii_case(name);
        let by_name = || {
            let row = self.tables.region_name.iter().find(is_called)?;
            self.region(provider, &row.code)
        };
        self.region(provider, name).or_else(by_name).or_else(|| {
            let name = name.to_ascii_lowercase();
            let words: Vec<&str> = name.split(BETWEEN).filter(|word| !word.is_empty()).collect();
            if !(2..=MOST_WORDS).contains(&words.len()) {
                return None;
            }
            let mut regions = self.tables.region.iter().filter(|row| &*row.provider == provider);
            regions.find(|row| is_made_of(&row.code.to_ascii_lowercase().replace('-', ""), &words))
        })
    }

    /// A provider by the word that others have for it: `AWS`, `gcp`, `azurerm`.
    #[must_use]
    pub fn provider_by_word(&self, word: &str) -> Option<&Provider> {
        let word = word.to_ascii_lowercase();
        self.provider(&word).or_else(|| self.provider_by_terraform(&word))
    }

    /// The provider that a name of a region begins or ends with, and the rest of it: `azure-westeurope`, `us-east1-gcp`.
    #[must_use]
    pub fn provider_and_region<'n>(&self, name: &'n str) -> Option<(&Provider, &'n str)> {
        let parted = |(word, rest): (&str, &'n str)| Some((self.provider_by_word(word)?, rest));
        let first = name.split_once(BETWEEN).and_then(parted);
        first.or_else(|| name.rsplit_once(BETWEEN).map(|(rest, word)| (word, rest)).and_then(parted))
    }
}

/// True when a text is these words and nothing else, in any order.
fn is_made_of(text: &str, words: &[&str]) -> bool {
    if words.is_empty() {
        return text.is_empty();
    }
    words.iter().enumerate().any(|(at, word)| {
        text.strip_prefix(word).is_some_and(|rest| {
            let others: Vec<&str> =
                words.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, word)| *word).collect();
            is_made_of(rest, &others)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_have_the_names_that_others_give_them() {
        let catalog = Catalog::embedded();
        for (provider, name, code) in [
            ("aws", "EU_WEST_1", "eu-west-1"),
            ("aws", "eu-central-1", "eu-central-1"),
            ("aws", "US_GOV_WEST_1", "us-gov-west-1"),
            ("azure", "EUROPE_WEST", "westeurope"),
            ("azure", "US_EAST_2", "eastus2"),
            ("azure", "GERMANY_WEST_CENTRAL", "germanywestcentral"),
            ("azure", "ASIA_SOUTH_EAST", "southeastasia"),
            ("gcp", "WESTERN_EUROPE", "europe-west1"),
            ("gcp", "EUROPE_WEST_3", "europe-west3"),
            ("gcp", "us-west-1", "us-west1"),
            ("gcp", "NORTH_AMERICA_NORTHEAST_1", "northamerica-northeast1"),
        ] {
            assert_eq!(catalog.region_named(provider, name).map(|row| &*row.code), Some(code), "{provider} {name}");
        }
        for (provider, name) in [("aws", "EUROPE_WEST"), ("azure", "WESTERN_EUROPE"), ("gcp", "MARS_1"), ("aws", "_")] {
            assert_eq!(catalog.region_named(provider, name).map(|row| &*row.code), None, "{provider} {name}");
        }
        let parted = |name| catalog.provider_and_region(name).map(|(provider, rest)| (&*provider.id, rest));
        assert_eq!(parted("azure-westeurope"), Some(("azure", "westeurope")));
        assert_eq!(parted("us-east1-gcp"), Some(("gcp", "us-east1")));
        assert_eq!(parted("AWS_EU_CENTRAL_1"), Some(("aws", "EU_CENTRAL_1")));
        assert_eq!(parted("eu-central-1"), None);
    }
}
