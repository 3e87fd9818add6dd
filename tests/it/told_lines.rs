//! What commands tell of single lines: where a registry is set, the file of a way in, why somebody is linked.

use serde_json::Value;

use crate::cli::sovaudit;
use crate::judging::tree;

const DAY: &str = "2026-11-23";

/// What a command says of a tree of files.
fn said(files: &[(&str, &str)], command: &[&str]) -> String {
    let folder = tree(files);
    let output = sovaudit().args(command).arg(folder.path()).args(["--as-of", DAY]).output().expect("runs");
    String::from_utf8(output.stdout).expect("is UTF-8")
}

/// The lines that the plan names for changes of a subject.
fn lines_of(files: &[(&str, &str)], subject: &str) -> Vec<String> {
    let plan: Value = serde_json::from_str(&said(files, &["plan", "--format", "json"])).expect("is JSON");
    let waves = plan["waves"].as_array().expect("waves").iter();
    let actions = waves.flat_map(|wave| wave["actions"].as_array().expect("actions"));
    let own = actions.filter(|action| action["subject"] == subject && action["action"] == "mirror");
    own.flat_map(|action| action["settings"].as_array().expect("settings"))
        .map(|line| line.as_str().expect("is text").to_owned())
        .collect()
}

const LOCK: &str = r#"{"name": "app", "lockfileVersion": 3, "packages": {
  "": {"name": "app", "dependencies": {"left": "1.0.0"}},
  "node_modules/left": {"version": "1.0.0"}
}}"#;

#[test]
fn a_plan_names_the_setting_that_leads_to_a_mirror() {
    let npmrc = "# ours\nregistry=https://registry.npmmirror.com/\n";
    let left = "pkg:npm/left@1.0.0";
    assert_eq!(lines_of(&[("package-lock.json", LOCK), (".npmrc", npmrc)], left), [".npmrc:2:1"]);
    // the lock file has the address, and the setting beside it is why
    let address = r#""version": "1.0.0", "resolved": "https://registry.npmmirror.com/left/-/left-1.0.0.tgz""#;
    let resolved = LOCK.replace(r#""version": "1.0.0""#, address);
    assert_eq!(lines_of(&[("web/package-lock.json", &resolved), ("web/.npmrc", npmrc)], left), ["web/.npmrc:2:1"]);
    // of somebody else's setting nothing is said, and a lock file is written anew
    let scoped = "@corp:registry=https://registry.npmmirror.com/\n";
    assert_eq!(lines_of(&[("package-lock.json", &resolved), (".npmrc", scoped)], left), [""; 0]);
    let text = said(&[("package-lock.json", LOCK), (".npmrc", npmrc)], &["plan"]);
    assert!(text.contains("where it is set: .npmrc:2"), "{text}");
}

#[test]
fn a_plan_names_lines_of_indexes_and_sources() {
    let mirror = "https://pypi.tuna.tsinghua.edu.cn/simple";
    let requirements = format!("--index-url {mirror}\ntorch==2.4.0\n");
    let torch = "pkg:pypi/torch@2.4.0";
    assert_eq!(lines_of(&[("requirements.txt", &requirements)], torch), ["requirements.txt:1:1"]);
    let conf = format!("[global]\nindex-url = {mirror}\n");
    let found = lines_of(&[("requirements.txt", "torch==2.4.0\n"), ("pip.conf", &conf)], torch);
    assert!(matches!(found.as_slice(), [line] if line.starts_with("pip.conf:2:")), "{found:?}");
    let uv = format!(
        "[project]\nname = \"a\"\ndependencies = [\"torch\"]\n[[tool.uv.index]]\nurl = \"{mirror}\"\ndefault = true\n"
    );
    let found = lines_of(&[("pyproject.toml", &uv)], "pkg:pypi/torch");
    assert!(matches!(found.as_slice(), [line] if line.starts_with("pyproject.toml:5:")), "{found:?}");
}

#[test]
fn a_plan_names_lines_of_commands() {
    let text =
        "FROM scratch\nENV PIP_INDEX_URL=https://pypi.tuna.tsinghua.edu.cn/simple\nRUN pip install torch==2.4.0\n";
    let found = lines_of(&[("Dockerfile", text)], "pkg:pypi/torch@2.4.0");
    assert!(matches!(found.as_slice(), [line] if line.starts_with("Dockerfile:2:")), "{found:?}");
    let found = lines_of(&[("Dockerfile", text)], "host:pypi.tuna.tsinghua.edu.cn");
    assert!(matches!(found.as_slice(), [line] if line.starts_with("Dockerfile:2:")), "{found:?}");
    let own = "x @ https://pypi.tuna.tsinghua.edu.cn/packages/x-1.0.tar.gz\n";
    assert_eq!(lines_of(&[("requirements.txt", own)], "pkg:pypi/x@1.0"), ["requirements.txt:1:1"]);
}

#[test]
fn the_way_in_names_the_bill_that_says_it() {
    let bill = |name: &str, supplier: &str| {
        format!(
            r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [
  {{"type": "library", "name": "{name}", "version": "1.0.0", "purl": "pkg:npm/{name}@1.0.0"{supplier}}}]}}"#
        )
    };
    let first = bill("left", "");
    let distributed = r#", "externalReferences": [{"type": "distribution", "url": "https://registry.npmmirror.com/right/-/right-1.0.0.tgz"}]"#;
    let second = bill("right", distributed);
    let report: Value =
        serde_json::from_str(&said(&[("a.cdx.json", &first), ("b.cdx.json", &second)], &["scan", "--format", "json"]))
            .expect("is JSON");
    let findings = report["findings"].as_array().expect("findings").iter();
    let own: Vec<&Value> = findings
        .filter(|finding| finding["rule"] == "foreign-mirror" && finding["subject"] == "pkg:npm/right@1.0.0")
        .collect();
    assert_eq!(own.len(), 1, "{:#}", report["findings"]);
    for step in own[0]["witness"].as_array().expect("witness").iter().filter(|step| !step["place"].is_null()) {
        assert_eq!(step["place"]["path"], "b.cdx.json", "{:#}", own[0]["witness"]);
    }
}

