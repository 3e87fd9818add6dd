//! One short test per mistake that was found in use, named by what went wrong.

use std::fs;
use std::path::Path;

use sovaudit::catalog::Catalog;
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::model::{Date, Inventory};
use sovaudit::scan::{Options, scan_directory};

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
