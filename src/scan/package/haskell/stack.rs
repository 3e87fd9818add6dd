//! `stack.yaml`: extra packages of a Haskell project and its snapshot.

use anyhow::Context as _;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `stack`.
pub struct Stack;

static META: ScannerMeta = ScannerMeta {
    id: "stack",
    title: "Stack project",
    summary: "Extra packages with their exact version and hash, repositories and archives. Those of the snapshot are \
              not listed in the file; without a lock file beside it that is a diagnostic.",
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
        for item in root.get("extra-deps").map_or(&[][..], Node::list) {
            extra(item, &project, file, out);
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

fn extra(item: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let address = ["git", "github", "url", "archive"].iter().find_map(|key| item.get(key));
    if let Some(node) = address
        && let Some(text) = node.text()
    {
        let is_short = !text.contains("://") && !text.contains('@');
        let full = if is_short { format!("https://github.com/{text}") } else { text.to_owned() };
        let last = text.trim_end_matches(".git").rsplit('/').next().unwrap_or(text);
        let (ecosystem, name, told) = toolkit::fetched_name(&full, last);
        let commit = item.get("commit").and_then(Node::scalar);
        let package = Package::new(ecosystem, &name, commit.as_deref().or(told), file, node.span);
        let id = package.require("", scope::RUNTIME, project, out);
        toolkit::from_git(&id, &full, &file.at(node.span), out);
        return;
    }
    let Some(text) = item.text() else {
        out.problem(DiagnosticKind::Malformed, file, Some(item.span), "an extra package that is not understood");
        return;
    };
    if text.contains("://") {
        let (ecosystem, name, told) = toolkit::fetched_name(text, text.rsplit('/').next().unwrap_or(text));
        let id = Package::new(ecosystem, &name, told, file, item.span).require("", scope::RUNTIME, project, out);
        toolkit::fetched_from(&id, text, &file.at(item.span), out);
        return;
    }
    let Some((name, version, hash)) = super::versioned(text) else {
        // a folder of the tree
        if !text.contains(['/', '.']) {
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
