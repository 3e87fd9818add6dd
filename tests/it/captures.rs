//! Captures: which are of one machine, what tools print for people, trees of resources, bills of hardware.

use std::fs;

use serde_json::Value;
use sovaudit::model::{ComponentId, key};

use crate::cli::{root, sovaudit};
use crate::hardware::{fleet, nodes, row, tree};

const UUIDS: [&str; 3] = [
    "8f3a1c52-09d4-7be1-a6c0-55e2b7f41d90",
    "1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901",
    "0a9b8c7d-6e5f-4031-8221-1302f3e4d5c6",
];

fn listed(uuids: &[&str]) -> String {
    let line = |(at, uuid): (usize, &&str)| format!("GPU {at}: NVIDIA H100 80GB HBM3 (UUID: GPU-{uuid})\n");
    uuids.iter().enumerate().map(line).collect()
}

/// The same devices in every form that states their UUIDs, each in a folder of its own under a name of its own.
#[test]
fn captures_that_list_the_same_devices_are_of_one_machine() {
    let list = listed(&UUIDS[..2]);
    let gpu = |uuid: &str| {
        format!(
            "<gpu id=\"x\"><product_name>NVIDIA H100 80GB HBM3</product_name><uuid>GPU-{uuid}</uuid><serial>1654922012345</serial>\
             <pci><pci_device_id>233010DE</pci_device_id></pci></gpu>"
        )
    };
    let xml = format!("<nvidia_smi_log>{}{}</nvidia_smi_log>", gpu(UUIDS[0]), gpu(UUIDS[1]));
    let section = |at: u8, uuid: &str| {
        format!(
            "GPU 00000000:{at}9:00.0\n    Product Name                          : NVIDIA H100 80GB HBM3\n    GPU UUID                              : GPU-{uuid}\n"
        )
    };
    let query = format!("==============NVSMI LOG==============\n\n{}{}", section(1, UUIDS[0]), section(2, UUIDS[1]));
    let csv = format!(
        "name, uuid, memory.total [MiB]\nNVIDIA H100 80GB HBM3, GPU-{}, 81559 MiB\nNVIDIA H100 80GB HBM3, GPU-{}, 81559 MiB\n",
        UUIDS[0], UUIDS[1]
    );
    let bare = format!("NVIDIA H100 80GB HBM3, GPU-{}\nNVIDIA H100 80GB HBM3, GPU-{}\n", UUIDS[0], UUIDS[1]);
    let metric = |label: &str, uuid: &str, host: &str| {
        format!(
            "DCGM_FI_DEV_GPU_TEMP{{gpu=\"0\",{label}=\"{uuid}\",modelName=\"NVIDIA H100 80GB HBM3\",Hostname=\"{host}\"}} 41\n"
        )
    };
    let dcgm = metric("UUID", &format!("GPU-{}", UUIDS[0]), "gpu-01")
        + &metric("UUID", &format!("GPU-{}", UUIDS[1]), "gpu-01");
    let exporter: String = UUIDS[..2]
        .iter()
        .map(|uuid| {
            format!(
                "nvidia_smi_gpu_info{{name=\"NVIDIA H100 80GB HBM3\",uuid=\"{uuid}\",instance=\"10.0.0.7:9835\"}} 1\n"
            )
        })
        .collect();
    let files = [
        ("a/nvidia-smi-L.txt", list.as_str()),
        ("b/x.nvidia-smi.xml", &xml),
        ("c/first-nvidia-smi-q.txt", &query),
        ("d/gpus.csv", &csv),
        ("e/gpu-list.csv", &bare),
        ("f/dcgm-metrics.txt", &dcgm),
        ("g/exporter-metrics.prom", &exporter),
    ];
    let wanted = [row("nvidia-h100-sxm", "", 2)];
    for file in files {
        assert_eq!(fleet(&tree(&[file])), wanted, "{}", file.0);
        assert_eq!(fleet(&tree(&[files[0], file])), wanted, "{}", file.0);
    }
    let all = tree(&files);
    assert_eq!(fleet(&all), wanted);
    // neither the numbers nor what is made of them is kept
    assert!(all.attributes().all(|(_, row)| row.key != key::DEVICE_MARK && !row.value.contains("8f3a1c52")));
    assert_eq!(all.attributes().filter(|(_, row)| row.key == key::ALSO).count(), 6);
    // other devices are of other machines
    let other = listed(&UUIDS[2..]);
    assert_eq!(fleet(&tree(&[files[0], ("h/nvidia-smi-L.txt", &other)])), [row("nvidia-h100-sxm", "", 3)]);
}

