//! What must hold whatever the input is.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use sovaudit::catalog::Catalog;
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::model::{ComponentId, Evidence, FactRef, Inventory};
use sovaudit::scan::{Options, Selector, SourceFile, scan_files_with};
use sovaudit::text::{LineColumn, RelPath};

use crate::form::File;

/// Facts per byte, each counted with its places, and what a file of nearly nothing may give.
const FACTS_PER_BYTE: usize = 10;
const FACTS_OF_NOTHING: usize = 2_000;

/// What stands before the `:` of an id, see [`ComponentId`].
const PREFIXES: [&str; 18] = [
    "api",
    "pkg",
    "resource",
    "accelerator",
    "cluster",
    "device",
    "model",
    "dataset",
    "host",
    "workload",
    "project",
    "org",
    "jurisdiction",
    "region",
    "repository",
    "delivery",
    "machine",
    "replica",
];

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);

/// Scans the files.
#[must_use]
pub fn scan(files: &[File], selector: &Selector) -> Inventory {
    let input = files.iter().map(|(path, content)| (path.clone(), content.clone(), None)).collect();
    scan_files_with(selector, input, &CATALOG, &Options::default())
}

/// Scans the files and checks what comes of it.
///
/// # Panics
/// When something does not hold.
pub fn scan_and_check(files: &[File], selector: &Selector) {
    let inventory = scan(files, selector);
    let texts: BTreeMap<RelPath, Text> =
        files.iter().map(|(path, content)| (path.clone(), Text::of(path, content))).collect();
    let mut count = 0;
    for (fact, evidence) in inventory.facts() {
        for id in ids(&fact) {
            let prefix = id.as_str().split_once(':').map_or("", |(prefix, _)| prefix);
            assert!(PREFIXES.contains(&prefix), "the id {id} begins with nothing known");
        }
        assert!(!evidence.is_empty(), "a fact without evidence: {fact:?}");
        count += evidence.len();
        for one in evidence {
            let Evidence::Observed(seen) = one else { continue };
            let (place, scanner) = (seen.place(), seen.scanner());
            let text = texts.get(&place.path);
            let text =
                text.unwrap_or_else(|| panic!("{scanner}: {fact:?} is seen in {}, which is no file", place.path));
            if let Some(region) = place.region {
                assert!(region.start <= region.end, "{scanner}: {fact:?} ends before it begins: {place:?}");
                assert!(
                    text.holds(region.start) && text.holds(region.end),
                    "{scanner}: {fact:?} lies outside: {place:?}"
                );
            }
        }
    }
    let bytes: usize = files.iter().map(|(_, content)| content.len()).sum();
    assert!(count <= FACTS_OF_NOTHING + FACTS_PER_BYTE * bytes, "{count} facts from {bytes} bytes");
    for problem in &inventory.diagnostics {
        assert_ne!(problem.kind, DiagnosticKind::Internal, "{problem}");
        if let (Some(at), Some(text)) = (problem.at, texts.get(&problem.path)) {
            assert!(text.holds(at), "outside of the file: {problem}");
        }
    }
}

fn ids<'a>(fact: &FactRef<'a>) -> Vec<&'a ComponentId> {
    match fact {
        FactRef::Component { id, .. } => vec![id],
        FactRef::Attribute { of, .. } => vec![of],
        FactRef::Relation { from, to, .. } => vec![from, to],
    }
}

/// The length of every line in code points.
struct Text(Vec<usize>);

impl Text {
    fn of(path: &RelPath, content: &[u8]) -> Self {
        let file = SourceFile::new(path.clone(), content.to_vec(), None);
        Self(file.text().split('\n').map(|line| line.chars().count()).collect())
    }

    /// True for a place in the text, its end included; the column after a line is the one of its line end.
    fn holds(&self, at: LineColumn) -> bool {
        let (line, column) = (at.line as usize, at.column as usize);
        line > 0 && column > 0 && self.0.get(line - 1).is_some_and(|length| column <= length + 1)
    }
}
