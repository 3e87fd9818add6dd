//! Images that a scanned tree names, fetched from their registries and scanned with it: several at a time, each layer once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

use super::bases::Bases;
use super::{ImageWanter, inventory_of};
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::purl::ImageReference;
use crate::model::{ComponentId, ComponentKind, Evidence, FactRef, Inventory, Place, key};
use crate::scan::Options;
use crate::source::image::{ImageOptions, ImageTarget, read_images};
use crate::text::{RelPath, clean_line};

/// Images of one tree that are fetched.
const IMAGES: usize = 500;
/// Images that are fetched at a time; each fetches several layers at a time.
const AT_A_TIME: usize = 4;

/// Scans the images that an inventory names, and adds what is found. An image that cannot be fetched is a problem of the
/// scan and does not end it.
#[must_use]
pub fn with_images(found: Inventory, catalog: &Catalog, options: &Options, image_options: &ImageOptions) -> Inventory {
    let mut all = found;
    let mut references = references(&all);
    if references.len() > IMAGES {
        let message = format!("the tree names {} images, {IMAGES} of them are fetched", references.len());
        all.diagnostics.insert(problem(DiagnosticKind::LimitReached, &message, None));
        let left_out = references.split_off(IMAGES);
        all.coverage.failed.extend(left_out.iter().filter_map(|reference| RelPath::new(&reference.full_name())));
    }
    let wanter = ImageWanter::new(catalog, options);
    let next = AtomicUsize::new(0);
    let threads = AT_A_TIME.min(references.len());
    // no more images wait in memory than are being read
    let (sender, receiver) = sync_channel(1);
    let mut bases = Bases::new(image_options.records.as_ref());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            let (references, next, wanter) = (&references, &next, &wanter);
            scope.spawn(move || {
                while let Some(reference) = references.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let target = ImageTarget::Registry(reference.clone());
                    let read = read_images(&target, wanter, &options.limits, image_options);
                    if sender.send((reference, read)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (reference, read) in receiver {
            match read {
                Ok(images) => {
                    for image in images {
                        bases.add(&image);
                        all = std::mem::take(&mut all).merge(inventory_of(image, catalog, options));
                    }
                }
                Err(error) => {
                    let message = format!("image `{}` was not scanned: {error:#}", reference.full_name());
                    let place = named_at(&all, reference);
                    all.diagnostics.insert(problem(DiagnosticKind::Unreadable, &message, place));
                    all.coverage.failed.extend(RelPath::new(&reference.full_name()));
                }
            }
        }
    });
    all.merge(bases.relations())
}

/// The images of an inventory that can be fetched.
fn references(inventory: &Inventory) -> Vec<ImageReference> {
    let images: BTreeSet<&ComponentId> =
        inventory.components().filter(|(_, kind)| *kind == ComponentKind::Image).map(|(id, _)| id).collect();
    let names = inventory.attributes().filter(|(of, row)| row.key == key::NAME && images.contains(of));
    let parsed = names.filter_map(|(of, row)| {
        let reference = ImageReference::parse(&row.value)?;
        // a name that a person gave is no reference
        (reference.id() == *of).then(|| (reference.full_name(), reference))
    });
    parsed.collect::<BTreeMap<_, _>>().into_values().collect()
}

/// The first file of the tree that names an image.
fn named_at(inventory: &Inventory, reference: &ImageReference) -> Option<Place> {
    let id = reference.id();
    let said = inventory.facts().filter(|(fact, _)| matches!(fact, FactRef::Component { id: of, .. } if **of == id));
    let places = said.flat_map(|(_, evidence)| evidence).filter_map(Evidence::place);
    places.filter(|place| place.layer.is_none()).min()
}

/// At the place that names the image, or of the tree as a whole.
fn problem(kind: DiagnosticKind, message: &str, place: Option<Place>) -> Diagnostic {
    let message = clean_line(message).into_owned();
    let at = place.as_ref().and_then(|place| place.region).map(|region| region.start);
    let path = place.map_or_else(RelPath::root, |place| place.path);
    Diagnostic { path, at, kind, scanner: Arc::from("image"), message }
}
