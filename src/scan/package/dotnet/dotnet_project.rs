//! `*.csproj` and its like, `Directory.Build.props`, `Directory.Packages.props`: packages that .NET projects ask for.

use super::exact;
use super::msbuild::{Around, VERSIONS, Version, joined, metadata, sections};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::xml::Element;
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `dotnet-project`.
pub struct DotnetProject;

static META: ScannerMeta = ScannerMeta {
    id: "dotnet-project",
    title: ".NET project",
    summary: "Package references with central versions, overrides and properties from the props files of the tree, \
              command-line tools, SDKs with a version, and global references. Projects that are referenced are the tree's \
              own; central versions alone are no packages.",
    files: &["**/*.{csproj,fsproj,vbproj}", "**/*.{props,targets}"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files",
};

impl Scanner for DotnetProject {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let is_project = file.path().name().ends_with("proj");
        // `.props` and `.targets` are names of others as well
        if !is_project && !file.text().contains("<Project") {
            return Ok(());
        }
        let root = file.xml_or_part(out)?;
        if &*root.name != "Project" {
            anyhow::ensure!(!is_project, "the root element is `{}`: not a .NET project", root.name);
            return Ok(());
        }
        let project = toolkit::root(input, file, out);
        let around = Around::of(&input.files[0], &root, input);
        let groups = sections(&root);
        let items =
            || groups.iter().filter(|(group, _)| &*group.name == "ItemGroup").flat_map(|(group, _)| group.entries());
        let is_test = around.property("IsTestProject").is_some_and(|text| text.eq_ignore_ascii_case("true"))
            || items().any(|item| item.attribute("Include").is_some_and(|name| name == "Microsoft.NET.Test.Sdk"));
        let reader = Reader { file, project: &project, around: &around, is_test };
        reader.sdk(root.attribute("Sdk"), &root, out);
        for (group, conditions) in &groups {
            match &*group.name {
                "ItemGroup" => group.entries().for_each(|item| reader.item(item, conditions, out)),
                "Import" => reader.sdk(group.attribute("Sdk"), group, out),
                "Sdk" => {
                    let version = group.attribute("Version").map(|version| format!("/{version}")).unwrap_or_default();
                    let sdk = group.attribute("Name").map(|name| format!("{name}{version}"));
                    reader.sdk(sdk.as_deref(), group, out);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

struct Reader<'a> {
    file: &'a SourceFile,
    project: &'a ComponentId,
    around: &'a Around<'a>,
    is_test: bool,
}

impl Reader<'_> {
    /// SDKs with a version are packages: `Sdk="MSTest.Sdk/3.6.0;Other"`.
    fn sdk(&self, text: Option<&str>, element: &Element, out: &mut Facts<'_>) {
        for sdk in text.unwrap_or("").split(';').map(str::trim) {
            let Some((name, version)) = sdk.split_once('/') else { continue };
            let (text, places) = self.around.expand_placed(version);
            let version = Version { text, condition: None, places };
            self.write(name, &version, scope::BUILD, element, out);
        }
    }

    fn item(&self, item: &Element, conditions: &[&str], out: &mut Facts<'_>) {
        let private = || metadata(item, "PrivateAssets").is_some_and(|text| text.to_ascii_lowercase().contains("all"));
        let scope = match &*item.name {
            "PackageReference" if private() => scope::BUILD,
            "PackageReference" if self.is_test => scope::TEST,
            "PackageReference" => scope::RUNTIME,
            "DotNetCliToolReference" => scope::DEV,
            "GlobalPackageReference" | "PackageDownload" => scope::BUILD,
            _ => return,
        };
        let Some(names) = item.attribute("Include") else {
            // `Update` gives a version to what is included elsewhere, `Remove` takes it away
            if item.attribute("Update").is_none() && item.attribute("Remove").is_none() {
                let message = format!("`<{}>` without `Include`", item.name);
                out.problem(DiagnosticKind::Malformed, self.file, Some(item.tag), message);
            }
            return;
        };
        for name in names.split(';').map(|name| self.around.expand(name)).filter(|name| !name.is_empty()) {
            if name.contains(['$', '@', '%']) {
                let message = format!("the name `{name}` depends on what the tree does not state as a literal");
                out.problem(DiagnosticKind::Unresolved, self.file, Some(item.tag), message);
                continue;
            }
            self.reference(&name, scope, item, conditions, out);
        }
    }

    fn reference(&self, name: &str, scope: &'static str, item: &Element, conditions: &[&str], out: &mut Facts<'_>) {
        let condition = joined(conditions, item);
        let stated = ["VersionOverride", "Version"].iter().find_map(|key| metadata(item, key));
        let versions: Vec<Version> = match stated {
            // several versions can be downloaded side by side
            Some(text) => text
                .split(';')
                .take(VERSIONS)
                .map(|text| {
                    let (text, places) = self.around.expand_placed(text);
                    Version { text, condition: condition.clone(), places }
                })
                .collect(),
            None => {
                let both = |version: &Version| match (&condition, &version.condition) {
                    (Some(one), Some(other)) => Some(format!("{one} and {other}")),
                    (one, other) => one.clone().or_else(|| other.clone()),
                };
                let all = self.around.versions(name).iter();
                all.map(|version| Version { condition: both(version), ..version.clone() }).collect()
            }
        };
        if versions.is_empty() {
            let message = format!("no file of the tree states the version of `{name}`");
            out.problem(DiagnosticKind::Unresolved, self.file, Some(item.tag), message);
            self.write(name, &Version { text: String::new(), condition, places: Vec::new() }, scope, item, out);
        }
        for version in &versions {
            self.write(name, version, scope, item, out);
        }
    }

    fn write(&self, name: &str, version: &Version, scope: &'static str, item: &Element, out: &mut Facts<'_>) {
        let text = version.text.as_str();
        if text.contains("$(") {
            let message = format!("the version of `{name}` is `{text}`, which the tree does not state as one literal");
            out.problem(DiagnosticKind::Unresolved, self.file, Some(item.tag), message);
        }
        let exact = exact(text);
        let package = Package::new("nuget", name, exact, self.file, item.tag);
        let id = match &*item.name {
            // what needs more is restored as that
            "PackageReference" | "GlobalPackageReference" if exact.is_some() => {
                package.declared(text, scope, self.project, out)
            }
            _ => package.require(text, scope, self.project, out),
        };
        toolkit::stated_at(&id, exact, text, &version.places, out);
        let seen = self.file.at(item.tag);
        if let Some(condition) = &version.condition {
            out.attribute(&id, key::CONDITION, condition, seen.clone());
        }
        toolkit::from_default(&id, "nuget", &seen, out);
    }
}
