//! Image layouts: folders with `oci-layout`, `index.json` and `blobs/`.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::Limits;
use super::directory::{self, Folders, ReadError};
use super::image::{EachLayer, LayerSource, Location, Store, parallel};
use crate::text::RelPath;

/// An opened layout.
pub(super) struct OciLayout {
    root: PathBuf,
    index: Vec<u8>,
}

impl OciLayout {
    /// Opens the layout and reads its index.
    pub(super) fn open(root: &Path, limits: &Limits) -> anyhow::Result<Self> {
        let mut layout = Self { root: root.to_path_buf(), index: Vec::new() };
        if !root.join("oci-layout").is_file() {
            bail!("`{}` is no image layout: it has no file `oci-layout`", root.display());
        }
        layout.index = layout.read("index.json", limits.manifest_bytes)?;
        Ok(layout)
    }

    /// The text of `index.json`.
    pub(super) fn index(&self) -> &[u8] {
        &self.index
    }

    fn read(&self, path: &str, limit: u64) -> anyhow::Result<Vec<u8>> {
        let path = RelPath::new(path).context("a path that leaves the layout")?;
        directory::read_without_links(&self.root, &path, limit, &Folders::default()).map_err(|error| match error {
            ReadError::Io(reason) => anyhow::anyhow!("`{path}` of the image layout cannot be read: {reason}"),
            ReadError::TooLarge { size, limit } => {
                anyhow::anyhow!("`{path}` of the image layout has {size} bytes, the limit is {limit}")
            }
        })
    }
}

fn path_of(location: &Location) -> String {
    match location {
        Location::Blob(digest) => digest.blob_path(),
        Location::Path(path) => path.as_str().to_owned(),
    }
}

impl Store for OciLayout {
    fn document(&self, location: &Location, limit: u64) -> anyhow::Result<Vec<u8>> {
        self.read(&path_of(location), limit)
    }

    fn layers(&self, layers: &[LayerSource], threads: usize, each: &EachLayer<'_>) -> anyhow::Result<()> {
        parallel(layers.len(), threads, |position| {
            let path = path_of(&layers[position].location);
            let full = self.root.join(&path);
            let about = std::fs::symlink_metadata(&full);
            if !about.is_ok_and(|about| about.is_file()) {
                bail!("`{path}` is missing in the image layout; copy the image again with all its layers");
            }
            let mut file = File::open(&full).with_context(|| format!("`{path}` of the image layout"))?;
            each(position, &mut file)
        })
    }
}
