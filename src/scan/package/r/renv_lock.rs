//! `renv.lock`: exact R packages with edges.

use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Entries, Locked, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `renv-lock`.
pub struct RenvLock;

static META: ScannerMeta = ScannerMeta {
    id: "renv-lock",
    title: "R lock file (renv)",
    summary: "Exact packages with edges, hashes, and the repository, Bioconductor, code host or git address each comes \
              from. Local packages are the project's own.",
    files: &["**/renv.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://rstudio.github.io/renv/reference/lockfiles.html",
};

/// Fields of both forms of the file that name what a package needs.
const NEEDS: [&str; 4] = ["Requirements", "Depends", "Imports", "LinkingTo"];

/// Addresses of the named repositories.
type Repositories<'a> = BTreeMap<&'a str, &'a Node>;

impl Scanner for RenvLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.json_or_part(out)?;
        let packages = root.get("Packages").context("no `Packages`: not an renv lock file")?;
        let project = toolkit::locked_root("cran", input, file, out);
        let listed = root.at(&["R", "Repositories"]).map_or(&[][..], Node::list);
        let repositories: Repositories<'_> =
            listed.iter().filter_map(|node| Some((node.text_at("Name")?, node.get("URL")?))).collect();
        let mut entries = Entries::default();
        let mut all = Vec::new();
        for entry in packages.entries() {
            if let Some(locked) = package(entry, &repositories, &project, file, out) {
                entries.add(&*entry.key, None, locked.clone());
                all.push((locked, &entry.value));
            }
        }
        for (locked, node) in &all {
            for need in NEEDS.iter().filter_map(|field| node.get(field)).flat_map(Node::list) {
                let Some(text) = need.text() else { continue };
                let name = text.split(['(', ' ']).next().unwrap_or(text);
                for to in entries.named(name, None) {
                    locked.needs(to, &file.at(need.span), out);
                }
            }
        }
        Ok(())
    }
}

fn package(
    entry: &Entry,
    repositories: &Repositories<'_>,
    project: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> Option<Locked> {
    let node = &entry.value;
    let source = node.text_at("Source").unwrap_or("Repository");
    if source == "Local" {
        return Some(Locked::own(project));
    }
    let Some(version) = node.get("Version").and_then(Node::scalar) else {
        out.problem(DiagnosticKind::Malformed, file, Some(entry.key_span), "package entry without `Version`");
        return None;
    };
    let name = node.text_at("Package").unwrap_or(&entry.key);
    let id = Package::new("cran", name, Some(&version), file, entry.key_span).write(project, out);
    for (field, key) in [("Hash", key::INTEGRITY), ("RemoteSha", key::REVISION)] {
        // packages of a repository have their version there
        if let Some(value) = node.get(field)
            && let Some(text) = value.text()
            && !(field == "RemoteSha" && text == version)
        {
            let text = if field == "Hash" { format!("md5:{text}") } else { text.to_owned() };
            out.attribute(&id, key, text, file.at(value.span));
        }
    }
    origin(&id, source, entry, repositories, file, out);
    Some(Locked::package(id))
}

/// Where a package comes from.
fn origin(
    id: &ComponentId,
    source: &str,
    entry: &Entry,
    repositories: &Repositories<'_>,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let node = &entry.value;
    let code_host = match source.to_ascii_lowercase().as_str() {
        "github" => Some("github.com"),
        "gitlab" => Some("gitlab.com"),
        "bitbucket" => Some("bitbucket.org"),
        _ => None,
    };
    if let (Some(default), Some(owner), Some(name)) =
        (code_host, node.text_at("RemoteUsername"), node.get("RemoteRepo"))
    {
        let host = node.text_at("RemoteHost").unwrap_or(default);
        let host = host.split_once("://").map_or(host, |(_, host)| host);
        // the host of the interface stands for the host of the repositories
        let host = host.strip_prefix("api.").unwrap_or(host).split('/').next().unwrap_or(default);
        let address = format!("https://{host}/{owner}/{}", name.text().unwrap_or(""));
        toolkit::from_git(id, &address, &file.at(name.span), out);
        return;
    }
    if let Some(address) = node.get("RemoteUrl")
        && let Some(text) = address.text().filter(|_| !source.eq_ignore_ascii_case("repository"))
    {
        toolkit::from_git(id, text, &file.at(address.span), out);
        return;
    }
    if source.eq_ignore_ascii_case("bioconductor") {
        let at = node.get("Source").map_or(entry.key_span, |node| node.span);
        toolkit::distributed_by(id, "bioconductor.org", &file.at(at), out);
        return;
    }
    let repository = node.get("Repository").or_else(|| node.get("RemoteRepos"));
    let Some((repository, name)) = repository.and_then(|node| Some((node, node.text()?))) else {
        if source.eq_ignore_ascii_case("cran") || source == "Repository" {
            toolkit::from_default(id, "cran", &file.at(entry.key_span), out);
        }
        return;
    };
    match repositories.get(name).and_then(|url| Some((url, url.text()?))) {
        Some((url, text)) => toolkit::fetched_from(id, text, &file.at(url.span), out),
        None if name.contains("://") => toolkit::fetched_from(id, name, &file.at(repository.span), out),
        None if name == "CRAN" => toolkit::from_default(id, "cran", &file.at(repository.span), out),
        None => {
            let message = format!("the repository `{name}` is named nowhere in this file");
            out.problem(DiagnosticKind::Unresolved, file, Some(repository.span), message);
        }
    }
}
