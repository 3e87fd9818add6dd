//! What findings and simulations rest on, seen from the command line.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cli::sovaudit;

pub(crate) fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("can be made");
        fs::write(path, text).expect("can be written");
    }
    folder
}

pub(crate) fn report(folder: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let output = sovaudit()
        .arg("scan")
        .arg(folder)
        .args(["--as-of", "2026-11-23", "--format", "json"])
        .args(more)
        .output()
        .expect("the binary runs");
    let value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code(), value)
}

pub(crate) fn findings<'r>(report: &'r Value, rule: &str) -> Vec<&'r Value> {
    let all = report["findings"].as_array().expect("findings");
    all.iter().filter(|finding| finding["rule"] == rule).collect()
}

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app\nspec:\n  template:\n    spec:\n      \
                          containers:\n        - name: app\n          image: registry.own.example/app@sha256:00\n";

#[test]
fn a_workload_without_a_known_cluster_is_not_said_to_survive() {
    let two = "provider \"aws\" {\n  region = \"eu-central-1\"\n}\nresource \"aws_eks_cluster\" \"a\" {\n  name = \"a\"\n}\n\
               resource \"aws_eks_cluster\" \"b\" {\n  name = \"b\"\n}\n";
    let folder = tree(&[("k8s/app.yaml", DEPLOYMENT), ("main.tf", two)]);
    let simulate = |folder: &Path| {
        let output = sovaudit().args(["simulate", "--without", "US"]).arg(folder).output().expect("the binary runs");
        String::from_utf8(output.stdout).expect("is UTF-8")
    };
    let text = simulate(folder.path());
    assert!(text.contains("Not known") && text.contains("Survives: 0 of 1"), "{text}");
    // one cluster leaves no choice
    let one =
        "provider \"aws\" {\n  region = \"eu-central-1\"\n}\nresource \"aws_eks_cluster\" \"a\" {\n  name = \"a\"\n}\n";
    let folder = tree(&[("k8s/app.yaml", DEPLOYMENT), ("main.tf", one)]);
    let text = simulate(folder.path());
    assert!(text.contains("Stops at once") && text.contains("runs-on aws_eks_cluster.a"), "{text}");
}

#[test]
fn a_class_that_rests_on_a_recalled_machine_cannot_fail_the_gate() {
    let at = |machine: &str| {
        let text = format!(
            "provider \"aws\" {{\n  region = \"me-central-1\"\n}}\nresource \"aws_instance\" \"gpu\" {{\n  instance_type = \"{machine}\"\n}}\n"
        );
        let folder = tree(&[("main.tf", &text)]);
        let (code, report) = report(folder.path(), &[]);
        let found = findings(&report, "controlled-accelerator-destination");
        assert_eq!(found.len(), 1, "{machine}: {report:#}");
        (code, found[0]["may_gate"].as_bool())
    };
    assert_eq!(at("p5.48xlarge"), (Some(1), Some(true)));
    assert_eq!(at("p6e-gb200.u36"), (Some(0), Some(false)));
}

#[test]
fn a_second_file_that_names_a_known_component_opens_nothing() {
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"@maskito/core": "1"}},
        "node_modules/@maskito/core": {"version": "3.2.1"}}}"#;
    let one = tree(&[("web/package-lock.json", lock)]);
    let (_, before) = report(one.path(), &[]);
    let baseline = one.path().join("baseline.json");
    fs::write(&baseline, before.to_string()).expect("can be written");
    let two = tree(&[("a-app/package-lock.json", lock), ("web/package-lock.json", lock)]);
    let (code, _) = report(two.path(), &["--baseline", &baseline.display().to_string()]);
    assert_eq!(code, Some(0), "the baseline still covers it");
}

/// A compose file with images that nothing pins.
fn unpinned(names: &[&str]) -> String {
    let services = names.iter().map(|name| format!("  {name}:\n    image: registry.example.org/{name}:1\n"));
    format!("services:\n{}", services.collect::<String>())
}

