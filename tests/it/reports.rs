//! What people read: the gate's reasons, aggregated findings, names of findings and components, widths.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cli::{root, sovaudit};

const SAMPLE: &str = "fixtures/ai-platform";

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = sovaudit().args(arguments).output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

fn scan(arguments: &[&str]) -> (i32, String, String) {
    run(&[&["scan", "--as-of", "2026-11-23"], arguments].concat())
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&scan(&[arguments, &["--format", "json"]].concat()).1).expect("is JSON")
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).expect("can be written");
}

/// A folder with a copy of the sample's npm lock file.
fn web() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let lock = root().join(SAMPLE).join("web/package-lock.json");
    fs::copy(lock, folder.path().join("package-lock.json")).expect("copies");
    let shown = folder.path().display().to_string();
    (folder, shown)
}

#[test]
fn the_gate_says_what_it_did_not_count() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = "provider \"aws\" {\n  region = \"me-central-1\"\n}\nresource \"aws_instance\" \"gpu\" {\n  \
                instance_type = \"p6e-gb200.u36\"\n}\n";
    write(folder.path(), "main.tf", text);
    let (code, out, _) = scan(&[&folder.path().display().to_string()]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("Gate: passed") && out.contains("1 critical not counted"), "{out}");
    let (_, markdown, _) = scan(&[&folder.path().display().to_string(), "--format", "markdown"]);
    assert!(markdown.contains("1 critical not counted"), "{markdown}");
    assert!(markdown.contains("cannot fail a gate: `instance-type/aws/p6e-gb200.u36` is only recalled"), "{markdown}");
}

