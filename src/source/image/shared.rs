//! Layers read once: by all images of a run, and by later runs where there is a cache.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use anyhow::{Context as _, bail};

use super::{LayerSource, Store, problem};
use crate::diagnostic::DiagnosticKind;
use crate::source::Limits;
use crate::source::archive::{Digest, Hashed, Unpacked};
use crate::source::layer_cache::LayerCache;
use crate::source::layers::{Budget, Layer, Wanter, read_layer};

/// Bytes of layers that are kept in memory for further images of the run, where there is no cache.
const IN_MEMORY: u64 = 64 << 20;

/// Layers that were read, and those that are being read, of all images of a run.
#[derive(Debug, Default)]
pub struct Layers {
    known: Mutex<Known>,
    changed: Condvar,
    cache: Option<LayerCache>,
    /// Layers of an image that are read at a time; 0 for as many as there are cores.
    threads: usize,
}

#[derive(Debug, Default)]
struct Known {
    slots: BTreeMap<String, Slot>,
    /// Bytes of layers that are held here and perhaps nowhere else.
    held: u64,
}

#[derive(Debug)]
enum Slot {
    /// Somebody reads it.
    Claimed,
    /// There as long as an image holds it, or longer because there is room.
    Read { layer: Weak<Layer>, _held: Option<Arc<Layer>> },
}

/// What a look at a slot gives.
enum Look {
    Found(Arc<Layer>),
    /// It is the caller's to read now.
    Mine,
    Claimed,
}

impl Layers {
    /// With a cache that outlives the run or without, and the number of layers of an image that are read at a time.
    #[must_use]
    pub fn new(cache: Option<LayerCache>, threads: usize) -> Self {
        Self { cache, threads, ..Self::default() }
    }

    fn threads(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
            threads => threads,
        }
    }

    /// Reads every distinct layer of an image once. What was read before is not read again.
    pub(super) fn read_all(
        &self,
        store: &dyn Store,
        layers: &[LayerSource],
        wanter: &dyn Wanter,
        limits: &Limits,
    ) -> anyhow::Result<Vec<(Arc<str>, Arc<Layer>)>> {
        let way = key_of_way(wanter, limits);
        let keys: Vec<String> = layers.iter().map(|layer| key(layer, &way)).collect();
        let budget = Budget::new(limits);
        let reading = Reading { layers: self, store, wanter, limits, budget: &budget };
        let found = reading.all(layers, &keys)?;
        let found = if budget.is_passed() {
            // which files were left out must not depend on which thread came first: once more, one by one
            let budget = Budget::new(limits);
            drop(found);
            Reading { layers: self, store, wanter, limits, budget: &budget }.in_order(layers, &keys)?
        } else {
            found
        };
        let of = |(layer, key): (&LayerSource, &String)| {
            let read = found.get(key).with_context(|| format!("layer `{}` is missing", layer.name))?;
            Ok((Arc::clone(&layer.name), Arc::clone(read)))
        };
        layers.iter().zip(&keys).map(of).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // a thread that panicked has left the map whole: every change is one step
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self, key: &str) -> Look {
        let mut known = self.lock();
        match known.slots.get(key) {
            Some(Slot::Claimed) => return Look::Claimed,
            Some(Slot::Read { layer, .. }) => {
                if let Some(layer) = layer.upgrade() {
                    return Look::Found(layer);
                }
            }
            None => {}
        }
        known.slots.insert(key.to_owned(), Slot::Claimed);
        Look::Mine
    }

    fn wait(&self, key: &str) {
        let known = self.lock();
        let is_claimed = |known: &mut Known| matches!(known.slots.get(key), Some(Slot::Claimed));
        drop(self.changed.wait_while(known, is_claimed).unwrap_or_else(PoisonError::into_inner));
    }

    /// A layer was read. One that is not whole is for the image alone that read it.
    fn put(&self, key: &str, layer: &Arc<Layer>) {
        let mut known = self.lock();
        if layer.is_whole {
            // where there is a cache, it has the layer when the last image lets go of it
            let room = self.cache.is_none() && known.held + layer.bytes() <= IN_MEMORY;
            if room {
                known.held += layer.bytes();
            }
            let slot = Slot::Read { layer: Arc::downgrade(layer), _held: room.then(|| Arc::clone(layer)) };
            known.slots.insert(key.to_owned(), slot);
        } else {
            known.slots.remove(key);
        }
        drop(known);
        self.changed.notify_all();
    }
}

