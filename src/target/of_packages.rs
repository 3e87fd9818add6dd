//! Files that packages of the distribution or of a known maker have brought: manifests, examples and code of a maker's
//! tools ask for nothing on behalf of the image. The package itself is known from the database. What somebody else packed
//! is read, and so is what took the place of a package's file.
//!
//! dpkg and pacman keep a list for each package, in the layer that installed it. rpm and apk keep one database, which
//! every layer that installs something writes anew: there the digest of the file, or the first layer whose database has
//! the package, tells that the file is still the package's.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead as _, BufReader, Read};

use sha2::{Digest as _, Sha256};

use super::carried::is_weights;
use super::left_out::Kept;
use crate::catalog::Catalog;
use crate::scan::Selector;
use crate::scan::image::{apk, dpkg, os_release, pacman, rpm_database};
use crate::source::directory::is_installed;
use crate::source::layers::{Content, FileHead, LayeredFile, Visitor};
use crate::text::{RelPath, hex};

/// Folders in which packages install what may look like the image's own. What configures the system lies elsewhere, and
/// holds whoever brought it.
const FOLDERS: [&str; 2] = ["opt/", "usr/"];
/// Folders below these with settings, and with what nobody reads.
const OTHERS: [&str; 4] = ["usr/etc/", "usr/share/doc/", "usr/share/man/", "usr/share/locale/"];

/// dpkg's database, which tells who maintains a package.
const STATUS: &str = "var/lib/dpkg/status";
/// Where pacman keeps a folder for each package.
const PACMAN: &str = "var/lib/pacman/local";
/// Databases of apk and rpm.
const APK: [&str; 2] = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];
const RPM: [&str; 6] = [
    "var/lib/rpm/Packages",
    "var/lib/rpm/Packages.db",
    "var/lib/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/Packages.db",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
    "usr/share/rpm/rpmdb.sqlite",
];

/// Longest line of a list.
const LONGEST: u64 = 8 << 10;

/// Reads the list of the files of a package.
pub(super) static LISTS: Lists = Lists;

/// The visitor of `var/lib/dpkg/info/NAME.list` and of pacman's `files`. A system has hundreds of thousands of files: of those
/// that matter a number is kept that stands for the path, of weights the path itself in front of these.
pub(super) struct Lists;

impl Visitor for Lists {
    fn name(&self) -> &'static str {
        "package-files/2"
    }

    fn visit(&self, _: &FileHead<'_>, stream: &mut dyn Read) -> io::Result<Option<Vec<u8>>> {
        let mut stream = BufReader::new(stream);
        let (mut weights, mut marks, mut line) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            line.clear();
            if (&mut stream).take(LONGEST).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            // pacman writes paths without the first stroke, and a stroke behind those of folders
            let path = line.strip_prefix(b"/").unwrap_or(&line).trim_ascii_end();
            if path.ends_with(b"/") {
                continue;
            }
            if is_of_packages(path) {
                marks.extend_from_slice(&mark(path).to_le_bytes());
            }
            if is_weights(path) {
                weights.extend_from_slice(path);
                weights.push(b'\n');
            }
        }
        if weights.is_empty() && marks.is_empty() {
            return Ok(None);
        }
        weights.push(0);
        weights.extend(marks);
        Ok(Some(weights))
    }
}

/// The weights that a list names, and the marks of its other files.
pub(super) fn parts(list: &LayeredFile) -> (&str, impl Iterator<Item = u64>) {
    let end = list.bytes.iter().position(|byte| *byte == 0).unwrap_or(list.bytes.len());
    let marks = list.bytes.get(end + 1..).unwrap_or_default().as_chunks::<8>().0;
    (std::str::from_utf8(&list.bytes[..end]).unwrap_or_default(), marks.iter().map(|mark| u64::from_le_bytes(*mark)))
}

/// What stands for a path. Of SHA-256, so that no image can choose paths that stand for each other.
fn mark(path: &[u8]) -> u64 {
    Sha256::digest(path).iter().take(8).fold(0, |all, byte| all << 8 | u64::from(*byte))
}

/// True for a path at which a package's file may look like the image's own.
fn is_of_packages(path: &[u8]) -> bool {
    let is_in = |folder: &&str| path.starts_with(folder.as_bytes());
    FOLDERS.iter().any(is_in) && !OTHERS.iter().any(is_in)
}

/// True for such a list.
pub(super) fn is_list(path: &RelPath) -> bool {
    let folder = path.parent();
    path.name().ends_with(".list") && folder.as_str() == "var/lib/dpkg/info"
        || path.name() == "files" && folder.parent().as_str() == PACMAN
}

