//! The embedded tables in a form that is read quickly, see `build.rs`.

use super::layer::embedded_text;
use super::tables::Tables;

include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// The rows of a rule file, when its text is that of the embedded file of its name.
pub(super) fn read(path: &str, text: &str) -> Option<Tables> {
    let (_, json) = TABLES.iter().find(|(name, _)| *name == path)?;
    // a user's folder may have a file of that name
    embedded_text(path).filter(|embedded| *embedded == text)?;
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Content, Layer};

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
}
