//! Where package managers keep the metadata of a package. Pure names: nothing of the cache is searched.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::{Opened, packed};
use crate::source::package_cache::PackageCache;
use crate::text::RelPath;

/// Levels of folders in pip's cache of wheels, and how many folders of a level are looked into.
const WHEEL_LEVELS: usize = 4;
const MOST_WHEEL_FOLDERS: usize = 20_000;

/// Longest name or version that is looked up.
const LONGEST: usize = 200;

/// A cache with the folders that have to be listed once, because their names hold more than name and version.
pub(super) struct Shelf<'c> {
    pub(super) cache: &'c PackageCache,
    /// Cargo: `registry/src/HOST`.
    hosts: OnceLock<Vec<String>>,
    /// Python: metadata and packed distributions, whose names are written in several ways, by normalised name and version.
    distributions: OnceLock<BTreeMap<(String, String), Vec<String>>>,
    /// Files that speak of many packages.
    shared: Mutex<BTreeMap<RelPath, Arc<Opened>>>,
    /// Conda: `NAME-VERSION-BUILD`.
    builds: OnceLock<BTreeMap<(String, String), Vec<String>>>,
}

impl<'c> Shelf<'c> {
    pub(super) fn new(cache: &'c PackageCache) -> Self {
        Self {
            cache,
            hosts: OnceLock::new(),
            distributions: OnceLock::new(),
            shared: Mutex::new(BTreeMap::new()),
            builds: OnceLock::new(),
        }
    }

    /// A file that is opened at most once.
    pub(super) fn shared(&self, path: &RelPath, open: impl FnOnce() -> Opened) -> Arc<Opened> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(shared.entry(path.clone()).or_insert_with(|| Arc::new(open())))
    }

    /// Files that may be the metadata of a package, most likely first; none when its name could lead elsewhere.
    pub(super) fn places(&self, ecosystem: &str, name: &str, version: &str) -> Vec<RelPath> {
        if !is_plain(version) || !name.split(['/', ':']).all(is_plain) {
            return Vec::new();
        }
        let texts = match ecosystem {
            "cargo" => self.cargo(name, version),
            "npm" => npm(name, version),
            "pypi" => self.pypi(name, version),
            "golang" => golang(name, version),
            "maven" => maven(name, version),
            "nuget" => {
                let (id, version) = (name.to_lowercase(), version.to_lowercase());
                below(&["", "packages", ".nuget/packages"], &format!("{id}/{version}/{id}.nuspec"))
            }
            "gem" => below(&["", "gems"], &format!("specifications/{name}-{version}.gemspec")),
            "composer" => vec!["composer/installed.json".to_owned(), "vendor/composer/installed.json".to_owned()],
            "conda" => self.conda(name, version),
            _ => Vec::new(),
        };
        texts.iter().filter_map(|text| RelPath::new(text)).collect()
    }

    fn list(&self, folder: &str) -> Vec<String> {
        RelPath::new(folder).map(|folder| self.cache.folders(&folder)).unwrap_or_default()
    }

    fn cargo(&self, name: &str, version: &str) -> Vec<String> {
        let hosts = self.hosts.get_or_init(|| {
            // `index.crates.io-1949cf8c6b5b557f`; other folders hold no sources
            let is_host = |name: &String| {
                name.rsplit_once('-')
                    .is_some_and(|(_, hash)| hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
            };
            let bases = ["registry/src", ".cargo/registry/src", "src", ""];
            let hosts = bases
                .iter()
                .flat_map(|base| self.list(base).into_iter().filter(is_host).map(move |host| join(base, &host)));
            hosts.chain([String::new(), "vendor".to_owned()]).collect()
        });
        let mut places: Vec<String> =
            hosts.iter().map(|host| join(host, &format!("{name}-{version}/Cargo.toml"))).collect();
        // `cargo vendor` leaves the version out where there is one only; the reader compares it
        places.extend(below(&["vendor", ""], &format!("{name}/Cargo.toml")));
        places
    }

    fn pypi(&self, name: &str, version: &str) -> Vec<String> {
        let known = self.distributions.get_or_init(|| self.python_distributions());
        known.get(&(normal(name), version.to_owned())).cloned().unwrap_or_default()
    }

    /// What is installed first, then what lies packed beside it.
    fn python_distributions(&self) -> BTreeMap<(String, String), Vec<String>> {
        let mut bases = ["", "site-packages", "dist-packages", "Lib/site-packages"].map(str::to_owned).to_vec();
        let pythons = self.list("lib").into_iter().filter(|name| name.starts_with("python"));
        bases.extend(
            pythons.flat_map(|name| [format!("lib/{name}/site-packages"), format!("lib/{name}/dist-packages")]),
        );
        // uv keeps each wheel unpacked under a name of its own
        bases.extend(self.list("archive-v0").into_iter().map(|name| format!("archive-v0/{name}")));
        let mut known: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for base in &bases {
            for folder in self.list(base) {
                if let Some((name, version)) = folder.strip_suffix(".dist-info").and_then(|text| text.split_once('-')) {
                    let place = join(base, &format!("{folder}/METADATA"));
                    known.entry((normal(name), version.to_owned())).or_default().push(place);
                }
            }
        }
        for folder in self.folders_of_wheels() {
            let files = RelPath::new(&folder).map(|path| self.cache.files(&path)).unwrap_or_default();
            for file in files {
                if let Some((name, version)) = packed::distribution(&file) {
                    let key = (normal(name), version.to_owned());
                    known.entry(key).or_default().push(join(&folder, &file));
                }
            }
        }
        known
    }

    /// Where wheels and source archives lie: the folder itself, as `pip download` fills it, and pip's cache of wheels
    /// that it built, `wheels/ab/cd/ef/HASH`.
    fn folders_of_wheels(&self) -> Vec<String> {
        let mut found = ["", "wheels", "wheelhouse", "dist"].map(str::to_owned).to_vec();
        let mut level = vec!["wheels".to_owned()];
        for _ in 0..WHEEL_LEVELS {
            let below = level.iter().flat_map(|base| self.list(base).into_iter().map(move |name| join(base, &name)));
            level = below.take(MOST_WHEEL_FOLDERS).collect();
            found.extend(level.iter().cloned());
        }
        found
    }

    fn conda(&self, name: &str, version: &str) -> Vec<String> {
        let known = self.builds.get_or_init(|| {
            let mut known: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
            for base in ["", "pkgs"] {
                for folder in self.list(base) {
                    let mut parts = folder.rsplitn(3, '-');
                    if let (Some(_), Some(version), Some(name)) = (parts.next(), parts.next(), parts.next()) {
                        let place = join(base, &format!("{folder}/info/about.json"));
                        known.entry((name.to_owned(), version.to_owned())).or_default().push(place);
                    }
                }
            }
            known
        });
        known.get(&(name.to_owned(), version.to_owned())).cloned().unwrap_or_default()
    }
}

