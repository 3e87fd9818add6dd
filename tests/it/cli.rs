//! The binary as its users meet it: output, files, exit codes.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// One builder for all tests: a fixed day, no environment that could change output.
pub(crate) fn sovaudit() -> Command {
    let mut command = Command::cargo_bin("sovaudit").expect("the binary is built with the tests");
    command.env_clear().current_dir(root());
    command
}

fn scan(arguments: &[&str]) -> (i32, String, String) {
    let output =
        sovaudit().arg("scan").args(arguments).args(["--as-of", "2026-11-23"]).output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

#[test]
fn the_sample_fails_the_gate_and_says_why() {
    let (code, out, _) = scan(&["fixtures/ai-platform"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("Gate: FAILED"), "{out}");
    assert!(out.contains("sanctioned-owner"), "{out}");
    assert!(out.contains("web/package-lock.json:20:5"), "{out}");
    let widest = out.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    assert!(widest <= 80, "{widest} columns");
    assert!(!out.contains('\u{1b}'), "no escape sequences in a pipe");
}

#[test]
fn files_validate_against_their_schemas() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    let output = |format: &str, name: &str| format!("{format}={}", path(name).display());
    let (code, _, error) = scan(&[
        "fixtures/ai-platform",
        "--output",
        &output("json", "r.json"),
        "--output",
        &output("sarif", "r.sarif"),
        "--output",
        &output("markdown", "r.md"),
    ]);
    assert_eq!(code, 1, "{error}");
    let read =
        |name: &str| -> Value { serde_json::from_slice(&fs::read(path(name)).expect("was written")).expect("is JSON") };
    let report = read("r.json");
    let published: Value =
        serde_json::from_slice(&fs::read(root().join("docs/report.schema.json")).expect("is published"))
            .expect("is JSON");
    let validator = jsonschema::validator_for(&published).expect("the schema is a schema");
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    check_sarif(&read("r.sarif"));
    let markdown = fs::read_to_string(path("r.md")).expect("was written");
    assert!(markdown.starts_with("# sovaudit report: gate FAILED"));
    let leftovers = fs::read_dir(folder.path()).expect("is a folder").count();
    assert_eq!(leftovers, 3, "no temporary file is left");
}

/// What SARIF 2.1.0 and code scanning services ask for.
fn check_sarif(log: &Value) {
    // typed by the specification's schema: anything misplaced or missing fails here
    let typed: serde_sarif::sarif::Sarif = serde_json::from_value(log.clone()).expect("is SARIF");
    assert_eq!(typed.runs.len(), 1);
    let run = &log["runs"][0];
    let rules: Vec<&str> =
        run["tool"]["driver"]["rules"].as_array().expect("rules").iter().filter_map(|r| r["id"].as_str()).collect();
    let results = run["results"].as_array().expect("results");
    assert!(results.len() > 20);
    for result in results {
        let id = result["ruleId"].as_str().expect("a rule id");
        assert_eq!(rules[usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("is small")], id);
        assert_eq!(result["partialFingerprints"]["sovaudit/v2"].as_str().map(str::len), Some(32));
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().expect("a uri");
        assert!(!uri.starts_with('/') && !uri.contains("..") && !uri.contains(':'), "{uri}");
        assert!(root().join("fixtures/ai-platform").join(uri).is_file(), "{uri} is a file of the target");
        assert!(place["region"]["startLine"].as_u64().is_some_and(|line| line >= 1));
        assert!(!result["message"]["text"].as_str().unwrap_or("").is_empty());
    }
    let paths = results.iter().filter(|result| result.get("codeFlows").is_some()).count();
    assert!(paths > 10, "witness paths are code flows: {paths}");
}

#[test]
fn the_gate_follows_what_was_asked() {
    assert_eq!(scan(&["fixtures/ai-platform", "--fail-on", "none"]).0, 0);
    assert_eq!(scan(&["fixtures/ai-platform", "--fail-on", "high"]).0, 1);
    assert_eq!(scan(&["fixtures/ai-platform/infra/ovh"]).0, 0);
    let (code, _, error) = scan(&["fixtures/ai-platform", "--fail-on", "sanctined"]);
    assert_eq!(code, 2);
    assert!(error.contains("is no category, rule or severity"), "{error}");
}

#[test]
fn a_baseline_makes_day_one_green_and_new_findings_red() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let baseline = folder.path().join("base.json");
    scan(&["fixtures/ai-platform", "--output", &format!("json={}", baseline.display())]);
    let shown = baseline.display().to_string();
    let (code, out, _) = scan(&["fixtures/ai-platform", "--baseline", &shown]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("in the baseline"), "{out}");
}

