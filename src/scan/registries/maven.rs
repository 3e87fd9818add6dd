//! Which repositories Maven asks: those of a pom and of its settings, but for those that a mirror of the settings stands for.
//!
//! Maven reads one settings file of its user. A tree tells which one where `.mvn/maven.config` names it; any other
//! `settings.xml` at or above a pom may be given to a run, each by itself, so that what one of them leads to counts.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::mirrors::{Mirrors, Way};
use super::setting::{Folders, MOST_REGISTRIES, Of, Setting, Standing};
use crate::model::{Evidence, EvidenceSet};
use crate::scan::package::toolkit::{default_registry, list};
use crate::text::{Lookup, Region, RelPath};

/// Settings files that one pom may be built with.
const MOST_FILES: usize = 8;

/// The id under which the repository stands that every pom has.
const CENTRAL: &str = "central";

/// True for the files that Maven reads.
pub(super) fn is_read(file: &RelPath) -> bool {
    file.name() == "pom.xml" || file.name() == "extensions.xml" && file.parent().name() == ".mvn"
}

/// What the files of a tree say of one list of repositories.
pub(super) struct Maven<'a> {
    /// Settings files by the folder below which they count.
    runs: BTreeMap<RelPath, Runs<'a>>,
    /// Repositories by the file that states them for itself.
    stated: BTreeMap<RelPath, Vec<Setting<'a>>>,
    /// What files ask, as far as somebody wanted to know: every dependency of a pom does.
    answers: RefCell<Lookup<RelPath, Vec<Setting<'a>>>>,
}

/// The settings files of a folder by their paths.
#[derive(Default)]
struct Runs<'a> {
    /// Those that the tree names.
    named: Vec<Run<'a>>,
    others: Vec<Run<'a>>,
}

/// What one settings file says.
struct Run<'a> {
    mirrors: Mirrors<'a>,
    /// Its repositories for which one of its mirrors stands, each with the lines of this file.
    idle: Vec<(&'a str, Vec<&'a Evidence>)>,
    /// What its repositories lead to.
    asked: Found<'a>,
    /// One of its repositories stands in the place of the central one.
    is_instead: bool,
    first: &'a EvidenceSet,
}

/// A row of a settings file: where it stands there, and its lines.
struct Row<'a> {
    place: Option<Region>,
    setting: Setting<'a>,
    lines: Vec<&'a Evidence>,
}

impl<'a> Maven<'a> {
    /// Sorts the settings of a list, once for all files.
    pub(super) fn of(folders: &Folders<'a>) -> Self {
        let mut found = Self { runs: BTreeMap::new(), stated: BTreeMap::new(), answers: RefCell::default() };
        for (folder, rows) in folders {
            let mut files: [BTreeMap<&RelPath, Vec<Row<'a>>>; 2] = Default::default();
            for setting in rows {
                match setting.of {
                    Of::Settings(is_named) => sort(setting, &mut files[usize::from(is_named)]),
                    Of::File(file) => {
                        if let Some(file) = RelPath::new(file).filter(|file| is_read(file) && file.parent() == *folder)
                        {
                            found.stated.entry(file).or_default().push(*setting);
                        }
                    }
                    Of::All | Of::Manifests | Of::Project => {}
                }
            }
            let [others, named] = files.map(|files| files.into_values().filter_map(Run::of).collect::<Vec<_>>());
            if !(others.is_empty() && named.is_empty()) {
                found.runs.insert(folder.clone(), Runs { named, others });
            }
        }
        found
    }

    /// The repositories of a file, mirrors in the place of what they stand for.
    pub(super) fn speaking(&self, file: &RelPath) -> Vec<Setting<'a>> {
        if let Some(known) = self.answers.borrow().get(file) {
            return known.clone();
        }
        let stated = self.stated.get(file).map_or(&[][..], Vec::as_slice);
        let runs = self.runs_of(file);
        let mut found = Found::default();
        for run in &runs {
            found.run(stated, run);
        }
        let answer = if runs.is_empty() { stated.iter().take(MOST_REGISTRIES).copied().collect() } else { found.all() };
        self.answers.borrow_mut().insert(file.clone(), answer.clone());
        answer
    }

