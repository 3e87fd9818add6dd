//! Terraform and hardware scanners on cut, mixed and hostile input; what must never be guessed or leaked.

use std::fs;
use std::path::Path;

use sovaudit::attribution::attribute;
use sovaudit::catalog::{Catalog, Layer};
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::model::{ComponentId, FactRef, Inventory};
use sovaudit::scan::{Options, scan_directory, scan_files};
use sovaudit::text::RelPath;

fn scan(files: &[(&str, &[u8])]) -> Inventory {
    let catalog = Catalog::embedded();
    scan_with(files, &catalog)
}

fn scan_with(files: &[(&str, &[u8])], catalog: &Catalog) -> Inventory {
    let files =
        files.iter().map(|(path, bytes)| (RelPath::new(path).expect("is a path"), bytes.to_vec(), None)).collect();
    scan_files(files, catalog, &Options::default())
}

fn attributes(inventory: &Inventory, wanted: &str) -> Vec<(String, String)> {
    let found = inventory.facts().filter_map(|(fact, _)| match fact {
        FactRef::Attribute { of, key, value } if key == wanted => Some((of.rest().to_owned(), value.to_string())),
        _ => None,
    });
    found.collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn a_file_cut_anywhere_is_a_diagnostic_and_never_a_panic() {
    let catalog = Catalog::embedded();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scanners");
    for (case, path) in [
        ("terraform/normal/infra/main.tf", "main.tf"),
        ("terraform/json/main.tf.json", "main.tf.json"),
        ("terraform/clouds/main.tf", "main.tf"),
        ("terraform/modules/live/.terraform.lock.hcl", ".terraform.lock.hcl"),
        ("nvidia-smi/normal/nvidia-smi.xml", "nvidia-smi.xml"),
        ("lspci/normal/lspci.vmmnn", "lspci.vmmnn"),
    ] {
        let bytes = fs::read(root.join(case)).expect("fixture");
        for cut in (0..bytes.len()).step_by(97) {
            let mut changed = bytes.clone();
            changed[cut] = b"\"{}[$\\\0\xff"[cut % 8];
            for bytes in [&bytes[..cut], &changed] {
                let found = scan_with(&[(path, bytes)], &catalog);
                let broken: Vec<_> =
                    found.diagnostics.iter().filter(|problem| problem.kind == DiagnosticKind::Internal).collect();
                assert!(broken.is_empty(), "{case} at {cut}: {broken:?}");
            }
        }
    }
}

#[test]
fn instances_have_regions_of_their_own() {
    let text = r#"
resource "aws_s3_bucket" "models" {
  for_each = toset(["eu-west-1", "eu-central-1"])
  region   = each.value
}
resource "aws_instance" "gpu" {
  count         = 2
  region        = ["eu-west-1", "eu-west-3"][count.index]
  instance_type = "p5.48xlarge"
}
"#;
    let found = scan(&[("main.tf", text.as_bytes())]);
    let expected = [
        ("aws_instance.gpu", "eu-west-1"),
        ("aws_instance.gpu", "eu-west-3"),
        ("aws_s3_bucket.models", "eu-central-1"),
        ("aws_s3_bucket.models", "eu-west-1"),
    ];
    assert_eq!(attributes(&found, "region"), pairs(&expected));
    assert_eq!(attributes(&found, "count"), pairs(&[("aws_instance.gpu", "2"), ("aws_s3_bucket.models", "2")]));
}

#[test]
fn optional_attributes_of_typed_variables_have_their_defaults() {
    let text = r#"
variable "pools" {
  type = map(object({
    machine = optional(string, "g5.xlarge")
    region  = optional(string)
    nodes   = optional(number, 3)
  }))
  default = { a = {}, b = { machine = "p5.48xlarge", region = "eu-west-1", nodes = "1" } }
}
resource "aws_eks_node_group" "a" {
  region         = var.pools["a"].region
  instance_types = [var.pools["a"].machine]
  scaling_config {
    desired_size = var.pools["a"].nodes
  }
}
resource "aws_eks_node_group" "b" {
  region         = try(var.pools["b"].region, "us-east-1")
  instance_types = [var.pools["b"].machine]
}
"#;
    let found = scan(&[("main.tf", text.as_bytes())]);
    let expected = [("aws_eks_node_group.a", "g5.xlarge"), ("aws_eks_node_group.b", "p5.48xlarge")];
    assert_eq!(attributes(&found, "instance-type"), pairs(&expected));
    assert_eq!(attributes(&found, "region"), pairs(&[("aws_eks_node_group.b", "eu-west-1")]));
    assert_eq!(attributes(&found, "count"), pairs(&[("aws_eks_node_group.a", "3")]));
}

#[test]
fn every_unknown_region_is_said_once_with_its_place() {
    let text = "variable \"r\" {}\nprovider \"aws\" {\n  region = var.r\n}\n\
                resource \"aws_s3_bucket\" \"a\" {}\nresource \"aws_s3_bucket\" \"b\" {}\n";
    let found = scan(&[("main.tf", text.as_bytes())]);
    assert!(attributes(&found, "region").is_empty());
    let said: Vec<String> = found.diagnostics.iter().map(ToString::to_string).collect();
    let expected = "main.tf:3:12: unresolved: the region of provider `aws` is not known: `var.r` has neither a default \
                    nor a value in a tfvars file";
    assert_eq!(said, [expected]);
}

#[test]
fn secrets_and_serial_numbers_are_not_kept() {
    let terraform = r#"
module "a" {
  source = "git::https://user:s3cretA@git.example.org/a.git"
}
provider "openstack" {
  auth_url = "https://user:s3cretB@auth.example.org/v3"
}
resource "openstack_compute_instance_v2" "a" {}
resource "aws_db_instance" "a" {}
resource "aws_lambda_function" "a" {
  environment {
    variables = { URL = "postgres://app:s3cretC@${aws_db_instance.a.address}/db" }
  }
}
resource "helm_release" "a" {
  repository = "https://user:s3cretD@charts.example.org"
  chart      = "a"
}
"#;
    let json =
        r#"{"resource":{"aws_lambda_function":{"j":{"url":"postgres://app:s3cretE@${aws_db_instance.a.address}"}}}}"#;
    let xml = "<nvidia_smi_log><gpu><serial>s3cretF</serial><uuid>s3cretG</uuid><pci><pci_device_id>233010DE\
               </pci_device_id></pci></gpu></nvidia_smi_log>";
    let found =
        scan(&[("a.tf", terraform.as_bytes()), ("j.tf.json", json.as_bytes()), ("nvidia-smi.xml", xml.as_bytes())]);
    assert!(found.facts().count() > 30, "{}", found.facts().count());
    for (fact, evidence) in found.facts() {
        assert!(!format!("{fact:?}").contains("s3cret"), "{fact:?}");
        for seen in evidence {
            if let Some(excerpt) = seen.place().and_then(|place| place.excerpt) {
                assert!(!excerpt.contains("s3cret"), "{fact:?}: {excerpt}");
            }
        }
    }
    assert!(found.diagnostics.iter().all(|problem| !problem.message.contains("s3cret")));
}

#[test]
fn no_resource_of_many_is_lost() {
    let module = |count: usize| {
        let mut text = String::from("locals {\n  region = \"eu-west-1\"\n}\n");
        for at in 0..count {
            text.push_str(&format!("resource \"aws_s3_bucket\" \"b{at}\" {{\n  region = local.region\n}}\n"));
        }
        text
    };
    let found = scan(&[("main.tf", module(5000).as_bytes())]);
    assert_eq!(attributes(&found, "region").len(), 5000);
}

/// Region, count and machine type of every resource.
fn computed(inventory: &Inventory) -> Vec<(String, String, String)> {
    let keys = ["region", "count", "instance-type", "cluster", "resource-type"];
    let mut found: Vec<(String, String, String)> = keys
        .iter()
        .flat_map(|key| attributes(inventory, key).into_iter().map(|(of, value)| (of, (*key).to_owned(), value)))
        .collect();
    found.sort();
    found
}

fn calls() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scanners/terraform/calls");
    ["live/prod/main.tf", "modules/network/main.tf", "modules/cluster/main.tf", "modules/loop/main.tf"]
        .into_iter()
        .map(|path| (path.to_owned(), fs::read(root.join(path)).expect("fixture")))
        .collect()
}

