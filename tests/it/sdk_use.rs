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

/// Resources that calls reach, with the files that call them.
fn called(found: &Inventory) -> Vec<(String, String)> {
    let rows =
        found.relations().filter(|(_, row)| row.kind.as_str() == "calls" && row.to.as_str().starts_with("resource:"));
    let mut all: Vec<(String, String)> = rows
        .flat_map(|(_, row)| {
            let files = row.evidence.iter().filter_map(|one| one.path().map(ToString::to_string));
            files.map(|file| (row.to.rest().to_owned(), file)).collect::<Vec<_>>()
        })
        .collect();
    all.sort();
    all
}

fn case(name: &str) -> Vec<(String, String)> {
    fn below(folder: &std::path::Path, root: &std::path::Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).expect("is there") {
            let path = entry.expect("is read").path();
            if path.is_dir() {
                below(&path, root, found);
            } else if path.extension().is_none_or(|end| end != "snap") {
                let name = path.strip_prefix(root).expect("lies below").to_string_lossy().replace('\\', "/");
                found.push((name, fs::read_to_string(&path).expect("is UTF-8")));
            }
        }
    }
    let root = crate::cli::root().join("fixtures/scanners/sdk-use").join(name);
    let mut found = Vec::new();
    below(&root, &root, &mut found);
    found
}

fn scan_case(name: &str, more: &[(&str, &str)]) -> Inventory {
    let files = case(name);
    let mut all: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    all.extend(more);
    scan(&Catalog::embedded(), &all)
}

/// What is asked of a client that another file of the package, module or crate makes is asked of whom it speaks to.
#[test]
fn clients_of_other_files_in_compiled_languages() {
    let declared = "resource \"aws_s3_bucket\" \"orders\" {\n  bucket = \"orders\"\n}\nresource \"aws_s3_bucket\" \"copies\" {\n  \
                    bucket = \"copies\"\n}\nresource \"aws_dynamodb_table\" \"carts\" {\n  name = \"carts\"\n}\n";
    let found = scan_case("packages", &[("main.tf", declared)]);
    let is = |name: &str, file: &str| (name.to_owned(), file.to_owned());
    let wanted = [
        is("aws_dynamodb_table.carts", "csharp/Web/Orders.cs"),
        is("aws_dynamodb_table.carts", "go/cmd/api/main.go"),
        is("aws_s3_bucket.orders", "csharp/Web/Orders.cs"),
        is("aws_s3_bucket.orders", "go/cmd/api/main.go"),
        is("aws_s3_bucket.orders", "java/src/main/java/com/shop/web/Answers.java"),
        is("aws_s3_bucket.orders", "rust/src/main.rs"),
    ];
    // the bucket that is asked of a client whose address a setting names is nobody's
    assert_eq!(called(&found), wanted);
    let model = |name: &str| found.known(&ComponentId::model("api", name)).is_some();
    assert!(model("gemini-1.5-pro") && model("mistral.mistral-small-2402-v1:0") && model("amazon.nova-micro-v1:0"));
    assert!(model("gemini-2.5-pro") && model("amazon.nova-premier-v1:0"), "of other modules and crates of the tree");
    assert!(!model("gemini-1.5-flash"), "nothing is known of a package that is not there");
}

/// Packages that ask each other, and more names than are looked for, end and are told.
#[test]
fn clients_of_other_files_are_bounded() {
    let catalog = Catalog::embedded();
    let round = |package: &str, other: &str| {
        format!(
            "package com.a;\nimport software.amazon.awssdk.services.s3.S3Client;\nclass {package} {{\n  static S3Client get() {{ \
             return {other}.get(); }}\n  void use() {{ {other}.get().putObject(r -> r.bucket(\"x\")); }}\n}}\n"
        )
    };
    let found = scan(&catalog, &[("A.java", &round("A", "B")), ("B.java", &round("B", "A"))]);
    assert!(found.diagnostics.iter().all(|problem| problem.kind.as_str() != "internal"));
    let many: String = (0..1_500).map(|at| format!("\tClient{at}.GenerativeModel(\"gemini-1.5-pro\")\n")).collect();
    let text = format!("package a\n\nimport \"github.com/google/generative-ai-go/genai\"\n\nfunc use() {{\n{many}}}\n");
    let found = scan(
        &catalog,
        &[("a.go", &text), ("b.go", "package a\n\nimport \"github.com/google/generative-ai-go/genai\"\n")],
    );
    assert!(found.diagnostics.iter().any(|problem| problem.kind.as_str() == "limit-reached"));
}

