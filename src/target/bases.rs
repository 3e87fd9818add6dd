//! Which images are built on which: the layers of a base are the first layers of what is built on it. Bases are the other
//! images of the run, and those that earlier runs have seen.

use std::sync::Arc;

use crate::model::purl::ImageReference;
use crate::model::{Basis, ComponentId, ComponentKind, Inventory, RelationKind, key, purl};
use crate::parse::{self, Node};
use crate::scan::image::image_config::image_id;
use crate::scan::image::reference::write_pinned;
use crate::scan::{Facts, ScannerMeta, Seen, SizeClass, SourceFile, Unit};
use crate::source::image::ImageContent;
use crate::source::image_records::{ImageRecord, ImageRecords, today};
use crate::text::{RelPath, count};

static META: ScannerMeta = ScannerMeta {
    id: "image-layers",
    title: "Layers that images share",
    summary: "The image that another is built on, where both are scanned in one run or the base was scanned before.",
    files: &[],
    unit: Unit::File,
    size: SizeClass::Ordinary,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Image, ComponentKind::Host],
    reference: "https://github.com/opencontainers/image-spec/blob/main/layer.md",
};

/// Other names of a base that are told.
const OTHERS: usize = 5;

/// The images of one run with their layers.
pub(super) struct Bases<'r> {
    images: Vec<(ComponentId, ImageRecord)>,
    records: Option<&'r ImageRecords>,
}

/// An image whose layers are the first ones of another, and how that is known.
struct Base<'a> {
    image: &'a ImageRecord,
    /// Its layers are the same as they are stored, not only by what configurations say.
    is_checked: bool,
}

impl<'r> Bases<'r> {
    /// With the records of earlier runs or without.
    pub(super) fn new(records: Option<&'r ImageRecords>) -> Self {
        Self { images: Vec::new(), records }
    }

    /// Remembers an image.
    pub(super) fn add(&mut self, image: &ImageContent) {
        let texts = |layers: &[Arc<str>]| layers.iter().map(|layer| layer.to_string()).collect();
        let record = ImageRecord {
            day: String::new(),
            reference: image.reference.clone(),
            name: image.name.clone(),
            digest: image.digest.clone(),
            has_manifest: image.manifest.is_some(),
            is_fetched: image.is_fetched,
            platform: platform(&image.config),
            layers: texts(&image.layers),
            diff_ids: diff_ids(&image.config),
        };
        self.images.push((image_id(image), record));
    }

