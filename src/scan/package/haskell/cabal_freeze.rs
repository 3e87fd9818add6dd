//! `cabal.project.freeze`: exact Haskell packages.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::parse::lines::{Line, lines, span_within};
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `cabal-freeze`.
pub struct CabalFreeze;

static META: ScannerMeta = ScannerMeta {
    id: "cabal-freeze",
    title: "Cabal freeze file",
    summary: "Exact packages of the constraints, those that come with the compiler among them. The format has no \
              edges and no hashes; what is direct stands in the .cabal files. Without a constraint it locks nothing.",
    files: &["**/cabal.project.freeze", "**/cabal.project.*.freeze"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://cabal.readthedocs.io/en/stable/cabal-project-description-file.html",
};

impl Scanner for CabalFreeze {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        // a file without constraints, such as one that fixes the day of the index, answers no manifest
        let mut project = None;
        let mut within = false;
        for line in lines(file.text()) {
            let code = line.text.trim();
            if code.is_empty() || code.starts_with("--") {
                continue;
            }
            let rest = match field(&line) {
                Some((name, rest)) => {
                    within = name.eq_ignore_ascii_case("constraints");
                    rest
                }
                None if !line.text.starts_with([' ', '\t']) => {
                    out.problem(
                        DiagnosticKind::Malformed,
                        file,
                        Some(line.span),
                        "neither a field nor its continuation",
                    );
                    continue;
                }
                None => code,
            };
            if within {
                for part in rest.split(',').map(str::trim).filter(|part| !part.is_empty()) {
                    let project = project.get_or_insert_with(|| toolkit::locked_root("hackage", input, file, out));
                    constraint(part, &line, project, file, out);
                }
            }
        }
        Ok(())
    }
}

/// A field at the beginning of a line: `constraints: …`.
fn field<'t>(line: &Line<'t>) -> Option<(&'t str, &'t str)> {
    let (name, rest) = line.text.split_once(':')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    is_name.then_some((name, rest))
}

/// `any.aeson ==2.1.0.0`; flags such as `aeson +ordered-keymap` name no version.
fn constraint(
    part: &str,
    line: &Line<'_>,
    project: &crate::model::ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let Some((name, version)) = part.split_once("==") else {
        let is_flag = part.split_whitespace().nth(1).is_some_and(|word| word.starts_with(['+', '-']));
        let is_installed = part.ends_with(" installed") || part.ends_with(" source");
        if !is_flag && !is_installed {
            let message = "a constraint that fixes no version";
            out.problem(DiagnosticKind::Unsupported, file, Some(span_within(line, part)), message);
        }
        return;
    };
    let (name, version) = (name.trim(), version.trim());
    // `any.`, `setup.` and `package:setup.` say where the constraint holds
    let name = name.rsplit(['.', ':']).next().unwrap_or(name);
    let is_version = !version.is_empty() && version.chars().all(|c| c.is_ascii_digit() || c == '.');
    if name.is_empty() || !is_version {
        let message = format!("`{part}` is no exact version of a package");
        out.problem(DiagnosticKind::Malformed, file, Some(span_within(line, part)), message);
        return;
    }
    let span = span_within(line, part);
    let id = Package::new("hackage", name, Some(version), file, span).write(project, out);
    if !super::is_of_compiler(name) {
        toolkit::from_default(&id, "hackage", &file.at(span), out);
    }
}
