//! `pixi.toml`, and `[tool.pixi]` of pyproject.toml: what a pixi workspace asks for.

use super::conda::{exact, from_own_channel};
use super::conda_environment::{channels, from_channels, listed_channels};
use super::pep508::{Sheet, scope_of};
use super::tables::Origins;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `pixi-toml`.
pub struct PixiToml;

static META: ScannerMeta = ScannerMeta {
    id: "pixi-toml",
    title: "pixi workspace",
    summary: "Packages of conda and PyPI of the workspace, its features and targets, with channels (an entry's own, \
              those of its feature, those of the workspace), repositories and addresses. Paths are the project's own. A pixi.lock in the folder or above answers them.",
    files: &["**/pixi.toml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://pixi.sh/latest/reference/pixi_manifest/",
};

impl Scanner for PixiToml {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.toml_or_part(out);
        let project = toolkit::root(input, file, out);
        read(root, Sheet { file, project: &project, asks_lock: true, tree: Some(input), own: None }, out);
        Ok(())
    }
}

/// Reads the tables of a workspace.
pub(super) fn read(root: &Node, sheet: Sheet<'_>, out: &mut Facts<'_>) {
    let workspace = root.get("workspace").or_else(|| root.get("project"));
    let more = named(root, "feature").any(|entry| entry.value.get("channels").is_some());
    let of_workspace = workspace.map(|workspace| channels(workspace, more, sheet, out)).unwrap_or_default();
    let mut holders = vec![(scope::RUNTIME, None, root, of_workspace.clone())];
    for entry in named(root, "feature") {
        // asked before those of the workspace
        let mut own = listed_channels(&entry.value, sheet, out);
        own.extend(of_workspace.iter().copied());
        holders.push((scope_of(&entry.key), None, &entry.value, own));
    }
    let targets: Vec<_> = holders
        .iter()
        .flat_map(|(scope, _, holder, channels)| {
            named(holder, "target").map(|entry| (*scope, Some(&*entry.key), &entry.value, channels.clone()))
        })
        .collect();
    holders.extend(targets);
    for (scope, platform, holder, channels) in holders {
        for (table, scope) in
            [("dependencies", scope), ("host-dependencies", scope::BUILD), ("build-dependencies", scope::BUILD)]
        {
            named(holder, table).for_each(|entry| conda(entry, scope, platform, &channels, sheet, out));
        }
        for entry in named(holder, "pypi-dependencies") {
            Origins::default().ask(entry, scope, sheet, out);
        }
    }
}

fn named<'n>(node: &'n Node, key: &str) -> impl Iterator<Item = &'n Entry> + use<'n> {
    node.get(key).map_or(&[][..], Node::entries).iter()
}

fn conda(
    entry: &Entry,
    scope: &'static str,
    platform: Option<&str>,
    channels: &[(&str, &Node)],
    sheet: Sheet<'_>,
    out: &mut Facts<'_>,
) {
    let value = &entry.value;
    if value.get("path").is_some() {
        return;
    }
    if value.text().is_none() && !value.is_map() {
        let message = format!("`{}` has neither a version nor a table", entry.key);
        out.problem(DiagnosticKind::Malformed, sheet.file, Some(value.span), message);
        return;
    }
    let constraint = value.text().or_else(|| value.text_at("version")).unwrap_or("").trim();
    let version = exact(constraint);
    let stated = if constraint == "*" { "" } else { constraint };
    let id = Package::new("conda", &entry.key, version, sheet.file, entry.key_span).require(
        stated,
        scope,
        sheet.project,
        out,
    );
    let seen = sheet.file.at(entry.key_span);
    if let Some(platform) = platform {
        out.attribute(&id, key::CONDITION, platform, seen.clone());
    }
    if ["git", "url"].iter().any(|key| super::artefact::fetched(&id, value, key, sheet.file, out)) {
        return;
    }
    match value.get("channel").and_then(|node| node.text().map(|text| (text, node.span))) {
        Some((channel, span)) => from_own_channel(&id, channel, &sheet.file.at(span), out),
        None => from_channels(&id, channels, &seen, sheet, out),
    }
}
