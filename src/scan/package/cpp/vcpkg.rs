//! `vcpkg.json` and `vcpkg-configuration.json`.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Package, Standing, manifest, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::RelPath;

/// Scanner `vcpkg`.
pub struct Vcpkg;

static META: ScannerMeta = ScannerMeta {
    id: "vcpkg",
    title: "vcpkg manifest",
    summary: "Dependencies of the manifest and its features with their constraint, features and platform; versions that \
              `overrides` fix; registries with their baseline. Versions that follow from a baseline stand in the \
              registry, not in the tree.",
    files: &["**/vcpkg.json", "**/vcpkg-configuration.json"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Repository, ComponentKind::Host],
    reference: "https://learn.microsoft.com/vcpkg/reference/vcpkg-json",
};

/// Folders that one manifest lays over the registries.
const MOST_OVERLAYS: usize = 64;
/// The registry that needs no configuration.
const BUILT_IN: &str = "https://github.com/microsoft/vcpkg";

impl Scanner for Vcpkg {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.json_or_part(out)?;
        let project = toolkit::root(input, file, out);
        if file.path().name() == "vcpkg-configuration.json" {
            registries(root, &project, file, out);
            return Ok(());
        }
        if let Some(configuration) = root.get("vcpkg-configuration").or_else(|| root.get("configuration")) {
            registries(configuration, &project, file, out);
        }
        if let Some(baseline) = root.get("builtin-baseline") {
            let revision = baseline.text();
            toolkit::needs_repository(&project, BUILT_IN, revision, &file.at(baseline.span), out);
        }
        let overrides = root.get("overrides").map_or(&[][..], Node::list);
        let by_name = overrides.iter().filter_map(|item| Some((item.text_at("name")?, item))).collect();
        let overlays = overlays(root, input, out);
        let context = Context { own: root.text_at("name"), overrides: by_name, overlays, project: &project, input };
        let mut asked = BTreeSet::new();
        for item in root.get("dependencies").map_or(&[][..], Node::list) {
            asked.extend(dependency(item, scope::RUNTIME, &context, out));
        }
        // an older form has a list of features
        let features = root.get("features");
        let named = features.map_or(&[][..], Node::entries).iter().map(|entry| &entry.value);
        for feature in named.chain(features.map_or(&[][..], Node::list)) {
            for item in feature.get("dependencies").map_or(&[][..], Node::list) {
                asked.extend(dependency(item, scope::OPTIONAL, &context, out));
            }
        }
        // what is fixed and not asked for is fixed for others that need it
        for item in overrides.iter().filter(|item| item.text_at("name").is_none_or(|name| !asked.contains(name))) {
            let (Some(name), Some((version, port))) = (item.get("name"), fixed(item)) else {
                out.problem(DiagnosticKind::Malformed, file, Some(item.span), "an override without name or version");
                continue;
            };
            let Some(text) = name.text() else { continue };
            let qualifiers = [("port_version", port.as_str())];
            let id = Package::new("vcpkg", text, Some(&version), file, name.span)
                .qualified(&qualifiers)
                .write(&project, out);
            toolkit::from_default(&id, "vcpkg", &file.at(name.span), out);
        }
        Ok(())
    }
}

/// What a dependency is read with.
struct Context<'r> {
    /// Name of the manifest's own package.
    own: Option<&'r str>,
    overrides: BTreeMap<&'r str, &'r Node>,
    /// Folders of ports that come before those of any registry.
    overlays: Vec<RelPath>,
    project: &'r ComponentId,
    input: &'r Input<'r>,
}

/// The folders that the configuration of a manifest, in it or beside it, lays over the registries.
fn overlays(root: &Node, input: &Input<'_>, out: &mut Facts<'_>) -> Vec<RelPath> {
    let folder = input.file().folder();
    let beside = || folder.join("vcpkg-configuration.json").and_then(|path| input.companion(&path));
    let mut folders = |configuration: &Node, file: &SourceFile| -> Vec<RelPath> {
        let listed = configuration.get("overlay-ports").map_or(&[][..], Node::list);
        if let Some(next) = listed.get(MOST_OVERLAYS) {
            let message =
                format!("more than {MOST_OVERLAYS} folders of ports; this one and those behind it do not count");
            out.problem(DiagnosticKind::LimitReached, file, Some(next.span), message);
        }
        listed.iter().filter_map(|path| folder.join(path.text()?)).take(MOST_OVERLAYS).collect()
    };
    match root.get("vcpkg-configuration").or_else(|| root.get("configuration")) {
        Some(own) => folders(own, input.file()),
        None => beside().and_then(|file| Some(folders(file.json().ok()?, &file))).unwrap_or_default(),
    }
}

