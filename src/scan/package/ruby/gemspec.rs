//! `*.gemspec`: what a gem of the tree needs.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::scan::package::ruby::installed_gem;
use crate::scan::package::ruby::literal::{Argument, Statement, Value, statements};
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `gemspec`.
pub struct Gemspec;

static META: ScannerMeta = ScannerMeta {
    id: "gemspec",
    title: "Gem specification",
    summary: "Dependencies of a gem of the tree, where they are plain literals; nothing is run, and what is computed is \
              told. Specifications of installed gems are read by `installed-gem`.",
    files: &["**/*.gemspec"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://guides.rubygems.org/specification-reference/",
};

impl Scanner for Gemspec {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if installed_gem::home(file.path()).is_some() {
            return Ok(());
        }
        let all: Vec<Statement<'_>> = statements(file.text()).collect();
        let project = toolkit::root(input, file, out);
        let is_specification = all.iter().any(|one| one.receiver == "Gem::Specification" && one.method == "new");
        anyhow::ensure!(is_specification, "no `Gem::Specification.new`: not a gem specification");
        for statement in &all {
            if let Some(scope) = scope_of(statement) {
                dependency(statement, scope, &project, file, out);
            }
        }
        Ok(())
    }
}

fn scope_of(statement: &Statement<'_>) -> Option<&'static str> {
    match statement.method {
        _ if statement.receiver.is_empty() => None,
        "add_dependency" | "add_runtime_dependency" => Some(scope::RUNTIME),
        "add_development_dependency" => Some(scope::DEV),
        _ => None,
    }
}

fn dependency(
    statement: &Statement<'_>,
    scope: &'static str,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let Some(first) = statement.positional(0) else { return };
    let Value::Text(name) = first.value else {
        let message = "the name of the gem is computed";
        return out.problem(DiagnosticKind::Unresolved, file, Some(statement.span), message);
    };
    // the tool itself: lock files never hold it
    if name == "bundler" {
        return;
    }
    let stated: Vec<&Argument<'_>> =
        statement.arguments.iter().filter(|argument| argument.key.is_none()).skip(1).collect();
    if let Some(computed) = stated.iter().find(|argument| argument.value == Value::Computed) {
        let message = format!("the requirement of `{name}` is computed");
        out.problem(DiagnosticKind::Unresolved, file, Some(computed.span), message);
    }
    let stated: Vec<&str> = stated.iter().flat_map(|argument| argument.texts()).collect();
    let package = Package::new("gem", name, super::exact(&stated), file, first.span);
    let id = package.require(&stated.join(", "), scope, project, out);
    if !statement.rest.is_empty() {
        out.attribute(&id, key::CONDITION, statement.rest, file.at(statement.span));
    }
    toolkit::from_default(&id, "gem", &file.at(first.span), out);
}
