//! Java archives (jar, war, ear and their kin) with the archives that lie in them: what Maven wrote into them, the manifest,
//! and the name of the file.

use std::cell::Cell;
use std::io::{self, BufReader, Read};

use crate::diagnostic::DiagnosticKind;
use crate::model::{Basis, ComponentId, ComponentKind, RelationKind, key};
use crate::parse::zip_stream::{self, Visitor};
use crate::scan::extract::{self, Stream};
use crate::scan::package::toolkit::{self, Package};
use crate::scan::{Extractor, Facts, Input, Scanner, ScannerMeta, SizeClass, SourceFile, Unit};
use crate::text::RelPath;

/// Scanner `java-archive`.
pub struct JavaArchive;

static META: ScannerMeta = ScannerMeta {
    id: "java-archive",
    title: "Java archives",
    summary: "The artifact that a jar, war or ear is, and those that are packed or shaded into it, to any depth that is \
              built: by `pom.properties`, else by manifest and file name. The vendor that a manifest names is kept; \
              classes are not read.",
    files: &["**/*.{jar,war,ear,par,sar,nar,jpi,hpi,lpkg,kar}"],
    unit: Unit::File,
    size: SizeClass::Large,
    basis: Basis::Resolved,
    emits: &[ComponentKind::Project, ComponentKind::Image, ComponentKind::Package],
    reference: "https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html",
};

const ENDINGS: [&str; 10] = ["jar", "war", "ear", "par", "sar", "nar", "jpi", "hpi", "lpkg", "kar"];
/// Archives in archives in archives: builds make three.
const DEPTH: usize = 6;
/// Longest manifest or properties.
const LONGEST: u64 = 1 << 20;

fn is_archive(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending))
}

impl Extractor for JavaArchive {
    fn may_be(&self, path: &RelPath, _: u64) -> bool {
        is_archive(path.name())
    }

    fn is(&self, _: &RelPath, _: u64, head: &[u8]) -> bool {
        // a script may stand before the archive that it starts
        [&b"PK\x03\x04"[..], b"PK\x05\x06", b"#!"].iter().any(|start| head.starts_with(start))
    }

    fn extract(&self, file: &mut Stream<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        let left = Cell::new(file.limits.inner_archive_bytes);
        line(out, &["jar", ""]);
        let mut archive = Archive { out, inside: String::new(), depth: 0 };
        zip_stream::read(&mut BufReader::with_capacity(64 << 10, &mut *file.bytes), &mut archive, &left)
    }
}

/// An archive being read.
struct Archive<'a> {
    out: &'a mut Vec<u8>,
    /// The way to it, from the file on.
    inside: String,
    depth: usize,
}

impl Visitor for Archive<'_> {
    fn wants(&mut self, name: &str) -> bool {
        self.out.len() < extract::MOST - (64 << 10)
            && (name.eq_ignore_ascii_case("META-INF/MANIFEST.MF")
                || name.ends_with("/pom.properties") && name.contains("META-INF/maven/")
                || is_archive(name) && self.depth < DEPTH)
    }

    fn entry(&mut self, name: &str, data: &mut dyn Read, left: &Cell<u64>) -> io::Result<()> {
        if is_archive(name) {
            let inside = if self.inside.is_empty() { name.to_owned() } else { format!("{}!{name}", self.inside) };
            line(self.out, &["jar", &inside]);
            let mut inner = Archive { out: self.out, inside: inside.clone(), depth: self.depth + 1 };
            let result = zip_stream::read(&mut BufReader::new(data), &mut inner, left);
            line(self.out, &["end"]);
            // damage of one archive is no damage of those around it
            return match result {
                Err(error) if left.get() == 0 => Err(error),
                Err(error) => {
                    line(self.out, &["problem", &format!("`{inside}`: {}", extract::words(&error))]);
                    Ok(())
                }
                Ok(()) => Ok(()),
            };
        }
        let mut text = Vec::new();
        data.take(LONGEST).read_to_end(&mut text)?;
        let text = String::from_utf8_lossy(&text);
        if name.ends_with("pom.properties") {
            let value = |wanted: &str| {
                let mut all = text.lines().filter_map(|line| line.split_once(['=', ':']));
                all.find(|(key, _)| key.trim() == wanted).map_or("", |(_, value)| value.trim())
            };
            line(self.out, &["pom", value("groupId"), value("artifactId"), value("version")]);
        } else {
            for (key, value) in manifest(&text) {
                line(self.out, &["manifest", &key, &value]);
            }
        }
        Ok(())
    }
}

