//! Package caches that a user points at: who publishes what was found.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::model::{Basis, ComponentId, ComponentKind, Evidence, Fact, FactRef, Inventory, Place, key, purl};
use sovaudit::scan::package::cache::{consult, recognised};
use sovaudit::source::Limits;
use sovaudit::source::package_cache::PackageCache;
use sovaudit::text::RelPath;

use crate::cli::{root, sovaudit};

/// An inventory of packages: ecosystem, name, version.
fn inventory(packages: &[(&str, &str, &str)]) -> Inventory {
    let mut inventory = Inventory::default();
    let path = RelPath::new("lock").expect("is a path");
    let place = Place { path, region: None, excerpt: None, layer: None };
    let seen = || Evidence::observed(&place, "test", Basis::Resolved);
    for (ecosystem, name, version) in packages {
        let id = purl::of(ecosystem, name, Some(version));
        inventory.add(Fact::Component { id: id.clone(), kind: ComponentKind::Package }, seen());
        for (key, value) in [(key::ECOSYSTEM, ecosystem), (key::NAME, name), (key::VERSION, version)] {
            inventory.add(Fact::Attribute { of: id.clone(), key, value: Arc::from(*value) }, seen());
        }
    }
    inventory
}

fn ask(cache: &Path, packages: &[(&str, &str, &str)]) -> Inventory {
    let cache = PackageCache::open(cache).expect("is a folder");
    consult(inventory(packages), &[cache], &Limits::default())
}

fn fixture(name: &str) -> PathBuf {
    root().join("fixtures/package-cache").join(name)
}

/// Values of an attribute that a cache gave, and the file that says them.
fn told(inventory: &Inventory, id: &ComponentId, wanted: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (fact, evidence) in inventory.facts() {
        let FactRef::Attribute { of, key, value } = fact else { continue };
        if of != id || key != wanted {
            continue;
        }
        for one in evidence {
            let Some(seen) = one.sighting().filter(|seen| seen.scanner() == "package-cache") else { continue };
            assert_eq!(seen.basis(), Basis::Inferred, "{fact:?}");
            assert!(seen.path().as_str().starts_with("package-cache:"), "{}", seen.path());
            found.insert(value.to_string());
        }
    }
    found
}

#[test]
fn every_sort_of_cache_answers() {
    let (jane, wei) = ("Jane Doe", "Wei");
    for (cache, package, keys, authors) in [
        (
            "cargo",
            ("cargo", "demo", "1.2.3"),
            ["github:mailru", "mail:corp.example"].as_slice(),
            [jane, wei].as_slice(),
        ),
        ("go", ("golang", "example.org/Team/lib", "v1.4.0"), &["github:mailru"], &[]),
        (
            "m2",
            ("maven", "org.example.app:lib", "2.0"),
            &["github:mailru", "mail:corp.example"],
            &["Corp", "Example Foundation", jane],
        ),
        ("nuget", ("nuget", "Demo.Client", "3.1.0"), &["github:mailru", "gitlab:corp"], &["Corp", jane]),
        ("gems", ("gem", "demo", "0.9.0"), &["github:mailru", "mail:corp.example"], &[]),
        (
            "python",
            ("pypi", "demo-lib", "4.0"),
            &["github:mailru", "mail:corp.example", "mail:other.example"],
            &[jane, wei],
        ),
        (
            "npm",
            ("npm", "@corp/ui", "2.0.0"),
            &["github:mailru", "mail:corp.example", "mail:other.example"],
            &[jane, wei],
        ),
        ("composer", ("composer", "corp/log", "3.0.1"), &["github:mailru", "mail:corp.example"], &[jane]),
        ("conda", ("conda", "demo-data", "1.0.5"), &["github:mailru"], &[]),
    ] {
        let (ecosystem, name, version) = package;
        let id = purl::of(ecosystem, name, Some(version));
        let found = ask(&fixture(cache), &[package]);
        let set = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(told(&found, &id, key::IDENTITY), set(keys), "{cache}");
        assert_eq!(told(&found, &id, key::AUTHOR), set(authors), "{cache}");
        assert_eq!(told(&found, &id, key::PACKAGE_CACHE).len(), 1, "{cache}");
        assert!(found.diagnostics.is_empty(), "{cache}: {:?}", found.diagnostics);
    }
}