#[test]
fn a_baseline_knows_the_members_of_a_finding_about_several() {
    let before = tree(&[("compose.yaml", &unpinned(&["left", "right"]))]);
    let (_, known) = report(before.path(), &[]);
    let baseline = before.path().join("baseline.json");
    fs::write(&baseline, known.to_string()).expect("can be written");
    let with = |names: &[&str]| {
        let after = tree(&[("compose.yaml", &unpinned(names))]);
        let asked = ["--baseline", &baseline.display().to_string(), "--fail-on", "image-not-pinned"];
        let (code, report) = report(after.path(), &asked);
        (code, findings(&report, "image-not-pinned")[0].clone())
    };
    assert_eq!(with(&["left", "right"]).0, Some(0));
    assert_eq!(with(&["right"]).0, Some(0), "one less of several is known");
    let (code, finding) = with(&["left", "middle", "right"]);
    assert_eq!(code, Some(1), "{finding:#}");
    let reason = finding["state_reason"].as_str().unwrap_or("");
    assert!(
        reason.contains("not in the baseline: registry.example.org/middle:1") && !reason.contains("left"),
        "{reason}"
    );
    let states: Vec<_> = finding["members"].as_array().expect("several").iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["baseline", "open", "baseline"]);
}

#[test]
fn a_waiver_accepts_the_members_that_it_names() {
    let with = |subject: &str| {
        let waiver = format!(
            "[[waiver]]\nrule = \"image-not-pinned\"\nsubject = \"{subject}\"\nreason = \"planned\"\n\
             owner = \"team\"\nexpires = 2099-01-01\n"
        );
        let folder = tree(&[("compose.yaml", &unpinned(&["left", "right"])), ("sovaudit.toml", &waiver)]);
        let (code, report) = report(folder.path(), &["--fail-on", "image-not-pinned"]);
        (code, findings(&report, "image-not-pinned")[0].clone())
    };
    let (code, finding) = with("registry.example.org/left:1");
    assert_eq!(code, Some(1), "{finding:#}");
    let reason = finding["state_reason"].as_str().unwrap_or("");
    assert!(reason.contains("not accepted: registry.example.org/right:1"), "{reason}");
    assert_eq!(finding["members"][0]["state"], "waived");
    let (code, finding) = with("registry.example.org/*");
    assert_eq!((code, finding["state"].as_str()), (Some(0), Some("waived")));
}

