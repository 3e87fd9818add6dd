//! What manifests ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::index::Index;
use super::{PROJECTS, base, folder_of, installed, only_manifests_state, seen_at, states, version};
use crate::model::{
    Attribute, Basis, ComponentId, Evidence, EvidenceSet, Inventory, RelationKind, Sighting, key, purl,
};
use crate::scan::package::haskell::comes_with_compiler;
use crate::scan::package::toolkit::MOST_ANSWERS;
use crate::text::{Lookup, RelPath};

/// A project's need of a package whose version no file but a manifest states.
pub(super) struct Need<'a> {
    pub(super) project: &'a ComponentId,
    pub(super) package: &'a ComponentId,
    pub(super) ecosystem: &'a str,
    pub(super) evidence: &'a EvidenceSet,
}

/// The manifests among the files that state something.
pub(super) fn manifests_of(evidence: &EvidenceSet) -> impl Iterator<Item = &RelPath> {
    let is_manifest = |one: &&Evidence| one.basis() == Some(Basis::Declared) && !is_past_locks(one);
    evidence.iter().filter(is_manifest).filter_map(Evidence::path)
}

/// A tool and what it is told to take.
type Target<'a> = (&'a str, &'a str);

/// What manifests ask for.
pub(super) struct Asked<'a> {
    index: &'a Index<'a>,
    pub(super) needs: Vec<Need<'a>>,
    /// Constraints by package and the file that states them.
    constraints: Lookup<(&'a ComponentId, &'a RelPath), BTreeSet<&'a str>>,
    /// Folders of the projects of the tree by the package that they make.
    makes: BTreeMap<ComponentId, BTreeSet<RelPath>>,
    /// Folders of lock files with what they hold of the tree's own, as [`key::HOLDS`] writes it.
    held: Lookup<(RelPath, &'a str), ()>,
    /// Folders of projects with the packages for which their tool is told what to take, by tool and target.
    overridden: BTreeMap<RelPath, BTreeMap<ComponentId, Vec<Target<'a>>>>,
    /// How many projects make a package, by what [`key::MAKES`] says.
    makers: Lookup<&'a str, usize>,
    /// What manifests in images ask for without a version: what is installed there answers.
    pub(super) of_images: Vec<Need<'a>>,
    /// Exact versions that lock files hold for the project whose manifest pins them, with what says so.
    pub(super) pins_held: Vec<(&'a ComponentId, &'a EvidenceSet)>,
}

/// True for what hooks need, what commands of build steps install, and tools of .NET.
fn is_past_locks(one: &Evidence) -> bool {
    one.sighting().is_some_and(|seen| matches!(seen.scanner(), "pre-commit" | "dockerfile" | "dotnet-tools"))
}

/// Manifests whose tool takes what its lock file holds, or calls that file stale: in neither case is what they pin a
/// second version beside the locked one.
const LED_BY_LOCK: [&str; 15] = [
    "cabal",
    "cargo-toml",
    "composer-json",
    "conanfile",
    "gemfile",
    "gemspec",
    "julia-project",
    "mix-exs",
    "package-json",
    "pipfile",
    "pixi-toml",
    "podfile",
    "pubspec",
    "pyproject",
    "swift-package",
];

fn is_led_by_lock(one: &Evidence) -> bool {
    one.sighting().is_some_and(|seen| LED_BY_LOCK.contains(&seen.scanner()))
}

