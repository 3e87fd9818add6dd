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
use sovaudit::model::{ComponentId, Inventory, Relation, RelationKind, key};
use sovaudit::scan::{AssetMapping, Options, SCANNERS, scan_file_as, scan_files};
use sovaudit::text::RelPath;

use crate::cli::{root, sovaudit};

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::embedded);

pub(crate) fn tree(files: &[(&str, &str)]) -> Inventory {
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
pub(crate) fn fleet(inventory: &Inventory) -> Vec<(String, String, u64)> {
    let graph = Graph::new(inventory);
    let name = |node| graph.node(node).id.rest().to_owned();
    let pools = Fleet::of(&graph).pools;
    pools
        .iter()
        .map(|pool| (name(pool.accelerator), pool.place.map_or_else(String::new, name), pool.count))
        .filter(|(.., count)| *count > 0)
        .collect()
}

pub(crate) fn row(accelerator: &str, place: &str, count: u64) -> (String, String, u64) {
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

pub(crate) fn nodes(count: usize, product: &str) -> String {
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
fn what_has_no_place_adds_to_what_is_said_in_the_same_way() {
    let azure = "resource \"azurerm_linux_virtual_machine\" \"gpu\" {\n  name = \"g\"\n  count = 3\n  size = \"Standard_ND96isr_H100_v5\"\n}\n";
    let both = fleet(&tree(&[("aws/main.tf", POOL), ("azure/main.tf", azure)]));
    assert_eq!(both, [row("nvidia-h100-sxm", "aws/eu-central-1", 16), row("nvidia-h100-sxm", "", 24)]);
    let list = "GPU Model,Count,Country\nNVIDIA H100 80GB HBM3,8,DE\nNVIDIA H100 80GB HBM3,8,\n";
    assert_eq!(fleet(&tree(&[("assets.csv", list)])), [row("nvidia-h100-sxm", "DE", 8), row("nvidia-h100-sxm", "", 8)]);
}

#[test]
fn absurd_counts_are_bounded() {
    let machine = |name: &str| {
        format!(
            "resource \"google_compute_instance\" \"{name}\" {{\n  name = \"{name}\"\n  zone = \"europe-west4-a\"\n  machine_type = \"n1-standard-4\"\n  guest_accelerator {{\n    type = \"nvidia-tesla-t4\"\n    count = 1e26\n  }}\n}}\n"
        )
    };
    let found = tree(&[("main.tf", &format!("{}{}", machine("a"), machine("b")))]);
    let counts = fleet(&found);
    assert!(counts.iter().all(|(.., count)| *count <= 200_000_000), "{counts:?}");
}

/// A device of the family that the tests are about, as `nvidia-smi -q` tells it.
const QUERY: &str = "==============NVSMI LOG==============\n\nDriver Version                      : 550.54\nAttached GPUs                       : 1\nGPU 00000000:17:00.0\n    Product Name                    : NVIDIA H100 80GB HBM3\n    GPU UUID                        : GPU-1\n";

#[test]
fn a_device_told_twice_in_one_capture_is_one() {
    let one = [row("nvidia-h100-sxm", "", 1)];
    // sections of `-q` with and without their head, and the list
    let bare = QUERY.split_once("\n\n").expect("a head").1;
    let list = CAPTURE.lines().next().expect("a line");
    let text = format!("{QUERY}\n{bare}\n{list}\n{list}\n");
    assert_eq!(fleet(&tree(&[("n/nvidia-smi-q.txt", &text)])), one);
    let rows = "name, uuid, memory.total [MiB]\nNVIDIA H100 80GB HBM3, GPU-1, 81559 MiB\nNVIDIA H100 80GB HBM3, GPU-1, 81559 MiB\n";
    assert_eq!(fleet(&tree(&[("n/nvidia-smi.csv", rows)])), one);
    // one slot in several forms of lspci
    let lspci = "17:00.0 3D controller: NVIDIA Corporation GH100 [H100 SXM5 80GB] (rev a1)\n\
                 17:00.0 3D controller [0302]: NVIDIA Corporation GH100 [H100 SXM5 80GB] [10de:2330] (rev a1)\n\
                 0000:17:00.0 0302: 10de:2330 (rev a1)\n";
    assert_eq!(fleet(&tree(&[("n/lspci.txt", lspci)])), one);
    // labels in another order, the UUID in another form
    let metrics = "DCGM_FI_DEV_SM_CLOCK{gpu=\"0\",UUID=\"GPU-1\",device=\"nvidia0\",modelName=\"NVIDIA H100 80GB HBM3\",Hostname=\"n\"} 1\n\
                   DCGM_FI_DEV_GPU_TEMP{device=\"nvidia0\",modelName=\"NVIDIA H100 80GB HBM3\",Hostname=\"n\",UUID=\"GPU-1\",gpu=\"0\"} 1\n\
                   nvidia_smi_gpu_info{name=\"NVIDIA H100 80GB HBM3\",uuid=\"1\",instance=\"n:9835\"} 1\n";
    assert_eq!(fleet(&tree(&[("dcgm-metrics.txt", metrics)])), one);
}

#[test]
fn chips_of_the_table_and_of_the_list_are_the_same() {
    let npu = "| npu-smi 23.0.rc2                 Version: 23.0.rc2                                 |\n\
               | NPU   Name                | Health        | Power(W)    Temp(C) |\n\
               | 0     910B3               | OK            | 93.6        36 |\n\
               NPU ID    Chip ID    Chip Logic ID    Chip Name\n0         0          0                Ascend 910B3\n0         1          -                Mcu\n";
    let found = fleet(&tree(&[("n/npu-smi-info.txt", npu)]));
    assert_eq!(found.iter().map(|(.., count)| count).sum::<u64>(), 1, "{found:?}");
}

#[test]
fn a_resource_that_its_collection_holds_is_one() {
    let gpu = "{\"@odata.type\":\"#Processor.v1_8_0.Processor\",\"@odata.id\":\"/redfish/v1/Systems/1/Processors/GPU_0\",\"ProcessorType\":\"GPU\",\"Model\":\"NVIDIA H100 80GB HBM3\",\"Manufacturer\":\"NVIDIA\"}";
    let all = format!(
        "{{\"@odata.type\":\"#ProcessorCollection.ProcessorCollection\",\"@odata.id\":\"/redfish/v1/Systems/1/Processors\",\"Members\":[{gpu}]}}"
    );
    let (list, own) = ("Systems/1/Processors/index.json", "Systems/1/Processors/GPU_0/index.json");
    let count = |files: &[(&str, &str)]| fleet(&tree(files)).iter().map(|(.., count)| count).sum::<u64>();
    assert_eq!(count(&[(&format!("a/{list}"), &all), (&format!("a/{own}"), gpu)]), 1);
    // trees of two machines have the same addresses
    assert_eq!(count(&[(&format!("a/{own}"), gpu), (&format!("b/{own}"), gpu)]), 2);
}

#[test]
fn addresses_are_no_host_names_with_ports() {
    let metric = |host: &str| {
        format!("DCGM_FI_DEV_SM_CLOCK{{UUID=\"GPU-1\",modelName=\"NVIDIA H100 80GB HBM3\",instance=\"{host}\"}} 1\n")
    };
    let text = [metric("[fd00::1]:5000"), metric("[fd00::2]:5000"), metric("n:9400"), metric("n:9401")].concat();
    assert_eq!(fleet(&tree(&[("metrics.txt", &text)])), [row("nvidia-h100-sxm", "", 3)]);
}

#[test]
fn counts_of_lists_that_are_no_numbers_are_told() {
    let list = |count: &str| {
        format!(
            "GPU Model,Count,Country,Status\nNVIDIA H100 80GB HBM3,4,DE,active\nNVIDIA H100 80GB HBM3,\"{count}\",DE,active\n"
        )
    };
    let counted = |count: &str| {
        let found = tree(&[("assets.csv", &list(count))]);
        let told = found
            .diagnostics
            .iter()
            .any(|told| told.message.contains("1 row not counted") && told.to_string().starts_with("assets.csv:3:"));
        (fleet(&found)[0].2, told)
    };
    for unclear in ["8x", "eight", "8,0", "1.000", "1.5"] {
        assert_eq!(counted(unclear), (4, true), "{unclear}");
    }
    for (certain, count) in [("8", 12), ("8.0", 12), ("1,200", 1204), ("1.200", 1204), ("1 200", 1204), ("", 5)] {
        assert_eq!(counted(certain), (count, false), "{certain}");
    }
    // a product whose only count is none is there all the same
    let only = tree(&[("assets.csv", "GPU Model,Count,Country\nNVIDIA L40S,-2,DE\nNVIDIA H100 80GB HBM3,4,DE\n")]);
    let claims: Vec<_> =
        Fleet::of(&Graph::new(&only)).pools.iter().flat_map(|pool| &pool.claims).map(|claim| claim.count).collect();
    assert_eq!(claims, [Some(4), None], "{only:?}");
    let each = "GPU model,GPUs,Country\nNVIDIA H100 80GB HBM3,8x,DE\nNVIDIA H100 80GB HBM3,8,DE\n";
    assert_eq!(fleet(&tree(&[("assets.csv", each)])), [row("nvidia-h100-sxm", "DE", 8)]);
}

#[test]
fn systems_count_the_accelerators_that_they_hold() {
    let told = |found: &Inventory| found.diagnostics.iter().any(|told| told.message.contains("is a system"));
    let found = tree(&[("assets.csv", "Model,Quantity,Country\nDGX H100,3,DE\nHGX H100 8-GPU,1,DE\n")]);
    assert_eq!((fleet(&found), told(&found)), (vec![row("nvidia-h100-sxm", "DE", 32)], false));
    let each = "Model,Quantity,GPUs per server,Country\nDGX H100,3,4,DE\n";
    assert_eq!(fleet(&tree(&[("assets.csv", each)])), [row("nvidia-h100-sxm", "DE", 12)]);
    let open = tree(&[("assets.csv", "Model,Quantity,Country\nHGX H100,3,DE\n")]);
    // a number that is not known is no number: the fleet has one at least
    let graph = Graph::new(&open);
    let claimed =
        Fleet::of(&graph).pools.iter().flat_map(|pool| &pool.claims).map(|claim| claim.count).collect::<Vec<_>>();
    assert_eq!((claimed, told(&open)), (vec![None], true));
}

#[test]
fn what_is_not_there_is_not_counted() {
    let states = ["planned", "ordered", "On Order", "on-order", "RMA"];
    let absent: String = states.map(|state| format!("NVIDIA H100 80GB HBM3,8,DE,{state}\n")).concat();
    let list = format!("GPU Model,Count,Country,Status\n{absent}NVIDIA H100 80GB HBM3,2,DE,active\n");
    assert_eq!(fleet(&tree(&[("assets.csv", &list)])), [row("nvidia-h100-sxm", "DE", 2)]);
    let spares = "GPU Model,Count,Country,Status\nNVIDIA H100 80GB HBM3,2,DE,spare\n";
    assert_eq!(fleet(&tree(&[("assets.csv", spares)])), []);
}

#[test]
fn dates_keep_their_meaning_and_are_told_when_not_read() {
    let list = "GPU Model,Count,Site,Country,Purchase date,Refresh date\n\
                NVIDIA H100 80GB HBM3,1,B,DE,2027-01-01,\nNVIDIA H100 80GB HBM3,2,B,DE,,2027-01-01\n\
                NVIDIA H100 80GB HBM3,4,B,DE,,12/11/2026\n";
    let found = tree(&[("assets.csv", list)]);
    assert_eq!(fleet(&found), [row("nvidia-h100-sxm", "DE", 7)]);
    let told = found.diagnostics.iter().find(|told| told.message.starts_with("dates of 1 row not read"));
    let told = told.map_or("", |told| told.message.as_str());
    assert!(told.contains("may be `2026-11-12` or `2026-12-11`"), "{told}");
    // a day that can be no month leaves no doubt
    let read = tree(&[("assets.csv", "GPU Model,Count,Country,Refresh date\nNVIDIA H100 80GB HBM3,4,DE,31/12/2027\n")]);
    assert!(read.diagnostics.is_empty(), "{:?}", read.diagnostics);
    assert!(read.attributes().any(|(_, row)| row.key == "refresh" && &*row.value == "2027-12-31"));
    let graph = Graph::new(&found);
    assert_eq!(Fleet::of(&graph).pools[0].claims.len(), 3);
}

#[test]
fn rows_that_end_with_a_lone_carriage_return_are_read_once() {
    let list = format!("GPU Model,Count,Country\n{}", "NVIDIA H100 80GB HBM3,1,DE\r".repeat(40_000));
    let start = std::time::Instant::now();
    assert_eq!(fleet(&tree(&[("assets.csv", &list)])), [row("nvidia-h100-sxm", "DE", 40_000)]);
    assert!(start.elapsed().as_secs() < 30, "linear in the rows");
}

#[test]
fn a_drivers_own_name_is_known_in_a_list() {
    let list = "GPU Model,Count,Country\nNVIDIA H20,8,DE\n";
    assert_eq!(fleet(&tree(&[("assets.csv", list)])), [row("nvidia-h20", "DE", 8)]);
}

#[test]
fn pods_of_jobs_and_groups_are_multiplied() {
    const POD: &str =
        "{spec: {containers: [{name: c, image: \"r.example.com/c:1\", resources: {limits: {nvidia.com/gpu: 2}}}]}}";
    let count = |kind: &str, spec: &str| {
        let text = format!("{kind}\nmetadata: {{name: x}}\nspec: {}\n", spec.replace("POD", POD));
        fleet(&tree(&[("x.yaml", &text)])).iter().map(|(.., count)| count).sum::<u64>()
    };
    let batch = "apiVersion: batch/v1\nkind: Job";
    assert_eq!(count(batch, "{parallelism: 3, template: POD}"), 6);
    assert_eq!(count(batch, "{parallelism: 3, completions: 2, template: POD}"), 4);
    assert_eq!(
        count(
            "apiVersion: batch/v1\nkind: CronJob",
            "{schedule: \"0 0 * * *\", jobTemplate: {spec: {parallelism: 3, template: POD}}}"
        ),
        6
    );
    let torch = "{pytorchReplicaSpecs: {Master: {replicas: 1, template: POD}, Worker: {replicas: 3, template: POD}}}";
    assert_eq!(count("apiVersion: kubeflow.org/v1\nkind: PyTorchJob", torch), 8);
    let group = "apiVersion: leaderworkerset.x-k8s.io/v1\nkind: LeaderWorkerSet";
    assert_eq!(count(group, "{replicas: 2, leaderWorkerTemplate: {size: 4, workerTemplate: POD}}"), 16);
    let led = "{replicas: 2, leaderWorkerTemplate: {size: 4, leaderTemplate: POD, workerTemplate: POD}}";
    assert_eq!(count(group, led), 16);
    let set = "{replicatedJobs: [{name: w, replicas: 2, template: {spec: {parallelism: 3, template: POD}}}]}";
    assert_eq!(count("apiVersion: jobset.x-k8s.io/v1alpha2\nkind: JobSet", set), 12);
    let ray = "{headGroupSpec: {template: POD}, workerGroupSpecs: [{groupName: w, replicas: 3, template: POD}]}";
    assert_eq!(count("apiVersion: ray.io/v1\nkind: RayCluster", ray), 8);
    assert_eq!(count("apiVersion: apps/v1\nkind: Deployment", "{replicas: 3, template: POD}"), 6);
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
    write("liste.csv", "Karte;Menge;Standort;Ersatz ab\nNVIDIA L40S;12;Halle 3;2027-06-30\n");
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

#[test]
fn lists_in_other_languages_are_read_and_heads_that_nobody_knows_are_told() {
    let german =
        "Karte;Menge;Standort;Land;Zustand\nNVIDIA L40S;12;Halle 3;DE;\nNVIDIA L40S;3;Halle 3;DE;ausgemustert\n";
    let found = fleet(&tree(&[("bestand.csv", german)]));
    assert_eq!(found, [("nvidia-l40s".to_owned(), "DE".to_owned(), 12)]);
    let finnish = tree(&[("gpu-luettelo.csv", "Kortti;Kpl;Paikka\nNVIDIA L40S;12;Halli 3\n")]);
    let told: Vec<&str> = finnish.diagnostics.iter().map(|one| &*one.message).collect();
    assert!(told.iter().any(|text| text.contains("[[asset-list]]") && text.contains("NVIDIA L40S")), "{told:?}");
}

/// Tables come indented out of documents and logs, and one device of `amd-smi` alone.
#[test]
fn captures_are_read_in_the_shapes_they_are_met_in() {
    let npu = "  | npu-smi 22.0.0                       Version:22.0.2                                        |\n  | NPU     Name      | Health          | Power(W)     Temp(C)           Hugepages-Usage(page) |\n  | Chip    Device    | Bus-Id          | AICore(%)    Memory-Usage(MB)                        |\n  | 0       910B4     | OK              | 16.2         42                0    / 0              |\n  | 0       0         | 0000:86:00.0    | 0            994  / 21534                            |\n";
    let hl = "    | HL-SMI Version:                              hl-1.21.0-fw-59.2.1.0          |\n    | AIP  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncor-Events|\n    |   0  HL-325L             N/A  | 0000:e9:00.0     N/A |                   0  |\n    | N/A   36C   P0  228W /  900W  |   672MiB / 131072MiB |     0%           N/A |\n";
    let amd = r#"{"gpu": 0, "asic": {"market_name": "AMD Instinct MI300X"}, "vram": {"size": {"value": 196592, "unit": "MB"}}}"#;
    for (name, text, id) in
        [("npu-smi.txt", npu, "huawei-910b"), ("hl-smi.txt", hl, "intel-gaudi3"), ("amd-smi.json", amd, "amd-mi300x")]
    {
        let found = fleet(&tree(&[(name, text)]));
        assert!(found.iter().any(|(known, _, count)| known == id && *count == 1), "{name}: {found:?}");
    }
}

#[test]
fn packed_captures_are_told() {
    let found = tree(&[("node7-nvidia-smi.xml.gz", "x"), ("gpu-assets.csv.gz", "x")]);
    let told: Vec<&str> = found.diagnostics.iter().map(|one| &*one.message).collect();
    assert_eq!(told.iter().filter(|text| text.contains("unpacked first")).count(), 2, "{told:?}");
}

/// A list names the state, a pool the region in it: the same devices, unless the list has more.
#[test]
fn a_state_is_no_second_place_beside_its_regions() {
    let pool = "provider \"aws\" {\n  region = \"eu-central-1\"\n}\nresource \"aws_instance\" \"gpu\" {\n  instance_type = \"p5.48xlarge\"\n}\n";
    for (listed, all) in [(8, 8), (4, 8), (20, 20)] {
        let list = format!("GPU model,Quantity,Site,Country\nNVIDIA H100 SXM5 80GB,{listed},Frankfurt,DE\n");
        let found = fleet(&tree(&[("main.tf", pool), ("gpu-assets.csv", &list)]));
        let count: u64 = found.iter().filter(|(id, ..)| id == "nvidia-h100-sxm").map(|(.., count)| count).sum();
        assert_eq!(count, all, "{listed}: {found:?}");
    }
}

#[test]
fn nodes_without_a_provider_id_have_the_place_that_their_labels_tell() {
    let node = |labels: &str| {
        format!(
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Node\n  metadata:\n    name: n1\n    labels: {{{labels}, nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}}\n  status: {{capacity: {{nvidia.com/gpu: '8'}}}}\n"
        )
    };
    let known = "node.kubernetes.io/instance-type: p5.48xlarge, topology.kubernetes.io/region: eu-central-1";
    let found = fleet(&tree(&[("nodes.yaml", &node(known))]));
    assert!(
        found.iter().any(|(id, place, count)| id == "nvidia-h100-sxm" && place.contains("eu-central-1") && *count == 8),
        "{found:?}"
    );
    // what a region and a type tell is likely, and no more
    let likely = tree(&[("nodes.yaml", &node(known))]);
    let is_mark = |value: &str| value == "likely-provider-id aws";
    assert!(likely.attributes().any(|(_, row)| row.key == "mark" && is_mark(&row.value)), "told as likely");
    let by: Vec<&Relation> = likely
        .relations()
        .filter(|(from, one)| from.as_str().starts_with("resource:nodes") && one.kind == RelationKind::ProvidedBy)
        .map(|(_, relation)| relation)
        .collect();
    let is_likely = |relation: &&Relation| format!("{:?}", relation.evidence).contains("confidence: Likely");
    assert!(!by.is_empty() && by.iter().all(is_likely), "{by:?}");
    let open = tree(&[("nodes.yaml", &node("topology.kubernetes.io/region: hall-3"))]);
    let told: Vec<&str> = open.diagnostics.iter().map(|one| &*one.message).collect();
    assert!(told.iter().any(|text| text.contains("`hall-3`") && text.contains("place is unknown")), "{told:?}");
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

#[test]
fn rows_of_a_family_add_to_rows_of_its_products() {
    let list = "model,quantity,country\nNVIDIA H100 SXM5 80GB,10,DE\nH100,10,DE\n";
    let counted = fleet(&tree(&[("gpu-assets.csv", list)]));
    assert_eq!(counted.iter().map(|(.., count)| count).sum::<u64>(), 20, "{counted:?}");
}

#[test]
fn makers_of_families_are_owners() {
    let node = r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Node","metadata":{"name":"d",
        "labels":{"accelerator":"huawei-Ascend910"}},"status":{"capacity":{"huawei.com/Ascend910":"8"}}}]}"#;
    let list = "model,quantity,country\nH100,10,DE\n";
    for (path, text, maker) in [("n.json", node, "huawei"), ("gpu-assets.csv", list, "nvidia")] {
        let inventory = tree(&[(path, text)]);
        let graph = Graph::new(&inventory);
        let kind = sovaudit::model::ComponentKind::Accelerator;
        for one in graph.nodes().filter(|one| graph.node(*one).kind == kind) {
            let makers = graph.related(one, sovaudit::model::RelationKind::DesignedBy);
            let names: Vec<&str> = makers.iter().map(|maker| graph.node(*maker).id.rest()).collect();
            assert_eq!(names, [maker], "{}", graph.node(one).id);
        }
    }
}

#[test]
fn rows_of_nvidia_smi_without_a_head() {
    let found = |text: &str| fleet(&tree(&[("n/nvidia-smi.csv", text)]));
    let said = |text: &str, key: &str| -> Vec<String> {
        let inventory = tree(&[("n/nvidia-smi.csv", text)]);
        let rows = inventory.attributes().filter(|(_, row)| row.key == key);
        rows.map(|(_, row)| row.value.to_string()).collect()
    };
    let sample = |at: u8| format!("2026/11/01 10:00:0{at}.000, NVIDIA H100 80GB HBM3, 570.124.06, {at} MiB\n");
    let samples: String = (0..6).map(sample).collect();
    assert_eq!(found(&samples), [row("nvidia-h100-sxm", "", 1)], "six samples of one device");
    let indexed = "0, NVIDIA L40S, 570.124.06\n1, NVIDIA L40S, 570.124.06\n0, NVIDIA L40S, 570.124.06\n";
    assert_eq!(found(indexed), [row("nvidia-l40s", "", 2)]);
    let limits = "NVIDIA A100-SXM4-80GB, 400.00, 535.104.05, 5 MiB\n";
    assert_eq!(said(limits, "driver-version"), ["535.104.05"]);
    assert!(said(limits, "memory").is_empty(), "nobody says whose amount it is");
}

/// The maker of the servers in a list is a fact of its own beside that of the accelerators.
#[test]
fn makers_of_servers_in_lists_are_devices_and_told_when_they_are_listed() {
    let list = "Manufacturer,Model,GPU,GPU Qty,Country,Status\nInspur,NF5688M6,NVIDIA A100-SXM4-80GB,8,Germany,active\n\
                NVIDIA,DGX H100,NVIDIA H100 80GB HBM3,8,Germany,active\n";
    let found = tree(&[("assets.csv", list)]);
    let devices: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).filter(|id| id.starts_with("device:")).collect();
    assert_eq!(devices.len(), 1, "{devices:?}");
    assert!(devices[0].contains("Inspur"), "{devices:?}");
    let folder = tempfile::TempDir::new().expect("a folder");
    fs::write(folder.path().join("assets.csv"), list).expect("writes");
    let output = sovaudit().arg("scan").arg(folder.path()).args(["--as-of", "2026-11-23"]).output().expect("runs");
    let text = String::from_utf8(output.stdout).expect("output is UTF-8");
    assert!(text.contains("listed-device-maker"), "{text}");
}