fn plan() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/terraform/calls.tfplan.json")).expect("data")
}

fn scan_all(files: &[(String, Vec<u8>)]) -> Inventory {
    scan(&files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect::<Vec<_>>())
}

#[test]
fn the_files_evaluate_to_what_a_plan_says() {
    let files = scan_all(&calls());
    let plan = scan_all(&[("live/prod/tfplan.json".to_owned(), plan())]);
    assert!(computed(&plan).len() > 30);
    assert_eq!(computed(&files), computed(&plan));
}

#[test]
fn a_plan_wins_over_the_files_and_says_where() {
    let mut files = calls();
    files.push(("live/prod/tfplan.json".to_owned(), plan()));
    let both = scan_all(&files);
    assert_eq!(computed(&both), computed(&scan_all(&calls())), "they agree");
    assert!(both.diagnostics.iter().all(|problem| problem.kind != DiagnosticKind::Conflict));
    let other = String::from_utf8(plan()).expect("text").replace("eu-west-3", "eu-north-1").replace("m6i", "m7i");
    files.pop();
    files.push(("live/prod/tfplan.json".to_owned(), other.into_bytes()));
    let both = scan_all(&files);
    let standby: Vec<(String, String)> = attributes(&both, "region")
        .into_iter()
        .chain(attributes(&both, "instance-type"))
        .filter(|(of, _)| of.contains("standby[0].aws_eks_node_group"))
        .collect();
    let id = "live/prod/module.standby[0].aws_eks_node_group.gpu";
    assert_eq!(standby, pairs(&[(id, "eu-north-1"), (id, "m7i.large")]));
    let told: Vec<&str> = both
        .diagnostics
        .iter()
        .filter(|problem| {
            problem.kind == DiagnosticKind::Conflict && problem.message.contains("standby[0].aws_eks_node")
        })
        .map(|problem| problem.message.as_str())
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
}

