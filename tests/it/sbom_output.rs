//! Bills of materials as output: valid by the official schemas, complete, the same every time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use jsonschema::Registry;
use serde_json::Value;

use crate::cli::{root, sovaudit};

const SAMPLE: &str = "fixtures/ai-platform";

fn output(target: &str, format: &str, more: &[&str]) -> String {
    let arguments = [&["scan", target, "--as-of", "2026-11-23", "--format", format], more].concat();
    let output = sovaudit().args(arguments).output().expect("the binary runs");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("output is UTF-8")
}

fn json(target: &str, format: &str) -> Value {
    serde_json::from_str(&output(target, format, &[])).expect("is JSON")
}

fn schema(name: &str) -> Value {
    let path = root().join("fixtures/schemas").join(name);
    serde_json::from_slice(&fs::read(path).expect("is there")).expect("is JSON")
}

/// What an official schema says against a document, formats included; nothing is fetched.
fn errors(format: &str, document: &Value) -> Vec<String> {
    let mut registry = Registry::new();
    for name in ["spdx", "jsf-0.82", "cryptography-defs"] {
        let name = format!("{name}.SNAPSHOT.schema.json");
        registry = registry.add(format!("http://cyclonedx.org/schema/{name}"), schema(&name)).expect("an address");
    }
    let registry = registry.prepare().expect("schemas");
    let name = if format == "cyclonedx" { "bom-1.7.SNAPSHOT.schema.json" } else { "spdx-2.3.schema.json" };
    let validator = jsonschema::options()
        .with_registry(&registry)
        .should_validate_formats(true)
        .offline()
        .build(&schema(name))
        .expect("the schema is a schema");
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or("")
}

/// Values of a `sovaudit:` property.
fn property<'v>(part: &'v Value, name: &str) -> Vec<&'v str> {
    let name = format!("sovaudit:{name}");
    list(part, "properties").iter().filter(|row| row["name"] == *name).map(|row| text(row, "value")).collect()
}

/// Components and services by id.
fn parts(bom: &Value) -> BTreeMap<&str, &Value> {
    let all = list(bom, "components").iter().chain(list(bom, "services"));
    all.map(|part| (text(part, "bom-ref"), part)).collect()
}

/// SPDX packages by package URL.
fn packages(document: &Value) -> BTreeMap<&str, &Value> {
    let all = list(document, "packages").iter();
    all.filter_map(|part| Some((part["externalRefs"][0]["referenceLocator"].as_str()?, part))).collect()
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("has a folder")).expect("creates");
    fs::write(path, text).expect("writes");
}

#[test]
fn the_sample_is_valid_and_whole() {
    let report = json(SAMPLE, "json");
    let bom = json(SAMPLE, "cyclonedx");
    assert_eq!(errors("cyclonedx", &bom), Vec::<String>::new());
    let document = json(SAMPLE, "spdx");
    assert_eq!(errors("spdx", &document), Vec::<String>::new());
    let (parts, packages) = (parts(&bom), packages(&document));
    let of_others = ["organisation", "jurisdiction", "region", "host"];
    let wanted: Vec<&Value> =
        list(&report, "components").iter().filter(|row| !of_others.contains(&text(row, "kind"))).collect();
    assert_eq!(parts.len(), wanted.len());
    assert_eq!(list(&document, "packages").len(), wanted.len() + 1, "the target is one more");
    for row in wanted {
        let (id, kind) = (text(row, "id"), text(row, "kind"));
        let part = parts.get(id).unwrap_or_else(|| panic!("{id} is missing"));
        assert_eq!(property(part, "kind"), [kind]);
        let owner = row["attributes"]["owner"][0].as_str();
        assert_eq!(property(part, "owner"), owner.into_iter().collect::<Vec<_>>(), "{id}");
        let states: Vec<&str> = list(row, "controlled_from").iter().filter_map(Value::as_str).collect();
        assert_eq!(property(part, "jurisdiction"), states, "{id}");
        if ["package", "image"].contains(&kind) {
            assert_eq!(part["purl"], id);
            assert!(packages.contains_key(id), "{id} is missing");
        }
        let seen = list(row, "evidence").iter().filter(|row| row["type"] == "observed").count();
        let told = if kind == "service" {
            property(part, "location").len()
        } else {
            list(&part["evidence"], "occurrences").len()
        };
        assert_eq!(told, seen, "{id}");
    }
}

