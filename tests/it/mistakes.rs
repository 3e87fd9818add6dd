//! One system that makes every mistake that the rules know: each is found, at its place, with a way out.

use std::fmt::Write as _;

use serde_json::Value;

use crate::cli::{root, sovaudit};

/// Mistakes with the rule that speaks of them, and where.
const MISTAKES: [(&str, &str, &str); 19] = [
    ("an API that nobody else offers", "api-lock-in", "infra/main.tf"),
    ("AI against a provider's own API", "foreign-inference", "app/answer.py"),
    ("addresses that move only by hand", "static-address", "deploy/prod/shop.yaml"),
    ("a store without a replica under other control", "data-gravity", "infra/main.tf"),
    ("machines outside of containers", "not-on-kubernetes", "infra/main.tf"),
    ("workloads that no controller deploys", "no-gitops", "deploy/prod/shop.yaml"),
    ("one operator for all", "single-operator", "infra/main.tf"),
    ("one region for all", "single-region", "infra/main.tf"),
    ("all logins through one foreign provider", "identity-single-point", "deploy/prod/shop.yaml"),
    ("keys under foreign control", "foreign-keys", "infra/main.tf"),
    ("state in a refused jurisdiction", "refused-delivery", "infra/main.tf"),
    ("all images from one registry", "registry-single-point", "deploy/prod/shop.yaml"),
    ("a region written into the code", "hard-coded-place", "app/answer.py"),
    ("a licence server", "phone-home", "deploy/prod/shop.yaml"),
    ("an archived dependency", "archived-dependency", "app/go.mod"),
    ("images that get no more fixes", "image-without-fixes", "deploy/prod/shop.yaml"),
    ("a second leg that a person must switch", "static-failover", "infra/main.tf"),
    ("everything under one jurisdiction", "jurisdiction-concentration", ""),
    ("services that lie abroad", "foreign-place", "infra/main.tf"),
];

#[test]
fn every_mistake_is_found_with_its_place_and_a_way_out() {
    let target = root().join("fixtures/mistakes");
    let run = sovaudit().arg("scan").arg(&target).args(["--format", "json"]).output().expect("runs");
    let report: Value = serde_json::from_slice(&run.stdout).expect("is JSON");
    let findings = report["findings"].as_array().expect("is a list");
    let mut lost = String::new();
    for (mistake, rule, path) in MISTAKES {
        let of_rule = || findings.iter().filter(|finding| finding["rule"] == rule);
        let found = of_rule().find(|finding| path.is_empty() || finding["primary"]["path"] == path);
        let Some(found) = found else {
            let others: Vec<&Value> = of_rule().map(|finding| &finding["primary"]["path"]).collect();
            writeln!(lost, "{mistake}: `{rule}` at {path} is missing, there are {others:?}")
                .expect("writes to a String");
            continue;
        };
        assert!(found["primary"]["line"].as_u64().is_some_and(|line| line > 0), "{rule}: {found}");
        assert!(found["remedy"].as_str().is_some_and(|text| text.len() > 20), "{rule}: {found}");
    }
    assert!(lost.is_empty(), "{lost}");
}

/// What only a test or an example shows is of low severity where a rule is about lock-in; what is said of control and
/// sanctions stays, and an environment of the configuration has the last word.
#[test]
fn tests_and_examples_count_less_for_lock_in() {
    let folder = tempfile::tempdir().expect("is made");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("lies in a folder")).expect("is made");
        std::fs::write(path, text).expect("writes");
    };
    let table = "resource \"aws_dynamodb_table\" \"orders\" {\n  name = \"orders\"\n}\n";
    write("examples/small/main.tf", table);
    write("infra/main.tf", table);
    for path in ["demo/main.tf", "spec/infra/main.tf", "website/docs/small/main.tf", "website/infra/main.tf"] {
        write(path, &table.replace("orders", path.split('/').next().unwrap_or(path)));
    }
    let load = "from sentence_transformers import SentenceTransformer\nmodel = SentenceTransformer(\"BAAI/bge-m3\")\n";
    write("demo/embed.py", load);
    let severities = || {
        let run = sovaudit().arg("scan").arg(folder.path()).args(["--format", "json"]).output().expect("runs");
        let report: Value = serde_json::from_slice(&run.stdout).expect("is JSON");
        let all = report["findings"].as_array().expect("is a list").clone();
        move |rule: &str, path: &str| {
            let fits = |finding: &&Value| finding["rule"] == rule && finding["primary"]["path"] == path;
            all.iter().find(fits).map(|finding| finding["severity"].as_str().unwrap_or("").to_owned())
        }
    };
    let of = severities();
    assert_eq!(of("api-lock-in", "infra/main.tf").as_deref(), Some("medium"));
    assert_eq!(of("api-lock-in", "examples/small/main.tf").as_deref(), Some("low"));
    assert_eq!(of("foreign-control", "examples/small/main.tf").as_deref(), Some("high"));
    // a demonstration and the infrastructure of specifications count less, that of a web site is what runs
    assert_eq!(of("api-lock-in", "demo/main.tf").as_deref(), Some("low"));
    assert_eq!(of("foreign-control", "demo/main.tf").as_deref(), Some("high"));
    assert_eq!(of("api-lock-in", "spec/infra/main.tf").as_deref(), Some("low"));
    assert_eq!(of("api-lock-in", "website/docs/small/main.tf").as_deref(), Some("low"));
    assert_eq!(of("api-lock-in", "website/infra/main.tf").as_deref(), Some("medium"));
    // who is listed is listed in a demonstration as well
    assert_eq!(of("listed-owner", "demo/embed.py").as_deref(), Some("medium"));
    write("sovaudit.toml", "[[environment]]\nname = \"prod\"\npaths = [\"examples/**\"]\n");
    assert_eq!(severities()("api-lock-in", "examples/small/main.tf").as_deref(), Some("medium"));
    write("sovaudit.toml", "[[environment]]\nname = \"test\"\npaths = [\"infra/**\"]\n");
    assert_eq!(severities()("api-lock-in", "infra/main.tf").as_deref(), Some("low"));
}
