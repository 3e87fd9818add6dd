//! `conanfile.txt`, and the literal requirements of `conanfile.py`.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind};
use crate::parse::Node;
use crate::parse::calls::{calls, literals};
use crate::parse::lines::{lines, span_within};
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

use super::Reference;

/// Scanner `conanfile`.
pub struct Conanfile;

static META: ScannerMeta = ScannerMeta {
    id: "conanfile",
    title: "Conan manifest",
    summary: "Requirements of conanfile.txt, and those of conanfile.py that are plain literals; what is computed is a \
              diagnostic. A conan.lock in the folder or above answers ranges.",
    files: &["**/conanfile.txt", "**/conanfile.py"],
    unit: Unit::File,
    size: SizeClass::Code,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.conan.io/2/reference/conanfile_txt.html",
};

impl Scanner for Conanfile {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let project = toolkit::root(input, file, out);
        if file.path().name() == "conanfile.txt" {
            sections(&project, file, out);
        } else {
            program(&project, file, out);
        }
        Ok(())
    }
}

/// Which need a section, attribute or method states.
fn scope_of(word: &str) -> Option<&'static str> {
    match word {
        "requires" => Some(scope::RUNTIME),
        "build_requires" | "tool_requires" | "python_requires" => Some(scope::BUILD),
        "test_requires" => Some(scope::TEST),
        _ => None,
    }
}

fn sections(project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let mut open = None;
    let mut any = false;
    for line in lines(file.text()) {
        let code = line.text.split(" #").next().unwrap_or("").trim();
        if code.is_empty() || code.starts_with('#') {
            continue;
        }
        if let Some(name) = code.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            open = scope_of(name);
            any = true;
        } else if let Some(scope) = open {
            require(code, scope, span_within(&line, code), project, file, out);
        } else if !any {
            out.problem(DiagnosticKind::Malformed, file, Some(line.span), "a line outside of any section");
        }
    }
}

fn program(project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let text = file.text();
    for line in lines(text) {
        let code = line.text.trim_start();
        let Some((name, value)) = code.split_once('=') else { continue };
        let Some(scope) = scope_of(name.trim()).filter(|_| !value.starts_with('=')) else { continue };
        let start = span_within(&line, value).start;
        let found = literals(text, start);
        if found.is_empty() {
            computed(span_within(&line, code.trim_end()), file, out);
        }
        for node in found.iter().flat_map(items) {
            if let Some(text) = node.text() {
                require(text, scope, node.span, project, file, out);
            }
        }
    }
    let (found, problems) = calls(text);
    for problem in problems {
        out.problem(DiagnosticKind::Malformed, file, Some(problem.span), problem.message);
    }
    for call in &found {
        let Some(scope) = call.name.strip_prefix("self.").and_then(scope_of) else { continue };
        let first = call.positional().next().or_else(|| call.argument("ref"));
        // what a test is for is the package of the tree
        if first.is_some_and(|first| first.raw == "self.tested_reference_str") {
            continue;
        }
        match first.and_then(|first| first.value.as_ref()).and_then(|node| Some((node.text()?, node.span))) {
            Some((text, span)) => require(text, scope, span, project, file, out),
            None => computed(call.span, file, out),
        }
    }
}

fn items(node: &Node) -> &[Node] {
    if node.list().is_empty() { std::slice::from_ref(node) } else { node.list() }
}

fn computed(span: Span, file: &SourceFile, out: &mut Facts<'_>) {
    out.problem(DiagnosticKind::Unresolved, file, Some(span), "a requirement that is no plain literal");
}

fn require(text: &str, scope: &'static str, span: Span, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(reference) = Reference::parse(text) else {
        out.problem(DiagnosticKind::Malformed, file, Some(span), format!("`{text}` is no Conan reference"));
        return;
    };
    let qualifiers = [("user", reference.user), ("channel", reference.channel)];
    let name = reference.full_name();
    let package = Package::new("conan", &name, reference.exact(), file, span);
    let constraint = reference.version.trim_matches(|c| matches!(c, '[' | ']'));
    let id = package.qualified(&qualifiers).require(constraint, scope, project, out);
    if reference.user.is_empty() {
        toolkit::from_default(&id, "conan", &file.at(span), out);
    }
}