#[test]
fn a_link_by_a_mail_address_is_told_as_one() {
    let bill = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [{"type": "library", "name": "x", "version": "1", "purl": "pkg:npm/x@1", "authors": [{"name": "A", "email": "a@sber.ru"}]}]}"#;
    let text = said(&[("bom.json", bill)], &["explain", "pkg:npm/x@1"]);
    assert!(text.contains("maintainer: Sber"), "{text}");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("a hint only: an author or maintainer has a mail address at sber.ru"), "{text}");
    let by_name = bill.replace(r#""authors": [{"name": "A", "email": "a@sber.ru"}]"#, r#""publisher": "Sberbank""#);
    let text = said(&[("bom.json", &by_name)], &["explain", "pkg:npm/x@1"]);
    assert!(!text.contains("a hint only"), "{text}");
}

#[test]
fn the_nearest_setting_that_speaks_of_a_package_is_named() {
    let mirror = "https://registry.npmmirror.com/";
    let of_all = format!("registry={mirror}\n");
    let of_scope = format!("@corp:registry={mirror}\n");
    let files = [
        (".npmrc", of_all.as_str()),
        ("web/.npmrc", &of_scope),
        ("web/package.json", r#"{"dependencies": {"left": "^1.0.0"}}"#),
        // npm does not look above its lock file, Yarn does
        ("web/yarn.lock", "# yarn lockfile v1\n\n\nleft@^1.0.0:\n  version \"1.0.0\"\n"),
    ];
    let lines = lines_of(&files, "pkg:npm/left@1.0.0");
    assert!(lines.iter().any(|line| line.starts_with(".npmrc:1")), "{lines:?}");
}
