//! `Cargo.toml`: declared dependencies, for trees without a lock file and for what a lock file
//! does not tell (which dependencies a member asks for itself).

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::rust::workspace::{self, Workspace};
use crate::scan::package::toolkit::{self, Package, Revision, manifest, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, Seen, SizeClass, SourceFile, Unit};

/// Scanner `cargo-toml`.
pub struct CargoToml;

static META: ScannerMeta = ScannerMeta {
    id: "cargo-toml",
    title: "Cargo manifest",
    summary: "Declared dependencies of all tables with requirement, features, condition, git hosts, alternative \
              registries and patches; what is inherited is taken from the workspace above. A Cargo.lock in the folder or \
              above answers them, of each member what it asks for itself; dependencies inside of the tree lead to their projects.",
    files: &["**/Cargo.toml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://doc.rust-lang.org/cargo/reference/manifest.html",
};

impl Scanner for CargoToml {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.toml_or_part(out);
        let project = toolkit::root(input, file, out);
        if let Some(name) = root.at(&["package", "name"])
            && let Some(text) = name.text()
        {
            out.attribute(&project, key::MAKES, format!("cargo {text}"), file.at(name.span));
        }
        let workspace = Workspace::of(input, file, root);
        let (top, top_file) = workspace.as_ref().map_or((root, file), |above| (&above.root, &above.file));
        let manifest = Manifest {
            input,
            file,
            project: &project,
            lent: lent(top),
            patches: patches(top),
            top_file,
            configurations: OnceCell::new(),
        };
        for table in tables(root) {
            for entry in table.node.entries() {
                manifest.dependency(entry, &table, out);
            }
        }
        Ok(())
    }
}

/// A table of dependencies.
struct Table<'a> {
    scope: &'static str,
    /// Target under which it holds.
    condition: Option<&'a str>,
    node: &'a Node,
}

/// The tables whose entries are needed. That of a workspace only lends its entries to members.
fn tables(root: &Node) -> Vec<Table<'_>> {
    let kinds = [
        ("dependencies", scope::RUNTIME),
        ("dev-dependencies", scope::DEV),
        ("dev_dependencies", scope::DEV),
        ("build-dependencies", scope::BUILD),
        ("build_dependencies", scope::BUILD),
    ];
    let targets = root.get("target").map_or(&[][..], Node::entries).iter();
    let holders = std::iter::once((None, root)).chain(targets.map(|entry| (Some(&*entry.key), &entry.value)));
    let mut found = Vec::new();
    for (condition, holder) in holders {
        let tables = kinds.iter().filter_map(|(name, scope)| Some((*scope, holder.get(name)?)));
        found.extend(tables.map(|(scope, node)| Table { scope, condition, node }));
    }
    found
}

/// By source and name.
type Patches<'a> = BTreeMap<(&'a str, &'a str), &'a Node>;

struct Manifest<'a> {
    input: &'a Input<'a>,
    file: &'a SourceFile,
    project: &'a ComponentId,
    /// What the manifest at the top (the workspace's, else this one) lends to members.
    lent: BTreeMap<&'a str, &'a Node>,
    /// What it puts in the place of crates.
    patches: Patches<'a>,
    top_file: &'a SourceFile,
    /// Configuration in the folder and above, read when a registry is asked for by name.
    configurations: OnceCell<Vec<(SourceFile, Node)>>,
}

fn lent(top: &Node) -> BTreeMap<&str, &Node> {
    let table = top.at(&["workspace", "dependencies"]).map_or(&[][..], Node::entries);
    // those that this manifest does not inherit are looked at with the member that does
    table.iter().for_each(|entry| entry.value.any_shape());
    table.iter().map(|entry| (&*entry.key, &entry.value)).collect()
}

/// Patches by the source whose crates they take the place of, and the name of the crate; `[replace]` writes `name:version`.
fn patches(top: &Node) -> Patches<'_> {
    let replaced = top.get("replace").map_or(&[][..], Node::entries).iter();
    let name = |key| str::split(key, [':', '@']).next().unwrap_or(key);
    let mut found: Patches<'_> = replaced.map(|entry| ((CRATES_IO, name(&entry.key)), &entry.value)).collect();
    for of in top.get("patch").map_or(&[][..], Node::entries) {
        let source = if workspace::is_public(&of.key) { CRATES_IO } else { workspace::plain(&of.key) };
        found.extend(of.value.entries().iter().map(|entry| {
            let name = entry.value.text_at("package").unwrap_or(&entry.key);
            ((source, name), &entry.value)
        }));
    }
    found
}

/// The source of what no other is stated for, as tables of patches call it.
const CRATES_IO: &str = "crates-io";

/// Where a dependency comes from, in the words of a table of patches.
fn source_of(stated: &Node) -> &str {
    ["git", "registry-index", "registry"].iter().find_map(|key| stated.text_at(key)).map_or(CRATES_IO, workspace::plain)
}

/// The revision of a repository that a dependency states.
fn revision(node: &Node) -> Option<Revision<'_>> {
    Revision::stated(|word| node.text_at(word))
}

