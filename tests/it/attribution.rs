//! From component to organisation: one line for every kind of key, conflicts, mail addresses, names, attestations.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cli::sovaudit;

/// An invented organisation that has every kind of key, and one that has nothing to do with it.
const RULES: &str = r#"
[[organisation]]
id = "acme"
name = "Acme Works GmbH"
kind = "company"
country = "DE"
keys = [
  { type = "github", value = "acme-code", gate = true },
  { type = "gitlab", value = "acme-lab", gate = true },
  { type = "gitee", value = "acme-cn", gate = true },
  { type = "codeberg", value = "acme-berg", gate = true },
  { type = "bitbucket", value = "acme-bit", gate = true },
  { type = "git", value = "git.host.example/acme", gate = true },
  { type = "npm", value = "@acme", gate = true },
  { type = "pypi", value = "acme-sdk", gate = true },
  { type = "cargo", value = "acme-rs", gate = true },
  { type = "crates-user", value = "acme-account", gate = true },
  { type = "golang", value = "go.acme.example", gate = true },
  { type = "maven", value = "com.acme", gate = true },
  { type = "nuget", value = "Acme.", prefix = true, gate = true },
  { type = "registry", value = "registry.acme.example", gate = true },
  { type = "registry", value = "docker.io/acme", gate = true },
  { type = "huggingface", value = "acme-ai", gate = true },
  { type = "huggingface", value = "acme-hf", gate = true },
  { type = "modelscope", value = "acme-ms", gate = true },
  { type = "terraform", value = "acme-cloud", gate = true },
  { type = "domain", value = "acme.example", gate = true },
]
source = "invented"
verification = "two-source"

[[organisation]]
id = "other"
name = "Other"
kind = "company"
country = "FR"
keys = [{ type = "github", value = "other", gate = true }, { type = "domain", value = "mail.example", gate = true }]
source = "invented"
verification = "two-source"

[[organisation_alias]]
organisation = "acme"
name = "Acme Instruments"
source = "invented"
verification = "one-source"
"#;

