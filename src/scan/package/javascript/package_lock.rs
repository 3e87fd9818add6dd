//! `package-lock.json` and `npm-shrinkwrap.json`, lock versions 1 (nested), 2 and 3 (flat).

use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Locked, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `package-lock`.
pub struct PackageLock;

static META: ScannerMeta = ScannerMeta {
    id: "package-lock",
    title: "npm lock file",
    summary: "Exact packages of lock versions 1 to 3 with edges resolved as Node does, scope, integrity and the \
              address each is fetched from. Links to packages of the workspace are not packages of others.",
    files: &["**/package-lock.json", "**/npm-shrinkwrap.json"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.npmjs.com/cli/configuring-npm/package-lock-json",
};

/// An installed package: its place in `node_modules`, its id, and its entry.
struct Installed<'a> {
    locked: Locked,
    entry: &'a Entry,
}

impl Scanner for PackageLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.json_or_part(out)?;
        version_known(&root, file, out);
        let project = toolkit::locked_root("npm", input, file, out);
        let mut tree: BTreeMap<String, Installed<'_>> = BTreeMap::new();
        if let Some(packages) = root.get("packages") {
            for entry in packages.entries() {
                flat(entry, &project, file, &mut tree, out);
            }
        } else {
            let dependencies =
                root.get("dependencies").context("neither `packages` nor `dependencies`: not an npm lock file")?;
            nested(dependencies, &project, file, &mut tree, out);
        }
        for (place, installed) in &tree {
            edges(place, installed, &tree, file, out);
        }
        if root.get("packages").is_none() {
            direct_of_version_one(&project, &tree, file, out);
        }
        Ok(())
    }
}

/// Lock versions that exist; a later one is read as the last.
fn version_known(root: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    let Some(version) = root.get("lockfileVersion") else { return };
    if !version.scalar().is_some_and(|text| matches!(&*text, "1" | "2" | "3")) {
        let message = "a lock version that is not known; read as version 3";
        out.problem(DiagnosticKind::Unsupported, file, Some(version.span), message);
    }
}

/// One entry of the flat form: `node_modules/a/node_modules/b`, or the folder of a workspace member.
fn flat<'a>(
    entry: &'a Entry,
    project: &ComponentId,
    file: &SourceFile,
    tree: &mut BTreeMap<String, Installed<'a>>,
    out: &mut Facts<'_>,
) {
    let name = match entry.key.rsplit_once("node_modules/") {
        Some((_, name)) => entry.value.text_at("name").unwrap_or(name),
        None => "",
    };
    let link = entry.value.get("link").and_then(Node::as_bool) == Some(true);
    if name.is_empty() || link {
        tree.insert(entry.key.to_string(), Installed { locked: Locked::own(project), entry });
        return;
    }
    let id = write(name, entry, project, file, out);
    tree.insert(entry.key.to_string(), Installed { locked: Locked::package(id), entry });
}

/// The nested form, walked without recursion.
fn nested<'a>(
    dependencies: &'a Node,
    project: &ComponentId,
    file: &SourceFile,
    tree: &mut BTreeMap<String, Installed<'a>>,
    out: &mut Facts<'_>,
) {
    let mut open = vec![(String::new(), dependencies)];
    while let Some((above, level)) = open.pop() {
        for entry in level.entries() {
            let place = format!("{above}{}node_modules/{}", if above.is_empty() { "" } else { "/" }, entry.key);
            let id = write(&entry.key, entry, project, file, out);
            if let Some(below) = entry.value.get("dependencies") {
                open.push((place.clone(), below));
            }
            tree.insert(place, Installed { locked: Locked::package(id), entry });
        }
    }
}

fn write(name: &str, entry: &Entry, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) -> ComponentId {
    let node = &entry.value;
    // version 1 writes addresses and aliases (`npm:other@1.0.0`) into `version`
    let stated = node.text_at("version");
    let alias = stated.and_then(|text| text.strip_prefix("npm:")).and_then(|text| text.rsplit_once('@'));
    let (name, version) = match alias {
        Some((name, version)) => (name, Some(version)),
        None => (name, stated.filter(|text| !text.contains("://") && !text.starts_with("file:"))),
    };
    let id = Package::new("npm", name, version, file, entry.key_span).write(project, out);
    let seen = || file.at(entry.key_span);
    if let Some(integrity) = node.get("integrity")
        && let Some(text) = integrity.text()
    {
        out.attribute(&id, key::INTEGRITY, text, file.at(integrity.span));
    }
    let flag = |name: &str| node.get(name).and_then(Node::as_bool) == Some(true);
    let scope = match (flag("dev") || flag("devOptional"), flag("optional")) {
        (true, _) => "dev",
        (false, true) => "optional",
        _ => "runtime",
    };
    out.attribute(&id, key::SCOPE, scope, seen());
    let address = node.get("resolved").or_else(|| node.get("version").filter(|_| version.is_none()));
    match address.and_then(|node| node.text().map(|text| (text, node.span))) {
        Some((text, span)) if toolkit::host_of(text).is_some() => toolkit::fetched_from(&id, text, &file.at(span), out),
        // npm may leave the address out when it is the default registry's
        _ => toolkit::distributed_by(&id, "npmjs.org", &seen().inferred(), out),
    }
    id
}

/// Edges of one entry, each resolved to the nearest `node_modules` above, as Node does.
fn edges(
    place: &str,
    from: &Installed<'_>,
    tree: &BTreeMap<String, Installed<'_>>,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let node = &from.entry.value;
    let mut groups = vec!["dependencies", "optionalDependencies", "peerDependencies"];
    if from.locked.own {
        groups.push("devDependencies");
    }
    // version 1: `requires` holds the edges, `dependencies` what is installed below
    let old = node.get("requires").is_some_and(Node::is_map);
    if old {
        groups = vec!["requires"];
    }
    for group in groups {
        for need in node.get(group).map_or(&[][..], Node::entries) {
            if need.value.is_map() {
                continue;
            }
            let Some(to) = resolve(place, &need.key, tree) else { continue };
            from.locked.needs(&to.locked, &file.at(need.key_span), out);
        }
    }
}

fn resolve<'t, 'a>(place: &str, name: &str, tree: &'t BTreeMap<String, Installed<'a>>) -> Option<&'t Installed<'a>> {
    let mut above = place;
    loop {
        let candidate =
            if above.is_empty() { format!("node_modules/{name}") } else { format!("{above}/node_modules/{name}") };
        if let Some(found) = tree.get(&candidate) {
            return Some(found);
        }
        if above.is_empty() {
            return None;
        }
        above = above.rfind("/node_modules/").map_or("", |cut| &above[..cut]);
    }
}

/// Lock version 1 does not say what is direct: what nothing else requires is.
fn direct_of_version_one(
    project: &ComponentId,
    tree: &BTreeMap<String, Installed<'_>>,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    let mut required = std::collections::BTreeSet::new();
    for (place, installed) in tree {
        for need in installed.entry.value.get("requires").map_or(&[][..], Node::entries) {
            required.extend(resolve(place, &need.key, tree).map(|to| to.locked.id.clone()));
        }
    }
    for (place, installed) in tree {
        if place.matches("node_modules/").count() == 1 && !required.contains(&installed.locked.id) {
            let seen = || file.at(installed.entry.key_span).inferred();
            toolkit::direct(project, &installed.locked.id, &seen(), out);
        }
    }
}
