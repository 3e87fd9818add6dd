//! Packages of Composer that lie in folders: repositories of the type `path`, of a manifest and of those above that take it in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::entry::is_platform;
use crate::parse::Node;
use crate::scan::package::folders::Folders;
use crate::scan::package::toolkit::{MOST_ANSWERS, is_project, manifest};
use crate::scan::{Input, SourceFile};
use crate::text::RelPath;

/// How far above a manifest is looked.
const MOST_FOLDERS: usize = 12;

/// Repositories of one manifest, patterns of names that one may have, and manifests that it may lead to.
const REPOSITORIES: usize = 64;
const PATTERNS: usize = 32;
const MANIFESTS: usize = 2_000;

/// Manifests of a tree that are looked at.
const MOST_MANIFESTS: usize = 50_000;

/// Where a package comes from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// It is the tree's own, and lies there.
    Folder(RelPath),
    /// It is the tree's own; where it lies is not known.
    Own,
    /// The lock file has it from elsewhere.
    Elsewhere,
    /// Packages of the lock file that say to replace or to provide it, with their versions: it is not fetched itself.
    Within(Vec<(String, String)>),
}

/// What a manifest says of packages that are the tree's own.
#[derive(Default)]
pub(super) struct Said {
    /// Names in lower case that it bears itself and says to replace: the parts of a tree that is published in parts ask for each
    /// other.
    own: BTreeSet<String>,
    /// Names in lower case that it says to provide: at the root, nothing else is installed for them.
    provided: BTreeSet<String>,
    /// Its repositories that are folders, in order.
    repositories: Vec<Repository>,
    /// What the lock file beside it says of names in lower case.
    locked: BTreeMap<String, Source>,
}

/// A repository that is one folder, or several.
struct Repository {
    /// As it is written, seen from the root of the tree: folders that many manifests name are read once.
    key: RelPath,
    folders: Folders,
    /// Patterns of names that are taken from it alone; empty for all.
    only: Vec<String>,
    /// Patterns of names that are not taken from it.
    exclude: Vec<String>,
}

/// Names in lower case of the manifests that the folders of a repository hold, with the folder of each.
struct Held(BTreeMap<String, RelPath>);

/// The manifests of the tree.
struct Manifests(Vec<RelPath>);

/// The name in lower case that a manifest bears.
struct Name(Option<String>);

impl Name {
    fn of(path: &RelPath, input: &Input<'_>) -> (Self, usize) {
        let Some(file) = input.companion(path) else { return (Self(None), 0) };
        let name = file.json().ok().and_then(|root| root.text_at("name").map(str::to_ascii_lowercase));
        (Self(name), file.text().len())
    }
}

/// What a manifest says, read once for all below it.
struct Above(Said);

impl Said {
    /// What the root of a manifest says.
    pub(super) fn of(root: &Node, folder: &RelPath, input: &Input<'_>) -> Self {
        let mut own: BTreeSet<String> =
            root.get("replace").map_or(&[][..], Node::entries).iter().map(lower_key).collect();
        own.extend(root.text_at("name").map(str::to_ascii_lowercase));
        let provided = root.get("provide").map_or(&[][..], Node::entries).iter().map(lower_key).collect();
        let all = root.get("repositories");
        let all =
            all.into_iter().flat_map(|all| all.list().iter().chain(all.entries().iter().map(|entry| &entry.value)));
        let paths = all.filter(|node| node.text_at("type") == Some("path")).take(REPOSITORIES);
        let mut has_paths = false;
        let repositories =
            paths.inspect(|_| has_paths = true).filter_map(|node| Repository::of(node, folder)).collect();
        let locked = locked(root, has_paths, folder, input);
        Self { own, provided, repositories, locked }
    }