#[test]
fn what_the_files_leave_open_becomes_what_was_planned() {
    let mut files = calls();
    let main = String::from_utf8(files[0].1.clone())
        .expect("text")
        .replace("count      = 3", "count = data.external.x.result");
    files[0].1 = main.into_bytes();
    let open = scan_all(&files);
    assert!(
        attributes(&open, "count")
            .contains(&("live/prod/module.standby.aws_eks_node_group.gpu".into(), "unknown".into()))
    );
    files.push(("live/prod/tfplan.json".to_owned(), plan()));
    assert_eq!(computed(&scan_all(&files)), computed(&scan_all(&calls())));
}

#[test]
fn modules_that_multiply_end() {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for level in 0..8 {
        let mut text = String::new();
        for call in 0..10 {
            text.push_str(&format!("module \"m{call}\" {{\n  source = \"../l{}\"\n  x = var.x\n}}\n", level + 1));
        }
        text.push_str("variable \"x\" {\n  default = 1\n}\nresource \"aws_s3_bucket\" \"b\" {\n  count = var.x\n}\n");
        files.push((format!("l{level}/main.tf"), text.into_bytes()));
    }
    let found = scan_all(&files);
    assert!(found.diagnostics.iter().any(|problem| problem.message.contains("too many modules")));
    assert!(found.len() < 5_000);
}

#[test]
fn an_image_in_an_argument_declares_no_cluster() {
    let deployment = b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: solver}\nspec:\n  template:\n    spec:\n      containers:\n      - name: c\n        image: registry.corp.example/c:1\n        args: [\"--solver-image=quay.io/jetstack/solver:1\", \"--other=quay.io/a/b\"]\n";
    let found = scan(&[("deploy.yaml", deployment)]);
    let services: Vec<String> =
        found.components().map(|(id, _)| id.to_string()).filter(|id| id.starts_with("api:")).collect();
    assert!(services.is_empty(), "{services:?}");
}

