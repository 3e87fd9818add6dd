//! `paket.lock`: exact packages of a .NET tree that uses Paket, by groups.

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::parse::lines::{Line, lines, span_within};
use crate::scan::package::toolkit::{self, Entries, Locked, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `paket-lock`.
pub struct PaketLock;

static META: ScannerMeta = ScannerMeta {
    id: "paket-lock",
    title: "Paket lock file",
    summary: "Exact NuGet packages with edges, their source, restrictions, and groups (those named for tests or builds \
              give the scope). Files from code hosts are named as unsupported.",
    files: &["**/paket.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://fsprojects.github.io/Paket/lock-file.html",
};

/// An entry of the group being read, with the names it needs.
struct Open<'a> {
    locked: Locked,
    needs: Vec<(&'a str, Line<'a>)>,
}

/// Sections of a group.
const SECTIONS: [&str; 5] = ["NUGET", "GITHUB", "GIT", "HTTP", "CLITOOL"];

impl Scanner for PaketLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let project = toolkit::locked_root("nuget", input, file, out);
        let mut group = "";
        let mut section = "";
        let mut remote: Option<(&str, Line<'_>)> = None;
        let mut entries = Entries::default();
        let mut open: Vec<Open<'_>> = Vec::new();
        for line in lines(file.text()) {
            let text = line.text.trim();
            let indent = line.text.len() - line.text.trim_start().len();
            if text.is_empty() {
                continue;
            }
            if indent == 0 {
                if !text.contains(':') && !text.starts_with("GROUP ") && !SECTIONS.contains(&text) {
                    let message = format!("`{text}` is no section that is known; not read");
                    out.problem(DiagnosticKind::Malformed, file, Some(line.span), message);
                    continue;
                }
                remote = None;
                if let Some(name) = text.strip_prefix("GROUP ") {
                    write_edges(&mut open, &mut entries, file, out);
                    group = name.trim();
                    section = "";
                } else if !text.contains(':') {
                    section = text;
                }
                continue;
            }
            if let Some(address) = text.strip_prefix("remote:").filter(|_| indent == 2) {
                remote = Some((address.trim(), line));
                if section != "NUGET" {
                    let message =
                        format!("`{}` of the section `{section}`; only NuGet packages are read", address.trim());
                    out.problem(DiagnosticKind::Unsupported, file, Some(line.span), message);
                }
                continue;
            }
            if section != "NUGET" || indent < 4 {
                continue;
            }
            if indent > 4 {
                let name = text.split_whitespace().next().unwrap_or(text);
                if let Some(last) = open.last_mut() {
                    last.needs.push((name, line));
                }
                continue;
            }
            let Some((name, version, rest)) = entry(text) else {
                let message = format!("not `name (version)`: `{text}`");
                out.problem(DiagnosticKind::Malformed, file, Some(line.span), message);
                continue;
            };
            let span = span_within(&line, name);
            let id = Package::new("nuget", name, Some(version), file, span).write(&project, out);
            let seen = file.at(span);
            out.attribute(&id, key::SCOPE, scope_of(group), seen.clone());
            if let Some((_, condition)) = rest.split_once("restriction:") {
                out.attribute(&id, key::CONDITION, condition.trim(), seen.clone());
            }
            match remote.filter(|(address, _)| toolkit::host_of(address).is_some()) {
                Some((address, at)) => {
                    let host = toolkit::host_of(address).unwrap_or_default();
                    toolkit::distributed_by(&id, &host, &file.at(at.span), out);
                }
                None => toolkit::from_default(&id, "nuget", &seen, out),
            }
            entries.add(name.to_ascii_lowercase(), None, Locked::package(id.clone()));
            open.push(Open { locked: Locked::package(id), needs: Vec::new() });
        }
        write_edges(&mut open, &mut entries, file, out);
        Ok(())
    }
}

/// `Name (1.0) - restriction: …`.
fn entry(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once(" (")?;
    let (version, rest) = rest.split_once(')')?;
    let exact = version.starts_with(|c: char| c.is_ascii_digit()) && !version.contains(' ');
    (exact && !name.contains(' ')).then_some((name, version, rest))
}

fn scope_of(group: &str) -> &'static str {
    let group = group.to_ascii_lowercase();
    if group.contains("test") {
        scope::TEST
    } else if group.contains("build") {
        scope::BUILD
    } else {
        scope::RUNTIME
    }
}

/// Edges of one group: names in it mean its own entries.
fn write_edges(
    open: &mut Vec<Open<'_>>,
    entries: &mut Entries<'_>,
    file: &crate::scan::SourceFile,
    out: &mut Facts<'_>,
) {
    for one in open.drain(..) {
        for (name, line) in &one.needs {
            for to in entries.named(&name.to_ascii_lowercase(), None) {
                one.locked.needs(to, &file.at(span_within(line, name)), out);
            }
        }
    }
    *entries = Entries::default();
}