/// What captures tell in parts adds up, in one folder as in several; a number that many devices have tells nothing.
#[test]
fn parts_of_a_machine_add_up_and_fillings_match_nothing() {
    let (first, rest, both) = (listed(&UUIDS[..1]), listed(&UUIDS[1..]), listed(&UUIDS[..2]));
    let parts = [("n/gpu0-nvidia-smi.txt", first.as_str()), ("n/gpus-nvidia-smi.txt", &rest)];
    assert_eq!(fleet(&tree(&parts)), [row("nvidia-h100-sxm", "", 3)]);
    assert_eq!(
        fleet(&tree(&[("a/nvidia-smi-L.txt", &both), ("b/nvidia-smi-L.txt", &rest)])),
        [row("nvidia-h100-sxm", "", 3)]
    );
    let masked = listed(&["00000000-0000-0000-0000-000000000000"]);
    let two = fleet(&tree(&[("a/nvidia-smi-L.txt", &masked), ("b/nvidia-smi-L.txt", &masked)]));
    assert_eq!(two, [row("nvidia-h100-sxm", "", 2)]);
    let equal = listed(&[UUIDS[0], UUIDS[0]]);
    let four = fleet(&tree(&[("a/nvidia-smi-L.txt", &equal), ("b/nvidia-smi-L.txt", &equal)]));
    assert_eq!(four, [row("nvidia-h100-sxm", "", 4)]);
    // a serial number alone, and a name that no row knows beside its number
    let serial = |name: &str| format!("name, serial, driver_version\n{name}, 1654922012345, 550.54\n");
    let same =
        [("a/nvidia-smi.csv", serial("NVIDIA H100 80GB HBM3")), ("b/nvidia-smi.csv", serial("NVIDIA H100 80GB HBM3"))];
    let same: Vec<(&str, &str)> = same.iter().map(|(path, text)| (*path, text.as_str())).collect();
    assert_eq!(fleet(&tree(&same)), [row("nvidia-h100-sxm", "", 1)]);
    let new = format!("GPU 0: NVIDIA Q900 (UUID: GPU-{})\n", UUIDS[0]);
    let xml = format!(
        "<nvidia_smi_log><gpu><product_name>NVIDIA Q900</product_name><uuid>GPU-{}</uuid><pci><pci_device_id>233010DE</pci_device_id>\
         </pci></gpu></nvidia_smi_log>",
        UUIDS[0]
    );
    let one = tree(&[("a/nvidia-smi-L.txt", &new), ("b/nvidia-smi.xml", &xml)]);
    assert_eq!(fleet(&one), [row("nvidia-h100-sxm", "", 1)]);
}

/// Nodes of a dump that tell no place, and a tool on one of them.
#[test]
fn nodes_without_a_place_and_a_tool_on_one_of_them_count_once() {
    let dump = nodes(2, "NVIDIA-H100-80GB-HBM3").replace("topology.kubernetes.io/region: eu-central-1", "a: b");
    let dump = dump.replace("alpha.eksctl.io/cluster-name: main", "c: d").replace("aws:///eu-central-1a/", "metal://");
    let all = tree(&[("nodes.yaml", &dump), ("n0/nvidia-smi-L.txt", &listed(&UUIDS))]);
    assert_eq!(fleet(&all), [row("nvidia-h100-sxm", "", 16)]);
}

