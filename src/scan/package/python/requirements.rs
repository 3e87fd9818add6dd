//! Python requirements files: pins, ranges, addresses, constraints, index options, and what they include.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::local;
use super::pep508::{Requirement, Sheet, conditions, is_local, normal, pinned, scope_of};
use super::requirements_lines::{What, is_generated, statements};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::scan::package::toolkit::{self, Entries, Locked, Package, Standing};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, SourceFile, Unit};
use crate::text::{RelPath, Span};

/// Index hosts that one file may name: every package gets a relation to each of them.
const INDEX_LIMIT: usize = 32;

/// Files that one file may include, those of included files counted.
const INCLUDE_LIMIT: usize = 64;

/// Scanner `requirements`.
pub struct Requirements;

static META: ScannerMeta = ScannerMeta {
    id: "requirements",
    title: "Python requirements file",
    summary: "Pinned and ranged requirements with extras and markers, addresses and version control sources, hashes, \
              index and find-links hosts, the files it includes. Constraints give versions and are not needed by \
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
        let listed = listed(input, out);
        let mut reader = Reader {
            input,
            project: &project,
            pins: pins(&listed),
            packages: Vec::new(),
            indexes: Vec::new(),
            replaced: false,
        };
        for one in &listed {
            let is_lock = reader.read(one, out);
            if is_lock && one.file.path() == input.file().path() {
                out.attribute(&project, key::LOCKS, "pypi", one.file.whole());
            }
        }
        reader.hosts(input.file(), out);
        Ok(())
    }
}

/// A file that is read: the one at hand, or one that it includes.
struct Listed {
    file: Arc<SourceFile>,
    scope: &'static str,
    constrains: bool,
}

/// True for files that are read by themselves: what they list belongs to the project of their folder. Globs cannot
/// tell: their stars match folders as well.
fn is_scanned(path: &RelPath) -> bool {
    let name = path.name();
    let is_listed = name.contains("requirements")
        || name.starts_with("constraints")
        || path.as_str().split('/').any(|folder| folder == "requirements");
    is_listed && (name.ends_with(".txt") || name.ends_with(".in"))
}

/// The file and what it includes. Included files of the same folder that are read by themselves are left to that, unless
/// an index is named: pip asks it for whatever is included.
fn listed(input: &Input<'_>, out: &mut Facts<'_>) -> Vec<Listed> {
    let first = Arc::clone(&input.files[0]);
    let name = first.path().name().to_owned();
    let folder = first.folder();
    let constrains = name.starts_with("constraints");
    let mut known = BTreeSet::from([(first.path().clone(), constrains)]);
    let mut listed = vec![Listed { file: first, scope: scope_of(&name), constrains }];
    let (mut at, mut has_index) = (0, false);
    while let Some(one) = listed.get(at) {
        let (file, scope, constrains) = (Arc::clone(&one.file), one.scope, one.constrains);
        at += 1;
        let all = statements(file.text());
        has_index |= all.iter().any(|statement| matches!(statement.what, What::Index { .. }));
        for statement in &all {
            let What::Include { path, constrains: further } = &statement.what else { continue };
            let constrains = constrains || *further;
            let mut problem = |kind, message: String| out.problem(kind, &file, Some(statement.span), message);
            let Some(target) = file.folder().join(path).filter(|_| !path.contains("://")) else {
                problem(DiagnosticKind::Unresolved, format!("`{path}` is outside of the tree and not read"));
                continue;
            };
            if !known.insert((target.clone(), constrains)) {
                continue;
            }
            if !constrains && !has_index && is_scanned(&target) && target.parent() == folder {
                continue;
            }
            if listed.len() > INCLUDE_LIMIT {
                let message = format!("more than {INCLUDE_LIMIT} included files; `{path}` is left out");
                problem(DiagnosticKind::LimitReached, message);
                continue;
            }
            match input.companion(&target) {
                Some(included) => {
                    let scope = if is_scanned(&target) { scope_of(target.name()) } else { scope };
                    listed.push(Listed { file: Arc::new(included), scope, constrains });
                }
                None => problem(DiagnosticKind::Unresolved, format!("`{path}` is included and cannot be read")),
            }
        }
    }
    listed
}

