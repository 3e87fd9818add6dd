//! The gate: words and their limits, what it tells, decisions, and the integrations' own command lines.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use sovaudit::parse::Node;

use crate::cli::{root, sovaudit};

/// A lock file in which our own package asks for `@example/forms`, which asks for a sanctioned bank's package.
const TRANSITIVE: &str = r#"{
  "name": "shop",
  "lockfileVersion": 3,
  "packages": {
    "": {"name": "shop", "dependencies": {"@example/forms": "2.1.0"}},
    "node_modules/@example/forms": {"version": "2.1.0", "dependencies": {"@maskito/core": "^3.0.0"}},
    "node_modules/@maskito/core": {"version": "3.2.1"}
  }
}
"#;

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("writes");
    }
    folder
}

fn scan(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = sovaudit()
        .arg("scan")
        .arg(folder)
        .args(["--as-of", "2026-11-23"])
        .args(arguments)
        .output()
        .expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn report(folder: &Path, arguments: &[&str]) -> Value {
    let (_, out, error) = scan(folder, &[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("no report: {error}"))
}

fn code(folder: &Path, words: &str) -> Option<i32> {
    scan(folder, &["--fail-on", words]).0
}

#[test]
fn words_take_limits() {
    let transitive = tree(&[("package-lock.json", TRANSITIVE)]);
    assert_eq!(code(transitive.path(), "sanctioned"), Some(1));
    assert_eq!(code(transitive.path(), "sanctioned:any"), Some(1));
    assert_eq!(code(transitive.path(), "sanctioned:direct"), Some(0));
    assert_eq!(code(transitive.path(), "critical:direct"), Some(0));
    // the word means every listed party, the worse kind too
    assert_eq!(code(transitive.path(), "listed"), Some(1));
    assert_eq!(code(transitive.path(), "listed:direct,sanctioned"), Some(1));
    let direct = tree(&[(
        "package-lock.json",
        &TRANSITIVE.replace("@example/forms\": \"2.1.0\"}", "@maskito/core\": \"3.2.1\"}"),
    )]);
    assert_eq!(code(direct.path(), "sanctioned:direct"), Some(1));
    // losing the maintainer of a held package stops nothing, losing an operator does at once
    assert_eq!(code(transitive.path(), "sanctioned:immediate"), Some(0));
    let service = root().join("fixtures/ai-platform");
    assert_eq!(code(&service, "export-control"), Some(1));
    assert_eq!(code(&service, "export-control:SOON"), Some(2));
}

#[test]
fn an_unknown_word_or_limit_is_a_usage_error() {
    let folder = tree(&[("requirements.txt", "a==1\n")]);
    let (code, _, error) = scan(folder.path(), &["--fail-on", "sanctoned"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("did you mean `sanctioned`?") && error.contains("owned-by-listed"), "{error}");
    let (code, _, error) = scan(folder.path(), &["--fail-on", "sanctioned:soon"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("`soon` is no limit") && error.contains("next-deploy"), "{error}");
}

#[test]
fn control_from_a_refused_state_has_a_word_of_its_own() {
    let folder = tree(&[("requirements.txt", "example @ git+https://gitee.com/example/example.git@v1.0\n")]);
    let defense = |words: &str| scan(folder.path(), &["--profile", "us-defense", "--fail-on", words]);
    let (_, out, _) = defense("refused-jurisdiction");
    // shown, and counted as asked for; who runs the host is not checked well enough to fail a build
    assert!(out.contains("refused-git-source") && out.contains("2 high not counted"), "{out}");
    assert_eq!(defense("sanctioned").0, Some(0));
    assert_eq!(scan(folder.path(), &["--profile", "neutral", "--fail-on", "refused-jurisdiction"]).0, Some(0));
}

/// Each word fails a build that it is made for, and a limit keeps it from others.
#[test]
fn every_word_can_fail_a_build() {
    let cloud = tree(&[("main.tf", "resource \"alicloud_db_instance\" \"d\" {}\n")]);
    let unknown = tree(&[("requirements.txt", "a-package-of-nobody==1.0\n")]);
    let transitive = tree(&[("package-lock.json", TRANSITIVE)]);
    let case = |name: &str| root().join("fixtures/cases").join(name);
    let fails = |folder: &Path, profile: &str, words: &str| {
        let (code, out, error) = scan(folder, &["--profile", profile, "--fail-on", words]);
        assert!(code == Some(0) || out.contains("Gate: FAILED"), "{words}: {out}{error}");
        code == Some(1)
    };
    for (folder, profile, words, wanted) in [
        (transitive.path(), "eu", "sanctioned", true),
        (transitive.path(), "eu", "critical", true),
        (&*case("kaspersky"), "eu", "listed", true),
        (&*case("kaspersky"), "eu", "sanctioned", false),
        (&*case("model-server"), "eu", "owned-by-listed", true),
        (&*case("kaspersky"), "eu", "owned-by-listed", false),
        (cloud.path(), "us-defense", "refused-jurisdiction", true),
        (cloud.path(), "eu", "refused-jurisdiction", false),
        // an operator is lost at once, a publisher of a held package never
        (cloud.path(), "us-defense", "refused-jurisdiction:immediate", true),
        (transitive.path(), "eu", "sanctioned:next-refresh", false),
        (unknown.path(), "eu", "unknown-owner", true),
        (unknown.path(), "eu", "unknown-owner:direct", true),
        (transitive.path(), "eu", "unknown-owner:direct", true),
        (unknown.path(), "eu", "info", true),
        (unknown.path(), "eu", "low", false),
        (unknown.path(), "eu", "none", false),
    ] {
        assert_eq!(fails(folder, profile, words), wanted, "--fail-on {words} from {profile} of {}", folder.display());
    }
}

/// Party, list, entry, date, law, the way in with its line, and the ways out.
#[test]
fn a_failure_is_told_whole() {
    let folder = tree(&[("package-lock.json", TRANSITIVE)]);
    let (code, out, _) = scan(folder.path(), &["--fail-on", "sanctioned"]);
    assert_eq!(code, Some(1));
    for words in [
        "Fails     npm/@maskito/core@3.2.1 (sanctioned-owner, --fail-on sanctioned)",
        "US-SDN entry OFAC:44259, JSC Tinkoff Bank, 2023-07-20",
        "Reg. 269/2014 Annex I",
        "Way in    .  (package-lock.json)",
        "depends on npm/@example/forms@2.1.0  (package-lock.json:5:43)",
        "depends on npm/@maskito/core@3.2.1  (package-lock.json:6:74)",
        "Ways out  update, replace or remove npm/@example/forms@2.1.0",
        "            [[waiver]]\n            fingerprint = \"",
    ] {
        assert!(out.contains(words), "`{words}` is missing in\n{out}");
    }
    let widest = out.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    assert!(widest <= 80, "{widest} columns in\n{out}");
}

#[test]
fn sarif_carries_the_entry_and_the_path() {
    let folder = tree(&[("package-lock.json", TRANSITIVE)]);
    let (_, out, _) = scan(folder.path(), &["--format", "sarif"]);
    let sarif: Value = serde_json::from_str(&out).expect("is JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let result = results.iter().find(|result| result["ruleId"] == "sanctioned-owner").expect("is found");
    assert_eq!(result["properties"]["listed"][0]["list"], "US-SDN");
    assert_eq!(result["properties"]["direct"], false);
    let flow = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().expect("a path");
    assert!(flow.len() >= 4, "root, two packages, the party: {flow:#?}");
}

/// Decisions on every entry of the finding of the sample tree.
fn decisions(folder: &Path, verdict: &str, more: &str, life: &str) -> String {
    let all = report(folder, &["--fail-on", "none"]);
    let findings = all["findings"].as_array().expect("findings");
    let finding = findings.iter().find(|finding| finding["rule"] == "sanctioned-owner").expect("is found");
    let mut text = String::new();
    for (at, entry) in finding["listed"].as_array().expect("entries").iter().enumerate() {
        let word = |key: &str| entry[key].as_str().expect("a word").to_owned();
        text.push_str(&format!(
            "[[decision]]\nid = \"d-{at}\"\nverdict = \"{verdict}\"\nreason = \"another company\"\ndecided-by = \"a.analyst\"\n\
             decided-on = 2026-11-01\nexpires-on = {life}\n{more}\n\
             subject = {{ name = \"{}\", country = \"RU\" }}\nentry = {{ list = \"{}\", id = \"{}\", sha256 = \"{}\" }}\n\n",
            word("about"), word("list"), word("id"), word("digest")
        ));
    }
    text
}

#[test]
fn a_decision_holds_until_the_entry_changes_or_its_day_passes() {
    let folder = tree(&[("package-lock.json", TRANSITIVE)]);
    let outside = tempfile::tempdir().expect("a temporary folder");
    let file = outside.path().join("decisions.toml");
    let good = decisions(folder.path(), "false-positive", "", "2027-05-01");
    let run = |text: &str, day: &str| {
        fs::write(&file, text).expect("writes");
        let output = sovaudit()
            .arg("scan")
            .arg(folder.path())
            .args(["--fail-on", "sanctioned", "--as-of", day, "--decisions"])
            .arg(&file)
            .output()
            .expect("runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, out, error) = run(&good, "2026-11-23");
    assert_eq!(code, Some(0), "{out}{error}");
    assert!(out.contains("1 decided by analysts") && out.contains("d decided by an analyst"), "{out}");
    let (code, out, _) = run(&good, "2027-05-02");
    assert_eq!(code, Some(1));
    assert!(out.contains("decision d-0 of a.analyst does not hold: its last day has passed"), "{out}");
    // a digest of another entry: what was decided is not what stands there now
    let digest = good.split("sha256 = \"").nth(1).and_then(|rest| rest.get(..64)).expect("a digest").to_owned();
    let (code, out, _) = run(&good.replace(&digest, &"0".repeat(64)), "2026-11-23");
    assert_eq!(code, Some(1));
    assert!(out.contains("does not hold: the entry has changed since"), "{out}");
    // one entry of several decided is not enough
    let first = good.split("[[decision]]").nth(1).expect("one");
    assert_eq!(run(&format!("[[decision]]{first}"), "2026-11-23").0, Some(1));
    // a file in the scanned tree decides nothing by itself
    fs::write(folder.path().join("decisions.toml"), &good).expect("writes");
    assert_eq!(scan(folder.path(), &["--fail-on", "sanctioned"]).0, Some(1));
}

#[test]
fn a_decision_needs_what_reviewers_ask_for() {
    let folder = tree(&[("package-lock.json", TRANSITIVE)]);
    let outside = tempfile::tempdir().expect("a temporary folder");
    let file = outside.path().join("decisions.toml");
    let refused = |text: &str| {
        fs::write(&file, text).expect("writes");
        let (code, _, error) = scan(folder.path(), &["--decisions", &file.display().to_string()]);
        assert_eq!(code, Some(2), "{error}");
        error
    };
    let two = "approved-by = \"b.reviewer\"";
    for (verdict, more, life, words) in [
        ("accepted-risk", "", "2026-12-01", "needs `approved-by`"),
        ("accepted-risk", "approved-by = \"a.analyst\"", "2026-12-01", "another person"),
        ("accepted-risk", two, "2026-12-01", "needs `licence`"),
        ("accepted-risk", "approved-by = \"b\"\nlicence = \"GL 1\"", "2027-05-01", "90 days at most"),
        ("true-match", "", "2026-12-01", "needs `approved-by`"),
        ("false-positive", "", "2028-01-01", "366 days at most"),
        ("false-positive", "", "2026-10-01", "366 days at most"),
    ] {
        let error = refused(&decisions(folder.path(), verdict, more, life));
        assert!(error.contains(words) && error.contains("decisions.toml:2:6"), "{error}");
    }
    let good = decisions(folder.path(), "false-positive", "", "2027-05-01");
    assert!(
        refused(&good.replace("reason = \"another company\"", "reason = \" \"")).contains("`reason` must not be empty")
    );
    assert!(refused(&good.replace("US-SDN", "US-SND")).contains("there is no list `US-SND`"));
    assert!(refused(&good.replace("d-1", "d-0")).contains("its id stands twice"));
    assert!(refused("[[decision]]\nid = 3\n").contains("decisions.toml:2"));
}

/// The example of the documents is a file that is read.
#[test]
fn the_documented_decision_is_read() {
    let text = fs::read_to_string(root().join("docs/screening.md")).expect("is there");
    let example = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let folder = tree(&[("decisions.toml", example), ("requirements.txt", "requests==2.32.0\n")]);
    let file = folder.path().join("decisions.toml").display().to_string();
    let (code, out, error) = scan(folder.path(), &["--decisions", &file]);
    assert_eq!(code, Some(0), "{error}");
    assert!(out.contains("decision 2026-11-23-001 of a.analyst speaks of nothing here"), "{out}");
}

/// Runs a shell script of an integration in a folder, with the built program on the path.
#[expect(clippy::disallowed_methods, reason = "the integrations' own command lines are run")]
fn shell(script: &str, folder: &Path, variables: &[(&str, &str)]) -> Output {
    let program = assert_cmd::cargo::cargo_bin("sovaudit");
    let path = format!("{}:/usr/bin:/bin", program.parent().expect("a folder").display());
    Command::new("bash")
        .args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script])
        .env_clear()
        .env("PATH", path)
        .envs(variables.iter().copied())
        .current_dir(folder)
        .output()
        .expect("bash runs")
}

fn yaml(name: &str) -> Node {
    let text = fs::read_to_string(root().join(name)).expect("is there");
    let mut parsed = sovaudit::parse::yaml::yaml(&text);
    assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
    parsed.documents.remove(0)
}

/// The script of the action, run as a runner does: inputs as variables, outputs into a file.
#[test]
fn the_github_action_runs() {
    let action = yaml("action.yml");
    let steps = action.at(&["runs", "steps"]).expect("steps").list();
    let step = steps.iter().find(|step| step.text_at("id") == Some("scan")).expect("the scan");
    let script = step.text_at("run").expect("a script");
    assert!(!script.contains("${{"), "inputs are variables, never text of the script");
    let inputs = action.get("inputs").expect("inputs").entries();
    let mut variables: Vec<(String, String)> = step
        .get("env")
        .expect("variables")
        .entries()
        .iter()
        .map(|entry| {
            let value = entry.value.text().expect("an expression");
            let input = value.trim_start_matches("${{ inputs.").trim_end_matches(" }}");
            let default = inputs.iter().find(|entry| &*entry.key == input).expect("is an input").value.get("default");
            (entry.key.to_string(), default.and_then(Node::scalar).expect("a default").into_owned())
        })
        .collect();
    let folder = tree(&[("package-lock.json", TRANSITIVE)]);
    variables.push(("GITHUB_OUTPUT".to_owned(), folder.path().join("outputs").display().to_string()));
    let run = |changes: &[(&str, &str)]| {
        let kept = variables.iter().filter(|(key, _)| !changes.iter().any(|(other, _)| other == key));
        let all: Vec<(&str, &str)> =
            kept.map(|(key, value)| (key.as_str(), value.as_str())).chain(changes.iter().copied()).collect();
        shell(script, folder.path(), &all)
    };
    let failed = run(&[]);
    assert_eq!(failed.status.code(), Some(1), "{}", String::from_utf8_lossy(&failed.stderr));
    let sarif = fs::read(folder.path().join("sovaudit.sarif")).expect("is written");
    let sarif: Value = serde_json::from_slice(&sarif).expect("is JSON");
    assert!(!sarif["runs"][0]["results"].as_array().expect("results").is_empty());
    let outputs = fs::read_to_string(folder.path().join("outputs")).expect("is written");
    assert!(outputs.contains("exit-code=1\n") && outputs.contains("sarif=sovaudit.sarif\n"), "{outputs}");
    let passed = run(&[("INPUT_FAIL_ON", "none"), ("INPUT_JSON", "r.json"), ("INPUT_ARGS", "--exclude *.x --strict")]);
    assert_eq!(passed.status.code(), Some(0), "{}", String::from_utf8_lossy(&passed.stderr));
    assert!(folder.path().join("r.json").is_file());
    // what stands in an input is never run
    let hostile = run(&[("INPUT_TARGET", "$(touch run); touch run"), ("INPUT_ARGS", "; touch run")]);
    assert_eq!(hostile.status.code(), Some(2));
    assert!(!folder.path().join("run").exists());
}

#[test]
fn the_gitlab_job_runs() {
    let template = yaml("templates/sovaudit.gitlab-ci.yml");
    let variables: Vec<(&str, &str)> = template
        .get("variables")
        .expect("variables")
        .entries()
        .iter()
        .map(|entry| (&*entry.key, entry.value.text().expect("a text")))
        .collect();
    let lines = template.at(&["sovaudit", "script"]).expect("a script").list();
    let script: Vec<&str> = lines.iter().filter_map(Node::text).collect();
    let folder = tree(&[("package-lock.json", TRANSITIVE)]);
    let output = shell(&script.join("\n"), folder.path(), &variables);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    for artifact in template.at(&["sovaudit", "artifacts", "paths"]).expect("artifacts").list() {
        assert!(folder.path().join(artifact.text().expect("a path")).is_file());
    }
}

#[test]
fn the_pre_commit_hooks_run() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    assert_eq!(hooks.list().len(), 2);
    let bad = tree(&[("package-lock.json", TRANSITIVE)]);
    let good = tree(&[("requirements.txt", "requests==2.32.0\n")]);
    for hook in hooks.list() {
        let entry = hook.text_at("entry").expect("a command");
        assert_eq!(shell(entry, bad.path(), &[]).status.code(), Some(1), "{entry}");
        assert_eq!(shell(entry, good.path(), &[]).status.code(), Some(0), "{entry}");
    }
}

#[test]
fn a_waiver_holds_for_the_lists_that_it_names() {
    let folder = tree(&[("package-lock.json", TRANSITIVE)]);
    let waive = |lists: &str| {
        let text = format!(
            "[[waiver]]\nrule = \"sanctioned-owner\"\nlists = [{lists}]\nreason = \"planned\"\nowner = \"team\"\n\
             expires = 2027-01-01\n"
        );
        fs::write(folder.path().join("sovaudit.toml"), text).expect("writes");
        scan(folder.path(), &["--fail-on", "sanctioned"])
    };
    let (code, out, error) = waive("\"US-SDN\", \"EU-269\", \"UK-OFSI\"");
    assert_eq!(code, Some(0), "{out}{error}");
    // it came onto a list since
    let (code, out, _) = waive("\"US-SDN\", \"UK-OFSI\"");
    assert_eq!(code, Some(1), "{out}");
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("its waiver does not name in `lists`: EU-269"), "{out}");
    assert!(words.contains("lists = [\"EU-269\", \"UK-OFSI\", \"US-SDN\"]"), "{out}");
    assert!(words.contains("Waiver outgrown: sanctioned-owner"), "{out}");
    let (code, _, _) = waive("");
    assert_eq!(code, Some(1), "a waiver that names no list accepts no entry of one");
}

#[test]
fn of_many_components_those_that_nothing_accepts_are_told() {
    let lock = r#"{"name": "shop", "lockfileVersion": 3, "packages": {
"": {"name": "shop", "dependencies": {"@our/a": "1.0.0", "left-b": "1.0.0"}},
"node_modules/@our/a": {"version": "1.0.0"},
"node_modules/left-b": {"version": "1.0.0"}}}
"#;
    let folder = tree(&[("package-lock.json", lock)]);
    let gate = ["--fail-on", "unknown-owner"];
    let (code, out, _) = scan(folder.path(), &gate);
    assert_eq!(code, Some(1), "{out}");
    // the waiver that is printed accepts the one component that it names
    let start = out.find("[[waiver]]").expect("prints a waiver");
    let waiver: Vec<&str> = out[start..].lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let waiver = waiver.join("\n").replacen('…', "planned", 1).replacen('…', "team", 1);
    assert!(waiver.contains("subject = \"pkg:npm/%40our/a@1.0.0\""), "{waiver}");
    fs::write(folder.path().join("sovaudit.toml"), waiver).expect("writes");
    let (code, out, error) = scan(folder.path(), &gate);
    assert_eq!(code, Some(1), "{out}{error}");
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    for told in [
        "Fails 1 of 2 components, first npm/left-b@1.0.0",
        "Why 1 of 2 components are not accepted; the first: `pkg:npm/left-b@1.0.0`",
        "Way in npm/left-b@1.0.0 (package-lock.json:4:1)",
        "subject = \"pkg:npm/left-b@1.0.0\"",
    ] {
        assert!(words.contains(told), "{told}: {out}");
    }
    let (_, sarif, _) = scan(folder.path(), &[&gate[..], &["--format", "sarif"]].concat());
    let sarif: Value = serde_json::from_str(&sarif).expect("is JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("has results");
    let result = results.iter().find(|one| one["ruleId"] == "unknown-owner").expect("is among them");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 4, "{result}");
    let related = result["relatedLocations"].as_array().expect("has others");
    let is_accepted = |one: &Value| one["physicalLocation"]["region"]["startLine"] == 3;
    assert!(!related.iter().any(is_accepted), "the accepted one is not shown: {result}");
    // the other way round
    let waiver = fs::read_to_string(folder.path().join("sovaudit.toml")).expect("reads");
    fs::write(folder.path().join("sovaudit.toml"), waiver.replace("%40our/a", "left-b")).expect("writes");
    let (_, out, _) = scan(folder.path(), &gate);
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("Why 1 of 2 components are not accepted; the first: `pkg:npm/@our/a@1.0.0`"), "{out}");
}