/// The report of a tree of files, with the invented organisations.
pub(crate) fn report(files: &[(&str, &str)]) -> Value {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let rules = tempfile::tempdir().expect("a temporary folder");
    fs::write(rules.path().join("mine.toml"), RULES).expect("writes");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or_else(|| Path::new("."))).expect("creates");
        fs::write(path, text).expect("writes");
    }
    let output = sovaudit()
        .arg("scan")
        .arg(folder.path())
        .args(["--as-of", "2026-11-23", "--format", "json", "--rules"])
        .arg(rules.path())
        .output()
        .expect("runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// `kind confidence entry` of every link between components whose id contains a word and an organisation.
fn links(report: &Value, component: &str, organisation: &str) -> Vec<String> {
    let rows = report["relations"].as_array().expect("relations").iter();
    let rows = rows.filter(|row| row["from"].as_str().is_some_and(|from| from.contains(component)));
    let rows = rows.filter(|row| row["to"] == format!("org:{organisation}"));
    let told = rows.flat_map(|row| {
        let cited = row["evidence"].as_array().expect("evidence").iter();
        cited.map(|one| {
            let text = |key: &str| one[key].as_str().unwrap_or("?").to_owned();
            format!("{} {} {}", row["kind"].as_str().unwrap_or("?"), text("confidence"), text("entry"))
        })
    });
    told.collect()
}

/// What a line shows: the kind of key, a file, its text, a word of the component's id, and the link.
type Line = (&'static str, &'static str, &'static str, &'static str, &'static str);

const LINES: [Line; 26] = [
    (
        "ModelScope account",
        "a.py",
        "from modelscope import snapshot_download\nsnapshot_download(\"acme-ms/x\")\n",
        "model:modelscope/",
        "maintained-by certain organisation/acme key modelscope:acme-ms",
    ),
    (
        "ModelScope account of the name of another hub's: a hint",
        "a.py",
        "from modelscope import snapshot_download\nsnapshot_download(\"acme-hf/x\")\n",
        "model:modelscope/",
        "maintained-by possible organisation/acme key huggingface:acme-hf",
    ),
    (
        "GitHub organisation",
        ".gitmodules",
        "[submodule \"a\"]\n path = a\n url = https://github.com/acme-code/x.git\n",
        "repository:",
        "maintained-by certain organisation/acme key github:acme-code",
    ),
    (
        "GitLab group",
        ".gitmodules",
        "[submodule \"a\"]\n path = a\n url = git@gitlab.com:acme-lab/x.git\n",
        "repository:",
        "maintained-by certain organisation/acme key gitlab:acme-lab",
    ),
    (
        "Gitee account",
        ".gitmodules",
        "[submodule \"a\"]\n path = a\n url = https://gitee.com/acme-cn/x\n",
        "repository:",
        "maintained-by certain organisation/acme key gitee:acme-cn",
    ),
    (
        "Codeberg account",
        ".gitmodules",
        "[submodule \"a\"]\n path = a\n url = https://codeberg.org/acme-berg/x\n",
        "repository:",
        "maintained-by certain organisation/acme key codeberg:acme-berg",
    ),
    (
        "Bitbucket workspace",
        ".gitmodules",
        "[submodule \"a\"]\n path = a\n url = https://bitbucket.org/acme-bit/x\n",
        "repository:",
        "maintained-by certain organisation/acme key bitbucket:acme-bit",
    ),
    (
        "namespace of another git host",
        ".gitmodules",
        "[submodule \"a\"]\n path = a\n url = https://git.host.example/acme/x\n",
        "repository:",
        "maintained-by certain organisation/acme key git:git.host.example/acme",
    ),
    (
        "git host under a domain",
        ".gitmodules",
        "[submodule \"a\"]\n path = a\n url = https://git.acme.example/team/x\n",
        "repository:",
        "maintained-by possible organisation/acme key domain:acme.example",
    ),
    (
        "npm scope",
        "package-lock.json",
        r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"@acme/x": "1.0.0"}}, "node_modules/@acme/x": {"version": "1.0.0"}}}"#,
        "pkg:npm",
        "maintained-by certain organisation/acme key npm:@acme",
    ),
    (
        "PyPI project",
        "requirements.txt",
        "acme-sdk==1.0.0\n",
        "pkg:pypi",
        "maintained-by certain organisation/acme key pypi:acme-sdk",
    ),
    (
        "crate",
        "Cargo.lock",
        "version = 4\n[[package]]\nname = \"acme-rs\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n",
        "pkg:cargo",
        "maintained-by certain organisation/acme key cargo:acme-rs",
    ),
    (
        "Go module prefix",
        "go.mod",
        "module example.org/app\ngo 1.23\nrequire go.acme.example/tools/x v1.0.0\n",
        "pkg:golang",
        "maintained-by certain organisation/acme key golang:go.acme.example",
    ),
    (
        "Maven group prefix",
        "pom.xml",
        "<project><groupId>a</groupId><artifactId>b</artifactId><version>1</version><dependencies><dependency><groupId>com.acme.data</groupId><artifactId>x</artifactId><version>1.0</version></dependency></dependencies></project>",
        "pkg:maven",
        "maintained-by certain organisation/acme key maven:com.acme",
    ),
    (
        "NuGet prefix",
        "packages.config",
        "<packages><package id=\"Acme.Data\" version=\"1.0.0\" /></packages>",
        "pkg:nuget",
        "maintained-by certain organisation/acme key nuget:Acme.",
    ),
    (
        "registry host",
        "Dockerfile",
        "FROM registry.acme.example/base:1\n",
        "host:registry.acme.example",
        "provided-by certain organisation/acme key registry:registry.acme.example",
    ),
    (
        "registry namespace",
        "Dockerfile",
        "FROM acme/base:1\n",
        "pkg:oci",
        "maintained-by certain organisation/acme key registry:docker.io/acme",
    ),
    (
        "model organisation",
        "a.py",
        "from transformers import AutoModel\nAutoModel.from_pretrained(\"acme-ai/small\")\n",
        "model:",
        "maintained-by certain organisation/acme key huggingface:acme-ai",
    ),
    (
        "data set organisation",
        "bom.json",
        r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [{"type": "data", "name": "acme-ai/corpus", "purl": "pkg:huggingface/acme-ai/corpus@1"}]}"#,
        "acme-ai/corpus",
        "maintained-by certain organisation/acme key huggingface:acme-ai",
    ),
    (
        "Terraform provider namespace",
        "main.tf",
        "terraform {\n  required_providers {\n    acme = { source = \"acme-cloud/acme\" }\n  }\n}\n",
        "pkg:terraform",
        "maintained-by certain organisation/acme key terraform:acme-cloud",
    ),
    (
        "API host",
        "bom.json",
        r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [{"type": "library", "name": "x", "version": "1", "purl": "pkg:generic/x@1?download_url=https://api.acme.example/x.tgz"}]}"#,
        "host:api.acme.example",
        "provided-by certain organisation/acme key domain:acme.example",
    ),
    (
        "mail domain of an author",
        "bom.json",
        r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [{"type": "library", "name": "x", "version": "1", "purl": "pkg:npm/x@1", "authors": [{"name": "A", "email": "a@acme.example"}]}]}"#,
        "pkg:npm",
        "maintained-by possible organisation/acme mail of an author at acme.example",
    ),
    (
        "supplier",
        "bom.json",
        r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [{"type": "library", "name": "x", "version": "1", "purl": "pkg:npm/x@1", "supplier": {"name": "ACME Works, Inc."}}]}"#,
        "pkg:npm",
        "maintained-by likely organisation/acme by the name ACME Works, Inc.",
    ),
    (
        "manufacturer, by another name",
        "bom.json",
        r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [{"type": "library", "name": "x", "version": "1", "purl": "pkg:npm/x@1", "manufacturer": {"name": "Acme Instruments AG"}}]}"#,
        "pkg:npm",
        "maintained-by likely organisation/acme by the name Acme Instruments AG",
    ),
    (
        "vendor of an operating system package",
        "bom.json",
        r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [{"type": "library", "name": "x", "version": "1", "purl": "pkg:rpm/x@1", "supplier": {"name": "Acme Works GmbH <https://acme.example>"}}]}"#,
        "pkg:rpm",
        "maintained-by likely organisation/acme by the name Acme Works GmbH <https://acme.example>",
    ),
    (
        "Gaia-X participant",
        "gaia-x.json",
        r#"{"@graph": [{"type": "gx:LegalParticipant", "id": "did:web:gx.acme.example", "gx:legalName": "Acme Works GmbH"}, {"type": "gx:ServiceOffering", "gx:name": "Store", "gx:providedBy": {"id": "did:web:gx.acme.example"}}]}"#,
        "service:gaia-x",
        "provided-by certain organisation/acme key domain:acme.example",
    ),
];