/// What an argument means is a row, in Terraform as elsewhere.
#[test]
fn an_argument_is_a_row() {
    let rows = "[[argument]]\nname = \"box_size\"\nrole = \"machine\"\ntypes = [\"acme_*\"]\nsource = \"invented\"\n\
                verification = \"one-source\"\n[[argument]]\nname = \"box_place\"\nrole = \"region\"\nsource = \
                \"invented\"\nverification = \"one-source\"\n[[argument]]\nname = \"boxes\"\nrole = \"count\"\n\
                source = \"invented\"\nverification = \"one-source\"\n";
    let mine = Layer { name: "mine".to_owned(), files: vec![("mine.toml".to_owned(), rows.to_owned())] };
    let catalog = Catalog::load(&[Layer::embedded(), mine]).unwrap_or_else(|errors| panic!("{errors:?}"));
    let text = b"resource \"acme_box\" \"a\" {\n  box_size  = \"g9.huge\"\n  box_place = \"mars-1\"\n  boxes = 3\n}\n";
    let files: [(&str, &[u8]); 1] = [("main.tf", text)];
    let found = scan_with(&files, &catalog);
    let of = |key: &str| attributes(&found, key);
    assert_eq!(of("instance-type"), pairs(&[("acme_box.a", "g9.huge")]));
    assert_eq!(of("region"), pairs(&[("acme_box.a", "mars-1")]));
    assert_eq!(of("count"), pairs(&[("acme_box.a", "3")]));
    assert!(attributes(&scan(&files), "region").is_empty());
}

#[test]
fn files_of_the_tree_are_read_and_no_others() {
    let main = b"locals {\n  json = jsondecode(file(\"${path.module}/conf/places.json\"))\n  yaml = \
                 yamldecode(file(\"conf/places.yaml\"))\n  made = templatefile(\"conf/place.tpl\", { area = \"eu\", part = \
                 \"central\" })\n}\nresource \"aws_s3_bucket\" \"a\" {\n  region = local.json.region\n}\n\
                 resource \"aws_s3_bucket\" \"b\" {\n  region = local.yaml[\"region\"]\n}\n\
                 resource \"aws_s3_bucket\" \"c\" {\n  region = local.made\n}\n\
                 resource \"aws_s3_bucket\" \"d\" {\n  region = file(\"../../../etc/hostname\")\n}\n\
                 resource \"aws_s3_bucket\" \"e\" {\n  region = file(\"absent.txt\")\n}\n\
                 resource \"aws_s3_bucket\" \"f\" {\n  region = fileexists(\"conf/place.tpl\") ? \"eu-north-1\" : \"x\"\n}\n\
                 module \"m\" {\n  source = \"../mod\"\n}\n";
    let module = b"resource \"aws_s3_bucket\" \"g\" {\n  region = trimspace(file(\"${path.module}/here.txt\"))\n}\n";
    let files: [(&str, &'static [u8]); 6] = [
        ("live/main.tf", main),
        ("live/conf/places.json", b"{\"region\": \"eu-west-1\"}"),
        ("live/conf/places.yaml", b"region: eu-west-3\n"),
        ("live/conf/place.tpl", b"${area}-${part}-1"),
        ("mod/main.tf", module),
        ("mod/here.txt", b"eu-south-1\n"),
    ];
    let text = |bytes: &'static [u8]| std::str::from_utf8(bytes).expect("is text");
    let files = files.map(|(name, bytes)| (name, text(bytes)));
    let folder = crate::judging::tree(&files);
    let found =
        sovaudit::scan::scan_directory(folder.path(), &Catalog::embedded(), &Options::default()).expect("opens");
    let wanted = [
        ("live/aws_s3_bucket.a", "eu-west-1"),
        ("live/aws_s3_bucket.b", "eu-west-3"),
        ("live/aws_s3_bucket.c", "eu-central-1"),
        ("live/aws_s3_bucket.f", "eu-north-1"),
        ("live/module.m.aws_s3_bucket.g", "eu-south-1"),
    ];
    assert_eq!(attributes(&found, "region"), pairs(&wanted));
    let unresolved = found.diagnostics.iter().filter(|one| one.kind == DiagnosticKind::Unresolved).count();
    assert_eq!(unresolved, 2, "{:?}", found.diagnostics);
}

#[test]
fn data_sources_give_what_the_tree_states() {
    let main = b"provider \"azurerm\" {}\ndata \"azurerm_resource_group\" \"net\" {\n  name = \"rg-net\"\n}\n\
                 data \"azurerm_resource_group\" \"far\" {\n  name = \"rg-far\"\n}\n\
                 data \"aws_region\" \"here\" {}\nprovider \"aws\" {\n  region = \"eu-west-1\"\n}\n\
                 data \"aws_availability_zones\" \"all\" {}\n\
                 resource \"azurerm_storage_account\" \"a\" {\n  location = data.azurerm_resource_group.net.location\n}\n\
                 resource \"azurerm_storage_account\" \"b\" {\n  location = data.azurerm_resource_group.far.location\n}\n\
                 resource \"aws_dynamodb_table\" \"c\" {\n  region = data.aws_region.here.region\n}\n\
                 resource \"aws_instance\" \"d\" {\n  availability_zone = data.aws_availability_zones.all.names[0]\n}\n";
    let other =
        b"resource \"azurerm_resource_group\" \"net\" {\n  name     = \"rg-net\"\n  location = \"westeurope\"\n}\n";
    let found = scan(&[("app/main.tf", main), ("net/main.tf", other)]);
    let regions = attributes(&found, "region");
    let of = |id: &str| regions.iter().find(|(of, _)| of == id).map(|(_, region)| region.as_str());
    assert_eq!(of("app/azurerm_storage_account.a"), Some("westeurope"));
    assert_eq!(of("app/azurerm_storage_account.b"), None);
    assert_eq!(of("app/aws_dynamodb_table.c"), Some("eu-west-1"));
    assert_eq!(of("app/aws_instance.d"), Some("eu-west-1"));
    let unresolved = found.diagnostics.iter().filter(|one| one.kind == DiagnosticKind::Unresolved).count();
    assert_eq!(unresolved, 1, "{:?}", found.diagnostics);
}

fn objects_of(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("has one")).expect("writes");
        fs::write(path, text).expect("writes");
    }
    let found = scan_directory(folder.path(), &Catalog::embedded(), &Options::default()).expect("opens");
    let ids = found
        .iter()
        .map(|(id, _)| id.to_string())
        .filter(|id| id.starts_with("pkg:oci/") || id.starts_with("workload:"));
    (ids.collect(), found.diagnostics.iter().map(ToString::to_string).collect())
}