    /// Each image is based on the one that has the most of its first layers, and no others. Of as many layers, the images
    /// of the run count and not those seen before. Afterwards all images of the run are seen ones.
    pub(super) fn relations(&self) -> Inventory {
        let mut out = Facts::new(&META, META.id, 100_000);
        for (id, image) in &self.images {
            let others = self.images.iter().filter(|(other, _)| other != id);
            let here: Vec<(&ComponentId, Base<'_>)> =
                others.filter_map(|(other, base)| Some((other, below(base, image)?))).collect();
            let most = here.iter().map(|(_, base)| base.image.layers.len()).max().unwrap_or(0);
            let before = self.records.map_or_else(Vec::new, |records| records.beginning_with(&image.diff_ids));
            let before = before.iter().filter_map(|base| below(base, image));
            let mut before: Vec<Base<'_>> = before.filter(|base| base.image.layers.len() > most).collect();
            before.sort_by_cached_key(|base| std::cmp::Reverse(rank(base)));
            if let Some((base, rest)) = before.split_first() {
                let (base_id, seen) = write_seen_before(base, image, &mut out);
                tell_others(&base_id, base, rest, &seen, &mut out);
                relate(id, &base_id, seen, &mut out);
                continue;
            }
            for (other, base) in here.iter().filter(|(_, base)| base.image.layers.len() == most) {
                relate(id, other, place(base, image), &mut out);
            }
        }
        if let Some(records) = self.records {
            let day = today();
            for (_, image) in &self.images {
                records.put(&ImageRecord { day: day.clone(), ..image.clone() });
            }
        }
        out.inventory()
    }
}

fn relate(id: &ComponentId, base: &ComponentId, seen: Seen, out: &mut Facts<'_>) {
    out.component(id, ComponentKind::Image, seen.clone());
    out.component(base, ComponentKind::Image, seen.clone());
    out.relation(id, RelationKind::BasedOn, base, seen);
}

/// The layer that is the last one of the base.
fn place(base: &Base<'_>, image: &ImageRecord) -> Seen {
    let path = RelPath::new("image-layers").expect("is a relative path");
    let layer = image.layers.get(base.image.layers.len() - 1).map(|layer| Arc::from(layer.as_str()));
    let seen = SourceFile::new(path, Vec::new(), layer).whole();
    if base.is_checked { seen } else { seen.inferred() }
}

/// An image of an earlier run: as that run named it.
fn write_seen_before(base: &Base<'_>, image: &ImageRecord, out: &mut Facts<'_>) -> (ComponentId, Seen) {
    let seen = place(base, image);
    let record = base.image;
    let (id, from) = match &record.reference {
        Some(reference) => {
            let digest = reference.digest.clone().or_else(|| record.has_manifest.then(|| record.digest.to_string()));
            let reference = ImageReference { digest, ..reference.clone() };
            let from =
                if record.is_fetched { "fetched from its registry" } else { "by the name in its archive or layout" };
            (write_pinned(&reference, &seen, out), from)
        }
        None => {
            let id = purl::image_without_registry(&record.name, &record.digest.to_string());
            out.component(&id, ComponentKind::Image, seen.clone());
            out.attribute(&id, key::NAME, &record.name, seen.clone());
            out.attribute(&id, key::PINNED, "digest", seen.clone());
            (id, "by its name on this machine")
        }
    };
    out.attribute(&id, key::INTEGRITY, record.digest.to_string(), seen.clone());
    let name = name_of(record);
    let told = format!("scanned on {} as {name}, {from}; {}", record.day, count(record.layers.len(), "layer"));
    out.attribute(&id, key::SEEN_BEFORE, told, seen.clone());
    (id, seen)
}

/// Other names under which images with the same layers were scanned: which of them the image was built from is not known.
fn tell_others(id: &ComponentId, base: &Base<'_>, rest: &[Base<'_>], seen: &Seen, out: &mut Facts<'_>) {
    let name = name_of(base.image);
    let same = rest.iter().filter(|other| other.image.layers.len() == base.image.layers.len());
    let mut names: Vec<String> = same.map(|other| name_of(other.image)).filter(|other| *other != name).collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        return;
    }
    let more = names.len().saturating_sub(OTHERS);
    names.truncate(OTHERS);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    out.attribute(
        id,
        key::SEEN_BEFORE,
        format!("with the same layers also as {}{more}", names.join(", ")),
        seen.clone(),
    );
}

/// What an image is called.
fn name_of(record: &ImageRecord) -> String {
    record.reference.as_ref().map_or_else(|| record.name.clone(), ImageReference::full_name)
}

/// The image as base of another, when its layers are the first ones of the other, and not all.
fn below<'a>(base: &'a ImageRecord, image: &ImageRecord) -> Option<Base<'a>> {
    // the same image for another platform may share layers and is no base
    if base.platform.is_some() && image.platform.is_some() && base.platform != image.platform {
        return None;
    }
    let starts = |base: &[String], all: &[String]| !base.is_empty() && base.len() < all.len() && all.starts_with(base);
    if starts(&base.layers, &image.layers) {
        return Some(Base { image: base, is_checked: true });
    }
    // packed anew, or out of an archive without packing: then what the configurations list is compared
    let is_whole = base.diff_ids.len() == base.layers.len() && image.diff_ids.len() == image.layers.len();
    (is_whole && starts(&base.diff_ids, &image.diff_ids)).then_some(Base { image: base, is_checked: false })
}

/// What decides between several images: the more layers; then compared digests, what came from its registry, what has a
/// reference; then the first in the order of names and digests.
fn rank<'a>(base: &Base<'a>) -> impl Ord + use<'a> {
    let record = base.image;
    let name = name_of(record);
    let first = std::cmp::Reverse((name, record.digest.to_string()));
    (record.layers.len(), base.is_checked, record.is_fetched, record.reference.is_some(), first)
}

/// Operating system and architecture, as a configuration states them.
fn platform(config: &[u8]) -> Option<String> {
    let root = std::str::from_utf8(config).ok().and_then(|text| parse::json::json(text).ok())?;
    Some(format!("{}/{}", root.text_at("os")?, root.text_at("architecture")?))
}

/// Digests of the unpacked layers, as a configuration lists them.
fn diff_ids(config: &[u8]) -> Vec<String> {
    let root = std::str::from_utf8(config).ok().and_then(|text| parse::json::json(text).ok());
    let list = root.as_ref().and_then(|root| root.at(&["rootfs", "diff_ids"]));
    list.map_or(&[][..], Node::list)
        .iter()
        .filter_map(Node::text)
        .filter(|text| !text.contains('\n'))
        .map(str::to_owned)
        .collect()
}