#[test]
fn projects_that_lock_the_same_version_are_told_apart() {
    let lock = |resolved: &str, needs: &str| {
        format!(
            r#"{{"lockfileVersion": 3, "packages": {{"": {{"dependencies": {{"top": "1"}}}},
            "node_modules/top": {{"version": "1.0.0"{needs}}},
            "node_modules/left": {{"version": "1.0.0", "resolved": "https://{resolved}/left/-/left-1.0.0.tgz"}}}}}}"#
        )
    };
    let folder = tree(&[
        ("a/package-lock.json", &lock("registry.npmjs.org", "")),
        ("b/package-lock.json", &lock("registry.npmmirror.com", r#", "dependencies": {"left": "1"}"#)),
    ]);
    let (_, report) = report(folder.path(), &[]);
    let found = findings(&report, "foreign-mirror");
    assert_eq!(found.len(), 1, "{report:#}");
    assert_eq!(found[0]["primary"]["path"], "b/package-lock.json");
    assert_eq!(found[0]["witness"][0]["component"], "project:b");
    let output =
        sovaudit().args(["explain", "pkg:npm/left@1.0.0"]).arg(folder.path()).output().expect("the binary runs");
    let text = String::from_utf8(output.stdout).expect("is UTF-8");
    assert!(text.contains("b -> pkg:npm/top@1.0.0 -> pkg:npm/left@1.0.0"), "{text}");
    assert!(!text.contains("a -> pkg:npm/top@1.0.0 -> pkg:npm/left@1.0.0"), "{text}");
}

#[test]
fn every_way_to_a_package_is_told_the_shortest_first() {
    let lock = r#"{"name": "shop", "lockfileVersion": 3, "packages": {
        "": {"name": "shop", "dependencies": {"a": "1", "c": "1"}},
        "node_modules/a": {"version": "1.0.0", "dependencies": {"b": "1"}},
        "node_modules/b": {"version": "1.0.0", "dependencies": {"left": "1"}},
        "node_modules/c": {"version": "1.0.0", "dependencies": {"left": "1"}},
        "node_modules/left": {"version": "1.0.0"}}}"#;
    let folder = tree(&[("package-lock.json", lock)]);
    let explain = |what: &str, more: &[&str]| {
        let output = sovaudit().args(["explain", what]).arg(folder.path()).args(more).output().expect("runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned(), output.stderr)
    };
    let (code, out, _) = explain("pkg:npm/left@1.0.0", &["--format", "json"]);
    assert_eq!(code, Some(0));
    let told: Value = serde_json::from_str(&out).expect("is JSON");
    let ways: Vec<Vec<&str>> = told["paths"]
        .as_array()
        .expect("paths")
        .iter()
        .map(|path| path.as_array().expect("steps").iter().filter_map(|step| step["component"].as_str()).collect())
        .collect();
    let root = ways[0][0];
    let short = [root, "pkg:npm/c@1.0.0", "pkg:npm/left@1.0.0"];
    let long = [root, "pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0", "pkg:npm/left@1.0.0"];
    assert_eq!(ways, [&short[..], &long[..]], "{out}");
    assert_eq!(told["more_paths"], false);
    // by the name that people use
    for name in ["left", "npm/left", "left@1.0.0"] {
        let (code, out, error) = explain(name, &[]);
        assert_eq!(code, Some(0), "{}", String::from_utf8_lossy(&error));
        assert!(out.contains("Why it is here (2 ways, shortest first):"), "{out}");
    }
    let (code, _, error) = explain("nowhere", &[]);
    let error = String::from_utf8_lossy(&error).into_owned();
    assert!(code == Some(2) && error.contains("`nowhere` is neither a rule nor a component"), "{error}");
}

#[test]
fn a_copy_that_is_checked_in_is_fetched_from_nowhere() {
    let module = ("svc/go.mod", "module example.org/svc\n\ngo 1.24\n\nrequire github.com/x/y v1.0.0\n");
    let sums = ("svc/go.sum", "github.com/x/y v1.0.0 h1:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=\n");
    let list = ("svc/vendor/modules.txt", "# github.com/x/y v1.0.0\n## explicit\ngithub.com/x/y\n");
    let other = ("other/go.mod", "module example.org/other\n\ngo 1.24\n\nrequire github.com/x/y v1.0.0\n");
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"left": "1"}}, "node_modules/left": {"version": "1.0.0"}}}"#;
    let web = ("package-lock.json", lock);
    let installed = ("node_modules/left/package.json", r#"{"name": "left", "version": "1.0.0"}"#);
    let ignored = (".gitignore", "node_modules/\n");
    let hosts = |files: &[(&str, &str)]| {
        let folder = tree(files);
        let found = findings(&report(folder.path(), &[]).1, "foreign-package-host").len();
        let output =
            sovaudit().args(["simulate", "--without", "US"]).arg(folder.path()).output().expect("the binary runs");
        let text = String::from_utf8(output.stdout).expect("is UTF-8");
        (found, text)
    };
    let held = hosts(&[module, sums, list]);
    assert!(held.0 == 0 && held.1.contains("Survives: 1 of 1"), "{held:?}");
    assert!(hosts(&[module, sums]).0 == 1, "without a copy it is fetched");
    let other = hosts(&[module, sums, list, other]);
    assert!(other.0 == 1, "another project has to fetch it: {other:?}");
    assert_eq!(hosts(&[web, installed]).0, 0);
    assert_eq!(hosts(&[web, installed, ignored]).0, 1, "what is not checked in is made anew");
}

