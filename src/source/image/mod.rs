//! Images, wherever they lie: choose the platform, check every digest, read the layers once, keep the
//! files somebody wants. Nothing is unpacked to disk and nothing of the image is run.
//!
//! What the files say is not judged here; see [`crate::target`].

mod attached;
mod mirror;
mod open;
mod shared;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(feature = "registry")]
use anyhow::Context as _;
use anyhow::ensure;

use super::Limits;
use super::archive::Digest;
use super::image_manifest::{Attesting, Descriptor, Document, Platform, document};
use super::image_records::ImageRecords;
use super::layers::{LayeredFile, Squashed, Wanter, squash};
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::model::purl::ImageReference;
use crate::text::{RelPath, clean_line};
use crate::threads::STACK;

pub use attached::Attached;
pub use mirror::{Mirror, Retries};
pub(super) use open::none_called;
use open::{Opened, open_root, roots_of_index};
pub use shared::Layers;

/// Images of one layout or archive.
const IMAGES: usize = 64;

/// Where an image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageTarget {
    /// A folder with `oci-layout` and `index.json`.
    OciLayout(PathBuf),
    /// A tar file as `docker save`, `podman save` or `skopeo copy` write it, packed or not.
    Archive(PathBuf),
    /// The one image of a layout or archive that has a name.
    Named(Box<Self>, String),
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
    /// Allows running the credential helpers that the Docker and Podman configurations name.
    pub credential_helpers: bool,
    /// Registries that are asked in the place of others, in this order.
    pub mirrors: Vec<Mirror>,
    /// How often a registry is asked again that is busy or breaks off.
    pub retries: Retries,
    /// Layers read before, by this run or an earlier one.
    pub layers: Arc<Layers>,
    /// Images that earlier runs have scanned.
    pub records: Option<ImageRecords>,
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
    /// Digests of its layers, bottom first.
    pub layers: Vec<Arc<str>>,
    /// True when it came from the registry that its reference names.
    pub is_fetched: bool,
    /// Platforms that the image is made for, when an index lists several.
    pub platforms: Vec<String>,
    /// Bills of materials and provenance that lie beside the image.
    pub attached: Vec<Attached>,
    /// Entries seen in all layers.
    pub entries: u64,
    /// The wanted files of the image as a container would see them, each with the layer it comes from.
    pub files: Vec<LayeredFile>,
    /// Wanted files that later layers took away.
    pub gone: Vec<LayeredFile>,
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

/// Called once per layer with its position and its stored bytes, by several threads at a time.
pub(super) type EachLayer<'a> = dyn Fn(usize, &mut dyn Read) -> anyhow::Result<()> + Sync + 'a;

/// A place that holds parts of images.
pub(super) trait Store: Sync {
    /// A small document, at most `limit` bytes.
    fn document(&self, location: &Location, limit: u64) -> anyhow::Result<Vec<u8>>;

    /// A manifest or index by digest: the same as any document, except in registries.
    fn manifest(&self, digest: &Digest, limit: u64) -> anyhow::Result<Vec<u8>> {
        self.document(&Location::Blob(digest.clone()), limit)
    }

    /// Hands out every layer of the list once, in whatever order suits the store and by at most so many threads.
    fn layers(&self, layers: &[LayerSource], threads: usize, each: &EachLayer<'_>) -> anyhow::Result<()>;

    /// Manifests that say that they are about the manifest of a digest.
    fn referrers(&self, _digest: &Digest) -> anyhow::Result<Vec<Descriptor>> {
        Ok(Vec::new())
    }
}

/// Does `count` pieces of work with at most so many threads; of several errors the one of the first piece counts.
pub(super) fn parallel(
    count: usize,
    threads: usize,
    work: impl Fn(usize) -> anyhow::Result<()> + Sync,
) -> anyhow::Result<()> {
    if count < 2 || threads < 2 {
        return (0..count).try_for_each(work);
    }
    let next = AtomicUsize::new(0);
    let failed: Mutex<Option<(usize, anyhow::Error)>> = Mutex::new(None);
    let worker = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let is_over = at >= count || failed.lock().is_ok_and(|failed| failed.is_some());
            if is_over {
                return;
            }
            if let Err(error) = work(at) {
                let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                if failed.as_ref().is_none_or(|(first, _)| at < *first) {
                    *failed = Some((at, error));
                }
            }
        }
    };
    std::thread::scope(|scope| -> std::io::Result<()> {
        for _ in 1..threads.min(count) {
            std::thread::Builder::new().name("layer".to_owned()).stack_size(STACK).spawn_scoped(scope, worker)?;
        }
        worker();
        Ok(())
    })?;
    failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), |(_, error)| Err(error))
}

