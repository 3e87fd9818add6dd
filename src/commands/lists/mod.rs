//! Imported lists: `sovaudit rules import`, `rules lists`, `rules bundle`, and how old lists may be.

mod authorities;
mod bundle;
mod import;
mod read;
mod show;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use anyhow::Context as _;

use crate::catalog::Layer;
use crate::cli::{Common, DataDir};
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::lists::Party;
use crate::lists::store::{self, Index, Manifest, Store};
use crate::model::Date;
use crate::screening::normalise::Lexicon;
use crate::screening::{Imported, StoreIndex};
use crate::text::RelPath;

pub(super) use bundle::bundle;
pub(super) use import::import;
pub(super) use show::lists;

/// The words that come with the program, read once.
static LEXICON: LazyLock<Arc<Lexicon>> = LazyLock::new(|| Arc::new(Lexicon::embedded()));

/// The words that come with the program.
pub(super) fn embedded_lexicon() -> Arc<Lexicon> {
    Arc::clone(&LEXICON)
}

/// The index that is built over all parties: with the words that come with the program.
pub(super) fn index() -> &'static dyn Index {
    &EmbeddedIndex
}

/// As [`StoreIndex`] with the words that come with the program. They are read when an index is asked for: most machines have
/// no lists, and reading the words takes longer than a small scan.
struct EmbeddedIndex;

impl Index for EmbeddedIndex {
    fn version(&self) -> u32 {
        StoreIndex(&LEXICON).version()
    }

    fn sections(&self, parties: &[Party]) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
        StoreIndex(&LEXICON).sections(parties)
    }
}

/// What was imported, opened for screening; remarks of the store go to standard error.
///
/// # Errors
/// When it is damaged beyond mending.
pub(super) fn imported(data: &DataDir) -> anyhow::Result<Option<Imported>> {
    let Some(store) = find(data) else { return Ok(None) };
    let Some(opened) = store.open(index())? else { return Ok(None) };
    for note in opened.notes() {
        warn(note);
    }
    Ok(Some(Imported::of(opened)))
}

/// A remark on standard error.
pub(super) fn warn(note: &str) {
    use std::io::Write as _;
    // nobody may be there to read it
    let _ = writeln!(std::io::stderr(), "sovaudit: {}", crate::text::clean_line(note));
}

/// The store that is meant, where there can be one.
pub(super) fn find(data: &DataDir) -> Option<Store> {
    let folder: Option<PathBuf> =
        data.data_dir.clone().or_else(|| store::platform_data_dir(|name| std::env::var_os(name)));
    folder.map(|folder| Store::of(&folder))
}

/// The store that is meant.
pub(super) fn need(data: &DataDir) -> anyhow::Result<Store> {
    find(data)
        .context("this machine says no place for data: name one with --data-dir or the variable SOVAUDIT_DATA_DIR")
}

/// What was imported, where anything was.
pub(super) fn manifest(data: &DataDir) -> anyhow::Result<Option<Manifest>> {
    find(data).map_or(Ok(None), |store| {
        store.manifest().with_context(|| format!("the store of lists in `{}` is damaged", store.folder().display()))
    })
}

/// Rule files that came in a bundle.
pub(super) fn rules_of_bundle(data: &DataDir) -> anyhow::Result<Vec<Layer>> {
    find(data).map_or_else(|| Ok(Vec::new()), |store| store.layers())
}

/// Old lists, and those that are not whole, as diagnostics.
///
/// # Errors
/// A list that is older than `--max-data-age` allows, or than 30 days.
pub(super) fn check_age(common: &Common, as_of: Date) -> anyhow::Result<BTreeSet<Diagnostic>> {
    let manifest = manifest(&common.data)?;
    let old = store::demand_fresh(manifest.as_ref(), as_of, common.max_data_age)?;
    let told = |kind: DiagnosticKind, message: String| Diagnostic {
        path: RelPath::root(),
        at: None,
        kind,
        scanner: Arc::from("lists"),
        message,
    };
    let old = old.into_iter().map(|old| told(DiagnosticKind::Stale, old.message));
    let partial = manifest.iter().flat_map(store::incomplete).map(|words| told(DiagnosticKind::Incomplete, words));
    Ok(old.chain(partial).collect())
}
