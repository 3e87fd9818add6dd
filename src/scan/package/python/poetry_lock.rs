//! `poetry.lock`, versions 1 and 2, with the `category` of old files and the groups of new ones.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::Context as _;

use super::artefact;
use super::local;
use super::pep508::{conditions, normal};
use super::reach::{Reach, of_groups, write_scope};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Entries, Locked, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `poetry-lock`.
pub struct PoetryLock;

static META: ScannerMeta = ScannerMeta {
    id: "poetry-lock",
    title: "Poetry lock file",
    summary: "Exact packages of lock versions 1 and 2 with edges, groups or categories, markers, extras, hashes, and \
              the repository, index or address each comes from. Directories are the project's own. What the project \
              asks for itself stands in pyproject.toml; packages that nothing else needs are taken as that.",
    files: &["**/poetry.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock",
};

impl Scanner for PoetryLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.toml_or_part(out);
        // a project without dependencies has an empty list, or only what the tool writes beside it
        if root.get("metadata").is_none() {
            root.get("package").context("neither `[[package]]` entries nor `[metadata]`: not a Poetry lock file")?;
            // Poetry always writes it, behind all else
            let message = "no `[metadata]` at the end: the file is not whole";
            let end = file.text().trim_end().len();
            out.problem(DiagnosticKind::Malformed, file, Some(Span::new(end.saturating_sub(1), end)), message);
        }
        let project = toolkit::locked_root("pypi", input, file, out);
        // old files keep the hashes of all packages in one table
        let apart: BTreeMap<Cow<'_, str>, &Node> = root
            .at(&["metadata", "files"])
            .map_or(&[][..], Node::entries)
            .iter()
            .map(|entry| (normal(&entry.key), &entry.value))
            .collect();
        let mut all = Vec::new();
        let mut entries = Entries::default();
        for node in root.get("package").map_or(&[][..], Node::list) {
            let name = node.get("name").and_then(|name| name.text().map(|text| (text, name.span)));
            let (Some((name, span)), Some(version)) = (name, node.text_at("version")) else {
                let message = "package entry without `name` or `version`";
                out.problem(DiagnosticKind::Malformed, file, Some(node.span), message);
                continue;
            };
            let folder = node.get("source").filter(|source| source.text_at("type") == Some("directory"));
            let locked = if let Some(source) = folder {
                let path = source.text_at("url").unwrap_or_default();
                local::known_member(path, span, input, out).unwrap_or_else(|| Locked::own(&project))
            } else {
                let id = Package::new("pypi", name, Some(version), file, span).write(&project, out);
                describe(&id, node, file, out);
                let files = node.get("files").or_else(|| apart.get(&normal(name)).copied());
                artefact::integrity(&id, files.map_or(&[][..], Node::list), file, out);
                Locked::package(id)
            };
            entries.add(normal(name), Some(version), locked.clone());
            all.push((locked, file.at(span), node));
        }
        let mut reach = Reach::default();
        for (from, _, node) in &all {
            for need in node.get("dependencies").map_or(&[][..], Node::entries) {
                edge((&project, from), need, &entries, &mut reach, file, out);
            }
        }
        let all: Vec<_> = all.into_iter().map(|(locked, seen, _)| (locked, seen)).collect();
        reach.direct(&project, &all, out);
        Ok(())
    }
}

fn describe(id: &ComponentId, node: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    let named = node.get("name").map_or(node.span, |name| name.span);
    let source = node.get("source");
    match source {
        Some(source) => {
            artefact::fetched(id, source, "url", file, out);
            if let Some(commit) = source.get("resolved_reference")
                && let Some(text) = commit.text()
            {
                out.attribute(id, key::REVISION, text, file.at(commit.span));
            }
        }
        None => toolkit::from_default(id, "pypi", &file.at(named), out),
    }
    let optional = node.get("optional");
    let is_optional = optional.and_then(Node::as_bool) == Some(true);
    let (scope, span) = match (node.get("groups"), node.get("category")) {
        (Some(groups), _) => (of_groups(groups.list().iter().filter_map(Node::text)), groups.span),
        (None, Some(category)) => (category.text().and_then(|text| of_groups(std::iter::once(text))), category.span),
        (None, None) => (None, named),
    };
    let (scope, span) = match (scope, optional) {
        // an extra of the project has to be chosen
        (None | Some(scope::RUNTIME), Some(node)) if is_optional => (Some(scope::OPTIONAL), node.span),
        _ => (scope, span),
    };
    write_scope(id, scope, &file.at(span), out);
    // one marker, or one for each group
    let Some(markers) = node.get("markers") else { return };
    for marker in std::iter::once(markers).chain(markers.entries().iter().map(|entry| &entry.value)) {
        conditions(id, "", marker.text().unwrap_or(""), &file.at(marker.span), out);
    }
}

/// `name = ">=1"`, `name = { version, extras, markers }`, or a list of such for several environments.
fn edge(
    (project, from): (&ComponentId, &Locked),
    need: &Entry,
    entries: &Entries<'_>,
    reach: &mut Reach,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    // of a plain constraint nothing is read
    need.value.any_shape();
    let seen = file.at(need.key_span);
    for to in entries.named(&normal(&need.key), None) {
        from.needs(to, &seen, out);
        if from.own && !to.own && from.id != *project {
            reach.member(&to.id);
        }
        if from.own || to.own {
            continue;
        }
        reach.edge(&from.id, &to.id);
        for one in std::iter::once(&need.value).chain(need.value.list()) {
            for extra in one.get("extras").map_or(&[][..], Node::list).iter().filter_map(Node::text) {
                conditions(&to.id, extra, "", &seen, out);
            }
        }
    }
}
