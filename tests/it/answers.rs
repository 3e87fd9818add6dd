//! Answers that people acted on, from the files to the report: what is not known stays so, and worse is never told milder.

use serde_json::Value;

use crate::judging::{findings, report, tree};

fn answer(files: &[(&str, &str)]) -> Value {
    report(tree(files).path(), &[]).1
}

/// `(rule, severity, line)` of every finding of a rule.
fn told(report: &Value, rule: &str) -> Vec<(String, u64)> {
    let all = findings(report, rule);
    all.iter()
        .map(|found| {
            let severity = found["severity"].as_str().expect("a word").to_owned();
            (severity, found["primary"]["line"].as_u64().unwrap_or(0))
        })
        .collect()
}

fn subjects<'r>(report: &'r Value, rule: &str) -> Vec<&'r str> {
    findings(report, rule).iter().filter_map(|found| found["subject"].as_str()).collect()
}

fn component<'r>(report: &'r Value, id: &str) -> Option<&'r Value> {
    report["components"].as_array().expect("a list").iter().find(|row| row["id"] == id)
}

fn rank(severity: &str) -> usize {
    ["info", "low", "medium", "high", "critical"].iter().position(|word| *word == severity).expect("a severity")
}

/// The worst finding about a bucket of an operator in a region.
fn worst(text: &str) -> usize {
    let report = answer(&[("main.tf", text)]);
    let all = report["findings"].as_array().expect("a list").iter();
    all.filter(|found| found["category"] == "foreign-control")
        .map(|found| rank(found["severity"].as_str().expect("a word")))
        .max()
        .unwrap_or(0)
}

#[test]
fn a_foreign_operator_in_a_foreign_place_is_never_milder_than_one_of_both() {
    let aws = |region: &str| {
        format!("provider \"aws\" {{\n  region = \"{region}\"\n}}\nresource \"aws_s3_bucket\" \"a\" {{}}\n")
    };
    let both = worst(&aws("us-east-1"));
    let operator = worst(&aws("eu-central-1"));
    let place = worst("resource \"ovh_cloud_project_storage\" \"a\" {\n  region_name = \"SGP1\"\n}\n");
    let none = worst("resource \"scaleway_object_bucket\" \"a\" {\n  region = \"fr-par\"\n}\n");
    assert!(both >= operator && both >= place, "{both} {operator} {place}");
    assert!(operator > 0 && place > 0 && none == 0);
}

#[test]
fn a_client_of_an_unknown_address_is_no_client_of_the_usual_service() {
    let open = "import os\nfrom openai import OpenAI\nclient = OpenAI(base_url=os.environ[\"LLM_URL\"])\n";
    let report = answer(&[("chat.py", open)]);
    assert_eq!(told(&report, "foreign-inference"), [("low".to_owned(), 3)]);
    let found = findings(&report, "foreign-inference");
    assert!(
        found[0]["message"].as_str().expect("a sentence").contains("address that the client speaks to is not known")
    );
    assert_eq!((&found[0]["confidence"], &found[0]["may_gate"]), (&"possible".into(), &false.into()));
    assert!(told(&report, "managed-ai-lock-in").is_empty());
    // without an address it is the documented one
    let usual = "from openai import OpenAI\nclient = OpenAI()\n";
    let report = answer(&[("chat.py", open), ("usual.py", usual)]);
    assert_eq!(findings(&report, "foreign-inference")[0]["severity"], "high");
}