/// What tells that a file at a path is the one that a package brought.
enum Told {
    /// It lies in this layer or below.
    Layer(usize),
    /// Its SHA-256.
    Digest(String),
}

/// Paths that only ask for something and may be of a package, by what stands for them.
struct Asked(BTreeMap<u64, Box<str>>);

impl Asked {
    fn of(files: &[LayeredFile], kept: &Kept<'_>, selector: &Selector) -> Self {
        let paths = files.iter().filter(|file| !matches!(file.content, Content::Record(_))).map(|file| &file.path);
        let paths = paths.chain(kept.problems.iter().map(|problem| &problem.path));
        let is_asked = |path: &&RelPath| {
            is_of_packages(path.as_str().as_bytes()) && !is_installed(path) && selector.only_asks(path)
        };
        let paths = paths.filter(is_asked);
        Self(paths.map(|path| (mark(path.as_str().as_bytes()), path.as_str().into())).collect())
    }

    fn has(&self, path: &str) -> bool {
        is_of_packages(path.as_bytes()) && self.0.contains_key(&mark(path.as_bytes()))
    }
}

/// Files that packages brought, by path: the tool that says so, and how to tell them from others in their place.
type Brought = BTreeMap<Box<str>, (&'static str, Told)>;

/// What was left out, by the tool that lists it.
pub(super) type Left = BTreeMap<&'static str, BTreeSet<RelPath>>;

/// Takes out what packages have brought and only asks for something, and what is said of such files; gives their paths.
/// Installed things and lock files stay: what they name lies in the image, or is told as named only.
pub(super) fn take_out(kept: &mut Kept<'_>, selector: &Selector, catalog: &Catalog) -> Left {
    let is_list = |file: &LayeredFile| matches!(&file.content, Content::Record(name) if **name == *LISTS.name());
    let (lists, mut rest): (Vec<LayeredFile>, Vec<LayeredFile>) =
        std::mem::take(kept.files).into_iter().partition(is_list);
    let is_told = |file: &LayeredFile| APK.contains(&file.path.as_str()) || RPM.contains(&file.path.as_str());
    let mut left = Left::new();
    if !lists.is_empty() || rest.iter().any(is_told) {
        let (asked, places) = (Asked::of(&rest, kept, selector), places(kept));
        let mut brought = Brought::new();
        if !asked.0.is_empty() {
            let known = Known { rest: &rest, asked: &asked, places: &places, catalog };
            known.lists(&lists, &mut brought);
            known.apk(kept, &mut brought);
            known.rpm(&mut brought);
        }
        left = take(&brought, &mut rest, kept, &places);
    }
    *kept.files = rest;
    left
}

/// Where a layer lies. The same one may lie there twice: of what cannot be told apart, the file counts as the later one.
struct Places(BTreeMap<Box<str>, (usize, usize)>);

impl Places {
    fn first(&self, layer: &str) -> usize {
        self.0.get(layer).map_or(0, |(first, _)| *first)
    }

    fn last(&self, layer: &str) -> usize {
        self.0.get(layer).map_or(0, |(_, last)| *last)
    }
}

fn places(kept: &Kept<'_>) -> Places {
    let mut places: BTreeMap<Box<str>, (usize, usize)> = BTreeMap::new();
    for (at, layer) in kept.layers.iter().enumerate() {
        places.entry((&**layer).into()).and_modify(|(_, last)| *last = at).or_insert((at, at));
    }
    Places(places)
}

/// A package of a later layer brings its files anew.
fn bring(brought: &mut Brought, path: &str, tool: &'static str, at: usize) {
    match brought.get_mut(path) {
        Some((_, Told::Layer(known))) => *known = at.max(*known),
        Some(_) => {}
        None => drop(brought.insert(path.into(), (tool, Told::Layer(at)))),
    }
}

/// What databases are asked with.
struct Known<'a> {
    rest: &'a [LayeredFile],
    asked: &'a Asked,
    places: &'a Places,
    catalog: &'a Catalog,
}

