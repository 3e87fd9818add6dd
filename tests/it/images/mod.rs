//! Image targets: layouts, archives and registries, well-formed and hostile.

mod attached;
mod bases;
mod brought;
mod build;
mod cache;
mod content;
mod docs;
mod hostile;
mod inside;
mod makers;
mod mutated;
mod readers;
#[cfg(feature = "registry")]
mod real;
#[cfg(feature = "registry")]
mod registry;
mod rootfs;
mod rpm;
mod stacked;
mod told;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::json;
use sovaudit::catalog::Catalog;
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::model::{Evidence, FactRef, Inventory, RelationKind};
use sovaudit::scan::{Options, scan_files};
use sovaudit::source::image::{ImageOptions, ImageTarget};
use sovaudit::source::image_manifest::Platform;
use sovaudit::target::{Target, scan_image};
use sovaudit::text::RelPath;
use tempfile::TempDir;

use build::{Image, Packing, TarBuilder, digest, gzip, layout_files, pack, write_all};

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);

const OS_RELEASE: &[u8] = b"NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.20.1\n";
const MUSL: &str = "P:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\nm:Some One <one@alpine.example>\n\n";
const BUSYBOX: &str = "P:busybox\nV:1.36.1-r29\nA:x86_64\n\n";
const DPKG: &[u8] = b"Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:1.3\n\n";

fn crate_lock(name: &str) -> Vec<u8> {
    format!(
        "version = 4\n\n[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n"
    )
    .into_bytes()
}

fn scan(target: &ImageTarget, options: &Options) -> anyhow::Result<Inventory> {
    scan_image(target, &CATALOG, options, &ImageOptions::default())
}

fn scan_layout(image: &Image, options: &Options) -> anyhow::Result<Inventory> {
    let folder = TempDir::new().expect("a folder");
    let root = write_all(folder.path(), &image.layout_files());
    scan(&ImageTarget::OciLayout(root), options)
}

fn scan_archive(bytes: &[u8], options: &Options) -> anyhow::Result<Inventory> {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("image.tar");
    fs::write(&path, bytes).expect("a file");
    scan(&ImageTarget::Archive(path), options)
}

/// What the image contains, without the id of the image.
fn contained(inventory: &Inventory) -> BTreeSet<String> {
    inventory
        .facts()
        .filter_map(|(fact, _)| match fact {
            FactRef::Relation { from, kind: RelationKind::Contains, to, .. } => {
                assert!(from.as_str().starts_with("pkg:oci/"), "`{from}` is no image");
                Some(to.to_string())
            }
            _ => None,
        })
        .collect()
}

fn set(values: &[&str]) -> BTreeSet<String> {
    values.iter().map(|text| (*text).to_owned()).collect()
}

fn attribute(inventory: &Inventory, wanted: &str) -> BTreeSet<String> {
    inventory
        .facts()
        .filter_map(|(fact, _)| match fact {
            FactRef::Attribute { of, key, value } if key == wanted && of.as_str().starts_with("pkg:oci/") => {
                Some(value.to_string())
            }
            _ => None,
        })
        .collect()
}

fn problems(inventory: &Inventory) -> Vec<(DiagnosticKind, String)> {
    inventory.diagnostics.iter().map(|problem| (problem.kind, problem.message.clone())).collect()
}

fn two_layers() -> Vec<Vec<u8>> {
    let bottom = TarBuilder::default()
        .file("./etc/os-release", OS_RELEASE)
        .file("lib/apk/db/installed", MUSL.as_bytes())
        .file("app/Cargo.lock", &crate_lock("gone"))
        .file("srv/a/Cargo.lock", &crate_lock("covered"))
        .file("srv/a/b/Cargo.lock", &crate_lock("covered-deeper"))
        .file("old/deep/Cargo.lock", &crate_lock("in-removed-folder"))
        .file("linked/Cargo.lock", &crate_lock("under-a-link"))
        .file("kept/Cargo.lock", &crate_lock("kept"))
        .end();
    let top = TarBuilder::default()
        .file("lib/apk/db/installed", format!("{MUSL}{BUSYBOX}").as_bytes())
        .file("app/.wh.Cargo.lock", b"")
        .file("srv/a/Cargo.lock", &crate_lock("new"))
        .file("srv/a/.wh..wh..opq", b"")
        .file(".wh.old", b"")
        .symlink("linked", "elsewhere")
        .end();
    vec![bottom, top]
}

