//! `sovaudit rules import`.

use std::io;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};

use super::super::prepare::{day, layered};
use super::super::terminal_width;
use super::read::{Given, Reading, editions};
use super::{index, need, show};
use crate::cli::ImportArgs;
use crate::lists::store::{Allowed, Edition, Manifest, Retrieval, Store, Transaction, bundle};
use crate::text::{clean_line, count, fill};

/// Imports files, published lists, or a bundle.
pub(in super::super) fn import(arguments: &ImportArgs, out: &mut dyn io::Write) -> anyhow::Result<()> {
    let store = need(&arguments.data)?;
    if let Some(folder) = arguments.files.iter().find(|path| path.is_dir()) {
        bail!("`{}` is a folder: name the files in it that belong to lists", folder.display());
    }
    let bundles = bundles(&arguments.files)?;
    let retrieved = day(arguments.retrieved.as_deref())?;
    let today = day(None)?;
    ensure!(retrieved <= today, "--retrieved {retrieved} is in the future: today is {today}");
    let allowed = Allowed {
        shrink: arguments.accept_shrink,
        older: arguments.allow_stale,
        empty: arguments.accept_empty.then_some(today),
        incomplete: arguments.accept_incomplete.then_some(today),
    };
    if let Some(path) = bundles {
        let one = arguments.files.len() == 1 && arguments.online.is_empty();
        ensure!(one, "`{}` is a bundle: import it alone", path.display());
        return import_bundle(arguments, path, &store, allowed, out);
    }
    ensure!(
        arguments.verify_key.is_none() && arguments.signature.is_none(),
        "--verify-key and --signature are for bundles, and none was given"
    );
    // rules of a bundle stay out: a mistake in them must not keep the next bundle from being imported
    let knowledge = layered(Vec::new(), &arguments.rules)?;
    // the lock comes first: downloads lie in the folder that the next import cleans
    let mut transaction = Transaction::begin(&store)?;
    let mut given: Vec<Given> = arguments.files.iter().map(|path| local(path, arguments)).collect();
    let fetched = fetch(&arguments.online, &knowledge.catalog, &store, &mut given)?;
    let reading = Reading {
        catalog: &knowledge.catalog,
        retrieved,
        allow_stale: arguments.allow_stale,
        accept_shrink: arguments.accept_shrink,
        accept_empty: arguments.accept_empty,
    };
    let editions = editions(&given, &reading)?;
    drop(fetched);
    let names = take(&mut transaction, editions, allowed)?;
    let manifest = transaction.commit(index())?;
    report(&manifest, &names, &store, out)
}