#[test]
fn what_is_out_of_use_is_left_out_in_every_language_and_told() {
    let states = ["defective", "defekt", "repair", "out of service", "in Reparatur", "außer Betrieb"];
    let rows: String = states.iter().map(|state| format!("NVIDIA L40S,2,RZ 1,DE,{state},2027-06-30\n")).collect();
    let list = format!("GPU,Anzahl,RZ,Land,Status,Geplanter Ersatz\n{rows}NVIDIA L40S,3,RZ 1,DE,aktiv,2027-06-30\n");
    let found = tree(&[("assets.csv", &list)]);
    assert_eq!(fleet(&found), [row("nvidia-l40s", "DE", 3)]);
    let told: Vec<&str> = found.diagnostics.iter().map(|one| &*one.message).collect();
    assert!(told.iter().any(|told| told.starts_with("6 rows left out") && told.contains("`defective`")), "{told:?}");
    let machines: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).filter(|id| id.starts_with("machine:")).collect();
    assert_eq!(machines, ["machine:assets.csv/RZ 1/DE///2027-06-30"]);
    for head in ["Ersatz geplant", "Austauschdatum", "Nutzungsende"] {
        let list = format!("GPU,Anzahl,Land,{head}\nNVIDIA L40S,3,DE,2027-06-30\n");
        let found = tree(&[("assets.csv", &list)]);
        assert!(found.iter().any(|(id, _)| id.as_str().ends_with("2027-06-30")), "{head}");
    }
}