/// A wheel with these files in it.
fn wheel(at: &Path, files: &[(&str, &str)]) {
    let mut wheel = zip::ZipWriter::new(fs::File::create(at).expect("creates"));
    for (name, text) in files {
        wheel.start_file(*name, zip::write::SimpleFileOptions::default()).expect("starts");
        wheel.write_all(text.as_bytes()).expect("writes");
    }
    wheel.finish().expect("ends");
}

/// A source archive with these files in it.
fn source_archive(at: &Path, files: &[(&str, &str)]) {
    let packed = flate2::write::GzEncoder::new(fs::File::create(at).expect("creates"), flate2::Compression::fast());
    let mut archive = tar::Builder::new(packed);
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append_data(&mut header, name, text.as_bytes()).expect("appends");
    }
    archive.into_inner().expect("ends").finish().expect("ends");
}

/// What `pip download` leaves in a folder, what uv and pip keep: the metadata is read out of what is packed.
#[test]
fn packed_distributions_tell_who_made_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let metadata = |name: &str, more: &str| format!("Metadata-Version: 2.4\nName: {name}\nVersion: 4.0\n{more}\n");
    let source = metadata("Demo.Lib", "Project-URL: Source, https://github.com/mailru/demo-lib\n");
    let at = |path: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("has a folder")).expect("creates");
        path
    };
    wheel(
        &at("demo_lib-4.0-py3-none-any.whl"),
        &[
            ("demo_lib/METADATA", "Project-URL: Source, https://github.com/no/no"),
            ("demo_lib-4.0.dist-info/METADATA", &source),
        ],
    );
    // the tracker tells the account where nothing else does, and only then
    let tracker = metadata("plain", "Project-URL: Issue Tracker, https://github.com/yandex/plain/issues\n");
    source_archive(
        &at("plain-4.0.tar.gz"),
        &[
            ("plain-4.0/src/x.egg-info/PKG-INFO", "Home-page: https://github.com/no/no"),
            ("plain-4.0/PKG-INFO", &tracker),
        ],
    );
    let both = metadata("both", "Home-page: https://gitlab.com/corp/both\nDownload-URL: https://github.com/no/no\n");
    fs::write(at("archive-v0/AbC/both-4.0.dist-info/METADATA"), both).expect("writes");
    wheel(
        &at("wheels/0a/1b/2c/3d/built-4.0-py3-none-any.whl"),
        &[("built-4.0.dist-info/METADATA", &metadata("built", "Author-email: A <a@corp.example>"))],
    );
    fs::write(at("broken-4.0-py3-none-any.whl"), "PK\u{3}\u{4}").expect("writes");
    wheel(&at("empty-4.0-py3-none-any.whl"), &[("empty/__init__.py", "")]);
    let known = recognised(&PackageCache::open(folder.path()).expect("is a folder"));
    assert_eq!(known, ["Python"]);
    let names = ["demo-lib", "plain", "both", "built", "broken", "empty"];
    let found = ask(folder.path(), &names.map(|name| ("pypi", name, "4.0")));
    for (name, keys) in [
        ("demo-lib", ["github:mailru"].as_slice()),
        ("plain", &["github:yandex"]),
        ("both", &["gitlab:corp"]),
        ("built", &["mail:corp.example"]),
        ("broken", &[]),
        ("empty", &[]),
    ] {
        let told = told(&found, &purl::of("pypi", name, Some("4.0")), key::IDENTITY);
        assert_eq!(told.iter().collect::<Vec<_>>(), keys, "{name}");
    }
    let place = told(&found, &purl::of("pypi", "demo-lib", Some("4.0")), key::PACKAGE_CACHE);
    let place: Vec<String> = place.into_iter().collect();
    assert_eq!(place, ["package-cache:demo_lib-4.0-py3-none-any.whl/demo_lib-4.0.dist-info/METADATA"]);
    let told: Vec<&str> = found.diagnostics.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(told, ["package-cache:broken-4.0-py3-none-any.whl"]);
}

