//! `pylock.toml` and `pylock.NAME.toml` (PEP 751): exact Python packages that any installer can read.

use anyhow::Context as _;

use super::artefact;
use super::pep508::normal;
use super::reach::{Reach, write_scope};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::address::owner_of_address;
use crate::scan::package::toolkit::{self, Entries, Locked, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `pylock`.
pub struct Pylock;

static META: ScannerMeta = ScannerMeta {
    id: "pylock",
    title: "Python lock file (PEP 751)",
    summary: "Exact packages with edges where the file has them, markers, hashes, and the index, repository or \
              archive each comes from; the repository that the index attests as the publisher. Groups and extras in markers give the scope. Directories are the project's own.",
    files: &["**/pylock.toml", "**/pylock.*.toml"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://packaging.python.org/en/latest/specifications/pylock-toml/",
};

impl Scanner for Pylock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !file.path().name().starts_with("pylock.") {
            return Ok(());
        }
        let root = file.toml_or_part(out);
        let packages = root.get("packages").context("no `[[packages]]` entries: not a Python lock file")?;
        if let Some(version) = root.get("lock-version")
            && !version.text().is_some_and(|text| text.starts_with("1."))
        {
            let message = "a lock version that is not known; read as version 1.0";
            out.problem(DiagnosticKind::Unsupported, file, Some(version.span), message);
        }
        let project = toolkit::locked_root("pypi", input, file, out);
        let mut all = Vec::new();
        let mut entries = Entries::default();
        for node in packages.list() {
            let Some((name, span)) = node.get("name").and_then(|name| name.text().map(|text| (text, name.span))) else {
                out.problem(DiagnosticKind::Malformed, file, Some(node.span), "package entry without `name`");
                continue;
            };
            let version = node.text_at("version");
            let locked = if node.get("directory").is_some() {
                Locked::own(&project)
            } else {
                let id = Package::new("pypi", name, version, file, span).write(&project, out);
                describe(&id, node, file, out);
                Locked::package(id)
            };
            entries.add(normal(name), version, locked.clone());
            all.push((locked, file.at(span), node));
        }
        let mut reach = Reach::default();
        for (from, _, node) in &all {
            for need in node.get("dependencies").map_or(&[][..], Node::list) {
                let Some((name, span)) = need.get("name").and_then(|name| name.text().map(|text| (text, name.span)))
                else {
                    continue;
                };
                for to in entries.named(&normal(name), need.text_at("version")) {
                    from.needs(to, &file.at(span), out);
                    if !from.own && !to.own {
                        reach.edge(&from.id, &to.id);
                    }
                }
            }
        }
        let all: Vec<_> = all.into_iter().map(|(locked, seen, _)| (locked, seen)).collect();
        reach.direct(&project, &all, out);
        Ok(())
    }
}

fn describe(id: &ComponentId, node: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    let wheels = || node.get("wheels").map_or(&[][..], Node::list).iter();
    let files = || node.get("archive").into_iter().chain(node.get("sdist")).chain(wheels());
    artefact::integrity(id, files(), file, out);
    let stated = artefact::fetched(id, node, "index", file, out)
        || node.get("vcs").is_some_and(|vcs| artefact::fetched(id, vcs, "url", file, out))
        || files().any(|one| artefact::fetched(id, one, "url", file, out));
    let is_local = node.get("vcs").into_iter().chain(files()).any(|one| one.get("path").is_some());
    if let Some(name) = node.get("name")
        && !stated
        && !is_local
    {
        toolkit::from_default(id, "pypi", &file.at(name.span), out);
    }
    if let Some(marker) = node.get("marker")
        && let Some(text) = marker.text()
    {
        let seen = file.at(marker.span);
        out.attribute(id, key::CONDITION, text, seen.clone());
        write_scope(id, scope_of_marker(text), &seen, out);
    }
    for attested in node.get("attestation-identities").map_or(&[][..], Node::list) {
        publisher_of(id, attested, file, out);
    }
    if let Some(commit) = node.at(&["vcs", "commit-id"])
        && let Some(text) = commit.text()
    {
        out.attribute(id, key::REVISION, text, file.at(commit.span));
    }
}

/// The trusted publisher that the index attests: a repository, whose owner is a key.
fn publisher_of(id: &ComponentId, attested: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    let host = match attested.text_at("kind") {
        Some(kind) if kind.eq_ignore_ascii_case("github") => "github.com",
        Some(kind) if kind.eq_ignore_ascii_case("gitlab") => "gitlab.com",
        _ => return,
    };
    if let Some(at) = attested.get("repository")
        && let Some(owner) = at.text().and_then(|text| owner_of_address(&format!("https://{host}/{text}")))
    {
        out.attribute(id, key::IDENTITY, owner, file.at(at.span));
    }
}

/// `'dev' in dependency_groups`, `'x' in extras`: no word of them means that it is always needed.
fn scope_of_marker(marker: &str) -> Option<&'static str> {
    if marker.contains("dependency_groups") {
        Some(if marker.contains("test") { scope::TEST } else { scope::DEV })
    } else if marker.contains("extras") {
        Some(scope::OPTIONAL)
    } else {
        None
    }
}