#[test]
fn components_say_who_stands_behind_them() {
    let bom = json(SAMPLE, "cyclonedx");
    let parts = parts(&bom);
    let sanctioned = parts["pkg:npm/%40maskito/core@3.2.1"];
    assert_eq!(
        (text(sanctioned, "type"), text(sanctioned, "group"), text(sanctioned, "name")),
        ("library", "@maskito", "core")
    );
    assert_eq!(sanctioned["supplier"]["name"], "T-Bank (Tinkoff)");
    assert_eq!(sanctioned["supplier"]["address"]["country"], "RU");
    assert_eq!(property(sanctioned, "organisation"), ["T-Bank (Tinkoff)"]);
    assert_eq!(property(sanctioned, "distributed-by"), ["npmjs.org"]);
    assert!(property(sanctioned, "attribution")[0].contains("key npm:@maskito (one-source, certain)"));
    assert_eq!(sanctioned["evidence"]["occurrences"][0]["line"], 20);
    assert_eq!(text(sanctioned, "scope"), "required");
    let gpu = parts["accelerator:nvidia-h100-sxm"];
    assert_eq!((text(gpu, "type"), &gpu["manufacturer"]["name"]), ("device", &Value::from("NVIDIA")));
    assert_eq!(property(gpu, "fabricated-by"), ["TSMC"]);
    let model = parts["model:huggingface/BAAI/bge-m3"];
    assert_eq!((text(model, "type"), text(model, "purl")), ("machine-learning-model", "pkg:huggingface/BAAI/bge-m3"));
    assert_eq!(text(parts["repository:github.com/actions/checkout"], "purl"), "pkg:github/actions/checkout@v4");
    let image = list(&bom, "components").iter().find(|part| text(part, "name") == "docker.io/vllm/vllm-openai");
    assert_eq!(image.map(|part| (text(part, "type"), text(part, "version"))), Some(("container", "v0.8.5")));
    let api = parts["api:aws/sagemaker-endpoint"];
    assert_eq!(api["provider"]["name"], "AWS EMEA SARL");
    let endpoint = "https://runtime.sagemaker.eu-central-1.amazonaws.com/endpoints/reranker/invocations";
    assert_eq!(api["endpoints"][0], endpoint);
    let document = json(SAMPLE, "spdx");
    let package = packages(&document)["pkg:npm/%40maskito/core@3.2.1"];
    assert_eq!((text(package, "name"), text(package, "supplier")), ("@maskito/core", "Organization: T-Bank [Tinkoff]"));
    let notes = text(&package["annotations"][0], "comment");
    assert!(notes.lines().any(|line| line == "sovaudit:jurisdiction=RU"), "{notes}");
    assert!(text(package, "sourceInfo").contains("web/package-lock.json:20"), "{package}");
}

#[test]
fn every_part_is_reached_from_the_target() {
    let bom = json(SAMPLE, "cyclonedx");
    let parts = parts(&bom);
    let mut needs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in list(&bom, "dependencies") {
        let to = list(row, "dependsOn").iter().filter_map(Value::as_str).collect();
        assert!(needs.insert(text(row, "ref"), to).is_none(), "{row} stands twice");
    }
    let mut reached = BTreeSet::from(["target"]);
    let mut open = vec!["target"];
    while let Some(part) = open.pop() {
        open.extend(needs.get(part).into_iter().flatten().filter(|next| reached.insert(**next)));
    }
    reached.remove("target");
    assert_eq!(reached, parts.keys().copied().collect::<BTreeSet<_>>());
    let forms = &needs["pkg:npm/%40example/forms@2.1.0"];
    assert!(forms.contains(&"pkg:npm/%40maskito/core@3.2.1"));
    assert_eq!(needs["project:web"], ["pkg:npm/%40example/forms@2.1.0"], "containing is not needing");
    assert!(needs["workload:k8s/prod/Deployment/prod/vllm"].contains(&"accelerator:nvidia-h100-sxm"));
    let document = json(SAMPLE, "spdx");
    let ids: BTreeSet<&str> = list(&document, "packages").iter().map(|package| text(package, "SPDXID")).collect();
    let relations = list(&document, "relationships");
    for relation in relations {
        for end in ["spdxElementId", "relatedSpdxElement"] {
            let id = text(relation, end);
            assert!(ids.contains(id) || id == "SPDXRef-DOCUMENT", "{id}");
        }
    }
    let kinds: BTreeSet<&str> = relations.iter().map(|relation| text(relation, "relationshipType")).collect();
    assert!(kinds.is_superset(&BTreeSet::from(["DESCRIBES", "CONTAINS", "DEPENDS_ON"])), "{kinds:?}");
}

