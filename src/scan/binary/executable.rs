//! Programs and libraries that say what they were built from: Go's build information, Rust's audit data.

use std::io;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::window::Window;
use super::{go, programs, rust};
use crate::diagnostic::DiagnosticKind;
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
              in both forms, the crates of cargo-auditable, and the version of node, python, busybox, bash, openssl, nginx, \
              httpd, php, postgres and ruby by words in them. What UPX has packed is told. Programs that say nothing give \
              nothing.",
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

/// What begins each sort of text. One search for each is several times faster than one for all together.
struct Marks {
    magic: Finder<'static>,
    modules: Finder<'static>,
    version: Finder<'static>,
}

static MARKS: LazyLock<Marks> = LazyLock::new(|| Marks {
    magic: Finder::new(go::MAGIC),
    modules: Finder::new(go::MODULES),
    version: Finder::new(go::VERSION),
});

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
        let mut found = Found {
            go: go::Found::default(),
            audit: None,
            inflate: rust::Inflate::new(),
            program: programs::Watch::new(file.path),
            is_packed: false,
        };
        let result = search(&mut window, &mut found);
        found.go.write(out);
        if let Some(audit) = found.audit {
            out.extend_from_slice(b"audit\t");
            out.extend(audit.into_iter().map(|byte| if byte == b'\n' { b' ' } else { byte }));
            out.push(b'\n');
        }
        found.program.write(out);
        if found.is_packed {
            out.extend_from_slice(b"packed\tUPX\n");
        }
        result
    }
}

/// True for a program that UPX has packed: its mark stands behind the headers.
fn is_packed(head: &[u8]) -> bool {
    let head = &head[..head.len().min(1024)];
    let holds = |mark: &[u8]| memchr::memmem::find(head, mark).is_some();
    head.starts_with(b"\x7fELF") && holds(b"UPX!") || head.starts_with(b"MZ") && holds(b"UPX0\0")
}

struct Found {
    go: go::Found,
    audit: Option<Vec<u8>>,
    inflate: rust::Inflate,
    program: programs::Watch,
    is_packed: bool,
}

/// Longest mark, and what stands behind it that a look needs.
const OVERLAP: usize = rust::ENOUGH + 16;

fn search(window: &mut Window<'_>, found: &mut Found) -> io::Result<()> {
    window.fill(1)?;
    found.go.layout(window.sight());
    found.is_packed = is_packed(window.sight());
    loop {
        window.more()?;
        found.go.watch(window);
        let whole = window.sight().len();
        // what stands too near to the end is looked at in the next stretch
        let end = if window.is_ended() { whole } else { whole.saturating_sub(OVERLAP) };
        let starts = |mark: &Finder<'_>, sight: &[u8]| -> Vec<usize> {
            mark.find_iter(sight).take_while(|start| *start < end).collect()
        };
        found.program.look(window, end);
        for start in starts(&MARKS.version, window.sight()) {
            found.go.version(window, start);
        }
        for start in starts(&MARKS.magic, window.sight()) {
            found.go.magic(window, start)?;
        }
        for start in starts(&MARKS.modules, window.sight()) {
            found.go.modules(window, start)?;
        }
        let mut from = 0;
        while found.audit.is_none()
            && let Some(at) = memchr::memchr(rust::FIRST, &window.sight()[from..end])
        {
            from += at + 1;
            if rust::begins(&window.sight()[from - 1..]) {
                found.audit = found.inflate.audit(window, from - 1)?;
            }
        }
        if window.is_ended() && end == window.sight().len() {
            return Ok(());
        }
        window.advance(window.sight().len() - end);
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
        for line in text.lines() {
            if let Some(program) = line.strip_prefix("program\t") {
                programs::write(&root, program, file, out);
            } else if let Some(packer) = line.strip_prefix("packed\t") {
                let message = format!(
                    "packed with {packer}: what it was built from cannot be read; scan it as it was before, or unpack a \
                     copy (`upx -d`) and scan that"
                );
                out.problem(DiagnosticKind::Unsupported, file, None, message);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Limits;

    /// A program of Go's form with the build information at a place.
    fn program(at: usize, length: usize) -> Vec<u8> {
        let mut bytes = vec![0x78; length];
        bytes[..4].copy_from_slice(b"\x7fELF");
        let mut text = go::MODULES.to_vec();
        text.extend_from_slice(b"path\texample.org/a\nmod\texample.org/a\tv1.0.0\t\n");
        text.extend_from_slice(b"\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2");
        let mut information = go::MAGIC.to_vec();
        information.extend_from_slice(&[8, 2]);
        information.resize(32, 0);
        information.push(8);
        information.extend_from_slice(b"go1.22.1");
        information.extend(text);
        bytes.splice(at..at, information);
        bytes
    }

    #[test]
    fn build_information_is_found_wherever_it_stands() {
        let chunk = 256 << 10;
        let ends = (chunk - 700..chunk + 40).step_by(13);
        for at in ends.chain([64, 2 * chunk - 16, 2 * chunk - 1, 3 * chunk]) {
            let bytes = program(at, 3 * chunk + 100);
            let path = RelPath::new("bin/a").expect("is relative");
            let mut out = Vec::new();
            let size = bytes.len() as u64;
            let limits = Limits::default();
            let mut stream = Stream { path: &path, bytes: &mut bytes.as_slice(), size, limits: &limits };
            Executable.extract(&mut stream, &mut out).expect("is whole");
            let text = String::from_utf8(out).expect("is text");
            assert_eq!(text, "go\tgo1.22.1\npath\texample.org/a\nmod\texample.org/a\tv1.0.0\t\n\n", "at {at}");
        }
    }
}