#[test]
fn a_client_of_an_own_store_is_no_client_of_aws() {
    let known = "import boto3\niam = boto3.client(\"iam\", endpoint_url=\"http://seaweedfs:8111\")\n";
    let report = answer(&[("store.py", known)]);
    assert!(component(&report, "api:aws/iam").is_none());
    let setting = "import boto3\ndef make(url, **more):\n    boto3.client(\"iam\", endpoint_url=url)\n    boto3.client(\"s3\", **more)\n";
    let report = answer(&[("store.py", setting)]);
    let all = report["findings"].as_array().expect("a list");
    for found in all.iter().filter(|found| found["subject"].as_str().is_some_and(|id| id.starts_with("api:aws/"))) {
        assert!(rank(found["severity"].as_str().expect("a word")) <= 1, "{found}");
    }
    assert!(told(&report, "identity-single-point").is_empty());
}

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\nspec:\n  template:\n    spec:\n      \
                          containers:\n      - {name: app, image: \"ghcr.io/example/app:1\"}\n";

#[test]
fn a_project_that_calls_a_service_has_a_fate_beside_workloads() {
    let files = [
        ("k8s.yaml", DEPLOYMENT),
        ("requirements.txt", "openai==1.0\n"),
        ("app.py", "from openai import OpenAI\nOpenAI()\n"),
    ];
    let report = answer(&files);
    let us = report["survival"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|row| row["without"][0] == "US" || row["without"] == "US");
    let us = us.expect("the United States can be lost");
    let text = us.to_string();
    assert!(text.contains("\"workloads\":2"), "{text}");
}

#[test]
fn ways_to_install_one_thing_are_no_twins() {
    let overlay =
        |tag: u8| format!("resources: [../../base]\nimages:\n- name: ghcr.io/example/app\n  newTag: \"{tag}\"\n");
    let base = "resources: [d.yaml]\n";
    let tell = |one: &str, other: &str| {
        let (one, other) =
            (format!("overlays/{one}/kustomization.yaml"), format!("overlays/{other}/kustomization.yaml"));
        let (first, second) = (overlay(1), overlay(2));
        answer(&[("base/d.yaml", DEPLOYMENT), ("base/kustomization.yaml", base), (&one, &first), (&other, &second)])
    };
    let report = tell("standalone", "with-kserve");
    assert!(!report["diagnostics"].to_string().contains("deployments of one workload differ"));
    assert!(report["survival"].to_string().contains("\"workloads\":1"), "{}", report["survival"]);
    let report = tell("prod-eu", "prod-us");
    assert!(report["diagnostics"].to_string().contains("deployments of one workload differ"));
}

#[test]
fn a_machine_type_is_seen_where_the_call_writes_it() {
    let module = "variable \"machine\" {}\nresource \"aws_instance\" \"this\" {\n  instance_type = var.machine\n}\n";
    let call = "module \"gpu\" {\n  source  = \"./mod\"\n  machine = \"p5.48xlarge\"\n}\n";
    let report = answer(&[("main.tf", call), ("mod/main.tf", module)]);
    let found = findings(&report, "controlled-accelerator");
    assert_eq!((&found[0]["primary"]["path"], &found[0]["primary"]["line"]), (&"main.tf".into(), &3.into()));
    let resource = component(&report, "resource:module.gpu.aws_instance.this").expect("is there");
    let lines: Vec<String> = resource["evidence"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| format!("{}:{}", row["path"], row["line"]))
        .collect();
    assert_eq!(lines, ["\"main.tf\":1", "\"mod/main.tf\":2"]);
}

#[test]
fn a_machine_type_of_an_overlay_tells_the_operator() {
    let patch = "resources: [../../base]\npatches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: \
                 {name: app}\n    spec:\n      template:\n        spec:\n          nodeSelector:\n            \
                 node.kubernetes.io/instance-type: p5.48xlarge\n";
    let report = answer(&[
        ("base/d.yaml", DEPLOYMENT),
        ("base/kustomization.yaml", "resources: [d.yaml]\n"),
        ("overlays/prod/kustomization.yaml", patch),
    ]);
    assert_eq!(subjects(&report, "foreign-runtime"), ["machines:aws-machines"]);
    assert_eq!(findings(&report, "foreign-runtime")[0]["primary"]["path"], "overlays/prod/kustomization.yaml");
}

#[test]
fn the_control_plane_of_bedrock_is_no_training() {
    let report = answer(&[("a.py", "import boto3\nb = boto3.client(\"bedrock\")\nb.list_foundation_models()\n")]);
    assert!(component(&report, "api:aws/bedrock-control").is_some());
    assert!(component(&report, "api:aws/bedrock-custom-model").is_none());
    let report =
        answer(&[("a.py", "import boto3\nb = boto3.client(\"bedrock\")\nb.create_model_customization_job()\n")]);
    assert!(component(&report, "api:aws/bedrock-custom-model").is_some());
}

#[test]
fn one_call_is_one_finding_and_what_is_counted_is_named() {
    let call = "import boto3\nb = boto3.client(\"bedrock-runtime\", region_name=\"eu-central-1\")\nb.invoke_model(modelId=\"m\")\n";
    let report = answer(&[("a.py", call)]);
    assert_eq!(findings(&report, "foreign-inference").len(), 1);
    assert!(told(&report, "managed-ai-lock-in").is_empty());
    let notes = findings(&report, "foreign-inference")[0]["notes"].to_string();
    assert!(notes.contains("and (managed-ai-lock-in)"), "{notes}");

    let machines = "resource \"aws_instance\" \"a\" {}\nresource \"aws_s3_bucket\" \"b\" {}\nresource \"aws_db_instance\" \"c\" {}\n";
    let folder = tree(&[("main.tf", machines)]);
    let (_, report) = crate::judging::report(folder.path(), &[]);
    let found = findings(&report, "single-operator");
    let handle = found[0]["fingerprint"].as_str().expect("a word").to_owned();
    let out = crate::cli::sovaudit().args(["explain", &handle]).arg(folder.path()).output().expect("runs");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    for name in ["aws_instance.a", "aws_s3_bucket.b", "aws_db_instance.c"] {
        assert!(text.contains(&format!("`{name}` hangs on")), "{text}");
    }
    let explained = findings(&report, "not-on-kubernetes")[0]["message"].as_str().expect("a sentence").to_owned();
    assert!(!explained.contains("Neuron code"), "{explained}");
}

#[test]
fn what_is_fixed_in_code_is_told_at_its_line() {
    let code = "import boto3\n\ns3 = boto3.client(\n    \"s3\",\n    region_name=\"eu-central-1\",\n)\nurl = \"http://10.1.2.3:9000/x\"\n";
    let report = answer(&[("store.py", code)]);
    assert_eq!(told(&report, "hard-coded-place"), [("info".to_owned(), 5)]);
    assert_eq!(told(&report, "static-address"), [("low".to_owned(), 7)]);
}

#[test]
fn licence_servers_and_telemetry_are_told_and_what_is_switched_off_is_not() {
    let pod = |env: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app}}\nspec:\n  template:\n    spec:\n      containers:\n      - \
             name: app\n        image: \"ghcr.io/example/app:1\"\n        env:\n{env}"
        )
    };
    let on = pod("        - {name: RLM_LICENSE, value: \"5053@licences.internal\"}\n");
    assert_eq!(told(&answer(&[("k.yaml", &on)]), "phone-home"), [("low".to_owned(), 11)]);
    let off = pod("        - {name: HF_HUB_DISABLE_TELEMETRY, value: \"1\"}\n");
    assert!(told(&answer(&[("k.yaml", &off)]), "phone-home").is_empty());
    let grid = "# Licence\nServerAddress=10.0.0.9\nServerPort=7070\nFeatureType=1\n";
    assert_eq!(told(&answer(&[("etc/nvidia/gridd.conf", grid)]), "phone-home"), [("low".to_owned(), 2)]);
    let host = "import requests\nrequests.post(\"https://stats.vllm.ai\")\n";
    assert_eq!(told(&answer(&[("a.py", host)]), "phone-home").len(), 1);
}