/// Templates of the tree that make Kubernetes objects are filled in as far as their names are known.
#[test]
fn templates_of_objects_are_read_with_their_names() {
    let template = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ${name}\nspec:\n  template:\n    spec:\n      \
                    containers:\n%{ for image in images ~}\n      - name: c\n        image: ${image}\n        env: [{name: \
                    R, value: '${region}'}]\n%{ endfor ~}\n%{ if gpu ~}\n      - name: g\n        image: \
                    r.example/gpu:1\n%{ endif ~}\n";
    let call = |argument: &str, gpu: &str| {
        format!(
            "variable \"unknown\" {{}}\nresource \"kubectl_manifest\" \"it\" {{\n  {argument} = \
             templatefile(\"${{path.module}}/it.yaml.tftpl\", {{\n    name   = \"chat\"\n    images = \
             [\"r.example/a:1\", \"r.example/b:2\"]\n    region = var.unknown\n    gpu    = {gpu}\n  }})\n}}\n"
        )
    };
    let (found, said) = objects_of(&[("infra/main.tf", &call("yaml_body", "true")), ("infra/it.yaml.tftpl", template)]);
    let expected = [
        "pkg:oci/a?repository_url=r.example%2Fa&tag=1",
        "pkg:oci/b?repository_url=r.example%2Fb&tag=2",
        "pkg:oci/gpu?repository_url=r.example%2Fgpu&tag=1",
        "workload:infra/Deployment/default/chat",
    ];
    assert_eq!(found, expected, "{said:?}");
    let (found, said) =
        objects_of(&[("infra/main.tf", &call("yaml_body", "var.unknown")), ("infra/it.yaml.tftpl", template)]);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        said.iter().any(|one| one.contains("main.tf:3:15: unresolved: a part of the template is left out")),
        "{said:?}"
    );
    // a template that only a run makes
    let (found, said) = objects_of(&[("infra/main.tf", &call("yaml_body", "true"))]);
    assert!(found.is_empty(), "{found:?}");
    let words = "what `infra/kubectl_manifest.it` brings into the cluster is not known";
    assert!(said.iter().any(|one| one.contains(words)), "{said:?}");
    let values = "variable \"v\" {}\nresource \"helm_release\" \"it\" {\n  chart  = \"./c\"\n  values = [var.v]\n}\n";
    let (_, said) = objects_of(&[("infra/main.tf", values)]);
    assert!(said.iter().any(|one| one.contains("what `infra/helm_release.it` brings into the cluster")), "{said:?}");
}

