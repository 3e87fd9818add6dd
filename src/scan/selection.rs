//! Which scanners look.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{GROUPS, ScannerMeta, extract, reads_lock_files};
use crate::catalog::tables::nearest;
use crate::text::RelPath;

/// The scanners that look: all, or those that a user chose.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    only: Option<Arc<Chosen>>,
}

#[derive(Debug)]
struct Chosen {
    words: Vec<String>,
    ids: BTreeSet<&'static str>,
}

impl Selection {
    /// The scanners that words mean: groups ([`GROUPS`]) or ids. No words mean all.
    ///
    /// # Errors
    /// When a word is neither; the message lists the groups.
    pub fn parse(words: &[String]) -> anyhow::Result<Self> {
        let mut ids = BTreeSet::new();
        for word in words.iter().map(|word| word.trim()) {
            let mut meant = meant(word).peekable();
            anyhow::ensure!(meant.peek().is_some(), unknown(word));
            ids.extend(meant);
        }
        // a manifest says nothing true of versions while the lock files beside it are not read
        if ids.iter().any(|id| is_manifest(id)) {
            ids.extend(meant("packages").filter(|id| reads_lock_files(id)));
        }
        let chosen = || Arc::new(Chosen { words: words.iter().map(|word| word.trim().to_owned()).collect(), ids });
        Ok(Self { only: (!words.is_empty()).then(chosen) })
    }

    /// True when all scanners look.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.only.is_none()
    }

    /// The words that the user gave; none when all scanners look.
    #[must_use]
    pub fn words(&self) -> &[String] {
        self.only.as_ref().map_or(&[], |chosen| &chosen.words)
    }

    /// True when the scanner looks.
    #[must_use]
    pub fn has(&self, meta: &ScannerMeta) -> bool {
        self.only.as_ref().is_none_or(|chosen| chosen.ids.contains(meta.id))
    }

    /// As [`extract::may_matter`], for the scanners that look.
    pub(super) fn may_matter(&self, path: &RelPath, size: u64) -> bool {
        extract::extractors().any(|(scanner, extractor)| extractor.may_be(path, size) && self.has(scanner.meta()))
    }
}

/// Ids of the scanners of a group, or of the one that is called so.
fn meant(word: &str) -> impl Iterator<Item = &'static str> {
    let all = GROUPS.iter().flat_map(|group| group.scanners.iter().map(move |scanner| (group.word, scanner.meta().id)));
    all.filter(move |(group, id)| word == *group || word == *id).map(|(_, id)| id)
}

fn is_manifest(id: &str) -> bool {
    !reads_lock_files(id) && meant("packages").any(|one| one == id)
}

fn unknown(word: &str) -> String {
    let groups: Vec<&str> = GROUPS.iter().map(|group| group.word).collect();
    let ids = GROUPS.iter().flat_map(|group| group.scanners.iter().map(|scanner| scanner.meta().id));
    let near = nearest(word, &ids.chain(groups.iter().copied()).collect());
    let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    format!(
        "`{word}` is no scanner and no group of them{hint}\ngroups: {}; docs/scanners.md lists the scanners",
        groups.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(words: &[&str]) -> anyhow::Result<Vec<&'static str>> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let selection = Selection::parse(&words)?;
        let all = GROUPS.iter().flat_map(|group| group.scanners);
        Ok(all.map(|scanner| scanner.meta()).filter(|meta| selection.has(meta)).map(|meta| meta.id).collect())
    }

    #[test]
    fn words_are_groups_and_ids() {
        let sbom = chosen(&["sbom"]).expect("is a group");
        assert_eq!(sbom, ["cyclonedx-json", "cyclonedx-xml", "spdx3-json", "spdx-json", "spdx-tag-value"]);
        assert_eq!(chosen(&["cargo-lock", "lspci", "cargo-lock"]).expect("are scanners"), ["lspci", "cargo-lock"]);
        let with_locks = chosen(&["cargo-toml"]).expect("is a scanner");
        assert!(with_locks.contains(&"cargo-lock") && !with_locks.contains(&"package-json"), "{with_locks:?}");
        assert_eq!(chosen(&[]).expect("means all").len(), super::super::SCANNERS.len());
    }

    #[test]
    fn words_that_mean_nothing_are_told_with_what_there_is() {
        let error = chosen(&["sbom", "package"]).expect_err("is none").to_string();
        assert!(error.starts_with("`package` is no scanner and no group of them; did you mean `packages`?"), "{error}");
        assert!(error.contains("groups: programs, cloud, cluster"), "{error}");
    }
}