fn copy_of_web() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::copy(root().join("fixtures/ai-platform/web/package-lock.json"), folder.path().join("package-lock.json"))
        .expect("copies");
    folder
}

fn scan_folder(folder: &Path) -> (i32, String, String) {
    scan(&[&folder.display().to_string()])
}

#[test]
fn waivers_hold_until_they_expire_and_unused_ones_are_named() {
    let folder = copy_of_web();
    let config = |expires: &str| {
        let waiver = |rule: &str| {
            format!(
                "[[waiver]]\nrule = \"{rule}\"\nreason = \"planned\"\nowner = \"team\"\nexpires = {expires}\n\
                 lists = [\"US-SDN\", \"EU-269\", \"UK-OFSI\"]\n"
            )
        };
        fs::write(folder.path().join("sovaudit.toml"), waiver("sanctioned-owner") + &waiver("no-gitops"))
            .expect("writes");
    };
    config("2027-01-01");
    let (code, out, _) = scan_folder(folder.path());
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("Waiver unused: no-gitops"), "{out}");
    config("2026-01-01");
    let (code, out, _) = scan_folder(folder.path());
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("Waiver expired: sanctioned-owner"), "{out}");
}

#[test]
fn mistakes_end_with_two_and_say_what_to_do() {
    let cases: [(&[&str], &str); 6] = [
        (&["no/such/thing"], "no existing folder or file"),
        (&["fixtures/ai-platform", "--profile", "mars"], "there is no profile `mars`; choose one of"),
        (&["fixtures/ai-platform", "--home", "ATLANTIS"], "neither an ISO country code nor a country group"),
        (&["fixtures/ai-platform", "--output", "sarif"], "needs the form FORMAT=FILE"),
        (&["fixtures/ai-platform", "--format", "pdf"], "there is no format `pdf`"),
        (&["fixtures/ai-platform", "--config", "no.toml"], "cannot read configuration"),
    ];
    for (arguments, wanted) in cases {
        let (code, out, error) = scan(arguments);
        assert_eq!(code, 2, "{arguments:?}: {out}{error}");
        assert!(error.contains(wanted), "{arguments:?}: {error}");
    }
    let folder = copy_of_web();
    fs::write(folder.path().join("sovaudit.toml"), "profile = \"eu\"\nfail_on = []\n").expect("writes");
    let (code, _, error) = scan_folder(folder.path());
    assert_eq!(code, 2);
    assert!(error.contains("sovaudit.toml:2:1: unknown field `fail_on`"), "{error}");
}

#[test]
fn bills_of_materials_are_targets_under_any_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let named = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::write(&path, content).expect("writes");
        scan(&[path.to_str().expect("is UTF-8"), "--format", "json", "--fail-on", "none"])
    };
    let xml = r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components><component type="library"><name>a</name><purl>pkg:npm/a@1.0.0</purl></component></components></bom>"#;
    for (name, content) in [
        (
            "list.json",
            r#"{"bomFormat":"CycloneDX","specVersion":"1.4","components":[{"type":"library","name":"a","purl":"pkg:npm/a@1.0.0"}]}"#,
        ),
        ("download", xml),
        (
            "notes.txt",
            "SPDXVersion: SPDX-2.3\nPackageName: a\nSPDXID: SPDXRef-a\nExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1.0.0\n",
        ),
        (
            "export.dat",
            r#"{"sbom":{"spdxVersion":"SPDX-2.3","packages":[{"SPDXID":"SPDXRef-a","name":"a","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:npm/a@1.0.0"}]}]}}"#,
        ),
        (
            "graph",
            r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{"type":"software_Package","spdxId":"urn:a","name":"a","software_packageUrl":"pkg:npm/a@1.0.0"}]}"#,
        ),
    ] {
        let (code, out, error) = named(name, content);
        assert_eq!(code, 0, "{name}: {error}");
        assert!(out.contains("pkg:npm/a@1.0.0"), "{name}: {out}");
    }
    for (name, content) in [("other.json", "{}"), ("words.txt", "SPDX is a format")] {
        let (code, _, error) = named(name, content);
        assert_eq!(code, 2, "{name}: {error}");
        assert!(error.contains("CycloneDX") && error.contains("SPDX"), "{name}: {error}");
    }
}