/// Words that describe a dependency, and the file they stand in.
#[derive(Clone, Copy)]
struct Stated<'a> {
    node: &'a Node,
    file: &'a SourceFile,
}

impl<'a> Stated<'a> {
    fn text(&self, key: &str) -> Option<(&'a str, Seen)> {
        let node = self.node.get(key)?;
        Some((node.text()?, self.file.at(node.span)))
    }

    /// The folder that a dependency inside of the tree names, with the file that its path is seen from.
    fn path(self) -> Option<(&'a str, &'a SourceFile)> {
        Some((self.node.get("path")?.text().unwrap_or_default(), self.file))
    }
}

impl<'a> Manifest<'a> {
    fn dependency(&self, entry: &Entry, table: &Table<'_>, out: &mut Facts<'_>) {
        let here = &entry.value;
        // a text or a table; anything else is told below
        here.any_shape();
        let inherits = here.get("workspace").and_then(Node::as_bool) == Some(true);
        let stated = if inherits {
            let Some(node) = self.lent.get(&*entry.key) else {
                let message = format!("`{}` is inherited and no workspace above states it", entry.key);
                out.problem(DiagnosticKind::Unresolved, self.file, Some(entry.key_span), message);
                self.write(&entry.key, "", None, entry, table, out);
                return;
            };
            Stated { node, file: self.top_file }
        } else {
            Stated { node: here, file: self.file }
        };
        let name = stated.node.text_at("package").unwrap_or(&entry.key);
        let patch = self.patches.get(&(source_of(stated.node), name)).copied();
        let patched = patch.map(|node| Stated { node, file: self.top_file });
        if let Some((path, from)) = [patched, Some(stated)].into_iter().flatten().find_map(Stated::path) {
            let here = (self.file, entry.key_span);
            // where the folder is not there, the crate is as it would be published
            if toolkit::needs_project(self.project, (&from.folder(), path, manifest::CARGO), self.input, here, out)
                || stated.node.get("version").is_none() && stated.node.text().is_none()
            {
                return;
            }
        }
        let version = stated.node.get("version").unwrap_or(stated.node);
        if version.text().is_none() && (!version.is_map() || stated.node.get("version").is_some()) {
            let message = format!("the requirement of `{name}` is no text");
            out.problem(DiagnosticKind::Malformed, stated.file, Some(version.span), message);
        }
        let origin = patched.filter(|patch| patch.node.get("git").is_some()).unwrap_or(stated);
        let id = self.write(name, version.text().unwrap_or(""), Some(origin.node), entry, table, out);
        let features = [Some(here), inherits.then_some(stated.node)];
        let features: Vec<&str> = features
            .into_iter()
            .flatten()
            .filter_map(|node| node.get("features"))
            .flat_map(|list| list.list().iter().filter_map(Node::text))
            .collect();
        if !features.is_empty() {
            out.attribute(&id, key::EXTRAS, features.join(", "), self.file.at(entry.key_span));
        }
        self.origin(&id, origin, entry, out);
    }

    fn write(
        &self,
        name: &str,
        requirement: &str,
        origin: Option<&Node>,
        entry: &Entry,
        table: &Table<'_>,
        out: &mut Facts<'_>,
    ) -> ComponentId {
        let is_optional = entry.value.get("optional").and_then(Node::as_bool) == Some(true);
        let scope = if is_optional { scope::OPTIONAL } else { table.scope };
        let git = origin.filter(|node| node.get("git").is_some());
        // a repository has the version of its revision, whatever is asked of it
        let version = toolkit::exact("cargo", requirement).filter(|_| git.is_none());
        let package = Package::new("cargo", name, version, self.file, entry.key_span)
            .at_fixed_revision(git.and_then(revision).is_some_and(|revision| revision.is_fixed));
        let id = package.require(requirement, scope, self.project, out);
        if let Some(condition) = table.condition {
            out.attribute(&id, key::CONDITION, condition, self.file.at(entry.key_span));
        }
        id
    }

    /// The repository or registry that it is fetched from.
    fn origin(&self, id: &ComponentId, stated: Stated<'_>, entry: &Entry, out: &mut Facts<'_>) {
        if let Some((address, seen)) = stated.text("git") {
            let revision = revision(stated.node).map(|revision| revision.text);
            toolkit::from_repository(id, address, revision, &seen, out);
        } else if let Some((address, seen)) = stated.text("registry-index") {
            toolkit::fetched_from(id, address, &seen, out);
        } else if let Some((name, seen)) = stated.text("registry").filter(|(name, _)| *name != "crates-io") {
            let read = || workspace::configurations(self.input, &self.file.folder());
            let found = workspace::registry_index(self.configurations.get_or_init(read), name);
            if let Some((file, index)) = found
                && let Some(host) = index.text().and_then(toolkit::host_of)
            {
                toolkit::distributed_by(id, &host, &file.at(index.span), out);
                return;
            }
            let message = format!("the registry `{name}` is configured nowhere in the tree");
            let at = seen.region().map(|region| region.start);
            out.problem_at(DiagnosticKind::Unresolved, stated.file.path(), at, message);
        } else {
            toolkit::from_default(id, "cargo", &self.file.at(entry.key_span), out);
        }
    }
}