fn expected() -> BTreeSet<String> {
    set(&[
        "pkg:apk/alpine/busybox@1.36.1-r29?arch=x86_64&distro=alpine-3.20.1",
        "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.1",
        "pkg:cargo/kept@1.0.0",
        "pkg:cargo/new@1.0.0",
    ])
}

#[test]
fn upper_layers_win_in_every_form_of_image() {
    for packing in [Packing::Plain, Packing::Gzip, Packing::Zstd] {
        let image = Image::new(&two_layers(), packing, &json!({}));
        let inventory = scan_layout(&image, &Options::default()).expect("is readable");
        assert_eq!(contained(&inventory), expected(), "{packing:?}");
        assert_eq!(problems(&inventory), [], "{packing:?}");
    }
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    let archive = image.docker_archive("registry.example/team/app:1.0");
    for bytes in [archive.clone(), gzip(&archive), pack(&archive, Packing::Zstd)] {
        let inventory = scan_archive(&bytes, &Options::default()).expect("is readable");
        assert_eq!(contained(&inventory), expected());
        assert_eq!(problems(&inventory), []);
        assert_eq!(attribute(&inventory, "name"), set(&["registry.example/team/app:1.0"]));
    }
    let files = image.layout_files();
    let layout = files.iter().fold(TarBuilder::default(), |tar, (path, bytes)| tar.file(path, bytes)).end();
    for bytes in [layout.clone(), gzip(&layout)] {
        let inventory = scan_archive(&bytes, &Options::default()).expect("is readable");
        assert_eq!(contained(&inventory), expected());
    }
}

#[test]
fn evidence_names_the_layer_that_holds_the_file() {
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    let inventory = scan_layout(&image, &Options::default()).expect("is readable");
    let layer_of = |name: &str| {
        let evidence = inventory.facts().find_map(|(fact, evidence)| match fact {
            FactRef::Component { id, .. } if id.as_str().contains(name) => evidence.iter().next(),
            _ => None,
        });
        match evidence {
            Some(Evidence::Observed(seen)) => {
                let place = seen.place();
                (place.layer.as_deref().map(str::to_owned), place.path.to_string())
            }
            other => panic!("no evidence for {name}: {other:?}"),
        }
    };
    assert_eq!(layer_of("apk/alpine/musl"), (Some(digest(&image.layers[1])), "lib/apk/db/installed".to_owned()));
    assert_eq!(layer_of("cargo/kept"), (Some(digest(&image.layers[0])), "kept/Cargo.lock".to_owned()));
    assert_eq!(attribute(&inventory, "distribution"), set(&["alpine"]));
}

#[test]
fn content_that_differs_from_its_digest_is_refused() {
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    for (number, (name, bytes)) in image.blobs().into_iter().enumerate() {
        let folder = TempDir::new().expect("a folder");
        let root = write_all(folder.path(), &image.layout_files());
        let mut changed = bytes.to_vec();
        let last = changed.len() - 1;
        changed[last] ^= 1;
        fs::write(root.join("blobs").join(name.replace(':', "/")), changed).expect("a file");
        let error = scan(&ImageTarget::OciLayout(root), &Options::default()).expect_err("is damaged");
        assert!(format!("{error:#}").contains("damaged or forged"), "blob {number}: {error:#}");
    }
    let mut archive = Image::new(&two_layers(), Packing::Plain, &json!({}));
    archive.unpacked[0] = TarBuilder::default().file("kept/Cargo.lock", &crate_lock("other")).end();
    let error = scan_archive(&archive.docker_archive("a/b:1"), &Options::default()).expect_err("is forged");
    assert!(format!("{error:#}").contains("damaged or forged"), "{error:#}");
}