#[cfg(unix)]
#[test]
fn a_configuration_cannot_reach_out_of_the_scanned_folder() {
    let secret = tree(&[("secret.toml", "password = \"hunter2\"\n")]);
    let folder = tree(&[("requirements.txt", "torch==2.4.0\n")]);
    std::os::unix::fs::symlink(secret.path().join("secret.toml"), folder.path().join("sovaudit.toml"))
        .expect("can be linked");
    let output = sovaudit().arg("scan").arg(folder.path()).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("hunter2"));
    for rules in ["/etc", "../other"] {
        let folder = tree(&[("sovaudit.toml", &format!("rules = [\"{rules}\"]\n"))]);
        let output = sovaudit().arg("scan").arg(folder.path()).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(2), "{rules}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("--rules"), "says what to do");
    }
}

#[test]
fn planning_grows_with_the_system_and_not_faster() {
    let tables = |count: usize| {
        let mut text = "provider \"aws\" {\n  region = \"eu-central-1\"\n}\n".to_owned();
        (0..count).for_each(|at| {
            text.push_str(&format!("resource \"aws_dynamodb_table\" \"t{at}\" {{\n  name = \"t{at}\"\n}}\n"))
        });
        let folder = tree(&[("main.tf", &text)]);
        let start = std::time::Instant::now();
        sovaudit().arg("plan").arg(folder.path()).assert().success();
        start.elapsed().as_secs_f64()
    };
    tables(50);
    let (small, large) = (tables(250), tables(1_000));
    assert!(large < small * 12.0, "four times the tables took {:.1} times the time", large / small);
}

/// Instances that `count` or `for_each` make none of gave critical findings.
#[test]
fn what_is_switched_off_is_judged_by_no_rule() {
    for switch in [
        "count = 0",
        "count = var.on ? 1 : 0",
        "for_each = toset([])",
        "for_each = { for name, on in var.pools : name => on if on }",
    ] {
        let text = format!(
            "variable \"on\" {{\n  default = false\n}}\nvariable \"pools\" {{\n  default = {{ a = false }}\n}}\n\
             provider \"aws\" {{\n  region = \"me-central-1\"\n}}\n\
             resource \"aws_instance\" \"gpu\" {{\n  {switch}\n  instance_type = \"p5.48xlarge\"\n}}\n\
             resource \"aws_eip\" \"gpu\" {{\n  {switch}\n  instance = aws_instance.gpu[0].id\n}}\n"
        );
        let folder = tree(&[("main.tf", &text)]);
        let (code, report) = report(folder.path(), &[]);
        assert_eq!(code, Some(0), "{switch}: {report:#}");
        assert_eq!(report["findings"].as_array().map(Vec::len), Some(0), "{switch}: {report:#}");
        assert_eq!(report["survival"].as_array().map(Vec::len), Some(0), "{switch}: {report:#}");
        let components = report["components"].as_array().expect("components");
        assert!(components.iter().all(|row| row["kind"] != "accelerator" && row["kind"] != "service"), "{switch}");
        let off: Vec<&Value> =
            components.iter().flat_map(|row| row["attributes"]["switched-off"].as_array()).flatten().collect();
        assert_eq!(off, ["aws_eip.gpu", "aws_instance.gpu"], "{switch}: said at the project");
    }
}