#[test]
fn broken_input_is_counted_and_strict_exits_three() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).expect("writes");
    write("package-lock.json", b"{\"packages\": {");
    write("Cargo.lock", &[0xFF, 0x00, 0x80]);
    write("deploy.yaml", b"apiVersion: v1\nkind: Pod\nmetadata: {name: [\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: ok}\nspec:\n  containers:\n  - {name: a, image: \"ghcr.io/example/a:1\"}\n");
    let path = folder.path().display().to_string();
    let (code, out, _) = scan(&[&path]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("malformed"), "{out}");
    assert!(out.contains("package-lock.json:1"), "{out}");
    let (code, json, _) = scan(&[&path, "--format", "json", "--strict"]);
    assert_eq!(code, 3);
    assert!(json.contains("ghcr.io/example/a:1"), "the sound document beside the broken one is read");
}

#[test]
fn links_are_not_followed() {
    #[cfg(unix)]
    {
        let folder = copy_of_web();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).expect("links");
        std::os::unix::fs::symlink("/etc", folder.path().join("out")).expect("links");
        let (code, out, _) = scan_folder(folder.path());
        assert_eq!(code, 1, "{out}");
        assert!(!out.contains("loop/"), "{out}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let one = scan(&["fixtures/ai-platform", "--format", "json", "--threads", "1"]).1;
    let eight = scan(&["fixtures/ai-platform", "--format", "json", "--threads", "8"]).1;
    assert!(one == eight, "reports differ between 1 and 8 threads");
    assert!(!one.contains(&root().display().to_string()), "no absolute path in a report");
}

#[test]
fn simulate_and_plan_tell_the_story() {
    let run = |arguments: &[&str]| {
        let output = sovaudit().args(arguments).args(["--as-of", "2026-11-23"]).output().expect("runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("is UTF-8")
    };
    let simulation = run(&["simulate", "--without", "US", "fixtures/ai-platform"]);
    assert!(simulation.contains("Stops at once:") && simulation.contains("owned-by Amazon"), "{simulation}");
    let plan: Value =
        serde_json::from_str(&run(&["plan", "fixtures/ai-platform", "--format", "json"])).expect("is JSON");
    let waves = plan["waves"].as_array().expect("waves");
    assert!(waves.len() >= 3);
    let stops: Vec<u64> = std::iter::once(&plan["before"])
        .chain(waves.iter().map(|wave| &wave["after"]))
        .filter_map(|state| state["stop_at_once"].as_u64())
        .collect();
    assert!(stops.windows(2).all(|pair| pair[1] <= pair[0]), "no wave makes it worse: {stops:?}");
    assert_eq!(stops.last(), Some(&0), "the plan's end state survives: {stops:?}");
}

#[test]
fn init_writes_a_configuration_that_is_valid() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    sovaudit().arg("init").arg(folder.path()).assert().success();
    assert_eq!(scan_folder(folder.path()).0, 0);
    sovaudit().arg("init").arg(folder.path()).assert().code(2);
}

#[test]
fn rules_commands_work() {
    sovaudit().args(["rules", "check"]).assert().success();
    sovaudit().args(["rules", "list"]).assert().success();
    sovaudit().args(["rules", "show", "data-gravity"]).assert().success();
    for what in ["rule", "profile", "config", "report"] {
        let output = sovaudit().args(["rules", "schema", what]).output().expect("runs");
        serde_json::from_slice::<Value>(&output.stdout).expect("is JSON");
    }
    sovaudit()
        .args(["explain", "data-gravty"])
        .assert()
        .code(2)
        .stderr(predicates::str::contains("did you mean `data-gravity`"));
}

const OWN_RULE: &str = r#"
id = "own-rule"
kind = "match"
title = "Pinned package"
category = "own"
severity = "critical"
why = "Shows how a rule of one's own works."
remedy = "None."
[select]
kind = ["package"]
attribute = { ecosystem = ["npm"] }
[[source]]
title = "House rule"
[review]
verification = "MARK"
by = 2030-01-01
[[example]]
name = "flagged"
flagged = ["package-lock.json:1"]
files."package-lock.json" = '{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.0.0"}}}'
[[example]]
name = "not flagged"
flagged = []
files."package-lock.json" = '{"lockfileVersion": 3, "packages": {}}'
"#;

#[test]
fn own_rules_are_added_and_recalled_facts_never_fail_a_gate() {
    let folder = copy_of_web();
    let rules = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir_all(rules.path().join("findings/house")).expect("creates");
    let run = |mark: &str| {
        fs::write(rules.path().join("findings/house/own-rule.toml"), OWN_RULE.replace("MARK", mark)).expect("writes");
        let (target, layer) = (folder.path().display().to_string(), rules.path().display().to_string());
        sovaudit().args(["rules", "test", &layer]).assert().success();
        scan(&[&target, "--rules", &layer, "--fail-on", "own"])
    };
    let (code, out, _) = run("one-source");
    assert_eq!(code, 1, "{out}");
    let (code, out, _) = run("recalled");
    assert_eq!(code, 0, "a rule that is only recalled is shown and does not fail: {out}");
    assert!(out.contains("own-rule"), "{out}");
}

#[test]
fn a_rules_folder_takes_rules_and_profiles_anywhere() {
    let folder = copy_of_web();
    let rules = tempfile::tempdir().expect("a temporary folder");
    let layer = rules.path().display().to_string();
    for command in ["check", "test"] {
        let assert = sovaudit().args(["rules", command, &layer]).assert().code(2);
        assert.stderr(predicates::str::contains("it holds no rule file"));
    }
    let write = |name: &str, text: &str| fs::write(rules.path().join(name), text).expect("writes");
    write("own-rule.toml", &OWN_RULE.replace("MARK", "one-source"));
    write("house.toml", "id = \"house\"\ntitle = \"Us\"\nabout = \"Our view\"\nhome = [\"NL\"]\n");
    write(
        "parties.toml",
        "[[organisation]]\nid = \"own-party\"\nname = \"Own\"\nkind = \"company\"\nsource = \"us\"\nverification = \"one-source\"\n",
    );
    sovaudit().args(["rules", "test", &layer]).assert().success();
    let target = folder.path().display().to_string();
    let (code, out, error) = scan(&[&target, "--rules", &layer, "--profile", "house", "--fail-on", "own"]);
    assert_eq!(code, 1, "{out}{error}");
    write("own-rule.toml", &OWN_RULE.replace("MARK", "one-source").replace("id = ", "name = "));
    let (code, _, error) = scan(&[&target, "--rules", &layer]);
    assert_eq!(code, 2);
    assert!(error.contains("own-rule.toml:2:1: unknown field `name`, expected one of `id`"), "{error}");
}

#[test]
fn outputs_go_where_they_were_asked_to() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = sovaudit()
        .current_dir(folder.path())
        .args(["scan", "--output", "json=-"])
        .arg(root().join("fixtures/ai-platform/infra/ovh"))
        .output()
        .expect("runs");
    serde_json::from_slice::<Value>(&output.stdout).expect("standard output is the JSON report alone");
    assert_eq!(fs::read_dir(folder.path()).expect("is a folder").count(), 0, "no file named `-`");
    let cases: [(&[&str], &str); 6] = [
        (&["--output", "json=-", "--output", "sarif=-"], "goes where another output goes"),
        (&["--output", "markdown=."], "names a folder"),
        (&["--output", "markdown=no/such/report.md"], "does not exist"),
        (&["--threads", "0"], "invalid value '0' for '--threads <N>'"),
        (&["--platform", "linux/amd64"], "`--platform` is for images"),
        (&["--insecure-registry", "localhost"], "`--insecure-registry` is for images"),
    ];
    for (arguments, wanted) in cases {
        let (code, _, error) = scan(&[&["fixtures/ai-platform"], arguments].concat());
        assert_eq!(code, 2, "{arguments:?}");
        assert!(error.contains(wanted), "{arguments:?}: {error}");
    }
}

