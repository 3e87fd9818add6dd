//! Files beside a Gradle script and in the folders above it.

use std::collections::BTreeMap;

use super::gradle_script;
use crate::scan::{Input, SourceFile};

/// Folders above a script in which shared files are looked for.
const ABOVE: usize = 16;

/// A file of the name in the script's folder and those above, the nearest first.
pub(super) fn above<'i>(
    input: &'i Input<'_>,
    file: &SourceFile,
    name: &'i str,
) -> impl Iterator<Item = SourceFile> + use<'i> {
    let mut folder = Some(file.folder());
    let folders = std::iter::from_fn(move || {
        let here = folder.take()?;
        folder = (!here.is_root()).then(|| here.parent());
        Some(here)
    });
    folders.take(ABOVE).filter_map(move |folder| input.companion(&folder.join(name)?))
}

/// Values of gradle.properties beside the script and above it, the nearest counting.
pub(super) fn properties_above(input: &Input<'_>, file: &SourceFile) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for file in above(input, file, "gradle.properties") {
        for (name, value) in gradle_script::properties(file.text()) {
            all.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
    }
    all
}