#[test]
fn images_and_libraries_whose_end_is_known_are_told() {
    let compose =
        "services:\n  a:\n    image: minio/minio\n  b:\n    image: quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z\n";
    let report = answer(&[("compose.yaml", compose)]);
    assert_eq!(findings(&report, "image-without-fixes").len(), 2);
    let report = answer(&[("package.json", "{\"dependencies\": {\"request\": \"2.88.2\"}}")]);
    assert_eq!(findings(&report, "archived-dependency").len(), 1);
}

#[test]
fn log_sinks_and_backups_are_seen_in_every_format() {
    let cloudformation = "AWSTemplateFormatVersion: 2010-09-09\nResources:\n  Trail:\n    Type: AWS::CloudTrail::Trail\n    Properties: \
                          {S3BucketName: {Ref: Logs}, IsLogging: true}\n  Logs: {Type: AWS::S3::Bucket}\n";
    let bicep = "resource d 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {\n  name: 'd'\n  properties: {\n    \
                 workspaceId: '/subscriptions/s/workspaces/logs'\n  }\n}\n";
    let velero = "apiVersion: velero.io/v1\nkind: BackupStorageLocation\nmetadata: {name: default, namespace: velero}\nspec:\n  \
                  provider: aws\n  objectStorage: {bucket: cluster-backups}\n  config: {region: eu-central-1}\n";
    let collector = "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nmetadata: {name: otel}\nspec:\n  config:\n    \
                     exporters:\n      otlphttp: {endpoint: \"https://logs.example.org\"}\n";
    let report = answer(&[
        ("stack.yaml", cloudformation),
        ("main.bicep", bicep),
        ("k8s/velero.yaml", velero),
        ("k8s/otel.yaml", collector),
    ]);
    let all = report["components"].as_array().expect("a list").iter();
    let said: Vec<String> = all
        .flat_map(|row| {
            let of = |key: &str| row["attributes"][key].as_array().cloned().unwrap_or_default();
            of("log-sink")
                .into_iter()
                .chain(of("backup"))
                .map(|value| value.as_str().unwrap_or_default().to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    for wanted in ["stack.yaml/Logs", "/subscriptions/s/workspaces/logs", "cluster-backups", "https://logs.example.org"]
    {
        assert!(said.iter().any(|value| value == wanted), "{wanted}: {said:?}");
    }
}

#[test]
fn the_configuration_says_what_belongs_to_an_environment() {
    let labelled =
        DEPLOYMENT.replace("{name: app}\nspec", "{name: app, namespace: shop-eu, labels: {stage: live}}\nspec");
    let config = |what: &str| format!("[[environment]]\nname = \"prod\"\n{what}\n");
    let of = |what: &str, name: &str| {
        let config = config(what);
        let report = answer(&[(name, &labelled), ("sovaudit.toml", &config)]);
        let all = report["components"].as_array().expect("a list");
        let workload = all.iter().find(|row| row["kind"] == "workload").expect("is there");
        workload["attributes"]["environment"][0].as_str().unwrap_or("").to_owned()
    };
    assert_eq!(of("paths = [\"live/**\"]", "live/app.yaml"), "prod");
    assert_eq!(of("paths = [\"live/**\"]", "other/app.yaml"), "");
    assert_eq!(of("namespaces = [\"shop-*\"]", "staging/app.yaml"), "prod");
    assert_eq!(of("labels = [\"stage=live\"]", "app.yaml"), "prod");
    assert_eq!(of("workspaces = [\"x\"]", "dev/app.yaml"), "dev");
    let folder = tree(&[("sovaudit.toml", "[[environment]]\nname = \"prod\"\nlabels = [\"live\"]\n")]);
    let out = crate::cli::sovaudit().arg("scan").arg(folder.path()).output().expect("runs");
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.code() == Some(2) && text.contains("is no label: write key=value"), "{text}");
}

#[test]
fn everybodys_mail_provider_makes_nobody_the_author() {
    let metadata =
        |mail: &str| format!("Metadata-Version: 2.1\nName: helper\nVersion: 1.0\nAuthor-email: Bob <bob@{mail}>\n");
    let owner = |mail: &str| {
        let folder = tree(&[("site-packages/helper-1.0.dist-info/METADATA", &metadata(mail))]);
        let (_, report) = report(folder.path(), &[]);
        report.to_string().contains("mail of an author at")
    };
    assert!(!owner("qq.com"), "everybody has mail there");
    assert!(owner("kaspersky.com"), "an employer's domain is a hint");
}

#[test]
fn the_next_commands_ask_the_same_question() {
    let folder = tree(&[(
        "k8s/a.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: nginx}]}\n",
    )]);
    let mut command = assert_cmd::Command::cargo_bin("sovaudit").expect("is built");
    command.args(["scan", "--profile", "neutral", "--as-of", "2026-11-01", "--exclude", "a b/**"]).arg(folder.path());
    let out = String::from_utf8_lossy(&command.output().expect("runs").stdout).into_owned();
    assert!(out.contains("--profile neutral --as-of 2026-11-01 --exclude 'a b/**'"), "{out}");
}

#[test]
fn products_that_nobody_knows_count_in_shares_of_the_fleet() {
    let list = "Hostname,GPU model,GPUs,Site,Country\na,Acme X1,1000,FRA1,DE\nb,NVIDIA H100 SXM5 80GB,10,FRA1,DE\n";
    assert!(told(&answer(&[("gpu-assets.csv", list)]), "accelerator-fleet-concentration").is_empty());
    let known = list.replace("Acme X1", "NVIDIA A100-SXM4-40GB");
    assert!(!told(&answer(&[("gpu-assets.csv", &known)]), "accelerator-fleet-concentration").is_empty());
}

/// Two scanners may see one place: it is told once.
#[test]
fn a_place_is_told_once() {
    let fixture = crate::cli::root().join("fixtures/scanners/cloud-init/normal");
    let out = crate::cli::sovaudit().args(["explain", "host:registry.example.eu"]).arg(fixture).output().expect("runs");
    let said = String::from_utf8(out.stdout).expect("is UTF-8");
    let places: Vec<&str> =
        said.lines().skip_while(|line| *line != "Seen at:").skip(1).take_while(|line| !line.is_empty()).collect();
    let once: std::collections::BTreeSet<&str> = places.iter().copied().collect();
    assert!(!places.is_empty() && once.len() == places.len(), "{said}");
}