#[test]
fn jurisdictions_are_read_in_any_case_and_once() {
    let run = |without: &str| {
        sovaudit().args(["simulate", "--without", without, "fixtures/ai-platform"]).output().expect("runs")
    };
    let output = run("US,us,USA");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("Without US: "));
    let output = run("US,ZZ");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`--without ZZ` is neither a country"));
}

#[test]
fn completions_and_manual_pages_are_written() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = sovaudit().args(["completions", shell]).output().expect("runs").stdout;
        assert!(String::from_utf8_lossy(&script).contains("sovaudit"), "{shell}");
    }
    for (words, title) in [(&[][..], ".TH sovaudit 1"), (&["scan"], ".TH sovaudit-scan 1"), (&["rules", "list"], ".SH")]
    {
        let page = sovaudit().arg("man").args(words).output().expect("runs").stdout;
        assert!(String::from_utf8_lossy(&page).contains(title), "{words:?}");
    }
    sovaudit().args(["man", "scann"]).assert().code(2).stderr(predicates::str::contains("no command `scann`"));
}

/// Cargo reads the scanned tree's configuration, which can name a program to run.
#[test]
#[cfg(unix)]
fn nothing_of_the_scanned_tree_is_executed() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("is in a folder")).expect("creates");
        fs::write(path, text).expect("writes");
    };
    let marker = folder.path().join("ran");
    write("wrapper.sh", &format!("#!/bin/sh\ntouch '{}'\nexec \"$@\"\n", marker.display()));
    fs::set_permissions(folder.path().join("wrapper.sh"), fs::Permissions::from_mode(0o755)).expect("sets");
    write(
        ".cargo/config.toml",
        &format!("[build]\nrustc-wrapper = \"{}\"\n", folder.path().join("wrapper.sh").display()),
    );
    write("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
    write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n");
    write("src/lib.rs", "");
    assert_eq!(scan_folder(folder.path()).0, 0);
    assert!(!marker.exists(), "a program of the scanned tree ran");
}

