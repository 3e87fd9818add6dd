//! Changing the store: every new file is written beside the old ones, and one rename of `current` makes them the store.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};

use anyhow::{Context as _, bail, ensure};

use super::accept::{Allowed, check, compare, count_lists};
use super::archive::{Archive, Builder, UNFINISHED};
use super::combine::{Combined, combined, united};
use super::folder::{
    Index, RULES, Store, file_name, parts, rules_builder, screening_builder, screening_name, source_builder,
};
use super::manifest::{Manifest, Source, Stored};
use crate::catalog::Layer;
use crate::lists::Party;
use crate::text::hex;

const LOCK: &str = "lock";

/// Files of deltas that are remembered.
const INPUTS_KEPT: usize = 100;

/// What a reader made of the files of one edition.
#[derive(Debug)]
pub struct Edition {
    /// Name of the source, the same whichever format it comes in: `us-sdn`.
    pub name: String,
    /// What is known of it. Counts, differences and place are filled in by the store.
    pub about: Source,
    /// Its parties; of a delta those that are new or have changed.
    pub parties: Vec<Party>,
    /// For a delta: list and number of the entries that are gone.
    pub removed: Vec<(Box<str>, Box<str>)>,
    /// It holds changes to the edition in the store.
    pub delta: bool,
}

/// A change of the store in the making. Dropping it leaves the store as it was.
#[derive(Debug)]
pub struct Transaction<'a> {
    store: &'a Store,
    /// Holds the lock as long as it is open; the system gives it back even when the process is killed.
    _lock: File,
    manifest: Manifest,
    generation: u64,
    /// Parties of the editions taken so far.
    taken: BTreeMap<String, Vec<Party>>,
    #[cfg(test)]
    pub(super) steps_left: Option<usize>,
}

impl<'a> Transaction<'a> {
    /// Locks the store against other imports and removes what broken-off ones left.
    ///
    /// # Errors
    /// When another import is at work, or the folder cannot be written.
    pub fn begin(store: &'a Store) -> anyhow::Result<Self> {
        let folder = &store.folder;
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        let lock = lock(store)?;
        let manifest = store.manifest().with_context(|| {
            format!(
                "the store of lists is damaged: remove the folder `{}` and import all lists again",
                folder.display()
            )
        })?;
        let manifest = manifest.unwrap_or_default();
        clean(store, &manifest);
        let generation = manifest.generation + 1;
        Ok(Self {
            store,
            _lock: lock,
            manifest,
            generation,
            taken: BTreeMap::new(),
            #[cfg(test)]
            steps_left: None,
        })
    }

    /// The store as it will be.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Checks an edition against the one before and writes its archive.
    ///
    /// # Errors
    /// No parties, far fewer than before, an older edition; and those of the file system.
    pub fn take(&mut self, edition: Edition, allowed: Allowed) -> anyhow::Result<&Source> {
        let Edition { name, mut about, mut parties, removed, delta } = edition;
        ensure!(is_plain(&name), "`{name}` cannot be the name of a source");
        let former = self.manifest.sources.get(&name).cloned();
        let before = former.as_ref().map(|former| self.store.parties_of(former));
        if delta {
            let Some(Ok(before)) = &before else {
                bail!("these are changes to {}, which is not in the store: import the whole list first", about.title)
            };
            let removed = removed.iter().map(|(list, entry)| (&**list, &**entry));
            let gone: BTreeSet<(&str, &str)> =
                removed.chain(parties.iter().map(|party| (&*party.list, &*party.entry))).collect();
            let is_kept = |party: &&Party| !gone.contains(&(&*party.list, &*party.entry));
            let kept: Vec<Party> = before.iter().filter(is_kept).cloned().collect();
            parties.extend(kept);
            about.records = parties.len() as u64;
            // it rests on all files since the last whole edition
            let former = former.iter().flat_map(|former| former.inputs.iter().cloned());
            about.inputs = former.chain(about.inputs).collect();
            let rest = about.inputs.len().saturating_sub(INPUTS_KEPT);
            about.inputs.drain(..rest);
        }
        let united = united(parties);
        about.notes.extend(united.notes());
        let parties = united.parties;
        count_lists(&mut about, &parties);
        check(&name, &mut about, former.as_ref(), allowed)?;
        match &before {
            Some(Ok(before)) => compare(&mut about, before, &parties),
            Some(Err(damage)) => about.notes.push(format!("the import before could not be compared: {damage}")),
            None => {}
        }
        let file = file_name(&name, self.generation);
        about.stored = Stored::default();
        about.stored = self.write(file, &source_builder(&about, &parties, &self.manifest.bundles)?)?;
        self.taken.insert(name.clone(), parties);
        Ok(self.manifest.sources.entry(name).insert_entry(about).into_mut())
    }