#[test]
fn the_same_facts_give_the_same_bytes() {
    let copy = tempfile::tempdir().expect("a folder").keep().join("ai-platform");
    for entry in ["web/package-lock.json", "docker/Dockerfile", "services/router/Cargo.lock"] {
        write(&copy, entry, &fs::read_to_string(root().join(SAMPLE).join(entry)).expect("is there"));
    }
    let here = copy.display().to_string();
    for format in ["cyclonedx", "spdx"] {
        let first = output(&here, format, &["--threads", "1"]);
        assert!(first == output(&here, format, &["--threads", "4"]), "{format}: threads change the result");
        assert!(first == output(&format!("{here}/web/.."), format, &[]), "{format}: the way to the target is told");
        let inside = sovaudit().current_dir(&copy).args(["scan", "--as-of", "2026-11-23", "--format", format]).output();
        assert!(first.as_bytes() == inside.expect("the binary runs").stdout, "{format}: `.` has another name");
        assert!(!first.contains(&here), "no path of this machine");
    }
    let serial = |text: &str| serde_json::from_str::<Value>(text).expect("is JSON")["serialNumber"].clone();
    let before = output(&here, "cyclonedx", &[]);
    assert!(!before.contains("timestamp"));
    let stamped = output(&here, "cyclonedx", &["--timestamp", "2026-11-24T13:00:00+01:00"]);
    assert!(stamped.contains("\"timestamp\": \"2026-11-24T12:00:00Z\""));
    assert_ne!(serial(&before), serial(&stamped));
    assert!(output(&here, "spdx", &[]).contains("\"created\": \"2026-11-23T00:00:00Z\""));
    write(&copy, "requirements.txt", "numpy==2.3.0\n");
    assert_ne!(serial(&before), serial(&output(&here, "cyclonedx", &[])));
    let wrong = sovaudit().args(["scan", SAMPLE, "--timestamp", "soon"]).output().expect("runs");
    assert_eq!(wrong.status.code(), Some(2));
    fs::remove_dir_all(copy.parent().expect("has a folder")).expect("removes");
}

const EMPTY_512: &str = "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";