#[test]
fn devices_of_slurm_are_those_of_its_nodes() {
    let nodes = "ClusterName=c\nNodeName=dgx[01-04] Gres=gpu:mi300x:8\n";
    let all = [row("amd-mi300x", "", 32)];
    for devices in [
        "NodeName=dgx[01-04] Name=gpu Type=mi300x File=/dev/dri/renderD[128-135]\n",
        "NodeName=dgx[01-02] Name=gpu Type=mi300x File=/dev/dri/renderD[128-135]\nNodeName=dgx03,dgx04 Name=gpu Type=mi300x Count=8\n",
        "Name=gpu Type=mi300x File=/dev/dri/renderD[128-135]\n",
        "Name=gpu File=/dev/dri/renderD[128-135]\n",
        "AutoDetect=rsmi\n",
    ] {
        assert_eq!(fleet(&tree(&[("slurm.conf", nodes), ("gres.conf", devices)])), all, "{devices}");
    }
    // the type may stand beside the devices only
    let untyped = nodes.replace("gpu:mi300x:8", "gpu:8");
    for devices in ["Name=gpu Type=mi300x Count=8\n", "NodeName=dgx[01-04] Name=gpu Type=mi300x Count=8\n"] {
        assert_eq!(fleet(&tree(&[("slurm.conf", &untyped), ("gres.conf", devices)])), all, "{devices}");
    }
    // nodes of another file's are others, and lines about one node's devices add up
    let lines: String = (0..8).map(|at| format!("NodeName=m1 Name=gpu Type=mi300x File=/dev/dri/r{at}\n")).collect();
    let more = tree(&[("slurm.conf", nodes), ("gres.conf", &lines)]);
    assert_eq!(fleet(&more).iter().map(|(.., count)| count).sum::<u64>(), 40);
}

