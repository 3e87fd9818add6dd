//! `*.deps.json`: what a built .NET application brings along.

use anyhow::Context as _;

use super::name_and_version;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Entries, Locked, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `deps-json`.
pub struct DepsJson;

static META: ScannerMeta = ScannerMeta {
    id: "deps-json",
    title: ".NET runtime dependencies",
    summary: "Exact packages and runtime packs that a built application brings along, with edges and hash. Projects and \
              referenced assemblies are the application's own.",
    files: &["**/*.deps.json"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://github.com/dotnet/sdk/blob/main/documentation/specs/runtime-configuration-file.md",
};

impl Scanner for DepsJson {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.json_or_part(out)?;
        let libraries = root.get("libraries").context("no `libraries`: not a .NET dependency file")?;
        let project = toolkit::root(input, file, out);
        let mut entries = Entries::default();
        for entry in libraries.entries() {
            let kind = entry.value.text_at("type").unwrap_or("package");
            if !matches!(kind, "package" | "runtimepack") {
                entries.add(&*entry.key, None, Locked::own(&project));
                continue;
            }
            let (name, Some(version)) = name_and_version(&entry.key) else {
                let message = format!("`{}` is not `name/version`", entry.key);
                out.problem(DiagnosticKind::Malformed, file, Some(entry.key_span), message);
                continue;
            };
            let name = name.strip_prefix("runtimepack.").unwrap_or(name);
            let id = Package::new("nuget", name, Some(version), file, entry.key_span).write(&project, out);
            let seen = file.at(entry.key_span);
            out.attribute(&id, key::SCOPE, scope::RUNTIME, seen.clone());
            if let Some(hash) = entry.value.get("sha512")
                && let Some(text) = hash.text().filter(|text| !text.is_empty())
            {
                out.attribute(&id, key::INTEGRITY, text, file.at(hash.span));
            }
            toolkit::from_default(&id, "nuget", &seen, out);
            entries.add(&*entry.key, None, Locked::package(id));
        }
        for target in root.get("targets").map_or(&[][..], Node::entries) {
            for entry in target.value.entries() {
                for need in entry.value.get("dependencies").map_or(&[][..], Node::entries) {
                    let Some(version) = need.value.text() else { continue };
                    let seen = file.at(need.key_span);
                    let to = format!("{}/{version}", need.key);
                    for (from, to) in entries.named(&entry.key, None).zip(entries.named(&to, None)) {
                        from.needs(to, &seen, out);
                    }
                }
            }
        }
        Ok(())
    }
}
