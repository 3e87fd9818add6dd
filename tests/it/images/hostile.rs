//! Images made to harm: every one ends as a problem that names layer and entry, or as an error, and never as anything else.

use std::fs;
use std::time::Instant;

use serde_json::{Value, json};
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::scan::Options;
use sovaudit::source::image::ImageTarget;
use tempfile::TempDir;

use super::build::{Image, Packing, TarBuilder, digest, layout_files, write_all};
use super::{contained, crate_lock, problems, scan, scan_archive, scan_layout, set};

/// The problems of one layer, and what is found beside them.
fn of_layer(layer: Vec<u8>) -> (Vec<(DiagnosticKind, String)>, String, std::collections::BTreeSet<String>) {
    let image = Image::new(&[layer], Packing::Gzip, &json!({}));
    let inventory = scan_layout(&image, &Options::default()).expect("the image itself is fine");
    (problems(&inventory), digest(&image.layers[0]), contained(&inventory))
}

fn after(tar: TarBuilder) -> Vec<u8> {
    tar.file("after/Cargo.lock", &crate_lock("after")).end()
}

#[test]
fn links_out_of_the_image_are_not_followed() {
    let (found, layer, inside) = of_layer(after(
        TarBuilder::default()
            .symlink("a/Cargo.lock", "../../etc/passwd")
            .symlink("b/Cargo.lock", "/etc/passwd")
            .symlink("c/innocent", "../../../../x")
            .hard_link("d/Cargo.lock", "../../etc/shadow"),
    ));
    let is = |kind: DiagnosticKind, words: &str| {
        found.iter().any(|(k, text)| *k == kind && text.contains(words) && text.contains(&layer))
    };
    assert!(
        is(DiagnosticKind::Unreadable, "symbolic link to `../../etc/passwd`, which leaves the image"),
        "{found:#?}"
    );
    assert!(is(DiagnosticKind::Unreadable, "symbolic link to `etc/passwd`, which is not read"), "{found:#?}");
    assert!(is(DiagnosticKind::Link, "`../../../../x`, which leaves the image"), "{found:#?}");
    assert!(is(DiagnosticKind::Malformed, "hard link to `../../etc/shadow`, which leaves the image"), "{found:#?}");
    assert_eq!(found.len(), 4, "{found:#?}");
    assert_eq!(inside, set(&["pkg:cargo/after@1.0.0"]));
}

#[test]
fn links_within_the_image_give_the_file_once() {
    let bottom = TarBuilder::default().file("kept/Cargo.lock", &crate_lock("kept")).end();
    let top = TarBuilder::default()
        .hard_link("same/Cargo.lock", "kept/Cargo.lock")
        .symlink("other/Cargo.lock", "../kept/Cargo.lock")
        .end();
    let inventory = scan_layout(&Image::new(&[bottom, top], Packing::Plain, &json!({})), &Options::default());
    let inventory = inventory.expect("is readable");
    assert_eq!(contained(&inventory), set(&["pkg:cargo/kept@1.0.0"]));
    assert_eq!(problems(&inventory), []);
    let places: Vec<String> = inventory.coverage.read.iter().map(ToString::to_string).collect();
    assert!(places.contains(&"same/Cargo.lock".to_owned()), "a hard link to a lower layer gets its bytes: {places:?}");
}

#[test]
fn devices_are_told_outside_of_their_folder() {
    let (found, layer, inside) = of_layer(after(
        TarBuilder::default()
            .special("dev/null", tar::EntryType::Char)
            .special("srv/Cargo.lock", tar::EntryType::Block)
            .special("run/pipe", tar::EntryType::Fifo),
    ));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found.iter().all(|(kind, text)| *kind == DiagnosticKind::Unsupported && text.contains(&layer)),
        "{found:#?}"
    );
    assert_eq!(inside, set(&["pkg:cargo/after@1.0.0"]));
}

