//! From files to editions: which reader a file gets.

use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::PathBuf;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use super::authorities::authorities;
use crate::catalog::Catalog;
use crate::lists::own;
use crate::lists::store::{Edition, Input, ListCount, Retrieval, Source, Stored, bundle};
use crate::model::Date;
use crate::text::{clean_line, hex};

/// A file that is to be imported.
pub(super) struct Given {
    /// Where it is.
    pub(super) path: PathBuf,
    /// What it is called: without folders.
    pub(super) name: String,
    /// How the day of retrieval is known.
    pub(super) retrieval: Retrieval,
}

/// How to read.
pub(super) struct Reading<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) retrieved: Date,
    pub(super) allow_stale: bool,
    pub(super) accept_shrink: bool,
    pub(super) accept_empty: bool,
}

/// Reads all files; those that belong together become one edition.
pub(super) fn editions(given: &[Given], reading: &Reading<'_>) -> anyhow::Result<Vec<Edition>> {
    let mut editions = Vec::new();
    let mut official = Vec::new();
    for file in given {
        let head = bundle::head(&file.path).with_context(|| format!("cannot read `{}`", file.path.display()))?;
        if own::is_own(&head) {
            editions.push(own_list(file, reading)?);
        } else {
            official.push(file);
        }
    }
    editions.extend(authorities(&official, reading)?);
    Ok(editions)
}

fn own_list(file: &Given, reading: &Reading<'_>) -> anyhow::Result<Edition> {
    let shown = clean_line(&file.name).into_owned();
    let open = || File::open(&file.path).with_context(|| format!("cannot read `{shown}`"));
    let list = own::read(BufReader::new(open()?)).with_context(|| format!("`{shown}`"))?;
    // one row of a list of ten may not be lost in silence, nor one in a thousand of a long one
    anyhow::ensure!(
        list.bad_rows * 1000 <= list.records,
        "`{shown}`: {} of {} rows cannot be used, the first at line {}: {}; the list in the store stays as it was",
        list.bad_rows,
        list.records,
        list.bad[0].0,
        list.bad[0].1
    );
    Ok(Edition {
        name: list.head.list.to_ascii_lowercase(),
        about: Source {
            format: "own".to_owned(),
            title: clean_line(&list.head.title).into_owned(),
            licence: clean_line(&list.head.licence).into_owned(),
            attribution: None,
            lists: vec![ListCount { list: list.head.list.to_string(), ..ListCount::default() }],
            published: list.head.published,
            retrieved: reading.retrieved,
            retrieval: file.retrieval,
            inputs: vec![input(file)?],
            records: list.records,
            parties: 0,
            names: 0,
            bad_rows: list.bad_rows,
            bad: list.bad.into_iter().map(|(line, reason)| format!("{shown}:{line}: {reason}")).collect(),
            notes: Vec::new(),
            incomplete: Vec::new(),
            screened: true,
            stored: Stored::default(),
        },
        parties: list.parties,
        removed: Vec::new(),
        delta: false,
    })
}

/// Name, size and hash of a file.
pub(super) fn input(file: &Given) -> anyhow::Result<Input> {
    let read = || -> io::Result<(String, u64)> {
        let mut from = File::open(&file.path)?;
        let (mut hash, mut buffer, mut bytes) = (Sha256::new(), vec![0; 1 << 16], 0);
        loop {
            match from.read(&mut buffer)? {
                0 => return Ok((hex(&hash.finalize()), bytes)),
                count => {
                    hash.update(&buffer[..count]);
                    bytes += count as u64;
                }
            }
        }
    };
    let (sha256, bytes) = read().with_context(|| format!("cannot read `{}`", file.path.display()))?;
    Ok(Input { name: clean_line(&file.name).into_owned(), sha256, bytes })
}