#[test]
fn every_kind_of_key_leads_to_its_organisation() {
    for (kind, file, text, component, wanted) in LINES {
        let report = report(&[(file, text)]);
        let found = links(&report, component, "acme");
        assert!(found.iter().any(|link| link == wanted), "{kind}: {found:#?}\n{:#}", report["components"]);
    }
}

/// Accounts that published a package, where files of the tree say it.
#[test]
fn accounts_of_registries_lead_to_their_organisation() {
    let lock = "version = 4\n\n[[package]]\nname = \"x\"\nversion = \"1.0.0\"\n\
        source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    let vet =
        "[[publisher.x]]\nversion = \"1.0.0\"\nwhen = \"2026-01-01\"\nuser-id = 1\nuser-login = \"Acme-Account\"\n";
    let found = report(&[("Cargo.lock", lock), ("supply-chain/imports.lock", vet)]);
    let links = |report: &Value, component: &str| self::links(report, component, "acme");
    assert_eq!(
        links(&found, "pkg:cargo/x@1.0.0"),
        ["maintained-by certain organisation/acme key crates-user:acme-account"]
    );
    // of another version nothing is concluded
    let found = report(&[("Cargo.lock", lock), ("supply-chain/imports.lock", &vet.replace("1.0.0", "0.9.0"))]);
    assert_eq!(links(&found, "pkg:cargo/x"), [""; 0]);
    let attested = "lock-version = \"1.0\"\n[[packages]]\nname = \"x\"\nversion = \"1.0.0\"\n\
        attestation-identities = [{ kind = \"GitHub\", repository = \"acme-code/x\", workflow = \"release.yml\" }]\n";
    let found = report(&[("pylock.toml", attested)]);
    assert_eq!(links(&found, "pkg:pypi/x"), ["maintained-by certain organisation/acme key github:acme-code"]);
}

