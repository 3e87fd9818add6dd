//! `*.csproj` and its like, `Directory.Build.props`, `Directory.Packages.props`: packages that .NET projects ask for.

use std::collections::BTreeSet;

use super::elements::{is_private, joined, metadata, sections};
use super::exact;
use super::msbuild::{Around, At, REFERENCES, Shared, VERSIONS, Version};
use super::taken_in::{is_taken_in, takes_in};
use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::xml::Element;
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::{RelPath, Span};

/// Scanner `dotnet-project`.
pub struct DotnetProject;

static META: ScannerMeta = ScannerMeta {
    id: "dotnet-project",
    title: ".NET project",
    summary: "Package references with central versions, overrides and properties from the props files of the tree, \
              command-line tools, SDKs with a version, and global references. A project that is referenced is a project of \
              the tree; central versions alone are no packages, nor are libraries by `HintPath`.",
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

    fn asks_others(&self, path: &RelPath) -> bool {
        !path.name().ends_with("proj")
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
        let before = out.len();
        let project = if is_project { toolkit::root(input, file, out) } else { input.root_subject(file) };
        let around = Around::of(&input.files[0], &root, input);
        if is_project && !file.is_side() {
            takes_in(file.path(), &around, input);
        }
        let groups = sections(&root);
        let items =
            || groups.iter().filter(|(group, _)| &*group.name == "ItemGroup").flat_map(|(group, _)| group.entries());
        let is_test = around.sure_property("IsTestProject").is_some_and(|text| text.eq_ignore_ascii_case("true"))
            || items().any(|item| item.attribute("Include").is_some_and(|name| name == "Microsoft.NET.Test.Sdk"));
        let is_shared = |item: &&Element| REFERENCES.contains(&&*item.name) && item.attribute("Include").is_some();
        let is_taken_in = !is_project && items().any(|item| is_shared(&item)) && is_taken_in(file.path(), input);
        let private = updated_names(&groups, is_private);
        let reader = Reader { input, project: &project, around: &around, is_project, is_taken_in, is_test, private };
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
        if is_project {
            let updated = updated_names(&groups, |item| metadata(item, "Version").is_some());
            if around.is_cut() {
                let message = "the files around this project reference more packages than are followed";
                out.problem(DiagnosticKind::LimitReached, file, None, message);
            }
            around.shared().iter().for_each(|shared| reader.shared(shared, &updated, out));
        } else if out.len() > before {
            out.component(&project, input.root_kind(), file.whole());
        }
        Ok(())
    }
}

/// Names in lower case to which the items of a project add something of a kind, whatever is built.
fn updated_names(groups: &[(&Element, Vec<&str>)], adds: impl Fn(&Element) -> bool) -> BTreeSet<String> {
    let always = groups.iter().filter(|(group, conditions)| &*group.name == "ItemGroup" && conditions.is_empty());
    let updates = always
        .flat_map(|(group, _)| group.entries())
        .filter(|item| &*item.name == "PackageReference" && adds(item) && item.attribute("Condition").is_none());
    let names = updates.filter_map(|item| item.attribute("Update")).flat_map(|names| names.split(';'));
    names.map(|name| name.trim().to_ascii_lowercase()).collect()
}

/// An item that asks for packages.
struct Asked<'a> {
    file: &'a SourceFile,
    sort: &'a str,
    /// The tag.
    span: Span,
    condition: Option<String>,
    version: Option<&'a str>,
    /// The version is one that no other item changes.
    is_override: bool,
    /// When it is read.
    at: At,
}

impl Asked<'_> {
    /// Every item of a project has a place of its own.
    fn at(item: &Element) -> At {
        At { place: item.tag.start, order: usize::MAX }
    }
}

struct Reader<'a> {
    input: &'a Input<'a>,
    project: &'a ComponentId,
    around: &'a Around<'a>,
    /// A project, and not a file that projects take in.
    is_project: bool,
    /// A file that projects of the tree do take in: its references are theirs.
    is_taken_in: bool,
    is_test: bool,
    /// Names in lower case that items beside those that include them keep to the build.
    private: BTreeSet<String>,
}

