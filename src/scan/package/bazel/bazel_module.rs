//! `MODULE.bazel`: modules that a Bazel project asks for.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Basis, ComponentId, ComponentKind};
use crate::parse::Node;
use crate::parse::calls::Call;
use crate::scan::package::toolkit::{self, Package, manifest, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `bazel-module`.
pub struct BazelModule;

static META: ScannerMeta = ScannerMeta {
    id: "bazel-module",
    title: "Bazel module",
    summary: "Modules asked for with their least version and scope, overrides by version, registry, archive or git, \
              and literal sources of repository rules. The chosen versions stand in MODULE.bazel.lock.",
    files: &["**/MODULE.bazel", "**/*.MODULE.bazel"],
    unit: Unit::File,
    size: SizeClass::Code,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://bazel.build/rules/lib/globals/module",
};

impl Scanner for BazelModule {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let project = toolkit::root(input, file, out);
        let calls = super::calls_of(file, out);
        let mut overrides: BTreeMap<&str, &Call<'_>> = BTreeMap::new();
        for call in calls.iter().filter(|call| call.name.ends_with("_override")) {
            match call.text("module_name") {
                Some(name) => {
                    overrides.insert(name, call);
                }
                None => super::computed(call, file, out),
            }
        }
        let mut asked: BTreeSet<&str> = BTreeSet::new();
        for call in calls.iter().filter(|call| call.name == "bazel_dep") {
            let Some((name, span)) = call.value("name").and_then(|node| Some((node.text()?, node.span))) else {
                super::computed(call, file, out);
                continue;
            };
            asked.insert(name);
            let dev = call.value("dev_dependency").and_then(Node::as_bool) == Some(true);
            let scope = if dev { scope::DEV } else { scope::RUNTIME };
            match overrides.get(name) {
                Some(call) if other_source(call, &project, input, out) => {}
                fixed => {
                    let fixed = fixed.filter(|call| call.name == "single_version_override").copied();
                    let version = fixed.and_then(|call| call.text("version")).filter(|text| !text.is_empty());
                    let least = call.text("version").unwrap_or("");
                    let id = Package::new("bazel", name, version, file, span).require(least, scope, &project, out);
                    registry(fixed, &id, span, file, out);
                }
            }
        }
        for (name, call) in &overrides {
            if asked.contains(name) || other_source(call, &project, input, out) {
                continue;
            }
            let version = call.text("version").filter(|text| !text.is_empty());
            if let (Some(version), Some(node)) = (version, call.value("module_name")) {
                // fixed for others that need it
                let id = Package::new("bazel", name, Some(version), file, node.span).write(&project, out);
                registry(Some(call), &id, node.span, file, out);
            }
        }
        for call in calls.iter().filter(|call| !call.name.ends_with("_override")) {
            super::fetch(call, &project, file, out);
        }
        Ok(())
    }
}

/// An override by archive, git or folder takes the module from elsewhere.
fn other_source(call: &Call<'_>, project: &ComponentId, input: &Input<'_>, out: &mut Facts<'_>) -> bool {
    let file = input.file();
    match call.name {
        "archive_override" => super::archive(call, project, file, out),
        "git_override" => super::repository(call, "remote", project, file, out),
        // a folder of the tree, seen from the one of the module
        "local_path_override" => match call.value("path").and_then(|node| Some((node.text()?, node.span))) {
            Some((path, span)) => {
                let place = (&file.folder(), path, manifest::BAZEL);
                toolkit::needs_project(project, place, input, (file, span), out);
            }
            None => super::computed(call, file, out),
        },
        _ => return false,
    }
    true
}

/// The registry of an override, else the central one.
fn registry(
    call: Option<&Call<'_>>,
    id: &ComponentId,
    span: crate::text::Span,
    file: &SourceFile,
    out: &mut Facts<'_>,
) {
    match call.and_then(|call| call.value("registry")).and_then(|node| Some((node.text()?, node.span))) {
        Some((address, span)) if !address.is_empty() => toolkit::fetched_from(id, address, &file.at(span), out),
        _ => toolkit::from_default(id, "bazel", &file.at(span), out),
    }
}