/// Google Cloud's own names of accelerators were no product, so nothing was judged.
#[test]
fn accelerators_are_known_by_the_names_of_google_cloud() {
    let guest = "guest_accelerator {\n    type  = \"nvidia-h100-80gb\"\n    count = 8\n  }\n";
    let resource = |kind: &str, place: &str, inside: &str| {
        format!("resource \"{kind}\" \"gpu\" {{\n  {place}\n  machine_type = \"n1-standard-8\"\n  {inside}}}\n")
    };
    for text in [
        resource("google_compute_instance", "zone = \"me-central2-a\"", guest),
        resource("google_compute_instance_template", "region = \"me-central2\"", guest),
        resource("google_container_node_pool", "location = \"me-central2\"", &format!("node_config {{\n  {guest}}}\n")),
        format!(
            "provider \"google\" {{\n  region = \"me-central2\"\n}}\n{}",
            resource("google_compute_instance", "", guest)
        ),
    ] {
        let folder = tree(&[("main.tf", &text)]);
        let (code, report) = report(folder.path(), &[]);
        let found = findings(&report, "controlled-accelerator-destination");
        assert_eq!(found.len(), 1, "{text}");
        assert!(found[0]["message"].as_str().is_some_and(|words| words.contains("H100 SXM5") && words.contains("SA")));
        assert_eq!(code, Some(1), "{text}");
    }
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: llm}\nspec:\n  nodeSelector: \
               {cloud.google.com/gke-accelerator: nvidia-h100-mega-80gb}\n  containers:\n  - name: llm\n    image: \
               registry.own.example/llm@sha256:00\n    resources: {limits: {nvidia.com/gpu: 8}}\n";
    let folder = tree(&[("pod.yaml", pod)]);
    let (_, report) = report(folder.path(), &[]);
    assert_eq!(findings(&report, "controlled-accelerator").len(), 1, "{report:#}");
}

/// Hosts of hosted models were known in code only, and few of them.
#[test]
fn hosted_models_are_seen_wherever_their_address_is_set() {
    let compose = "services:\n  app:\n    image: registry.own.example/app@sha256:00\n    environment:\n      \
                   LLM_URL: https://gigachat.devices.sberbank.ru/api/v1\n      NOTE: api.anthropic.com is not used\n      \
                   BACK: https://login.own.example/?next=https://api.openai.com\n  old:\n    image: \
                   registry.own.example/app@sha256:00\n    environment:\n      - LLM_HOST=api.deepseek.com\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: llm}\nspec:\n  containers:\n  - name: llm\n    image: \
               registry.own.example/llm@sha256:00\n    args: [\"--base-url=https://openrouter.ai/api/v1\"]\n    env:\n    - \
               {name: HOST, value: open.bigmodel.cn}\n    - {name: IMAGE, value: ghcr.io/example/app}\n";
    let folder = tree(&[("compose.yaml", compose), ("pod.yaml", pod)]);
    let (code, report) = report(folder.path(), &[]);
    let components = report["components"].as_array().expect("components");
    let owner = |id: &str| {
        let row = components.iter().find(|row| row["id"] == id)?;
        row["attributes"]["owner"][0].as_str()
    };
    assert_eq!(owner("api:sber/gigachat"), Some("known"));
    assert_eq!(owner("api:deepseek/api"), Some("known"));
    assert_eq!(owner("api:zhipu/api"), Some("known"));
    assert_eq!(owner("api:openrouter/api"), Some("unknown"), "its organisation is not in the catalog");
    let apis = components.iter().filter(|row| row["id"].as_str().is_some_and(|id| id.starts_with("api:"))).count();
    assert_eq!(apis, 4, "mentions and queries do not count: {components:#?}");
    assert!(!findings(&report, "sanctioned-owner").is_empty());
    assert_eq!(code, Some(1));
}

fn table(folder: &Path) -> String {
    let output = sovaudit().arg("scan").arg(folder).args(["--as-of", "2026-11-23"]).output().expect("the binary runs");
    String::from_utf8(output.stdout).expect("is UTF-8")
}

/// A GPU designed in the US and made in a Taiwanese foundry was shown as controlled from Taiwan.
#[test]
fn made_in_a_foundry_is_not_controlled_by_it() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: llm}\nspec:\n  nodeSelector: {nvidia.com/gpu.product: \
               NVIDIA-H100-80GB-HBM3}\n  containers:\n  - name: llm\n    image: registry.own.example/llm\n    \
               resources: {limits: {nvidia.com/gpu: 8}}\n";
    let folder = tree(&[("pod.yaml", pod)]);
    let text = table(folder.path());
    let line = text.lines().find(|line| line.starts_with("Controlled from")).expect("a line of shares");
    assert_eq!(line, "Controlled from   US 50%  unknown 50%");
    assert!(text.contains("If TW is cut off"), "supply is told all the same: {text}");
}

