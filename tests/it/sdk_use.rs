//! Source code: what a call means is data, and no text can stop a scan.

use std::fs;

use sovaudit::catalog::{Catalog, Layer};
use sovaudit::model::{ComponentId, Inventory};
use sovaudit::scan::{Options, scan_directory};

fn scan(catalog: &Catalog, files: &[(&str, &str)]) -> Inventory {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("lies in the folder")).expect("creates");
        fs::write(path, text).expect("writes");
    }
    scan_directory(folder.path(), catalog, &Options::default()).expect("the folder can be opened")
}

const PROGRAM: &str = "from firm_llm.client import FirmClient\n\nclient = FirmClient(site=\"site-b\")\n\
                       client.talk(model_name=\"firm-large\")\nURL = \"https://llm.firm.example/v1\"\n";

const RULES: &str = r#"
[[service]]
id = "firm/llm"
name = "Firm LLM"
organisation = "openai"
capability = "inference"
stateful = false
open_api = false
hosts = ["llm.firm.example"]
effort = "S"
why = "a test"
source = "a test"
verification = "recalled"

[[sdk_call]]
language = "python"
package = "firm_llm"
calls = ["FirmClient"]
service = "firm/llm"
region = ["site"]
source = "a test"
verification = "recalled"

[[sdk_call]]
language = "python"
package = "firm_llm"
calls = ["*.talk"]
service = "firm/llm"
model = ["model_name"]
source = "a test"
verification = "recalled"

[[model_family]]
name = "firm-"
identity = "domain:openai.com"
source = "a test"
verification = "recalled"
"#;

/// A service, its SDK and its address become known by a folder of rules alone.
#[test]
fn an_sdk_is_a_change_in_rules_only() {
    let files = [("app.py", PROGRAM)];
    let service = ComponentId::of("api", "firm/llm");
    let before = scan(&Catalog::embedded(), &files);
    assert!(before.known(&service).is_none());
    let layer = Layer { name: "own".into(), files: vec![("catalog/firm.toml".into(), RULES.into())] };
    let catalog = Catalog::load(&[Layer::embedded(), layer]).unwrap_or_else(|errors| panic!("{errors:?}"));
    let after = scan(&catalog, &files);
    let has = |id: &ComponentId, key: &str, wanted: &str| {
        after.known(id).is_some_and(|known| known.values(key).any(|value| **value == *wanted))
    };
    assert!(has(&service, "region", "site-b"));
    assert!(has(&ComponentId::model("api", "firm-large"), "identity", "domain:openai.com"));
    // the client, what is asked of it, and the address
    assert_eq!(after.relations().filter(|(_, row)| row.to == service).count(), 2, "calls, and the model runs on it");
}

/// A row that names what nothing defines is told with its place.
#[test]
fn rows_are_checked() {
    let text = "[[sdk_call]]\nlanguage = \"pyton\"\npackage = \"x\"\ncalls = [\"Y\"]\nservice = \"firm/none\"\nsource = \"t\"\n\
                verification = \"recalled\"\n";
    let layer = Layer { name: "own".into(), files: vec![("catalog/x.toml".into(), text.into())] };
    let Err(errors) = Catalog::load(&[Layer::embedded(), layer]) else { panic!("it loads") };
    let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(text.iter().any(|line| line.contains("pyton") && line.contains("python")), "{text:?}");
    assert!(text.iter().any(|line| line.contains("firm/none")), "{text:?}");
}

/// Deep, unterminated and random text is read within bounds, and never ends the scan.
#[test]
fn hostile_code_is_bounded() {
    let catalog = Catalog::embedded();
    let deep = format!("import boto3\nx = {}{}\n", "(".repeat(5_000), ")".repeat(5_000));
    let chain = format!("import boto3\nx = a{}\n", ".b()".repeat(5_000));
    let open = format!("import boto3\nx = \"\"\"{}", "a b c\n".repeat(8_000));
    let mut state = 1_u64;
    let random: String = (0..60_000)
        .map(|at| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if at % 60 == 59 { '\n' } else { char::from(32 + (state >> 57) as u8 % 94) }
        })
        .collect();
    let random = format!("import \"openai\"\n{random}");
    let names = ["a.py", "b.ts", "c.go", "d.java", "e.rs", "f.cs", "g.js", "h.tsx"];
    for text in [&deep, &chain, &open, &random] {
        let files: Vec<(&str, &str)> = names.iter().map(|name| (*name, text.as_str())).collect();
        let inventory = scan(&catalog, &files);
        assert!(inventory.diagnostics.iter().all(|problem| problem.kind.as_str() != "internal"));
    }
    // what the parser gives up is read line by line, and told
    let address = "x = \"https://api.mistral.ai/v1\"\n";
    let inventory = scan(&catalog, &[("a.js", &format!("{address}{random}"))]);
    assert!(inventory.diagnostics.iter().any(|problem| problem.kind.as_str() == "limit-reached"));
    assert!(inventory.known(&ComponentId::of("api", "mistral/api")).is_some());
}

