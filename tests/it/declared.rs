//! Declared infrastructure other than Terraform: tables decide what types and arguments mean, evaluation is bounded,
//! and what is found is judged like everything else.

use std::time::{Duration, Instant};

use sovaudit::attribution::attribute;
use sovaudit::catalog::{Catalog, Layer};
use sovaudit::diagnostic::DiagnosticKind;
use sovaudit::model::{FactRef, Inventory};
use sovaudit::scan::{Options, scan_files};
use sovaudit::text::RelPath;

fn scan(files: &[(&str, &str)], catalog: &Catalog) -> Inventory {
    let file = |(path, text): &(&str, &str)| (RelPath::new(path).expect("is relative"), text.as_bytes().to_vec(), None);
    scan_files(files.iter().map(file).collect(), catalog, &Options::default())
}

/// `id key = value` and `from relation to`, of everything.
fn facts(inventory: &Inventory) -> Vec<String> {
    let line = |(fact, _)| match fact {
        FactRef::Component { id, kind } => format!("{id} is {}", kind.as_str()),
        FactRef::Attribute { of, key, value } => format!("{of} {key} = {value}"),
        FactRef::Relation { from, kind, to, .. } => format!("{from} {} {to}", kind.as_str()),
    };
    inventory.facts().map(line).collect()
}

fn has(found: &[String], wanted: &str) {
    assert!(found.iter().any(|line| line == wanted), "{wanted} is not among\n{}", found.join("\n"));
}

#[test]
fn a_type_a_family_and_an_argument_are_rows() {
    let template = "AWSTemplateFormatVersion: 2010-09-09\nResources:\n  Box:\n    Type: Acme::Store::Box\n    \
                    Properties: {BoxSize: g6.48xlarge, BoxPlace: eu-central-1, Seal: {Ref: Key}}\n  Key: {Type: AWS::KMS::Key}\n";
    let object = "apiVersion: store.acme.example/v1\nkind: Box\nmetadata: {name: box}\nspec: {boxPlace: eu-west-3}\n";
    let rows = r#"
[[resource_type]]
name = "Acme::Store::*"
service = "aws/s3"
source = "invented"
verification = "one-source"

[[resource_type]]
name = "store.acme.example/Box"
service = "aws/s3"
source = "invented"
verification = "one-source"

[[resource_family]]
pattern = "Acme::*"
provider = "aws"
source = "invented"
verification = "one-source"

[[resource_family]]
pattern = "*.acme.example/*"
provider = "aws"
source = "invented"
verification = "one-source"

[[argument]]
name = "box_size"
role = "machine"
source = "invented"
verification = "one-source"

[[argument]]
name = "box_place"
role = "region"
source = "invented"
verification = "one-source"

[[argument]]
name = "seal"
role = "key"
types = ["Acme::Store::*"]
source = "invented"
verification = "one-source"
"#;
    let mine = Layer { name: "mine".to_owned(), files: vec![("mine.toml".to_owned(), rows.to_owned())] };
    let catalog = Catalog::load(&[Layer::embedded(), mine]).unwrap_or_else(|errors| panic!("{errors:?}"));
    let files = [("infra/stack.yaml", template), ("deploy/box.yaml", object)];
    let found = facts(&attribute(scan(&files, &catalog), &catalog, catalog.date()));
    has(&found, "resource:infra/stack.yaml/Box service = aws/s3");
    has(&found, "resource:infra/stack.yaml/Box instance-type = g6.48xlarge");
    has(&found, "resource:infra/stack.yaml/Box region = eu-central-1");
    has(&found, "resource:infra/stack.yaml/Box key-custody = customer-managed");
    has(&found, "resource:infra/stack.yaml/Box country = DE");
    has(&found, "resource:infra/stack.yaml/Box data-class = stateful");
    has(&found, "resource:deploy/box.yaml/Box/box service = aws/s3");
    has(&found, "resource:deploy/box.yaml/Box/box country = FR");
    // without the rows nothing of it is known
    let plain = Catalog::embedded();
    let found = facts(&attribute(scan(&files, &plain), &plain, plain.date()));
    assert!(!found.iter().any(|line| line.contains("Box service") || line.contains("Box instance-type")));
    assert!(!found.iter().any(|line| line.contains("deploy/box.yaml")));
}