/// Components that answer to two jurisdictions made shares of more than 100 without a word; one of many was 0 %.
#[test]
fn shares_are_rounded_and_explained() {
    let mut lock = String::from("{\"lockfileVersion\": 3, \"packages\": {\"\": {}");
    for at in 0..250 {
        lock.push_str(&format!(", \"node_modules/own-helper-{at}\": {{\"version\": \"1.0.0\"}}"));
    }
    lock.push_str(", \"node_modules/@maskito/core\": {\"version\": \"3.2.1\"}}}");
    let folder = tree(&[("package-lock.json", &lock)]);
    let text = table(folder.path());
    assert!(text.contains("RU <1%") && text.contains("unknown 100%"), "{text}");
}

/// An accelerator without a known product had a blank subject.
#[test]
fn an_unknown_accelerator_has_a_name_in_the_table() {
    let guest = "resource \"google_compute_instance\" \"gpu\" {\n  machine_type = \"n1-standard-8\"\n  zone = \
                 \"europe-west4-a\"\n  guest_accelerator {\n    type = \"acme-x900\"\n    count = 1\n  }\n}\n";
    let folder = tree(&[("main.tf", guest)]);
    let text = table(folder.path());
    assert!(text.contains("acme-x900 (product not known)"), "{text}");
}

/// Two findings about two listed parties behind one component gave two identical rows.
#[test]
fn rows_of_one_component_tell_in_what_they_differ() {
    let bucket = "resource \"huaweicloud_obs_bucket\" \"z\" {\n  bucket = \"z\"\n  region = \"cn-north-4\"\n}\n";
    let gpu = "provider \"yandex\" {\n  zone = \"ru-central1-a\"\n}\nresource \"yandex_compute_instance\" \"gpu\" {\n  \
               platform_id = \"gpu-standard-v3\"\n}\n";
    let folder = tree(&[("a/main.tf", bucket), ("b/main.tf", gpu)]);
    let text = table(folder.path());
    assert!(text.contains("huaweicloud_obs_bucket.z (Huawei Cloud Computing)"), "{text}");
    assert!(text.contains("huaweicloud_obs_bucket.z (Huawei Technologies)"), "{text}");
    assert!(text.contains("yandex_compute_instance.gpu (15 CFR 746.8(a)(1)"), "{text}");
    let rows: Vec<&str> = text.lines().filter_map(|line| line.get(12..)).filter(|row| row.contains(".z (")).collect();
    let different: std::collections::BTreeSet<&str> = rows.iter().copied().collect();
    assert_eq!(rows.len(), different.len(), "{text}");
}

/// A supplier's well-known seat made a recalled supplier count as checked.
#[test]
fn a_recalled_supplier_stays_recalled() {
    let folder = tree(&[(
        "main.tf",
        "resource \"microsoft365wp_authentication_strength_policy\" \"office\" {\n  name = \"office\"\n}\n",
    )]);
    let (_, report) = report(folder.path(), &[]);
    let relations = report["relations"].as_array().expect("relations").iter();
    let marks: Vec<&str> = relations
        .filter(|relation| relation["kind"] == "provided-by" && relation["to"] == "org:microsoft")
        .flat_map(|relation| relation["evidence"].as_array().expect("evidence"))
        .filter_map(|evidence| evidence["verification"].as_str())
        .collect();
    assert_eq!(marks, ["recalled"], "{report:#}");
    let rests_on_it: Vec<&Value> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|finding| finding["rule"] == "foreign-control" && finding["may_gate"] == true)
        .collect();
    assert!(rests_on_it.is_empty(), "{rests_on_it:#?}");
}

