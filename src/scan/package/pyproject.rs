//! `pyproject.toml`: declared Python dependencies where no lock file stands beside it.

use super::toolkit::{self, Package};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::{self, Node};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `pyproject`.
pub struct Pyproject;

static META: ScannerMeta = ScannerMeta {
    id: "pyproject",
    title: "Python project file",
    summary: "PEP 621 dependencies, optional dependencies, dependency groups and Poetry tables, as declared. Where a \
              lock file stands beside it, the lock file speaks and declared ranges are not components of their own.",
    files: &["**/pyproject.toml", "**/uv.lock", "**/poetry.lock", "**/pdm.lock"],
    unit: Unit::Directory,
    size: SizeClass::Large,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://packaging.python.org/en/latest/specifications/pyproject-toml/",
};

impl Scanner for Pyproject {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        // poetry and pdm locks are not read yet: their manifests must not hide behind them
        let locked = input.files.iter().any(|file| file.path().name() == "uv.lock");
        for other in input.files.iter().filter(|file| matches!(file.path().name(), "poetry.lock" | "pdm.lock")) {
            let message = "this lock file is not read yet; the declared requirements beside it are";
            out.problem(DiagnosticKind::Unsupported, other, None, message);
        }
        let Some(file) = input.files.iter().find(|file| file.path().name() == "pyproject.toml") else { return Ok(()) };
        let (root, problems) = parse::toml::toml(file.text());
        for problem in &problems {
            out.problem(DiagnosticKind::Malformed, file, Some(problem.span), &problem.message);
        }
        if locked {
            return Ok(());
        }
        let project = toolkit::root(input, file, out);
        for (scope, list) in lists(&root) {
            for item in list.list() {
                if let Some(text) = item.text() {
                    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')));
                    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
                    declare(name, rest.trim(), item.span, scope, &project, file, out);
                }
            }
        }
        for (scope, table) in poetry_tables(&root) {
            for entry in table.entries().iter().filter(|entry| &*entry.key != "python") {
                let requirement = entry.value.text().or_else(|| entry.value.text_at("version")).unwrap_or("");
                if entry.value.get("path").is_none() {
                    declare(&entry.key, requirement, entry.key_span, scope, &project, file, out);
                }
            }
        }
        Ok(())
    }
}

fn lists(root: &Node) -> Vec<(&'static str, &Node)> {
    let mut found: Vec<(&'static str, &Node)> = Vec::new();
    found.extend(root.at(&["project", "dependencies"]).map(|list| ("runtime", list)));
    found.extend(root.at(&["build-system", "requires"]).map(|list| ("build", list)));
    for (path, scope) in [(&["project", "optional-dependencies"][..], "optional"), (&["dependency-groups"][..], "dev")]
    {
        found.extend(root.at(path).map_or(&[][..], Node::entries).iter().map(|entry| (scope, &entry.value)));
    }
    found
}

fn poetry_tables(root: &Node) -> Vec<(&'static str, &Node)> {
    let Some(poetry) = root.at(&["tool", "poetry"]) else { return Vec::new() };
    let mut found: Vec<(&'static str, &Node)> = Vec::new();
    found.extend(poetry.get("dependencies").map(|table| ("runtime", table)));
    found.extend(poetry.get("dev-dependencies").map(|table| ("dev", table)));
    let groups = poetry.get("group").map_or(&[][..], Node::entries);
    found.extend(groups.iter().filter_map(|group| group.value.get("dependencies")).map(|table| ("dev", table)));
    found
}

fn declare(
    name: &str,
    rest: &str,
    span: Span,
    scope: &'static str,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    if name.is_empty() {
        out.problem(DiagnosticKind::Malformed, file, Some(span), "a dependency without a name");
        return;
    }
    let specifier = rest.split(';').next().unwrap_or(rest).trim();
    let id = Package { ecosystem: "pypi", name, version: None, file, span }.write(project, out);
    out.relation(project, RelationKind::DependsOn, &id, file.at(span));
    out.attribute(&id, key::RELATION, "direct", file.at(span));
    out.attribute(&id, key::SCOPE, scope, file.at(span));
    if !specifier.is_empty() {
        out.attribute(&id, key::REQUIREMENT, specifier, file.at(span));
    }
    match specifier.split_once('@').map(|(_, address)| address.trim()).filter(|address| address.contains("://")) {
        Some(address) => toolkit::fetched_from(&id, address, &file.at(span), out),
        None => toolkit::distributed_by(&id, "pypi.org", &file.at(span).inferred(), out),
    }
}
