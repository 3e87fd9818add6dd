//! The cache of layers, through the program as users run it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::build::{Image, Packing, TarBuilder, digest, write_all};
use super::{crate_lock, two_layers};

fn layout(root: &Path) -> (String, Image) {
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    let folder = write_all(&root.join("layout"), &image.layout_files());
    (format!("oci-layout:{}", folder.display()), image)
}

fn scan(home: &Path, target: &str, more: &[&str]) -> (Option<Value>, String) {
    let mut command = crate::cli::sovaudit();
    command.env("XDG_CACHE_HOME", home).args(["scan", target, "--format", "json", "--as-of", "2026-11-23"]).args(more);
    let output = command.output().expect("runs");
    (serde_json::from_slice(&output.stdout).ok(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn stored(home: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(home.join("sovaudit/layers")) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("is readable").path()).collect();
    files.sort();
    files
}

#[test]
fn what_was_read_once_is_not_read_again() {
    let folder = TempDir::new().expect("a folder");
    let home = folder.path().join("cache");
    let (target, image) = layout(folder.path());
    let (first, _) = scan(&home, &target, &[]);
    assert!(first.is_some());
    assert_eq!(stored(&home).len(), 2);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(home.join("sovaudit/layers")).expect("is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "for its user alone");
    }
    // the layers can be gone: nobody asks for them
    for layer in &image.layers {
        fs::remove_file(folder.path().join("layout/blobs").join(digest(layer).replace(':', "/"))).expect("was there");
    }
    assert_eq!(scan(&home, &target, &[]).0, first);
    let (none, error) = scan(&home, &target, &["--no-cache"]);
    assert!(none.is_none() && error.contains("is missing in the image layout"), "{error}");
    // other limits are another question
    let (none, error) = scan(&home, &target, &["--image-limit", "ratio=7"]);
    assert!(none.is_none() && error.contains("is missing in the image layout"), "{error}");
    // so are other excludes
    let (none, _) = scan(&home, &target, &["--exclude", "app/**"]);
    assert!(none.is_none());
}

#[test]
fn without_a_cache_nothing_is_written() {
    let folder = TempDir::new().expect("a folder");
    let home = folder.path().join("cache");
    let (target, _) = layout(folder.path());
    for option in ["--no-cache", "--image-limit=cache-bytes=0"] {
        assert!(scan(&home, &target, &[option]).0.is_some());
        assert!(!home.exists(), "{option}");
    }
    // a place that cannot be written is no reason to fail
    fs::write(&home, b"a file").expect("can be written");
    assert!(scan(&home, &target, &[]).0.is_some());
}

#[test]
fn damage_in_the_cache_changes_nothing() {
    let folder = TempDir::new().expect("a folder");
    let home = folder.path().join("cache");
    let (target, _) = layout(folder.path());
    let (first, _) = scan(&home, &target, &[]);
    for file in stored(&home) {
        let mut bytes = fs::read(&file).expect("is there");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&file, &bytes).expect("can be written");
    }
    assert_eq!(scan(&home, &target, &[]).0, first);
    for file in stored(&home) {
        fs::write(&file, b"").expect("can be written");
    }
    assert_eq!(scan(&home, &target, &[]).0, first);
    assert_eq!(stored(&home).len(), 2, "what was damaged is written anew");
}

#[test]
fn a_layer_that_is_not_whole_is_read_anew_each_time() {
    let folder = TempDir::new().expect("a folder");
    let home = folder.path().join("cache");
    let good = TarBuilder::default().file("kept/Cargo.lock", &crate_lock("kept")).end();
    let image = Image::of_stored(vec![good, vec![7; 4096]]);
    let root = write_all(&folder.path().join("layout"), &image.layout_files());
    let target = format!("oci-layout:{}", root.display());
    let (first, _) = scan(&home, &target, &[]);
    assert_eq!(stored(&home).len(), 1);
    assert_eq!(scan(&home, &target, &[]).0, first);
}

#[test]
fn runs_at_the_same_time_and_killed_ones_do_no_harm() {
    let folder = TempDir::new().expect("a folder");
    let home = folder.path().join("cache");
    let (target, _) = layout(folder.path());
    let (wanted, _) = scan(&folder.path().join("other"), &target, &[]);
    let start = || -> Child {
        let program = assert_cmd::cargo::cargo_bin("sovaudit");
        #[expect(clippy::disallowed_methods, reason = "the program itself")]
        let mut command = std::process::Command::new(program);
        command.env_clear().env("XDG_CACHE_HOME", &home).args(["scan", &target]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts")
    };
    for round in 0..4 {
        let _ = fs::remove_dir_all(&home);
        let mut running: Vec<Child> = (0..4).map(|_| start()).collect();
        thread::sleep(Duration::from_millis(round * 40));
        running.iter_mut().take(2).for_each(|child| child.kill().expect("is ours"));
        for child in &mut running {
            child.wait().expect("ends");
        }
        assert_eq!(scan(&home, &target, &[]).0, wanted, "round {round}");
        let whole = stored(&home).iter().filter(|file| file.extension().is_some_and(|end| end == "layer")).count();
        assert_eq!(whole, 2, "round {round}");
    }
}

#[test]
fn limits_are_reached_alike_with_and_without_a_cache() {
    let folder = TempDir::new().expect("a folder");
    let home = folder.path().join("cache");
    let layer = |name: &str| {
        let tar = (0..9).fold(TarBuilder::default(), |tar, _| tar.file(&format!("{name}/x"), b"x"));
        tar.file(&format!("{name}/Cargo.lock"), &crate_lock(name)).end()
    };
    let image = Image::new(&[layer("a"), layer("b")], Packing::Gzip, &json!({}));
    let root = write_all(&folder.path().join("layout"), &image.layout_files());
    let target = format!("oci-layout:{}", root.display());
    for limit in ["image-entries=12", "image-entries=18", "kept-files=1"] {
        let (cold, _) = scan(&home, &target, &["--image-limit", limit]);
        assert!(cold.is_some());
        assert_eq!(scan(&home, &target, &["--image-limit", limit]).0, cold, "{limit}");
    }
}
