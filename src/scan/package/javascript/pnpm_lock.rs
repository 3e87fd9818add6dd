//! `pnpm-lock.yaml`, lock versions 5 to 9.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::pnpm_key::{self, Key};
use super::reach::Reach;
use super::spec;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Locked, Package, manifest, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::{RelPath, Span};

/// Scanner `pnpm-lock`.
pub struct PnpmLock;

static META: ScannerMeta = ScannerMeta {
    id: "pnpm-lock",
    title: "pnpm lock file",
    summary: "Exact packages of lock versions 5 to 9 with edges, integrity, repositories and archives they come from, \
              and what each workspace folder asks for. Variants of a package for different peers are one package. The \
              scope is computed from what the folders ask for.",
    files: &["**/pnpm-lock.yaml"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://github.com/pnpm/spec/blob/master/lockfile/9.0.md",
};

/// Tables of a workspace folder and what they mean.
const TABLES: [(&str, &str); 5] = [
    ("dependencies", scope::RUNTIME),
    ("optionalDependencies", scope::OPTIONAL),
    ("devDependencies", scope::DEV),
    ("configDependencies", scope::BUILD),
    ("packageManagerDependencies", scope::BUILD),
];

impl Scanner for PnpmLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let documents = file.yaml_or_part(out);
        if documents.is_empty() {
            return Ok(());
        }
        let project = toolkit::locked_root("npm", input, file, out);
        for root in documents.iter().filter(|root| root.value != crate::parse::Value::Null) {
            if !root.is_map() {
                out.problem(DiagnosticKind::Malformed, file, Some(root.span), "not a pnpm lock file");
                continue;
            }
            version_known(root, file, out);
            let mut lock = Lock { project: &project, input, file, nodes: Vec::new(), by_key: BTreeMap::new() };
            lock.packages(root, out);
            lock.edges(root, out);
        }
        Ok(())
    }
}

fn version_known(root: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    let version = root.get("lockfileVersion");
    let text = version.and_then(Node::scalar).unwrap_or_default();
    if !["5", "6", "7", "9"].contains(&text.split('.').next().unwrap_or("")) {
        let span = version.map_or(root.span, |version| version.span);
        let message = "a lock version that is not known; read as those that are";
        out.problem(DiagnosticKind::Unsupported, file, Some(span), message);
    }
}

/// An installed package, or a variant of one: where it stands and what it needs.
struct Variant<'a> {
    locked: Locked,
    span: Span,
    entry: &'a Node,
}

/// One document.
struct Lock<'a> {
    project: &'a ComponentId,
    input: &'a Input<'a>,
    file: &'a SourceFile,
    nodes: Vec<Variant<'a>>,
    by_key: BTreeMap<&'a str, usize>,
}

impl<'a> Lock<'a> {
    /// Writes the packages. Since version 9 variants stand in a table of their own, `snapshots`.
    fn packages(&mut self, root: &'a Node, out: &mut Facts<'_>) {
        let snapshots = root.get("snapshots");
        let mut written: BTreeMap<&str, (Locked, Span)> = BTreeMap::new();
        let packages = root.get("packages").map_or(&[][..], Node::entries);
        let all = out.in_parts(self.file, packages, |_, entry, out| self.write(entry, out));
        for (entry, locked) in packages.iter().zip(all) {
            let Some(locked) = locked else { continue };
            if snapshots.is_some() {
                written.insert(&entry.key, (locked, entry.key_span));
            } else {
                self.add(&entry.key, locked, entry.key_span, &entry.value);
            }
        }
        for entry in snapshots.map_or(&[][..], Node::entries) {
            let found = written.get(pnpm_key::without_peers(&entry.key)).cloned();
            let Some((locked, span)) = found.or_else(|| Some((self.write(entry, out)?, entry.key_span))) else {
                continue;
            };
            self.add(&entry.key, locked, span, &entry.value);
        }
    }

    fn add(&mut self, key: &'a str, locked: Locked, span: Span, entry: &'a Node) {
        self.by_key.insert(key, self.nodes.len());
        self.nodes.push(Variant { locked, span, entry });
    }

    fn write(&self, entry: &Entry, out: &mut Facts<'_>) -> Option<Locked> {
        let (file, node) = (self.file, &entry.value);
        let resolution = node.get("resolution");
        if let Some(folder) = resolution.and_then(|resolution| resolution.get("directory")) {
            return Some(self.member(folder.text().unwrap_or(""), out));
        }
        let said = pnpm_key::parse(&entry.key);
        let name = node.text_at("name").or(said.name).or_else(|| repository_name(&entry.key));
        let Some(name) = name else {
            let message = format!("`{}` names no package", entry.key);
            out.problem(DiagnosticKind::Malformed, file, Some(entry.key_span), message);
            return None;
        };
        let stated = node.get("version").and_then(Node::scalar);
        let version = stated.or(said.version.map(Cow::Borrowed));
        let id = Package::new("npm", name, version.as_deref(), file, entry.key_span).write(self.project, out);
        self.source(&id, entry, &said, out);
        if let Some(integrity) = resolution.and_then(|resolution| resolution.get("integrity"))
            && let Some(text) = integrity.text()
        {
            out.attribute(&id, key::INTEGRITY, text, file.at(integrity.span));
        }
        Some(Locked::package(id))
    }