/// A lock file of a project that fetches one package from a host.
fn fetched_from(name: &str, host: &str) -> String {
    format!(
        "{{\"name\":\"{name}\",\"lockfileVersion\":3,\"packages\":{{\"\":{{\"name\":\"{name}\",\"dependencies\":{{\"left\":\"1.0.0\"}}}},\
         \"node_modules/left\":{{\"version\":\"1.0.0\",\"resolved\":\"https://{host}/left/-/left-1.0.0.tgz\",\
         \"dependencies\":{{\"pad\":\"2.0.0\"}}}},\"node_modules/pad\":{{\"version\":\"2.0.0\",\
         \"resolved\":\"https://{host}/pad/-/pad-2.0.0.tgz\"}}}}}}"
    )
}

#[test]
fn a_project_does_not_stop_for_the_host_of_another() {
    let folder = tree(&[
        ("near/package-lock.json", &fetched_from("near", "registry.npmjs.org")),
        ("far/package-lock.json", &fetched_from("far", "registry.npmmirror.com")),
    ]);
    let story = |without: &str| {
        let output =
            sovaudit().args(["simulate", "--without", without]).arg(folder.path()).output().expect("the binary runs");
        String::from_utf8(output.stdout).expect("is UTF-8")
    };
    for (without, stopped, left) in [("CN", "far", "near"), ("US", "near", "far")] {
        let text = story(without);
        assert!(text.contains("Survives: 1 of 2"), "{text}");
        let (stops, survives) = text.split_once("Survives").expect("both are told");
        assert!(stops.contains(stopped) && !stops.contains(left), "{text}");
        assert!(survives.contains(left), "{text}");
    }
}

/// Who calls a service in one region does not stop with the region of another, and a service of an operator that nobody knows
/// is not known to go on.
#[test]
fn one_service_in_two_regions_is_two_uses() {
    let call = |region: &str| {
        format!("import boto3\nboto3.client(\"bedrock-runtime\", region_name=\"{region}\").converse()\n")
    };
    let (west, east) = (call("eu-west-1"), call("ap-northeast-1"));
    let folder = tree(&[
        ("a/main.py", &west),
        ("b/main.py", &east),
        ("c/main.py", "import replicate\nreplicate.run(\"a/b\")\n"),
    ]);
    let output = sovaudit()
        .args(["simulate", "--without", "JP", "--format", "json"])
        .arg(folder.path())
        .output()
        .expect("the binary runs");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("is JSON");
    let fates = told["fates"].as_array().or_else(|| told["simulations"][0]["fates"].as_array());
    let fates = fates.unwrap_or_else(|| panic!("no fates: {told}"));
    let stops =
        |id: &str| fates.iter().find(|row| row["workload"] == id).map(|row| row["stops"].as_str().unwrap_or(""));
    assert_eq!(stops("project:a"), Some("none"), "{told}");
    assert_eq!(stops("project:b"), Some("immediate"), "{told}");
    assert_eq!(stops("project:c"), Some("unknown"), "{told}");
}

#[test]
fn what_is_to_be_removed_is_not_held_besides() {
    let text = "module acme.example/x\ngo 1.22\nrequire (\n\tgithub.com/sberdevices/foo v0.1.0\n\t\
                github.com/example/bar v0.1.0\n)\n";
    let folder = tree(&[("go.mod", text)]);
    let output = sovaudit().arg("plan").arg(folder.path()).args(["--as-of", "2026-11-23"]).output().expect("runs");
    let out = String::from_utf8(output.stdout).expect("is UTF-8");
    let told = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("remove or replace `pkg:golang/github.com/sberdevices/foo@v0.1.0`"), "{out}");
    assert!(told.contains("hold `pkg:golang/github.com/example/bar@v0.1.0` in a registry"), "{out}");
    assert_eq!(told.matches("sberdevices/foo").count(), 1, "{out}");
}
