//! `stack.yaml`: extra packages of a Haskell project and its snapshot.

use anyhow::Context as _;

use super::beside::{is_folder, is_package};
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
    summary: "Extra packages with their exact version and hash, repositories and archives; folders are packages of the \
              tree. Those of the snapshot are not listed in the file; without a lock file beside it that is a diagnostic.",
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
        let mut left = MOST_FOLDERS;
        for item in root.get("packages").map_or(&[][..], Node::list) {
            if let Some(path) = item.text().filter(|path| *path != ".") {
                folder(path, item.span, &mut left, input, out);
            }
        }
        for item in root.get("extra-deps").map_or(&[][..], Node::list) {
            extra(item, &project, &mut left, input, out);
        }
        let has_lock = || file.folder().join("stack.yaml.lock").is_some_and(|path| input.companion(&path).is_some());
        if let Some(snapshot) = snapshot
            && !has_lock()
        {
            let message = "packages of the snapshot are not listed in this file";
            out.problem(DiagnosticKind::Unresolved, file, Some(snapshot.span), message);
        }
        Ok(())
    }
}

/// Folders of one file that are looked up: the largest projects have some hundred.
const MOST_FOLDERS: usize = 1_000;

fn extra(item: &Node, project: &ComponentId, left: &mut usize, input: &Input<'_>, out: &mut Facts<'_>) {
    let file = input.file();
    for (word, is_short) in [("git", false), ("github", true), ("hg", false)] {
        if let Some(node) = item.get(word)
            && let Some(text) = node.text()
        {
            // `github: owner/name` with a commit is an archive of that host
            let full = if is_short { format!("https://github.com/{text}") } else { text.to_owned() };
            let commit = item.get("commit").and_then(Node::scalar);
            super::repository(&full, (commit.as_deref(), None), node.span, project, file, out);
            return;
        }
    }
    if let Some(node) = ["archive", "url"].iter().find_map(|key| item.get(key))
        && let Some(text) = node.text()
    {
        archive(text, node.span, item.get("sha256"), project, file, out);
        return;
    }
    let Some(text) = item.text() else {
        out.problem(DiagnosticKind::Malformed, file, Some(item.span), "an extra package that is not understood");
        return;
    };
    if text.contains("://") {
        if toolkit::is_git(text) {
            super::repository(text, (None, None), item.span, project, file, out);
        } else {
            archive(text, item.span, None, project, file, out);
        }
        return;
    }
    let Some((name, version, hash)) = super::versioned(text) else {
        if is_folder(text) {
            folder(text, item.span, left, input, out);
        } else {
            out.problem(DiagnosticKind::Malformed, file, Some(item.span), "an extra package without a version");
        }
        return;
    };
    let id = Package::new("hackage", name, Some(version), file, item.span).require("", scope::RUNTIME, project, out);
    if let Some(hash) = hash {
        out.attribute(&id, key::INTEGRITY, hash, file.at(item.span));
    }
    toolkit::from_default(&id, "hackage", &file.at(item.span), out);
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
    let last = address.rsplit('/').next().unwrap_or(address);
    let (ecosystem, name, told) = toolkit::fetched_name(address, last);
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