/// Who packages for a channel of conda, by the address of the package; a mirror's folders say nothing.
#[test]
fn channels_of_conda() {
    let lock = |host: &str| format!("@EXPLICIT\nhttps://{host}/conda-forge/linux-64/zlib-1.3.1-h4ab18f5_1.conda\n");
    let found = report(&[("conda-linux-64.lock", &lock("conda.anaconda.org"))]);
    assert_eq!(
        links(&found, "pkg:conda/zlib", "numfocus"),
        ["maintained-by certain organisation/numfocus key conda:conda-forge"],
        "{:#}",
        found["components"]
    );
    let found = report(&[("conda-linux-64.lock", &lock("mirror.example"))]);
    assert_eq!(links(&found, "pkg:conda/zlib", "numfocus"), [""; 0]);
}

/// Official images are the registry's own, unless somebody is known who makes what is in them.
#[test]
fn official_images() {
    let found = report(&[("a/Dockerfile", "FROM python:3.13\n"), ("b/Dockerfile", "FROM nginx:1.27\n")]);
    assert_eq!(
        links(&found, "pkg:oci/python", "docker"),
        ["maintained-by certain organisation/docker key registry:docker.io/library"]
    );
    assert_eq!(
        links(&found, "pkg:oci/nginx", "nginx"),
        ["maintained-by certain organisation/nginx key registry:docker.io/nginx"]
    );
    assert_eq!(links(&found, "pkg:oci/nginx", "docker"), [""; 0]);
}

/// The hosts that lock files name most have somebody who runs them, and the rules say who.
#[test]
fn hosts_of_packages_have_an_operator() {
    let lock = "# yarn lockfile v1\n\nleft@^1.0.0:\n  version \"1.0.0\"\n  \
        resolved \"https://registry.yarnpkg.com/left/-/left-1.0.0.tgz#0123\"\n";
    let found = report(&[("package.json", r#"{"dependencies": {"left": "^1.0.0"}}"#), ("yarn.lock", lock)]);
    let npm = self::links(&found, "host:registry.yarnpkg.com", "npm-inc");
    assert!(npm.iter().any(|link| link.starts_with("operated-by") || link.starts_with("provided-by")), "{npm:?}");
    let catalog = sovaudit::catalog::Catalog::embedded();
    for host in [
        "registry.npmjs.org",
        "registry.yarnpkg.com",
        "pypi.org",
        "files.pythonhosted.org",
        "crates.io",
        "static.crates.io",
        "proxy.golang.org",
        "repo.maven.apache.org",
        "oss.sonatype.org",
        "plugins.gradle.org",
        "api.nuget.org",
        "rubygems.org",
        "repo.packagist.org",
        "conda.anaconda.org",
        "prefix.dev",
        "center2.conan.io",
        "pkg.julialang.org",
        "bcr.bazel.build",
        "download.pytorch.org",
        "example.github.io",
    ] {
        assert!(catalog.organisation_by_host(host, "").is_some(), "nobody runs {host}");
    }
}

/// PCI vendors and the vendors of images and installed packages have readers of their own.
#[test]
fn hardware_leads_to_its_designer() {
    let report =
        report(&[("lspci-nn.txt", "3b:00.0 3D controller [0302]: NVIDIA Corporation Device [10de:ffff] (rev a1)\n")]);
    let found = links(&report, "accelerator:", "nvidia");
    assert!(found.iter().any(|link| link.starts_with("designed-by likely")), "{found:#?}\n{:#}", report["components"]);
}

/// Names that are only like a known one stay unknown.
#[test]
fn a_supplier_is_matched_exactly_or_not_at_all() {
    let supplier = |name: &str| {
        let text = format!(
            r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [{{"type": "library", "name": "x", "version": "1", "purl": "pkg:npm/x@1", "supplier": {{"name": "{name}"}}}}]}}"#
        );
        let report = report(&[("bom.json", &text)]);
        let owner = report["components"].as_array().expect("components").iter().find(|row| row["kind"] == "package");
        owner.expect("a package")["attributes"]["owner"][0].as_str().unwrap_or("").to_owned()
    };
    assert_eq!(supplier("acme works"), "known");
    for name in ["Acme", "Acme Works Europe", "Akme Works GmbH", "Works Acme", "GmbH"] {
        assert_eq!(supplier(name), "unknown", "{name}");
    }
}

const TWO_KEYS: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [{"type": "library", "name": "@acme/x", "version": "1", "purl": "pkg:npm/%40acme/x@1",
  "externalReferences": [{"type": "vcs", "url": "https://github.com/other/x"}], "authors": [{"name": "A", "email": "a@mail.example"}]}]}"#;

