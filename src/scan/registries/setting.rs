//! Settings of registries as files state them, and which of them speak of a package of a file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::inherited;
use super::maven::{self, Maven};
use super::mirrors::Way;
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::{Attribute, Evidence, EvidenceSet, Inventory, key};
use crate::scan::package::toolkit::{Of as Word, default_registry, list, manifest};
use crate::text::RelPath;

/// Settings of one ecosystem in one folder that count; real ones have a handful.
pub(super) const MOST_SETTINGS: usize = 256;

/// Registries that one package may come from.
pub(super) const MOST_REGISTRIES: usize = 16;

/// Places of one setting that are told of every package.
const PLACES: usize = 4;

/// How a registry stands to the ecosystem's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing<'a> {
    /// Asked instead.
    Instead,
    /// As `Instead`, and in the place of a host that npm's lock file states: `*` for any.
    InsteadOfLocked(&'a str),
    /// Asked beside it.
    Beside,
    /// Asked beside it, and no name is in doubt.
    Aside,
    /// A mirror of Maven, which stands in the place of repositories by their ids.
    Mirror,
    /// As `Mirror`, and what it stands for is not asked at all.
    Blocked,
    /// The ecosystem's own, which another run of the tool asks.
    Own,
}

/// Which files below the folder a setting is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of<'a> {
    /// All.
    All,
    /// One.
    File(&'a str),
    /// What Maven reads, where it takes this file for the user's settings; `true` where the tree says that it does.
    Settings(bool),
    /// Manifests of Python in the very folder, which a run elsewhere installs.
    Manifests,
    /// All but those of other projects of Gradle below.
    Project,
}

/// A registry that the tools of a folder are told to ask.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    /// npm scope, pattern of names with `*` at its end, or `*` alone; of a mirror the repositories it is for.
    pub(super) names: &'a str,
    pub(super) standing: Standing<'a>,
    pub(super) of: Of<'a>,
    /// Id of a repository of Maven.
    pub(super) id: &'a str,
    /// It is asked without encryption.
    pub(super) is_plain: bool,
    /// Host of the registry.
    pub(crate) host: &'a str,
    /// What states it.
    pub(crate) evidence: &'a EvidenceSet,
}

impl<'a> Setting<'a> {
    /// Ecosystem and setting of an attribute's value, see [`key::REGISTRY`].
    fn read(row: &'a Attribute) -> Option<(&'a str, Self)> {
        let mut words = row.value.splitn(5, ' ');
        let (ecosystem, names, standing, host) = (words.next()?, words.next()?, words.next()?, words.next()?);
        let (standing, id) = standing.split_once('=').unwrap_or((standing, ""));
        let standing = match standing {
            "instead" => Standing::Instead,
            "instead-of-locked" => Standing::InsteadOfLocked(if id.is_empty() { LOCKED } else { id }),
            "beside" => Standing::Beside,
            "aside" => Standing::Aside,
            "mirror" => Standing::Mirror,
            "blocked" => Standing::Blocked,
            _ => return None,
        };
        let of = match words.next() {
            None => Of::All,
            Some(Word::MAYBE_SETTINGS) => Of::Settings(false),
            Some(Word::SETTINGS) => Of::Settings(true),
            Some(Word::PROJECT) => Of::Project,
            Some(file) => Of::File(file),
        };
        let (host, is_plain) = host.strip_prefix("http://").map_or((host, false), |host| (host, true));
        Some((ecosystem, Self { names, standing, of, id, is_plain, host, evidence: &row.evidence }))
    }

    /// The first places that state it.
    pub(super) fn places(&self) -> EvidenceSet {
        self.evidence.iter().take(PLACES).cloned().collect()
    }

    /// A mirror of Maven.
    pub(super) fn is_mirror(&self) -> bool {
        matches!(self.standing, Standing::Mirror | Standing::Blocked)
    }

    /// How Maven asks it.
    pub(super) fn way(&self) -> Way {
        match self.host {
            "localhost" | "127.0.0.1" => Way::Local,
            _ if self.is_plain => Way::Plain,
            _ => Way::Encrypted,
        }
    }

    /// Asked in the place of the ecosystem's own.
    pub(super) fn is_instead(&self) -> bool {
        matches!(self.standing, Standing::Instead | Standing::InsteadOfLocked(_))
    }

    /// True for a registry that is asked in the run at hand: in another one the ecosystem's own is asked for itself, so that no
    /// name is in doubt.
    pub(super) fn is_asked(&self) -> bool {
        !matches!(self.standing, Standing::Own | Standing::Blocked)
    }