#[test]
fn the_last_of_several_entries_counts() {
    let (found, layer, inside) = of_layer(
        TarBuilder::default()
            .file("app/Cargo.lock", &crate_lock("first"))
            .file("app/Cargo.lock", &crate_lock("last"))
            .end(),
    );
    let [(DiagnosticKind::Conflict, text)] = found.as_slice() else { panic!("{found:#?}") };
    assert!(text.contains("the last one counts") && text.contains(&layer), "{text}");
    assert_eq!(inside, set(&["pkg:cargo/last@1.0.0"]));
    // whatever the later one is
    let first = || TarBuilder::default().file("app/Cargo.lock", &crate_lock("first"));
    for kind in [tar::EntryType::Directory, tar::EntryType::Fifo] {
        let (found, _, inside) = of_layer(first().special("app/Cargo.lock", kind).end());
        assert!(found.iter().any(|(kind, _)| *kind == DiagnosticKind::Conflict), "{kind:?}: {found:#?}");
        assert_eq!(inside, set(&[]), "{kind:?}");
    }
}

#[test]
fn sparse_and_gigantic_entries_are_not_believed() {
    // old GNU sparse: the size of the stored bytes is small, that of the file is not
    let (found, layer, inside) =
        of_layer(after(TarBuilder::default().special("app/Cargo.lock", tar::EntryType::GNUSparse)));
    let [(DiagnosticKind::Unsupported, text)] = found.as_slice() else { panic!("{found:#?}") };
    assert!(text.contains("sparse file") && text.contains(&layer), "{text}");
    assert_eq!(inside, set(&["pkg:cargo/after@1.0.0"]));
    // sizes that no stream holds: as a number in the header, and beyond what can be counted
    for size in [1_u64 << 33, 1 << 50, u64::MAX] {
        let start = Instant::now();
        let tar =
            TarBuilder::default().file("before/Cargo.lock", &crate_lock("before")).claiming("app/Cargo.lock", size);
        let (found, layer, inside) = of_layer(after(tar));
        assert!(found.iter().any(|(kind, text)| kind.is_loss() && text.contains(&layer)), "{size}: {found:#?}");
        assert_eq!(inside, set(&["pkg:cargo/before@1.0.0"]), "{size}");
        assert!(start.elapsed().as_secs() < 20, "{size}");
    }
}

#[test]
fn names_that_are_no_text_are_shown_as_they_can_be() {
    let (found, layer, inside) =
        of_layer(after(TarBuilder::default().raw_named(b"caf\xE9/Cargo.lock", &crate_lock("latin"))));
    let [(DiagnosticKind::Malformed, text)] = found.as_slice() else { panic!("{found:#?}") };
    assert!(text.contains("not UTF-8") && text.contains(&layer), "{text}");
    assert_eq!(inside, set(&["pkg:cargo/after@1.0.0", "pkg:cargo/latin@1.0.0"]));
}

#[test]
fn many_problems_of_one_sort_are_counted() {
    let tar = (0..500).fold(TarBuilder::default(), |tar, at| tar.file(&format!("../{at}"), b""));
    let (found, layer, inside) = of_layer(after(tar));
    assert_eq!(found.len(), 21, "{found:#?}");
    assert!(
        found.iter().any(|(_, text)| text.contains("480 more: entries with unusable paths") && text.contains(&layer))
    );
    assert_eq!(inside, set(&["pkg:cargo/after@1.0.0"]));
}

#[test]
fn a_layer_of_another_type_is_told_and_the_rest_read() {
    let image =
        Image::new(&[TarBuilder::default().file("a/Cargo.lock", &crate_lock("a")).end()], Packing::Gzip, &json!({}));
    let mut manifest: Value = serde_json::from_slice(&image.manifest).expect("is JSON");
    let other = b"GGUF model weights".to_vec();
    let layers = manifest["layers"].as_array_mut().expect("is a list");
    layers.push(json!({ "mediaType": "application/vnd.example.model", "digest": digest(&other), "size": other.len() }));
    let manifest = manifest.to_string().into_bytes();
    let changed = Image { manifest, ..image };
    let mut files = changed.layout_files();
    files.push((format!("blobs/{}", digest(&other).replace(':', "/")), other.clone()));
    let folder = TempDir::new().expect("a folder");
    let root = write_all(folder.path(), &files);
    let inventory = scan(&ImageTarget::OciLayout(root), &Options::default()).expect("is readable");
    assert_eq!(contained(&inventory), set(&["pkg:cargo/a@1.0.0"]));
    let found = problems(&inventory);
    let [(DiagnosticKind::Unsupported, text)] = found.as_slice() else { panic!("{found:#?}") };
    assert!(text.contains(&digest(&other)) && text.contains("application/vnd.example.model"), "{text}");
}

