//! Packages that are looked up in other lists than those of their ecosystem and folder: Maven and Gradle keep those of plugins
//! apart, and a script of Gradle asks for other projects than its own.

use super::setting::{MOST_REGISTRIES, Of, Setting, Settings, Standing};
use crate::model::{ComponentId, Evidence, Inventory, Sighting, key};
use crate::scan::package::toolkit::{default_registry, list};
use crate::text::{Lookup, Region, RelPath};

/// Where a package is looked up.
pub(crate) struct Asked<'a> {
    list: &'a str,
    /// A file that stands for the project whose list it is; nothing for that of the file at hand.
    pub(crate) file: Option<RelPath>,
}

impl<'a> Asked<'a> {
    /// Reads the value of an attribute, see [`key::REPOSITORIES`].
    pub(crate) fn read(value: &'a str) -> Self {
        let (list, project) =
            value.split_once(" project:").map_or((value, None), |(list, folder)| (list, Some(folder)));
        let file = project.and_then(RelPath::new).and_then(|folder| folder.join("build.gradle"));
        Self { list, file }
    }
}

/// The places of one package where it is looked up so.
#[derive(Default)]
pub(super) struct Apart<'a>(Lookup<(&'a RelPath, Option<Region>), Vec<Asked<'a>>>);

impl<'a> Apart<'a> {
    pub(super) fn of(ecosystem: &str, package: &ComponentId, inventory: &'a Inventory) -> Self {
        let mut found = Self::default();
        if ecosystem != list::OF_MAVEN[0] {
            return found;
        }
        let rows = inventory.known(package).into_iter().flat_map(|known| known.attributes());
        for row in rows.filter(|row| row.key == key::REPOSITORIES) {
            for seen in row.evidence.iter().filter_map(Evidence::sighting) {
                found.0.entry((seen.path(), seen.region())).push(Asked::read(&row.value));
            }
        }
        found
    }

    /// The list in which a package is looked up where it is seen, and the settings that speak of it there.
    pub(super) fn speaking<'s, 'e>(
        &'e self,
        settings: &Settings<'s>,
        (ecosystem, name): (&'e str, &str),
        seen: &Sighting,
    ) -> (&'e str, Vec<Setting<'s>>) {
        match self.0.get(&(seen.path(), seen.region())).map(Vec::as_slice) {
            None | Some([]) => (ecosystem, settings.speaking(ecosystem, name, seen.path())),
            Some([one]) => (one.list, settings.speaking(one.list, name, one.file.as_ref().unwrap_or(seen.path()))),
            Some(all) => (all[0].list, together(all, settings, name, seen)),
        }
    }
}

/// What speaks of a package that several projects ask for.
fn together<'s>(asked: &[Asked<'_>], settings: &Settings<'s>, name: &str, seen: &Sighting) -> Vec<Setting<'s>> {
    let mut found: Vec<Setting<'s>> = Vec::new();
    let mut has_own = false;
    for one in asked {
        let of_one = settings.speaking(one.list, name, one.file.as_ref().unwrap_or(seen.path()));
        has_own |= !of_one.iter().any(Setting::is_instead);
        for setting in of_one {
            if found.len() < MOST_REGISTRIES && !found.iter().any(|known| known.is_same(&setting)) {
                found.push(setting);
            }
        }
    }
    // one of them asks the ecosystem's own as well
    let own = found.first().filter(|_| has_own).map(|first| first.evidence).zip(default_registry(list::OF_MAVEN[0]));
    found.extend(own.map(|(evidence, host)| Setting {
        names: "*",
        standing: Standing::Own,
        of: Of::All,
        id: "",
        is_plain: false,
        host,
        evidence,
    }));
    found
}