impl<'a> Asked<'a> {
    pub(super) fn of(inventory: &'a Inventory, index: &'a Index<'a>) -> Self {
        let mut asked = Self {
            index,
            needs: Vec::new(),
            constraints: Lookup::default(),
            makes: BTreeMap::new(),
            held: Lookup::default(),
            overridden: BTreeMap::new(),
            makers: Lookup::default(),
            of_images: installed::needs(inventory),
            pins_held: Vec::new(),
        };
        let mut seen: Lookup<&ComponentId, ()> = Lookup::default();
        for (project, known) in inventory.beginning_with(PROJECTS) {
            let Some(folder) = folder_of(project) else { continue };
            for value in known.values(key::MAKES) {
                *asked.makers.entry(&**value) += 1;
                // a crate of the tree is needed by its path alone
                if let Some((ecosystem, name)) = value.split_once(' ').filter(|(ecosystem, _)| *ecosystem != "cargo") {
                    asked.makes.entry(purl::of(ecosystem, name, None)).or_default().insert(folder.clone());
                }
            }
            for value in known.values(key::HOLDS) {
                asked.held.insert((folder.clone(), value), ());
            }
            for value in known.values(key::OVERRIDES) {
                let mut words = value.splitn(3, ' ');
                let (Some(tool), Some(name)) = (words.next(), words.next()) else { continue };
                let ecosystem = match tool {
                    "uv" | "pdm" => "pypi",
                    "cabal" => "hackage",
                    _ => "npm",
                };
                let here = asked.overridden.entry(folder.clone()).or_default();
                here.entry(purl::of(ecosystem, name, None)).or_default().push((tool, words.next().unwrap_or_default()));
            }
            for row in known.relations().iter().filter(|row| row.kind == RelationKind::DependsOn) {
                // a lock file alone asks nothing; hooks and commands install past every lock file
                if !states(&row.evidence) || row.evidence.iter().all(is_past_locks) {
                    continue;
                }
                let Some(package) = index.known(&row.to) else { continue };
                let stands = |word: &str| package.values(key::RESOLUTION).any(|value| &**value == word);
                let is_open = stands("unlocked");
                if stands("pinned") && stands("locked") && !only_manifests_state(&row.evidence) {
                    asked.pins_held.push((&row.to, &row.evidence));
                }
                // Terraform's lock file is read together with what it answers
                let ecosystem = package.values(key::ECOSYSTEM).last().filter(|ecosystem| &***ecosystem != "terraform");
                let Some(ecosystem) = ecosystem.filter(|_| is_open || only_manifests_state(&row.evidence)) else {
                    continue;
                };
                asked.needs.push(Need { project, package: &row.to, ecosystem, evidence: &row.evidence });
                if seen.insert(&row.to, ()).is_none() {
                    asked.constrain(&row.to, package.attributes());
                }
            }
        }
        asked
    }

    /// True when lock files of a folder are about the project that needs something: it is of that folder, or they name it.
    /// A name that several projects have tells none of them.
    pub(super) fn is_locked_by(&self, need: &Need<'_>, folder: &RelPath, lock: &EvidenceSet) -> bool {
        if folder_of(need.project).is_some_and(|own| own == *folder) {
            return true;
        }
        let is_held = |made: &&Arc<str>| {
            self.held.contains(&(folder.clone(), &***made))
                && self.makers.get(&***made).is_some_and(|makers| *makers == 1)
        };
        let made = self.index.known(need.project).into_iter().flat_map(|known| known.values(key::MAKES));
        made.into_iter().any(|made| is_held(&made)) || self.is_named(need.project, lock)
    }

