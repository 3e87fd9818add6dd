//! Images, wherever they lie: choose the platform, check every digest, read the layers once, keep the
//! files somebody wants. Nothing is unpacked to disk and nothing of the image is run.
//!
//! What the files say is not judged here; see [`crate::target`].

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};

use super::Limits;
use super::archive::{Digest, Hashed, Unpacked};
use super::image_manifest::{Descriptor, Document, Manifest, Platform, choose, document};
use super::layers::{Budget, Layer, Wanted, read_layer, squash};
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::purl::ImageReference;
use crate::parse::{self, Node};
use crate::text::{RelPath, clean_line};

/// Index in index in index: more is a loop or a trap.
const INDEX_DEPTH: usize = 4;
/// Images of one layout or archive.
const IMAGES: usize = 64;

/// Where an image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageTarget {
    /// A folder with `oci-layout` and `index.json`.
    OciLayout(PathBuf),
    /// A tar file as `docker save`, `podman save` or `skopeo copy` write it, packed or not.
    Archive(PathBuf),
    /// In a registry.
    Registry(ImageReference),
}

/// How to get at an image.
#[derive(Clone, Debug, Default)]
pub struct ImageOptions {
    /// The platform to read of an image made for several; this machine's when absent.
    pub platform: Option<Platform>,
    /// Registries (`host` or `host:port`) that may be spoken to without encryption; this machine's own always may.
    pub insecure_registries: Vec<String>,
    /// Allows running the credential helpers that the Docker configuration names.
    pub credential_helpers: bool,
}

/// One image as read.
pub struct ImageContent {
    /// Its reference, when the source names one.
    pub reference: Option<ImageReference>,
    /// A name for people when there is no reference.
    pub name: String,
    /// Digest of its manifest; of its configuration where there is no manifest.
    pub digest: Digest,
    /// The configuration document.
    pub config: Vec<u8>,
    /// Digest of the configuration.
    pub config_digest: Digest,
    /// The manifest document, where there is one.
    pub manifest: Option<Vec<u8>>,
    /// Layers it has.
    pub layers: usize,
    /// Entries seen in all layers.
    pub entries: u64,
    /// The wanted files of the image as a container would see them, each with the layer it comes from.
    pub files: Vec<(RelPath, Vec<u8>, Option<Arc<str>>)>,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
}

/// Where a part of an image lies in its store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Location {
    /// By digest.
    Blob(Digest),
    /// By path in an archive.
    Path(RelPath),
}

/// A layer to read, with what is known of its content.
#[derive(Clone, Debug)]
pub(super) struct LayerSource {
    pub(super) location: Location,
    /// Digest of the bytes as stored.
    pub(super) stored: Option<Digest>,
    /// Digest of the bytes unpacked.
    pub(super) unpacked: Option<Digest>,
    /// Name of the layer in evidence.
    pub(super) name: Arc<str>,
}

/// Called once per layer with its position and its stored bytes.
pub(super) type EachLayer<'a> = dyn FnMut(usize, &mut dyn Read) -> anyhow::Result<()> + 'a;

/// A place that holds parts of images.
pub(super) trait Store {
    /// A small document, at most `limit` bytes.
    fn document(&mut self, location: &Location, limit: u64) -> anyhow::Result<Vec<u8>>;

    /// A manifest or index by digest: the same as any document, except in registries.
    fn manifest(&mut self, digest: &Digest, limit: u64) -> anyhow::Result<Vec<u8>> {
        self.document(&Location::Blob(digest.clone()), limit)
    }