    /// The settings files with which a file may be built, from the nearest on; one that the tree names is the only one.
    fn runs_of(&self, file: &RelPath) -> Vec<&Run<'a>> {
        let mut runs: Vec<&Run<'a>> = Vec::new();
        let mut folder = file.parent();
        while !self.runs.is_empty() {
            if let Some(here) = self.runs.get(&folder) {
                if !here.named.is_empty() {
                    return here.named.iter().take(MOST_FILES).collect();
                }
                runs.extend(here.others.iter().take(MOST_FILES - runs.len()));
            }
            if folder.is_root() {
                break;
            }
            folder = folder.parent();
        }
        runs
    }

    /// Repositories for which mirrors stand in every run, each with the folder of its project, its host and its lines: nothing
    /// asks them.
    pub(super) fn idle(&self) -> Vec<(RelPath, &'a str, Vec<&'a Evidence>)> {
        let mut idle = Vec::new();
        for (file, stated) in self.stated.iter().filter(|_| !self.runs.is_empty()) {
            let runs = self.runs_of(file);
            let is_idle = |one: &&Setting<'a>| {
                !runs.is_empty() && runs.iter().all(|run| run.mirrors.of_repository(one.id, one.way()).is_some())
            };
            let rows = stated.iter().filter(is_idle);
            idle.extend(rows.map(|one| (file.parent(), one.host, one.evidence.iter().collect())));
        }
        for (folder, here) in &self.runs {
            let rows = here.named.iter().chain(&here.others).flat_map(|run| &run.idle);
            idle.extend(rows.map(|(host, lines)| (folder.clone(), *host, lines.clone())));
        }
        idle
    }
}

/// Puts a row to the files that state it.
fn sort<'a>(setting: &Setting<'a>, files: &mut BTreeMap<&'a RelPath, Vec<Row<'a>>>) {
    for line in setting.evidence {
        let Some(path) = line.path() else { continue };
        let place = line.sighting().and_then(|seen| seen.region());
        let rows = files.entry(path).or_default();
        match rows.last_mut().filter(|last| std::ptr::eq(last.setting.evidence, setting.evidence)) {
            Some(last) => {
                last.place = last.place.into_iter().chain(place).min();
                last.lines.push(line);
            }
            None => rows.push(Row { place, setting: *setting, lines: vec![line] }),
        }
    }
}

impl<'a> Run<'a> {
    fn of(mut rows: Vec<Row<'a>>) -> Option<Self> {
        // as the file has them: of several mirrors the first one counts
        rows.sort_by_key(|row| row.place);
        let first = rows.first()?.setting.evidence;
        let (mirrors, repositories): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.setting.is_mirror());
        let mirrors = Mirrors::of(mirrors.into_iter().map(|row| row.setting).collect());
        let mut asked = Found::default();
        for row in &repositories {
            asked.repository(&row.setting, &mirrors);
        }
        let is_instead = repositories.iter().any(|row| row.setting.is_instead());
        let is_idle = |row: &Row<'_>| mirrors.of_repository(row.setting.id, row.setting.way()).is_some();
        let idle = repositories.into_iter().filter(is_idle).map(|row| (row.setting.host, row.lines)).collect();
        Some(Self { mirrors, idle, asked, is_instead, first })
    }
}

/// What runs together ask.
#[derive(Default)]
struct Found<'a> {
    /// As many as count.
    asked: Vec<Setting<'a>>,
    /// Something stands in the place of the central repository.
    is_replaced: bool,
    /// A run that asks the central repository itself, which no line names.
    own: Option<&'a EvidenceSet>,
}

impl<'a> Found<'a> {
    fn run(&mut self, stated: &[Setting<'a>], run: &Run<'a>) {
        for repository in stated {
            self.repository(repository, &run.mirrors);
        }
        for one in &run.asked.asked {
            self.add(*one);
        }
        self.is_replaced |= run.asked.is_replaced;
        if !run.is_instead && !stated.iter().any(Setting::is_instead) {
            match run.mirrors.of_repository(CENTRAL, Way::Encrypted) {
                Some(mirror) => self.ask(mirror, true),
                None => self.own = self.own.or(Some(run.first)),
            }
        }
    }

    /// A repository, or the mirror that stands for it.
    fn repository(&mut self, repository: &Setting<'a>, mirrors: &Mirrors<'a>) {
        match mirrors.of_repository(repository.id, repository.way()) {
            Some(mirror) => self.ask(mirror, repository.is_instead()),
            None => self.add(*repository),
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
        self.is_replaced |= one.is_instead() || one.standing == Standing::Blocked;
        let has_room = self.asked.len() < MOST_REGISTRIES;
        let known =
            self.asked.iter_mut().find(|known| std::ptr::eq(known.evidence, one.evidence) && known.host == one.host);
        match known {
            // what one run asks instead it asks instead
            Some(known) if one.is_instead() => known.standing = one.standing,
            Some(_) => {}
            None if has_room => self.asked.push(one),
            None => {}
        }
    }

    fn all(mut self) -> Vec<Setting<'a>> {
        let host = default_registry(list::OF_MAVEN[0]);
        if let (Some(evidence), Some(host), true) = (self.own, host, self.is_replaced) {
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
