//! `pnpm-workspace.yaml`: the ranges that manifests of the workspace take from its catalogs.

use super::npmrc;
use super::overrides;
use super::pnpm_uses::{DEFAULT, Uses};
use super::spec::{self, Spec};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `pnpm-workspace`.
pub struct PnpmWorkspace;

static META: ScannerMeta = ScannerMeta {
    id: "pnpm-workspace",
    title: "pnpm workspace settings",
    summary: "Ranges of the default and the named catalogs, which manifests mean by `catalog:` (those that none means are \
              said and not counted), packages that configure pnpm itself, overrides, and registries in general and of \
              scopes. Other settings are not read.",
    files: &["**/pnpm-workspace.yaml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://pnpm.io/pnpm-workspace_yaml",
};

impl Scanner for PnpmWorkspace {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let project = input.root_subject(file);
        let before = out.len();
        let roots = file.yaml_or_part(out);
        let mut uses = None;
        let mut unused = Vec::new();
        for root in roots {
            npmrc::pnpm(root, &project, file, out);
            if let Some(table) = root.get("overrides") {
                overrides::of_table("pnpm", table, &project, file, out);
            }
            let named = root.get("catalogs").map_or(&[][..], Node::entries).iter();
            let named = named.map(|entry| (Some(&*entry.key), &entry.value));
            let default = root.get("catalog").map(|table| (Some(DEFAULT), table));
            let configs = root.get("configDependencies").map(|table| (None, table));
            for (catalog, table) in default.into_iter().chain(named).chain(configs) {
                if !table.is_map() {
                    let message = "no table of names and ranges";
                    out.problem(DiagnosticKind::Malformed, file, Some(table.span), message);
                }
                for entry in table.entries() {
                    let uses = uses.get_or_insert_with(|| Uses::of(input, &file.folder(), roots));
                    let is_used = |uses: &Uses| catalog.is_none_or(|catalog| uses.holds(catalog, &entry.key));
                    if input.subject.is_some() || uses.as_ref().is_none_or(is_used) {
                        range(entry, &project, file, out);
                    } else {
                        unused.push((&*entry.key, entry.key_span));
                    }
                }
            }
        }
        toolkit::tell_unused(unused, "manifest", file, out);
        if out.len() > before {
            toolkit::root(input, file, out);
        }
        Ok(())
    }
}

fn range(entry: &Entry, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    // `18` is a number to YAML
    let value = entry.value.get("version").unwrap_or(&entry.value);
    let Some(text) = value.scalar().filter(|_| !entry.key.is_empty()) else {
        let message = format!("the range of `{}` is no text", entry.key);
        out.problem(DiagnosticKind::Malformed, file, Some(value.span), message);
        return;
    };
    // `1.0.0+sha512-…` of a package that configures pnpm
    let (text, hash) = text.split_once("+sha").map_or((&*text, None), |(text, hash)| (text, Some(hash)));
    let Spec::Range { ecosystem, name, range } = spec::spec(text) else { return };
    let name = name.as_deref().unwrap_or(&entry.key);
    let id = Package::new(ecosystem, name, spec::exact(&range), file, entry.key_span).write(project, out);
    let seen = file.at(entry.key_span);
    // what it is for only the manifests say
    out.attribute(&id, key::REQUIREMENT, &range, seen.clone());
    toolkit::direct(project, &id, &seen, out);
    if let Some(hash) = hash {
        out.attribute(&id, key::INTEGRITY, format!("sha{hash}"), seen.clone());
    }
    toolkit::from_default(&id, ecosystem, &seen, out);
}