#[test]
fn an_aggregated_finding_tells_every_component_with_a_true_sentence() {
    let report = json(&[SAMPLE]);
    let findings = report["findings"].as_array().expect("findings");
    let finding = findings.iter().find(|finding| finding["rule"] == "foreign-registry").expect("is there");
    let members = finding["members"].as_array().expect("members");
    assert_eq!(members.len(), 10);
    let of = |part: &str| {
        let member = members.iter().find(|member| member["component"].as_str().is_some_and(|id| id.contains(part)));
        member.and_then(|member| member["message"].as_str()).unwrap_or("").to_owned()
    };
    assert!(of("aliyuncs").contains("seated in CN"), "{}", of("aliyuncs"));
    assert!(of("vllm-openai").contains("seated in US"), "{}", of("vllm-openai"));
    let (_, markdown, _) = scan(&[SAMPLE, "--format", "markdown"]);
    let (_, sarif, _) = scan(&[SAMPLE, "--format", "sarif"]);
    let sarif: Value = serde_json::from_str(&sarif).expect("is JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let result = results.iter().find(|result| result["ruleId"] == "foreign-registry").expect("is there");
    assert_eq!(result["properties"]["components"].as_array().map(Vec::len), Some(10));
    for member in members {
        assert!(markdown.contains(&format!("  - `{}`", member["label"].as_str().unwrap_or("?"))), "{member}");
    }
}

#[test]
fn a_concentration_is_about_the_jurisdiction_and_says_of_what() {
    let report = json(&[SAMPLE]);
    let findings = report["findings"].as_array().expect("findings");
    let finding = findings.iter().find(|finding| finding["rule"] == "jurisdiction-concentration").expect("is there");
    assert_eq!(finding["subject"], "jurisdiction:US");
    let message = finding["message"].as_str().unwrap_or("");
    assert!(message.contains("of 22 services, images, models and accelerators whose owner is known (4 unknown)"));
}

#[test]
fn waivers_take_the_names_that_reports_show() {
    let (folder, shown) = web();
    let config = |rule: &str, subject: &str| {
        let text = format!(
            "# ours\n[[waiver]]\nrule = \"{rule}\"\nsubject = \"{subject}\"\nreason = \"planned\"\nowner = \"team\"\nexpires = 2027-01-01\nlists = [\"US-SDN\", \"EU-269\", \"UK-OFSI\"]\n"
        );
        write(folder.path(), "sovaudit.toml", &text);
    };
    for subject in ["pkg:npm/%40maskito/core@3.2.1", "npm/@maskito/core@3.2.1", "npm/@maskito/*", "pkg:npm/@maskito/*"]
    {
        config("sanctioned-owner", subject);
        let (code, out, _) = scan(&[&shown]);
        assert_eq!(code, 0, "{subject}: {out}");
        assert!(out.contains("w accepted by a waiver") || out.contains("w waived"), "{out}");
        let next = out.split("Next:").nth(1).unwrap_or("");
        assert!(!next.contains("sanctioned-owner"), "a waived finding is not what comes next: {out}");
    }
    config("sanctioned-owner", "npm/@other/*");
    let (code, out, _) = scan(&[&shown]);
    assert_eq!(code, 1, "{out}");
    let (_, markdown, _) = scan(&[&shown, "--format", "markdown"]);
    assert!(markdown.contains("waiver unused: sanctioned-owner on npm/&#64;other/"), "{markdown}");
    config("sanctoned-owner", "npm/@maskito/*");
    let (code, _, error) = scan(&[&shown]);
    assert_eq!(code, 2);
    let wanted = "sovaudit.toml:3:1: there is no rule `sanctoned-owner`; did you mean `sanctioned-owner`?";
    assert!(error.contains(wanted), "{error}");
    config("sanctioned-owner", "npm/[maskito");
    let (code, _, error) = scan(&[&shown]);
    assert_eq!(code, 2);
    assert!(error.contains("sovaudit.toml:4:1: the subject is no glob"), "{error}");
}

#[test]
fn rules_select_by_the_names_that_reports_show() {
    let (_folder, shown) = web();
    let rules = tempfile::tempdir().expect("a temporary folder");
    let rule = |pattern: &str| {
        format!(
            "id = \"own-rule\"\nkind = \"match\"\ntitle = \"Ours\"\ncategory = \"own\"\nseverity = \"critical\"\n\
             why = \"w\"\nremedy = \"r\"\n[select]\nid = [\"{pattern}\"]\n[[source]]\ntitle = \"House rule\"\n[review]\n\
             verification = \"one-source\"\nby = 2030-01-01\n[[example]]\nname = \"a\"\nflagged = [\"requirements.txt:1\"]\n\
             files.\"requirements.txt\" = \"torch==2.4.0\"\n[[example]]\nname = \"b\"\nflagged = []\nfiles.\"requirements.txt\" = \"\"\n"
        )
    };
    for pattern in ["pkg:npm/%40maskito/core@*", "npm/@maskito/core@*", "pkg:npm/@maskito/*"] {
        write(rules.path(), "own-rule.toml", &rule(pattern));
        let (code, out, error) = scan(&[&shown, "--rules", &rules.path().display().to_string(), "--fail-on", "own"]);
        assert_eq!(code, 1, "{pattern}: {out}{error}");
    }
}

#[test]
fn a_finding_is_named_by_its_first_digits() {
    let (_folder, shown) = web();
    let (_, out, _) = scan(&[&shown]);
    let line = out.lines().find(|line| line.contains("@maskito/core")).expect("is shown");
    let digits = line.split_whitespace().nth(1).expect("mark, digits, subject");
    assert_eq!(digits.len(), 8, "{line}");
    let (code, told, error) = run(&["explain", digits, &shown]);
    assert_eq!(code, 0, "{error}");
    assert!(told.starts_with("critical sanctioned-owner:") && told.contains("T-Bank"), "{told}");
    let (code, _, error) = run(&["explain", "00000000", &shown]);
    assert_eq!(code, 2);
    assert!(error.contains("no finding with the fingerprint"), "{error}");
}

#[test]
fn what_raises_a_severity_is_said() {
    let report = json(&[SAMPLE]);
    let findings = report["findings"].as_array().expect("findings");
    let finding = findings.iter().find(|finding| finding["rule"] == "foreign-control").expect("is there");
    let notes = finding["notes"].to_string();
    assert!(notes.contains("severity high instead of the rule's medium: its loss would be felt at once"), "{notes}");
    let (_, list, _) = run(&["rules", "list"]);
    assert!(list.contains("medium..high     foreign-control [foreign-control]"), "{list}");
    let (_, page, _) = run(&["explain", "foreign-control"]);
    assert!(page.contains("Severity differs: `high` where its loss would be felt at once."), "{page}");
}

#[test]
fn undecided_questions_and_folders_left_out_are_told() {
    let (folder, shown) = web();
    fs::create_dir(folder.path().join(".tox")).expect("creates");
    let (_, out, _) = scan(&[&shown]);
    let line = out.split("Not decided: no owner is known (2 components: ").nth(1).unwrap_or("");
    assert!(line.split(')').next().is_some_and(|names| names.split(',').count() == 2), "{out}");
    assert!(out.contains("Not entered: .tox"), "{out}");
    let (_, markdown, _) = scan(&[&shown, "--format", "markdown"]);
    assert!(markdown.contains("no owner is known (2 components: "), "{markdown}");
    assert!(markdown.contains("- folder not entered: `.tox`"), "{markdown}");
}

#[test]
fn an_empty_folder_is_told_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (code, out, _) = scan(&[&folder.path().display().to_string()]);
    assert_eq!(code, 0);
    assert!(out.contains("Nothing was recognised here") && out.contains("docs/scanners.md"), "{out}");
    assert!(!out.contains("\n\n\n"), "{out:?}");
    let (_, out, _) = scan(&[SAMPLE]);
    assert!(!out.contains("Nothing was recognised") && !out.contains("\n\n\n"), "{out:?}");
}

