//! Supply of accelerators in reports, and the rules about the fleet.

use std::fs;

use serde_json::Value;
use sovaudit::attribution::attribute;
use sovaudit::catalog::{Catalog, Layer};
use sovaudit::graph::{Graph, Roots};
use sovaudit::model::{Date, Inventory};
use sovaudit::rules::run::{Shared, View, judge};
use sovaudit::rules::{Profile, RuleSet};

use crate::cli::{root, sovaudit};

fn scan(files: &[(&str, &str)], words: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("writes");
    }
    let output =
        sovaudit().arg("scan").arg(folder.path()).args(words).args(["--as-of", "2026-11-23"]).output().expect("runs");
    String::from_utf8(output.stdout).expect("is UTF-8")
}

const POOLS: &str = r#"
provider "aws" {
  region = "eu-central-1"
}
resource "aws_eks_node_group" "gpu" {
  instance_types = ["p5.48xlarge"]
  scaling_config {
    desired_size = 2
    max_size     = 2
    min_size     = 2
  }
}
resource "aws_instance" "small" {
  instance_type = "g4dn.xlarge"
}
"#;

const WORKLOAD: &str = r"
apiVersion: apps/v1
kind: Deployment
metadata: {name: llm}
spec:
  replicas: 3
  selector: {matchLabels: {app: llm}}
  template:
    metadata: {labels: {app: llm}}
    spec:
      nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}
      containers:
      - name: llm
        image: IMAGE
        resources: {limits: {nvidia.com/gpu: 4}}
";

fn supply(files: &[(&str, &str)]) -> Value {
    let report: Value = serde_json::from_str(&scan(files, &["--format", "json"])).expect("is JSON");
    report["supply"].clone()
}

fn share<'v>(supply: &'v Value, of: &str, name: &str) -> &'v Value {
    let rows = supply["shares"].as_array().expect("shares");
    rows.iter().find(|row| row["of"] == of && row["name"] == name).unwrap_or_else(|| panic!("{of} {name} in {rows:#?}"))
}

#[test]
fn shares_are_of_devices_and_machines_count_before_pods() {
    let found = supply(&[("main.tf", POOLS)]);
    assert_eq!(found["devices"], 17.0, "two machines with eight, one with one");
    assert_eq!(share(&found, "designer", "NVIDIA")["percent"], 100);
    assert_eq!(share(&found, "memory", "SK hynix")["devices"], 16.0);
    assert_eq!(share(&found, "packaging", "TSMC (CoWoS)")["percent"], 94);
    // the same product, asked for by pods on those machines
    let workload = WORKLOAD.replace("IMAGE", "docker.io/vllm/vllm-openai:v0.8.5");
    let both = supply(&[("main.tf", POOLS), ("pod.yaml", &workload)]);
    assert_eq!(both["devices"], 17.0, "{both:#}");
    let alone = supply(&[("pod.yaml", &workload)]);
    assert_eq!(alone["devices"], 12.0, "three pods with four: {alone:#}");
    assert!(supply(&[("requirements.txt", "torch==2.7.1\n")]).is_null(), "no accelerators, no section");
}

#[test]
fn every_accelerator_has_its_place_its_operator_and_its_answer() {
    let found = supply(&[("main.tf", &POOLS.replace("eu-central-1", "me-central-1"))]);
    let rows = found["placements"].as_array().expect("rows");
    let row = rows.iter().find(|row| row["class"] == "3A090.a").expect("the H100s");
    assert_eq!((&row["place"], &row["controlled_from"][0]), (&"AE".into(), &"US".into()), "{row:#}");
    assert_eq!(row["answer"], "licence required, unless the carve-out for this party is used");
    let row = rows.iter().find(|row| row["class"] == "below").expect("the T4");
    assert_eq!(row["answer"], "no licence required by the clauses evaluated");
}