#[test]
fn every_format_tells_service_place_and_operator() {
    let catalog = Catalog::embedded();
    let files = [
        (
            "a/template.yaml",
            "AWSTemplateFormatVersion: 2010-09-09\nResources:\n  It: {Type: AWS::RDS::DBInstance, Properties: {AvailabilityZone: eu-central-1a}}\n",
        ),
        (
            "b/main.bicep",
            "resource it 'Microsoft.DBforPostgreSQL/flexibleServers@2023-06-01-preview' = {\n  name: 'it'\n  location: 'westeurope'\n}\n",
        ),
        (
            "c/main.json",
            r#"{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "resources": [{"type": "Microsoft.DocumentDB/databaseAccounts", "name": "it", "location": "swedencentral"}]}"#,
        ),
        (
            "d/sql.yaml",
            "apiVersion: sql.cnrm.cloud.google.com/v1beta1\nkind: SQLInstance\nmetadata: {name: it}\nspec: {region: europe-west4}\n",
        ),
        (
            "e/Pulumi.yaml",
            "name: e\nruntime: yaml\nresources:\n  it: {type: 'aws:dynamodb:Table', properties: {region: eu-west-1}}\n",
        ),
        ("f/serverless.yml", "service: f\nprovider: {name: aws, region: eu-west-3}\nfunctions: {it: {handler: a.b}}\n"),
    ];
    let found = facts(&attribute(scan(&files, &catalog), &catalog, catalog.date()));
    for (id, service, country) in [
        ("a/template.yaml/It", "aws/rds", "DE"),
        ("b/main.bicep/it", "azure/postgresql", "NL"),
        ("c/main.json/Microsoft.DocumentDB/databaseAccounts/it", "azure/cosmos-db", "SE"),
        ("d/sql.yaml/SQLInstance/it", "gcp/cloud-sql", "NL"),
        ("e/Pulumi.yaml/it", "aws/dynamodb", "IE"),
        ("f/serverless.yml/it", "aws/lambda", "FR"),
    ] {
        has(&found, &format!("resource:{id} service = {service}"));
        has(&found, &format!("resource:{id} country = {country}"));
        assert!(found.iter().any(|line| line.starts_with(&format!("resource:{id} provided-by org:"))), "{id}");
    }
}

/// Files that ask for more than an honest one: bounded in time, told, never fatal.
#[test]
fn hostile_templates_are_bounded() {
    let catalog = Catalog::embedded();
    let deep_join = format!("{}x{}", "!Join ['', [".repeat(90), "]]".repeat(90));
    let doubled: String = (1..40).map(|at| format!("  a{at}: \"${{a{}}}${{a{}}}\"\n", at - 1, at - 1)).collect();
    let variables: String = (1..40).map(|at| format!("var a{at} = [a{0}, a{0}, a{0}, a{0}]\n", at - 1)).collect();
    let arm_variables: String = (1..40)
        .map(|at| format!(r#", "a{at}": "[concat(variables('a{0}'), variables('a{0}'), variables('a{0}'))]""#, at - 1))
        .collect();
    let arm = format!(
        r#"{{"$schema": "https://x/2019-04-01/deploymentTemplate.json#", "variables": {{"a0": "0123456789"{arm_variables}}}, "resources": [{{"type": "Microsoft.Sql/servers", "name": "x", "location": "[variables('a39')]"}}, {{"type": "Microsoft.Sql/servers", "name": "y", "location": "x", "copy": {{"name": "c", "count": 999999999}}}}]}}"#
    );
    let files = [
        ("a.yaml", format!("AWSTemplateFormatVersion: 2010-09-09\nConditions:\n  A: !And [!Condition B, !Condition B]\n  B: !Or [!Condition A, !Condition A]\nResources:\n  M:\n    Type: AWS::EC2::Instance\n    Condition: A\n    Properties:\n      InstanceType: {deep_join}\n")),
        ("b/main.bicep", format!("var a0 = 'x'\n{variables}resource s 'Microsoft.Sql/servers@1' = {{\n  name: 'x'\n  location: a39\n}}\nmodule me 'main.bicep' = [for i in range(0, 99999999): {{\n  name: 'me'\n}}]\n")),
        ("c/main.json", arm),
        ("d/Pulumi.yaml", format!("name: x\nruntime: yaml\nvariables:\n  a0: 0123456789\n{doubled}resources:\n  m: {{type: 'aws:ec2:Instance', properties: {{instanceType: '${{a39}}'}}}}\n")),
        ("e/serverless.yml", "service: x\nprovider: {name: aws, region: '${self:custom.a}'}\ncustom:\n  a: ${self:custom.b}${self:custom.b}\n  b: ${self:custom.a}${self:custom}\nfunctions: {f: {handler: x}}\n".to_owned()),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let start = Instant::now();
    let inventory = scan(&files, &catalog);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    for (path, _) in &files {
        let told = inventory.diagnostics.iter().filter(|problem| problem.path.as_str() == *path);
        let kinds: Vec<DiagnosticKind> = told.map(|problem| problem.kind).collect();
        assert!(!kinds.is_empty(), "{path} is silent");
        assert!(!kinds.contains(&DiagnosticKind::Internal), "{path}");
    }
}