/// One line of words; none of them can end it.
fn line(out: &mut Vec<u8>, words: &[&str]) {
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            out.push(b'\t');
        }
        out.extend(word.bytes().map(|byte| if byte < b' ' { b' ' } else { byte }));
    }
    out.push(b'\n');
}

/// What the main section of a manifest says of name, version and vendor. Long values go on in the next line after a space.
fn manifest(text: &str) -> Vec<(String, String)> {
    const KEPT: [&str; 12] = [
        "Automatic-Module-Name",
        "Bundle-Name",
        "Bundle-SymbolicName",
        "Bundle-Vendor",
        "Bundle-Version",
        "Extension-Name",
        "Implementation-Title",
        "Implementation-Vendor",
        "Implementation-Vendor-Id",
        "Implementation-Version",
        "Plugin-Version",
        "Specification-Version",
    ];
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines().map(|line| line.trim_end_matches('\r')) {
        if line.is_empty() && !fields.is_empty() {
            break;
        }
        if let Some(more) = line.strip_prefix(' ') {
            if let Some((_, value)) = fields.last_mut() {
                value.push_str(more);
            }
        } else if let Some((key, value)) = line.split_once(':') {
            fields.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    fields.retain(|(key, value)| !value.is_empty() && KEPT.contains(&key.as_str()));
    fields
}

/// What was read of one archive.
#[derive(Default)]
struct Jar<'t> {
    /// The way to it from the file; empty for the file itself.
    inside: &'t str,
    manifest: Vec<(&'t str, &'t str)>,
    poms: Vec<[&'t str; 3]>,
}

impl Scanner for JavaArchive {
    fn meta(&self) -> &'static ScannerMeta {
        &META
    }

    fn extractor(&self) -> Option<&dyn Extractor> {
        Some(self)
    }

    fn scan(&self, input: &Input<'_>, out: &mut Facts<'_>) -> anyhow::Result<()> {
        let file = input.file();
        let root = toolkit::root(input, file, out);
        let mut open: Vec<Jar<'_>> = Vec::new();
        let mut done: Vec<(usize, Jar<'_>)> = Vec::new();
        for text in file.text().lines() {
            let fields: Vec<&str> = text.split('\t').collect();
            match (fields.as_slice(), open.last_mut()) {
                (["jar", inside], _) => open.push(Jar { inside, ..Jar::default() }),
                (["end"], _) => done.extend(open.pop().map(|jar| (open.len(), jar))),
                (["manifest", key, value], Some(jar)) => jar.manifest.push((key, value)),
                (["pom", group, artifact, version], Some(jar)) => jar.poms.push([group, artifact, version]),
                (["problem", message], _) => {
                    out.problem(DiagnosticKind::Malformed, file, None, format!("archive in the archive {message}"));
                }
                _ => {}
            }
        }
        done.extend(open.pop().map(|jar| (0, jar)));
        // an archive ends after those in it: the parts wait for the whole
        let mut parts: Vec<(usize, Vec<ComponentId>)> = Vec::new();
        for (depth, jar) in done {
            let ids = jar.write(&root, file, out);
            let mut inner: Vec<ComponentId> = Vec::new();
            while parts.last().is_some_and(|(at, _)| *at > depth) {
                inner.extend(parts.pop().map(|(_, ids)| ids).unwrap_or_default());
            }
            if let Some(whole) = ids.first() {
                for part in ids[1..].iter().chain(&inner) {
                    out.relation(whole, RelationKind::DependsOn, part, file.whole());
                }
                parts.push((depth, vec![whole.clone()]));
            } else {
                parts.push((depth, inner));
            }
        }
        Ok(())
    }
}

impl Jar<'_> {
    fn said(&self, name: &str) -> Option<&str> {
        self.manifest.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }

    /// Writes what the archive is, first, and what else is packed into it.
    fn write(&self, root: &ComponentId, file: &SourceFile, out: &mut Facts<'_>) -> Vec<ComponentId> {
        let path = if self.inside.is_empty() { file.path().as_str() } else { self.inside };
        let name = path.rsplit(['/', '!']).next().unwrap_or(path);
        let whole = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let (stem, version) = name_and_version(whole);
        let mut poms: Vec<&[&str; 3]> = self.poms.iter().filter(|pom| is_complete(pom)).collect();
        poms.sort_by_key(|[_, artifact, _]| !is_own(artifact, whole));
        // a single artifact in a file of another name is that file, unless their versions differ
        let is_single = |version_of_it: &str| poms.len() == 1 && version.is_none_or(|version| version == version_of_it);
        let is_named = poms.first().is_some_and(|[_, artifact, version]| is_own(artifact, whole) || is_single(version));
        let mut ids = Vec::new();
        let version = version.or_else(|| self.stated_version());
        // some archives state what they are and not in which version: the wrapper of Gradle
        let is_stated = version.is_some() || poms.is_empty() && self.is_titled();
        if !is_named && is_stated {
            let full = match self.group(stem) {
                Some(group) => format!("{group}:{stem}"),
                None => stem.to_owned(),
            };
            let package = Package::whole("maven", &full, version, file);
            // the archive lies here: without a version nothing is left open either
            ids.push(if version.is_some() { package.write(root, out) } else { package.confirm(root, out) });
        } else if poms.is_empty() {
            let message = format!("what `{path}` is and in which version was not found in it");
            out.problem(DiagnosticKind::Unresolved, file, None, message);
        }
        for [group, artifact, version] in poms {
            let full = format!("{group}:{artifact}");
            ids.push(Package::whole("maven", &full, Some(version), file).write(root, out));
        }
        if let Some(first) = ids.first() {
            let vendor = ["Implementation-Vendor", "Bundle-Vendor"].iter().find_map(|name| self.said(name));
            if let Some(vendor) = vendor {
                out.attribute(first, key::VENDOR, vendor, file.whole());
            }
        }
        if !self.inside.is_empty() {
            for id in &ids {
                out.attribute(id, key::OCCURRENCE, format!("{}!{}", file.path(), self.inside), file.whole());
            }
        }
        ids
    }

    /// True for an archive whose manifest names what it is.
    fn is_titled(&self) -> bool {
        ["Implementation-Title", "Bundle-SymbolicName", "Bundle-Name"].iter().any(|key| self.said(key).is_some())
    }

    fn stated_version(&self) -> Option<&str> {
        let keys = ["Implementation-Version", "Specification-Version", "Plugin-Version", "Bundle-Version"];
        let is_version = |text: &&str| text.bytes().any(|byte| byte.is_ascii_digit()) && !text.contains(['$', ' ']);
        keys.iter().filter_map(|key| self.said(key)).find(is_version)
    }

    /// The group that a manifest hints at: `org.apache.commons.lang3` is a name below a group.
    fn group(&self, artifact: &str) -> Option<String> {
        let keys = ["Implementation-Vendor-Id", "Bundle-SymbolicName", "Automatic-Module-Name", "Extension-Name"];
        let is_group = |text: &&str| {
            text.contains('.')
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        };
        let found = keys.iter().filter_map(|key| self.said(key)).map(|text| text.split(';').next().unwrap_or(text));
        let found = found.map(str::trim).find(is_group)?;
        // the last word is the artifact's own
        let (group, last) = found.rsplit_once('.')?;
        let is_own = artifact.contains(last) || last.contains(artifact);
        Some(if is_own && group.contains('.') { group } else { found }.to_owned())
    }
}

fn is_complete(pom: &[&str; 3]) -> bool {
    pom.iter().all(|field| !field.is_empty() && !field.contains(['$', '{', ' ', ':']))
}

/// True when an artifact is what a file of that name holds: `lang3` for neither, `core` for `core` and `core-shaded`.
fn is_own(artifact: &str, stem: &str) -> bool {
    stem == artifact || stem.strip_prefix(artifact).is_some_and(|rest| rest.starts_with(['-', '_', '.']))
}

/// `commons-lang3-3.12.0` is `commons-lang3` and `3.12.0`: the version begins at a digit behind a dash, and where several
/// do, at the last that a dot follows: `log4j-1.2-api-2.20.0`.
fn name_and_version(stem: &str) -> (&str, Option<&str>) {
    let is_number = |rest: &str| rest.strip_prefix('v').unwrap_or(rest).starts_with(|c: char| c.is_ascii_digit());
    // the day and time of a snapshot go on with the version before
    let is_day = |part: &str| part.bytes().take_while(u8::is_ascii_digit).count() >= 8;
    let dashes = stem.match_indices('-').map(|(at, _)| at);
    let all: Vec<usize> = dashes.filter(|at| *at > 0 && is_number(&stem[at + 1..])).collect();
    let part = |at: usize| stem[at + 1..].split('-').next().unwrap_or_default();
    let last = all.iter().rev().find(|at| part(**at).contains('.') && !is_day(part(**at)));
    match last.or(all.first()) {
        Some(&at) => (&stem[..at], Some(without_platform(&stem[at + 1..]))),
        None => joined(stem).map_or((stem, None), |(name, version)| (name, Some(version))),
    }
}

/// `4.1.96.Final-linux-x86_64` is a build of `4.1.96.Final`.
fn without_platform(version: &str) -> &str {
    const ENDS: [&str; 7] = ["-linux-", "-osx-", "-windows-", "-natives", "-sources", "-javadoc", "-tests"];
    let cut = ENDS.iter().filter_map(|end| version.find(end)).min();
    cut.map_or(version, |cut| &version[..cut])
}

/// `py4j0.10.9` has no dash: a version of numbers with dots at the end.
fn joined(stem: &str) -> Option<(&str, &str)> {
    let start = stem.rfind(|c: char| !c.is_ascii_digit() && c != '.')? + 1;
    let (name, version) = stem.split_at_checked(start)?;
    let is_sound = version.contains('.') && version.starts_with(|c: char| c.is_ascii_digit());
    (is_sound && name.contains(|c: char| c.is_ascii_alphabetic())).then_some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_tell_name_and_version() {
        assert_eq!(name_and_version("commons-lang3-3.12.0"), ("commons-lang3", Some("3.12.0")));
        assert_eq!(name_and_version("guava"), ("guava", None));
        assert_eq!(name_and_version("scala-library_2.13-2.13.8"), ("scala-library_2.13", Some("2.13.8")));
        assert_eq!(name_and_version("log4j-1.2-api-2.20.0"), ("log4j-1.2-api", Some("2.20.0")));
        assert_eq!(name_and_version("app-1.0-20240101.120000-1"), ("app", Some("1.0-20240101.120000-1")));
        assert_eq!(name_and_version("netty-4.1.96.Final-linux-x86_64"), ("netty", Some("4.1.96.Final")));
        assert_eq!(name_and_version("tool-7"), ("tool", Some("7")));
        assert_eq!(name_and_version("py4j0.10.9.7"), ("py4j", Some("0.10.9.7")));
        assert_eq!(name_and_version("log4j"), ("log4j", None));
        assert_eq!(name_and_version("-1.0"), ("-1.0", None));
    }

    #[test]
    fn long_lines_of_a_manifest_go_on() {
        let text =
            "Manifest-Version: 1.0\r\nBundle-Vendor: The Very Long Na\r\n me\r\n\r\nName: x\r\nBundle-Vendor: no\r\n";
        assert_eq!(manifest(text), [("Bundle-Vendor".to_owned(), "The Very Long Name".to_owned())]);
    }
}
