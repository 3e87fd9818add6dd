//! One folder per format under fixtures/lists, one folder per case in it: what comes of its files is in
//! `expected.snap`. `SOVAUDIT_UPDATE=1` writes them anew. All parties are invented.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sovaudit::lists::Party;
use sovaudit::lists::format::{FORMATS, FormatId, ListFile, Loaded, Op, Options, recognise};

use super::{load_with, options};
use crate::cli::root;

fn children(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("is readable").path())
        .collect();
    all.sort();
    all
}

fn files_of(case: &Path) -> Vec<ListFile> {
    children(case)
        .iter()
        .filter(|path| !path.ends_with("expected.snap"))
        .map(|path| {
            let name = path.file_name().expect("has a name").to_string_lossy().into_owned();
            ListFile::memory(name, fs::read(path).expect("is readable"))
        })
        .collect()
}

fn party(out: &mut String, op: Op, party: &Party) -> std::fmt::Result {
    if op != Op::Put {
        write!(out, "{op:?} ")?;
    }
    writeln!(out, "{} {} {:?}", party.list, party.entry, party.kind)?;
    for name in &party.names {
        let weak = if name.weak { " weak" } else { "" };
        let language = name.language.as_deref().map(|language| format!(" [{language}]")).unwrap_or_default();
        writeln!(out, "  {:?}{weak}: {}{language}", name.role, name.text)?;
    }
    let countries: Vec<String> = party.countries.iter().map(|one| format!("{} {:?}", one.code, one.role)).collect();
    for (what, values) in [
        ("countries", countries),
        ("address", party.addresses.iter().map(ToString::to_string).collect()),
        ("keys", party.keys.iter().map(|key| format!("{:?} {}", key.kind, key.value)).collect()),
        (
            "links",
            party
                .links
                .iter()
                .map(|link| {
                    let days: Vec<String> = link.from.iter().chain(&link.to).map(ToString::to_string).collect();
                    let days = days.join(" to ");
                    format!("{:?} {:?} {} {:?} {days}", link.kind, link.entry, link.name, link.share)
                        .trim_end()
                        .to_owned()
                })
                .collect(),
        ),
        ("programmes", party.programmes.iter().map(ToString::to_string).collect()),
        ("measures", party.measures.iter().map(ToString::to_string).collect()),
        ("born", party.born.iter().map(ToString::to_string).collect::<Vec<_>>()),
        ("citation", party.citation.iter().map(ToString::to_string).collect()),
        ("url", party.url.iter().map(ToString::to_string).collect()),
        ("listed", party.listed.iter().map(ToString::to_string).collect()),
        ("delisted", party.delisted.iter().map(ToString::to_string).collect()),
        ("note", party.note.iter().map(ToString::to_string).collect()),
    ] {
        if !values.is_empty() {
            writeln!(out, "  {what}: {}", values.join(" | "))?;
        }
    }
    Ok(())
}

fn shown(loaded: &Loaded, parties: &[(Op, Party)]) -> String {
    let mut out = String::new();
    let date = loaded.source_date.map_or_else(|| "none".to_owned(), |date| date.to_string());
    writeln!(out, "format {}, date {date}", loaded.format).expect("writes to a String");
    for file in &loaded.files {
        writeln!(out, "file {} ({}): {} rows", file.name, file.part, file.rows).expect("writes to a String");
    }
    let Loaded { records, parties: given, names, removed, bad_rows, .. } = loaded;
    writeln!(out, "{records} records, {given} parties, {names} names, {removed} removed, {bad_rows} bad")
        .expect("writes to a String");
    writeln!(out, "lists {:?}", loaded.lists).expect("writes to a String");
    for note in &loaded.notes {
        writeln!(out, "note: {note}").expect("writes to a String");
    }
    for (op, one) in parties {
        party(&mut out, *op, one).expect("writes to a String");
    }
    out
}

#[test]
fn every_case_is_as_expected() {
    let update = std::env::var_os("SOVAUDIT_UPDATE").is_some();
    let mut wrong = Vec::new();
    for folder in children(&root().join("fixtures/lists")) {
        let id = folder.file_name().expect("has a name").to_string_lossy().into_owned();
        let format = FormatId::find(&id).unwrap_or_else(|| panic!("fixtures/lists/{id} is no format"));
        for case in children(&folder) {
            let options = Options { allow_stale: format.stale.is_some(), ..options() };
            let now = match load_with(files_of(&case), &options) {
                Ok((loaded, parties)) => {
                    assert_eq!(loaded.format.as_str(), id, "{}", case.display());
                    shown(&loaded, &parties)
                }
                Err(error) => format!("error: {error}\n"),
            };
            let path = case.join("expected.snap");
            if update {
                fs::write(&path, &now).expect("is writable");
            } else if fs::read_to_string(&path).unwrap_or_default() != now {
                wrong.push(format!("{}:\n{now}", case.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "SOVAUDIT_UPDATE=1 accepts the changes:\n{}", wrong.join("\n"));
}

#[test]
fn every_format_has_a_case_and_is_the_only_one_that_recognises_it() {
    for format in FORMATS {
        let folder = root().join("fixtures/lists").join(format.id.as_str());
        let cases = children(&folder);
        assert!(!cases.is_empty(), "{}", format.id);
        for file in cases.iter().flat_map(|case| children(case)).filter(|path| !path.ends_with("expected.snap")) {
            let bytes = fs::read(&file).expect("is readable");
            assert_eq!(recognise(&bytes), Some(format.id), "{}", file.display());
            let head = &bytes[..bytes.len().min(8 << 10)];
            assert_eq!(recognise(head), Some(format.id), "{}", file.display());
        }
        assert!(!format.lists.is_empty() && !format.licence.is_empty() && !format.publisher.is_empty());
    }
}