/// What every instance of a resource carries counts, and arguments that only some types have.
#[test]
fn models_and_places_of_instances_are_found() {
    let text = r#"
variable "deployments" {
  default = [{ name = "chat", model = "gpt-4o" }, { name = "embed", model = "text-embedding-3-large" }]
}
resource "azurerm_cognitive_deployment" "it" {
  for_each = { for one in var.deployments : one.name => one }
  name     = each.key
  model {
    format = "OpenAI"
    name   = each.value.model
  }
}
resource "kubectl_manifest" "jobs" {
  for_each  = toset(["a", "b"])
  yaml_body = <<-YAML
    apiVersion: batch/v1
    kind: Job
    metadata: {name: "${each.key}"}
    spec: {template: {spec: {containers: [{name: c, image: "r.example/${each.value}:1"}]}}}
  YAML
}
resource "google_firestore_database" "it" {
  location_id = "europe-west9"
}
"#;
    let found = scan(&[("main.tf", text.as_bytes())]);
    let ids: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
    for id in [
        "pkg:oci/a?repository_url=r.example%2Fa&tag=1",
        "pkg:oci/b?repository_url=r.example%2Fb&tag=1",
        "workload:./Job/default/a",
        "workload:./Job/default/b",
    ] {
        assert!(ids.contains(&id), "{id}: {ids:?}");
    }
    for model in ["gpt-4o", "text-embedding-3-large"] {
        assert!(ids.iter().any(|id| id.starts_with("model:") && id.ends_with(model)), "{model}: {ids:?}");
    }
    assert_eq!(attributes(&found, "region"), pairs(&[("google_firestore_database.it", "europe-west9")]));
}

/// Providers of the newer sort write tables where others have blocks, and have a region of their own name.
#[test]
fn tables_in_arguments_are_parts_of_a_resource() {
    let text = r#"
provider "stackit" {
  default_region = "eu01"
}
resource "stackit_ske_cluster" "it" {
  node_pools = [
    { name = "a", machine_type = "g2i.8", minimum = "2", maximum = "4" },
  ]
  labels = { machine_type = "none" }
}
resource "aws_instance" "each" {
  for_each      = { a = { instance_type = "g5.xlarge" }, b = { instance_type = "p5.48xlarge" } }
  instance_type = each.value.instance_type
}
"#;
    let found = scan(&[("main.tf", text.as_bytes())]);
    let types = [
        ("aws_instance.each[\"a\"]", "g5.xlarge"),
        ("aws_instance.each[\"b\"]", "p5.48xlarge"),
        ("stackit_ske_cluster.it", "g2i.8"),
    ];
    assert_eq!(attributes(&found, "instance-type"), pairs(&types));
    assert_eq!(attributes(&found, "region"), pairs(&[("stackit_ske_cluster.it", "eu01")]));
    let count = attributes(&found, "count");
    assert!(count.contains(&("stackit_ske_cluster.it".to_owned(), "2".to_owned())), "{count:?}");
}

