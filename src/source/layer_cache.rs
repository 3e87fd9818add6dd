//! Layers of images as read by earlier runs, in a folder of the user.
//!
//! One file per layer, named by a digest of its key, written beside its place and moved there in one step. Runs need not
//! know of each other: what is half written is not in its place, and what is damaged is as if it were not there. When
//! the folder grows over its limit, the files that were used longest ago go.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Write as _};
use std::path::PathBuf;
use std::sync::Mutex;

use super::archive::Digest;
use super::kept;
use super::layers::{Layer, decode, encode};

/// Bytes that all files may have together.
pub const CACHE_BYTES: u64 = 2 << 30;
const ENDING: &str = "layer";

/// A cache of layers.
#[derive(Debug)]
pub struct LayerCache {
    folder: PathBuf,
    limit: u64,
    /// Bytes in the folder, as far as this run knows; counted when the first layer is written.
    size: Mutex<Option<u64>>,
}

impl LayerCache {
    /// The cache of the user: `$XDG_CACHE_HOME/sovaudit/layers` or `~/.cache/sovaudit/layers`; `None` without a home.
    #[must_use]
    pub fn of_user(limit: u64) -> Option<Self> {
        Some(Self::at(kept::folder()?.join("layers"), limit))
    }

    /// In a folder, which is made when something is to be kept.
    #[must_use]
    pub fn at(folder: PathBuf, limit: u64) -> Self {
        Self { folder, limit, size: Mutex::new(None) }
    }

    /// The layer of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Layer> {
        let path = self.place(key);
        let mut file = File::open(&path).ok()?;
        let about = file.metadata().ok()?;
        if !about.is_file() || about.len() > self.limit {
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(about.len()).ok()?);
        file.read_to_end(&mut bytes).ok()?;
        let layer = decode(&bytes);
        if layer.is_some() {
            kept::touch(&path);
        } else {
            let _ = fs::remove_file(&path);
        }
        layer
    }

    /// Keeps a layer. That it cannot be kept (a full disk, a folder that cannot be written) is no failure of a scan.
    pub fn put(&self, key: &str, layer: &Layer) {
        if layer.bytes() > self.limit / 2 {
            return;
        }
        if let Some(size) = self.write(key, layer) {
            self.make_room(size);
        }
    }

    fn write(&self, key: &str, layer: &Layer) -> Option<u64> {
        kept::make_private(&self.folder)?;
        let mut file = tempfile::Builder::new().prefix(kept::NEW).tempfile_in(&self.folder).ok()?;
        let mut out = BufWriter::with_capacity(64 << 10, file.as_file_mut());
        encode(layer, &mut out).ok()?;
        out.flush().ok()?;
        drop(out);
        let size = file.as_file().metadata().ok()?.len();
        file.persist(self.place(key)).ok()?;
        Some(size)
    }

    fn place(&self, key: &str) -> PathBuf {
        let digest = Digest::sha256(key.as_bytes()).to_string();
        let name = digest.split_once(':').map_or(digest.as_str(), |(_, hex)| hex);
        self.folder.join(name).with_extension(ENDING)
    }

    /// Counts what was added, and removes the files used longest ago when that passes the limit.
    fn make_room(&self, added: u64) {
        let Ok(mut size) = self.size.lock() else { return };
        let known = size.map_or_else(|| kept::bytes(&self.folder, ENDING), |size| size + added);
        *size = Some(known);
        if known <= self.limit {
            return;
        }
        // other runs write as well: what counts is what is there; and a little more than needed goes, so that not every
        // layer sorts the folder
        let goal = self.limit - self.limit / 10;
        *size = Some(kept::make_room(&self.folder, ENDING, usize::MAX, goal));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::layers::{Content, Kept};
    use crate::text::RelPath;
    use std::sync::Arc;

    fn layer(size: usize) -> Layer {
        let mut layer = Layer::empty();
        let kept = Kept { content: Content::Whole, size: size as u64, bytes: Arc::from(vec![7; size]) };
        layer.files.insert(RelPath::new("a").expect("is relative"), kept);
        layer
    }

    #[test]
    fn keeps_what_was_used_last_within_its_limit() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = LayerCache::at(folder.path().join("deep/down"), 100_000);
        assert_eq!(cache.get("0"), None);
        for number in 0..10 {
            cache.put(&number.to_string(), &layer(20_000));
            let old = kept::now() - std::time::Duration::from_secs(1000 - number);
            let file = File::options().append(true).open(cache.place(&number.to_string())).expect("was written");
            file.set_modified(old).expect("can be set");
            // the first one is used all the time
            assert_eq!(cache.get("0"), Some(layer(20_000)), "{number}");
        }
        let size: u64 = kept::bytes(&cache.folder, ENDING);
        assert!(size <= 100_000, "{size}");
        assert_eq!(cache.get("1"), None);
        assert_eq!(cache.get("9"), Some(layer(20_000)));
        cache.put("giant", &layer(60_000));
        assert_eq!(cache.get("giant"), None, "more than half of the cache");
    }

    #[test]
    fn damaged_and_unfinished_files_are_no_layers() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = LayerCache::at(folder.path().to_path_buf(), 100_000);
        cache.put("a", &layer(1000));
        let place = cache.place("a");
        let mut bytes = fs::read(&place).expect("was written");
        bytes[500] ^= 1;
        fs::write(&place, &bytes).expect("can be written");
        assert_eq!(cache.get("a"), None);
        assert!(!place.exists(), "it is written anew next time");
        let left = folder.path().join(".new-cut");
        fs::write(&left, b"sovlayr1").expect("can be written");
        let long_ago = kept::now() - 2 * kept::LEFT_BEHIND;
        File::options().append(true).open(&left).expect("is there").set_modified(long_ago).expect("can be set");
        for number in 0..10 {
            cache.put(&number.to_string(), &layer(20_000));
        }
        assert!(!left.exists());
    }
}
