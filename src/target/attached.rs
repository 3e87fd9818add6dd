//! What is attached to an image, as further evidence: bills of materials and provenance. Where they disagree with what was
//! found in the image, that is told.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::purl::ImageReference;
use crate::model::{Basis, ComponentId, ComponentKind, Inventory, RelationKind, key};
use crate::parse::Node;
use crate::scan::image::reference::write_image;
use crate::scan::package::toolkit::{repository_owner, without_secrets};
use crate::scan::{Facts, Options, ScannerMeta, SizeClass, SourceFile, Unit, sbom, scan_file_as};
use crate::source::image::{Attached, ImageContent};
use crate::text::{RelPath, clean_line};

/// Names that a message tells of each side.
const NAMED: usize = 5;

static META: ScannerMeta = ScannerMeta {
    id: "image-attached",
    title: "Provenance attached to an image",
    summary: "Source repository, revision and the images that an image was built from, of SLSA provenance 0.2 and 1.",
    files: &[],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Image, ComponentKind::Host],
    reference: "https://slsa.dev/spec/v1.0/provenance",
};

/// Adds what the documents attached to an image say, with a problem for each that disagrees with what was found.
pub(super) fn with_attached(found: Inventory, image: &ImageContent, catalog: &Catalog, options: &Options) -> Inventory {
    let mut all = found;
    let in_image = packages(&all);
    for document in &image.attached {
        let path = path_of(document);
        if let Some(scanner) = sbom::recognise_bytes(&document.bytes) {
            let said = scan_file_as(scanner, path.clone(), document.bytes.clone(), catalog, options);
            let message = disagreement(&in_image, &packages(&said));
            all = all.merge(said);
            if let Some(message) = message {
                all.diagnostics.insert(problem(&path, &message));
            }
        } else if document.kind.contains("slsa.dev/provenance") {
            all = provenance(all, document, path, options);
        }
    }
    all
}

fn path_of(document: &Attached) -> RelPath {
    let digest = document.digest.to_string();
    let short: String = digest.split(':').next_back().unwrap_or_default().chars().take(12).collect();
    RelPath::new(&format!("image-attached-{short}.json")).expect("digits of a digest are hexadecimal: a relative path")
}

fn problem(path: &RelPath, message: &str) -> Diagnostic {
    let message = clean_line(message).into_owned();
    Diagnostic { path: path.clone(), at: None, kind: DiagnosticKind::Conflict, scanner: Arc::from(META.id), message }
}

/// Packages by type, name and version; what else an identifier says differs from tool to tool.
fn packages(inventory: &Inventory) -> BTreeSet<String> {
    let is_package =
        |(id, kind): &(&ComponentId, ComponentKind)| *kind == ComponentKind::Package && id.as_str().contains('@');
    let plain = |id: &ComponentId| {
        let text = id.as_str().split(['?', '#']).next().unwrap_or_default();
        text.strip_prefix("pkg:").filter(|text| !text.starts_with("generic/")).map(str::to_ascii_lowercase)
    };
    inventory.components().filter(is_package).filter_map(|(id, _)| plain(id)).collect()
}

/// What a bill of materials and the image do not agree on.
fn disagreement(found: &BTreeSet<String>, said: &BTreeSet<String>) -> Option<String> {
    let only_said: Vec<&str> = said.difference(found).map(String::as_str).collect();
    let only_found: Vec<&str> = found.difference(said).map(String::as_str).collect();
    if only_said.is_empty() && only_found.is_empty() || said.is_empty() {
        return None;
    }
    let told = |names: &[&str]| {
        let shown = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        if names.len() > NAMED { format!("{shown} and {} more", names.len() - NAMED) } else { shown }
    };
    let mut parts = Vec::new();
    if !only_said.is_empty() {
        parts.push(format!("{} that were not found in it ({})", only_said.len(), told(&only_said)));
    }
    if !only_found.is_empty() {
        parts.push(format!("not {} that were ({})", only_found.len(), told(&only_found)));
    }
    Some(format!(
        "the bill of materials attached to the image names {} packages, of these {}",
        said.len(),
        parts.join(", and ")
    ))
}