#[test]
fn hashes_scopes_and_licences() {
    let folder = tempfile::tempdir().expect("a folder");
    let lock = format!(
        r#"{{"name":"web","lockfileVersion":3,"packages":{{"":{{"name":"web","dependencies":{{"a":"1"}},"devDependencies":{{"b":"1"}}}},
        "node_modules/a":{{"version":"1.0.0","integrity":"sha512-{EMPTY_512}","resolved":"https://registry.example/a b/-/a-1.0.0.tgz"}},
        "node_modules/b":{{"version":"1.0.0","dev":true}}}}}}"#
    );
    write(folder.path(), "package-lock.json", &lock);
    write(
        folder.path(),
        "node_modules/a/package.json",
        r#"{"name":"a","version":"1.0.0","license":"MIT/Apache-2.0","repository":"example/a"}"#,
    );
    write(
        folder.path(),
        "node_modules/b/package.json",
        r#"{"name":"b","version":"1.0.0","license":"SEE LICENSE IN x"}"#,
    );
    write(folder.path(), "go.mod", "module example.com/x\n\ngo 1.22\n\nrequire github.com/example/y v1.0.0\n");
    write(folder.path(), "go.sum", "github.com/example/y v1.0.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
    let target = folder.path().display().to_string();
    let bom = json(&target, "cyclonedx");
    assert_eq!(errors("cyclonedx", &bom), Vec::<String>::new());
    let parts = parts(&bom);
    let (a, b) = (parts["pkg:npm/a@1.0.0"], parts["pkg:npm/b@1.0.0"]);
    assert_eq!(a["hashes"][0]["alg"], "SHA-512");
    assert!(text(&a["hashes"][0], "content").starts_with("cf83e1357eefb8bd"));
    assert_eq!(a["licenses"][0]["expression"], "MIT OR Apache-2.0");
    assert_eq!(b["licenses"][0]["license"]["name"], "SEE LICENSE IN x");
    assert_eq!((text(a, "scope"), text(b, "scope")), ("required", "excluded"));
    let references: Vec<(&str, &str)> =
        list(a, "externalReferences").iter().map(|row| (text(row, "type"), text(row, "url"))).collect();
    let wanted = [("distribution", "https://registry.example/a%20b/-/a-1.0.0.tgz"), ("vcs", "github:example/a")];
    assert_eq!(references, wanted);
    let go = parts["pkg:golang/github.com/example/y@v1.0.0"];
    assert_eq!((text(go, "name"), list(go, "hashes").len()), ("github.com/example/y", 0));
    assert!(property(go, "integrity")[0].starts_with("h1:"));
    let document = json(&target, "spdx");
    assert_eq!(errors("spdx", &document), Vec::<String>::new());
    let packages = packages(&document);
    let a = packages["pkg:npm/a@1.0.0"];
    assert_eq!(a["checksums"][0]["algorithm"], "SHA512");
    assert_eq!(text(a, "licenseDeclared"), "MIT OR Apache-2.0");
    assert_eq!(text(a, "downloadLocation"), "https://registry.example/a%20b/-/a-1.0.0.tgz");
    let licence = text(packages["pkg:npm/b@1.0.0"], "licenseDeclared");
    let info = list(&document, "hasExtractedLicensingInfos").iter().find(|info| text(info, "licenseId") == licence);
    assert_eq!(info.map(|info| text(info, "extractedText")), Some("SEE LICENSE IN x"));
}

/// Repositories in the words of the formats, and read back as what they are.
#[test]
fn repositories_keep_their_commit_and_their_kind() {
    let folder = tempfile::tempdir().expect("a folder");
    let commit = "0123456789012345678901234567890123456789";
    let source = format!("git+https://git.example/a/foo?tag=v1.2#{commit}");
    let lock = format!("version = 4\n[[package]]\nname = \"foo\"\nversion = \"1.2.0\"\nsource = \"{source}\"\n");
    write(folder.path(), "Cargo.lock", &lock);
    write(folder.path(), "requirements.txt", "bar @ git+https://github.com/o/bar@v3\n");
    let module = "[submodule \"llama\"]\n\tpath = llama\n\turl = https://github.com/o/llama\n\tbranch = master\n";
    write(folder.path(), ".gitmodules", module);
    let image = "spec: {template: {spec: {containers: [{name: c, image: registry.example/web:1}]}}}";
    let workload = format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\n{image}\n");
    write(folder.path(), "k/web.yaml", &workload);
    let target = folder.path().display().to_string();
    let document = json(&target, "spdx");
    assert_eq!(errors("spdx", &document), Vec::<String>::new());
    let packages = packages(&document);
    let at = |purl: &str| text(packages[purl], "downloadLocation");
    assert_eq!(at("pkg:cargo/foo@1.2.0"), format!("git+https://git.example/a/foo@{commit}"));
    assert_eq!(at("pkg:pypi/bar"), "git+https://github.com/o/bar@v3");
    let lock = r#"{"lockfileVersion": 3, "packages": {
        "node_modules/tag": {"version": "1.0.0", "resolved": "git+ssh://git@github.com/o/tag.git#v1.2.3"},
        "node_modules/open": {"version": "1.0.0", "resolved": "git+https://github.com/o/open.git#semver:^1.0"},
        "node_modules/named": {"version": "1.0.0", "resolved": "git+https://git.example/@scope/named.git#main"}}}"#;
    let other = tempfile::tempdir().expect("a folder");
    write(other.path(), "package-lock.json", lock);
    write(other.path(), "requirements.txt", "part @ git+https://github.com/o/part@v3#subdirectory=pkg&egg=part\n");
    let document = json(&other.path().display().to_string(), "spdx");
    let at = |purl: &str| {
        let mut all = list(&document, "packages").iter();
        let package = all.find(|package| package["externalRefs"][0]["referenceLocator"] == purl)?;
        Some(text(package, "downloadLocation").to_owned())
    };
    for (purl, wanted) in [
        ("pkg:npm/tag@1.0.0", "git+ssh://github.com/o/tag.git@v1.2.3"),
        ("pkg:npm/open@1.0.0", "git+https://github.com/o/open.git"),
        ("pkg:npm/named@1.0.0", "git+https://git.example/@scope/named.git@main"),
        ("pkg:pypi/part", "git+https://github.com/o/part@v3#pkg"),
    ] {
        assert_eq!(at(purl).as_deref(), Some(wanted));
    }
    let bom = json(&target, "cyclonedx");
    let parts = parts(&bom);
    assert_eq!(
        parts["repository:github.com/o/llama"]["version"],
        Value::Null,
        "a branch that is followed is no version"
    );
    assert_eq!(parts["pkg:pypi/bar"]["version"], Value::Null, "a tag of its repository is no version of a package");
    let back = tempfile::tempdir().expect("a folder");
    write(back.path(), "bom.json", &bom.to_string());
    let again = json(&back.path().display().to_string(), "cyclonedx");
    let ids: Vec<&str> = list(&again, "components").iter().map(|part| text(part, "bom-ref")).collect();
    let workload = ids.iter().find(|id| id.contains("web") && !id.starts_with("pkg:oci/"));
    assert_eq!(workload, None, "a workload is no package: {ids:?}");
    assert!(ids.contains(&"pkg:cargo/foo@1.2.0") && ids.iter().any(|id| id.starts_with("pkg:oci/web")), "{ids:?}");
}