#[test]
fn missing_parts_say_what_is_missing() {
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    let folder = TempDir::new().expect("a folder");
    let root = write_all(folder.path(), &image.layout_files());
    fs::remove_file(root.join("blobs").join(digest(&image.layers[0]).replace(':', "/"))).expect("was there");
    let error = scan(&ImageTarget::OciLayout(root), &Options::default()).expect_err("is incomplete");
    assert!(format!("{error:#}").contains("is missing in the image layout"), "{error:#}");
    let error = scan_archive(&TarBuilder::default().file("a", b"b").end(), &Options::default()).expect_err("no image");
    assert!(format!("{error:#}").contains("no image"), "{error:#}");
}

#[test]
fn hostile_entries_are_skipped_and_the_rest_is_read() {
    let layer = TarBuilder::default()
        .file("../../etc/os-release", b"ID=evil\n")
        .file("/etc/os-release", OS_RELEASE)
        .file("a/../../b/Cargo.lock", &crate_lock("outside"))
        .pax_named("hidden/Cargo.lock", &crate_lock("under-a-giant-header"), 3 << 20)
        .long_named(&format!("{}/Cargo.lock", "x".repeat(5_000)), &crate_lock("overlong"))
        .long_named(&format!("{}/Cargo.lock", "y".repeat(150)), &crate_lock("long"))
        .pax_named("pax/Cargo.lock", &crate_lock("pax"), 10)
        .file(".wh..", b"")
        .file(".wh.", b"")
        .hard_link("hard/Cargo.lock", "pax/Cargo.lock")
        .hard_link("loose/Cargo.lock", "nowhere")
        .file("var/lib/dpkg/status", DPKG)
        .end();
    let image = Image::new(&[layer], Packing::Gzip, &json!({}));
    let inventory = scan_layout(&image, &Options::default()).expect("is readable");
    assert_eq!(
        contained(&inventory),
        set(&[
            "pkg:cargo/long@1.0.0",
            "pkg:cargo/pax@1.0.0",
            "pkg:deb/alpine/zlib1g@1:1.3?arch=amd64&distro=alpine-3.20.1"
        ])
    );
    let found = problems(&inventory);
    let count = |kind, word: &str| found.iter().filter(|(k, text)| *k == kind && text.contains(word)).count();
    assert_eq!(count(DiagnosticKind::Malformed, "leaves the image"), 2, "{found:#?}");
    assert_eq!(count(DiagnosticKind::LimitReached, "overlong path or header"), 2, "{found:#?}");
    assert_eq!(count(DiagnosticKind::Unsupported, "hard link"), 1, "{found:#?}");
    assert_eq!(count(DiagnosticKind::Malformed, "names no file"), 2, "{found:#?}");
    assert!(found.iter().all(|(_, text)| text.contains(&digest(&image.layers[0]))), "{found:#?}");
    assert_eq!(count(DiagnosticKind::Conflict, "absolute path"), 1, "{found:#?}");
    assert_eq!(found.len(), 8, "{found:#?}");
}

#[test]
fn archive_bombs_stop_and_say_so() {
    let bomb = |packing| {
        let layer = TarBuilder::default()
            .file("before/Cargo.lock", &crate_lock("before"))
            .file("zeros", &vec![0; 6 << 20])
            .file("after/Cargo.lock", &crate_lock("after"))
            .end();
        Image::new(&[layer], packing, &json!({}))
    };
    let mut options = Options::default();
    options.limits.ratio_after = 1 << 20;
    for packing in [Packing::Gzip, Packing::Zstd] {
        let inventory = scan_layout(&bomb(packing), &options).expect("the image itself is fine");
        assert_eq!(contained(&inventory), set(&["pkg:cargo/before@1.0.0"]), "{packing:?}");
        let found = problems(&inventory);
        assert!(
            matches!(found.as_slice(), [(DiagnosticKind::LimitReached, text)] if text.contains("200 times its size")),
            "{packing:?} {found:#?}"
        );
    }
    let mut options = Options::default();
    options.limits.archive_bytes = 2 << 20;
    let inventory = scan_layout(&bomb(Packing::Gzip), &options).expect("the image itself is fine");
    assert!(
        problems(&inventory)
            .iter()
            .any(|(kind, text)| *kind == DiagnosticKind::LimitReached && text.contains("bytes after"))
    );
    let mut options = Options::default();
    options.limits.entries = 2;
    let inventory = scan_layout(&bomb(Packing::Gzip), &options).expect("the image itself is fine");
    assert!(problems(&inventory).iter().any(|(_, text)| text.contains("more than 2 entries")));
    assert_eq!(contained(&inventory), set(&["pkg:cargo/before@1.0.0"]));
}