    /// Where a name that it asks for lies; nothing for a package that only registries know.
    fn source(&self, name: &str, input: &Input<'_>) -> Option<Source> {
        if let Some(source) = self.locked.get(name) {
            return Some(source.clone());
        }
        let takes = self.repositories.iter().filter(|one| one.gives(name));
        takes.into_iter().find_map(|one| one.held(input).0.get(name).cloned()).map(Source::Folder)
    }

    fn takes_in(&self, folder: &RelPath) -> bool {
        self.repositories.iter().any(|one| one.folders.hold(folder))
    }
}

impl Repository {
    fn of(node: &Node, folder: &RelPath) -> Option<Self> {
        // others are asked for the same names
        if node.get("canonical").and_then(Node::as_bool) == Some(false) {
            return None;
        }
        let url = node.text_at("url")?;
        let patterns = |key: &str| {
            let all = node.get(key).map_or(&[][..], Node::list).iter();
            all.filter_map(Node::text).take(PATTERNS).map(str::to_ascii_lowercase).collect()
        };
        let (key, folders) = (folder.join(url)?, Folders::of(folder, url)?);
        Some(Self { key, folders, only: patterns("only"), exclude: patterns("exclude") })
    }

    fn gives(&self, name: &str) -> bool {
        let fits = |pattern: &String| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == pattern,
        };
        (self.only.is_empty() || self.only.iter().any(fits)) && !self.exclude.iter().any(fits)
    }

    fn held(&self, input: &Input<'_>) -> Arc<Held> {
        let read = || {
            let manifests = input.memo.once(|| {
                let all = input.paths.iter().filter(|path| path.name() == "composer.json");
                Manifests(all.take(MOST_MANIFESTS).cloned().collect())
            });
            let all = manifests.0.iter().map(|path| (path, path.parent()));
            let mut names = BTreeMap::new();
            for (path, folder) in all.filter(|(_, folder)| self.folders.hold(folder)).take(MANIFESTS) {
                if let Some(name) = &input.memo.of(path, || Name::of(path, input)).0 {
                    // of two the first counts
                    names.entry(name.clone()).or_insert(folder);
                }
            }
            let bytes = names.keys().map(String::len).sum();
            (Held(names), bytes)
        };
        input.memo.of(&self.key, read)
    }
}

/// What the manifests of a folder and above say of the packages that the folder's own asks for.
pub(super) struct Around {
    here: Said,
    above: Vec<(Arc<Above>, bool)>,
}

impl Around {
    pub(super) fn of(file: &SourceFile, root: &Node, input: &Input<'_>) -> Self {
        let here = Said::of(root, &file.folder(), input);
        let mut above = Vec::new();
        let mut folder = file.folder();
        for _ in 0..MOST_FOLDERS {
            if folder.is_root() {
                break;
            }
            folder = folder.parent();
            let Some(path) = folder.join("composer.json") else { continue };
            let said = input.memo.of(&path, || Above::of(&path, &folder, input));
            let takes_in = said.0.takes_in(&file.folder());
            above.push((said, takes_in));
        }
        Self { here, above }
    }

    /// Where a name in lower case lies, as the manifest itself says, or else the one above that takes it in: only what is said
    /// at the root counts for Composer. Nothing for a package of registries.
    pub(super) fn source(&self, name: &str, input: &Input<'_>) -> Option<Source> {
        if let Some(source) = self.here.source(name, input) {
            return Some(source);
        }
        let mut roots = self.above.iter().filter(|(_, takes_in)| *takes_in);
        if let Some(source) = roots.find_map(|(said, _)| said.0.source(name, input)) {
            return Some(source);
        }
        let is_here = self.here.own.contains(name) || self.here.provided.contains(name);
        let is_own = is_here || self.above.iter().any(|(said, _)| said.0.own.contains(name));
        is_own.then_some(Source::Own)
    }
}

