//! `*.csproj` and its like, `Directory.Build.props`, `Directory.Packages.props`: packages that .NET projects ask for.

use std::collections::BTreeMap;

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
              command-line tools, SDKs with a version, and global references. A project that is referenced is a project of \
              the tree; central versions alone are no packages.",
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
        let removed = removed(&groups);
        let reader = Reader { input, project: &project, around: &around, is_project, is_test, removed };
        reader.sdk(root.attribute("Sdk"), &root, out);
        for (group, conditions) in &groups {
            match &*group.name {
                "ItemGroup" => {
                    for item in group.entries() {
                        reader.item(item, conditions, out);
                    }
                }
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
    input: &'a Input<'a>,
    project: &'a ComponentId,
    around: &'a Around<'a>,
    /// A project, and not a file that projects take in.
    is_project: bool,
    is_test: bool,
    removed: Removed,
}

/// Where references of a name are taken away again, whatever the conditions: the last place.
type Removed = BTreeMap<String, usize>;

fn removed(groups: &[(&Element, Vec<&str>)]) -> Removed {
    let items = groups.iter().filter(|(group, conditions)| &*group.name == "ItemGroup" && conditions.is_empty());
    let mut removed = Removed::new();
    for item in items.flat_map(|(group, _)| group.entries()).filter(|item| &*item.name == "PackageReference") {
        let names = item.attribute("Remove").filter(|_| item.attribute("Condition").is_none()).unwrap_or("");
        for name in names.split(';').map(str::trim).filter(|name| !name.is_empty()) {
            let last = removed.entry(name.to_ascii_lowercase()).or_default();
            *last = (*last).max(item.tag.start);
        }
    }
    removed
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
            "ProjectReference" => return self.projects(item, out),
            "PackageReference" if private() => scope::BUILD,
            "PackageReference" if self.is_test => scope::TEST,
            "PackageReference" => scope::RUNTIME,
            "DotNetCliToolReference" => scope::DEV,
            "GlobalPackageReference" | "PackageDownload" => scope::BUILD,
            _ => return,
        };
        let Some(names) = item.attribute("Include") else {
            // `Update` gives a version to what is included elsewhere, `Remove` takes it away
            match item.attribute("Update") {
                Some(names) => self.updated(names, scope, item, conditions, out),
                None if item.attribute("Remove").is_none() => {
                    let message = format!("`<{}>` without `Include`", item.name);
                    out.problem(DiagnosticKind::Malformed, self.file(), Some(item.tag), message);
                }
                None => {}
            }
            return;
        };
        for name in names.split(';').map(|name| self.around.expand(name)).filter(|name| !name.is_empty()) {
            if name.contains(['$', '@', '%']) {
                let message = format!("the name `{name}` depends on what the tree does not state as a literal");
                out.problem(DiagnosticKind::Unresolved, self.file(), Some(item.tag), message);
                continue;
            }
            if &*item.name != "PackageReference" || !self.is_removed(&name, item) {
                self.reference(&name, scope, item, conditions, out);
            }
        }
    }

    fn file(&self) -> &SourceFile {
        self.input.file()
    }

    /// True for what a later item of the file takes away.
    fn is_removed(&self, name: &str, item: &Element) -> bool {
        self.removed.get(&name.to_ascii_lowercase()).is_some_and(|last| *last > item.tag.start)
    }

    /// The project's own version of what a file around it references: for this project it is that one.
    fn updated(&self, names: &str, scope: &'static str, item: &Element, conditions: &[&str], out: &mut Facts<'_>) {
        let has_version = ["VersionOverride", "Version"].iter().any(|key| metadata(item, key).is_some());
        if !self.is_project || &*item.name != "PackageReference" || !has_version {
            return;
        }
        let names = names.split(';').map(|name| self.around.expand(name));
        for name in names.filter(|name| self.around.includes(name) && !self.is_removed(name, item)) {
            self.reference(&name, scope, item, conditions, out);
        }
    }

    /// Projects of the tree that this one is built with. In a file that projects take in, a path is seen from each of them
    /// unless it says otherwise.
    fn projects(&self, item: &Element, out: &mut Facts<'_>) {
        let paths = item.attribute("Include").unwrap_or("").split(';').map(str::trim);
        for stated in paths.filter(|path| !path.is_empty()) {
            let path = self.around.path(stated);
            let mut problem =
                |message: String| out.problem(DiagnosticKind::Unresolved, self.file(), Some(item.tag), message);
            if !self.is_project && !stated.starts_with("$(MSBuildThisFileDirectory)") {
                problem(format!("`{stated}` is seen from each project that takes this file in: it is not followed"));
                continue;
            }
            if path.contains(['$', '@', '%', '*', '?']) {
                problem(format!("which projects `{stated}` means is not stated as a literal"));
                continue;
            }
            if ![".csproj", ".fsproj", ".vbproj"].iter().any(|ending| path.ends_with(ending)) {
                problem(format!("`{path}` is a project of a sort that is not read"));
                continue;
            }
            let found = self.file().folder().join(&path);
            match found.filter(|path| self.input.paths.binary_search(path).is_ok()) {
                Some(path) => {
                    let seen = self.file().at(item.tag);
                    toolkit::uses_project(self.project, &path.parent(), self.input, &seen, out);
                }
                None => problem(format!("the project `{path}` is not in this tree")),
            }
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
            out.problem(DiagnosticKind::Unresolved, self.file(), Some(item.tag), message);
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
            out.problem(DiagnosticKind::Unresolved, self.file(), Some(item.tag), message);
        }
        let exact = exact(text);
        let package = Package::new("nuget", name, exact, self.file(), item.tag);
        let id = match &*item.name {
            // what needs more is restored as that
            "PackageReference" | "GlobalPackageReference" if exact.is_some() => {
                package.declared(text, scope, self.project, out)
            }
            _ => package.require(text, scope, self.project, out),
        };
        toolkit::stated_at(&id, exact, text, &version.places, out);
        let seen = self.file().at(item.tag);
        if let Some(condition) = &version.condition {
            out.attribute(&id, key::CONDITION, condition, seen.clone());
        }
        toolkit::from_default(&id, "nuget", &seen, out);
    }
}