/// Every prefix of a program is read without a panic.
#[test]
fn code_may_end_anywhere() {
    let catalog = Catalog::embedded();
    let case = crate::cli::root().join("fixtures/scanners/sdk-use/languages");
    for name in ["client.ts", "main.go", "Client.java", "main.rs", "Program.cs"] {
        let text = fs::read_to_string(case.join(name)).expect("is UTF-8");
        let ends = text.char_indices().map(|(at, _)| at).step_by(17);
        let cut: Vec<(String, &str)> = ends.map(|at| (format!("{at}{name}"), &text[..at])).collect();
        let files: Vec<(&str, &str)> = cut.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        let inventory = scan(&catalog, &files);
        assert!(inventory.diagnostics.iter().all(|problem| problem.kind.as_str() != "internal"), "{name}");
    }
}

/// What is declared in one file and called by its name in another is one thing.
#[test]
fn a_call_by_name_means_the_declared_resource() {
    let declared = "resource \"aws_sagemaker_endpoint\" \"llm\" {\n  name = \"llm\"\n}\nresource \"aws_s3_bucket\" \"data\" {\n  \
                    bucket = \"orders-data\"\n}\nresource \"aws_s3_bucket\" \"other\" {\n  bucket = \"other\"\n}\n";
    let program = "import boto3\nrt = boto3.client(\"sagemaker-runtime\")\nrt.invoke_endpoint(EndpointName=\"llm\", Body=b\"\")\n\
                   s3 = boto3.client(\"s3\")\ns3.put_object(Bucket=\"orders-data\", Key=\"x\", Body=b\"\")\n\
                   s3.put_object(Bucket=\"llm\", Key=\"x\", Body=b\"\")\n";
    let script = "import { S3Client, GetObjectCommand } from \"@aws-sdk/client-s3\";\nconst s3 = new S3Client({});\n\
                  await s3.send(new GetObjectCommand({ Bucket: \"orders-data\", Key: \"x\" }));\n";
    let found = scan(&Catalog::embedded(), &[("main.tf", declared), ("app.py", program), ("app.ts", script)]);
    let places = |name: &str| -> Vec<String> {
        let id = ComponentId::of("resource", name);
        let rows = found.relations().filter(|(_, row)| row.to == id && row.kind.as_str() == "calls");
        let all = rows.flat_map(|(_, row)| row.evidence.iter().filter_map(|one| one.path().map(ToString::to_string)));
        all.collect()
    };
    assert_eq!(places("aws_sagemaker_endpoint.llm"), ["app.py"]);
    assert_eq!(places("aws_s3_bucket.data"), ["app.py", "app.ts"]);
    assert!(places("aws_s3_bucket.other").is_empty());
}

/// An image of a mirrored registry comes from one of several hosts.
#[test]
fn mirrors_of_a_registry_are_alternatives() {
    let mirrors = "{\"registry-mirrors\": [\"https://mirror.example.eu\"]}";
    let found = scan(
        &Catalog::embedded(),
        &[("daemon.json", mirrors), ("Dockerfile", "FROM python:3.13\n"), ("compose.yml", "{}")],
    );
    let mut hosts: Vec<(String, bool)> = found
        .relations()
        .filter(|(from, row)| from.as_str().starts_with("pkg:oci/") && row.kind.as_str() == "distributed-by")
        .map(|(_, row)| (row.to.to_string(), row.group.is_some()))
        .collect();
    hosts.sort();
    assert_eq!(hosts, [("host:docker.io".to_owned(), true), ("host:mirror.example.eu".to_owned(), true)]);
}

/// Where images of a registry come from, and whether others have them as well.
fn registries(files: &[(&str, &str)]) -> Vec<(String, String, bool)> {
    let found = scan(&Catalog::embedded(), files);
    let all = found.relations().filter(|(_, row)| row.kind.as_str() == "distributed-by");
    let all = all.filter(|(from, _)| from.as_str().starts_with("pkg:oci/"));
    let mut all: Vec<(String, String, bool)> =
        all.map(|(from, row)| (from.to_string(), row.to.to_string(), row.group.is_some())).collect();
    all.sort();
    all
}

#[test]
fn a_mirror_of_a_part_of_a_registry_has_that_part() {
    let set = "apiVersion: config.openshift.io/v1\nkind: ImageDigestMirrorSet\nmetadata: {name: m}\nspec:\n  imageDigestMirrors:\n  \
               - source: quay.io/ours\n    mirrors: [local.example/ours]\n";
    let pod = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - {{name: c, image: \"quay.io/{name}:1\"}}\n"
        )
    };
    let hosts = |name: &str| {
        let found = registries(&[("mirrors.yaml", set), ("pod.yaml", &pod(name))]);
        found.into_iter().map(|(_, host, is_one_of)| (host, is_one_of)).collect::<Vec<_>>()
    };
    let alone = [("host:quay.io".to_owned(), false)];
    assert_eq!(hosts("ours/app"), [("host:local.example".to_owned(), true), ("host:quay.io".to_owned(), true)]);
    assert_eq!(hosts("other/app"), alone);
    assert_eq!(hosts("ours-too/app"), alone, "the beginning of a name is no part of a registry");
    let aside = registries(&[("examples/mirrors.yaml", set), ("pod.yaml", &pod("ours/app"))]);
    assert_eq!(aside.len(), 1, "what lies with examples sets up nothing: {aside:?}");
}