#[test]
fn software_that_needs_an_accelerator_has_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let bom = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
        {"type":"library","name":"cublas","version":"12.4","purl":"pkg:generic/cublas@12.4"},
        {"type":"library","name":"cudnn","version":"9.1","purl":"pkg:generic/cudnn@9.1"}]}"#;
    fs::write(folder.path().join("image.cdx.json"), bom).expect("writes");
    let output = sovaudit().args(["scan", "--format", "json"]).arg(folder.path()).output().expect("runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("is JSON");
    assert_eq!((&report["supply"]["all_devices"], &report["supply"]["shares"]), (&0.0.into(), &serde_json::json!([])));
    let output = sovaudit().arg("scan").arg(folder.path()).output().expect("runs");
    let text = String::from_utf8(output.stdout).expect("is UTF-8");
    assert!(text.contains("none found; there is software that needs one"), "{text}");
}

#[test]
fn a_name_of_several_products_counts_beyond_those_of_its_state() {
    let list = "Model,GPU,GPUs,Country\np5 node 1,H100 SXM5,8,Germany\np5 node 2,H100 SXM5,8,Germany\n";
    let dump = nodes(2, "NVIDIA-H100-80GB-HBM3");
    let wanted = [row("nvidia-h100-sxm", "aws/eu-central-1", 16)];
    assert_eq!(fleet(&tree(&[("gpu-assets.csv", list), ("nodes.yaml", &dump)])), wanted);
    assert_eq!(fleet(&tree(&[("gpu-assets.csv", list), ("main.tf", POOL), ("pods.yaml", PODS)])), wanted);
    // elsewhere they are others
    let abroad = list.replace("Germany", "France");
    let counted = fleet(&tree(&[("gpu-assets.csv", &abroad), ("nodes.yaml", &dump)]));
    assert_eq!(counted.iter().map(|(.., count)| count).sum::<u64>(), 32, "{counted:?}");
}

