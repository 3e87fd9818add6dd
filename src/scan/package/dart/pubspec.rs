//! `pubspec.yaml`: what a Dart or Flutter project asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Context as _;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::folders::Folders;
use crate::scan::package::toolkit::{self, Package, manifest, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::{RelPath, Span};

/// Scanner `pubspec`.
pub struct Pubspec;

static META: ScannerMeta = ScannerMeta {
    id: "pubspec",
    title: "Dart manifest",
    summary: "Declared dependencies with their constraint, other servers and git hosts; an override takes the place of what \
              it overrides, for all members of a workspace. A pubspec.lock in the folder or above answers them; packages of a folder and members of a \
              workspace are projects of the tree, those of the SDK no components.",
    files: &["**/pubspec.yaml", "**/pubspec_overrides.yaml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://dart.dev/tools/pub/pubspec",
};

/// How far above a member its workspace is looked for, and the members of one.
const MOST_FOLDERS: usize = 12;
const MOST_MEMBERS: usize = 2_000;
/// Overrides of one member.
const MOST_OVERRIDES: usize = 1_000;
/// Patterns of one workspace; real ones have a handful.
const MOST_PATTERNS: usize = 256;
/// Manifests below a workspace that its patterns are held against.
const MOST_MANIFESTS: usize = 10_000;

const OVERRIDES: &str = "dependency_overrides";
/// The file whose overrides take the place of those of the manifest beside it.
const OVERRIDES_FILE: &str = "pubspec_overrides.yaml";

impl Scanner for Pubspec {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.yaml_or_part(out).first().context("no document that can be read")?;
        let project = toolkit::root(input, file, out);
        let is_beside = file.path().name() == OVERRIDES_FILE;
        let beside = file.folder().join(if is_beside { "pubspec.yaml" } else { OVERRIDES_FILE });
        let beside = beside.and_then(|path| input.companion(&path));
        let beside = beside.as_ref().and_then(|file| file.yaml().documents.first());
        let manifest = if is_beside { beside.unwrap_or(root) } else { root };
        let of_file = beside.filter(|_| !is_beside).and_then(|other| other.get(OVERRIDES));
        let overrides = of_file.or_else(|| root.get(OVERRIDES));
        let overridden = names(overrides);
        let members = Members::of(root, input);
        for (table, scope) in [("dependencies", scope::RUNTIME), ("dev_dependencies", scope::DEV)] {
            for entry in root.get(table).map_or(&[][..], Node::entries) {
                // an override takes the place of whatever is asked for
                if overridden.contains(&*entry.key) {
                    continue;
                }
                let asked = Asked { name: &entry.key, span: entry.key_span, scope, project: &project };
                if let Some(folder) = members.folders.get(&*entry.key) {
                    toolkit::uses_project(&project, folder, input, &file.at(entry.key_span), out);
                } else if let Some(stated) = members.overrides.get(&*entry.key) {
                    stated.entry().into_iter().for_each(|stands| asked.overridden(stands, &stated.file, input, out));
                } else {
                    asked.of(&entry.value, input, out);
                }
            }
        }
        // what is overridden is needed for what it was needed for
        let (runtime, dev) = (names(manifest.get("dependencies")), names(manifest.get("dev_dependencies")));
        for entry in root.get(OVERRIDES).filter(|_| of_file.is_none()).map_or(&[][..], Node::entries) {
            let is_dev = dev.contains(&*entry.key) && !runtime.contains(&*entry.key);
            let scope = if is_dev { scope::DEV } else { scope::RUNTIME };
            Asked { name: &entry.key, span: entry.key_span, scope, project: &project }.of(&entry.value, input, out);
        }
        missing_members(root, input, out);
        Ok(())
    }
}

/// The names that a table asks for.
fn names(table: Option<&Node>) -> BTreeSet<&str> {
    table.map_or(&[][..], Node::entries).iter().map(|entry| &*entry.key).collect()
}

/// Tells folders of the workspace that hold no manifest.
fn missing_members(root: &Node, input: &Input<'_>, out: &mut Facts<'_>) {
    let file = input.file();
    let listed = root.get("workspace").map_or(&[][..], Node::list);
    if let Some(further) = patterns(listed).nth(MOST_PATTERNS) {
        let message = "more patterns of a workspace than are read; the rest was left out";
        out.problem(DiagnosticKind::LimitReached, file, Some(further.span), message);
    }
    for member in listed.iter().take(MOST_MEMBERS) {
        let Some(path) = member.text().filter(|path| !is_pattern(path)) else { continue };
        if !file.folder().join(path).is_some_and(|folder| toolkit::is_project(&folder, manifest::DART, input)) {
            let message = format!("the folder `{path}` holds no manifest in this tree");
            out.problem(DiagnosticKind::Unresolved, file, Some(member.span), message);
        }
    }
}

/// True for a pattern that several folders may fit.
fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

/// The members of a workspace: they ask for each other by name alone, and what one of them overrides is so for all.
#[derive(Default)]
struct Members {
    folders: BTreeMap<String, RelPath>,
    overrides: BTreeMap<String, Override>,
}

/// An entry of the overrides of a file.
struct Override {
    file: Arc<SourceFile>,
    number: usize,
}

impl Override {
    fn entry(&self) -> Option<&Entry> {
        self.file.yaml().documents.first()?.get(OVERRIDES)?.entries().get(self.number)
    }
}

impl Members {
    /// Those of the workspace that a manifest belongs to, or heads; none where there is no workspace.
    fn of(root: &Node, input: &Input<'_>) -> Arc<Self> {
        let folder = input.file().folder();
        if root.get("workspace").is_some() {
            return Self::at(&folder, input).unwrap_or_default();
        }
        if root.text_at("resolution") != Some("workspace") {
            return Arc::default();
        }
        let mut above = folder.and_above().skip(1).take(MOST_FOLDERS);
        above.find_map(|folder| Self::at(&folder, input)).unwrap_or_default()
    }

    /// Those of the workspace that the manifest of a folder heads.
    fn at(folder: &RelPath, input: &Input<'_>) -> Option<Arc<Self>> {
        let path = folder.join("pubspec.yaml")?;
        let read = || {
            let Some(file) = input.companion(&path).filter(|file| file.text().contains("workspace:")) else {
                return (None, 0);
            };
            let Some(root) = file.yaml().documents.first() else { return (None, 0) };
            let Some(listed) = root.get("workspace") else { return (None, file.text().len()) };
            let folders = meant(folder, listed.list(), input).into_iter().take(MOST_MEMBERS);
            let mut members = Self::default();
            folders.chain([folder.clone()]).for_each(|folder| members.add(folder, input));
            (Some(Arc::new(members)), file.text().len())
        };
        Option::clone(&input.memo.of(&path, read))
    }

    fn add(&mut self, folder: RelPath, input: &Input<'_>) {
        let read = |name: &str| folder.join(name).and_then(|path| input.companion(&path));
        let Some(manifest) = read("pubspec.yaml") else { return };
        let root = manifest.yaml().documents.first();
        let name = root.and_then(|root| root.text_at("name")).map(str::to_owned);
        // the file beside it takes the place of what the manifest overrides
        let states = |file: &SourceFile| {
            file.text().contains(OVERRIDES)
                && file.yaml().documents.first().is_some_and(|root| root.get(OVERRIDES).is_some())
        };
        if let Some(file) = read(OVERRIDES_FILE).filter(states).or(Some(manifest).filter(states)).map(Arc::new) {
            let table = file.yaml().documents.first().and_then(|root| root.get(OVERRIDES));
            for (number, entry) in table.map_or(&[][..], Node::entries).iter().enumerate().take(MOST_OVERRIDES) {
                let file = Arc::clone(&file);
                self.overrides.entry(entry.key.to_string()).or_insert(Override { file, number });
            }
        }
        if let Some(name) = name {
            self.folders.insert(name, folder);
        }
    }
}

/// The entries of a workspace that are patterns.
fn patterns(listed: &[Node]) -> impl Iterator<Item = &Node> {
    listed.iter().filter(|entry| entry.text().is_some_and(is_pattern))
}

/// The folders that the entries of a workspace mean. The manifests of the tree are gone through once for all patterns.
fn meant(from: &RelPath, listed: &[Node], input: &Input<'_>) -> Vec<RelPath> {
    let plain = listed.iter().filter_map(Node::text).filter(|path| !is_pattern(path));
    let mut found: Vec<RelPath> = plain.filter_map(|path| from.join(path)).take(MOST_MEMBERS).collect();
    let patterns = patterns(listed).take(MOST_PATTERNS).filter_map(Node::text);
    let patterns: Vec<Folders> = patterns.filter_map(|path| Folders::of(from, path)).collect();
    if !patterns.is_empty() {
        let manifests = input.below(from).filter(|path| path.name() == "pubspec.yaml").take(MOST_MANIFESTS);
        let is_meant = |folder: &RelPath| patterns.iter().any(|folders| folders.hold(folder));
        found.extend(manifests.map(RelPath::parent).filter(is_meant));
    }
    found
}

/// What a manifest asks for, and where.
struct Asked<'a> {
    name: &'a str,
    span: Span,
    scope: &'static str,
    project: &'a ComponentId,
}