    /// What the tool that writes a lock file is told to take of a package, whatever asks for it.
    pub(super) fn targets(&self, need: &Need<'_>, folder: &RelPath, lock_file: &RelPath) -> Vec<&'a str> {
        let Some(all) = self.overridden.get(folder) else { return Vec::new() };
        let of_all = purl::of(need.ecosystem, "*", None);
        let named = [ComponentId::new(base(need.package)), of_all];
        let all: Vec<Target<'a>> = named.iter().filter_map(|id| all.get(id)).flatten().copied().collect();
        let is_read = |tool: &str| match lock_file.name() {
            "package-lock.json" | "npm-shrinkwrap.json" => tool == "overrides",
            "yarn.lock" => tool == "resolutions",
            "pnpm-lock.yaml" => matches!(tool, "pnpm" | "resolutions"),
            "bun.lock" => matches!(tool, "overrides" | "resolutions"),
            "uv.lock" => tool == "uv",
            "pdm.lock" => tool == "pdm",
            name if name.starts_with("pylock.") => matches!(tool, "uv" | "pdm"),
            name if name.ends_with(".freeze") => tool == "cabal",
            _ => false,
        };
        all.iter().filter(|(tool, _)| is_read(tool)).map(|(_, target)| *target).collect()
    }

    /// The lock file of a folder that holds what is compared with a need, which another file states.
    pub(super) fn file_of<'l>(
        &self,
        lock: &'l EvidenceSet,
        answers: &[&ComponentId],
        place: Option<&Sighting>,
    ) -> Option<&'l RelPath> {
        let known = answers.iter().filter_map(|id| self.index.known(id)).flat_map(|known| known.kinds());
        let holding: BTreeSet<&RelPath> =
            known.flat_map(|(_, evidence)| evidence.iter().filter_map(Evidence::path)).collect();
        let others =
            || lock.iter().filter_map(Evidence::path).filter(|path| place.is_none_or(|seen| seen.path() != *path));
        others()
            .find(|path| holding.contains(path))
            .or_else(|| others().next())
            .or(lock.iter().find_map(Evidence::path))
    }

    fn constrain(&mut self, package: &'a ComponentId, attributes: &'a [Attribute]) {
        for row in attributes.iter().filter(|row| row.key == key::REQUIREMENT) {
            for path in row.evidence.iter().filter_map(Evidence::path) {
                self.constraints.entry((package, path)).insert(&row.value);
            }
        }
    }

    /// The files in which the need's version is declared and not locked.
    pub(super) fn declared(&self, need: &Need<'_>) -> BTreeSet<RelPath> {
        let Some(package) = self.index.known(need.package).filter(|_| version(need.package).is_some()) else {
            return BTreeSet::new();
        };
        let is_open = |row: &&Attribute| row.key == key::RESOLUTION && &*row.value == "unlocked";
        let Some(open) = package.attributes().iter().find(is_open) else { return BTreeSet::new() };
        let open: BTreeSet<&RelPath> = open.evidence.iter().filter_map(Evidence::path).collect();
        need.evidence.iter().filter_map(Evidence::path).filter(|path| open.contains(path)).cloned().collect()
    }

    /// True for what a lock file decides: no version is known, or a manifest pins one for a tool that takes what is locked.
    pub(super) fn is_question(&self, need: &Need<'_>) -> bool {
        version(need.package).is_none()
            || need.evidence.iter().any(is_led_by_lock)
                && only_manifests_state(need.evidence)
                && self.is_pinned(need.package)
    }

    /// True when a manifest states it in full: an exact version, a repository at a commit.
    pub(super) fn is_pinned(&self, package: &ComponentId) -> bool {
        let known = self.index.known(package);
        known.is_some_and(|known| known.values(key::RESOLUTION).any(|value| &**value == "pinned"))
    }

    /// True when a lock file says so, not only a list of checksums that holds the package.
    pub(super) fn is_locked(&self, package: &ComponentId) -> bool {
        let known = self.index.known(package);
        known.is_some_and(|known| known.values(key::RESOLUTION).any(|value| &**value == "locked"))
    }

    /// True when one of the lock files holds the very component, which is one without a version then.
    pub(super) fn is_held_by(&self, package: &ComponentId, lock: &EvidenceSet) -> bool {
        let in_lock = |path: &RelPath| lock.iter().filter_map(Evidence::path).any(|file| file == path);
        let holds = |one: &Evidence| one.basis() == Some(Basis::Resolved) && one.path().is_some_and(in_lock);
        let known = self.index.known(package);
        known.is_some_and(|known| known.kinds().iter().any(|(_, evidence)| evidence.iter().any(holds)))
    }

    /// The projects of the tree, in the lock file's folder or below, that make the package themselves: the first few. Where
    /// the lock file names the folders of its workspace, those; a project that lies elsewhere is somebody else's copy.
    pub(super) fn own(
        &self,
        package: &ComponentId,
        folder: &RelPath,
        lock: &EvidenceSet,
        is_its_own: bool,
    ) -> Vec<ComponentId> {
        let Some(folders) = self.makes.get(&ComponentId::new(base(package))) else { return Vec::new() };
        let below = |one: &&RelPath| {
            let rest = one.as_str().strip_prefix(folder.as_str());
            folder.is_root() || rest.is_some_and(|rest| rest.starts_with('/'))
        };
        // whatever lies below stands together in order
        let first = if folder.is_root() { Some(RelPath::root()) } else { folder.join("!") };
        let below = first.into_iter().flat_map(|first| folders.range(first..).take_while(below));
        let at_lock = folders.get(folder).filter(|_| !folder.is_root());
        let all = at_lock.into_iter().chain(below).take(MOST_ANSWERS).map(ComponentId::project);
        // a lock file that is not about the project names none of its folders; those of old Yarn know packages only
        let names_folders = is_its_own && lock.iter().filter_map(Evidence::path).any(|path| path.name() != "yarn.lock");
        all.filter(|project| !names_folders || self.is_named(project, lock)).collect()
    }

    /// True when the files speak of a project.
    fn is_named(&self, project: &ComponentId, lock: &EvidenceSet) -> bool {
        // evidence is in the order of its files
        let mut files: Vec<&RelPath> = lock.iter().filter_map(Evidence::path).collect();
        files.dedup();
        let is_one = |path: &RelPath| match files[..] {
            // whether two texts are the same is told by their lengths for the most part, which order is not
            [file] => file == path,
            _ => files.binary_search(&path).is_ok(),
        };
        let is_there = |evidence: &EvidenceSet| evidence.iter().filter_map(Evidence::path).any(is_one);
        self.index.known(project).is_some_and(|known| {
            known.kinds().iter().any(|(_, evidence)| is_there(evidence))
                || known.relations().iter().any(|row| is_there(&row.evidence))
        })
    }

    /// The constraints that the manifest of a need states.
    pub(super) fn constraints_of(&self, need: &Need<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
        let stated = seen_at(need.evidence).and_then(|seen| self.constraints.get(&(need.package, seen.path())));
        stated.into_iter().flatten().copied().collect::<Vec<_>>().into_iter()
    }

    /// Where the manifest of a need states a constraint.
    pub(super) fn stated_at(&self, need: &Need<'a>, constraint: &str) -> Option<&'a Sighting> {
        let manifest = seen_at(need.evidence)?.path();
        let rows = self.index.known(need.package)?.attributes().iter();
        let mut rows = rows.filter(|row| row.key == key::REQUIREMENT && &*row.value == constraint);
        rows.find_map(|row| row.evidence.iter().filter_map(Evidence::sighting).find(|seen| seen.path() == manifest))
    }

    /// True when a manifest states there what only development needs.
    pub(super) fn is_for_development(&self, package: &ComponentId, at: &Sighting) -> bool {
        let rows = self.index.known(package).map_or(&[][..], |known| known.attributes()).iter();
        let mut rows = rows.filter(|row| row.key == key::SCOPE && &*row.value == "dev");
        let is_there = |seen: &Sighting| seen.path() == at.path() && seen.region() == at.region();
        rows.any(|row| row.evidence.iter().filter_map(Evidence::sighting).any(is_there))
    }

    /// True when a file states such a property of a package.
    pub(super) fn states(&self, package: &ComponentId, key: &str, file: &RelPath) -> bool {
        let attributes = self.index.known(package).map_or(&[][..], |known| known.attributes());
        attributes.iter().any(|row| row.key == key && row.evidence.iter().any(|one| one.path() == Some(file)))
    }

    /// True when lock files may leave the package out: it comes with the compiler, every scope that the manifest states
    /// of it is one that they do not hold (that of an extra or of the build; what a package of R suggests, what tests of Julia
    /// need), or a condition of the Gemfile decides when it is locked.
    pub(super) fn may_be_absent(&self, need: &Need<'_>, manifest: &RelPath) -> bool {
        if comes_with_compiler(need.package) {
            return true;
        }
        let attributes = self.index.known(need.package).map_or(&[][..], |known| known.attributes());
        let here = |key: &'static str| {
            let is_here = |row: &&Attribute| row.evidence.iter().any(|one| one.path() == Some(manifest));
            attributes.iter().filter(move |row| row.key == key).filter(is_here).map(|row| &*row.value)
        };
        let is_decided = |words: &str| ["if ", "unless ", "case "].iter().any(|word| words.starts_with(word));
        if need.ecosystem == "gem" && here(key::CONDITION).any(is_decided) {
            return true;
        }
        let absent: &[&str] = match need.ecosystem {
            "cran" => &["optional", "dev"],
            "julia" => &["optional", "test"],
            _ => &["optional", "build"],
        };
        let mut scopes = here(key::SCOPE).peekable();
        scopes.peek().is_some() && scopes.all(|scope| absent.contains(&scope))
    }
}