#[test]
fn truncated_blobs_are_refused() {
    let image = Image::new(&[TarBuilder::default().file("a", &[7; 5000]).end()], Packing::Plain, &json!({}));
    for (name, bytes) in image.blobs() {
        let folder = TempDir::new().expect("a folder");
        let root = write_all(folder.path(), &image.layout_files());
        fs::write(root.join("blobs").join(name.replace(':', "/")), &bytes[..bytes.len() / 2]).expect("a file");
        let error = scan(&ImageTarget::OciLayout(root), &Options::default()).expect_err("is cut");
        assert!(format!("{error:#}").contains("damaged or forged"), "{error:#}");
    }
    // an archive that ends within its parts
    let archive = image.docker_archive("a/b:1");
    let error = scan_archive(&archive[..archive.len() / 2], &Options::default()).expect_err("is cut");
    assert!(format!("{error:#}").contains("image.tar"), "{error:#}");
}

#[test]
fn indexes_that_nest_without_end_are_given_up() {
    // a digest cannot name itself, so a loop is a chain longer than anybody follows
    let image = Image::new(&[TarBuilder::default().end()], Packing::Plain, &json!({}));
    let mut blobs: Vec<Vec<u8>> = Vec::new();
    let mut inner = digest(&image.manifest);
    for _ in 0..40 {
        let index = json!({ "schemaVersion": 2, "manifests": [{ "digest": inner }] }).to_string().into_bytes();
        inner = digest(&index);
        blobs.push(index);
    }
    let mut files = layout_files(&[&image], &[json!({ "digest": inner })]);
    files.extend(blobs.into_iter().map(|blob| (format!("blobs/{}", digest(&blob).replace(':', "/")), blob)));
    let folder = TempDir::new().expect("a folder");
    let root = write_all(folder.path(), &files);
    let error = scan(&ImageTarget::OciLayout(root), &Options::default()).expect_err("has no end");
    assert!(format!("{error:#}").contains("nested more than"), "{error:#}");
}

#[test]
fn a_hundred_thousand_layers_are_refused() {
    let layer = json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest(b""), "size": 0 });
    let config = json!({ "architecture": "amd64", "os": "linux" }).to_string().into_bytes();
    for (count, words) in [(100_000, "the limit is"), (2_000, "has 2000 layers, the limit is 1000")] {
        let manifest = json!({
            "schemaVersion": 2, "config": { "digest": digest(&config), "size": config.len() }, "layers": vec![&layer; count],
        });
        let image = Image {
            layers: Vec::new(),
            unpacked: Vec::new(),
            config: config.clone(),
            manifest: manifest.to_string().into_bytes(),
        };
        let start = Instant::now();
        let error = scan_layout(&image, &Options::default()).expect_err("has too many layers");
        assert!(format!("{error:#}").contains(words), "{error:#}");
        assert!(start.elapsed().as_secs() < 20);
    }
    let listed = json!([{ "Config": "c.json", "RepoTags": null, "Layers": vec!["l.tar"; 2_000] }]);
    let config = json!({ "rootfs": { "diff_ids": vec![digest(b""); 2_000] } });
    let archive = TarBuilder::default()
        .file("c.json", config.to_string().as_bytes())
        .file("l.tar", b"")
        .file("manifest.json", listed.to_string().as_bytes())
        .end();
    let error = scan_archive(&archive, &Options::default()).expect_err("has too many layers");
    assert!(format!("{error:#}").contains("has 2000 layers, the limit is 1000"), "{error:#}");
}