#[test]
fn a_module_that_is_not_there_is_told() {
    let main = "module \"gone\" { source = \"./mods/missing\" }\nmodule \"here\" { source = \"./mods/here\" }\nmodule \"above\" {\n  \
                source = \"../above\"\n}\n";
    let found = scan(&[("main.tf", main.as_bytes()), ("mods/here/main.tf", b"locals { a = 1 }\n")]);
    let told: Vec<String> = found.diagnostics.iter().map(ToString::to_string).collect();
    let about = |text: &str| told.iter().filter(|one| one.contains(text)).count();
    assert_eq!(about("there is no module at `mods/missing`"), 1, "{told:?}");
    assert_eq!(about("outside of what is scanned"), 1, "{told:?}");
    assert_eq!(about("mods/here"), 0, "{told:?}");
}

/// Machines of several types under one block: each type has its own count, what is not known stays unknown.
#[test]
fn instances_of_several_types_are_counted_apart() {
    let text = r#"
variable "pools" {
  default = {
    a = { type = "p5.48xlarge", size = 2 }
    b = { type = "g6.xlarge", size = 3 }
    c = { type = "p5.48xlarge", size = 2 }
  }
}
variable "open" {}
resource "aws_instance" "each" {
  for_each      = var.pools
  instance_type = each.value.type
}
resource "aws_eks_node_group" "pool" {
  for_each       = var.pools
  instance_types = [each.value.type]
  scaling_config {
    desired_size = each.value.size
    min_size     = 0
    max_size     = 9
  }
}
resource "aws_instance" "counted" {
  count         = 3
  instance_type = count.index == 0 ? "p4d.24xlarge" : "g5.xlarge"
}
resource "aws_instance" "half" {
  for_each      = { a = "p5.48xlarge", b = var.open }
  instance_type = each.value
}
resource "aws_ebs_volume" "disk" {
  size        = 10
  description = aws_instance.each["a"].id
}
module "eks" {
  source = "terraform-aws-modules/eks/aws"
  eks_managed_node_groups = {
    big   = { instance_types = ["p5.48xlarge"], desired_size = 4 }
    small = { instance_types = ["g6.xlarge"], desired_size = 2 }
    open  = { instance_types = ["p4d.24xlarge"], desired_size = var.open }
  }
}
"#;
    let catalog = Catalog::embedded();
    let found = attribute(scan_with(&[("main.tf", text.as_bytes())], &catalog), &catalog, catalog.date());
    let of = |key: &str| attributes(&found, key);
    let counts = of("count");
    for (address, count) in [
        ("aws_instance.each[\"a\",\"c\"]", "2"),
        ("aws_eks_node_group.pool[\"a\",\"c\"]", "4"),
        ("aws_eks_node_group.pool[\"b\"]", "3"),
        ("aws_instance.counted[1,2]", "2"),
        ("module.eks", "unknown"),
    ] {
        assert!(counts.contains(&(address.to_owned(), count.to_owned())), "{address}: {counts:?}");
    }
    let devices = of("accelerator-count");
    for (address, count) in [
        ("aws_instance.each[\"a\",\"c\"]", "16"),
        ("aws_instance.each[\"b\"]", "1"),
        ("aws_eks_node_group.pool[\"a\",\"c\"]", "32"),
        ("aws_instance.counted[0]", "8"),
        ("aws_instance.half[\"a\"]", "8"),
    ] {
        assert!(devices.contains(&(address.to_owned(), count.to_owned())), "{address}: {devices:?}");
    }
    assert!(!devices.iter().any(|(address, _)| address == "aws_instance.half[\"b\"]"), "{devices:?}");
    // blocks of one call: by product, without the one whose number is open
    let sums = of("devices");
    assert!(sums.contains(&("module.eks".to_owned(), "nvidia-h100-sxm 32".to_owned())), "{sums:?}");
    assert!(sums.contains(&("module.eks".to_owned(), "nvidia-l4 2".to_owned())), "{sums:?}");
    assert!(!sums.iter().any(|(_, sum)| sum.starts_with("nvidia-a100")), "{sums:?}");
    // who speaks of the whole speaks of each of its parts
    let disk = ComponentId::new("resource:aws_ebs_volume.disk");
    let on: Vec<&str> = found.known(&disk).expect("is known").relations().iter().map(|row| row.to.rest()).collect();
    assert!(on.contains(&"aws_instance.each[\"a\",\"c\"]"), "{on:?}");
    assert!(!on.contains(&"aws_instance.each"), "{on:?}");
}
