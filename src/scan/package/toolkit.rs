//! What every package scanner writes, written once: the package, its identity keys, its host.

use std::borrow::Cow;
use std::collections::BTreeMap;

pub(crate) use super::address::{
    archive_revision, host_and_path, host_of, is_git, on_code_host, owner_of_address, repository_owner,
    repository_path, without_secrets,
};
pub(crate) use super::configured::{Of, Registry, Standing, is_true, list, no_registry, registry, registry_host};
pub(crate) use super::exact::exact;
pub(crate) use super::fetched::{
    distributed_by, distributed_by_one_of, fetched_from, fetched_from_any, fetched_name, from_git, from_repository,
    needs_repository, revision_of,
};
pub(crate) use super::project::{is_project, manifest, member_at, needs_project, uses_project};
use super::publisher::identities;
pub(crate) use super::publisher::{author, mail, repository, repository_owner_of};
pub(crate) use super::stated::{MOST_PLACES, Place, stated, stated_at, tell_unused};
pub(crate) use super::unnamed::{Revision, Unnamed, is_at_fixed_revision, is_fixed, is_template, revision_in};
use crate::model::{ComponentId, ComponentKind, RelationKind, key, purl};
use crate::scan::{Facts, Input, Seen, SourceFile};
use crate::text::{RelPath, Span};

/// A package about to be written.
#[derive(Clone, Copy)]
pub(crate) struct Package<'a> {
    /// Ecosystem word and purl type.
    ecosystem: &'a str,
    /// Name as the ecosystem writes it.
    name: &'a str,
    /// Exact version; `None` when only a requirement is known.
    version: Option<&'a str>,
    /// Where it stands.
    file: &'a SourceFile,
    /// The words that name it; the file as a whole without.
    span: Option<Span>,
    /// What the purl says besides name and version, see [`purl::qualified`].
    qualifiers: &'a [(&'static str, &'a str)],
    /// It is taken at a revision that stays what it is: as good as a version, though none is known.
    at_fixed: bool,
}

impl<'a> Package<'a> {
    /// A package. The name is what the ecosystem writes, namespace included, see [`purl::of`].
    pub(crate) fn new(
        ecosystem: &'a str,
        name: &'a str,
        version: Option<&'a str>,
        file: &'a SourceFile,
        span: Span,
    ) -> Self {
        Self { ecosystem, name, version, file, span: Some(span), qualifiers: &[], at_fixed: false }
    }

    /// A package that no words name: the file as a whole is one, or holds it.
    pub(crate) fn whole(ecosystem: &'a str, name: &'a str, version: Option<&'a str>, file: &'a SourceFile) -> Self {
        Self { ecosystem, name, version, file, span: None, qualifiers: &[], at_fixed: false }
    }

    fn seen(&self) -> Seen {
        self.span.map_or_else(|| self.file.whole(), |span| self.file.at(span))
    }

    /// The same package with qualifiers of its purl; those without a value are left out.
    pub(crate) fn qualified(self, qualifiers: &'a [(&'static str, &'a str)]) -> Self {
        Self { qualifiers, ..self }
    }

    /// The same package, taken from a repository at a commit or a tag of numbers when `is_fixed`.
    pub(crate) fn at_fixed_revision(self, is_fixed: bool) -> Self {
        Self { at_fixed: is_fixed, ..self }
    }

    /// The file alone says what is taken.
    fn is_exact(&self) -> bool {
        self.version.is_some() || self.at_fixed
    }

    /// Canonical id.
    pub(crate) fn id(&self) -> ComponentId {
        purl::qualified(purl::of(self.ecosystem, self.name, self.version), self.qualifiers)
    }

    /// Writes the package, its name and version, and the keys that say who publishes it.
    pub(crate) fn write(&self, root: &ComponentId, out: &mut Facts<'_>) -> ComponentId {
        let resolution = if self.is_exact() { "locked" } else { "unlocked" };
        self.write_with(self.id(), Some(resolution), Some(root), out)
    }

