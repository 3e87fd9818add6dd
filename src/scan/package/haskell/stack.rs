//! `stack.yaml`: extra packages of a Haskell project and its snapshot.

use std::borrow::Cow;
use std::collections::BTreeSet;

use anyhow::Context as _;

use super::beside::{is_folder, is_package};
use super::stack_lock::{Held, InPlace};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `stack`.
pub struct Stack;

static META: ScannerMeta = ScannerMeta {
    id: "stack",
    title: "Stack project",
    summary: "Extra packages with their exact version and hash, repositories and archives; where the lock file beside it \
              has read these, the packages in them; folders are packages of the tree. Those of the snapshot are not listed in the file; without a lock file beside it that is a diagnostic.",
    files: &["**/stack.yaml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.haskellstack.org/en/stable/configure/yaml/project/",
};

impl Scanner for Stack {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.yaml_or_part(out).first().context("no document that can be read")?;
        let snapshot = root.get("resolver").or_else(|| root.get("snapshot"));
        // other tools have a file of that name as well
        if snapshot.is_none() && root.get("extra-deps").is_none() {
            return Ok(());
        }
        let project = toolkit::root(input, file, out);
        let lock = Held::beside(&file.folder(), input);
        let mut extras = Extras { project: &project, lock: lock.as_deref(), folders: MOST_FOLDERS, held: MOST_HELD };
        for item in root.get("packages").map_or(&[][..], Node::list) {
            if let Some(path) = item.text().filter(|path| *path != ".") {
                folder(path, item.span, &mut extras.folders, input, out);
            }
        }
        for item in root.get("extra-deps").map_or(&[][..], Node::list) {
            extras.read(item, input, out);
        }
        if let Some(snapshot) = snapshot
            && lock.is_none()
        {
            let message = "packages of the snapshot are not listed in this file";
            out.problem(DiagnosticKind::Unresolved, file, Some(snapshot.span), message);
        }
        Ok(())
    }
}

/// Folders of one file that are looked up: the largest projects have some hundred.
const MOST_FOLDERS: usize = 1_000;

