//! Base images that an earlier run has scanned, through the program as users run it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::build::{Image, Packing, TarBuilder, layout_files, write_all};
use super::{OS_RELEASE, crate_lock};

fn layer(name: &str) -> Vec<u8> {
    TarBuilder::default()
        .file("etc/os-release", OS_RELEASE)
        .file(&format!("{name}/Cargo.lock"), &crate_lock(name))
        .end()
}

fn image(layers: &[&str], packing: Packing) -> Image {
    let layers: Vec<Vec<u8>> = layers.iter().map(|name| layer(name)).collect();
    Image::new(&layers, packing, &json!({}))
}

/// A layout of one image with a name.
fn layout(root: &Path, name: &str, image: &Image) -> String {
    let entry = image.entry(&json!({ "annotations": { "org.opencontainers.image.ref.name": name } }));
    let folder: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let folder = write_all(&root.join(folder), &layout_files(&[image], &[entry]));
    format!("oci-layout:{}", folder.display())
}

fn scan(home: &Path, target: &str, more: &[&str]) -> Value {
    let mut command = crate::cli::sovaudit();
    command.env("XDG_CACHE_HOME", home).args(["scan", target, "--format", "json", "--as-of", "2026-11-23"]).args(more);
    let output = command.output().expect("runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// What images are said to be based on.
fn bases(report: &Value) -> Vec<String> {
    let relations = report["relations"].as_array().expect("is a list").iter();
    let based = relations.filter(|relation| relation["kind"] == "based-on");
    based.map(|relation| relation["to"].as_str().expect("is text").to_owned()).collect()
}

fn records(home: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(home.join("sovaudit/images")) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("is readable").path()).collect();
    files.sort();
    files
}

#[test]
fn a_base_that_was_scanned_before_is_known() {
    let folder = TempDir::new().expect("a folder");
    let (home, root) = (folder.path().join("cache"), folder.path());
    let small = layout(root, "registry.example/small:1", &image(&["a"], Packing::Gzip));
    let base = image(&["a", "b"], Packing::Gzip);
    let base_digest = super::digest(&base.manifest);
    let base = layout(root, "registry.example/base:12", &base);
    let other = layout(root, "registry.example/other:1", &image(&["x", "a", "b"], Packing::Gzip));
    let app = layout(root, "registry.example/app:1", &image(&["a", "b", "c"], Packing::Gzip));
    for target in [&small, &other] {
        assert_eq!(bases(&scan(&home, target, &[])), Vec::<String>::new());
    }
    // the longest beginning counts
    let small_base = bases(&scan(&home, &base, &[]));
    assert!(small_base.len() == 1 && small_base[0].contains("small"), "{small_base:?}");
    let first = scan(&home, &app, &[]);
    let found = bases(&first);
    assert_eq!(found, [format!("pkg:oci/base@{base_digest}?repository_url=registry.example%2Fbase&tag=12")]);
    let component =
        first["components"].as_array().expect("is a list").iter().find(|one| one["id"] == found[0].as_str());
    let told = component.expect("is told")["attributes"]["seen-before"][0].as_str().expect("is text").to_owned();
    assert!(told.contains(" as registry.example/base:12, ") && told.ends_with("; 2 layers"), "{told}");
    // the same cache gives the same answer, and so does another order of first scans
    assert_eq!(scan(&home, &app, &[]), first);
    assert_eq!(records(&home).len(), 4);
    // nobody is based on itself, or on what is built on it
    assert_eq!(bases(&scan(&home, &base, &[])), small_base);
    assert_eq!(bases(&scan(&home, &app, &["--no-cache"])), Vec::<String>::new());
    let fresh = folder.path().join("fresh");
    scan(&fresh, &app, &["--no-cache"]);
    assert!(!fresh.exists(), "without a cache nothing is remembered");
}

#[test]
fn a_base_that_was_packed_otherwise_is_known_by_its_content() {
    let folder = TempDir::new().expect("a folder");
    let (home, root) = (folder.path().join("cache"), folder.path());
    let archive = root.join("base.tar");
    fs::write(&archive, image(&["a"], Packing::Plain).docker_archive("base:1")).expect("can be written");
    scan(&home, &archive.display().to_string(), &[]);
    let app = layout(root, "registry.example/app:1", &image(&["a", "b"], Packing::Zstd));
    let found = bases(&scan(&home, &app, &[]));
    assert_eq!(found, ["pkg:oci/base?repository_url=docker.io%2Flibrary%2Fbase&tag=1"]);
}

#[test]
fn of_several_with_the_same_layers_one_is_chosen() {
    let folder = TempDir::new().expect("a folder");
    let (home, root) = (folder.path().join("cache"), folder.path());
    let app = layout(root, "registry.example/app:1", &image(&["a", "b"], Packing::Gzip));
    for name in ["registry.example/z:1", "bare", "registry.example/b:1", "registry.example/y:1"] {
        scan(&home, &layout(root, name, &image(&["a"], Packing::Gzip)), &[]);
    }
    let found = bases(&scan(&home, &app, &[]));
    assert!(found.len() == 1 && found[0].contains("registry.example%2Fb"), "{found:?}");
}

#[test]
fn damaged_records_are_as_if_they_were_not_there() {
    let folder = TempDir::new().expect("a folder");
    let (home, root) = (folder.path().join("cache"), folder.path());
    let base = layout(root, "registry.example/base:1", &image(&["a"], Packing::Gzip));
    let app = layout(root, "registry.example/app:1", &image(&["a", "b"], Packing::Gzip));
    scan(&home, &base, &[]);
    let record = records(&home).pop().expect("was written");
    let whole = fs::read(&record).expect("is there");
    for damaged in [whole[..whole.len() / 2].to_vec(), b"\xff\xfe".to_vec(), Vec::new(), {
        let mut bytes = whole.clone();
        bytes[30] ^= 1;
        bytes
    }] {
        fs::write(&record, damaged).expect("can be written");
        assert_eq!(bases(&scan(&home, &app, &[])), Vec::<String>::new());
    }
    scan(&home, &base, &[]);
    assert_eq!(bases(&scan(&home, &app, &[])).len(), 1, "it is written anew");
}

/// An image for an architecture.
fn made_for(architecture: &str, layers: &[&str]) -> Image {
    let layers: Vec<Vec<u8>> = layers.iter().map(|name| layer(name)).collect();
    Image::for_platform(&layers, architecture)
}

#[test]
fn an_image_that_was_scanned_for_another_platform_is_no_base() {
    let folder = TempDir::new().expect("a folder");
    let (home, root) = (folder.path().join("cache"), folder.path());
    // layers of data alone are the same for every platform
    let amd = layout(root, "registry.example/base:1-amd64", &made_for("amd64", &["data"]));
    let app = layout(root, "registry.example/app:1", &made_for("arm64", &["data", "arm"]));
    scan(&home, &amd, &["--platform", "linux/amd64"]);
    assert_eq!(bases(&scan(&home, &app, &["--platform", "linux/arm64"])), Vec::<String>::new());
    // and of an image with other layers there is nothing to compare
    let other = layout(root, "registry.example/other:1", &made_for("arm64", &["b", "c"]));
    assert_eq!(bases(&scan(&home, &other, &["--platform", "linux/arm64"])), Vec::<String>::new());
    let arm = layout(root, "registry.example/base:1-arm64", &made_for("arm64", &["data"]));
    scan(&home, &arm, &["--platform", "linux/arm64"]);
    let found = bases(&scan(&home, &app, &["--platform", "linux/arm64"]));
    assert!(found.len() == 1 && found[0].contains("1-arm64"), "{found:?}");
}

#[test]
fn other_names_of_the_same_layers_are_told() {
    let folder = TempDir::new().expect("a folder");
    let (home, root) = (folder.path().join("cache"), folder.path());
    let app = layout(root, "registry.example/app:1", &image(&["a", "b", "c"], Packing::Gzip));
    for (name, layers) in [
        ("registry.example/short:1", &["a"][..]),
        ("registry.example/y:1", &["a", "b"]),
        ("registry.example/b:1", &["a", "b"]),
    ] {
        scan(&home, &layout(root, name, &image(layers, Packing::Gzip)), &[]);
    }
    let report = scan(&home, &app, &[]);
    let found = bases(&report);
    assert!(found.len() == 1 && found[0].contains("registry.example%2Fb"), "{found:?}");
    let component =
        report["components"].as_array().expect("is a list").iter().find(|one| one["id"] == found[0].as_str());
    let told = component.expect("is told")["attributes"]["seen-before"].to_string();
    assert!(told.contains("with the same layers also as registry.example/y:1\""), "{told}");
    assert!(!told.contains("short"), "those with fewer layers are bases of the base: {told}");
}
