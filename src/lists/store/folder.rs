//! The data directory, and opening what is in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::archive::{Archive, Builder, Damage, UNFINISHED};
use super::combine::{Combined, combined};
use super::manifest::{CURRENT, Manifest, Source, Stored};
use super::parties::Parties;
use super::register::Register;
use super::transaction::Transaction;
use crate::catalog::Layer;
use crate::lists::Party;
use crate::text::hex;

/// Ending of the names of archives.
pub(super) const ENDING: &str = ".sovlist";
/// Name of the archive of all parties.
const SCREENING: &str = "screening";
/// Name of the archive of rule files.
pub(super) const RULES: &str = "rules";
/// Section with the manifest of which an archive is part.
const MANIFEST: &str = "manifest";
/// Section with what is known of the source.
const ABOUT: &str = "about";
/// Section with the bundle numbers that were accepted: a store that lost its manifest still refuses older bundles.
const BUNDLES: &str = "bundles";
/// Section with rule files.
const LAYERS: &str = "layers";

/// Builds the sections with which names are found. The store keeps them without knowing what they mean.
pub trait Index: Sync {
    /// Changes whenever the sections would be others for the same parties: an index of another version is built anew.
    fn version(&self) -> u32;

    /// Sections over parties in their order, each with its name.
    ///
    /// # Errors
    /// When there are too many parties.
    fn sections(&self, parties: &[Party]) -> anyhow::Result<Vec<(String, Vec<u8>)>>;
}

/// No index: for commands that only look at parties.
pub struct NoIndex;

impl Index for NoIndex {
    fn version(&self) -> u32 {
        0
    }

    fn sections(&self, _: &[Party]) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
        Ok(Vec::new())
    }
}

/// The folder of imported lists.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) folder: PathBuf,
}

/// A store that was opened: everything that screening needs, in one mapped file.
#[derive(Clone, Debug)]
pub struct Opened {
    manifest: Manifest,
    archive: Archive,
    parties: Parties,
    notes: Vec<String>,
}

impl Opened {
    /// All parties, sorted by list and entry number.
    #[must_use]
    pub fn parties(&self) -> &Parties {
        &self.parties
    }

    /// The archive with the sections of the index.
    #[must_use]
    pub fn archive(&self) -> &Archive {
        &self.archive
    }

    /// What was imported.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What was mended.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// The platform's place for data of this program, from the variables of the environment.
#[must_use]
pub fn platform_data_dir(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = if cfg!(windows) {
        absolute("LOCALAPPDATA")
    } else {
        absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
    };
    base.map(|base| base.join("sovaudit"))
}

impl Store {
    /// The store of a data directory. Nothing is read or made yet.
    #[must_use]
    pub fn of(data_dir: &Path) -> Self {
        Self { folder: data_dir.join("lists") }
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A file for a download: it goes when it is dropped, or at the next import.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn unfinished(&self) -> std::io::Result<tempfile::NamedTempFile> {
        tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.folder)
    }

    /// What was imported; none when nothing was. Reads one small file.
    ///
    /// # Errors
    /// When it is damaged and the archives do not say either.
    pub fn manifest(&self) -> anyhow::Result<Option<Manifest>> {
        Ok(self.current()?.map(|(manifest, _)| manifest))
    }

    /// The manifest, and what was wrong when it had to be made out of the archives.
    fn current(&self) -> anyhow::Result<Option<(Manifest, Option<String>)>> {
        match Manifest::read(&self.folder) {
            Ok(manifest) => Ok(manifest.map(|manifest| (manifest, None))),
            Err(error) => {
                let problem = format!("the store's file `{CURRENT}` is damaged: {error:#}");
                let manifest = self.recovered().with_context(|| problem.clone())?;
                Ok(Some((manifest, Some(problem))))
            }
        }
    }

    /// Opens everything that screening needs; none when nothing was imported. What is damaged is built anew from the
    /// archives of the sources, in memory where the folder cannot be written.
    ///
    /// # Errors
    /// What is damaged beyond that, and which files to import again.
    pub fn open(&self, index: &dyn Index) -> anyhow::Result<Option<Opened>> {
        let describe = || format!("the store of lists in `{}`", self.folder.display());
        let Some((mut manifest, mut note)) = self.current().with_context(describe)? else { return Ok(None) };
        let mut screening = self.screening(&manifest, index);
        // an import may have ended between the two reads and taken the former files away
        if screening.is_err()
            && let Some((again, second)) = self.current().with_context(describe)?.filter(|again| again.0 != manifest)
        {
            (manifest, note) = (again, second);
            screening = self.screening(&manifest, index);
        }
        let mut notes = Vec::new();
        if let Some(problem) = note {
            notes.push(format!("{problem}; it was made anew from the archives of {}", names(&manifest)));
            // where the folder cannot be written, the next reader does the same again
            if let Ok(transaction) = Transaction::begin(self) {
                let _ = transaction.manifest().write(&self.folder);
            }
        }
        let archive = match screening {
            Ok(archive) => archive,
            Err(why) => {
                notes.push(format!("the index of all lists was built anew: {why}"));
                self.mend(&mut manifest, index).with_context(describe)?
            }
        };
        let parties = Parties::of(&archive).with_context(describe)?;
        Ok(Some(Opened { manifest, archive, parties, notes }))
    }