#[test]
fn names_of_captures_beside_the_tool_are_no_machines() {
    let one = [row("nvidia-h100-sxm", "", 2)];
    let names = ["nvidia-smi.txt", "nvidia-smi-full.txt", "nvidia-smi-L-version.txt", "gpus-nvidia-smi.txt"];
    let files: Vec<String> = names.iter().map(|name| format!("node1/{name}")).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|path| (path.as_str(), CAPTURE)).collect();
    assert_eq!(fleet(&tree(&files)), one);
    // metrics that name the host of the folder, in short or in full
    for host in ["n1", "n1.example.com"] {
        let metric = |at: u8| {
            format!(
                "DCGM_FI_DEV_GPU_TEMP{{gpu=\"{at}\",UUID=\"GPU-{at}\",modelName=\"NVIDIA H100 80GB HBM3\",Hostname=\"{host}\"}} 41\n"
            )
        };
        let metrics = metric(0) + &metric(1);
        assert_eq!(fleet(&tree(&[("n1/nvidia-smi.txt", CAPTURE), ("n1/dcgm-metrics.txt", &metrics)])), one, "{host}");
    }
}

#[test]
fn cores_are_no_chips() {
    let pod = |resource: &str, count: u8| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: n}}\nspec:\n  nodeSelector: {{node.kubernetes.io/instance-type: trn1.32xlarge}}\n  containers:\n  - name: n\n    image: registry.example.com/n:1\n    resources: {{limits: {{{resource}: {count}}}}}\n"
        )
    };
    let count = |text: &str| {
        let inventory = tree(&[("p.yaml", text)]);
        let graph = Graph::new(&inventory);
        Fleet::of(&graph).pools.iter().flat_map(|pool| &pool.claims).map(|claim| claim.count).collect::<Vec<_>>()
    };
    assert_eq!(count(&pod("aws.amazon.com/neuron", 16)), [Some(16)]);
    assert_eq!(count(&pod("aws.amazon.com/neuroncore", 32)), [Some(16)], "two cores are a chip");
    assert_eq!(count(&pod("aws.amazon.com/neuroncore", 1)), [Some(1)]);
    // of what machine the cores are is not said
    let unplaced = pod("aws.amazon.com/neuroncore", 32).replace("node.kubernetes.io/instance-type: trn1.32xlarge", "");
    assert_eq!(count(&unplaced), [None], "how many chips these are is not known");
}

