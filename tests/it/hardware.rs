//! Hardware end to end: the running machine, captures, lists of assets, and what the fleet is in the end.

use std::fs;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::Value;
use sovaudit::attribution::attribute;
use sovaudit::catalog::Catalog;
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::fleet::{Fleet, Way};
use sovaudit::graph::Graph;
use sovaudit::model::{ComponentId, Inventory, key};
use sovaudit::scan::{AssetMapping, Options, SCANNERS, scan_file_as, scan_files};
use sovaudit::text::RelPath;

use crate::cli::{root, sovaudit};

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);

fn tree(files: &[(&str, &str)]) -> Inventory {
    let files = files.iter().map(|(path, text)| (RelPath::new(path).expect("a path"), text.as_bytes().to_vec(), None));
    let inventory = scan_files(files.collect(), &CATALOG, &Options::default());
    attribute(inventory, &CATALOG, "2026-11-23".parse_day())
}

trait Day {
    fn parse_day(&self) -> sovaudit::model::Date;
}

impl Day for str {
    fn parse_day(&self) -> sovaudit::model::Date {
        sovaudit::model::Date::parse(self).expect("a day")
    }
}

/// Counts of the fleet: accelerator, place, count.
fn fleet(inventory: &Inventory) -> Vec<(String, String, u64)> {
    let graph = Graph::new(inventory);
    let name = |node| graph.node(node).id.rest().to_owned();
    let pools = Fleet::of(&graph).pools;
    pools
        .iter()
        .map(|pool| (name(pool.accelerator), pool.place.map_or_else(String::new, name), pool.count))
        .filter(|(.., count)| *count > 0)
        .collect()
}

fn row(accelerator: &str, place: &str, count: u64) -> (String, String, u64) {
    (accelerator.to_owned(), place.to_owned(), count)
}

const CAPTURE: &str = "GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-1)\nGPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-2)\n";

