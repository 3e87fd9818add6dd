//! CMake: sources that a build fetches by literal address.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, key};
use crate::scan::package::toolkit;
use crate::scan::{Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::Span;

/// Scanner `cmake`.
pub struct Cmake;

static META: ScannerMeta = ScannerMeta {
    id: "cmake",
    title: "CMake build",
    summary: "What FetchContent, ExternalProject and CPM fetch by a literal address: repository and tag or archive and \
              hash; literal variables of the file are filled in. Addresses that are computed are diagnostics; packages that the machine has (`find_package`) are \
              not read.",
    files: &["**/CMakeLists.txt", "**/*.cmake"],
    unit: Unit::File,
    size: SizeClass::Code,
    basis: Basis::Declared,
    emits: &[ComponentKind::Project, ComponentKind::Package, ComponentKind::Host],
    reference: "https://cmake.org/cmake/help/latest/module/FetchContent.html",
};

/// What filling in may make of a word: addresses are short.
const LONGEST: usize = 4 << 10;

/// A word of a command with its place.
type Word<'a> = (&'a str, Span);

impl Scanner for Cmake {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let text = file.text();
        let lower = text.to_ascii_lowercase();
        if !["fetchcontent_declare", "externalproject_add", "cpmaddpackage"].iter().any(|word| lower.contains(word)) {
            return Ok(());
        }
        let project = toolkit::root(input, file, out);
        let mut set: BTreeMap<&str, &str> = BTreeMap::new();
        let mut at = 0;
        while let Some((name, open)) = next_command(text, at) {
            let (words, end) = words(text, open + 1);
            at = end.unwrap_or(text.len());
            let kind = name.0.to_ascii_lowercase();
            if kind == "set"
                && let [(name, _), (value, _), ..] = words.as_slice()
            {
                // a value that is computed, or a list, is none
                let is_literal = !value.contains("${") && (words.len() == 2 || words[2].0 == "CACHE");
                set.remove(name);
                set.extend(is_literal.then_some((*name, *value)));
            }
            if !matches!(kind.as_str(), "fetchcontent_declare" | "externalproject_add" | "cpmaddpackage") {
                continue;
            }
            if end.is_none() {
                out.problem(DiagnosticKind::Malformed, file, Some(name.1), "a command that does not end");
            }
            let filled: Vec<(Cow<'_, str>, Span)> =
                words.iter().map(|(word, span)| (filled(word, &set), *span)).collect();
            let words: Vec<Word<'_>> = filled.iter().map(|(word, span)| (&**word, *span)).collect();
            if kind == "cpmaddpackage" && words.len() == 1 {
                shorthand(words[0], &project, file, out);
            } else {
                command(&kind, name.1, &words, &project, file, out);
            }
        }
        Ok(())
    }
}

/// A word with the literal variables of the file filled in, once.
fn filled<'t>(word: &'t str, set: &BTreeMap<&str, &str>) -> Cow<'t, str> {
    let mut out = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else { break };
        let Some(value) = set.get(name) else { return Cow::Borrowed(word) };
        if out.len() + before.len() + value.len() > LONGEST {
            return Cow::Borrowed(word);
        }
        out.push_str(before);
        out.push_str(value);
        rest = behind;
    }
    if out.is_empty() && rest.len() == word.len() {
        return Cow::Borrowed(word);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The next word before an opening bracket, and the bracket.
fn next_command(text: &str, from: usize) -> Option<(Word<'_>, usize)> {
    let bytes = text.as_bytes();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at = comment_end(bytes, at),
            byte if is_word(byte) => {
                let end = bytes[at..].iter().position(|byte| !is_word(*byte)).map_or(bytes.len(), |found| at + found);
                let blanks = bytes[end..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                if bytes.get(end + blanks) == Some(&b'(') {
                    return Some(((&text[at..end], Span::new(at, end)), end + blanks));
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    None
}

/// The words up to the closing bracket and the place after it, if there is one.
fn words(text: &str, start: usize) -> (Vec<Word<'_>>, Option<usize>) {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut depth = 0usize;
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'#' => at = comment_end(bytes, at),
            b'(' => {
                depth += 1;
                at += 1;
            }
            b')' if depth == 0 => return (found, Some(at + 1)),
            b')' => {
                depth -= 1;
                at += 1;
            }
            b'"' => {
                let mut end = at + 1;
                while end < bytes.len() && bytes[end] != b'"' {
                    end += if bytes[end] == b'\\' { 2 } else { 1 };
                }
                let end = end.min(bytes.len());
                let after = (end + 1).min(bytes.len());
                found.push((text.get(at + 1..end).unwrap_or(""), Span::new(at, after)));
                at = after;
            }
            byte if byte.is_ascii_whitespace() || *byte == b';' => at += 1,
            _ => {
                let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'(' | b')' | b'"' | b'#' | b';');
                let end = bytes[at..].iter().position(ends).map_or(bytes.len(), |found| at + found.max(1));
                found.push((text.get(at..end).unwrap_or(""), Span::new(at, end)));
                at = end;
            }
        }
    }
    (found, None)
}

/// Past a comment: to the line's end, or to `]]` of one in brackets.
fn comment_end(bytes: &[u8], at: usize) -> usize {
    if bytes[at..].starts_with(b"#[[") {
        return bytes[at..].windows(2).position(|pair| pair == b"]]").map_or(bytes.len(), |found| at + found + 2);
    }
    bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |found| at + found)
}