    /// As [`Self::write`], for an exact version that nothing verifies: pinned, not locked.
    pub(crate) fn write_unverified(&self, root: &ComponentId, out: &mut Facts<'_>) -> ComponentId {
        let resolution = if self.version.is_some() { "pinned" } else { "unlocked" };
        self.write_with(self.id(), Some(resolution), Some(root), out)
    }

    /// As [`Self::write`], under an id that says more than type, name and version: a purl with qualifiers.
    pub(crate) fn write_as(&self, id: ComponentId, root: &ComponentId, out: &mut Facts<'_>) -> ComponentId {
        let resolution = if self.version.is_some() { "locked" } else { "unlocked" };
        self.write_with(id, Some(resolution), Some(root), out)
    }

    /// Writes the package as a list of checksums has it: the build may fetch it, and nothing is said of who asks
    /// for it or whether its version is locked.
    pub(crate) fn confirm(&self, root: &ComponentId, out: &mut Facts<'_>) -> ComponentId {
        self.write_with(self.id(), None, Some(root), out)
    }

    fn write_with(
        &self,
        id: ComponentId,
        resolution: Option<&str>,
        holder: Option<&ComponentId>,
        out: &mut Facts<'_>,
    ) -> ComponentId {
        // one place for all facts: lines and words are looked up once
        let seen = self.seen();
        out.component(&id, ComponentKind::Package, seen.clone());
        out.attribute(&id, key::ECOSYSTEM, self.ecosystem, seen.clone());
        out.attribute(&id, key::NAME, self.name, seen.clone());
        if let Some(version) = self.version {
            out.attribute(&id, key::VERSION, version, seen.clone());
        }
        if let Some(resolution) = resolution {
            out.attribute(&id, key::RESOLUTION, resolution, seen.clone());
        }
        for identity in identities(self.ecosystem, self.name) {
            out.attribute(&id, key::IDENTITY, identity, seen.clone());
        }
        if let Some(holder) = holder {
            out.relation(holder, RelationKind::Contains, &id, seen);
        }
        id
    }

    /// Writes what a manifest asks for directly: the package with its constraint and scope, needed by
    /// `project`. An exact version is pinned: the file alone says so, no lock file holds it. A version that the
    /// constraint alone does not fix stays open; when a lock file answers it, [`crate::scan::reconcile`] puts the
    /// locked package in its place.
    pub(crate) fn require(
        &self,
        constraint: &str,
        scope: &'static str,
        project: &ComponentId,
        out: &mut Facts<'_>,
    ) -> ComponentId {
        self.asked(if self.is_exact() { "pinned" } else { "unlocked" }, constraint, scope, project, out)
    }

    /// As [`Self::require`], where the manifest is the lock file as well: a tool compiled it, or hashes fix all of it.
    pub(crate) fn require_locked(
        &self,
        constraint: &str,
        scope: &'static str,
        project: &ComponentId,
        out: &mut Facts<'_>,
    ) -> ComponentId {
        self.asked(if self.is_exact() { "locked" } else { "unlocked" }, constraint, scope, project, out)
    }

    /// As [`Self::require`], where the manifest's literal version is what the tool takes unless something needs
    /// more (Maven, Gradle, NuGet): the package carries it and stays "unlocked". A lock file that answers wins,
    /// see [`crate::scan::reconcile`]. `text` is what the manifest writes; an empty scope is one that it does not state.
    pub(crate) fn declared(
        &self,
        text: &str,
        scope: &'static str,
        project: &ComponentId,
        out: &mut Facts<'_>,
    ) -> ComponentId {
        self.asked("unlocked", text, scope, project, out)
    }

