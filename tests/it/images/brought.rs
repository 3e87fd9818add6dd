//! Files that packages of apk, rpm, pacman and Python brought: whose they are, and what a user put in their place.

use serde_json::json;
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::scan::Options;

use super::build::{Image, Packing, TarBuilder};
use super::inside::{CALLS, ONNX, ids, problems, report, report_of};
use super::{rpm, scan_layout};

const ASKS: &[u8] = b"flask==3.0.0\n";
const LOCK: &[u8] = br#"{"name":"tool","lockfileVersion":3,"packages":{"node_modules/left":{"version":"1.0.0"}}}"#;
const FILES: [rpm::Brought<'static>; 4] = [
    ("/opt/tool/requirements.txt", ASKS),
    ("/usr/libexec/tool/run.py", CALLS),
    ("/opt/tool/package-lock.json", LOCK),
    ("/etc/yum.repos.d/tool.repo", REPOSITORY),
];
const REPOSITORY: &[u8] = b"[tool]\nname=tool\nbaseurl=https://packages.example/tool\n";

fn with_files(system: &str) -> TarBuilder {
    let release = format!("ID={system}\nVERSION_ID=41\n");
    let layer = TarBuilder::default().file("etc/os-release", release.as_bytes());
    FILES
        .iter()
        .fold(layer, |layer, (path, bytes)| layer.file(&path[1..], bytes))
        .file("opt/app/requirements.txt", b"django==5.0.0\n")
}

#[test]
fn files_that_rpm_lists_ask_for_nothing_in_all_forms_of_its_database() {
    for vendor in ["Fedora Project", "NVIDIA Corporation <https://nvidia.com/>"] {
        for (path, database) in rpm::databases(&rpm::header("tool", vendor, &FILES)) {
            let told = report(with_files("fedora").file(path, &database), &["--strict"]);
            assert_eq!(ids(&told, "service"), Vec::<String>::new(), "{vendor} {path}");
            let packages = ids(&told, "package").join(" ");
            assert!(
                packages.contains("django") && packages.contains("npm/left") && packages.contains("rpm/fedora/tool@")
            );
            assert!(!packages.contains("flask"), "{packages}");
            assert!(ids(&told, "host").contains(&"host:packages.example".to_owned()), "settings hold");
            let told = problems(&told);
            let words =
                "opt/tool/requirements.txt\" \"2 files left out, this one first: manifests and code that rpm lists";
            assert!(told.iter().any(|one| one.contains(words)), "{told:?}");
        }
    }
}

#[test]
fn what_is_not_as_rpm_brought_it_or_is_of_nobody_known_speaks_for_the_image() {
    let databases = |vendor| rpm::databases(&rpm::header("tool", vendor, &FILES));
    // users of a build service of the distribution pack what is theirs
    for vendor in ["Fedora Copr - user jo", "Jo", ""] {
        let (path, database) = &databases(vendor)[0];
        let told = report(with_files("fedora").file(path, database), &[]);
        assert_eq!(ids(&told, "service"), ["api:aws/s3"], "{vendor}");
        assert!(!problems(&told).join(" ").contains("left out"), "{vendor}");
    }
    // whatever layer the database lies in: the content tells
    let (path, database) = &databases("Fedora Project")[1];
    let mine = TarBuilder::default().file("opt/tool/requirements.txt", b"jinja2==3.0.0\n");
    let last = TarBuilder::default().file(path, database);
    let told = report_of(vec![with_files("fedora"), mine, last], &[]);
    assert_eq!(ids(&told, "service"), Vec::<String>::new());
    assert!(ids(&told, "package").join(" ").contains("jinja2"));
}

fn apk(maintainer: &str, more: &str) -> Vec<u8> {
    let files =
        "F:opt/tool\nR:requirements.txt\nZ:Q1abc=\nR:package-lock.json\nF:usr/libexec/tool\nR:run.py\na:0:0:755\n";
    format!("C:Q1one=\nP:tool\nV:1.0-r0\nA:x86_64\nm:{maintainer}\n{files}\n{more}").into_bytes()
}

