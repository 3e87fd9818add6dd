//! `pubspec.yaml`: what a Dart or Flutter project asks for.

use anyhow::Context as _;

use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::parse::{Entry, Node};
use crate::scan::package::toolkit::{self, Package, scope};
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};

/// Scanner `pubspec`.
pub struct Pubspec;

static META: ScannerMeta = ScannerMeta {
    id: "pubspec",
    title: "Dart manifest",
    summary: "Declared dependencies with their constraint, other servers and git hosts. A pubspec.lock in the folder \
              or above answers them; packages of the tree and of the SDK are not components.",
    files: &["**/pubspec.yaml", "**/pubspec_overrides.yaml"],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://dart.dev/tools/pub/pubspec",
};

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
        for (table, scope) in TABLES {
            for entry in root.get(table).map_or(&[][..], Node::entries) {
                dependency(entry, scope, &project, file, out);
            }
        }
        Ok(())
    }
}

fn dependency(entry: &Entry, scope: &'static str, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let value = &entry.value;
    if value.get("path").is_some() || value.get("sdk").is_some() {
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