fn classify(what: &str, to: &str) -> String {
    let output =
        sovaudit().args(["classify", what, "--to", to, "--as-of", "2026-11-23"]).output().expect("the binary runs");
    String::from_utf8(output.stdout).expect("output is UTF-8")
}

/// Embargoes were not evaluated, and the answer was that no licence is needed.
#[test]
fn embargoed_destinations_need_a_licence_whatever_the_product() {
    for (to, section) in [
        ("CU", "746.2"),
        ("IR", "746.7"),
        ("KP", "746.4"),
        ("SY", "746.9"),
        ("RU", "746.8(a)(1)"),
        ("BY", "746.8(a)(1)"),
    ] {
        for what in ["nvidia-t4", "nvidia-h100-sxm", "nvidia-h20-nvl16"] {
            let text = classify(what, to);
            assert!(text.contains(&format!("licence required (enforced): 15 CFR {section}")), "{what} to {to}: {text}");
            assert!(text.contains(&format!("\n  to {to}        licence required")), "{what} to {to}: {text}");
        }
        // where the designer sits elsewhere, whether the law applies is another question
        let text = classify("huawei-310p", to);
        assert!(text.contains("not evaluated: 15 CFR 746"), "{to}: {text}");
        assert!(text.contains("embargoed or specially controlled destination"), "{to}: {text}");
        assert!(text.contains(&format!("\n  to {to}        indeterminate")), "{to}: {text}");
    }
    let text = classify("nvidia-t4", "UA");
    assert!(text.contains("licence required for UA-43 (Crimea)") && text.contains("no licence required elsewhere"));
    assert!(classify("nvidia-t4", "FR").contains("no licence required by the clauses evaluated"));
}

/// Letters to companies are in no printed rule; the answer said nothing of them.
#[test]
fn letters_to_companies_are_told_or_said_not_to_be_evaluated() {
    let text = classify("nvidia-h20", "CN");
    assert!(text.contains("is-informed letter 2025-04-09") && text.contains("to CN        licence required"), "{text}");
    let text = classify("nvidia-rtx-4090-d", "CN");
    assert!(text.contains("letters to companies are not"), "{text}");
    assert!(!classify("nvidia-rtx-4090-d", "FR").contains("letters"));
}

