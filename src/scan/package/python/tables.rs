//! Requirements that stand as `name = "…"` or `name = { … }` in tables (Poetry, Pipenv), and where the tables of a
//! project file say that a package comes from.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::local;
use super::pep508::{Asked, Requirement, Sheet, conditions, is_local, is_version, normal, pinned};
use super::requirements::setting;
use crate::diagnostic::DiagnosticKind;
use crate::model::ComponentId;
use crate::parse::{Entry, Node};
use crate::scan::Facts;
use crate::scan::package::toolkit::{self, Of, Package, Registry, Revision, Standing};
use crate::text::Span;

/// The indexes that a project file names, and what it says of single packages.
#[derive(Default)]
pub(super) struct Origins<'a> {
    indexes: BTreeMap<&'a str, &'a str>,
    packages: BTreeMap<Cow<'a, str>, &'a Node>,
}

impl<'a> Origins<'a> {
    /// An index with a name.
    pub(super) fn index(&mut self, name: &'a str, address: &'a str) {
        self.indexes.insert(name, address);
    }

    /// What is said of one package: `{ index = … }`, `{ git = … }`, `{ path = … }`, or a list of such.
    pub(super) fn package(&mut self, entry: &'a Entry) {
        self.packages.insert(normal(&entry.key), &entry.value);
    }

    /// True when the tree itself holds the package.
    pub(super) fn is_own(&self, name: &str) -> bool {
        let Some(node) = self.packages.get(&normal(name)) else { return false };
        let own = |node: &Node| node.get("path").is_some() || node.get("workspace").is_some();
        own(node) || !node.list().is_empty() && node.list().iter().all(own)
    }

    /// True for a package that is taken from a repository at a commit or a tag of numbers.
    pub(super) fn is_at_fixed_revision(&self, name: &str) -> bool {
        self.packages.get(&normal(name)).is_some_and(|table| is_at_fixed_revision(table))
    }

    /// Writes that the project builds on those whose folders are said of a package, and gives what is packed in the tree.
    pub(super) fn needs_own(
        &self,
        name: &str,
        scope: &'static str,
        span: Span,
        sheet: Sheet<'_>,
        out: &mut Facts<'_>,
    ) -> Vec<ComponentId> {
        let Some(node) = self.packages.get(&normal(name)) else { return Vec::new() };
        let mut found = Vec::new();
        for one in std::iter::once(*node).chain(node.list()) {
            let Some(path) = one.text_at("path") else { continue };
            found.extend(local::own(path, name, scope, span, sheet, out));
        }
        found
    }

    /// Writes where a package comes from: what is said of it, else its address, else the ecosystem's registry.
    pub(super) fn write(&self, name: &str, asked: &Asked, span: Span, sheet: Sheet<'_>, out: &mut Facts<'_>) {
        let mut stated = asked.states_host;
        if let Some(node) = self.packages.get(&normal(name)) {
            for one in std::iter::once(*node).chain(node.list()) {
                stated |= self.stated(&asked.id, one, sheet, out);
            }
        }
        if !stated {
            toolkit::from_default(&asked.id, "pypi", &sheet.file.at(span), out);
        }
    }

    /// Writes the address or the index of one table; true when it has one.
    fn stated(&self, id: &ComponentId, table: &Node, sheet: Sheet<'_>, out: &mut Facts<'_>) -> bool {
        for key in ["git", "url", "hg", "svn", "bzr", "file"] {
            if let Some(node) = table.get(key)
                && let Some(address) = node.text().filter(|address| !is_local(address))
            {
                let seen = sheet.file.at(node.span);
                match key {
                    "git" => {
                        let revision = revision(table).map(|revision| revision.text);
                        toolkit::from_repository(id, address, revision, &seen, out);
                    }
                    _ => toolkit::fetched_from(id, address, &seen, out),
                }
                return true;
            }
        }
        let named = ["index", "source"].into_iter().find_map(|key| table.get(key));
        let Some((node, name)) = named.and_then(|node| node.text().map(|name| (node, name))) else { return false };
        match self.indexes.get(name) {
            Some(address) => {
                if let Some(host) = toolkit::host_of(address) {
                    toolkit::distributed_by(id, &host, &sheet.file.at(node.span), out);
                }
            }
            // pixi has the address itself
            None if name.contains("://") => toolkit::fetched_from(id, name, &sheet.file.at(node.span), out),
            // Poetry knows its own registry by name
            None if name.eq_ignore_ascii_case("pypi") => return false,
            None => {
                let message = format!("no package index is called `{name}` here");
                out.problem(DiagnosticKind::Unresolved, sheet.file, Some(node.span), message);
            }
        }
        true
    }

    /// Reads one entry of a table of requirements.
    pub(super) fn ask(&self, entry: &Entry, scope: &'static str, sheet: Sheet<'_>, out: &mut Facts<'_>) {
        let lists = entry.value.list();
        for one in if lists.is_empty() { std::slice::from_ref(&entry.value) } else { lists } {
            if one.text().is_none() && !one.is_map() {
                let message = format!("`{}` has neither a version nor a table", entry.key);
                out.problem(DiagnosticKind::Malformed, sheet.file, Some(one.span), message);
                continue;
            }
            self.ask_one(entry, one, scope, sheet, out);
        }
    }