#[test]
fn second_sources_are_told_with_the_reason_why_not() {
    let row = |image: &str| {
        let workload = WORKLOAD.replace("IMAGE", image);
        let found = supply(&[("pod.yaml", &workload)]);
        found["second_source"]
            .as_array()
            .expect("rows")
            .iter()
            .find(|row| !row["runs_on"].as_array().expect("rows").is_empty())
            .expect("a row")
            .clone()
    };
    let vllm = row("docker.io/vllm/vllm-openai:v0.8.5");
    assert!(vllm["could_with_other_builds"].to_string().contains("ROCm"), "{vllm:#}");
    assert_eq!(vllm["cannot"].as_array().map(Vec::len), Some(0));
    // a second source under a prohibition is told with it
    let vllm = row("docker.io/vllm/vllm-tpu:v0.8.5");
    assert!(vllm.to_string().contains("CANN (Huawei Ascend) [General Prohibition 10]"), "{vllm:#}");
    let ollama = row("docker.io/ollama/ollama:0.12.0");
    assert!(ollama["could_with_other_builds"].to_string().contains("ROCm"), "{ollama:#}");
    assert!(ollama["cannot"].to_string().contains("Gaudi"), "{ollama:#}");
    let engine = row("nvcr.io/nvidia/tritonserver:25.03-py3");
    let cannot = engine["cannot"].as_array().expect("rows");
    assert!(
        cannot.iter().any(|row| row["platform"] == "ROCm (AMD)" && row["because"].to_string().contains("tritonserver")),
        "{engine:#}"
    );
    let silent = row("ghcr.io/example/llm:1");
    assert!(
        silent["could"].as_array().expect("rows").is_empty() && silent["ties"].as_array().expect("rows").is_empty()
    );
}

#[test]
fn what_designers_can_stop_has_its_horizon() {
    let workload = WORKLOAD.replace("IMAGE", "nvcr.io/nvidia/tritonserver:25.03-py3");
    let found = supply(&[("pod.yaml", &workload)]);
    let stops = found["stops"].as_array().expect("rows");
    let of =
        |what: &str| stops.iter().find(|row| row["what"] == what).unwrap_or_else(|| panic!("{what} in {stops:#?}"));
    assert_eq!(of("the next accelerator")["horizon"], "next-refresh");
    assert_eq!(of("NVIDIA AI Enterprise")["horizon"], "next-renewal");
    assert_eq!(of("driver and CUDA downloads")["horizon"], "next-deploy");
    assert_eq!(of("firmware")["controlled_from"][0], "US");
    // without software of its catalogue the subscription says nothing
    let plain = supply(&[("main.tf", POOLS)]);
    assert!(!plain["stops"].to_string().contains("AI Enterprise"));
}