    fn asked(
        &self,
        resolution: &str,
        constraint: &str,
        scope: &'static str,
        project: &ComponentId,
        out: &mut Facts<'_>,
    ) -> ComponentId {
        let id = self.write_with(self.id(), Some(resolution), holder(project), out);
        let seen = self.seen();
        if !constraint.is_empty() {
            out.attribute(&id, key::REQUIREMENT, constraint, seen.clone());
        }
        if !scope.is_empty() {
            out.attribute(&id, key::SCOPE, scope, seen.clone());
        }
        direct(project, &id, &seen, out);
        id
    }
}

/// Who holds what a manifest asks for: the project whose folder it is. An image holds what is installed in it, whatever
/// the manifests in it ask for, and a pipeline holds nothing.
fn holder(project: &ComponentId) -> Option<&ComponentId> {
    let id = project.as_str();
    (!id.starts_with("pkg:oci/") && !id.starts_with("delivery:")).then_some(project)
}

/// Why a package is needed, as far as the file says.
pub(crate) mod scope {
    /// What runs in production.
    pub(crate) const RUNTIME: &str = "runtime";
    /// Development tools, tests included where the format does not tell them apart.
    pub(crate) const DEV: &str = "dev";
    /// Needed to build.
    pub(crate) const BUILD: &str = "build";
    /// Needed to test.
    pub(crate) const TEST: &str = "test";
    /// Extras and features that are chosen.
    pub(crate) const OPTIONAL: &str = "optional";
    /// From the strongest: what runs in production is that, whoever else needs it.
    pub(crate) const STRENGTH: [&str; 5] = [RUNTIME, OPTIONAL, BUILD, TEST, DEV];
}

/// Domain of the registry that an ecosystem's tools ask unless they are told otherwise.
pub(crate) fn default_registry(ecosystem: &str) -> Option<&'static str> {
    Some(match ecosystem {
        "npm" => "npmjs.org",
        "pypi" => "pypi.org",
        "cargo" => "crates.io",
        "golang" => "golang.org",
        "maven" => "maven.org",
        "nuget" => "nuget.org",
        "gem" => "rubygems.org",
        "composer" => "packagist.org",
        "pub" => "pub.dev",
        "hex" => "hex.pm",
        "hackage" => "haskell.org",
        "cran" => "r-project.org",
        "julia" => "julialang.org",
        "cocoapods" => "cocoapods.org",
        "conan" => "conan.io",
        "conda" => "conda.anaconda.org",
        "bazel" => "bazel.build",
        "jsr" => "jsr.io",
        // the registry is a repository there
        "vcpkg" => "github.com",
        _ => return None,
    })
}

/// The package comes from its ecosystem's own registry, since the file names no other: that host is inferred.
/// A configured registry or mirror takes its place, see [`registry`].
pub(crate) fn from_default(id: &ComponentId, ecosystem: &str, seen: &Seen, out: &mut Facts<'_>) {
    if let Some(host) = default_registry(ecosystem) {
        distributed_by(id, host, &seen.clone().inferred(), out);
    }
}

/// How many entries one edge may lead to. No real name has more answers; without a bound a file of one name would
/// cost the square of its length.
pub(crate) const MOST_ANSWERS: usize = 32;

/// The entries of a lock file by name, so that edges which are written as names find what they mean.
#[derive(Default)]
pub(crate) struct Entries<'a> {
    by_name: BTreeMap<Cow<'a, str>, Vec<(Option<&'a str>, Locked)>>,
}

impl<'a> Entries<'a> {
    /// Adds an entry under the name that edges use.
    pub(crate) fn add(&mut self, name: impl Into<Cow<'a, str>>, version: Option<&'a str>, locked: Locked) {
        /// Versions of one name that an edge may mean: real files have a few, hostile ones would make every edge all.
        const SAME_NAME: usize = 32;
        let same = self.by_name.entry(name.into()).or_default();
        if same.len() < SAME_NAME {
            same.push((version, locked));
        }
    }

