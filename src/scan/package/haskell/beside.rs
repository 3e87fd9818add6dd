//! What the files of a project of Haskell say of the packages that its own ask for: which of them lie in the tree, which
//! come from repositories, and which versions are taken.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Origin;
use super::cabal_project::ProjectFile;
use super::stack::{Extra, archive_parts};
use super::stack_lock::Held;
use crate::model::{ComponentId, purl};
use crate::parse::Node;
use crate::scan::package::folders::Folders;
use crate::scan::package::toolkit::{self, Place};
use crate::scan::{Input, SourceFile};
use crate::text::RelPath;

/// Where a package that is asked for by its name comes from.
#[derive(Clone)]
pub(super) enum Given {
    /// A folder of the tree: a package that is built together with the one that asks.
    Folder(RelPath),
    /// A repository or an archive, whose name or folder tells what is in it.
    Fetched(ComponentId),
    /// A place beside the tree.
    Outside,
    /// The registry, in this very version.
    Version(String),
}

/// What one `cabal.project` or `stack.yaml` says.
#[derive(Default)]
struct Project {
    given: BTreeMap<String, Given>,
    constraints: BTreeMap<String, Vec<Limit>>,
}

/// A constraint of a whole project.
#[derive(Clone)]
pub(super) struct Limit {
    pub(super) range: String,
    pub(super) place: Place,
    /// It holds for build tools and set-up as well.
    pub(super) is_any: bool,
}

/// The files of one folder that list the package which asks.
#[derive(Default)]
pub(super) struct Beside {
    cabal: Option<Arc<Project>>,
    stack: Option<Arc<Project>>,
}

/// The packages of the nearest `cabal.project` or `stack.yaml` in the folder or above that lists the file's own.
pub(super) fn beside(input: &Input<'_>) -> Beside {
    let own = input.file().folder();
    let mut above = own.and_above().take(MOST_FOLDERS);
    let lists =
        |all: &Arc<Project>| all.given.values().any(|given| matches!(given, Given::Folder(folder) if *folder == own));
    let found = above.find_map(|folder| {
        let there = input.memo.of(&folder, || Projects::at(&folder, input));
        let [cabal, stack] = [&there.cabal, &there.stack].map(|one| one.clone().filter(lists));
        (cabal.is_some() || stack.is_some()).then_some(Beside { cabal, stack })
    });
    found.unwrap_or_default()
}

/// What lies in one folder.
struct Projects {
    cabal: Option<Arc<Project>>,
    stack: Option<Arc<Project>>,
}

impl Beside {
    /// Where a package comes from.
    pub(super) fn given(&self, name: &str) -> Option<&Given> {
        match (&self.cabal, &self.stack) {
            (Some(cabal), Some(stack)) => {
                // where either tool builds, what only Stack takes from a repository is taken from the registry by Cabal
                let of_stack = stack.given.get(name).filter(|given| matches!(given, Given::Version(_)));
                cabal.given.get(name).or(of_stack)
            }
            (one, other) => one.as_ref().or(other.as_ref())?.given.get(name),
        }
    }

    /// What the project as a whole asks of a package.
    pub(super) fn limits(&self, name: &str) -> &[Limit] {
        self.cabal.as_ref().and_then(|project| project.constraints.get(name)).map_or(&[], Vec::as_slice)
    }
}

/// Files of a project of Cabal.
const PROJECT_FILES: [&str; 2] = ["cabal.project", "cabal.project.local"];

impl Projects {
    fn at(folder: &RelPath, input: &Input<'_>) -> (Self, usize) {
        let companion = |name: &str| folder.join(name).and_then(|path| input.companion(&path)).map(Arc::new);
        let cabal = PROJECT_FILES.map(companion);
        let stack = companion("stack.yaml");
        let all = cabal.iter().chain([&stack]).flatten();
        let weight = all.map(|file| file.text().len()).sum();
        // the settings of one user alone make no project
        let cabal = cabal[0].is_some().then(|| Arc::new(Project::of_cabal(folder, &cabal, input)));
        let stack = stack.map(|file| Arc::new(Project::of_stack(folder, &file, input)));
        (Self { cabal, stack }, weight)
    }
}

impl Project {
    fn of_cabal(folder: &RelPath, files: &[Option<Arc<SourceFile>>], input: &Input<'_>) -> Self {
        let mut project = Self::default();
        let read: Vec<_> = files.iter().flatten().map(|file| (file, ProjectFile::read(file.text()))).collect();
        let listed: Vec<&[&str]> = read.iter().filter_map(|(_, read)| read.packages.as_deref()).collect();
        let patterns = if listed.is_empty() { vec!["."] } else { listed.concat() };
        project.take_folders(folder, &patterns, input);
        for (file, read) in read {
            read.repositories
                .iter()
                .filter_map(super::cabal_project::Stanza::origin)
                .for_each(|one| project.take(&one));
            for one in &read.constraints {
                let limits = project.constraints.entry(one.name.to_owned()).or_default();
                if limits.len() < MOST_LIMITS {
                    let place = Place::new(file, one.span);
                    limits.push(Limit { range: one.range.to_owned(), place, is_any: one.is_any });
                }
            }
        }
        project
    }