#[test]
fn a_file_over_its_limit_hides_the_older_version() {
    let bottom = TarBuilder::default().file("app/Cargo.lock", &crate_lock("older")).end();
    let top = TarBuilder::default().file("app/Cargo.lock", &[crate_lock("newer"), vec![b'#'; 5_000]].concat()).end();
    let image = Image::new(&[bottom, top], Packing::Plain, &json!({}));
    let mut options = Options::default();
    options.limits.large_file_bytes = 4_000;
    let inventory = scan_layout(&image, &options).expect("is readable");
    assert_eq!(contained(&inventory), set(&[]));
    assert!(problems(&inventory).iter().any(|(kind, _)| *kind == DiagnosticKind::LimitReached));
    let mut options = Options::default();
    options.limits.image_bytes = 100;
    let inventory = scan_layout(&image, &options).expect("is readable");
    assert!(problems(&inventory).iter().any(|(_, text)| text.contains("per image")));
}

#[test]
fn damaged_layers_with_the_right_digest_lose_only_themselves() {
    let good = TarBuilder::default().file("kept/Cargo.lock", &crate_lock("kept")).end();
    let packed = gzip(&TarBuilder::default().file("a/Cargo.lock", &crate_lock("cut")).end());
    let cut = packed[..packed.len() / 2].to_vec();
    let noise = vec![7; 4096];
    let image = Image::of_stored(vec![good, cut, noise]);
    let inventory = scan_layout(&image, &Options::default()).expect("digests match");
    assert_eq!(contained(&inventory), set(&["pkg:cargo/kept@1.0.0"]));
    let found = problems(&inventory);
    assert_eq!(found.iter().filter(|(kind, _)| *kind == DiagnosticKind::Malformed).count(), 2, "{found:#?}");
}

#[test]
fn the_platform_decides_which_image_of_an_index_is_read() {
    let of = |name: &str| {
        let layer = TarBuilder::default().file("app/Cargo.lock", &crate_lock(name)).end();
        Image::new(&[layer], Packing::Gzip, &json!({}))
    };
    let (intel, arm) = (of("intel"), of("arm"));
    let platform = |architecture: &str| json!({ "platform": { "os": "linux", "architecture": architecture } });
    let attestation = json!({
        "digest": digest(b"x"), "platform": { "os": "unknown", "architecture": "unknown" },
        "annotations": { "vnd.docker.reference.type": "attestation-manifest" },
    });
    let entries = [intel.entry(&platform("amd64")), arm.entry(&platform("arm64")), attestation];
    let folder = TempDir::new().expect("a folder");
    let root = write_all(folder.path(), &layout_files(&[&intel, &arm], &entries));
    let target = ImageTarget::OciLayout(root);
    let with = |text: &str| {
        let options =
            ImageOptions { platform: Some(Platform::parse(text).expect("a platform")), ..ImageOptions::default() };
        scan_image(&target, &CATALOG, &Options::default(), &options)
    };
    assert_eq!(contained(&with("linux/arm64").expect("is there")), set(&["pkg:cargo/arm@1.0.0"]));
    let of_intel = with("linux/amd64").expect("is there");
    assert_eq!(contained(&of_intel), set(&["pkg:cargo/intel@1.0.0"]));
    assert_eq!(attribute(&of_intel, "made-for"), set(&["linux/amd64", "linux/arm64"]));
    let error = with("linux/s390x").expect_err("is not there");
    assert!(format!("{error:#}").contains("choose one of linux/amd64, linux/arm64 with --platform"), "{error:#}");
}