impl Asked<'_> {
    /// Where the manifest itself says what is taken.
    fn of(&self, value: &Node, input: &Input<'_>, out: &mut Facts<'_>) {
        let file = input.file();
        match value.get("path") {
            Some(path) => {
                if let Some(text) = path.text() {
                    let place = (&file.folder(), text, manifest::DART);
                    toolkit::needs_project(self.project, place, input, (file, path.span), out);
                }
            }
            None => self.package(value, file, input, out),
        }
    }

    /// Where another member of the workspace overrides it.
    fn overridden(&self, entry: &Entry, stating: &SourceFile, input: &Input<'_>, out: &mut Facts<'_>) {
        let Some(path) = entry.value.get("path") else { return self.package(&entry.value, stating, input, out) };
        let folder = path.text().and_then(|text| stating.folder().join(text));
        if let Some(folder) = folder.filter(|folder| toolkit::is_project(folder, manifest::DART, input)) {
            toolkit::uses_project(self.project, &folder, input, &input.file().at(self.span), out);
        }
    }

    /// Writes a package that `stating` says how to take.
    fn package(&self, value: &Node, stating: &SourceFile, input: &Input<'_>, out: &mut Facts<'_>) {
        if value.get("sdk").is_some() {
            return;
        }
        let file = input.file();
        let constraint = value.scalar().or_else(|| value.get("version")?.scalar()).unwrap_or_default();
        let hosted = value.get("hosted");
        let name = hosted.and_then(|hosted| hosted.text_at("name")).unwrap_or(self.name);
        let git = value.get("git");
        let revision = git.and_then(|git| git.get("ref")).and_then(|node| Some((node.scalar()?, node.span)));
        // a repository has the version of its revision, whatever is asked of it
        let version = toolkit::exact("pub", &constraint).filter(|_| git.is_none());
        // what another file states stands there
        let stated = if std::ptr::eq(stating, file) { &*constraint } else { "" };
        let id = Package::new("pub", name, version, file, self.span)
            .at_fixed_revision(revision.as_ref().is_some_and(|(text, _)| toolkit::is_fixed(text)))
            .require(stated, self.scope, self.project, out);
        let address = git.or(hosted).map(|place| place.get("url").unwrap_or(place));
        match address.and_then(|address| Some((address, address.text()?))) {
            Some((address, text)) if git.is_some() => {
                toolkit::from_git(&id, text, &stating.at(address.span), out);
            }
            Some((address, text)) => toolkit::fetched_from(&id, text, &stating.at(address.span), out),
            None => toolkit::from_default(&id, "pub", &file.at(self.span), out),
        }
        if let Some((text, span)) = revision {
            out.attribute(&id, key::REVISION, text, stating.at(span));
        }
    }
}
