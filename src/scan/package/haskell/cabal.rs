//! `*.cabal`: what a Haskell package asks for in each of its parts.

use super::beside::{Beside, Given, beside};
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
              builds together are projects of the tree; repositories and archives that these name give the packages that \
              they are called after, extra packages and constraints their versions. What GHC consists of comes from no \
              registry. A freeze or Stack lock file answers the others.",
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
            cabal_project::write(&project, file, out);
            return Ok(());
        }
        let beside = beside(input);
        let context = Context { input, project: &project, beside: &beside };
        // the file has the name of the package, which it states as well
        let stem = file.path().name().strip_suffix(".cabal").unwrap_or_default();
        let mut reader = Reader {
            context: &context,
            stanza: scope::RUNTIME,
            name: stem,
            states_name: false,
            open: None,
            last: None,
            sets: 0,
        };
        for line in lines(file.text()) {
            let code = line.text.trim();
            if !code.is_empty() && !code.starts_with("--") {
                reader.line(&line, out);
            }
        }
        Ok(())
    }
}

/// Reads a package line by line.
struct Reader<'a> {
    context: &'a Context<'a>,
    /// What the section needs is for.
    stanza: &'static str,
    /// The package's own name.
    name: &'a str,
    /// The name was stated.
    states_name: bool,
    /// A field of dependencies goes on.
    open: Option<&'static str>,
    last: Option<ComponentId>,
    /// Sets `{a, b}` that are not closed yet.
    sets: usize,
}

impl<'a> Reader<'a> {
    /// A line, and the parts of it that braces of sections and conditions stand between.
    fn line(&mut self, line: &Line<'a>, out: &mut Facts<'_>) {
        let mut text = line.text;
        if self.sets > 0 && field(text.trim()).is_none() {
            let Some((_, rest)) = text.split_once('}') else { return };
            text = rest;
        }
        self.sets = 0;
        for (number, (piece, end)) in pieces(text, &mut self.sets).into_iter().enumerate() {
            let is_headed = number > 0 || !line.text.starts_with([' ', '\t']);
            if !self.piece(piece.trim(), is_headed, line, out) {
                break;
            }
            if end == Some('}') {
                (self.open, self.last) = (None, None);
            }
        }
        if self.open.is_none() {
            self.sets = 0;
        }
    }

    /// False where what follows in the line is the text of a field that is not read.
    fn piece(&mut self, code: &'a str, is_headed: bool, line: &Line<'a>, out: &mut Facts<'_>) -> bool {
        let rest = if let Some((field, rest)) = field(code) {
            if field.eq_ignore_ascii_case("name") && !self.states_name {
                (self.name, self.states_name) = (rest.trim(), true);
            }
            self.open = scope_of(field, self.stanza);
            rest
        } else if let Some(word) = section(code).filter(|_| is_headed) {
            (self.stanza, self.open) = (word, None);
            return true;
        } else if ends(code) {
            self.open = None;
            return true;
        } else {
            code
        };
        let Some(scope) = self.open else { return code.is_empty() };
        for part in parts(rest) {
            // the constraint of the line before goes on
            if let Some(id) = self.last.as_ref().filter(|_| part.starts_with(['&', '|', '>', '<', '=', '^', '('])) {
                let seen = self.context.input.file().at(span_within(line, part));
                out.attribute(id, key::REQUIREMENT, super::bare(part), seen);
                continue;
            }
            self.last = dependency(part, line, scope, self.name, self.context, out);
        }
        true
    }
}

/// Parts of a line between braces, with the one behind each; those of sets of libraries and of versions stand within a part:
/// `pkg:{a, b}`, `pkg ^>= { 1.0, 2.0 }`. Counts the sets that stay open.
fn pieces<'t>(text: &'t str, sets: &mut usize) -> Vec<(&'t str, Option<char>)> {
    let (mut found, mut start) = (Vec::new(), 0);
    // what stood right before, and before blanks
    let mut before = (' ', ' ');
    for (at, c) in text.char_indices() {
        match c {
            '{' if before.0 == ':' || before.1 == '=' => *sets += 1,
            '}' if *sets > 0 => *sets -= 1,
            '{' | '}' => {
                found.push((&text[start..at], Some(c)));
                start = at + 1;
            }
            _ => {}
        }
        before = (c, if c.is_whitespace() { before.1 } else { c });
    }
    found.push((&text[start..], None));
    found
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
fn section(code: &str) -> Option<&'static str> {
    match code.split_whitespace().next()?.to_ascii_lowercase().as_str() {
        "library" | "executable" | "foreign-library" | "common" | "flag" | "source-repository" => Some(scope::RUNTIME),
        "test-suite" | "benchmark" => Some(scope::TEST),
        "custom-setup" => Some(scope::BUILD),
        _ => None,
    }
}

/// A condition ends a field.
fn ends(code: &str) -> bool {
    let word = code.split([' ', '(', '\t']).next().unwrap_or("").to_ascii_lowercase();
    matches!(word.as_str(), "if" | "elif" | "else")
}

/// Parts between commas that are not within `{…}`.
pub(super) fn parts(text: &str) -> impl Iterator<Item = &str> {
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
    (name, super::bare(constraint))
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
    let seen = file.at(span);
    let limits = context.beside.limits(name).iter().filter(|limit| limit.is_any || scope != scope::BUILD);
    let exact = |text| toolkit::exact("hackage", text);
    let (given, pinned) = (context.beside.given(name), limits.clone().find_map(|limit| exact(&limit.range)));
    let version = match given {
        Some(Given::Folder(folder)) => {
            toolkit::uses_project(project, folder, context.input, &seen, out);
            return None;
        }
        Some(Given::Fetched(id)) => {
            // what is in there is told by what it is called
            let seen = seen.inferred();
            out.component(id, ComponentKind::Package, seen.clone());
            out.attribute(id, key::SCOPE, scope, seen.clone());
            toolkit::direct(project, id, &seen, out);
            return None;
        }
        // a constraint of Cabal's project beside an extra package of Stack
        Some(Given::Version(version)) => pinned.or(Some(version)),
        Some(Given::Outside) | None => exact(constraint).or(pinned),
    };
    let id = Package::new("hackage", name, version, file, span).require(constraint, scope, project, out);
    for limit in limits {
        let stated = exact(&limit.range).filter(|stated| Some(*stated) == version);
        toolkit::stated_at(&id, stated, &limit.range, std::slice::from_ref(&limit.place), out);
    }
    if !matches!(given, Some(Given::Outside)) && !super::is_of_compiler(name) {
        toolkit::from_default(&id, "hackage", &seen, out);
    }
    Some(id)
}