/// `FetchContent_Declare(name GIT_REPOSITORY address GIT_TAG v1)`, `URL address URL_HASH SHA256=…`.
fn command(kind: &str, span: Span, words: &[Word<'_>], project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let after = |key: &str| {
        let at = words.iter().position(|(word, _)| *word == key)?;
        words.get(at + 1).copied()
    };
    let name = if kind == "cpmaddpackage" { after("NAME") } else { words.first().copied() };
    let (github, gitlab) = (after("GITHUB_REPOSITORY"), after("GITLAB_REPOSITORY"));
    let on = |word: Option<Word<'_>>, host: &str| word.map(|(path, span)| (format!("https://{host}/{path}"), span));
    let own = |word: Option<Word<'_>>| word.map(|(address, span)| (address.to_owned(), span));
    let git = own(after("GIT_REPOSITORY")).or(on(github, "github.com")).or(on(gitlab, "gitlab.com"));
    let Some((address, at)) = git.clone().or_else(|| own(after("URL"))) else {
        // what a build describes by a folder or another system is its own affair
        return;
    };
    let name = name.unwrap_or(("", span));
    let tag = after("GIT_TAG").or_else(|| after("VERSION").filter(|_| kind == "cpmaddpackage"));
    if address.contains("${") || tag.is_some_and(|(tag, _)| tag.contains("${") && address.contains("://")) {
        let message = format!("`{}` is fetched from an address or at a revision that is computed", name.0);
        out.problem(DiagnosticKind::Unresolved, file, Some(at), message);
        if address.contains("${") {
            return;
        }
    }
    if toolkit::host_of(&address).is_none() {
        // an archive of the tree
        return;
    }
    let revision = tag.map(|(tag, _)| tag).filter(|tag| !tag.contains("${"));
    let id = super::fetched(name.0, &address, revision, project, file, name.1, out);
    if git.is_some() {
        toolkit::from_git(&id, &address, &file.at(at), out);
    } else {
        toolkit::fetched_from(&id, &address, &file.at(at), out);
        toolkit::repository_owner_of(&id, &address, &file.at(at), out);
    }
    if let Some((tag, at)) = after("GIT_TAG").filter(|(tag, _)| !tag.contains("${")) {
        out.attribute(&id, key::REVISION, tag, file.at(at));
    }
    if let Some((hash, at)) = after("URL_HASH").filter(|(hash, _)| !hash.contains("${")) {
        out.attribute(&id, key::INTEGRITY, hash.to_ascii_lowercase().replacen('=', ":", 1), file.at(at));
    }
}

/// `CPMAddPackage("gh:fmtlib/fmt#9.1.0")`, `gh:owner/name@1.0`.
fn shorthand(word: Word<'_>, project: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) {
    let (text, span) = word;
    let (path, revision) = match text.rsplit_once(['#', '@']) {
        Some((path, revision)) => (path, Some(revision)),
        None => (text, None),
    };
    let address = match path.split_once(':') {
        _ if text.contains("${") => None,
        Some(("gh", path)) => Some(format!("https://github.com/{path}")),
        Some(("gl", path)) => Some(format!("https://gitlab.com/{path}")),
        Some(("bb", path)) => Some(format!("https://bitbucket.org/{path}")),
        Some(("https", _)) => Some(path.to_owned()),
        _ => None,
    };
    let Some(address) = address else {
        out.problem(DiagnosticKind::Unresolved, file, Some(span), "an address that is computed or not known");
        return;
    };
    let name = path.rsplit(['/', ':']).next().unwrap_or(path);
    let id = super::fetched(name, &address, revision, project, file, span, out);
    toolkit::from_git(&id, &address, &file.at(span), out);
}