#[test]
fn files_that_apk_lists_ask_for_nothing() {
    let known = "Somebody <somebody@alpinelinux.org>";
    for database in ["lib/apk/db/installed", "usr/lib/apk/db/installed"] {
        let told = report(with_files("alpine").file(database, &apk(known, "")), &["--strict"]);
        assert_eq!(ids(&told, "service"), Vec::<String>::new());
        let packages = ids(&told, "package").join(" ");
        assert!(
            packages.contains("django") && packages.contains("npm/left") && !packages.contains("flask"),
            "{packages}"
        );
        let told = problems(&told);
        let words = "opt/tool/requirements.txt\" \"2 files left out, this one first: manifests and code that apk lists";
        assert!(told.iter().any(|one| one.contains(words)), "{told:?}");
    }
    let told = report(with_files("alpine").file("lib/apk/db/installed", &apk("Jo <jo@gmail.com>", "")), &[]);
    assert_eq!(ids(&told, "service"), ["api:aws/s3"]);
}

#[test]
fn what_took_the_place_of_a_file_of_apk_speaks_for_the_image_whoever_installs_more_later() {
    let known = "Somebody <somebody@alpinelinux.org>";
    let first = with_files("alpine").file("lib/apk/db/installed", &apk(known, ""));
    let mine = TarBuilder::default().file("opt/tool/requirements.txt", b"jinja2==3.0.0\n");
    let more = format!("C:Q1two=\nP:more\nV:1.0-r0\nA:x86_64\nm:{known}\n\n");
    let last = TarBuilder::default().file("lib/apk/db/installed", &apk(known, &more));
    let told = report_of(vec![first, mine, last], &[]);
    assert!(ids(&told, "package").join(" ").contains("jinja2"));
    assert_eq!(ids(&told, "service"), Vec::<String>::new());
}

#[test]
fn files_that_pacman_lists_ask_for_nothing() {
    let desc =
        |packager: &str| format!("%NAME%\ntool\n\n%VERSION%\n1.0-1\n\n%ARCH%\nx86_64\n\n%PACKAGER%\n{packager}\n");
    let list = b"%FILES%\nopt/\nopt/tool/\nopt/tool/requirements.txt\nopt/tool/package-lock.json\n";
    let with = |packager: &str| {
        with_files("arch")
            .file("var/lib/pacman/local/tool-1.0-1/desc", desc(packager).as_bytes())
            .file("var/lib/pacman/local/tool-1.0-1/files", list)
    };
    let told = report(with("cudatools <cudatools@nvidia.com>"), &[]);
    assert!(!ids(&told, "package").join(" ").contains("flask"));
    assert!(
        problems(&told).join(" ").contains("1 file left out, this one first: manifests and code that pacman lists")
    );
    let told = report(with("Jo <jo@example.org>"), &[]);
    assert!(ids(&told, "package").join(" ").contains("flask"));
}

const SITE: &str = "opt/venv/lib/python3.12/site-packages";

fn distribution(layer: TarBuilder, name: &str, files: &[&str]) -> TarBuilder {
    let about = format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n\n");
    let record: String = files.iter().map(|path| format!("{path},sha256=abc,1\n")).collect();
    let folder = format!("{SITE}/{}-1.0.dist-info", name.replace('-', "_"));
    let layer = layer.file(&format!("{folder}/METADATA"), about.as_bytes());
    let layer = layer.file(&format!("{folder}/RECORD"), record.as_bytes());
    files.iter().fold(layer, |layer, path| layer.file(&format!("{SITE}/{path}"), ONNX))
}

