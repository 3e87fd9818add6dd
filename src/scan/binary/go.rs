//! Go's build information: which toolchain, which modules.
//!
//! Since Go 1.18 both texts stand in line behind a mark. Before, the mark is followed by pointers; the text of the
//! modules has marks of its own, and the toolchain's is found through the memory layout that an ELF file begins with.

use std::io;

use super::window::Window;
use crate::diagnostic::DiagnosticKind;
use crate::model::{ComponentId, RelationKind, key};
use crate::scan::extract::damaged;
use crate::scan::package::toolkit::{Package, scope};
use crate::scan::{Facts, SourceFile};

/// Begins the build information.
pub(super) const MAGIC: &[u8] = b"\xff Go buildinf:";
/// Begins the text of the modules.
pub(super) const MODULES: &[u8] = b"\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6";
const MODULES_END: &[u8] = b"\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2";
/// Begins the version of a toolchain.
pub(super) const VERSION: &[u8] = b"go1.";

/// What the text of the modules begins with.
const STARTS: [&[u8]; 4] = [b"path\t", b"mod\t", b"dep\t", b"build\t"];
/// Longest text of modules.
const MOST: usize = 1 << 20;
/// Longest version.
const LONGEST_VERSION: usize = 64;
/// Places that look like versions; programs have a few dozen.
const MOST_VERSIONS: usize = 4096;

/// What was found so far.
#[derive(Default)]
pub(super) struct Found {
    toolchain: Option<String>,
    modules: Option<String>,
    segments: Vec<Segment>,
    /// Texts that begin like a version, by position.
    versions: Vec<(u64, Vec<u8>)>,
    /// Where the length and place of the version stand, still ahead: position, size of a pointer, byte order.
    ahead: Option<(u64, usize, bool)>,
    /// No end of modules stands before this position.
    endless: u64,
    is_go: bool,
}

/// A part of the file and the addresses it is loaded at.
struct Segment {
    offset: u64,
    address: u64,
    size: u64,
}

impl Found {
    /// Reads the memory layout from the beginning of an ELF file.
    pub(super) fn layout(&mut self, head: &[u8]) {
        let Some([0x7F, b'E', b'L', b'F', class, order]) = head.first_chunk::<6>() else { return };
        let (wide, big) = (*class == 2, *order == 2);
        let number = |at: usize, size: usize| number(head, at, size, big);
        let (table, entry, count) = if wide { (32, 54, 56) } else { (28, 42, 44) };
        let word = if wide { 8 } else { 4 };
        let (Some(table), Some(entry), Some(count)) = (number(table, word), number(entry, 2), number(count, 2)) else {
            return;
        };
        for index in 0..count.min(64) {
            let Some(at) = entry.checked_mul(index).and_then(|at| usize::try_from(table.checked_add(at)?).ok()) else {
                return;
            };
            // type 1 is what is loaded
            let parts = if wide { [8, 16, 32] } else { [4, 8, 16] };
            let [offset, address, size] = parts.map(|part| number(at.saturating_add(part), word));
            if number(at, 4) == Some(1)
                && let (Some(offset), Some(address), Some(size)) = (offset, address, size)
            {
                self.segments.push(Segment { offset, address, size });
            }
        }
    }

    fn offset_of(&self, address: u64) -> Option<u64> {
        let within = |one: &&Segment| address.checked_sub(one.address).is_some_and(|at| at < one.size);
        let segment = self.segments.iter().find(within)?;
        segment.offset.checked_add(address - segment.address)
    }

    /// The mark of the build information at `at` of what is in sight.
    pub(super) fn magic(&mut self, window: &mut Window<'_>, at: usize) -> io::Result<()> {
        window.fill(at + 32 + LONGEST_VERSION + 2)?;
        let bytes = &window.sight()[at..];
        let (Some(&pointer), Some(&flags)) = (bytes.get(14), bytes.get(15)) else { return Ok(()) };
        if self.toolchain.is_some() {
            return Ok(());
        }
        if flags & 2 != 0 {
            let text = bytes.get(32).and_then(|length| bytes.get(33..33 + usize::from(*length)));
            let text = text.and_then(|text| std::str::from_utf8(text).ok());
            if let Some(text) = text.filter(|text| is_version(text)) {
                self.toolchain = Some(text.to_owned());
                self.is_go = true;
            }
        } else if matches!(pointer, 4 | 8) && flags <= 1 {
            let (pointer, big) = (usize::from(pointer), flags == 1);
            self.is_go = true;
            let place = number(bytes, 16, pointer, big).and_then(|address| self.offset_of(address));
            self.ahead = place.map(|place| (place, pointer, big));
            self.watch(window);
        }
        Ok(())
    }

