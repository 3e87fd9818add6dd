//! `composer.json`: what a PHP project asks for, and from which repositories.

use std::collections::BTreeMap;

use super::in_folders::{Around, Source};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::php::entry::is_platform;
use crate::scan::package::toolkit::{self, Package, Standing, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `composer-json`.
pub struct ComposerJson;

static META: ScannerMeta = ScannerMeta {
    id: "composer-json",
    title: "Composer manifest",
    summary: "Required packages with constraint and scope, and the repositories that Composer is told to ask; what lies in \
              folders of the tree is its own. A lock file answers the constraints. PHP and its extensions are no packages.",
    files: &["**/composer.json"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://getcomposer.org/doc/04-schema.md",
};

impl Scanner for ComposerJson {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.json_or_part(out)?;
        anyhow::ensure!(root.is_map(), "no object: not a Composer manifest");
        let project = toolkit::root(input, file, out);
        let repositories = Repositories::of(root, file, out);
        repositories.write(&project, file, out);
        let around = Around::of(file, root, input);
        for (table, scope) in [("require", scope::RUNTIME), ("require-dev", scope::DEV)] {
            let Some(table) = root.get(table) else { continue };
            for asked in table.entries() {
                let Some(constraint) = asked.value.text() else {
                    let message = format!("the constraint of `{}` is no text", asked.key);
                    out.problem(DiagnosticKind::Malformed, file, Some(asked.value.span), message);
                    continue;
                };
                if is_platform(&asked.key) {
                    if asked.key.starts_with("php") {
                        let seen = file.at(asked.key_span);
                        out.attribute(&project, key::TOOLCHAIN, format!("{} {constraint}", asked.key), seen);
                    }
                    continue;
                }
                let name = asked.key.to_ascii_lowercase();
                match around.source(&name, input) {
                    Some(Source::Folder(folder)) => {
                        toolkit::uses_project(&project, &folder, input, &file.at(asked.key_span), out);
                        continue;
                    }
                    Some(Source::Own) => continue,
                    Some(Source::Within(others)) => {
                        for (name, version) in &others {
                            Package::new("composer", name, Some(version), file, asked.key_span)
                                .require("", scope, &project, out);
                        }
                        continue;
                    }
                    Some(Source::Elsewhere) | None => {}
                }
                // `dev-main#0123abc`: a branch at a commit, whatever version that stands for
                let commit = constraint.split_once('#').and_then(|(_, rest)| rest.split_whitespace().next());
                let version = toolkit::exact("composer", constraint);
                let package = Package::new("composer", &asked.key, version, file, asked.key_span)
                    .at_fixed_revision(commit.is_some_and(toolkit::is_fixed));
                let id = package.require(constraint, scope, &project, out);
                match repositories.packages.get(&*asked.key) {
                    Some(at) => toolkit::fetched_from(&id, at.text().unwrap_or(""), &file.at(at.span), out),
                    None if repositories.has_list_for(&name) => {
                        toolkit::from_default(&id, "composer", &file.at(asked.key_span), out);
                    }
                    // which of the other repositories has it, no file says
                    None => {}
                }
            }
        }
        Ok(())
    }
}

/// Package lists, and names of one of them, that are held against what is asked for.
const MOST_LISTS: usize = 64;
const MOST_NAMES: usize = 256;

/// What `repositories` says.
#[derive(Default)]
struct Repositories<'a> {
    /// Addresses of package lists with the names they are asked for.
    lists: Vec<(&'a Node, Vec<&'a str>)>,
    /// Addresses of single repositories.
    sources: Vec<&'a Node>,
    /// Packages that the manifest defines itself, with the address of each.
    packages: BTreeMap<&'a str, &'a Node>,
    /// The public registry is not asked.
    only_these: bool,
}

impl<'a> Repositories<'a> {
    fn of(root: &'a Node, file: &SourceFile, out: &mut Facts<'_>) -> Self {
        let mut found = Self::default();
        let Some(all) = root.get("repositories") else { return found };
        let named = all.entries().iter().map(|entry| (Some(&*entry.key), &entry.value));
        for (name, node) in named.chain(all.list().iter().map(|node| (None, node))) {
            let is_off = |node: &Node| node.as_bool() == Some(false);
            let switched_off = ["packagist.org", "packagist"]
                .iter()
                .any(|word| name == Some(*word) && is_off(node) || node.get(word).is_some_and(is_off));
            if switched_off {
                found.only_these = true;
                continue;
            }
            let (kind, url) = (node.text_at("type"), node.get("url"));
            match (kind, url) {
                // folders of the tree, and a folder of archives beside the manifest
                (Some("path" | "artifact"), _) => {}
                (Some("package"), _) => found.packages_of(node),
                (Some("composer"), Some(url)) => {
                    let only = node.get("only").map_or(&[][..], Node::list);
                    found.lists.push((url, only.iter().filter_map(Node::text).collect()));
                }
                (Some(_), Some(url)) => found.sources.push(url),
                _ => {
                    let message = "a repository without `type` or `url`";
                    out.problem(DiagnosticKind::Malformed, file, Some(node.span), message);
                }
            }
        }
        found
    }

    /// True for a package that a package list may have: the public registry, or one that is asked for such names.
    fn has_list_for(&self, name: &str) -> bool {
        let is_asked = |pattern: &&str| match pattern.strip_suffix('*') {
            Some(begin) if begin.contains('*') => true,
            Some(begin) => name.get(..begin.len()).is_some_and(|start| start.eq_ignore_ascii_case(begin)),
            None => pattern.contains('*') || name.eq_ignore_ascii_case(pattern),
        };
        !self.only_these
            || self.lists.len() > MOST_LISTS
            || self.lists.iter().any(|(_, names)| names.is_empty() || names.iter().take(MOST_NAMES).any(is_asked))
    }

    /// `package` holds one definition or a list of them.
    fn packages_of(&mut self, node: &'a Node) {
        let Some(package) = node.get("package") else { return };
        let all = if package.is_map() { std::slice::from_ref(package) } else { package.list() };
        for one in all {
            let address = one.at(&["dist", "url"]).or_else(|| one.at(&["source", "url"]));
            if let (Some(name), Some(address)) = (one.text_at("name"), address) {
                self.packages.insert(name, address);
            }
        }
    }

    fn write(&self, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
        let standing = if self.only_these { Standing::Instead } else { Standing::Beside };
        for (url, names) in &self.lists {
            let Some(address) = url.text() else { continue };
            if toolkit::host_of(address).is_some_and(|host| crate::scan::registries::is_public("composer", &host)) {
                continue;
            }
            let names = if names.is_empty() { &["*"][..] } else { names.as_slice() };
            for name in names {
                toolkit::registry(project, "composer", name, standing, address, &file.at(url.span), out);
            }
        }
        for url in &self.sources {
            if let Some(host) = url.text().and_then(toolkit::host_of) {
                toolkit::distributed_by(project, &host, &file.at(url.span), out);
            }
        }
    }
}
