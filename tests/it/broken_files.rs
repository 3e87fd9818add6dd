//! Files as other systems write them, and files that are broken in one place: over the fixtures of all scanners.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sovaudit::catalog::Catalog;
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::model::{Evidence, FactRef, Inventory};
use sovaudit::scan::{Options, SCANNERS, scan_files};
use sovaudit::text::RelPath;

use crate::cli::root;
use crate::entries::{found, has, lacks};

type Files = Vec<(RelPath, Vec<u8>)>;

/// The files of a fixture that are text; nothing where one is not.
fn texts(case: &Path) -> Option<Files> {
    let mut files = Files::new();
    let mut open = vec![case.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).ok()?.filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().is_some_and(|name| name != "expected.snap") {
                let bytes = fs::read(&path).ok()?;
                std::str::from_utf8(&bytes).ok().filter(|text| !text.contains(['\0', '\r']))?;
                files.push((RelPath::new(path.strip_prefix(case).ok()?.to_str()?)?, bytes));
            }
        }
    }
    Some(files)
}

fn changed(files: &Files, change: impl Fn(&str) -> Vec<u8>) -> Files {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("was told to be text");
    files.iter().map(|(path, bytes)| (path.clone(), change(&text(bytes)))).collect()
}

fn scan(files: Files, catalog: &Catalog) -> Inventory {
    scan_files(files.into_iter().map(|(path, bytes)| (path, bytes, None)).collect(), catalog, &Options::default())
}

/// Facts with the files and lines that they rest on, and the diagnostics with their lines.
fn lines(inventory: &Inventory) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (fact, evidence) in inventory.facts() {
        let fact = match fact {
            FactRef::Component { id, kind } => format!("{id} is {}", kind.as_str()),
            FactRef::Attribute { of, key, value } => format!("{of} {key} = {value}"),
            FactRef::Relation { from, kind, to, .. } => format!("{from} {} {to}", kind.as_str()),
        };
        for seen in evidence.iter().filter_map(Evidence::sighting) {
            found.insert(format!("{fact} [{} {:?}]", seen.path(), seen.region().map(|at| at.start.line)));
        }
    }
    found.extend(
        inventory.diagnostics.iter().map(|told| {
            format!("{} {:?} {} {}", told.path, told.at.map(|at| at.line), told.kind.as_str(), told.message)
        }),
    );
    found
}

/// The fixtures of every scanner, all of whose files are text.
fn each(mut look: impl FnMut(&str, &Files)) {
    for scanner in SCANNERS.iter() {
        let id = scanner.meta().id;
        // a cell of a table may hold an end of a line, which is then part of its words
        for case in if id == "asset-list" { &["normal"][..] } else { &["normal", "partial"] } {
            if let Some(files) = texts(&root().join("fixtures/scanners").join(id).join(case)) {
                look(&format!("{id}/{case}"), &files);
            }
        }
    }
}

/// Whoever wrote a file, and on which system, it says the same.
#[test]
fn marks_and_line_ends_of_other_systems_change_nothing() {
    let catalog = Catalog::embedded();
    let mut wrong = String::new();
    each(|name, files| {
        let before = lines(&scan(files.clone(), &catalog));
        let utf16 = |text: &str| {
            let units = text.encode_utf16().flat_map(u16::to_le_bytes);
            [0xFF, 0xFE].into_iter().chain(units).collect::<Vec<u8>>()
        };
        let forms = [
            ("a byte order mark", changed(files, |text| format!("\u{feff}{text}").into_bytes())),
            ("CRLF", changed(files, |text| text.replace('\n', "\r\n").into_bytes())),
            ("UTF-16", changed(files, utf16)),
        ];
        for (form, files) in forms {
            let after = lines(&scan(files, &catalog));
            for line in before.symmetric_difference(&after).take(4) {
                let side = if before.contains(line) { "lost" } else { "new" };
                wrong.push_str(&format!("{name} with {form}, {side}: {line}\n"));
            }
        }
    });
    assert!(wrong.is_empty(), "{wrong}");
}

/// What a file in brackets lost at its end is told, and no file makes a scanner panic.
#[test]
fn files_that_were_cut_off_are_told() {
    let catalog = Catalog::embedded();
    let mut wrong = String::new();
    each(|name, files| {
        let before = scan(files.clone(), &catalog);
        let half = |text: &str| text.as_bytes()[..text.len() / 2].to_vec();
        let junk = |text: &str| {
            let middle = text[..text.floor_char_boundary(text.len() / 2)].rfind('\n').map_or(0, |at| at + 1);
            format!("{}@@ ]] }} )) \0junk\n{}", &text[..middle], &text[middle..]).into_bytes()
        };
        let cut = scan(changed(files, half), &catalog);
        let broken = scan(changed(files, junk), &catalog);
        for told in cut.diagnostics.iter().chain(&broken.diagnostics) {
            if told.kind == DiagnosticKind::Internal {
                wrong.push_str(&format!("{name}: {told}\n"));
            }
        }
        let is_told = cut.diagnostics.iter().any(|told| told.kind.is_loss() && !before.diagnostics.contains(told));
        // a list of lines that ends early looks like a shorter one
        let in_brackets = |path: &RelPath| path.name().ends_with(".json") || path.name().ends_with(".xml");
        if files.iter().all(|(path, _)| in_brackets(path)) && before.facts().count() > cut.facts().count() && !is_told {
            wrong.push_str(&format!("{name}: cut off without a word\n"));
        }
    });
    assert!(wrong.is_empty(), "{wrong}");
}