/// What containers of a pod ask for adds up; what prepares the pod is done by then.
#[test]
fn containers_of_a_pod_have_their_own_devices() {
    let container = |name: &str, count: u8| {
        format!(
            "      - {{name: {name}, image: \"registry.example.com/{name}:1\", resources: {{limits: {{nvidia.com/gpu: {count}}}}}}}\n"
        )
    };
    let text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: llm}}\nspec:\n  replicas: 2\n  template:\n    spec:\n      nodeSelector: {{nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}}\n      initContainers:\n{}      containers:\n{}{}",
        container("prepare", 1),
        container("model", 4),
        container("rank", 2)
    );
    assert_eq!(fleet(&tree(&[("p.yaml", &text)])), [row("nvidia-h100-sxm", "", 12)]);
}

/// A pool that names a family of machine types has their accelerators; a family's name beside it is narrowed by it.
#[test]
fn families_of_machine_types_tell_the_accelerators_of_a_pool() {
    let pool = |families: &str, gpus: &str| {
        let gpus = if gpus.is_empty() {
            String::new()
        } else {
            format!("      - {{key: karpenter.k8s.aws/instance-gpu-name, operator: In, values: [{gpus}]}}\n")
        };
        format!(
            "apiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata: {{name: gpu}}\nspec:\n  template:\n    spec:\n      nodeClassRef: {{group: karpenter.k8s.aws, kind: EC2NodeClass, name: default}}\n      requirements:\n      - {{key: karpenter.k8s.aws/instance-family, operator: In, values: [{families}]}}\n{gpus}"
        )
    };
    let names = |text: &str| -> Vec<String> {
        let inventory = tree(&[("pool.yaml", text)]);
        let graph = Graph::new(&inventory);
        Fleet::of(&graph).pools.iter().map(|pool| graph.node(pool.accelerator).id.rest().to_owned()).collect()
    };
    assert_eq!(names(&pool("p5", "h100")), ["nvidia-h100-sxm"]);
    assert_eq!(names(&pool("p5", "")), ["nvidia-h100-sxm"]);
    assert_eq!(names(&pool("p5, p5e", "")).len(), 1, "one of two products");
    assert_eq!(names(&pool("p5, c7i", "")), [""; 0], "its machines may have none");
    assert_eq!(names(&pool("c7i", "h100")), ["?/h100"]);
}

