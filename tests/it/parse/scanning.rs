//! Whole scans of hostile and mutated files: no scanner panics, every broken file is a diagnostic.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use sovaudit::catalog::Catalog;
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::model::Inventory;
use sovaudit::scan::{Options, scan_files};
use sovaudit::text::RelPath;

use super::mutation::{Random, mutated};
use crate::cli::root;

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);

/// Scans and demands that no scanner panicked.
fn scan(files: &[(&str, String)]) -> Inventory {
    let input = files.iter().map(|(path, text)| {
        let path = RelPath::new(path).expect("a path of a test");
        (path, text.clone().into_bytes(), None)
    });
    let start = Instant::now();
    let inventory = scan_files(input.collect(), &CATALOG, &Options::default());
    let took = start.elapsed();
    assert!(
        took < Duration::from_secs(30),
        "{took:?} for {:?}",
        files.iter().map(|(path, _)| path).collect::<Vec<_>>()
    );
    for problem in &inventory.diagnostics {
        let text = files.iter().find(|(path, _)| *path == problem.path.as_str()).map(|(_, text)| text);
        assert_ne!(problem.kind, DiagnosticKind::Internal, "{problem:?}\n{text:?}");
    }
    inventory
}

const NAMES: [&str; 22] = [
    "a.json",
    "a.yaml",
    "compose.yaml",
    "Chart.yaml",
    "values.yaml",
    ".github/workflows/a.yml",
    "Dockerfile",
    "main.tf",
    "main.tf.json",
    "terraform.tfvars",
    "Cargo.toml",
    "Cargo.lock",
    "pyproject.toml",
    "uv.lock",
    "package-lock.json",
    "requirements.txt",
    "go.mod",
    "nvidia-smi.xml",
    "lspci.txt",
    "var/lib/dpkg/status",
    "lib/apk/db/installed",
    "app.py",
];

#[test]
fn hostile_files_under_every_name() {
    let deep = 20_000;
    let texts = [
        ("[".repeat(deep), "open lists"),
        (format!("{}{}", "[".repeat(deep), "]".repeat(deep)), "lists"),
        (format!("{}1{}", "[".repeat(62), "]".repeat(62)), "lists within every limit"),
        (format!("{}1{}", "{\"a\":".repeat(190), "}".repeat(190)), "maps within the limit"),
        (format!("x = {}1{}\n", "{for a in ".repeat(62), " : a => a}".repeat(62)), "expressions within the limit"),
        (format!("locals {{\n  x = {}1{}\n}}\n", "f(".repeat(60), ")".repeat(60)), "calls within the limit"),
        (format!("locals {{\n  x = a{}\n}}\n", ".b".repeat(deep)), "a traversal"),
        ("- ".repeat(deep), "indented lists"),
        ("<a>".repeat(deep), "elements"),
        ("FROM ".repeat(deep), "words"),
        ("require (\n".repeat(deep), "blocks"),
        ("\u{feff}\r\n\0\u{202e}".repeat(1000), "controls"),
        ("x".repeat(1 << 20), "a word"),
        ("a: b\n".repeat(deep), "a key"),
        ("-r requirements.txt\n".repeat(1000), "itself"),
        ((0..2_000).map(|n| format!("--index-url https://h{n}.example\np{n}\n")).collect(), "indexes"),
        (String::new(), "nothing"),
    ];
    let of_fixtures = fixtures();
    for (text, what) in texts {
        // every name that a fixture has, in one scan; a word of a megabyte is enough once
        if text.len() < 1 << 19 {
            let mut names: Vec<&str> = of_fixtures.iter().map(|(path, _)| path.as_str()).collect();
            names.sort_by_key(|path| path.rsplit('/').next());
            names.dedup_by_key(|path| path.rsplit('/').next());
            scan(&names.into_iter().map(|path| (path, text.clone())).collect::<Vec<_>>());
        }
        for name in NAMES {
            let inventory = scan(&[(name, text.clone())]);
            assert!(inventory.facts().count() < 200_000, "{} facts from {what} as {name}", inventory.facts().count());
            let length: usize = inventory.diagnostics.iter().map(|problem| problem.message.len()).sum();
            assert!(length < 200_000, "{length} bytes of diagnostics from {what} as {name}");
        }
    }
}