/// Writes a dependency and gives its name.
fn dependency<'r>(item: &'r Node, scope: &'static str, context: &Context<'_>, out: &mut Facts<'_>) -> Option<&'r str> {
    let Context { own, overrides, overlays, project, input } = context;
    let file = input.file();
    let node = item.get("name").unwrap_or(item);
    let Some(name) = node.text() else {
        out.problem(DiagnosticKind::Malformed, file, Some(item.span), "a dependency without a name");
        return None;
    };
    // a package that asks for a feature of its own
    if *own == Some(name) {
        return None;
    }
    // the folder is one of ports, or a port itself
    let ports = overlays.iter().flat_map(|folder| [folder.join(name), Some(folder.clone())]).flatten();
    let is_port = |folder: &RelPath| folder.name() == name && toolkit::is_project(folder, manifest::VCPKG, input);
    if let Some(folder) = ports.into_iter().find(is_port) {
        toolkit::uses_project(project, &folder, input, &file.at(node.span), out);
        return Some(name);
    }
    let version = overrides.get(name).and_then(|item| fixed(item));
    let constraint = item.text_at("version>=").map(|least| format!(">={least}")).unwrap_or_default();
    let scope = if item.get("host").and_then(Node::as_bool) == Some(true) { scope::BUILD } else { scope };
    let qualifiers = [("port_version", version.as_ref().map_or("", |(_, port)| port.as_str()))];
    let package = Package::new("vcpkg", name, version.as_ref().map(|(version, _)| version.as_str()), file, node.span);
    let id = package.qualified(&qualifiers).require(&constraint, scope, project, out);
    toolkit::from_default(&id, "vcpkg", &file.at(node.span), out);
    for feature in item.get("features").map_or(&[][..], Node::list) {
        if let Some(text) = feature.text().or_else(|| feature.text_at("name")) {
            out.attribute(&id, key::EXTRAS, text, file.at(feature.span));
        }
    }
    if let Some(platform) = item.get("platform")
        && let Some(text) = platform.text()
    {
        out.attribute(&id, key::CONDITION, text, file.at(platform.span));
    }
    Some(name)
}

/// Version and port version of an override; `1.2.3#4` has both.
fn fixed(item: &Node) -> Option<(String, String)> {
    let version =
        ["version", "version-semver", "version-date", "version-string"].iter().find_map(|key| item.get(key))?;
    let text = version.scalar()?;
    let (version, port) = text.split_once('#').unwrap_or((&text, ""));
    let port = item.get("port-version").and_then(Node::scalar).map_or(port.to_owned(), |port| port.into_owned());
    Some((version.to_owned(), if port == "0" { String::new() } else { port }))
}

/// The default registry, and those of some packages.
fn registries(node: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    if let Some(default) = node.get("default-registry") {
        registry(default, &["*"], project, file, out);
    }
    for item in node.get("registries").map_or(&[][..], Node::list) {
        let packages: Vec<&str> =
            item.get("packages").map_or(&[][..], Node::list).iter().filter_map(Node::text).collect();
        registry(item, &packages, project, file, out);
    }
}

fn registry(node: &Node, names: &[&str], project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let address = match node.text_at("kind") {
        Some("git") => node.get("repository").and_then(|address| Some((address.text()?, address.span))),
        Some("builtin") => Some((BUILT_IN, node.span)),
        Some("artifact") => node.get("location").and_then(|address| Some((address.text()?, address.span))),
        // a folder of the tree
        Some("filesystem") => return,
        _ if matches!(node.value, crate::parse::Value::Null) => return,
        _ => None,
    };
    let Some((address, span)) = address else {
        out.problem(DiagnosticKind::Malformed, file, Some(node.span), "a registry without kind or address");
        return;
    };
    let seen = file.at(span);
    for name in names {
        toolkit::registry(project, "vcpkg", name, Standing::Instead, address, &seen, out);
    }
    if node.text_at("kind") == Some("artifact") {
        if let Some(host) = toolkit::host_of(address) {
            toolkit::distributed_by(project, &host, &seen, out);
        }
        return;
    }
    let baseline = node.text_at("baseline").or_else(|| node.text_at("reference"));
    toolkit::needs_repository(project, address, baseline, &seen, out);
}
