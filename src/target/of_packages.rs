//! Files that packages of the distribution or of a known maker have brought: manifests, examples and code of a maker's
//! tools ask for nothing on behalf of the image. The package itself is known from the database. What somebody else packed
//! is read, and so is what took the place of a package's file.
//!
//! dpkg and pacman keep a list for each package, in the layer that installed it. rpm and apk keep one database, which
//! every layer that installs something writes anew: there the digest of the file, or the first layer whose database has
//! the package, tells that the file is still the package's.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead as _, BufReader, Read};

use sha2::{Digest as _, Sha256};

use super::carried::is_weights;
use super::left_out::Kept;
use crate::catalog::Catalog;
use crate::scan::Selector;
use crate::scan::image::{apk, dpkg, os_release, pacman, rpm_database};
use crate::source::layers::{Content, FileHead, LayeredFile, Visitor};
use crate::text::{RelPath, hex};

/// Folders in which the image's own files lie beside those of packages that dpkg and pacman list. Elsewhere packages alone
/// install.
const SHARED: [&str; 2] = ["opt/", "usr/local/"];

/// Folders in which packages of rpm and apk lie. What configures the system lies elsewhere, and holds whoever brought it.
const FOLDERS: [&str; 2] = ["opt/", "usr/"];
const SETTINGS: &str = "usr/etc/";

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

/// The visitor of `var/lib/dpkg/info/NAME.list` and of pacman's `files`: keeps the lines of shared folders and of weights.
pub(super) struct Lists;

impl Visitor for Lists {
    fn name(&self) -> &'static str {
        "package-files/1"
    }

    fn visit(&self, _: &FileHead<'_>, stream: &mut dyn Read) -> io::Result<Option<Vec<u8>>> {
        let mut stream = BufReader::new(stream);
        let (mut kept, mut line) = (Vec::new(), Vec::new());
        loop {
            line.clear();
            if (&mut stream).take(LONGEST).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            // pacman writes paths without the first stroke
            let path = line.strip_prefix(b"/").unwrap_or(&line).trim_ascii_end();
            if SHARED.iter().any(|folder| path.starts_with(folder.as_bytes())) || is_weights(path) {
                kept.extend_from_slice(path);
                kept.push(b'\n');
            }
        }
        Ok((!kept.is_empty()).then_some(kept))
    }
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

/// Files that packages brought, by path: the tool that says so, and how to tell them from others in their place.
type Brought = BTreeMap<String, (&'static str, Told)>;

/// What was left out, by the tool that lists it.
pub(super) type Left = BTreeMap<&'static str, BTreeSet<RelPath>>;

/// Takes out what packages have brought and only asks for something, and what is said of such files; gives their paths.
/// Installed things and lock files stay: what they name lies in the image, or is told as named only.
pub(super) fn take_out(kept: &mut Kept<'_>, selector: &Selector, catalog: &Catalog) -> Left {
    let is_list = |file: &LayeredFile| matches!(&file.content, Content::Record(name) if **name == *LISTS.name());
    let (lists, mut rest): (Vec<LayeredFile>, Vec<LayeredFile>) =
        std::mem::take(kept.files).into_iter().partition(is_list);
    let places = places(kept);
    let mut brought = Brought::new();
    listed(&lists, &rest, &places, catalog, &mut brought);
    let gone = kept.gone.iter().filter(|file| APK.contains(&file.path.as_str()));
    of_apk(&rest, &gone.collect::<Vec<_>>(), &places, catalog, &mut brought);
    of_rpm(&rest, catalog, &mut brought);
    let left = if brought.is_empty() { Left::new() } else { take(&brought, &mut rest, kept, &places, selector) };
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
        None => drop(brought.insert(path.to_owned(), (tool, Told::Layer(at)))),
    }
}

