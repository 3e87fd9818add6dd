//! Every reader of the tree reads images too: what the fixture of a scanner gives as a tree, it gives as a layer.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use sovaudit::model::{ComponentKind, Inventory};
use sovaudit::scan::{Options, scan_directory};
use tempfile::TempDir;

use super::build::{Image, Packing, TarBuilder};
use super::{CATALOG, scan_layout};

/// Packages with a version, by type, name and version: qualifiers may tell the distribution of the image.
fn packages(inventory: &Inventory) -> BTreeSet<String> {
    let ids = inventory.components().filter(|(_, kind)| *kind == ComponentKind::Package).map(|(id, _)| id.as_str());
    let plain = ids.map(|id| id[..id.find(['?', '#']).unwrap_or(id.len())].to_owned());
    plain.filter(|id| id.contains('@')).collect()
}

fn files(root: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("is a folder").flatten() {
            let path = entry.path();
            if entry.file_type().expect("is known").is_dir() {
                open.push(path);
            } else {
                found.push((path.strip_prefix(root).expect("lies below").display().to_string(), path));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn what_a_tree_gives_a_layer_gives() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scanners");
    let tree = TempDir::new().expect("a folder");
    let mut layer = TarBuilder::default();
    let mut formats = 0;
    for entry in fs::read_dir(fixtures).expect("is a folder").flatten() {
        let root = entry.path().join("normal");
        if !root.is_dir() {
            continue;
        }
        formats += 1;
        for (path, from) in files(&root) {
            let path = format!("srv/{}/{path}", entry.file_name().display());
            let bytes = fs::read(from).expect("is readable");
            // the builder writes short names only
            if path.len() <= 100 {
                let to = tree.path().join(&path);
                fs::create_dir_all(to.parent().expect("has one")).expect("a folder");
                fs::write(to, &bytes).expect("can be written");
                layer = layer.file(&path, &bytes);
            }
        }
    }
    let wanted = packages(&scan_directory(tree.path(), &CATALOG, &Options::default()).expect("is readable"));
    let image = Image::new(&[layer.end()], Packing::Gzip, &json!({}));
    let found = packages(&scan_layout(&image, &Options::default()).expect("is readable"));
    assert!(formats > 100 && wanted.len() > 250, "{formats} formats with {} packages", wanted.len());
    assert_eq!(wanted.difference(&found).collect::<Vec<_>>(), Vec::<&String>::new());
}