#[test]
fn what_is_over_the_budget_does_not_depend_on_threads() {
    let layers: Vec<Vec<u8>> = (0..8)
        .map(|number| {
            let path = |at: usize| format!("{number}/{at}/Cargo.lock");
            (0..20)
                .fold(TarBuilder::default(), |tar, at| tar.file(&path(at), &crate_lock(&format!("p{number}-{at}"))))
                .end()
        })
        .collect();
    let image = Image::new(&layers, Packing::Gzip, &json!({}));
    let mut options = Options::default();
    options.limits.image_files = 70;
    let first = scan_layout(&image, &options).expect("is readable");
    assert_eq!(contained(&first).len(), 70);
    for _ in 0..5 {
        let again = scan_layout(&image, &options).expect("is readable");
        assert_eq!(contained(&again), contained(&first));
        assert_eq!(problems(&again), problems(&first));
    }
    let told = problems(&first);
    assert!(
        told.iter().all(|(kind, text)| *kind == DiagnosticKind::LimitReached && text.contains("sha256:")),
        "{told:#?}"
    );
}

#[test]
fn hard_links_cost_what_scanners_read_of_them() {
    let mut lock = crate_lock("kept");
    lock.resize(100_000, b'\n');
    let layer = (0..20)
        .fold(TarBuilder::default().file("a/Cargo.lock", &lock), |tar, at| {
            tar.hard_link(&format!("b/{at}/Cargo.lock"), "a/Cargo.lock")
        })
        .end();
    let image = Image::new(&[layer], Packing::Gzip, &json!({}));
    let mut options = Options::default();
    options.limits.image_bytes = 500_000;
    let found = scan_layout(&image, &options).expect("is readable");
    assert_eq!(contained(&found), set(&["pkg:cargo/kept@1.0.0"]));
    assert_eq!(found.coverage.read.len(), 5);
    assert!(problems(&found).iter().any(|(kind, _)| *kind == DiagnosticKind::LimitReached));
}

#[test]
fn a_good_layer_over_the_limit_is_cut_and_not_called_forged() {
    let layer = TarBuilder::default().file("a/Cargo.lock", &crate_lock("kept")).file("b/big", &vec![7; 200_000]).end();
    let image = Image::new(&[layer], Packing::Plain, &json!({}));
    let mut options = Options::default();
    options.limits.archive_bytes = 100_000;
    let found = scan_layout(&image, &options).expect("is readable in part");
    assert_eq!(contained(&found), set(&["pkg:cargo/kept@1.0.0"]));
    let told = problems(&found);
    assert!(told.iter().any(|(kind, _)| *kind == DiagnosticKind::LimitReached), "{told:?}");
    assert!(!told.iter().any(|(_, text)| text.contains("forged")), "{told:?}");
}

/// Every file below a folder.
fn files_below(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(one) = open.pop() {
        for entry in fs::read_dir(&one).expect("is a folder").flatten() {
            match entry.file_type().expect("is known") {
                kind if kind.is_dir() => open.push(entry.path()),
                _ => found.push(entry.path().strip_prefix(folder).expect("lies below").display().to_string()),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn nothing_is_written_outside_of_the_cache() {
    let layer = after(
        TarBuilder::default()
            .file("../../outside/Cargo.lock", &crate_lock("outside"))
            .file("/absolute/Cargo.lock", &crate_lock("absolute"))
            .symlink("link", "/tmp")
            .file("link/Cargo.lock", &crate_lock("through"))
            .hard_link("hard/Cargo.lock", "/etc/passwd")
            .special("device", tar::EntryType::Block),
    );
    let image = Image::new(&[layer], Packing::Gzip, &json!({}));
    let folder = TempDir::new().expect("a folder");
    let store = write_all(&folder.path().join("store"), &image.layout_files());
    let before = files_below(folder.path());
    let all = ["home", "work", "tmp"].map(|name| folder.path().join(name));
    all.iter().for_each(|one| fs::create_dir(one).expect("a folder"));
    let mut command = crate::cli::sovaudit();
    for name in ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
        command.env_remove(name);
    }
    let [home, work, tmp] = all;
    command.env("HOME", &home).env("TMPDIR", tmp).current_dir(work).args(["scan", "--fail-on", "none"]).arg(&store);
    assert_eq!(command.output().expect("runs").status.code(), Some(0));
    let written: Vec<String> = files_below(folder.path()).into_iter().filter(|path| !before.contains(path)).collect();
    assert!(!written.is_empty(), "the cache is filled");
    for path in written {
        assert!(path.starts_with("home/.cache/sovaudit/"), "{path}");
    }
}