#[test]
fn the_section_is_in_every_report() {
    let text = scan(&[("main.tf", POOLS)], &[]);
    assert!(text.contains("Accelerators      17 devices of 2 known products"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let text = scan(&[("main.tf", POOLS)], &["--format", "markdown"]);
    assert!(text.contains("## Supply of accelerators") && text.contains("| designer | NVIDIA | 17 | 100% |"), "{text}");
    let schema: Value =
        serde_json::from_slice(&fs::read(root().join("docs/report.schema.json")).expect("is published"))
            .expect("is JSON");
    let validator = jsonschema::validator_for(&schema).expect("is a schema");
    let report: Value = serde_json::from_str(&scan(&[("main.tf", POOLS)], &["--format", "json"])).expect("is JSON");
    assert!(validator.is_valid(&report));
}

/// Judged on an inventory, because no file that is read today states days of replacement.
#[test]
fn hardware_that_is_to_be_replaced_soon_is_found() {
    use sovaudit::model::{Basis, ComponentId, ComponentKind, Evidence, Fact, Place, RelationKind, key};
    let catalog = Catalog::embedded();
    let rule = r#"
id = "refresh"
kind = "fleet"
title = "Hardware to be replaced"
category = "hardware-supply"
severity = "medium"
why = "w"
remedy = "r"
[fleet]
refresh-within-days = 365
[[source]]
title = "s"
[review]
verification = "two-source"
by = 2027-06-30
[[example]]
name = "one"
flagged = ["a:1"]
files."a" = "x"
[[example]]
name = "two"
flagged = []
files."a" = "x"
"#;
    let layer = Layer { name: "test".into(), files: vec![("findings/x/refresh.toml".into(), rule.into())] };
    let set = RuleSet::load(&[Layer::embedded(), layer], &catalog).expect("loads");
    let as_of = Date::parse("2026-11-23").expect("is a date");
    let profile = Profile::resolve(set.profiles["eu"].clone(), &catalog, as_of).expect("is sound");
    let found = |day: &str| {
        let mut inventory = Inventory::default();
        let path = sovaudit::text::RelPath::new("assets.csv").expect("is relative");
        let place = Place { path, region: None, excerpt: None, layer: None };
        let seen = || Evidence::observed(&place, "test", Basis::Declared);
        let machine = ComponentId::of("machine", "rack-1");
        let product = ComponentId::accelerator("nvidia-h100-sxm");
        inventory.add(Fact::Component { id: machine.clone(), kind: ComponentKind::Cluster }, seen());
        inventory.add(Fact::Component { id: product.clone(), kind: ComponentKind::Accelerator }, seen());
        let kind = RelationKind::RunsOn;
        inventory.add(Fact::Relation { from: machine.clone(), kind, to: product, group: None, horizon: None }, seen());
        inventory.add(Fact::Attribute { of: machine, key: key::REFRESH, value: day.into() }, seen());
        let inventory = attribute(inventory, &catalog, as_of);
        let graph = Graph::new(&inventory);
        let roots = Roots::new(&graph);
        let shared = Shared::default();
        let view =
            View { graph: &graph, catalog: &catalog, profile: &profile, as_of, roots: &roots, screener: None, shared };
        let rules: Vec<_> = set.rules.iter().filter(|rule| rule.id == "refresh").cloned().collect();
        judge(&view, &rules).findings.iter().map(|finding| finding.message.to_string()).collect::<Vec<_>>()
    };
    let told = found("2027-03-01");
    assert!(
        told.len() == 1 && told[0].contains("2027-03-01 (in 98 days)") && told[0].contains("NVIDIA (US)"),
        "{told:?}"
    );
    assert!(found("2028-03-01").is_empty());
    assert_eq!(found("2026-11-01").len(), 1, "what is overdue counts");
}

/// Aspects and messages of findings of a rule, and what was not decided.
fn found(text: &str, rule: &str) -> (Vec<String>, String) {
    let report: Value = serde_json::from_str(text).expect("is JSON");
    let all = report["findings"].as_array().expect("findings").iter();
    let own = all.filter(|finding| finding["rule"] == rule);
    (own.map(|finding| finding["message"].as_str().unwrap_or_default().to_owned()).collect(), report.to_string())
}

#[test]
fn a_family_takes_what_holds_for_all_its_products() {
    let list = "model,quantity,country\nH100,100,CN\nA100,100,RU\nAscend 910,8,DE\nH800,8,CN\n";
    let text = scan(&[("gpu-assets.csv", list)], &["--format", "json"]);
    let (told, _) = found(&text, "controlled-accelerator-destination");
    for (product, place) in [("H100", "CN"), ("A100", "RU")] {
        let is_told =
            |message: &String| message.contains(product) && message.contains(&format!("required for {place}"));
        assert!(told.iter().any(is_told), "{product} in {place}: {told:?}");
    }
    // the figures of one of them are not known, and it is told
    assert!(text.contains("several products with different answers"), "{text}");
    let (chips, _) = found(&text, "presumed-violation-chip");
    assert!(chips.iter().any(|message| message.contains("Ascend 910")), "{chips:?}");
    let (classes, _) = found(&text, "controlled-accelerator");
    assert!(classes.iter().any(|message| message.contains("H100") && message.contains("3A090.a")), "{classes:?}");
}

#[test]
fn owners_and_operators_of_lists_are_operators() {
    let list = "model,quantity,country,operator,owner\n\
                NVIDIA H100 SXM5 80GB,100,SG,Alibaba Cloud,\n\
                NVIDIA H100 SXM5 80GB,50,MY,,ByteDance Ltd.\n\
                NVIDIA H100 SXM5 80GB,50,DE,Somebody Nobody Knows,Huawei Technologies\n";
    let text = scan(&[("gpus.csv", list)], &["--format", "json"]);
    let (told, report) = found(&text, "controlled-accelerator-destination");
    assert_eq!(
        told.iter().filter(|message| message.contains("its operator is headquartered there")).count(),
        3,
        "{told:?}"
    );
    assert!(report.contains("the headquarters rule is not decided"), "{report}");
    let (listed, _) = found(&text, "listed-operator-of-accelerator");
    assert!(listed.iter().any(|message| message.contains("Huawei")), "{listed:?}");
}

#[test]
fn a_family_counts_for_what_all_its_products_hang_on() {
    let list = "site,model,quantity,country\nBerlin,NVIDIA H100 SXM5 80GB,16,DE\nBerlin,NVIDIA A100,8,DE\n";
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("assets.csv"), list).expect("writes");
    let output = crate::cli::sovaudit()
        .args(["scan", "--format", "json", "--as-of", "2026-11-23"])
        .arg(folder.path())
        .output()
        .expect("runs");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("is JSON");
    let share = |of: &str, name: &str| {
        let rows = report["supply"]["shares"].as_array().expect("shares").iter();
        rows.filter(|row| row["of"] == of && row["name"] == name).map(|row| row["devices"].as_f64()).next().flatten()
    };
    let supply = &report["supply"];
    assert_eq!((&supply["devices"], &supply["all_devices"]), (&16.0.into(), &24.0.into()), "the table says 24");
    assert_eq!((share("designer", "NVIDIA"), share("foundry", "TSMC")), (Some(24.0), Some(24.0)));
    assert_eq!(share("memory", "SK hynix"), Some(16.0), "makers of the memory of an A100 hang on the product");
    let placed = report["supply"]["placements"].as_array().expect("placements");
    let family = placed.iter().find(|row| row["accelerator"] == "NVIDIA A100").expect("a row of the family");
    assert_eq!((&family["class"], &family["place"]), (&"3A090.a".into(), &"DE".into()));
    // both findings of the concentration are told apart
    let shown = crate::cli::sovaudit().args(["scan", "--as-of", "2026-11-23"]).arg(folder.path()).output();
    let text = String::from_utf8(shown.expect("runs").stdout).expect("is UTF-8");
    assert!(text.contains("(foundry TSMC)") && text.contains("(designer NVIDIA)"), "{text}");
}

/// What is rented stops with who rents it out: `scan` and `simulate` say the same, whether the product is known, one of a
/// family, or asked for by a resource alone.
#[test]
fn a_rented_accelerator_stops_at_once_in_scan_and_simulate() {
    let pod = |selector: &str, resource: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: tuner}}\nspec:\n  nodeSelector: {{{selector}}}\n  containers:\n  \
             - name: main\n    image: registry.example.eu/tuner:1\n    resources: {{limits: {{{resource}: 4}}}}\n"
        )
    };
    let simulate = |text: &str, without: &str| -> Value {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("pod.yaml"), text).expect("writes");
        let mut command = sovaudit();
        command.arg("simulate").arg(folder.path()).args(["--without", without, "--format", "json"]);
        let output = command.args(["--as-of", "2026-11-23"]).output().expect("runs");
        serde_json::from_slice(&output.stdout).expect("is JSON")
    };
    for (selector, resource, designer) in [
        ("cloud.google.com/gke-tpu-accelerator: tpu-v5-lite-podslice", "google.com/tpu", "Google"),
        ("", "google.com/tpu", "Google"),
        ("", "aws.amazon.com/neuron", "Amazon"),
        ("node.kubernetes.io/instance-type: trn1.32xlarge", "aws.amazon.com/neuron", "Amazon"),
    ] {
        let text = pod(selector, resource);
        let stops = supply(&[("pod.yaml", &text)])["stops"].clone();
        let row = stops.as_array().expect("rows").iter().find(|row| row["what"] == "the accelerator itself");
        let row = row.unwrap_or_else(|| panic!("{selector} {resource}: {stops:#}"));
        assert!(row["designer"].as_str().is_some_and(|name| name.contains(designer)), "{row:#}");
        let fates = simulate(&text, "US");
        let fate = &fates["fates"][0];
        assert_eq!(fate["stops"], row["horizon"], "{selector} {resource}: {fates:#}");
        assert_eq!(row["horizon"], "immediate");
        let other = simulate(&text, "DE");
        assert_ne!(other["fates"][0]["stops"], "immediate", "{other:#}");
    }
    // what is bought keeps running
    let bought = simulate(&pod("nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3", "nvidia.com/gpu"), "US");
    assert_eq!(bought["fates"][0]["stops"], "next-refresh", "{bought:#}");
}

