//! What is found inside of images: packages of every sort, weights, runtimes; by which layer it came, and whom it leads to.

use std::collections::BTreeSet;
use std::fs;

use serde_json::json;
use sovaudit::attribution::attribute;
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::graph::Graph;
use sovaudit::model::{ComponentId, Date, FactRef, Inventory, RelationKind};
use sovaudit::scan::{Options, scan_directory, scan_files};
use sovaudit::source::image::ImageTarget;
use sovaudit::text::RelPath;
use tempfile::TempDir;

use super::build::{Image, Packing, TarBuilder, layout_files, write_all};
use super::{CATALOG, attribute as attributes_of_image, contained, scan_archive, scan_layout, set};

const SERVICE: &[u8] = include_bytes!("../../../fixtures/scanners/executable/normal/usr/local/bin/service");
const TOOL: &[u8] = include_bytes!("../../../fixtures/scanners/executable/normal/opt/tool");
const APP: &[u8] = include_bytes!("../../../fixtures/scanners/java-archive/normal/opt/app.jar");
const CHAT: &[u8] = include_bytes!("../../../fixtures/scanners/gguf/normal/models/chat.gguf");
const BERKELEY: &[u8] = include_bytes!("../../../fixtures/scanners/rpm-database/berkeley/var/lib/rpm/Packages");

const STATUS: &str = "Package: libaurora1\nStatus: install ok installed\nArchitecture: amd64\nSource: aurora\n\
    Maintainer: A Person <person@huawei.com>\nVersion: 1.0-1\n\nPackage: app\nStatus: install ok installed\n\
    Architecture: amd64\nVersion: 2.0\nMaintainer: B <b@example.org>\nDepends: libaurora1 (>= 1.0) | other, absent\n\n";

fn base_layer() -> Vec<u8> {
    TarBuilder::default()
        .file("etc/os-release", b"ID=debian\nVERSION_ID=12\n")
        .file("var/lib/dpkg/status", STATUS.as_bytes())
        .file("usr/local/cuda-12.4/targets/x86_64-linux/lib/libcudart.so.12.4.127", b"\x7fELF")
        .file("opt/old/all-1.0.jar", include_bytes!("../../../fixtures/scanners/java-archive/normal/opt/all-1.0.jar"))
        .end()
}