/// What the tools print, by a name of the form, each of two devices of one product.
fn forms_of_amd() -> Vec<(&'static str, String)> {
    let head = "\n============================ ROCm System Management Interface ============================\n";
    let foot = "==========================================================================================\n";
    let old = format!(
        "{head}==================================== Concise Info ====================================\nGPU  Temp   AvgPwr  SCLK     MCLK     Fan     Perf  PwrCap  VRAM%  GPU%\n\
         0    35.0c  36.0W   300Mhz   1200Mhz  0%      auto  290.0W    0%   0%\n1    34.0c  35.0W   300Mhz   1200Mhz  0%      auto  290.0W    0%   0%\n{foot}"
    );
    let model = format!(
        "{head}Device  [Model : Revision]    Temp        Power     Partitions      SCLK   MCLK     Fan  Perf    PwrCap  VRAM%  GPU%\n\
         \u{20}       Name (20 chars)       (Junction)  (Socket)  (Mem, Compute)\n{foot}\
         0       [0x74a1 : 0x00]       40.0°C      102.0W    NPS1, SPX       31Mhz  1300Mhz  0%   manual  550.0W    0%   0%\n\
         \u{20}       Aqua Vanjaram [Insti\n\
         1       [0x74a1 : 0x00]       41.0°C      101.0W    NPS1, SPX       31Mhz  1300Mhz  0%   manual  550.0W    0%   0%\n\
         \u{20}       Aqua Vanjaram [Insti\n{foot}"
    );
    let row_of = |at: u8, part: u8| {
        format!(
            "{at}       {at}     0x74a1,   34495  43.0°C  132.0W   NPS4, CPX, {part}         132Mhz  900Mhz  0%     auto  750.0W  0%     0%    \n"
        )
    };
    let new = format!(
        "{head}Device  Node  IDs              Temp    Power  Partitions          SCLK  MCLK   Fan    Perf    PwrCap  VRAM%  GPU%  \n\
         \u{1b}[3m              (DID,     GUID)  (Edge)  (Avg)  (Mem, Compute, ID)              \u{1b}[0m\n{foot}{}{}{}{}{foot}",
        row_of(0, 0),
        row_of(1, 1),
        row_of(2, 0),
        row_of(3, 1)
    );
    let hardware = format!(
        "{head}GPU  NODE  DID     GUID   GFX VER  GFX RAS  SDMA RAS  UMC RAS   VBIOS  BUS           PARTITION ID  \n\
         0    4     0x74a1  3877   gfx942   ENABLED  ENABLED   DISABLED  N/A    0000:01:00.0  0             \n\
         1    5     0x74a1  54196  gfx942   ENABLED  ENABLED   DISABLED  N/A    0000:01:00.0  1             \n\
         2    6     0x74a1  36891  gfx942   ENABLED  ENABLED   DISABLED  N/A    0001:01:00.0  0             \n{foot}"
    );
    let said = |names: [&str; 2]| {
        let one = |at: u8| {
            format!(
                "GPU[{at}]\t\t: {}: \t\tAMD Instinct MI300X OAM\nGPU[{at}]\t\t: {}: \t\t0x74a1\nGPU[{at}]\t\t: VRAM Total Memory (B): 206141652992\n\
                 GPU[{at}]\t\t: Unique ID: 0x87fc3ea34b2236f{at}\nGPU[{at}]\t\t: PCI Bus: 000{at}:01:00.0\nGPU[{at}]\t\t: Unable to get something\n",
                names[0], names[1]
            )
        };
        format!("{head}{}{}{foot}Driver version: 6.8.5\n", one(0), one(1))
    };
    let products = said(["Card Series", "Card Model"]);
    let before = said(["Card series", "Card model"]);
    let gpu = |at: u8, part: u8| {
        format!(
            "GPU: {at}\n    ASIC:\n        MARKET_NAME: AMD Instinct MI300X\n        VENDOR_ID: 0x1002\n        SUBVENDOR_ID: 0x1002\n        DEVICE_ID: 0x74a1\n        SUBSYSTEM_ID: 0x74a1\n        ASIC_SERIAL: 0x87FC3EA34B2236F{at}\n    BUS:\n        BDF: 000{at}:01:00.0\n    VBIOS:\n        NAME: AMD MI300X\n        VERSION: 022.040.003\n    DRIVER:\n        NAME: amdgpu\n        VERSION: 6.8.5\n    VRAM:\n        TYPE: HBM3\n        SIZE: 196592 MB\n    PARTITION:\n        COMPUTE_PARTITION: CPX\n        PARTITION_ID: {part}\n\n"
        )
    };
    let sections = gpu(0, 0) + &gpu(1, 0) + &gpu(2, 3);
    let list = "GPU: 0\n    BDF: 0000:01:00.0\n    UUID: 4eff74a1-0000-1000-802d-1d762a397f73\n    KFD_ID: 45412\n    PARTITION_ID: 0\n\nGPU: 1\n    BDF: 0001:01:00.0\n    UUID: 5eff74a1-0000-1000-802d-1d762a397f74\n    PARTITION_ID: 0\n";
    let table = "+------------------------------------------------------------------------------+\n\
                 | AMD-SMI 26.1.0+2a668c34      amdgpu version: 6.16.13  ROCm version: 7.0.0    |\n\
                 | BDF                        GPU-Name | Mem-Uti   Temp   UEC       Power-Usage |\n\
                 | GPU  HIP-ID  OAM-ID  Partition-Mode | GFX-Uti    Fan               Mem-Usage |\n\
                 |=====================================+========================================|\n\
                 | 0000:09:00.0    AMD Instinct MI300X | 0 %      49 °C   0          144/1000 W |\n\
                 |   0       0       3        SPX/NPS1 | 0 %        N/A           283/196592 MB |\n\
                 |-------------------------------------+----------------------------------------|\n\
                 | 0000:19:00.0    AMD Instinct MI300X | 0 %      49 °C   0          144/1000 W |\n\
                 |   1       1       2        SPX/NPS1 | 0 %        N/A           283/196592 MB |\n";
    let csv = "device,Card Series,Card Model,Card Vendor,Card SKU\ncard0,AMD Instinct MI300X OAM,0x74a1,Advanced Micro Devices Inc. [AMD/ATI],M3000100\n\
               card1,AMD Instinct MI300X OAM,0x74a1,Advanced Micro Devices Inc. [AMD/ATI],M3000100\n";
    vec![
        ("old", old),
        ("list", list.to_owned()),
        ("model", model),
        ("new", new),
        ("hardware", hardware),
        ("products", products),
        ("before", before),
        ("sections", sections),
        ("table", table.to_owned()),
        ("csv", csv.to_owned()),
    ]
}