    /// Every entry that the name may mean; with a version that stands there, only those of that version.
    pub(crate) fn named<'s>(
        &'s self,
        name: &str,
        version: Option<&str>,
    ) -> impl Iterator<Item = &'s Locked> + use<'s, 'a> {
        let all = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        let exact = version.is_some() && all.iter().any(|(is, _)| *is == version);
        let version = version.map(str::to_owned).filter(|_| exact);
        all.iter()
            .filter(move |(is, _)| version.is_none() || is.map(str::to_owned) == version)
            .map(|(_, locked)| locked)
    }
}

/// An entry of a lock file that others name: a package, or a project of the tree itself.
#[derive(Clone)]
pub(crate) struct Locked {
    /// The package; for the tree's own, the project.
    pub(crate) id: ComponentId,
    /// The tree's own project, not a package of others.
    pub(crate) own: bool,
}

impl Locked {
    /// A package of others.
    pub(crate) fn package(id: ComponentId) -> Self {
        Self { id, own: false }
    }

    /// The tree's own.
    pub(crate) fn own(project: &ComponentId) -> Self {
        Self { id: project.clone(), own: true }
    }

    /// Writes that this entry needs another; what the tree's own needs is direct.
    pub(crate) fn needs(&self, to: &Self, seen: &Seen, out: &mut Facts<'_>) {
        if to.own {
            // one project of the tree builds on another; what a package of others would need of ours is no entry of a lock file
            if self.own && self.id != to.id {
                out.relation(&self.id, RelationKind::DependsOn, &to.id, seen.clone());
            }
        } else if self.own {
            direct(&self.id, &to.id, seen, out);
        } else {
            out.relation(&self.id, RelationKind::DependsOn, &to.id, seen.clone());
        }
    }
}

/// The project needs a package directly.
pub(crate) fn direct(project: &ComponentId, id: &ComponentId, seen: &Seen, out: &mut Facts<'_>) {
    out.relation(project, RelationKind::DependsOn, id, seen.clone());
    out.attribute(id, key::RELATION, "direct", seen.clone());
}

/// As [`root`], for a lock file: says that requirements of this ecosystem in the folder and below are
/// answered by this file.
pub(crate) fn locked_root(ecosystem: &str, input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) -> ComponentId {
    let project = root(input, file, out);
    out.attribute(&project, key::LOCKS, ecosystem, file.whole());
    project
}

/// As [`locked_root`], for a lock file that does not lie in the folder of what it answers (`obj/project.assets.json`).
pub(crate) fn locked_root_at(
    ecosystem: &str,
    folder: &RelPath,
    input: &Input<'_>,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> ComponentId {
    let project = root_at(folder, input, file, out);
    out.attribute(&project, key::LOCKS, ecosystem, file.whole());
    project
}

/// As [`root`], for a file that speaks for another folder than its own.
pub(crate) fn root_at(folder: &RelPath, input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) -> ComponentId {
    let root = input.root_subject_at(folder);
    out.component(&root, input.root_kind(), file.whole());
    root
}

/// The component that holds what a file lists: the image being scanned, else the file's folder.
pub(crate) fn root(input: &Input<'_>, file: &SourceFile, out: &mut Facts<'_>) -> ComponentId {
    let root = input.root_subject(file);
    out.component(&root, input.root_kind(), file.whole());
    root
}

/// A copy of the package lies in a folder of the tree, unless it is an image that is scanned: there everything does.
pub(crate) fn installed(id: &ComponentId, folder: &RelPath, input: &Input<'_>, seen: &Seen, out: &mut Facts<'_>) {
    if input.subject.is_none() {
        held(id, folder, seen, out);
    }
}

/// A copy of the package lies in a folder of the tree.
pub(crate) fn held(id: &ComponentId, folder: &RelPath, seen: &Seen, out: &mut Facts<'_>) {
    out.attribute(id, key::HELD, folder.to_string(), seen.clone());
}
