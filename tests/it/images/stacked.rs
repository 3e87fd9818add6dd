//! What an image has of its base, what later layers took away, and how both are told.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::build::{Image, Packing, TarBuilder, layout_files, write_all};
use super::{OS_RELEASE, digest};

const AT: [&str; 2] = ["--as-of", "2026-11-23"];

fn run(arguments: &[&str]) -> (String, String) {
    let output = crate::cli::sovaudit().args(arguments).args(AT).output().expect("runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

fn layout(root: &Path, images: &[(&str, &Image)]) -> String {
    let name = |name: &str| json!({ "annotations": { "org.opencontainers.image.ref.name": name } });
    let entries: Vec<Value> = images.iter().map(|(tag, image)| image.entry(&name(tag))).collect();
    let all: Vec<&Image> = images.iter().map(|(_, image)| *image).collect();
    write_all(&root.join("store"), &layout_files(&all, &entries)).display().to_string()
}

fn bottom() -> Vec<u8> {
    let metadata = b"Metadata-Version: 2.1\nName: torch\nVersion: 2.5.1\n\n";
    let path = "usr/lib/python3/site-packages/torch-2.5.1.dist-info/METADATA";
    TarBuilder::default().file("etc/os-release", OS_RELEASE).file(path, metadata).end()
}

fn top() -> Vec<u8> {
    TarBuilder::default().file("usr/lib/python3/site-packages/.wh.torch-2.5.1.dist-info", b"").end()
}

fn stacked(root: &Path) -> (String, Vec<u8>) {
    let base =
        Image::new(&[bottom()], Packing::Plain, &json!({ "Env": ["OPENAI_BASE_URL=https://api.openai.com/v1"] }));
    let settings = json!({ "Env": ["OPENAI_BASE_URL=http://vllm.internal:8000/v1"] });
    let child = Image::new(&[bottom(), top()], Packing::Plain, &settings);
    let last = child.layers[1].clone();
    (layout(root, &[("base", &base), ("child", &child)]), last)
}

#[test]
fn what_a_base_holds_or_calls_is_not_thereby_in_the_image_built_on_it() {
    let folder = TempDir::new().expect("a folder");
    let (store, _) = stacked(folder.path());
    let (out, error) = run(&["scan", &store, "--format", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{error}"));
    let relations = report["relations"].as_array().expect("is a list");
    let based = relations.iter().find(|one| one["kind"] == "based-on").expect("the child is based on the base");
    assert_eq!(based["horizon"], "next-deploy");
    let (out, _) = run(&["simulate", "--without", "US", &store]);
    let at_once = out.split("Stops at").find(|part| part.starts_with(" once")).expect("the base stops at once");
    let at_once = at_once.split("Survives").next().expect("there is a first part");
    assert!(at_once.contains("store:base") && !at_once.contains("store:child"), "{out}");
    let (out, _) = run(&["explain", "torch", &store]);
    assert!(out.contains("(1 way, ") && out.contains("store:base -> pkg:pypi/torch@2.5.1"), "{out}");
    assert!(!out.contains("store:child"), "{out}");
    // the base itself is still what the child is built on
    let (out, _) = run(&["explain", "store:base", &store]);
    assert!(out.contains("store:child -> store:base"), "{out}");
}

#[test]
fn removed_things_are_shown_apart() {
    let folder = TempDir::new().expect("a folder");
    let child = Image::new(&[bottom(), top()], Packing::Plain, &json!({}));
    let how = format!("deleted by {}", digest(&child.layers[1]));
    let store = layout(folder.path(), &[("child", &child)]);
    for format in ["table", "markdown", "cyclonedx"] {
        let told = |more: &[&str]| {
            let (out, _) = run(&[&["scan", store.as_str(), "--format", format][..], more].concat());
            out.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let shown = told(&["--show-removed"]);
        assert!(shown.contains("torch") && shown.contains(&how), "{format}: {shown}");
        assert!(!told(&[]).contains("torch"), "{format}");
    }
    let (out, _) = run(&["scan", &store, "--format", "cyclonedx", "--show-removed"]);
    let bill: Value = serde_json::from_str(&out).expect("is JSON");
    let components = bill["components"].as_array().expect("is a list");
    let torch = components.iter().find(|one| one["name"] == "torch").expect("is told");
    assert_eq!(torch["scope"], "excluded");
    assert!(!bill["dependencies"].to_string().contains("torch"), "{}", bill["dependencies"]);
    // an image without a registry gets none
    let image = components.iter().find(|one| one["type"] == "container").expect("is told");
    assert_eq!(image["name"], "store:child");
}

#[test]
fn errors_never_carry_control_characters_of_files() {
    let folder = TempDir::new().expect("a folder");
    let archive = folder.path().join("bad.tar");
    fs::write(&archive, b"a\x1b[31mRED\x1b]0;own\x07".repeat(60)).expect("can be written");
    for target in [archive.display().to_string(), format!("{}/no\x1b[31mthing", folder.path().display())] {
        let (_, error) = run(&["scan", &target]);
        assert!(error.starts_with("error: ") && error.contains("\\u{1b}"), "{error:?}");
        assert!(!error.contains(['\x1b', '\x07']), "{error:?}");
    }
}

#[test]
fn a_limit_is_no_damage() {
    let folder = TempDir::new().expect("a folder");
    let image = Image::new(&[bottom()], Packing::Gzip, &json!({}));
    let store = layout(folder.path(), &[("v1", &image)]);
    let limit = ["--image-limit", "layer-bytes=1", "--no-cache", "--format", "json"];
    let (out, error) = run(&[&["scan", store.as_str()][..], &limit].concat());
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{error}"));
    let kinds: Vec<&str> = report["diagnostics"]
        .as_array()
        .expect("is a list")
        .iter()
        .map(|one| one["kind"].as_str().expect("is text"))
        .collect();
    assert_eq!(kinds, ["limit-reached"], "{:#}", report["diagnostics"]);
}

#[test]
fn files_of_an_image_are_told_from_those_of_a_repository() {
    let folder = TempDir::new().expect("a folder");
    let (store, _) = stacked(folder.path());
    let (out, _) = run(&["scan", &store, "--format", "sarif"]);
    let log: Value = serde_json::from_str(&out).expect("is JSON");
    let results = log["runs"][0]["results"].as_array().expect("is a list");
    assert!(!results.is_empty());
    for result in results {
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(place["uriBaseId"], "IMAGE", "{place}");
    }
    let (out, _) = run(&["explain", "store:child", &store]);
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("image-config.json (configuration sha256:"), "{out}");
}

#[test]
fn an_image_that_cannot_be_fetched_is_told_where_it_is_named() {
    let folder = TempDir::new().expect("a folder");
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: a, image: '127.0.0.1:9/team/app:1'}\n";
    fs::write(folder.path().join("pod.yaml"), pod).expect("can be written");
    let (out, error) = run(&["scan", &folder.path().display().to_string(), "--pull", "--format", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{error}"));
    let all = report["diagnostics"].as_array().expect("is a list");
    let told = all.iter().find(|one| one["kind"] == "unreadable").expect("is told");
    assert_eq!((&told["path"], &told["line"]), (&json!("pod.yaml"), &json!(6)), "{told}");
}

#[test]
fn an_image_for_another_platform_is_no_base() {
    let folder = TempDir::new().expect("a folder");
    let base = Image::new(&[bottom()], Packing::Plain, &json!({}));
    let mut child = Image::new(&[bottom(), top()], Packing::Plain, &json!({}));
    let text = String::from_utf8(child.config.clone()).expect("is text").replace("amd64", "arm64");
    let manifest = String::from_utf8(child.manifest.clone()).expect("is text");
    let (old, new) = (digest(&child.config), digest(text.as_bytes()));
    child.manifest = manifest.replace(&old, &new).into_bytes();
    child.config = text.into_bytes();
    let store = layout(folder.path(), &[("base", &base), ("child", &child)]);
    let (out, error) = run(&["scan", &store, "--no-cache", "--format", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{error}"));
    assert!(report["components"].to_string().contains("store:child"));
    assert!(!report["relations"].to_string().contains("based-on"), "{:#}", report["relations"]);
}

#[test]
fn names_that_the_table_shows_are_found() {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("assets.csv"), "model,count\nH100 Fancy Edition,2\n").expect("can be written");
    let node = "apiVersion: v1\nkind: Node\nmetadata:\n  name: n\n  labels: {nvidia.com/gpu.product: Fancy-9000}\nstatus:\n  capacity: {nvidia.com/gpu: '2'}\n";
    fs::write(folder.path().join("node.yaml"), node).expect("can be written");
    let target = folder.path().display().to_string();
    let (out, error) = run(&["scan", &target, "--format", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{error}"));
    let all = report["components"].as_array().expect("is a list").iter();
    let raw = all.filter_map(|one| one["id"].as_str()?.strip_prefix("accelerator:?/").map(str::to_owned));
    let raw: Vec<String> = raw.collect();
    assert!(!raw.is_empty(), "{out}");
    for name in raw {
        for called in [format!("{name} (product not known)"), name.clone()] {
            let (out, error) = run(&["explain", &called, &target]);
            assert!(out.contains(&format!("accelerator:?/{name}")), "{called}: {error}");
        }
    }
}

#[test]
fn a_layer_is_told_with_the_step_that_made_it() {
    let folder = TempDir::new().expect("a folder");
    let history = json!([
        { "created_by": "/bin/sh -c #(nop) ADD file:0123 in / " },
        { "created_by": "ENV A=b", "empty_layer": true },
        { "created_by": "RUN |1 KEY=hidden /bin/sh -c pip install --token=hidden torch # buildkit" },
    ]);
    let system = TarBuilder::default().file("etc/os-release", OS_RELEASE).end();
    let image = Image::built(&[system.clone(), bottom()], &history);
    let store = layout(folder.path(), &[("v1", &image)]);
    let (out, error) = run(&["explain", "torch", &store]);
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("made by `RUN pip install --token=*** torch`"), "{out}{error}");
    assert!(!out.contains("hidden"), "{out}");
    // a history that does not tell each layer tells none
    let short = json!([{ "created_by": "RUN everything" }]);
    let image = Image::built(&[system, bottom()], &short);
    let folder = TempDir::new().expect("a folder");
    let (out, _) = run(&["explain", "torch", &layout(folder.path(), &[("v1", &image)])]);
    assert!(out.contains("sha256:") && !out.contains("made by"), "{out}");
}
