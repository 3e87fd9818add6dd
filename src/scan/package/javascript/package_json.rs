//! `package.json`: what a project asks for itself.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::overrides;
use super::siblings::{Asks, Workspace};
use super::spec::{self, Spec};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Package, manifest, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `package-json`.
pub struct PackageJson;

static META: ScannerMeta = ScannerMeta {
    id: "package-json",
    title: "Node manifest",
    summary: "Dependencies, development, peer and optional ones with their range, aliases under their real name, \
              repositories and archives with their host, the package manager. A lock file in the folder or above \
              answers them. Workspace, file and link dependencies are the tree's own. Overrides and resolutions only \
              say what a lock file may hold that nobody asks for.",
    files: &["**/package.json"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.npmjs.com/cli/configuring-npm/package-json",
};

/// Tables and what they mean. npm installs peers as well, unless they are said to be optional.
const TABLES: [(&str, &str); 4] = [
    ("dependencies", scope::RUNTIME),
    ("optionalDependencies", scope::OPTIONAL),
    ("peerDependencies", scope::RUNTIME),
    ("devDependencies", scope::DEV),
];

impl Scanner for PackageJson {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.json_or_part(out)?;
        if !root.is_map() {
            anyhow::bail!("no object: not a Node manifest");
        }
        let project = input.root_subject(file);
        let before = out.len();
        if let Some(name) = root.get("name")
            && let Some(text) = name.text().filter(|text| !text.is_empty())
        {
            out.attribute(&project, key::MAKES, format!("npm {text}"), file.at(name.span));
        }
        let mut tables: BTreeMap<&str, Span> = BTreeMap::new();
        for entry in root.entries() {
            let is_table = TABLES.iter().any(|(table, _)| entry.key == **table);
            // the same place twice is a table of which both sides of a merge are read
            let before = if is_table { tables.insert(&entry.key, entry.key_span) } else { None };
            if before.is_some_and(|before| before != entry.key_span) {
                let message = format!("a second `{}`; npm takes this one and nothing of the first", entry.key);
                out.problem(DiagnosticKind::Malformed, file, Some(entry.key_span), message);
            }
        }
        let optional = optional_names(root);
        let workspace = OnceCell::new();
        for (table, scope) in TABLES {
            let Some(node) = root.get(table) else { continue };
            if !node.is_map() {
                let message = format!("`{table}` is no table of names and ranges");
                out.problem(DiagnosticKind::Malformed, file, Some(node.span), message);
            }
            for entry in node.entries() {
                let scope = if optional.contains(&(table, &entry.key)) { scope::OPTIONAL } else { scope };
                dependency(entry, scope, &project, &workspace, input, out);
            }
        }
        overrides::of_manifest(root, &project, file, out);
        if let Some(manager) = root.get("packageManager") {
            package_manager(manager, &project, file, out);
        }
        if out.len() > before {
            toolkit::root(input, file, out);
        }
        Ok(())
    }
}

/// Table and name of what is optional though its table does not say so: peers, and what stands among the optional
/// ones as well, which npm prefers.
fn optional_names(root: &Node) -> BTreeSet<(&'static str, &str)> {
    let peers = root.get("peerDependenciesMeta").map_or(&[][..], Node::entries).iter();
    let peers = peers.filter(|entry| entry.value.get("optional").and_then(Node::as_bool) == Some(true));
    let twice = root.get("optionalDependencies").map_or(&[][..], Node::entries).iter();
    let peers = peers.map(|entry| ("peerDependencies", &*entry.key));
    peers.chain(twice.map(|entry| ("dependencies", &*entry.key))).collect()
}

fn dependency(
    entry: &Entry,
    scope: &'static str,
    project: &ComponentId,
    workspace: &OnceCell<Option<Workspace>>,
    input: &Input<'_>,
    out: &mut Facts<'_>,
) {
    let file = input.file();
    let workspace = || workspace.get_or_init(|| Workspace::of(input)).as_ref();
    let Some(text) = entry.value.text() else {
        let message = format!("the range of `{}` is no text", entry.key);
        out.problem(DiagnosticKind::Malformed, file, Some(entry.value.span), message);
        return;
    };
    if entry.key.is_empty() {
        out.problem(DiagnosticKind::Malformed, file, Some(entry.key_span), "a dependency without a name");
        return;
    }
    let seen = file.at(entry.key_span);
    match spec::spec(text) {
        Spec::Own => {
            if let Some(path) = spec::folder(text) {
                toolkit::needs_project(
                    project,
                    (&file.folder(), path, manifest::NODE),
                    input,
                    (file, entry.key_span),
                    out,
                );
            } else if text.trim().starts_with("workspace:")
                && let Some(folder) = workspace().and_then(|all| all.sibling(&entry.key, Asks::Member))
            {
                toolkit::uses_project(project, folder, input, &seen, out);
            } else if spec::is_archive(text) {
                // the file says what is taken; its lock file says which version that is
                let package = Package::new("npm", &entry.key, None, file, entry.key_span).at_fixed_revision(true);
                package.require("", scope, project, out);
            }
        }
        Spec::Catalog => {
            let id = Package::new("npm", &entry.key, None, file, entry.key_span).require("", scope, project, out);
            toolkit::from_default(&id, "npm", &seen, out);
        }
        Spec::Address(address) => {
            let package = Package::new("npm", &entry.key, None, file, entry.key_span);
            let package = package.at_fixed_revision(spec::is_at_fixed_revision(&address));
            let id = package.require("", scope, project, out);
            spec::at_address(&id, &address, &file.at(entry.value.span), out);
        }
        Spec::Range { ecosystem, name, range } => {
            if ecosystem == "npm"
                && name.is_none()
                && let Some(folder) = workspace().and_then(|all| all.sibling(&entry.key, Asks::Range(&range)))
            {
                toolkit::uses_project(project, folder, input, &seen, out);
                return;
            }
            let name = name.unwrap_or(Cow::Borrowed(&entry.key));
            let package = Package::new(ecosystem, &name, spec::exact(&range), file, entry.key_span);
            let id = package.require(&range, scope, project, out);
            toolkit::from_default(&id, ecosystem, &seen, out);
        }
    }
}

/// `"packageManager": "pnpm@9.1.0+sha512.…"`: the tool that Corepack fetches and runs.
fn package_manager(node: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let Some((name, rest)) = node.text().and_then(spec::split_at_sign) else {
        let message = "`packageManager` is not of the form `name@version`";
        out.problem(DiagnosticKind::Malformed, file, Some(node.span), message);
        return;
    };
    let (version, hash) = rest.split_once('+').map_or((rest, None), |(version, hash)| (version, Some(hash)));
    // an address in the place of the version names a tool of one's own
    let Some(version) = spec::exact(version) else { return };
    // from its second version on Yarn publishes itself: Corepack fetches that from its own host, and the registry has it
    // by another name
    let is_berry = name == "yarn" && !version.starts_with("0.") && !version.starts_with("1.");
    let name = if is_berry { "@yarnpkg/cli-dist" } else { name };
    let id = Package::new("npm", name, Some(version), file, node.span).require(version, scope::BUILD, project, out);
    let seen = file.at(node.span);
    if let Some(hash) = hash {
        out.attribute(&id, key::INTEGRITY, hash, seen.clone());
    }
    if is_berry {
        // no setting of a file leads it elsewhere
        toolkit::distributed_by(&id, "repo.yarnpkg.com", &seen, out);
    } else {
        toolkit::from_default(&id, "npm", &seen, out);
    }
}