#[test]
fn lookups_of_accelerators_are_predictable() {
    let classify = |words: &str| run(&[&["classify"], &words.split(' ').collect::<Vec<_>>()[..]].concat());
    for (words, product) in [
        ("nvidia-h200-sxm --to AE", "(nvidia-h200-sxm)"),
        ("RTX 4090 --to CN", "(nvidia-rtx-4090)"),
        ("h20 --to China", "(nvidia-h20)"),
        ("10de:2330", "(nvidia-h100-sxm)"),
        ("p5.48xlarge", "(nvidia-h100-sxm)"),
        ("mi300x", "(amd-mi300x)"),
    ] {
        let (code, out, error) = classify(words);
        assert_eq!(code, 0, "{words}: {error}");
        assert!(out.contains(product), "{words}: {out}");
    }
    let (code, out, error) = classify("dgx");
    assert_eq!((code, out.as_str()), (2, ""), "several products are never chosen from");
    assert!(error.contains("`dgx` can mean 12 products") && error.contains("nvidia-h100-sxm"), "{error}");
    for (family, product, other) in
        [("h100", "(nvidia-h100-nvl)", "h200"), ("a100", "(nvidia-a100-pcie-80)", "maia100")]
    {
        let (code, out, error) = classify(family);
        assert_eq!(code, 0, "one answer holds for all of {family}: {error}");
        assert!(
            out.contains("what follows holds for all of") && out.contains(product) && !out.contains(other),
            "{out}"
        );
    }
    let (code, out, error) = classify("nvidia-h200-sxm --to XX");
    assert_eq!((code, out.as_str()), (2, ""), "nothing is printed before the mistake: {error}");
    assert!(error.contains("`--to XX` is no country"), "{error}");
}