#[test]
fn names_of_lists_may_say_how_many() {
    let list = "Hostname,GPU,Site,Country\nn1,8x H100 SXM5 80GB,FRA,DE\nn2,4 x NVIDIA L40S,FRA,DE\nn3,NVIDIA L4 (4x),FRA,DE\n\
                n4,A100 80GB PCIe x2,FRA,DE\nn5,2× MI300X,FRA,DE\nn6,NVIDIA A2,FRA,DE\nn7,MLU370-X8,FRA,DE\nn8,NVIDIA T4 PCIe x16,FRA,DE\n";
    let mut counted = fleet(&tree(&[("gpu-inventory.csv", list)]));
    counted.sort();
    let wanted = [
        row("amd-mi300x", "DE", 2),
        row("cambricon-mlu370-x8", "DE", 1),
        row("nvidia-a100-pcie-80", "DE", 2),
        row("nvidia-a2", "DE", 1),
        row("nvidia-h100-sxm", "DE", 8),
        row("nvidia-l4", "DE", 4),
        row("nvidia-l40s", "DE", 4),
        row("nvidia-t4", "DE", 1),
    ];
    assert_eq!(counted, wanted);
    // times the count; a column that says how many each has says it instead
    let list = "Server,GPU,Quantity,Country\nA,8x H100 SXM5 80GB,3,DE\n";
    assert_eq!(fleet(&tree(&[("gpu-inventory.csv", list)])), [row("nvidia-h100-sxm", "DE", 24)]);
}