#[test]
fn caches_are_known_for_what_they_are() {
    let sorts = ["cargo", "go", "m2", "nuget", "gems", "python", "npm", "composer", "conda", "tree"]
        .map(|name| recognised(&PackageCache::open(&fixture(name)).expect("is a folder")).join(" "));
    let wanted = ["Cargo", "Go", "Maven", "NuGet", "RubyGems", "Python", "npm", "Composer", "Conda", ""];
    assert_eq!(sorts, wanted);
}

#[test]
fn folders_inside_of_a_cache_are_caches_too() {
    let host = "cargo/registry/src/index.crates.io-0000000000000000";
    for folder in ["cargo", "cargo/registry", "cargo/registry/src", host] {
        let found = ask(&fixture(folder), &[("cargo", "demo", "1.2.3")]);
        assert!(!told(&found, &purl::of("cargo", "demo", Some("1.2.3")), key::SOURCE).is_empty(), "{folder}");
    }
    for (folder, package) in [
        ("m2/repository", ("maven", "org.example.app:lib", "2.0")),
        ("nuget/packages", ("nuget", "demo.client", "3.1.0")),
        ("npm/node_modules", ("npm", "@corp/ui", "2.0.0")),
        ("python/lib/python3.13/site-packages", ("pypi", "Demo.Lib", "4.0")),
        ("go/pkg/mod", ("golang", "example.org/Team/lib", "v1.4.0")),
        ("composer/vendor", ("composer", "corp/log", "v3.0.1")),
        ("conda/pkgs", ("conda", "demo-data", "1.0.5")),
    ] {
        let found = ask(&fixture(folder), &[package]);
        assert!(!told(&found, &purl::of(package.0, package.1, Some(package.2)), key::IDENTITY).is_empty(), "{folder}");
    }
}

#[test]
fn other_versions_and_unknown_names_stay_unknown() {
    let packages =
        [("npm", "@corp/ui", "2.0.1"), ("npm", "absent", "1.0.0"), ("cargo", "demo", "1.2.4"), ("deb", "x", "1")];
    for cache in ["npm", "cargo"] {
        let asked = inventory(&packages);
        assert_eq!(
            ask(&fixture(cache), &packages).facts().collect::<Vec<_>>(),
            asked.facts().collect::<Vec<_>>(),
            "{cache}"
        );
    }
    // the hoisted version is another one; pnpm's store holds the right one
    let id = purl::of("npm", "other", Some("1.0.0"));
    let found = ask(&fixture("npm"), &[("npm", "other", "1.0.0")]);
    assert_eq!(told(&found, &id, key::SOURCE), BTreeSet::from(["github:mailru/other-one".to_owned()]));
    assert!(PackageCache::open(&fixture("nowhere")).is_err());
    assert!(PackageCache::open(&fixture("README.md")).is_err());
}

