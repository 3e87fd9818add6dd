//! Image archives: tar files with `manifest.json` (as `docker save` writes) or with an image layout
//! inside, packed or not. Nothing is unpacked to disk.
//!
//! A plain file is indexed once and then read in place. A packed one is read twice: once for its small
//! documents, once for its layers in the order in which they come.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use super::Limits;
use super::archive::{Compression, Unpacked};
use super::image::{EachLayer, LayerSource, Location, Root, Store, is_called, none_called, parallel};
use super::tar_entries::{EntryKind, Skip, TarEntries};
use crate::parse::{self, Node};
use crate::text::RelPath;

/// Small documents of a packed archive kept while it is read the first time.
const DOCUMENTS: u64 = 64 << 20;
/// Links followed from one layer to another that has the same content.
const HOPS: usize = 4;

/// An opened archive.
pub(super) struct DockerArchive {
    path: PathBuf,
    compression: Compression,
    limits: Limits,
    parts: BTreeMap<RelPath, Part>,
}

enum Part {
    /// Bytes at an offset of the unpacked stream.
    File { offset: u64, size: u64, kept: Option<Vec<u8>> },
    /// The same as another part.
    Link(RelPath),
}

impl DockerArchive {
    /// Indexes the archive.
    pub(super) fn open(path: &Path, limits: &Limits) -> anyhow::Result<Self> {
        let name = path.display();
        let mut file = File::open(path).with_context(|| format!("`{name}` cannot be opened"))?;
        let mut start = [0; 4];
        let read = file.read(&mut start).with_context(|| format!("`{name}` cannot be read"))?;
        file.seek(SeekFrom::Start(0))?;
        let compression = Compression::of(&start[..read]);
        let parts = match compression {
            Compression::None => index(TarEntries::new(BufReader::new(file), limits), None),
            _ => index(TarEntries::new(Unpacked::new(file, limits)?, limits), Some(limits.manifest_bytes)),
        };
        let parts = parts.map_err(cut_off).with_context(|| format!("`{name}` is no readable image archive"))?;
        Ok(Self { path: path.to_path_buf(), compression, limits: *limits, parts })
    }

    /// The text of `index.json`, when the archive holds an image layout.
    pub(super) fn index(&self) -> Option<Vec<u8>> {
        self.parts.get(&RelPath::new("oci-layout")?)?;
        let path = RelPath::new("index.json")?;
        self.document(&Location::Path(path), self.limits.manifest_bytes).ok()
    }

    /// The images of `manifest.json`; those of a name, where one is given.
    pub(super) fn listed(&self, wanted: Option<&str>) -> anyhow::Result<Vec<Root>> {
        let path = RelPath::new("manifest.json").expect("is a relative path");
        ensure!(
            self.parts.contains_key(&path),
            "`{}` is a tar file without `manifest.json` or `index.json`: no image, or one that was cut off before they were \
             written; save it again",
            self.path.display()
        );
        let bytes = self.document(&Location::Path(path), self.limits.manifest_bytes)?;
        let text = std::str::from_utf8(&bytes).context("`manifest.json` is not UTF-8")?;
        let root = parse::json::json(text).map_err(|error| anyhow::anyhow!("`manifest.json`: {}", error.message))?;
        let (mut roots, mut names) = (Vec::new(), Vec::new());
        for entry in root.list() {
            let inside = |node: &Node| {
                node.text().and_then(RelPath::new).context("`manifest.json` names a path outside of the archive")
            };
            let config = inside(entry.get("Config").context("an image of `manifest.json` has no `Config`")?)?;
            let layers = entry.get("Layers").map_or(&[][..], Node::list);
            let layers = layers.iter().map(inside).collect::<anyhow::Result<Vec<_>>>()?;
            let tags = entry.get("RepoTags").map_or(&[][..], Node::list).iter().filter_map(Node::text);
            let tags: Vec<String> = tags.map(str::to_owned).collect();
            let name = match wanted {
                Some(wanted) => tags.iter().find(|tag| is_called(tag, wanted)),
                None => tags.first(),
            };
            let (name, is_other) = (name.map(String::as_str), wanted.is_some() && name.is_none());
            names.extend(tags.iter().cloned());
            if is_other {
                continue;
            }
            roots.push(Root::Listed { name: name.map(str::to_owned), config, layers });
        }
        if let (Some(wanted), true) = (wanted, roots.is_empty()) {
            bail!("{}", none_called(wanted, &names));
        }
        ensure!(!roots.is_empty(), "`manifest.json` lists no image");
        Ok(roots)
    }

    /// The path that holds the bytes of a location.
    fn resolve(&self, location: &Location) -> anyhow::Result<RelPath> {
        let mut path = match location {
            Location::Blob(digest) => RelPath::new(&digest.blob_path()).context("a blob path")?,
            Location::Path(path) => path.clone(),
        };
        for _ in 0..HOPS {
            match self.parts.get(&path) {
                Some(Part::File { .. }) => return Ok(path),
                Some(Part::Link(target)) => path = target.clone(),
                None => bail!("`{path}` is missing in the archive; save the image again"),
            }
        }
        bail!("`{path}` is a link that leads nowhere")
    }