/// An image of a store before its layers are read.
pub(super) enum Root {
    /// By its manifest or index.
    Described { name: Option<String>, bytes: Vec<u8>, beside: Beside },
    /// By configuration and layers, as older archives do.
    Listed { name: Option<String>, config: RelPath, layers: Vec<RelPath> },
}

/// What an index says beside the image that is chosen.
#[derive(Clone, Debug, Default)]
pub(super) struct Beside {
    /// Platforms, when it lists several.
    platforms: Vec<String>,
    /// Manifests about others of the index.
    attesting: Vec<Attesting>,
}

/// How all images of a call are read.
#[derive(Clone, Copy)]
struct Way<'a> {
    wanter: &'a dyn Wanter,
    limits: &'a Limits,
    options: &'a ImageOptions,
}

/// Reads the images of a target: one, or all of an archive or layout.
///
/// # Errors
/// When the target cannot be opened, an image is not made for the platform, or a digest does not
/// match: what is not what its name says must not be judged.
pub fn read_images(
    target: &ImageTarget,
    wanter: &dyn Wanter,
    limits: &Limits,
    options: &ImageOptions,
) -> anyhow::Result<Vec<ImageContent>> {
    read_named(target, None, Way { wanter, limits, options })
}

/// Those of a name, where one is given.
fn read_named(target: &ImageTarget, name: Option<&str>, way: Way<'_>) -> anyhow::Result<Vec<ImageContent>> {
    let Way { limits, options, .. } = way;
    match target {
        ImageTarget::OciLayout(path) => {
            let store = super::oci_layout::OciLayout::open(path, limits)?;
            let roots = roots_of_index(store.index(), name, &store, limits, options)?;
            read_all(&store, roots, &file_name(path), way)
        }
        ImageTarget::Archive(path) => {
            let store = super::docker_archive::DockerArchive::open(path, limits)?;
            let roots = match store.index() {
                Some(index) => roots_of_index(&index, name, &store, limits, options)?,
                None => store.listed(name)?,
            };
            read_all(&store, roots, &file_name(path), way)
        }
        ImageTarget::Named(inner, name) => read_named(inner, Some(name), way),
        ImageTarget::Registry(reference) => from_registry(reference, way),
    }
}

/// True when an image that is called `name` is meant by `wanted`: its whole name, or its tag.
pub(super) fn is_called(name: &str, wanted: &str) -> bool {
    let tag = name.rsplit_once(':').map(|(_, tag)| tag);
    name == wanted
        || tag == Some(wanted)
        || matches!((ImageReference::parse(name), ImageReference::parse(wanted)), (Some(a), Some(b)) if a == b)
}

/// What an image without a name is called.
fn file_name(path: &Path) -> String {
    let name = path.file_name().map_or_else(|| "image".to_owned(), |name| name.to_string_lossy().into_owned());
    let stem = name.trim_end_matches(".gz").trim_end_matches(".tgz").trim_end_matches(".tar");
    if stem.is_empty() { "image".to_owned() } else { stem.to_owned() }
}

