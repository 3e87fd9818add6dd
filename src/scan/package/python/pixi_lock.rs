//! `pixi.lock`, versions 4 to 7: exact packages of conda and PyPI.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::conda::{channel_of, of_file};
use super::pep508::{Requirement, normal, scope_of};
use super::reach::{Reach, write_scope};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Entries, Locked, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `pixi-lock`.
pub struct PixiLock;

static META: ScannerMeta = ScannerMeta {
    id: "pixi-lock",
    title: "pixi lock file",
    summary: "Exact packages of conda and PyPI of lock versions 4 to 7 with edges, platform, licence, hashes and \
              addresses. What only environments with names of tests or development use has that scope. Paths are the \
              project's own.",
    files: &["**/pixi.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://pixi.sh/latest/workspace/lockfile/",
};

/// One entry of the list of packages.
struct Entry<'a> {
    locked: Locked,
    is_conda: bool,
    span: Span,
    node: &'a Node,
}

impl Scanner for PixiLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.yaml_or_part(out).first().context("no document: not a pixi lock file")?;
        let packages = root.get("packages").context("no `packages` list: not a pixi lock file")?;
        if let Some(version) = root.get("version")
            && !version.scalar().is_some_and(|text| matches!(&*text, "4" | "5" | "6" | "7"))
        {
            let message = "a lock version that is not known; read as version 7";
            out.problem(DiagnosticKind::Unsupported, file, Some(version.span), message);
        }
        let project = toolkit::locked_root("conda", input, file, out);
        if packages.list().iter().any(|node| node.get("pypi").is_some() || node.text_at("kind") == Some("pypi")) {
            toolkit::locked_root("pypi", input, file, out);
        }
        let used = used(root);
        let mut all = Vec::new();
        let mut entries = Entries::default();
        for node in packages.list() {
            let Some(found) = entry(node, &project, &used, file, out) else { continue };
            let name = found.1;
            let kind = if found.0.is_conda { "conda" } else { "pypi" };
            entries.add(format!("{kind} {name}"), None, found.0.locked.clone());
            all.push(found.0);
        }
        let mut reach = Reach::default();
        for from in &all {
            edges(from, &entries, &mut reach, file, out);
        }
        let all: Vec<_> = all.into_iter().map(|entry| (entry.locked, file.at(entry.span))).collect();
        reach.direct(&project, &all, out);
        Ok(())
    }
}

/// The scope of every address that an environment uses.
fn used(root: &Node) -> BTreeMap<&str, &'static str> {
    let mut used: BTreeMap<&str, &'static str> = BTreeMap::new();
    for environment in root.get("environments").map_or(&[][..], crate::parse::Node::entries) {
        let scope = scope_of(&environment.key);
        for platform in environment.value.get("packages").map_or(&[][..], Node::entries) {
            for package in platform.value.list() {
                let address = package.text_at("conda").or_else(|| package.text_at("pypi"));
                let Some(address) = address else { continue };
                let known = used.entry(address).or_insert(scope);
                if scope == scope::RUNTIME {
                    *known = scope;
                }
            }
        }
    }
    // what sources of the tree are built with
    for package in root.get("packages").map_or(&[][..], Node::list) {
        for list in ["build_packages", "host_packages"].iter().filter_map(|key| package.get(key)) {
            for address in list.list().iter().filter_map(|one| one.text_at("conda")) {
                used.entry(address).or_insert(scope::BUILD);
            }
        }
    }
    used
}

