//! Plugins that scripts of a tree make, or that its projects register: no registry is asked for them.

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
        let is_registering = |path: &RelPath| {
            let file = input.companion(path).filter(|_| path.name().starts_with("build.gradle"));
            file.is_some_and(|file| file.text().contains("gradlePlugin"))
        };
        let mut scripts = input.paths.iter().filter(|path| is_script(path)).take(SCRIPTS);
        if plugins().next().is_none() && !scripts.any(is_registering) {
            return made;
        }
        let table = input.memo.once(|| Table::of(input));
        let mut room = ROWS;
        for (id, folder) in &table.registered {
            made.add(id, table.roots_of(folder), &mut room);
        }
        for path in plugins() {
            let Some(file) = input.companion(path) else { continue };
            let Some(Applied::Plugin(id)) = applied(path, &gradle_script::statements(file.text())) else { continue };
            made.add(&id, table.roots(path), &mut room);
        }
        made
    }

    /// A plugin that the builds of some folders have.
    fn add(&mut self, id: &str, roots: Roots<'_>, room: &mut usize) {
        let Roots { own, including } = roots;
        let builds = if including.is_some() { &mut self.by_included } else { &mut self.by_build_src };
        let here = builds.entry(id.to_owned()).or_default();
        for root in own.iter().chain(including.into_iter().flatten()).take(*room) {
            *room -= 1;
            here.insert(root.clone());
        }
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