/// A pool of two machines with eight devices each, whose pods ask for them.
const POOL: &str = r#"
provider "aws" { region = "eu-central-1" }
resource "aws_eks_cluster" "main" { name = "main" }
resource "aws_eks_node_group" "gpu" {
  cluster_name   = aws_eks_cluster.main.name
  instance_types = ["p5.48xlarge"]
  scaling_config { desired_size = 2 }
}
"#;
const PODS: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: llm}
spec:
  replicas: 2
  template:
    spec:
      containers:
      - {name: llm, image: \"registry.example.com/llm:1\", resources: {limits: {nvidia.com/gpu: 8}}}
";

fn nodes(count: usize, product: &str) -> String {
    let node = |at: usize| {
        format!(
            "- apiVersion: v1\n  kind: Node\n  metadata:\n    name: n{at}\n    labels:\n      nvidia.com/gpu.product: {product}\n      topology.kubernetes.io/region: eu-central-1\n      alpha.eksctl.io/cluster-name: main\n  spec: {{providerID: \"aws:///eu-central-1a/i-0{at}\"}}\n  status: {{capacity: {{nvidia.com/gpu: \"8\"}}}}\n"
        )
    };
    format!("apiVersion: v1\nkind: List\nitems:\n{}", (0..count).map(node).collect::<String>())
}

#[test]
fn a_device_is_counted_once_whoever_speaks_of_it() {
    let wanted = vec![row("nvidia-h100-sxm", "aws/eu-central-1", 16)];
    // declared; declared and asked for; and observed as well, whole and in part
    assert_eq!(fleet(&tree(&[("main.tf", POOL)])), wanted);
    assert_eq!(fleet(&tree(&[("main.tf", POOL), ("app/pods.yaml", PODS)])), wanted);
    let dump = nodes(2, "NVIDIA-H100-80GB-HBM3");
    let all = [("main.tf", POOL), ("app/pods.yaml", PODS), ("dump/nodes.yaml", &dump)];
    assert_eq!(fleet(&tree(&all)), wanted);
    let seen = [all[0], all[1], all[2], ("n0/nvidia-smi-L.txt", CAPTURE)];
    assert_eq!(fleet(&tree(&seen)), wanted);
    // what is more than declared is there all the same
    let dump = nodes(3, "NVIDIA-H100-80GB-HBM3");
    assert_eq!(
        fleet(&tree(&[("main.tf", POOL), ("nodes.yaml", &dump)])),
        [row("nvidia-h100-sxm", "aws/eu-central-1", 24)]
    );
}

#[test]
fn captures_of_several_tools_are_of_one_machine() {
    let lspci = "17:00.0 3D controller [0302]: NVIDIA Corporation GH100 [H100 SXM5 80GB] [10de:2330] (rev a1)\n\
                 2a:00.0 3D controller [0302]: NVIDIA Corporation GH100 [H100 SXM5 80GB] [10de:2330] (rev a1)\n";
    let one = tree(&[("n0/nvidia-smi-L.txt", CAPTURE), ("n0/lspci-nn.txt", lspci)]);
    assert_eq!(fleet(&one), [row("nvidia-h100-sxm", "", 2)]);
    let two = tree(&[("n0/nvidia-smi-L.txt", CAPTURE), ("n1/lspci-nn.txt", lspci)]);
    assert_eq!(fleet(&two), [row("nvidia-h100-sxm", "", 4)]);
    let graph = Graph::new(&one);
    let pools = Fleet::of(&graph).pools;
    assert_eq!(pools[0].by(Way::Observed), Some(2));
    assert_eq!(pools[0].by(Way::Declared), None);
}

#[test]
fn a_family_beside_its_product_is_no_second_product() {
    let ray = "cluster_name: t\nprovider: {type: aws, region: eu-central-1}\navailable_node_types:\n  gpu:\n    max_workers: 4\n    node_config: {InstanceType: p5.48xlarge}\n    resources: {GPU: 8, \"accelerator_type:H100\": 1}\n";
    assert_eq!(fleet(&tree(&[("cluster.yaml", ray)])), [row("nvidia-h100-sxm", "aws/eu-central-1", 32)]);
    let bill =
        fs::read_to_string(root().join("fixtures/scanners/cyclonedx-json/hbom/machine.cdx.json")).expect("reads");
    assert_eq!(fleet(&tree(&[("m.cdx.json", &bill)])), [row("?/A100", "", 1), row("nvidia-h100-sxm", "", 8)]);
}

#[test]
fn pods_that_share_devices_are_not_taken_for_devices() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plugin}\ndata:\n  any: |\n    sharing:\n      timeSlicing:\n        resources:\n        - {name: nvidia.com/gpu, replicas: 4}\n";
    assert_eq!(fleet(&tree(&[("pods.yaml", PODS), ("plugin.yaml", map)])), [row("?/nvidia.com/gpu", "", 4)]);
    assert_eq!(fleet(&tree(&[("pods.yaml", PODS)])), [row("?/nvidia.com/gpu", "", 16)]);
}