#[test]
fn lines_fit_and_names_stay_whole() {
    let commands: [&[&str]; 8] = [
        &["scan", SAMPLE, "--as-of", "2026-11-23"],
        &["simulate", "--without", "US", SAMPLE],
        &["plan", SAMPLE],
        &["explain", "sanctioned-owner"],
        &["explain", "openai/api", SAMPLE],
        &["classify", "nvidia-h200-sxm", "--to", "AE"],
        &["providers", "compare"],
        &["rules", "list"],
    ];
    for command in commands {
        let (_, out, error) = run(command);
        assert!(!out.is_empty(), "{command:?}: {error}");
        for line in out.lines().filter(|line| line.chars().count() > 80) {
            // a name is never broken
            let longest = line.split_whitespace().map(str::len).max().unwrap_or(0);
            assert!(longest > 60, "{command:?}: {line}");
        }
    }
    let (_, out, _) = scan(&[SAMPLE]);
    assert!(out.contains("critical  controlled-accelerator-destination\n"), "{out}");
    let (_, one, _) = run(&["plan", SAMPLE]);
    assert!(one.contains("unknown-owner: 11 components, first "), "{one}");
    assert!(!one.contains("(1 changes)") && !one.contains("(1 findings") && !one.contains(" 1 findings"), "{one}");
}

/// Every format tells which rules, profiles and facts an added folder replaced, and by which file.
#[test]
fn replaced_rules_are_told_in_every_format() {
    let (folder, shown) = web();
    let rules = folder.path().join("own");
    fs::create_dir(&rules).expect("can be made");
    let text = fs::read_to_string(root().join("rules/findings/sanctions/sanctioned-owner.toml")).expect("is there");
    write(&rules, "sanctioned-owner.toml", &text.replace("critical", "info"));
    let profile = fs::read_to_string(root().join("rules/profiles/eu.toml")).expect("is there");
    write(&rules, "chair.toml", &profile);
    write(
        &rules,
        "list.toml",
        "[[list]]\nid = \"US-SDN\"\npublisher = \"p\"\neffect = \"e\"\nconsequence = \"warn\"\n\
         consequence_text = \"c\"\njurisdiction = \"US\"\nsource = \"s\"\nverification = \"recalled\"\n",
    );
    // the folder may come with the scanned tree itself
    write(folder.path(), "sovaudit.toml", "rules = [\"own\"]\n");
    let told = [
        ("rule/sanctioned-owner", "sanctioned-owner.toml"),
        ("profile/eu", "chair.toml"),
        ("list/US-SDN", "list.toml"),
    ];
    for format in ["table", "markdown", "json", "sarif"] {
        let (_, out, error) = scan(&[&shown, "--format", format]);
        let flat = out.split_whitespace().collect::<Vec<_>>().join(" ");
        for (entry, file) in told {
            assert!(flat.contains(entry) && flat.contains(file), "{format}: {entry} by {file}\n{out}{error}");
        }
    }
    let report = json(&[&shown]);
    let entries: Vec<&Value> = report["overrides"].as_array().expect("overrides").iter().collect();
    assert_eq!(entries.len(), 3, "{entries:#?}");
    assert!(
        entries.iter().all(|row| row["layer"].as_str().is_some_and(|layer| layer.ends_with("own"))),
        "{entries:#?}"
    );
}

/// Rules carry the worst severity of their results, and the gate's own facts are notifications.
#[test]
fn sarif_tells_what_the_gate_knows() {
    let (folder, shown) = web();
    let waiver = |rule: &str, expires: &str| {
        format!("[[waiver]]\nrule = \"{rule}\"\nreason = \"tried\"\nowner = \"team\"\nexpires = {expires}\n")
    };
    let text = [waiver("sanctioned-owner", "2026-01-01"), waiver("no-gitops", "2027-01-01")].concat();
    write(folder.path(), "sovaudit.toml", &text);
    let sarif = |arguments: &[&str]| -> Value {
        serde_json::from_str(&scan(&[arguments, &["--format", "sarif"]].concat()).1).expect("is JSON")
    };
    let log = sarif(&[&shown]);
    let notes = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().expect("notifications");
    let of = |id: &str| {
        let found = notes.iter().find(|note| note["descriptor"]["id"] == id);
        found.and_then(|note| note["message"]["text"].as_str()).unwrap_or_default()
    };
    assert!(of("gate/waiver-expired").contains("sanctioned-owner (owner team, until 2026-01-01"), "{notes:#?}");
    assert!(of("gate/waiver-unused").contains("no-gitops"), "{notes:#?}");
    assert_eq!(log["runs"][0]["properties"]["gate"]["passed"], false);

    for profile in ["eu", "us-defense"] {
        let log = sarif(&[SAMPLE, "--profile", profile]);
        let run = &log["runs"][0];
        for rule in run["tool"]["driver"]["rules"].as_array().expect("rules") {
            let number = |value: &Value| {
                value["properties"]["security-severity"].as_str().and_then(|text| text.parse::<f64>().ok())
            };
            let results = run["results"].as_array().expect("results").iter();
            let worst = results.filter(|result| result["ruleId"] == rule["id"]).filter_map(number).fold(-1.0, f64::max);
            assert_eq!(number(rule), Some(worst), "{profile}: {}", rule["id"]);
        }
    }
}