    fn file_at(&self, offset: u64) -> anyhow::Result<File> {
        let mut file = File::open(&self.path).context("the archive cannot be opened again")?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(file)
    }
}

/// Says of an archive that ends too early what that means.
fn cut_off(error: anyhow::Error) -> anyhow::Error {
    let is_cut = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>()).any(|cause| {
        cause.kind() == std::io::ErrorKind::UnexpectedEof || cause.to_string().contains("incomplete deflate")
    });
    if is_cut { anyhow::anyhow!("it ends too early; save or copy it again") } else { error }
}

/// Every part of an archive. `keep` is set for packed archives: documents up to that size are kept.
fn index<R: Skip>(mut entries: TarEntries<R>, keep: Option<u64>) -> anyhow::Result<BTreeMap<RelPath, Part>> {
    let mut parts = BTreeMap::new();
    let mut budget = DOCUMENTS;
    while let Some(entry) = entries.next_entry()? {
        let Ok(path) = entry.path else { continue };
        let part = match entry.kind {
            EntryKind::File => {
                let mut kept = None;
                if keep.is_some_and(|most| entry.size <= most && entry.size <= budget) && may_be_document(&path) {
                    kept = entries.read_data(entry.size)?.filter(|bytes| is_json(bytes));
                    budget -= kept.as_ref().map_or(0, |bytes| bytes.len() as u64);
                }
                Part::File { offset: entry.offset, size: entry.size, kept }
            }
            EntryKind::Symlink(target) => match path.parent().join(&target) {
                Some(target) => Part::Link(target),
                None => continue,
            },
            EntryKind::HardLink(target) => match RelPath::new(&target) {
                Some(target) => Part::Link(target),
                None => continue,
            },
            EntryKind::Directory | EntryKind::Sparse | EntryKind::Device | EntryKind::Other => continue,
        };
        parts.insert(path, part);
    }
    Ok(parts)
}

fn may_be_document(path: &RelPath) -> bool {
    path.name().ends_with(".json") || path.name() == "oci-layout" || path.as_str().starts_with("blobs/")
}

fn is_json(bytes: &[u8]) -> bool {
    bytes.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| matches!(byte, b'{' | b'['))
}

impl Store for DockerArchive {
    fn document(&self, location: &Location, limit: u64) -> anyhow::Result<Vec<u8>> {
        let path = self.resolve(location)?;
        let Some(Part::File { offset, size, kept }) = self.parts.get(&path) else {
            bail!("`{path}` is missing in the archive; save the image again")
        };
        ensure!(*size <= limit, "`{path}` of the archive has {size} bytes, the limit is {limit}");
        if let Some(bytes) = kept {
            return Ok(bytes.clone());
        }
        ensure!(self.compression == Compression::None, "`{path}` of the archive is no JSON document");
        let mut bytes = Vec::new();
        self.file_at(*offset)?.take(*size).read_to_end(&mut bytes)?;
        ensure!(bytes.len() as u64 == *size, "the archive ends within `{path}`");
        Ok(bytes)
    }

    fn layers(&self, layers: &[LayerSource], threads: usize, each: &EachLayer<'_>) -> anyhow::Result<()> {
        let mut wanted: BTreeMap<RelPath, Vec<usize>> = BTreeMap::new();
        for (position, layer) in layers.iter().enumerate() {
            wanted.entry(self.resolve(&layer.location)?).or_default().push(position);
        }
        if self.compression == Compression::None {
            let places: Vec<(usize, u64, u64)> = wanted
                .iter()
                .filter_map(|(path, positions)| match self.parts.get(path) {
                    Some(Part::File { offset, size, .. }) => Some((positions, *offset, *size)),
                    _ => None,
                })
                .flat_map(|(positions, offset, size)| positions.iter().map(move |position| (*position, offset, size)))
                .collect();
            return parallel(places.len(), threads, |at| {
                let (position, offset, size) = places[at];
                each(position, &mut self.file_at(offset)?.take(size))
            });
        }
        // links may give one part to two layers; the second time it must be read again
        let rounds = wanted.values().map(Vec::len).max().unwrap_or(0);
        for round in 0..rounds {
            let mut entries = TarEntries::new(Unpacked::new(self.file_at(0)?, &self.limits)?, &self.limits);
            while let Some(entry) = entries.next_entry()? {
                let Ok(path) = entry.path else { continue };
                let of_index =
                    matches!(self.parts.get(&path), Some(Part::File { offset, .. }) if *offset == entry.offset);
                let position = wanted.get(&path).and_then(|positions| positions.get(round));
                if let (true, EntryKind::File, Some(position)) = (of_index, &entry.kind, position) {
                    each(*position, &mut (&mut entries).take(entry.size))?;
                }
            }
        }
        Ok(())
    }
}