/// Buckets, topics, data sets, accounts and vaults by their literal names, however they are declared.
#[test]
fn names_of_all_clouds_mean_declared_resources() {
    let google = "resource \"google_storage_bucket\" \"archive\" {\n  name = \"orders-archive\"\n  location = \"EU\"\n}\n\
                  resource \"google_pubsub_topic\" \"events\" {\n  name = \"orders-events\"\n}\n\
                  resource \"google_bigquery_dataset\" \"sales\" {\n  dataset_id = \"sales\"\n}\n\
                  resource \"azurerm_key_vault\" \"keys\" {\n  name = \"acme-keys\"\n}\n";
    let azure = "resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {\n  name: 'acmeorders'\n  location: 'westeurope'\n  \
                 kind: 'StorageV2'\n  sku: { name: 'Standard_LRS' }\n}\nresource carts \
                 'Microsoft.DocumentDB/databaseAccounts@2024-05-15' = {\n  name: 'acme-carts'\n  location: 'westeurope'\n}\n";
    let amazon = "AWSTemplateFormatVersion: '2010-09-09'\nTransform: AWS::Serverless-2016-10-31\nResources:\n  Carts:\n    Type: \
                  AWS::DynamoDB::Table\n    Properties: {TableName: carts}\n  Answer:\n    Type: AWS::Serverless::Function\n    \
                  Properties: {FunctionName: answer, Runtime: python3.13, Handler: a.b}\n  Orders:\n    Type: AWS::S3::Bucket\n    \
                  Properties: {BucketName: orders}\n";
    let found = scan_case("named", &[("google.tf", google), ("main.bicep", azure), ("template.yaml", amazon)]);
    let all = called(&found);
    let files = |end: &str| -> Vec<&str> {
        all.iter().filter(|(name, _)| name.ends_with(end)).map(|(_, file)| file.as_str()).collect()
    };
    assert_eq!(
        files("google_storage_bucket.archive"),
        ["Stores.java", "google.go", "google.py", "google.ts"],
        "{all:?}"
    );
    assert_eq!(files("google_pubsub_topic.events"), ["google.py", "google.ts"]);
    assert_eq!(files("google_bigquery_dataset.sales"), ["google.go", "google.py"]);
    assert_eq!(files("azurerm_key_vault.keys"), ["Stores.cs", "Stores.java", "azure.py"]);
    assert_eq!(files("/account"), ["azure.py"]);
    assert_eq!(files("/carts"), ["Stores.cs", "azure.py"]);
    assert_eq!(files("/Carts"), ["Stores.java", "aws.py"]);
    assert_eq!(files("/Answer"), ["aws.py"]);
    assert_eq!(files("/Orders"), ["aws.py"]);
    assert!(!all.iter().any(|(name, _)| name.contains("Standard")));
}

/// A service of one's own, with resources that calls name, is a change in rules only.
#[test]
fn a_named_call_is_a_change_in_rules_only() {
    let more = "[[resource_name]]\nargument = \"0\"\ncalls = [\"*.shelf\"]\nservice = \"firm/llm\"\nsource = \"t\"\nverification = \
                \"recalled\"\n\n[[resource_type]]\nname = \"firm_shelf\"\nservice = \"firm/llm\"\nsource = \"t\"\nverification = \
                \"recalled\"\n\n[[argument]]\nname = \"label\"\nrole = \"named\"\ntypes = [\"firm_shelf\"]\nsource = \
                \"t\"\nverification = \"recalled\"\n";
    let text = format!("{RULES}\n{more}");
    let layer = Layer { name: "own".into(), files: vec![("catalog/firm.toml".into(), text)] };
    let catalog = Catalog::load(&[Layer::embedded(), layer]).unwrap_or_else(|errors| panic!("{errors:?}"));
    let program = "from firm_llm import FirmClient\n\nclient = FirmClient()\nclient.shelf(\"orders\")\n";
    let declared = "resource \"firm_shelf\" \"one\" {\n  label = \"orders\"\n}\n";
    let found = scan(&catalog, &[("app.py", program), ("main.tf", declared)]);
    assert_eq!(called(&found), [("firm_shelf.one".to_owned(), "app.py".to_owned())]);
    // a position of any call says nothing
    let wrong =
        "[[resource_name]]\nargument = \"0\"\nservice = \"aws/s3\"\nsource = \"t\"\nverification = \"recalled\"\n";
    let layer = Layer { name: "own".into(), files: vec![("catalog/x.toml".into(), wrong.into())] };
    assert!(Catalog::load(&[Layer::embedded(), layer]).is_err());
}

/// A client that is handed over is known by the type that it is declared to have.
#[test]
fn clients_are_known_by_their_declared_types() {
    let declared = "resource \"aws_s3_bucket\" \"orders\" {\n  bucket = \"orders\"\n}\nresource \"aws_dynamodb_table\" \"carts\" {\n  \
                    name = \"carts\"\n}\n";
    let found = scan_case("given", &[("main.tf", declared)]);
    let is = |name: &str, file: &str| (name.to_owned(), file.to_owned());
    let wanted = [
        is("aws_dynamodb_table.carts", "rust/src/lib.rs"),
        is("aws_s3_bucket.orders", "cs/Orders.cs"),
        is("aws_s3_bucket.orders", "go/keep.go"),
        is("aws_s3_bucket.orders", "java/com/shop/Orders.java"),
        is("aws_s3_bucket.orders", "rust/src/lib.rs"),
    ];
    assert_eq!(called(&found), wanted);
    assert!(found.known(&ComponentId::model("api", "anthropic.claude-3-haiku-20240307-v1:0")).is_some());
}

/// Models and regions that another file gives a name are found as those of the same file.
#[test]
fn constants_of_other_files_are_followed() {
    let found = scan_case("constants", &[]);
    let model = |name: &str| found.known(&ComponentId::model("api", name)).is_some();
    for name in [
        "mistral-large-latest",
        "gpt-4o-mini",
        "text-embedding-3-small",
        "claude-3-5-haiku-latest",
        "claude-3-haiku-20240307",
        "anthropic.claude-3-haiku-20240307-v1:0",
        "amazon.nova-pro-v1:0",
        "mistral.mistral-large-2402-v1:0",
        "amazon.nova-lite-v1:0",
        "anthropic.claude-3-sonnet-20240229-v1:0",
    ] {
        assert!(model(name), "{name}");
    }
    // one of two is none, and it is told
    assert!(!model("gpt-4.1") && !model("gpt-4.1-nano"));
    let unknown = found.diagnostics.iter().filter(|problem| problem.message.contains("only known at run time"));
    assert_eq!(unknown.count(), 1);
}