#[test]
fn broken_and_hostile_caches_do_no_harm() {
    let found = ask(&fixture("cargo"), &[("cargo", "broken", "1.0.0"), ("cargo", "demo", "1.2.3")]);
    let broken: Vec<&str> = found.diagnostics.iter().map(|problem| problem.path.as_str()).collect();
    assert!(!broken.is_empty() && broken.iter().all(|path| path.ends_with("broken-1.0.0/Cargo.toml")), "{broken:?}");
    assert!(!told(&found, &purl::of("cargo", "demo", Some("1.2.3")), key::SOURCE).is_empty());
    let folder = tempfile::tempdir().expect("a folder");
    let (cache, outside) = (folder.path().join("cache"), folder.path().join("outside"));
    fs::create_dir_all(cache.join("node_modules")).expect("creates");
    fs::create_dir_all(&outside).expect("creates");
    let manifest = r#"{"name":"x","version":"1.0.0","repository":"mailru/x"}"#;
    fs::write(outside.join("package.json"), manifest).expect("writes");
    let names = ["../../outside", "..", "/etc", "x\\..\\y", "C:x", "."];
    let packages: Vec<(&str, &str, &str)> = names.iter().map(|name| ("npm", *name, "1.0.0")).collect();
    let asked = inventory(&packages);
    assert_eq!(ask(&cache, &packages).facts().collect::<Vec<_>>(), asked.facts().collect::<Vec<_>>());
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&outside, cache.join("node_modules/x")).expect("links");
        let found = ask(&cache, &[("npm", "x", "1.0.0")]);
        assert!(found.facts().eq(inventory(&[("npm", "x", "1.0.0")]).facts()));
        assert_eq!(found.diagnostics.iter().map(|problem| problem.kind).collect::<Vec<_>>(), [DiagnosticKind::Link]);
    }
}

fn scan(arguments: &[&str], folder: &Path) -> (i32, String, String) {
    let fixed = ["--as-of", "2026-11-23", "--fail-on", "none", "--format", "json"];
    let output = sovaudit().arg("scan").args(arguments).args(fixed).current_dir(folder).output().expect("runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// Owner and metadata file of the one package of the tree.
fn package(report: &str) -> (String, String) {
    let report: Value = serde_json::from_str(report).expect("is JSON");
    let rows = report["components"].as_array().expect("components");
    let row = rows.iter().find(|row| row["id"] == "pkg:cargo/demo@1.2.3").expect("is there");
    let value = |key: &str| row["attributes"][key][0].as_str().unwrap_or("").to_owned();
    (value("owner"), value("package-cache"))
}

#[test]
fn the_command_takes_caches() {
    let tree = fixture("tree");
    let (code, out, error) = scan(&["."], &tree);
    assert_eq!((code, package(&out)), (0, ("unknown".to_owned(), String::new())), "{error}");
    let (_, out, _) = scan(&[".", "--package-cache", "../npm", "--package-cache", "../cargo"], &tree);
    let file = "package-cache:registry/src/index.crates.io-0000000000000000/demo-1.2.3/Cargo.toml";
    assert_eq!(package(&out), ("known".to_owned(), file.to_owned()));
    let (code, _, error) = scan(&[".", "--package-cache", "nowhere"], &tree);
    assert_eq!(code, 2);
    assert!(error.contains("cannot open the package cache `nowhere`"), "{error}");
    let (_, _, error) = scan(&[".", "--package-cache", "../cargo"], &tree);
    assert!(error.contains("the package cache `../cargo` is read as that of Cargo"), "{error}");
    let (code, out, error) = scan(&[".", "--package-cache", ".", "--strict"], &tree);
    assert!(code == 3 && out.contains("nothing in the package cache `.` is known"), "{error}{out}");
}

#[test]
fn a_scanned_folder_names_caches_of_its_own_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = |from: PathBuf, to: &str| {
        let to = folder.path().join(to);
        fs::create_dir_all(to.parent().expect("has a folder")).expect("creates");
        fs::copy(from, to).expect("copies");
    };
    copy(fixture("tree/Cargo.lock"), "Cargo.lock");
    let manifest = "registry/src/index.crates.io-0000000000000000/demo-1.2.3/Cargo.toml";
    copy(fixture("cargo").join(manifest), &format!("deps/{manifest}"));
    let config = |text: &str| fs::write(folder.path().join("sovaudit.toml"), text).expect("writes");
    config("package-caches = [\"deps\"]\n");
    let (_, out, error) = scan(&["."], folder.path());
    assert_eq!(package(&out).0, "known", "{error}");
    config("package-caches = [\"../other\"]\n");
    let (code, _, error) = scan(&["."], folder.path());
    assert_eq!(code, 2);
    assert!(error.contains("lies outside the scanned folder; give it with --package-cache"), "{error}");
}
