//! Who owns whom by imported lists: identifiers lead to it, names never do.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::cli::{root, sovaudit};

const FIXTURE: &str = "fixtures/imported-owners";

/// A data directory with some of the fixture's lists.
fn imported(files: &[&str]) -> TempDir {
    let data = tempfile::tempdir().expect("a temporary folder");
    let files = files.iter().map(|file| root().join(FIXTURE).join("lists").join(file));
    let output = sovaudit()
        .args(["rules", "import", "--accept-shrink", "--retrieved", "2026-11-22", "--data-dir"])
        .arg(data.path())
        .args(files)
        .output()
        .expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    data
}

/// Exit code and findings about a package, with `owned-by-listed` as the gate.
fn scanned(data: &Path, rules: &Path, day: &str, package: &str) -> (Option<i32>, Vec<Value>) {
    let output = sovaudit()
        .arg("scan")
        .arg(root().join(FIXTURE))
        .args(["--format", "json", "--fail-on", "owned-by-listed", "--as-of", day, "--data-dir"])
        .arg(data)
        .arg("--rules")
        .arg(rules)
        .output()
        .expect("runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("is a report");
    let all = report["findings"].as_array().expect("findings").iter();
    let about = all.filter(|finding| finding["subject"].as_str().is_some_and(|subject| subject.contains(package)));
    let about = about.filter(|finding| {
        ["sanctioned", "listed", "related-party"].contains(&finding["category"].as_str().expect("text"))
    });
    (output.status.code(), about.cloned().collect())
}

fn own_rules() -> std::path::PathBuf {
    root().join(FIXTURE).join("rules")
}

fn message(finding: &Value) -> &str {
    finding["message"].as_str().expect("text")
}

#[test]
fn consolidated_accounts_are_control_and_no_percentage() {
    let data = imported(&["rr.csv", "UK-Sanctions-List.csv"]);
    let (code, found) = scanned(data.path(), &own_rules(), "2026-11-23", "harbour-sdk");
    assert_eq!((code, found.len()), (Some(1), 1), "{found:#?}");
    for part in [
        "is published by Harbour Software, controlled by listed parties:",
        "EXAMPLE STEEL HOLDING unknown share of Harbour Software, with control, by consolidated accounts",
        "control is enough, more than 50 % or control counts (UK ownership and control test)",
        "listed: UK-UKSL (2022-04-06, entry INV0001)",
    ] {
        assert!(message(&found[0]).contains(part), "{part}: {}", message(&found[0]));
    }
    let notes = found[0]["notes"].to_string();
    assert!(notes.contains("imported/harbour/lei-529900owneroflist043"), "{notes}");
    assert!(notes.contains("since 2024-03-01, one-source (GLEIF as imported"), "{notes}");
    // before the relation began
    assert_eq!(scanned(data.path(), &own_rules(), "2024-02-29", "harbour-sdk"), (Some(0), Vec::new()));
    // the same name without an identifier
    assert_eq!(scanned(data.path(), &own_rules(), "2026-11-23", "namesake-sdk").1, Vec::<Value>::new());
}

#[test]
fn shares_of_a_collection_count_by_the_rule_of_the_list() {
    let data = imported(&["entities.ftm.json", "sdn.csv", "alt.csv", "add.csv", "sdn_comments.csv"]);
    let (code, found) = scanned(data.path(), &own_rules(), "2026-11-23", "harbour-sdk");
    assert_eq!(code, Some(1), "{found:#?}");
    let owned = found.iter().find(|finding| message(finding).contains("US-SDN")).expect("owned by an entry of the SDN");
    for part in [
        "62.5 % of Harbour Software, with control; together 62.5 %, at least 50 % counts (OFAC 50 percent rule)",
        "entry 9901",
    ] {
        assert!(message(owned).contains(part), "{part}: {}", message(owned));
    }
    // who is only an officer of it, and a former owner, own nothing
    let owners: Vec<&str> = found.iter().map(message).filter(|text| text.contains("owned by")).collect();
    assert!(owners.iter().all(|text| !text.contains("Petra") && !text.contains("37.5")), "{owners:#?}");
    let related = found.iter().find(|finding| finding["rule"] == "related-party-listed").expect("the officer is told");
    assert!(message(related).contains("entry 9902"), "{related:#}");
    // of the year 2023 only the last day surely is one
    let (code, found) = scanned(data.path(), &own_rules(), "2023-12-30", "harbour-sdk");
    assert!(code == Some(0) && found.iter().all(|finding| !message(finding).contains("62.5")), "{found:#?}");
}

#[test]
fn what_rules_recall_counts_when_a_list_says_it_too() {
    let rules = tempfile::tempdir().expect("a temporary folder");
    let own = fs::read_to_string(own_rules().join("harbour.toml")).expect("is there");
    let recalled = "[[organisation]]\nid = \"example-ivan\"\nname = \"Ivan Example\"\nkind = \"person\"\nsource = \"memory\"\n\
         verification = \"recalled\"\n\n[[listing]]\nid = \"example-ivan-sdn\"\norganisation = \"example-ivan\"\nkind = \"entity\"\n\
         about = \"organisation\"\nentity = \"EXAMPLE, Ivan\"\nlist = \"US-SDN\"\nlisted = 2022-04-06\nstatus = \"listed\"\n\
         entry = \"OFAC:9901\"\nverified_fields = [\"entity\", \"status\"]\nsource = \"SDN\"\nverification = \"two-source\"\n\n\
         [[ownership]]\nof = \"harbour\"\nby = \"example-ivan\"\nshare_percent = SHARE\ncontrol = true\nsource = \"memory\"\n\
         verification = \"recalled\"\n";
    let run = |files: &[&str], share: &str| {
        fs::write(rules.path().join("mine.toml"), format!("{own}\n{}", recalled.replace("SHARE", share)))
            .expect("writes");
        let data = imported(files);
        let (code, found) = scanned(data.path(), rules.path(), "2026-11-23", "harbour-sdk");
        let owned = found.into_iter().find(|one| message(one).contains("US-SDN") && message(one).contains("owned by"));
        (code, owned.expect("is told"))
    };
    let sdn = ["sdn.csv", "alt.csv", "add.csv", "sdn_comments.csv"];
    let (code, alone) = run(&sdn, "60");
    assert_eq!((code, alone["may_gate"].as_bool()), (Some(0), Some(false)), "{alone:#}");
    let both = ["entities.ftm.json", "sdn.csv", "alt.csv", "add.csv", "sdn_comments.csv"];
    let (code, sure) = run(&both, "60");
    assert_eq!((code, sure["may_gate"].as_bool()), (Some(1), Some(true)), "{sure:#}");
    let notes = sure["notes"].to_string();
    assert!(notes.contains("imported/harbour/example-ivan: 62.5 %, control, since 2023-12-31"), "{notes}");
    assert!(notes.contains("ownership/harbour/example-ivan: 60 %, control, recalled (memory)"), "{notes}");
}

#[test]
fn a_damaged_table_of_owners_is_no_pass() {
    let data = imported(&["rr.csv", "UK-Sanctions-List.csv"]);
    let folder = data.path().join("lists");
    let file = fs::read_dir(&folder).expect("a store").flatten().map(|entry| entry.path());
    let file = file.into_iter().find(|path| path.to_string_lossy().contains("gleif-rr.")).expect("an archive");
    let mut bytes = fs::read(&file).expect("is there");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&file, bytes).expect("writes");
    let output = sovaudit()
        .arg("scan")
        .arg(root().join(FIXTURE))
        .args(["--as-of", "2026-11-23", "--data-dir"])
        .arg(data.path())
        .output()
        .expect("runs");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("gleif-rr.") && error.contains("import rr.csv again"), "{error}");
}