    /// Reads where the version is, when that has come into sight.
    pub(super) fn watch(&mut self, window: &Window<'_>) {
        let Some((place, pointer, big)) = self.ahead else { return };
        if place < window.start() {
            self.ahead = None;
            return;
        }
        let Some(header) = window.at(place, pointer * 2) else { return };
        self.ahead = None;
        let text = number(header, 0, pointer, big).and_then(|address| self.offset_of(address));
        let length = number(header, pointer, pointer, big).and_then(|length| usize::try_from(length).ok());
        let (Some(text), Some(length)) = (text, length) else { return };
        let found = self.versions.iter().find(|(place, _)| *place == text).and_then(|(_, bytes)| bytes.get(..length));
        let found = found.and_then(|bytes| std::str::from_utf8(bytes).ok()).filter(|text| is_version(text));
        if self.toolchain.is_none() {
            self.toolchain = found.map(str::to_owned);
        }
    }

    /// Something that begins like a version.
    pub(super) fn version(&mut self, window: &Window<'_>, at: usize) {
        if self.versions.len() < MOST_VERSIONS {
            let bytes = window.sight()[at..].iter().take(LONGEST_VERSION).copied().collect();
            self.versions.push((window.start() + at as u64, bytes));
        }
    }

    /// The text of the modules.
    pub(super) fn modules(&mut self, window: &mut Window<'_>, at: usize) -> io::Result<()> {
        if self.modules.is_some() {
            return Ok(());
        }
        let from = at + MODULES.len();
        window.fill(from + 6)?;
        let Some(head) = window.sight().get(from..) else { return Ok(()) };
        // the mark alone may stand in a program that reads build information of others
        if !STARTS.iter().any(|start| head.starts_with(start)) {
            return Ok(());
        }
        let known = usize::try_from(self.endless.saturating_sub(window.start())).unwrap_or(usize::MAX);
        let mut searched = from.max(known.min(window.sight().len()));
        let end = loop {
            let sight = window.sight();
            if let Some(end) = memchr::memmem::find(&sight[searched..], MODULES_END) {
                break searched + end;
            }
            if window.is_ended() || sight.len() - at > MOST {
                let is_cut = sight[from..].starts_with(b"path\t") || sight[from..].starts_with(b"mod\t");
                return if is_cut { Err(damaged("build information of Go without an end")) } else { Ok(()) };
            }
            searched = (sight.len() + 1).saturating_sub(MODULES_END.len()).max(searched);
            self.endless = window.start() + searched as u64;
            window.more()?;
        };
        let text = String::from_utf8_lossy(&window.sight()[from..end]);
        self.modules = Some(text.into_owned());
        self.is_go = true;
        Ok(())
    }

    /// Writes what the scanner reads.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if !self.is_go {
            return;
        }
        out.extend_from_slice(b"go\t");
        out.extend_from_slice(self.toolchain.as_deref().unwrap_or_default().as_bytes());
        out.push(b'\n');
        out.extend_from_slice(self.modules.as_deref().unwrap_or_default().as_bytes());
        out.push(b'\n');
    }
}

fn is_version(text: &str) -> bool {
    text.len() <= LONGEST_VERSION
        && (text.starts_with("go1") || text.starts_with("devel"))
        && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

fn number(bytes: &[u8], at: usize, size: usize, big: bool) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(size)?)?;
    let add = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
    Some(if big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
}

/// A module as the build information has it.
struct Module<'a> {
    path: &'a str,
    version: &'a str,
    sum: Option<&'a str>,
}

fn module<'a>(fields: &mut impl Iterator<Item = &'a str>) -> Option<Module<'a>> {
    let path = fields.next().filter(|path| !path.is_empty())?;
    Some(Module { path, version: fields.next()?, sum: fields.next().filter(|sum| !sum.is_empty()) })
}

