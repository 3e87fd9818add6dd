//! Images that values name.

use super::super::places::Places;
use crate::model::purl::ImageReference;
use crate::model::{ComponentId, RelationKind};
use crate::parse::Node;
use crate::scan::Facts;
use crate::scan::image::reference::{needs_image, write_image};
use crate::text::Span;

/// An `images` entry of Kustomize that names another image than its base.
pub(in crate::scan::cluster) fn replacement(
    entry: &Node,
    user: &ComponentId,
    places: &dyn Places,
    out: &mut Facts<'_>,
) {
    let Some(name) = entry.get("newName").or_else(|| entry.get("name")) else { return };
    // an entry that only counts or renames a tag says nothing that the base does not
    if entry.get("newName").is_some() || entry.get("newTag").is_some() || entry.get("digest").is_some() {
        let parts = Parts { repository: name, tag: entry.get("newTag"), digest: entry.get("digest"), registry: None };
        parts.write(user, false, places, out);
    }
}

/// Maps with `repository` (and `tag`, `registry`), and `image` as plain text. `inferred` when nothing says that the
/// values are used.
pub(in crate::scan::cluster) fn images(
    root: &Node,
    user: &ComponentId,
    inferred: bool,
    places: &dyn Places,
    out: &mut Facts<'_>,
) {
    unused_images(root, user, inferred, &|_| false, places, out);
}

/// As [`images`], less those that are in use already.
pub(in crate::scan::cluster) fn unused_images(
    root: &Node,
    user: &ComponentId,
    inferred: bool,
    is_used: &dyn Fn(&ImageReference) -> bool,
    places: &dyn Places,
    out: &mut Facts<'_>,
) {
    let used = |text: &str| ImageReference::parse(text).is_some_and(|image| is_used(&image));
    for node in root.walk() {
        // what values hold is up to the chart
        node.any_shape();
        if let Some(parts) = Parts::of(node).filter(|parts| !parts.reference().is_some_and(|text| used(&text))) {
            parts.write(user, inferred, places, out);
        }
        if let Some(image) = node.get("image")
            && let Some(text) = image.text()
            && text.contains(['/', ':'])
            && !text.contains(' ')
            && !used(text)
        {
            write(text, image.span, user, inferred, places, out);
        }
    }
}

/// An image in several words.
struct Parts<'n> {
    repository: &'n Node,
    tag: Option<&'n Node>,
    digest: Option<&'n Node>,
    registry: Option<&'n Node>,
}

impl<'n> Parts<'n> {
    fn of(node: &'n Node) -> Option<Self> {
        let is_image = ["tag", "digest", "pullPolicy"].into_iter().any(|key| node.get(key).is_some());
        let repository = node.get("repository").filter(|_| is_image)?;
        Some(Self { repository, tag: node.get("tag"), digest: node.get("digest"), registry: node.get("registry") })
    }

    fn reference(&self) -> Option<String> {
        let name = self.repository.text().filter(|name| !name.is_empty() && !name.contains("://"))?;
        let registry = self.registry.and_then(Node::text).filter(|text| !text.is_empty());
        // a name that has the registry already
        let registry = registry.filter(|text| !name.strip_prefix(text).is_some_and(|rest| rest.starts_with('/')));
        let mut reference = registry.map_or_else(String::new, |text| format!("{text}/"));
        reference.push_str(name);
        if let Some(tag) = self.tag.and_then(Node::scalar).filter(|text| !text.is_empty()) {
            reference.push(':');
            reference.push_str(&tag);
        }
        if let Some(digest) = self.digest.and_then(Node::text).filter(|text| text.contains(':')) {
            reference.push('@');
            reference.push_str(digest);
        }
        Some(reference)
    }

    fn write(&self, user: &ComponentId, inferred: bool, places: &dyn Places, out: &mut Facts<'_>) {
        if let Some(reference) = self.reference() {
            write(&reference, self.repository.span, user, inferred, places, out);
        }
    }
}

/// The image that a text names; `inferred` when nothing says that it is used.
pub(super) fn write(
    reference: &str,
    span: Span,
    user: &ComponentId,
    inferred: bool,
    places: &dyn Places,
    out: &mut Facts<'_>,
) {
    let (file, own) = places.place(span);
    match ImageReference::parse(reference).filter(|_| inferred) {
        Some(image) => {
            let seen = file.at(own).inferred();
            let id = write_image(&image, &seen, out);
            out.relation(user, RelationKind::DependsOn, &id, seen);
        }
        None => drop(needs_image(user, RelationKind::DependsOn, reference, file, own, out)),
    }
}