/// What a builder says of where an image comes from.
fn provenance(all: Inventory, document: &Attached, path: RelPath, options: &Options) -> Inventory {
    let Some(id) = options.subject.as_ref().map(|subject| subject.id.clone()) else { return all };
    let layer = Arc::from(document.digest.to_string());
    let file = SourceFile::new(path.clone(), document.bytes.clone(), Some(layer));
    let mut out = Facts::new(&META, META.id, 10_000);
    let Ok(root) = file.json() else { return all };
    out.component(&id, ComponentKind::Image, file.whole());
    let mut sources = BTreeSet::new();
    let config = root.at(&["invocation", "configSource", "uri"]);
    let request = root.at(&["buildDefinition", "externalParameters", "configSource", "uri"]);
    for node in [config, request].into_iter().flatten() {
        sources.extend(source(&id, node, &file, &mut out));
    }
    let materials = root.get("materials").or_else(|| root.at(&["buildDefinition", "resolvedDependencies"]));
    for material in materials.map_or(&[][..], Node::list) {
        built_from(&id, material, &file, &mut out);
    }
    let stated: BTreeSet<String> = all
        .attributes()
        .filter(|(of, row)| **of == id && row.key == key::IDENTITY)
        .map(|(_, row)| row.value.to_string())
        .collect();
    let mut said = out.inventory();
    let repositories: Vec<&String> =
        stated.iter().filter(|key| sources.iter().any(|other| host(other) == host(key))).collect();
    if !repositories.is_empty() && repositories.iter().all(|key| !sources.contains(*key)) {
        let message = format!(
            "provenance says the image was built from `{}`, its labels say `{}`",
            sources.iter().cloned().collect::<Vec<_>>().join(", "),
            repositories.iter().map(|key| key.as_str()).collect::<Vec<_>>().join(", ")
        );
        said.diagnostics.insert(problem(&path, &message));
    }
    all.merge(said)
}

/// `github` of `github:acme`.
fn host(key: &str) -> &str {
    key.split(':').next().unwrap_or_default()
}

/// The repository an image was built from: `git+https://host/owner/name@ref`; gives the owner's key.
fn source(id: &ComponentId, node: &Node, file: &SourceFile, out: &mut Facts<'_>) -> Option<String> {
    let text = node.text()?.trim();
    let address = text.strip_prefix("git+").unwrap_or(text);
    let path = address.split_once("://").map(|(_, rest)| rest)?;
    let path = path.split(['#', '?']).next().unwrap_or(path);
    let path = path.rsplit_once('@').map_or(path, |(before, _)| before);
    let owner = repository_owner(path.trim_end_matches(".git"))?;
    let seen = file.at(node.span);
    out.attribute(id, key::SOURCE, without_secrets(address), seen.clone());
    out.attribute(id, key::IDENTITY, &owner, seen);
    Some(owner)
}

/// An image that went into the build: `pkg:docker/name@tag?platform=…` with its digest.
fn built_from(id: &ComponentId, material: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    let Some((node, uri)) = material.get("uri").and_then(|node| Some((node, node.text()?))) else { return };
    let Some(rest) = uri.strip_prefix("pkg:docker/") else { return };
    let name = rest.split(['?', '#']).next().unwrap_or(rest).replace("%2F", "/").replace("%3A", ":");
    let (name, tag) = match name.split_once('@') {
        Some((name, tag)) => (name.to_owned(), format!(":{tag}")),
        None => (name, String::new()),
    };
    let digest = material.at(&["digest", "sha256"]).and_then(Node::text);
    let digest = digest.map(|hex| format!("@sha256:{hex}")).unwrap_or_default();
    let Some(reference) = ImageReference::parse(&format!("{name}{tag}{digest}")) else { return };
    let seen = file.at(node.span);
    let other = write_image(&reference, &seen, out);
    if other != *id {
        out.relation(id, RelationKind::DependsOn, &other, seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_counted_and_some_are_named() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(disagreement(&set(&["a@1"]), &set(&["a@1"])), None);
        assert_eq!(disagreement(&set(&["a@1"]), &set(&[])), None);
        let words = disagreement(&set(&["a@1", "c@1"]), &set(&["a@1", "b@1"])).expect("they differ");
        assert_eq!(
            words,
            "the bill of materials attached to the image names 2 packages, of these 1 that were not found in it (`b@1`), \
             and not 1 that were (`c@1`)"
        );
    }
}