    /// True for what a run elsewhere gives to the manifests of a folder.
    pub(super) fn is_inherited(&self) -> bool {
        self.of == Of::Manifests
    }

    /// True when npm puts it in the place of a host that its lock file states.
    pub(super) fn replaces(&self, host: &str) -> bool {
        matches!(self.standing, Standing::InsteadOfLocked(of) if of == "*" || of == host)
    }

    /// True for the same registry of the same lines.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.host == other.host && self.standing == other.standing && std::ptr::eq(self.evidence, other.evidence)
    }

    /// True when it is for a file below its folder, with the folder of another project of Gradle between or not.
    fn is_for(&self, here: &RelPath, file: &RelPath, is_crossed: bool) -> bool {
        match self.of {
            Of::All => true,
            Of::Project => !is_crossed,
            Of::File(of) => of == file.as_str(),
            Of::Settings(_) => false,
            Of::Manifests => manifest::PYTHON.contains(&file.name()) && file.parent() == *here,
        }
    }
}

/// Whose addresses in a lock file npm replaces unless it is told otherwise.
const LOCKED: &str = "npmjs.org";

/// Settings of one list of registries by folder.
pub(super) type Folders<'a> = BTreeMap<RelPath, Vec<Setting<'a>>>;

/// Settings by the word of their ecosystem or list, and folder.
pub(crate) struct Settings<'a> {
    pub(super) lists: BTreeMap<&'a str, Folders<'a>>,
    /// What Maven makes of its lists.
    maven: BTreeMap<&'a str, Maven<'a>>,
    /// Folders of projects of Gradle, where some repositories are for one project only.
    projects: BTreeSet<RelPath>,
}

impl<'a> Settings<'a> {
    /// The settings of an inventory; what is more than may count is told.
    pub(crate) fn of(inventory: &'a Inventory, left_out: &mut BTreeSet<Diagnostic>) -> Self {
        let mut found: BTreeMap<&str, Folders<'_>> = BTreeMap::new();
        // a project states several in a row, and its path may be long
        let mut last: Option<(&str, Option<RelPath>)> = None;
        for (of, row) in inventory.attributes_of(key::REGISTRY) {
            let of = of.as_str();
            if last.as_ref().is_none_or(|(known, _)| *known != of) {
                last = Some((of, of.strip_prefix("project:").and_then(RelPath::new)));
            }
            let folder = last.as_ref().and_then(|(_, folder)| folder.clone());
            if let (Some((ecosystem, setting)), Some(folder)) = (Setting::read(row), folder) {
                let here = found.entry(ecosystem).or_default().entry(folder).or_default();
                // every package is held against every setting
                if here.len() < MOST_SETTINGS {
                    here.push(setting);
                } else if let Some(path) = row.evidence.iter().find_map(Evidence::path) {
                    left_out.insert(too_many(path));
                }
            }
        }
        // the central repository of projects needs a word beside other repositories only
        let is_said = |folders: &Folders<'_>| {
            let is_own =
                |one: &Setting<'_>| one.of == Of::Project && default_registry(list::OF_MAVEN[0]) == Some(one.host);
            folders.values().flatten().any(|one| !is_own(one))
        };
        found.retain(|_, folders| is_said(folders));
        let maven = found.iter().filter(|(list, _)| list::OF_MAVEN.contains(list));
        let maven = maven.map(|(list, folders)| (*list, Maven::of(folders))).collect();
        let is_of_project = |setting: &Setting<'_>| setting.of == Of::Project;
        let has_projects = found.values().flat_map(BTreeMap::values).flatten().any(is_of_project);
        let projects = if has_projects { projects(inventory) } else { BTreeSet::new() };
        let mut found = Self { lists: found, maven, projects };
        inherited::spread(&mut found, inventory);
        found
    }

    /// True when there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// Repositories of Maven that nothing asks, as [`Maven::idle`] has them.
    pub(super) fn idle(&self) -> impl Iterator<Item = (RelPath, &'a str, Vec<&'a Evidence>)> {
        self.maven.values().flat_map(Maven::idle)
    }

    /// True when anything is said of a list.
    pub(super) fn knows(&self, list: &str) -> bool {
        self.lists.contains_key(list)
    }

    /// The settings that speak of a name in a file: those of the nearest folder that has any. Of those that stand in the place
    /// of others the most exact pattern wins, and what is asked beside them counts as far as it is as exact. Maven has rules of
    /// its own.
    pub(crate) fn speaking(&self, list: &str, name: &str, file: &RelPath) -> Vec<Setting<'a>> {
        let Some(folders) = self.lists.get(list) else { return Vec::new() };
        if let Some(maven) = self.maven.get(list).filter(|_| maven::is_read(file)) {
            return maven.speaking(file);
        }
        let mut speaking: Vec<Setting<'a>> = Vec::new();
        let mut folder = file.parent();
        let mut is_crossed = false;
        loop {
            let here = folders.get(&folder).map_or(&[][..], Vec::as_slice);
            let is_near = folder == file.parent() || !NPM_LOCKS.contains(&file.name());
            let is_for = |setting: &&Setting<'a>| {
                setting.is_for(&folder, file, is_crossed) && (is_near || !is_of_npmrc(setting.evidence))
            };
            let has_own = here.iter().filter(is_for).any(|setting| setting.of == Of::Project);
            // what the settings of a build give is for projects without repositories of their own
            let counts = |setting: &&Setting<'a>| !(has_own && setting.id == list::OF_SETTINGS);
            let all = here.iter().filter(is_for).filter(counts);
            speaking.extend(all.filter(|setting| speaks_of(setting.names, name)));
            is_crossed |= self.projects.contains(&folder);
            let is_all = match list {
                // what is written there is what all files above say together
                list::NUGET => !here.is_empty(),
                _ if has_own => true,
                // what a run elsewhere asks does not hide what the folders above say
                _ => !speaking.iter().all(Setting::is_inherited),
            };
            if is_all || folder.is_root() {
                break;
            }
            folder = folder.parent();
        }
        // names that NuGet maps to nothing come from nowhere, as those that all sources of PDM exclude
        let has_blocked = matches!(list, list::NUGET | "pypi");
        let is_blocked = |setting: &Setting<'_>| has_blocked && setting.standing == Standing::Blocked;
        let alone = speaking.iter().filter(|setting| setting.is_instead() || is_blocked(setting));
        let alone = alone.map(|setting| exactness(setting.names));
        let least = alone.max().unwrap_or(0);
        speaking.retain(|setting| exactness(setting.names) >= least);
        speaking.truncate(MOST_REGISTRIES);
        speaking
    }
}