#[test]
fn many_registries_cost_no_square() {
    let sources: String = (0..600).map(|n| format!("source \"https://h{n}.example/\"\n")).collect();
    let gems: String = (0..600).map(|n| format!("gem \"g{n}\"\n")).collect();
    let many = scan(&[("Gemfile", format!("{sources}{gems}"))]);
    assert!(many.facts().count() < 60_000, "{} facts", many.facts().count());
    let limits = many.diagnostics.iter().filter(|problem| problem.kind == DiagnosticKind::LimitReached);
    assert_eq!(limits.count(), 1, "the file is told once: {:?}", many.diagnostics);
    // one setting that stands there many times
    let same = "source \"https://h.example/\"\n".repeat(2_000);
    let one = scan(&[("Gemfile", format!("{same}{gems}"))]);
    let places: usize = one.facts().map(|(_, evidence)| evidence.len()).sum();
    assert!(places < 40_000, "{places} places");
}

/// Every file of the scanners' fixtures with its path there; what is binary is left out.
fn fixtures() -> Vec<(String, String)> {
    let folder = root().join("fixtures/scanners");
    let mut found = Vec::new();
    let mut open = vec![folder.clone()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path()));
        } else if path.file_name().is_some_and(|name| name != "expected.snap")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            let name = path.strip_prefix(&folder).expect("is below").to_string_lossy().replace('\\', "/");
            found.push((name, text));
        }
    }
    found.sort();
    found
}

#[test]
fn mutated_fixtures_of_every_scanner_do_no_harm() {
    let fixtures = fixtures();
    assert!(fixtures.len() > 100, "{} fixtures", fixtures.len());
    let mut random = Random(0xA076_1D64_78BD_642F);
    for _ in 0..6 {
        let files: Vec<(&str, String)> =
            fixtures.iter().map(|(path, text)| (path.as_str(), mutated(text, &mut random))).collect();
        scan(&files);
    }
}

