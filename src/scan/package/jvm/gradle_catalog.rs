//! `libs.versions.toml`: the names under which Gradle builds ask for libraries and plugins.

use std::collections::BTreeMap;

use super::gradle_build::MOST_LISTS;
use super::gradle_made::is_made;
use super::gradle_uses::{Users, Uses};
use super::{Asking, Wanted, wanted};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Place};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::{RelPath, Span};

/// Scanner `gradle-catalog`.
pub struct GradleCatalog;

static META: ScannerMeta = ScannerMeta {
    id: "gradle-catalog",
    title: "Gradle version catalog",
    summary: "Libraries and plugins with their versions, references and rich versions; exact versions count as declared, `strictly` ones as pinned. \
              An entry belongs to the projects whose build files use it, which state its scope; one that none of them uses is said and not \
              counted, where none of them computes what it uses.",
    files: &["**/*.versions.toml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.gradle.org/current/userguide/version_catalogs.html",
};

impl Scanner for GradleCatalog {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.toml_or_part(out);
        let folder = file.folder();
        let folder = if folder.name() == "gradle" { folder.parent() } else { folder };
        let catalog = Catalog::of(root);
        for (kind, span, message) in &catalog.problems {
            out.problem(*kind, file, Some(*span), message);
        }
        let used = used(input, &folder, file, &catalog, out);
        // whom an entry belongs to: who uses it, and the project of the catalog where that is not known
        let own = Users::from([folder]);
        let mut all: BTreeMap<&RelPath, Vec<(&Item, bool)>> = BTreeMap::new();
        for (name, item) in &catalog.libraries {
            let users = used.as_ref().map_or(Some(&own), |used| used.libraries.get(name.as_str()));
            users.into_iter().flatten().for_each(|user| all.entry(user).or_default().push((item, false)));
        }
        for (name, item) in &catalog.plugins {
            let users = used.as_ref().map_or(Some(&own), |used| used.plugins.get(name.as_str()));
            let has_version = !item.version.is_empty();
            let users = users.into_iter().flatten().filter(|user| !is_made(&item.name, has_version, user, input));
            users.for_each(|user| all.entry(user).or_default().push((item, true)));
        }
        if used.is_none() {
            all.entry(own.first().expect("one was put in")).or_default();
        }
        // lists of repositories that were told of an entry
        let mut told: BTreeMap<usize, usize> = BTreeMap::new();
        for (user, items) in &all {
            let project = toolkit::root_at(user, input, file, out);
            for (item, is_plugin) in items {
                let lists = told.entry(item.span.start).or_insert(0_usize);
                let is_elsewhere = **user != *own.first().expect("one was put in") && *lists < MOST_LISTS;
                *lists += usize::from(is_elsewhere);
                let asking = Asking { file, project: &project, list: None, is_elsewhere };
                let id = match is_plugin {
                    true => asking.plugin(&item.name, &item.version, item.span, out),
                    false => asking.ask(&item.name, &item.version, "", item.span, out),
                };
                let place = item.reference.map(|span| Place::new(&input.files[0], span));
                Asking::stated_at(&id, &item.version, place.as_slice(), out);
            }
        }
        Ok(())
    }
}

/// Accessors of the entries that build files use.
struct Used<'c> {
    libraries: BTreeMap<&'c str, Users>,
    plugins: BTreeMap<&'c str, Users>,
}

/// What the build files of the project use of its catalog, and says how much they do not; nothing where that is not
/// known: in an image, and where the settings may give the file another name.
fn used<'c>(
    input: &Input<'_>,
    project: &RelPath,
    file: &SourceFile,
    catalog: &'c Catalog,
    out: &mut Facts<'_>,
) -> Option<Used<'c>> {
    let name = file.path().name().strip_suffix(".versions.toml")?;
    if input.subject.is_some() || file.folder().name() != "gradle" {
        return None;
    }
    let uses = Uses::of(input, project, name)?;
    let used = Used { libraries: uses.libraries(catalog), plugins: uses.plugins(catalog) };
    let all = catalog.libraries.iter().filter(|(name, _)| !used.libraries.contains_key(name.as_str()));
    let plugins = catalog.plugins.iter().filter(|(name, _)| !used.plugins.contains_key(name.as_str()));
    let unused: Vec<(&str, Span)> = all.chain(plugins).map(|(_, item)| (item.name.as_str(), item.span)).collect();
    toolkit::tell_unused(unused, "build file", file, out);
    Some(used)
}

