#![no_main]
//! Formats of official lists. The first byte says how the rest is cut into files; their content says what they are.

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sovaudit::catalog::Catalog;
use sovaudit::lists::Party;
use sovaudit::lists::format::{ListFile, Op, Options, sort};
use sovaudit_fuzz::form::split;

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);

/// Names a byte of input may give, a party shared by several lists counted each time.
const NAMES_PER_BYTE: usize = 16;

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let parts: Vec<&[u8]> = match first % 2 {
        0 => vec![rest],
        _ => split(rest),
    };
    let mut files = Vec::new();
    for (at, part) in parts.into_iter().take(4).enumerate() {
        if let Ok(members) = ListFile::memory(format!("file-{at}"), part).members() {
            files.extend(members);
        }
    }
    files.retain(|file| sort(std::slice::from_ref(file)).is_ok());
    let Ok(editions) = sort(&files) else { return };
    let options =
        Options { catalog: &CATALOG, allow_stale: true, allow_small: first % 4 < 2, allow_empty: first % 8 < 4 };
    for edition in editions {
        let (mut parties, mut names) = (0_u64, 0);
        let loaded = edition.read(&options, &mut |op, party| {
            parties += 1;
            names += party.names.len();
            check(op, &party, edition.format.partial);
        });
        match loaded {
            Ok(loaded) => {
                assert_eq!(loaded.parties, parties);
                assert!(loaded.records > 0, "an empty list was loaded");
            }
            Err(error) => assert!(!error.message.is_empty() && !error.message.contains('\n')),
        }
        assert!(names <= 1_000 + NAMES_PER_BYTE * data.len(), "{names} names");
    }
});

/// What holds of every party.
fn check(op: Op, party: &Party, partial: bool) {
    assert!(!party.list.is_empty(), "a party of no list: {party:?}");
    assert!(!party.names.is_empty() || partial || op == Op::Remove, "a party without a name: {party:?}");
    for name in &party.names {
        assert!(!name.text.trim().is_empty(), "an empty name: {party:?}");
        assert!(!name.text.contains(|c: char| c.is_control()), "a control character in a name: {party:?}");
    }
}