#[test]
fn devices_of_one_of_several_products_are_a_family() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: e}\nspec:\n  affinity:\n    nodeAffinity:\n      requiredDuringSchedulingIgnoredDuringExecution:\n        nodeSelectorTerms:\n        - matchExpressions:\n          - {key: nvidia.com/gpu.product, operator: In, values: [NVIDIA-L40S, NVIDIA-H100-80GB-HBM3]}\n  containers:\n  - {name: e, image: \"registry.example.com/e:1\", resources: {limits: {nvidia.com/gpu: 8}}}\n";
    let inventory = tree(&[("p.yaml", pod)]);
    let counted = fleet(&inventory);
    assert_eq!(counted.iter().map(|(.., count)| *count).collect::<Vec<_>>(), [8], "{counted:?}");
    let graph = Graph::new(&inventory);
    let family = Fleet::of(&graph).pools[0].accelerator;
    let candidates: Vec<&str> = graph.attributes(family, key::CANDIDATE).collect();
    assert_eq!(candidates, ["nvidia-h100-sxm", "nvidia-l40s"]);
    let designers = graph.related(family, RelationKind::DesignedBy);
    assert_eq!(designers.iter().map(|one| graph.node(*one).id.rest()).collect::<Vec<_>>(), ["nvidia"]);
}

#[test]
fn designers_are_organisations_in_every_spelling() {
    let list = "model,quantity,country\nGaudi 3,8,DE\nAscend 910B,8,SG\nTrainium2,2,DE\nMTT S4000,1,DE\n";
    let inventory = tree(&[("gpu-assets.csv", list)]);
    let graph = Graph::new(&inventory);
    for (accelerator, designer) in
        [("intel-gaudi3", "intel"), ("aws-trainium2", "amazon"), ("mthreads-s4000", "moore-threads")]
    {
        let node = graph.find(&ComponentId::accelerator(accelerator)).unwrap_or_else(|| panic!("{accelerator}"));
        let designers = graph.related(node, RelationKind::DesignedBy);
        assert_eq!(designers.iter().map(|one| graph.node(*one).id.rest()).collect::<Vec<_>>(), [designer]);
    }
    assert!(graph.nodes().all(|node| !graph.node(node).id.rest().contains('(')), "no party with brackets");
    assert!(graph.find(&ComponentId::organisation("huawei")).is_some());
}

/// Parts of devices count as the fewest devices that have them.
#[test]
fn parts_of_devices_are_no_devices() {
    let pod = |resource: &str, count: u8, selector: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: n}}\nspec:\n  replicas: 3\n  template:\n    spec:\n      nodeSelector: {{{selector}}}\n      containers:\n      - name: n\n        image: registry.example.com/n:1\n        resources: {{limits: {{{resource}: {count}}}}}\n"
        )
    };
    let count = |text: &str| fleet(&tree(&[("p.yaml", text)])).iter().map(|(.., count)| count).sum::<u64>();
    assert_eq!(count(&pod("nvidia.com/mig-1g.10gb", 2, "")), 1);
    assert_eq!(count(&pod("nvidia.com/mig-3g.40gb", 1, "")), 2);
    assert_eq!(count(&pod("nvidia.com/mig-7g.80gb", 1, "")), 3);
    assert_eq!(count(&pod("nvidia.com/mig-1g.10gb", 7, "nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB")), 3);
    assert_eq!(count(&pod("iluvatar.com/gpu", 2, "")), 6);
    let node = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Node\n  metadata: {name: n, labels: {nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB}}\n  status: {capacity: {nvidia.com/gpu: \"2\", nvidia.com/mig-1g.10gb: \"7\", nvidia.com/mig-3g.40gb: \"2\"}}\n";
    assert_eq!(count(node), 4);
}

/// Nothing that a list says is dropped in silence.
#[test]
fn rows_that_are_not_taken_for_accelerators_are_told() {
    let list = "Hostname,Hersteller,Modell,Anzahl,Standort,Land\na,NVIDIA,H100 SXM5 80GB,8,Frankfurt,DE\n\
                b,NVIDIA,GB500 Ultra,8,Frankfurt,DE\nc,NVIDIA,H300 SXM 200GB,8,Frankfurt,DE\n\
                d,AMD,Instinct MI555X,8,Frankfurt,DE\ne,Dell,PowerEdge R760,4,Frankfurt,DE\n";
    let found = tree(&[("assets.csv", list)]);
    let rows = fleet(&found);
    for name in ["?/NVIDIA H300 SXM 200GB", "?/AMD Instinct MI555X"] {
        assert!(rows.contains(&row(name, "DE", 8)), "{rows:?}");
    }
    let told = |words: &str| found.diagnostics.iter().any(|one| one.message.contains(words));
    assert!(told("1 row not taken for accelerators") && told("`NVIDIA GB500 Ultra`"), "{:?}", found.diagnostics);
    assert!(told("1 row left out") && told("`Dell PowerEdge R760`"), "{:?}", found.diagnostics);
    // told even where nothing else is an accelerator
    let only = tree(&[("assets.csv", "Hersteller,Modell,Anzahl,Land\nNVIDIA,GB500 Ultra,8,DE\n")]);
    assert!(only.diagnostics.iter().any(|one| one.message.contains("`NVIDIA GB500 Ultra`")), "{:?}", only.diagnostics);
}
