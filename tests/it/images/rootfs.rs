//! Root file systems that lie unpacked in a folder.

use std::fs;
use std::path::Path;

use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::model::Inventory;
use sovaudit::scan::Options;
use sovaudit::target::{Target, scan_rootfs};
use tempfile::TempDir;

use super::build::write_all;
use super::{CATALOG, DPKG, MUSL, OS_RELEASE, contained, crate_lock, problems, set};

fn tree(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let files: Vec<(String, Vec<u8>)> =
        files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect();
    write_all(folder.path(), &files);
    folder
}

fn scanned(root: &Path) -> Inventory {
    scan_rootfs(root, &CATALOG, &Options::default()).expect("is readable")
}

#[test]
fn a_folder_with_a_system_in_it_is_an_image() {
    let folder = tree(&[
        ("etc/os-release", OS_RELEASE),
        ("lib/apk/db/installed", MUSL.as_bytes()),
        ("app/Cargo.lock", &crate_lock("own")),
        ("usr/share/doc/x/Cargo.lock", &crate_lock("documented")),
        ("proc/1/Cargo.lock", &crate_lock("of-the-kernel")),
    ]);
    let target = Target::parse(&folder.path().to_string_lossy()).expect("is a target");
    assert!(matches!(target, Target::RootFs(_)), "{target:?}");
    let inventory = scanned(folder.path());
    assert_eq!(
        contained(&inventory),
        set(&["pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.1", "pkg:cargo/own@1.0.0"])
    );
    assert_eq!(problems(&inventory), []);
    // a database alone, or a name alone, is no system
    for files in [[("etc/os-release", OS_RELEASE)], [("var/lib/dpkg/status", DPKG)]] {
        let folder = tree(&files);
        let target = Target::parse(&folder.path().to_string_lossy()).expect("is a target");
        assert!(matches!(target, Target::Directory(_)), "{target:?}");
        let named = Target::parse(&format!("rootfs:{}", folder.path().display())).expect("is a target");
        assert!(matches!(named, Target::RootFs(_)), "{named:?}");
    }
}

#[cfg(unix)]
#[test]
fn nothing_outside_of_the_folder_is_read() {
    use std::os::unix::fs::symlink;
    let outside = tree(&[("Cargo.lock", &crate_lock("outside")), ("deep/Cargo.lock", &crate_lock("deep"))]);
    let folder = tree(&[("usr/lib/os-release", OS_RELEASE), ("var/lib/dpkg/status", DPKG)]);
    let root = folder.path();
    fs::create_dir_all(root.join("app")).expect("a folder");
    fs::create_dir_all(root.join("etc")).expect("a folder");
    symlink(outside.path().join("Cargo.lock"), root.join("app/Cargo.lock")).expect("a link");
    symlink(outside.path(), root.join("linked")).expect("a link");
    symlink("../usr/lib/os-release", root.join("etc/os-release")).expect("a link");
    symlink(".", root.join("round")).expect("a link");
    let target = Target::parse(&root.to_string_lossy()).expect("is a target");
    assert!(matches!(target, Target::RootFs(_)), "a link tells the system as well: {target:?}");
    let inventory = scanned(root);
    assert_eq!(contained(&inventory), set(&["pkg:deb/alpine/zlib1g@1:1.3?arch=amd64&distro=alpine-3.20.1"]));
    let found = problems(&inventory);
    let [(DiagnosticKind::Unreadable, text)] = found.as_slice() else { panic!("{found:#?}") };
    assert!(text.contains("symbolic link to"), "{text}");
}
