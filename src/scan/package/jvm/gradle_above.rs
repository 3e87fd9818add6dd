//! Files beside a Gradle script and in the folders above it, and the build that it belongs to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::gradle_applied::BUILD_SRC;
use super::gradle_script;
use super::gradle_settings::Build;
use crate::scan::{Input, SourceFile};
use crate::text::RelPath;

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

impl Build {
    /// The build that the scripts of a folder belong to: that of the nearest settings. `buildSrc` and what settings include as
    /// builds are builds of their own, with settings or without.
    pub(super) fn above(input: &Input<'_>, folder: &RelPath) -> Option<Arc<Self>> {
        let without_settings = |folder: &RelPath| Some(Arc::new(Self::of(folder.clone(), &[])));
        let mut below = Vec::new();
        for folder in folder.and_above().take(ABOVE) {
            if let Some(build) = Self::at(input, &folder) {
                let inner = below.iter().rfind(|folder| build.builds.contains(folder));
                return inner.map_or(Some(build.clone()), without_settings);
            }
            if folder.name() == BUILD_SRC {
                return without_settings(&folder);
            }
            below.push(folder);
        }
        None
    }

    /// True for a build in the folders of another one, whose repositories are not its own.
    pub(super) fn is_nested(&self, input: &Input<'_>) -> bool {
        !self.root().is_root() && Self::above(input, &self.root().parent()).is_some()
    }
}
