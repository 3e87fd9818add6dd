//! `pyproject.toml`: what a Python project asks for, in the tables of the standards and of its tools.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::local;
use super::pep508::{Sheet, conditions, normal, scope_of_group};
use super::pyproject_tools;
use super::requirements::understood;
use super::tables::Origins;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `pyproject`.
pub struct Pyproject;

static META: ScannerMeta = ScannerMeta {
    id: "pyproject",
    title: "Python project file",
    summary: "Dependencies of PEP 621, extras, dependency groups, what the build needs, tables of Poetry, PDM, uv, \
              Hatch and pixi, with markers, repositories and package indexes, as declared. A lock file in the folder or above \
              answers them; paths lead to the projects of the tree.",
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
        let own = [&["project", "name"][..], &["tool", "poetry", "name"]].iter().find_map(|path| root.at(path)?.text());
        let sheet = Sheet { file, project: &project, asks_lock: true, tree: Some(input), own };
        let origins = pyproject_tools::origins(root, sheet, out);
        let groups = root.get("dependency-groups").map_or(&[][..], Node::entries);
        let groups: BTreeSet<Cow<'_, str>> = groups.iter().map(|group| normal(&group.key)).collect();
        for (scope, list) in lists(root) {
            for item in list.list() {
                declare(item, scope, &groups, &origins, sheet, out);
            }
        }
        for (scope, table) in pyproject_tools::poetry_tables(root) {
            for entry in table.entries().iter().filter(|entry| &*entry.key != "python") {
                let is_optional = entry.value.get("optional").and_then(Node::as_bool) == Some(true);
                let scope = if is_optional { scope::OPTIONAL } else { scope };
                origins.ask(entry, scope, sheet, out);
            }
        }
        if let Some(pixi) = root.at(&["tool", "pixi"]) {
            super::pixi_toml::read(pixi, sheet, out);
        }
        dynamic(root, sheet, out);
        Ok(())
    }
}

/// Every list of requirement texts.
fn lists(root: &Node) -> Vec<(&'static str, &Node)> {
    let mut found: Vec<(&'static str, &Node)> = Vec::new();
    found.extend(root.at(&["project", "dependencies"]).map(|list| (scope::RUNTIME, list)));
    found.extend(root.at(&["build-system", "requires"]).map(|list| (scope::BUILD, list)));
    found.extend(root.at(&["tool", "uv", "dev-dependencies"]).map(|list| (scope::DEV, list)));
    let tables = |path: &[&str]| root.at(path).map_or(&[][..], Node::entries).iter();
    found.extend(tables(&["project", "optional-dependencies"]).map(|entry| (scope::OPTIONAL, &entry.value)));
    for path in [&["dependency-groups"][..], &["tool", "pdm", "dev-dependencies"]] {
        found.extend(tables(path).map(|entry| (scope_of_group(&entry.key), &entry.value)));
    }
    for environment in tables(&["tool", "hatch", "envs"]) {
        for key in ["dependencies", "extra-dependencies"] {
            found.extend(environment.value.get(key).map(|list| (scope_of_group(&environment.key), list)));
        }
    }
    found
}

fn declare(
    item: &Node,
    scope: &'static str,
    groups: &BTreeSet<Cow<'_, str>>,
    origins: &Origins<'_>,
    sheet: Sheet<'_>,
    out: &mut Facts<'_>,
) {
    if let Some(group) = item.get("include-group") {
        // the other group is read by itself
        if let Some(name) = group.text()
            && !groups.contains(&normal(name))
        {
            let message = format!("no dependency group is called `{name}`");
            out.problem(DiagnosticKind::Unresolved, sheet.file, Some(group.span), message);
        }
        return;
    }
    let Some(text) = item.text() else {
        out.problem(DiagnosticKind::Malformed, sheet.file, Some(item.span), "a dependency that is no text");
        return;
    };
    // PDM: `-e file:///${PROJECT_ROOT}/part#egg=part`
    let spec = text.strip_prefix("-e ").unwrap_or(text).trim();
    if local::is_path(spec) && (local::folder(spec).is_some() || local::is_packed(spec)) {
        local::own(spec, "", scope, item.span, sheet, out);
        return;
    }
    let Some(requirement) = understood(spec, sheet.file, item.span, out) else { return };
    if origins.is_own(requirement.name) {
        for id in origins.needs_own(requirement.name, scope, item.span, sheet, out) {
            conditions(&id, requirement.extras, requirement.marker, &sheet.file.at(item.span), out);
        }
        return;
    }
    let is_fixed = requirement.is_at_fixed_revision() || origins.is_at_fixed_revision(requirement.name);
    if let Some(asked) = requirement.ask_at(is_fixed, scope, item.span, sheet, out) {
        origins.write(requirement.name, &asked, item.span, sheet, out);
    }
}

/// Dependencies that a build backend computes, or reads from files that are not read by themselves, are said.
fn dynamic(root: &Node, sheet: Sheet<'_>, out: &mut Facts<'_>) {
    let fields = root.at(&["project", "dynamic"]).map_or(&[][..], Node::list);
    for field in fields {
        let Some(name @ ("dependencies" | "optional-dependencies")) = field.text() else { continue };
        // Poetry fills them from its tables, setuptools from requirements files or setup.cfg and setup.py
        let known =
            root.at(&["tool", "poetry"]).is_some() || root.at(&["tool", "setuptools", "dynamic", name]).is_some();
        if !known {
            let message = format!("`{name}` are dynamic: what builds the project states them, if anything does");
            out.problem(DiagnosticKind::Unresolved, sheet.file, Some(field.span), message);
        }
    }
}
