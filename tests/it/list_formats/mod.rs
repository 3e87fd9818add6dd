//! Formats of official lists.

mod corpus;
mod fixtures;
mod hostile;

use sovaudit::catalog::Catalog;
use sovaudit::lists::Party;
use sovaudit::lists::format::{self, ListError, ListFile, Loaded, Op, Options};
use std::sync::LazyLock;

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);

fn options() -> Options<'static> {
    Options { catalog: &CATALOG, allow_stale: false, allow_small: true, allow_empty: false }
}

/// Reads files that are one edition.
fn load_with(files: Vec<ListFile>, options: &Options<'_>) -> Result<(Loaded, Vec<(Op, Party)>), ListError> {
    let mut all = Vec::new();
    for file in files {
        all.extend(file.members()?);
    }
    let editions = format::sort(&all)?;
    assert_eq!(editions.len(), 1, "one edition");
    let mut parties = Vec::new();
    let loaded = editions[0].read(options, &mut |op, party| parties.push((op, party)))?;
    assert_eq!(loaded.parties, parties.len() as u64);
    Ok((loaded, parties))
}
