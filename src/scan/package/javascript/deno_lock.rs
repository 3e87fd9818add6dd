//! `deno.lock`, lock versions 2 to 5.

use std::collections::{BTreeMap, BTreeSet};

use super::deno::{module, specifier, versioned};
use super::spec::{self, split_at_sign};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Locked, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `deno-lock`.
pub struct DenoLock;

static META: ScannerMeta = ScannerMeta {
    id: "deno-lock",
    title: "Deno lock file",
    summary: "Exact npm and JSR packages of lock versions 2 to 5 with edges and integrity, what the workspace and its \
              members ask for, and modules that are imported by address: those with a version in it as packages, the \
              others by their host.",
    files: &["**/deno.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.deno.com/runtime/fundamentals/modules/#integrity-checking-and-lock-files",
};

impl Scanner for DenoLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.json_or_part(out)?;
        let version = root.get("version");
        if !root.is_map() || version.is_none() && root.get("remote").is_none() {
            anyhow::bail!("no `version`: not a Deno lock file");
        }
        if let Some(version) = version
            && !version.scalar().is_some_and(|text| matches!(&*text, "2" | "3" | "4" | "5"))
        {
            let message = "a lock version that is not known; read as version 5";
            out.problem(DiagnosticKind::Unsupported, file, Some(version.span), message);
        }
        let project = toolkit::locked_root("npm", input, file, out);
        out.attribute(&project, key::LOCKS, "jsr", file.whole());
        let mut lock = Lock { project, input, file, found: Found::default(), meant: BTreeMap::new() };
        // version 3 has a level more; version 2 calls the packages `npm`
        let holder = root.get("packages").filter(|_| root.get("specifiers").is_none()).unwrap_or(root);
        let npm =
            holder.get("npm").map(|npm| npm.get("packages").filter(|_| npm.get("specifiers").is_some()).unwrap_or(npm));
        let npm = npm.map_or(&[][..], Node::entries);
        let jsr = holder.get("jsr").map_or(&[][..], Node::entries);
        for (ecosystem, entries) in [("npm", npm), ("jsr", jsr)] {
            entries.iter().for_each(|entry| lock.write(ecosystem, entry, out));
        }
        let specifiers = holder.get("specifiers").or_else(|| holder.at(&["npm", "specifiers"]));
        lock.specifiers(specifiers.map_or(&[][..], Node::entries));
        for (ecosystem, entries) in [("npm", npm), ("jsr", jsr)] {
            entries.iter().for_each(|entry| lock.edges(ecosystem, entry, out));
        }
        lock.workspace(root.get("workspace"), out);
        lock.remote(root.get("remote").map_or(&[][..], Node::entries), out);
        Ok(())
    }
}

/// The packages.
#[derive(Default)]
struct Found<'a> {
    all: Vec<Locked>,
    /// By ecosystem and key: `name@1.0.0_peer@2.0.0`; by the name alone as well, which means none of several.
    by_key: BTreeMap<(&'static str, &'a str), Option<usize>>,
}

impl<'a> Found<'a> {
    fn add(&mut self, ecosystem: &'static str, key: &'a str, name: &'a str, locked: Locked) {
        let this = self.all.len();
        self.by_key.insert((ecosystem, key), Some(this));
        let alone = self.by_key.entry((ecosystem, name)).or_insert(Some(this));
        if alone.and_then(|at| self.all.get(at)).is_some_and(|other| other.id != locked.id) {
            *alone = None;
        }
        self.all.push(locked);
    }

    fn get(&self, ecosystem: &'static str, key: &str) -> Option<&Locked> {
        let at = *self.by_key.get(&(ecosystem, key))?;
        self.all.get(at?)
    }
}

/// What every step needs.
struct Lock<'a> {
    project: ComponentId,
    input: &'a Input<'a>,
    file: &'a SourceFile,
    found: Found<'a>,
    /// Keys that specifiers mean: `npm:chalk@5` is `chalk@5.3.0`.
    meant: BTreeMap<&'a str, (&'static str, String)>,
}

