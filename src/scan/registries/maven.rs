//! Which repositories Maven asks: those of a pom and of its settings, but for those that a mirror of the settings stands for.
//!
//! Maven reads one settings file of its user. A tree tells which one where `.mvn/maven.config` names it; any other
//! `settings.xml` at or above a pom may be given to a run, each by itself, so that what one of them leads to counts.

use std::collections::BTreeMap;

use super::setting::{Folders, MOST_REGISTRIES, Of, Setting, Standing};
use crate::model::{Evidence, EvidenceSet};
use crate::scan::package::toolkit::{default_registry, list};
use crate::text::{Region, RelPath};

/// Settings files that one pom may be built with.
const MOST_FILES: usize = 8;

/// The id under which the repository stands that every pom has.
const CENTRAL: &str = "central";

/// True for the files that Maven reads.
pub(super) fn is_read(file: &RelPath) -> bool {
    file.name() == "pom.xml" || file.name() == "extensions.xml" && file.parent().name() == ".mvn"
}

/// The repositories of a file, mirrors in the place of what they stand for.
pub(super) fn speaking<'a>(folders: &Folders<'a>, file: &RelPath) -> Vec<Setting<'a>> {
    let own = folders.get(&file.parent()).into_iter().flatten();
    let stated: Vec<Setting<'a>> = own.filter(|one| one.of == Of::File(file.as_str())).copied().collect();
    let runs = runs(folders, file);
    if runs.is_empty() {
        return stated.into_iter().take(MOST_REGISTRIES).collect();
    }
    let mut found = Found::default();
    for run in &runs {
        found.run(&stated, run);
    }
    found.all()
}

/// What each settings file says with which the pom may be built, from the nearest on; one that the tree names is the only one.
fn runs<'a>(folders: &Folders<'a>, file: &RelPath) -> Vec<Vec<Setting<'a>>> {
    let mut runs = Vec::new();
    let mut folder = file.parent();
    loop {
        let mut here: BTreeMap<&RelPath, Vec<Setting<'a>>> = BTreeMap::new();
        let mut named: BTreeMap<&RelPath, Vec<Setting<'a>>> = BTreeMap::new();
        for setting in folders.get(&folder).into_iter().flatten() {
            let Of::Settings(is_named) = setting.of else { continue };
            let files = if is_named { &mut named } else { &mut here };
            for path in setting.evidence.iter().filter_map(Evidence::path) {
                let rows = files.entry(path).or_default();
                if !rows.last().is_some_and(|last| std::ptr::eq(last.evidence, setting.evidence)) {
                    rows.push(*setting);
                }
            }
        }
        if !named.is_empty() {
            return named.into_iter().map(|(path, rows)| in_order(path, rows)).collect();
        }
        runs.extend(here.into_iter().map(|(path, rows)| in_order(path, rows)));
        if folder.is_root() {
            runs.truncate(MOST_FILES);
            return runs;
        }
        folder = folder.parent();
    }
}

/// Repositories for which mirrors stand in every run, each with the folder of its project: nothing asks them.
pub(super) fn idle<'s, 'a>(folders: &'s Folders<'a>) -> impl Iterator<Item = (&'s RelPath, &'s Setting<'a>)> {
    let is_mirror = |one: &Setting<'_>| matches!(one.standing, Standing::Mirror | Standing::Blocked);
    let any = folders.values().flatten().any(is_mirror);
    let all = folders.iter().filter(move |_| any);
    let all = all.flat_map(|(folder, rows)| rows.iter().map(move |row| (folder, rows, row)));
    let is_idle = move |(_, rows, row): &(&RelPath, &Vec<Setting<'a>>, &Setting<'a>)| match row.of {
        Of::File(file) => RelPath::new(file).filter(is_read).is_some_and(|file| {
            !speaking(folders, &file).iter().any(|one| one.host == row.host && std::ptr::eq(one.evidence, row.evidence))
        }),
        // the mirrors of the very file
        Of::Settings(_) if !is_mirror(row) => {
            let files: Vec<&RelPath> = row.evidence.iter().filter_map(Evidence::path).collect();
            let beside: Vec<&Setting<'a>> = rows
                .iter()
                .filter(|one| {
                    is_mirror(one) && one.evidence.iter().filter_map(Evidence::path).any(|at| files.contains(&at))
                })
                .collect();
            mirror_of(&beside, row.id, row.is_plain).is_some()
        }
        _ => false,
    };
    all.filter(is_idle).map(|(folder, _, row)| (folder, row))
}

