//! Every scanner against its fixture folders. `SOVAUDIT_UPDATE=1 cargo test --test it scanners`
//! rewrites the expectations; read them before you commit them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sovaudit::catalog::Catalog;
use sovaudit::model::{Basis, ComponentKind, Evidence, FactRef, Inventory};
use sovaudit::scan::{Options, SCANNERS, scan_directory};

use crate::cli::root;

/// Scanners that a folder of fixtures cannot show: they run tools of a trusted tree, or read what only lies in images.
const ELSEWHERE: [&str; 2] = ["cargo-metadata", "image-config"];

fn cases(id: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(root().join("fixtures/scanners").join(id)) else { return Vec::new() };
    let mut found: Vec<PathBuf> =
        entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

/// Scanners with the name under which they write what one of their files calls in another.
const CALLED: [(&str, &str); 3] =
    [("cloudformation", "nested-stack"), ("bicep", "bicep-module"), ("arm", "bicep-module")];

/// The facts of one scanner, a line each, with the place that the scanner gives.
fn listing(inventory: &Inventory, id: &str) -> String {
    let mut out = String::new();
    let is_its = |name: &str| name == id || CALLED.contains(&(id, name));
    for (fact, evidence) in inventory.facts() {
        let text = match fact {
            FactRef::Component { id, kind } => format!("component {} {id}", kind.as_str()),
            FactRef::Attribute { of, key, value } => format!("attribute {of} {key} = {value}"),
            FactRef::Relation { from, kind, to, .. } => format!("relation {from} {} {to}", kind.as_str()),
        };
        for one in evidence {
            let Some(seen) = one.sighting().filter(|seen| is_its(seen.scanner())) else { continue };
            let place = seen.place();
            let at = place.region.map_or_else(
                || place.path.to_string(),
                |region| format!("{}:{}:{}", place.path, region.start.line, region.start.column),
            );
            let basis = match seen.basis() {
                Basis::Resolved => "resolved",
                Basis::Declared => "declared",
                Basis::Inferred => "inferred",
            };
            let words = place.excerpt.as_deref().map_or_else(String::new, |words| format!(" {words:?}"));
            writeln!(out, "{text}  [{at} {basis}{words}]").expect("writes to a String");
        }
    }
    for problem in
        inventory.diagnostics.iter().filter(|problem| is_its(&problem.scanner) || &*problem.scanner == "engine")
    {
        writeln!(out, "diagnostic {problem}").expect("writes to a String");
    }
    out
}

fn scan(case: &Path, catalog: &Catalog) -> Inventory {
    scan_directory(case, catalog, &Options::default()).expect("the case folder can be opened")
}

#[test]
fn fixtures_give_what_they_are_expected_to() {
    let catalog = Catalog::embedded();
    let update = std::env::var_os("SOVAUDIT_UPDATE").is_some();
    let mut wrong = Vec::new();
    for scanner in SCANNERS.iter() {
        let id = scanner.meta().id;
        for case in cases(id) {
            let now = listing(&scan(&case, &catalog), id);
            let path = case.join("expected.snap");
            let wanted = fs::read_to_string(&path).unwrap_or_default();
            if now != wanted {
                if update {
                    fs::write(&path, &now).expect("writes");
                } else {
                    wrong.push(format!("{}:\n--- expected\n{wanted}--- got\n{now}", case.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_scanner_has_fixtures_and_keeps_its_word() {
    let catalog = Catalog::embedded();
    let mut ids = BTreeSet::new();
    for scanner in SCANNERS.iter() {
        let meta = scanner.meta();
        assert!(ids.insert(meta.id), "{} stands twice", meta.id);
        if ELSEWHERE.contains(&meta.id) {
            continue;
        }
        let cases = cases(meta.id);
        let names: BTreeSet<String> =
            cases.iter().filter_map(|case| case.file_name()).map(|name| name.to_string_lossy().into_owned()).collect();
        for needed in ["normal", "broken", "partial"] {
            assert!(names.contains(needed), "fixtures/scanners/{}/{needed} is missing", meta.id);
        }
        let mut emitted: BTreeSet<ComponentKind> = BTreeSet::new();
        for case in &cases {
            let inventory = scan(case, &catalog);
            for (fact, evidence) in inventory.facts() {
                assert!(!evidence.is_empty(), "a fact without evidence in {}", case.display());
                let ours = evidence.iter().filter_map(Evidence::sighting).any(|seen| seen.scanner() == meta.id);
                if let FactRef::Component { kind, .. } = fact
                    && ours
                {
                    emitted.insert(kind);
                }
            }
        }
        for kind in emitted {
            assert!(meta.emits.contains(&kind), "{} emits {} and does not say so", meta.id, kind.as_str());
        }
    }
}