#[test]
fn conflicts_are_shown_and_nothing_is_dropped() {
    let report = report(&[("bom.json", TWO_KEYS)]);
    assert_eq!(links(&report, "pkg:npm", "acme").len(), 1);
    let other = links(&report, "pkg:npm", "other");
    assert_eq!(other.len(), 2, "the repository and the mail stay apart: {other:#?}");
    let all = report["components"].as_array().expect("components");
    let package = all.iter().find(|row| row["kind"] == "package").expect("a package");
    assert_eq!(package["attributes"]["owner-conflict"][0], "Acme Works GmbH, Other");
    let findings = report["findings"].as_array().expect("findings");
    assert!(findings.iter().any(|finding| finding["rule"] == "owner-conflict" && finding["severity"] == "info"));
    // a mail address alone is no claim
    let mail = TWO_KEYS.replace("github.com/other", "github.com/nobody");
    let all = self::report(&[("bom.json", &mail)]);
    let package =
        all["components"].as_array().expect("components").iter().find(|row| row["kind"] == "package").cloned();
    assert!(package.expect("a package")["attributes"]["owner-conflict"].is_null());
}

/// A mail address says for whom an author writes at most: it is told so, and fails no gate.
#[test]
fn mail_of_an_author_is_no_publisher() {
    let bom = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [{"type": "library", "name": "x", "version": "1", "purl": "pkg:npm/x@1", "authors": [{"name": "Ivan Petrov", "email": "a@sber.ru"}]}]}"#;
    let report = report(&[("bom.json", bom)]);
    let findings = report["findings"].as_array().expect("findings");
    let listed: Vec<&Value> = findings
        .iter()
        .filter(|finding| finding["subject"] == "pkg:npm/x@1" && finding["category"] == "sanctioned")
        .collect();
    for finding in &listed {
        let message = finding["message"].as_str().expect("text");
        assert!(message.contains("is by an author whose mail is of") && !message.contains("published by"), "{message}");
        assert_eq!((finding["confidence"].as_str(), finding["may_gate"].as_bool()), (Some("possible"), Some(false)));
    }
    assert!(!listed.is_empty(), "{findings:#?}");
    // neither a name nor the end of an address gives a country
    let quiet = bom.replace("sber.ru", "firm.ru");
    let report = self::report(&[("bom.json", &quiet)]);
    let package =
        report["components"].as_array().expect("components").iter().find(|row| row["kind"] == "package").cloned();
    let package = package.expect("a package");
    assert!(package["attributes"]["country"].is_null());
    assert!(!package["controlled_from"].to_string().contains("RU"), "{package:#}");
}