/// Spares and days of replacement that a list gives are told in every form.
#[test]
fn spares_and_days_of_replacement_are_told() {
    let list = "Hostname,GPU model,GPUs,Site,Country,Purchase date,Refresh date,Spares\n\
                n1,NVIDIA H100 80GB HBM3,8,FRA,DE,2023-03-01,2027-03-01,1\n\
                n2,NVIDIA A100-SXM4-80GB,8,FRA,DE,,2026-12-01,2\nn3,NVIDIA L4,4,FRA,DE,,,\n";
    let files = [("gpu-assets.csv", list)];
    let found = supply(&files);
    let rows = found["service"].as_array().expect("rows");
    let told: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {} {} {}", row["accelerator"], row["devices"], row["spares"], row["refresh"]))
        .collect();
    let wanted = ["\"A100 SXM4 80GB\" 8 2 \"2026-12-01\"", "\"H100 SXM5 80GB\" 8 1 \"2027-03-01\""];
    assert_eq!(told, wanted, "what is replaced first stands first");
    assert_eq!(rows[1]["purchased"], "2023-03-01");
    let text = scan(&files, &[]).replace('\u{a0}', " ");
    assert!(text.contains("spares          2 of A100 SXM4 80GB  1 of H100 SXM5 80GB"), "{text}");
    assert!(text.contains("to be replaced  2026-12-01: 8 of A100 SXM4 80GB"), "{text}");
    let text = scan(&files, &["--format", "markdown"]);
    assert!(text.contains("| 8 | 2 |  | 2026-12-01 |"), "{text}");
}

