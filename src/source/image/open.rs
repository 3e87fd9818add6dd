//! From an index or a list of images to one image's manifest, configuration and layers.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};

use super::{Beside, Document, IMAGES, ImageOptions, LayerSource, Location, Root, Store, document, is_called, problem};
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::parse::{self, Node};
use crate::source::Limits;
use crate::source::archive::Digest;
use crate::source::image_manifest::{Descriptor, Manifest, Platform, attesting, choose};
use crate::text::{RelPath, clean_line};

/// Index in index in index: more is a loop or a trap.
const INDEX_DEPTH: usize = 4;

/// What is known of an image before its layers are read.
pub(super) struct Opened {
    pub(super) name: Option<String>,
    pub(super) manifest: Option<Vec<u8>>,
    pub(super) digest: Digest,
    pub(super) config: Vec<u8>,
    pub(super) config_digest: Digest,
    pub(super) layers: Vec<LayerSource>,
    pub(super) beside: Beside,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Opens one image.
pub(super) fn open_root(
    store: &dyn Store,
    root: Root,
    limits: &Limits,
    options: &ImageOptions,
) -> anyhow::Result<Opened> {
    let mut diagnostics = Vec::new();
    match root {
        Root::Described { name, bytes, mut beside } => {
            let (bytes, manifest) = resolve(store, bytes, limits, options, &mut beside)?;
            let config = blob(store, &manifest.config.digest, limits).context("image configuration")?;
            let layers = described(&manifest, &mut diagnostics);
            diagnostics.extend(other_platform(&config, options));
            let digest = Digest::sha256(&bytes);
            let config_digest = manifest.config.digest;
            Ok(Opened { name, manifest: Some(bytes), digest, config, config_digest, layers, beside, diagnostics })
        }
        Root::Listed { name, config: path, layers } => {
            let config = store.document(&Location::Path(path.clone()), limits.manifest_bytes)?;
            let digest = Digest::sha256(&config);
            let claimed = path.name().trim_end_matches(".json");
            if let Some(claimed) = Digest::parse(&format!("sha256:{claimed}")) {
                ensure!(claimed == digest, "the image configuration `{path}` has another digest than its name says");
            }
            let layers = listed(&config, layers)?;
            diagnostics.extend(other_platform(&config, options));
            let (config_digest, beside) = (digest.clone(), Beside::default());
            Ok(Opened { name, manifest: None, digest, config, config_digest, layers, beside, diagnostics })
        }
    }
}

/// That an image is made for another platform than the one that was asked for: an image without an index is the only one
/// there is, whatever it is made for.
fn other_platform(config: &[u8], options: &ImageOptions) -> Option<Diagnostic> {
    let wanted = options.platform.as_ref()?;
    let root = parse::json::json(std::str::from_utf8(config).ok()?).ok()?;
    let has = Platform::of(&root).filter(|has| !has.os.is_empty() && !wanted.accepts(has))?;
    let message = format!("the image is made for `{has}` and not for `{wanted}`; what is told is of `{has}`");
    Some(problem(DiagnosticKind::Conflict, &message))
}

/// The images of an `index.json`: entries that share a name are platforms of one image.
pub(super) fn roots_of_index(
    bytes: &[u8],
    wanted: Option<&str>,
    store: &dyn Store,
    limits: &Limits,
    options: &ImageOptions,
) -> anyhow::Result<Vec<Root>> {
    let Document::Index(mut entries) = document(bytes)? else { bail!("`index.json` is no image index") };
    ensure!(!entries.is_empty(), "`index.json` names no image");
    if let Some(wanted) = wanted {
        let names: Vec<String> = entries.iter().filter_map(|entry| entry.name.clone()).collect();
        entries.retain(|entry| entry.name.as_deref().is_some_and(|name| is_called(name, wanted)));
        ensure!(!entries.is_empty(), "{}", none_called(wanted, &names));
    }
    let mut by_name: BTreeMap<Option<String>, Vec<Descriptor>> = BTreeMap::new();
    for entry in entries {
        by_name.entry(entry.name.clone()).or_default().push(entry);
    }
    ensure!(by_name.len() <= IMAGES, "it holds {} images, the limit is {IMAGES}; save fewer at a time", by_name.len());
    let mut roots = Vec::new();
    let attesting = attesting(bytes);
    for (name, entries) in by_name {
        let distinct = entries.iter().all(|entry| entry.platform.is_none());
        let chosen =
            if distinct { entries.iter().collect() } else { vec![choose(&entries, options.platform.as_ref())?] };
        let beside = Beside { platforms: platforms_of(&entries), attesting: attesting.clone() };
        for entry in chosen {
            let bytes = described_manifest(store, &entry.digest, limits)?;
            roots.push(Root::Described { name: name.clone(), bytes, beside: beside.clone() });
        }
    }
    Ok(roots)
}

/// That there is no image of a name, and which ones there are.
pub(in crate::source) fn none_called(wanted: &str, names: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{}`", clean_line(name))).collect();
    let there = match (shown.is_empty(), names.len().saturating_sub(SHOWN)) {
        (true, _) => "its images have no names: leave the name out".to_owned(),
        (false, 0) => format!("it has {}", shown.join(", ")),
        (false, more) => format!("it has {} and {more} more", shown.join(", ")),
    };
    format!("it holds no image called `{}`; {there}", clean_line(wanted))
}

/// The platforms of an index, when it tells several.
fn platforms_of(entries: &[Descriptor]) -> Vec<String> {
    let mut all: Vec<String> =
        entries.iter().filter_map(|entry| entry.platform.as_ref()).map(ToString::to_string).collect();
    all.sort();
    all.dedup();
    if all.len() < 2 { Vec::new() } else { all }
}

/// A manifest or index, checked.
fn described_manifest(store: &dyn Store, digest: &Digest, limits: &Limits) -> anyhow::Result<Vec<u8>> {
    matching(store.manifest(digest, limits.manifest_bytes)?, digest)
}

/// A small blob, checked.
fn blob(store: &dyn Store, digest: &Digest, limits: &Limits) -> anyhow::Result<Vec<u8>> {
    matching(store.document(&Location::Blob(digest.clone()), limits.manifest_bytes)?, digest)
}

pub(super) fn matching(bytes: Vec<u8>, digest: &Digest) -> anyhow::Result<Vec<u8>> {
    ensure!(digest.matches(&bytes), "blob `{digest}` has other content than its digest says; it is damaged or forged");
    Ok(bytes)
}

/// Follows indexes down to the manifest of the platform.
fn resolve(
    store: &dyn Store,
    mut bytes: Vec<u8>,
    limits: &Limits,
    options: &ImageOptions,
    beside: &mut Beside,
) -> anyhow::Result<(Vec<u8>, Manifest)> {
    for _ in 0..INDEX_DEPTH {
        match document(&bytes)? {
            Document::Manifest(manifest) => return Ok((bytes, manifest)),
            Document::Index(entries) => {
                if beside.platforms.is_empty() {
                    beside.platforms = platforms_of(&entries);
                }
                beside.attesting.extend(attesting(&bytes));
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