impl<'a> Lock<'a> {
    fn write(&mut self, ecosystem: &'static str, entry: &'a Entry, out: &mut Facts<'_>) {
        let file = self.file;
        let Some((name, version)) = split_at_sign(&entry.key) else {
            let message = format!("`{}` is not of the form `name@version`", entry.key);
            out.problem(DiagnosticKind::Malformed, file, Some(entry.key_span), message);
            return;
        };
        // peers follow the version: `1.0.0_react@18.2.0`
        let version = version.split('_').next().unwrap_or(version);
        let id = Package::new(ecosystem, name, Some(version), file, entry.key_span).write(&self.project, out);
        if let Some(integrity) = entry.value.get("integrity")
            && let Some(text) = integrity.text()
        {
            out.attribute(&id, key::INTEGRITY, text, file.at(integrity.span));
        }
        match entry.value.get("tarball").and_then(|node| Some((node.text()?, node.span))) {
            Some((address, span)) => toolkit::fetched_from(&id, address, &file.at(span), out),
            None => toolkit::from_default(&id, ecosystem, &file.at(entry.key_span), out),
        }
        self.found.add(ecosystem, &entry.key, name, Locked::package(id));
    }

    fn specifiers(&mut self, entries: &'a [Entry]) {
        for entry in entries {
            let Some(value) = entry.value.text() else { continue };
            // version 2 leaves `npm:` out of both
            let (ecosystem, name) = specifier(&entry.key)
                .map(|(ecosystem, name, _)| (ecosystem, name))
                .unwrap_or_else(|| ("npm", split_at_sign(&entry.key).map_or(&*entry.key, |(name, _)| name)));
            let value = value.strip_prefix("npm:").or_else(|| value.strip_prefix("jsr:")).unwrap_or(value);
            let key = if value.starts_with(|c: char| c.is_ascii_digit()) && !value[1..].starts_with('@') {
                format!("{name}@{value}")
            } else {
                value.to_owned()
            };
            self.meant.insert(&entry.key, (ecosystem, key));
        }
    }

    /// The package that a specifier, a key or a bare name means.
    fn resolve(&self, ecosystem: &'static str, text: &str) -> Option<&Locked> {
        if let Some((ecosystem, key)) = self.meant.get(text) {
            return self.found.get(ecosystem, key);
        }
        match specifier(text) {
            Some((ecosystem, name, "")) => self.found.get(ecosystem, name),
            Some((ecosystem, _, _)) => self.found.get(ecosystem, text.split_once(':')?.1),
            None => self.found.get(ecosystem, text),
        }
    }

    fn edges(&self, ecosystem: &'static str, entry: &Entry, out: &mut Facts<'_>) {
        let Some(from) = self.found.get(ecosystem, &entry.key) else { return };
        for table in ["dependencies", "optionalDependencies"] {
            let Some(table) = entry.value.get(table) else { continue };
            // a list of names and keys; before version 4 a table for npm
            let keys = table.list().iter().chain(table.entries().iter().map(|entry| &entry.value));
            for node in keys {
                let Some(text) = node.text() else { continue };
                match self.resolve(ecosystem, text) {
                    Some(to) => from.needs(to, &self.file.at(node.span), out),
                    None => self.unresolved(text, node, out),
                }
            }
        }
    }

    fn unresolved(&self, text: &str, node: &Node, out: &mut Facts<'_>) {
        let message = format!("no package for `{text}`");
        out.problem(DiagnosticKind::Unresolved, self.file, Some(node.span), message);
    }

    /// What the workspace and its members ask for.
    fn workspace(&self, workspace: Option<&Node>, out: &mut Facts<'_>) {
        let Some(workspace) = workspace else { return };
        self.asked(&Locked::own(&self.project), workspace, out);
        for member in workspace.get("members").map_or(&[][..], Node::entries) {
            let own = spec::member(&member.key, &self.project, self.input, self.file, out);
            self.asked(&own, &member.value, out);
        }
    }

    fn asked(&self, own: &Locked, holder: &Node, out: &mut Facts<'_>) {
        let lists = [holder.get("dependencies"), holder.at(&["packageJson", "dependencies"])];
        for node in lists.into_iter().flatten().flat_map(Node::list) {
            let Some(text) = node.text() else { continue };
            match self.resolve("npm", text) {
                Some(to) => own.needs(to, &self.file.at(node.span), out),
                None => self.unresolved(text, node, out),
            }
        }
    }

    /// Modules by address: the first of each package or host stands for all.
    fn remote(&self, entries: &[Entry], out: &mut Facts<'_>) {
        let mut told: BTreeSet<&str> = BTreeSet::new();
        for entry in entries {
            let Some((_, path)) = entry.key.split_once("://") else {
                let message = format!("`{}` is no address", entry.key);
                out.problem(DiagnosticKind::Malformed, self.file, Some(entry.key_span), message);
                continue;
            };
            let group = match versioned(path) {
                Some((name, version)) => &path[..name.len() + 1 + version.len()],
                None => path.split('/').next().unwrap_or(path),
            };
            if told.insert(group) {
                module(&entry.key, entry.key_span, &self.project, self.file, out);
            }
        }
    }
}