impl Reader<'_> {
    /// SDKs with a version are packages: `Sdk="MSTest.Sdk/3.6.0;Other"`.
    fn sdk(&self, text: Option<&str>, element: &Element, out: &mut Facts<'_>) {
        for sdk in text.unwrap_or("").split(';').map(str::trim) {
            let Some((name, version)) = sdk.split_once('/') else { continue };
            let (text, places) = self.around.expand_placed(version);
            let at = Asked::at(element);
            let version = Version { text, condition: None, places, at };
            let (file, span) = (self.file(), element.tag);
            let asked =
                Asked { file, sort: &element.name, span, condition: None, version: None, is_override: false, at };
            self.write(name, &version, scope::BUILD, &asked, out);
        }
    }

    fn item(&self, item: &Element, conditions: &[&str], out: &mut Facts<'_>) {
        if &*item.name == "ProjectReference" {
            return self.projects(item, out);
        }
        if &*item.name == "Reference" {
            return self.assembly(item, out);
        }
        let Some(scope) = self.scope(&item.name, is_private(item)) else { return };
        let asked = Asked {
            file: self.file(),
            sort: &item.name,
            span: item.tag,
            condition: joined(conditions, item),
            version: ["VersionOverride", "Version"].iter().find_map(|key| metadata(item, key)),
            is_override: metadata(item, "VersionOverride").is_some(),
            at: Asked::at(item),
        };
        let Some(names) = item.attribute("Include") else {
            // `Update` gives a version to what is included elsewhere, `Remove` takes it away
            match item.attribute("Update") {
                Some(names) => self.updated(names, scope, &asked, out),
                None if item.attribute("Remove").is_none() => {
                    let message = format!("`<{}>` without `Include`", item.name);
                    out.problem(DiagnosticKind::Malformed, self.file(), Some(item.tag), message);
                }
                None => {}
            }
            return;
        };
        if self.is_taken_in {
            return;
        }
        self.names(names, scope, &asked, &|name| self.is_removed(name, &asked), out);
    }

    /// What an item is needed for; nothing for one that asks for no package.
    fn scope(&self, sort: &str, is_private: bool) -> Option<&'static str> {
        Some(match sort {
            "PackageReference" if is_private => scope::BUILD,
            "PackageReference" if self.is_test => scope::TEST,
            "PackageReference" => scope::RUNTIME,
            "DotNetCliToolReference" => scope::DEV,
            "GlobalPackageReference" | "PackageDownload" => scope::BUILD,
            _ => return None,
        })
    }

    /// The packages that an item includes.
    fn names(
        &self,
        names: &str,
        scope: &'static str,
        asked: &Asked<'_>,
        is_left_out: &dyn Fn(&str) -> bool,
        out: &mut Facts<'_>,
    ) {
        for name in names.split(';').map(|name| self.around.expand(name)).filter(|name| !name.is_empty()) {
            if name.contains(['$', '@', '%']) {
                let message = format!("the name `{name}` depends on what the tree does not state as a literal");
                out.problem(DiagnosticKind::Unresolved, asked.file, Some(asked.span), message);
            } else if !is_left_out(&name) {
                self.reference(&name, scope, asked, out);
            }
        }
    }

    /// A reference of a file that the project takes in, unless the project takes it away, or gives it another version. Of
    /// conditions, only those stay that what is known does not decide.
    fn shared(&self, shared: &Shared, updated: &BTreeSet<String>, out: &mut Facts<'_>) {
        let Some(scope) = self.scope(&shared.sort, shared.is_private) else { return };
        if &*shared.sort == "GlobalPackageReference" && self.around.is_central_off() {
            return;
        }
        let mut open = Vec::new();
        for condition in &shared.conditions {
            match self.holds(condition) {
                Some(true) => {}
                Some(false) => return,
                None => open.push(&**condition),
            }
        }
        let asked = Asked {
            file: &shared.file,
            sort: &shared.sort,
            span: shared.span,
            condition: (!open.is_empty()).then(|| open.join(" and ")),
            version: shared.version.as_deref(),
            is_override: shared.is_override,
            at: shared.at,
        };
        let is_updated =
            |name: &str| &*shared.sort == "PackageReference" && updated.contains(&name.to_ascii_lowercase());
        let is_left_out = |name: &str| is_updated(name) || self.is_removed(name, &asked);
        self.names(&shared.names, scope, &asked, &is_left_out, out);
    }

    /// As [`Around::holds`], with what is known of the project itself.
    fn holds(&self, condition: &str) -> Option<bool> {
        let name = self.file().path().name();
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let condition = condition.replace("$(MSBuildProjectName)", stem).replace("$(MSBuildProjectFile)", name);
        // nothing but the package of the tests sets it besides the tree
        let condition = match (self.is_test, self.around.is_unset("IsTestProject")) {
            (true, _) => condition.replace("$(IsTestProject)", "true"),
            (false, true) => condition.replace("$(IsTestProject)", ""),
            (false, false) => condition,
        };
        self.around.holds(&condition)
    }

    fn file(&self) -> &SourceFile {
        self.input.file()
    }

    /// True for what a later item takes away.
    fn is_removed(&self, name: &str, asked: &Asked<'_>) -> bool {
        self.around.is_removed(asked.sort, name, asked.at, &|condition| self.holds(condition))
    }

    /// The project's own version of what a file around it references: for this project it is that one.
    fn updated(&self, names: &str, scope: &'static str, asked: &Asked<'_>, out: &mut Facts<'_>) {
        if !self.is_project || asked.sort != "PackageReference" || asked.version.is_none() {
            return;
        }
        let names = names.split(';').map(|name| self.around.expand(name));
        for name in names.filter(|name| self.around.includes(name) && !self.is_removed(name, asked)) {
            self.reference(&name, scope, asked, out);
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

    /// A library that is taken from a file and not as a package. What lies in `packages` was put there for `packages.config`.
    fn assembly(&self, item: &Element, out: &mut Facts<'_>) {
        let Some(stated) = metadata(item, "HintPath").map(str::trim).filter(|path| !path.is_empty()) else { return };
        let path = self.around.path(stated);
        let is_restored = path.to_ascii_lowercase().split('/').rev().skip(1).any(|folder| folder == "packages");
        if !is_restored {
            let message = format!("the library `{path}` is a file and no package: where it comes from is not stated");
            out.problem(DiagnosticKind::Unresolved, self.file(), Some(item.tag), message);
        }
    }

    fn reference(&self, name: &str, scope: &'static str, asked: &Asked<'_>, out: &mut Facts<'_>) {
        let is_private = asked.sort == "PackageReference" && self.private.contains(&name.to_ascii_lowercase());
        let scope = if is_private { scope::BUILD } else { scope };
        let condition = &asked.condition;
        let both = |version: &Version| match (condition, &version.condition) {
            (Some(one), Some(other)) => Some(format!("{one} and {other}")),
            (one, other) => one.clone().or_else(|| other.clone()),
        };
        let under_both = |version: &Version| Version { condition: both(version), ..version.clone() };
        let versions: Vec<Version> = match asked.version {
            Some(text) => {
                let (is_replaced, later) = self.later(name, asked);
                // several versions can be downloaded side by side
                let own = text.split(';').take(if is_replaced { 0 } else { VERSIONS }).map(|text| {
                    let (text, places) = self.around.expand_placed(text);
                    Version { text, condition: condition.clone(), places, at: asked.at }
                });
                own.chain(later.iter().map(under_both)).collect()
            }
            None => self.around.versions(name).iter().map(under_both).collect(),
        };
        if versions.is_empty() {
            let message = format!("no file of the tree states the version of `{name}`");
            out.problem(DiagnosticKind::Unresolved, asked.file, Some(asked.span), message);
            let (text, places) = (String::new(), Vec::new());
            let version = Version { text, condition: condition.clone(), places, at: asked.at };
            self.write(name, &version, scope, asked, out);
        }
        for version in &versions {
            self.write(name, version, scope, asked, out);
        }
    }

    /// The versions that later items give to a reference with a version; true when one of them is given for sure. Of conditions,
    /// only those stay that what is known does not decide.
    fn later(&self, name: &str, asked: &Asked<'_>) -> (bool, Vec<Version>) {
        let (mut is_replaced, mut found) = (false, Vec::new());
        if asked.sort != "PackageReference" || asked.is_override {
            return (is_replaced, found);
        }
        for version in self.around.updates(name, asked.at) {
            match version.condition.as_deref().map_or(Some(true), |condition| self.holds(condition)) {
                Some(true) => {
                    is_replaced = true;
                    found = vec![Version { condition: None, ..version.clone() }];
                }
                Some(false) => {}
                None => found.push(version.clone()),
            }
        }
        (is_replaced, found)
    }

    fn write(&self, name: &str, version: &Version, scope: &'static str, asked: &Asked<'_>, out: &mut Facts<'_>) {
        let text = version.text.as_str();
        if text.contains("$(") {
            let message = format!("the version of `{name}` is `{text}`, which the tree does not state as one literal");
            out.problem(DiagnosticKind::Unresolved, asked.file, Some(asked.span), message);
        }
        let exact = exact(text);
        let package = Package::new("nuget", name, exact, asked.file, asked.span);
        let id = match asked.sort {
            // what needs more is restored as that, unless the version is the only one: `[1.2.3]`
            "PackageReference" | "GlobalPackageReference" if exact.is_some_and(|exact| exact == text.trim()) => {
                package.declared(text, scope, self.project, out)
            }
            _ => package.require(text, scope, self.project, out),
        };
        toolkit::stated_at(&id, exact, text, &version.places, out);
        let seen = asked.file.at(asked.span);
        if let Some(condition) = &version.condition {
            out.attribute(&id, key::CONDITION, condition, seen.clone());
        }
        toolkit::from_default(&id, "nuget", &seen, out);
    }
}