/// Legal names of parties that are known were not.
#[test]
fn known_parties_are_known_by_their_legal_names() {
    let seat = |name: &str| {
        let output = sovaudit()
            .args(["classify", "nvidia-h100-sxm", "--to", "DE", "--as-of", "2026-11-23", "--end-user", name])
            .args(["--format", "json"])
            .output()
            .expect("the binary runs");
        String::from_utf8(output.stdout).expect("output is UTF-8")
    };
    for (name, seat_of) in [
        ("Hetzner Online GmbH", "Hetzner is headquartered in DE"),
        ("OVH SAS", "OVHcloud is headquartered in FR"),
        ("OVH Groupe SA", "OVHcloud is headquartered in FR"),
        ("Amazon Web Services EMEA SARL", "is headquartered in US"),
    ] {
        let text = seat(name);
        assert!(text.contains(seat_of), "{name}: {text}");
    }
    let text = seat("Hetzner Muster GmbH");
    assert!(!text.contains("Hetzner is headquartered"), "{text}");
}

#[test]
fn a_place_behind_a_listed_name_may_be_a_daughter() {
    for name in ["Huawei Technologies Deutschland GmbH", "Huawei Technologies Germany"] {
        let output = sovaudit().args(["screen", name, "--kind", "organisation", "--as-of", "2026-11-23"]).output();
        let output = output.expect("the binary runs");
        let text = String::from_utf8(output.stdout).expect("output is UTF-8");
        assert!(text.contains("weak") && text.contains("US-EL"), "{name}: {text}");
        assert!(output.status.success(), "a question is no answer: {text}");
    }
    let output = sovaudit()
        .args(["classify", "nvidia-h100-sxm", "--to", "DE", "--as-of", "2026-11-23"])
        .args(["--end-user", "Huawei Technologies Deutschland GmbH"])
        .output()
        .expect("the binary runs");
    let text = String::from_utf8(output.stdout).expect("output is UTF-8");
    assert!(text.contains("Huawei Technologies"), "{text}");
    let output = sovaudit().args(["screen", "Golden Star Hamburg GmbH", "--as-of", "2026-11-23"]).output();
    let text = String::from_utf8(output.expect("the binary runs").stdout).expect("output is UTF-8");
    assert!(text.contains("nothing found"), "{text}");
}

#[test]
fn near_names_of_machines_and_systems_are_proposed() {
    for (what, near) in
        [("NC24ads_A100_v4", "`standard_nc24ads_a100_v4`"), ("HGX B2000", "`b200`"), ("DGX B3000", "`b300`")]
    {
        let output = sovaudit().args(["classify", what]).output().expect("the binary runs");
        let text = String::from_utf8(output.stderr).expect("output is UTF-8");
        assert!(text.contains("did you mean") && text.contains(near), "{what}: {text}");
    }
}

/// `0 of 0 workloads`, raw package URLs, and two lines that say the same.
#[test]
fn plans_say_what_differs_and_no_share_of_nothing() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let list = "GPU,Qty,Country,Owner,Refresh date\nNVIDIA H100 80GB HBM3,8,HK,Inspur,2029-03-01\n\
                Ascend 910B,8,HK,Inspur,2029-03-01\n";
    fs::write(folder.path().join("assets.csv"), list).expect("writes");
    let plan = |folder: &Path| {
        let output = sovaudit().arg("plan").arg(folder).args(["--as-of", "2026-11-23"]).output().expect("runs");
        let text = String::from_utf8(output.stdout).expect("output is UTF-8");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let text = plan(folder.path());
    assert!(!text.contains("of 0 workloads") && text.contains("Today"), "{text}");
    let words = "critical controlled-accelerator-destination: ";
    let said: Vec<&str> = text.split(words).skip(1).collect();
    let mut apart: Vec<&str> =
        said.iter().map(|rest| rest.split(" (needs a decision").next().unwrap_or(rest)).collect();
    let all = apart.len();
    apart.sort_unstable();
    apart.dedup();
    assert_eq!(apart.len(), all, "{text}");
    let folder = tempfile::TempDir::new().expect("a folder");
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: store}\nspec:\n  containers:\n  - name: store\n    \
               image: quay.io/minio/minio:RELEASE.2024-10-02T17-50-41Z\n";
    fs::write(folder.path().join("pod.yaml"), pod).expect("writes");
    let text = plan(folder.path());
    assert!(text.contains("quay.io/minio/minio:RELEASE") && !text.contains("repository_url"), "{text}");
}