#[cfg(feature = "registry")]
fn from_registry(reference: &ImageReference, way: Way<'_>) -> anyhow::Result<Vec<ImageContent>> {
    let mut store = super::registry::Registry::connect(reference, way.limits, way.options)?;
    let bytes = store.first_manifest()?;
    let root = Root::Described { name: None, bytes, beside: Beside::default() };
    let mut content =
        read_one(&store, root, "image", way).with_context(|| format!("image `{}`", reference.full_name()))?;
    content.reference = Some(reference.clone());
    content.is_fetched = true;
    Ok(vec![content])
}

#[cfg(not(feature = "registry"))]
fn from_registry(reference: &ImageReference, _: Way<'_>) -> anyhow::Result<Vec<ImageContent>> {
    anyhow::bail!(
        "this build cannot reach registries; save `{}` to a file and scan that, or build with the feature `registry`",
        reference.full_name()
    )
}

fn read_all(store: &dyn Store, roots: Vec<Root>, fallback: &str, way: Way<'_>) -> anyhow::Result<Vec<ImageContent>> {
    ensure!(roots.len() <= IMAGES, "it holds {} images, the limit is {IMAGES}; save fewer at a time", roots.len());
    roots.into_iter().map(|root| read_one(store, root, fallback, way)).collect()
}

fn read_one(store: &dyn Store, root: Root, fallback: &str, way: Way<'_>) -> anyhow::Result<ImageContent> {
    let Opened { name, manifest, digest, config, config_digest, layers, beside, mut diagnostics } =
        open_root(store, root, way.limits, way.options)?;
    let (count, limit) = (layers.len(), way.limits.layers);
    ensure!(count as u64 <= limit, "the image has {count} layers, the limit is {limit}");
    let read = way.options.layers.read_all(store, &layers, way.wanter, way.limits)?;
    let mut entries = 0;
    for (at, (_, layer)) in read.iter().enumerate() {
        entries += layer.entries;
        // the same layer may lie in an image twice
        if read[..at].iter().all(|(_, other)| !Arc::ptr_eq(other, layer)) {
            diagnostics.extend(layer.diagnostics.iter().cloned());
        }
    }
    let (reference, name) = named(name, manifest.is_some(), fallback);
    let Squashed { files, gone, diagnostics: of_links } = squash(&read);
    diagnostics.extend(of_links);
    let layers = layers.into_iter().map(|layer| layer.name).collect();
    let attached = match manifest {
        Some(_) => attached::of(store, &digest, &beside.attesting, way.limits, &mut diagnostics),
        None => Vec::new(),
    };
    Ok(ImageContent {
        reference,
        name,
        digest,
        config,
        config_digest,
        manifest,
        layers,
        is_fetched: false,
        platforms: beside.platforms,
        attached,
        entries,
        files,
        gone,
        diagnostics,
    })
}

/// What an image is called: its reference, and a name where it has none. Of a layout or OCI archive only what names a
/// registry is a reference: a bare tag or `app:1` says nothing of where it comes from, and `localhost/` is what Podman
/// writes before such names. The names of `docker save` are read as Docker reads them.
fn named(stated: Option<String>, has_manifest: bool, fallback: &str) -> (Option<ImageReference>, String) {
    let Some(stated) = stated else { return (None, fallback.to_owned()) };
    let (first, local) = stated.split_once('/').map_or(("", None), |(first, rest)| (first, Some(rest)));
    let names_registry = first != "localhost" && first.contains(['.', ':']);
    if (names_registry || !has_manifest && first != "localhost")
        && stated.contains(['/', ':'])
        && let Some(reference) = ImageReference::parse(&stated)
    {
        return (Some(reference), stated);
    }
    match local {
        Some(rest) if first == "localhost" && !rest.is_empty() => (None, rest.to_owned()),
        None if !stated.contains(':') => (None, format!("{fallback}:{stated}")),
        _ => (None, stated),
    }
}

fn problem(kind: DiagnosticKind, message: &str) -> Diagnostic {
    let message = clean_line(message).into_owned();
    Diagnostic { path: RelPath::root(), at: None, kind, scanner: Arc::from("image"), message }
}
