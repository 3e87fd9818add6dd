//! `dotnet-tools.json`: the tools that a .NET repository installs for itself.

use anyhow::Context as _;

use super::exact;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind};
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `dotnet-tools`.
pub struct DotnetTools;

static META: ScannerMeta = ScannerMeta {
    id: "dotnet-tools",
    title: ".NET tool manifest",
    summary: "Tools with their exact versions; they are development tools.",
    files: &["**/dotnet-tools.json"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://learn.microsoft.com/dotnet/core/tools/local-tools-how-to-use",
};

impl Scanner for DotnetTools {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.json_or_part(out)?;
        let tools = root.get("tools").context("no `tools`: not a .NET tool manifest")?;
        let folder = file.folder();
        let folder = if folder.name() == ".config" { folder.parent() } else { folder };
        let project = toolkit::root_at(&folder, input, file, out);
        for entry in tools.entries() {
            let Some(text) = entry.value.text_at("version") else {
                let message = format!("the tool `{}` has no version", entry.key);
                out.problem(DiagnosticKind::Malformed, file, Some(entry.key_span), message);
                continue;
            };
            let package = Package::new("nuget", &entry.key, exact(text), file, entry.key_span);
            // the manifest pins: a tool is restored in this version and no other
            let id = package.require(text, scope::DEV, &project, out);
            toolkit::from_default(&id, "nuget", &file.at(entry.key_span), out);
        }
        Ok(())
    }
}
