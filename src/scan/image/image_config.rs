//! What an image says of itself: platform, labels, base image, endpoints in its environment.
//!
//! Not a scanner of the list: the configuration of an image is no file of a tree. The reader of image
//! targets hands it over together with what it knows of the image.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::reference::write_image;
use crate::catalog::Catalog;
use crate::model::purl::ImageReference;
use crate::model::{Basis, ComponentId, ComponentKind, Inventory, RelationKind, key, purl};
use crate::parse::Node;
use crate::scan::cloud::api::calls_in;
use crate::scan::package::toolkit::{repository_owner, without_secrets};
use crate::scan::{Facts, ScannerMeta, Seen, SizeClass, SourceFile, Unit};
use crate::source::image::ImageContent;
use crate::text::{RelPath, Span};

static META: ScannerMeta = ScannerMeta {
    id: "image-config",
    title: "Image configuration and manifest",
    summary: "Platform, number of layers, labels (source, vendor, licence, base image) and endpoints in the environment.",
    files: &[],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Declared,
    emits: &[ComponentKind::Image, ComponentKind::Host, ComponentKind::Service],
    reference: "https://github.com/opencontainers/image-spec/blob/main/config.md",
};

/// The id of an image: that of its reference, so that it meets the manifests that name it; without one
/// its name and digest.
#[must_use]
pub fn image_id(image: &ImageContent) -> ComponentId {
    image
        .reference
        .as_ref()
        .map_or_else(|| purl::build("oci", None, &image.name, Some(&image.digest.to_string()), &[]), ImageReference::id)
}

/// The facts that configuration and manifest of an image state.
#[must_use]
pub fn image_facts(image: &ImageContent, catalog: &Catalog) -> Inventory {
    let mut out = Facts::new(&META, META.id, 100_000);
    let layer = Arc::from(image.config_digest.to_string());
    let path = RelPath::new("image-config.json").expect("is a relative path");
    let config = SourceFile::new(path, image.config.clone(), Some(layer));
    let id = image_id(image);
    match &image.reference {
        Some(reference) => {
            write_image(reference, &config.whole(), &mut out);
        }
        None => {
            out.component(&id, ComponentKind::Image, config.whole());
            out.attribute(&id, key::NAME, &image.name, config.whole());
            out.attribute(&id, key::PINNED, "digest", config.whole());
        }
    }
    out.attribute(&id, key::INTEGRITY, image.digest.to_string(), config.whole());
    out.attribute(&id, key::LAYERS, image.layers.len().to_string(), config.whole());
    for platform in &image.platforms {
        out.attribute(&id, key::MADE_FOR, platform, config.whole());
    }
    match config.json() {
        Ok(root) => configuration(&id, root, &config, catalog, &mut out),
        Err(error) => {
            let kind = crate::diagnostic::DiagnosticKind::Malformed;
            out.problem(kind, &config, Some(error.span), &error.message);
        }
    }
    if let Some(bytes) = &image.manifest {
        let path = RelPath::new("image-manifest.json").expect("is a relative path");
        let manifest = SourceFile::new(path, bytes.clone(), Some(Arc::from(image.digest.to_string())));
        if let Ok(root) = manifest.json()
            && let Some(annotations) = root.get("annotations")
        {
            labels(&id, annotations, &manifest, &mut out);
        }
    }
    let mut inventory = out.facts.finish();
    inventory.diagnostics = BTreeSet::from_iter(out.diagnostics);
    inventory
}

fn configuration(id: &ComponentId, root: &Node, file: &SourceFile, catalog: &Catalog, out: &mut Facts<'_>) {
    if let (Some(os), Some(architecture)) = (root.text_at("os"), root.get("architecture")) {
        let variant = root.text_at("variant").filter(|text| !text.is_empty());
        let variant = variant.map(|text| format!("/{text}")).unwrap_or_default();
        let platform = format!("{os}/{}{variant}", architecture.text().unwrap_or_default());
        out.attribute(id, key::PLATFORM, platform, file.at(architecture.span));
    }
    if let Some(found) = root.at(&["config", "Labels"]) {
        labels(id, found, file, out);
    }
    for setting in root.at(&["config", "Env"]).map_or(&[][..], Node::list) {
        let Some(text) = setting.text() else { continue };
        // an address may carry a password: then only the name of the variable is shown
        let span = match text.split_once('=') {
            Some((name, value)) if value.contains('@') => {
                Span::new(setting.span.start + 1, setting.span.start + 1 + name.len())
            }
            _ => setting.span,
        };
        calls_in(id, text, catalog, file, span, out);
    }
}

fn labels(id: &ComponentId, labels: &Node, file: &SourceFile, out: &mut Facts<'_>) {
    let label = |name: &str| labels.get(&format!("org.opencontainers.image.{name}"));
    let said = |name: &str| {
        let node = label(name)?;
        let text = node.text().map(str::trim).filter(|text| !text.is_empty())?;
        Some((text.to_owned(), file.at(node.span)))
    };
    if let Some((source, seen)) = said("source") {
        let path = source.split_once("://").map_or(source.as_str(), |(_, rest)| rest);
        if let Some(owner) = repository_owner(path) {
            out.attribute(id, key::IDENTITY, owner, seen.clone());
        }
        out.attribute(id, key::SOURCE, without_secrets(&source), seen);
    }
    if let Some((vendor, seen)) = said("vendor") {
        out.attribute(id, key::VENDOR, vendor, seen);
    }
    if let Some((licence, seen)) = said("licenses") {
        out.attribute(id, key::LICENSE, licence, seen);
    }
    if let Some((revision, seen)) = said("revision") {
        out.attribute(id, key::REVISION, revision, seen);
    }
    if let Some((base, seen)) = said("base.name") {
        based_on(id, &base, said("base.digest").map(|(digest, _)| digest), &seen, out);
    }
}

fn based_on(id: &ComponentId, base: &str, digest: Option<String>, seen: &Seen, out: &mut Facts<'_>) {
    let Some(reference) = ImageReference::parse(base) else { return };
    let base = write_image(&reference, seen, out);
    if let Some(digest) = digest {
        out.attribute(&base, key::INTEGRITY, digest, seen.clone());
    }
    out.relation(id, RelationKind::BasedOn, &base, seen.clone());
}