/// Reads one entry; gives it with the name that edges use.
fn entry<'a>(
    node: &'a Node,
    project: &ComponentId,
    used: &BTreeMap<&str, &'static str>,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> Option<(Entry<'a>, String)> {
    // version 7: `name[hash] @ folder`, a package of conda that is built from source
    if let Some(source) = node.get("conda_source") {
        let (name, address) = source.text().and_then(|text| text.split_once('@')).unwrap_or_default();
        let name = name.split('[').next().unwrap_or(name).trim();
        let locked = if toolkit::host_of(address.trim()).is_some() && !name.is_empty() {
            let id = Package::new("conda", name, None, file, source.span).write(project, out);
            toolkit::fetched_from(&id, address.trim(), &file.at(source.span), out);
            Locked::package(id)
        } else {
            Locked::own(project)
        };
        return Some((Entry { locked, is_conda: true, span: source.span, node }, name.to_owned()));
    }
    // version 6 has the address under the kind, older ones have both by name
    let kind = node.text_at("kind");
    let is_conda = node.get("conda").is_some() || kind == Some("conda");
    let address = ["conda", "pypi", "url", "path"].into_iter().find_map(|key| node.get(key));
    let text = address.and_then(Node::text).unwrap_or("");
    let stated = if is_conda { of_file(text) } else { None };
    let name = node.text_at("name").or(stated.map(|(name, _)| name));
    let version = node.get("version").and_then(Node::scalar).or(stated.map(|(_, version)| version.into()));
    let span = node.get("name").or(address).map_or(node.span, |node| node.span);
    let is_own = toolkit::host_of(text).is_none();
    let (Some(name), Some(version)) = (name, version) else {
        if is_own && !text.is_empty() {
            return None;
        }
        out.problem(DiagnosticKind::Malformed, file, Some(node.span), "package entry without name or version");
        return None;
    };
    let edge_name = if is_conda { name.to_owned() } else { normal(name).into_owned() };
    if is_own {
        return Some((Entry { locked: Locked::own(project), is_conda, span, node }, edge_name));
    }
    let ecosystem = if is_conda { "conda" } else { "pypi" };
    let id = Package::new(ecosystem, name, Some(&version), file, span).write(project, out);
    let seen = |key: &str| file.at(node.get(key).map_or(span, |node| node.span));
    if let Some(address) = address {
        toolkit::fetched_from(&id, text, &file.at(address.span), out);
        if is_conda {
            channel_of(&id, text, &file.at(address.span), out);
        }
    }
    for kind in ["sha256", "md5"] {
        if let Some(hash) = node.text_at(kind) {
            out.attribute(&id, key::INTEGRITY, format!("{kind}:{hash}"), seen(kind));
            break;
        }
    }
    if let Some(licence) = node.text_at("license") {
        out.attribute(&id, key::LICENSE, licence, seen("license"));
    }
    if let Some(platform) = subdir(node, text).filter(|platform| is_conda && *platform != "noarch") {
        out.attribute(&id, key::CONDITION, platform, file.at(span));
    }
    write_scope(&id, used.get(text).copied(), &file.at(span), out);
    Some((Entry { locked: Locked::package(id), is_conda, span, node }, edge_name))
}

/// `linux-64`: stated, or the folder of the address.
fn subdir<'a>(node: &'a Node, address: &'a str) -> Option<&'a str> {
    node.text_at("subdir").or_else(|| address.rsplit('/').nth(1))
}

fn edges(from: &Entry<'_>, entries: &Entries<'_>, reach: &mut Reach, file: &SourceFile, out: &mut Facts<'_>) {
    let key = if from.is_conda { "depends" } else { "requires_dist" };
    for need in from.node.get(key).map_or(&[][..], Node::list) {
        let Some(text) = need.text() else { continue };
        let name = match from.is_conda {
            true => text.split_whitespace().next().map(|name| format!("conda {name}")),
            // what an extra asks for is there only if the extra was chosen, which the file does not say
            false => Requirement::parse(text)
                .filter(|found| !found.marker.contains("extra"))
                .map(|found| format!("pypi {}", normal(found.name))),
        };
        for to in name.iter().flat_map(|name| entries.named(name, None)) {
            from.locked.needs(to, &file.at(need.span), out);
            if !from.locked.own && !to.own {
                reach.edge(&from.locked.id, &to.id);
            }
        }
    }
}