    fn ask_one(&self, entry: &Entry, one: &Node, scope: &'static str, sheet: Sheet<'_>, out: &mut Facts<'_>) {
        let is_here = |key: &str| one.text_at(key).is_some_and(is_local);
        if one.get("path").is_some() || ["file", "url", "git"].into_iter().any(is_here) {
            let stated = ["path", "file", "url"].into_iter().find_map(|key| one.text_at(key));
            let own = stated.and_then(|path| local::own(path, &entry.key, scope, entry.key_span, sheet, out));
            if let Some(id) = own {
                table_conditions(&id, entry, one, sheet, out);
            }
            return;
        }
        if self.is_own(&entry.key) {
            for id in self.needs_own(&entry.key, scope, entry.key_span, sheet, out) {
                table_conditions(&id, entry, one, sheet, out);
            }
            return;
        }
        let constraint = one.text().or_else(|| one.text_at("version")).unwrap_or("").trim();
        let file = one.text_at("url").or_else(|| one.text_at("file"));
        let of_file = file.and_then(Requirement::parse_with_addresses).and_then(|found| found.version());
        let version = of_file.or_else(|| exact(constraint).map(Cow::Borrowed));
        let stated = if version.is_some() && !sheet.asks_lock || constraint == "*" { "" } else { constraint };
        let id = Package::new("pypi", &entry.key, version.as_deref(), sheet.file, entry.key_span)
            .at_fixed_revision(is_at_fixed_revision(one))
            .require(stated, scope, sheet.project, out);
        table_conditions(&id, entry, one, sheet, out);
        let states_host = self.stated(&id, one, sheet, out);
        self.write(&entry.key, &Asked { id, states_host }, entry.key_span, sheet, out);
    }
}

/// Extras and markers of a table.
fn table_conditions(id: &ComponentId, entry: &Entry, one: &Node, sheet: Sheet<'_>, out: &mut Facts<'_>) {
    let seen = sheet.file.at(entry.key_span);
    for extra in one.get("extras").map_or(&[][..], Node::list).iter().filter_map(Node::text) {
        conditions(id, extra, "", &seen, out);
    }
    for key in ["markers", "sys_platform", "platform_machine", "python_version", "platform", "python"] {
        if let Some(node) = one.get(key)
            && let Some(text) = node.text()
        {
            let marker = if key == "markers" { Cow::Borrowed(text) } else { Cow::Owned(format!("{key} {text}")) };
            conditions(id, "", &marker, &sheet.file.at(node.span), out);
        }
    }
}

/// True for a table with a repository at a commit or a tag of numbers.
fn is_at_fixed_revision(table: &Node) -> bool {
    table
        .text_at("git")
        .is_some_and(|git| revision(table).is_some_and(|found| found.is_fixed) || toolkit::is_at_fixed_revision(git))
}

/// The commit, tag or branch of a repository: `rev` of Poetry and uv, `ref` of Pipenv.
fn revision(table: &Node) -> Option<Revision<'_>> {
    Revision::stated(|word| table.text_at(word))
}

/// The exact version of `==1.2.3` and of a bare `1.2.3`; shorter bare ones stand for any of their series in practice.
fn exact(constraint: &str) -> Option<&str> {
    let bare = || (constraint.split('.').count() >= 3 && is_version(constraint)).then_some(constraint);
    pinned(constraint).or_else(bare)
}

/// Writes an index as a setting of the project.
pub(super) fn registry((address, span): (&str, Span), standing: Standing, sheet: Sheet<'_>, out: &mut Facts<'_>) {
    registry_of(&[], (address, span), standing, sheet, out);
}

/// As [`registry`], of a tool that asks it for what these files beside its manifest list, and for nothing else.
pub(super) fn registry_of(
    files: &[&str],
    place: (&str, Span),
    standing: Standing,
    sheet: Sheet<'_>,
    out: &mut Facts<'_>,
) {
    registry_for("*", files, place, standing, sheet, out);
}

/// As [`registry_of`], for names alone that are a pattern.
pub(super) fn registry_for(
    names: &str,
    files: &[&str],
    (address, span): (&str, Span),
    standing: Standing,
    sheet: Sheet<'_>,
    out: &mut Facts<'_>,
) {
    let seen = setting(sheet.file, span, address);
    if toolkit::host_of(address).is_none() && address.contains('$') {
        let message = "the address of this package index is a variable";
        out.problem(DiagnosticKind::Unresolved, sheet.file, Some(span), message);
    }
    let registry = Registry { ecosystem: "pypi", names, standing, id: "", of: Of::All };
    if files.is_empty() {
        registry.write(sheet.project, address, &seen, out);
    }
    for file in files.iter().filter_map(|name| sheet.file.folder().join(name)) {
        Registry { of: Of::File(&file), ..registry }.write(sheet.project, address, &seen, out);
    }
}

/// As [`registry_for`], where none is asked.
pub(super) fn nowhere_for(names: &str, files: &[&str], span: Span, sheet: Sheet<'_>, out: &mut Facts<'_>) {
    for file in files.iter().filter_map(|name| sheet.file.folder().join(name)) {
        let registry = Registry { ecosystem: "pypi", names, standing: Standing::Blocked, id: "", of: Of::File(&file) };
        registry.blocked(sheet.project, &sheet.file.at(span), out);
    }
}

/// Text and place of a value under a key.
pub(super) fn stated<'n>(node: &'n Node, key: &str) -> Option<(&'n str, Span)> {
    node.get(key).and_then(|node| node.text().map(|text| (text, node.span)))
}
