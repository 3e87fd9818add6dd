//! Whose law reaches a component, by which test, with which laws, and what weakens it.

use std::fs;

use serde_json::Value;

use crate::attribution::report;
use crate::cli::sovaudit;

const BUCKET: &str = r#"
provider "aws" { region = "eu-central-1" }
resource "aws_kms_custom_key_store" "x" {
  custom_key_store_name = "outside"
  custom_key_store_type = "EXTERNAL_KEY_STORE"
}
resource "aws_kms_key" "k" { custom_key_store_id = aws_kms_custom_key_store.x.id }
resource "aws_db_instance" "d" { kms_key_id = aws_kms_key.k.arn }
resource "aws_db_instance" "e" { kms_key_id = "arn:aws:kms:eu-central-1:1:key/2" }
"#;

/// `T2 US`: what reaches a component by a test.
fn reached<'r>(report: &'r Value, component: &str, code: &str, state: &str) -> Option<&'r Value> {
    let all = report["components"].as_array().expect("components").iter();
    let row = all.into_iter().find(|row| row["id"] == component)?;
    row["reached_by"].as_array()?.iter().find(|one| one["code"] == code && one["jurisdiction"] == state)
}

#[test]
fn reach_names_its_laws_and_what_is_against_it() {
    let found = report(&[("main.tf", BUCKET)]);
    let us = reached(&found, "resource:aws_db_instance.d", "T2", "US").expect("controlled from the US");
    let laws: Vec<&str> = us["laws"].as_array().expect("laws").iter().filter_map(|law| law["id"].as_str()).collect();
    assert_eq!(laws, ["us-cloud-act-stored-communications-act", "us-fisa-702"]);
    assert_eq!(us["laws"][1]["standing"], "lapsed");
    assert_eq!(
        us["witness"],
        serde_json::json!(["resource:aws_db_instance.d", "org:aws-emea", "org:amazon", "jurisdiction:US"])
    );
    let against = |of: &Value| of["mitigations"][0]["id"].as_str().map(str::to_owned);
    assert_eq!(against(us).as_deref(), Some("external-keys"));
    assert_eq!(us["mitigations"][0]["evidence"], "built on resource:aws_kms_custom_key_store.x");
    let other = reached(&found, "resource:aws_db_instance.e", "T2", "US").expect("controlled from the US");
    assert_eq!(
        (against(other).as_deref(), &other["mitigations"][0]["effect"]),
        (Some("customer-managed-keys"), &Value::from("none"))
    );
    // a store of the default type is a module in the provider's data centre, and no key outside of it
    let inside = BUCKET.replace("  custom_key_store_type = \"EXTERNAL_KEY_STORE\"\n", "");
    let module = report(&[("main.tf", &inside)]);
    let us = reached(&module, "resource:aws_db_instance.d", "T2", "US").expect("controlled from the US");
    assert_eq!(against(us).as_deref(), Some("managed-hsm"));
    assert_eq!(us["mitigations"][0]["effect"], "partial");
    assert!(reached(&found, "resource:aws_db_instance.d", "T6", "DE").is_some());
    assert!(reached(&found, "resource:aws_db_instance.d", "T5", "PL").is_none(), "nobody attested anything");
    // a listed party: T7, with the law that works through the list
    let found = report(&[("requirements.txt", "gigachat==1.0.0\n")]);
    let sdn = reached(&found, "pkg:pypi/gigachat@1.0.0", "T7", "US").expect("listed");
    assert_eq!(
        (&sdn["lists"], &sdn["laws"][0]["id"]),
        (&serde_json::json!(["US-SDN"]), &Value::from("us-ofac-sanctions"))
    );
}

