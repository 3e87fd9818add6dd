//! `rebar.lock`: exact Erlang packages, direct at level 0.

use std::collections::BTreeMap;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `rebar-lock`.
pub struct RebarLock;

static META: ScannerMeta = ScannerMeta {
    id: "rebar-lock",
    title: "Rebar lock file",
    summary: "Exact packages of Hex and git, direct or transitive, with both checksums and the git host. A git \
              package's version is its commit. The format has no edges.",
    files: &["**/rebar.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://rebar3.org/docs/configuration/dependencies/",
};

impl Scanner for RebarLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let text = file.text();
        anyhow::ensure!(text.trim().is_empty() || text.contains('['), "no list: not a Rebar lock file");
        let project = toolkit::locked_root("hex", input, file, out);
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        let begins = |rest: &str| rest.find("{<<");
        super::entries(text, begins, |_, error| problems.push(error.clone()), |_, node| found.push(node.clone()));
        for problem in problems {
            out.problem(DiagnosticKind::Malformed, file, Some(problem.span), problem.message);
        }
        // pairs are checksums, triples packages
        let mut hashes: BTreeMap<&str, Vec<(&str, Span)>> = BTreeMap::new();
        for node in &found {
            if let [name, hash] = node.list()
                && let (Some(name), Some(hash)) = (name.text(), super::text(Some(hash)))
            {
                hashes.entry(name).or_default().push(hash);
            }
        }
        for node in found.iter().filter(|node| node.list().len() != 2) {
            package(node, &hashes, &project, file, out);
        }
        Ok(())
    }
}

/// `{<<"app">>, {pkg, <<"name">>, <<"1.0.0">>}, 0}` or `{<<"app">>, {git, "address", {ref, "commit"}}, 1}`.
fn package(
    node: &Node,
    hashes: &BTreeMap<&str, Vec<(&str, Span)>>,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let [app, source, level] = node.list() else {
        out.problem(DiagnosticKind::Malformed, file, Some(node.span), "an entry that is no package");
        return;
    };
    let Some((app, span)) = super::text(Some(app)) else { return };
    let source = source.list();
    let text = |at: usize| super::text(source.get(at));
    let id = match (text(0), text(1)) {
        (Some(("pkg", _)), Some((name, _))) if text(2).is_some() => {
            let version = text(2).map(|(version, _)| version);
            let id = Package::new("hex", name, version, file, span).write(project, out);
            toolkit::from_default(&id, "hex", &file.at(span), out);
            id
        }
        // `git_subdir` has the folder as its last item
        (Some(("git" | "git_subdir", _)), Some((address, at))) => {
            let commit = source.get(2).and_then(|node| super::text(node.list().get(1)));
            let id = Package::new("hex", app, commit.map(|(commit, _)| commit), file, span).write(project, out);
            toolkit::from_git(&id, address, &file.at(at), out);
            if let Some((commit, at)) = commit {
                out.attribute(&id, key::REVISION, commit, file.at(at));
            }
            id
        }
        _ => {
            let message = "a package that is neither of Hex nor of git";
            out.problem(DiagnosticKind::Unsupported, file, Some(node.span), message);
            return;
        }
    };
    for (hash, span) in hashes.get(app).into_iter().flatten() {
        out.attribute(&id, key::INTEGRITY, format!("sha256:{hash}"), file.at(*span));
    }
    if level.scalar().as_deref() == Some("0") {
        toolkit::direct(project, &id, &file.at(span), out);
    } else {
        out.attribute(&id, key::RELATION, "transitive", file.at(level.span));
    }
}
