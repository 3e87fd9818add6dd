//! Programs and libraries that say what they were built from: Go's build information, Rust's audit data.

use std::io;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, Input as Haystack};

use super::window::Window;
use super::{go, rust};
use crate::model::{Basis, ComponentKind};
use crate::scan::extract::Stream;
use crate::scan::package::toolkit;
use crate::scan::{Extractor, Facts, Input, Scanner, ScannerMeta, SizeClass, Unit};
use crate::text::RelPath;

/// Scanner `executable`.
pub struct Executable;

static META: ScannerMeta = ScannerMeta {
    id: "executable",
    title: "Programs and libraries",
    summary: "What a program of any platform says it was built from: the modules and toolchain of Go's build information \
              in both forms, and the crates of cargo-auditable. Programs that say nothing give nothing.",
    files: &["**/*"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Image, ComponentKind::Package],
    reference: "https://pkg.go.dev/debug/buildinfo",
};

/// Smaller programs hold neither a runtime of Go nor audit data worth a search.
const SMALLEST: u64 = 4 << 10;

/// Endings of programs and libraries; most have none.
const ENDINGS: [&str; 8] = ["so", "exe", "dll", "dylib", "node", "wasm", "bin", "elf"];

/// What is looked for. Those of two bytes begin a zlib stream.
const MARKS: [&[u8]; 7] =
    [go::MAGIC, go::MODULES, go::VERSION, &[0x78, 0x01], &[0x78, 0x5E], &[0x78, 0x9C], &[0x78, 0xDA]];

static SEARCH: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(MARKS).expect("the marks are constants and few"));

impl Extractor for Executable {
    fn may_be(&self, path: &RelPath, size: u64) -> bool {
        let name = path.name();
        let is_named = match name.rsplit_once('.') {
            None => true,
            Some((stem, ending)) => {
                // `libx.so.1.2`, `python3.11`, `app-1.2.0`
                ENDINGS.contains(&ending) || stem.contains(".so") || ending.bytes().all(|byte| byte.is_ascii_digit())
            }
        };
        is_named && size >= SMALLEST
    }

    fn is(&self, _: &RelPath, _: u64, head: &[u8]) -> bool {
        const MACH_O: [[u8; 4]; 4] =
            [[0xFE, 0xED, 0xFA, 0xCE], [0xFE, 0xED, 0xFA, 0xCF], [0xCE, 0xFA, 0xED, 0xFE], [0xCF, 0xFA, 0xED, 0xFE]];
        head.starts_with(b"\x7fELF")
            || head.starts_with(b"MZ")
            || head.starts_with(b"\0asm")
            || MACH_O.iter().any(|magic| head.starts_with(magic))
    }

    fn extract(&self, file: &mut Stream<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        let mut window = Window::new(file.bytes);
        let mut found = Found { go: go::Found::default(), audit: None, inflate: rust::Inflate::new() };
        let result = search(&mut window, &mut found);
        found.go.write(out);
        if let Some(audit) = found.audit {
            out.extend_from_slice(b"audit\t");
            out.extend(audit.into_iter().map(|byte| if byte == b'\n' { b' ' } else { byte }));
            out.push(b'\n');
        }
        result
    }
}

struct Found {
    go: go::Found,
    audit: Option<Vec<u8>>,
    inflate: rust::Inflate,
}

/// Longest mark, and what stands behind it that a look needs.
const OVERLAP: usize = rust::ENOUGH + 16;

fn search(window: &mut Window<'_>, found: &mut Found) -> io::Result<()> {
    window.fill(1)?;
    found.go.layout(window.sight());
    loop {
        window.more()?;
        found.go.watch(window);
        let mut from = 0;
        // what stands too near to the end is found again in the next stretch
        let end = |window: &Window<'_>| {
            if window.is_ended() { window.sight().len() } else { window.sight().len().saturating_sub(OVERLAP) }
        };
        while let Some(hit) = SEARCH.find(Haystack::new(window.sight()).range(from..)) {
            if hit.start() >= end(window) {
                break;
            }
            from = hit.end();
            match hit.pattern().as_usize() {
                0 => found.go.magic(window, hit.start())?,
                1 => from = found.go.modules(window, hit.start())?,
                2 => found.go.version(window, hit.start()),
                _ if found.audit.is_none() => found.audit = found.inflate.audit(window, hit.start())?,
                _ => {}
            }
        }
        if window.is_ended() {
            return Ok(());
        }
        window.advance(OVERLAP.min(window.sight().len() - from));
    }
}

impl Scanner for Executable {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn extractor(&self) -> Option<&dyn Extractor> {
        Some(self)
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let text = file.text();
        let root = toolkit::root(input, file, out);
        if text.starts_with("go\t") {
            go::write(&root, text, file, out);
        }
        if let Some(audit) = text.lines().find_map(|line| line.strip_prefix("audit\t")) {
            rust::write(&root, audit, file, out);
        }
        Ok(())
    }
}