#[test]
fn only_the_chosen_scanners_look_and_the_report_says_so() {
    let kinds = |only: &[&str]| {
        let (_, out, error) = scan(&[&["fixtures/ai-platform", "--format", "json"], only].concat());
        let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{error}"));
        let names = |value: &Value| -> Vec<String> {
            value.as_array().into_iter().flatten().map(|one| one.as_str().unwrap_or_default().to_owned()).collect()
        };
        let kinds =
            report["coverage"]["components"].as_object().expect("is a table").keys().cloned().collect::<Vec<_>>();
        (kinds, names(&report["coverage"]["only"]))
    };
    let (all, said) = kinds(&[]);
    assert!(all.iter().any(|kind| kind == "service") && said.is_empty(), "{all:?} {said:?}");
    let (some, said) = kinds(&["--only", "packages,sbom"]);
    assert!(some.iter().any(|kind| kind == "package") && !some.iter().any(|kind| kind == "service"), "{some:?}");
    assert_eq!(said, ["packages", "sbom"]);
    let (_, table, _) = scan(&["fixtures/ai-platform", "--only", "package-lock"]);
    assert!(table.contains("Only looked for: package-lock (--only); nothing else was read"), "{table}");
    let plan = sovaudit().args(["plan", "fixtures/ai-platform", "--only", "packages, sbom"]).output().expect("runs");
    let told = String::from_utf8_lossy(&plan.stderr).into_owned();
    assert!(told.contains("note: only packages, sbom is looked for"), "{told}");
    let (code, _, error) = scan(&["fixtures/ai-platform", "--only", "pakages"]);
    assert!(code == 2 && error.contains("did you mean `packages`?"), "{error}");
}

/// A workspace of two members that needs nothing from a registry.
fn cargo_workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("lies in a folder")).expect("is made");
        fs::write(path, text).expect("is written");
    };
    write("Cargo.toml", "[workspace]\nmembers = [\"api\", \"core\"]\nresolver = \"2\"\n");
    let package = |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
    write("api/Cargo.toml", &(package("api") + "[dev-dependencies]\ncore = { path = \"../core\" }\n"));
    write("core/Cargo.toml", &package("core"));
    write("api/src/lib.rs", "");
    write("core/src/lib.rs", "");
    let entry = |name: &str, needs: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"0.1.0\"\n{needs}\n");
    write(
        "Cargo.lock",
        &format!("version = 3\n\n{}{}", entry("api", "dependencies = [\n \"core\",\n]\n"), entry("core", "")),
    );
    folder
}

#[test]
fn cargo_is_asked_only_for_trusted_trees() {
    let folder = cargo_workspace();
    let stated_by = |arguments: &[&str]| -> Vec<String> {
        let mut command = sovaudit();
        for name in ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        let output = command.arg("scan").arg(folder.path()).args(["--format", "json"]).args(arguments).output();
        let report: Value = serde_json::from_slice(&output.expect("the binary runs").stdout).expect("is JSON");
        assert!(report["diagnostics"].as_array().is_some_and(Vec::is_empty), "{}", report["diagnostics"]);
        let rows = report["relations"].as_array().expect("is a list").iter();
        let between = rows.filter(|row| row["from"] == "project:api" && row["to"] == "project:core");
        let seen = between.flat_map(|row| row["evidence"].as_array().into_iter().flatten());
        seen.filter_map(|one| one["scanner"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(stated_by(&[]), ["cargo-toml"]);
    assert_eq!(stated_by(&["--trust-workspace"]), ["cargo-metadata", "cargo-toml"]);
}

#[test]
fn a_repository_without_a_name_has_its_owner() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |text: &str| fs::write(folder.path().join("requirements.txt"), text).expect("is written");
    write("git+https://github.com/taiga-family/maskito.git@v3.0.0\n");
    let (code, out, _) = scan_folder(folder.path());
    assert!(code == 1 && out.contains("sanctioned-owner"), "{out}");
}
