//! Python requirements files: pins, ranges, addresses, constraints, index options, and what they include.

use std::collections::BTreeSet;

use super::local;
use super::pep508::{Pins, Requirement, Sheet, conditions, is_local, normal};
use super::requirements_files::{Listed, Run, is_scanned};
use super::requirements_lines::{What, is_generated, statements};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::scan::package::toolkit::{self, Entries, Locked, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Index hosts that one file may name: every package gets a relation to each of them.
const INDEX_LIMIT: usize = 32;

/// Scanner `requirements`.
pub struct Requirements;

static META: ScannerMeta = ScannerMeta {
    id: "requirements",
    title: "Python requirements file",
    summary: "Pinned and ranged requirements with extras and markers, addresses and version control sources, hashes, \
              index and find-links hosts, the files it includes; options hold for all of them, a later index in the place of an earlier one. Constraints give versions and are not needed by \
              themselves; paths lead to the projects of the tree. A file that a tool wrote with pins only, or whose pins all have \
              hashes, answers what other manifests of its folder ask for; who needs what is read from its comments.",
    files: &[
        "**/*requirements*.txt",
        "**/requirements/*.txt",
        "**/constraints*.txt",
        "**/*requirements*.in",
        "**/requirements/*.in",
    ],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://pip.pypa.io/en/stable/reference/requirements-file-format/",
};

impl Scanner for Requirements {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        if !is_scanned(input.file().path()) {
            return Ok(());
        }
        let project = toolkit::root(input, input.file(), out);
        let run = Run::of(input, out);
        read_all(&run, Vec::new(), &project, input, out);
        Ok(())
    }
}

/// Writes what the files of a run list, and where that and further packages of the run come from.
pub(super) fn read_all(
    run: &Run,
    packages: Vec<(ComponentId, Seen)>,
    project: &ComponentId,
    input: &Input<'_>,
    out: &mut Facts<'_>,
) {
    let pins = run.pins(input.file().path());
    let mut reader = Reader { input, project, pins, packages, installed: BTreeSet::new(), is_installed: false };
    for one in &run.listed {
        let is_lock = reader.read(one, out);
        if is_lock && one.file.path() == input.file().path() {
            out.attribute(project, key::LOCKS, "pypi", one.file.whole());
        }
    }
    // a file that is no requirements file has packages of its own
    let more = Some(input.file().path()).filter(|path| run.listed.first().is_none_or(|one| one.file.path() != *path));
    let own = if reader.is_installed { local::manifests(&input.file().folder(), input) } else { Vec::new() };
    let indexes = run.write_indexes(more.into_iter().chain(&own), project, out);
    reader.hosts(indexes, run.replaced, input.file(), out);
}

struct Reader<'a> {
    input: &'a Input<'a>,
    project: &'a ComponentId,
    pins: Pins,
    /// Packages that come from an index.
    packages: Vec<(ComponentId, Seen)>,
    /// Names of what is installed from folders of the tree: pip then has them, and asks no index.
    installed: BTreeSet<String>,
    /// The project of the file's own folder is installed as well.
    is_installed: bool,
}

/// A requirement that was understood.
struct Read<'s> {
    requirement: Requirement<'s>,
    hashes: Vec<&'s str>,
    via: &'s [&'s str],
    span: Span,
}

