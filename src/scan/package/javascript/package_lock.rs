//! `package-lock.json` and `npm-shrinkwrap.json`, lock versions 1 (nested), 2 and 3 (flat).

use std::borrow::Cow;
use std::collections::BTreeSet;

use anyhow::Context as _;
use memchr::memmem::FinderRev;

use super::spec::{self, Spec};
use super::tree::{Installed, ROOT, Tree};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Locked, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Lookup;

/// Scanner `package-lock`.
pub struct PackageLock;

static META: ScannerMeta = ScannerMeta {
    id: "package-lock",
    title: "npm lock file",
    summary: "Exact packages of lock versions 1 to 3 with edges resolved as Node does, scope, integrity and the \
              address each is fetched from; aliases under their real name. What the root and each workspace folder \
              ask for is direct. Links to folders of the tree are not packages of others.",
    files: &["**/package-lock.json", "**/npm-shrinkwrap.json"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.npmjs.com/cli/configuring-npm/package-lock-json",
};

/// What stands before the name of an installed package.
const FOLDER: &str = "node_modules/";

/// What every step needs.
struct Lock<'a> {
    project: ComponentId,
    input: &'a Input<'a>,
    file: &'a SourceFile,
}

/// An entry of the flat form: the place above, its name there, and what it stands for.
struct Placed<'a> {
    above: &'a str,
    name: Option<&'a str>,
    locked: Locked,
}

impl Scanner for PackageLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.json_or_part(out)?;
        version_known(root, file, out);
        let lock = Lock { project: toolkit::locked_root("npm", input, file, out), input, file };
        let mut tree = Tree::default();
        let packages = root.get("packages");
        match packages {
            Some(packages) => lock.flat(packages, &mut tree, out),
            None => {
                let dependencies =
                    root.get("dependencies").context("neither `packages` nor `dependencies`: not an npm lock file")?;
                lock.nested(dependencies, &mut tree, out);
            }
        }
        out.in_parts(file, tree.all(), |at, installed, out| lock.edges(at + 1, installed, &tree, out));
        if packages.is_none() {
            lock.direct_of_version_one(&tree, out);
        }
        Ok(())
    }
}

/// Lock versions that exist; a later one is read as the last.
fn version_known(root: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(version) = root.get("lockfileVersion") else { return };
    if !version.scalar().is_some_and(|text| matches!(&*text, "1" | "2" | "3")) {
        let message = "a lock version that is not known; read as version 3";
        out.problem(DiagnosticKind::Unsupported, file, Some(version.span), message);
    }
}

/// What an entry says of its package, found by going through it once; of a key that stands twice the last counts.
#[derive(Default)]
struct Said<'a> {
    name: Option<&'a Node>,
    version: Option<&'a Node>,
    resolved: Option<&'a Node>,
    integrity: Option<&'a Node>,
    link: Option<&'a Node>,
    dev: Option<&'a Node>,
    optional: Option<&'a Node>,
    dev_optional: Option<&'a Node>,
    in_bundle: Option<&'a Node>,
    bundled: Option<&'a Node>,
}

impl<'a> Said<'a> {
    fn of(node: &'a Node) -> Self {
        let mut said = Self::default();
        for entry in node.entries() {
            let place = match &*entry.key {
                "name" => &mut said.name,
                "version" => &mut said.version,
                "resolved" => &mut said.resolved,
                "integrity" => &mut said.integrity,
                "link" => &mut said.link,
                "dev" => &mut said.dev,
                "optional" => &mut said.optional,
                "devOptional" => &mut said.dev_optional,
                "inBundle" => &mut said.in_bundle,
                "bundled" => &mut said.bundled,
                _ => continue,
            };
            *place = Some(&entry.value);
        }
        said
    }
}

fn is_true(node: Option<&Node>) -> bool {
    node.and_then(Node::as_bool) == Some(true)
}

