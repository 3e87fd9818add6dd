//! `packages.config`: the exact packages of an older .NET project.

use super::exact;
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentKind, key};
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};

/// Scanner `packages-config`.
pub struct PackagesConfig;

static META: ScannerMeta = ScannerMeta {
    id: "packages-config",
    title: "NuGet package list",
    summary: "Exact packages of an older .NET project, direct and transitive ones alike, and which are for development.",
    files: &["**/[pP]ackages.config", "**/[pP]ackages.*.config"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://learn.microsoft.com/nuget/reference/packages-config",
};

impl Scanner for PackagesConfig {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.xml_or_part(out)?;
        anyhow::ensure!(&*root.name == "packages", "the root element is `{}`: not a NuGet package list", root.name);
        let project = toolkit::root(input, file, out);
        for package in root.all("package") {
            let name = package.attribute("id").map(str::trim).unwrap_or("");
            let Some(version) = package.attribute("version").and_then(exact).filter(|_| !name.is_empty()) else {
                let message = "a package without `id` or an exact `version`";
                out.problem(DiagnosticKind::Malformed, file, Some(package.tag), message);
                continue;
            };
            let id = Package::new("nuget", name, Some(version), file, package.tag).write(&project, out);
            let seen = file.at(package.tag);
            let dev = package.attribute("developmentDependency").is_some_and(|text| text.eq_ignore_ascii_case("true"));
            out.attribute(&id, key::SCOPE, if dev { scope::DEV } else { scope::RUNTIME }, seen.clone());
            if let Some(allowed) = package.attribute("allowedVersions") {
                out.attribute(&id, key::REQUIREMENT, allowed, seen.clone());
            }
            if let Some(framework) = package.attribute("targetFramework") {
                out.attribute(&id, key::CONDITION, framework, seen.clone());
            }
            toolkit::from_default(&id, "nuget", &seen, out);
        }
        Ok(())
    }
}
