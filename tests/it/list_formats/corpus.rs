//! Snapshots of real lists, where the environment variable `SOVAUDIT_LISTS` names their folder. The numbers were
//! counted apart from this code, by `tests/tools/count-lists.py` with the csv module of Python.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use sovaudit::lists::Party;
use sovaudit::lists::format::{ListError, ListFile, Loaded, Op, Options};

use super::{load_with, options};

/// Without the folder there is nothing to compare.
fn folder() -> Option<PathBuf> {
    std::env::var_os("SOVAUDIT_LISTS").map(PathBuf::from)
}

fn load(folder: &Path, names: &[&str], options: &Options<'_>) -> Result<(Loaded, Vec<(Op, Party)>), ListError> {
    load_with(names.iter().map(|name| ListFile::path(&folder.join(name))).collect(), options)
}

/// Rows of every file by name, as Python counts them.
fn counted(folder: &Path) -> BTreeMap<String, u64> {
    let script = crate::cli::root().join("tests/tools/count-lists.py");
    #[expect(clippy::disallowed_methods, reason = "the count must not be our own")]
    let output = Command::new("python3").arg(script).arg(folder).output().expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)
        .expect("is UTF-8")
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(name, count)| (name.to_owned(), count.parse().expect("a number")))
        .collect()
}

#[test]
fn every_snapshot_has_the_rows_that_python_counts() {
    let Some(folder) = folder() else { return };
    let counted = counted(&folder);
    let sets: &[(&[&str], u64)] = &[
        (
            &[
                "ofac-sdn-2021-07/sdn.csv.gz",
                "ofac-sdn-2021-07/alt.csv.gz",
                "ofac-sdn-2021-07/add.csv.gz",
                "ofac-sdn-2021-07/sdn_comments.csv",
            ],
            8_976,
        ),
        (&["ofac-sdn-2024-06/sdn.csv.gz", "ofac-sdn-2024-06/add.csv.gz"], 15_402),
        (
            &[
                "ofac-sdn-2024-06/sdn.csv.gz",
                "ofac-sdn-2025-02/alt.csv.gz",
                "ofac-sdn-2025-02/add.csv.gz",
                "ofac-sdn-2025-02/sdn_comments.csv.gz",
            ],
            15_402,
        ),
        (
            &[
                "ofac-sdn-2024-06/sdn.csv.gz",
                "ofac-sdn-2025-12/alt.csv.gz",
                "ofac-sdn-2025-12/add.csv.gz",
                "ofac-sdn-2025-12/sdn_comments.csv.gz",
            ],
            15_402,
        ),
        (
            &[
                "ofac-sdn-excerpt-2025-05/sdn.csv",
                "ofac-sdn-excerpt-2025-05/alt.csv",
                "ofac-sdn-excerpt-2025-05/add.csv",
                "ofac-sdn-excerpt-2025-05/sdn_comments.csv",
            ],
            17,
        ),
        (
            &[
                "ofac-consolidated-2025-12/cons_prim.csv",
                "ofac-consolidated-2025-12/cons_alt.csv",
                "ofac-consolidated-2025-12/cons_add.csv",
                "ofac-consolidated-2025-12/cons_comments.csv",
            ],
            442,
        ),
        (&["bis-dpl-2022-09/dpl.txt"], 581),
        (&["csl-excerpt-2019-12/csl.csv"], 115),
        (&["csl-excerpt-2025-06/consolidated.csv"], 13),
    ];
    for (names, records) in sets {
        let (loaded, parties) = load(&folder, names, &options()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((loaded.records, loaded.bad_rows), (*records, 0), "{names:?}: {:?}", loaded.bad);
        assert!(parties.iter().all(|(op, party)| *op == Op::Put && !party.name().is_empty()));
        let rows: BTreeMap<&str, u64> = loaded.files.iter().map(|file| (&*file.name, file.rows)).collect();
        for name in *names {
            let path = folder.join(name).display().to_string();
            assert_eq!(rows.get(&*path), counted.get(*name), "{name}");
        }
    }
}