    /// Takes the rule files of a bundle in the place of those before; none takes them away.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn take_rules(&mut self, layers: &[Layer]) -> anyhow::Result<()> {
        self.manifest.rules = None;
        if !layers.is_empty() {
            let file = file_name(RULES, self.generation);
            self.manifest.rules = Some(self.write(file, &rules_builder(layers)?)?);
        }
        Ok(())
    }

    /// Notes that the bundle of this number was accepted; before its sources are taken, whose archives say it as well.
    pub fn accept_bundle(&mut self, key: &str, number: u64) {
        self.manifest.bundles.insert(key.to_owned(), number);
    }

    /// Builds the archive of all parties and makes everything taken the store.
    ///
    /// # Errors
    /// Damaged archives of other sources, and those of the file system. The store is then as it was.
    pub fn commit(mut self, index: &dyn Index) -> anyhow::Result<Manifest> {
        self.finish(index)?;
        Ok(self.manifest)
    }

    /// Builds only the archive of all parties anew.
    pub(super) fn mend(&mut self, index: &dyn Index) -> anyhow::Result<Archive> {
        self.finish(index)?;
        let stored = self.manifest.screening.as_ref().context("it was just written")?;
        Ok(self.store.archive(stored)?)
    }

    fn finish(&mut self, index: &dyn Index) -> anyhow::Result<()> {
        let Combined { parties, notes } =
            if self.taken.is_empty() { self.store.all_parties(&self.manifest)? } else { self.parties_with_taken()? };
        self.manifest.generation = self.generation;
        self.manifest.notes = notes;
        self.manifest.index = index.version();
        self.manifest.screening = None;
        let builder = screening_builder(&self.manifest, &parties, index)?;
        self.manifest.screening = Some(self.write(screening_name(self.generation), &builder)?);
        self.step()?;
        self.manifest.write(&self.store.folder).context("cannot write the store")?;
        self.step()?;
        clean(self.store, &self.manifest);
        Ok(())
    }

    fn parties_with_taken(&mut self) -> anyhow::Result<Combined> {
        let rest = Manifest {
            sources: self
                .manifest
                .sources
                .iter()
                .filter(|(name, source)| source.screened && !self.taken.contains_key(*name))
                .map(|(name, source)| (name.clone(), source.clone()))
                .collect(),
            ..Manifest::default()
        };
        let mut all: Vec<(String, Vec<Party>)> = Vec::new();
        for (name, source) in &rest.sources {
            let parties = self.store.parties_of(source).map_err(|damage| {
                let files: Vec<&str> = source.inputs.iter().map(|input| input.name.as_str()).collect();
                anyhow::anyhow!(
                    "the archive `{}` in the store is damaged ({damage}): import {} together with these files",
                    source.stored.file,
                    files.join(", ")
                )
            })?;
            all.push((name.clone(), parties));
        }
        let screened = |name: &String| self.manifest.sources.get(name).is_some_and(|source| source.screened);
        all.extend(std::mem::take(&mut self.taken).into_iter().filter(|(name, _)| screened(name)));
        let borrowed = all.iter_mut().map(|(name, parties)| (name.as_str(), std::mem::take(parties))).collect();
        Ok(combined(&self.manifest, borrowed))
    }

    fn write(&mut self, file: String, builder: &Builder<'_>) -> anyhow::Result<Stored> {
        self.step()?;
        let path = self.store.folder.join(&file);
        let hash = builder.write(&path).with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(Stored { file, hash: hex(&hash) })
    }

    /// Before and after each change of the folder; tests break off here.
    #[cfg(test)]
    fn step(&mut self) -> io::Result<()> {
        match &mut self.steps_left {
            Some(0) => Err(io::Error::other("broken off by a test")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "tests break off here")]
    fn step(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lock is the system's own: a file that a killed import left is not locked any more.
fn lock(store: &Store) -> anyhow::Result<File> {
    let path = store.folder.join(LOCK);
    let opened = File::options().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = opened.with_context(|| format!("cannot write `{}`", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // who holds it is a help and nothing more
            let _ = (&file).take(20).read_to_string(&mut holder);
            let holder: String = holder.chars().filter(char::is_ascii_digit).collect();
            let process = if holder.is_empty() { String::new() } else { format!(" (process {holder})") };
            bail!("another import is at work in `{}`{process}: wait for it", store.folder.display());
        }
        Err(TryLockError::Error(error)) => {
            return Err(error).with_context(|| format!("cannot lock `{}`", path.display()));
        }
    }
    let note = || -> io::Result<()> {
        file.rewind()?;
        file.set_len(0)?;
        write!(file, "{}", std::process::id())
    };
    // best effort, as above
    let _ = { note }();
    Ok(file)
}

/// Removes archives that the manifest does not name, and what was being written. Only files of our own making.
fn clean(store: &Store, manifest: &Manifest) {
    let Ok(entries) = fs::read_dir(&store.folder) else { return };
    let needed: Vec<&str> = manifest.files().collect();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let left_over = name.starts_with(UNFINISHED) || parts(&name).is_some() && !needed.contains(&name.as_str());
        if left_over {
            // a file that cannot be removed now is tried again at the next import
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_plain(name: &str) -> bool {
    let reserved = ["screening", RULES].contains(&name);
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !reserved && !name.is_empty() && name.len() <= 64 && name.bytes().all(plain)
}