/// A library or plugin.
pub(super) struct Item {
    /// `group:artifact`, or the plugin's id.
    pub(super) name: String,
    /// Version text; empty when a BOM or nothing states it.
    pub(super) version: String,
    span: Span,
    /// Where the version stands that it refers to.
    reference: Option<Span>,
}

impl Item {
    /// Where the version stands.
    pub(super) fn version_span(&self) -> Span {
        self.reference.unwrap_or(self.span)
    }
}

/// Most members of a bundle: each use of it asks for all.
const MOST_MEMBERS: usize = 200;

/// A catalog by accessor names: `junit-jupiter` is `junit.jupiter`.
#[derive(Default)]
pub(super) struct Catalog {
    pub(super) libraries: BTreeMap<String, Item>,
    pub(super) plugins: BTreeMap<String, Item>,
    pub(super) bundles: BTreeMap<String, Vec<String>>,
    problems: Vec<(DiagnosticKind, Span, String)>,
}

impl Catalog {
    /// Reads a catalog.
    pub(super) fn of(root: &Node) -> Self {
        let mut catalog = Self::default();
        let versions = root.get("versions");
        for entry in entries(root, "libraries") {
            if let Some(item) = catalog.item(entry, versions, false) {
                catalog.libraries.insert(accessor(&entry.key), item);
            }
        }
        for entry in entries(root, "plugins") {
            if let Some(item) = catalog.item(entry, versions, true) {
                catalog.plugins.insert(accessor(&entry.key), item);
            }
        }
        for entry in entries(root, "bundles") {
            let members = entry.value.list().iter().filter_map(Node::text).take(MOST_MEMBERS).map(accessor).collect();
            catalog.bundles.insert(accessor(&entry.key), members);
        }
        catalog
    }

    fn item(&mut self, entry: &Entry, versions: Option<&Node>, plugin: bool) -> Option<Item> {
        let value = &entry.value;
        let span = entry.key_span;
        if let Some(text) = value.text() {
            let parts = if plugin { text.split_once(':') } else { text.rsplit_once(':') };
            let (name, version) = parts.filter(|(name, _)| plugin || name.contains(':')).unwrap_or((text, ""));
            return self.named(name.to_owned(), version.to_owned(), plugin, span, None);
        }
        let name = if plugin {
            value.text_at("id").map(str::to_owned)
        } else {
            let parts = value.text_at("group").zip(value.text_at("name"));
            value.text_at("module").map(str::to_owned).or_else(|| parts.map(|(group, name)| format!("{group}:{name}")))
        };
        let mut place = None;
        let version = match value.get("version") {
            None => String::new(),
            Some(version) => match version.get("ref").and_then(Node::text) {
                None => literal(version),
                Some(reference) => match versions.and_then(|all| all.get(reference)) {
                    Some(version) => {
                        place = Some(version.span);
                        literal(version)
                    }
                    None => {
                        let message =
                            format!("`{}` refers to the version `{reference}`, which is not there", entry.key);
                        self.problems.push((DiagnosticKind::Unresolved, version.span, message));
                        String::new()
                    }
                },
            },
        };
        self.named(name.unwrap_or_default(), version, plugin, span, place)
    }

    fn named(
        &mut self,
        name: String,
        version: String,
        plugin: bool,
        span: Span,
        reference: Option<Span>,
    ) -> Option<Item> {
        let complete = !name.is_empty()
            && (plugin || name.split_once(':').is_some_and(|(group, name)| !group.is_empty() && !name.is_empty()));
        if !complete {
            let what = if plugin { "a plugin without an id" } else { "a library without group and name" };
            self.problems.push((DiagnosticKind::Malformed, span, what.to_owned()));
            return None;
        }
        Some(Item { name, version, span, reference })
    }
}

fn entries<'a>(root: &'a Node, table: &str) -> &'a [Entry] {
    root.get(table).map_or(&[], Node::entries)
}

/// A version, plain or rich: what is taken when nothing needs more.
fn literal(version: &Node) -> String {
    if let Some(text) = version.text() {
        return text.to_owned();
    }
    // a range with a preferred version in it stays a range
    match version.text_at("strictly") {
        Some(strict) if matches!(wanted(strict), Wanted::Exact(_)) => format!("{}!!", strict.trim_end_matches('!')),
        Some(strict) => strict.to_owned(),
        None => version.text_at("require").or_else(|| version.text_at("prefer")).unwrap_or("").to_owned(),
    }
}

/// The name by which build files reach an entry.
pub(super) fn accessor(alias: &str) -> String {
    alias.replace(['-', '_'], ".")
}
