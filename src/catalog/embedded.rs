//! The embedded files in a form that is read quickly, see `build.rs`.

use rayon::prelude::*;
use serde::de::DeserializeOwned;

use super::layer::{Content, embedded_text};
use super::tables::Tables;

include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// The rows of a rule file, when its text is that of the embedded file of its name.
pub(super) fn read(path: &str, text: &str) -> Option<Tables> {
    // a user's folder may have a file of that name
    embedded_text(path).filter(|embedded| *embedded == text)?;
    Tables::embedded_in(path)
}

/// Files that have rows of a table, in the order of their names.
fn files(table: &str) -> &'static [(&'static str, &'static str)] {
    TABLES.iter().find(|(name, _)| *name == table).map_or(&[], |(_, files)| files)
}

/// All rows of a table of the embedded files.
///
/// # Panics
/// When one of them is not sound: the tests read all of them.
pub(super) fn rows<R: DeserializeOwned>(table: &str) -> Vec<R> {
    let mut all = Vec::new();
    for (path, json) in files(table) {
        let rows: Vec<R> = serde_json::from_str(json)
            .unwrap_or_else(|error| panic!("`{table}` of `{path}`, which tests read: {error}"));
        all.extend(rows);
    }
    all
}

/// What an embedded file has of a table; the empty value when that is nothing. `None` when it is not sound.
pub(super) fn rows_in<T: DeserializeOwned + Default>(path: &str, table: &str) -> Option<T> {
    match files(table).iter().find(|(name, _)| *name == path) {
        Some((_, json)) => serde_json::from_str(json).ok(),
        None => Some(T::default()),
    }
}

/// All embedded files of a sort that hold one thing each, in the order of their names. Nothing when one of them is not sound,
/// which the tests would have told: reading the texts themselves says why.
pub(crate) fn all<T: DeserializeOwned + Send>(sort: Content) -> Option<Vec<(&'static str, T)>> {
    // by their folders alone: none of them has a place of its own
    let files: Vec<_> = FILES.iter().filter(|(path, _)| Content::of(path, "") == sort).collect();
    files.par_iter().map(|(path, json)| Some((*path, serde_json::from_str(json).ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Catalog, Layer};
    use crate::rules::RuleSet;

    #[test]
    fn both_forms_hold_the_same_rows() {
        let layer = Layer::embedded();
        let files = layer.files.iter().filter(|(path, text)| Content::of(path, text) == Content::Tables);
        let mut count = 0;
        for (path, text) in files {
            let told: Tables = toml::from_str(text).expect("embedded tables are sound");
            let read = read(path, text).unwrap_or_else(|| panic!("`{path}` is read from JSON"));
            assert!(format!("{told:?}") == format!("{read:?}"), "{path}");
            assert!(super::read(path, &format!("{text}\n# of a user")).is_none());
            count += 1;
        }
        assert!(count > 40);
    }

    #[test]
    fn the_embedded_set_is_sound_and_the_same_as_its_files() {
        let layers = [Layer::embedded()];
        let told = Catalog::load(&layers).unwrap_or_else(|errors| panic!("{errors:?}"));
        let read = Catalog::embedded_quickly().expect("is sound");
        assert!(format!("{:?}", told.tables()) == format!("{:?}", read.tables()));
        assert!(read.overrides.is_empty() && told.overrides.is_empty());
        let rules = RuleSet::load(&layers, &told).unwrap_or_else(|errors| panic!("{errors:?}"));
        let quick = RuleSet::embedded_quickly().expect("is sound");
        assert!(rules.rules.len() > 40 && rules.profiles.len() > 3);
        assert!(format!("{rules:?}") == format!("{quick:?}"));
    }
}
