//! Formats that are known and not read yet: they are told, never passed over in silence.
//!
//! When a scanner for one of them is added, its line here goes.

use std::sync::OnceLock;

use super::{Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::diagnostic::DiagnosticKind;
use crate::model::Basis;
use crate::text::{Globs, RelPath};

/// Scanner `unread`.
pub struct Unread;

/// Formats that a name tells, with what they are. Their files are not opened.
#[rustfmt::skip]
const BY_NAME: &[(&str, &str)] = &[
    ("**/bun.lockb", "a binary Bun lock file"),
    ("**/project.clj", "a Leiningen project"),
    ("**/deps.edn", "dependencies of a Clojure project"),
    ("**/build.{sc,mill}", "a Mill build"),
    ("**/ivy.xml", "a module of Apache Ivy"),
    ("**/ivysettings.xml", "settings of Apache Ivy"),
    ("**/*{nvidia-smi,nvidia_smi,rocm-smi,amd-smi,xpu-smi,hl-smi,npu-smi,neuron-ls,lspci,lshw,dmidecode}*.{gz,xz,zst,bz2}", "a packed capture of hardware, which has to be unpacked first"),
    ("**/*{asset,inventory,fleet,gpu,cmdb}*.{csv,tsv,json,xml}.{gz,xz,zst,bz2}", "a packed list of hardware, which has to be unpacked first"),
];

/// Formats that words near the beginning tell, in files of any name that matches: glob, words, what it is.
/// Words that begin with a line break stand at the beginning of a line.
#[rustfmt::skip]
const BY_WORDS: &[(&str, &str, &str)] = &[
];

/// Bytes of a file in which words are looked for.
const HEAD: usize = 64 << 10;

/// The globs of both tables.
static FILES: [&str; BY_NAME.len() + BY_WORDS.len()] = {
    let mut files = [""; BY_NAME.len() + BY_WORDS.len()];
    let mut at = 0;
    while at < files.len() {
        files[at] = if at < BY_NAME.len() { BY_NAME[at].0 } else { BY_WORDS[at - BY_NAME.len()].0 };
        at += 1;
    }
    files
};

static META: ScannerMeta = ScannerMeta {
    id: "unread",
    title: "Formats that are not read yet",
    summary: "Lock files, manifests, templates and bills of materials that no scanner reads: each is a diagnostic of \
              kind `unsupported` and counts as unreadable.",
    files: &FILES,
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Declared,
    emits: &[],
    reference: "https://github.com/package-url/purl-spec",
};

impl Scanner for Unread {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn needs_no_content(&self, path: &RelPath) -> bool {
        by_name(path).is_some()
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        if let Some(what) = by_name(file.path()).or_else(|| by_words(file.path(), file.bytes())) {
            out.problem(DiagnosticKind::Unsupported, file, None, format!("{what}; this format is not read yet"));
        }
        Ok(())
    }
}

fn by_name(path: &RelPath) -> Option<&'static str> {
    matching(path).find_map(|at| BY_NAME.get(at)).map(|(_, what)| *what)
}

fn by_words(path: &RelPath, bytes: &[u8]) -> Option<&'static str> {
    let head = String::from_utf8_lossy(bytes.get(..HEAD).unwrap_or(bytes));
    let holds = |words: &str| match words.strip_prefix('\n') {
        Some(line) => head.starts_with(line) || head.contains(words),
        None => head.contains(words),
    };
    let rows = matching(path).filter_map(|at| BY_WORDS.get(at.checked_sub(BY_NAME.len())?));
    rows.into_iter().find(|(_, words, _)| holds(words)).map(|(_, _, what)| *what)
}

/// Rows of both tables whose glob matches, in order.
fn matching(path: &RelPath) -> impl Iterator<Item = usize> {
    static SET: OnceLock<Globs> = OnceLock::new();
    let set = SET.get_or_init(|| Globs::new(FILES.iter().copied()).expect("scanner globs are constants and tested"));
    set.matches(path.as_str()).into_iter()
}