#[test]
fn personnel_is_known_from_attestations_only() {
    let attestation = |dates: &str| {
        format!(
            "[[attestation]]\nsubject = \"org:aws-emea\"\npersonnel = [\"PL\"]\nsource = \"annex 4\"\nby = \"security\"\n{dates}\n"
        )
    };
    let good = attestation("date = 2026-01-01\nexpires = 2026-12-31");
    let found = report(&[("main.tf", BUCKET), ("sovaudit.toml", &good)]);
    let people = reached(&found, "resource:aws_db_instance.d", "T5", "PL").expect("attested");
    assert_eq!(people["witness"], serde_json::json!(["resource:aws_db_instance.d", "org:aws-emea", "jurisdiction:PL"]));
    let old = attestation("date = 2025-01-01\nexpires = 2025-12-31");
    let found = report(&[("main.tf", BUCKET), ("sovaudit.toml", &old)]);
    assert!(reached(&found, "resource:aws_db_instance.d", "T5", "PL").is_none(), "expired");
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("sovaudit.toml"), attestation("date = 2026-01-01\nexpires = 2025-12-31"))
        .expect("writes");
    let output = sovaudit().arg("scan").arg(folder.path()).output().expect("runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("expires before its day"));
}

const SEVEN: &str = r#"
provider "alicloud" { region = "cn-hangzhou" }
resource "alicloud_oss_bucket" "b" { bucket = "x" }
provider "aws" { region = "eu-central-1" }
resource "aws_s3_bucket" "s" { bucket = "x" }
resource "ovh_cloud_project_database" "o" { service_name = "x" }
"#;

/// Each of the seven tests has its hit, the laws that ask it, and the shortest way.
#[test]
fn all_seven_tests_are_asked() {
    let lspci = "01:00.0 3D controller [0302]: NVIDIA Corporation GH100 [H100 SXM5 80GB] [10de:2330] (rev a1)\n";
    let attested = "[[attestation]]\nsubject = \"org:alibaba-cloud\"\npersonnel = [\"CN\"]\nsource = \"annex 4\"\n\
        by = \"security\"\ndate = 2026-01-01\nexpires = 2026-12-31\n";
    let found = report(&[
        ("main.tf", SEVEN),
        ("requirements.txt", "gigachat==1.0.0\n"),
        ("lspci.txt", lspci),
        ("sovaudit.toml", attested),
    ]);
    let (bucket, package) = ("resource:alicloud_oss_bucket.b", "pkg:pypi/gigachat@1.0.0");
    let intelligence = "cn-national-intelligence-law-2017-arts-7-14";
    for (component, code, state, law, way) in [
        (bucket, "T1", "CN", "cn-cybersecurity-law-2017", &["org:alibaba-cloud", "jurisdiction:CN"][..]),
        (bucket, "T2", "CN", intelligence, &["org:alibaba-cloud", "org:alibaba", "jurisdiction:CN"]),
        (
            "resource:aws_s3_bucket.s",
            "T2",
            "US",
            "us-cloud-act-stored-communications-act",
            &["org:aws-emea", "org:amazon", "jurisdiction:US"],
        ),
        (
            "resource:ovh_cloud_project_database.o",
            "T3",
            "CA",
            "ca-criminal-code-s-487-014-production-orders-with-long-reach",
            &["org:ovh", "jurisdiction:CA"],
        ),
        ("accelerator:nvidia-h100-sxm", "T4", "US", "us-ear", &["org:nvidia", "jurisdiction:US"]),
        (bucket, "T5", "CN", intelligence, &["org:alibaba-cloud", "jurisdiction:CN"]),
        (bucket, "T6", "CN", "cn-cybersecurity-law-2017", &["region:alibaba/cn-hangzhou", "jurisdiction:CN"]),
        (package, "T7", "US", "us-ofac-sanctions", &["org:sber"]),
        (package, "T7", "EU", "eu-asset-freeze-269-2014", &["org:sber"]),
        (package, "T7", "GB", "gb-asset-freeze", &["org:sber"]),
    ] {
        let one = reached(&found, component, code, state).unwrap_or_else(|| panic!("{component} {code} {state}"));
        let mut laws = one["laws"].as_array().expect("laws").iter();
        assert!(laws.any(|row| row["id"] == law), "{code} {state}: {one:#}");
        let wanted: Vec<&str> = std::iter::once(component).chain(way.iter().copied()).collect();
        assert_eq!(one["witness"], serde_json::json!(wanted), "{code} {state}");
    }
    // nothing that a scan sees is a defence article
    let item = reached(&found, "accelerator:nvidia-h100-sxm", "T4", "US").expect("designed in the US");
    assert!(!item["laws"].to_string().contains("itar"), "{item:#}");
}
