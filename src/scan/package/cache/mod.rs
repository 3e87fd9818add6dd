//! Who publishes the packages that were found, from package caches that the user points at.
//!
//! Lock files name packages and say little of who makes them; the metadata that a package manager keeps on this
//! machine does. For every package with an exact version the well-known file is looked up by name, and authors,
//! maintainers and repository become attributes and identity keys. The place of these facts begins with
//! `package-cache:`, because it is no file of the target, and they are inferred: a cache may hold something else than
//! what a build will fetch.

mod gemspec;
mod packed;
mod places;
mod readers;
mod sorts;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::prelude::*;

use self::places::Shelf;
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::{Basis, ComponentId, ComponentKind, Draft, Inventory, key};
use crate::scan::{Facts, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::source::Limits;
use crate::source::package_cache::{Lookup, PackageCache};
use crate::text::{RelPath, clean_line, count};

/// Begins the path of every place in a cache.
pub const PREFIX: &str = "package-cache:";

/// Speaks for all readers; no file of a target is read under this name.
static META: ScannerMeta = ScannerMeta {
    id: "package-cache",
    title: "Package caches",
    summary: "Authors, maintainers and repository of packages that were found, and which Go module asks for which, from caches given with --package-cache.",
    files: &[],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Inferred,
    emits: &[ComponentKind::Package],
    reference: "docs/data.md",
};

/// A package to look up.
struct Wanted {
    id: ComponentId,
    ecosystem: Arc<str>,
    /// As the ecosystem writes it.
    name: Arc<str>,
    version: Arc<str>,
}

/// Go modules that were found, by name: which version of a module is built is decided for the whole build, whatever
/// version each of the others asks for.
type Modules<'a> = BTreeMap<&'a str, &'a ComponentId>;

/// A metadata file that was found, and what reads other files beside it.
struct Found<'a> {
    file: &'a SourceFile,
    shelf: &'a Shelf<'a>,
    limit: u64,
    modules: &'a Modules<'a>,
}

impl Found<'_> {
    /// Another file of the same cache.
    fn other(&self, path: &RelPath) -> Option<SourceFile> {
        match self.shelf.cache.find(path, self.limit) {
            Lookup::Found(bytes) => Some(source_file(path, bytes)),
            _ => None,
        }
    }
}

type Reader = fn(&Wanted, &Found<'_>, &mut Facts<'_>) -> anyhow::Result<()>;

/// How the metadata of an ecosystem is read.
fn reader(ecosystem: &str) -> Option<Reader> {
    Some(match ecosystem {
        "cargo" => readers::cargo,
        "npm" => readers::npm,
        "pypi" => readers::pypi,
        "golang" => readers::golang,
        "maven" => readers::maven,
        "nuget" => readers::nuget,
        "gem" => gemspec::read,
        "composer" => readers::composer,
        "conda" => readers::conda,
        _ => return None,
    })
}

/// Adds what the caches say of the packages of an inventory.
#[must_use]
pub fn consult(mut inventory: Inventory, caches: &[PackageCache], limits: &Limits) -> Inventory {
    if caches.is_empty() {
        return inventory;
    }
    for cache in caches.iter().filter(|cache| recognised(cache).is_empty()) {
        let message = format!(
            "nothing in the package cache `{}` is known: not one of ~/.cargo, a Go module cache, ~/.m2, ~/.nuget/packages, \
             a gem home, site-packages, a folder of wheels, uv's or pip's cache, node_modules, vendor, Conda's pkgs",
            cache.name()
        );
        inventory.diagnostics.insert(problem(RelPath::root(), DiagnosticKind::Unsupported, &message));
    }
    let wanted = wanted(&inventory);
    let modules: Modules<'_> =
        wanted.iter().filter(|one| &*one.ecosystem == "golang").map(|one| (&*one.name, &one.id)).collect();
    let shelves: Vec<Shelf<'_>> = caches.iter().map(Shelf::new).collect();
    let answers: Vec<Answer> = wanted.par_iter().map(|wanted| answer(wanted, &shelves, &modules, limits)).collect();
    let is_silent =
        answers.iter().all(|answer| answer.facts.is_empty() && answer.diagnostics.is_empty() && answer.links == 0);
    if is_silent && !wanted.is_empty() {
        let message = format!("the package caches tell of none of {} that were found", count(wanted.len(), "package"));
        inventory.diagnostics.insert(problem(RelPath::root(), DiagnosticKind::Unresolved, &message));
    }
    let mut links = 0;
    let mut all = Draft::default();
    for answer in answers {
        all = all.merge(answer.facts);
        inventory.diagnostics.extend(answer.diagnostics);
        links += answer.links;
    }
    inventory = inventory.merge(all.finish());
    if links > 0 {
        let message = format!("the metadata of {} lies behind links, which are not followed", count(links, "package"));
        inventory.diagnostics.insert(problem(RelPath::root(), DiagnosticKind::Link, &message));
    }
    inventory
}

