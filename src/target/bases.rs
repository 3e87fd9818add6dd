//! Which images of one run are built on which: the layers of a base are the first layers of what is built on it.

use std::sync::Arc;

use crate::model::{Basis, ComponentId, ComponentKind, Inventory, RelationKind};
use crate::scan::image::image_config::image_id;
use crate::scan::{Facts, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::source::image::ImageContent;
use crate::text::RelPath;

static META: ScannerMeta = ScannerMeta {
    id: "image-layers",
    title: "Layers that images share",
    summary: "The image that another is built on, where both are scanned in one run.",
    files: &[],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Inferred,
    emits: &[ComponentKind::Image],
    reference: "https://github.com/opencontainers/image-spec/blob/main/layer.md",
};

/// The images of one run with their layers.
#[derive(Default)]
pub(super) struct Bases {
    images: Vec<(ComponentId, Vec<Arc<str>>)>,
}

impl Bases {
    /// Remembers an image.
    pub(super) fn add(&mut self, image: &ImageContent) {
        self.images.push((image_id(image), image.layers.clone()));
    }

    /// Each image is based on the one that has the most of its first layers, and no others.
    pub(super) fn relations(&self) -> Inventory {
        let mut out = Facts::new(&META, META.id, 100_000);
        for (id, layers) in &self.images {
            let is_below = |(other, base): &&(ComponentId, Vec<Arc<str>>)| {
                other != id && !base.is_empty() && base.len() < layers.len() && layers.starts_with(base)
            };
            let most = self.images.iter().filter(is_below).map(|(_, base)| base.len()).max();
            for (base, shared) in self.images.iter().filter(is_below).filter(|(_, base)| Some(base.len()) == most) {
                let path = RelPath::new("image-config.json").expect("is a relative path");
                let file = SourceFile::new(path, Vec::new(), shared.last().cloned());
                out.component(id, ComponentKind::Image, file.whole());
                out.component(base, ComponentKind::Image, file.whole());
                out.relation(id, RelationKind::BasedOn, base, file.whole());
            }
        }
        out.inventory()
    }
}