    /// Where a package comes from.
    fn source(&self, id: &ComponentId, entry: &Entry, said: &Key<'_>, out: &mut Facts<'_>) {
        let seen = self.file.at(entry.key_span);
        let stated = |name: &str| entry.value.get("resolution").and_then(|resolution| resolution.get(name));
        if let Some(node) = stated("commit")
            && let Some(commit) = node.text()
        {
            out.attribute(id, key::REVISION, commit, self.file.at(node.span));
        }
        let address = stated("repo").or_else(|| stated("tarball"));
        match address.and_then(|node| Some((node.text()?, node.span))) {
            // an archive in the tree
            Some((text, _)) if text.starts_with("file:") => {}
            Some((text, span)) if said.version.is_some() => {
                toolkit::fetched_from(id, text, &self.file.at(span), out);
            }
            Some((text, span)) => spec::fetched(id, text, &self.file.at(span), out),
            None => match said.host {
                Some(host) => toolkit::distributed_by(id, host, &seen, out),
                None => toolkit::from_default(id, "npm", &seen, out),
            },
        }
    }

    /// Writes what folders and packages need, and the scope that follows.
    fn edges(&self, root: &Node, out: &mut Facts<'_>) {
        let mut reach = Reach::new(self.nodes.len());
        match root.get("importers") {
            Some(importers) => {
                for importer in importers.entries() {
                    let own = self.member(&importer.key, out);
                    let folder = self.file.folder().join(&importer.key);
                    self.asked((&own, folder), &importer.value, &mut reach, out);
                }
            }
            None => self.asked((&Locked::own(self.project), Some(self.file.folder())), root, &mut reach, out),
        }
        let needs = out.in_parts(self.file, &self.nodes, |_, variant, out| self.needs(variant, out));
        for (from, needs) in needs.into_iter().enumerate() {
            needs.into_iter().for_each(|(to, optional)| reach.need(from, to, optional));
        }
        for (variant, scope) in self.nodes.iter().zip(reach.scopes()) {
            if let Some(scope) = scope
                && !variant.locked.own
            {
                out.attribute(&variant.locked.id, key::SCOPE, scope, self.file.at(variant.span));
            }
        }
    }

    /// Writes what a package needs, and gives it: each with whether it may be absent.
    fn needs(&self, variant: &Variant<'_>, out: &mut Facts<'_>) -> Vec<(usize, bool)> {
        let mut found = Vec::new();
        for table in ["dependencies", "optionalDependencies"] {
            for need in variant.entry.get(table).map_or(&[][..], Node::entries) {
                if let Some(to) = self.find(need, out) {
                    variant.locked.needs(&self.nodes[to].locked, &self.file.at(need.key_span), out);
                    found.push((to, table == "optionalDependencies"));
                }
            }
        }
        found
    }

    /// What a workspace folder asks for.
    fn asked(&self, (own, folder): (&Locked, Option<RelPath>), tables: &Node, reach: &mut Reach, out: &mut Facts<'_>) {
        for (table, scope) in TABLES {
            for need in tables.get(table).map_or(&[][..], Node::entries) {
                let version = need.value.get("version").unwrap_or(&need.value).scalar();
                if let Some((link, folder)) =
                    version.as_deref().and_then(|text| text.strip_prefix("link:")).zip(folder.as_ref())
                {
                    toolkit::needs_project(
                        &own.id,
                        (folder, link, manifest::NODE),
                        self.input,
                        (self.file, need.key_span),
                        out,
                    );
                    continue;
                }
                if let Some(to) = self.find(need, out) {
                    own.needs(&self.nodes[to].locked, &self.file.at(need.key_span), out);
                    reach.root(to, scope);
                }
            }
        }
    }

    /// The variant that a name with its version means.
    fn find(&self, need: &Entry, out: &mut Facts<'_>) -> Option<usize> {
        let value = need.value.get("version").unwrap_or(&need.value);
        let Some(version) = value.scalar() else {
            let message = format!("`{}` has no version", need.key);
            out.problem(DiagnosticKind::Malformed, self.file, Some(need.value.span), message);
            return None;
        };
        if version.starts_with("link:") {
            return None;
        }
        let name = &need.key;
        let keys = [format!("{name}@{version}"), format!("/{name}@{version}"), format!("/{name}/{version}")];
        // aliases and addresses stand as whole keys
        let found = keys.iter().map(String::as_str).chain([&*version]).find_map(|key| self.by_key.get(key));
        if found.is_none() {
            let message = format!("no package for `{name}` {version}");
            out.problem(DiagnosticKind::Unresolved, self.file, Some(need.key_span), message);
        }
        found.copied()
    }

    fn member(&self, folder: &str, out: &mut Facts<'_>) -> Locked {
        spec::member(folder, self.project, self.input, self.file, out)
    }
}

/// Name of a repository in the key of a package that comes from there: `github.com/owner/name/commit`.
fn repository_name(key: &str) -> Option<&str> {
    let mut parts = pnpm_key::without_peers(key).split('/');
    let host = parts.next().filter(|host| host.contains('.') && !host.contains(':'))?;
    (!host.starts_with('@')).then(|| parts.nth(1)).flatten()
}