/// The package managers that a cache is known to be of.
#[must_use]
pub fn recognised(cache: &PackageCache) -> Vec<&'static str> {
    sorts::sorts(cache)
}

/// Packages with an exact version of ecosystems whose caches are known.
fn wanted(inventory: &Inventory) -> Vec<Wanted> {
    let rows = inventory.iter().filter_map(|(id, known)| {
        let stated = [key::ECOSYSTEM, key::NAME, key::VERSION].map(|key| known.values(key).next());
        let [Some(ecosystem), Some(name), Some(version)] = stated else { return None };
        reader(ecosystem)?;
        let [ecosystem, name, version] = [ecosystem, name, version].map(Arc::clone);
        Some(Wanted { id: id.clone(), ecosystem, name, version })
    });
    rows.collect()
}

/// What the caches say of one package.
#[derive(Default)]
struct Answer {
    facts: Draft,
    diagnostics: Vec<Diagnostic>,
    links: usize,
}

fn answer(wanted: &Wanted, shelves: &[Shelf<'_>], modules: &Modules<'_>, limits: &Limits) -> Answer {
    let mut answer = Answer::default();
    let mut is_linked = false;
    for shelf in shelves {
        for path in shelf.places(&wanted.ecosystem, &wanted.name, &wanted.version) {
            // one file for all packages is read once
            let found = if &*wanted.ecosystem == "composer" {
                shelf.shared(&path, || open(shelf, &path, limits))
            } else {
                Arc::new(open(shelf, &path, limits))
            };
            match &*found {
                Opened::File(file) => {
                    let found = Found { file, shelf, limit: limits.file_bytes, modules };
                    if read(wanted, &found, limits, &mut answer) {
                        return answer;
                    }
                }
                Opened::Absent => {}
                Opened::Link => is_linked = true,
                Opened::Unreadable(reason) => {
                    answer.diagnostics.push(problem(shown(&path), DiagnosticKind::Unreadable, reason));
                }
            }
        }
    }
    answer.links = usize::from(is_linked);
    answer
}

/// A metadata file, or why there is none.
enum Opened {
    File(Box<SourceFile>),
    Absent,
    Link,
    Unreadable(String),
}

fn open(shelf: &Shelf<'_>, path: &RelPath, limits: &Limits) -> Opened {
    if packed::is_packed(path) {
        let metadata = catch_unwind(AssertUnwindSafe(|| packed::metadata(shelf.cache, path, limits)));
        let panicked = || Err(Lookup::Unreadable("the archive reader panicked on this file; please report it".into()));
        return match metadata.unwrap_or_else(|_| panicked()) {
            Ok((within, bytes)) => match RelPath::new(&format!("{path}/{within}")) {
                Some(path) => Opened::File(Box::new(source_file(&path, bytes))),
                None => Opened::Absent,
            },
            Err(Lookup::Link) => Opened::Link,
            Err(Lookup::Unreadable(reason)) => Opened::Unreadable(reason),
            Err(Lookup::Absent | Lookup::Found(_)) => Opened::Absent,
        };
    }
    match shelf.cache.find(path, limits.file_bytes) {
        Lookup::Found(bytes) => Opened::File(Box::new(source_file(path, bytes))),
        Lookup::Absent => Opened::Absent,
        Lookup::Link => Opened::Link,
        Lookup::Unreadable(reason) => Opened::Unreadable(reason),
    }
}

/// Reads a file; false when it is about another version or says nothing.
fn read(wanted: &Wanted, found: &Found<'_>, limits: &Limits, answer: &mut Answer) -> bool {
    let Some(reader) = reader(&wanted.ecosystem) else { return false };
    let mut facts = Facts::new(&META, META.id, limits.facts_of(found.file.bytes().len()));
    let result = catch_unwind(AssertUnwindSafe(|| reader(wanted, found, &mut facts)));
    match result {
        Ok(Ok(())) => {}
        Ok(Err(error)) => facts.problem(DiagnosticKind::Malformed, found.file, None, format!("{error:#}")),
        Err(_) => {
            let message = "the reader panicked on this file; please report it";
            facts.problem(DiagnosticKind::Internal, found.file, None, message);
        }
    }
    let has_answer = !facts.is_empty();
    if has_answer {
        facts.attribute(&wanted.id, key::PACKAGE_CACHE, found.file.path().as_str(), found.file.whole());
    }
    let (facts, diagnostics) = facts.into_parts();
    answer.facts = std::mem::take(&mut answer.facts).merge(facts);
    answer.diagnostics.extend(diagnostics);
    has_answer
}

/// A file under the path that reports show.
fn source_file(path: &RelPath, bytes: Vec<u8>) -> SourceFile {
    SourceFile::new(shown(path), bytes, None)
}

fn shown(path: &RelPath) -> RelPath {
    RelPath::new(&format!("{PREFIX}{path}")).unwrap_or_else(RelPath::root)
}

fn problem(path: RelPath, kind: DiagnosticKind, message: &str) -> Diagnostic {
    Diagnostic { path, at: None, kind, scanner: Arc::from(META.id), message: clean_line(message).into_owned() }
}