/// Nothing that could leave its folder or means something to a file system.
fn is_plain(part: &str) -> bool {
    !part.is_empty()
        && part.len() <= LONGEST
        && !matches!(part, "." | "..")
        && !part.contains(['/', '\\', ':', '\0'])
        && !part.chars().any(char::is_control)
}

fn join(base: &str, rest: &str) -> String {
    if base.is_empty() { rest.to_owned() } else { format!("{base}/{rest}") }
}

fn below(bases: &[&str], rest: &str) -> Vec<String> {
    bases.iter().map(|base| join(base, rest)).collect()
}

/// The folder of an installed package, or pnpm's store beside it. The reader compares the version.
fn npm(name: &str, version: &str) -> Vec<String> {
    let manifest = format!("{name}/package.json");
    let store = format!(".pnpm/{}@{version}/node_modules/{manifest}", name.replace('/', "+"));
    [&manifest, &store].into_iter().flat_map(|rest| below(&["node_modules", ""], rest)).collect()
}

/// Module paths are kept with `!` before the small letter for a capital one.
fn golang(name: &str, version: &str) -> Vec<String> {
    let escape = |text: &str| -> String {
        text.chars()
            .flat_map(|c| {
                let mark = c.is_ascii_uppercase().then_some('!');
                mark.into_iter().chain([c.to_ascii_lowercase()])
            })
            .collect()
    };
    let rest = format!("cache/download/{}/@v/{}.info", escape(name), escape(version));
    below(&["", "pkg/mod", "mod"], &rest)
}

fn maven(name: &str, version: &str) -> Vec<String> {
    let Some((group, artifact)) = name.split_once(':') else { return Vec::new() };
    pom(group, artifact, version)
}

/// Where the description of a Maven artifact lies.
pub(super) fn pom(group: &str, artifact: &str, version: &str) -> Vec<String> {
    if ![group, artifact, version].into_iter().all(is_plain) || !group.split('.').all(is_plain) {
        return Vec::new();
    }
    let rest = format!("{}/{artifact}/{version}/{artifact}-{version}.pom", group.replace('.', "/"));
    below(&["", "repository", ".m2/repository"], &rest)
}

/// PEP 503.
fn normal(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if !matches!(c, '-' | '_' | '.') {
            out.extend(c.to_lowercase());
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_not_looked_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = PackageCache::open(folder.path()).expect("opens");
        let shelf = Shelf::new(&cache);
        for (ecosystem, name, version) in [
            ("npm", "../../etc/x", "1.0.0"),
            ("npm", "a", "../../1"),
            ("npm", "@s/../x", "1"),
            ("cargo", "a\0", "1.0.0"),
            ("golang", "github.com//x", "v1"),
            ("golang", "/etc", "v1"),
            ("maven", "..:x", "1"),
            ("maven", "a..b:x", "1"),
            ("nuget", "a\\..\\b", "1"),
            ("gem", "C:x", "1/2"),
        ] {
            assert_eq!(shelf.places(ecosystem, name, version), Vec::<RelPath>::new(), "{ecosystem} {name} {version}");
        }
        let go: Vec<String> =
            shelf.places("golang", "github.com/BurntSushi/toml", "v1.0.0").iter().map(ToString::to_string).collect();
        assert_eq!(go[0], "cache/download/github.com/!burnt!sushi/toml/@v/v1.0.0.info");
    }
}