/// The bundle among the files.
fn bundles(files: &[std::path::PathBuf]) -> anyhow::Result<Option<&Path>> {
    for path in files {
        let head = bundle::head(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        if bundle::is_bundle(&head) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn local(path: &Path, arguments: &ImportArgs) -> Given {
    let name = path.file_name().map_or_else(|| "list".into(), |name| name.to_string_lossy().into_owned());
    let retrieval = if arguments.retrieved.is_some() { Retrieval::Stated } else { Retrieval::Assumed };
    Given { path: path.to_owned(), name, retrieval }
}

fn take(transaction: &mut Transaction<'_>, editions: Vec<Edition>, allowed: Allowed) -> anyhow::Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for edition in editions {
        let name = edition.name.clone();
        ensure!(!names.contains(&name), "two of the files are editions of `{name}`: give one");
        transaction.take(edition, allowed)?;
        names.push(name);
    }
    Ok(names)
}

fn import_bundle(
    arguments: &ImportArgs,
    path: &Path,
    store: &Store,
    allowed: Allowed,
    out: &mut dyn io::Write,
) -> anyhow::Result<()> {
    let Some(key) = &arguments.verify_key else {
        bail!(
            "`{}` is a bundle: name the public key of those who made it with --verify-key; an unsigned bundle is never \
             imported",
            path.display()
        );
    };
    ensure!(arguments.retrieved.is_none(), "a bundle says itself when its lists were fetched; leave out --retrieved");
    let mut transaction = Transaction::begin(store)?;
    let signature = arguments.signature.clone().unwrap_or_else(|| bundle::signature_of(path));
    // the day is the machine's: nobody may choose the day on which a bundle is still good
    let bundle = bundle::read(store, path, &signature, key, day(None)?, Some(transaction.manifest()))?;
    let editions = bundle.sources.into_iter().map(|(name, about, parties)| Edition {
        name,
        about,
        parties,
        removed: Vec::new(),
        delta: false,
    });
    layered(bundle.layers.clone(), &[]).context("the rule files of the bundle do not fit this version of sovaudit")?;
    transaction.accept_bundle(&bundle.key, bundle.contents.number);
    let names = take(&mut transaction, editions.collect(), allowed)?;
    transaction.take_rules(&bundle.layers)?;
    let manifest = transaction.commit(index())?;
    let rules: usize = bundle.layers.iter().map(|layer| layer.files.len()).sum();
    let line = format!(
        "Bundle {} of {}, good until {}, signed by key {}, with {} and {}",
        bundle.contents.number,
        bundle.contents.made,
        bundle.contents.expires,
        bundle.key,
        count(names.len(), "source"),
        count(rules, "rule file")
    );
    write!(out, "{}", fill(&line, "", "  ", terminal_width()))?;
    report(&manifest, &names, store, out)
}

fn report(manifest: &Manifest, names: &[String], store: &Store, out: &mut dyn io::Write) -> anyhow::Result<()> {
    let imported = manifest.sources.iter().filter(|(name, _)| names.contains(name));
    show::changes(imported.map(|(_, source)| source), out)?;
    show::notes(manifest, out)?;
    let total: u64 = manifest.sources.values().filter(|source| source.screened).map(|source| source.parties).sum();
    let line = format!(
        "The store in `{}` now holds {} of {}.",
        clean_line(&store.folder().display().to_string()),
        show::number_of(total, "party"),
        count(manifest.sources.len(), "source")
    );
    write!(out, "{}", fill(&line, "", "", terminal_width()))?;
    Ok(())
}

#[cfg(feature = "registry")]
use online::fetch;

/// Published lists, fetched into the store's folder.
#[cfg(feature = "registry")]
mod online {
    use std::collections::BTreeSet;

    use anyhow::{Context as _, ensure};
    use tempfile::TempPath;

    use super::super::read::Given;
    use crate::catalog::Catalog;
    use crate::lists::store::{Retrieval, Store};
    use crate::source::download;

    /// Largest file that is fetched; the largest that is published has some 110 MB.
    const LARGEST: u64 = 1 << 30;

    /// Fetches lists by name and adds them to what is given. The files are gone when the result is dropped.
    pub(super) fn fetch(
        names: &[String],
        catalog: &Catalog,
        store: &Store,
        given: &mut Vec<Given>,
    ) -> anyhow::Result<Vec<TempPath>> {
        let rows = &catalog.tables().list_source;
        let known: BTreeSet<&str> = rows.iter().map(|row| &*row.id).collect();
        for name in names {
            let all = known.iter().copied().collect::<Vec<_>>().join(", ");
            ensure!(
                name == "all" || known.contains(name.as_str()),
                "no address is known for `{name}`; choose `all` or some of {all}"
            );
        }
        let mut files = Vec::new();
        for row in rows.iter().filter(|row| names.iter().any(|name| name == "all" || **name == *row.id)) {
            let mut file = store.unfinished().context("cannot write into the data directory")?;
            download::fetch(&row.url, LARGEST, file.as_file_mut()).with_context(|| {
                let note = row.note.as_deref().map_or_else(String::new, |note| format!(" ({note})"));
                format!("the list `{}` is not to be had{note}", row.id)
            })?;
            let path = file.into_temp_path();
            let name = download::file_name(&row.url);
            given.push(Given { path: path.to_path_buf(), name, retrieval: Retrieval::Online });
            files.push(path);
        }
        Ok(files)
    }
}

#[cfg(not(feature = "registry"))]
fn fetch(
    names: &[String],
    _: &crate::catalog::Catalog,
    _: &Store,
    _: &mut Vec<Given>,
) -> anyhow::Result<Vec<tempfile::TempPath>> {
    ensure!(
        names.is_empty(),
        "this build of sovaudit cannot open connections: fetch the lists by other means and give the files"
    );
    Ok(Vec::new())
}
