//! What the store holds: one small file that names all others, replaced in one step.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::archive::replace;
use crate::model::Date;
use crate::text::hex;

/// Name of the file that says which archives are the store's.
pub(super) const CURRENT: &str = "current";
/// First words of that file; the SHA-256 of the rest follows.
const MARK: &str = "sovaudit-store 1 ";
/// More than any manifest has.
const LARGEST: u64 = 64 << 20;

/// Days for which an authority may leave an edition as it is; beyond that another copy is the likelier reason.
const FRESH_WHEN_FETCHED: i64 = 366;

/// An archive of the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// File name in the store's folder.
    pub file: String,
    /// The hash that stands for the archive, in hexadecimal digits.
    pub hash: String,
}

/// A file that was imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Its name, without folders.
    pub name: String,
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
    /// Size.
    pub bytes: u64,
}

/// How many parties of a list an import gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListCount {
    /// List id.
    pub list: String,
    /// Parties.
    pub parties: u64,
    /// Names of these.
    pub names: u64,
    /// Fewer parties than this are no edition of the list.
    #[serde(default)]
    pub floor: u64,
    /// Differences to the import before; none when the list is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Counts>,
}

/// Differences to the import before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Entries that are new.
    pub added: u64,
    /// Entries whose [`crate::lists::Party::digest`] is another.
    pub changed: u64,
    /// Entries that are gone.
    pub removed: u64,
}

/// How the day of retrieval is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Retrieval {
    /// The user said it.
    Stated,
    /// We fetched it ourselves.
    Online,
    /// Nobody said it: the day of the import stands for it, and a file may be much older than that.
    #[default]
    Assumed,
}

/// What one import brought: a set of lists that come together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Format in which it was read.
    pub format: String,
    /// Name for people.
    pub title: String,
    /// Terms under which the data may be used.
    pub licence: String,
    /// What has to be shown with results, where the terms ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<String>,
    /// Its lists.
    pub lists: Vec<ListCount>,
    /// Day of publication, where the files say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Date>,
    /// Day of retrieval.
    pub retrieved: Date,
    /// How that is known.
    #[serde(default)]
    pub retrieval: Retrieval,
    /// The files.
    pub inputs: Vec<Input>,
    /// Rows or records of the files.
    pub records: u64,
    /// Parties kept.
    pub parties: u64,
    /// Names kept.
    pub names: u64,
    /// Rows that could not be used.
    pub bad_rows: u64,
    /// The first of them, with place.
    #[serde(default)]
    pub bad: Vec<String>,
    /// Remarks of the reader, and floors that were waived.
    #[serde(default)]
    pub notes: Vec<String>,
    /// What is missing in it because files of the edition were not given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incomplete: Vec<String>,
    /// False for tables that say who owns whom: nobody is screened against them.
    pub screened: bool,
    /// Where it is kept.
    #[serde(default)]
    pub stored: Stored,
}

impl Source {
    /// Day from which its age is counted: that of retrieval where somebody said it, else that of publication where the
    /// files say it, else that of the import. An edition that was long out of date when it was fetched is as old as it
    /// says itself.
    #[must_use]
    pub fn known_on(&self) -> Date {
        match self.retrieval {
            Retrieval::Online => self.retrieved,
            Retrieval::Stated => {
                let old = self.published.filter(|day| day.days_until(self.retrieved) > FRESH_WHEN_FETCHED);
                old.unwrap_or(self.retrieved)
            }
            Retrieval::Assumed => self.published.map_or(self.retrieved, |day| day.min(self.retrieved)),
        }
    }

    /// True when neither the files nor anybody says of which day it is: all that is known is when it was imported.
    #[must_use]
    pub fn is_undated(&self) -> bool {
        self.published.is_none() && self.retrieval == Retrieval::Assumed
    }

    /// Ids of its lists: `US-SSI, US-CAPTA`.
    #[must_use]
    pub fn list_names(&self) -> String {
        self.lists.iter().map(|list| list.list.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// Everything that the store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Counts imports; part of the names of their files.
    pub generation: u64,
    /// What was imported, by the name of the source.
    pub sources: BTreeMap<String, Source>,
    /// All parties with the index over them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screening: Option<Stored>,
    /// Version of that index.
    #[serde(default)]
    pub index: u32,
    /// Rule files that came in a bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Stored>,
    /// Highest bundle number that was accepted, by the id of the key that signed it.
    #[serde(default)]
    pub bundles: BTreeMap<String, u64>,
    /// Entries that only some of the sources of a list have, and what became of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Manifest {
    /// Reads the file of a store's folder; none when there is none.
    ///
    /// # Errors
    /// When it is not as it was written.
    pub(super) fn read(folder: &Path) -> anyhow::Result<Option<Self>> {
        let file = match File::open(folder.join(CURRENT)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).context("it cannot be read"),
        };
        let mut text = String::new();
        file.take(LARGEST + 1).read_to_string(&mut text).context("it cannot be read")?;
        ensure!(text.len() as u64 <= LARGEST, "it is larger than any that is written");
        let Some((hash, rest)) = text.strip_prefix(MARK).and_then(|text| text.split_once('\n')) else {
            bail!("it does not begin with `{}`; another version of sovaudit may have written it", MARK.trim());
        };
        ensure!(hex(&Sha256::digest(rest.as_bytes())) == hash, "it was changed or cut off after it was written");
        Ok(Some(serde_json::from_str(rest).context("it is no manifest")?))
    }

    /// Puts it in the place of the former one: from here on the store is another.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let rest = serde_json::to_string_pretty(self)? + "\n";
        let hash = hex(&Sha256::digest(rest.as_bytes()));
        replace(&folder.join(CURRENT), |out| write!(out, "{MARK}{hash}\n{rest}"))
    }

    /// Names of all files that it needs.
    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        let sources = self.sources.values().map(|source| &source.stored);
        sources.chain(&self.screening).chain(&self.rules).map(|stored| stored.file.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_comes_back_or_says_that_it_was_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(Manifest::read(folder.path()).expect("nothing is no error"), None);
        let manifest = Manifest { generation: 7, bundles: [("k".to_owned(), 3)].into(), ..Manifest::default() };
        manifest.write(folder.path()).expect("writes");
        assert_eq!(Manifest::read(folder.path()).expect("is whole"), Some(manifest));
        let path = folder.path().join(CURRENT);
        let whole = std::fs::read(&path).expect("is there");
        for at in 0..whole.len() {
            let mut bad = whole.clone();
            bad[at] ^= 1;
            std::fs::write(&path, &bad).expect("writes");
            assert!(Manifest::read(folder.path()).is_err(), "byte {at}");
            std::fs::write(&path, &whole[..at]).expect("writes");
            assert!(Manifest::read(folder.path()).is_err(), "cut at {at}");
        }
    }
}
