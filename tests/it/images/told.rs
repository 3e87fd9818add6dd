//! What is told of images: names, losses, ways to what is in them, what stops without a jurisdiction.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::build::{Image, Packing, TarBuilder, layout_files, write_all};
use super::{BUSYBOX, MUSL, OS_RELEASE, crate_lock, digest};

const METADATA: &[u8] = b"Metadata-Version: 2.1\nName: torch\nVersion: 2.5.1\n\n";

fn run(arguments: &[&str]) -> (String, String) {
    let output = crate::cli::sovaudit().args(arguments).output().expect("runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

fn report(target: &str) -> Value {
    let (out, error) = run(&["scan", target, "--format", "json", "--as-of", "2026-11-23"]);
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{error}"))
}

fn layout(root: &Path, images: &[(&str, &Image)]) -> String {
    let entries: Vec<Value> = images
        .iter()
        .map(|(name, image)| image.entry(&json!({ "annotations": { "org.opencontainers.image.ref.name": name } })))
        .collect();
    let all: Vec<&Image> = images.iter().map(|(_, image)| *image).collect();
    write_all(&root.join("store"), &layout_files(&all, &entries)).display().to_string()
}

fn apk(text: &str) -> Image {
    let layer = TarBuilder::default().file("etc/os-release", OS_RELEASE).file("lib/apk/db/installed", text.as_bytes());
    let python = TarBuilder::default().file("usr/lib/python3/site-packages/torch-2.5.1.dist-info/METADATA", METADATA);
    Image::new(&[layer.end(), python.end()], Packing::Gzip, &json!({}))
}

fn images_of(report: &Value) -> Vec<String> {
    let components = report["components"].as_array().expect("is a list").iter();
    let images = components.filter(|one| one["kind"] == "image");
    let mut names: Vec<String> =
        images.map(|one| one["attributes"]["name"][0].as_str().expect("has a name").to_owned()).collect();
    names.sort();
    names
}

#[test]
fn names_without_a_registry_never_get_one() {
    let folder = TempDir::new().expect("a folder");
    let (first, second, third) = (apk(MUSL), apk(BUSYBOX), apk("P:zlib\nV:1\n\n"));
    let fourth = apk("P:bash\nV:1\n\n");
    let store = layout(
        folder.path(),
        &[("v1", &first), ("app:2", &second), ("localhost/team/app:3", &third), ("ghcr.io/team/app:4", &fourth)],
    );
    let all = report(&format!("oci:{store}"));
    assert_eq!(images_of(&all), ["app:2", "ghcr.io/team/app:4", "store:v1", "team/app:3"]);
    let hosts = all["components"].as_array().expect("is a list").iter().filter(|one| one["kind"] == "host");
    assert_eq!(hosts.map(|one| one["id"].as_str().expect("has one")).collect::<Vec<_>>(), ["host:ghcr.io"]);
    // one of several, by tag or by name
    for (name, found) in
        [("v1", "store:v1"), ("app:2", "app:2"), ("2", "app:2"), ("ghcr.io/team/app:4", "ghcr.io/team/app:4")]
    {
        assert_eq!(images_of(&report(&format!("oci:{store}:{name}"))), [found], "{name}");
    }
    let (_, error) = run(&["scan", &format!("oci:{store}:v9")]);
    assert!(error.contains("it holds no image called `v9`; it has `v1`, `app:2`, "), "{error}");
}

#[test]
fn what_was_lost_is_counted() {
    let folder = TempDir::new().expect("a folder");
    let good = TarBuilder::default().file("kept/Cargo.lock", &crate_lock("kept")).end();
    let cut = TarBuilder::default().file("a/Cargo.lock", &crate_lock("a")).claiming("b/Cargo.lock", 1 << 20).end();
    let image = Image::of_stored(vec![good, cut.clone()]);
    let target = write_all(folder.path(), &image.layout_files()).display().to_string();
    let told = report(&target);
    assert_eq!(told["coverage"]["partial"], json!([digest(&cut)]), "{:#}", told["diagnostics"]);
    let (table, _) = run(&["scan", &target, "--as-of", "2026-11-23"]);
    assert!(table.contains(" · 1 read in part"), "{table}");
    let (bill, _) = run(&["scan", &target, "--as-of", "2026-11-23", "--format", "cyclonedx"]);
    assert!(bill.contains("incomplete"), "{bill}");
    // a file over its limit is one that was not read
    let large = TarBuilder::default().file("big/Cargo.toml", &vec![b' '; 33 << 20]).end();
    let image = Image::new(&[large], Packing::Gzip, &json!({}));
    let target = write_all(&folder.path().join("large"), &image.layout_files()).display().to_string();
    let told = report(&target);
    assert_eq!(told["coverage"]["failed"], json!(["big/Cargo.toml"]), "{:#}", told["diagnostics"]);
    let output = crate::cli::sovaudit().args(["scan", &target, "--strict"]).output().expect("runs");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn ways_lead_from_the_image_with_layer_and_path() {
    let folder = TempDir::new().expect("a folder");
    let image = apk(&format!("{MUSL}{BUSYBOX}"));
    let store = layout(folder.path(), &[("registry.example/team/app:1", &image)]);
    for name in ["torch", "pypi/torch", "pkg:pypi/torch@2.5.1"] {
        let (out, error) = run(&["explain", name, &store]);
        assert!(out.contains("registry.example/team/app:1 -> pkg:pypi/torch@2.5.1"), "{out}{error}");
        assert!(out.contains(&format!("layer\n        {}", digest(&image.layers[1]))), "{out}");
    }
    let (out, _) = run(&["explain", "torch", &store, "--format", "json"]);
    let value: Value = serde_json::from_str(&out).expect("is JSON");
    assert_eq!(value["paths"][0][1]["layer"], digest(&image.layers[1]));
    let (_, error) = run(&["explain", "busyb", &store]);
    assert!(error.contains("names that hold it: `apk/alpine/busybox@1.36.1-r29`"), "{error}");
    let (_, error) = run(&["explain", "data-gravty", &store]);
    assert!(error.contains("did you mean `data-gravity`?"), "{error}");
}

#[test]
fn an_image_by_itself_is_what_stops() {
    let folder = TempDir::new().expect("a folder");
    let image = apk(MUSL);
    let store = layout(folder.path(), &[("ghcr.io/team/app:1", &image)]);
    let (out, _) = run(&["simulate", "--without", "US", &store, "--as-of", "2026-11-23"]);
    assert!(out.starts_with("Without US: 1 image\n"), "{out}");
    assert!(out.contains("Stops at the next deploy:\n  ghcr.io/team/app:1\n      distributed-by ghcr.io"), "{out}");
    let (out, _) = run(&["simulate", "--without", "NO", &store, "--as-of", "2026-11-23"]);
    assert!(out.contains("Survives: 1 of 1"), "{out}");
}

#[test]
fn a_runtime_is_told_once_and_has_an_owner() {
    let folder = TempDir::new().expect("a folder");
    let layer = TarBuilder::default()
        .file("opt/rocm-6.1.0/.info/version", b"6.1.0-82\n")
        .file("opt/rocm-6.1.0/lib/libamdhip64.so.6.1.60100", b"\x7fELF")
        .file("usr/lib/libcudnn.so.9", b"\x7fELF")
        .end();
    let settings = json!({ "Env": ["ROCM_VERSION=6.1.0", "CUDNN_VERSION=9.1.0.70"] });
    let image = Image::new(&[layer], Packing::Gzip, &settings);
    let told = report(&layout(folder.path(), &[("v1", &image)]));
    let components = told["components"].as_array().expect("is a list").iter();
    let packages = components.filter(|one| one["kind"] == "package").map(|one| one["id"].as_str().expect("has one"));
    assert_eq!(packages.collect::<Vec<_>>(), ["pkg:generic/amd/rocm@6.1.0", "pkg:generic/nvidia/cudnn@9.1.0.70"]);
    let relations = told["relations"].as_array().expect("is a list").iter();
    let made = relations.filter(|one| one["kind"] == "maintained-by").map(|one| one["to"].as_str().expect("has one"));
    assert_eq!(made.collect::<Vec<_>>(), ["org:amd", "org:nvidia"]);
}

#[test]
fn weights_of_a_cache_come_from_the_mirror_that_the_environment_names() {
    let folder = TempDir::new().expect("a folder");
    let head = br#"{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let weights = [&(head.len() as u64).to_le_bytes()[..], head, &[0; 4]].concat();
    let cache = "root/.cache/huggingface/hub/models--Qwen--Qwen2-0.5B";
    let layer = TarBuilder::default()
        .file(&format!("{cache}/refs/main"), "c".repeat(40).as_bytes())
        .file(&format!("{cache}/blobs/{}", "a".repeat(32)), &weights)
        .file(
            &format!("{cache}/blobs/{}", "b".repeat(32)),
            br#"{"model_type":"qwen2","architectures":["Qwen2ForCausalLM"]}"#,
        )
        .symlink(&format!("{cache}/snapshots/c/model.safetensors"), &format!("../../blobs/{}", "a".repeat(32)))
        .symlink(&format!("{cache}/snapshots/c/config.json"), &format!("../../blobs/{}", "b".repeat(32)))
        .end();
    let settings = json!({ "Env": ["HF_ENDPOINT=https://hf-mirror.example"] });
    let image = Image::new(&[layer], Packing::Gzip, &settings);
    let told = report(&layout(folder.path(), &[("v1", &image)]));
    let components = told["components"].as_array().expect("is a list").iter();
    let models: Vec<&Value> = components.filter(|one| one["kind"] == "model").collect();
    assert_eq!(models.len(), 1, "{models:#?}");
    assert_eq!(models[0]["id"], "model:huggingface/Qwen/Qwen2-0.5B");
    let runtimes = models[0]["attributes"]["runtime"].as_array().expect("is told");
    assert!(runtimes.contains(&json!("safetensors")), "{runtimes:?}");
    let relations = told["relations"].as_array().expect("is a list").iter();
    let hosts = relations.filter(|one| one["kind"] == "distributed-by" && one["from"] == models[0]["id"]);
    assert_eq!(hosts.map(|one| one["to"].as_str().expect("has one")).collect::<Vec<_>>(), ["host:hf-mirror.example"]);
}

#[test]
fn what_a_manifest_asks_for_is_not_in_the_image() {
    let folder = TempDir::new().expect("a folder");
    let bottom = TarBuilder::default()
        .file("app/package.json", br#"{"name":"app","version":"1.0.0","dependencies":{"left":"1.0.0"}}"#)
        .file("app/node_modules/left/package.json", br#"{"name":"left","version":"1.0.0","license":"MIT"}"#)
        .end();
    let top = TarBuilder::default().file("app/.wh.node_modules", b"").end();
    for (layers, is_held) in [(vec![bottom.clone()], true), (vec![bottom, top], false)] {
        let image = Image::new(&layers, Packing::Gzip, &json!({}));
        let target = layout(&folder.path().join(layers.len().to_string()), &[("v1", &image)]);
        let told = report(&target);
        let relations = told["relations"].as_array().expect("is a list").iter();
        let contains =
            relations.filter(|one| one["kind"] == "contains").map(|one| one["to"].as_str().expect("has one"));
        assert_eq!(contains.collect::<Vec<_>>().contains(&"pkg:npm/left@1.0.0"), is_held);
    }
}

#[test]
fn mirrors_of_another_bloc_are_told_wherever_an_image_names_them() {
    let folder = TempDir::new().expect("a folder");
    let layer = TarBuilder::default()
        .file("etc/os-release", b"ID=debian\nVERSION_ID=12\n")
        .file("etc/apt/sources.list", b"deb http://mirrors.aliyun.com/debian bookworm main\n")
        .file("etc/pip.conf", b"[global]\nindex-url = https://pypi.tuna.tsinghua.edu.cn/simple\n")
        .file("root/.npmrc", b"registry=https://registry.npmmirror.com/\n")
        .end();
    let settings = json!({ "Env": ["GOPROXY=https://goproxy.cn,direct", "PIP_INDEX_URL=https://mirrors.huaweicloud.com/repository/pypi/simple"] });
    let image = Image::new(&[layer], Packing::Gzip, &settings);
    let told = report(&layout(folder.path(), &[("v1", &image)]));
    let findings = told["findings"].as_array().expect("is a list").iter();
    let mirrors =
        findings.filter(|one| one["rule"] == "foreign-mirror").map(|one| one["subject"].as_str().expect("has one"));
    let mut mirrors: Vec<&str> = mirrors.collect();
    mirrors.sort_unstable();
    assert_eq!(
        mirrors,
        [
            "host:goproxy.cn",
            "host:mirrors.aliyun.com",
            "host:mirrors.huaweicloud.com",
            "host:pypi.tuna.tsinghua.edu.cn",
            "host:registry.npmmirror.com"
        ]
    );
}

#[test]
fn programs_that_no_package_brought_say_their_version() {
    let folder = TempDir::new().expect("a folder");
    let program = |words: &[u8]| [&b"\x7fELF\x02\x01\x01"[..], &[0; 5000], words, &[0; 100]].concat();
    let packed = [&b"\x7fELF\x02\x01\x01"[..], &[0; 200], b"UPX!\x0d\x0c", &[0; 5000]].concat();
    let programs = || {
        TarBuilder::default()
            .file("usr/local/bin/node", &program(b"node.js/v20.11.0\0"))
            .file("bin/busybox", &program(b"BusyBox v1.36.1 (2024"))
            .file("app/server", &packed)
    };
    let bare = Image::new(&[programs().end()], Packing::Gzip, &json!({}));
    let database = programs().file("etc/os-release", OS_RELEASE).file("lib/apk/db/installed", MUSL.as_bytes());
    let managed = Image::new(&[database.end()], Packing::Gzip, &json!({}));
    let both = format!("{MUSL}{BUSYBOX}");
    let database = programs().file("etc/os-release", OS_RELEASE).file("lib/apk/db/installed", both.as_bytes());
    let owned = Image::new(&[database.end()], Packing::Gzip, &json!({}));
    for (image, wanted) in [
        (&bare, &["pkg:generic/busybox@1.36.1", "pkg:generic/node@20.11.0"][..]),
        (
            &managed,
            &[
                "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.1",
                "pkg:generic/busybox@1.36.1",
                "pkg:generic/node@20.11.0",
            ],
        ),
        (
            &owned,
            &[
                "pkg:apk/alpine/busybox@1.36.1-r29?arch=x86_64&distro=alpine-3.20.1",
                "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.1",
                "pkg:generic/node@20.11.0",
            ],
        ),
    ] {
        let told = report(&layout(&folder.path().join(wanted[0].replace(['/', '?'], "_")), &[("v1", image)]));
        let components = told["components"].as_array().expect("is a list").iter();
        let packages =
            components.filter(|one| one["kind"] == "package").map(|one| one["id"].as_str().expect("has one"));
        assert_eq!(packages.collect::<Vec<_>>(), wanted);
        let problems = told["diagnostics"].as_array().expect("is a list").iter();
        let messages: Vec<&str> = problems.map(|one| one["message"].as_str().expect("has one")).collect();
        assert!(messages.iter().any(|message| message.starts_with("packed with UPX")), "{messages:?}");
        assert_eq!(told["coverage"]["partial"], json!(["app/server"]));
    }
}

#[test]
fn packages_of_depots_and_shared_folders_are_installed_ones() {
    let folder = TempDir::new().expect("a folder");
    let json = b"name = \"JSON\"\nuuid = \"682c06a0-de6a-54ab-a142-c8b1cf79cde6\"\nversion = \"0.21.4\"\n\n[deps]\nParsers = \"69de0a69-1ddd-5017-9359-2bf0b02dc9f0\"\n";
    let description =
        b"Package: jsonlite\nVersion: 1.8.8\nLicense: MIT\nRepository: CRAN\nBuilt: R 4.3.1; ; 2024-01-01; unix\n";
    let layer = TarBuilder::default()
        .file("root/.julia/packages/JSON/93Ea8/Project.toml", json)
        .file("usr/local/lib/R/site-library/jsonlite/DESCRIPTION", description)
        .file(
            "usr/share/nodejs/semver/package.json",
            br#"{"name":"semver","version":"7.3.5","dependencies":{"lru-cache":"*"}}"#,
        )
        .file("usr/share/nodejs/@types/node/package.json", br#"{"name":"@types/node","version":"18.1.0"}"#)
        .end();
    let image = Image::new(&[layer], Packing::Gzip, &json!({}));
    let told = report(&layout(folder.path(), &[("v1", &image)]));
    let components = told["components"].as_array().expect("is a list").iter();
    let packages = components.filter(|one| one["kind"] == "package").map(|one| one["id"].as_str().expect("has one"));
    assert_eq!(
        packages.collect::<Vec<_>>(),
        [
            "pkg:cran/jsonlite@1.8.8",
            "pkg:julia/JSON@0.21.4?uuid=682c06a0-de6a-54ab-a142-c8b1cf79cde6",
            "pkg:npm/%40types/node@18.1.0",
            "pkg:npm/semver@7.3.5",
        ]
    );
}

#[test]
fn archives_that_were_cut_off_say_so() {
    let folder = TempDir::new().expect("a folder");
    let archive = apk(MUSL).docker_archive("app:1");
    let packed = super::gzip(&archive);
    let cases: [(&str, &[u8], &str); 4] = [
        ("a.tar", &archive[..100], ""),
        ("b.tar", &archive[..600], ""),
        ("c.tar", &archive[..archive.len() / 512 * 256], ""),
        ("d.tar.gz", &packed[..packed.len() / 2], "ends too early"),
    ];
    for (name, bytes, word) in cases {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("can be written");
        let (_, error) = run(&["scan", &path.display().to_string(), "--no-cache"]);
        assert!(error.contains(word) && error.contains("again"), "{name}: {error}");
    }
}

#[test]
fn a_bill_says_that_an_image_descends_from_its_base_and_not_that_it_depends_on_it() {
    let folder = TempDir::new().expect("a folder");
    let settings = json!({ "Labels": {
        "org.opencontainers.image.base.name": "registry.example/base:1",
        "org.opencontainers.image.base.digest": digest(b"base"),
    } });
    let image = Image::new(&[TarBuilder::default().file("etc/os-release", OS_RELEASE).end()], Packing::Gzip, &settings);
    let store = layout(folder.path(), &[("registry.example/app:1", &image)]);
    let bill = |format: &str| run(&["scan", &store, "--format", format, "--no-cache", "--as-of", "2026-11-23"]).0;
    let bom: Value = serde_json::from_str(&bill("cyclonedx")).expect("is JSON");
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let components = list(&bom["components"]);
    let of =
        |name: &str| components.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{bom:#}")).clone();
    let (app, base) = (of("registry.example/app"), of("registry.example/base"));
    let ancestors = list(&app["pedigree"]["ancestors"]);
    assert_eq!(ancestors.len(), 1, "{app:#}");
    assert_eq!((&ancestors[0]["purl"], &ancestors[0]["type"]), (&base["purl"], &json!("container")));
    assert!(ancestors[0]["bom-ref"].is_null() && base["bom-ref"].is_string(), "names are given once");
    let needs = list(&bom["dependencies"]).iter().flat_map(|one| list(&one["dependsOn"])).collect::<Vec<_>>();
    assert!(needs.contains(&app["bom-ref"]) && !needs.contains(&base["bom-ref"]), "{needs:?}");
    // read again, it says the same
    let again = folder.path().join("bom.cdx.json");
    std::fs::write(&again, bom.to_string()).expect("can be written");
    let told = report(&again.display().to_string());
    let relations = list(&told["relations"]);
    let based = relations.iter().find(|one| one["kind"] == "based-on").expect("is read");
    assert_eq!((&based["from"], &based["to"]), (&app["bom-ref"], &base["bom-ref"]));
    let document: Value = serde_json::from_str(&bill("spdx")).expect("is JSON");
    let relations = list(&document["relationships"]);
    let about = |ty: &str| relations.iter().filter(|one| one["relationshipType"] == ty).count();
    assert_eq!((about("DESCENDANT_OF"), about("DEPENDS_ON"), about("CONTAINS")), (1, 0, 1), "{relations:#?}");
}

#[test]
fn what_only_a_lock_file_names_is_not_said_to_be_in_the_image() {
    let folder = TempDir::new().expect("a folder");
    let lock = br#"{"name":"app","lockfileVersion":3,"packages":{"":{"name":"app","dependencies":{"left":"1.0.0"}},"node_modules/left":{"version":"1.0.0"}}}"#;
    let layer = || TarBuilder::default().file("etc/os-release", OS_RELEASE).file("app/package-lock.json", lock);
    let held = layer().file("app/node_modules/left/package.json", br#"{"name":"left","version":"1.0.0"}"#);
    let words = "a lock file in the image names it";
    for (number, layer, is_held) in [("1", layer(), false), ("2", held, true)] {
        let image = Image::new(&[layer.end()], Packing::Gzip, &json!({}));
        let store = layout(&folder.path().join(number), &[("v1", &image)]);
        let (out, _) = run(&["explain", "left", &store, "--no-cache", "--as-of", "2026-11-23"]);
        assert_eq!(out.contains(words), !is_held, "{out}");
        let (out, _) = run(&["scan", &store, "--format", "spdx", "--no-cache", "--as-of", "2026-11-23"]);
        let document: Value = serde_json::from_str(&out).expect("is JSON");
        let relations = document["relationships"].as_array().expect("is a list");
        let of_left = |one: &&Value| one["relatedSpdxElement"].as_str().is_some_and(|id| id.contains("left"));
        let pair = |one: &Value| format!("{} {}", one["spdxElementId"], one["relatedSpdxElement"]);
        let needs = relations.iter().filter(|one| one["relationshipType"] == "DEPENDS_ON").filter(of_left);
        let mut needs: Vec<(String, &Value)> = needs.map(|one| (pair(one), &one["comment"])).collect();
        needs.sort_by(|a, b| a.0.cmp(&b.0));
        assert!(needs.windows(2).all(|two| two[0].0 != two[1].0), "each is said once: {needs:?}");
        let are_told = needs.iter().any(|(_, comment)| comment.as_str().is_some_and(|said| said.contains(words)));
        assert_eq!(are_told, !is_held, "{needs:?}");
        let mut kinds: Vec<&str> =
            relations.iter().filter(of_left).map(|one| one["relationshipType"].as_str().expect("has one")).collect();
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds.contains(&"CONTAINS"), is_held, "{kinds:?}");
    }
}

/// Listed twice: what `package.json` asks for and what lies installed beside it.
#[test]
fn what_is_installed_answers_what_a_manifest_in_an_image_asks_for() {
    let folder = TempDir::new().expect("a folder");
    let asks = br#"{"name":"app","dependencies":{"left":"^1.0.0","right":"^2.0.0"}}"#;
    let elsewhere = br#"{"name":"right","version":"2.0.1"}"#;
    let layer = TarBuilder::default()
        .file("app/package.json", asks)
        .file("app/node_modules/left/package.json", br#"{"name":"left","version":"1.0.3"}"#)
        .file("tool/node_modules/right/package.json", elsewhere);
    let image = Image::new(&[layer.end()], Packing::Gzip, &json!({}));
    let told = report(&layout(folder.path(), &[("v1", &image)]));
    let ids = told["components"].as_array().expect("is a list").iter().filter_map(|one| one["id"].as_str());
    let packages: Vec<&str> = ids.filter(|id| id.starts_with("pkg:npm/")).collect();
    // the copy of another folder is no answer
    assert_eq!(packages, ["pkg:npm/left@1.0.3", "pkg:npm/right", "pkg:npm/right@2.0.1"]);
    let relations = told["relations"].as_array().expect("is a list").iter();
    let asked = relations.filter(|one| one["kind"] == "depends-on").filter_map(|one| one["to"].as_str());
    assert_eq!(asked.collect::<Vec<_>>(), ["pkg:npm/left@1.0.3", "pkg:npm/right"]);
}

/// A package of NVIDIA's own source was said to be supplied by Debian.
#[test]
fn the_supplier_of_a_makers_runtime_is_the_maker() {
    let folder = TempDir::new().expect("a folder");
    let package = |name: &str, mail: &str| {
        format!(
            "Package: {name}\nStatus: install ok installed\nMaintainer: Somebody <{mail}>\nArchitecture: amd64\nVersion: 9.4.0-1\n\n"
        )
    };
    let status = [
        package("libcudnn9-cuda-12", "cudatools@nvidia.com"),
        package("some-tool", "dev@nvidia.com"),
        package("plain", "plain@debian.example"),
    ];
    let layer = TarBuilder::default()
        .file("etc/os-release", b"ID=debian\nVERSION_ID=12\n")
        .file("var/lib/dpkg/status", status.concat().as_bytes())
        .file(
            "usr/lib/python3/site-packages/nvidia_cudnn_cu12-9.1.0.dist-info/METADATA",
            b"Metadata-Version: 2.1\nName: nvidia-cudnn-cu12\nVersion: 9.1.0\n\n",
        );
    let image = Image::new(&[layer.end()], Packing::Gzip, &json!({}));
    let (out, error) =
        run(&["scan", &layout(folder.path(), &[("v1", &image)]), "--format", "cyclonedx", "--as-of", "2026-11-23"]);
    let bill: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{error}"));
    let parts = bill["components"].as_array().expect("is a list");
    let supplier = |name: &str| {
        let part = parts.iter().find(|part| part["name"] == name).unwrap_or_else(|| panic!("{name}: {out}"));
        part["supplier"]["name"].as_str()
    };
    assert_eq!(supplier("libcudnn9-cuda-12"), Some("NVIDIA"));
    assert_eq!(supplier("nvidia-cudnn-cu12"), Some("NVIDIA"));
    assert_eq!(supplier("some-tool"), None, "a mail alone does not tell whether Debian publishes it");
    assert_eq!(supplier("plain"), Some("Debian / SPI"));
}

#[test]
fn an_image_for_another_platform_than_was_asked_for_says_so() {
    let folder = TempDir::new().expect("a folder");
    let layer = TarBuilder::default().file("etc/os-release", OS_RELEASE).end();
    let image = Image::new(&[layer], Packing::Gzip, &json!({}));
    let store = layout(folder.path(), &[("v1", &image)]);
    let scan = |platform: &str| run(&["scan", &store, "--platform", platform, "--as-of", "2026-11-23"]).0;
    let words = "the image is made for";
    let out = scan("linux/s390x").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(out.contains(words) && out.contains("not for `linux/s390x`"), "{out}");
    assert!(!scan("linux/amd64").contains(words));
}

/// Settings that an image carries for the cluster speak for the image that holds them.
#[test]
fn a_map_of_settings_in_an_image_speaks_for_the_image() {
    let folder = TempDir::new().expect("a folder");
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: llm\ndata:\n  LLM_URL: https://api.mistral.ai/v1\n  \
               Modelfile: |\n    FROM hf.co/Qwen/Qwen3-8B-GGUF\n    SYSTEM be kind\n";
    let layer =
        TarBuilder::default().file("etc/os-release", OS_RELEASE).file("app/deploy/settings.yaml", map.as_bytes());
    let image = Image::new(&[layer.end()], Packing::Gzip, &json!({}));
    let all = report(&format!("oci:{}", layout(folder.path(), &[("ghcr.io/team/app:1", &image)])));
    let of_image = |to: &str| {
        let rows = all["relations"].as_array().expect("is a list").iter();
        rows.filter(|row| row["to"].as_str().is_some_and(|id| id.contains(to)))
            .map(|row| row["from"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    for to in ["api:mistral/api", "Qwen3-8B"] {
        let users = of_image(to);
        assert!(users.iter().any(|user| user.starts_with("pkg:oci/app")), "{to}: {users:?}");
        assert!(users.iter().all(|user| !user.starts_with("project:")), "{to}: {users:?}");
    }
}
