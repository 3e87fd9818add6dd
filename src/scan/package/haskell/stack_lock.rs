//! `stack.yaml.lock`: exact Haskell packages beside a snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Context as _;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::RelPath;

/// Scanner `stack-lock`.
pub struct StackLock;

static META: ScannerMeta = ScannerMeta {
    id: "stack-lock",
    title: "Stack lock file",
    summary: "Exact extra packages from Hackage, git and archives with their hashes. Packages of the snapshot itself \
              are not listed in the file: each snapshot is a diagnostic, its host is kept.",
    files: &["**/stack.yaml.lock", "**/stack-*.yaml.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.haskellstack.org/en/stable/topics/lock_files/",
};

impl Scanner for StackLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.yaml_or_part(out).first().context("no document that can be read")?;
        anyhow::ensure!(root.is_map(), "no map: not a Stack lock file");
        let project = toolkit::root(input, file, out);
        // beside a snapshot the file does not hold all that is used: it answers for what it holds
        let has_snapshot = root.get("snapshots").is_some_and(|list| !list.list().is_empty());
        let seen = if has_snapshot { file.whole().inferred() } else { file.whole() };
        out.attribute(&project, key::LOCKS, "hackage", seen);
        for entry in root.get("packages").map_or(&[][..], Node::list) {
            match entry.get("completed") {
                Some(completed) => package(completed, &project, file, out),
                None => out.problem(DiagnosticKind::Malformed, file, Some(entry.span), "entry without `completed`"),
            }
        }
        for snapshot in root.get("snapshots").map_or(&[][..], Node::list) {
            let Some(url) = snapshot.at(&["completed", "url"]) else { continue };
            if let Some(host) = url.text().and_then(toolkit::host_of) {
                toolkit::distributed_by(&project, &host, &file.at(url.span), out);
            }
            let name = snapshot.get("original").and_then(|original| {
                original.scalar().or_else(|| original.get("url").or_else(|| original.get("resolver"))?.scalar())
            });
            let message = format!(
                "packages of the snapshot `{}` are not listed in this file",
                name.as_deref().unwrap_or("without a name")
            );
            out.problem(DiagnosticKind::Unresolved, file, Some(url.span), message);
        }
        Ok(())
    }
}

fn package(node: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    if let Some(hackage) = node.get("hackage") {
        let Some((name, version, hash)) = hackage.text().and_then(super::versioned) else {
            let message = "a package without an exact version";
            out.problem(DiagnosticKind::Malformed, file, Some(hackage.span), message);
            return;
        };
        let id = Package::new("hackage", name, Some(version), file, hackage.span).write(project, out);
        if let Some(hash) = hash {
            out.attribute(&id, key::INTEGRITY, hash, file.at(hackage.span));
        }
        toolkit::from_default(&id, "hackage", &file.at(hackage.span), out);
        return;
    }
    let (Some(name), Some(version)) = (node.get("name"), node.get("version").and_then(Node::scalar)) else {
        out.problem(DiagnosticKind::Malformed, file, Some(node.span), "a package without name or version");
        return;
    };
    let Some(text) = name.text() else { return };
    let id = Package::new("hackage", text, Some(&version), file, name.span).write(project, out);
    if let Some(address) = node.get("git")
        && let Some(text) = address.text()
    {
        toolkit::from_git(&id, text, &file.at(address.span), out);
    } else if let Some(address) = node.get("hg")
        && let Some(text) = address.text()
    {
        toolkit::fetched_from(&id, text, &file.at(address.span), out);
        toolkit::repository_owner_of(&id, text, &file.at(address.span), out);
    } else if let Some(address) = node.get("url")
        && let Some(text) = address.text()
    {
        toolkit::fetched_from(&id, text, &file.at(address.span), out);
    }
    for (field, key, prefix) in [("commit", key::REVISION, ""), ("sha256", key::INTEGRITY, "sha256:")] {
        if let Some(value) = node.get(field)
            && let Some(text) = value.scalar()
        {
            out.attribute(&id, key, format!("{prefix}{text}"), file.at(value.span));
        }
    }
}

/// A package of a repository or an archive.
pub(super) struct InPlace {
    pub(super) name: String,
    pub(super) version: String,
    /// Its folder there.
    folder: Option<String>,
}

impl InPlace {
    /// True for one in any of the folders; for any where none is told.
    pub(super) fn is_in(&self, folders: &BTreeSet<&str>) -> bool {
        folders.is_empty() || self.folder.as_deref().is_none_or(|folder| folders.contains(folder.trim_matches('/')))
    }
}

/// Packages of one repository; real ones have some dozens.
const MOST_IN_PLACE: usize = 256;

/// What a lock file says is in repositories and archives: only it knows what the packages in them are called.
#[derive(Default)]
pub(super) struct Held {
    /// Packages by address and commit; archives have none.
    by_place: BTreeMap<(String, Option<String>), Vec<InPlace>>,
    /// The names of all of them.
    names: BTreeSet<String>,
}

impl Held {
    /// That of the lock file beside a `stack.yaml` in a folder.
    pub(super) fn beside(folder: &RelPath, input: &Input<'_>) -> Option<Arc<Self>> {
        let read = || {
            let lock = folder.join("stack.yaml.lock").and_then(|path| input.companion(&path));
            let Some(lock) = lock else { return (None, 0) };
            let packages = lock.yaml().documents.first().and_then(|root| root.get("packages"));
            let mut held = Self::default();
            for node in packages.map_or(&[][..], Node::list).iter().filter_map(|entry| entry.get("completed")) {
                held.add(node);
            }
            (Some(Arc::new(held)), lock.text().len())
        };
        Option::clone(&input.memo.of(folder, read))
    }

    fn add(&mut self, node: &Node) {
        let address = ["git", "hg", "url"].iter().find_map(|word| node.text_at(word));
        let version = node.get("version").and_then(Node::scalar);
        let (Some(name), Some(version), Some(address)) = (node.text_at("name"), version, address) else { return };
        let commit = node.get("commit").and_then(Node::scalar).map(std::borrow::Cow::into_owned);
        self.names.insert(name.to_owned());
        let here = self.by_place.entry((address.to_owned(), commit)).or_default();
        if here.len() < MOST_IN_PLACE {
            let folder = node.text_at("subdir").filter(|folder| !folder.is_empty()).map(str::to_owned);
            here.push(InPlace { name: name.to_owned(), version: version.into_owned(), folder });
        }
    }

    /// The packages of a repository at a commit, or of an archive.
    pub(super) fn at(&self, address: &str, commit: Option<&str>) -> &[InPlace] {
        let place = |address: String, commit: Option<&str>| self.by_place.get(&(address, commit.map(str::to_owned)));
        let stated = place(address.to_owned(), commit);
        // what is written as a repository of GitHub is locked as its archive
        let archive = || place(format!("{address}/archive/{}.tar.gz", commit?), None);
        stated.or_else(archive).map_or(&[], Vec::as_slice)
    }

    /// True for a package that it has from a repository or an archive.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}