    /// Hands out every layer once, in whatever order suits the store.
    fn layers(&mut self, layers: &[LayerSource], each: &mut EachLayer<'_>) -> anyhow::Result<()>;
}

/// An image of a store before its layers are read.
pub(super) enum Root {
    /// By its manifest or index.
    Described { name: Option<String>, bytes: Vec<u8> },
    /// By configuration and layers, as older archives do.
    Listed { name: Option<String>, config: RelPath, layers: Vec<RelPath> },
}

/// Reads the images of a target: one, or all of an archive or layout.
///
/// # Errors
/// When the target cannot be opened, an image is not made for the platform, or a digest does not
/// match: what is not what its name says must not be judged.
pub fn read_images(
    target: &ImageTarget,
    wanted: &Wanted<'_>,
    limits: &Limits,
    options: &ImageOptions,
) -> anyhow::Result<Vec<ImageContent>> {
    let file_name = |path: &PathBuf| {
        let name = path.file_name().map_or_else(|| "image".to_owned(), |name| name.to_string_lossy().into_owned());
        let stem = name.trim_end_matches(".gz").trim_end_matches(".tgz").trim_end_matches(".tar");
        if stem.is_empty() { "image".to_owned() } else { stem.to_owned() }
    };
    match target {
        ImageTarget::OciLayout(path) => {
            let mut store = super::oci_layout::OciLayout::open(path, limits)?;
            let index = store.index().to_vec();
            let roots = roots_of_index(&index, &mut store, limits, options)?;
            read_all(&mut store, roots, &file_name(path), wanted, limits, options)
        }
        ImageTarget::Archive(path) => {
            let mut store = super::docker_archive::DockerArchive::open(path, limits)?;
            let roots = match store.index() {
                Some(index) => roots_of_index(&index.to_vec(), &mut store, limits, options)?,
                None => store.listed()?,
            };
            read_all(&mut store, roots, &file_name(path), wanted, limits, options)
        }
        ImageTarget::Registry(reference) => from_registry(reference, wanted, limits, options),
    }
}

#[cfg(feature = "registry")]
fn from_registry(
    reference: &ImageReference,
    wanted: &Wanted<'_>,
    limits: &Limits,
    options: &ImageOptions,
) -> anyhow::Result<Vec<ImageContent>> {
    let mut store = super::registry::Registry::connect(reference, limits, options)?;
    let bytes = store.manifest()?;
    let root = Root::Described { name: None, bytes };
    let mut content = read_one(&mut store, root, "image", wanted, limits, options)
        .with_context(|| format!("image `{}`", reference.full_name()))?;
    content.reference = Some(reference.clone());
    Ok(vec![content])
}

#[cfg(not(feature = "registry"))]
fn from_registry(
    reference: &ImageReference,
    _: &Wanted<'_>,
    _: &Limits,
    _: &ImageOptions,
) -> anyhow::Result<Vec<ImageContent>> {
    bail!(
        "this build cannot reach registries; save `{}` to a file and scan that, or build with the feature `registry`",
        reference.full_name()
    )
}

/// The images of an `index.json`: entries that share a name are platforms of one image.
fn roots_of_index(
    bytes: &[u8],
    store: &mut dyn Store,
    limits: &Limits,
    options: &ImageOptions,
) -> anyhow::Result<Vec<Root>> {
    let Document::Index(entries) = document(bytes)? else { bail!("`index.json` is no image index") };
    ensure!(!entries.is_empty(), "`index.json` names no image");
    let mut by_name: BTreeMap<Option<String>, Vec<Descriptor>> = BTreeMap::new();
    for entry in entries {
        by_name.entry(entry.name.clone()).or_default().push(entry);
    }
    ensure!(by_name.len() <= IMAGES, "it holds {} images, the limit is {IMAGES}; save fewer at a time", by_name.len());
    let mut roots = Vec::new();
    for (name, entries) in by_name {
        let distinct = entries.iter().all(|entry| entry.platform.is_none());
        let chosen =
            if distinct { entries.iter().collect() } else { vec![choose(&entries, options.platform.as_ref())?] };
        for entry in chosen {
            let bytes = described_manifest(store, &entry.digest, limits)?;
            roots.push(Root::Described { name: name.clone(), bytes });
        }
    }
    Ok(roots)
}

/// A manifest or index, checked.
fn described_manifest(store: &mut dyn Store, digest: &Digest, limits: &Limits) -> anyhow::Result<Vec<u8>> {
    matching(store.manifest(digest, limits.manifest_bytes)?, digest)
}

/// A small blob, checked.
fn blob(store: &mut dyn Store, digest: &Digest, limits: &Limits) -> anyhow::Result<Vec<u8>> {
    matching(store.document(&Location::Blob(digest.clone()), limits.manifest_bytes)?, digest)
}

fn matching(bytes: Vec<u8>, digest: &Digest) -> anyhow::Result<Vec<u8>> {
    ensure!(digest.matches(&bytes), "blob `{digest}` has other content than its digest says; it is damaged or forged");
    Ok(bytes)
}

fn read_all(
    store: &mut dyn Store,
    roots: Vec<Root>,
    fallback: &str,
    wanted: &Wanted<'_>,
    limits: &Limits,
    options: &ImageOptions,
) -> anyhow::Result<Vec<ImageContent>> {
    ensure!(roots.len() <= IMAGES, "it holds {} images, the limit is {IMAGES}; save fewer at a time", roots.len());
    roots.into_iter().map(|root| read_one(store, root, fallback, wanted, limits, options)).collect()
}

fn read_one(
    store: &mut dyn Store,
    root: Root,
    fallback: &str,
    wanted: &Wanted<'_>,
    limits: &Limits,
    options: &ImageOptions,
) -> anyhow::Result<ImageContent> {
    let mut diagnostics = Vec::new();
    let (name, manifest, digest, config, config_digest, layers) = match root {
        Root::Described { name, bytes } => {
            let (bytes, manifest) = resolve(store, bytes, limits, options)?;
            let config = blob(store, &manifest.config.digest, limits).context("image configuration")?;
            let layers = described(&manifest, &mut diagnostics);
            let digest = Digest::sha256(&bytes);
            (name, Some(bytes), digest, config, manifest.config.digest, layers)
        }
        Root::Listed { name, config: path, layers } => {
            let config = store.document(&Location::Path(path.clone()), limits.manifest_bytes)?;
            let digest = Digest::sha256(&config);
            let claimed = path.name().trim_end_matches(".json");
            if let Some(claimed) = Digest::parse(&format!("sha256:{claimed}")) {
                ensure!(claimed == digest, "the image configuration `{path}` has another digest than its name says");
            }
            let layers = listed(&config, layers)?;
            (name, None, digest.clone(), config, digest, layers)
        }
    };
    ensure!(layers.len() <= limits.layers, "the image has {} layers, the limit is {}", layers.len(), limits.layers);
    let count = layers.len();
    let read = read_layers(store, &layers, wanted, limits)?;
    let mut entries = 0;
    let mut ordered = Vec::with_capacity(count);
    for (source, mut layer) in layers.iter().zip(read) {
        entries += layer.entries;
        diagnostics.append(&mut layer.diagnostics);
        ordered.push((Arc::clone(&source.name), layer));
    }
    // a bare tag is no reference
    let reference = name.as_deref().filter(|name| name.contains(['/', ':'])).and_then(ImageReference::parse);
    let name = name.unwrap_or_else(|| fallback.to_owned());
    let files = squash(ordered);
    Ok(ImageContent {
        reference,
        name,
        digest,
        config,
        config_digest,
        manifest,
        layers: count,
        entries,
        files,
        diagnostics,
    })
}

/// Follows indexes down to the manifest of the platform.
fn resolve(
    store: &mut dyn Store,
    mut bytes: Vec<u8>,
    limits: &Limits,
    options: &ImageOptions,
) -> anyhow::Result<(Vec<u8>, Manifest)> {
    for _ in 0..INDEX_DEPTH {
        match document(&bytes)? {
            Document::Manifest(manifest) => return Ok((bytes, manifest)),
            Document::Index(entries) => {
                let digest = choose(&entries, options.platform.as_ref())?.digest.clone();
                bytes = described_manifest(store, &digest, limits)?;
            }
        }
    }
    bail!("indexes are nested more than {INDEX_DEPTH} deep")
}

/// The layers of a manifest that are file systems.
fn described(manifest: &Manifest, diagnostics: &mut Vec<Diagnostic>) -> Vec<LayerSource> {
    let mut sources = Vec::new();
    for layer in &manifest.layers {
        let kind = layer.media_type.as_str();
        let is_tar = kind.is_empty() || kind.contains("tar") || kind.contains("rootfs");
        if !is_tar || kind.contains("encrypted") {
            let message = format!("layer `{}` of type `{kind}` is no readable file system; not read", layer.digest);
            diagnostics.push(problem(DiagnosticKind::Unsupported, &message));
            continue;
        }
        sources.push(LayerSource {
            location: Location::Blob(layer.digest.clone()),
            stored: Some(layer.digest.clone()),
            unpacked: None,
            name: Arc::from(layer.digest.to_string()),
        });
    }
    sources
}

/// The layers of an older archive, with the digests that the configuration lists.
fn listed(config: &[u8], layers: Vec<RelPath>) -> anyhow::Result<Vec<LayerSource>> {
    let text = std::str::from_utf8(config).context("the image configuration is not UTF-8")?;
    let root =
        parse::json::json(text).map_err(|error| anyhow::anyhow!("the image configuration: {}", error.message))?;
    let ids = root.at(&["rootfs", "diff_ids"]).map_or(&[][..], Node::list);
    ensure!(
        ids.len() == layers.len(),
        "the archive lists {} layers, the image configuration {}; the image is damaged or forged",
        layers.len(),
        ids.len()
    );
    let pairs = layers.into_iter().zip(ids);
    pairs
        .map(|(path, id)| {
            let text = id.text().unwrap_or_default();
            let digest = Digest::parse(text).with_context(|| format!("`{}` is no layer digest", clean_line(text)))?;
            let name = Arc::from(digest.to_string());
            Ok(LayerSource { location: Location::Path(path), stored: None, unpacked: Some(digest), name })
        })
        .collect()
}

/// Reads every distinct layer once; the same layer may lie in an image twice.
fn read_layers(
    store: &mut dyn Store,
    layers: &[LayerSource],
    wanted: &Wanted<'_>,
    limits: &Limits,
) -> anyhow::Result<Vec<Layer>> {
    let mut distinct: Vec<LayerSource> = Vec::new();
    let mut positions = Vec::with_capacity(layers.len());
    let mut known: BTreeMap<(Location, Option<Digest>), usize> = BTreeMap::new();
    for layer in layers {
        let position = *known.entry((layer.location.clone(), layer.unpacked.clone())).or_insert_with(|| {
            distinct.push(layer.clone());
            distinct.len() - 1
        });
        positions.push(position);
    }
    let mut budget = Budget::new(limits);
    let mut read: Vec<Option<Layer>> = distinct.iter().map(|_| None).collect();
    store.layers(&distinct, &mut |position, stream| {
        read[position] = Some(checked(&distinct[position], stream, wanted, limits, &mut budget)?);
        Ok(())
    })?;
    positions
        .into_iter()
        .map(|position| {
            let name = &distinct[position].name;
            read[position].clone().with_context(|| format!("layer `{name}` is missing"))
        })
        .collect()
}

/// Reads one layer and compares its digest.
fn checked(
    source: &LayerSource,
    stream: &mut dyn Read,
    wanted: &Wanted<'_>,
    limits: &Limits,
    budget: &mut Budget,
) -> anyhow::Result<Layer> {
    let name = &source.name;
    // a stream without end must not keep us reading for the sake of its digest
    let stream = stream.take(limits.archive_bytes);
    let (layer, verdict) = if let Some(digest) = &source.stored {
        let mut hashed = Hashed::new(stream, digest);
        let layer = read_layer(&mut hashed, name, wanted, limits, budget);
        (layer, hashed.finish().with_context(|| format!("layer `{name}` cannot be read to its end"))?)
    } else if let Some(digest) = &source.unpacked {
        let unpacked = Unpacked::new(stream, limits).with_context(|| format!("layer `{name}`"))?;
        let mut hashed = Hashed::new(unpacked, digest);
        let mut layer = read_layer(&mut hashed, name, wanted, limits, budget);
        match hashed.finish() {
            Ok(verdict) => (layer, verdict),
            // the digest of what cannot be unpacked to its end cannot be known; the loss is reported already
            Err(_) if !layer.diagnostics.is_empty() => (layer, Ok(())),
            Err(error) => {
                let message = format!("layer `{name}` was read in part: {error}");
                layer.diagnostics.push(problem(DiagnosticKind::Malformed, &message));
                (layer, Ok(()))
            }
        }
    } else {
        let mut stream = stream;
        (read_layer(&mut stream, name, wanted, limits, budget), Ok(()))
    };
    match verdict {
        Ok(()) => Ok(layer),
        Err(found) => bail!("layer `{name}` has the content of `{found}`; the image is damaged or forged"),
    }
}

fn problem(kind: DiagnosticKind, message: &str) -> Diagnostic {
    let message = clean_line(message).into_owned();
    Diagnostic { path: RelPath::root(), at: None, kind, scanner: Arc::from("image"), message }
}
