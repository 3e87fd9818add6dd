//! `pubspec.yaml`: what a Dart or Flutter project asks for.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;

use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Package, manifest, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::RelPath;

/// Scanner `pubspec`.
pub struct Pubspec;

static META: ScannerMeta = ScannerMeta {
    id: "pubspec",
    title: "Dart manifest",
    summary: "Declared dependencies with their constraint, other servers and git hosts. A pubspec.lock in the folder \
              or above answers them; packages of a folder and members of a workspace are projects of the tree, those of the SDK no components.",
    files: &["**/pubspec.yaml", "**/pubspec_overrides.yaml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://dart.dev/tools/pub/pubspec",
};

/// How far above a member its workspace is looked for, and the members of one.
const MOST_FOLDERS: usize = 12;
const MOST_MEMBERS: usize = 2_000;

const TABLES: [(&str, &str); 3] =
    [("dependencies", scope::RUNTIME), ("dev_dependencies", scope::DEV), ("dependency_overrides", scope::RUNTIME)];

impl Scanner for Pubspec {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = file.yaml_or_part(out).first().context("no document that can be read")?;
        let project = toolkit::root(input, file, out);
        let overrides = root.get("dependency_overrides");
        let members = Members::of(root, input);
        for (table, scope) in TABLES {
            for entry in root.get(table).map_or(&[][..], Node::entries) {
                // an override takes the place of whatever is asked for
                let is_overridden =
                    table != "dependency_overrides" && overrides.is_some_and(|all| all.get(&entry.key).is_some());
                if let Some(folder) = members.0.get(&*entry.key).filter(|_| !is_overridden) {
                    toolkit::uses_project(&project, folder, input, &file.at(entry.key_span), out);
                } else if !is_overridden {
                    dependency(entry, scope, &project, input, out);
                }
            }
        }
        Ok(())
    }
}

/// Folders of the members of a workspace by name: members ask for each other by that alone.
#[derive(Default)]
struct Members(BTreeMap<String, RelPath>);

impl Members {
    /// Those of the workspace that a manifest belongs to, or heads; none where there is no workspace.
    fn of(root: &Node, input: &Input<'_>) -> Arc<Self> {
        let folder = input.file().folder();
        if root.get("workspace").is_some() {
            return Self::at(&folder, input).unwrap_or_default();
        }
        if root.text_at("resolution") != Some("workspace") {
            return Arc::default();
        }
        let next = |folder: &RelPath| (!folder.is_root()).then(|| folder.parent());
        let mut above = std::iter::successors(next(&folder), next).take(MOST_FOLDERS);
        above.find_map(|folder| Self::at(&folder, input)).unwrap_or_default()
    }

    /// Those of the workspace that the manifest of a folder heads.
    fn at(folder: &RelPath, input: &Input<'_>) -> Option<Arc<Self>> {
        let path = folder.join("pubspec.yaml")?;
        let read = || {
            let Some(file) = input.companion(&path).filter(|file| file.text().contains("workspace:")) else {
                return (None, 0);
            };
            let Some(root) = file.yaml().documents.first() else { return (None, 0) };
            let Some(listed) = root.get("workspace") else { return (None, file.text().len()) };
            let folders = listed.list().iter().filter_map(|member| folder.join(member.text()?)).take(MOST_MEMBERS);
            let name = |folder: RelPath| {
                let manifest = input.companion(&folder.join("pubspec.yaml")?)?;
                let name = manifest.yaml().documents.first()?.text_at("name")?.to_owned();
                Some((name, folder))
            };
            let own = root.text_at("name").map(|name| (name.to_owned(), folder.clone()));
            let members = folders.filter_map(name).chain(own).collect();
            (Some(Arc::new(Self(members))), file.text().len())
        };
        Option::clone(&input.memo.of(&path, read))
    }
}

fn dependency(entry: &Entry, scope: &'static str, project: &ComponentId, input: &Input<'_>, out: &mut Facts<'_>) {
    let (file, value) = (input.file(), &entry.value);
    if let Some(path) = value.get("path") {
        if let Some(text) = path.text() {
            let place = (&file.folder(), text, manifest::DART);
            toolkit::needs_project(project, place, input, (file, path.span), out);
        }
        return;
    }
    if value.get("sdk").is_some() {
        return;
    }
    let constraint = value.scalar().or_else(|| value.get("version")?.scalar()).unwrap_or_default();
    let hosted = value.get("hosted");
    let name = hosted.and_then(|hosted| hosted.text_at("name")).unwrap_or(&entry.key);
    let exact = exact(&constraint);
    let id = Package::new("pub", name, exact, file, entry.key_span).require(&constraint, scope, project, out);
    let address = value.get("git").or(hosted).map(|place| place.get("url").unwrap_or(place));
    match address.and_then(|address| Some((address, address.text()?))) {
        Some((address, text)) if value.get("git").is_some() => {
            toolkit::from_git(&id, text, &file.at(address.span), out);
        }
        Some((address, text)) => toolkit::fetched_from(&id, text, &file.at(address.span), out),
        None => toolkit::from_default(&id, "pub", &file.at(entry.key_span), out),
    }
    if let Some(revision) = value.at(&["git", "ref"])
        && let Some(text) = revision.scalar()
    {
        out.attribute(&id, key::REVISION, text, file.at(revision.span));
    }
}

/// A bare version is exact in Dart.
fn exact(constraint: &str) -> Option<&str> {
    let text = constraint.trim();
    let is_version = text.starts_with(|c: char| c.is_ascii_digit())
        && text.split('.').count() >= 3
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'));
    is_version.then_some(text)
}