/// Lock files of npm. It reads the `.npmrc` beside them and none of the folders above; pnpm and Yarn look further up.
const NPM_LOCKS: [&str; 2] = ["package-lock.json", "npm-shrinkwrap.json"];

fn is_of_npmrc(evidence: &EvidenceSet) -> bool {
    evidence.iter().filter_map(Evidence::path).all(|path| path.name() == ".npmrc")
}

/// Folders with a build script of Gradle.
fn projects(inventory: &Inventory) -> BTreeSet<RelPath> {
    let is_script = |path: &RelPath| path.name().starts_with("build.gradle");
    let all = inventory.beginning_with("project:").filter(|(_, known)| {
        known.kinds().iter().flat_map(|(_, evidence)| evidence).filter_map(Evidence::path).any(is_script)
    });
    all.filter_map(|(id, _)| RelPath::new(id.as_str().strip_prefix("project:")?)).collect()
}

fn too_many(path: &RelPath) -> Diagnostic {
    Diagnostic {
        path: path.clone(),
        at: None,
        kind: DiagnosticKind::LimitReached,
        scanner: Arc::from("registries"),
        message: format!("more than {MOST_SETTINGS} registries of one folder; further ones do not count"),
    }
}

/// The words under which [`Settings`] hold what is said of packages of an ecosystem.
pub(crate) fn lists<'s>(ecosystem: &'s &'s str) -> &'s [&'s str] {
    if *ecosystem == list::OF_MAVEN[0] { &list::OF_MAVEN } else { std::slice::from_ref(ecosystem) }
}

/// How exact a pattern is: a name itself more than any beginning of names, of which the longer one is.
fn exactness(pattern: &str) -> usize {
    if pattern.ends_with('*') { pattern.len() } else { usize::MAX }
}

/// True when a pattern of a setting speaks of a name: `@corp` of `@corp/x`, `Corp.*` of `corp.json`, `*` of all.
fn speaks_of(pattern: &str, name: &str) -> bool {
    if pattern.starts_with('@') {
        return name.split_once('/').is_some_and(|(scope, _)| scope == pattern);
    }
    match pattern.strip_suffix('*') {
        Some(start) => name.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)),
        None => name.eq_ignore_ascii_case(pattern),
    }
}