impl Known<'_> {
    /// The text of a file, of those that are sorted by path.
    fn text(&self, path: &str) -> Option<Cow<'_, str>> {
        let at = self.rest.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        Some(String::from_utf8_lossy(&self.rest[at].bytes))
    }

    /// What lists of dpkg and pacman name.
    fn lists(&self, lists: &[LayeredFile], brought: &mut Brought) {
        let has_dpkg = lists.iter().any(|list| list.path.name().ends_with(".list"));
        let status = if has_dpkg { self.text(STATUS) } else { None };
        let makers = status.map(|text| dpkg::known_makers(&text, self.catalog)).unwrap_or_default();
        for list in lists {
            let is_dpkg = list.path.name().ends_with(".list");
            let found: Vec<&str> =
                parts(list).1.filter_map(|mark| self.asked.0.get(&mark)).map(|path| &**path).collect();
            let is_known = || {
                if is_dpkg {
                    return makers.get(package(&list.path)).is_some_and(|known| *known);
                }
                let about = self.text(&format!("{}/desc", list.path.parent()));
                about.is_some_and(|text| pacman::is_of_known_maker(&text, self.catalog))
            };
            if !found.is_empty() && is_known() {
                let (tool, at) = (if is_dpkg { "dpkg" } else { "pacman" }, self.places.first(&list.layer));
                found.into_iter().for_each(|path| bring(brought, path, tool, at));
            }
        }
    }

    /// What the database of apk names. Of those in lower layers the first that has a package in the same version is in the
    /// layer that brought it.
    fn apk(&self, kept: &Kept<'_>, brought: &mut Brought) {
        let is_database = |file: &&LayeredFile| APK.contains(&file.path.as_str());
        let Some(database) = self.rest.iter().find(is_database) else { return };
        let read = |file: &LayeredFile| {
            let text = String::from_utf8_lossy(&file.bytes);
            let files = apk::files_of_known_makers(&text, self.catalog).into_iter();
            let files = files.filter(|(path, _)| self.asked.has(path));
            files.map(|(path, package)| (path, package.to_owned())).collect::<BTreeSet<(String, String)>>()
        };
        let present = read(database);
        if present.is_empty() {
            return;
        }
        let below: Vec<(usize, BTreeSet<(String, String)>)> =
            kept.gone.iter().filter(is_database).map(|file| (self.places.first(&file.layer), read(file))).collect();
        for file in present {
            let versions = below.iter().filter(|(_, files)| files.contains(&file)).map(|(at, _)| *at);
            let at = versions.min().unwrap_or_else(|| self.places.first(&database.layer));
            bring(brought, &file.0, "apk", at);
        }
    }

    /// What the database of rpm names.
    fn rpm(&self, brought: &mut Brought) {
        let databases: Vec<&LayeredFile> = self.rest.iter().filter(|file| RPM.contains(&file.path.as_str())).collect();
        if databases.is_empty() {
            return;
        }
        let distribution = os_release::distribution_of(self.rest.iter().map(|file| (&file.path, &*file.bytes)));
        for database in databases {
            rpm_database::files_of_known_makers(&database.bytes, &distribution, self.catalog, |path, digest| {
                if self.asked.has(path) {
                    brought.entry(path.into()).or_insert(("rpm", Told::Digest(digest)));
                }
            });
        }
    }
}

/// Takes out of `files` what packages brought.
fn take(brought: &Brought, files: &mut Vec<LayeredFile>, kept: &mut Kept<'_>, places: &Places) -> Left {
    let mut left = Left::new();
    if brought.is_empty() {
        return left;
    }
    files.retain(|file| {
        let found = brought.get(file.path.as_str()).filter(|_| !matches!(file.content, Content::Record(_)));
        let found = found.filter(|(_, told)| match told {
            Told::Layer(at) => places.last(&file.layer) <= *at,
            Told::Digest(digest) => file.content == Content::Whole && hex(&Sha256::digest(&file.bytes)) == *digest,
        });
        if let Some((tool, _)) = found {
            left.entry(*tool).or_default().insert(file.path.clone());
        }
        found.is_none()
    });
    // of a problem the layer is not known: where a file was replaced or is still read, it may be of the image's own
    let own: BTreeSet<&RelPath> = files.iter().chain(&*kept.gone).map(|file| &file.path).collect();
    kept.problems.retain(|problem| {
        let found = brought.get(problem.path.as_str()).filter(|(_, told)| matches!(told, Told::Layer(_)));
        let found = found.filter(|_| !own.contains(&problem.path));
        if let Some((tool, _)) = found {
            left.entry(*tool).or_default().insert(problem.path.clone());
        }
        found.is_none()
    });
    left
}

/// The package of a list: `NAME.list`, or `NAME:ARCHITECTURE.list`.
pub(super) fn package(list: &RelPath) -> &str {
    let name = list.name();
    let name = name.strip_suffix(".list").unwrap_or(name);
    name.split_once(':').map_or(name, |(name, _)| name)
}
