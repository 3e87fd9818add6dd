//! `Cartfile.resolved`: the repositories that Carthage builds, one a line.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind};
use crate::parse::lines::{Line, lines, span_within};
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `cartfile-resolved`.
pub struct CartfileResolved;

static META: ScannerMeta = ScannerMeta {
    id: "cartfile-resolved",
    title: "Carthage lock file",
    summary: "Repositories and binary lists with the tag or commit that Carthage builds. Repositories of a folder are the \
              tree's own.",
    files: &["**/Cartfile.resolved"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://github.com/Carthage/Carthage/blob/master/Documentation/Artifacts.md#cartfileresolved",
};

impl Scanner for CartfileResolved {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let project = toolkit::locked_root("carthage", input, file, out);
        for line in lines(file.text()) {
            let text = line.text.split('#').next().unwrap_or("").trim();
            if !text.is_empty() && !entry(text, &line, &project, file, out) {
                let message = "neither `github`, `git` nor `binary` with a place and a version";
                out.problem(DiagnosticKind::Malformed, file, Some(span_within(&line, text)), message);
            }
        }
        Ok(())
    }
}

/// `github "owner/name" "1.2.3"`; false when it is none.
fn entry(text: &str, line: &Line<'_>, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) -> bool {
    let mut parts = text.split('"');
    let (Some(kind), Some(place), Some(_), Some(version)) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    if place.is_empty() || version.is_empty() {
        return false;
    }
    let (address, path) = match kind.trim() {
        // an enterprise server is given with its address
        "github" if !place.contains("://") => {
            (format!("https://github.com/{place}"), Some(format!("github.com/{place}")))
        }
        "github" | "git" => (place.to_owned(), toolkit::repository_path(place)),
        "binary" => (place.to_owned(), toolkit::repository_path(place.trim_end_matches(".json"))),
        _ => return false,
    };
    // a repository beside this one
    let Some(name) = path else { return true };
    let span = span_within(line, place);
    let id = Package::new("carthage", &name, Some(version), file, span).write(project, out);
    let seen = file.at(span);
    if kind.trim() == "binary" {
        toolkit::fetched_from(&id, &address, &seen, out);
    } else {
        toolkit::from_repository(&id, &address, None, &seen, out);
    }
    true
}