    fn screening(&self, manifest: &Manifest, index: &dyn Index) -> Result<Archive, String> {
        let Some(stored) = &manifest.screening else { return Err("there was none".to_owned()) };
        if index.version() != 0 && manifest.index != index.version() {
            return Err("this version of sovaudit has another index".to_owned());
        }
        self.archive(stored).map_err(|damage| damage.to_string())
    }

    /// Builds the archive of all parties anew.
    fn mend(&self, manifest: &mut Manifest, index: &dyn Index) -> anyhow::Result<Archive> {
        if let Ok(mut transaction) = Transaction::begin(self) {
            let done = transaction.mend(index);
            // a folder that cannot be written: what follows needs no folder
            if let Ok(archive) = done {
                manifest.clone_from(transaction.manifest());
                return Ok(archive);
            }
        }
        let Combined { parties, notes } = self.all_parties(manifest)?;
        manifest.notes = notes;
        let mut bytes = Vec::new();
        screening_builder(manifest, &parties, index)?.write_to(&mut bytes)?;
        Ok(Archive::from_bytes(&bytes)?)
    }

    /// Opens an archive that the manifest names, and checks that it is that one.
    pub(super) fn archive(&self, stored: &Stored) -> Result<Archive, Damage> {
        let archive = Archive::open(&self.folder.join(&stored.file))?;
        if hex(&archive.hash()) == stored.hash { Ok(archive) } else { Err(Damage::Head) }
    }

    /// The parties of a source.
    ///
    /// # Errors
    /// When its archive is damaged.
    pub fn parties_of(&self, source: &Source) -> Result<Vec<Party>, Damage> {
        Parties::of(&self.archive(&source.stored)?)?.all()
    }

    /// Opens a source that nobody is screened against.
    ///
    /// # Errors
    /// When its archive is damaged, and which files to import again.
    pub fn register(&self, source: &Source) -> anyhow::Result<Register> {
        let opened = self.archive(&source.stored).and_then(|archive| Register::of(&archive));
        opened.map_err(|damage| {
            let files: Vec<&str> = source.inputs.iter().map(|input| input.name.as_str()).collect();
            let (file, files) = (&source.stored.file, files.join(", "));
            anyhow::anyhow!("the archive `{file}` in the store is damaged ({damage}): import {files} again")
        })
    }

    /// Bytes of a source's archive, checked.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn check(&self, source: &Source) -> Result<PathBuf, Damage> {
        self.archive(&source.stored).map(|_| self.folder.join(&source.stored.file))
    }

    pub(super) fn all_parties(&self, manifest: &Manifest) -> anyhow::Result<Combined> {
        let mut all = Vec::new();
        let mut damaged = Vec::new();
        for (name, source) in manifest.sources.iter().filter(|(_, source)| source.screened) {
            match self.parties_of(source) {
                Ok(parties) => all.push((name.as_str(), parties)),
                Err(damage) => {
                    let files: Vec<&str> = source.inputs.iter().map(|input| input.name.as_str()).collect();
                    damaged.push(format!("`{}` ({damage}): import {} again", source.stored.file, files.join(", ")));
                }
            }
        }
        anyhow::ensure!(damaged.is_empty(), "archives of the store are damaged: {}", damaged.join("; "));
        Ok(combined(manifest, all))
    }

    /// Rule files that came in a bundle.
    ///
    /// # Errors
    /// When their archive is damaged.
    pub fn layers(&self) -> anyhow::Result<Vec<Layer>> {
        let Some(manifest) = self.manifest()? else { return Ok(Vec::new()) };
        let Some(stored) = &manifest.rules else { return Ok(Vec::new()) };
        let read = || -> anyhow::Result<Vec<Layer>> {
            let rows: Vec<(String, Vec<(String, String)>)> =
                serde_json::from_slice(&self.archive(stored)?.require(LAYERS)?)?;
            Ok(rows.into_iter().map(|(name, files)| Layer { name, files }).collect())
        };
        read().with_context(|| {
            format!("the rule files of the bundle in `{}` are damaged: import the bundle again", self.folder.display())
        })
    }

