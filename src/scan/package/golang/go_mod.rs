//! `go.mod` with the hashes of `go.sum`: modules that are required, replaced or used as tools.
//!
//! A module that only `go.sum` names is not built (older versions stay there); it is never counted.

use std::collections::BTreeMap;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::lines::{Line, lines, span_within};
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `go-mod`.
pub struct GoMod;

static META: ScannerMeta = ScannerMeta {
    id: "go-mod",
    title: "Go module file",
    summary: "Required modules, direct or `// indirect`, replacements, and hashes from go.sum. Modules that only \
              go.sum names are not built and not counted. Modules come through the public module proxy unless \
              the environment says otherwise, which no file states: that host is inferred.",
    files: &["**/go.mod", "**/go.sum"],
    unit: Unit::Directory,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://go.dev/ref/mod#go-mod-file",
};

/// Directives that take a block or one argument line; the ones that say nothing about what is used are skipped.
const DIRECTIVES: [&str; 10] =
    ["module", "go", "toolchain", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore"];

impl Scanner for GoMod {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let sums = input.files.iter().find(|file| file.path().name() == "go.sum");
        let Some(file) = input.files.iter().find(|file| file.path().name() == "go.mod") else { return Ok(()) };
        let hashes = sums.map(|file| hashes(file)).unwrap_or_default();
        let project = toolkit::root(input, file, out);
        let text = file.text();
        let replacements = replacements(text);
        let mut block: Option<&str> = None;
        for line in lines(text) {
            let (code, comment) = line.text.split_once("//").unwrap_or((line.text, ""));
            let code = code.trim();
            if code.is_empty() {
                continue;
            }
            if code == ")" {
                block = None;
                continue;
            }
            let (directive, arguments) = match block {
                Some(directive) => (directive, code),
                None => code.split_once(char::is_whitespace).unwrap_or((code, "")),
            };
            if !DIRECTIVES.contains(&directive) {
                out.problem(
                    DiagnosticKind::Malformed,
                    file,
                    Some(line.span),
                    format!("`{directive}` is not a directive"),
                );
                continue;
            }
            if arguments.trim() == "(" {
                block = DIRECTIVES.into_iter().find(|known| *known == directive);
                continue;
            }
            if directive == "require" {
                let indirect = comment.trim().starts_with("indirect");
                require(arguments.trim(), indirect, &line, &replacements, &hashes, &project, file, out);
            }
        }
        Ok(())
    }
}

#[expect(clippy::too_many_arguments, reason = "one call site; a struct would only rename them")]
fn require(
    arguments: &str,
    indirect: bool,
    line: &Line<'_>,
    replacements: &BTreeMap<&str, Option<(&str, &str)>>,
    hashes: &BTreeMap<(&str, &str), &str>,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let Some((module, version)) = arguments.split_once(char::is_whitespace) else {
        out.problem(DiagnosticKind::Malformed, file, Some(line.span), "`require` needs a module and a version");
        return;
    };
    let (module, version) = (module.trim_matches('"'), version.trim());
    let (module, version) = match replacements.get(module) {
        // replaced by a folder of ours
        Some(None) => return,
        Some(Some((other, other_version))) => (*other, *other_version),
        None => (module, version),
    };
    let span = span_within(line, line.text.trim());
    let id = Package::new("golang", module, Some(version), file, span).write(project, out);
    let seen = || file.at(span);
    out.attribute(&id, key::RELATION, if indirect { "transitive" } else { "direct" }, seen());
    out.attribute(&id, key::SCOPE, "runtime", seen());
    if indirect {
        out.relation(project, RelationKind::Contains, &id, seen());
    } else {
        out.relation(project, RelationKind::DependsOn, &id, seen());
    }
    if let Some(hash) = hashes.get(&(module, version)) {
        out.attribute(&id, key::INTEGRITY, *hash, seen());
    }
    toolkit::distributed_by(&id, "golang.org", &seen().inferred(), out);
}

/// `replace a => b v1` and `replace a v0 => ../local`, in and out of blocks.
fn replacements(text: &str) -> BTreeMap<&str, Option<(&str, &str)>> {
    let mut found = BTreeMap::new();
    for line in lines(text) {
        let code = line.text.split("//").next().unwrap_or("").trim();
        let code = code.strip_prefix("replace ").unwrap_or(code);
        let Some((left, right)) = code.split_once("=>") else { continue };
        let Some(module) = left.split_whitespace().next() else { continue };
        let mut words = right.split_whitespace();
        let target = words.next().unwrap_or("");
        let local = target.starts_with('.') || target.starts_with('/');
        found.insert(module, words.next().filter(|_| !local).map(|version| (target, version)));
    }
    found
}

fn hashes(file: &SourceFile) -> BTreeMap<(&str, &str), &str> {
    let mut found = BTreeMap::new();
    for line in lines(file.text()) {
        let mut words = line.text.split_whitespace();
        if let (Some(module), Some(version), Some(hash)) = (words.next(), words.next(), words.next())
            && !version.ends_with("/go.mod")
        {
            found.insert((module, version), hash);
        }
    }
    found
}
