//! `Podfile`: the pods that a project asks for, as far as they are plain literals.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::scan::package::ruby;
use crate::scan::package::ruby::literal::{Argument, Statement, Value, statements};
use crate::scan::package::toolkit::{self, Package, Revision, Standing, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `podfile`.
pub struct Podfile;

static META: ScannerMeta = ScannerMeta {
    id: "podfile",
    title: "CocoaPods manifest",
    summary: "Pods with requirement and the repository or specification repository they are asked from, where these are \
              plain literals. Nothing is run: what is computed is told. A lock file answers the requirements.",
    files: &["**/Podfile"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://guides.cocoapods.org/syntax/podfile.html",
};

impl Scanner for Podfile {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let project = toolkit::root(input, file, out);
        let statements: Vec<Statement<'_>> =
            statements(file.text()).filter(|statement| statement.receiver.is_empty()).collect();
        let mut sources =
            statements.iter().filter(|one| one.method == "source").filter_map(|one| one.positional(0)?.text());
        // the public one may answer as well where the file names it
        let standing = if sources.any(super::podfile_lock::is_public) { Standing::Beside } else { Standing::Instead };
        for statement in &statements {
            match statement.method {
                "pod" => pod(statement, &project, file, out),
                "source" => source(statement, standing, &project, file, out),
                _ => {}
            }
        }
        Ok(())
    }
}

fn source(
    statement: &Statement<'_>,
    standing: Standing,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let Some(argument) = statement.positional(0) else { return };
    let Some(address) = argument.text() else {
        let message = "the address of the specification repository is computed";
        return out.problem(DiagnosticKind::Unresolved, file, Some(argument.span), message);
    };
    if !super::podfile_lock::is_public(address) {
        toolkit::registry(project, "cocoapods", "*", standing, address, &file.at(argument.span), out);
    }
}

fn pod(statement: &Statement<'_>, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(first) = statement.positional(0) else { return };
    let Value::Text(name) = first.value else {
        let message = "the name of the pod is computed";
        return out.problem(DiagnosticKind::Unresolved, file, Some(statement.span), message);
    };
    if statement.option("path").is_some() {
        return;
    }
    let stated: Vec<&Argument<'_>> =
        statement.arguments.iter().filter(|argument| argument.key.is_none()).skip(1).collect();
    if let Some(computed) = stated.iter().find(|argument| argument.value == Value::Computed) {
        let message = format!("the requirement of `{name}` is computed");
        out.problem(DiagnosticKind::Unresolved, file, Some(computed.span), message);
    }
    let stated: Vec<&str> = stated.iter().flat_map(|argument| argument.texts()).collect();
    let revision = Revision::stated(|word| statement.option(word)?.text());
    let id = Package::new("cocoapods", name, ruby::exact(&stated), file, first.span)
        .at_fixed_revision(statement.option("git").is_some() && revision.is_some_and(|revision| revision.is_fixed))
        .require(&stated.join(", "), scope::RUNTIME, project, out);
    if let Some(parts) = statement.option("subspecs") {
        out.attribute(&id, key::EXTRAS, parts.texts().join(", "), file.at(parts.span));
    }
    if !statement.rest.is_empty() {
        out.attribute(&id, key::CONDITION, statement.rest, file.at(statement.span));
    }
    let address =
        ["git", "http", "podspec", "source"].iter().find_map(|key| statement.option(key).map(|at| (*key, at)));
    match address {
        Some((key, at)) => match at.text() {
            Some(text) if key == "git" => {
                let revision = revision.map(|revision| revision.text);
                toolkit::from_repository(&id, text, revision, &file.at(at.span), out);
            }
            Some(text) => toolkit::fetched_from(&id, text, &file.at(at.span), out),
            None => {
                let message = format!("the address of `{name}` is computed");
                out.problem(DiagnosticKind::Unresolved, file, Some(at.span), message);
            }
        },
        None => toolkit::from_default(&id, "cocoapods", &file.at(first.span), out),
    }
}
