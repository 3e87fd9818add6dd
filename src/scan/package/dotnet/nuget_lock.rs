//! `packages.lock.json`, versions 1 and 2: exact NuGet packages for each target framework, with edges.

use anyhow::Context as _;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Entries, Locked, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `nuget-lock`.
pub struct NugetLock;

static META: ScannerMeta = ScannerMeta {
    id: "nuget-lock",
    title: "NuGet lock file",
    summary: "Exact packages of lock versions 1 and 2 with edges, content hash and the request of direct ones, for every \
              target framework. Projects are the tree's own. The file names no source.",
    files: &["**/packages.lock.json", "**/packages.*.lock.json"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files#locking-dependencies",
};

impl Scanner for NugetLock {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.json_or_part(out)?;
        let frameworks = root.get("dependencies").context("no `dependencies`: not a NuGet lock file")?;
        if let Some(version) = root.get("version")
            && !version.scalar().is_some_and(|text| matches!(&*text, "1" | "2"))
        {
            let message = "a lock version that is not known; read as version 2";
            out.problem(DiagnosticKind::Unsupported, file, Some(version.span), message);
        }
        let project = toolkit::locked_root("nuget", input, file, out);
        for framework in frameworks.entries() {
            let mut entries = Entries::default();
            for entry in framework.value.entries() {
                let kind = entry.value.text_at("type").unwrap_or("");
                if kind.eq_ignore_ascii_case("project") {
                    entries.add(entry.key.to_ascii_lowercase(), None, Locked::own(&project));
                    continue;
                }
                let Some(version) = entry.value.text_at("resolved") else {
                    let message = format!("`{}` has no `resolved` version", entry.key);
                    out.problem(DiagnosticKind::Malformed, file, Some(entry.key_span), message);
                    continue;
                };
                let id = Package::new("nuget", &entry.key, Some(version), file, entry.key_span).write(&project, out);
                let seen = file.at(entry.key_span);
                if kind.eq_ignore_ascii_case("direct") {
                    toolkit::direct(&project, &id, &seen, out);
                    if let Some(requested) = entry.value.get("requested")
                        && let Some(text) = requested.text()
                    {
                        out.attribute(&id, key::REQUIREMENT, text, file.at(requested.span));
                    }
                } else {
                    out.attribute(&id, key::RELATION, "transitive", seen.clone());
                }
                hash(&id, &entry.value, file, out);
                toolkit::from_default(&id, "nuget", &seen, out);
                entries.add(entry.key.to_ascii_lowercase(), None, Locked::package(id));
            }
            for entry in framework.value.entries() {
                let name = entry.key.to_ascii_lowercase();
                for need in entry.value.get("dependencies").map_or(&[][..], Node::entries) {
                    let seen = file.at(need.key_span);
                    let to = need.key.to_ascii_lowercase();
                    for (from, to) in entries.named(&name, None).zip(entries.named(&to, None)) {
                        // what a project of the tree needs is not needed directly by this one
                        if !from.own {
                            from.needs(to, &seen, out);
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

fn hash(id: &crate::model::ComponentId, entry: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    if let Some(hash) = entry.get("contentHash")
        && let Some(text) = hash.text()
    {
        out.attribute(id, key::INTEGRITY, format!("sha512-{text}"), file.at(hash.span));
    }
}