/// Takes back what was claimed and not read, whatever happens.
struct Claims<'a> {
    layers: &'a Layers,
    keys: Vec<&'a str>,
}

impl Drop for Claims<'_> {
    fn drop(&mut self) {
        let mut known = self.layers.lock();
        for key in &self.keys {
            if matches!(known.slots.get(*key), Some(Slot::Claimed)) {
                known.slots.remove(*key);
            }
        }
        drop(known);
        self.layers.changed.notify_all();
    }
}

/// What decides about the content of a layer besides its bytes.
fn key_of_way(wanter: &dyn Wanter, limits: &Limits) -> String {
    Digest::sha256(format!("{}\n{}\n{limits:?}", env!("CARGO_PKG_VERSION"), wanter.version()).as_bytes()).to_string()
}

/// The key of a layer: its digest and how it is read.
fn key(layer: &LayerSource, way: &str) -> String {
    format!("{} {way}", layer.name)
}

/// The reading of one image's layers.
struct Reading<'a> {
    layers: &'a Layers,
    store: &'a dyn Store,
    wanter: &'a dyn Wanter,
    limits: &'a Limits,
    budget: &'a Budget,
}

impl Reading<'_> {
    /// All layers, several at a time. Those that others are reading are waited for when there is nothing else to do.
    fn all<'k>(&self, layers: &[LayerSource], keys: &'k [String]) -> anyhow::Result<BTreeMap<&'k String, Arc<Layer>>> {
        let mut found: BTreeMap<&String, Arc<Layer>> = BTreeMap::new();
        loop {
            let mut claims = Claims { layers: self.layers, keys: Vec::new() };
            let mut mine: Vec<(&LayerSource, &String)> = Vec::new();
            let mut others: Vec<&String> = Vec::new();
            for (layer, key) in layers.iter().zip(keys) {
                if found.contains_key(key) || mine.iter().any(|(_, other)| *other == key) {
                    continue;
                }
                match self.layers.look(key) {
                    Look::Found(layer) => {
                        if !self.budget.admits(&layer) {
                            return Ok(found);
                        }
                        found.insert(key, layer);
                    }
                    Look::Claimed => others.push(key),
                    Look::Mine => {
                        claims.keys.push(key);
                        match self.cached(key) {
                            Some(layer) => {
                                found.insert(key, layer);
                            }
                            None => mine.push((layer, key)),
                        }
                    }
                }
                if self.budget.is_passed() {
                    return Ok(found);
                }
            }
            if mine.is_empty() && others.is_empty() {
                return Ok(found);
            }
            for (key, layer) in mine.iter().map(|(_, key)| *key).zip(self.read(&mine, self.layers.threads())?) {
                found.insert(key, layer);
            }
            drop(claims);
            if self.budget.is_passed() {
                return Ok(found);
            }
            others.iter().for_each(|key| self.layers.wait(key));
        }
    }

    /// One after the other, from the bottom to the top.
    fn in_order<'k>(
        &self,
        layers: &[LayerSource],
        keys: &'k [String],
    ) -> anyhow::Result<BTreeMap<&'k String, Arc<Layer>>> {
        let mut found: BTreeMap<&String, Arc<Layer>> = BTreeMap::new();
        for (layer, key) in layers.iter().zip(keys) {
            if found.contains_key(key) {
                continue;
            }
            let mut read = self.read(&[(layer, key)], 1)?;
            found.extend(read.pop().map(|read| (key, read)));
        }
        Ok(found)
    }

    fn cached(&self, key: &str) -> Option<Arc<Layer>> {
        let layer = Arc::new(self.layers.cache.as_ref()?.get(key)?);
        self.budget.admits(&layer).then(|| {
            self.layers.put(key, &layer);
            layer
        })
    }

    /// Reads layers from the store, in the order of the list.
    fn read(&self, wanted: &[(&LayerSource, &String)], threads: usize) -> anyhow::Result<Vec<Arc<Layer>>> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let sources: Vec<LayerSource> = wanted.iter().map(|(source, _)| (*source).clone()).collect();
        let read: Mutex<Vec<Option<Arc<Layer>>>> = Mutex::new(vec![None; sources.len()]);
        self.store.layers(&sources, threads, &|position, stream| {
            let layer = Arc::new(self.checked(&sources[position], stream)?);
            let key = wanted[position].1;
            self.layers.put(key, &layer);
            if let (true, Some(cache)) = (layer.is_whole, &self.layers.cache) {
                cache.put(key, &layer);
            }
            read.lock().unwrap_or_else(PoisonError::into_inner)[position] = Some(layer);
            Ok(())
        })?;
        let read = read.into_inner().unwrap_or_else(PoisonError::into_inner);
        let named = read.into_iter().zip(&sources);
        named.map(|(layer, source)| layer.with_context(|| format!("layer `{}` is missing", source.name))).collect()
    }

    /// Reads one layer and compares its digest.
    fn checked(&self, source: &LayerSource, stream: &mut dyn Read) -> anyhow::Result<Layer> {
        let name = &source.name;
        let read = |stream: &mut dyn Read| read_layer(stream, name, self.wanter, self.limits, self.budget);
        // a stream without end must not keep us reading for the sake of its digest
        let mut stream = stream.take(self.limits.archive_bytes);
        let (layer, verdict) = if let Some(digest) = &source.stored {
            let mut hashed = Hashed::new(&mut stream, digest);
            let layer = read(&mut hashed);
            (layer, hashed.finish().with_context(|| format!("layer `{name}` cannot be read to its end"))?)
        } else if let Some(digest) = &source.unpacked {
            let unpacked = Unpacked::new(&mut stream, self.limits).with_context(|| format!("layer `{name}`"))?;
            let mut hashed = Hashed::new(unpacked, digest);
            let mut layer = read(&mut hashed);
            match hashed.finish() {
                Ok(verdict) => (layer, verdict),
                // the digest of what cannot be unpacked to its end cannot be known; the loss is told
                Err(error) => {
                    if layer.is_whole {
                        let message = format!("layer `{name}` was read in part: {error}");
                        layer.diagnostics.push(problem(DiagnosticKind::Malformed, &message));
                    }
                    layer.is_whole = false;
                    (layer, Ok(()))
                }
            }
        } else {
            (read(&mut stream), Ok(()))
        };
        match verdict {
            Ok(()) => Ok(layer),
            // it was not read to its end: what its digest is cannot be known
            Err(_) if stream.limit() == 0 => Ok(cut(layer, name, self.limits)),
            Err(found) => bail!("layer `{name}` has the content of `{found}`; the image is damaged or forged"),
        }
    }
}

/// A layer of which only a part was read because of the limit.
fn cut(mut layer: Layer, name: &str, limits: &Limits) -> Layer {
    // that it ends there is what the limit made of it, and no damage
    layer.diagnostics.retain(|found| {
        !(found.kind == DiagnosticKind::Malformed
            && found.path.is_root()
            && found.message.contains(" was read in part: "))
    });
    if !layer.diagnostics.iter().any(|found| found.kind == DiagnosticKind::LimitReached) {
        let message = format!("layer `{name}` has more than {} bytes; the rest was not read", limits.archive_bytes);
        layer.diagnostics.push(problem(DiagnosticKind::LimitReached, &message));
    }
    layer.is_whole = false;
    layer
}