/// The fates of `simulate --without` in a tree of one file.
fn without(state: &str, name: &str, text: &str) -> String {
    let folder = tempfile::tempdir().expect("can be made");
    fs::write(folder.path().join(name), text).expect("can be written");
    let output = sovaudit().args(["simulate", "--without", state]).arg(folder.path()).output().expect("runs");
    String::from_utf8(output.stdout).expect("is UTF-8")
}

#[test]
fn memory_and_foundry_stop_the_next_refresh_as_the_scan_says() {
    let server = "provider \"scaleway\" { region = \"fr-par\" }\nresource \"scaleway_instance_server\" \"gpu\" {\n  \
                  type = \"H100-SXM-8-80G\"\n  image = \"ubuntu_jammy\"\n}\n";
    let told = without("KR", "a.tf", server);
    assert!(told.contains("Stops at the next hardware refresh") && told.contains("memory-from SK hynix"), "{told}");
    // one of two makers is enough
    let server = "provider \"aws\" {\n  region = \"eu-central-1\"\n}\nresource \"aws_instance\" \"gpu\" {\n  \
                  instance_type = \"p5en.48xlarge\"\n}\n";
    assert!(!without("KR", "a.tf", server).contains("memory-from"), "SK hynix or Micron");
    // all that a resource may mean come from one foundry
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: train}\nspec:\n  template:\n    spec:\n      \
               containers:\n      - name: t\n        image: ghcr.io/example/t:1\n        resources:\n          \
               limits: {amd.com/gpu: 8}\n";
    let told = without("TW", "job.yaml", job);
    assert!(told.contains("Stops at the next hardware refresh") && told.contains("fabricated-by TSMC"), "{told}");
}

#[test]
fn the_designer_of_a_product_that_is_not_known_counts() {
    let list = "Hersteller,Modell,Anzahl,GPU\nNVIDIA,x,3,NVIDIA H100 SXM5 80GB\nNVIDIA,x,2,GeForce GT 9730\n";
    let supply = supply(&[("gpus.csv", list)]);
    assert_eq!(share(&supply, "designer", "NVIDIA")["percent"], 100, "{supply:#}");
    let supply = self::supply(&[("gpus.csv", "GPU,Anzahl,Land\nGeForce GT 9730,2,DE\n")]);
    assert_eq!(share(&supply, "designer", "NVIDIA")["percent"], 100, "by the line that it is of: {supply:#}");
}

#[test]
fn both_registries_that_answer_for_a_name_are_named() {
    let text = "--index-url https://pypi.tuna.tsinghua.edu.cn/simple\n--extra-index-url https://pypi.corp.example/simple\n\
                corp-models==1.2.0\n";
    let folder = crate::judging::tree(&[("requirements.txt", text)]);
    let (_, report) = crate::judging::report(folder.path(), &[]);
    let found = crate::judging::findings(&report, "dependency-confusion");
    assert_eq!(found.len(), 1, "{report:#}");
    let message = found[0]["message"].as_str().expect("a message");
    assert!(message.contains("asked of pypi.corp.example, also answered by pypi.tuna.tsinghua.edu.cn"), "{message}");
}
