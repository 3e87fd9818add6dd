//! `*.cabal`: what a Haskell package asks for in each of its parts.

use super::beside::{Beside, beside};
use super::cabal_project;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::lines::{Line, lines, span_within};
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::Span;

/// Scanner `cabal`.
pub struct Cabal;

static META: ScannerMeta = ScannerMeta {
    id: "cabal",
    title: "Cabal package",
    summary: "Dependencies of libraries, executables, tests and benchmarks, build tools and set-up, with their \
              constraint. Those under a condition are read as well. Packages that a `cabal.project` or `stack.yaml` \
              builds together are projects of the tree; of the former, repositories that packages are taken from. A \
              freeze or Stack lock file answers them.",
    files: &["**/*.cabal", "**/cabal.project", "**/cabal.project.local"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://cabal.readthedocs.io/en/stable/cabal-package-description-file.html",
};

impl Scanner for Cabal {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let project = toolkit::root(input, file, out);
        if !file.path().name().ends_with(".cabal") {
            cabal_project::read(&project, file, out);
            return Ok(());
        }
        let beside = beside(input);
        let context = Context { input, project: &project, beside: &beside };
        let mut stanza = scope::RUNTIME;
        // the file has the name of the package, which it states as well
        let stem = file.path().name().strip_suffix(".cabal").unwrap_or_default();
        let mut name = stem;
        let mut open: Option<&'static str> = None;
        let mut last: Option<ComponentId> = None;
        for line in lines(file.text()) {
            let code = line.text.trim();
            if code.is_empty() || code.starts_with("--") {
                continue;
            }
            let rest = if let Some((field, rest)) = field(code) {
                if field.eq_ignore_ascii_case("name") && name == stem {
                    name = rest.trim();
                }
                open = scope_of(field, stanza);
                rest
            } else if let Some(word) = section(&line) {
                stanza = word;
                open = None;
                continue;
            } else if ends(code) {
                open = None;
                continue;
            } else {
                code
            };
            if let Some(scope) = open {
                for part in parts(rest) {
                    // the constraint of the line before goes on
                    if let Some(id) = last.as_ref().filter(|_| part.starts_with(['&', '|', '>', '<', '=', '^'])) {
                        out.attribute(id, key::REQUIREMENT, part, file.at(span_within(&line, part)));
                        continue;
                    }
                    last = dependency(part, &line, scope, name, &context, out);
                }
            }
        }
        Ok(())
    }
}

/// What dependencies are read with.
pub(super) struct Context<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) project: &'a ComponentId,
    pub(super) beside: &'a Beside,
}

/// Fields that are told from `package:library` without a blank after them.
const TIGHT: [&str; 12] = [
    "name",
    "version",
    "type",
    "main-is",
    "default-language",
    "other-modules",
    "exposed-modules",
    "hs-source-dirs",
    "ghc-options",
    "default-extensions",
    "buildable",
    "pkgconfig-depends",
];

/// `name: value`, also within a section.
fn field(code: &str) -> Option<(&str, &str)> {
    let (name, rest) = code.split_once(':')?;
    let name = name.trim_end();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    // `package:library` in a list of dependencies looks alike where no blank follows
    let is_tight = rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '{');
    let is_known = || TIGHT.iter().any(|known| name.eq_ignore_ascii_case(known));
    (is_name && (!is_tight || scope_of(name, "").is_some() || is_known())).then_some((name, rest))
}

/// Which need a field states, within a section of the given scope.
fn scope_of(field: &str, stanza: &'static str) -> Option<&'static str> {
    match field.to_ascii_lowercase().as_str() {
        "build-depends" => Some(stanza),
        "build-tool-depends" | "build-tools" | "setup-depends" => Some(scope::BUILD),
        _ => None,
    }
}

/// The head of a section, with the scope of what it needs.
fn section(line: &Line<'_>) -> Option<&'static str> {
    if line.text.starts_with([' ', '\t']) {
        return None;
    }
    match line.text.split_whitespace().next()?.to_ascii_lowercase().as_str() {
        "library" | "executable" | "foreign-library" | "common" | "flag" | "source-repository" => Some(scope::RUNTIME),
        "test-suite" | "benchmark" => Some(scope::TEST),
        "custom-setup" => Some(scope::BUILD),
        _ => None,
    }
}

/// A condition ends a field.
fn ends(code: &str) -> bool {
    let word = code.split([' ', '(', '\t']).next().unwrap_or("").to_ascii_lowercase();
    matches!(word.as_str(), "if" | "elif" | "else" | "}" | "{")
}

/// Parts between commas that are not within `{…}`.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0usize;
    text.split(move |c: char| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
}

/// `aeson >=2 && <3`, `pkg:lib`, `pkg:{a, b} ^>=1`.
fn dependency(
    part: &str,
    line: &Line<'_>,
    scope: &'static str,
    own: &str,
    context: &Context<'_>,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    let (name, constraint) = split(part);
    need((name, constraint), span_within(line, part), scope, own, context, out)
}

/// Name and constraint of `aeson >=2 && <3`, `pkg:lib`, `pkg:{a, b} ^>=1`.
pub(super) fn split(part: &str) -> (&str, &str) {
    let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(part.len());
    let (name, rest) = part.split_at(end);
    let rest = rest.trim_start();
    let constraint = match rest.strip_prefix(':') {
        Some(rest) if rest.starts_with('{') => rest.split_once('}').map_or("", |(_, rest)| rest),
        Some(rest) => rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest),
        None => rest,
    };
    (name, constraint.trim())
}

/// Writes what a package asks for, unless it is a part of itself; nothing where that is a project of the tree.
pub(super) fn need(
    (name, constraint): (&str, &str),
    span: Span,
    scope: &'static str,
    own: &str,
    context: &Context<'_>,
    out: &mut Facts<'_>,
) -> Option<ComponentId> {
    let (project, file) = (context.project, context.input.file());
    if !name.contains(|c: char| c.is_ascii_alphabetic()) {
        let text = file.text().get(span.start..span.end).unwrap_or_default();
        out.problem(DiagnosticKind::Malformed, file, Some(span), format!("`{text}` names no package"));
        return None;
    }
    if name == own {
        return None;
    }
    if let Some(folder) = context.beside.folder(name) {
        toolkit::uses_project(project, folder, context.input, &file.at(span), out);
        return None;
    }
    let version = toolkit::exact("hackage", constraint);
    let id = Package::new("hackage", name, version, file, span).require(constraint, scope, project, out);
    toolkit::from_default(&id, "hackage", &file.at(span), out);
    Some(id)
}