/// A broken line takes its own entry along, not those behind it.
#[test]
fn one_broken_line_does_not_lose_the_rest() {
    let npm = "{\"lockfileVersion\": 3, \"packages\": {\n\"\": {\"dependencies\": {\"a\": \"1\", \"b\": \"1\"}},\n\
               \"node_modules/a\": {\"version\": \"1.0.0\"},\n@@ junk ]]\n\"node_modules/b\": {\"version\": \"2.0.0\"}\n\
               \"node_modules/c\": {\"version\": \"3.0.0\"}\n}}\n";
    let uv = "version = 1\n[[package]]\nname = \"a\"\nversion = \"1.0\"\nsource = { registry = \"https://pypi.org/simple\" }\n\
              @@ junk ]]\n[[package]]\nname = \"b\"\nversion = \"2.0\"\nsource = { registry = \"https://pypi.org/simple\" }\n";
    let conda = "dependencies:\n  - a==1.0\n@@ junk ]]\n  - b==2.0\n  - pip:\n      - c==3.0\n";
    let workload =
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\0\nspec:\n  containers:\n    - image: h.example/i:1\n";
    let gradle = "dependencies { implementation 'g:a:1.0' }\n";
    let found = found(&[
        ("npm/package-lock.json", npm),
        ("uv/uv.lock", uv),
        ("conda/environment.yml", conda),
        ("k8s/pod.yaml", workload),
        ("gradle/build.gradle", gradle),
    ]);
    has(
        &found,
        &[
            "pkg:npm/a@1.0.0 resolution = locked",
            "pkg:npm/b@2.0.0 resolution = locked",
            "pkg:npm/c@3.0.0 resolution = locked",
            "pkg:pypi/a@1.0 resolution = locked",
            "pkg:pypi/b@2.0 resolution = locked",
            "project:conda depends-on pkg:conda/a@1.0",
            "project:conda depends-on pkg:conda/b@2.0",
            "project:conda depends-on pkg:pypi/c@3.0",
        ],
    );
    for place in
        ["npm/package-lock.json:4:1: malformed", "uv/uv.lock:6:1: malformed", "conda/environment.yml:3:1: malformed"]
    {
        assert!(found.iter().any(|line| line.starts_with(place)), "{place}\n{}", found.join("\n"));
    }
    assert!(found.iter().any(|line| line.contains("h.example/i:1") || line.starts_with("k8s/pod.yaml:4")), "{found:?}");
    lacks(&found, &["the rest was not read"]);
}

/// All in one line, a bracket that nothing closes, and a file that is too large to be tried again and again.
#[test]
fn mistakes_lose_their_own_entries_wherever_they_stand() {
    let npm = "{\"lockfileVersion\": 3, \"packages\": {\"\": {\"dependencies\": {\"a\": \"1\", \"b\": \"1\"}}, \
               \"node_modules/a\": {\"version\": \"1.0.0\",,}, \"node_modules/x\": @@, \"node_modules/b\": {\"version\": \"2.0.0\"}}}\n";
    let conda = "dependencies:\n  - a==1.0\n  - pip: [c==3.0\n  - b==2.0\nname: x\n";
    let mut uv = String::from("version = 1\n");
    for at in 0..4_000 {
        let source = "source = { registry = \"https://pypi.org/simple\" }";
        let mistake = if at % 1_000 == 500 { "size = @@ junk\n" } else { "" };
        uv.push_str(&format!("[[package]]\nname = \"p{at}\"\nversion = \"1.0\"\n{source}\n{mistake}"));
    }
    let found = found(&[("npm/package-lock.json", npm), ("conda/environment.yml", conda), ("uv/uv.lock", &uv)]);
    has(
        &found,
        &[
            "pkg:npm/a@1.0.0 resolution = locked",
            "pkg:npm/b@2.0.0 resolution = locked",
            "project:conda depends-on pkg:conda/a@1.0",
            "project:conda depends-on pkg:conda/b@2.0",
            "conda/environment.yml:3:10: malformed: a `[` that nothing closes; what stands in it was left out",
        ],
    );
    let told: Vec<&str> = found.iter().filter_map(|line| line.strip_prefix("npm/package-lock.json:1:")).collect();
    assert!(
        matches!(told[..], [first, second] if first.starts_with("119: malformed") && second.starts_with("141: malformed")),
        "{told:?}"
    );
    let ended = "the file was read as often as its size allows; what stands behind this was not read";
    assert!(found.iter().any(|line| line.starts_with("uv/uv.lock:10") && line.ends_with(ended)), "{found:?}");
}

#[test]
fn bytes_that_are_no_text_are_told_where_a_fact_holds_them() {
    let catalog = Catalog::embedded();
    let told = |bytes: &[u8]| {
        let path = RelPath::new("requirements.txt").expect("is relative");
        let inventory = scan(vec![(path, bytes.to_vec())], &catalog);
        inventory.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let found = told(b"# ok\nidna==3.7\nsix==1.17\xff\n");
    assert!(
        found.iter().any(|told| told.starts_with("requirements.txt:3:10: malformed: bytes that are not UTF-8")),
        "{found:?}"
    );
    // a comment in another encoding concerns nothing that is read
    assert_eq!(told(b"# caf\xe9\nidna==3.7\n"), Vec::<String>::new());
}