    /// What the archives say when the manifest is damaged: the newest whole archive of all parties carries a copy of it,
    /// the archives of the sources say at least what they are.
    fn recovered(&self) -> anyhow::Result<Manifest> {
        let mut files: Vec<(u64, String, String)> = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if let Some((source, generation)) = parts(&name) {
                files.push((generation, source.to_owned(), name.clone()));
            }
        }
        files.sort_by(|a, b| b.cmp(a));
        let open = |file: &str| Archive::open(&self.folder.join(file));
        for (_, _, file) in files.iter().filter(|(_, source, _)| source == SCREENING) {
            let Ok(archive) = open(file) else { continue };
            let copy = archive.section(MANIFEST).and_then(|copy| serde_json::from_slice::<Manifest>(&copy).ok());
            let stored = Stored { file: file.clone(), hash: hex(&archive.hash()) };
            let manifest = copy.map(|copy| Manifest { screening: Some(stored), ..copy });
            if let Some(manifest) = manifest.filter(|all| all.files().all(|file| self.folder.join(file).is_file())) {
                return Ok(manifest);
            }
        }
        if let Some((_, _, file)) = files.iter().find(|(_, source, _)| source == RULES) {
            bail!(
                "`{file}` holds rule files of a bundle, and nothing says any more whether they are in force: put a copy \
                 of `{CURRENT}` back, or remove the folder `{}` and import the bundle and all lists again",
                self.folder.display()
            );
        }
        let mut manifest = Manifest::default();
        let of_sources = files.iter().filter(|(_, source, _)| source != SCREENING && source != RULES);
        for (generation, source, file) in of_sources {
            // a list that cannot be had must not be left out in silence
            let archive = open(file).with_context(|| {
                format!(
                    "`{file}` is damaged too: remove the folder `{}` and import all lists again",
                    self.folder.display()
                )
            })?;
            if let Some(accepted) = archive.section(BUNDLES) {
                let accepted: BTreeMap<String, u64> = serde_json::from_slice(&accepted)?;
                for (key, number) in accepted {
                    let highest = manifest.bundles.entry(key).or_default();
                    *highest = number.max(*highest);
                }
            }
            let about = archive.section(ABOUT).and_then(|about| serde_json::from_slice::<Source>(&about).ok());
            if let Some(about) = about.filter(|_| !manifest.sources.contains_key(source)) {
                let stored = Stored { file: file.clone(), hash: hex(&archive.hash()) };
                manifest.sources.insert(source.clone(), Source { stored, ..about });
                manifest.generation = manifest.generation.max(*generation);
            }
        }
        anyhow::ensure!(
            !manifest.sources.is_empty(),
            "no archive is left that could replace it: import the lists again"
        );
        Ok(manifest)
    }
}

fn names(manifest: &Manifest) -> String {
    manifest.sources.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Source and generation out of a file name `us-sdn.000012.sovlist`.
pub(super) fn parts(file: &str) -> Option<(&str, u64)> {
    let (source, generation) = file.strip_suffix(ENDING)?.rsplit_once('.')?;
    Some((source, generation.parse().ok()?))
}

/// Name of an archive's file.
pub(super) fn file_name(source: &str, generation: u64) -> String {
    format!("{source}.{generation:06}{ENDING}")
}

pub(super) fn screening_name(generation: u64) -> String {
    file_name(SCREENING, generation)
}

/// The archive of all parties, with a copy of the manifest.
pub(super) fn screening_builder(
    manifest: &Manifest,
    parties: &[Party],
    index: &dyn Index,
) -> anyhow::Result<Builder<'static>> {
    let mut builder = Builder::new();
    builder.add(MANIFEST, serde_json::to_vec(manifest)?);
    Parties::encode(parties, &mut builder)?;
    for (name, bytes) in index.sections(parties)? {
        builder.add(name, bytes);
    }
    Ok(builder)
}

/// The archive of a source, with the bundle numbers that were accepted so far.
pub(super) fn source_builder(
    source: &Source,
    parties: &[Party],
    bundles: &BTreeMap<String, u64>,
) -> anyhow::Result<Builder<'static>> {
    let mut builder = Builder::new();
    if !bundles.is_empty() {
        builder.add(BUNDLES, serde_json::to_vec(bundles)?);
    }
    builder.add(ABOUT, serde_json::to_vec(source)?);
    Parties::encode(parties, &mut builder)?;
    if !source.screened {
        Register::encode(parties, &mut builder);
    }
    Ok(builder)
}

/// The source and the parties of an archive that came from elsewhere.
pub(super) fn source_of(archive: &Archive) -> anyhow::Result<(Source, Vec<Party>)> {
    let source = serde_json::from_slice(&archive.require(ABOUT)?).context("its section `about` cannot be read")?;
    Ok((source, Parties::of(archive)?.all()?))
}

/// The archive of rule files.
pub(super) fn rules_builder(layers: &[Layer]) -> anyhow::Result<Builder<'static>> {
    let rows: Vec<(&str, &[(String, String)])> =
        layers.iter().map(|layer| (layer.name.as_str(), layer.files.as_slice())).collect();
    let mut builder = Builder::new();
    builder.add(LAYERS, serde_json::to_vec(&rows)?);
    Ok(builder)
}
