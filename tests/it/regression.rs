//! One short test per mistake that was found in use, named by what went wrong.

use std::fs;
use std::path::Path;

use sovaudit::catalog::Catalog;
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::model::{Date, Inventory};
use sovaudit::scan::{Options, scan_directory};
use sovaudit::source::Limits;

fn scan(folder: &Path) -> Inventory {
    scan_directory(folder, &Catalog::embedded(), &Options::default()).expect("the folder can be opened")
}

/// Kind and path of every diagnostic.
fn problems(inventory: &Inventory) -> Vec<(DiagnosticKind, &str)> {
    inventory.diagnostics.iter().map(|problem| (problem.kind, problem.path.as_str())).collect()
}

/// Entries of people around a company were taken for entries of the company.
#[test]
fn listed_people_do_not_make_a_company_listed() {
    let catalog = Catalog::embedded();
    let day = Date::parse("2026-11-23").expect("is a date");
    for organisation in ["vk", "yandex", "kaspersky", "rostelecom"] {
        let rows = catalog.listings(organisation, day).map(|(row, _)| row);
        for row in rows.filter(|row| ["US-SDN", "EU-269"].contains(&&*row.list)) {
            assert_eq!(row.about.as_deref(), Some("related-party"), "{organisation}: {} on {}", row.entity, row.list);
        }
    }
    for organisation in ["sber", "tbank", "positive-technologies"] {
        let own = catalog
            .listings(organisation, day)
            .any(|(row, _)| row.about.as_deref() == Some("organisation") && &*row.list == "US-SDN");
        assert!(own, "{organisation} is listed itself");
    }
}

/// A lock file that was a link, a pipe or a socket gave "0 components, 0 unreadable, passed".
#[test]
#[cfg(unix)]
fn links_and_special_files_are_told() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().expect("a folder");
    let tree = tempfile::tempdir().expect("a folder");
    let (away, root) = (outside.path(), tree.path());
    fs::write(away.join("package-lock.json"), "{}").expect("writes");
    fs::create_dir_all(root.join("a")).expect("creates");
    fs::write(root.join("a/Cargo.lock"), "version = 4\n[[package]]\nname = \"x\"\nversion = \"1.0.0\"\n")
        .expect("writes");
    fs::write(root.join("a/locked"), "version = 4\n").expect("writes");
    let link = |end: &Path, name: &str| symlink(end, root.join(name)).expect("links");
    link(&away.join("package-lock.json"), "package-lock.json");
    link(Path::new("nowhere"), "uv.lock");
    link(Path::new("go.mod"), "go.mod");
    link(away, "modules");
    link(Path::new("a"), "b");
    link(Path::new("a/Cargo.lock"), "Cargo.lock");
    fs::create_dir_all(root.join("c")).expect("creates");
    link(Path::new("../a/locked"), "c/Cargo.lock");
    link(Path::new("nowhere"), "notes.md");
    let _socket = std::os::unix::net::UnixListener::bind(root.join("Dockerfile")).expect("binds");
    let found = scan(root);
    let lost = DiagnosticKind::Unreadable;
    let wanted = [
        (DiagnosticKind::Link, "Cargo.lock"),
        (lost, "Dockerfile"),
        (lost, "c/Cargo.lock"),
        (lost, "go.mod"),
        (lost, "modules"),
        (lost, "package-lock.json"),
        (lost, "uv.lock"),
    ];
    let told: Vec<_> =
        problems(&found).into_iter().filter(|(kind, _)| [lost, DiagnosticKind::Link].contains(kind)).collect();
    assert_eq!(told, wanted, "{:#?}", found.diagnostics);
    let failed: Vec<&str> = found.coverage.failed.iter().map(|path| path.as_str()).collect();
    assert_eq!(failed, ["Dockerfile", "c/Cargo.lock", "go.mod", "modules", "package-lock.json", "uv.lock"]);
}

/// A lock file over the limit of scanners that look into every JSON file was called too large and read all the same.
#[test]
fn lock_files_are_measured_by_their_own_limit() {
    let tree = tempfile::tempdir().expect("a folder");
    let lock = r#"{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.0.0"}}}"#;
    let padded = |by: usize| format!("{lock}{}", " ".repeat(by));
    fs::write(tree.path().join("package-lock.json"), padded(2_000)).expect("writes");
    fs::write(tree.path().join("Gemfile"), format!("gem \"a\"\n{}", "\n".repeat(2_000))).expect("writes");
    let limits = Limits { file_bytes: 1_000, large_file_bytes: 5_000, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let found = scan_directory(tree.path(), &Catalog::embedded(), &options).expect("the folder can be opened");
    assert_eq!(problems(&found), [(DiagnosticKind::LimitReached, "Gemfile")], "{:#?}", found.diagnostics);
    let message = &found.diagnostics.first().expect("is there").message;
    assert!(message.contains("gemfile") && message.contains("limit is 1000"), "{message}");
    assert!(found.components().any(|(id, _)| id.as_str() == "pkg:npm/a@1.0.0"));
}

/// Two facts more than a fixed cap were dropped from a lock file that its size limit let through.
#[test]
fn the_cap_on_facts_grows_with_the_file() {
    let entry = |n: usize| {
        format!("[[package]]\nname = \"p{n}\"\nversion = \"1.0.0\"\nsource = \"registry+https://crates.io\"\n")
    };
    let lock = format!("version = 4\n{}", (0..50).map(entry).collect::<String>());
    let tree = tempfile::tempdir().expect("a folder");
    fs::write(tree.path().join("Cargo.lock"), &lock).expect("writes");
    let dropped = |limits: Limits| {
        let options = Options { limits, ..Options::default() };
        let found = scan_directory(tree.path(), &Catalog::embedded(), &options).expect("the folder can be opened");
        found.diagnostics.iter().any(|problem| problem.message.contains("were dropped"))
    };
    assert!(!dropped(Limits { facts: 10, bytes_per_fact: 4, ..Limits::default() }));
    assert!(dropped(Limits { facts: 10, bytes_per_fact: 1_000, ..Limits::default() }));
    let default = Limits::default();
    assert!(default.facts_of(256 << 20) >= (256 << 20) / 20, "a fact in 20 bytes is common in lock files");
}

/// Files that are not read are not opened when their name tells what they are, however large they are.
#[test]
fn formats_that_are_not_read_are_told_by_name() {
    let tree = tempfile::tempdir().expect("a folder");
    fs::create_dir(tree.path().join("web")).expect("creates");
    fs::write(tree.path().join("bun.lockb"), " ".repeat(5_000)).expect("writes");
    fs::write(tree.path().join("web/bun.lockb"), " ".repeat(5_000)).expect("writes");
    let limits = Limits { file_bytes: 1_000, large_file_bytes: 1_000, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let found = scan_directory(tree.path(), &Catalog::embedded(), &options).expect("the folder can be opened");
    let lost = DiagnosticKind::Unsupported;
    assert_eq!(problems(&found), [(lost, "bun.lockb"), (lost, "web/bun.lockb")], "{:#?}", found.diagnostics);
    assert_eq!((found.coverage.failed.len(), found.coverage.read.len()), (2, 0));
}