fn upper_layer() -> Vec<u8> {
    TarBuilder::default()
        .file("opt/old/.wh.all-1.0.jar", b"")
        .file("usr/local/bin/service", SERVICE)
        .symlink("usr/bin/service", "/usr/local/bin/service")
        .file("opt/tool", TOOL)
        .file("opt/app.jar", APP)
        .file("models/chat.gguf", CHAT)
        .file("root/.cache/huggingface/hub/models--BAAI--bge-m3/refs/main", b"5617a9f61b028005a4858fdac845db406aefb181")
        .file("var/lib/gems/3.1.0/specifications/rack-3.0.0.gemspec", b"Gem::Specification.new do |s|\n  s.name = \"rack\"\n  s.version = \"3.0.0\"\nend\n")
        .file("var/www/vendor/composer/installed.json", br#"{"packages":[{"name":"monolog/monolog","version":"3.5.0"}]}"#)
        .file("var/www/vendor/monolog/monolog/composer.json", br#"{"name":"monolog/monolog","require":{"php":">=8.1"}}"#)
        .file("opt/conda/conda-meta/numpy-1.26.4-py311_0.json", br#"{"name":"numpy","version":"1.26.4","build":"py311_0","channel":"https://conda.anaconda.org/conda-forge/linux-64"}"#)
        .file("usr/local/lib/R/site-library/jsonlite/DESCRIPTION", b"Package: jsonlite\nVersion: 1.8.8\nRepository: CRAN\nBuilt: R 4.3.2\n")
        .file("app/service.deps.json", br#"{"libraries":{"Serilog/3.1.1":{"type":"package","serviceable":true,"sha512":"x"}},"targets":{}}"#)
        .end()
}

fn inventory() -> Inventory {
    let image = Image::new(&[base_layer(), upper_layer()], Packing::Gzip, &json!({}));
    scan_layout(&image, &Options::default()).expect("is readable")
}

#[test]
fn everything_that_lies_in_an_image_is_found() {
    let found = contained(&inventory());
    let wanted = [
        "pkg:deb/debian/libaurora1@1.0-1?arch=amd64&distro=debian-12",
        "pkg:deb/debian/app@2.0?arch=amd64&distro=debian-12",
        "pkg:generic/nvidia/cuda-runtime@12.4.127",
        "pkg:golang/github.com/mailru/easyjson@v0.7.7",
        "pkg:golang/stdlib@1.22.1",
        "pkg:cargo/anyhow@1.0.86",
        "pkg:maven/org.aurora/aurora-core@3.1.0",
        "pkg:gem/rack@3.0.0",
        "pkg:composer/monolog/monolog@3.5.0",
        "pkg:cran/jsonlite@1.8.8",
        "pkg:nuget/Serilog@3.1.1",
        "model:tree/models/chat.gguf",
        "model:huggingface/BAAI/bge-m3",
    ];
    for wanted in wanted {
        assert!(found.contains(wanted), "{wanted} is missing in {found:#?}");
    }
    assert!(found.iter().any(|id| id.starts_with("pkg:conda/numpy@1.26.4")), "{found:#?}");
    assert!(!found.iter().any(|id| id.contains("/all@")), "a removed archive counts");
}

#[test]
fn packages_of_a_database_need_each_other() {
    let inventory = inventory();
    let needs: BTreeSet<(String, String)> = inventory
        .facts()
        .filter_map(|(fact, _)| match fact {
            FactRef::Relation { from, kind: RelationKind::DependsOn, to, .. }
                if from.as_str().starts_with("pkg:deb") =>
            {
                Some((from.to_string(), to.to_string()))
            }
            _ => None,
        })
        .collect();
    let package = |name: &str| format!("pkg:deb/debian/{name}?arch=amd64&distro=debian-12");
    assert_eq!(needs, BTreeSet::from([(package("app@2.0"), package("libaurora1@1.0-1"))]));
}

#[test]
fn what_a_layer_removed_is_told_apart_when_asked() {
    let image = Image::new(&[base_layer(), upper_layer()], Packing::Gzip, &json!({}));
    let options = Options { removed: true, ..Options::default() };
    let inventory = scan_layout(&image, &options).expect("is readable");
    let removed: BTreeSet<(String, bool)> = inventory
        .facts()
        .filter_map(|(fact, _)| match fact {
            FactRef::Attribute { of, key: "removed", value } => {
                Some((of.to_string(), value.starts_with("deleted by sha256:")))
            }
            _ => None,
        })
        .collect();
    let wanted = ["pkg:maven/com.alibaba/fastjson@1.2.83", "pkg:maven/org.aurora/all@1.0"];
    assert_eq!(removed, wanted.iter().map(|id| ((*id).to_owned(), true)).collect());
    assert!(wanted.iter().all(|id| !contained(&inventory).contains(*id)), "what was removed is contained");
}

#[test]
fn what_a_layer_removed_counts_nowhere() {
    let image = Image::new(&[base_layer(), upper_layer()], Packing::Gzip, &json!({}));
    let folder = TempDir::new().expect("a folder");
    write_all(folder.path(), &image.layout_files());
    let scan = |more: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("sovaudit").expect("is built");
        command.args(["scan", "--no-cache"]).arg(folder.path()).args(more);
        let out = command.output().expect("runs");
        (out.status.code(), String::from_utf8_lossy(&out.stdout).into_owned())
    };
    let report = |more: &[&str]| -> serde_json::Value {
        let (_, out) = scan(&[&["--format", "json"], more].concat());
        serde_json::from_str(&out).expect("is JSON")
    };
    let (without, with) = (report(&[]), report(&["--show-removed"]));
    for part in ["findings", "control"] {
        assert_eq!(with[part], without[part], "{part}");
    }
    for part in ["components", "owners_asked", "owners_unknown"] {
        assert_eq!(with["coverage"][part], without["coverage"][part], "{part}");
    }
    let bill = |more: &[&str]| -> serde_json::Value {
        let (_, out) = scan(&[&["--format", "cyclonedx"], more].concat());
        let mut bill: serde_json::Value = serde_json::from_str(&out).expect("is JSON");
        // what was removed stands there marked, and is no part of anything
        let components = bill["components"].as_array_mut().expect("is a list");
        components.retain(|one| !one.to_string().contains("sovaudit:removed"));
        bill["serialNumber"] = json!("");
        bill
    };
    assert_eq!(bill(&["--show-removed"]), bill(&[]));
    assert!(with["components"].to_string().contains("fastjson"), "it is told all the same");
    assert!(!without["components"].to_string().contains("fastjson"));
}

#[test]
fn a_database_of_older_systems_is_read_from_a_layer() {
    let layer = TarBuilder::default()
        .file("etc/os-release", b"ID=centos\nVERSION_ID=7\n")
        .file("var/lib/rpm/Packages", BERKELEY)
        .end();
    let inventory =
        scan_layout(&Image::new(&[layer], Packing::Zstd, &json!({})), &Options::default()).expect("is readable");
    let wanted = [
        "pkg:rpm/centos/aurora@1.4.0-3?arch=x86_64&distro=centos-7&epoch=2",
        "pkg:rpm/centos/aurora-libs@1.4.0-3?arch=x86_64&distro=centos-7&epoch=2",
    ];
    assert_eq!(contained(&inventory), set(&wanted));
}

#[test]
fn the_configuration_tells_command_tools_registries_and_runtimes() {
    let config = json!({
        "Env": [
            "CUDA_VERSION=12.4.1",
            "HF_ENDPOINT=https://hf-mirror.example",
            "PIP_INDEX_URL=https://user:hunter2@pypi.corp.example/simple",
            "OPENAI_BASE_URL=http://localhost:8000/v1"
        ],
        "Entrypoint": ["vllm", "serve", "Qwen/Qwen3-8B"],
        "Labels": { "org.opencontainers.image.authors": "Some One <one@aurora.example>", "io.buildah.version": "1.33.7" }
    });
    let image = Image::new(&[base_layer()], Packing::Gzip, &config);
    let inventory = scan_layout(&image, &Options::default()).expect("is readable");
    assert_eq!(attributes_of_image(&inventory, "entrypoint"), set(&["vllm serve Qwen/Qwen3-8B"]));
    assert_eq!(attributes_of_image(&inventory, "built-with"), set(&["buildah 1.33.7"]));
    assert!(attributes_of_image(&inventory, "identity").contains("mail:aurora.example"));
    let ids: BTreeSet<String> = inventory.components().map(|(id, _)| id.to_string()).collect();
    for wanted in [
        "host:hf-mirror.example",
        "host:pypi.corp.example",
        "model:huggingface/Qwen/Qwen3-8B",
        "pkg:generic/nvidia/cuda-runtime@12.4.1",
    ] {
        assert!(ids.contains(wanted), "{wanted} is missing in {ids:#?}");
    }
    assert!(!ids.iter().any(|id| id.contains("localhost")), "this machine is no host of others");
    assert!(!format!("{inventory:?}").contains("hunter2"), "a password reached the inventory");
}

#[test]
fn an_image_is_based_on_the_one_whose_layers_it_begins_with() {
    let folder = TempDir::new().expect("a folder");
    let base = Image::new(&[base_layer()], Packing::Plain, &json!({}));
    let built = Image::new(&[base_layer(), upper_layer()], Packing::Plain, &json!({}));
    let named = |name: &str| json!({ "annotations": { "io.containerd.image.name": name } });
    let entries = [base.entry(&named("registry.example/base:1")), built.entry(&named("registry.example/app:1"))];
    let root = write_all(folder.path(), &layout_files(&[&base, &built], &entries));
    let target = ImageTarget::OciLayout(root);
    let inventory = super::scan(&target, &Options::default()).expect("is readable");
    let based: Vec<(String, String)> = inventory
        .facts()
        .filter_map(|(fact, _)| match fact {
            FactRef::Relation { from, kind: RelationKind::BasedOn, to, .. }
                if from.as_str().starts_with("pkg:oci/") =>
            {
                Some((from.to_string(), to.to_string()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(based.len(), 1, "{based:?}");
    assert!(based[0].0.contains("app") && based[0].1.contains("base"), "{based:?}");
}

/// A workload of a cluster runs an image; a package in the lowest layer of it has a maintainer; the maintainer sits in a
/// country.
#[test]
fn a_workload_reaches_the_country_of_a_maintainer_in_the_base_layer() {
    const NAME: &str = "registry.example/team/app:1.0";
    let folder = TempDir::new().expect("a folder");
    let manifest = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app\n  namespace: prod\nspec:\n  selector:\n    \
         matchLabels: {{app: app}}\n  template:\n    metadata:\n      labels: {{app: app}}\n    spec:\n      containers:\n        \
         - name: app\n          image: {NAME}\n"
    );
    fs::write(folder.path().join("app.yaml"), manifest).expect("a file");
    let tree = scan_directory(folder.path(), &CATALOG, &Options::default()).expect("opens");
    let image = Image::new(&[base_layer(), upper_layer()], Packing::Gzip, &json!({}));
    let image = scan_archive(&image.docker_archive(NAME), &Options::default()).expect("is readable");
    let day: Date = Date::parse("2026-11-26").expect("a day");
    let inventory = attribute(tree.merge(image), &CATALOG, day);
    let graph = Graph::new(&inventory);
    let workload = graph
        .nodes()
        .find(|node| graph.node(*node).id.as_str().starts_with("workload:"))
        .expect("the deployment is a workload");
    let china = graph.find(&ComponentId::jurisdiction("CN")).expect("somebody sits there");
    let path = graph.shortest_path(workload, |_| true, |node| node == china).expect("a way leads there");
    let names: Vec<String> = path.nodes().map(|node| graph.node(node).id.to_string()).collect();
    assert!(names.iter().any(|id| id.starts_with("pkg:oci/")), "{names:?}");
    let package = "pkg:deb/debian/libaurora1@1.0-1?arch=amd64&distro=debian-12";
    let package = graph.find(&ComponentId::new(package)).expect("is in the base layer");
    let from = graph.shortest_path(package, |_| true, |node| node == china).expect("its maintainer sits there");
    let image = graph.find(&ComponentId::new(names.iter().find(|id| id.starts_with("pkg:oci/")).expect("above")));
    let whole = graph.shortest_path(image.expect("above"), |_| true, |node| node == package).expect("contains it");
    assert_eq!(whole.nodes().count(), 2);
    assert!(from.nodes().any(|node| graph.node(node).id.as_str() == "org:huawei"));
    // the runtime in it needs the hardware of its maker
    let nvidia = graph.find(&ComponentId::organisation("nvidia")).expect("designs the hardware");
    assert!(graph.shortest_path(workload, |_| true, |node| node == nvidia).is_some());
}

/// Files that scanners read by what they hold, and databases of packages, each with a place where it may lie.
const DAMAGED: [(&str, &[u8]); 11] = [
    ("usr/local/bin/service", SERVICE),
    ("usr/local/bin/older", include_bytes!("../../../fixtures/scanners/executable/normal/usr/local/bin/older")),
    ("opt/tool", TOOL),
    ("opt/app.jar", APP),
    ("opt/service.war", include_bytes!("../../../fixtures/scanners/java-archive/normal/opt/service.war")),
    ("models/chat.gguf", CHAT),
    (
        "models/adapter.safetensors",
        include_bytes!("../../../fixtures/scanners/safetensors/normal/models/adapter/adapter_model.safetensors"),
    ),
    ("models/detector.onnx", include_bytes!("../../../fixtures/scanners/onnx/normal/models/detector.onnx")),
    ("models/model.bin", include_bytes!("../../../fixtures/scanners/pytorch/normal/doubtful/model.bin")),
    ("var/lib/rpm/Packages", BERKELEY),
    (
        "var/lib/rpm/Packages.db",
        include_bytes!("../../../fixtures/scanners/rpm-database/ndb/usr/lib/sysimage/rpm/Packages.db"),
    ),
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    /// Changed and cut bytes give facts, problems or nothing, never a panic.
    #[test]
    fn damaged_files_never_panic(
        which in 0..DAMAGED.len(),
        changes in proptest::collection::vec((0.0_f64..1.0, proptest::num::u8::ANY), 0..12),
        cut in 0.0_f64..1.5,
    ) {
        let (path, bytes) = DAMAGED[which];
        let mut bytes = bytes.to_vec();
        for (place, value) in changes {
            let at = (place * (bytes.len() - 1) as f64) as usize;
            bytes[at] = value;
        }
        bytes.truncate((cut * bytes.len() as f64) as usize);
        let path = RelPath::new(path).expect("is relative");
        let inventory = scan_files(vec![(path, bytes, None)], &CATALOG, &Options::default());
        let internal = inventory.diagnostics.iter().filter(|problem| problem.kind == DiagnosticKind::Internal);
        proptest::prop_assert_eq!(internal.count(), 0);
    }
}

#[test]
fn mirrors_in_an_image_are_no_registries_of_the_image() {
    let layer = TarBuilder::default()
        .file("etc/pip.conf", b"[global]\nindex-url = https://pypi.tuna.tsinghua.edu.cn/simple\n")
        .file("root/.npmrc", b"registry=https://registry.npmmirror.com/\n")
        .file("etc/apt/sources.list", b"deb https://mirrors.aliyun.com/debian bookworm main\n")
        .end();
    let config = json!({
        "Env": ["GOPROXY=https://goproxy.cn/hunter2,direct"],
        "Entrypoint": ["vllm", "serve", "--api-key", "hunter2", "--token=hunter2"]
    });
    let image = Image::new(&[layer], Packing::Gzip, &config);
    let inventory = scan_layout(&image, &Options::default()).expect("is readable");
    let hosts: BTreeSet<String> = inventory
        .attributes()
        .filter(|(_, row)| row.key == "fetched-by" && row.value.to_string() == "build")
        .map(|(of, _)| of.to_string())
        .collect();
    let wanted =
        ["host:goproxy.cn", "host:mirrors.aliyun.com", "host:pypi.tuna.tsinghua.edu.cn", "host:registry.npmmirror.com"];
    assert_eq!(hosts, set(&wanted));
    let is_mirror = |id: &str| wanted.contains(&id);
    assert!(!inventory.facts().any(|(fact, _)| matches!(
        fact,
        FactRef::Relation { kind: RelationKind::DistributedBy, to, .. } if is_mirror(to.as_str())
    )));
    assert!(!format!("{inventory:?}").contains("hunter2"), "a secret reached the inventory");
}

#[test]
fn links_of_a_cache_of_models_are_followed() {
    let folder = "hub/models--Qwen--Qwen3-8B";
    let card = b"---\nlicense: apache-2.0\nbase_model: meta-llama/Llama-3.1-8B\n---\n";
    let layer = TarBuilder::default()
        .symlink(&format!("{folder}/snapshots/0123456789abcdef/README.md"), "../../blobs/aa11")
        .file(&format!("{folder}/blobs/aa11"), card)
        .end();
    let image = Image::new(&[layer], Packing::Gzip, &json!({}));
    let inventory = scan_layout(&image, &Options::default()).expect("is readable");
    let ids: BTreeSet<String> = inventory.components().map(|(id, _)| id.to_string()).collect();
    assert!(ids.iter().any(|id| id.contains("Llama-3.1-8B")), "{ids:#?} {:?}", inventory.diagnostics);
}