const SAMPLES: [(&str, &str); 20] = [
    (
        "a.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: vllm, namespace: ai}\nspec:\n  template:\n    spec:\n      nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}\n      containers:\n      - name: a\n        image: r.example:5000/x/y:1@sha256:0000000000000000000000000000000000000000000000000000000000000000\n        args: [--model, org/model-7b]\n        env: [{name: URL, value: \"https://api.example/v1\"}]\n        resources: {limits: {nvidia.com/gpu: 8}}\n",
    ),
    (
        "argo.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source: {repoURL: https://git.example/a/b.git, path: deploy, targetRevision: main}\n  destination: {namespace: ai}\n",
    ),
    (
        "compose.yaml",
        "services:\n  a:\n    image: ${REG:-r.example}/a:${TAG}\n    build: {context: ., dockerfile: D}\n    environment: [A=b]\n",
    ),
    (
        "Chart.yaml",
        "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n- {name: b, version: 1.x, repository: oci://r.example/c}\n",
    ),
    ("values.yaml", "image: {registry: r.example, repository: a/b, tag: 1}\nlist:\n- image: c:2\n"),
    (
        ".github/workflows/a.yml",
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    container: {image: a:1}\n    steps:\n    - uses: actions/checkout@v4\n    - run: kubectl apply -f x\n",
    ),
    (
        "Dockerfile",
        "ARG B=a/b\nFROM --platform=$BUILDPLATFORM ${B:-c}:1 AS x\nCOPY --from=y /a /b\nRUN pip install torch \\\n  numpy && curl https://x.example/a\nFROM x\nENV M=org/model\n",
    ),
    (
        "main.tf",
        "terraform {\n  required_providers {\n    aws = { source = \"hashicorp/aws\", version = \"~> 5\" }\n  }\n}\nvariable \"region\" {\n  default = \"eu-west-3\"\n}\nlocals {\n  n = format(\"%s-%02d\", var.region, 3)\n  m = merge({ a = 1 }, { for k, v in local.o : k => v if v != null })\n  o = { for i, s in split(\",\", \"a,b\") : s => substr(s, i, -1) }\n}\nprovider \"aws\" {\n  region = var.region\n}\nresource \"aws_instance\" \"a\" {\n  for_each      = toset([\"x\", \"y\"])\n  instance_type = try(local.m[\"t\"], \"p5.48xlarge\")\n  name          = \"${local.n}-${each.key}%{ if true }z%{ endif }\"\n}\nmodule \"m\" {\n  source = \"./m\"\n}\n",
    ),
    (
        "main.tf.json",
        "{\"provider\": {\"aws\": [{\"region\": \"${var.r}\"}]}, \"resource\": {\"aws_s3_bucket\": {\"a\": {\"bucket\": \"b\"}}}}",
    ),
    (
        "Cargo.lock",
        "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\ndependencies = [\"b 1.0.0\", \"c\"]\n[[package]]\nname = \"b\"\nversion = \"1.0.0\"\n",
    ),
    (
        "Cargo.toml",
        "[package]\nname = \"a\"\nversion = \"1.0.0\"\n[dependencies]\nb = \"1\"\nc = {git = \"https://git.example/c\", rev = \"1\"}\n[target.'cfg(unix)'.dependencies]\nd = {path = \"../d\"}\n",
    ),
    (
        "pyproject.toml",
        "[project]\nname = \"a\"\ndependencies = [\"b[c]>=1; python_version < '3.9'\", \"d @ https://x.example/d.whl\"]\n[tool.poetry.dependencies]\ne = \"^1\"\n",
    ),
    (
        "uv.lock",
        "version = 1\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { registry = \"https://pypi.org\" }\ndependencies = [{ name = \"b\" }]\nsdist = { url = \"https://files.example/a.tar.gz\" }\n",
    ),
    (
        "package-lock.json",
        "{\"name\": \"x\", \"lockfileVersion\": 3, \"packages\": {\"\": {\"dependencies\": {\"@a/b\": \"1\"}}, \"node_modules/@a/b\": {\"version\": \"1.0.0\", \"resolved\": \"https://npmjs.org/@a/b/-/b-1.0.0.tgz\", \"dependencies\": {\"c\": \"^1\"}}}}",
    ),
    (
        "requirements.txt",
        "--index-url https://pypi.org\na[b]==1.0 ; python_version > '3' \\\n  --hash=sha256:00\n-e git+https://git.example/c@v1#egg=c\n-r other.txt\nd @ file:///d.whl\n",
    ),
    (
        "go.mod",
        "module example.com/a\ngo 1.22\nrequire (\n\texample.com/b v1.0.0 // indirect\n)\nreplace example.com/b => ../b\nexclude example.com/c v1.0.0\n",
    ),
    (
        "nvidia-smi.xml",
        "<?xml version=\"1.0\" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM \"a.dtd\">\n<nvidia_smi_log><driver_version>550</driver_version><gpu id=\"0\"><product_name>NVIDIA H100 80GB HBM3</product_name><uuid>GPU-1</uuid><pci><pci_device_id>233010DE</pci_device_id></pci></gpu></nvidia_smi_log>",
    ),
    (
        "lspci.txt",
        "17:00.0 3D controller [0302]: NVIDIA Corporation GH100 [H100 SXM5 80GB] [10de:2330] (rev a1)\n\tSubsystem: NVIDIA [10de:16c1]\n",
    ),
    (
        "var/lib/dpkg/status",
        "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc (2.36)\nVersion: 2.36-9\nDepends: a (>= 1) | b\nDescription: x\n y\n\n",
    ),
    (
        "app.py",
        "import boto3 as b\nfrom transformers import AutoModel\nm = AutoModel.from_pretrained(\"org/model-7b\", revision='main')\nc = b.client(\"sagemaker\", region_name='eu-west-1')\nURL = \"https://api.example.com/v1\"\n",
    ),
];

#[test]
fn samples_give_facts_and_mutations_do_no_harm() {
    let mut random = Random(0xD1B5_4A32_D192_ED03);
    for (path, sample) in SAMPLES {
        assert!(!scan(&[(path, sample.to_owned())]).is_empty(), "nothing found in the sample {path}");
    }
    // mutated files of all kinds are scanned together: one scan has a cost of its own
    for _ in 0..60 {
        let files: Vec<(&str, String)> =
            SAMPLES.iter().map(|(path, sample)| (*path, mutated(sample, &mut random))).collect();
        scan(&files);
    }
}