/// The project was Meta's and has been the foundation's since 2022: whoever packages name, it is one owner.
#[test]
fn torch_has_one_publisher_however_it_is_found() {
    let metadata = "Metadata-Version: 2.1\nName: torch\nVersion: 2.6.0\nHome-page: https://pytorch.org/\nProject-URL: Source, \
                    https://github.com/pytorch/pytorch\n";
    for files in [
        [("requirements.txt", "torch==2.6.0\n")].as_slice(),
        &[("lib/site-packages/torch-2.6.0.dist-info/METADATA", metadata)],
    ] {
        let found = report(files);
        let rows = found["relations"].as_array().expect("is a list").iter();
        let of_torch = rows.filter(|row| row["kind"] == "maintained-by" && row["from"] == "pkg:pypi/torch@2.6.0");
        let owners: Vec<&str> = of_torch.filter_map(|row| row["to"].as_str()).collect();
        assert_eq!(owners, ["org:pytorch-foundation"], "{files:?}");
    }
}

#[test]
fn a_group_of_maven_is_a_domain_backwards_and_a_hint() {
    let pom = |group: &str| {
        format!(
            "<project><modelVersion>4.0.0</modelVersion><groupId>a.b</groupId><artifactId>p</artifactId>\
             <version>1</version><dependencies><dependency><groupId>{group}</groupId><artifactId>kit</artifactId>\
             <version>1.0</version></dependency></dependencies></project>"
        )
    };
    let owners = |group: &str, organisation: &str| {
        let report = report(&[("pom.xml", &pom(group))]);
        links(&report, "/kit@", organisation)
    };
    assert_eq!(
        owners("example.acme.tools", "acme"),
        ["maintained-by possible organisation/acme key domain:acme.example"]
    );
    assert_eq!(owners("com.acme.tools", "acme"), ["maintained-by certain organisation/acme key maven:com.acme"]);
    assert_eq!(owners("com.kaspersky.android-components", "kaspersky").len(), 1);
    assert!(owners("example", "acme").is_empty() && owners("acme.example", "acme").is_empty());
    // everybody has code there
    for group in ["io.github.somebody", "com.github.somebody"] {
        let report = report(&[("pom.xml", &pom(group))]);
        let rows = report["relations"].as_array().expect("relations").iter();
        let owned = rows.filter(|row| row["kind"] == "maintained-by" && row["from"].to_string().contains("/kit@"));
        assert_eq!(owned.count(), 0, "{group}");
    }
}

/// Whoever owns a name in a registry need not own the repository or archive that is taken in its place.
#[test]
fn a_fork_is_not_of_who_owns_its_name() {
    let manifest = r#"{"dependencies": {
        "@acme/own": "^1.0.0",
        "@acme/fork": "github:other/fork",
        "@acme/stranger": "git+https://gitlab.com/nobody/stranger.git",
        "@acme/archive": "https://files.nobody.example/archive.tgz",
        "@acme/same": "github:acme-code/same"
    }}"#;
    let cargo = "[package]\nname = \"a\"\nversion = \"0.1.0\"\n[dependencies]\nacme-rs = { git = \"https://github.com/nobody/acme-rs\" }\n";
    let found = report(&[("package.json", manifest), ("Cargo.toml", cargo)]);
    let of = |component: &str, organisation: &str| links(&found, component, organisation).len();
    assert_eq!(of("pkg:npm/%40acme/own", "acme"), 1);
    assert_eq!((of("pkg:npm/%40acme/fork", "acme"), of("pkg:npm/%40acme/fork", "other")), (0, 1));
    assert_eq!(of("pkg:npm/%40acme/stranger", "acme"), 0);
    assert_eq!(of("pkg:npm/%40acme/archive", "acme"), 0);
    assert_eq!(of("pkg:npm/%40acme/same", "acme"), 1);
    assert_eq!(of("pkg:cargo/acme-rs", "acme"), 0);
}
