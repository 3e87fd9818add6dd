//! Terraform and hardware scanners on cut, mixed and hostile input; what must never be guessed or leaked.

use std::fs;
use std::path::Path;

use sovaudit::catalog::Catalog;
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::model::{FactRef, Inventory};
use sovaudit::scan::{Options, scan_files};
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
