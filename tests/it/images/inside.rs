//! Files of real images that are not what their names say, that say nothing, or that belong to somebody else.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::OS_RELEASE;
use super::build::{Image, Packing, TarBuilder, layout_files, write_all};

/// A library that tells nothing of itself.
const SILENT: &[u8] = include_bytes!("../../../fixtures/scanners/executable/normal/opt/silent.so");
pub(super) const ONNX: &[u8] = include_bytes!("../../../fixtures/scanners/onnx/normal/models/detector.onnx");

fn store(root: &Path, layers: Vec<TarBuilder>) -> String {
    let layers: Vec<Vec<u8>> = layers.into_iter().map(TarBuilder::end).collect();
    let image = Image::new(&layers, Packing::Gzip, &json!({}));
    let entry = image.entry(&json!({ "annotations": { "org.opencontainers.image.ref.name": "v1" } }));
    write_all(&root.join("store"), &layout_files(&[&image], &[entry])).display().to_string()
}

pub(super) fn report(layer: TarBuilder, more: &[&str]) -> Value {
    report_of(vec![layer], more)
}

pub(super) fn report_of(layers: Vec<TarBuilder>, more: &[&str]) -> Value {
    let folder = TempDir::new().expect("a folder");
    let store = store(folder.path(), layers);
    let mut command = crate::cli::sovaudit();
    command.args(["scan", &store, "--format", "json", "--no-cache", "--as-of", "2026-11-23"]).args(more);
    let output = command.output().expect("runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

pub(super) fn base() -> TarBuilder {
    TarBuilder::default().file("etc/os-release", OS_RELEASE)
}

pub(super) fn ids(report: &Value, kind: &str) -> Vec<String> {
    let components = report["components"].as_array().expect("is a list").iter();
    components.filter(|one| one["kind"] == kind).map(|one| one["id"].as_str().expect("has one").to_owned()).collect()
}

pub(super) fn problems(report: &Value) -> Vec<String> {
    let all = report["diagnostics"].as_array().expect("is a list").iter();
    all.map(|one| format!("{} {}", one["path"], one["message"])).collect()
}

#[test]
fn code_that_names_no_service_takes_no_memory() {
    let code = "def add(a, b):\n    return a + b\n\n\n".repeat(500);
    let calls = "import boto3\ns3 = boto3.client(\"s3\", region_name=\"eu-west-1\")\n";
    let mut layer = base().file("srv/app/calls.py", calls.as_bytes());
    for number in 0..40 {
        layer = layer.file(&format!("srv/app/{number}.py"), code.as_bytes());
    }
    let told = report(layer, &["--image-limit", "kept-bytes=64K"]);
    assert_eq!(problems(&told), Vec::<String>::new());
    assert_eq!(ids(&told, "service"), ["api:aws/s3"]);
    assert_eq!(told["coverage"]["files_read"], 42, "they are read all the same");
}

#[test]
fn another_name_of_code_that_was_not_kept_is_told() {
    let layer = base().file("srv/a.py", b"FROM registry.example/base:1\n").hard_link("srv/Dockerfile", "srv/a.py");
    let told = problems(&report(layer.hard_link("srv/b.py", "srv/a.py"), &[]));
    assert!(told.len() == 1 && told[0].contains("srv/Dockerfile") && told[0].contains("nothing was kept"), "{told:?}");
}

#[test]
fn a_library_that_says_nothing_is_known_by_its_name() {
    let layer = base()
        .file("usr/lib/x86_64-linux-gnu/libnccl.so.2.28.3", SILENT)
        .symlink("usr/lib/x86_64-linux-gnu/libnccl.so.2", "libnccl.so.2.28.3");
    let told = report(layer, &[]);
    assert_eq!(ids(&told, "package"), ["pkg:generic/nvidia/nccl@2.28.3"]);
    assert_eq!(problems(&told), Vec::<String>::new());
}

#[test]
fn a_program_with_the_name_of_its_report_is_a_program() {
    let told = report(base().file("usr/bin/nvidia-smi", SILENT).file("usr/bin/lshw.json", SILENT), &[]);
    assert_eq!(problems(&told), Vec::<String>::new());
}

#[test]
fn models_that_a_library_tests_itself_with_are_none_of_the_image() {
    let layer = base()
        .file("opt/venv/lib/python3.12/site-packages/onnx/backend/test/data/light/net.onnx", ONNX)
        .file("opt/venv/lib/python3.12/site-packages/sorter/net.onnx", ONNX)
        .file("opt/venv/lib/python3.12/site-packages/onnx/backend/test/data/more/net.onnx", ONNX)
        .file("srv/vendor/acme/test/net.onnx", ONNX)
        .file("app/pkgs/testing/net.onnx", ONNX)
        .file("srv/tests/net.onnx", ONNX);
    let told = report(layer, &["--strict"]);
    let models = ids(&told, "model");
    assert_eq!(models.len(), 4, "{models:?}");
    assert!(models.iter().all(|id| !id.contains("backend/test")), "{models:?}");
    let told = problems(&told);
    assert!(told.len() == 1 && told[0].contains("backend/test/data/light/net.onnx\" \"2 files left out"), "{told:?}");
    assert!(told[0].ends_with("weights that installed libraries bring as tests\""), "{told:?}");
}

#[test]
fn links_that_lead_to_links_end_at_what_is_read() {
    let layer = base()
        .symlink("etc/apt/sources.list", "/etc/alternatives/sources.list")
        .symlink("etc/alternatives/sources.list", "/usr/share/x/sources.list")
        .symlink("srv/a/package.json", "b/package.json")
        .symlink("srv/a/b/package.json", "../c/package.json")
        .file("srv/a/c/package.json", b"{\"name\":\"x\",\"version\":\"1.0.0\"}")
        .symlink("srv/round/package.json", "package.json");
    let told = problems(&report(layer, &[]));
    assert!(!told.iter().any(|one| one.contains("srv/a/")), "{told:?}");
    // what leads to nothing, or round in a circle, is a loss
    assert!(told.iter().any(|one| one.contains("srv/round/package.json")), "{told:?}");
}

#[test]
fn packed_manuals_are_no_packed_captures() {
    let layer = base()
        .file("usr/share/man/man8/lspci.8.gz", b"\x1f\x8b")
        .file("usr/share/doc/lshw/changelog.Debian.gz", b"\x1f\x8b")
        .file("srv/captures/lspci.txt.gz", b"\x1f\x8b")
        .file("srv/captures/lspci-2.txt.gz", b"\x1f\x8b");
    let told = problems(&report(layer, &[]));
    assert_eq!(told.len(), 2, "each is told once: {told:?}");
    assert!(told.iter().all(|one| one.contains("srv/captures/")), "{told:?}");
}

#[test]
fn what_a_maker_built_for_ubuntu_is_not_of_ubuntu() {
    let entry = |name: &str, maintainer: &str| {
        format!(
            "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1-1\nMaintainer: {maintainer}\n\n"
        )
    };
    let status = entry("cuda-nvcc-13-0", "cudatools <cudatools@nvidia.com>")
        + &entry("adduser", "Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>")
        + &entry("oddity", "A Person <person@nobody.example>");
    for (system, behind) in [("ubuntu", ["canonical", "nvidia"]), ("debian", ["debian", "debian"])] {
        let layer = TarBuilder::default()
            .file("etc/os-release", format!("ID={system}\nVERSION_ID=\"24.04\"\n").as_bytes())
            .file("var/lib/dpkg/status", status.as_bytes());
        let told = report(layer, &[]);
        let relations = told["relations"].as_array().expect("is a list");
        let answers = |name: &str| -> Vec<&str> {
            let of = |one: &&Value| one["from"].as_str().is_some_and(|id| id.contains(&format!("/{name}@")));
            let made = relations.iter().filter(of).filter(|one| one["kind"] == "maintained-by");
            made.filter_map(|one| one["to"].as_str()).collect()
        };
        assert!(answers("adduser").iter().any(|org| org.contains(behind[0])), "{:?}", answers("adduser"));
        assert!(answers("oddity").iter().any(|org| org.contains(behind[0])), "{:?}", answers("oddity"));
        let nvcc = answers("cuda-nvcc-13-0");
        assert!(nvcc.iter().any(|org| org.contains(behind[1])), "{nvcc:?}");
        assert!(!nvcc.iter().any(|org| org.contains("canonical")), "{nvcc:?}");
    }
}

pub(super) const CALLS: &[u8] = b"import boto3\ns3 = boto3.client(\"s3\", region_name=\"eu-west-1\")\n";
const LIST: &[u8] = b"/.\n/opt\n/opt/tool\n/opt/tool/requirements.txt\n/opt/tool/Dockerfile\n/opt/tool/run.py\n\
    /opt/tool/package-lock.json\n/usr/share/doc/tool\n";

/// An image with a tool below `opt` and the database that holds its package.
fn with_tool(maintainer: &str) -> TarBuilder {
    let status = format!(
        "Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1-1\nMaintainer: {maintainer}\n\n"
    );
    let lock = br#"{"name":"tool","lockfileVersion":3,"packages":{"node_modules/left":{"version":"1.0.0"}}}"#;
    TarBuilder::default()
        .file("etc/os-release", b"ID=debian\nVERSION_ID=12\n")
        .file("var/lib/dpkg/status", status.as_bytes())
        .file("opt/tool/requirements.txt", b"flask==3.0.0\n")
        .file("opt/tool/Dockerfile", b"FROM registry.example/base:1\n")
        .file("opt/tool/run.py", CALLS)
        .file("opt/tool/package-lock.json", lock)
        .file("opt/app/requirements.txt", b"django==5.0.0\n")
}

#[test]
fn what_packages_of_the_distribution_bring_asks_for_nothing() {
    let makers = ["cudatools <cudatools@nvidia.com>", "Debian Team <team@lists.debian.org>"];
    for (maintainer, name) in makers.into_iter().zip(["tool", "tool:amd64"]) {
        let layer = with_tool(maintainer).file(&format!("var/lib/dpkg/info/{name}.list"), LIST);
        let told = report(layer, &[]);
        assert_eq!(ids(&told, "service"), Vec::<String>::new());
        let packages = ids(&told, "package").join(" ");
        assert!(packages.contains("django") && packages.contains("npm/left"), "{packages}");
        assert!(!packages.contains("flask"), "{packages}");
        assert_eq!(ids(&told, "image").len(), 1);
        // that they were passed over is told, and is no loss
        let told = problems(&told);
        assert!(told.iter().any(|one| one.contains("opt/tool/Dockerfile\" \"3 files left out")), "{told:?}");
    }
    // without the list nobody knows whose they are
    let told = report(with_tool(makers[0]), &[]);
    assert_eq!(ids(&told, "service"), ["api:aws/s3"]);
    assert!(ids(&told, "package").join(" ").contains("flask"));
    assert!(!problems(&told).join(" ").contains("left out"));
}

#[test]
fn what_somebody_packed_themselves_speaks_for_the_image() {
    // everybody has mail at some hosts, whoever runs them
    let people =
        ["Jo <jo@gmail.com>", "Jo <jo@yandex.ru>", "Team <it@acme.example>", "Jo <jo@users.noreply.github.com>", ""];
    for maintainer in people {
        let told = report(with_tool(maintainer).file("var/lib/dpkg/info/tool.list", LIST), &[]);
        assert_eq!(ids(&told, "service"), ["api:aws/s3"], "{maintainer}");
        assert!(ids(&told, "package").join(" ").contains("flask"), "{maintainer}");
        assert!(!problems(&told).join(" ").contains("left out"), "{maintainer}");
    }
}

#[test]
fn what_a_later_layer_put_in_the_place_of_a_package_s_file_speaks_for_the_image() {
    let bottom = || {
        with_tool("cudatools <cudatools@nvidia.com>")
            .file("opt/tool/run.py", b"print(1)\n")
            .file("var/lib/dpkg/info/tool.list", LIST)
    };
    let told = report_of(vec![bottom(), TarBuilder::default().file("opt/tool/run.py", CALLS)], &[]);
    assert_eq!(ids(&told, "service"), ["api:aws/s3"]);
    assert!(!ids(&told, "package").join(" ").contains("flask"));
    let problems = problems(&told);
    assert!(problems.iter().any(|one| one.contains("2 files left out")), "{problems:?}");
    // a package of a later layer brings its files anew
    let newer = TarBuilder::default().file("opt/tool/run.py", CALLS).file("var/lib/dpkg/info/tool.list", LIST);
    assert_eq!(ids(&report_of(vec![bottom(), newer], &[]), "service"), Vec::<String>::new());
}