    fn of_stack(folder: &RelPath, file: &SourceFile, input: &Input<'_>) -> Self {
        let mut project = Self::default();
        let Some(root) = file.yaml().documents.first() else { return project };
        project.take_folders(folder, &packages_of_stack(root), input);
        let lock = Held::beside(folder, input);
        for extra in extras(root) {
            match &extra {
                // the lock file answers by the name that it has read there
                _ if !extra.held(lock.as_deref()).is_empty() => {}
                Extra::Hackage(name, version, _) => project.give(name, Given::Version((*version).to_owned())),
                Extra::Repository(address, commit, folders, _) => {
                    let folders = folders.clone();
                    project.take(&Origin { address, tag: commit.as_deref(), branch: None, folders });
                }
                Extra::Archive(address, _, folders, _) => project.take_archive(address, folders.clone()),
                Extra::Folder(_) | Extra::Odd(_) => {}
            }
        }
        if let Some(lock) = lock {
            project.given.retain(|name, given| !matches!(given, Given::Fetched(_)) || !lock.has(name));
        }
        project
    }

    /// What is said first holds: packages of the tree before all others.
    fn give(&mut self, name: &str, given: Given) {
        self.given.entry(name.to_owned()).or_insert(given);
    }

    fn take_folders(&mut self, folder: &RelPath, patterns: &[&str], input: &Input<'_>) {
        let patterns = patterns.iter().take(MOST_PATTERNS);
        let meant: Vec<Folders> = patterns.filter_map(|pattern| folders(folder, pattern)).collect();
        for path in input.below(folder).filter(|path| is_manifest(path)).take(MOST_PACKAGES) {
            let place = path.parent();
            if meant.iter().any(|folders| folders.hold(&place))
                && let Some(name) = name_of(path, input)
            {
                self.given.insert(name, Given::Folder(place));
            }
        }
    }

    fn take(&mut self, origin: &Origin<'_>) {
        let given = origin.repository().map_or(Given::Outside, Given::Fetched);
        origin.names().for_each(|name| self.give(name, given.clone()));
    }

    /// An archive is called after what is in it, or after its repository.
    fn take_archive(&mut self, address: &str, folders: Vec<&str>) {
        let (ecosystem, name, version) = archive_parts(address);
        let given = match toolkit::host_of(address) {
            Some(_) => Given::Fetched(purl::of(ecosystem, &name, version)),
            None => Given::Outside,
        };
        let file = name.rsplit('/').next().unwrap_or(&name);
        let stem = ARCHIVES.iter().find_map(|end| file.strip_suffix(end)).unwrap_or(file);
        let whole = super::versioned(stem).map_or(stem, |(name, ..)| name);
        let origin = Origin { address: whole, tag: None, branch: None, folders };
        origin.names().for_each(|name| self.give(name, given.clone()));
    }
}

/// What names of archives end in.
const ARCHIVES: [&str; 3] = [".tar.gz", ".tgz", ".zip"];

/// Files of a folder and below among which its manifest is looked for.
const MOST_FILES: usize = 10_000;

/// True for a file that makes its folder a package.
fn is_manifest(path: &RelPath) -> bool {
    path.name().ends_with(".cabal") || path.name() == "package.yaml"
}

/// True for a folder of the tree that is a package.
pub(super) fn is_package(folder: &RelPath, input: &Input<'_>) -> bool {
    let look = || {
        let mut near = input.below(folder).take(MOST_FILES);
        (IsPackage(near.any(|path| is_manifest(path) && path.parent() == *folder)), 0)
    };
    input.memo.of(folder, look).0
}

/// Whether a folder is a package: hundreds of entries may name the same, each with thousands of files below it.
struct IsPackage(bool);

/// The package of a manifest: a Cabal file has its name, that of hpack states it or has that of its folder.
fn name_of(path: &RelPath, input: &Input<'_>) -> Option<String> {
    if let Some(name) = path.name().strip_suffix(".cabal") {
        return Some(name.to_owned());
    }
    let manifest = input.companion(path)?;
    let name = manifest.yaml().documents.first().and_then(|root| root.text_at("name").map(str::to_owned));
    Some(name.unwrap_or_else(|| path.parent().name().to_owned()))
}

/// The extra packages of a `stack.yaml`.
fn extras(root: &Node) -> impl Iterator<Item = Extra<'_>> {
    root.get("extra-deps").map_or(&[][..], Node::list).iter().map(Extra::of)
}

/// The folders that Stack builds: those that are listed, else its own; and extra packages that are folders.
fn packages_of_stack(root: &Node) -> Vec<&str> {
    let own = root.get("packages").is_none().then_some(".");
    let listed = root.get("packages").map_or(&[][..], Node::list).iter().filter_map(Node::text);
    let extra = extras(root).filter_map(|extra| match extra {
        Extra::Folder(path) => Some(path),
        _ => None,
    });
    own.into_iter().chain(listed).chain(extra).take(MOST_PATTERNS).collect()
}

/// True for an entry of Stack that is a folder of the tree: no address, and no version of a package.
pub(super) fn is_folder(text: &str) -> bool {
    !text.contains("://") && super::versioned(text).is_none() && (text.contains('/') || text.starts_with('.'))
}

/// The folders that a pattern of packages means: `.`, `lib`, `libs/*/`, `lib/*.cabal`.
fn folders(from: &RelPath, pattern: &str) -> Option<Folders> {
    let pattern = match pattern.rsplit_once('/') {
        Some((above, file)) if file.ends_with(".cabal") => above,
        None if pattern.ends_with(".cabal") => "",
        _ => pattern,
    };
    Folders::of(from, pattern)
}

/// How far above a package its project is looked for, and the packages and patterns of one.
const MOST_FOLDERS: usize = 12;
const MOST_PATTERNS: usize = 256;
const MOST_PACKAGES: usize = 2_000;
/// Constraints of one package.
const MOST_LIMITS: usize = 8;
