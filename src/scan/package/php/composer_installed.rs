//! `vendor/composer/installed.json`: PHP packages whose copies lie in the tree, as Composer 1 and 2 list them.

use std::collections::BTreeSet;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::parse::{Node, Value};
use crate::scan::package::php::entry;
use crate::scan::package::toolkit::{self, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `composer-installed`.
pub struct ComposerInstalled;

static META: ScannerMeta = ScannerMeta {
    id: "composer-installed",
    title: "Installed Composer packages",
    summary: "Exact packages whose copies lie in the folder above, with what a lock file has. Manifests inside of \
              these copies are not read.",
    files: &["**/composer/installed.json"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Image, ComponentKind::Package, ComponentKind::Host],
    reference: "https://getcomposer.org/doc/07-runtime.md",
};

impl Scanner for ComposerInstalled {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn reads_installed(&self) -> bool {
        true
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.json_or_part(out)?;
        let (list, names) = match &root.value {
            Value::List(items) => (items.as_slice(), None),
            _ => match root.get("packages") {
                Some(packages) => (packages.list(), root.get("dev-package-names")),
                None => anyhow::bail!("neither a list nor `packages`: not a list of installed packages"),
            },
        };
        let dev: BTreeSet<&str> = names.map_or(&[][..], Node::list).iter().filter_map(Node::text).collect();
        // `vendor/composer/installed.json` speaks for the folder that holds `vendor`; a folder of another name
        // may be a repository of copies
        let here = file.folder();
        let vendor = here.parent();
        let holder = if vendor.name() == "vendor" { vendor.parent() } else { vendor.clone() };
        let project = toolkit::locked_root_at("composer", &holder, input, file, out);
        let mut all = Vec::new();
        for node in list {
            let is_dev = node.text_at("name").is_some_and(|name| dev.contains(name));
            let scope = if is_dev { scope::DEV } else { scope::RUNTIME };
            let Some(entry) = entry::write(node, scope, (&project, &holder), input, out) else { continue };
            if !entry.locked.own && node.text_at("type") != Some("metapackage") {
                let place = node.get("install-path");
                let folder = match place.and_then(Node::text) {
                    Some(text) => here.join(text),
                    None => vendor.join(entry.name),
                };
                match folder {
                    Some(folder) => {
                        let span = place.or_else(|| node.get("name")).unwrap_or(node).span;
                        toolkit::held(&entry.locked.id, &folder, &file.at(span), out);
                    }
                    None => {
                        let span = place.map(|place| place.span);
                        out.problem(DiagnosticKind::Unresolved, file, span, "a copy outside of the tree");
                    }
                }
            }
            all.push(entry);
        }
        entry::edges(&all, (&project, &holder), input, out);
        Ok(())
    }
}