#[test]
fn what_the_tools_of_amd_print_for_people_is_read() {
    let forms = forms_of_amd();
    let of = |wanted: &str| forms.iter().find(|(name, _)| *name == wanted).map_or("", |(_, text)| text.as_str());
    let known = [row("amd-mi300x", "", 2)];
    for (name, text) in &forms {
        let wanted = if matches!(*name, "old" | "list") { row("?/amd.com/gpu", "", 2) } else { known[0].clone() };
        assert_eq!(fleet(&tree(&[("n/rocm-smi.txt", text)])), [wanted], "{name}: {text}");
    }
    // all of one capture, and two tools in two folders: the serial number of the chip tells that they are the same
    let whole = format!("{}{}", of("new"), of("products"));
    assert_eq!(fleet(&tree(&[("rocm-smi.txt", &whole)])), known);
    assert_eq!(fleet(&tree(&[("a/rocm-smi.txt", of("products")), ("b/amd-smi-static.txt", of("sections"))])), known);
    let found = tree(&[("a/rocm-smi.txt", of("products"))]);
    assert!(found.attributes().any(|(_, row)| row.key == key::DRIVER_VERSION && &*row.value == "6.8.5"));
    assert!(found.attributes().any(|(_, row)| row.key == key::MEMORY && &*row.value == "196592 MiB"));
}

