//! `Package.resolved`, versions 1 to 3: exact Swift packages.

use anyhow::Context as _;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::Node;
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::RelPath;

/// Scanner `swift-resolved`.
pub struct SwiftResolved;

static META: ScannerMeta = ScannerMeta {
    id: "swift-resolved",
    title: "Swift package lock file",
    summary: "Exact packages with their repository and revision, of versions 1 to 3. What follows a branch has its \
              revision as version. Packages of a folder are the tree's own.",
    files: &["**/{Package.resolved,.package.resolved}"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://docs.swift.org/swiftpm/documentation/packagemanagerdocs/resolvingpackageversions",
};

impl Scanner for SwiftResolved {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.json_or_part(out)?;
        let pins = root.get("pins").or_else(|| root.at(&["object", "pins"]));
        let pins = pins.context("no `pins`: not a Swift package lock file")?;
        if let Some(version) = root.get("version")
            && !version.scalar().is_some_and(|text| matches!(&*text, "1" | "2" | "3"))
        {
            let message = "a lock version that is not known; read as version 3";
            out.problem(DiagnosticKind::Unsupported, file, Some(version.span), message);
        }
        let project = toolkit::locked_root_at("swift", &folder(file.path()), input, file, out);
        for pin in pins.list() {
            write(pin, &project, file, out);
        }
        Ok(())
    }
}

/// The folder of the project: Xcode keeps the file deep in `App.xcodeproj` or `App.xcworkspace`.
fn folder(path: &RelPath) -> RelPath {
    let text = path.as_str();
    let bundle = |part: &str| part.ends_with(".xcodeproj") || part.ends_with(".xcworkspace");
    let mut end = 0;
    for part in text.split('/') {
        if bundle(part) {
            return RelPath::new(text[..end].trim_end_matches('/')).unwrap_or_else(RelPath::root);
        }
        end += part.len() + 1;
    }
    path.parent()
}

fn write(pin: &Node, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let identity = pin.get("identity").or_else(|| pin.get("package"));
    let location = pin.get("location").or_else(|| pin.get("repositoryURL"));
    let Some(identity) = identity.or(location).filter(|node| node.text().is_some()) else {
        out.problem(DiagnosticKind::Malformed, file, Some(pin.span), "a pin without `identity`");
        return;
    };
    let address = location.and_then(Node::text).unwrap_or("");
    if matches!(pin.text_at("kind"), Some("localSourceControl" | "fileSystem")) || address.starts_with(['/', '.']) {
        return;
    }
    let state = |name: &str| pin.get("state").and_then(|state| state.text_at(name)).filter(|text| !text.is_empty());
    let (version, revision) = (state("version"), state("revision"));
    if version.or(revision).is_none() {
        let message = "a pin with neither version nor revision";
        out.problem(DiagnosticKind::Malformed, file, Some(identity.span), message);
    }
    let path = toolkit::repository_path(address);
    let name = path.as_deref().or_else(|| identity.text()).unwrap_or_default();
    let id = Package::new("swift", name, version.or(revision), file, identity.span).write(project, out);
    let Some(location) = location.filter(|_| path.is_some()) else {
        // packages of a registry have no location; which registry it is stands in a setting
        return;
    };
    let seen = file.at(location.span);
    toolkit::from_repository(&id, address, revision, &seen, out);
    if let Some(branch) = state("branch") {
        out.attribute(&id, key::REQUIREMENT, format!("branch {branch}"), file.at(identity.span));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xcode_keeps_the_file_deep() {
        let of = |text: &str| RelPath::new(text).map(|path| folder(&path).to_string());
        let deep = "ios/App.xcodeproj/project.xcworkspace/xcshareddata/swiftpm/Package.resolved";
        assert_eq!(of(deep).as_deref(), Some("ios"));
        assert_eq!(of("App.xcworkspace/xcshareddata/swiftpm/Package.resolved").as_deref(), Some("."));
        assert_eq!(of("a/Package.resolved").as_deref(), Some("a"));
    }
}
