//! The form of an input: a byte that chooses the first file's name, its content, and further files.
//!
//! ```text
//! NAME CONTENT [SEPARATOR PATH "\n" CONTENT]...
//! ```
//! `NAME` is an index into [`names`]; a path is relative to the folder of the first file, so that
//! `../pom.xml` is what a reader finds above.

use globset::Glob;
use sovaudit::scan::ScannerMeta;
use sovaudit::text::RelPath;

/// Stands between files: no UTF-8 text holds it.
pub const SEPARATOR: &[u8] = &[0xFF, 0xFE, 0xFD, b'\n'];

/// Most files of an input.
const MOST_FILES: usize = 4;

/// Folders above a file whose place in the tree is free: what it says of `..` must lead somewhere.
const ABOVE: &str = "a/b/";

/// A file of an input.
pub type File = (RelPath, Vec<u8>);

/// Every name that the globs of the scanners mean, each with its glob.
///
/// # Panics
/// When a name is made wrong.
#[must_use]
pub fn names(scanners: &[&ScannerMeta]) -> Vec<(String, &'static str)> {
    let mut all: Vec<(String, &'static str)> = Vec::new();
    for pattern in scanners.iter().flat_map(|meta| meta.files) {
        let glob = Glob::new(pattern).expect("a glob of a scanner").compile_matcher();
        for name in alternatives(pattern).iter().map(|pattern| name_of(pattern)) {
            assert!(glob.is_match(&name), "{name} is made from {pattern} and does not match");
            if all.iter().all(|(other, _)| *other != name) {
                all.push((name, pattern));
            }
        }
    }
    assert!(all.len() <= 256, "{} names: the first byte cannot tell them apart", all.len());
    all
}

/// `a{b,c}` is `ab` and `ac`; braces do not nest.
fn alternatives(pattern: &str) -> Vec<String> {
    let parts = pattern.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    let Some((before, (choices, after))) = parts else { return vec![pattern.to_owned()] };
    let tails = alternatives(after);
    choices.split(',').flat_map(|choice| tails.iter().map(move |tail| format!("{before}{choice}{tail}"))).collect()
}

fn name_of(pattern: &str) -> String {
    let mut name = match pattern.strip_prefix("**/") {
        Some(rest) => format!("{ABOVE}{rest}"),
        None => pattern.to_owned(),
    };
    name = name.replace("**", "a").replace(['*', '?'], "a");
    while let Some((before, rest)) = name.split_once('[') {
        let (class, after) = rest.split_once(']').expect("a closed class in a glob");
        let first = class.chars().next().expect("a class of characters");
        name = format!("{before}{first}{after}");
    }
    name
}

/// The files of an input, the one that is fuzzed first.
#[must_use]
pub fn files(data: &[u8], names: &[(String, &str)]) -> Vec<File> {
    let Some((first, rest)) = data.split_first() else { return Vec::new() };
    let path = RelPath::new(&names[usize::from(*first) % names.len()].0).expect("a path");
    let folder = path.parent();
    let mut parts = split(rest).into_iter();
    let mut files = vec![(path, parts.next().unwrap_or_default().to_vec())];
    for part in parts.take(MOST_FILES - 1) {
        let (line, content) = part.split_at(part.iter().position(|byte| *byte == b'\n').unwrap_or(part.len()));
        let Some(path) = std::str::from_utf8(line).ok().and_then(|line| RelPath::new(&format!("./{folder}/{line}")))
        else {
            continue;
        };
        if files.iter().all(|(other, _)| *other != path) {
            files.push((path, content.get(1..).unwrap_or_default().to_vec()));
        }
    }
    files
}

/// The pieces of an input between separators.
#[must_use]
pub fn split(mut rest: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    while let Some(at) = rest.windows(SEPARATOR.len()).position(|window| window == SEPARATOR) {
        parts.push(&rest[..at]);
        rest = &rest[at + SEPARATOR.len()..];
    }
    parts.push(rest);
    parts
}

/// An input from files: the reverse of [`files`]. The others have paths relative to the first one's folder.
#[must_use]
pub fn input(name: u8, content: &[u8], others: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut data = vec![name];
    data.extend_from_slice(content);
    for (path, content) in others.iter().take(MOST_FILES - 1) {
        data.extend_from_slice(SEPARATOR);
        data.extend_from_slice(path.as_bytes());
        data.push(b'\n');
        data.extend_from_slice(content);
    }
    data
}