/// A tree of resources from any folder on, with an `index.json` or a file for each resource, or all in one folder.
#[test]
fn a_tree_of_resources_is_read_from_any_folder_on() {
    let at = root().join("fixtures/scanners/redfish/normal/bmc");
    let mut open = vec![at.clone()];
    let mut resources: Vec<(String, Vec<u8>)> = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("is there").filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.parent().expect("a folder").strip_prefix(&at).expect("below").display().to_string();
                resources.push((name, fs::read(&path).expect("reads")));
            }
        }
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |path: String, bytes: &[u8]| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("creates");
        fs::write(path, bytes).expect("writes");
    };
    for (name, bytes) in &resources {
        write(format!("index/{name}/index.json"), bytes);
        write(format!("single/{name}.json"), bytes);
        write(format!("flat/{}.json", name.replace('/', "_")), bytes);
        write(format!("two/node1-{}.json", name.replace('/', "-")), bytes);
        write(format!("two/node2-{}.json", name.replace('/', "-")), bytes);
    }
    for (target, wanted) in [
        ("index", 2),
        ("index/redfish", 2),
        ("index/redfish/v1", 2),
        ("index/redfish/v1/Systems/1", 2),
        ("single", 2),
        ("single/redfish", 2),
        ("single/redfish/v1", 2),
        ("single/redfish/v1/Systems", 2),
        ("flat", 2),
        ("two", 4),
    ] {
        let target = folder.path().join(target);
        let output = sovaudit()
            .arg("scan")
            .arg(&target)
            .args(["--format", "json", "--as-of", "2026-11-23"])
            .output()
            .expect("runs");
        let report: Value = serde_json::from_slice(&output.stdout).expect("is JSON");
        assert_eq!(report["supply"]["all_devices"], f64::from(wanted), "{}", target.display());
        let holders = report["supply"]["placements"].as_array().expect("rows").len();
        assert_eq!(holders, if wanted == 4 { 2 } else { 1 }, "{}", target.display());
    }
}

/// A bill of the parts of a machine: parts of one product add up, other parts are devices with their makers.
#[test]
fn a_bill_of_hardware_is_of_a_machine() {
    let bill = |serial: u8| {
        format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":{serial},"metadata":{{"component":{{"type":"device","name":"PowerEdge XE9680","bom-ref":"host","manufacturer":{{"name":"Dell Inc."}}}}}},
            "components":[{{"type":"device","bom-ref":"g0","name":"NVIDIA H100 80GB HBM3","manufacturer":{{"name":"NVIDIA"}}}},
            {{"type":"device","bom-ref":"g1","name":"NVIDIA H100 80GB HBM3","manufacturer":{{"name":"NVIDIA"}}}},
            {{"type":"device","bom-ref":"n0","name":"ConnectX-7","manufacturer":{{"name":"Mellanox Technologies"}}}}]}}"#
        )
    };
    let (one, two) = (bill(1), bill(2));
    let found = tree(&[("n1-hbom.cdx.json", &one)]);
    assert_eq!(fleet(&found), [row("nvidia-h100-sxm", "", 2)]);
    let adapter = ComponentId::device("part", "Mellanox Technologies ConnectX-7");
    assert!(found.known(&adapter).is_some_and(|known| !known.relations().is_empty()), "its maker is known");
    assert!(found.known(&ComponentId::device("system", "Dell Inc. PowerEdge XE9680")).is_some());
    assert_eq!(
        fleet(&tree(&[("n1-hbom.cdx.json", &one), ("n2-hbom.cdx.json", &two)])),
        [row("nvidia-h100-sxm", "", 4)]
    );
    let beside = tree(&[("n1/hbom.cdx.json", &one), ("n1/nvidia-smi-L.txt", &listed(&UUIDS[..2]))]);
    assert_eq!(fleet(&beside), [row("nvidia-h100-sxm", "", 2)]);
}
