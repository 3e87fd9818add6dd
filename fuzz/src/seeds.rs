//! Seeds and dictionaries from the fixtures of a scanner and the words in its source.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use globset::Glob;
use sovaudit::scan::ScannerMeta;

use crate::form;

/// Longest and most words of a dictionary.
const LONGEST_WORD: usize = 32;
const MOST_WORDS: usize = 600;

/// Writes the seeds of one scanner into `folder/ID/` and its dictionary as `folder/ID.dict`; gives the number of seeds.
///
/// # Errors
/// When a file cannot be read or written.
pub fn write(meta: &'static ScannerMeta, folder: &Path) -> io::Result<usize> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let names = form::names(&[meta]);
    let corpus = folder.join(meta.id);
    fs::create_dir_all(&corpus)?;
    let mut words = BTreeSet::new();
    let mut count = 0;
    for case in children(&root.join("fixtures/scanners").join(meta.id)) {
        let mut files = Vec::new();
        for path in below(&case) {
            let name = path.strip_prefix(&case).expect("is below").to_string_lossy().into_owned();
            if name != "expected.snap" {
                files.push((name, fs::read(path)?));
            }
        }
        for (path, content) in &files {
            let Some(name) = index_of(path, &names) else { continue };
            let others: Vec<(String, Vec<u8>)> = files
                .iter()
                .filter(|(other, _)| other != path)
                .map(|(other, content)| (relative(path, other), content.clone()))
                .collect();
            // the file alone too: it is shorter to change
            for (kind, others) in [("alone", &[][..]), ("all", &others)] {
                let case = case.file_name().unwrap_or_default().to_string_lossy();
                let seed = format!("seed-{case}-{}-{kind}", path.replace('/', "-"));
                fs::write(corpus.join(seed), form::input(name, content, others))?;
                count += 1;
            }
            collect(&String::from_utf8_lossy(content), &mut words);
        }
    }
    for source in below(&root.join("src/scan")) {
        if source.file_stem().is_some_and(|stem| stem.to_string_lossy() == meta.id.replace('-', "_")) {
            literals(&fs::read_to_string(source)?, &mut words);
        }
    }
    let lines: String = words.iter().take(MOST_WORDS).map(|word| format!("\"{}\"\n", escaped(word))).collect();
    fs::write(folder.join(format!("{}.dict", meta.id)), lines)?;
    Ok(count)
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut all: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    all.sort();
    all
}

/// Every file below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let (folders, mut files): (Vec<PathBuf>, Vec<PathBuf>) =
        children(folder).into_iter().partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| below(folder)));
    files
}

/// The name of the registry that a fixture stands for: one with the same last part, else any of a glob that it matches.
fn index_of(path: &str, names: &[(String, &'static str)]) -> Option<u8> {
    let last = |path: &str| path.rsplit('/').next().unwrap_or("").to_owned();
    let matches = |pattern: &str| Glob::new(pattern).is_ok_and(|glob| glob.compile_matcher().is_match(path));
    let found: Vec<usize> = (0..names.len()).filter(|index| matches(names[*index].1)).collect();
    let same = found.iter().find(|index| last(&names[**index].0) == last(path));
    same.or(found.first()).and_then(|index| u8::try_from(*index).ok())
}

/// The way from the folder of `from` to `to`.
fn relative(from: &str, to: &str) -> String {
    let folders: Vec<&str> = from.split('/').collect();
    let parts: Vec<&str> = to.split('/').collect();
    let shared = folders[..folders.len() - 1].iter().zip(&parts).take_while(|(a, b)| a == b).count();
    format!("{}{}", "../".repeat(folders.len() - 1 - shared), parts[shared..].join("/"))
}

/// Words of a fixture, and what stands between them.
fn collect(text: &str, words: &mut BTreeSet<String>) {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '/');
    for line in text.lines() {
        for piece in line.split(|c: char| !is_word(c)).chain(line.split(is_word)) {
            keep(piece, words);
        }
    }
}

/// Texts between quotes in a line of source.
fn literals(source: &str, words: &mut BTreeSet<String>) {
    let tests = source.find("#[cfg(test)]").unwrap_or(source.len());
    for line in source[..tests].lines().filter(|line| !line.trim_start().starts_with("//")) {
        line.split('"').skip(1).step_by(2).for_each(|piece| keep(piece, words));
    }
}

fn keep(piece: &str, words: &mut BTreeSet<String>) {
    if (2..=LONGEST_WORD).contains(&piece.len()) {
        words.insert(piece.to_owned());
    }
}

fn escaped(word: &str) -> String {
    let one = |byte: u8| match byte {
        b'"' | b'\\' => format!("\\{}", byte as char),
        b' '..=b'~' => (byte as char).to_string(),
        _ => format!("\\x{byte:02X}"),
    };
    word.bytes().map(one).collect()
}