impl Reader<'_> {
    /// Reads one file; true when it is a lock file in all but name.
    fn read(&mut self, one: &Listed, out: &mut Facts<'_>) -> bool {
        let file = &one.file;
        let statements = statements(file.text());
        let mut read: Vec<Read<'_>> = Vec::new();
        for statement in &statements {
            let span = statement.span;
            match &statement.what {
                What::Requirement { text, via } => {
                    let (spec, hashes) = split_options(text);
                    if let Some(path) = local::folder(spec).filter(|_| local::is_path(spec)) {
                        if !one.constrains {
                            self.folder(path, file, span, out);
                        }
                        continue;
                    }
                    if local::is_path(spec) && local::is_packed(spec) {
                        if !one.constrains {
                            self.packed((spec, "", &hashes), one, span, out);
                        }
                        continue;
                    }
                    let found = understood(spec, file, span, out);
                    read.extend(found.map(|requirement| Read { requirement, hashes, via, span }));
                }
                What::Unknown => {
                    out.problem(DiagnosticKind::Malformed, file, Some(span), "not an option of requirements files");
                }
                What::Index { .. } | What::NoIndex | What::Include { .. } | What::Setting => {}
            }
        }
        if one.constrains {
            return false;
        }
        let exact = |one: &Read<'_>| one.requirement.address.is_some() || one.requirement.version().is_some();
        let explained = read.iter().any(|one| !one.via.is_empty());
        let hashed = read.iter().all(|one| !one.hashes.is_empty());
        let is_lock = !read.is_empty() && read.iter().all(exact) && (explained || hashed || is_generated(file.text()));
        self.write(&read, one, is_lock, out);
        is_lock
    }

    fn write(&mut self, read: &[Read<'_>], one: &Listed, is_lock: bool, out: &mut Facts<'_>) {
        let mut entries = Entries::default();
        let mut needed: Vec<(Locked, &Read<'_>)> = Vec::new();
        for entry in read {
            let requirement = &entry.requirement;
            if let Some(address) = requirement.address.filter(|address| is_local(address)) {
                match local::folder(address) {
                    Some(path) => self.folder(path, &one.file, entry.span, out),
                    None if local::is_packed(address) => {
                        let id = self.packed((address, requirement.name, &entry.hashes), one, entry.span, out);
                        let seen = one.file.at(entry.span);
                        id.iter().for_each(|id| conditions(id, requirement.extras, requirement.marker, &seen, out));
                    }
                    None => {}
                }
                continue;
            }
            if requirement.address.is_none() && self.installed.contains(&*normal(requirement.name)) {
                continue;
            }
            let id = self.package(entry, one, is_lock, out);
            if !requirement.name.is_empty() {
                entries.add(normal(requirement.name), None, Locked::package(id.clone()));
            }
            if !entry.via.is_empty() {
                needed.push((Locked::package(id), entry));
            }
        }
        for (to, entry) in needed {
            let seen = one.file.at(entry.span);
            for name in entry.via {
                let name = name.split('[').next().unwrap_or(name);
                entries.named(&normal(name), None).for_each(|from| from.needs(&to, &seen, out));
            }
        }
    }

    /// What is installed from a packed file: its path, the name that is given to it, and what its bytes must be.
    fn packed(
        &self,
        (path, name, hashes): (&str, &str, &[&str]),
        one: &Listed,
        span: Span,
        out: &mut Facts<'_>,
    ) -> Option<ComponentId> {
        let sheet =
            Sheet { file: &one.file, project: self.project, asks_lock: false, tree: Some(self.input), own: None };
        let id = local::packed(path, name, one.scope, span, sheet, out)?;
        hashes.iter().for_each(|hash| out.attribute(&id, key::INTEGRITY, *hash, one.file.at(span)));
        Some(id)
    }

    /// What is installed from a folder.
    fn folder(&mut self, path: &str, file: &SourceFile, span: Span, out: &mut Facts<'_>) {
        let own = self.input.file().folder();
        self.is_installed |= file.folder() == own && own.join(path).is_some_and(|folder| folder == own);
        let sheet = Sheet { file, project: self.project, asks_lock: false, tree: Some(self.input), own: None };
        let folder = local::needs_somewhere(path, span, sheet, out);
        self.installed.extend(folder.and_then(|folder| local::name_at(&folder, self.input)));
    }

    fn package(&mut self, entry: &Read<'_>, one: &Listed, is_lock: bool, out: &mut Facts<'_>) -> ComponentId {
        let requirement = &entry.requirement;
        let seen = one.file.at(entry.span);
        let id = match requirement.unnamed() {
            Some(unnamed) => {
                let id = unnamed.require(one.scope, entry.span, self.project, &one.file, out);
                conditions(&id, "", requirement.marker, &seen, out);
                id
            }
            None => self.named(entry, one, is_lock, out),
        };
        for hash in &entry.hashes {
            out.attribute(&id, key::INTEGRITY, hash, seen.clone());
        }
        id
    }

    /// A package with a name.
    fn named(&mut self, entry: &Read<'_>, one: &Listed, is_lock: bool, out: &mut Facts<'_>) -> ComponentId {
        let requirement = &entry.requirement;
        let seen = one.file.at(entry.span);
        let exact = requirement.version();
        let pin = requirement.pin(&self.pins);
        let version = exact.as_deref().or_else(|| pin.map(|(version, _)| version.as_str()));
        let package = Package::new("pypi", requirement.name, version, &one.file, entry.span);
        let package = package.at_fixed_revision(requirement.is_at_fixed_revision());
        let id = if is_direct(entry.via) {
            let constraint = if exact.is_some() { "" } else { requirement.specifier };
            let require = if is_lock { Package::require_locked } else { Package::require };
            require(&package, constraint, one.scope, self.project, out)
        } else {
            let id = package.write(self.project, out);
            out.attribute(&id, key::SCOPE, one.scope, seen.clone());
            id
        };
        if let Some((version, place)) = pin {
            toolkit::stated(&id, Some(version), &format!("=={version}"), place, out);
        }
        let asked = requirement.described(id, &seen, out);
        if !asked.states_host {
            self.packages.push((asked.id.clone(), seen));
        }
        asked.id
    }

    /// Every package may come from every index of the run.
    fn hosts(self, mut indexes: Vec<(String, Seen)>, replaced: bool, file: &SourceFile, out: &mut Facts<'_>) {
        let mut known = BTreeSet::new();
        indexes.retain(|(host, _)| known.insert(host.clone()));
        if indexes.len() > INDEX_LIMIT {
            let message = format!("more than {INDEX_LIMIT} package indexes; further ones are left out");
            out.problem(DiagnosticKind::LimitReached, file, None, message);
            indexes.truncate(INDEX_LIMIT);
        }
        for (id, seen) in &self.packages {
            for (host, place) in &indexes {
                toolkit::distributed_by(id, host, place, out);
            }
            if !replaced {
                toolkit::from_default(id, "pypi", seen, out);
            }
        }
    }
}

/// The place of a registry's address. What may hold a secret is not quoted.
pub(super) fn setting(file: &SourceFile, span: Span, address: &str) -> Seen {
    let seen = file.at(span);
    if address.contains(['@', '?', '$']) { seen.without_excerpt() } else { seen }
}

/// The requirement, if it is one of a package of others; what cannot be understood is a problem.
pub(super) fn understood<'t>(
    spec: &'t str,
    file: &SourceFile,
    span: Span,
    out: &mut Facts<'_>,
) -> Option<Requirement<'t>> {
    let found = Requirement::parse_any(spec);
    if local::is_path(spec) {
        return None;
    }
    if found.is_some_and(|found| found.name.is_empty()) && toolkit::is_template(&toolkit::without_secrets(spec)) {
        let message = format!("a part of this address is only known later: `{}`", toolkit::without_secrets(spec));
        out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
    }
    if found.is_none() {
        let (kind, message) = if toolkit::is_template(spec) {
            (DiagnosticKind::Unresolved, "a template is not a requirement")
        } else if spec.contains("://") {
            (DiagnosticKind::Unsupported, "an address that names neither a package nor a repository")
        } else {
            (DiagnosticKind::Malformed, "not a requirement")
        };
        out.problem(kind, file, Some(span), format!("{message}: `{}`", toolkit::without_secrets(spec)));
    }
    found
}

/// The project asks for it itself: nothing is said of others, or a manifest is named.
fn is_direct(via: &[&str]) -> bool {
    let of_manifest = |name: &&str| name.starts_with("-r") || name.starts_with("--req") || name.contains('(');
    via.iter().all(|name| name.starts_with("-c")) || via.iter().any(of_manifest)
}

/// Cuts ` --hash=…` and other options off.
pub(super) fn split_options(text: &str) -> (&str, Vec<&str>) {
    let cut = [" --", " -C"].into_iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len());
    let mut hashes = Vec::new();
    let mut words = text[cut..].split_whitespace();
    while let Some(word) = words.next() {
        let hash = if word == "--hash" { words.next() } else { word.strip_prefix("--hash=") };
        hashes.extend(hash.filter(|hash| !hash.is_empty()));
    }
    (text[..cut].trim(), hashes)
}