#[test]
fn every_image_of_a_layout_is_read_under_its_name() {
    let of = |name: &str| {
        let layer = TarBuilder::default().file("app/Cargo.lock", &crate_lock(name)).end();
        Image::new(&[layer], Packing::Gzip, &json!({}))
    };
    let (one, two) = (of("one"), of("two"));
    let named = |name: &str| json!({ "annotations": { "io.containerd.image.name": name } });
    let entries = [one.entry(&named("registry.example/one:1")), two.entry(&named("registry.example/two:2"))];
    let folder = TempDir::new().expect("a folder");
    let root = write_all(folder.path(), &layout_files(&[&one, &two], &entries));
    let inventory = scan(&ImageTarget::OciLayout(root), &Options::default()).expect("is readable");
    assert_eq!(attribute(&inventory, "name"), set(&["registry.example/one:1", "registry.example/two:2"]));
    assert_eq!(contained(&inventory), set(&["pkg:cargo/one@1.0.0", "pkg:cargo/two@1.0.0"]));
}

#[test]
fn configuration_tells_origin_base_and_endpoints() {
    let settings = json!({
        "Labels": {
            "org.opencontainers.image.source": "https://github.com/acme/app",
            "org.opencontainers.image.vendor": "Acme",
            "org.opencontainers.image.base.name": "docker.io/library/debian:12",
        },
        "Env": ["PATH=/bin", "LLM=https://user:hunter2@api.openai.com/v1"],
    });
    let image = Image::new(&two_layers(), Packing::Gzip, &settings);
    let archive = image.docker_archive("registry.example/team/app:1.0");
    let inventory = scan_archive(&archive, &Options::default()).expect("is readable");
    let id = "pkg:oci/app?repository_url=registry.example%2Fteam%2Fapp&tag=1.0";
    let relations: BTreeSet<String> = inventory
        .facts()
        .filter_map(|(fact, _)| match fact {
            FactRef::Relation { from, kind, to, .. } if from.as_str() == id && kind != RelationKind::Contains => {
                Some(format!("{} {to}", kind.as_str()))
            }
            _ => None,
        })
        .collect();
    assert!(
        relations.contains("based-on pkg:oci/debian?repository_url=docker.io%2Flibrary%2Fdebian&tag=12"),
        "{relations:#?}"
    );
    assert!(relations.contains("distributed-by host:registry.example"), "{relations:#?}");
    assert!(relations.iter().any(|text| text.starts_with("calls api:openai")), "{relations:#?}");
    assert!(attribute(&inventory, "identity").contains("github:acme"));
    assert_eq!(attribute(&inventory, "vendor"), set(&["Acme"]));
    assert_eq!(attribute(&inventory, "platform"), set(&["linux/amd64"]));
    assert_eq!(attribute(&inventory, "layers"), set(&["2"]));
    assert!(!format!("{inventory:?}").contains("hunter2"), "a password reached the inventory");
}