/// An extra package as the file writes it.
pub(super) enum Extra<'a> {
    /// Name, version and hash of one of Hackage.
    Hackage(&'a str, &'a str, Option<&'a str>),
    /// Address, commit and folders.
    Repository(Cow<'a, str>, Option<Cow<'a, str>>, Vec<&'a str>, Span),
    /// Address, hash and folders.
    Archive(&'a str, Option<&'a Node>, Vec<&'a str>, Span),
    Folder(&'a str),
    /// What is wrong with it.
    Odd(&'static str),
}

/// Packages that the lock file has in repositories, of one file.
const MOST_HELD: usize = 10_000;

/// Folders of one repository that are looked at.
const MOST_PARTS: usize = 1_000;

impl<'a> Extra<'a> {
    pub(super) fn of(item: &'a Node) -> Self {
        let parts = || {
            let listed = item.get("subdirs").map_or(&[][..], Node::list).iter().chain(item.get("subdir"));
            listed.filter_map(Node::text).take(MOST_PARTS).collect()
        };
        for (word, is_short) in [("git", false), ("github", true), ("hg", false)] {
            if let Some(node) = item.get(word)
                && let Some(text) = node.text()
            {
                // `github: owner/name` with a commit is an archive of that host
                let full =
                    if is_short { Cow::Owned(format!("https://github.com/{text}")) } else { Cow::Borrowed(text) };
                return Self::Repository(full, item.get("commit").and_then(Node::scalar), parts(), node.span);
            }
        }
        if let Some(node) = ["archive", "url"].iter().find_map(|key| item.get(key))
            && let Some(text) = node.text()
        {
            return Self::Archive(text, item.get("sha256"), parts(), node.span);
        }
        match item.text() {
            None => Self::Odd("an extra package that is not understood"),
            Some(text) if text.contains("://") && toolkit::is_git(text) => {
                Self::Repository(Cow::Borrowed(text), None, Vec::new(), item.span)
            }
            Some(text) if text.contains("://") => Self::Archive(text, None, Vec::new(), item.span),
            Some(text) => match super::versioned(text) {
                Some((name, version, hash)) => Self::Hackage(name, version, hash),
                None if is_folder(text) => Self::Folder(text),
                None => Self::Odd("an extra package without a version"),
            },
        }
    }

    /// The packages that a lock file has read there.
    pub(super) fn held<'l>(&self, lock: Option<&'l Held>) -> Vec<&'l InPlace> {
        let Some(lock) = lock else { return Vec::new() };
        let (all, folders) = match self {
            Self::Repository(address, commit, folders, _) => (lock.at(address, commit.as_deref()), folders),
            Self::Archive(address, _, folders, _) => (lock.at(address, None), folders),
            _ => return Vec::new(),
        };
        let folders: BTreeSet<&str> = folders.iter().map(|folder| folder.trim_matches('/')).collect();
        all.iter().filter(|one| one.is_in(&folders)).collect()
    }
}

/// What the extra packages of a file are read with.
struct Extras<'a> {
    project: &'a ComponentId,
    lock: Option<&'a Held>,
    /// Folders that are still looked up, and packages of repositories that are still written.
    folders: usize,
    held: usize,
}

impl Extras<'_> {
    fn read(&mut self, item: &Node, input: &Input<'_>, out: &mut Facts<'_>) {
        let (file, project) = (input.file(), self.project);
        let extra = Extra::of(item);
        // the lock file says what is in a repository: these are the packages, and it says where they come from
        let held = extra.held(self.lock);
        for one in held.iter().take(self.held) {
            let package = Package::new("hackage", &one.name, Some(&one.version), file, item.span);
            package.require("", scope::RUNTIME, project, out);
        }
        self.held = self.held.saturating_sub(held.len());
        match extra {
            _ if !held.is_empty() => {}
            Extra::Hackage(name, version, hash) => {
                let package = Package::new("hackage", name, Some(version), file, item.span);
                let id = package.require("", scope::RUNTIME, project, out);
                if let Some(hash) = hash {
                    out.attribute(&id, key::INTEGRITY, hash, file.at(item.span));
                }
                toolkit::from_default(&id, "hackage", &file.at(item.span), out);
            }
            Extra::Repository(address, commit, _, span) => {
                super::repository(&address, (commit.as_deref(), None), span, project, file, out);
            }
            Extra::Archive(address, hash, _, span) => archive(address, span, hash, project, file, out),
            Extra::Folder(path) => folder(path, item.span, &mut self.folders, input, out),
            Extra::Odd(message) => out.problem(DiagnosticKind::Malformed, file, Some(item.span), message),
        }
    }
}

/// Purl type, name and version of an archive.
pub(super) fn archive_parts(address: &str) -> (&'static str, String, Option<&str>) {
    toolkit::fetched_name(address, address.rsplit('/').next().unwrap_or(address))
}

/// An archive with a package in it; a hash fixes it.
fn archive(
    address: &str,
    span: Span,
    hash: Option<&Node>,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    // one that lies beside the project is fetched from nowhere
    if toolkit::host_of(address).is_none() {
        return;
    }
    let (ecosystem, name, told) = archive_parts(address);
    let id = Package::new(ecosystem, &name, told, file, span).at_fixed_revision(hash.is_some()).require(
        "",
        scope::RUNTIME,
        project,
        out,
    );
    toolkit::fetched_from(&id, address, &file.at(span), out);
    toolkit::repository_owner_of(&id, address, &file.at(span), out);
    if let Some(hash) = hash
        && let Some(text) = hash.scalar()
    {
        out.attribute(&id, key::INTEGRITY, format!("sha256:{text}"), file.at(hash.span));
    }
}

/// Tells a folder that is built and holds no package; what packages of the tree ask of each other, they say themselves.
fn folder(path: &str, span: Span, left: &mut usize, input: &Input<'_>, out: &mut Facts<'_>) {
    let file = input.file();
    match *left {
        0 => return,
        1 => {
            let message = "more folders than are looked up; the rest was left out";
            out.problem(DiagnosticKind::LimitReached, file, Some(span), message);
            *left = 0;
            return;
        }
        _ => *left -= 1,
    }
    if !file.folder().join(path).is_some_and(|folder| is_package(&folder, input)) {
        let message = format!("the folder `{path}` holds no manifest in this tree");
        out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
    }
}
