//! `pdm.lock`: exact Python packages with groups, edges and hashes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::Context as _;

use super::artefact;
use super::local;
use super::pep508::{Requirement, conditions, normal};
use super::reach::{Reach, of_groups, write_scope};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Entries, Locked, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `pdm-lock`.
pub struct PdmLock;

static META: ScannerMeta = ScannerMeta {
    id: "pdm-lock",
    title: "PDM lock file",
    summary: "Exact packages with edges, groups, extras, markers, hashes beside the package or in a table of their \
              own, and the repository or address each comes from. Folders are projects of the tree. Packages that nothing \
              else needs are taken as asked for by the project.",
    files: &["**/pdm.lock", "**/pdm.*.lock"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://pdm-project.org/latest/usage/lockfile/",
};

impl Scanner for PdmLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if !file.path().name().starts_with("pdm.") {
            return Ok(());
        }
        let root = file.toml_or_part(out);
        if root.get("metadata").is_none() {
            root.get("package").context("neither `[[package]]` entries nor `[metadata]`: not a PDM lock file")?;
        }
        let project = toolkit::locked_root("pypi", input, file, out);
        // old files: `"name 1.0" = [...]`
        let apart: BTreeMap<&str, &Node> = root
            .at(&["metadata", "files"])
            .map_or(&[][..], Node::entries)
            .iter()
            .map(|entry| (&*entry.key, &entry.value))
            .collect();
        let mut all = Vec::new();
        let mut entries = Entries::default();
        for node in root.get("package").map_or(&[][..], Node::list) {
            let Some((name, span)) = node.get("name").and_then(|name| name.text().map(|text| (text, name.span))) else {
                out.problem(DiagnosticKind::Malformed, file, Some(node.span), "package entry without `name`");
                continue;
            };
            let version = node.text_at("version");
            let locked = if let Some(path) = node.get("path") {
                let path = path.text().unwrap_or_default();
                local::known_member(path, span, input, out).unwrap_or_else(|| Locked::own(&project))
            } else {
                let id = Package::new("pypi", name, version, file, span).write(&project, out);
                let files = node
                    .get("files")
                    .or_else(|| apart.get(format!("{name} {}", version.unwrap_or_default()).as_str()).copied());
                describe(&id, node, files.map_or(&[][..], Node::list), file, out);
                Locked::package(id)
            };
            entries.add(normal(name), version, locked.clone());
            all.push((locked, file.at(span), node));
        }
        let mut reach = Reach::default();
        for (from, _, node) in &all {
            for need in node.get("dependencies").map_or(&[][..], Node::list) {
                let Some(text) = need.text() else { continue };
                let Some(requirement) = Requirement::parse_with_addresses(text) else {
                    let message = format!("not a requirement: `{text}`");
                    out.problem(DiagnosticKind::Malformed, file, Some(need.span), message);
                    continue;
                };
                let version = requirement.version();
                let name: Cow<'_, str> = normal(requirement.name);
                for to in entries.named(&name, version.as_deref()) {
                    from.needs(to, &file.at(need.span), out);
                    match (from.own, to.own) {
                        (false, false) => reach.edge(&from.id, &to.id),
                        (true, false) if from.id != project => reach.member(&to.id),
                        _ => {}
                    }
                }
            }
        }
        let all: Vec<_> = all.into_iter().map(|(locked, seen, _)| (locked, seen)).collect();
        reach.direct(&project, &all, out);
        Ok(())
    }
}

fn describe(id: &ComponentId, node: &Node, files: &[Node], file: &SourceFile, out: &mut Facts<'_>) {
    let seen = |key: &str| file.at(node.get(key).or_else(|| node.get("name")).map_or(node.span, |node| node.span));
    artefact::integrity(id, files, file, out);
    let stated = artefact::fetched(id, node, "git", file, out)
        || artefact::fetched(id, node, "url", file, out)
        || files.iter().any(|one| artefact::fetched(id, one, "url", file, out));
    if !stated {
        toolkit::from_default(id, "pypi", &seen("name"), out);
    }
    if let Some(revision) = node.text_at("revision") {
        out.attribute(id, key::REVISION, revision, seen("revision"));
    }
    let groups = node.get("groups").map_or(&[][..], Node::list).iter().filter_map(Node::text);
    write_scope(id, of_groups(groups), &seen("groups"), out);
    for extra in node.get("extras").map_or(&[][..], Node::list).iter().filter_map(Node::text) {
        conditions(id, extra, "", &seen("extras"), out);
    }
    conditions(id, "", node.text_at("marker").unwrap_or(""), &seen("marker"), out);
}
