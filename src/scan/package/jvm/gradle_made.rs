//! Plugins that scripts of a tree make: no registry is asked for them.

use std::collections::{BTreeMap, BTreeSet};

use super::gradle_applied::{Applied, ROWS, Roots, SCRIPTS, Table, applied, base_of, is_script, up};
use super::gradle_script;
use crate::scan::Input;
use crate::text::RelPath;

/// The folders of the builds in which scripts make plugins, by their ids.
#[derive(Default)]
struct Made {
    by_build_src: BTreeMap<String, BTreeSet<RelPath>>,
    by_included: BTreeMap<String, BTreeSet<RelPath>>,
}

impl Made {
    fn of(input: &Input<'_>) -> Self {
        let mut made = Self::default();
        let plugins = || input.paths.iter().filter(|path| is_script(path) && base_of(path).is_some()).take(SCRIPTS);
        if plugins().next().is_none() {
            return made;
        }
        let table = input.memo.once(|| Table::of(input));
        let mut room = ROWS;
        for path in plugins() {
            let Some(file) = input.companion(path) else { continue };
            let Some(Applied::Plugin(id)) = applied(path, &gradle_script::statements(file.text())) else { continue };
            let Roots { own, including } = table.roots(path);
            let builds = if including.is_some() { &mut made.by_included } else { &mut made.by_build_src };
            let roots = own.iter().chain(including.into_iter().flatten()).take(room).cloned();
            let here = builds.entry(id).or_default();
            roots.for_each(|root| {
                room -= 1;
                here.insert(root);
            });
        }
        made
    }
}

/// True for a plugin that a script makes for the build of a folder: no registry is asked for it. An included build is asked
/// before any registry, whatever version is stated; a plugin of `buildSrc` has none.
pub(super) fn is_made(id: &str, has_version: bool, folder: &RelPath, input: &Input<'_>) -> bool {
    if input.subject.is_some() {
        return false;
    }
    let made = input.memo.once(|| Made::of(input));
    let by_build_src = made.by_build_src.get(id).filter(|_| !has_version);
    let mut builds = by_build_src.into_iter().chain(made.by_included.get(id));
    builds.any(|builds| up(folder).any(|folder| builds.contains(&folder)))
}