#[test]
fn installed_packages_count_and_what_they_ship_does_not() {
    let manifest = |name: &str| {
        json!({ "name": name, "version": "2.0.0", "license": "MIT", "repository": "acme/tools" })
            .to_string()
            .into_bytes()
    };
    let calls = b"client = OpenAI(base_url=\"https://api.openai.com/v1\")\n";
    let layer = TarBuilder::default()
        .file("app/node_modules/left/package.json", &manifest("left"))
        .file("app/node_modules/@acme/right/package.json", &manifest("@acme/right"))
        .file("app/node_modules/left/node_modules/inner/package.json", &manifest("inner"))
        .file("app/node_modules/left/test/fixture/package.json", &manifest("fixture"))
        .file("app/node_modules/left/esm/package.json", br#"{"type":"module"}"#)
        .file("app/node_modules/left/Cargo.lock", &crate_lock("shipped"))
        .file("usr/lib/python3/dist-packages/lib.dist-info/METADATA", b"Name: lib\nVersion: 1.0\n\nText\n")
        .file("usr/lib/python3/dist-packages/lib/client.py", calls)
        .file("usr/share/doc/thing/requirements.txt", b"documented==1.0\n")
        .end();
    let inventory =
        scan_layout(&Image::new(&[layer], Packing::Plain, &json!({})), &Options::default()).expect("is readable");
    let wanted = ["pkg:npm/%40acme/right@2.0.0", "pkg:npm/inner@2.0.0", "pkg:npm/left@2.0.0", "pkg:pypi/lib@1.0"];
    assert_eq!(contained(&inventory), set(&wanted));
    assert_eq!(problems(&inventory), []);
    assert!(!inventory.components().any(|(id, _)| id.as_str().starts_with("api:")), "a library's code was judged");
    let own = TarBuilder::default().file("app/main.py", calls).end();
    let inventory =
        scan_layout(&Image::new(&[own], Packing::Plain, &json!({})), &Options::default()).expect("is readable");
    assert!(inventory.components().any(|(id, _)| id.as_str().starts_with("api:")), "the image's own code was not read");
}

/// An RPM database written by rpm, cut down to its table of packages.
const RPM: &[u8] = include_bytes!("../../../fixtures/scanners/rpm-database/normal/usr/lib/sysimage/rpm/rpmdb.sqlite");

#[test]
fn rpm_packages_are_read_from_images() {
    let layer = TarBuilder::default()
        .file("etc/os-release", b"ID=openEuler\nVERSION_ID=\"24.03\"\n")
        .file("var/lib/rpm/rpmdb.sqlite", RPM)
        .file("var/lib/rpm/rpmdb.sqlite-wal", b"not empty")
        .end();
    let inventory =
        scan_layout(&Image::new(&[layer], Packing::Gzip, &json!({})), &Options::default()).expect("is readable");
    let wanted = [
        "pkg:rpm/openeuler/alpha-tool@1.2-3.fix?arch=noarch&distro=openeuler-24.03",
        "pkg:rpm/openeuler/beta-tool@1.2-3.fix?arch=noarch&distro=openeuler-24.03&epoch=2",
    ];
    assert_eq!(contained(&inventory), set(&wanted));
    assert!(matches!(problems(&inventory).as_slice(), [(DiagnosticKind::Unsupported, _)]));
}

#[test]
fn package_sources_are_needed_to_build_and_are_no_registry() {
    let layer = TarBuilder::default()
        .file("etc/apt/sources.list", b"deb https://name:hunter2@debian.org/debian bookworm main\n")
        .file("etc/apk/repositories", b"https://alpinelinux.org/alpine/v3.20/main\n")
        .end();
    let image = Image::new(&[layer], Packing::Gzip, &json!({}));
    let inventory =
        scan_archive(&image.docker_archive("registry.example/a:1"), &Options::default()).expect("is readable");
    let to_hosts: BTreeSet<String> = inventory
        .facts()
        .filter_map(|(fact, _)| match fact {
            FactRef::Relation { kind, to, horizon, .. } if to.as_str().starts_with("host:") => {
                Some(format!("{} {to} {}", kind.as_str(), horizon.unwrap_or_else(|| kind.horizon()).as_str()))
            }
            _ => None,
        })
        .collect();
    let wanted = [
        "depends-on host:debian.org next-deploy",
        "depends-on host:alpinelinux.org next-deploy",
        "distributed-by host:registry.example next-deploy",
    ];
    assert_eq!(to_hosts, set(&wanted));
    assert!(!format!("{inventory:?}").contains("hunter2"), "a password reached the inventory");
}

#[test]
fn targets_are_told_apart() {
    let folder = TempDir::new().expect("a folder");
    let image = Image::new(&two_layers(), Packing::Gzip, &json!({}));
    let layout = write_all(&folder.path().join("layout"), &image.layout_files());
    let archive = folder.path().join("image.bin");
    fs::write(&archive, gzip(&image.docker_archive("a/b:1"))).expect("a file");
    let text = folder.path().join("plan.json");
    fs::write(&text, "{}").expect("a file");
    let parse = |path: &Path| Target::parse(path.to_str().expect("is UTF-8")).expect("is a target");
    assert_eq!(parse(folder.path()), Target::Directory(folder.path().to_path_buf()));
    assert_eq!(parse(&layout), Target::Image(ImageTarget::OciLayout(layout.clone())));
    assert_eq!(parse(&archive), Target::Image(ImageTarget::Archive(archive.clone())));
    assert_eq!(parse(&text), Target::File(text.clone()));
    assert_eq!(Target::parse("host:").expect("is a target"), Target::Host("/".into()));
    for name in ["docker.io/library/nginx:1.27", "nginx:1.27", "docker://nginx", "localhost:5000/a"] {
        let found = Target::parse(name).expect("is a target");
        assert!(matches!(found, Target::Image(ImageTarget::Registry(_))), "{name}");
    }
    let error = Target::parse("nginx").expect_err("may be a mistyped folder");
    assert!(error.to_string().contains("write `docker://nginx`"), "{error}");
    for name in ["./missing/folder", "/missing", "no such thing", ""] {
        let error = Target::parse(name).expect_err("is none");
        assert!(error.to_string().contains("docker://NAME:TAG"), "{name}");
    }
}

#[test]
fn an_unpacked_file_system_is_a_project_at_its_root() {
    let folder = TempDir::new().expect("a folder");
    let files = [
        ("rootfs/etc/os-release".to_owned(), b"ID=ubuntu\nVERSION_ID=\"24.04\"\n".to_vec()),
        ("rootfs/var/lib/dpkg/status".to_owned(), DPKG.to_vec()),
    ];
    write_all(folder.path(), &files);
    let inventory = sovaudit::scan::scan_directory(folder.path(), &CATALOG, &Options::default()).expect("is readable");
    let found: Vec<String> = inventory
        .facts()
        .filter_map(|(fact, _)| match fact {
            FactRef::Relation { from, kind: RelationKind::Contains, to, .. } => Some(format!("{from} {to}")),
            _ => None,
        })
        .collect();
    assert_eq!(found, ["project:rootfs pkg:deb/ubuntu/zlib1g@1:1.3?arch=amd64&distro=ubuntu-24.04"]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 96, failure_persistence: None, ..Default::default() })]

    #[test]
    fn damaged_rpm_databases_never_panic(
        changes in proptest::collection::vec((0..RPM.len(), proptest::num::u8::ANY), 1..20),
        cut in 0..RPM.len() * 4,
    ) {
        let mut bytes = RPM.to_vec();
        for (at, value) in changes {
            bytes[at] = value;
        }
        bytes.truncate(cut);
        let path = RelPath::new("var/lib/rpm/rpmdb.sqlite").expect("is relative");
        let inventory = scan_files(vec![(path, bytes, None)], &CATALOG, &Options::default());
        let internal = inventory.diagnostics.iter().filter(|problem| problem.kind == DiagnosticKind::Internal);
        proptest::prop_assert_eq!(internal.count(), 0);
    }

    /// Damage anywhere gives an error or a diagnostic, never a panic, and always ends.
    #[test]
    fn damaged_archives_never_panic(
        changes in proptest::collection::vec((0.0_f64..1.0, proptest::num::u8::ANY), 1..12),
        cut in 0.0_f64..1.0,
        packed in 0_u8..3,
    ) {
        let image = Image::new(&two_layers(), Packing::Plain, &json!({}));
        let archive = image.docker_archive("a/b:1");
        let mut bytes = match packed {
            0 => archive,
            1 => gzip(&archive),
            _ => pack(&archive, Packing::Zstd),
        };
        for (place, value) in changes {
            let at = (place * (bytes.len() - 1) as f64) as usize;
            bytes[at] = value;
        }
        if cut < 0.3 {
            bytes.truncate((cut * 3.0 * bytes.len() as f64) as usize);
        }
        let _ = scan_archive(&bytes, &Options::default());
        let _ = scan_layout(&Image::of_stored(vec![bytes]), &Options::default());
    }
}
