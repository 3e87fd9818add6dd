//! Which scanners want which path.

use std::sync::{Arc, LazyLock};

use super::{AssetMapping, Options, SCANNERS, Scanner, ScannerMeta, SizeClass};
use crate::catalog::Catalog;
use crate::model::Basis;
use crate::source::directory;
use crate::text::{Globs, RelPath};

/// Which scanners want which path: all globs at once.
pub struct Selector {
    set: Globs,
    /// For every glob of the set, the scanner it belongs to.
    owners: Vec<usize>,
    /// For every glob of the set, whether it asks more than an ending such as `*.json`.
    tells_name: Vec<bool>,
}

/// The globs of every scanner, compiled once.
static ALL: LazyLock<Arc<Selector>> = LazyLock::new(|| Arc::new(Selector::new()));

impl Default for Selector {
    fn default() -> Self {
        Self::new()
    }
}

impl Selector {
    /// The globs of every scanner, compiled.
    #[must_use]
    pub fn new() -> Self {
        Self::only(|_| true)
    }

    /// The globs of the scanners that options choose, with the lists of assets that a configuration names.
    #[must_use]
    pub fn of(options: &Options) -> Arc<Self> {
        let Options { selection, assets, .. } = options;
        if selection.is_all() && assets.is_empty() {
            Arc::clone(&ALL)
        } else {
            Arc::new(Self::made(|meta| selection.has(meta), assets))
        }
    }

    /// Compiles the globs of every scanner, while another thread does what must be done before they are asked.
    pub fn make_ready() {
        LazyLock::force(&ALL);
    }

    /// As [`Self::new`], for some scanners only.
    #[must_use]
    pub fn only(keep: impl Fn(&ScannerMeta) -> bool) -> Self {
        Self::made(keep, &[])
    }

    fn made(keep: impl Fn(&ScannerMeta) -> bool, assets: &[AssetMapping]) -> Self {
        let mut globs: Vec<&str> = Vec::new();
        let mut owners = Vec::new();
        let mut tells_name = Vec::new();
        // what extracts are made of is told by content, see [`super::extract`]
        let by_name = |scanner: &&dyn Scanner| keep(scanner.meta()) && scanner.extractor().is_none();
        for (index, scanner) in SCANNERS.iter().enumerate().filter(|(_, scanner)| by_name(scanner)) {
            for pattern in scanner.meta().files {
                globs.push(pattern);
                owners.push(index);
                tells_name.push(pattern.strip_prefix("**/*.").is_none_or(|ending| ending.contains(['.', '/', '*'])));
            }
        }
        let lists = SCANNERS.iter().position(|scanner| scanner.meta().id == "asset-list" && keep(scanner.meta()));
        for (index, mapping) in lists.into_iter().flat_map(|index| assets.iter().map(move |mapping| (index, mapping))) {
            globs.push(&mapping.files);
            owners.push(index);
            tells_name.push(true);
        }
        Self { set: Globs::new(globs).expect("scanner globs are tested, those of users checked"), owners, tells_name }
    }

    /// The size class under which most bytes of `path` would be read; `None` when no scanner wants it.
    #[must_use]
    pub fn size_class(&self, path: &RelPath) -> Option<SizeClass> {
        self.set.matches(path.as_str()).into_iter().map(|glob| SCANNERS[self.owners[glob]].meta().size).max()
    }

    /// As [`Self::size_class`], without those that need no more than the name.
    #[must_use]
    pub fn content_class(&self, path: &RelPath) -> Option<SizeClass> {
        let readers = self.scanners_for(path).into_iter().map(|index| SCANNERS[index]);
        readers.filter(|scanner| !scanner.needs_no_content(path)).map(|scanner| scanner.meta().size).max()
    }

    /// True when some scanner may have something to tell of `path` with these bytes.
    #[must_use]
    pub fn may_tell(&self, path: &RelPath, bytes: &[u8], catalog: &Catalog) -> bool {
        let mut readers = self.scanners_for(path).into_iter().map(|index| SCANNERS[index]);
        readers.any(|scanner| !scanner.needs_no_content(path) && scanner.may_tell(path, bytes, catalog))
    }

    /// True when `path` only asks for something: manifests, code, settings. What its name tells to be a lock file or the
    /// record of an installation knows more.
    #[must_use]
    pub fn only_asks(&self, path: &RelPath) -> bool {
        let globs = self.set.matches(path.as_str());
        let is_asking = |glob: &usize| SCANNERS[self.owners[*glob]].meta().basis != Basis::Resolved;
        globs.iter().any(is_asking) && globs.iter().all(|glob| is_asking(glob) || !self.tells_name[*glob])
    }

    /// True when a scanner reads what is installed and wants `path` as such.
    #[must_use]
    pub fn reads_installed(&self, path: &RelPath) -> bool {
        self.set.matches(path.as_str()).into_iter().any(|glob| SCANNERS[self.owners[glob]].reads_installed())
    }

    /// The scanners that read `path`: all that want it, unless its name tells its format (a lock file, or one that
    /// is not read yet). Then only those that want the name: what looks into every `*.json` finds nothing of its own in there.
    pub(super) fn readers(&self, path: &RelPath) -> Vec<usize> {
        let matches = self.set.matches(path.as_str());
        let mut found = self.scanners_of(&matches, path);
        let by_name = |index: usize| matches.iter().any(|glob| self.owners[*glob] == index && self.tells_name[*glob]);
        let tells_format = |index: usize| {
            by_name(index) && SCANNERS[index].meta().size == SizeClass::Large || SCANNERS[index].needs_no_content(path)
        };
        if found.iter().any(|index| tells_format(*index)) {
            // an ending alone may be all that a format has for a name: `*.bicep`
            found.retain(|index| by_name(*index) || SCANNERS[*index].needs_no_content(path));
        }
        found
    }

    /// True when some scanner reads `path`.
    #[must_use]
    pub fn wants(&self, path: &RelPath) -> bool {
        if directory::is_installed(path) {
            !self.scanners_for(path).is_empty()
        } else {
            self.set.is_match(path.as_str())
        }
    }

    pub(super) fn scanners_for(&self, path: &RelPath) -> Vec<usize> {
        self.scanners_of(&self.set.matches(path.as_str()), path)
    }

    /// The scanners of the globs that fit a path.
    fn scanners_of(&self, globs: &[usize], path: &RelPath) -> Vec<usize> {
        let mut found: Vec<usize> = globs.iter().map(|glob| self.owners[*glob]).collect();
        found.sort_unstable();
        found.dedup();
        if directory::is_installed(path) {
            found.retain(|index| SCANNERS[*index].reads_installed());
        }
        found
    }
}