/// Exact versions that included constraints give, with their place.
fn pins(listed: &[Listed]) -> BTreeMap<String, (String, Seen)> {
    let mut pins = BTreeMap::new();
    for one in listed.iter().skip(1).filter(|one| one.constrains) {
        for statement in statements(one.file.text()) {
            let What::Requirement { text, .. } = &statement.what else { continue };
            let (spec, _) = split_options(text);
            if let Some(constraint) = Requirement::parse(spec)
                && let Some(version) = pinned(constraint.specifier)
            {
                let seen = || (version.to_owned(), one.file.at(statement.span));
                pins.entry(normal(constraint.name).into_owned()).or_insert_with(seen);
            }
        }
    }
    pins
}

struct Reader<'a> {
    input: &'a Input<'a>,
    project: &'a ComponentId,
    pins: BTreeMap<String, (String, Seen)>,
    /// Packages that come from an index.
    packages: Vec<(ComponentId, Seen)>,
    indexes: Vec<(String, Seen)>,
    /// The ecosystem's own index is not asked.
    replaced: bool,
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
                    let found = understood(spec, file, span, out);
                    read.extend(found.map(|requirement| Read { requirement, hashes, via, span }));
                }
                What::Index { address, instead } => self.index(address, *instead, file, span, out),
                What::NoIndex => self.replaced = true,
                What::Unknown => {
                    out.problem(DiagnosticKind::Malformed, file, Some(span), "not an option of requirements files");
                }
                What::Include { .. } | What::Setting => {}
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
                if let Some(path) = local::folder(address) {
                    self.folder(path, &one.file, entry.span, out);
                }
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

    /// What is installed from a folder.
    fn folder(&self, path: &str, file: &SourceFile, span: Span, out: &mut Facts<'_>) {
        let sheet = Sheet { file, project: self.project, asks_lock: false, tree: Some(self.input) };
        local::needs_somewhere(path, span, sheet, out);
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
        let pin = match (&exact, requirement.address) {
            (None, None) => self.pins.get(&*normal(requirement.name)),
            _ => None,
        };
        let version = exact.as_deref().or_else(|| pin.map(|(version, _)| version.as_str()));
        let package = Package::new("pypi", requirement.name, version, &one.file, entry.span);
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

    fn index(&mut self, address: &str, instead: bool, file: &SourceFile, span: Span, out: &mut Facts<'_>) {
        self.replaced |= instead;
        let Some(host) = toolkit::host_of(address) else {
            if address.contains('$') {
                let message = "the address of this package index is a variable";
                out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
            }
            return;
        };
        let seen = setting(file, span, address);
        let standing = if instead { Standing::InsteadHere } else { Standing::BesideHere };
        toolkit::registry(self.project, "pypi", "*", standing, address, &seen, out);
        self.indexes.push((host, seen));
    }

    /// Every package may come from every index of the file.
    fn hosts(mut self, file: &SourceFile, out: &mut Facts<'_>) {
        let mut known = BTreeSet::new();
        self.indexes.retain(|(host, _)| known.insert(host.clone()));
        if self.indexes.len() > INDEX_LIMIT {
            let message = format!("more than {INDEX_LIMIT} package indexes; further ones are left out");
            out.problem(DiagnosticKind::LimitReached, file, None, message);
            self.indexes.truncate(INDEX_LIMIT);
        }
        for (id, seen) in &self.packages {
            for (host, place) in &self.indexes {
                toolkit::distributed_by(id, host, place, out);
            }
            if !self.replaced {
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
    let is_template = |text: &str| ["{{", "{%", "${", "%(", "%s", "{}"].iter().any(|mark| text.contains(mark));
    if local::is_path(spec) {
        return None;
    }
    if found.is_some_and(|found| found.name.is_empty()) && is_template(&toolkit::without_secrets(spec)) {
        let message = format!("a part of this address is only known later: `{}`", toolkit::without_secrets(spec));
        out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
    }
    if found.is_none() {
        let (kind, message) = if is_template(spec) {
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