/// Names that would break ids, addresses or terminals.
#[test]
fn hostile_names_stay_valid() {
    let folder = tempfile::tempdir().expect("a folder");
    let names =
        ["a\\u001b[31m", "a b", "a/../b", "é", "%zz", "urn:cdx:x", "a\\u202e", "SPDXRef-DOCUMENT", "<x>\\\"", "A", "a"];
    let mut rows = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let version = format!("1.0.{at}\\n");
        rows.push(format!(
            r#""node_modules/{name}":{{"version":"{version}","integrity":"sha512-x {name}","resolved":"http://{name}:99999/{name}","license":"{name}"}}"#
        ));
    }
    let long = "9".repeat(2000);
    rows.push(format!(r#""node_modules/long":{{"version":"{long}"}}"#));
    let lock = format!(r#"{{"lockfileVersion":3,"packages":{{{}}}}}"#, rows.join(","));
    write(folder.path(), "od d\u{7}/package-lock.json", &lock);
    let target = folder.path().display().to_string();
    let bom = json(&target, "cyclonedx");
    assert_eq!(errors("cyclonedx", &bom), Vec::<String>::new());
    assert!(parts(&bom).len() >= names.len(), "{}", parts(&bom).len());
    assert_eq!(parts(&bom).len(), list(&bom, "components").len() + list(&bom, "services").len(), "ids are unique");
    let document = json(&target, "spdx");
    assert_eq!(errors("spdx", &document), Vec::<String>::new());
    let packages = list(&document, "packages");
    let ids: BTreeSet<&str> = packages.iter().map(|package| text(package, "SPDXID")).collect();
    assert_eq!(ids.len(), packages.len(), "ids are unique");
    let is_id = |id: &str| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    assert!(ids.iter().all(|id| id.starts_with("SPDXRef-") && is_id(id)), "{ids:?}");
    let namespace = text(&document, "documentNamespace");
    assert!(namespace.starts_with("https://spdx.org/spdxdocs/") && !namespace.contains(['#', ' ']), "{namespace}");
    for raw in [output(&target, "cyclonedx", &[]), output(&target, "spdx", &[])] {
        assert!(!raw.chars().any(|c| c.is_control() && c != '\n'), "control characters are escaped");
    }
}

#[test]
fn tags_and_values_say_the_same() {
    let document = json(SAMPLE, "spdx");
    let tags = output(SAMPLE, "spdx-tag-value", &[]);
    let values = |tag: &str| -> Vec<&str> {
        tags.lines().filter_map(|line| line.strip_prefix(tag)?.strip_prefix(": ")).collect()
    };
    assert_eq!(values("DocumentNamespace"), [text(&document, "documentNamespace")]);
    let of = |key: &str| -> Vec<&str> { list(&document, "packages").iter().map(|row| text(row, key)).collect() };
    assert_eq!(values("PackageName"), of("name"));
    assert_eq!(values("PackageSupplier"), of("supplier"));
    assert_eq!(values("Relationship").len(), list(&document, "relationships").len());
    assert_eq!(tags.matches("<text>").count(), tags.matches("</text>").count());
}

/// An id that is valid here must be one of the list that the schema refers to.
#[test]
fn licence_ids_are_those_of_the_schema() {
    let folder = tempfile::tempdir().expect("a folder");
    let listed = schema("spdx.SNAPSHOT.schema.json");
    let ids = list(&listed, "enum");
    assert!(ids.len() > 700);
    for (at, id) in ids.iter().filter_map(Value::as_str).enumerate() {
        let text = format!("{{\"name\":\"p{at}\",\"version\":\"1.0.0\",\"license\":\"{id}\"}}");
        write(folder.path(), &format!("node_modules/p{at}/package.json"), &text);
    }
    let bom = json(&folder.path().display().to_string(), "cyclonedx");
    assert_eq!(errors("cyclonedx", &bom), Vec::<String>::new());
    let is_id = |part: &&Value| part["licenses"][0]["license"]["id"].is_string();
    let known = list(&bom, "components").iter().filter(is_id).count();
    assert!(known > 700, "{known} of {}", ids.len());
}

/// What a report says of packages: which projects need them, and which hosts they come from.
fn needs_and_hosts(report: &Value) -> BTreeSet<(String, String)> {
    let rows = list(report, "relations").iter().filter(|row| {
        let (from, to) = (text(row, "from"), text(row, "to"));
        from.starts_with("project:") && from != "project:." && to.starts_with("pkg:npm/") || to.starts_with("host:")
    });
    rows.map(|row| (text(row, "from").to_owned(), text(row, "to").to_owned())).collect()
}

#[test]
fn a_bill_of_ours_gives_projects_and_registries_back() {
    let tree = tempfile::tempdir().expect("a temporary folder");
    let lock = |name: &str, host: &str| {
        format!(
            "{{\"name\":\"{name}\",\"lockfileVersion\":3,\"packages\":{{\"\":{{\"name\":\"{name}\",\"dependencies\":{{\"left\":\"1.0.0\"}}}},\
             \"node_modules/left\":{{\"version\":\"1.0.0\",\"resolved\":\"https://{host}/left/-/left-1.0.0.tgz\"}}}}}}"
        )
    };
    write(tree.path(), "web/package-lock.json", &lock("web", "registry.npmjs.org"));
    write(tree.path(), "shop/package-lock.json", &lock("shop", "registry.npmmirror.com"));
    let shown = tree.path().to_string_lossy().into_owned();
    let before = needs_and_hosts(&json(&shown, "json"));
    assert_eq!(before.len(), 4, "{before:#?}");
    for (format, file) in [("cyclonedx", "bom.cdx.json"), ("spdx", "bom.spdx.json"), ("spdx-tag-value", "bom.spdx")] {
        let again = tempfile::tempdir().expect("a temporary folder");
        write(again.path(), file, &output(&shown, format, &[]));
        let report = json(&again.path().to_string_lossy(), "json");
        let kinds = |wanted: &str| list(&report, "components").iter().filter(|row| text(row, "kind") == wanted).count();
        assert_eq!(
            (kinds("project"), kinds("package")),
            (3, 1),
            "{format}: the two projects, that of the bill, and the package"
        );
        let after = needs_and_hosts(&report);
        assert_eq!(after, before, "{format}");
    }
}