#[test]
fn a_waiver_needs_words_of_its_own_and_an_end_within_a_year() {
    let folder = tree(&[("package-lock.json", TRANSITIVE)]);
    let waive = |reason: &str, owner: &str, expires: &str| {
        let text = format!(
            "[[waiver]]\nrule = \"sanctioned-owner\"\nlists = [\"US-SDN\", \"EU-269\", \"UK-OFSI\"]\n\
             reason = \"{reason}\"\nowner = \"{owner}\"\nexpires = {expires}\n"
        );
        fs::write(folder.path().join("sovaudit.toml"), text).expect("writes");
        scan(folder.path(), &["--fail-on", "sanctioned"])
    };
    for (reason, owner, line) in [("…", "team", 4), ("...", "team", 4), ("planned", "…", 5), ("planned", "TODO", 5)]
    {
        let (code, _, error) = waive(reason, owner, "2027-01-01");
        assert_eq!(code, Some(2), "{error}");
        assert!(error.contains(&format!("sovaudit.toml:{line}:")), "{error}");
        assert!(error.contains("still to be written"), "{error}");
    }
    assert_eq!(waive("planned", "team", "2027-11-20").0, Some(0));
    let (code, _, error) = waive("planned", "team", "2099-01-01");
    assert_eq!(code, Some(2), "{error}");
    let told = error.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("sovaudit.toml:6:") && told.contains("366 days at most, until 20"), "{error}");
}