/// A report written to a device replaced the device by a file.
#[cfg(unix)]
#[test]
fn a_device_is_written_to_and_stays_one() {
    use std::os::unix::fs::FileTypeExt as _;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pipe = folder.path().join("pipe");
    // a pipe stands for every thing that is no file: its reader gets the whole report
    assert_cmd::Command::new("mkfifo").arg(&pipe).assert().success();
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).expect("the report")
    });
    let (code, _, error) = scan(&[SAMPLE, "--fail-on", "none", "--output", &format!("json={}", pipe.display())]);
    assert_eq!(code, 0, "{error}");
    let text = reader.join().expect("reads");
    assert!(text.starts_with('{') && text.trim_end().ends_with('}'));
    assert!(fs::symlink_metadata(&pipe).expect("is there").file_type().is_fifo());
}

/// Findings that say the same of many components are told together, each with its place and fingerprint.
#[test]
fn findings_that_are_alike_stand_together_in_markdown() {
    use std::fmt::Write as _;
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = "provider \"aws\" {\n  region = \"us-east-1\"\n}\n".to_owned();
    (0..12).for_each(|at| {
        write!(text, "resource \"aws_s3_bucket\" \"b{at:02}\" {{\n  bucket = \"b{at:02}\"\n}}\n").expect("is memory");
    });
    write(folder.path(), "main.tf", &text);
    let shown = folder.path().display().to_string();
    let found = json(&[&shown]);
    let (_, markdown, _) = scan(&[&shown, "--format", "markdown"]);
    assert!(markdown.contains(", 12 findings alike\n"), "{markdown}");
    let findings = found["findings"].as_array().expect("is a list");
    for finding in findings {
        let print = finding["fingerprint"].as_str().expect("is text");
        assert_eq!(markdown.matches(print).count(), 1, "{print}: {markdown}");
    }
    let sections = markdown.matches("\n### ").count();
    assert!(sections < findings.len() && findings.len() >= 12, "{sections} of {}", findings.len());
    // every bucket keeps its line
    (1..=12).for_each(|at| assert!(markdown.contains(&format!("main.tf:{}:", at * 3 + 1)), "{at}: {markdown}"));
}

/// What must keep running is more than workloads: the numbers say of what they are.
#[test]
fn what_must_keep_running_is_told_by_its_kinds() {
    let folder = tempfile::tempdir().expect("a folder");
    write(
        folder.path(),
        "main.tf",
        "provider \"aws\" {\n  region = \"us-east-1\"\n}\nresource \"aws_lambda_function\" \"f\" {\n  function_name = \"f\"\n}\n",
    );
    write(
        folder.path(),
        "pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: [{name: a, image: \"nvcr.io/nvidia/x:1\"}]\n",
    );
    let shown = folder.path().display().to_string();
    let told = "2 units (1 running service, 1 workload)";
    let (_, table, _) = scan(&[&shown]);
    assert!(table.contains(&format!("of {told}")) && table.contains("1 workload"), "{table}");
    let (_, markdown, _) = scan(&[&shown, "--format", "markdown"]);
    assert!(markdown.contains(&format!("What must keep running: {told}.")), "{markdown}");
    let (_, out, _) = run(&["simulate", "--without", "US", &shown, "--as-of", "2026-11-23"]);
    assert!(out.starts_with(&format!("Without US: {told}\n")), "{out}");
}
