//! `*.cabal`: what a Haskell package asks for in each of its parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::parse::lines::{Line, lines, span_within};
use crate::scan::package::folders::Folders;
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::RelPath;

/// Scanner `cabal`.
pub struct Cabal;

static META: ScannerMeta = ScannerMeta {
    id: "cabal",
    title: "Cabal package",
    summary: "Dependencies of libraries, executables, tests and benchmarks, build tools and set-up, with their \
              constraint. Those under a condition are read as well. Packages that a `cabal.project` or `stack.yaml` \
              builds together are projects of the tree. A freeze or Stack lock file answers them.",
    files: &["**/*.cabal"],
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
        let beside = beside(input);
        let context = Context { input, project: &project, beside: &beside };
        let mut stanza = scope::RUNTIME;
        let mut name = "";
        let mut open: Option<&'static str> = None;
        let mut last: Option<ComponentId> = None;
        for line in lines(file.text()) {
            let code = line.text.trim();
            if code.is_empty() || code.starts_with("--") {
                continue;
            }
            let rest = if let Some((field, rest)) = field(code) {
                if field.eq_ignore_ascii_case("name") && name.is_empty() {
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
struct Context<'a> {
    input: &'a Input<'a>,
    project: &'a ComponentId,
    beside: &'a Beside,
}

/// Folders of the packages that are built together, by name: what one of them asks for of another comes from the tree.
#[derive(Default)]
struct Beside(BTreeMap<String, RelPath>);

/// The packages of the nearest `cabal.project` or `stack.yaml` in the folder or above that lists the file's own.
fn beside(input: &Input<'_>) -> Arc<Beside> {
    let own = input.file().folder();
    let next = |folder: &RelPath| (!folder.is_root()).then(|| folder.parent());
    let mut above = std::iter::successors(Some(own.clone()), next).take(MOST_FOLDERS);
    let is_listed = |all: &Arc<Beside>| all.0.values().any(|folder| *folder == own);
    above.find_map(|folder| Beside::at(&folder, input).filter(is_listed)).unwrap_or_default()
}

impl Beside {
    fn at(folder: &RelPath, input: &Input<'_>) -> Option<Arc<Self>> {
        let read = || {
            let cabal = folder.join("cabal.project").and_then(|path| input.companion(&path));
            let patterns = match &cabal {
                Some(file) => packages_field(file.text()),
                None => {
                    let stack = folder.join("stack.yaml").and_then(|path| input.companion(&path));
                    let Some(stack) = stack else { return (None, 0) };
                    let listed = stack.yaml().documents.first().and_then(|root| root.get("packages"));
                    let listed = listed.map_or(&[][..], Node::list).iter().filter_map(Node::text);
                    listed.map(str::to_owned).collect()
                }
            };
            let meant: Vec<Folders> = patterns.iter().filter_map(|pattern| folders(folder, pattern)).collect();
            let mut all = BTreeMap::new();
            for path in input.below(folder).filter(|path| path.name().ends_with(".cabal")).take(MOST_PACKAGES) {
                let place = path.parent();
                if meant.iter().any(|folders| folders.hold(&place)) {
                    // the file has the name of its package
                    all.insert(path.name().trim_end_matches(".cabal").to_owned(), place);
                }
            }
            (Some(Arc::new(Self(all))), cabal.map_or(0, |file| file.text().len()))
        };
        Option::clone(&input.memo.of(folder, read))
    }
}

/// The words of the field `packages` of a `cabal.project`; without one, the folder itself.
fn packages_field(text: &str) -> Vec<String> {
    let mut found: Option<Vec<String>> = None;
    let mut is_open = false;
    for line in text.lines() {
        let code = line.split("--").next().unwrap_or("");
        let rest = match code.strip_prefix("packages:") {
            Some(rest) => {
                is_open = true;
                rest
            }
            None if code.starts_with([' ', '\t']) => code,
            None => {
                is_open &= code.is_empty();
                continue;
            }
        };
        if is_open {
            let words = rest.split([' ', ',', '\t']).filter(|word| !word.is_empty());
            found.get_or_insert_default().extend(words.take(MOST_PACKAGES).map(str::to_owned));
        }
    }
    let mut found = found.unwrap_or_else(|| vec![".".to_owned()]);
    found.truncate(MOST_PATTERNS);
    found
}

/// The folders that a pattern of packages means: `.`, `lib`, `libs/*/`, `lib/*.cabal`.
fn folders(from: &RelPath, pattern: &str) -> Option<Folders> {
    let pattern = match pattern.rsplit_once('/') {
        Some((above, file)) if file.ends_with(".cabal") => above,
        None if pattern.ends_with(".cabal") => "",
        _ => pattern,
    };
    Folders::of(from, pattern)
}

/// How far above a package its project is looked for, and the packages and patterns of one.
const MOST_FOLDERS: usize = 12;
const MOST_PATTERNS: usize = 256;
const MOST_PACKAGES: usize = 2_000;

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
    let (project, file) = (context.project, context.input.file());
    let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(part.len());
    let (name, rest) = part.split_at(end);
    let rest = rest.trim_start();
    let constraint = match rest.strip_prefix(':') {
        Some(rest) if rest.starts_with('{') => rest.split_once('}').map_or("", |(_, rest)| rest),
        Some(rest) => rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest),
        None => rest,
    };
    let span = span_within(line, part);
    if !name.contains(|c: char| c.is_ascii_alphabetic()) {
        out.problem(DiagnosticKind::Malformed, file, Some(span), format!("`{part}` names no package"));
        return None;
    }
    if name == own {
        return None;
    }
    if let Some(folder) = context.beside.0.get(name) {
        toolkit::uses_project(project, folder, context.input, &file.at(span), out);
        return None;
    }
    let constraint = constraint.trim();
    let id = Package::new("hackage", name, None, file, span).require(constraint, scope, project, out);
    toolkit::from_default(&id, "hackage", &file.at(span), out);
    Some(id)
}