/// Writes the modules of a program.
pub(super) fn write(root: &ComponentId, text: &str, file: &SourceFile, out: &mut Facts<'_>) {
    let mut lines = text.lines();
    let toolchain = lines.next().and_then(|line| line.strip_prefix("go\t")).unwrap_or_default();
    let mut main: Option<Module<'_>> = None;
    let mut parts: Vec<Module<'_>> = Vec::new();
    let mut settings: Vec<(&str, &str)> = Vec::new();
    let mut path = "";
    // what is not of Go stands behind it
    let is_other = |line: &str| ["audit\t", "program\t", "packed\t"].iter().any(|word| line.starts_with(word));
    for line in lines.take_while(|line| !is_other(line)) {
        let mut fields = line.split('\t');
        match fields.next().unwrap_or_default() {
            "mod" => main = module(&mut fields),
            "dep" => parts.extend(module(&mut fields)),
            // takes the place of the module before
            "=>" => {
                if let (Some(instead), Some(last)) = (module(&mut fields), parts.last_mut()) {
                    // a folder of the machine it was built on has no name elsewhere, and no version
                    let is_folder = instead.path.starts_with(['.', '/']);
                    *last = if is_folder { Module { path: last.path, version: "", sum: None } } else { instead };
                }
            }
            "build" => settings.extend(fields.next().and_then(|setting| setting.split_once('='))),
            "path" => path = fields.next().unwrap_or_default(),
            "" => {}
            other => {
                let message = format!("build information of an unknown kind `{other}`");
                out.problem(DiagnosticKind::Malformed, file, None, message);
            }
        }
    }
    let setting = |name: &str| settings.iter().find(|(key, _)| *key == name).map(|(_, value)| value.trim_matches('"'));
    // a program without a module is named by its package, if that is a name
    let is_name = !path.is_empty() && path != "command-line-arguments";
    let main = main.or_else(|| is_name.then_some(Module { path, version: "", sum: None }));
    let program = main.map(|main| {
        let version = version_of(&main, &setting);
        let id = written(main.path, version.as_deref(), root, file, out);
        if let Some(revision) = setting("vcs.revision") {
            out.attribute(&id, key::REVISION, revision, file.whole());
        }
        id
    });
    // `go1.22.1 X:boringcrypto`
    let number = toolchain.split(' ').next().and_then(|word| word.strip_prefix("go")).filter(|text| !text.is_empty());
    let library = number.map(|version| Module { path: "stdlib", version, sum: None });
    for part in parts.iter().chain(&library) {
        let version = Some(part.version).filter(|version| *version != "(devel)" && !version.is_empty());
        let id = written(part.path, version, root, file, out);
        out.attribute(&id, key::SCOPE, scope::RUNTIME, file.whole());
        if let Some(sum) = part.sum {
            out.attribute(&id, key::INTEGRITY, sum, file.whole());
        }
        if let Some(program) = &program {
            out.relation(program, RelationKind::DependsOn, &id, file.whole());
        }
    }
}

/// A module of a program. One without a version is as fixed as the others: it is built already.
fn written(
    path: &str,
    version: Option<&str>,
    root: &ComponentId,
    file: &SourceFile,
    out: &mut Facts<'_>,
) -> ComponentId {
    let package = Package::whole("golang", path, version, file);
    if version.is_some() { package.write(root, out) } else { package.confirm(root, out) }
}

/// The version of the program itself. What was built from a checkout carries one in its linker flags, or the commit,
/// of which Go's own form of a version is made.
fn version_of<'a>(main: &Module<'_>, setting: &dyn Fn(&str) -> Option<&'a str>) -> Option<String> {
    if !main.version.is_empty() && main.version != "(devel)" {
        return Some(main.version.to_owned());
    }
    let stated = setting("-ldflags").and_then(|flags| {
        let words = flags.split([' ', '\'', '"']).filter_map(|word| word.split_once('='));
        let is_number = |text: &str| text.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
        let mut words = words.filter(|(name, value)| {
            name.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case("version"))
                && is_number(value)
                && value.contains('.')
        });
        words.next().map(|(_, value)| value.to_owned())
    });
    stated.or_else(|| {
        let revision = setting("vcs.revision")?.get(..12)?;
        let time: String = setting("vcs.time")?.chars().filter(char::is_ascii_digit).take(14).collect();
        (time.len() == 14).then(|| format!("v0.0.0-{time}-{revision}"))
    })
}