#[test]
fn weights_of_a_package_are_a_part_of_it_and_data_of_libraries_are_none() {
    let layer = TarBuilder::default().file("etc/os-release", b"ID=debian\nVERSION_ID=12\n");
    let layer =
        distribution(layer, "onnxruntime", &["onnxruntime/datasets/iris.onnx", "onnxruntime/datasets/mul.onnx"]);
    let layer = distribution(layer, "silent-ears", &["ears/data/ears.onnx"]);
    let layer = layer
        .file(&format!("{SITE}/ears/downloaded.onnx"), ONNX)
        .file("srv/app/node_modules/@acme/eyes/package.json", br#"{"name":"@acme/eyes","version":"2.0.0"}"#)
        .file("srv/app/node_modules/@acme/eyes/dist/eyes.onnx", ONNX)
        .file("srv/models/own.onnx", ONNX);
    let told = report(layer, &["--strict"]);
    assert_eq!(ids(&told, "model").len(), 4, "{:?}", ids(&told, "model"));
    let relations = told["relations"].as_array().expect("is a list").iter();
    let holders = relations
        .filter(|one| one["kind"] == "contains" && one["to"].as_str().is_some_and(|to| to.starts_with("model:")));
    let mut holders: Vec<String> = holders
        .map(|one| {
            let from = one["from"].as_str().expect("has one");
            let from = if from.starts_with("pkg:oci/") { "image" } else { from };
            format!("{from} {}", one["to"].as_str().expect("has one").rsplit('/').next().expect("has a name"))
        })
        .collect();
    holders.sort();
    assert_eq!(
        holders,
        [
            "image downloaded.onnx",
            "image own.onnx",
            "pkg:npm/%40acme/eyes@2.0.0 eyes.onnx",
            "pkg:pypi/silent-ears@1.0 ears.onnx"
        ]
    );
    let told = problems(&told);
    assert!(
        told.len() == 1
            && told[0].contains("2 files left out, this one first: weights that installed libraries bring as examples"),
        "{told:?}"
    );
}

#[test]
fn weights_of_a_package_of_debian_are_a_part_of_it() {
    let status = b"Package: eyes-data\nStatus: install ok installed\nArchitecture: all\nVersion: 1-1\nMaintainer: Jo <jo@example.org>\n\n";
    let layer = TarBuilder::default()
        .file("etc/os-release", b"ID=debian\nVERSION_ID=12\n")
        .file("var/lib/dpkg/status", status)
        .file("var/lib/dpkg/info/eyes-data.list", b"/.\n/usr/src/eyes/eyes.onnx\n")
        .file("usr/src/eyes/eyes.onnx", ONNX);
    let told = report(layer, &[]);
    let relations = told["relations"].as_array().expect("is a list").iter();
    let holders = relations.filter(|one| one["kind"] == "contains" && one["to"] == "model:tree/usr/src/eyes/eyes.onnx");
    let holders: Vec<&str> = holders.filter_map(|one| one["from"].as_str()).collect();
    assert_eq!(holders, ["pkg:deb/debian/eyes-data@1-1?arch=all&distro=debian-12"]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 60, failure_persistence: None, ..Default::default() })]

    /// Whatever lists and databases hold, an image is read, and nothing panics.
    #[test]
    fn damaged_lists_never_panic(
        which in 0..7_usize,
        changes in proptest::collection::vec((0.0_f64..1.0, proptest::num::u8::ANY), 0..12),
        cut in 0.0_f64..1.5,
    ) {
        let rpm = rpm::databases(&rpm::header("tool", "Fedora Project", &FILES));
        let status: &[u8] = b"Package: tool\nStatus: install ok installed\nVersion: 1\nMaintainer: A <a@debian.org>\n\n";
        let all = [
            ("lib/apk/db/installed", apk("Somebody <somebody@alpinelinux.org>", "")),
            ("var/lib/dpkg/info/tool.list", b"/opt\n/opt/tool/requirements.txt\n/usr/x.onnx\n".to_vec()),
            ("var/lib/pacman/local/tool-1/files", b"%FILES%\nopt/tool/requirements.txt\n".to_vec()),
            ("opt/x.dist-info/RECORD", b"x/a.onnx,sha256=a,1\n\"b,c.onnx\",,\n../../d.pt,,\n".to_vec()),
            (rpm[0].0, rpm[0].1.clone()),
            (rpm[1].0, rpm[1].1.clone()),
            (rpm[2].0, rpm[2].1.clone()),
        ];
        let (path, mut bytes) = all[which].clone();
        for (place, value) in changes {
            let at = (place * (bytes.len() - 1) as f64) as usize;
            bytes[at] = value;
        }
        bytes.truncate((cut * bytes.len() as f64) as usize);
        let layer = with_files("fedora").file("var/lib/dpkg/status", status).file(path, &bytes);
        let image = Image::new(&[layer.end()], Packing::Plain, &json!({}));
        let inventory = scan_layout(&image, &Options::default()).expect("the image itself is fine");
        let internal = inventory.diagnostics.iter().filter(|problem| problem.kind == DiagnosticKind::Internal);
        proptest::prop_assert_eq!(internal.count(), 0);
    }
}