impl Above {
    fn of(path: &RelPath, folder: &RelPath, input: &Input<'_>) -> (Self, usize) {
        let Some(file) = input.companion(path) else { return (Self(Said::default()), 0) };
        let said = file.json().map_or_else(|_| Said::default(), |root| Said::of(root, folder, input));
        (Self(said), file.text().len())
    }
}

/// What the lock file of a folder says of packages. It is read where folders are repositories, or where it has no package of
/// a name that the manifest asks for: another one may stand for that.
fn locked(asking: &Node, has_paths: bool, folder: &RelPath, input: &Input<'_>) -> BTreeMap<String, Source> {
    let lock = folder.join("composer.lock").and_then(|path| input.companion(&path));
    let Some(lock) = lock.filter(|lock| has_paths || lacks(lock.text(), asking)) else { return BTreeMap::new() };
    let Ok(root) = lock.json() else { return BTreeMap::new() };
    let packages =
        || ["packages", "packages-dev"].into_iter().flat_map(|list| root.get(list).map_or(&[][..], Node::list));
    let source = |node: &Node| {
        if node.at(&["dist", "type"]).and_then(Node::text) != Some("path") {
            return Source::Elsewhere;
        }
        let at = node.at(&["dist", "url"]).and_then(Node::text).and_then(|path| folder.join(path));
        at.filter(|at| is_project(at, manifest::COMPOSER, input)).map_or(Source::Own, Source::Folder)
    };
    let named = |node: &Node| Some((node.text_at("name")?.to_ascii_lowercase(), source(node)));
    let mut found: BTreeMap<String, Source> = packages().filter_map(named).collect();
    for node in packages() {
        let (Some(name), Some(version)) = (node.text_at("name"), node.text_at("version")) else { continue };
        let others = STANDING_FOR.into_iter().flat_map(|word| node.get(word).map_or(&[][..], Node::entries));
        for other in others.map(lower_key) {
            let own = found.get(&name.to_ascii_lowercase()).filter(|source| !matches!(source, Source::Elsewhere));
            let (own, one) = (own.cloned(), (name.to_owned(), version.to_owned()));
            match found.entry(other).or_insert_with(|| own.unwrap_or_else(|| Source::Within(Vec::new()))) {
                Source::Within(all) if all.len() < MOST_ANSWERS && !all.contains(&one) => all.push(one),
                _ => {}
            }
        }
    }
    found
}

/// Tables of other names that a package stands for.
pub(super) const STANDING_FOR: [&str; 2] = ["replace", "provide"];

/// True where a lock file as Composer writes it has no package of some name that a manifest asks for.
fn lacks(lock: &str, manifest: &Node) -> bool {
    const NAME: &str = "\"name\": \"";
    let rest = |at: usize| lock[at + NAME.len()..].split('"').next();
    let names: BTreeSet<String> = memchr::memmem::find_iter(lock.as_bytes(), NAME)
        .filter_map(rest)
        .filter(|name| name.contains('/'))
        .map(str::to_ascii_lowercase)
        .collect();
    let asked =
        ["require", "require-dev"].into_iter().flat_map(|table| manifest.get(table).map_or(&[][..], Node::entries));
    asked.into_iter().any(|entry| !is_platform(&entry.key) && !names.contains(&lower_key(entry)))
}

/// The names in lower case that the manifest of a folder bears, replaces and provides: nothing else is installed for them.
pub(super) fn own_names(folder: &RelPath, input: &Input<'_>) -> BTreeSet<String> {
    let manifest = folder.join("composer.json").and_then(|path| input.companion(&path));
    let Some(root) = manifest.as_ref().and_then(|manifest| manifest.json().ok()) else { return BTreeSet::new() };
    let others = STANDING_FOR.into_iter().flat_map(|word| root.get(word).map_or(&[][..], Node::entries));
    others.map(lower_key).chain(root.text_at("name").map(str::to_ascii_lowercase)).collect()
}

fn lower_key(entry: &crate::parse::Entry) -> String {
    entry.key.to_ascii_lowercase()
}
