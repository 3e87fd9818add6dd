//! `.gitmodules`: repositories within the repository.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::lines::{lines, span_within};
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `git-modules`.
pub struct GitModules;

static META: ScannerMeta = ScannerMeta {
    id: "git-modules",
    title: "Git submodules",
    summary: "Each submodule with its repository, host and followed branch. Its commit stands in git's index, which no \
              file of the tree shows: it is always pinned, to a commit that is not known here.",
    files: &["**/.gitmodules"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Repository, ComponentKind::Host],
    reference: "https://git-scm.com/docs/gitmodules",
};

/// A section that is being read.
struct Module<'a> {
    span: Span,
    url: Option<(&'a str, Span)>,
    branch: Option<(&'a str, Span)>,
}

impl Scanner for GitModules {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let project = toolkit::root(input, file, out);
        let mut open: Option<Module<'_>> = None;
        for line in lines(file.text()) {
            let code = line.text.trim();
            if code.is_empty() || code.starts_with(['#', ';']) {
                continue;
            }
            if code.starts_with('[') {
                if let Some(module) = open.take() {
                    write(&module, &project, file, out);
                }
                if code.starts_with("[submodule \"") && code.ends_with("\"]") {
                    open = Some(Module { span: span_within(&line, code), url: None, branch: None });
                } else {
                    out.problem(DiagnosticKind::Malformed, file, Some(line.span), "not a section of a submodule");
                }
                continue;
            }
            let Some((name, value)) = code.split_once('=') else {
                out.problem(DiagnosticKind::Malformed, file, Some(line.span), "neither a section nor a setting");
                continue;
            };
            let value = value.trim().trim_matches('"');
            let place = Some((value, span_within(&line, value)));
            if let Some(module) = &mut open {
                match name.trim().to_ascii_lowercase().as_str() {
                    "url" => module.url = place,
                    "branch" => module.branch = place,
                    _ => {}
                }
            }
        }
        if let Some(module) = open.take() {
            write(&module, &project, file, out);
        }
        Ok(())
    }
}

fn write(module: &Module<'_>, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let Some((address, span)) = module.url else {
        out.problem(DiagnosticKind::Malformed, file, Some(module.span), "a submodule without `url`");
        return;
    };
    let seen = file.at(span);
    let Some(host) = toolkit::host_of(address) else {
        let message = "an address relative to that of the repository itself, which no file states";
        out.problem(DiagnosticKind::Unresolved, file, Some(span), message);
        return;
    };
    let Some(path) = toolkit::host_and_path(address) else { return };
    let id = ComponentId::repository(&path);
    out.component(&id, ComponentKind::Repository, seen.clone());
    out.attribute(&id, key::DOWNLOAD, toolkit::without_secrets(address), seen.clone());
    if let Some(owner) = toolkit::owner_of_address(address) {
        out.attribute(&id, key::IDENTITY, owner, seen.clone());
    }
    // the index always holds a commit
    out.attribute(&id, key::PINNED, "digest", file.at(module.span).inferred());
    if let Some((branch, span)) = module.branch {
        out.attribute(&id, key::REQUIREMENT, branch, file.at(span));
    }
    out.relation(project, crate::model::RelationKind::DependsOn, &id, seen.clone());
    toolkit::distributed_by(&id, &host, &seen, out);
}
