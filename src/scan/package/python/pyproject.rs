//! `pyproject.toml`: declared Python dependencies where no lock file stands beside it.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `pyproject`.
pub struct Pyproject;

static META: ScannerMeta = ScannerMeta {
    id: "pyproject",
    title: "Python project file",
    summary: "PEP 621 dependencies, optional dependencies, dependency groups and Poetry tables, as declared. A lock \
              file in the folder or above answers them.",
    files: &["**/pyproject.toml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://packaging.python.org/en/latest/specifications/pyproject-toml/",
};

impl Scanner for Pyproject {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.toml_or_part(out);
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
    let id = Package::new("pypi", name, None, file, span).require(specifier, scope, project, out);
    match specifier.split_once('@').map(|(_, address)| address.trim()).filter(|address| address.contains("://")) {
        Some(address) => toolkit::fetched_from(&id, address, &file.at(span), out),
        None => toolkit::distributed_by(&id, "pypi.org", &file.at(span).inferred(), out),
    }
}
