//! What a folder that was given as a package cache is, told by what package managers leave in it.

use crate::source::package_cache::PackageCache;
use crate::text::RelPath;

/// Folders that are looked into for a sign; the first of a cache are as good as all.
const LOOKED_INTO: usize = 200;

/// The sorts of caches that a folder holds, in words; none when nothing in it is known.
#[must_use]
pub(super) fn sorts(cache: &PackageCache) -> Vec<&'static str> {
    let has = |text: &str| RelPath::new(text).is_some_and(|path| cache.holds(&path));
    let list = |text: &str| RelPath::new(text).map(|path| cache.folders(&path)).unwrap_or_default();
    // some folder below, up to two levels down, holds such a thing
    let below = |base: &str, sign: &dyn Fn(&str) -> bool| {
        list(base).iter().take(LOOKED_INTO).any(|name| sign(&join(base, name)))
    };
    let any = |bases: &[&str], sign: &dyn Fn(&str) -> bool| bases.iter().any(|base| sign(base));
    let crates = |base: &str| {
        below(base, &|folder| has(&join(folder, ".cargo-checksum.json")) || has(&join(folder, ".cargo-ok")))
    };
    let hosts = |base: &str| below(base, &|host| below(host, &|folder| has(&join(folder, "Cargo.toml"))));
    let distributions = |base: &str| list(base).iter().any(|name| name.ends_with(".dist-info"));
    let wheels = |base: &str| {
        let files = RelPath::new(base).map(|path| cache.files(&path)).unwrap_or_default();
        files.iter().any(|name| name.ends_with(".whl"))
    };
    let pythons = |base: &str| {
        below(base, &|python| ["site-packages", "dist-packages"].iter().any(|name| distributions(&join(python, name))))
    };
    let manifests = |base: &str| {
        has(&join(base, ".package-lock.json"))
            || below(base, &|folder| {
                has(&join(folder, "package.json")) || below(folder, &|inner| has(&join(inner, "package.json")))
            })
    };
    let descriptions = |base: &str| below(base, &|id| below(id, &|version| has(&join(version, &nuspec(id)))));
    let builds = |base: &str| below(base, &|folder| has(&join(folder, "info/about.json")));
    let groups = |base: &str| ["org", "com", "io", "net"].iter().any(|name| !list(&join(base, name)).is_empty());
    let found = [
        ("Cargo", any(&["registry/src", ".cargo/registry/src", "src", ""], &hosts) || any(&["vendor", ""], &crates)),
        ("npm", has("node_modules") || has(".pnpm") || manifests("")),
        (
            "Python",
            any(&["", "site-packages", "dist-packages", "Lib/site-packages"], &distributions)
                || any(&["", "wheelhouse", "dist"], &wheels)
                || has("wheels")
                || has("archive-v0")
                || pythons("lib"),
        ),
        ("Go", any(&["", "pkg/mod", "mod"], &|base| has(&join(base, "cache/download")))),
        ("Maven", any(&["", "repository", ".m2/repository"], &groups)),
        ("NuGet", any(&["", "packages", ".nuget/packages"], &descriptions)),
        ("RubyGems", any(&["", "gems"], &|base| has(&join(base, "specifications")))),
        ("Composer", has("composer/installed.json") || has("vendor/composer/installed.json")),
        ("Conda", any(&["", "pkgs"], &builds)),
    ];
    found.into_iter().filter(|(_, is)| *is).map(|(word, _)| word).collect()
}

fn join(base: &str, rest: &str) -> String {
    if base.is_empty() { rest.to_owned() } else { format!("{base}/{rest}") }
}

/// `demo.client.nuspec` in the folder of a version.
fn nuspec(id: &str) -> String {
    format!("{}.nuspec", id.rsplit('/').next().unwrap_or(id))
}
