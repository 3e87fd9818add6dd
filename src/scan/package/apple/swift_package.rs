//! `Package.swift`: the packages that a Swift package asks for, as far as they are plain literals.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind};
use crate::scan::package::toolkit::{self, Package, Revision, manifest, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::Span;

/// Scanner `swift-package`.
pub struct SwiftPackage;

static META: ScannerMeta = ScannerMeta {
    id: "swift-package",
    title: "Swift package manifest",
    summary: "Packages with requirement and repository, where these are plain literals. Nothing is run: what is computed \
              is told. A lock file answers the requirements; packages of a folder are projects of the tree.",
    files: &["**/Package.swift", "**/Package@swift-*.swift"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.swift.org/package-manager/PackageDescription/PackageDescription.html",
};

impl Scanner for SwiftPackage {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let project = toolkit::root(input, file, out);
        for call in calls(file.text()) {
            if call.is_open {
                let message = "a package that is not closed";
                out.problem(DiagnosticKind::Malformed, file, Some(call.span), message);
            }
            package(&call, &project, input, out);
        }
        Ok(())
    }
}

/// `.package(label: "text", …)`.
struct Call<'a> {
    span: Span,
    /// Labels and the literal that follows each; a range has two literals under its first label.
    literals: Vec<(&'a str, &'a str, Span)>,
    /// Labels in order, whatever follows them.
    labels: Vec<&'a str>,
    is_open: bool,
}

impl<'a> Call<'a> {
    fn literal(&self, label: &str) -> Option<(&'a str, Span)> {
        self.literals.iter().find(|(of, _, _)| *of == label).map(|(_, text, span)| (*text, *span))
    }
}

fn package(call: &Call<'_>, project: &ComponentId, input: &Input<'_>, out: &mut Facts<'_>) {
    let file = input.file();
    if call.labels.contains(&"path") {
        match call.literal("path") {
            Some((path, span)) => {
                let place = (&file.folder(), path, manifest::SWIFT);
                toolkit::needs_project(project, place, input, (file, span), out);
            }
            None => {
                let message = "which folder the package lies in is computed";
                out.problem(DiagnosticKind::Unresolved, file, Some(call.span), message);
            }
        }
        return;
    }
    let place = call.literal("url").or_else(|| call.literal("id"));
    let Some((address, span)) = place else {
        let message = "the address of the package is computed";
        return out.problem(DiagnosticKind::Unresolved, file, Some(call.span), message);
    };
    let path = toolkit::repository_path(address);
    if path.is_none() && call.literal("id").is_none() {
        // a repository beside this one
        return;
    }
    let name = path.as_deref().unwrap_or(address);
    let stated: Vec<String> = call
        .literals
        .iter()
        .filter(|(label, _, _)| !matches!(*label, "url" | "id" | "name"))
        .map(|(label, text, _)| if label.is_empty() { (*text).to_owned() } else { format!("{label} {text}") })
        .collect();
    let revision = Revision::stated(|word| Some(call.literal(word)?.0));
    let package = Package::new("swift", name, call.literal("exact").map(|(text, _)| text), file, span)
        .at_fixed_revision(revision.is_some_and(|revision| revision.is_fixed));
    let id = package.require(&stated.join(" "), scope::RUNTIME, project, out);
    if path.is_some() {
        let revision = revision.map(|revision| revision.text);
        toolkit::from_repository(&id, address, revision, &file.at(span), out);
    }
    if stated.is_empty() {
        let message = format!("the requirement of `{name}` is computed");
        out.problem(DiagnosticKind::Unresolved, file, Some(call.span), message);
    }
}

/// Requirements that older manifests write as calls: `.exact("1.2.3")`.
const OLD_FORMS: [&str; 3] = ["exact", "revision", "branch"];

/// Every call of `.package` outside of comments and texts.
fn calls(text: &str) -> Vec<Call<'_>> {
    let mut found: Vec<Call<'_>> = Vec::new();
    // depth of brackets inside of the open call
    let mut depth = 0_usize;
    let mut label = "";
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let open = (depth > 0).then(|| found.last_mut()).flatten();
        if let Some(end) = past_comment(rest) {
            at += end;
        } else if rest.starts_with('"') {
            let (literal, end) = quoted(rest);
            if let (Some(call), Some(literal)) = (open, literal) {
                call.literals.push((label, literal, Span::new(at, at + end)));
                label = "";
            }
            at += end;
        } else if let Some(call) = open {
            let word = word(rest);
            if !word.is_empty() {
                at += word.len();
                if text[at..].trim_start().starts_with(':') {
                    label = word;
                    call.labels.push(word);
                } else if OLD_FORMS.contains(&word) && text[at..].starts_with('(') {
                    label = word;
                }
                continue;
            }
            let c = rest.chars().next().unwrap_or(' ');
            at += c.len_utf8();
            match c {
                '(' | '[' => depth += 1,
                ')' | ']' => depth -= 1,
                _ => {}
            }
            call.span.end = at;
            call.is_open = depth > 0;
        } else if rest.starts_with(".package(") {
            depth = 1;
            label = "";
            let span = Span::new(at, at + ".package(".len());
            found.push(Call { span, literals: Vec::new(), labels: Vec::new(), is_open: true });
            at = span.end;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

/// Length of a comment at the beginning.
fn past_comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    text.starts_with("/*").then(|| text.find("*/").map_or(text.len(), |end| end + 2))
}

/// The text between quotes, unless parts of it are computed, and the length with quotes.
fn quoted(text: &str) -> (Option<&str>, usize) {
    let mut escaped = false;
    let mut plain = true;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return (plain.then_some(&text[1..at]), at + 1),
            '\n' => return (None, at),
            '\\' if !escaped => {
                escaped = true;
                plain = false;
                continue;
            }
            _ => {}
        }
        escaped = false;
    }
    (None, text.len())
}