/// As the file has them: of several mirrors the first one counts.
fn in_order<'a>(path: &RelPath, mut rows: Vec<Setting<'a>>) -> Vec<Setting<'a>> {
    rows.sort_by_key(|setting| place_in(setting.evidence, path));
    rows
}

fn place_in(evidence: &EvidenceSet, path: &RelPath) -> Option<Region> {
    let seen = evidence.iter().filter_map(Evidence::sighting).filter(|seen| seen.path() == path);
    seen.filter_map(|seen| seen.region()).min()
}

/// What all runs together ask.
#[derive(Default)]
struct Found<'a> {
    asked: Vec<Setting<'a>>,
    /// A run that asks the central repository itself, which no line names.
    own: Option<&'a EvidenceSet>,
}

impl<'a> Found<'a> {
    fn run(&mut self, stated: &[Setting<'a>], run: &[Setting<'a>]) {
        let is_mirror = |one: &&Setting<'a>| matches!(one.standing, Standing::Mirror | Standing::Blocked);
        let mirrors: Vec<&Setting<'a>> = run.iter().filter(is_mirror).collect();
        let repositories = || stated.iter().chain(run.iter().filter(|one| !is_mirror(one)));
        for repository in repositories() {
            match mirror_of(&mirrors, repository.id, repository.is_plain) {
                Some(mirror) => self.ask(mirror, repository.is_instead()),
                None => self.add(*repository),
            }
        }
        if !repositories().any(Setting::is_instead) {
            match mirror_of(&mirrors, CENTRAL, false) {
                Some(mirror) => self.ask(mirror, true),
                None => self.own = self.own.or_else(|| run.first().map(|one| one.evidence)),
            }
        }
    }

    /// A mirror in the place of a repository.
    fn ask(&mut self, mirror: &Setting<'a>, of_central: bool) {
        let standing = if of_central { Standing::Instead } else { Standing::Beside };
        if mirror.standing == Standing::Mirror {
            self.add(Setting { names: "*", standing, ..*mirror });
        } else if of_central {
            // nothing answers, the central repository included
            self.add(Setting { names: "*", standing: Standing::Blocked, ..*mirror });
        }
    }

    fn add(&mut self, one: Setting<'a>) {
        let known =
            self.asked.iter_mut().find(|known| known.host == one.host && std::ptr::eq(known.evidence, one.evidence));
        match known {
            // what one run asks instead it asks instead
            Some(known) if one.is_instead() => known.standing = one.standing,
            Some(_) => {}
            None => self.asked.push(one),
        }
    }

    fn all(mut self) -> Vec<Setting<'a>> {
        let replaced = self.asked.iter().any(|one| one.is_instead() || one.standing == Standing::Blocked);
        let host = default_registry(list::OF_MAVEN[0]);
        if let (Some(evidence), Some(host), true) = (self.own, host, replaced) {
            self.asked.push(Setting {
                names: "*",
                standing: Standing::Own,
                of: Of::All,
                id: CENTRAL,
                is_plain: false,
                host,
                evidence,
            });
        }
        self.asked.truncate(MOST_REGISTRIES);
        self.asked
    }
}

/// The mirror that stands for a repository: one for its id alone before others, and the first of those.
fn mirror_of<'s, 'a>(mirrors: &[&'s Setting<'a>], id: &str, is_plain: bool) -> Option<&'s Setting<'a>> {
    let exact = mirrors.iter().find(|mirror| mirror.names == id);
    exact.or_else(|| mirrors.iter().find(|mirror| is_for(mirror.names, id, is_plain))).copied()
}

/// True when `mirrorOf` means a repository. Those of this machine have no host and are none here.
fn is_for(pattern: &str, id: &str, is_plain: bool) -> bool {
    let mut found = false;
    for word in pattern.split(',') {
        match word.strip_prefix('!') {
            Some(other) if other == id => return false,
            Some(_) => {}
            None if word == id => return true,
            None => found |= matches!(word, "*" | "external:*") || is_plain && word == "external:http:*",
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_mirrors() {
        for (pattern, id, is_plain, wanted) in [
            ("*", "a", false, true),
            ("external:*", "a", false, true),
            ("external:http:*", "a", false, false),
            ("external:http:*", "a", true, true),
            ("a,b", "b", false, true),
            ("a,b", "c", false, false),
            ("*,!a", "a", false, false),
            ("!a,*", "a", false, false),
            ("!a,*", "b", false, true),
            ("a,!a", "a", false, true),
            ("!a", "b", false, false),
        ] {
            assert_eq!(is_for(pattern, id, is_plain), wanted, "{pattern} {id}");
        }
    }
}