#[test]
fn what_disagrees_is_a_finding_with_both_places() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("writes");
    let scan = || {
        let output = sovaudit()
            .args(["scan", &folder.path().display().to_string(), "--format", "json", "--as-of", "2026-11-23"])
            .output()
            .expect("runs");
        let report: Value = serde_json::from_slice(&output.stdout).expect("is JSON");
        let all = report["findings"].as_array().cloned().unwrap_or_default();
        all.into_iter().filter(|finding| finding["rule"] == "hardware-disagrees").collect::<Vec<Value>>()
    };
    write("main.tf", POOL);
    write("nodes.yaml", &nodes(2, "NVIDIA-H100-80GB-HBM3"));
    assert!(scan().is_empty(), "{:?}", scan());
    write("nodes.yaml", &nodes(2, "NVIDIA-A100-SXM4-80GB"));
    let found = scan();
    assert_eq!(found.len(), 2, "{found:?}");
    let text = found.iter().map(Value::to_string).collect::<String>();
    assert!(text.contains("main.tf") && text.contains("nodes.yaml"), "{text}");
    write("nodes.yaml", &nodes(3, "NVIDIA-H100-80GB-HBM3"));
    let found = scan();
    assert_eq!(found.len(), 1, "{found:?}");
    let message = found[0]["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("16 `") && message.contains("24 are observed"), "{message}");
}

#[test]
fn the_running_machine_is_read_without_running_anything() {
    let output = sovaudit()
        .args(["scan", "host:fixtures/scanners/host/normal", "--format", "json", "--as-of", "2026-11-23"])
        .output()
        .expect("runs");
    let text = String::from_utf8(output.stdout).expect("is UTF-8");
    let report: Value = serde_json::from_str(&text).expect("is JSON");
    assert!(text.contains("accelerator:nvidia-h100-sxm"), "{text}");
    assert!(text.contains("accelerator:amd-mi300x"));
    assert!(text.contains("device:infiniband/15b3:1021"));
    assert_eq!(report["summary"]["unreadable"].as_u64().unwrap_or(0), 0);
    let none = sovaudit().args(["scan", "host:fixtures/scanners/lspci"]).output().expect("runs");
    assert_eq!(none.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&none.stderr).contains("has neither /sys nor /proc"));
    // the machine that the tests run on has something, whatever it is
    if cfg!(target_os = "linux") {
        let here = sovaudit().args(["scan", "host:", "--as-of", "2026-11-23"]).output().expect("runs");
        assert!(matches!(here.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&here.stderr));
    }
}

#[test]
fn a_capture_of_any_name_is_recognised() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (case, wanted) in [
        ("nvidia-smi/normal/nvidia-smi.xml", "nvidia-h100-sxm"),
        ("nvidia-smi/normal/forms/node2-nvidia-smi-L.txt", "nvidia-a100-sxm4-40"),
        ("lspci/normal/lspci-nn.txt", "nvidia-h100-sxm"),
        ("amd-smi/normal/rocm-smi.json", "amd-mi300x"),
        ("xpu-smi/normal/table/xpu-smi.txt", "intel-max-1100"),
        ("hl-smi/normal/hl-smi.txt", "intel-gaudi2"),
        ("npu-smi/normal/npu-smi.txt", "huawei-910b"),
        ("neuron-ls/normal/trn2/neuron-ls.json", "aws-trainium2"),
        ("lshw/normal/xml/lshw.xml", "nvidia-h200-sxm"),
        ("dmidecode/normal/node1-dmidecode.txt", "SYS-821GE-TNHR"),
        ("hardware-metrics/normal/dcgm-metrics.prom", "nvidia-h100-sxm"),
        ("redfish/normal/node2-redfish.json", "nvidia-h200"),
        ("netbox/normal/items.json", "nvidia-h100-sxm"),
    ] {
        let path = folder.path().join("what-is-this.bin");
        fs::copy(root().join("fixtures/scanners").join(case), &path).expect("copies");
        let output = sovaudit()
            .args(["scan", &path.display().to_string(), "--format", "json", "--as-of", "2026-11-23"])
            .output()
            .expect("runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(wanted), "{case}: {text}{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn columns_are_mapped_in_the_configuration() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("writes");
    write("bestand.csv", "Karte;Menge;Standort;Ersatz ab\nNVIDIA L40S;12;Halle 3;2027-06-30\n");
    let scan = || {
        let output = sovaudit()
            .args(["scan", &folder.path().display().to_string(), "--format", "json", "--as-of", "2026-11-23"])
            .output()
            .expect("runs");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
        )
    };
    assert!(!scan().1.contains("nvidia-l40s"));
    let config = "[[asset-list]]\nfiles = \"*.csv\"\ncountry = \"AT\"\n[asset-list.columns]\naccelerator = \"Karte\"\ncount = \"Menge\"\nsite = \"Standort\"\nrefresh = \"Ersatz ab\"\n";
    write("sovaudit.toml", config);
    let (_, text) = scan();
    for word in ["nvidia-l40s 12", "Halle 3", "2027-06-30", "jurisdiction:AT"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    write("sovaudit.toml", &config.replace("count = ", "size = "));
    let (code, text) = scan();
    assert_eq!(code, Some(2));
    assert!(text.contains("`size` is no column"), "{text}");
    write("sovaudit.toml", &config.replace("Menge", "Anzahl"));
    assert!(scan().1.contains("names the columns"), "{}", scan().1);
}

/// A list of assets with so many rows of one device each.
fn list(rows: usize) -> String {
    const MODELS: [&str; 5] = [
        "NVIDIA H100 SXM5 80GB",
        "NVIDIA A100-SXM4-80GB",
        "NVIDIA L40S",
        "AMD Instinct MI300X",
        "Some Future Card 9000",
    ];
    let mut text = "Asset tag,GPU model,Site,Country,Owner,Purchase date,Refresh date,Status\n".to_owned();
    for at in 0..rows {
        let (model, site) = (MODELS[at % MODELS.len()], at % 37);
        let line = format!(
            "T{at:06},{model},DC{site},FI,team {},2024-0{}-01,2028-0{}-01,active\n",
            at % 11,
            at % 9 + 1,
            at % 9 + 1
        );
        text.push_str(&line);
    }
    text
}

#[test]
fn a_large_list_is_counted_whole() {
    let text = list(20_000);
    let inventory = tree(&[("assets.csv", &text)]);
    let graph = Graph::new(&inventory);
    let total: u64 = Fleet::of(&graph).pools.iter().map(|pool| pool.count).sum();
    assert_eq!(total, 20_000);
    assert!(inventory.diagnostics.is_empty(), "{:?}", inventory.diagnostics);
}

const HARDWARE: [&str; 14] = [
    "amd-smi",
    "asset-list",
    "dmidecode",
    "hardware-metrics",
    "hl-smi",
    "host",
    "lshw",
    "lspci",
    "netbox",
    "neuron-ls",
    "npu-smi",
    "nvidia-smi",
    "redfish",
    "xpu-smi",
];

/// Files of the fixtures of a scanner.
fn fixtures(id: &str) -> Vec<(String, Vec<u8>)> {
    let mut open = vec![root().join("fixtures/scanners").join(id)];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("is there").filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().is_some_and(|name| name != "expected.snap") {
                let name = path.file_name().expect("a file").to_string_lossy().into_owned();
                found.push((name, fs::read(&path).expect("reads")));
            }
        }
    }
    found.sort();
    found
}

static SEEDS: LazyLock<Vec<(&str, String, Vec<u8>)>> = LazyLock::new(|| {
    let all = HARDWARE.into_iter().flat_map(|id| fixtures(id).into_iter().map(move |(name, bytes)| (id, name, bytes)));
    all.collect()
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Fixtures with pieces cut out, doubled and put elsewhere: whatever comes of it, no scanner gives up on its own.
    #[test]
    fn no_capture_panics(seed in any::<prop::sample::Index>(), cuts in prop::collection::vec((any::<u16>(), any::<u8>(), any::<u8>()), 1..6)) {
        let (id, name, bytes) = &SEEDS[seed.index(SEEDS.len())];
        let mut bytes = bytes.clone();
        for (at, length, what) in cuts {
            if bytes.is_empty() {
                break;
            }
            let at = usize::from(at) % bytes.len();
            let end = (at + usize::from(length)).min(bytes.len());
            match what % 4 {
                0 => drop(bytes.drain(at..end)),
                1 => {
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
                2 => bytes[at] = what,
                _ => bytes.truncate(end),
            }
        }
        let inventory = scan_file_as(id, RelPath::new(name).expect("a path"), bytes, &CATALOG, &Options::default());
        let panicked = inventory.diagnostics.iter().find(|problem| problem.kind == DiagnosticKind::Internal);
        prop_assert!(panicked.is_none(), "{id} {name}: {panicked:?}");
        for (_, attribute) in inventory.attributes().filter(|(_, row)| row.key == key::DEVICES) {
            prop_assert!(attribute.value.rsplit_once(' ').is_some_and(|(_, count)| count.parse::<u64>().is_ok()));
        }
    }
}

#[test]
fn every_hardware_scanner_is_among_the_mutated_ones() {
    for id in HARDWARE {
        assert!(SCANNERS.iter().any(|scanner| scanner.meta().id == id), "{id} is no scanner");
        assert!(SEEDS.iter().any(|(of, ..)| *of == id), "{id} has no fixtures");
    }
    assert!(AssetMapping::new("*.csv", std::iter::once(("model", "X")), None, None).is_ok());
    assert!(AssetMapping::new("[", std::iter::empty(), None, None).is_err());
    let id = ComponentId::device("network", "15b3:1021");
    assert_eq!(id.as_str(), "device:network/15b3:1021");
}