impl Lock<'_> {
    /// The flat form. A place may stand before the one above it, so places are found first.
    fn flat<'a>(&self, packages: &'a Node, tree: &mut Tree<'a>, out: &mut Facts<'_>) {
        let folder = FinderRev::new(FOLDER);
        let entries = packages.entries();
        let written = out.in_parts(self.file, entries, |_, entry, out| self.place(entry, &folder, out));
        *tree = Tree::with_room(entries.len());
        // what stands right below the root is found by its name
        let mut places: Lookup<&str, usize> = Lookup::default();
        let mut nested = Vec::new();
        let mut last = None;
        for (entry, Placed { above, name, locked }) in entries.iter().zip(written).filter_map(|(a, b)| Some((a, b?))) {
            let before = last.replace(entry.key_span);
            // the root's own entry has no name; whatever it asks for is found from there
            let top = name.filter(|name| FOLDER.len() + name.len() == entry.key.len());
            let (place, mut is_second) = tree.add(ROOT, name.filter(|_| above.is_empty()), locked, entry);
            if top.is_none() {
                is_second = places.insert(&*entry.key, place).is_some();
            }
            // both sides of an unfinished merge stand in one place
            if is_second && before != Some(entry.key_span) {
                let message = format!("a second entry `{}`; npm takes the last", entry.key);
                out.problem(DiagnosticKind::Malformed, self.file, Some(entry.key_span), message);
            }
            if let Some(name) = name.filter(|_| !above.is_empty()) {
                nested.push((above, name, place));
            }
        }
        for (above, name, place) in nested {
            // below a place that is not listed only Node itself would find it
            let top = || above.strip_prefix(FOLDER).and_then(|name| tree.child(ROOT, name));
            let Some(above) = places.get(above).copied().or_else(top) else { continue };
            tree.put(place, above, name);
        }
    }

    /// Writes an entry of the flat form, and says where it is installed.
    fn place<'a>(&self, entry: &'a Entry, folder: &FinderRev<'_>, out: &mut Facts<'_>) -> Option<Placed<'a>> {
        if !self.is_object(entry, out) {
            return None;
        }
        let key: &'a str = &entry.key;
        let (above, name) = match folder.rfind(key) {
            Some(at) => (key[..at].trim_end_matches('/'), Some(&key[at + FOLDER.len()..])),
            None => ("", None),
        };
        let said = Said::of(&entry.value);
        let locked = match name {
            // a folder of the tree: its packages are where its links lead, or below itself
            _ if is_true(said.link) => self.member(said.resolved.and_then(Node::text).unwrap_or("."), out),
            Some(name) => self.write(said.name.and_then(Node::text).unwrap_or(name), entry, &said, out)?,
            None => self.member(&entry.key, out),
        };
        Some(Placed { above, name, locked })
    }

    /// The nested form, walked without recursion.
    fn nested<'a>(&self, dependencies: &'a Node, tree: &mut Tree<'a>, out: &mut Facts<'_>) {
        let mut open = vec![(ROOT, dependencies)];
        while let Some((above, level)) = open.pop() {
            for entry in level.entries() {
                if !self.is_object(entry, out) {
                    continue;
                }
                let Some(locked) = self.write(&entry.key, entry, &Said::of(&entry.value), out) else { continue };
                let (place, _) = tree.add(above, Some(&entry.key), locked, entry);
                open.extend(entry.value.get("dependencies").map(|below| (place, below)));
            }
        }
    }

    fn is_object(&self, entry: &Entry, out: &mut Facts<'_>) -> bool {
        if !entry.value.is_map() {
            let message = format!("the entry `{}` is no object", entry.key);
            out.problem(DiagnosticKind::Malformed, self.file, Some(entry.value.span), message);
        }
        entry.value.is_map()
    }

    fn member(&self, folder: &str, out: &mut Facts<'_>) -> Locked {
        spec::member(folder, &self.project, self.input, self.file, out)
    }

    fn write(&self, name: &str, entry: &Entry, said: &Said<'_>, out: &mut Facts<'_>) -> Option<Locked> {
        let file = self.file;
        if name.is_empty() {
            out.problem(DiagnosticKind::Malformed, file, Some(entry.key_span), "a package without a name");
            return None;
        }
        let stated = said.version.and_then(|version| Some((version.text()?, version.span)));
        let mut address = said.resolved.and_then(|resolved| Some((Cow::Borrowed(resolved.text()?), resolved.span)));
        // version 1 writes addresses and aliases (`npm:other@1.0.0`) into `version`
        let spec = stated.map(|(text, span)| (spec::spec(text), span));
        let (name, version) = match spec {
            Some((Spec::Range { name: alias, range, .. }, _)) => {
                (alias.unwrap_or(Cow::Borrowed(name)), Some(range).filter(|range| !range.is_empty()))
            }
            Some((Spec::Address(text), span)) => {
                address = address.or(Some((text, span)));
                (Cow::Borrowed(name), None)
            }
            Some((Spec::Own, _)) if !stated.is_some_and(|(text, _)| spec::is_archive(text)) => {
                return Some(self.member(stated.map_or("", |(text, _)| text), out));
            }
            _ => (Cow::Borrowed(name), None),
        };
        let is_held = version.is_none() && address.as_ref().is_some_and(|(text, _)| spec::is_locked_at(text));
        let package = Package::new("npm", &name, version.as_deref(), file, entry.key_span).at_fixed_revision(is_held);
        let id = package.write(&self.project, out);
        let seen = file.at(entry.key_span);
        let scope = if is_true(said.dev) {
            scope::DEV
        } else if is_true(said.optional) || is_true(said.dev_optional) {
            scope::OPTIONAL
        } else {
            scope::RUNTIME
        };
        out.attribute(&id, key::SCOPE, scope, seen.clone());
        match &address {
            Some((text, span)) if text.starts_with("git") || spec::is_repository(text) => {
                spec::fetched(&id, text, &file.at(*span), out)
            }
            Some((text, span)) if toolkit::host_of(text).is_some() => {
                toolkit::fetched_from(&id, text, &file.at(*span), out);
            }
            // an archive in the tree
            Some((text, _)) if text.starts_with("file:") => {}
            None if stated.is_some_and(|(text, _)| text.starts_with("file:")) => {}
            // it lies in the archive of the package above
            None if is_true(said.in_bundle) || is_true(said.bundled) => {}
            // npm may leave the address out when it is the default registry's
            _ => toolkit::from_default(&id, "npm", &seen, out),
        }
        if let Some(integrity) = said.integrity
            && let Some(text) = integrity.text()
        {
            out.attribute(&id, key::INTEGRITY, text, file.at(integrity.span));
        }
        Some(Locked::package(id))
    }

    /// Edges of one entry.
    fn edges(&self, place: usize, from: &Installed<'_>, tree: &Tree<'_>, out: &mut Facts<'_>) {
        let node = &from.entry.value;
        // version 1: `requires` holds the edges, `dependencies` what is installed below
        let old = node.get("requires").is_some_and(Node::is_map);
        let groups = ["dependencies", "optionalDependencies", "peerDependencies", "devDependencies"];
        let groups = match (old, from.locked.own) {
            (true, _) => &["requires"][..],
            (false, true) => &groups[..],
            (false, false) => &groups[..3],
        };
        for group in groups {
            for need in node.get(group).map_or(&[][..], Node::entries) {
                if need.value.is_map() {
                    continue;
                }
                if let Some(to) = tree.resolve(place, &need.key).and_then(|to| tree.at(to)) {
                    from.locked.needs(&to.locked, &self.file.at(need.key_span), out);
                } else if from.locked.own && *group == "dependencies" {
                    let message = format!("`{}` is asked for here and not among the packages", need.key);
                    out.problem(DiagnosticKind::Unresolved, self.file, Some(need.key_span), message);
                }
            }
        }
    }

    /// Lock version 1 does not say what is direct: what nothing else requires is.
    fn direct_of_version_one(&self, tree: &Tree<'_>, out: &mut Facts<'_>) {
        let mut required = BTreeSet::new();
        for (place, installed) in tree.places() {
            for need in installed.entry.value.get("requires").map_or(&[][..], Node::entries) {
                let to = tree.resolve(place, &need.key).and_then(|to| tree.at(to));
                required.extend(to.map(|to| &to.locked.id));
            }
        }
        let top = tree.places().map(|(_, installed)| installed).filter(|installed| installed.above == ROOT);
        for installed in top.filter(|installed| !installed.locked.own) {
            if !required.contains(&installed.locked.id) {
                let seen = self.file.at(installed.entry.key_span).inferred();
                toolkit::direct(&self.project, &installed.locked.id, &seen, out);
            }
        }
    }
}