/// What lists of dpkg and pacman name.
fn listed(lists: &[LayeredFile], rest: &[LayeredFile], places: &Places, catalog: &Catalog, brought: &mut Brought) {
    let text = |path: &str| {
        let at = rest.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        Some(String::from_utf8_lossy(&rest[at].bytes))
    };
    let has_dpkg = lists.iter().any(|list| list.path.name().ends_with(".list"));
    let status = if has_dpkg { text(STATUS) } else { None };
    let makers = status.map(|text| dpkg::known_makers(&text, catalog)).unwrap_or_default();
    for list in lists {
        let is_dpkg = list.path.name().ends_with(".list");
        let is_known = if is_dpkg {
            makers.get(package(&list.path)).is_some_and(|known| *known)
        } else {
            let about = text(&format!("{}/desc", list.path.parent()));
            about.is_some_and(|text| pacman::is_of_known_maker(&text, catalog))
        };
        if is_known {
            let tool = if is_dpkg { "dpkg" } else { "pacman" };
            let lines = std::str::from_utf8(&list.bytes).unwrap_or_default().lines();
            lines.for_each(|path| bring(brought, path, tool, places.first(&list.layer)));
        }
    }
}

/// What the database of apk names; `gone` are those of lower layers. The first of them that has a package in the same
/// version is in the layer that brought it.
fn of_apk(rest: &[LayeredFile], gone: &[&LayeredFile], places: &Places, catalog: &Catalog, brought: &mut Brought) {
    let Some(database) = rest.iter().find(|file| APK.contains(&file.path.as_str())) else { return };
    let asked = candidates(rest);
    let read = |file: &LayeredFile| {
        let text = String::from_utf8_lossy(&file.bytes);
        let files = apk::files_of_known_makers(&text, catalog).into_iter();
        let files = files.filter(|(path, _)| asked.contains(path.as_str()));
        files.map(|(path, package)| (path, package.to_owned())).collect::<BTreeSet<(String, String)>>()
    };
    let present = read(database);
    if present.is_empty() {
        return;
    }
    let below: Vec<(usize, BTreeSet<(String, String)>)> =
        gone.iter().map(|file| (places.first(&file.layer), read(file))).collect();
    for file in present {
        let versions = below.iter().filter(|(_, files)| files.contains(&file)).map(|(at, _)| *at);
        let at = versions.min().unwrap_or_else(|| places.first(&database.layer));
        bring(brought, &file.0, "apk", at);
    }
}

/// What the database of rpm names.
fn of_rpm(rest: &[LayeredFile], catalog: &Catalog, brought: &mut Brought) {
    let databases: Vec<&LayeredFile> = rest.iter().filter(|file| RPM.contains(&file.path.as_str())).collect();
    if databases.is_empty() {
        return;
    }
    let asked = candidates(rest);
    let distribution = os_release::distribution_of(rest.iter().map(|file| (&file.path, &*file.bytes)));
    for database in databases {
        rpm_database::files_of_known_makers(&database.bytes, &distribution, catalog, |path, digest| {
            if asked.contains(path) {
                brought.entry(path.to_owned()).or_insert(("rpm", Told::Digest(digest)));
            }
        });
    }
}

/// Paths of files that a package of rpm or apk may have brought.
fn candidates(files: &[LayeredFile]) -> BTreeSet<&str> {
    let paths = files.iter().filter(|file| !matches!(file.content, Content::Record(_))).map(|file| file.path.as_str());
    paths.filter(|path| FOLDERS.iter().any(|folder| path.starts_with(folder)) && !path.starts_with(SETTINGS)).collect()
}

/// Takes out of `files` what packages brought.
fn take(
    brought: &Brought,
    files: &mut Vec<LayeredFile>,
    kept: &mut Kept<'_>,
    places: &Places,
    selector: &Selector,
) -> Left {
    let mut left = Left::new();
    files.retain(|file| {
        let found = brought.get(file.path.as_str()).filter(|_| !matches!(file.content, Content::Record(_)));
        let found = found.filter(|(_, told)| match told {
            Told::Layer(at) => places.last(&file.layer) <= *at,
            Told::Digest(digest) => file.content == Content::Whole && hex(&Sha256::digest(&file.bytes)) == *digest,
        });
        let found = found.filter(|_| selector.only_asks(&file.path));
        if let Some((tool, _)) = found {
            left.entry(*tool).or_default().insert(file.path.clone());
        }
        found.is_none()
    });
    // of a problem the layer is not known: where a file was replaced or is still read, it may be of the image's own
    let own: BTreeSet<&RelPath> = files.iter().chain(&*kept.gone).map(|file| &file.path).collect();
    kept.problems.retain(|problem| {
        let found = brought.get(problem.path.as_str()).filter(|(_, told)| matches!(told, Told::Layer(_)));
        let found = found.filter(|_| !own.contains(&problem.path) && selector.only_asks(&problem.path));
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
